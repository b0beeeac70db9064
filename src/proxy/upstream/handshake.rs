//! The connection that a WebSocket handshake goes over. Pingora sends the end of the request, which has no body, and reads
//! the answer in no fixed order, and takes an end that is its turn behind the 101 for the end of the WebSocket. So the first
//! look for an answer finds none here, however fast the application is: the end has had its turn by the second. (To
//! announce a body that is empty or open would do, too, and is refused by servers: RFC 6455 knows none.) It must never
//! lose a byte, nor keep one back without waking who waits for it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use pingora::connectors::L4Connect;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::l4::stream::Stream;
use pingora::protocols::l4::virt::{VirtualSockOpt, VirtualSocket, VirtualSocketStream};
use pingora::{Error, ErrorType};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// Makes such connections, each within this time.
#[derive(Debug)]
pub struct Connect(pub Duration);

#[async_trait]
impl L4Connect for Connect {
    async fn connect(&self, address: &SocketAddr) -> pingora::Result<Stream> {
        let connected: io::Result<Box<dyn VirtualSocket>> = timeout(self.0, async {
            Ok(match address {
                SocketAddr::Inet(address) => {
                    let stream = TcpStream::connect(address).await?;
                    // Frames are sent when they are there.
                    stream.set_nodelay(true)?;
                    Box::new(SecondLook::at(stream)) as Box<dyn VirtualSocket>
                }
                SocketAddr::Unix(address) => {
                    let path = address.as_pathname().ok_or(io::ErrorKind::AddrNotAvailable)?;
                    Box::new(SecondLook::at(UnixStream::connect(path).await?))
                }
            })
        })
        .await
        .unwrap_or(Err(io::ErrorKind::TimedOut.into()));
        match connected {
            Ok(socket) => Ok(VirtualSocketStream::new(socket).into()),
            Err(error) => {
                let kind = match error.kind() {
                    io::ErrorKind::ConnectionRefused => ErrorType::ConnectRefused,
                    io::ErrorKind::TimedOut => ErrorType::ConnectTimedout,
                    _ => ErrorType::ConnectError,
                };
                Err(Error::because(kind, "no connection for a handshake", error))
            }
        }
    }
}

/// A stream on which the first look after something was sent finds nothing, and the second what is there.
#[derive(Debug)]
struct SecondLook<S> {
    stream: S,
    /// Something was sent since the last look.
    first: bool,
}

impl<S> SecondLook<S> {
    fn at(stream: S) -> Self {
        Self { stream, first: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SecondLook<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SecondLook<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.first = true;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.first = true;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug> VirtualSocket for SecondLook<S> {
    /// What is wanted was set when it was made.
    fn set_socket_option(&self, _option: VirtualSockOpt) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn an_answer_is_seen_at_the_second_look_and_whole() {
        let (mut application, gate) = tokio::io::duplex(64);
        let mut gate = SecondLook::at(gate);
        for word in [b"one", b"two"] {
            application.write_all(word).await.unwrap();
            gate.write_all(b"x").await.unwrap();
            let mut got = [0; 3];
            assert!(gate.read(&mut got).now_or_never().is_none());
            gate.read_exact(&mut got).await.unwrap();
            assert_eq!(&got, word);
        }
    }
}
