//! A storm of logins, 200 at once, each with its Argon2id hash (19 MiB), while others go on reading pages through the same
//! gate: what the storm costs in memory, how many logins a second come through, and what the readers feel of it. A
//! reader who waits a second means that hashing reached the proxy's threads.

mod house;
mod traffic;

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use url::form_urlencoded;
use vestibule::account::NewUser;
use vestibule::app::Parts;
use vestibule::audit::Origin;
use vestibule::secret::Secret;
use vestibule::types::UserName;

use house::{Fallible, HOST, Player};
use traffic::{Answer, Connection, field};

const LOGINS: u8 = 200;
const READERS: usize = 8;
/// What a reader does between two pages.
const PAUSE: Duration = Duration::from_millis(5);
const PASSWORD: &str = "correct horse battery staple";
/// No reader may wait longer, save one in a hundred.
const BOUND: Duration = Duration::from_secs(1);

fn main() -> Fallible<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.as_slice() {
        ["gate", upstream, folder] => {
            runtime.block_on(house::gate(upstream.parse()?, folder.into(), "", Vec::new(), users))
        }
        // Whatever `cargo bench` was told.
        _ => runtime.block_on(measure()),
    }
}

async fn users(parts: Arc<Parts>) -> Fallible<()> {
    let password = Secret::new(PASSWORD.to_owned());
    for n in 0..LOGINS {
        let name = UserName::parse(&format!("user{n}"))?;
        let new = NewUser { name, display_name: None, email: None, groups: Default::default() };
        let user = parts.accounts.add(new, false).await?;
        let prepared = parts.first.prepare(&user.name, &password).await?;
        parts.first.set_password(&user, &prepared, None, false, &Origin::default(), Vec::new()).await?;
    }
    Ok(())
}

async fn measure() -> Fallible<()> {
    let upstream = traffic::application().await?.to_string();
    let folder = tempfile::tempdir()?;
    let gate = Player::start(&["gate", &upstream, &folder.path().join("data").display().to_string()])?;
    let calm = Readers::start(&gate);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let calm = calm.stop().await?;

    // Making the users hashed passwords too: the high-water mark begins anew (proc(5), `clear_refs`).
    fs::write(format!("/proc/{}/clear_refs", gate.id()), "5")?;
    let before = memory(gate.id(), "VmRSS")?;
    let readers = Readers::start(&gate);
    let (full, begun) = (Arc::new(AtomicUsize::new(0)), now());
    let storm: Vec<_> = (0..LOGINS).map(|n| tokio::spawn(login(gate.address, n, full.clone()))).collect();
    for one in storm {
        one.await??;
    }
    let took = begun.elapsed();
    let waits = readers.stop().await?;
    let highest = memory(gate.id(), "VmHWM")?;

    let full = full.load(Ordering::Relaxed);
    println!(
        "login storm: {LOGINS} logins at once in {:.1} s, {:.1} a second; {full} answers were 503 and asked again",
        took.as_secs_f64(),
        f64::from(LOGINS) / took.as_secs_f64()
    );
    println!("login storm: memory {before} MiB before, {highest} MiB at its highest");
    println!(
        "login storm: {} pages meanwhile, p50 {:.1?}, p99 {:.1?}, worst {:.1?}",
        waits.len(),
        share(&waits, 50),
        share(&waits, 99),
        share(&waits, 100)
    );
    println!(
        "login storm: in calm {} pages, p50 {:.1?}, p99 {:.1?}, worst {:.1?}",
        calm.len(),
        share(&calm, 50),
        share(&calm, 99),
        share(&calm, 100)
    );
    let slow = share(&waits, 99);
    if slow >= BOUND { Err(format!("readers waited {slow:?}").into()) } else { Ok(()) }
}

/// One login, as a browser does it: the form, then the answer, and once more where the queue is full.
async fn login(gate: SocketAddr, n: u8, full: Arc<AtomicUsize>) -> std::io::Result<()> {
    // Each from an address of its own: after 50 at once from one the others would have to wait.
    let mut connection = Connection::open(Ipv4Addr::new(127, 0, 1, n), gate).await?;
    let head = |line: &str, more: &str| {
        format!(
            "{line} HTTP/1.1\r\nHost: {HOST}\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n\
             Sec-Fetch-Site: same-origin\r\n{more}\r\n"
        )
    };
    loop {
        let form = connection.ask(&head("GET /.vestibule/login?rd=%2Fone%2Fpage", "")).await?;
        let unexpected = |answer: &Answer| std::io::Error::other(format!("{}\n{}", answer.head, answer.body));
        let cookie = field(&form.head, "set-cookie").and_then(|cookie| cookie.split(';').next());
        let (Some(cookie), Some(csrf), Some(state)) = (cookie, hidden(&form.body, "csrf"), hidden(&form.body, "state"))
        else {
            return Err(unexpected(&form));
        };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", csrf)
            .append_pair("state", state)
            .append_pair("username", &format!("user{n}"))
            .append_pair("password", PASSWORD)
            .finish();
        let fields = format!(
            "Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        let answer = connection.ask(&(head("POST /.vestibule/login", &fields) + &body)).await?;
        match (answer.status, field(&answer.head, "retry-after").and_then(|seconds| seconds.parse().ok())) {
            (303, _) => return Ok(()),
            (503, Some(seconds)) => {
                full.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            _ => return Err(unexpected(&answer)),
        }
    }
}

/// The value of a hidden field; ours need no unescaping.
fn hidden<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split('"').next()
}

/// Visitors with a live session who read one page after another.
struct Readers {
    stop: Arc<AtomicBool>,
    reading: Vec<tokio::task::JoinHandle<std::io::Result<Vec<Duration>>>>,
}

impl Readers {
    fn start(gate: &Player) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let request = house::request(&gate.session, "/wiki/Main_Page");
        let reading = (0..READERS).map(|_| tokio::spawn(read(gate.address, request.clone(), stop.clone()))).collect();
        Self { stop, reading }
    }

    /// How long each page took, the shortest first.
    async fn stop(self) -> Fallible<Vec<Duration>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut waits = Vec::new();
        for reader in self.reading {
            waits.extend(reader.await??);
        }
        waits.sort();
        Ok(waits)
    }
}

async fn read(gate: SocketAddr, request: String, stop: Arc<AtomicBool>) -> std::io::Result<Vec<Duration>> {
    let mut connection = Connection::open(Ipv4Addr::LOCALHOST, gate).await?;
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = now();
        connection.page(&request).await?;
        waits.push(begun.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    Ok(waits)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures the machine's own time")]
fn now() -> Instant {
    Instant::now()
}

/// The wait that so many in a hundred did not exceed.
fn share(sorted: &[Duration], hundredths: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * hundredths / 100).copied().unwrap_or_default()
}

/// A line of the process's status, in MiB.
fn memory(process: u32, name: &str) -> Fallible<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).ok_or("there is no such line")?;
    Ok(kibibytes.parse::<u64>()? / 1024)
}
