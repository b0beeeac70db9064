//! Forward-auth: a server in front asks about each request, and is told what the gate would have done with it in path.
//! Every dialect is spoken as its servers speak it, and a client's own fields travel along as they do there.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;

use crate::harness::{Echo, Gate, Gateway, Reply, Visitor, Wire, connect_from, free_address, until};
use crate::tls::House;
use crate::upstreams::reload;

const RULES: &str = rules! {
    "/public/**" => "bypass",
    "/api/**" if http_methods = ["GET"] => "bypass",
    "/near/**" if networks = ["127.0.0.0/8", "192.0.2.0/24"] => "bypass",
    "/half/**" => "one_factor",
    "/admin/**" => "two_factor" with groups = ["admins"],
    "/members/**" => "two_factor",
};

/// The dialects over HTTP.
const DIALECTS: [Dialect; 3] = [Dialect::Nginx, Dialect::Forwarded, Dialect::Envoy];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Nginx,
    Forwarded,
    Envoy,
}

/// A gate that serves its application in path, too, and a server in front that asks it.
struct Bench {
    echo: Echo,
    gate: Gate,
    front: SocketAddr,
}

/// A question on its way.
struct Question {
    start: String,
    fields: Vec<(String, String)>,
    body: String,
}

fn bench() -> Bench {
    bench_with(|gate| gate)
}

fn bench_with(more: impl FnOnce(Gateway) -> Gateway) -> Bench {
    let (echo, front) = (Echo::start(), free_address());
    let sections = format!("[forward_auth]\nlisten = [\"{front}\"]\ncallers = [\"127.0.0.1\"]");
    let gate = more(Gate::before(&echo).config(&sections).rules(RULES)).start();
    let bench = Bench { echo, gate, front };
    // The positive control of every case here.
    for dialect in DIALECTS {
        assert_eq!(bench.ask(dialect, "GET", "/public/a", &[]).status, 200, "{dialect:?}");
    }
    bench
}

impl Dialect {
    /// What a server of this kind asks about a request.
    fn question(self, origin: &str, method: &str, target: &str) -> Question {
        let (scheme, authority) = origin.split_once("://").expect("an origin has a scheme");
        let at = |rest: &str| format!("GET /.vestibule/auth/{rest} HTTP/1.1");
        let (start, fields) = match self {
            Dialect::Nginx => (
                at("nginx"),
                vec![
                    ("Host", "vestibule_auth".to_owned()),
                    ("X-Original-URL", format!("{origin}{target}")),
                    ("X-Original-Method", method.to_owned()),
                ],
            ),
            Dialect::Forwarded => (
                at("forwarded"),
                vec![
                    ("Host", "gate:9091".to_owned()),
                    ("X-Forwarded-Method", method.to_owned()),
                    ("X-Forwarded-Proto", scheme.to_owned()),
                    ("X-Forwarded-Host", authority.to_owned()),
                    ("X-Forwarded-Uri", target.to_owned()),
                ],
            ),
            Dialect::Envoy => (
                format!("{method} /.vestibule/auth/envoy{target} HTTP/1.1"),
                vec![("Host", authority.to_owned()), ("Content-Length", "0".to_owned())],
            ),
        };
        let client = ("X-Forwarded-For", "198.51.100.9, 127.0.0.1".to_owned());
        let fields = fields.into_iter().chain([client]).map(|(name, value)| (name.to_owned(), value)).collect();
        Question { start, fields, body: String::new() }
    }

    /// The status that means what `status` means in path.
    fn status(self, status: u16) -> u16 {
        match (self, status) {
            (Dialect::Nginx, 200 | 401) => status,
            (Dialect::Nginx, 302 | 303) => 401,
            (Dialect::Nginx, _) => 403,
            _ => status,
        }
    }
}

impl Question {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn all(self, fields: &[(&str, &str)]) -> Self {
        fields.iter().fold(self, |question, (name, value)| question.with(name, value))
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self
    }

