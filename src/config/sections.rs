//! What may be written, section by section. Every key has a default; "required" is judged where a part is built.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::reference::{Described, Entry, Shape};
use super::{Size, Span};

/// Declares a section: a struct whose every key has the default given beside it, unknown keys refused. The doc comment
/// of a key is its line in `config/reference.toml`.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[doc = $doc])* pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            /// Its keys, in the order of the declaration.
            pub fn entries() -> Vec<Entry> {
                vec![$(Entry {
                    key: stringify!($field),
                    doc: vec![$($doc),*],
                    // Defaults are text, numbers, lists and tables of them: what cannot be shown shows as not set.
                    default: serde_json::to_value::<$type>($default).unwrap_or_default(),
                    shape: <$type as Described>::shape(),
                }),*]
            }
        }

        impl Described for $name {
            fn shape() -> Shape {
                Shape::Table(Self::entries())
            }
        }
    };
}

section! {
    /// The whole file.
    Written {
        listen: Listen = Listen::default(),
        trust: Trust = Trust::default(),
        portal: Portal = Portal::default(),
        store: StoreSection = StoreSection::default(),
        session: SessionSection = SessionSection::default(),
        identity: IdentitySection = IdentitySection::default(),
        password: PasswordSection = PasswordSection::default(),
        enrolment: EnrolmentSection = EnrolmentSection::default(),
        throttle: ThrottleSection = ThrottleSection::default(),
        audit: AuditSection = AuditSection::default(),
        limits: LimitsSection = LimitsSection::default(),
        log: LogSection = LogSection::default(),
        /// One table per method id; read by the method itself.
        methods: BTreeMap<String, serde_json::Value> = BTreeMap::new(),
        gateway: GatewaySection = GatewaySection::default(),
        site: Vec<SiteSection> = Vec::new(),
    }
}

section! {
    Listen {
        /// Addresses for HTTP/1.1.
        http: Vec<String> = vec!["127.0.0.1:8080".to_owned()],
    }
}

section! {
    Trust {
        /// CIDRs of proxies whose X-Forwarded-* are believed; gives no other right.
        proxies: Vec<String> = Vec::new(),
        /// Allows 0.0.0.0/0 and ::/0 in `proxies`.
        anyone: bool = false,
    }
}

section! {
    Portal {
        /// Empty: every site serves its own pages.
        url: String = String::new(),
    }
}

section! {
    StoreSection {
        /// "sled" (embedded).
        engine: String = "sled".to_owned(),
        /// The data folder, 0700: store/, keys/sealing.key, admin.sock.
        path: PathBuf = PathBuf::from("/var/lib/vestibule"),
        /// Default: keys/sealing.key in the data folder; made only while the store is empty.
        sealing_key_file: String = String::new(),
        /// Memory the engine may use for its cache.
        cache: Size = Size(64 << 20),
    }
}

section! {
    SessionSection {
        /// Cookies ignore ports: two gates on one host need two names.
        cookie: String = "vestibule".to_owned(),
        idle: Span = Span::secs(30 * 60),
        lifetime: Span = Span::secs(12 * 3600),
        /// From the password to the second factor.
        login_timeout: Span = Span::secs(10 * 60),
        /// "0s": no box at all.
        trusted_browser: Span = Span::secs(30 * 86_400),
    }
}

section! {
    IdentitySection {
        /// Default: the portal's url, else the site's.
        issuer: String = String::new(),
        /// What Remote-User carries: "name" | "id".
        user: String = "name".to_owned(),
        /// Of an assertion; at most 300s.
        lifetime: Span = Span::secs(60),
        /// How often a new signing key takes over.
        rotate: Span = Span::secs(30 * 86_400),
        headers: HeaderNames = HeaderNames::default(),
    }
}

section! {
    /// Names of the identity headers.
    HeaderNames {
        user: String = "Remote-User".to_owned(),
        groups: String = "Remote-Groups".to_owned(),
        name: String = "Remote-Name".to_owned(),
        email: String = "Remote-Email".to_owned(),
    }
}

section! {
    PasswordSection {
        /// Memory of one Argon2id hash.
        memory: Size = Size(19 << 20),
        iterations: u32 = 2,
        parallelism: u32 = 1,
        /// 15 for those who reach a one_factor rule.
        min_length: usize = 8,
        /// How many hashes may be computed at once; more wait in a queue of `queue`.
        hashers: usize = 2,
        queue: usize = 64,
    }
}

