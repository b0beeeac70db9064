//! From what was written to parts that run, in two steps: a [`Plan`] is all that the configuration alone decides, with
//! every problem found at once; [`Parts`] are the plan with the data folder open. A plan touches nothing, so that `check`
//! and a reload can make one and throw it away.

use std::fs::{self, DirBuilder, Permissions};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use ipnet::IpNet;
use vestibule_templates::languages::UnknownLanguage;
use vestibule_templates::{Brand, Languages, one_line};

use super::monitor::is_public;
use super::{Machine, StartError};
use crate::account::{Accounts, BROWSER_LIFE, Factor};
use crate::assertion::headers::Names;
use crate::assertion::{Assertions, SigningKeys};
use crate::audit::Audit;
use crate::config::{Listen, Loaded, Size, Written};
use crate::directory::{FirstFactor, LocalDirectory};
use crate::error::Problems;
use crate::gate::{Lint, Place, Site, Sites, callers, lint, trusted_proxies};
use crate::gateway::{Gateways, Outbox};
use crate::method::{Checks, Registry};
use crate::methods;
use crate::post::Post;
use crate::proxy::{self, Address, Certificates, Probes, Roster, Running, Tls, Upstreams};
use crate::session::Sessions;
use crate::store::{self, KeyFileError, OpenError, SledOptions, SledStore, Vault, VaultError};
use crate::telemetry;
use crate::throttle::Throttle;
use crate::ticket::Tickets;
use crate::types::{MethodId, Origin as SiteOrigin, Policy, is_loopback_name};
use crate::wizard::{self, Settings, SetupLink, UnderWay, Wizard};

/// An assertion that lives longer outlives the session it speaks of by too much.
const LONGEST_ASSERTION: Duration = Duration::from_secs(300);
/// A key that rotates faster is gone from the caches of applications before they have seen it.
const SHORTEST_ROTATION: Duration = Duration::from_secs(3600);
/// The box speaks of days.
const SHORTEST_TRUST: Duration = Duration::from_secs(86_400);
/// A trail that keeps less cannot answer what happened yesterday.
const SHORTEST_TRAIL: Duration = Duration::from_secs(86_400);
/// Some thousand events: less, and whoever fails often enough wipes out their own trace.
const SMALLEST_TRAIL: u64 = 1 << 20;
/// NIST SP 800-63B section 3.1.1.2: no password is shorter, whatever is beside it.
const SHORTEST_PASSWORD: usize = 8;
/// Characters of what is said about a lost device.
const LONGEST_ADVICE: usize = 1000;

/// All that the configuration alone decides.
pub struct Plan {
    pub written: Written,
    pub sites: Arc<Sites>,
    pub trusted: Vec<IpNet>,
    pub callers: Vec<IpNet>,
    pub certificates: Arc<Certificates>,
    pub gateways: Gateways,
    pub registry: Arc<Registry>,
    pub languages: Languages,
    pub outbox: Outbox,
    pub brand: Arc<Brand>,
    /// What every start says.
    pub warnings: Vec<String>,
}

