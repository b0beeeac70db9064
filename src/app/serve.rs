//! The server's life: bind, open the door, tick, reload, drain, close. What is asked for by a signal happens here and
//! nowhere else. It must never serve anything before all parts are there, nor let go of the store while a request is
//! still being answered.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::admin::AdminSocket;
use super::build::{enrolled, settle};
use super::monitor::Monitor;
use super::operation::link;
use super::{InForce, Machine, Parts, Plan, StartError};
use crate::account::Factor;
use crate::audit::{Event, Kind, Origin};
use crate::config::{ForwardAuthSection, IdentitySection, Listen, Loaded, PasswordSection, Written};
use crate::error::Problems;
use crate::proxy::{self, Door, Ears, Entrance, Listener, Running, Tls};
use crate::store::VaultError;
use crate::wizard::SetupLink;

/// How long a program that ends waits for mails that still are to be sent.
const LAST_MAILS: Duration = Duration::from_secs(2);

/// A server that listens and does not answer yet.
pub struct Server {
    pub parts: Arc<Parts>,
    setup: Arc<SetupLink>,
    setup_file: PathBuf,
    door: Arc<Door>,
    listeners: Vec<Listener>,
    ears: Ears,
    admin: AdminSocket,
    monitor: Option<Monitor>,
}

/// Binds every address of `listen.http` and `listen.https`; port 0 takes a free one.
///
/// # Errors
/// The first address that cannot be had.
pub async fn bind(listen: &Listen) -> Result<Vec<Listener>, StartError> {
    let mut listeners = Vec::new();
    for (addresses, encrypted) in [(&listen.http, false), (&listen.https, true)] {
        for address in addresses {
            let socket = TcpListener::bind(address).await;
            let socket = socket.map_err(|why| StartError::Listen { address: address.clone(), why })?;
            let entrance = Entrance { encrypted, proxied: listen.proxy_protocol.contains(address) };
            listeners.push(Listener { socket, entrance });
        }
    }
    Ok(listeners)
}

impl Server {
    /// Builds everything, in the order in which each part needs the one before.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(parts: Arc<Parts>, listeners: Vec<Listener>, set_up: bool) -> Result<Self, StartError> {
        let (folder, watched, forward_auth) = {
            let written = &parts.in_force.load().plan.written;
            (written.store.path.clone(), written.listen.metrics.clone(), written.forward_auth.clone())
        };
        let admin = AdminSocket::bind(&folder)?;
        let monitor = Monitor::bind(&watched).await?;
        let ears = Ears::bind(&forward_auth, &folder).await;
        let ears = ears.map_err(|(address, why)| StartError::ForwardAuth { address, why })?;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for Listener { socket, entrance } in &listeners {
            let Ok(address) = socket.local_addr() else { continue };
            tracing::info!(%address, tls = entrance.encrypted, "listening");
            addresses.push(address);
        }
        let _ = parts.listening.set(addresses);
        let setup_file = folder.join("setup-link");
        let setup = Arc::new(SetupLink::default());
        if set_up {
            first_user(&parts, &setup, &setup_file).await?;
        }
        let running = parts.running(&parts.in_force.load(), &setup)?;
        let started = Event::new(Kind::ConfigurationLoaded, &Origin::default());
        let sites = parts.in_force.load().plan.sites.sites.len();
        parts.audit.record(started.detail(format!("at the start, sites: {sites}"))).await?;
        let door = Arc::new(Door {
            running: Arc::new(ArcSwap::from_pointee(running)),
            sessions: parts.sessions.clone(),
            assertions: parts.assertions.clone(),
            keys: parts.keys.clone(),
            audit: parts.audit.clone(),
            clock: parts.machine.clock.clone(),
            random: parts.machine.random.clone(),
            probes: parts.probes.clone(),
        });
        Ok(Self { parts, setup, setup_file, door, listeners, ears, admin, monitor })
    }

    /// Answers until `stop`, then lets what is under way finish, then closes the store. `read` reads the configuration
    /// again, whenever a reload is asked for.
    pub async fn run(self, stop: CancellationToken, read: impl Fn() -> Result<Loaded, Problems> + Send + 'static) {
        let Self { parts, setup, setup_file, door, listeners, ears, admin, monitor } = self;
        let over = CancellationToken::new();
        let admin = tokio::spawn(admin.serve(parts.clone(), over.clone()));
        let ticks = tokio::spawn(tick(parts.clone(), setup_file.clone(), over.clone()));
        let renewals = tokio::spawn(renew(door.clone(), over.clone()));
        let reloads = tokio::spawn(reload(parts.clone(), door.clone(), setup, over.clone(), read));
        let watched = monitor.map(|monitor| tokio::spawn(monitor.serve(parts.clone(), stop.clone(), over.clone())));
        if let Err(error) = proxy::serve(door, listeners, ears, stop).await {
            tracing::error!(%error, "the listeners failed");
        }
        over.cancel();
        for task in [admin, ticks, renewals, reloads].into_iter().chain(watched) {
            let _ = task.await;
        }
        let _ = std::fs::remove_file(setup_file);
        parts.post.finish(LAST_MAILS).await;
        parts.close().await;
        tracing::info!("stopped");
    }
}

