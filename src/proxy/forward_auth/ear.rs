//! Where servers in front ask: addresses and sockets of this machine, read from the configuration, bound, and removed at
//! the end. A socket that somebody answers at is never taken from them, nor is a file that is none.

use std::fs::{self, Permissions};
use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as Probe;
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use crate::config::ForwardAuthSection;
use crate::error::Problems;

/// A connection of either kind.
pub type Line = Either<TcpStream, UnixStream>;

/// Where to listen, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Address {
    /// `127.0.0.1:9091`, or `unix:` and a path, which begins in the data folder where it begins without a slash.
    pub fn parse(text: &str, folder: &Path) -> Option<Self> {
        match text.strip_prefix("unix:") {
            Some("") => None,
            Some(path) => Some(Address::Unix(folder.join(path))),
            None => text.parse().ok().map(Address::Tcp),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// All addresses of a section, each with its key.
pub fn addresses(written: &ForwardAuthSection, folder: &Path, problems: &mut Problems) -> Vec<(String, Address)> {
    let lists = [("listen", &written.listen), ("listen_grpc", &written.listen_grpc)];
    let all = lists.into_iter().flat_map(|(name, list)| list.iter().enumerate().map(move |(n, text)| (name, n, text)));
    let read = all.filter_map(|(name, n, text)| {
        let key = format!("forward_auth.{name}[{n}]");
        let address = Address::parse(text, folder);
        if address.is_none() {
            let what = format!("{text:?} is no address with a port, and no socket");
            problems.add(&key, what, "write \"127.0.0.1:9091\", or \"unix:/run/vestibule/auth.sock\"");
        }
        Some((key, address?))
    });
    read.collect()
}

/// One listener.
#[derive(Debug)]
pub enum Ear {
    Tcp(TcpListener),
    Unix(UnixListener, Socket),
}

/// A socket's file; removed when dropped.
#[derive(Debug)]
pub struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// All listeners of a section, bound and not answering yet.
#[derive(Debug, Default)]
pub struct Ears {
    pub(super) http: Vec<Ear>,
    pub(super) grpc: Vec<Ear>,
}

impl Ears {
    /// # Errors
    /// The first address that cannot be had, as it was written.
    pub async fn bind(written: &ForwardAuthSection, folder: &Path) -> std::result::Result<Self, (String, Error)> {
        let mut ears = Self::default();
        for (list, bound) in [(&written.listen, &mut ears.http), (&written.listen_grpc, &mut ears.grpc)] {
            for text in list {
                let address = Address::parse(text, folder).ok_or_else(|| Error::from(ErrorKind::InvalidInput));
                let ear = match address {
                    Ok(address) => Ear::bind(&address).await,
                    Err(error) => Err(error),
                };
                bound.push(ear.map_err(|why| (text.clone(), why))?);
            }
        }
        Ok(ears)
    }
}

impl Ear {
    async fn bind(address: &Address) -> Result<Self> {
        match address {
            Address::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                tracing::info!(address = %listener.local_addr()?, "answering servers in front");
                Ok(Ear::Tcp(listener))
            }
            Address::Unix(path) => {
                make_way(path)?;
                let listener = UnixListener::bind(path)?;
                let socket = Socket(path.clone());
                // A server in front runs as somebody else; who may come so far is said by the folder and the group.
                fs::set_permissions(path, Permissions::from_mode(0o660))?;
                tracing::info!(socket = %path.display(), "answering servers in front");
                Ok(Ear::Unix(listener, socket))
            }
        }
    }

    /// The next connection, and from where it comes; over a socket of this machine from nowhere.
    pub async fn accept(&self) -> Result<(Line, Option<IpAddr>)> {
        match self {
            Ear::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok((Either::Left(stream), Some(peer.ip().to_canonical())))
            }
            Ear::Unix(listener, _) => listener.accept().await.map(|(stream, _)| (Either::Right(stream), None)),
        }
    }
}

/// Removes the socket of a process that is gone.
fn make_way(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => Err(Error::new(ErrorKind::AlreadyExists, "it is another file")),
        Ok(_) if Probe::connect(path).is_ok() => Err(ErrorKind::AddrInUse.into()),
        Ok(_) => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_in_the_data_folder_unless_it_says_where() {
        let parse = |text| Address::parse(text, Path::new("/data"));
        assert_eq!(parse("unix:auth.sock"), Some(Address::Unix("/data/auth.sock".into())));
        assert_eq!(parse("unix:/run/auth.sock"), Some(Address::Unix("/run/auth.sock".into())));
        assert_eq!(parse("127.0.0.1:9091"), Some(Address::Tcp(([127, 0, 0, 1], 9091).into())));
        for text in ["", "unix:", "9091", "localhost:9091", "127.0.0.1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn a_socket_takes_no_other_file_away_and_leaves_none_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("auth.sock");
        fs::write(&path, "precious").expect("written");
        assert!(Ear::bind(&Address::Unix(path.clone())).await.is_err());
        fs::remove_file(&path).expect("removed");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
        let ear = Ear::bind(&Address::Unix(path.clone())).await.expect("one left behind makes way");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o660);
        assert!(Ear::bind(&Address::Unix(path.clone())).await.is_err(), "somebody answers");
        drop(ear);
        assert!(!path.exists());
    }
}
