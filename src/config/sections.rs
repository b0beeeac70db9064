//! What may be written, section by section. Every key has a default; "required" is judged where a part is built.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Size, Span};

/// Declares a section: a struct whose every key has the default given beside it, unknown keys refused. The doc comment
/// of a key is its line in `config/reference.toml`. A method declares its own section with it, too.
#[doc(hidden)]
#[macro_export]
macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[doc = $doc])* pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            /// Its keys, in the order of the declaration.
            pub fn entries() -> Vec<$crate::config::Entry> {
                vec![$($crate::config::Entry {
                    key: stringify!($field),
                    doc: vec![$($doc),*],
                    // Defaults are text, numbers, lists and tables of them: what cannot be shown shows as not set.
                    default: serde_json::to_value::<$type>($default).unwrap_or_default(),
                    shape: <$type as $crate::config::Described>::shape(),
                }),*]
            }
        }

        impl $crate::config::Described for $name {
            fn shape() -> $crate::config::Shape {
                $crate::config::Shape::Table(Self::entries())
            }
        }
    };
}

section! {
    /// The whole file.
    Written {
        /// Where it listens. A public address needs TLS in front of it.
        listen: Listen = Listen::default(),
        /// For nginx, HAProxy, Caddy, Traefik and Envoy, which ask about each request and serve it themselves. Off unless it
        /// listens.
        forward_auth: ForwardAuthSection = ForwardAuthSection::default(),
        /// Whose forwarding headers are believed: nobody's, unless it is said here.
        trust: Trust = Trust::default(),
        /// One login for all sites, on a host of its own.
        portal: Portal = Portal::default(),
        /// What is remembered, and where.
        store: StoreSection = StoreSection::default(),
        /// How long a login lasts.
        session: SessionSection = SessionSection::default(),
        /// What the application is told about its visitor.
        identity: IdentitySection = IdentitySection::default(),
        /// How passwords are hashed (Argon2id, RFC 9106), and which are taken.
        password: PasswordSection = PasswordSection::default(),
        /// How second factors come: who may enrol the first one without an invitation, who is reminded of a stronger one.
        enrolment: EnrolmentSection = EnrolmentSection::default(),
        /// What wrong answers cost.
        throttle: ThrottleSection = ThrottleSection::default(),
        /// The trail of who did what; the oldest goes first when either limit is reached.
        audit: AuditSection = AuditSection::default(),
        /// What visitors read.
        pages: PagesSection = PagesSection::default(),
        /// Ceilings of the traffic.
        limits: LimitsSection = LimitsSection::default(),
        /// What is written to standard error.
        log: LogSection = LogSection::default(),
        /// One table per second factor, by its id: `[methods.totp]`. Each has `enabled` and keys of its own. On unless it is
        /// switched off: totp, webauthn, recovery; every other is off, and refused without the gateway it needs.
        methods: BTreeMap<String, serde_json::Value> = BTreeMap::new(),
        /// How messages leave the house.
        gateway: GatewaySection = GatewaySection::default(),
        /// The pages in the operator's name and colours.
        branding: BrandingSection = BrandingSection::default(),
        /// One protected application each; a request that fits none is refused.
        site: Vec<SiteSection> = Vec::new(),
    }
}

section! {
    Listen {
        /// Addresses for HTTP/1.1 and HTTP/2 with prior knowledge (h2c) in clear; port 0 takes a free one.
        http: Vec<String> = vec!["127.0.0.1:8080".to_owned()],
        /// Addresses for HTTP/1.1 and HTTP/2 over TLS (1.2 and 1.3). Where there are any, what arrives at `http` for a site whose
        /// `url` begins with https:// is redirected there.
        https: Vec<String> = Vec::new(),
        /// The certificates of `https`, chosen by the name that a client asks for (SNI); the first is shown to clients that ask
        /// for none, and nobody who asks for another name gets in. They are read again when their files change.
        certificates: Vec<CertificateFiles> = Vec::new(),
        /// Those of `http` and `https` at which every connection begins with the PROXY protocol (version 1 or 2). Only proxies in
        /// [trust] may connect there.
        proxy_protocol: Vec<String> = Vec::new(),
        /// An address of its own for /metrics, /health/live, /health/ready and the public keys, such as "127.0.0.1:9464": for
        /// those who watch over the gate, in clear and without a login. Empty: none.
        metrics: String = String::new(),
    }
}

