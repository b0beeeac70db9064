//! Forward-auth: a server in front asks about each request, and is told what the gate would have done with it in path.
//! Every dialect is spoken as its servers speak it, and a client's own fields travel along as they do there.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;

use crate::harness::{Echo, Gate, Reply, Visitor, Wire, connect_from, free_address};

const RULES: &str = r#"
[[site.rules]]
path = "/public/**"
policy = "bypass"
[[site.rules]]
path = "/api/**"
http_methods = ["GET"]
policy = "bypass"
[[site.rules]]
path = "/near/**"
networks = ["127.0.0.0/8", "192.0.2.0/24"]
policy = "bypass"
[[site.rules]]
path = "/half/**"
policy = "one_factor"
[[site.rules]]
path = "/admin/**"
policy = "two_factor"
groups = ["admins"]
[[site.rules]]
path = "/members/**"
policy = "two_factor"
"#;

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

fn bench_with(more: impl FnOnce(crate::harness::Gateway) -> crate::harness::Gateway) -> Bench {
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
