//! A whole gate as it really runs (configuration, data folder, engine, server), in a process of its own, so that what is
//! measured of it is its own: the bench starts itself once more, with the part it is to play. The parent keeps the
//! folder and ends the process; the gate tells its address and the session of its user on one line.

use std::env;
use std::error::Error;
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vestibule::account::{Factor, Label, NewUser};
use vestibule::app::{Machine, Parts, Plan, Server};
use vestibule::config::{Source, load};
use vestibule::proxy::Listener;
use vestibule::session::{Evidence, Place};
use vestibule::telemetry;
use vestibule::types::{FactorId, GroupName, MethodId, Strength, UserName};

/// What its site is called.
pub const HOST: &str = "app.localhost";

pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// A part that this program plays in a process of its own; it ends with this value.
pub struct Player {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// The value of the session cookie, where there is one.
    pub session: String,
}

impl Player {
    /// Starts this program with these arguments, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Fallible<Self> {
        let mut command = Command::new(env::current_exe()?);
        let mut process =
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let mut words = line.split_whitespace();
        match words.next().map(str::parse) {
            Some(Ok(address)) => Ok(Self { process, address, session: words.next().unwrap_or_default().to_owned() }),
            _ => {
                let _ = process.kill();
                Err(format!("{arguments:?} did not start: {line:?}").into())
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Tells the parent where we listen; without a parent there is nobody to listen for.
pub fn announce(address: SocketAddr, session: &str) -> std::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let mut out = std::io::stdout();
    writeln!(out, "{address} {session}").and_then(|()| out.flush())
}

/// The request of a browser with this session.
pub fn request(session: &str, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n\
         Accept-Encoding: gzip, deflate, br\r\nCookie: theme=dark; vestibule={session}; app=0123456789abcdef\r\n\
         Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    )
}

/// Plays a gate in front of `upstream` until it is ended: with `/one/**` for one factor, all else for two; with a user
/// who is signed in with both. `written` is more of its configuration, `others` are listeners beside the one whose address
/// is told, and `prepare` may add to what is there before it listens.
pub async fn gate<F: Future<Output = Fallible<()>>>(
    upstream: SocketAddr,
    folder: PathBuf,
    written: &str,
    others: Vec<Listener>,
    prepare: impl FnOnce(Arc<Parts>) -> F,
) -> Fallible<()> {
    let machine = Machine::start();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let flags = format!(
        r#"
        listen.http = ["{address}"]
        store.path = {folder:?}
        {written}
        [[site]]
        url = "http://{HOST}"
        upstreams = ["http://{upstream}"]
        rules = [{{ path = "/one/**", policy = "one_factor" }}, {{ policy = "two_factor" }}]
        "#
    );
    let loaded =
        load(&Source { file: None, environment: Vec::new(), flags }).map_err(|problems| problems.to_string())?;
    let plan = Plan::build(&loaded, &machine).map_err(|problems| problems.to_string())?;
    telemetry::start(&plan.written.log, machine.clock.clone()).map_err(|problems| problems.to_string())?;
    let parts = Parts::open(plan, machine, false).await?;
    let session = sign_in(&parts).await?;
    prepare(parts.clone()).await?;
    let listeners = std::iter::once(listener.into()).chain(others).collect();
    let server = Server::start(parts, listeners, false).await?;
    announce(address, &session)?;
    // Not on the thread that waits for it: a gate runs on its workers.
    tokio::spawn(server.run(CancellationToken::new(), move || Ok(loaded.clone()))).await?;
    Ok(())
}

/// A user with two factors and a session; gives the session's cookie.
async fn sign_in(parts: &Parts) -> Fallible<String> {
    let user = NewUser {
        name: UserName::parse("alice")?,
        display_name: Some("Alice Example".to_owned()),
        email: Some("alice@example.com".to_owned()),
        groups: [GroupName::parse("staff")?].into(),
    };
    let user = parts.accounts.add(user, false).await?;
    let (now, totp) = (parts.vault.now(), MethodId::new("totp"));
    let factor = Factor {
        id: FactorId::generate(&*parts.machine.random),
        method: totp.clone(),
        label: Label::Nth(1),
        state: Vec::new(),
        created: now,
        last_used: None,
    };
    parts.vault.commit(parts.accounts.add_factor(user.id, &factor).await?).await?;
    let proof = |factor, amr: &str| Evidence {
        factor,
        strength: Strength::Code,
        at: now,
        amr: vec![amr.to_owned()],
        by_owner: false,
    };
    let evidence = vec![proof(None, "pwd"), proof(Some((totp, factor.id)), "otp")];
    let place = Place { address: None, agent: String::new() };
    Ok(parts.sessions.open(&user, evidence, &place, None, Vec::new()).await?.token.encode())
}