    fn instead(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    fn bytes(&self) -> Vec<u8> {
        let fields: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{}\r\n{fields}\r\n{}", self.start, self.body).into_bytes()
    }
}

/// The cookies of a visitor, as its browser sends them.
fn cookies(visitor: &Visitor) -> String {
    let jar = visitor.jars.get("localhost").cloned().unwrap_or_default();
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// What browsers send with a page navigation.
const NAVIGATION: [(&str, &str); 4] = [
    ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ("Sec-Fetch-Site", "none"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
];

impl Bench {
    fn question(&self, dialect: Dialect, method: &str, target: &str) -> Question {
        dialect.question(&self.gate.origin, method, target)
    }

    #[track_caller]
    fn send(&self, question: Question) -> Reply {
        let method = question.start.split(' ').next().unwrap_or_default().to_owned();
        Wire::to(self.front).send(question.bytes()).reply_to(&method).expect("a question is answered")
    }

    #[track_caller]
    fn ask(&self, dialect: Dialect, method: &str, target: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(self.question(dialect, method, target).all(fields))
    }

    /// As somebody signed in, navigating.
    #[track_caller]
    fn ask_as(&self, visitor: &Visitor, dialect: Dialect, target: &str) -> Reply {
        self.send(self.question(dialect, "GET", target).all(&NAVIGATION).with("Cookie", &cookies(visitor)))
    }
}

/// A whole login, as it is behind each front: asked, sent to the login, let through with an identity.
#[test]
fn a_visitor_signs_in_behind_a_front() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    for dialect in DIALECTS {
        let asked = bench.ask(dialect, "GET", "/members/a?b=1&c=%20", &NAVIGATION);
        assert_eq!(asked.status, dialect.status(302), "{dialect:?}");
        let login = asked.field("location").expect("it says where to sign in").to_owned();
        assert!(login.starts_with(&format!("{}/.vestibule/login?rd=", bench.gate.origin)), "{login}");

        // The login itself is at the ordinary listener.
        let mut browser = bench.gate.visitor();
        let page = browser.sign_in(&alice, &login);
        assert_eq!(page.url.as_str(), format!("{}/members/a?b=1&c=%20", bench.gate.origin));

        let yes = bench.ask_as(&browser, dialect, "/members/a?b=1");
        assert_eq!((yes.status, yes.field("remote-user")), (200, Some("alice")), "{dialect:?}");
        assert!(yes.field("vestibule-assertion").is_some_and(|assertion| assertion.split('.').count() == 3));
        assert_eq!(yes.body, b"", "nothing to be shown");
    }
}

/// What a gate in path does with a request, the servers in front are told: every access rule, every dialect.
#[test]
fn the_verdict_is_the_one_in_path() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    let admin = bench.gate.given_member("root", "admins");
    let (stranger, mut browser, mut boss) = (bench.gate.visitor(), bench.gate.visitor(), bench.gate.visitor());
    assert_eq!(browser.sign_in(&alice, "/members/").status, 200);
    assert_eq!(boss.sign_in(&admin, "/admin/").status, 200);
    let mut allowed = 0;
    for target in [
        "/public/a",
        "/public",
        "/public/",
        "/members/a?b=c",
        "/admin",
        "/admin/",
        "/admin/x",
        "/half/x",
        "/near/x",
        "/api/x",
        "/",
        "/nowhere",
        // AR-01 to AR-14: spellings that lead somewhere else to somebody.
        "/public/../admin",
        "/public/./../admin",
        "/public/%2e%2e/admin",
        "/public/%2E%2E%2Fadmin",
        "/public/..%2fadmin",
        "/public/..;/admin",
        "/public/..%5cadmin",
        "/public/%252e%252e/admin",
        "//admin",
        "/public//admin",
        "/public%2f..%2fadmin",
        "/public/%c0%ae%c0%ae/admin",
        "/public/%00/admin",
        "/public/a%zz",
        "/public/a%",
        "/Public/a",
        "/ADMIN",
        "/%61dmin",
        "/adm%69n/x",
        "/admin;x",
        "/admin.",
        "/admin%20",
        "/public/a;b=/../admin",
        "/public/a?/../admin",
        "/public/a\\..\\admin",
        "/.vestibule/auth/nginx/x",
        "/.Vestibule/login",
        "/%2evestibule/login",
        "/.well-known/vestibule/x",
    ] {
        for visitor in [&stranger, &browser, &boss] {
            for method in ["GET", "POST"] {
                let same = Question {
                    start: format!("{method} {target} HTTP/1.1"),
                    fields: vec![("Host".to_owned(), bench.gate.authority().to_owned())],
                    body: String::new(),
                };
                let same = same.all(&NAVIGATION).with("Cookie", &cookies(visitor)).bytes();
                let in_path = Wire::to(bench.gate.address).send(same).reply().expect("it is answered").status;
                // Our own pages are no business of an application: in path they are answered, in front never let through.
                let ours = target.starts_with("/.v") || target.starts_with("/.well");
                for dialect in DIALECTS {
                    let question = bench.question(dialect, method, target).all(&NAVIGATION);
                    let told = bench.send(question.with("Cookie", &cookies(visitor))).status;
                    let expected = if ours { dialect.status(404) } else { dialect.status(in_path) };
                    assert_eq!(told, expected, "{dialect:?} {method} {target}: {in_path} in path");
                    allowed += usize::from(told == 200);
                }
            }
        }
    }
    assert!(allowed > 60, "{allowed} were let through");
    // Methods that are not offered, hosts that are not ours.
    for (dialect, method, status) in [
        (Dialect::Nginx, "TRACE", 403),
        (Dialect::Forwarded, "BREW", 405),
        (Dialect::Envoy, "BREW", 405),
        (Dialect::Forwarded, "get", 400),
    ] {
        assert_eq!(bench.ask(dialect, method, "/public/a", &[]).status, status, "{method}");
    }
    for dialect in DIALECTS {
        let elsewhere = dialect.question("http://elsewhere.test", "GET", "/public/a");
        let reply = bench.send(elsewhere);
        assert_eq!(reply.status, dialect.status(421), "{dialect:?}");
        let why = reply.field("vestibule-error").unwrap_or_default();
        assert!(why.starts_with("no [[site]] answers to the host of "), "{dialect:?}: {why}");
    }
}

/// FA-01: what a client sends beside what the front says.
#[test]
fn fa_01_a_clients_own_fields_contradict_nothing() {
    let bench = bench();
    let fields = [
        ("X-Original-URL", "/public/a"),
        ("X-Original-URI", "/public/a"),
        ("X-Rewrite-URL", "/public/a"),
        ("X-Forwarded-Uri", "/public/a"),
        ("X-Original-Method", "OPTIONS"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Host", "elsewhere.test"),
        // The same path, elsewhere.
        ("X-Forwarded-Host", "localhost:1"),
        ("X-Rewrite-URL", "http://elsewhere.test/members/a"),
        ("X-Original-URL", "http://elsewhere.test/members/a"),
        ("X-Original-URI", "http:///members/a"),
    ];
    for dialect in DIALECTS {
        let same = format!("{}/members/a", bench.gate.origin);
        let same = [("X-Rewrite-URL", same.as_str()), ("X-Original-Host", bench.gate.authority())];
        assert_eq!(bench.ask(dialect, "GET", "/members/a", &same).status, 401, "{dialect:?}: what agrees does no harm");
        for (name, value) in fields {
            let no = bench.ask(dialect, "GET", "/members/a", &[(name, value)]);
            assert_eq!(no.status, dialect.status(400), "{dialect:?} {name}");
            let why = no.field("vestibule-error").unwrap_or_default();
            assert!(why.starts_with(name), "{why}");
            assert!(!why.contains(value), "it says which, and not what: {why}");
        }
    }
}

/// A rule that looks at methods is not walked round with another one that the application obeys; in path these names do
/// not arrive.
#[test]
fn fa_01_no_other_method_is_asked_for_where_rules_look_at_methods() {
    let (bench, name) = (bench(), "X-HTTP-Method-Override");
    for dialect in DIALECTS {
        assert_eq!(bench.ask(dialect, "GET", "/api/a", &[]).status, 200, "{dialect:?}");
        assert_eq!(bench.ask(dialect, "GET", "/api/a", &[(name, "GET")]).status, 200, "{dialect:?}");
        for name in [name, "X-HTTP-Method", "X-Method-Override", "X_HTTP_Method_Override"] {
            let no = bench.ask(dialect, "GET", "/api/a", &[(name, "DELETE")]);
            assert_eq!(no.status, dialect.status(400), "{dialect:?} {name}");
        }
    }
}

/// What an application would answer with another protocol than a WebSocket's passes every server in front as one stream
/// of bytes, in which nobody is asked about anything any more.
#[test]
fn fa_01_nothing_but_a_websocket_is_asked_for() {
    let bench = bench();
    let settings = ("HTTP2-Settings", "AAMAAABkAAQAAP__");
    for dialect in DIALECTS {
        let ask = |fields: &[(&str, &str)]| bench.ask(dialect, "GET", "/public/a", fields);
        for fields in [
            &[("Connection", "Upgrade"), ("Upgrade", "websocket")][..],
            &[("Upgrade", "WebSocket")],
            &[("Connection", "keep-alive"), ("Upgrade", "")],
        ] {
            assert_eq!(ask(fields).status, 200, "{dialect:?} {fields:?}");
        }
        for (name, fields) in [
            ("Upgrade", &[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), settings][..]),
            ("Upgrade", &[("Upgrade", "h2c")]),
            ("Upgrade", &[("Upgrade", "websocket, h2c")]),
            ("Upgrade", &[("Upgrade", "websocket"), ("Upgrade", "h2c")]),
            ("Upgrade", &[("Upgrade", "TLS/1.0")]),
            ("HTTP2-Settings", &[settings]),
            ("HTTP2-Settings", &[("Connection", "Upgrade"), ("Upgrade", "websocket"), ("HTTP2-Settings", "")]),
        ] {
            let no = ask(fields);
            assert_eq!(no.status, dialect.status(400), "{dialect:?} {fields:?}");
            let why = format!("{name} asks for another protocol");
            assert_eq!(no.field("vestibule-error"), Some(why.as_str()), "{dialect:?} {fields:?}");
        }
    }
}

/// A gate may have TLS of its own, for other sites or for the portal: how the client of a question came is what the server
/// in front says, and no connection of the gate's.
#[test]
fn a_gate_with_certificates_of_its_own_is_asked_as_well() {
    let (house, echo, front) = (House::new(), Echo::start(), free_address());
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let sections = format!(
        "[forward_auth]\nlisten = [\"{front}\"]\ncallers = [\"127.0.0.1\"]\n[trust]\nproxies = [\"10.0.0.0/8\"]"
    );
    let gate = Gate::before(&echo)
        .config(&sections)
        .listen(&house.listen(&[&certificate]))
        .site("url = \"https://wiki.test\"")
        .rules(RULES)
        .start();
    let bench = Bench { echo, gate, front };
    for dialect in DIALECTS {
        // Among the clients one whose address is a trusted proxy's.
        for client in ["198.51.100.9", "10.0.0.7"] {
            let asked = |scheme: &str, target: &str| {
                let question = dialect.question(&format!("{scheme}://wiki.test"), "GET", target).all(&NAVIGATION);
                bench.send(question.instead("X-Forwarded-For", client).instead("X-Forwarded-Proto", scheme))
            };
            assert_eq!(asked("https", "/public/a").status, 200, "{dialect:?} {client}");
            assert_eq!(asked("https", "/members/a").status, dialect.status(302), "{dialect:?} {client}");
            for target in ["/public/a", "/members/a"] {
                let no = asked("http", target);
                assert_eq!((no.status, no.field("location")), (dialect.status(400), None), "{dialect:?} {client}");
                let why = no.field("vestibule-error").unwrap_or_default();
                assert!(why.ends_with(" has another scheme than the url of the site"), "{dialect:?} {client}: {why}");
            }
        }
        // What it does not say is not held against anybody.
        if dialect == Dialect::Envoy {
            assert_eq!(bench.send(dialect.question("https://wiki.test", "GET", "/public/a")).status, 200);
        }
    }
}

/// A caller that is one no more is none from the next question on, also where it is connected already.
#[test]
fn fa_02_a_caller_that_was_taken_out_is_not_answered_any_more() {
    let bench = bench();
    let question = || bench.question(Dialect::Nginx, "GET", "/public/a").bytes();
    let mut kept = Wire::to(bench.front);
    assert_eq!(kept.send(question()).reply().expect("an answer").status, 200);
    let good = std::fs::read_to_string(bench.gate.config_file()).unwrap();
    bench.gate.reload(&good.replace("callers = [\"127.0.0.1\"]", "callers = [\"127.0.0.9\"]"));
    until("the reload", 10, || bench.gate.log().contains("configuration is in force").then_some(()));
    assert_eq!(Wire::to(bench.front).send(question()).reply().expect("an answer").status, 403);
    assert_eq!(kept.send(question()).reply().expect("an answer").status, 403);
}

/// FA-02, FA-19: who may ask, and where.
#[test]
fn fa_02_only_callers_are_answered_and_nowhere_in_public() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    for dialect in DIALECTS {
        let question = bench.question(dialect, "GET", "/members/a").with("Cookie", &cookies(&browser));
        let mut stranger = Wire::over(connect_from(2, bench.front));
        let no = stranger.send(question.bytes()).reply().expect("it is told no");
        assert_eq!((no.status, no.text().as_str()), (403, ""));
        for name in ["vestibule-error", "location", "remote-user", "vestibule-assertion", "www-authenticate"] {
            assert_eq!(no.field(name), None, "nothing is told to who may not ask");
        }
        assert!(stranger.is_closed());

        // The same on the street.
        let target = question.start.split(' ').nth(1).unwrap_or_default().to_owned();
        bench.echo.forget();
        let ask = question.fields.iter().filter(|(name, _)| name != "Host" && name != "Cookie");
        let page = ask.fold(browser.ask("GET", &target), |ask, (name, value)| ask.with(name, value)).send();
        assert_eq!(page.status, 404, "{target}");
        assert_eq!((page.field("vestibule-assertion"), page.field("remote-user")), (None, None));
        bench.echo.assert_untouched("a question on the street");
    }
    assert_eq!(bench.ask(Dialect::Nginx, "GET", "/public/a", &[]).status, 200);
    // What is no question there.
    for target in ["/", "/auth/nginx", "/.vestibule/auth/nginx/", "/.vestibule/auth", "/.vestibule/login", "/members/a"]
    {
        let question =
            Question { start: format!("GET {target} HTTP/1.1"), ..bench.question(Dialect::Nginx, "GET", "/public/a") };
        assert_eq!(bench.send(question).status, 404, "{target}");
    }
    // Unset, nobody listens.
    let gate = Gate::before(&bench.echo).start();
    assert!(!gate.log().contains("servers in front"));
}