impl Plan {
    /// # Errors
    /// Every problem of the whole configuration, each with its place and its remedy.
    pub fn build(loaded: &Loaded, machine: &Machine) -> Result<Self, Problems> {
        let written = loaded.written.clone();
        let mut problems = Problems::default();
        let outbox = Outbox::default();
        let sites = Arc::new(Sites::build(&written, &mut problems));
        if written.site.is_empty() && loaded.whole {
            let remedy =
                "write a [[site]] with url, upstreams and rules, as the file that `vestibule init` writes has one";
            problems.add("site", "there is none: every request would be refused", remedy);
        }
        // What one bad site lacks must not look like a second mistake of another key.
        let sites_known = loaded.whole && problems.is_empty();
        let trusted = trusted_proxies(&written.trust, &mut problems);
        let gateways = Gateways::build(&written.gateway, &outbox, &machine.clock, &mut problems);
        let origins: Vec<SiteOrigin> = match &sites.portal {
            Some(portal) => vec![portal.url.clone()],
            None => sites.sites.iter().filter_map(|site| site.url.clone()).collect(),
        };
        let environment = methods::BuildEnv { gateways: &gateways, origins: &origins };
        let registry = methods::build(&written.methods, &environment, &mut problems);
        if !sites_known {
            problems.retain(|problem| problem.key != "methods.webauthn.rp_id");
        }
        let languages = languages(&written, &mut problems);
        let brand = wizard::brand::build(&written.branding, &mut problems);
        wizard::brand::check_names(&written.site, &mut problems);
        addresses(&written, &mut problems);
        let certificates = certificates(&written, machine, &mut problems);
        // The authorities of client certificates, too.
        Tls::build(&sites, &certificates, &machine.clock, &mut problems);
        metrics_address(&written, &mut problems);
        let callers = callers(&written.forward_auth, &mut problems);
        forward_auth(&written, &callers, &mut problems);
        circles(&written, &sites, &mut problems);
        limits(&written, machine.memory, &mut problems);
        // The authorities' certificates are read here, so that a missing file is told with all the rest.
        Upstreams::build(&sites, &Roster::default(), machine.clock.clone(), &mut problems);
        rule_factors(&written, &registry, sites_known, &mut problems);
        reset_by_mail(&written, &registry, &sites, sites_known, &mut problems);
        sealing_key(&written, &mut problems);
        if let Err(more) = telemetry::subscriber(&written.log, machine.clock.clone(), Box::new(std::io::sink())) {
            more.iter().cloned().for_each(|problem| problems.push(problem));
        }
        if written.store.engine != "sled" {
            let what = format!("there is no store engine {:?}", written.store.engine);
            problems.add("store.engine", what, "write \"sled\"");
        }
        if !problems.is_empty() {
            loaded.locate(&mut problems);
            return Err(problems);
        }
        let mut warnings = sites.warnings.clone();
        if written.listen.metrics.parse().is_ok_and(|address| is_public(&address)) {
            let address = &written.listen.metrics;
            warnings
                .push(format!("listen.metrics is {address}: whoever reaches it reads the numbers, without a login"));
        }
        warnings.extend(unreachable(&written, &sites, &certificates));
        warnings.extend(unusual_names(&written, &sites));
        warnings
            .extend(registry.absent().iter().map(|absent| format!("{} is not offered: {}", absent.method, absent.why)));
        Ok(Self {
            written,
            sites,
            trusted,
            callers,
            certificates,
            gateways,
            registry,
            languages,
            outbox,
            brand,
            warnings,
        })
    }

    /// What a careful reader of the rules would ask about.
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints = lint(&self.sites);
        lints.extend(self.fronts());
        lints.extend(self.passed_on());
        let usable = self.registry.iter().any(|method| !method.card().fallback);
        let asks = |site: &&Arc<Site>| site.rules.iter().any(|rule| rule.policy == Policy::TwoFactor);
        if let Some(site) = self.sites.sites.iter().find(asks).filter(|_| !usable) {
            let what = "two_factor is asked for, and no second factor can be enrolled: nobody passes".to_owned();
            lints.push(Lint { key: format!("site[{}].rules", site.index), what });
        }
        lints
    }
}

impl Plan {
    /// A TCP proxy that ends TLS and does not say so would send everybody in a circle.
    fn passed_on(&self) -> Option<Lint> {
        let listen = &self.written.listen;
        let n = listen.proxy_protocol.iter().position(|address| listen.http.contains(address))?;
        let encrypted = listen.proxy_protocol.iter().any(|address| listen.https.contains(address));
        let what = "is one of listen.http: whoever comes through it is sent to https, unless the proxy ended TLS and says so \
                    (version 2 with the value for TLS, in HAProxy send-proxy-v2-ssl)";
        let key = format!("listen.proxy_protocol[{n}]");
        (!listen.https.is_empty() && !encrypted).then(|| Lint { key, what: what.to_owned() })
    }

    /// What [forward_auth] leaves open, and what it cannot help.
    fn fronts(&self) -> Vec<Lint> {
        let Written { forward_auth, store, .. } = &self.written;
        let mut lints = Vec::new();
        let mut say = |key: String, what: &str| lints.push(Lint { key, what: what.to_owned() });
        let listening = proxy::addresses(forward_auth, &store.path, &mut Problems::default());
        if listening.is_empty() {
            return lints;
        }
        for (n, network) in self.callers.iter().enumerate().filter(|(_, network)| network.prefix_len() == 0) {
            let key = format!("forward_auth.callers[{n}]");
            say(key, &format!("{network} lets anybody ask in anybody's name, and choose the address that rules see"));
        }
        let is_trusted = |network: &IpNet| self.trusted.iter().any(|trusted| trusted.contains(network));
        for (n, network) in self.callers.iter().enumerate().filter(|(_, network)| !is_trusted(network)) {
            let what = format!(
                "{network} is not in trust.proxies: on the login pages all its clients have one address, for limits, rules \
                 and the audit trail"
            );
            say(format!("forward_auth.callers[{n}]"), &what);
        }
        for (key, address) in listening {
            match address {
                Address::Tcp(address) if is_public(&address) => say(
                    key,
                    "is in clear and can be reached from elsewhere: give it an address of this machine or a private one",
                ),
                Address::Unix(path) if path.starts_with(&store.path) => say(
                    key,
                    "is in the data folder, which nobody but the gate's own user can enter: a server in front that runs as \
                     somebody else needs a folder such as /run/vestibule, and to be in the gate's group",
                ),
                _ => {}
            }
        }
        for site in &self.sites.sites {
            let key = |name| format!("site[{}].{name}", site.index);
            if site.upstreams.is_empty() {
                say(key("upstreams"), "is empty: the site is served by the server in front alone, and is a 404 here");
            }
            if site.url.is_none() {
                say(
                    key("url"),
                    "is missing: servers in front get a path for the login, and not all of them can use it",
                );
            }
        }
        lints
    }
}

