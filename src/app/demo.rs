//! `vestibule demo`: the real gate, in one process with a sample application, for somebody who wants to see it before
//! they believe it. Nothing of the gate is weaker here: a real login, real factors, a real proxy; only the messages go to
//! a page instead of a telephone. It must never be what a real gate runs.

mod inbox;
mod sample;

use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use tokio::net::TcpListener;

use self::inbox::Inbox;
use self::sample::Sample;
use super::serve::{log_panics, stop_asked};
use super::{Machine, Parts, Plan, Server, StartError};
use crate::account::{AccountError, NewUser};
use crate::audit::{Event, Kind, Origin};
use crate::config::{Loaded, Source, load};
use crate::directory::DirectoryError;
use crate::gateway::{Gateway, Gateways};
use crate::secret::{Random, Secret, random_bytes};
use crate::store::VaultError;
use crate::telemetry;
use crate::types::{GroupName, UserName};

/// Who is there to sign in.
const USER: &str = "alice";
/// Where its visitors may have telephones: nothing is sent, so nobody pays.
const COUNTRIES: &str = "US AR AT AU BE BR CA CH CL CN CO CZ DE DK EE EG ES FI FR GB GR HK HU IE IL IN IS IT JP KE KR LT \
                         LU LV MX MY NG NL NO NZ PE PH PK PL PT RO SE SG SI SK TH TR TW UA UY VN ZA";
/// How many ports after a taken one are tried.
const MORE_PORTS: u16 = 10;

/// Runs it until SIGINT or SIGTERM. `data`: keep everything in this folder; else in a fresh one that is removed.
///
/// # Errors
/// See [`StartError`].
pub async fn demo(listen: SocketAddr, data: Option<PathBuf>) -> Result<(), StartError> {
    let machine = Machine::start();
    let stop = stop_asked()?;
    let listener = bind(listen).await?;
    let upstream = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let (address, application) = (local(&listener)?, local(&upstream)?);
    let folder = Folder::take(data, &*machine.random)?;
    let url = format!("http://localhost:{}", address.port());

    let loaded = configuration(address, application, &url, folder.path())?;
    let mut plan = Plan::build(&loaded, &machine)?;
    telemetry::start(&plan.written.log, machine.clock.clone())?;
    log_panics();
    let inbox = Arc::new(Inbox::new(machine.clock.clone()));
    let by = || -> Option<Arc<dyn Gateway>> { Some(inbox.clone()) };
    plan.gateways = Gateways { sms: by(), voice: by(), email: by(), ..Gateways::default() };
    let parts = Parts::open(plan, machine.clone(), false).await?;
    let password = alice(&parts).await?;

    let sample = Sample::new(url.clone(), address, inbox, &machine);
    let application = tokio::spawn(sample.serve(upstream));
    let server = Server::start(parts, vec![listener.into()], false).await?;
    welcome(&url, address, &password);
    server.run(stop, move || Ok(loaded.clone())).await;
    application.abort();
    Ok(())
}

/// The address that was asked for, or one of the next ports when it is taken.
async fn bind(asked: SocketAddr) -> Result<TcpListener, StartError> {
    let mut address = asked;
    for _ in 0..=MORE_PORTS {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && address.port() < u16::MAX => {
                address.set_port(address.port() + 1);
            }
            outcome => return outcome.map_err(|why| StartError::Listen { address: address.to_string(), why }),
        }
    }
    let why = std::io::Error::from(ErrorKind::AddrInUse);
    Err(StartError::Listen { address: format!("{asked} and the next {MORE_PORTS} ports"), why })
}

fn local(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|why| StartError::Listen { address: "an address of this machine".to_owned(), why })
}

/// The configuration, as an operator would write it. The environment is not read: what is set for a real gate is not
/// meant for this one.
fn configuration(gate: SocketAddr, application: SocketAddr, url: &str, data: &Path) -> Result<Loaded, StartError> {
    let data = toml_edit::Value::from(data.to_string_lossy().as_ref());
    let countries: Vec<String> = COUNTRIES.split(' ').map(|country| format!("{country:?}")).collect();
    let countries = countries.join(", ");
    let flags = format!(
        r#"
        listen.http = ["{gate}"]
        store.path = {data}
        log.level = "warn"
        enrolment.first_login = true
        methods.sms.enabled = true
        methods.sms.countries = [{countries}]
        gateway.sms.kind = "console"
        methods.voice.enabled = true
        methods.voice.countries = [{countries}]
        gateway.voice.kind = "console"

        [[site]]
        url = "{url}"
        upstreams = ["http://{application}"]
        rules = [
            {{ path = "/open", policy = "bypass" }},
            {{ path = "/messages", policy = "bypass" }},
            {{ path = "/step-up", policy = "two_factor", max_age = "1m" }},
            {{ policy = "two_factor" }},
        ]
        "#
    );
    Ok(load(&Source { file: None, environment: Vec::new(), flags })?)
}