/// FA-02: who may ask is looked at with each question, not with each connection.
#[test]
fn fa_02_a_caller_that_a_reload_takes_away_is_one_no_more() {
    let bench = bench();
    let question = bench.question(Dialect::Nginx, "GET", "/public/a").bytes();
    let mut wire = Wire::to(bench.front);
    assert_eq!(wire.send(&question).reply().expect("it is answered").status, 200);
    reload(&bench.gate, |text| text.replace("callers = [\"127.0.0.1\"]", "callers = [\"127.0.0.2\"]"));
    assert_eq!(wire.send(&question).reply().expect("it is told no").status, 403);
    assert!(wire.is_closed());
    assert_eq!(Wire::over(connect_from(2, bench.front)).send(&question).reply().expect("the new one").status, 200);
    bench.gate.tells("not in forward_auth.callers");
}

/// A visitor whose request the gate does not even read must not make the front tell of a fault: nginx has a 500 for all
/// but 401 and 403.
#[test]
fn what_cannot_be_read_is_a_no_in_the_dialect_of_the_front() {
    let bench = bench();
    let many: Vec<(String, String)> = (0..110).map(|n| (format!("X-{n}"), "1".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let long = "a".repeat(40 * 1024);
    for dialect in DIALECTS {
        for (fields, status) in [(&many[..], 431), (&[("X-A", "a\u{1}b")], 400), (&[("X-A", &long)], 431)] {
            let no = bench.send(bench.question(dialect, "GET", "/public/a").all(fields));
            assert_eq!(no.status, dialect.status(status), "{dialect:?}");
            assert_eq!((no.field("remote-user"), no.field("cookie")), (Some(""), None), "{dialect:?}");
        }
        let log = bench.gate.log();
        let line = log.lines().rev().find(|line| line.contains("a question that cannot be read")).unwrap_or_default();
        assert!(line.contains(dialect.status(431).to_string().as_str()), "{line}");
    }
    // Nobody knows who asks.
    for start in ["GET /members/a HTTP/1.1", "G\u{1}T / HTTP/1.1", "GET"] {
        let question = Question { start: start.to_owned(), ..bench.question(Dialect::Envoy, "GET", "/public/a") };
        assert_eq!(bench.send(question.all(&many)).status, 403, "{start}");
    }
}

/// A login at a portal: the front asks about the site alone and knows nothing of portals; there and back goes the browser,
/// by the pages that are never asked about.
#[test]
fn a_portal_asks_nothing_of_the_front() {
    let (echo, front) = (Echo::start(), free_address());
    let sections = format!(
        "[portal]\nurl = \"http://login.localhost:PORT\"\n[forward_auth]\nlisten = [\"{front}\"]\n\
         callers = [\"127.0.0.1\"]"
    );
    let docs = "[[site]]\nurl = \"http://docs.localhost:PORT\"\n[[site.rules]]\npolicy = \"two_factor\"\n";
    let gate = Gate::before(&echo).config(&sections).site("url = \"http://wiki.localhost:PORT\"").also(docs).start();
    let at = |name: &str| format!("http://{name}.localhost:{}", gate.address.port());
    let jar = |browser: &Visitor, name: &str| {
        let jar = browser.jars.get(&format!("{name}.localhost")).cloned().unwrap_or_default();
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    };
    let ask = |dialect: Dialect, name: &str, cookies: &str| {
        let question = dialect.question(&at(name), "GET", "/locked").all(&NAVIGATION).with("Cookie", cookies);
        Wire::to(front).send(question.bytes()).reply().expect("a question is answered")
    };
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    for dialect in DIALECTS {
        let asked = ask(dialect, "wiki", "");
        let login = asked.field("location").expect("it says where to sign in").to_owned();
        assert_eq!(
            (asked.status, login),
            (dialect.status(302), format!("{}/.vestibule/login?rd=%2Flocked", at("wiki")))
        );
    }
    // What the browser then does is no question: the pages of both hosts are at the ordinary listener.
    let page = browser.sign_in(&alice, &format!("{}/.vestibule/login?rd=%2Flocked", at("wiki")));
    assert_eq!(page.url.as_str(), format!("{}/locked", at("wiki")));
    let page = browser.visit(&format!("{}/.vestibule/login?rd=%2Flocked", at("docs")));
    assert_eq!(page.url.as_str(), format!("{}/locked", at("docs")), "without another login");
    let [portal, wiki, docs] = ["login", "wiki", "docs"].map(|name| jar(&browser, name));
    for dialect in DIALECTS {
        for (name, own) in [("wiki", &wiki), ("docs", &docs)] {
            let yes = ask(dialect, name, own);
            assert_eq!((yes.status, yes.field("remote-user")), (200, Some("alice")), "{dialect:?} {name}");
            for other in [&portal, if name == "wiki" { &docs } else { &wiki }] {
                assert_eq!(ask(dialect, name, other).status, dialect.status(302), "a session of another host");
            }
        }
        // In path a worker's script is answered by one that goes; here every success would be a yes.
        let worker =
            dialect.question(&at("wiki"), "GET", "/sw.js").with("Cookie", &wiki).with("Service-Worker", "script");
        assert_eq!(Wire::to(front).send(worker.bytes()).reply().map(|no| no.status), Some(dialect.status(403)));
        // The portal is no application: whoever asks about it gets no yes, whoever is signed in there.
        assert!(matches!(ask(dialect, "login", &portal).status, 403 | 404), "{dialect:?}");
    }
    // Out at one is out at all, from the next question on.
    let page = browser.visit(&format!("{}/.vestibule/logout", at("docs")));
    browser.submit(&page, &[]);
    for dialect in DIALECTS {
        for (name, own) in [("wiki", &wiki), ("docs", &docs)] {
            assert_eq!(ask(dialect, name, own).status, dialect.status(302), "{dialect:?} {name}");
        }
    }
}

/// FA-03: what says nothing of the request decides nothing.
#[test]
fn fa_03_spoofed_forwarding_fields_are_passed_over() {
    let bench = bench();
    let spoofed = [
        ("X-Forwarded-Port", "1"),
        ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", "host=evil.test"),
        ("X-Real-IP", "192.0.2.1"),
    ];
    for dialect in DIALECTS {
        let asked = bench.send(bench.question(dialect, "GET", "/members/a").all(&NAVIGATION).all(&spoofed));
        assert_eq!(asked.status, dialect.status(302), "{dialect:?}");
        let login = asked.field("location").expect("it says where");
        assert!(login.starts_with(&bench.gate.origin) && !login.contains("evil"), "{login}");
    }
    // In path they are no questions.
    let mut browser = bench.gate.visitor();
    let ask = browser.ask("GET", "/members/a").with("X-Forwarded-Uri", "/public/a").with("X-Original-URL", "/public/a");
    assert_eq!(ask.send().status, 401);
}

/// FA-05, FA-06: what is missing, empty or no address is never taken for something else.
#[test]
fn fa_05_06_what_is_missing_or_malformed_is_refused() {
    let bench = bench();
    for (dialect, names) in [
        (Dialect::Nginx, &["X-Original-URL", "X-Original-Method"][..]),
        (Dialect::Forwarded, &["X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"]),
    ] {
        for name in names {
            let whole = || bench.question(dialect, "GET", "/public/a");
            let (value, no) =
                (whole().fields.iter().find(|(key, _)| key == name).unwrap().1.clone(), dialect.status(400));
            for (what, question) in [
                ("is missing", whole().without(name)),
                ("is empty", whole().instead(name, "")),
                ("is there twice", whole().with(name, &value)),
            ] {
                let reply = bench.send(question);
                assert_eq!(reply.status, no, "{name} {what}");
                assert_eq!(reply.field("vestibule-error"), Some(format!("{name} {what}").as_str()));
            }
        }
    }
    let origin = bench.gate.origin.clone();
    let long = format!("/public/{}", "a".repeat(9000));
    let longest = format!("/public/{}", "a".repeat(64 * 1024));
    for target in [
        "/public/%zz",
        "/public/a b",
        "/public/\u{fc}\u{0}",
        "/public/%ff",
        "",
        "public/a",
        "*",
        "http://localhost/public/a",
        "/public/a#b",
        &long,
        &longest,
    ] {
        for (dialect, name, value) in [
            (Dialect::Nginx, "X-Original-URL", format!("{origin}{target}")),
            (Dialect::Forwarded, "X-Forwarded-Uri", target.to_owned()),
        ] {
            let status = bench.send(bench.question(dialect, "GET", "/public/a").instead(name, &value)).status;
            assert!((400..500).contains(&status), "{dialect:?} {target:.20?}: {status}");
        }
    }
    // What no head may have is refused before anything is read of it, and in words that the front understands all the same.
    for dialect in DIALECTS {
        let whole = || bench.question(dialect, "GET", "/public/a");
        let many = (0..110).fold(whole(), |question, n| question.with(&format!("X-{n}"), "1"));
        for (question, status) in [(many, 431), (whole().with("X-A", "a\u{1}b"), 400)] {
            let no = bench.send(question);
            assert_eq!(no.status, dialect.status(status), "{dialect:?}");
            assert_eq!(no.field("remote-user"), Some(""), "a front that copies it takes a client's away");
        }
        assert_eq!(bench.send(whole().with("X-A", "ab")).status, 200);
    }
    for url in [
        &origin[7..],
        "//localhost/public/a",
        "ftp://localhost/public/a",
        "http://user@localhost/public/a",
        "https://localhost/public/a",
        "http://elsewhere.test/public/a",
    ] {
        let question = bench.question(Dialect::Nginx, "GET", "/public/a").instead("X-Original-URL", url);
        assert_eq!(bench.send(question).status, 403, "{url}");
    }
    let question = bench.question(Dialect::Forwarded, "GET", "/public/a").instead("X-Forwarded-Proto", "https");
    let no = bench.send(question);
    assert_eq!(
        (no.status, no.field("vestibule-error")),
        (400, Some("X-Forwarded-Proto has another scheme than the url of the site"))
    );
}

/// FA-07, FA-14, SE-05, WZ-15: nobody but who is signed in, by both factors.
#[test]
fn fa_07_14_only_a_live_session_of_two_factors_is_let_through() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    let good = cookies(&browser);
    let token = browser.cookie("session").expect("a session").to_owned();
    for dialect in DIALECTS {
        assert_eq!(bench.ask_as(&browser, dialect, "/members/a").status, 200);
        for cookie in [
            "vestibule=".to_owned(),
            "vestibule=!!!".to_owned(),
            format!("vestibule={}", "A".repeat(8192)),
            format!("vestibule={}", &token[1..]),
            format!("vestibule={token}\u{fffd}"),
            format!("{good}; {good}"),
            format!("vestibule-login={token}"),
        ] {
            for (fields, status) in [(&NAVIGATION[..], 302), (&[], 401)] {
                let no = bench.send(bench.question(dialect, "GET", "/members/a").all(fields).with("Cookie", &cookie));
                assert_eq!(no.status, dialect.status(status), "{cookie:.40}");
                assert_eq!(no.field("remote-user"), Some(""));
            }
        }
        for authorization in ["Basic YWxpY2U6YQ==", "Bearer x"] {
            assert_eq!(bench.ask(dialect, "GET", "/members/a", &[("Authorization", authorization)]).status, 401);
        }
        // The password alone: known, and no more.
        let mut half = bench.gate.visitor();
        half.give_password(&alice, "/half/x");
        assert_eq!(bench.ask_as(&half, dialect, "/half/x").status, 200);
        let no = bench.ask_as(&half, dialect, "/members/a");
        assert_eq!((no.status, no.field("remote-user")), (dialect.status(302), Some("")));
        assert!(
            no.field("location").is_some_and(|to| to.contains("/.vestibule/verify?rd=")),
            "{:?}",
            no.field("location")
        );
    }
    // Out is out, at once.
    browser.sign_out();
    for dialect in DIALECTS {
        let again = bench.question(dialect, "GET", "/members/a").all(&NAVIGATION).with("Cookie", &good);
        assert_eq!(bench.send(again).status, dialect.status(302), "{dialect:?}");
    }
}

/// FA-10: every name is said, so that a front overwrites what a client sent.
#[test]
fn fa_10_every_identity_header_is_there() {
    let bench = bench_with(|gate| gate.config("[identity.headers]\nname = \"X_Display\""));
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    let names = ["Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email", "X_Display", "Vestibule-Assertion"];
    for dialect in DIALECTS {
        for (what, reply) in [
            ("let through", bench.ask_as(&browser, dialect, "/members/a")),
            ("open to all", bench.ask(dialect, "GET", "/public/a", &[])),
            ("asked", bench.ask(dialect, "GET", "/members/a", &NAVIGATION)),
            ("refused", bench.ask_as(&browser, dialect, "/admin/x")),
            ("unclear", bench.ask(dialect, "GET", "/%zz", &[])),
        ] {
            for name in names {
                let said = reply.head.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
                let said: Vec<_> = said.collect();
                assert_eq!(said.len(), 1, "{what}: {name} as it is configured");
                let known = what == "let through" && matches!(name, "Remote-User" | "Vestibule-Assertion");
                assert_eq!(!said[0].is_empty(), known, "{what}: {name}");
            }
            // FA-15
            assert!(reply.field("cache-control").is_some_and(|value| value.contains("no-store")), "{what}");
            let page = reply.field("content-type").is_some_and(|kind| kind.starts_with("text/html"));
            assert_eq!(reply.field("vary"), Some(if page { "Accept-Language, Cookie" } else { "Cookie" }), "{what}");
            assert_eq!(reply.field("x-content-type-options"), Some("nosniff"), "{what}");
        }
        // The cookies of the application, for fronts that cannot take ours out themselves.
        let question =
            bench.question(dialect, "GET", "/members/a").with("Cookie", &format!("a=1; {}; b=2", cookies(&browser)));
        assert_eq!(bench.send(question).field("cookie"), Some("a=1; b=2"));
    }
}

/// FA-11: whatever a front leaves in of the request, each question is answered, and the next one is read as one.
#[test]
fn fa_11_bodies_and_conditions_change_nothing() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    let cookie = cookies(&browser);
    for dialect in DIALECTS {
        // A hundred in a row, some with a body that came along, every second one of nobody.
        let mut wire = Wire::to(bench.front);
        for n in 0..100 {
            let question =
                bench.question(dialect, ["GET", "POST", "PUT"][n % 3], "/members/a").without("Content-Length");
            let mut question = question.with("Content-Length", &(n % 5 * 100).to_string());
            question.body = "GET /x HTTP/1.1\r\nX: ".repeat(50)[..n % 5 * 100].to_owned();
            let question = if n % 2 == 0 { question.with("Cookie", &cookie) } else { question };
            let reply = wire.send(question.bytes()).reply().expect("the connection stays");
            let user = reply.field("remote-user").unwrap_or_default().to_owned();
            let expected = if n % 2 == 0 { (200, "alice") } else { (401, "") };
            assert_eq!((reply.status, user.as_str()), expected, "{dialect:?} {n}");
        }
        // A length without a body: answered, and nothing that follows is taken for it.
        for fields in [
            &[("Content-Length", "400")][..],
            &[("Transfer-Encoding", "chunked")],
            &[("Content-Length", "10"), ("Expect", "100-continue")],
        ] {
            let question = bench.question(dialect, "POST", "/public/a").without("Content-Length").all(fields);
            let mut wire = Wire::to(bench.front);
            let reply = wire.send(question.bytes()).reply().expect("it is answered");
            assert_eq!((reply.status, reply.field("connection")), (200, Some("close")), "{fields:?}");
            wire.send(bench.question(dialect, "GET", "/public/a").bytes());
            assert_eq!(wire.rest(), b"", "and nothing more");
        }
        let conditions =
            [("If-None-Match", "*"), ("If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT"), ("Range", "bytes=0-1")];
        assert_eq!(bench.ask(dialect, "GET", "/members/a", &conditions).status, 401, "{dialect:?}");
        assert_eq!(bench.ask(dialect, "GET", "/public/a", &conditions).status, 200, "{dialect:?}");
        // nginx speaks HTTP/1.0 where it is not told otherwise.
        let mut old = bench.question(dialect, "GET", "/public/a");
        old.start = old.start.replace("HTTP/1.1", "HTTP/1.0");
        let mut wire = Wire::to(bench.front);
        assert_eq!(wire.send(old.bytes()).reply().map(|reply| reply.status), Some(200));
        assert!(wire.is_closed());
    }
    // Where the method is the question's own, an answer to HEAD has no body.
    let mut wire = Wire::to(bench.front);
    for _ in 0..2 {
        let asked = wire.send(bench.question(Dialect::Envoy, "HEAD", "/members/a").bytes()).reply_to("HEAD");
        assert_eq!(asked.map(|reply| reply.status), Some(401));
    }
}