/// Where the sealing key lies.
fn sealing_key_file(written: &Written) -> PathBuf {
    match written.store.sealing_key_file.as_str() {
        "" => written.store.path.join("keys/sealing.key"),
        named => PathBuf::from(named),
    }
}

/// The parts that a reload replaces together.
pub struct InForce {
    pub plan: Plan,
    pub checks: Checks,
}

/// Everything that runs.
pub struct Parts {
    pub machine: Machine,
    pub store: Arc<SledStore>,
    pub vault: Vault,
    pub accounts: Accounts,
    pub tickets: Tickets,
    pub throttle: Throttle,
    pub audit: Audit,
    pub post: Post,
    pub first: FirstFactor,
    pub sessions: Sessions,
    pub keys: Arc<SigningKeys>,
    pub assertions: Assertions,
    /// The upstreams, as they are now.
    pub roster: Roster,
    /// Those of the start: other ones are taken at the next.
    pub certificates: Arc<Certificates>,
    /// What `doctor` sends through everything in front of us.
    pub probes: Arc<Probes>,
    /// Where it listens, once it does.
    pub listening: OnceLock<Vec<SocketAddr>>,
    /// What all these were built from: a reload takes none of it.
    pub started_with: Written,
    pub in_force: ArcSwap<InForce>,
}

impl Parts {
    /// Opens the data folder, or makes it, and builds every part over it. `accept_rp_change`: start although security keys
    /// were enrolled under another address.
    ///
    /// # Errors
    /// A folder, key or store that cannot be used as it is; nothing was changed then.
    pub async fn open(plan: Plan, machine: Machine, accept_rp_change: bool) -> Result<Arc<Self>, StartError> {
        let written = &plan.written;
        let folder = &written.store.path;
        prepare(folder)?;
        let fresh = SledStore::is_fresh(folder);
        let ring = Arc::new(store::load_or_create(&sealing_key_file(written), fresh, &*machine.random)?);
        let options = SledOptions {
            cache: written.store.cache.0,
            keys: ring.clone(),
            clock: machine.clock.clone(),
            random: machine.random.clone(),
        };
        let store = SledStore::open(folder, options)?;
        let vault = Vault::new(store.clone(), ring, machine.clock.clone(), machine.random.clone());

        let accounts = Accounts::new(vault.clone());
        let tickets = Tickets::new(vault.clone());
        let throttle = Throttle::new(vault.clone(), &written.throttle);
        let audit = Audit::new(vault.clone(), written.audit.keep.0, written.audit.max.0);
        let directory = Arc::new(LocalDirectory::new(accounts.clone(), &written.password)?);
        let post = Post::default();
        let first = FirstFactor::new(directory, accounts.clone(), throttle.clone(), audit.clone(), post.clone());
        let sessions = Sessions::new(vault.clone(), accounts.clone(), audit.clone(), &written.session);
        let identity = &written.identity;
        let keys = Arc::new(SigningKeys::load(vault.clone(), identity.rotate.0, identity.lifetime.0).await?);
        let assertions = Assertions::new(keys.clone(), identity.lifetime.0);

        let count = plan.registry.stranded(&enrolled(&vault, &plan.registry).await?);
        if count > 0 && !accept_rp_change {
            store.close().await;
            return Err(StartError::Stranded { count });
        }
        let checks = checks(&plan, &accounts, &throttle, &audit, &post);
        settle(&post, &plan);
        Ok(Arc::new(Self {
            machine,
            store,
            vault,
            accounts,
            tickets,
            throttle,
            audit,
            post,
            first,
            sessions,
            keys,
            assertions,
            roster: Roster::default(),
            certificates: plan.certificates.clone(),
            probes: Arc::default(),
            listening: OnceLock::new(),
            started_with: plan.written.clone(),
            in_force: ArcSwap::from_pointee(InForce { plan, checks }),
        }))
    }

