//! The hot path without a socket: a request with a live session, from its head to the list of headers that goes upstream,
//! over the real engine in a folder of its own. Before anything is timed it is proved that none of it asks the store:
//! an engine that counts is between, and one call in ten thousand requests ends the bench.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use divan::{AllocProfiler, Bencher};
use futures_util::FutureExt;
use tempfile::TempDir;
use vestibule::account::{Accounts, Factor, Label, NewUser};
use vestibule::app::Machine;
use vestibule::assertion::headers::Set;
use vestibule::assertion::{Addressee, Assertions, SigningKeys};
use vestibule::audit::Audit;
use vestibule::clock::Time;
use vestibule::config::{RuleSection, SiteSection, Written};
use vestibule::error::Problems;
use vestibule::gate::{Facts, Lookup, Permit, Raw, Reading, Site, Sites, Verdict, decide};
use vestibule::secret::Key;
use vestibule::session::{At, Cookies, Evidence, Place, Sessions, Visitor};
use vestibule::store::{
    CommitError, Entry, KeyRing, Observer, SledOptions, SledStore, Store, Unavailable, Vault, Version, Write,
};
use vestibule::types::{FactorId, GroupName, MethodId, Strength, UserName};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

static HOUSE: LazyLock<House> = LazyLock::new(|| House::new(""));
/// The same with a portal: a session on a site, which hangs on another one.
static WITH_PORTAL: LazyLock<House> = LazyLock::new(|| House::new("https://login.example.com"));

const HOST: &str = "app.example.com";
const REQUESTS: u64 = 10_000;
/// Pairs of runs whose times are compared.
const PAIRS: usize = 15;

fn main() {
    for (house, name) in [(&*HOUSE, "hot path"), (&*WITH_PORTAL, "with a portal")] {
        let before = house.store.calls.load(Ordering::SeqCst);
        house.requests();
        let calls = house.store.calls.load(Ordering::SeqCst) - before;
        assert_eq!(calls, 0, "{name}: the store was asked");
        println!("{name}: {calls} store calls in {REQUESTS} requests ({before} to set it up)");
    }
    // Side by side, so that a busy machine slows both.
    let mut ratios: Vec<f64> = (0..PAIRS).map(|_| WITH_PORTAL.requests() / HOUSE.requests()).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, median, most) = (ratios[0], ratios[PAIRS / 2], ratios[PAIRS - 1]);
    println!("a request with a portal beside one without: {median:.2} times ({least:.2} to {most:.2}, {PAIRS} pairs)");
    divan::main();
}

/// All of it.
#[divan::bench]
fn request() -> Arc<[Set]> {
    HOUSE.request()
}

/// All of it, on a site with a portal.
#[divan::bench]
fn request_with_portal() -> Arc<[Set]> {
    WITH_PORTAL.request()
}

#[divan::bench]
fn reading() -> Facts {
    facts(&HOUSE.sites)
}

#[divan::bench]
fn visitor(bencher: Bencher<'_, '_>) {
    bencher.bench(|| HOUSE.visitor());
}

#[divan::bench]
fn decision(bencher: Bencher<'_, '_>) {
    let (facts, visitor) = (facts(&HOUSE.sites), HOUSE.visitor());
    bencher.bench(|| HOUSE.permit(black_box(&facts), black_box(&visitor)));
}

#[divan::bench]
fn headers(bencher: Bencher<'_, '_>) {
    let permit = HOUSE.permit(&facts(&HOUSE.sites), &HOUSE.visitor());
    bencher.bench(|| HOUSE.headers(black_box(&permit)));
}

/// The parts of a gate that a request meets, with one user who is signed in.
struct House {
    store: Arc<Counted>,
    sites: Sites,
    sessions: Sessions,
    assertions: Assertions,
    machine: Machine,
    /// The `Cookie` field of the request.
    cookie: String,
    at: At,
    _folder: TempDir,
}

impl House {
    fn new(portal: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(Self::build(portal))
    }