/// FA-15: two users in turn through one connection of a front.
#[test]
fn fa_15_users_on_one_connection_stay_apart() {
    let bench = bench();
    let mut wire = Wire::to(bench.front);
    let users: Vec<(String, String)> = ["alice", "bob"]
        .map(|name| {
            let mut browser = bench.gate.visitor();
            browser.sign_in(&bench.gate.given_user(name), "/members/");
            (name.to_owned(), cookies(&browser))
        })
        .into();
    for n in 0..20 {
        let (name, cookie) = &users[n % 2];
        let question = bench.question(DIALECTS[n % 3], "GET", "/members/a").with("Cookie", cookie);
        let reply = wire.send(question.bytes()).reply().expect("the connection stays");
        assert_eq!((reply.status, reply.field("remote-user")), (200, Some(name.as_str())));
    }
}

/// FA-18: what the operator does counts from the next question on.
#[test]
fn fa_18_the_end_of_a_session_counts_at_once() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    for end in [&["session", "end", "alice"][..], &["user", "disable", "alice"]] {
        let mut browser = bench.gate.visitor();
        browser.sign_in(&alice, "/members/");
        for dialect in DIALECTS {
            assert_eq!(bench.ask_as(&browser, dialect, "/members/a").status, 200);
        }
        assert_eq!(bench.gate.cli_with(end, "").code, 0);
        for dialect in DIALECTS {
            assert_eq!(bench.ask_as(&browser, dialect, "/members/a").status, dialect.status(302), "{end:?}");
        }
    }
}