/// Makes the user where there is none, and gives her a new password: the old one was printed and is stored nowhere.
async fn alice(parts: &Parts) -> Result<Secret<String>, StartError> {
    let origin = Origin { operator: Some("demo".to_owned()), ..Origin::default() };
    // Both are constants of the right form.
    let (Ok(name), Ok(group)) = (UserName::parse(USER), GroupName::parse("staff")) else {
        return Err(failed("the sample user has no name"));
    };
    let user = match parts.accounts.by_name(&name).await.map_err(of_account)? {
        Some(user) => user,
        None => {
            let new = NewUser {
                name,
                display_name: Some("Alice Example".to_owned()),
                email: Some("alice@example.com".to_owned()),
                groups: [group].into_iter().collect(),
            };
            let user = Arc::new(parts.accounts.add(new, true).await.map_err(of_account)?);
            parts.audit.record(Event::new(Kind::UserAdded, &origin).user(user.id, &user.name)).await?;
            user
        }
    };
    let drawn = BASE32_NOPAD.encode(&random_bytes::<10>(&*parts.machine.random)).to_lowercase();
    let words: Vec<&str> = [0, 4, 8, 12].iter().filter_map(|&at| drawn.get(at..at + 4)).collect();
    let password = Secret::new(words.join("-"));
    let of_directory = |error| match error {
        DirectoryError::Account(error) => of_account(error),
        DirectoryError::Vault(error) => StartError::Vault(error),
        other => failed(&other.to_string()),
    };
    let prepared = parts.first.prepare(&user.name, &password).await.map_err(of_directory)?;
    parts.first.set_password(&user, &prepared, None, false, &origin, Vec::new()).await.map_err(of_directory)?;
    Ok(password)
}

fn of_account(error: AccountError) -> StartError {
    match error {
        AccountError::Vault(error) => StartError::Vault(error),
        other => failed(&other.to_string()),
    }
}

fn failed(why: &str) -> StartError {
    StartError::Vault(VaultError::Unavailable(crate::store::Unavailable(why.to_owned())))
}

fn welcome(url: &str, address: SocketAddr, password: &Secret<String>) {
    let mut text = format!(
        "\nVestibule stands in front of a sample application.\n\n\
         \x20 Open       {url}\n\
         \x20 User       {USER}\n\
         \x20 Password   {}\n\
         \x20 Messages   {url}/messages   (text messages, calls, and an authenticator if you have no phone)\n\n\
         Sign in, set up a second step, and see what the application is told. Ctrl-C ends it.\n",
        password.expose()
    );
    if !address.ip().is_loopback() {
        text.push_str("Whoever reaches this port can read the messages: this is a demonstration, not a gate.\n");
    }
    let mut out = std::io::stdout();
    // A closed standard output has nobody to tell.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The data folder, and whether it goes when this does.
struct Folder {
    path: PathBuf,
    fresh: bool,
}

impl Folder {
    fn take(data: Option<PathBuf>, random: &dyn Random) -> Result<Self, StartError> {
        if let Some(path) = data {
            return Ok(Self { path, fresh: false });
        }
        let name = format!("vestibule-demo-{}", BASE32_NOPAD.encode(&random_bytes::<10>(random)).to_lowercase());
        let path = std::env::temp_dir().join(name);
        // Not recursive: a folder that is there already is somebody's trap.
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| crate::store::OpenError::Folder { folder: path.clone(), why: error.to_string() })?;
        Ok(Self { path, fresh: true })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.fresh {
            // Nothing in it is worth more than a message nobody reads; the system clears such folders too.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SystemRandom;

    #[tokio::test]
    async fn a_taken_port_is_not_the_end() {
        let taken = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = taken.local_addr().expect("an address");
        let next = bind(address).await.expect("one of the next").local_addr().expect("an address");
        assert_ne!(next, address);
    }

    #[test]
    fn a_fresh_folder_goes_and_a_named_one_stays() {
        let fresh = Folder::take(None, &SystemRandom).expect("made");
        let path = fresh.path().to_owned();
        assert!(path.is_dir());
        drop(fresh);
        assert!(!path.exists());
        let named = tempfile::tempdir().expect("a folder");
        drop(Folder::take(Some(named.path().to_owned()), &SystemRandom).expect("taken"));
        assert!(named.path().is_dir());
    }

    #[test]
    fn its_configuration_is_a_good_one() {
        let here = SocketAddr::from(([127, 0, 0, 1], 8080));
        let there = SocketAddr::from(([127, 0, 0, 1], 3000));
        let folder = Path::new("/a \"quoted\" folder");
        let loaded = configuration(here, there, "http://localhost:8080", folder).expect("it loads");
        assert_eq!(loaded.written.store.path, folder);
        let plan = Plan::build(&loaded, &Machine::real()).expect("it can be built");
        assert!(plan.registry.iter().any(|method| method.card().id.as_str() == "sms"));
        assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    }
}
