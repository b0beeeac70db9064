//! TLS at the door: who is shown which certificate, what happens when its files change, who is asked for one of their
//! own, what a proxy may say before all that, and where those go who come in clear.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, DnType, SanType};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::cf::run;
use crate::harness::frames::{Frames, NO_ERROR, Outcome};
use crate::harness::{
    Answer, Authority, Certificate, Client, Echo, Gate, Reply, WEBSOCKET_KEY, Wire, connect_from, free_address, until,
};

const OPEN: &str = rules! { "/**" => "bypass" };
/// More than every buffer on the way.
const LARGE: usize = 8 << 20;
/// Keys are bound to one domain.
const SEVERAL: &str = "[methods.webauthn]\nenabled = false";
/// Within what the gate looks at its files again, and says that they are of no use; and some more.
const SOON: u64 = 40;

/// Certificates for these names, in files as the configuration wants them.
pub struct House {
    authority: Authority,
    folder: tempfile::TempDir,
    https: SocketAddr,
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { authority: Authority::make(), folder, https: free_address() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes and writes a certificate for these hosts; gives the entry of the list.
    pub fn certificate(&self, file: &str, names: &[&str]) -> String {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let made = self.authority.issue(CertificateParams::new(names).expect("names"));
        self.write(file, &made);
        let (cert, key) = (self.file(&format!("{file}.crt")), self.file(&format!("{file}.key")));
        format!("{{ cert_file = {cert:?}, key_file = {key:?} }}")
    }

    /// Writes a pair as whatever renews certificates does: beside, and then in their place.
    fn write(&self, file: &str, made: &Certificate) {
        for (end, text) in [("key", &made.key_pem), ("crt", &made.pem)] {
            let (new, file) = (self.file("new"), self.file(&format!("{file}.{end}")));
            fs::write(&new, text).and_then(|()| fs::rename(&new, &file)).expect("the folder can be written");
        }
    }

    /// The keys of `[listen]`.
    pub fn listen(&self, certificates: &[&str]) -> String {
        format!("https = [\"{}\"]\ncertificates = [{}]", self.https, certificates.join(", "))
    }

    fn client(&self, name: &str) -> Client {
        Client::new(self.https, name, &self.authority)
    }
}

/// What is said in HTTP/1 through this client, and what came back; nothing where it was hung up.
fn ask(client: &Client, request: &str) -> Option<Reply> {
    Wire::to(client.tunnel()).send(request).reply()
}

fn get(client: &Client, host: &str, path: &str) -> u16 {
    ask(client, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).map_or(0, |reply| reply.status)
}

/// The same over HTTP/2.
fn get_in_frames(frames: &mut Frames, host: &str, path: &str) -> u16 {
    let fields = [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path)];
    match frames.ask(&fields) {
        Outcome::Answered(reply) => reply.status,
        _ => 0,
    }
}

fn site(url: &str, more: &str) -> String {
    format!("url = \"{url}\"\nupstreams = [\"UPSTREAM\"]\n{more}")
}