/// HS-10 behind a front: rules that look at addresses see the client's, or refuse.
#[test]
fn rules_about_networks_see_the_client() {
    let bench = bench_with(|gate| gate.config("[trust]\nproxies = [\"10.0.0.0/8\"]"));
    for dialect in DIALECTS {
        let ask = |chain: Option<&str>| {
            let question = bench.question(dialect, "GET", "/near/x").without("X-Forwarded-For");
            bench.send(chain.into_iter().fold(question, |question, chain| question.with("X-Forwarded-For", chain)))
        };
        assert_eq!(ask(Some("192.0.2.7")).status, 200, "{dialect:?}");
        assert_eq!(ask(Some("203.0.113.5, 192.0.2.7, 10.0.0.1")).status, 200, "behind a trusted one");
        for chain in ["203.0.113.5", "192.0.2.7, 203.0.113.5", "192.0.2.7, 203.0.113.5, 10.0.0.1"] {
            assert_eq!(ask(Some(chain)).status, 403, "{dialect:?} {chain}");
        }
        // Never the front's own.
        for chain in [None, Some("unknown"), Some("192.0.2.7, unknown")] {
            let no = ask(chain);
            assert_eq!(
                (no.status, no.field("vestibule-error")),
                (dialect.status(400), Some("X-Forwarded-For is missing"))
            );
        }
        assert_eq!(ask(Some("192.0.2.7, x")).status, dialect.status(400));
    }
}