section! {
    ForwardAuthSection {
        /// Where they ask over HTTP, at /.vestibule/auth/nginx, /auth/forwarded or /auth/envoy: addresses such as
        /// "127.0.0.1:9091", or sockets such as "unix:/run/vestibule/auth.sock" (mode 0660: the server in front must be of the
        /// gate's group, and able to enter the folder; one that begins without a slash is in the data folder, which is the
        /// gate's alone).
        listen: Vec<String> = Vec::new(),
        /// The same for Envoy's ext_authz over gRPC (HTTP/2 in clear).
        listen_grpc: Vec<String> = Vec::new(),
        /// CIDRs of those who may ask over TCP: what they say of a request and its client is believed. Needed for addresses.
        callers: Vec<String> = Vec::new(),
    }
}

section! {
    CertificateFiles {
        /// A PEM file with the certificate, and the chain below it.
        cert_file: String = String::new(),
        /// A PEM file with its key.
        key_file: String = String::new(),
    }
}

section! {
    Trust {
        /// CIDRs of proxies whose X-Forwarded-* are believed; it gives them no other right.
        proxies: Vec<String> = Vec::new(),
        /// Allows 0.0.0.0/0 and ::/0 in `proxies`: then any client may claim any address.
        anyone: bool = false,
    }
}

section! {
    Portal {
        /// Its address as the browser shows it, such as "https://login.example.com". Empty: every site serves its own pages,
        /// and the application is trusted with its users' login. Its host is no site's; sites, also under other domains, get
        /// sessions of their own, which end with the one here.
        url: String = String::new(),
        /// CIDRs of those who may see its pages: login, account, links for a new password. Empty: everybody. What the
        /// telephone provider asks is not held to it.
        networks: Vec<String> = Vec::new(),
    }
}

section! {
    StoreSection {
        /// "sled": embedded, one process.
        engine: String = "sled".to_owned(),
        /// The data folder, 0700: store/, keys/sealing.key, admin.sock.
        path: PathBuf = PathBuf::from("/var/lib/vestibule"),
        /// The key that seals every record. Empty: keys/sealing.key in the data folder, made only while the store is empty; a
        /// sealed store without its key stops the start.
        sealing_key_file: String = String::new(),
        /// How much memory the engine may use for its cache.
        cache: Size = Size(64 << 20),
    }
}

section! {
    SessionSection {
        /// Name of the cookies. Cookies ignore ports: two gates on one host need two names.
        cookie: String = "vestibule".to_owned(),
        /// Without a request for this long, a session ends.
        idle: Span = Span::secs(30 * 60),
        /// A session ends after this, however busy.
        lifetime: Span = Span::secs(12 * 3600),
        /// How long a login may take from the password to the second factor.
        login_timeout: Span = Span::secs(10 * 60),
        /// How long a browser whose owner ticks the box stands in for the second factor, after the password: at a plain
        /// `two_factor` rule, and for nothing that asks for more. Whole days; "0s": no box at all.
        trusted_browser: Span = Span::secs(30 * 86_400),
    }
}

section! {
    IdentitySection {
        /// `iss` of the assertion. Empty: the portal's url, else the site's.
        issuer: String = String::new(),
        /// What Remote-User carries: "name" | "id" (for ever the same, also when a name is given to somebody else).
        user: String = "name".to_owned(),
        /// How long an assertion is valid; at most "300s".
        lifetime: Span = Span::secs(60),
        /// How often a new signing key takes over.
        rotate: Span = Span::secs(30 * 86_400),
        /// Names of the identity headers. Every name here is stripped from every request before ours are set.
        headers: HeaderNames = HeaderNames::default(),
    }
}

section! {
    /// Names of the identity headers.
    HeaderNames {
        /// The user: `identity.user` says whether it is the name or the id.
        user: String = "Remote-User".to_owned(),
        /// The groups, separated by commas.
        groups: String = "Remote-Groups".to_owned(),
        /// The name for display.
        name: String = "Remote-Name".to_owned(),
        /// The mail address.
        email: String = "Remote-Email".to_owned(),
    }
}