/// The whole way in over TLS, and what is said on it.
#[test]
fn everything_works_over_tls() {
    let house = House::new();
    let own = "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n";
    let echo = Echo::answering(move |request| match request.head.target() {
        "/own" => Answer::Bytes(own.into()),
        "/large" => Answer::Large(LARGE),
        "/events" => Answer::Events,
        "/socket" => Answer::WebSocket,
        _ => Answer::Json,
    });
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let mut gate =
        Gate::before(&echo).listen(&house.listen(&[&certificate])).site(&site("https://wiki.test", "")).start();
    gate.address = house.client("wiki.test").offering(&["http/1.1"]).tunnel();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    let page = browser.sign_in(&alice, "/page");
    assert_eq!(page.status, 200);
    assert!(browser.cookies_set.iter().all(|cookie| cookie.starts_with("__Host-") && cookie.contains("Secure")));
    assert_eq!(echo.last().field("x-forwarded-proto"), Some("https"));
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
    assert_eq!(page.reply.field("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(browser.goto("/own").reply.field("strict-transport-security"), Some("max-age=1"), "its own stands");
    let ours = browser.goto("/.vestibule/account");
    assert_eq!(ours.reply.field("strict-transport-security"), Some("max-age=31536000"));

    // Whatever is large, or comes bit by bit.
    let cookies: Vec<_> = browser.jars["wiki.test"].iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookie = cookies.join("; ");
    let begin = |path: &str, fields: &str| {
        let mut wire = Wire::to(gate.address);
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: wiki.test\r\nCookie: {cookie}\r\n{fields}\r\n"));
        wire
    };
    assert_eq!(begin("/large", "").reply().map(|reply| reply.body.len()), Some(LARGE));
    let mut events = begin("/events", "Accept: text/event-stream\r\n");
    assert!(events.head().is_some_and(|head| head.start.contains(" 200 ")));
    assert!(events.exactly(5).is_some(), "at once, although it does not end");
    let handshake = format!(
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\n\
         Origin: https://wiki.test\r\n"
    );
    let mut socket = begin("/socket", &handshake);
    assert_eq!(socket.reply().map(|reply| reply.status), Some(101));
    assert_eq!(socket.send("and back").exactly(8).as_deref(), Some(&b"and back"[..]));

    // HTTP/2, on the same session.
    let mut frames = Frames::to(house.client("wiki.test").offering(&["h2", "http/1.1"]).tunnel());
    let fields = |scheme| {
        let head = [(":method", "GET"), (":scheme", scheme), (":authority", "wiki.test"), (":path", "/two")];
        [&head[..], &[("cookie", cookie.as_str())]].concat()
    };
    assert_eq!(frames.ask(&fields("https")).status(), Some(200));
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
    echo.forget();
    assert_eq!(frames.ask(&fields("http")).status(), Some(400), "not the scheme of the connection");
    echo.assert_untouched("a request of another scheme");

    let shaken = |protocols: &[&str]| house.client("wiki.test").offering(protocols).shake();
    assert_eq!(shaken(&["http/1.1", "h2"]).unwrap().protocol.as_deref(), Some("h2"), "the better one");
    assert_eq!(shaken(&["http/1.1"]).unwrap().protocol.as_deref(), Some("http/1.1"));
    assert_eq!(shaken(&[]).unwrap().protocol, None);
    assert!(shaken(&["smtp"]).is_err(), "who speaks something else is not taken for a browser");
    // Prior knowledge is for clear connections.
    let mut wire = Wire::to(house.client("wiki.test").offering(&["http/1.1"]).tunnel());
    assert_eq!(wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").reply().map(|reply| reply.status), Some(505));
}

/// Each name is shown its own certificate, and a stranger's name none.
#[test]
fn a_certificate_is_chosen_by_the_name_asked_for() {
    let house = House::new();
    let echo = Echo::start();
    let certificates = [
        house.certificate("first", &["first.test"]),
        house.certificate("any", &["*.wiki.test"]),
        house.certificate("one", &["one.wiki.test"]),
    ];
    let list: Vec<_> = certificates.iter().map(String::as_str).collect();
    let more = format!("[[site]]\n{}\n{OPEN}\n", site("https://first.test", "").replace("UPSTREAM", &echo.url()));
    let _gate = Gate::before(&echo)
        .config(SEVERAL)
        .listen(&house.listen(&list))
        .site(&site("https://*.wiki.test", ""))
        .rules(OPEN)
        .also(&more)
        .start();
    let shown = |file: &str| der_in(&house.file(&format!("{file}.crt")));
    for (name, file) in
        [("first.test", "first"), ("two.wiki.test", "any"), ("one.wiki.test", "one"), ("ONE.wiki.TEST", "one")]
    {
        assert_eq!(house.client(name).shake().map(|shaken| shaken.shown), Ok(shown(file)), "{name}");
    }
    assert_eq!(house.client("first.test").silent().shake().unwrap().shown, shown("first"));
    for name in ["wiki.test", "other.test", "a.b.wiki.test"] {
        let error = house.client(name).shake().unwrap_err();
        assert!(error.to_lowercase().contains("unrecogni"), "{name}: {error}");
    }
    // What one certificate is not good for does not come over its connection.
    assert_eq!(get(&house.client("first.test"), "first.test", "/"), 200);
    assert_eq!(get(&house.client("two.wiki.test"), "one.wiki.test", "/"), 200, "the wildcard covers it");
    echo.forget();
    assert_eq!(get(&house.client("one.wiki.test"), "two.wiki.test", "/"), 421);
    assert_eq!(get(&house.client("first.test").silent(), "one.wiki.test", "/"), 421);
    echo.assert_untouched("another certificate's host");
}

/// CF-17: by a client that still speaks what nobody should.
#[test]
fn cf_17_old_versions_and_weak_suites_are_refused() {
    let house = House::new();
    let echo = Echo::start();
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let _gate = Gate::before(&echo).listen(&house.listen(&[&certificate])).site(&site("https://wiki.test", "")).start();
    let agreed = |arguments: &[&str]| {
        let to = house.https.to_string();
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &to, "-servername", "wiki.test", "-brief"]).args(arguments);
        let output = command.stdin(Stdio::null()).output().expect("openssl is there: .ci/need programs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (said.contains("CONNECTION ESTABLISHED"), said)
    };
    for good in [&["-tls1_2"][..], &["-tls1_3"], &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"]] {
        let (established, said) = agreed(good);
        assert!(established, "{good:?}: {said}");
    }
    for bad in [
        &["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"][..],
        &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "AES128-GCM-SHA256:AES128-SHA@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "DHE:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "NULL:aNULL:@SECLEVEL=0"],
    ] {
        let (established, said) = agreed(bad);
        assert!(!established && said.to_lowercase().contains("alert"), "{bad:?}: {said}");
    }
}

/// CF-11: a start is refused over what it could not show, with file, key and remedy; and `check` says the same.
#[test]
fn cf_11_certificates_that_cannot_be_used_stop_the_start() {
    let house = House::new();
    let good = house.certificate("good", &["localhost"]);
    let _other = house.certificate("other", &["localhost"]);
    let mut ended = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    ended.not_after = rcgen::date_time_ymd(2020, 1, 1);
    house.write("ended", &house.authority.issue(ended));
    fs::write(house.file("junk.crt"), "nothing").unwrap();
    let entry =
        |cert: &str, key: &str| format!("{{ cert_file = {:?}, key_file = {:?} }}", house.file(cert), house.file(key));
    let written = |listen: &str, site: &str| {
        format!(
            "[listen]\n{listen}\n[store]\npath = \"DATA\"\n[[site]]\nurl = \"https://localhost\"\n\
             upstreams = [\"http://127.0.0.1:9\"]\n{site}\n[[site.rules]]\npolicy = \"two_factor\"\n"
        )
    };
    let https = |certificate: &str| format!("https = [\"127.0.0.1:0\"]\ncertificates = [{certificate}]");
    let checked = |text: &str, command: &str| run(tempfile::tempdir().unwrap().path(), text, &[command]);
    let said = checked(&written(&https(&good), ""), "check");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let ca = |file: &str| written(&https(&good), &format!("client_ca_file = {:?}", house.file(file)));
    for (text, words) in [
        (written("https = [\"127.0.0.1:0\"]", ""), ["listen.certificates:", "is missing"]),
        (written(&format!("certificates = [{good}]"), ""), ["listen.certificates:", "listen.https"]),
        (written(&https(&entry("gone.crt", "good.key")), ""), ["[0].cert_file:", "gone.crt cannot be read"]),
        (written(&https(&entry("good.crt", "gone.key")), ""), ["[0].key_file:", "gone.key cannot be read"]),
        (written(&https(&entry("good.crt", "other.key")), ""), ["[0].key_file:", "other.key is not the key of"]),
        (written(&https(&entry("ended.crt", "ended.key")), ""), ["[0].cert_file:", "expired at 2020-01-01"]),
        (written(&https(&entry("junk.crt", "good.key")), ""), ["[0].cert_file:", "junk.crt holds no certificate"]),
        (ca("gone.crt"), ["site[0].client_ca_file:", "gone.crt cannot be read"]),
        (ca("junk.crt"), ["site[0].client_ca_file:", "junk.crt holds no certificate"]),
        (
            written(&format!("{}\nproxy_protocol = [\"127.0.0.1:1\"]", https(&good)), ""),
            ["listen.proxy_protocol[0]:", "is not listened at"],
        ),
        (
            written(&format!("{}\nproxy_protocol = [\"127.0.0.1:0\"]", https(&good)), ""),
            ["listen.proxy_protocol[0]:", "trust.proxies"],
        ),
    ] {
        for command in ["serve", "check"] {
            let said = checked(&text, command);
            let told = [said.out, said.err].concat();
            assert!(said.code != 0 && words.iter().all(|word| told.contains(word)), "{command} {words:?}: {told}");
            assert!(told.contains("vestibule.toml") && !told.contains("PRIVATE"), "{told}");
        }
    }
    let said = checked(&written(&https(&good), "host = \"elsewhere.test\""), "check");
    assert!(said.out.contains("no certificate in listen.certificates is good for elsewhere.test"), "{}", said.out);
}

/// What nobody can listen at twice is told before anybody tries, with the key that is one too many.
#[test]
fn an_address_is_listened_at_once() {
    let house = House::new();
    let certificate = house.certificate("good", &["localhost"]);
    let checked = |http: &str, https: &str, metrics: &str, auth: &str, grpc: &str| {
        let text = format!(
            "[listen]\nhttp = [{http:?}]\nhttps = [{https:?}]\ncertificates = [{certificate}]\nmetrics = {metrics:?}\n\
             [forward_auth]\ncallers = [\"127.0.0.1\"]\nlisten = [{auth:?}]\nlisten_grpc = [{grpc:?}]\n[store]\n\
             path = \"DATA\"\n[[site]]\nurl = \"https://localhost\"\nupstreams = [\"http://127.0.0.1:9\"]\n\
             [[site.rules]]\npolicy = \"two_factor\"\n"
        );
        let said = run(tempfile::tempdir().unwrap().path(), &text, &["check"]);
        (said.code, [said.out, said.err].concat())
    };
    let [one, two, three, four, five] = [1, 2, 3, 4, 5].map(|port| format!("127.0.0.1:{port}"));
    let (code, told) = checked(&one, &two, &three, &four, &five);
    assert_eq!(code, 0, "{told}");
    let any = "127.0.0.1:0";
    assert_eq!(checked(any, any, any, any, any).0, 0, "whichever is free");
    for (said, key) in [
        (checked(&one, &one, &three, &four, &five), "listen.https[0]:"),
        (checked(&one, "0.0.0.0:1", &three, &four, &five), "listen.https[0]:"),
        (checked(&one, "[::ffff:127.0.0.1]:1", &three, &four, &five), "listen.https[0]:"),
        (checked(&one, &two, &two, &four, &five), "listen.metrics:"),
        (checked(&one, &two, &three, &two, &five), "forward_auth.listen[0]:"),
        (checked(&one, &two, &three, &four, &two), "forward_auth.listen_grpc[0]:"),
        (checked(&one, "0.0.0.0:2", &three, &four, &two), "forward_auth.listen_grpc[0]:"),
        (checked(&one, &two, &three, &four, &four), "forward_auth.listen_grpc[0]:"),
    ] {
        assert!(said.0 != 0 && said.1.contains(key), "{key} {}", said.1);
    }
}

/// The first certificate in a file.
fn der_in(pem: &Path) -> Vec<u8> {
    CertificateDer::from_pem_file(pem).expect("a certificate").to_vec()
}

/// Waits until this certificate is shown.
#[track_caller]
fn shows(house: &House, pem: &Path) {
    let wanted = der_in(pem);
    until("the new certificate", SOON, || {
        house.client("wiki.test").shake().ok().filter(|shaken| shaken.shown == wanted)
    });
}

/// A renewed certificate is shown by itself; whatever is wrong with one, the old one stays, and the log names the file.
#[test]
fn certificates_are_read_again_when_their_files_change() {
    let house = House::new();
    let echo = Echo::start();
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let metrics = free_address();
    let listen = format!("{}\nmetrics = \"{metrics}\"", house.listen(&[&certificate]));
    let gate = Gate::before(&echo).listen(&listen).site(&site("https://wiki.test", "")).rules(OPEN).start();
    let mut lasting = Wire::to(house.client("wiki.test").tunnel());
    let mut still = || lasting.send("GET / HTTP/1.1\r\nHost: wiki.test\r\n\r\n").reply().map(|reply| reply.status);
    assert_eq!(still(), Some(200));
    house.certificate("wiki", &["wiki.test"]);
    shows(&house, &house.file("wiki.crt"));
    assert_eq!(still(), Some(200), "who is there stays");

    let in_force = house.client("wiki.test").shake().unwrap().shown;
    let kept = |why: &str| {
        until(why, SOON, || gate.log().contains(why).then_some(()));
        assert_eq!(house.client("wiki.test").shake().map(|shaken| shaken.shown), Ok(in_force.clone()), "{why}");
    };
    let named = |from: i32, to: i32| {
        let mut wanted = CertificateParams::new(vec!["wiki.test".to_owned()]).unwrap();
        (wanted.not_before, wanted.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(to, 1, 1));
        house.authority.issue(wanted)
    };
    fs::write(house.file("wiki.crt"), "half a certif").unwrap();
    kept("wiki.crt holds no certificate");
    fs::write(house.file("wiki.crt"), named(2020, 2040).pem).unwrap();
    kept("wiki.key is not the key of");
    house.write("wiki", &named(2020, 2021));
    kept("expired at 2021-01-01");
    house.write("wiki", &named(2040, 2050));
    kept("not valid before 2040-01-01");
    fs::remove_file(house.file("wiki.key")).unwrap();
    kept("wiki.key cannot be read");
    assert!(gate.log().matches("wiki.key cannot be read").count() == 1, "said once");
    house.certificate("wiki", &["wiki.test"]);
    shows(&house, &house.file("wiki.crt"));

    // Near its end it is said, and counted.
    let numbers = || {
        let mut wire = Wire::to(metrics);
        let reply = wire.send("GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n").reply().unwrap().text();
        let line =
            reply.lines().find(|line| line.starts_with("vestibule_certificate_seconds_left{file=")).map(str::to_owned);
        line.and_then(|line| line.rsplit(' ').next()?.parse::<i64>().ok())
    };
    assert!(numbers().is_some_and(|left| left > 365 * 86_400), "{:?}", numbers());
    house.write("wiki", &named(2020, 2027));
    until("the new end", SOON, || numbers().filter(|left| *left < 365 * 86_400));
    assert!(!gate.log().contains("near its end"));
    gate.advance(340 * 86_400);
    until("a warning", SOON, || gate.log().contains("near its end").then_some(()));
}

/// As Kubernetes replaces what is in a mounted secret: the files are links into a folder that is itself a link.
#[test]
fn a_certificate_behind_links_is_read_again_when_the_links_change() {
    let house = House::new();
    let echo = Echo::start();
    let made = |folder: &str| {
        fs::create_dir(house.file(folder)).unwrap();
        house.certificate(&format!("{folder}/tls"), &["wiki.test"]);
    };
    made("..one");
    std::os::unix::fs::symlink("..one", house.file("..data")).unwrap();
    for name in ["tls.crt", "tls.key"] {
        std::os::unix::fs::symlink(format!("..data/{name}"), house.file(name)).unwrap();
    }
    let entry = format!("{{ cert_file = {:?}, key_file = {:?} }}", house.file("tls.crt"), house.file("tls.key"));
    let _gate = Gate::before(&echo).listen(&house.listen(&[&entry])).site(&site("https://wiki.test", "")).start();
    shows(&house, &house.file("..one/tls.crt"));
    made("..two");
    std::os::unix::fs::symlink("..two", house.file("..new")).unwrap();
    fs::rename(house.file("..new"), house.file("..data")).unwrap();
    fs::remove_dir_all(house.file("..one")).unwrap();
    shows(&house, &house.file("..two/tls.crt"));
}

/// What a client says of itself, in a certificate.
fn holder(authority: &Authority, name: &str, until: i32) -> Certificate {
    let mut wanted = CertificateParams::new(Vec::new()).unwrap();
    wanted.distinguished_name.push(DnType::CommonName, name);
    wanted.subject_alt_names.push(SanType::Rfc822Name(format!("{name}@example.com").try_into().unwrap()));
    wanted.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ClientAuth);
    wanted.not_after = rcgen::date_time_ymd(until, 1, 1);
    authority.issue(wanted)
}