/// `vestibule serve`: from a configuration to the end of the process; the log has begun. `read` reads the same configuration again, for
/// SIGHUP.
///
/// # Errors
/// See [`StartError`].
pub async fn serve(
    loaded: Loaded,
    machine: Machine,
    accept_rp_change: bool,
    read: impl Fn() -> Result<Loaded, Problems> + Send + 'static,
) -> Result<(), StartError> {
    let plan = Plan::build(&loaded, &machine)?;
    log_panics();
    for warning in &plan.warnings {
        tracing::warn!("{warning}");
    }
    let listen = plan.written.listen.clone();
    // First, so that an end asked for while the store is being read is not lost.
    let stop = stop_asked()?;
    let parts = Parts::open(plan, machine, accept_rp_change).await?;
    let server = match bind(&listen).await {
        Ok(listeners) => Server::start(parts.clone(), listeners, true).await,
        Err(error) => Err(error),
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            parts.close().await;
            return Err(error);
        }
    };
    server.run(stop, read).await;
    Ok(())
}

/// A panic is told with its place and without its message, which may hold what somebody typed. Whoever was being
/// answered is refused; nothing is forwarded.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of this program panicked; this is a bug");
    }));
}

/// A token that SIGTERM and SIGINT cancel, and from now on do nothing else.
///
/// # Errors
/// The system has no room for a signal handler.
pub fn stop_asked() -> Result<CancellationToken, StartError> {
    let failed = |why| StartError::Listen { address: "the signals".to_owned(), why };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what is under way may finish");
        asked.cancel();
    });
    Ok(stop)
}

/// The link of a store that never had a user. It lives in memory alone, so a restart ends it, and it is printed in full
/// to a terminal only: a log is read by others.
async fn first_user(parts: &Parts, setup: &SetupLink, file: &Path) -> Result<(), StartError> {
    let _ = std::fs::remove_file(file);
    let ever = parts.accounts.ever().await.map_err(|error| match error {
        crate::account::AccountError::Vault(error) => StartError::Vault(error),
        other => StartError::Vault(crate::store::Unavailable(other.to_string()).into()),
    })?;
    if ever {
        return Ok(());
    }
    let token = setup.issue(&*parts.machine.random, parts.vault.now());
    let (link, remark) = link(parts, &format!("/.vestibule/setup/{}", token.encode()));
    let link = [link, remark.unwrap_or_default()].join("\n");
    let mut out = std::io::stdout();
    let told = match out.is_terminal() {
        true => writeln!(out, "\nNo user yet. Make the first one within 30 minutes at\n\n  {link}\n").map(|()| {
            tracing::info!("this store never had a user: a set-up link was printed");
        }),
        false => write_private(file, &link).map(|()| {
            tracing::info!(file = %file.display(), "this store never had a user: a set-up link is in the file");
        }),
    };
    if let Err(error) = told {
        tracing::error!(%error, "the set-up link could be told to nobody; add a user with `vestibule user add`");
    }
    Ok(())
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(file, "{}", text.trim_end())
}

