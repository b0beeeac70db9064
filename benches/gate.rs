//! What a request costs before anybody knows whether it may pass: the one reading of its head, the site, the cookies and
//! the decision, as plain browsers send them and as an attacker would. Nothing here touches a store or a socket, and the
//! allocations are counted beside the time.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use vestibule::account::{Enrolment, User};
use vestibule::clock::Time;
use vestibule::config::{RuleSection, SiteSection, Written};
use vestibule::error::Problems;
use vestibule::gate::{Facts, Raw, Reading, Site, Sites, decide};
use vestibule::secret::{DerivedRandom, SessionKind, Token};
use vestibule::session::{CookieNames, Cookies, Evidence, Live, Session, Visitor};
use vestibule::types::{FactorId, GroupName, Handle, Level, MethodId, Strength, UserId, UserName};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const NOW: Time = Time::from_secs(1_800_000_000);
const HOST: &str = "app.example.com";

fn main() {
    divan::main();
}

/// A target as it arrives, and how the site of its host reads paths.
struct Path {
    name: &'static str,
    target: Vec<u8>,
    reading: Reading,
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// From what everybody sends to the dearest that can be sent: a lenient path as long as is allowed, of which each
/// transform makes another reading.
fn paths() -> Vec<Path> {
    let path = |name, target: &[u8], reading| Path { name, target: target.to_vec(), reading };
    let dearest = b"/a;b%3Bc/%2E./d.//".repeat(4096 / 18);
    vec![
        path("plain", b"/wiki/Main_Page?action=view&oldid=42", Reading::Strict),
        path("escaped", b"/wiki/%C3%84pfel%20und%20Birnen", Reading::Strict),
        path("parameters", b"/wiki/Main_Page;jsessionid=1/edit", Reading::Strict),
        path("traversal, refused", b"/static/%2e%2e/%2e%2e/etc/passwd", Reading::Strict),
        path("8 KiB of escapes", &b"/%41%C3%84".repeat(800), Reading::Strict),
        path("lenient", b"/files/a%2Fb;v=1//c", Reading::Lenient),
        path("lenient, 4 KiB, hostile", &dearest, Reading::Lenient),
    ]
}

fn raw(target: &[u8]) -> Raw<'_> {
    Raw {
        accept: Some(b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        sec_fetch_mode: Some(b"navigate"),
        sec_fetch_dest: Some(b"document"),
        sec_fetch_site: Some(b"same-origin"),
        ..Raw::new("GET", target, HOST.as_bytes(), IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

#[divan::bench(args = paths())]
fn reading(path: &Path) -> bool {
    Facts::read(&raw(black_box(&path.target)), path.reading, &[]).is_ok()
}

/// Sites in one gate; the request is for the last of them.
#[divan::bench(args = [1, 20, 200])]
fn site(bencher: Bencher<'_, '_>, count: usize) {
    let written: Vec<SiteSection> = (1..=count)
        .map(|n| SiteSection {
            url: format!("https://{}{HOST}", if n == count { String::new() } else { format!("n{n}.") }),
            upstreams: vec!["http://127.0.0.1:3000".to_owned()],
            rules: rules(1),
            ..SiteSection::default()
        })
        .collect();
    let (sites, facts) = (sites(written), facts());
    bencher.bench(|| black_box(&sites).locate(black_box(&facts)));
}

/// Rules of a site; the last of them fits.
#[divan::bench(args = [1, 20, 200])]
fn decision(bencher: Bencher<'_, '_>, count: usize) {
    let (site, facts, visitor) = (site_with(rules(count)), facts(), visitor());
    bencher.bench(|| decide(black_box(&site), black_box(&facts), black_box(&visitor), NOW));
}

#[divan::bench(args = [1, 20, 200])]
fn decision_about_a_stranger(bencher: Bencher<'_, '_>, count: usize) {
    let (site, facts) = (site_with(rules(count)), facts());
    bencher.bench(|| decide(black_box(&site), black_box(&facts), &Visitor::Stranger, NOW));
}

#[divan::bench]
fn cookies(bencher: Bencher<'_, '_>) {
    let names = CookieNames::new("vestibule", true);
    let token = Token::<SessionKind>::generate(&DerivedRandom::seeded(1)).encode();
    let field = format!("theme=dark; _ga=GA1.1.123456.789; {}={token}; app=0123456789abcdef", names.session);
    bencher.bench(|| Cookies::read(std::iter::once(black_box(field.as_bytes())), &names));
}

/// As many as a head has room for, every other one of our name.
#[divan::bench]
fn cookies_32_kib_hostile(bencher: Bencher<'_, '_>) {
    let names = CookieNames::new("vestibule", true);
    let field = format!("a=1; {}=x; ", names.session).repeat(1200);
    bencher.bench(|| Cookies::read(std::iter::once(black_box(field.as_bytes())), &names));
}

/// `count` rules, of which only the last fits what [`facts`] asks for.
fn rules(count: usize) -> Vec<RuleSection> {
    let others = (1..count).map(|n| match n % 3 {
        0 => RuleSection { path_regex: Some(format!("/api/v{n}/[a-z]+/[0-9]+")), ..RuleSection::default() },
        1 => RuleSection { path: Some(format!("/team{n}/**/edit")), ..RuleSection::default() },
        _ => RuleSection { http_methods: vec!["PUT".to_owned()], ..RuleSection::default() },
    });
    let last = RuleSection { path: Some("/wiki/**".to_owned()), ..RuleSection::default() };
    let two_factor = |rule| RuleSection { policy: "two_factor".to_owned(), ..rule };
    others.chain([last]).map(two_factor).collect()
}

fn site_with(rules: Vec<RuleSection>) -> Arc<Site> {
    let site = SiteSection {
        url: format!("https://{HOST}"),
        upstreams: vec!["http://127.0.0.1:3000".to_owned()],
        rules,
        ..SiteSection::default()
    };
    sites(vec![site]).sites.remove(0)
}

fn sites(site: Vec<SiteSection>) -> Sites {
    let mut problems = Problems::default();
    let sites = Sites::build(&Written { site, ..Written::default() }, &mut problems);
    assert!(problems.is_empty(), "{problems}");
    sites
}

fn facts() -> Facts {
    let raw = raw(b"/wiki/Main_Page?action=view");
    // A plain path and a plain host: the first of `paths` shows that it can be read.
    Facts::read(&raw, Reading::Strict, &[]).expect("it can be read")
}

/// Somebody with a password and a code, as memory holds her.
fn visitor() -> Visitor {
    let random = DerivedRandom::seeded(1);
    let factor = FactorId::generate(&random);
    let proof = |factor, amr: &str| Evidence {
        factor,
        strength: Strength::Code,
        at: NOW,
        amr: vec![amr.to_owned()],
        by_owner: false,
    };
    let evidence = vec![proof(None, "pwd"), proof(Some((MethodId::new("totp"), factor.clone())), "otp")];
    // Constants of the right form.
    let (name, group) = (UserName::parse("alice").expect("a name"), GroupName::parse("staff").expect("a group"));
    let user = User {
        id: UserId::generate(&random),
        name,
        display_name: Some("Alice Example".to_owned()),
        email: Some("alice@example.com".to_owned()),
        groups: BTreeSet::from([group]),
        disabled: false,
        generation: 0,
        created: NOW,
        since_invitations_ended: 0,
        enrolment: Enrolment::Enrolled,
        factors: vec![factor],
        removed: None,
        enrol_until: None,
        password_by_mail: false,
        language: None,
    };
    let session = Session {
        handle: Handle::generate(&random),
        user: user.id,
        generation: 0,
        evidence: evidence.into(),
        created: NOW,
        last_seen: NOW,
        ends: Time(NOW.0 + 3_600_000),
        address: None,
        agent: String::new(),
        login: None,
        site: None,
    };
    let (ends, level, evidence) = (session.ends, Level::Verified, session.evidence.clone());
    Visitor::Live(Arc::new(Live { session: Arc::new(session), user: Arc::new(user), evidence, level, ends }))
}