    /// Another configuration, ready to be put in force.
    pub fn with(&self, plan: Plan) -> InForce {
        let checks = checks(&plan, &self.accounts, &self.throttle, &self.audit, &self.post);
        InForce { plan, checks }
    }

    /// What the proxy works by, of one configuration.
    ///
    /// # Errors
    /// A certificate file that was there when the plan was made and is not any more.
    pub fn running(&self, in_force: &InForce, setup: &Arc<SetupLink>) -> Result<Running, Problems> {
        let written = &in_force.plan.written;
        let wizard = Wizard {
            vault: self.vault.clone(),
            accounts: self.accounts.clone(),
            tickets: self.tickets.clone(),
            first: self.first.clone(),
            checks: in_force.checks.clone(),
            sessions: self.sessions.clone(),
            audit: self.audit.clone(),
            throttle: self.throttle.clone(),
            post: self.post.clone(),
            setup: setup.clone(),
            settings: Settings {
                first_login_for: written.enrolment.first_login.then_some(written.enrolment.first_login_for.0),
                remind: Some(written.enrolment.remind.0).filter(|span| !span.is_zero()),
                lost_device: written.enrolment.lost_device.clone(),
                min_length: written.password.min_length,
                login_timeout: written.session.login_timeout.0,
                trusted_browser: written.session.trusted_browser.0,
                reset_by_mail: written.password.reset_by_mail,
                resets_per_day: written.password.resets_per_day,
            },
            derivation: self.vault.derive("wizard"),
            under_way: UnderWay::default(),
        };
        let mut problems = Problems::default();
        let sites = in_force.plan.sites.clone();
        let upstreams = Upstreams::build(&sites, &self.roster, self.machine.clock.clone(), &mut problems);
        let tls = Tls::build(&sites, &self.certificates, &self.machine.clock, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Running::build(
            sites,
            in_force.plan.trusted.clone(),
            written.limits.clone(),
            written.identity.user == "id",
            wizard::router(Arc::new(wizard)),
            upstreams,
            tls,
        )
        .answering(in_force.plan.callers.clone())
        .speaking(in_force.plan.languages.clone())
        .branded(in_force.plan.brand.clone()))
    }

    /// An orderly stop: what memory knows is written, the folder given free.
    pub async fn close(&self) {
        if let Err(error) = self.sessions.tick().await {
            tracing::warn!(%error, "when sessions were last used could not be written");
        }
        self.store.close().await;
    }
}

/// Everybody's factors. Those that wait for a method are told of: it may be meant.
pub(super) async fn enrolled(vault: &Vault, registry: &Registry) -> Result<Vec<Factor>, VaultError> {
    let stored: Vec<Factor> = vault.all("factor/").await?.into_iter().map(|row| row.value).collect();
    let asleep = stored.iter().filter(|factor| registry.get(&factor.method).is_none()).count();
    if asleep > 0 {
        tracing::warn!(
            factors = asleep,
            "enrolled factors wait for a method that is not in force; their users cannot use them"
        );
    }
    Ok(stored)
}

fn checks(plan: &Plan, accounts: &Accounts, throttle: &Throttle, audit: &Audit, post: &Post) -> Checks {
    Checks {
        registry: plan.registry.clone(),
        accounts: accounts.clone(),
        throttle: throttle.clone(),
        audit: audit.clone(),
        gateways: plan.gateways.clone(),
        post: post.clone(),
    }
}

/// The post room works by this plan from now on.
pub fn settle(post: &Post, plan: &Plan) {
    let own = plan.sites.own_url().map_or_else(|| "this site".to_owned(), SiteOrigin::authority);
    post.send_by(plan.gateways.clone(), plan.languages.clone(), own);
}

/// Makes the data folder, or looks whose it is: before the key is looked for, so that nothing of ours ever lies in
/// somebody else's folder.
fn prepare(folder: &Path) -> Result<(), OpenError> {
    let unusable = |error: std::io::Error| OpenError::Folder { folder: folder.to_owned(), why: error.to_string() };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
    let found = fs::metadata(folder).map_err(unusable)?;
    let us = rustix::process::geteuid().as_raw();
    if found.uid() != us {
        return Err(OpenError::NotOurs { folder: folder.to_owned(), owner: found.uid(), us });
    }
    // An empty folder made by whoever installed us: nothing in it can be somebody's for other things.
    if found.mode() & 0o077 != 0 && fs::read_dir(folder).map_err(unusable)?.next().is_none() {
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(unusable)?;
    }
    Ok(())
}