/// What happens by itself: once a second, every few seconds, once a minute.
async fn tick(parts: Arc<Parts>, setup_file: PathBuf, over: CancellationToken) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let failed = |what: &str, error: &dyn std::fmt::Display| tracing::warn!(%error, "{what}");
    for n in 0u64.. {
        tokio::select! {
            () = over.cancelled() => return,
            _ = second.tick() => {}
        }
        if let Some(ahead) = parts.machine.compare() {
            tracing::warn!(seconds = ahead.as_secs(), "the clock jumped forward; deadlines follow it");
        }
        if n % 5 == 0
            && let Err(error) = parts.sessions.tick().await
        {
            failed("when sessions were last used could not be written", &error);
        }
        if n % 60 == 0 {
            if let Err(error) = look_after_keys(&parts).await {
                failed("the signing keys could not be looked after", &error);
            }
            if let Err(error) = parts.audit.prune().await {
                failed("old audit events could not be removed", &error);
            }
        }
        // Dead once any user exists: then nobody should find it and wonder.
        if n % 5 == 0 && setup_file.exists() && parts.accounts.ever().await.unwrap_or(false) {
            let _ = std::fs::remove_file(&setup_file);
        }
    }
}

/// Looks after the files of certificates and their authorities, each second. By itself: they may be anywhere, and slow.
async fn renew(door: Arc<Door>, over: CancellationToken) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            _ = second.tick() => {}
        }
        let running = door.running.load_full();
        // Whether there are any is said at the start.
        if running.tls.is_none() {
            return;
        }
        let looked = tokio::task::spawn_blocking(move || running.tls.iter().for_each(Tls::look));
        tokio::select! {
            () = over.cancelled() => return,
            _ = looked => {}
        }
    }
}

/// Rotates the signing key when it is due, and records it.
pub async fn look_after_keys(parts: &Parts) -> Result<(), VaultError> {
    match parts.keys.tick().await? {
        Some(key) => {
            let event = Event::new(Kind::KeyRotated, &Origin::default());
            parts.audit.record(event.detail(format!("signing {}", key.id))).await
        }
        None => Ok(()),
    }
}

/// SIGHUP: the whole new configuration is judged first; refused, the old one stays in force.
async fn reload(
    parts: Arc<Parts>,
    door: Arc<Door>,
    setup: Arc<SetupLink>,
    over: CancellationToken,
    read: impl Fn() -> Result<Loaded, Problems>,
) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            asked = hangup.recv() => if asked.is_none() { return },
        }
        let Renewal { next, running, later } = match renewal(&parts, &setup, read()).await {
            Ok(renewal) => renewal,
            Err(why) => {
                refused(&parts, &why).await;
                continue;
            }
        };
        for warning in &next.plan.warnings {
            tracing::warn!("{warning}");
        }
        if !later.is_empty() {
            tracing::warn!(sections = later.join(", "), "changed, and taken at the next start");
        }
        // Recorded first: a configuration that nobody can find in the trail is not taken.
        let mut detail = format!("sites: {}", next.plan.sites.sites.len());
        if !later.is_empty() {
            detail.push_str(&format!(", at the next start: {}", later.join(", ")));
        }
        let event = Event::new(Kind::ConfigurationLoaded, &Origin::default()).detail(detail);
        if let Err(error) = parts.audit.record(event).await {
            tracing::error!(%error, "the new configuration could not be recorded, the old one stays in force");
            continue;
        }
        let news = next.plan.written != parts.in_force.load().plan.written;
        settle(&parts.post, &next.plan);
        parts.in_force.store(Arc::new(next));
        door.running.store(Arc::new(running));
        match (news, later.is_empty()) {
            (true, _) => tracing::info!("the new configuration is in force"),
            (false, true) => tracing::info!("the configuration was read again; no key of it has changed"),
            (false, false) => tracing::warn!("nothing of the new configuration is in force before the next start"),
        }
    }
}

/// A configuration that could be in force now.
struct Renewal {
    next: InForce,
    running: Running,
    /// What of it waits for the next start.
    later: Vec<&'static str>,
}