section! {
    PasswordSection {
        /// Memory of one hash.
        memory: Size = Size(19 << 20),
        /// Passes over that memory.
        iterations: u32 = 2,
        /// Lanes of one hash.
        parallelism: u32 = 1,
        /// Shortest password, in characters; 15 for those who reach a one_factor rule, where it is the only lock.
        min_length: usize = 8,
        /// true: whoever forgot the password may have a link sent to the account's mail address and set a new one; the second
        /// factor stays as it is. Needs [gateway.email] and a site with a url, and refuses mail as a second factor beside it:
        /// one mailbox would be both. Where a rule asks for one_factor, the mailbox is that one.
        reset_by_mail: bool = false,
        /// Links for a new password sent in a day, over all users.
        resets_per_day: u32 = 1000,
        /// How many hashes are computed at once; each keeps its memory. One more thread is there for imported hashes that are
        /// no Argon2id.
        hashers: usize = 2,
        /// How many more may wait; beyond that a login is answered 503.
        queue: usize = 64,
    }
}

section! {
    EnrolmentSection {
        /// true: a user never enrolled may enrol with the password alone, for `first_login_for` after the account was made. Who
        /// learns such a password first is that user.
        first_login: bool = false,
        /// How long after the account was made.
        first_login_for: Span = Span::secs(72 * 3600),
        /// Whoever signs in without a factor as strong as the strongest method that is on is shown a page that offers to add
        /// one; who chooses "later" there is asked again after this, in whatever browser. "0s": nobody is.
        remind: Span = Span::secs(0),
        /// What the page for a lost device tells people to do, in your words, such as "Call 4357 and have your badge at hand".
        /// Empty: to ask the administrator for a new link.
        lost_device: String = String::new(),
    }
}

section! {
    ThrottleSection {
        /// The wait after the first failure; it doubles with each further one.
        base: Span = Span::secs(1),
        /// The longest wait.
        ceiling: Span = Span::secs(15 * 60),
        /// Failures in a row over all factors after which the strangers' lane of an account closes.
        hard_limit: u32 = 100,
        /// Codes that may be sent in an hour, of each method, for unknown browsers at one client address (IPv6: one /64). A
        /// browser that its user signed in with before is not counted.
        sends_per_address: u32 = 30,
    }
}

section! {
    AuditSection {
        /// How long an event is kept.
        keep: Span = Span::secs(400 * 86_400),
        /// How much is kept.
        max: Size = Size(1 << 30),
    }
}

section! {
    PagesSection {
        /// The language of those who wish for none of `languages`, and of mails to users who never signed in.
        language: String = "en".to_owned(),
        /// The languages that are offered, in the order of the switch on the pages: "en", "de", "es", "fr", "nl", "pt-BR", "ar",
        /// "ja", "zh-CN". Empty: all of them.
        languages: Vec<String> = Vec::new(),
    }
}

section! {
    LimitsSection {
        /// Connections of one client address at a time, and requests under way (at least 256), also where a proxy in
        /// `trust.proxies` speaks for it.
        connections_per_address: usize = 256,
        /// The whole of a request's head must arrive within this.
        head_timeout: Span = Span::secs(15),
        /// An idle connection between requests is closed after this.
        idle_timeout: Span = Span::secs(60),
        /// How long an upstream may take to accept a connection.
        connect_timeout: Span = Span::secs(5),
        /// How long an upstream may take to begin its answer, or to finish the handshake of an upgrade.
        first_byte_timeout: Span = Span::secs(60),
        /// How long an upstream may pause within its answer, a client within the body of its request, and a client in taking
        /// the answer; no limit once a connection is upgraded, nor for an upstream within event streams and gRPC.
        between_bytes_timeout: Span = Span::secs(60),
        /// How long open requests may go on after a stop was asked for.
        drain: Span = Span::secs(10),
    }
}

section! {
    LogSection {
        /// "error" | "warn" | "info" | "debug" | "trace"; foreign crates stay at warn whatever is set here.
        level: String = "info".to_owned(),
        /// "text" | "json".
        format: String = "text".to_owned(),
    }
}

section! {
    GatewaySection {
        /// Text messages.
        sms: Option<GatewayKind> = None,
        /// Telephone calls. The provider asks at the site's `url` what to say: it must be able to reach that.
        voice: Option<GatewayKind> = None,
        /// Mail.
        email: Option<GatewayKind> = None,
    }
}