/// Every address that is listened at, and which of them begin with the PROXY protocol.
fn addresses(written: &Written, problems: &mut Problems) {
    let listen = &written.listen;
    if listen.http.is_empty() && listen.https.is_empty() {
        problems.add("listen.http", "nobody could come in", "name an address such as \"127.0.0.1:8080\"");
    }
    for (key, list) in [("http", &listen.http), ("https", &listen.https)] {
        for (n, text) in list.iter().enumerate().filter(|(_, text)| text.parse::<SocketAddr>().is_err()) {
            let what = format!("{text:?} is no address with a port");
            let remedy = "write an address such as \"127.0.0.1:8080\" or \"[::]:8080\"";
            problems.add(format!("listen.{key}[{n}]"), what, remedy);
        }
    }
    let mut taken: Vec<SocketAddr> = Vec::new();
    for (key, address) in visited(listen) {
        if taken.iter().any(|other| collide(other, &address)) {
            problems.add(key, format!("{address} is there already"), "name each address once, in http or in https");
        }
        taken.push(address);
    }
    for (n, text) in listen.proxy_protocol.iter().enumerate() {
        let key = format!("listen.proxy_protocol[{n}]");
        if !listen.http.contains(text) && !listen.https.contains(text) {
            let what = format!("{text:?} is not listened at");
            problems.add(key, what, "write it as it stands in listen.http or listen.https");
        } else if written.trust.proxies.is_empty() {
            problems.add(key, "nobody could connect there", "name the proxy that does in trust.proxies");
        }
    }
}

/// The addresses that visitors reach, each with its key.
fn visited(listen: &Listen) -> impl Iterator<Item = (String, SocketAddr)> {
    [("http", &listen.http), ("https", &listen.https)].into_iter().flat_map(|(name, list)| {
        let read = list.iter().enumerate();
        read.filter_map(move |(n, text)| Some((format!("listen.{name}[{n}]"), text.parse().ok()?)))
    })
}

/// Whether two addresses cannot both be listened at: they are the same, or one of them is every address of the machine.
/// Port 0 is any that is free.
fn collide(one: &SocketAddr, other: &SocketAddr) -> bool {
    let (a, b) = (one.ip().to_canonical(), other.ip().to_canonical());
    // Whether `[::]` takes IPv4 as well is for the machine to say.
    let takes = |all: IpAddr, ip: IpAddr| all.is_unspecified() && all.is_ipv6() == ip.is_ipv6();
    one.port() != 0 && one.port() == other.port() && (a == b || takes(a, b) || takes(b, a))
}

/// The certificates, read: so that one that cannot be used is told with all the rest.
fn certificates(written: &Written, machine: &Machine, problems: &mut Problems) -> Arc<Certificates> {
    let listen = &written.listen;
    match (listen.https.is_empty(), listen.certificates.is_empty()) {
        (false, true) => {
            let remedy = "name cert_file and key_file: certificates = [{ cert_file = \"…\", key_file = \"…\" }]";
            problems.add("listen.certificates", "is missing: listen.https has nothing to show", remedy);
        }
        (true, false) => {
            let remedy = "set listen.https, such as [\"0.0.0.0:8443\"], or take the certificates away";
            problems.add("listen.certificates", "is shown to nobody", remedy);
        }
        _ => {}
    }
    Arc::new(Certificates::read(&listen.certificates, machine.clock.wall(), problems))
}

/// Sites that nobody reaches over listen.https: whoever asks for their name is shown no certificate.
fn unreachable(written: &Written, sites: &Sites, certificates: &Certificates) -> Vec<String> {
    let bare = |site: &&Arc<Site>| {
        let https = site.url.as_ref().is_some_and(SiteOrigin::is_https);
        https && !written.listen.https.is_empty() && !certificates.cover(&site.host)
    };
    let tell = |site: &Arc<Site>| {
        let key = if sites.is_portal(site) { "portal".to_owned() } else { format!("site[{}]", site.index) };
        format!("{key}.url: no certificate in listen.certificates is good for {}", site.host)
    };
    let portal = sites.portal.iter().map(|portal| &portal.site);
    portal.chain(&sites.sites).filter(bare).map(tell).collect()
}