/// WebSockets are opened by the application's own pages alone, here as in path.
#[test]
fn a_foreign_page_opens_no_websocket() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    let origin = bench.gate.origin.clone();
    for dialect in DIALECTS {
        for handshake in [
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Upgrade", "websocket"),
            // Over HTTP/2 it has no key (RFC 8441 section 5).
            ("Sec-WebSocket-Version", "13"),
        ] {
            let ask = |origin: &str| {
                let question = bench.question(dialect, "GET", "/members/a").with("Cookie", &cookies(&browser));
                bench.send(question.all(&[handshake, ("Origin", origin)])).status
            };
            assert_eq!(ask(&origin), 200, "{dialect:?}");
            assert_eq!(ask("http://evil.test"), 403, "{dialect:?}");
        }
    }
}

/// Who was refused is found in the trail and in the log, with the dialect.
#[test]
fn a_refusal_is_recorded_and_every_question_has_its_line() {
    let metrics = free_address();
    let bench = bench_with(|gate| gate.listen(&format!("metrics = \"{metrics}\"")));
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    // Refusals of one minute are one row.
    bench.gate.advance(120);
    assert_eq!(bench.ask_as(&browser, Dialect::Forwarded, "/admin/secret?token=x").status, 403);
    let trail = bench.gate.run(["audit", "--user", "alice"]);
    assert!(trail.contains("not among the users or groups of the rule"), "{trail}");
    bench.ask(Dialect::Nginx, "GET", "/public/a", &[("X-Rewrite-URL", "/x")]);
    bench.gate.tells("X-Rewrite-URL speaks of another request");
    let log = bench.gate.log();
    let line = |mark: &str| log.lines().rev().find(|line| line.contains(mark)).map(str::to_owned).unwrap_or_default();
    let refused = line("/admin/secret");
    assert!(refused.contains("forwarded") && refused.contains("403") && !refused.contains("token=x"), "{refused}");
    let unclear = line("X-Rewrite-URL speaks of another request");
    assert!(unclear.contains("nginx") && unclear.contains("localhost") && unclear.contains("/public/a"), "{unclear}");
    let text = Wire::to(metrics).send("GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n").reply().expect("numbers").text();
    for told in ["dialect=\"forwarded\",told=\"refused\"} 1", "dialect=\"nginx\",told=\"unclear\"} 1"] {
        assert!(text.contains(told), "{told} in {text}");
    }
}