/// A certificate is asked for by the name, counts for that name alone, and is looked at on every connection.
#[test]
fn client_certificates_belong_to_the_name_that_asked_for_them() {
    let house = House::new();
    let (echo, clients, strangers) = (Echo::start(), Authority::make(), Authority::make());
    fs::write(house.file("clients.pem"), &clients.pem).unwrap();
    fs::write(house.file("others.pem"), &strangers.pem).unwrap();
    // One certificate for all three: a browser would use one connection for them.
    let certificate = house.certificate("all", &["machines.test", "open.test", "others.test"]);
    let ca = |file: &str| format!("client_ca_file = {:?}", house.file(file));
    let asking = rules! {
        "/admin" => "bypass" with client_certificates = ["cn:admin"],
        "/free" => "bypass",
        "/**" => "bypass" with client_certificates = ["*"],
    };
    let further = |url: &str, more: &str, rules: &str| {
        format!("[[site]]\n{}\n{rules}\n", site(url, more).replace("UPSTREAM", &echo.url()))
    };
    let gate = Gate::before(&echo)
        .config(SEVERAL)
        .listen(&house.listen(&[&certificate]))
        .site(&site("https://machines.test", &ca("clients.pem")))
        .rules(asking)
        .also(&further("https://open.test", "", OPEN))
        .also(&further("https://others.test", &ca("others.pem"), asking))
        .start();
    let bare = house.client("machines.test");
    let showing = |own: &Certificate| bare.clone().showing(&house.authority, own);
    let (robot, admin) = (holder(&clients, "robot", 2040), holder(&clients, "admin", 2040));

    assert_eq!(get(&showing(&robot), "machines.test", "/"), 200);
    assert_eq!(get(&showing(&admin), "machines.test", "/admin"), 200);
    let mut frames = Frames::to(showing(&robot).offering(&["h2"]).tunnel());
    assert_eq!(get_in_frames(&mut frames, "machines.test", "/"), 200);
    assert_eq!(get(&bare, "machines.test", "/free"), 200, "nobody must show one where no rule asks");

    echo.forget();
    assert_eq!(get(&bare, "machines.test", "/"), 403);
    assert_eq!(get(&showing(&robot), "machines.test", "/admin"), 403, "another name");
    assert_eq!(get_in_frames(&mut frames, "machines.test", "/admin"), 403);
    let page = "GET / HTTP/1.1\r\nHost: machines.test\r\nAccept: text/html\r\n\r\n";
    let page = ask(&bare, page).unwrap();
    assert!(page.status == 403 && page.text().contains("certificate"), "{}", page.text());
    // Of another authority, expired, or of the server's own kind of names but nobody's key: no connection.
    for bad in [holder(&strangers, "admin", 2040), holder(&clients, "admin", 2021)] {
        assert!(showing(&bad).shake().is_err());
    }
    echo.assert_untouched("no certificate");

    // The attack: what was shown, or not asked for, under one name is used under another.
    let open = house.client("open.test");
    let others = house.client("others.test");
    assert_eq!(get(&open, "open.test", "/"), 200);
    let mut open_frames = Frames::to(open.clone().offering(&["h2"]).tunnel());
    assert_eq!(get_in_frames(&mut open_frames, "open.test", "/"), 200);
    echo.forget();
    for path in ["/", "/admin", "/free", "/.vestibule/login"] {
        assert_eq!(get(&open, "machines.test", path), 421, "{path}");
        assert_eq!(get_in_frames(&mut open_frames, "machines.test", path), 421, "{path}");
        assert_eq!(get_in_frames(&mut frames, "others.test", path), 421, "{path}");
    }
    assert_eq!(get(&showing(&robot), "open.test", "/"), 421);
    assert_eq!(get(&showing(&robot), "others.test", "/"), 421);
    assert_eq!(get(&bare.clone().silent(), "machines.test", "/"), 421, "asked for no name");
    let at_others = others.clone().showing(&house.authority, &robot);
    assert!(at_others.shake().is_err(), "an authority of another name");
    echo.assert_untouched("another name's connection");
    // A browser that shows one to whoever asks is not asked here.
    assert_eq!(get(&open.clone().showing(&house.authority, &robot), "open.test", "/"), 200);

    // Nothing of a client outlives its connection, or its certificate.
    let client = showing(&robot);
    let resumed = |client: &Client| (0..2).map(|_| client.shake().unwrap().resumed).next_back();
    assert_eq!(resumed(&client), Some(false));
    assert_eq!(resumed(&open), Some(true), "elsewhere it saves a handshake");
    // The gate's clock, past the end of the robot's certificate: on the connection that is there, and on a new one.
    let late = holder(&clients, "robot", 2027);
    let mut lasting = Wire::to(showing(&late).tunnel());
    let mut ask = || lasting.send("GET / HTTP/1.1\r\nHost: machines.test\r\n\r\n").reply().map(|reply| reply.status);
    assert_eq!(ask(), Some(200));
    gate.advance(360 * 86_400);
    assert_eq!(ask(), Some(403));
    assert!(showing(&late).shake().is_err());
    assert_eq!(get(&showing(&robot), "machines.test", "/"), 200);

    let explained = |name: &[&str]| {
        let arguments = [&["explain", "https://machines.test/admin"], name].concat();
        gate.cli_with(&arguments, "").out
    };
    assert!(explained(&[]).contains("refuse: no client certificate"), "{}", explained(&[]));
    assert!(explained(&["--certificate", "cn:admin"]).contains("verdict  forward"));
}