section! {
    /// How one kind of message is delivered.
    GatewayKind {
        /// "console" (written to the log of a trial, never of a real gate) | "webhook" | "twilio" (text messages, calls) |
        /// "smtp" (mail). Keys of another kind are refused.
        kind: String = String::new(),
        /// webhook: where to POST. twilio: where its API is, if not at "https://api.twilio.com".
        url: String = String::new(),
        /// webhook: a file with the secret that signs each POST (HMAC-SHA-256), and each request to the address of a call.
        secret_file: String = String::new(),
        /// twilio: the account's SID.
        account: String = String::new(),
        /// twilio: a file with the account's auth token. Twilio signs with it what it asks of us.
        token_file: String = String::new(),
        /// twilio: the SID of the messaging service that sends texts; instead of `from`.
        messaging_service: String = String::new(),
        /// twilio: the number of the sender or caller, such as "+15005550006", or the sender's name. smtp: the sender, such as
        /// "Wiki <login@example.com>".
        from: String = String::new(),
        /// smtp: the mail server.
        host: String = String::new(),
        /// smtp: its port. 0: 465 with "tls", 587 with "starttls".
        port: u32 = 0,
        /// smtp: "tls" (from the first byte) | "starttls" (asked for, and required) | "none" (on a loopback host alone).
        encryption: String = "tls".to_owned(),
        /// smtp: who signs in there. Empty: nobody does.
        user: String = String::new(),
        /// smtp: a file with the password of `user`.
        password_file: String = String::new(),
        /// All but console: a PEM file with the CA that signed the receiver's certificate. Empty: the system's.
        ca_file: String = String::new(),
        /// How long one delivery may take.
        timeout: Span = Span::secs(5),
        /// All but console: what one message costs (one segment of a text message), for the metrics; in your currency.
        price: f64 = 0.0,
    }
}

section! {
    BrandingSection {
        /// What the pages are headed with, above the site's address: "University of Examples". Empty: the site's host. Messages
        /// go on naming the host.
        name: String = String::new(),
        /// A PNG, JPEG or WebP picture of at most 8 KiB in place of our mark; it is shown 40 pixels high. SVG is not taken: it can
        /// hold scripts.
        logo_file: String = String::new(),
        /// The same for readers whose system is dark. Empty: `logo_file`, on a light ground.
        logo_dark_file: String = String::new(),
        /// The colour of links and buttons, such as "#2346a8". One that cannot be read on the page (WCAG 2.2: 4.5:1) is refused.
        /// What warns, marks the focus or says how strong a way is keeps colours of its own: this may be red.
        accent: String = String::new(),
        /// The same on dark pages. Empty: `accent`, as much lighter as it must be.
        accent_dark: String = String::new(),
        /// Where help is, in a line: "Stuck? The service desk helps: 020 555 01 23." At the foot of every page, and on the card of
        /// those where somebody may not get on alone.
        support: String = String::new(),
        /// Where that line leads: "https://…", "mailto:…" or "tel:…".
        support_url: String = String::new(),
    }
}