    async fn build(portal: &str) -> Self {
        // Whatever fails here, there is nothing to measure.
        let folder = tempfile::tempdir().expect("a folder");
        let machine = Machine::real();
        let ring = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
        let options = SledOptions {
            cache: 16 << 20,
            keys: ring.clone(),
            clock: machine.clock.clone(),
            random: machine.random.clone(),
        };
        let store = SledStore::open(&folder.path().join("data"), options).expect("the store opens");
        let store = Arc::new(Counted { store, calls: AtomicU64::new(0) });
        let vault = Vault::new(store.clone(), ring, machine.clock.clone(), machine.random.clone());
        let accounts = Accounts::new(vault.clone());
        let mut written = Written {
            site: vec![SiteSection {
                url: format!("https://{HOST}"),
                upstreams: vec!["http://127.0.0.1:3000".to_owned()],
                rules: vec![
                    RuleSection {
                        path: Some("/public/**".to_owned()),
                        policy: "bypass".to_owned(),
                        ..RuleSection::default()
                    },
                    RuleSection { policy: "two_factor".to_owned(), ..RuleSection::default() },
                ],
                ..SiteSection::default()
            }],
            ..Written::default()
        };
        portal.clone_into(&mut written.portal.url);
        let mut problems = Problems::default();
        let sites = Sites::build(&written, &mut problems);
        assert!(problems.is_empty(), "{problems}");
        let audit = Audit::new(vault.clone(), Duration::from_secs(3600), 1 << 20);
        let sessions = Sessions::new(vault.clone(), accounts.clone(), audit, &written.session);
        let lifetime = written.identity.lifetime.0;
        let keys = SigningKeys::load(vault.clone(), written.identity.rotate.0, lifetime).await.expect("keys");

        let new = NewUser {
            name: UserName::parse("alice").expect("a name"),
            display_name: Some("Alice Example".to_owned()),
            email: Some("alice@example.com".to_owned()),
            groups: [GroupName::parse("staff").expect("a group")].into(),
        };
        let user = accounts.add(new, false).await.expect("a user");
        let now = vault.now();
        let totp = MethodId::new("totp");
        let factor = Factor {
            id: FactorId::generate(&*machine.random),
            method: totp.clone(),
            label: Label::Nth(1),
            state: Vec::new(),
            created: now,
            last_used: None,
        };
        let enrols = accounts.add_factor(user.id, &factor).await.expect("a factor");
        vault.commit(enrols).await.expect("a factor");
        let proof = |factor, amr: &str| Evidence {
            factor,
            strength: Strength::Code,
            at: now,
            amr: vec![amr.into()],
            by_owner: false,
        };
        let evidence = vec![proof(None, "pwd"), proof(Some((totp, factor.id)), "otp")];
        let place = Place { address: None, agent: String::new() };
        let mut opened = sessions.open(&user, evidence, &place, None, Vec::new()).await.expect("a session");
        let at = sites.at(&sites.sites[0], HOST);
        if let At::Site(origin) = &at {
            let ticket = sessions.give_ticket(&opened.token, "of a browser", origin).await.expect("a ticket");
            let ticket = sessions.take_ticket(&ticket).await.expect("the store answers").expect("it is there");
            let source = sessions.source(&ticket).await.expect("the store answers").expect("it is alive");
            opened = sessions.open_at_site(&ticket, &source, &place, None).await.expect("a session on the site");
        }
        let name = &sites.sites[0].cookies.session;
        let cookie = format!("theme=dark; {name}={}; app=0123456789abcdef", opened.token.encode());
        let assertions = Assertions::new(Arc::new(keys), lifetime);
        let house = Self { store, sites, sessions, assertions, machine, cookie, at, _folder: folder };
        // The first request fetches session and user, and signs.
        let cookies = Cookies::read(std::iter::once(house.cookie.as_bytes()), &house.sites.sites[0].cookies);
        let visitor = house.sessions.visitor(cookies.session.as_ref(), &house.at).await.expect("the store answers");
        let permit = house.permit(&facts(&house.sites), &visitor);
        let identity = permit.identity().expect("somebody");
        house.assertions.headers(&identity, addressee(permit.site())).await.expect("it is signed");
        house
    }

    /// How long many of them take, in seconds.
    #[expect(clippy::disallowed_methods, reason = "a bench measures the machine's own time")]
    fn requests(&self) -> f64 {
        let begun = Instant::now();
        for _ in 0..REQUESTS {
            black_box(self.request());
        }
        begun.elapsed().as_secs_f64()
    }

    /// The way of a request, as `proxy` goes it.
    fn request(&self) -> Arc<[Set]> {
        let facts = facts(&self.sites);
        let permit = self.permit(&facts, &self.visitor());
        self.headers(&permit)
    }

    /// From memory: nothing is waited for.
    fn visitor(&self) -> Visitor {
        let fields = std::iter::once(black_box(self.cookie.as_bytes()));
        let cookies = Cookies::read(fields, &self.sites.sites[0].cookies);
        let visitor = self.sessions.visitor(cookies.session.as_ref(), &self.at).now_or_never();
        visitor.expect("nothing to wait for").expect("no error")
    }

    fn permit(&self, facts: &Facts, visitor: &Visitor) -> Permit {
        let Lookup::Site(site) = self.sites.locate(facts) else { panic!("there is a site") };
        let verdict = decide(&site, facts, visitor, self.machine.clock.now());
        let Verdict::Forward(permit) = verdict else { panic!("{verdict:?}") };
        permit
    }

    /// From memory, too.
    fn headers(&self, permit: &Permit) -> Arc<[Set]> {
        let identity = permit.identity().expect("somebody");
        let headers = self.assertions.headers(&identity, addressee(permit.site())).now_or_never();
        headers.expect("nothing to wait for").expect("no error")
    }
}

fn addressee(site: &Site) -> Addressee<'_> {
    Addressee { issuer: &site.issuer, audience: &site.audience, names: &site.headers, user_is_id: false }
}

fn facts(sites: &Sites) -> Facts {
    let raw = Raw {
        accept: Some(b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        sec_fetch_mode: Some(b"navigate"),
        sec_fetch_dest: Some(b"document"),
        sec_fetch_site: Some(b"same-origin"),
        ..Raw::new("GET", b"/wiki/Main_Page?action=view", HOST.as_bytes(), IpAddr::V4(Ipv4Addr::LOCALHOST))
    };
    let (host, _) = Facts::host(&raw).expect("a host");
    let reading = sites.by_host(&host).map_or(Reading::Strict, |site| site.reading);
    Facts::read(&raw, reading, &[]).expect("it can be read")
}

/// The engine, counting what is asked of it.
#[derive(Debug)]
struct Counted {
    store: Arc<SledStore>,
    calls: AtomicU64,
}

impl Counted {
    fn called(&self) -> &SledStore {
        self.calls.fetch_add(1, Ordering::SeqCst);
        &self.store
    }
}

#[async_trait]
impl Store for Counted {
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable> {
        self.called().get(key, now).await
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<Entry>, Unavailable> {
        self.called().scan(prefix, after, limit, now).await
    }

    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError> {
        self.called().commit(writes, now).await
    }

    fn watch(&self, prefix: &str, observer: Observer) {
        self.store.watch(prefix, observer);
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.called().ready().await
    }
}