/// Another authority is how certificates are revoked: it counts by itself, on connections that are there as well. One that
/// cannot be read changes nothing.
#[test]
fn an_authority_is_read_again_when_its_file_changes() {
    let house = House::new();
    let (echo, old, new) = (Echo::start(), Authority::make(), Authority::make());
    let put = |text: &str| {
        let beside = house.file("new");
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, house.file("clients.pem"))).unwrap();
    };
    put(&old.pem);
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let asking = rules! { "/**" => "bypass" with client_certificates = ["*"] };
    let gate = Gate::before(&echo)
        .listen(&house.listen(&[&certificate]))
        .site(&site("https://wiki.test", &format!("client_ca_file = {:?}", house.file("clients.pem"))))
        .rules(asking)
        .start();
    let client = house.client("wiki.test");
    let showing = |authority| client.clone().showing(&house.authority, &holder(authority, "robot", 2040));
    let (before, after) = (showing(&old), showing(&new));
    let mut lasting = Wire::to(before.tunnel());
    let mut still = || lasting.send("GET / HTTP/1.1\r\nHost: wiki.test\r\n\r\n").reply().map(|reply| reply.status);
    assert_eq!(still(), Some(200));
    let mut frames = Frames::to(before.clone().offering(&["h2"]).tunnel());
    assert_eq!(get_in_frames(&mut frames, "wiki.test", "/"), 200);
    assert!(after.shake().is_err());

    put("nothing");
    until("the reason", SOON, || gate.log().contains("clients.pem holds no certificate").then_some(()));
    assert_eq!(get(&before, "wiki.test", "/"), 200, "the old one stays");
    assert_eq!(still(), Some(200));

    put(&new.pem);
    until("the new authority", SOON, || after.shake().ok());
    echo.forget();
    assert!(before.shake().is_err());
    assert_eq!(still(), Some(421), "what it was opened with does not count any more");
    // Over HTTP/2 a client stays on its connection for as long as it can: it is told to leave it.
    assert_eq!(get_in_frames(&mut frames, "wiki.test", "/"), 421);
    assert_eq!(frames.end(), Some(NO_ERROR), "this one is good for nothing any more");
    echo.assert_untouched("the old authority");
    assert_eq!(get(&after, "wiki.test", "/"), 200);
    gate.tells("certificates of another authority from now on");
}