/// Identity headers that servers in front know only if somebody tells them: what they do not take out arrives at the
/// application as a client wrote it, on open addresses too.
fn unusual_names(written: &Written, sites: &Sites) -> Vec<String> {
    // Over gRPC the answer says what to take out.
    if written.forward_auth.listen.is_empty() {
        return Vec::new();
    }
    let usual = Names::default();
    let fronted = sites.sites.iter().filter(|site| site.upstreams.is_empty());
    fronted
        .flat_map(|site| {
            let unusual = site.headers.all().into_iter().filter(|name| !usual.all().contains(name));
            unusual.map(|name| {
                format!(
                    "site[{}].headers: let the server in front take {} out of what clients send, in every spelling, and copy \
                     it from the answer: the files in config/integrations do so for the usual names alone",
                    site.index,
                    String::from_utf8_lossy(name)
                )
            })
        })
        .collect()
}

/// The languages that are offered; all of them where the configuration names one that there is not.
fn languages(written: &Written, problems: &mut Problems) -> Languages {
    let pages = &written.pages;
    Languages::new(&pages.language, &pages.languages).unwrap_or_else(|unknown| {
        let all = Languages::all();
        let known = all.tags().collect::<Vec<_>>().join(", ");
        match unknown {
            UnknownLanguage::Fallback if all.named(&pages.language).is_some() => {
                let what = format!("{:?} is not among pages.languages", pages.language);
                problems.add("pages.language", what, "add it there, or name one of those");
            }
            UnknownLanguage::Fallback => {
                let what = format!("there is no language {:?}", pages.language);
                problems.add("pages.language", what, format!("write one of {known}"));
            }
            UnknownLanguage::Twice(at) => {
                let what = format!("{:?} is there already", pages.languages[at]);
                problems.add(
                    format!("pages.languages[{at}]"),
                    what,
                    "name each language once, in the order of the switch",
                );
            }
            UnknownLanguage::Offered(at) => {
                let what = format!("there is no language {:?}", pages.languages[at]);
                problems.add(format!("pages.languages[{at}]"), what, format!("write one of {known}"));
            }
        }
        all
    })
}

/// The address for metrics is none of those that visitors reach.
fn metrics_address(written: &Written, problems: &mut Problems) {
    let text = &written.listen.metrics;
    if text.is_empty() {
        return;
    }
    let remedy = "write an address of its own such as \"127.0.0.1:9464\", or leave it out";
    let is_visited = |address: &SocketAddr| visited(&written.listen).any(|(_, other)| collide(&other, address));
    match text.parse::<SocketAddr>() {
        Err(_) => problems.add("listen.metrics", format!("{text:?} is no address with a port"), remedy),
        Ok(address) if is_visited(&address) => {
            problems.add("listen.metrics", "is an address that visitors reach", remedy);
        }
        Ok(_) => {}
    }
}

/// The addresses for servers in front are none of those that visitors reach, and over TCP somebody is named who may ask.
fn forward_auth(written: &Written, callers: &[IpNet], problems: &mut Problems) {
    let metrics = written.listen.metrics.parse::<SocketAddr>().ok();
    let others: Vec<SocketAddr> = visited(&written.listen).map(|(_, address)| address).chain(metrics).collect();
    let same = |one: &Address, other: &Address| match (one, other) {
        (Address::Tcp(one), Address::Tcp(other)) => collide(one, other),
        _ => one == other,
    };
    let mut taken: Vec<Address> = Vec::new();
    let listening = proxy::addresses(&written.forward_auth, &written.store.path, problems);
    let (asked, named) = (&written.forward_auth, !written.forward_auth.callers.is_empty());
    if named && asked.listen.is_empty() && asked.listen_grpc.is_empty() {
        let remedy = "set forward_auth.listen, such as [\"127.0.0.1:9091\"], or leave it out";
        problems.add("forward_auth.callers", "means nothing without forward_auth.listen or listen_grpc", remedy);
    }
    for (key, address) in listening {
        if let Address::Tcp(tcp) = &address {
            if callers.is_empty() && written.forward_auth.callers.is_empty() {
                let what = "listens on an address, and nobody is named who may ask there";
                let remedy = "set forward_auth.callers to the networks of your servers in front: [\"127.0.0.1/32\"]";
                problems.add(&key, what, remedy);
            }
            if others.iter().any(|other| collide(other, tcp)) {
                problems.add(&key, "is an address that others reach, in [listen]", "give it one of its own");
            }
        }
        if taken.iter().any(|other| same(other, &address)) {
            problems.add(key, format!("{address} is there already"), "name each address once");
        } else {
            taken.push(address);
        }
    }
}

