//! Both ends of the traffic through a gate: an application that answers every request alike, and a client that keeps its
//! connection. As little of HTTP as is needed, so that what is measured is what lies between.

use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n\
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Starts the application on a free port.
pub async fn application() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                let mut connection = Connection::over(stream);
                while connection.head().await.is_ok() {
                    connection.stream.write_all(ANSWER).await?;
                }
                Ok::<(), Error>(())
            });
        }
    });
    Ok(address)
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A connection that is kept.
pub struct Connection {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
}

/// In clear, or out of TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Connection {
    /// From one of the many addresses that a machine has for itself.
    pub async fn open(from: Ipv4Addr, to: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((from, 0)))?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), received: Vec::with_capacity(4096) }
    }

    /// Asks for a page of the application, and takes nothing else for one.
    pub async fn page(&mut self, request: &str) -> Result<()> {
        let answer = self.ask(request).await?;
        let is_page = answer.status == 200 && !answer.body.is_empty() && ANSWER.ends_with(answer.body.as_bytes());
        if is_page { Ok(()) } else { Err(Error::other(answer.head)) }
    }

    /// Sends one request and reads its answer, whose length must be told.
    pub async fn ask(&mut self, request: &str) -> Result<Answer> {
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.flush().await?;
        let head = self.head().await?;
        let malformed = || Error::new(ErrorKind::InvalidData, head.clone());
        let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
        let length = field(&head, "content-length").and_then(|length| length.parse().ok()).ok_or_else(malformed)?;
        let body = self.take(length).await?;
        Ok(Answer { status, head, body })
    }

    async fn head(&mut self) -> Result<String> {
        loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                return self.take(at + 4).await;
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Result<String> {
        while self.received.len() < length {
            self.more().await?;
        }
        let taken = self.received.drain(..length).collect();
        String::from_utf8(taken).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }

    async fn more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The first field of this name in a head.
pub fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (own, value) = line.split_once(':')?;
        own.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