/// Who comes in clear is sent to the site's own address, whatever he says, and nothing of his is looked at.
#[test]
fn who_comes_in_clear_is_sent_to_https() {
    let house = House::new();
    let echo = Echo::start();
    let certificate = house.certificate("wiki", &["wiki.test", "*.any.test", "part.test"]);
    let encrypted = |url: &str, more: &str| site(url, more).replace("UPSTREAM", &echo.url());
    let also = format!(
        "[[site]]\n{}\n{OPEN}\n[[site]]\n{}\n{OPEN}\n[[site]]\nurl = \"http://clear.test\"\nupstreams = [\"{}\"]\n{OPEN}",
        encrypted("https://*.any.test:8443", ""),
        encrypted("https://part.test", "path = \"/wiki\""),
        echo.url()
    );
    let gate = Gate::before(&echo)
        .config(SEVERAL)
        .config("[trust]\nproxies = [\"127.0.0.9\"]")
        .listen(&house.listen(&[&certificate]))
        .site(&site("https://wiki.test", "hsts = \"730d\""))
        .rules(OPEN)
        .also(&also)
        .start();
    let asked = |from: u8, request: &str| Wire::over(connect_from(from, gate.address)).send(request).reply().unwrap();
    let plain = |host: &str, line: &str| asked(1, &format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for (host, line, location) in [
        ("wiki.test", "GET /a%7Eb?c=d", "https://wiki.test/a~b?c=d"),
        ("wiki.test:81", "HEAD /", "https://wiki.test/"),
        ("WIKI.test.", "POST /form", "https://wiki.test/form"),
        ("wiki.test", "GET /.vestibule/login?rd=/", "https://wiki.test/.vestibule/login?rd=/"),
        ("one.any.test", "GET /", "https://one.any.test:8443/"),
        ("part.test", "GET /wiki/page", "https://part.test/wiki/page"),
        ("part.test", "GET /", "https://part.test/"),
    ] {
        let reply = match line.starts_with("HEAD") {
            true => Wire::to(gate.address)
                .send(format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
                .reply_to("HEAD")
                .unwrap(),
            false => plain(host, line),
        };
        assert_eq!((reply.status, reply.field("location")), (308, Some(location)), "{line}");
        assert_eq!(reply.field("strict-transport-security"), None, "not in clear");
        assert_eq!(reply.field("set-cookie"), None);
    }
    assert_eq!(plain("evil.test", "GET /").status, 421);
    assert_eq!(plain("wiki.test", "GET //evil.test/").status, 400);
    let lying = "GET / HTTP/1.1\r\nHost: wiki.test\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\n\r\n";
    assert_eq!(asked(1, lying).status, 308, "a stranger is not believed");
    assert_eq!(plain("wiki.test", "GET /.vestibule/jwks.json").status, 200, "the keys are for everybody");
    let mut frames = Frames::to(gate.address);
    let fields = [(":method", "GET"), (":scheme", "https"), (":authority", "wiki.test"), (":path", "/")];
    assert_eq!(frames.ask(&fields).status(), Some(308), "nor what he calls it");
    echo.assert_untouched("in clear");
    assert_eq!(plain("clear.test", "GET /").status, 200, "a site in clear is one");

    // A proxy that ended TLS says so; one that says nothing is not contradicted.
    let through = |said: &str| asked(9, &format!("GET / HTTP/1.1\r\nHost: wiki.test\r\n{said}\r\n"));
    let reply = through("X-Forwarded-Proto: https\r\n");
    assert_eq!((reply.status, reply.field("strict-transport-security")), (200, Some("max-age=63072000")));
    assert_eq!(through("").status, 200);
    assert_eq!(through("X-Forwarded-Proto: http\r\n").status, 308);
    let over_tls = get(&house.client("wiki.test"), "wiki.test", "/");
    assert_eq!(over_tls, 200);

    // There it is said on whatever is answered in the name of a host of ours, and of no other.
    let year = Some("max-age=31536000");
    for (host, target, status, said) in [
        ("part.test", "/wiki/page", 200, year),
        ("part.test", "/", 404, year),
        ("part.test", "/a//b", 400, year),
        ("part.test", "/.vestibule/jwks.json", 200, year),
        ("part.test", "/.VESTIBULE/login", 404, year),
        ("evil.test", "/", 421, None),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let reply = ask(&house.client("part.test"), &request).unwrap();
        assert_eq!((reply.status, reply.field("strict-transport-security")), (status, said), "{host}{target}");
        let in_clear = asked(1, &request);
        assert_eq!(in_clear.field("strict-transport-security"), None, "{host}{target}");
    }
}

/// Where TLS ends before the gate, the trusted proxy's word is all there is: it sends nobody's password through in clear.
#[test]
fn who_a_proxy_says_came_in_clear_is_sent_to_https() {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .config("[methods.webauthn]\nenabled = false\n[trust]\nproxies = [\"127.0.0.9\"]")
        .site(&site("https://wiki.test", ""))
        .rules(OPEN)
        .also(&format!("[[site]]\n{}\n{OPEN}", site("https://wiki.localhost", "").replace("UPSTREAM", &echo.url())))
        .start();
    let asked_at = |host: &str, from: u8, target: &str, said: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n{said}\r\n");
        Wire::over(connect_from(from, gate.address)).send(request).reply().unwrap()
    };
    let asked = |from: u8, target: &str, said: &str| asked_at("wiki.test", from, target, said);
    let (http, https) = ("X-Forwarded-Proto: http\r\n", "X-Forwarded-Proto: https\r\n");
    for target in ["/", "/.vestibule/login"] {
        let reply = asked(9, target, http);
        let location = format!("https://wiki.test{target}");
        assert_eq!((reply.status, reply.field("location")), (308, Some(&*location)));
        assert_eq!((reply.field("strict-transport-security"), reply.field("set-cookie")), (None, None));
        let reply = asked(9, target, https);
        assert_eq!(
            (reply.status, reply.field("strict-transport-security")),
            (200, Some("max-age=31536000")),
            "{target}"
        );
        assert_eq!(asked(9, target, "").status, 200, "what it does not say is not held against anybody");
        assert_eq!(asked(1, target, http).status, 200, "and of nobody else it is believed");
    }

    // A browser says these over https alone: who is sent there has been there, and would be sent in a circle.
    for field in ["Sec-Fetch-Mode: navigate\r\n", "Sec-Fetch-Site: none\r\n", "Sec-Fetch-Dest: document\r\n"] {
        let reply = asked(9, "/wiki?token=x", &format!("{http}{field}"));
        assert_eq!((reply.status, reply.field("location")), (400, None), "{field}");
        assert_eq!(asked(9, "/", &format!("{https}{field}")).status, 200, "{field}");
        // To this machine itself it says them in clear, too.
        assert_eq!(asked_at("wiki.localhost", 9, "/", &format!("{http}{field}")).status, 308, "{field}");
    }
    let log = gate.log();
    let line = log.lines().find(|line| line.contains("the browser came by https")).expect("the reason");
    assert!(line.contains("wiki.test") && line.contains("/wiki") && !line.contains("token=x"), "{line}");
}

/// A TCP proxy that passes connections on: from its address nothing but what it says counts, and from no other address
/// may it be said.
#[test]
fn the_proxy_protocol_tells_the_client() {
    let house = House::new();
    let echo = Echo::start();
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let listen =
        format!("{}\nproxy_protocol = [\"127.0.0.1:PORT\", \"{}\"]", house.listen(&[&certificate]), house.https);
    let rules = rules! {
        "/inside" if networks = ["10.0.0.0/8"] => "bypass",
        "/inside" => "deny",
        "/seven" if networks = ["::ffff:192.0.2.8/126"] => "deny",
        "/**" if networks = ["192.0.2.0/24", "127.0.0.9"] => "bypass",
    };
    let gate = Gate::before(&echo)
        .config("[trust]\nproxies = [\"127.0.0.1\", \"127.0.0.9\"]\n[limits]\nhead_timeout = \"1s\"\nconnections_per_address = 2")
        .listen(&listen)
        .site(&site("http://wiki.test", ""))
        .rules(rules)
        .start();
    let get = "GET / HTTP/1.1\r\nHost: wiki.test\r\nX-Forwarded-For: 192.0.2.99\r\n\r\n";
    let asked = |from: u8, preamble: &[u8], request: &str| {
        let mut wire = Wire::over(connect_from(from, gate.address));
        wire.send([preamble, request.as_bytes()].concat());
        wire.reply().map_or(0, |reply| reply.status)
    };
    let said = |from: u8, preamble: &[u8]| asked(from, preamble, get);
    let first = b"PROXY TCP4 192.0.2.7 10.0.0.1 4000 80\r\n";
    let mut second = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    second.extend([192, 0, 2, 8, 10, 0, 0, 1, 15, 160, 0, 80]);
    for (preamble, client) in [(&first[..], "192.0.2.7"), (&second, "192.0.2.8")] {
        assert_eq!(said(9, preamble), 200);
        assert_eq!(echo.last().field("x-forwarded-for"), Some(client), "and nothing of what the client says itself");
        gate.tells(&format!("client={client}"));
    }
    // Over TLS it comes before the handshake.
    let client = house.client("wiki.test").after(first);
    assert_eq!(self::get(&client, "wiki.test", "/"), 200);
    assert_eq!(echo.last().field("x-forwarded-for"), Some("192.0.2.7"));
    // The proxy's own connections are its own.
    assert_eq!(said(9, b"PROXY UNKNOWN\r\n"), 200);
    assert_eq!(said(9, b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"), 200);

    // A network of addresses in the other spelling is the same network.
    let seven = get.replacen('/', "/seven", 1);
    assert_eq!(asked(9, first, &seven), 200);
    assert_eq!(asked(9, &second, &seven), 403);
    // The attack: where it names nobody, the connection has its address, and the headers are still a stranger's.
    let inside = "GET /inside HTTP/1.1\r\nHost: wiki.test\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n";
    assert_eq!(asked(9, b"PROXY TCP4 10.0.0.1 10.0.0.2 4000 80\r\n", inside), 200);
    assert_eq!(asked(9, b"PROXY TCP4 127.0.0.1 10.0.0.2 4000 80\r\n", inside), 200, "a trusted proxy that is named");
    echo.forget();
    let socket = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8"[..], &[b'/'; 216]].concat();
    for unnamed in [
        &b"PROXY UNKNOWN\r\n"[..],
        b"PROXY UNKNOWN 10.0.0.1 10.0.0.1 1 2\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0",
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
        &socket,
    ] {
        assert_eq!(asked(9, unnamed, inside), 403, "{}", unnamed.escape_ascii());
    }
    echo.assert_untouched("nobody was named");
    assert_eq!(said(9, b"PROXY TCP4 198.51.100.1 10.0.0.1 4000 80\r\n"), 403, "rules see whom it names");
    for bad in [
        &b""[..],
        b"PROXY TCP4 192.0.2.7 10.0.0.1 4000\r\n",
        b"PROXY TCP4 192.0.2.07 10.0.0.1 4000 80\r\n",
        b"PROXY TCP6 192.0.2.7 10.0.0.1 4000 80\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x22\x11\0\0",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
    ] {
        assert_eq!(said(9, bad), 0, "{}", bad.escape_ascii());
    }
    assert_eq!(said(5, first), 0, "whoever is not trusted may say nothing");
    gate.tells("only proxies in trust.proxies may connect here");
    assert_eq!(self::get(&house.client("wiki.test"), "wiki.test", "/"), 0, "nor may it be left out before TLS");
    let mut slow = Wire::over(connect_from(9, gate.address));
    slow.send("PROXY TCP4 192.");
    assert!(slow.is_closed(), "in time");
    echo.assert_untouched("no client");

    // Each client has its own share, and the proxy none.
    let open = || {
        let mut wire = Wire::over(connect_from(9, gate.address));
        let status = wire.send([&first[..], get.as_bytes()].concat()).reply().map(|reply| reply.status);
        (wire, status)
    };
    let (one, two, three) = (open(), open(), open());
    assert_eq!((one.1, two.1, three.1), (Some(200), Some(200), None));
    assert_eq!(said(9, &second), 200);
}

/// A TCP proxy that ended TLS says so in its header; no client can.
#[test]
fn the_proxy_protocol_tells_of_tls() {
    let house = House::new();
    let echo = Echo::start();
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let gate = Gate::before(&echo)
        .config("[trust]\nproxies = [\"127.0.0.9\"]")
        .listen(&format!("{}\nproxy_protocol = [\"127.0.0.1:PORT\"]", house.listen(&[&certificate])))
        .site(&site("https://wiki.test", ""))
        .rules(OPEN)
        .start();
    let asked = |preamble: &[u8], said: &str| {
        let mut wire = Wire::over(connect_from(9, gate.address));
        wire.send([preamble, format!("GET / HTTP/1.1\r\nHost: wiki.test\r\n{said}\r\n").as_bytes()].concat());
        let reply = wire.reply().expect("an answer");
        (reply.status, reply.field("strict-transport-security").is_some())
    };
    let second = |about_tls: &[u8]| {
        let block = [&[192, 0, 2, 8, 10, 0, 0, 1, 15, 160, 0, 80][..], about_tls].concat();
        [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0"[..], &[block.len() as u8], &block].concat()
    };
    let https = "X-Forwarded-Proto: https\r\n";
    assert_eq!(asked(&second(&[0x20, 0, 5, 1, 0, 0, 0, 0]), ""), (200, true));
    assert_eq!(echo.last().field("x-forwarded-for"), Some("192.0.2.8"));
    let proxy = b"PROXY TCP4 127.0.0.9 10.0.0.1 4000 80\r\n";
    assert_eq!(asked(proxy, https), (200, true), "behind it another proxy, which is trusted and speaks HTTP");
    echo.forget();
    for in_clear in [&second(&[0x20, 0, 5, 0, 0, 0, 0, 0])[..], &second(&[]), b"PROXY UNKNOWN\r\n"] {
        assert_eq!(asked(in_clear, ""), (308, false), "{}", in_clear.escape_ascii());
        assert_eq!(asked(in_clear, https), (308, false), "{}", in_clear.escape_ascii());
        let browser = asked(in_clear, "Sec-Fetch-Mode: navigate\r\n");
        assert_eq!(browser, (400, false), "{}: who came by https is not sent there", in_clear.escape_ascii());
    }
    echo.assert_untouched("in clear");
    let told = gate.cli(["check"]).out;
    assert!(told.contains("listen.proxy_protocol[0]") && told.contains("send-proxy-v2-ssl"), "{told}");
}

/// What comes before a request is a stranger's bytes: they cost a while, and no more.
#[test]
fn a_handshake_has_a_limit() {
    let house = House::new();
    let echo = Echo::start();
    let certificate = house.certificate("wiki", &["wiki.test"]);
    let gate = Gate::before(&echo)
        .config("[limits]\nhead_timeout = \"1s\"")
        .listen(&house.listen(&[&certificate]))
        .site(&site("https://wiki.test", ""))
        .start();
    // Never a byte; the beginning of a handshake; one in clear; junk; and one that announces more than there may be.
    for begin in [
        &b""[..],
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: wiki.test\r\n\r\n",
        b"\x80\x2e\x01\0\x02",
        b"\x16\x03\x01\x40\0\x01\xff\xff\xff",
    ] {
        let mut wire = Wire::to(house.https);
        wire.send(begin);
        let rest = wire.rest();
        assert!(rest.is_empty() || rest.starts_with(b"\x15\x03"), "an alert at most: {}", rest.escape_ascii());
    }
    until("the reason", SOON, || gate.log().contains("the connection was not opened in time").then_some(()));
    assert!(house.client("wiki.test").shake().is_ok());
    echo.assert_untouched("no handshake");
}