/// A question that tells of no client has none: the front's own address would be a false one, and hide what it forgot.
#[test]
fn a_client_that_nobody_told_of_is_not_made_up() {
    let rules = rules! { "/admin/**" => "two_factor" with groups = ["admins"], "/**" => "bypass" };
    let bench = bench_with(|gate| gate.rules(rules));
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/admin/");
    for (dialect, client) in DIALECTS.iter().flat_map(|dialect| [(dialect, Some("192.0.2.7")), (dialect, None)]) {
        // Refusals of one minute are one row.
        bench.gate.advance(120);
        let target = format!("/admin/{dialect:?}/{}", client.unwrap_or("nobody"));
        let asked = bench.question(*dialect, "GET", &target).with("Cookie", &cookies(&browser));
        let asked = client.iter().fold(asked.without("X-Forwarded-For"), |asked, it| asked.with("X-Forwarded-For", it));
        assert_eq!(bench.send(asked).status, 403, "{target}");
        let (trail, log) = (bench.gate.run(["audit", "--user", "alice"]), bench.gate.log());
        let row = trail.lines().rfind(|row| row.contains("not among the users or groups")).unwrap_or_default();
        let line = log.lines().rfind(|line| line.contains(&target)).unwrap_or_default();
        assert!(row.contains("refused") && line.contains("403"), "{trail}{log}");
        for said in [row, line] {
            assert_eq!(said.contains("192.0.2.7"), client.is_some(), "{said}");
            assert!(!said.contains("127.0.0.1") && !said.contains("0.0.0.0"), "{said}");
        }
    }
}