section! {
    SiteSection {
        /// Scheme, host and port as the browser shows them, such as "https://wiki.example.com"; wildcard
        /// "https://*.example.com". Cookies, links, issuer and origins come from here, never from a request.
        url: String = String::new(),
        /// What people call it: said to who signs in on the way to it, and in the portal's list. Empty: its address.
        name: String = String::new(),
        /// Which Host it answers to. Empty: the host of `url`; "*": any.
        host: String = String::new(),
        /// Optional prefix, cut at a segment boundary.
        path: String = "/".to_owned(),
        /// A PEM file with the CA whose client certificates rules of this site may ask for (`client_certificates`). Browsers are
        /// asked for one on this host only; all sites of a host have the same. Needs listen.https.
        /// Read again when the file changes.
        client_ca_file: String = String::new(),
        /// How long browsers shall come by https only, once they did (Strict-Transport-Security), where `url` begins with
        /// https:// and is not this machine. An application that says it itself is not overruled. "0s": nothing is said.
        hsts: Span = Span::secs(365 * 86_400),
        /// Where the application is: "http://127.0.0.1:3000", "https://app.internal" (verified), "h2c://127.0.0.1:50051" (HTTP/2 in
        /// clear, for gRPC), "unix:/run/app.sock". Of several, each request goes to the one with the fewest under way. Empty only
        /// where a server in front serves the application and asks at [forward_auth].
        upstreams: Vec<String> = Vec::new(),
        /// Host sent upstream. Empty: as received.
        upstream_host: String = String::new(),
        /// https: a PEM file with the CA that signed the upstream's certificate. Empty: the system's.
        upstream_ca_file: String = String::new(),
        /// https: a PEM file with the certificate that is shown to the upstream, when it asks for one; with the chain below it.
        upstream_cert_file: String = String::new(),
        /// https: a PEM file with the key of that certificate.
        upstream_key_file: String = String::new(),
        /// https: the name that is asked for (SNI) and must stand in the certificate. Empty: the one in the address.
        upstream_name: String = String::new(),
        /// https: false believes whoever answers; every start says so.
        upstream_verify: bool = true,
        /// https: offers HTTP/2 first. WebSockets stay with HTTP/1.1.
        upstream_http2: bool = false,
        /// How each upstream is asked whether it is well: "connect" | "off" | a path, such as "/health", that must answer 2xx or
        /// 3xx. Empty: "connect" where there are several, "off" where there is one. It is asked for as requests are: with
        /// `upstream_host`, or the host of `url`.
        upstream_check: String = String::new(),
        /// How often. Two failures in a row take an upstream out, one success brings it back.
        upstream_check_interval: Span = Span::secs(5),
        /// Requests, WebSockets included, that may be under way at each upstream at a time; beyond that 503. 0: no limit.
        upstream_requests: usize = 0,
        /// How long an upstream may take to accept a connection. Not set: as in [limits].
        connect_timeout: Option<Span> = None,
        /// How long it may take to begin its answer. Not set: as in [limits].
        first_byte_timeout: Option<Span> = None,
        /// How long it may pause within its answer. Not set: as in [limits].
        between_bytes_timeout: Option<Span> = None,
        /// `aud` of the assertion. Empty: the site's url.
        audience: String = String::new(),
        /// Names of the identity headers of this site; what is not set is as in [identity.headers].
        headers: SiteHeaderNames = SiteHeaderNames::default(),
        /// What the browser forgets of this site at logout (Clear-Site-Data): "cookies", "storage".
        logout_clears: Vec<String> = Vec::new(),
        /// "strict": a path that can be read in two ways is refused | "lenient": it is forwarded as received and judged in every
        /// reading, the strictest verdict wins; dot segments and raw backslashes are refused there too.
        paths: String = "strict".to_owned(),
        /// Allows the application a service worker, which could read our pages, or with a portal the ticket of a login.
        service_worker: bool = false,
        /// Origins, beside the site's own, whose pages may open WebSockets here.
        websocket_origins: Vec<String> = Vec::new(),
        /// The first rule that fits a request decides; none fits, or none is there: refused.
        rules: Vec<RuleSection> = Vec::new(),
    }
}

section! {
    SiteHeaderNames {
        /// The user.
        user: Option<String> = None,
        /// The groups.
        groups: Option<String> = None,
        /// The name for display.
        name: Option<String> = None,
        /// The mail address.
        email: Option<String> = None,
    }
}

section! {
    RuleSection {
        /// Where: a glob on whole segments; `*` is one segment, `**` any number.
        path: Option<String> = None,
        /// Where, instead of `path`: a regular expression over the whole path, anchored at both ends.
        path_regex: Option<String> = None,
        /// Where: HTTP methods. Empty: all.
        http_methods: Vec<String> = Vec::new(),
        /// Where: CIDRs of the client's address. Empty: all.
        networks: Vec<String> = Vec::new(),
        /// "bypass" | "one_factor" | "two_factor" | "deny". It must be said.
        policy: String = String::new(),
        /// Who: names; being in one of `groups` is as good.
        users: Vec<String> = Vec::new(),
        /// Who: groups; being one of `users` is as good.
        groups: Vec<String> = Vec::new(),
        /// Who: clients that show one of these certificates, beside all else that is asked: "*" (any that `client_ca_file`
        /// signed), "cn:laptop-7", "dns:laptop-7.example.com", "email:alice@example.com" or "uri:spiffe://example.com/backup", as it
        /// stands in the certificate. On bypass it is the only lock.
        client_certificates: Vec<String> = Vec::new(),
        /// Which second factors count, by method id. Empty: all.
        factors: Vec<String> = Vec::new(),
        /// How recent the proof must be; older ones are asked for again (step-up).
        max_age: Option<Span> = None,
        /// false: a trusted browser is not enough.
        trusted_browser: bool = true,
        /// On bypass: send the identity of Verified visitors.
        identity: bool = false,
        /// "private": answers that shared caches may keep are marked private, on rules that ask for a level | "as_is".
        cache: String = "private".to_owned(),
    }
}
