//! The admin socket: `admin.sock` in the data folder, one line of JSON in, one out. Whoever connects is asked for by the
//! kernel (the server's own user, or root) and named in the audit trail. It must never answer anybody else, nor wait or
//! read without a limit.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::operation::{Failure, Operation, run};
use super::outcome::Outcome;
use super::{Parts, StartError};
use crate::telemetry;

/// More than any operation weighs, with every field at its limit.
const LONGEST_REQUEST: u64 = 64 << 10;
/// A hundred thousand users in a list.
const LONGEST_ANSWER: u64 = 64 << 20;
/// Conversations at a time.
const MOST: usize = 16;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

type Answer = Result<Outcome, Failure>;

/// The socket, made. Removed when dropped.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl AdminSocket {
    /// To be called by whoever holds the store's lock: a socket that is still there is then nobody's.
    pub fn bind(folder: &Path) -> Result<Self, StartError> {
        let path = place(folder);
        let failed = |why| StartError::Admin { path: path.display().to_string(), why };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, path: path.clone() })
    }

    /// Answers until it is stopped.
    pub async fn serve(self, parts: Arc<Parts>, stop: CancellationToken) {
        let room = Arc::new(Semaphore::new(MOST));
        loop {
            let connection = tokio::select! {
                () = stop.cancelled() => return,
                connection = self.listener.accept() => connection,
            };
            let Ok((stream, _)) = connection else {
                // Out of descriptors: the next attempt is no better at once.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(place) = room.clone().try_acquire_owned() else { continue };
            let parts = parts.clone();
            tokio::spawn(async move {
                converse(stream, &parts).await;
                drop(place);
            });
        }
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // Left behind, it would only be a file that nobody answers at.
        let _ = fs::remove_file(&self.path);
    }
}

fn place(folder: &Path) -> PathBuf {
    folder.join("admin.sock")
}

/// Whether a peer of this uid may speak to a server of user `own`.
fn may_speak(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

async fn converse(stream: UnixStream, parts: &Parts) {
    // The mode of the file already says so; a descriptor that was handed on would get around it.
    let peer = match stream.peer_cred() {
        Ok(peer) if may_speak(peer.uid(), rustix::process::geteuid().as_raw()) => peer.uid(),
        _ => {
            tracing::warn!("somebody else's process spoke to the admin socket; it was not answered");
            return;
        }
    };
    let operator = login_name(peer);
    let (reader, mut writer) = stream.into_split();
    let mut line = Vec::new();
    let mut reader = BufReader::new(reader.take(LONGEST_REQUEST));
    let read = tokio::time::timeout(PATIENCE, reader.read_until(b'\n', &mut line)).await;
    if !matches!(read, Ok(Ok(_))) || line.last() != Some(&b'\n') {
        return;
    }
    let answer = match serde_json::from_slice::<Operation>(&line) {
        Ok(operation) => run(parts, operation, &operator).await,
        // The message of the reader could quote what it read, which may be a password.
        Err(_) => Err(Failure::new("the server does not know this operation", "use the same version for both")),
    };
    zeroize::Zeroize::zeroize(&mut line);
    let mut text = match serde_json::to_vec(&answer) {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            return;
        }
    };
    text.push(b'\n');
    // Whoever asks may look into the log next.
    telemetry::flush();
    let _ = tokio::time::timeout(PATIENCE, writer.write_all(&text)).await;
}

/// Asks the server of this data folder; `None` when none runs.
///
/// # Errors
/// A server runs and cannot be asked.
pub async fn ask(folder: &Path, operation: &Operation) -> Result<Option<Answer>, Failure> {
    let path = place(folder);
    let stream = match UnixStream::connect(&path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(error) => {
            let what = format!("the admin socket {} cannot be used: {error}", path.display());
            let remedy = match fs::metadata(folder).map(|found| std::os::unix::fs::MetadataExt::uid(&found)) {
                Ok(owner) => format!("run it as the server's user: sudo -u '#{owner}' …"),
                Err(_) => "run it as the server's user, with sudo -u".to_owned(),
            };
            return Err(Failure::new(what, remedy));
        }
    };
    let lost = |why: String| {
        Failure::new(format!("the server did not answer: {why}"), "look at its log; whether it was done is not known")
    };
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_vec(operation).map_err(|error| lost(error.to_string()))?;
    line.push(b'\n');
    let written = writer.write_all(&line).await;
    zeroize::Zeroize::zeroize(&mut line);
    written.map_err(|error| lost(error.to_string()))?;
    let mut answer = Vec::new();
    BufReader::new(reader.take(LONGEST_ANSWER))
        .read_until(b'\n', &mut answer)
        .await
        .map_err(|error| lost(error.to_string()))?;
    serde_json::from_slice(&answer).map(Some).map_err(|error| lost(error.to_string()))
}

/// A user's login name as this machine's list has it, with the number: names can change hands, numbers less often.
pub fn login_name(uid: u32) -> String {
    let list = fs::read_to_string("/etc/passwd").unwrap_or_default();
    match name_in(&list, uid) {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
    }
}

/// passwd(5): name, password, uid …
fn name_in(list: &str, uid: u32) -> Option<&str> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_own_user_and_root_are_answered() {
        assert!(may_speak(1000, 1000));
        assert!(may_speak(0, 1000));
        assert!(!may_speak(1001, 1000));
        assert!(!may_speak(1000, 0), "root's server is root's");
    }

    #[test]
    fn a_uid_has_its_name_beside_it() {
        let list = "root:x:0:0:root:/root:/bin/sh\nbroken\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        assert_eq!(name_in(list, 1000), Some("alice"));
        assert_eq!(name_in(list, 0), Some("root"));
        assert_eq!(name_in(list, 100), None);
    }

    #[tokio::test]
    async fn a_folder_without_a_server_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(ask(folder.path(), &Operation::Health).await.expect("no failure").is_none());
        drop(UnixListener::bind(place(folder.path())).expect("bound"));
        assert!(ask(folder.path(), &Operation::Health).await.expect("no failure").is_none(), "a socket left behind");
    }

    #[tokio::test]
    async fn the_socket_is_its_users_alone_and_takes_the_place_of_one_left_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(UnixListener::bind(place(folder.path())).expect("bound"));
        let socket = AdminSocket::bind(folder.path()).expect("bound");
        let mode = fs::metadata(place(folder.path())).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(socket);
        assert!(!place(folder.path()).exists());
    }
}