/// Upstreams that are this gate itself: each request would be sent round until nothing is left to send it with.
fn circles(written: &Written, sites: &Sites, problems: &mut Problems) {
    let own: Vec<SocketAddr> = visited(&written.listen).map(|(_, address)| address).collect();
    // Where all addresses are listened at, those of loopback are the only ones that are known to be this machine's.
    let takes = |all: IpAddr, ip: IpAddr| all.is_unspecified() && ip.is_loopback() && (all.is_ipv6() || ip.is_ipv4());
    let is_own = |ip: IpAddr, port: u16| {
        own.iter().any(|listen| listen.port() == port && (listen.ip() == ip || takes(listen.ip(), ip)))
    };
    for site in &sites.sites {
        for (n, upstream) in site.upstreams.iter().enumerate() {
            let Place::Network(host, port) = &upstream.place else { continue };
            let ips: Vec<IpAddr> = match host.parse() {
                Ok(ip) => vec![ip],
                Err(_) if is_loopback_name(host) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
                Err(_) => continue,
            };
            if ips.into_iter().any(|ip| is_own(ip, *port)) {
                let key = format!("site[{}].upstreams[{n}]", site.index);
                problems.add(key, format!("{upstream} is where this gate listens"), "name where the application does");
            }
        }
    }
}

/// Values that would be read without complaint and mean something nobody wants.
fn limits(written: &Written, machine: u64, problems: &mut Problems) {
    let identity = &written.identity;
    if identity.lifetime.0.is_zero() || identity.lifetime.0 > LONGEST_ASSERTION {
        problems.add("identity.lifetime", format!("{} is not between 1s and 300s", identity.lifetime), "write \"60s\"");
    }
    if !matches!(identity.user.as_str(), "name" | "id") {
        problems.add("identity.user", format!("{:?} is not known", identity.user), "write \"name\" or \"id\"");
    }
    if identity.rotate.0 < SHORTEST_ROTATION {
        let what = format!("{} is shorter than 1h", identity.rotate);
        problems.add("identity.rotate", what, "write \"30d\": each key stays published after the next one took over");
    }
    let is_url =
        |text: &str| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !identity.issuer.is_empty() && !is_url(&identity.issuer) {
        let what = format!("{:?} is not an address", identity.issuer);
        problems.add("identity.issuer", what, "write a url such as \"https://login.example.com\", or leave it out");
    }
    let trusted = &written.session.trusted_browser;
    if !trusted.0.is_zero() && (trusted.0 < SHORTEST_TRUST || trusted.0 > BROWSER_LIFE) {
        let what = format!("{trusted} is not between 1d and 400d");
        problems.add("session.trusted_browser", what, "write \"30d\", or \"0s\" for no such browsers at all");
    } else if !trusted.0.as_secs().is_multiple_of(SHORTEST_TRUST.as_secs()) {
        // The box that its owner ticks says a number of days.
        let what = format!("{trusted} is no number of whole days");
        problems.add("session.trusted_browser", what, "write \"30d\", or another number of days");
    }
    let audit = &written.audit;
    if audit.keep.0 < SHORTEST_TRAIL {
        problems.add("audit.keep", format!("{} is shorter than 1d", audit.keep), "write \"400d\"");
    }
    if audit.max.0 < SMALLEST_TRAIL {
        problems.add("audit.max", format!("{} is less than 1MiB", audit.max), "write \"1GiB\"");
    }
    if written.limits.connections_per_address == 0 {
        problems.add("limits.connections_per_address", "nobody could come in", "write 256, or another number");
    }
    if written.throttle.base > written.throttle.ceiling {
        let what = "is longer than throttle.ceiling";
        problems.add("throttle.base", what, "make it shorter: it is the first wait, and doubles up to the ceiling");
    }
    if written.password.min_length < SHORTEST_PASSWORD {
        let what = format!("{} is less than {SHORTEST_PASSWORD}", written.password.min_length);
        problems.add("password.min_length", what, "write 8, or more");
    }
    let lost_device = &written.enrolment.lost_device;
    if lost_device.chars().count() > LONGEST_ADVICE || lost_device.lines().any(|line| one_line(line) != line) {
        let what = format!("is longer than {LONGEST_ADVICE} characters, or holds characters that cannot be shown");
        problems.add("enrolment.lost_device", what, "write a few plain sentences");
    }
    let session = &written.session;
    for (key, span) in [
        ("session.idle", session.idle),
        ("session.lifetime", session.lifetime),
        ("session.login_timeout", session.login_timeout),
        ("throttle.base", written.throttle.base),
        ("limits.head_timeout", written.limits.head_timeout),
    ] {
        if span.0.is_zero() {
            problems.add(key, "is no time at all", "write a duration such as \"10m\"");
        }
    }
    // Zero would lock everybody out; more is what NIST SP 800-63B section 3.2.2 forbids.
    let hard_limit = written.throttle.hard_limit;
    if !(1..=100).contains(&hard_limit) {
        problems.add("throttle.hard_limit", format!("{hard_limit} is not between 1 and 100"), "write 100, or less");
    }
    if session.idle > session.lifetime {
        problems.add(
            "session.idle",
            "is longer than session.lifetime",
            "make it shorter: it ends sessions that are not used",
        );
    }
    let password = &written.password;
    let memory = u32::try_from(password.memory.0 / 1024).unwrap_or(u32::MAX);
    if let Err(error) = argon2::Params::new(memory, password.iterations, password.parallelism, None) {
        let remedy = "leave out memory, iterations and parallelism, or see RFC 9106 section 4";
        problems.add("password", format!("these are no parameters of Argon2id: {error}"), remedy);
    }
    // Taken at the first login only: a machine that has not got it would start, and let nobody in.
    let (hashers, room) = (password.hashers.max(1), Size(machine >> 20 << 20));
    if password.memory.0.saturating_mul(hashers as u64) > machine {
        let what = format!("{hashers} hashes at once would take {} each, and this machine has {room}", password.memory);
        problems.add("password.memory", what, "leave it out, or write \"64MiB\": see RFC 9106 section 4");
    }
    let cookie = &session.cookie;
    if cookie.is_empty()
        || cookie.len() > 64
        || !cookie.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    {
        problems.add("session.cookie", format!("{cookie:?} is no name for a cookie"), "use letters, digits, - and _");
    }
}