/// A site that another server serves needs no application here, and is none here.
#[test]
fn a_site_may_be_served_by_the_front_alone() {
    let (echo, socket) = (Echo::start(), "unix:auth.sock");
    let site = "url = \"http://localhost:PORT\"";
    let gate = Gate::before(&echo).config(&format!("[forward_auth]\nlisten = [\"{socket}\"]")).site(site).start();
    let mut browser = gate.visitor();
    let page = browser.sign_in(&gate.given_user("alice"), "/a");
    assert_eq!(page.status, 404, "{}", page.text());

    let path = gate.data().join("auth.sock");
    let mut stream = UnixStream::connect(&path).expect("somebody listens");
    let question = Dialect::Nginx
        .question(&gate.origin, "GET", "/a")
        .with("Cookie", &cookies(&browser))
        .with("Connection", "close");
    stream.write_all(&question.bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Remote-User: alice\r\n"), "{answer}");

    // A stop waits for nobody who says nothing, and leaves no file.
    let pid = rustix::process::Pid::from_raw(gate.pid().cast_signed()).expect("it runs");
    let _idle = UnixStream::connect(&path).expect("somebody listens");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it can be told to stop");
    until("the socket to be gone", 10, || (!path.exists()).then_some(()));
}

/// As servers were seen to ask that no test here can start: Traefik, ingress-nginx, Envoy.
#[test]
fn recorded_questions_are_answered() {
    let bench = bench();
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/members/");
    let authority = bench.gate.authority().to_owned();
    let recorded = [
        "GET /.vestibule/auth/forwarded HTTP/1.1\r\nHost: gate:9091\r\nUser-Agent: Mozilla/5.0\r\nACCEPT\
         Accept-Encoding: gzip, deflate, br\r\nCOOKIESX-Forwarded-For: 127.0.0.1\r\n\
         X-Forwarded-Host: AUTHORITY\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Port: 80\r\nX-Forwarded-Proto: http\r\n\
         X-Forwarded-Server: traefik-1\r\nX-Forwarded-Uri: /members/a?b=1\r\nX-Real-Ip: 127.0.0.1\r\n\r\n",
        "GET /.vestibule/auth/nginx HTTP/1.1\r\nHost: gate.default.svc.cluster.local\r\nX-Request-ID: 0a1b\r\n\
         X-Original-URL: http://AUTHORITY/members/a?b=1\r\nX-Original-Method: GET\r\n\
         X-Sent-From: nginx-ingress-controller\r\nX-Auth-Request-Redirect: /members/a?b=1\r\n\
         X-Real-IP: 127.0.0.1\r\nX-Forwarded-For: 127.0.0.1\r\nACCEPTCOOKIES\r\n",
        "GET /.vestibule/auth/envoy/members/a?b=1 HTTP/1.1\r\nhost: AUTHORITY\r\ncontent-length: 0\r\nACCEPTCOOKIES\
         x-envoy-internal: true\r\nx-forwarded-for: 127.0.0.1\r\nx-envoy-expected-rq-timeout-ms: 250\r\n\r\n",
    ];
    let accept: String = NAVIGATION.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    for (n, text) in recorded.into_iter().enumerate() {
        for (cookie, status) in
            [(format!("Cookie: a=1; {}\r\n", cookies(&browser)), 200), (String::new(), [302, 401, 302][n])]
        {
            let text = text.replace("AUTHORITY", &authority).replace("ACCEPT", &accept);
            let text = text.replace("COOKIES", &cookie).replace("Accept-Encoding", "accept-encoding");
            let reply = Wire::to(bench.front).send(text).reply().expect("it is answered");
            assert_eq!(reply.status, status, "{n}");
            assert_eq!(reply.field("remote-user"), Some(if status == 200 { "alice" } else { "" }));
            let login = format!("{}/.vestibule/login?rd=%2Fmembers%2Fa%3Fb%3D1", bench.gate.origin);
            assert_eq!(reply.field("location"), (status != 200).then_some(login.as_str()));
        }
    }
}

/// `check` says what deserves a second look.
#[test]
fn check_looks_at_who_may_ask() {
    let echo = Echo::start();
    let sections = "[forward_auth]\nlisten = [\"unix:auth.sock\"]\ncallers = [\"0.0.0.0/0\"]";
    let gate = Gate::before(&echo).config(sections).site("url = \"http://localhost:PORT\"").start();
    let said = gate.run(["check"]);
    assert!(said.contains("forward_auth.callers") && said.contains("anybody"), "{said}");
    assert!(said.contains("forward_auth.listen[0]") && said.contains("nobody but the gate's own user"), "{said}");
    assert!(said.contains("site[0].upstreams"), "{said}");
    assert!(said.contains("0.0.0.0/0 is not in trust.proxies"), "{said}");
    assert!(said.contains("is in the data folder"), "{said}");
    assert!(!said.contains("take X-"), "{said}");

    // What is right is not accused.
    let tcp = free_address();
    let good = format!(
        "[forward_auth]\nlisten = [\"{tcp}\"]\ncallers = [\"127.0.0.1/32\"]\n[trust]\nproxies = [\"127.0.0.0/8\"]\n\
         [identity]\nheaders = {{ user = \"X-WEBAUTH-USER\" }}"
    );
    let gate = Gate::before(&echo).config(&good).site("url = \"http://localhost:PORT\"").start();
    let said = gate.run(["check"]);
    assert!(!said.contains("trust.proxies"), "{said}");
    // A name that no shipped file takes out.
    for told in [said, gate.log()] {
        assert!(told.contains("take X-WEBAUTH-USER out of what clients send"), "{told}");
        assert!(!told.contains("take Remote-"), "{told}");
    }

    // One listener for visitors and for questions.
    let twice = std::fs::read_to_string(gate.config_file()).unwrap();
    let twice = twice.replace("[listen]", &format!("[listen]\nhttps = [\"{tcp}\"]"));
    std::fs::write(gate.config_file(), twice).unwrap();
    let said = gate.cli(["check"]);
    assert!(said.err.contains("is an address that others reach, in [listen]"), "{}{}", said.out, said.err);
}