section! {
    EnrolmentSection {
        /// true: a user never enrolled may enrol with the password alone, for `first_login_for` after the account was made.
        first_login: bool = false,
        first_login_for: Span = Span::secs(72 * 3600),
    }
}

section! {
    ThrottleSection {
        /// The wait after the first failure; it doubles with each further one.
        base: Span = Span::secs(1),
        ceiling: Span = Span::secs(15 * 60),
        /// Failures in a row over all factors after which the strangers' lane of an account closes.
        hard_limit: u32 = 100,
    }
}

section! {
    AuditSection {
        keep: Span = Span::secs(400 * 86_400),
        max: Size = Size(1 << 30),
    }
}

section! {
    LimitsSection {
        /// Connections of one client address at a time.
        connections_per_address: usize = 256,
        /// The whole of a request's head must arrive within this.
        head_timeout: Span = Span::secs(15),
        /// An idle connection between requests is closed after this.
        idle_timeout: Span = Span::secs(60),
        connect_timeout: Span = Span::secs(5),
        first_byte_timeout: Span = Span::secs(60),
        between_bytes_timeout: Span = Span::secs(60),
        /// How long open requests may go on after a stop was asked for.
        drain: Span = Span::secs(10),
    }
}

section! {
    LogSection {
        /// "error" | "warn" | "info" | "debug" | "trace"; foreign crates stay at warn whatever is set here.
        level: String = "info".to_owned(),
        /// "text" | "json"
        format: String = "text".to_owned(),
    }
}

section! {
    GatewaySection {
        sms: Option<GatewayKind> = None,
        email: Option<GatewayKind> = None,
    }
}

section! {
    /// How one kind of message is delivered.
    GatewayKind {
        /// "console" | "webhook"
        kind: String = String::new(),
        /// webhook: where to POST.
        url: String = String::new(),
        /// webhook: a file with the secret that signs each POST (HMAC-SHA-256).
        secret_file: String = String::new(),
        /// webhook: a PEM file with the CA that signed the receiver's certificate.
        ca_file: String = String::new(),
        timeout: Span = Span::secs(5),
    }
}

section! {
    SiteSection {
        /// Scheme, host and port as the browser shows them; wildcard "https://*.example.com".
        url: String = String::new(),
        /// Which Host it answers to; default: the host of url; "*": any.
        host: String = String::new(),
        /// Optional prefix, cut at a segment boundary.
        path: String = "/".to_owned(),
        /// http or https.
        upstreams: Vec<String> = Vec::new(),
        /// Host sent upstream; default: as received.
        upstream_host: String = String::new(),
        /// A PEM file with the CA that signed the upstream's certificate; default: the system's.
        upstream_ca_file: String = String::new(),
        /// Of the assertion; default: the site's url.
        audience: String = String::new(),
        /// Names of identity headers for this site; unset ones as in [identity.headers].
        headers: SiteHeaderNames = SiteHeaderNames::default(),
        /// "cookies", "storage": Clear-Site-Data at logout.
        logout_clears: Vec<String> = Vec::new(),
        /// "strict" | "lenient"
        paths: String = "strict".to_owned(),
        /// Allows the application a service worker although its scripts share our origin.
        service_worker: bool = false,
        /// Origins, beside the site's own, whose pages may open WebSockets here.
        websocket_origins: Vec<String> = Vec::new(),
        rules: Vec<RuleSection> = Vec::new(),
    }
}

section! {
    SiteHeaderNames {
        user: Option<String> = None,
        groups: Option<String> = None,
        name: Option<String> = None,
        email: Option<String> = None,
    }
}

section! {
    RuleSection {
        /// Glob on whole segments.
        path: Option<String> = None,
        /// An anchored regular expression.
        path_regex: Option<String> = None,
        http_methods: Vec<String> = Vec::new(),
        networks: Vec<String> = Vec::new(),
        /// bypass | one_factor | two_factor | deny
        policy: String = String::new(),
        users: Vec<String> = Vec::new(),
        groups: Vec<String> = Vec::new(),
        /// Which second factors count.
        factors: Vec<String> = Vec::new(),
        /// How recent the proof must be: step-up.
        max_age: Option<Span> = None,
        /// false: a trusted browser is not enough.
        trusted_browser: bool = true,
        /// On bypass: send the identity of Verified visitors.
        identity: bool = false,
        /// "private" | "as_is": what to do with answers that may be cached.
        cache: String = "private".to_owned(),
    }
}