/// Judges what was read as a start would, and what of it can be taken now.
async fn renewal(parts: &Parts, setup: &Arc<SetupLink>, read: Result<Loaded, Problems>) -> Result<Renewal, StartError> {
    let mut loaded = read?;
    let asked = Plan::build(&loaded, &parts.machine)?;
    let (now, later) = until_next_start(&parts.started_with, &loaded.written);
    let plan = if later.is_empty() {
        asked
    } else {
        loaded.written = now;
        Plan::build(&loaded, &parts.machine).map_err(|mut problems| {
            for problem in problems.iter_mut() {
                "as long as it waits for the next start, the rest cannot be taken: start the server again"
                    .clone_into(&mut problem.remedy);
            }
            problems
        })?
    };
    // Those who were stranded by a start that was told to have done with it do not hold up every reload.
    let in_force = parts.in_force.load().plan.registry.clone();
    let of_use: Vec<Factor> = enrolled(&parts.vault, &plan.registry).await?;
    let count = plan.registry.stranded(of_use.iter().filter(|factor| in_force.stranded([*factor]) == 0));
    if count > 0 {
        return Err(StartError::Stranded { count });
    }
    let next = parts.with(plan);
    let running = parts.running(&next, setup)?;
    Ok(Renewal { next, running, later })
}

/// A reload that was refused is in the trail, too: which keys, and none of what was written.
async fn refused(parts: &Parts, why: &StartError) {
    const REFUSED: &str = "the new configuration is refused, the old one stays in force";
    let detail = match why {
        StartError::Configuration(problems) => {
            problems.iter().for_each(|problem| tracing::error!(%problem, "{REFUSED}"));
            problems.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>().join(", ")
        }
        other => {
            tracing::error!(problem = %other, "{REFUSED}");
            other.to_string().lines().next().unwrap_or_default().to_owned()
        }
    };
    let event = Event::new(Kind::ConfigurationRefused, &Origin::default()).detail(detail);
    if let Err(error) = parts.audit.record(event).await {
        tracing::error!(%error, "that a configuration was refused could not be recorded");
    }
}

/// What of a configuration can be in force now: what parts with a life of their own were built from stays as it was at
/// the start. And the names of what has to wait.
fn until_next_start(start: &Written, asked: &Written) -> (Written, Vec<&'static str>) {
    let now = Written {
        listen: start.listen.clone(),
        forward_auth: ForwardAuthSection { callers: asked.forward_auth.callers.clone(), ..start.forward_auth.clone() },
        store: start.store.clone(),
        session: start.session.clone(),
        identity: IdentitySection {
            lifetime: start.identity.lifetime,
            rotate: start.identity.rotate,
            ..asked.identity.clone()
        },
        // What is about mails comes into force at once.
        password: PasswordSection {
            reset_by_mail: asked.password.reset_by_mail,
            resets_per_day: asked.password.resets_per_day,
            ..start.password.clone()
        },
        throttle: start.throttle.clone(),
        audit: start.audit.clone(),
        log: start.log.clone(),
        ..asked.clone()
    };
    let later = [
        ("listen", now.listen != asked.listen),
        ("forward_auth.listen, forward_auth.listen_grpc", now.forward_auth != asked.forward_auth),
        ("store", now.store != asked.store),
        ("session", now.session != asked.session),
        ("identity.lifetime, identity.rotate", now.identity != asked.identity),
        ("password", now.password != asked.password),
        ("throttle", now.throttle != asked.throttle),
        ("audit", now.audit != asked.audit),
        ("log", now.log != asked.log),
    ];
    let later = later.into_iter().filter_map(|(section, waits)| waits.then_some(section)).collect();
    (now, later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Span;

    #[test]
    fn what_a_reload_cannot_change_stays_and_is_named() {
        let start = Written::default();
        let mut asked = Written::default();
        asked.identity.user = "id".to_owned();
        asked.password.resets_per_day += 1;
        assert_eq!(until_next_start(&start, &asked), (asked.clone(), vec![]));
        let now = asked.clone();
        asked.session.idle = Span::secs(60);
        asked.listen.http.clear();
        assert_eq!(until_next_start(&start, &asked), (now, vec!["listen", "session"]));
    }

    #[test]
    fn the_set_up_link_is_its_readers_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("setup-link");
        write_private(&file, "link").expect("written");
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(write_private(&file, "another").is_err(), "never over something that is there");
    }
}