/// A store without its key: said here, so that `check` says it too.
fn sealing_key(written: &Written, problems: &mut Problems) {
    let file = sealing_key_file(written);
    // What this user may not look at is judged by the one who may.
    let missing = || matches!(fs::metadata(&file), Err(error) if error.kind() == std::io::ErrorKind::NotFound);
    // In this order: a store that somebody makes just now has its key first.
    if !SledStore::is_fresh(&written.store.path) && missing() {
        let text = KeyFileError::Missing { file }.to_string();
        let (what, remedy) = text.split_once("\n  ").unwrap_or((&text, ""));
        problems.add("store.sealing_key_file", what, remedy);
    }
}

/// A new password by mail needs a way to send and an address to send; and a mailbox that sets the password must not be
/// the second factor beside it.
fn reset_by_mail(written: &Written, registry: &Registry, sites: &Sites, sites_known: bool, problems: &mut Problems) {
    const KEY: &str = "password.reset_by_mail";
    if !written.password.reset_by_mail {
        return;
    }
    if written.gateway.email.is_none() {
        problems.add(KEY, "mails need a gateway", "configure [gateway.email], or set password.reset_by_mail = false");
    }
    if sites_known && sites.own_url().is_none() {
        let what = "no site knows one address of its own, and links are made of nothing else";
        problems.add(KEY, what, "set url of a site, without a wildcard, or set password.reset_by_mail = false");
    }
    let cards = registry.iter().map(|method| method.card());
    for card in cards.filter(|card| card.by_mailbox && !card.fallback) {
        let remedy = format!("set methods.{}.recovery_only = true, or switch one of the two off", card.id);
        problems.add(KEY, "mail is a second factor too: whoever reads the mailbox would have both", remedy);
    }
}

/// A rule that names a method nobody can use would refuse everybody, or look stricter than it is. While a site is
/// refused nobody knows which methods its address allows, and only names that no method has are told.
fn rule_factors(written: &Written, registry: &Registry, sites_known: bool, problems: &mut Problems) {
    let known: Vec<&str> = registry.iter().map(|method| method.card().id.as_str()).collect();
    for (n, site) in written.site.iter().enumerate() {
        for (m, rule) in site.rules.iter().enumerate() {
            for (k, factor) in rule.factors.iter().enumerate() {
                let possible =
                    |id: &MethodId| registry.get(id).is_some() || !sites_known && methods::ids().any(|one| one == id);
                if !MethodId::parse(factor).is_some_and(|id| possible(&id)) {
                    let what = format!("the method {factor:?} is not in force");
                    let remedy = format!("switch it on under [methods], or name one of: {}", known.join(", "));
                    problems.add(format!("site[{n}].rules[{m}].factors[{k}]"), what, remedy);
                }
            }
        }
    }
}
