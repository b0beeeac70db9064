//! Configuration: what is unknown, missing or unsafe stops the start, with file, key and remedy; and the default is
//! closed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::harness::{Echo, Gate, LIMIT, PASSWORD};

/// What a command said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// `serve` on this configuration, which is expected to end by itself.
#[track_caller]
fn served(text: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), text, &["serve"])
}

#[track_caller]
pub fn run(folder: &std::path::Path, text: &str, arguments: &[&str]) -> Said {
    let file = folder.join("vestibule.toml");
    let text = text.replace("DATA", &folder.join("data").display().to_string());
    let text = text.replace("FOLDER", &folder.display().to_string());
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
        command.env_remove(name);
    }
    command.args(arguments).arg("--config").arg(&file).current_dir(folder);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!("it started: {}", String::from_utf8_lossy(&output.stderr));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A good configuration with these top-level sections and keys of its site before it.
fn with(sections: &str, site: &str, rules: &str) -> String {
    format!(
        "{sections}\n[listen]\nhttp = [\"127.0.0.1:0\"]\n[store]\npath = \"DATA\"\n[[site]]\n\
         url = \"http://localhost:1\"\nupstreams = [\"http://127.0.0.1:9\"]\n{site}\n{rules}"
    )
}

const CLOSED: &str = rules! { _ => "two_factor" };

#[track_caller]
fn refused(what: &str, text: &str, words: &[&str]) {
    let said = served(text);
    assert_eq!(said.code, 78, "{what}: {}{}", said.out, said.err);
    for word in words.iter().chain(&["vestibule.toml"]) {
        assert!(said.err.contains(word), "{what}: {word} is not in {}", said.err);
    }
}

/// CF-02, CF-05, CF-06 and their like: each unsafe or unknown thing stops the start, and is named; the same
/// configuration without it is good.
#[test]
fn cf_02_what_is_not_understood_or_not_safe_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let good = run(folder.path(), &with("", "", CLOSED), &["check"]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);

    refused("a misspelt section", &with("[sesion]\nidle = \"5m\"", "", CLOSED), &["sesion", "session"]);
    refused("a misspelt key", &with("[session]\nidel = \"5m\"", "", CLOSED), &["session.idel", "idle"]);
    refused("a misspelt key of a site", &with("", "upstream = \"http://127.0.0.1:1\"", CLOSED), &["upstream"]);
    refused("a misspelt key of a rule", &with("", "", "[[site.rules]]\npolicy = \"deny\"\nnetwork = []"), &["network"]);
    refused("a policy nobody knows", &with("", "", "[[site.rules]]\npolicy = \"two-factor\""), &["policy"]);
    refused("no policy", &with("", "", "[[site.rules]]\npath = \"/a\""), &["policy"]);
    refused("a method nobody knows", &with("[methods.topt]\nenabled = true", "", CLOSED), &["methods.topt"]);
    refused("a key of a method", &with("[methods.totp]\nskwe = 1", "", CLOSED), &["methods.totp"]);
    refused("a wide window", &with("[methods.totp]\nskew = 5", "", CLOSED), &["methods.totp.skew"]);
    refused(
        "a method without its gateway",
        &with("[methods.sms]\nenabled = true\ncountries = [\"NL\"]", "", CLOSED),
        &["gateway.sms"],
    );
    refused("everybody trusted", &with("[trust]\nproxies = [\"0.0.0.0/0\"]", "", CLOSED), &["trust", "anyone"]);
    refused("everybody trusted (IPv6)", &with("[trust]\nproxies = [\"::/0\"]", "", CLOSED), &["trust", "anyone"]);
    refused(
        "a day and a half",
        &with("[session]\ntrusted_browser = \"36h\"", "", CLOSED),
        &["session.trusted_browser"],
    );
    refused("a long assertion", &with("[identity]\nlifetime = \"1h\"", "", CLOSED), &["identity.lifetime"]);
    refused("a bypass of who knows what", &with("", "", "[[site.rules]]\npolicy = \"bypass\""), &["bypass"]);
    refused(
        "users on a bypass",
        &with("", "", "[[site.rules]]\npath = \"/a\"\npolicy = \"bypass\"\nusers = [\"alice\"]"),
        &["users"],
    );
    refused(
        "a factor nobody knows",
        &with("", "", "[[site.rules]]\npolicy = \"two_factor\"\nfactors = [\"key\"]"),
        &["factors"],
    );
    refused(
        "something that is promised",
        &with("[portal]\nnetworks = [\"10.0.0.0/8\"]", "", CLOSED),
        &["portal.networks"],
    );
    for (what, keys, key) in [
        ("nobody who may ask", "listen = [\"127.0.0.1:1\"]", "forward_auth.listen[0]"),
        ("nobody who may call", "listen_grpc = [\"127.0.0.1:1\"]", "forward_auth.listen_grpc[0]"),
        ("no address", "listen = [\"localhost:1\"]\ncallers = [\"127.0.0.1\"]", "forward_auth.listen[0]"),
        ("no network", "listen = [\"127.0.0.1:1\"]\ncallers = [\"here\"]", "forward_auth.callers[0]"),
        (
            "the same twice",
            "listen = [\"unix:a.sock\"]\nlisten_grpc = [\"unix:a.sock\"]",
            "forward_auth.listen_grpc[0]",
        ),
    ] {
        refused(what, &with(&format!("[forward_auth]\n{keys}"), "", CLOSED), &[key]);
    }
    for limit in [0, 101] {
        let text = with(&format!("[throttle]\nhard_limit = {limit}"), "", CLOSED);
        refused("guesses without end", &text, &["throttle.hard_limit"]);
    }
    refused("no time at all", &with("[session]\nidle = \"0s\"", "", CLOSED), &["session.idle"]);
    let sections = "[identity]\nlifetime = \"1h\"\n[session]\nidel = \"5m\"\nlifetime = \"soon\"";
    let many = with(sections, "", "[[site.rules]]\npolicy = \"no\"");
    refused("all at once", &many, &["idel", "session.lifetime", "identity.lifetime", "policy"]);
    refused("no TOML", "[listen\n", &[]);
}

/// CF-02: what could be read and can never serve is refused, not served.
#[test]
fn cf_02_what_nobody_can_want_stops_the_start() {
    refused("no site at all", "", &["site: there is none"]);
    for (sections, key) in [
        ("[throttle]\nbase = \"1h\"\nceiling = \"1m\"", "throttle.base"),
        ("[password]\nmin_length = 2", "password.min_length"),
        ("[audit]\nkeep = \"0s\"", "audit.keep"),
        ("[audit]\nmax = \"1B\"", "audit.max"),
        ("[identity]\nrotate = \"0s\"", "identity.rotate"),
        ("[identity]\nissuer = \"us\"", "identity.issuer"),
        ("[limits]\nconnections_per_address = 0", "limits.connections_per_address"),
        ("[password]\nmemory = \"4095GiB\"", "password.memory"),
        ("[forward_auth]\ncallers = [\"10.0.0.0/8\"]", "forward_auth.callers"),
    ] {
        refused(key, &with(sections, "", CLOSED), &[key]);
    }
    let good = with("", "", CLOSED);
    refused("HSTS in clear", &with("", "hsts = \"730d\"", CLOSED), &["site[0].hsts"]);
    for (listen, upstream) in [
        ("127.0.0.1:9", "127.0.0.1:9"),
        ("127.0.0.1:9", "localhost:9"),
        ("0.0.0.0:9", "127.0.0.1:9"),
        ("[::]:9", "[::1]:9"),
    ] {
        let text = good.replace("127.0.0.1:0", listen).replace("//127.0.0.1:9", &format!("//{upstream}"));
        refused("a gate before itself", &text, &["site[0].upstreams[0]"]);
    }
    let elsewhere = good.replace("127.0.0.1:0", "0.0.0.0:9").replace("//127.0.0.1:9", "//10.0.0.7:9");
    let said = run(tempfile::tempdir().unwrap().path(), &elsewhere, &["check"]);
    assert_eq!(said.code, 0, "another machine's port is another one: {}{}", said.out, said.err);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/store.mark"), "").unwrap();
    let said = run(folder.path(), &with("", "", CLOSED), &["check"]);
    assert!(said.code == 78 && said.err.contains("sealing.key is missing"), "{}{}", said.out, said.err);

    let off = "[methods]\ntotp.enabled = false\nwebauthn.enabled = false";
    let said = run(tempfile::tempdir().unwrap().path(), &with(off, "", CLOSED), &["check"]);
    assert!(said.code == 0 && said.out.contains("nobody passes"), "{}{}", said.out, said.err);
}

/// One mistake is one problem: what follows from it is not told as another.
#[test]
fn cf_02_one_mistake_is_one_problem() {
    let rule = rules! { _ => "two_factor" with factors = ["webauthn"] };
    let folder = tempfile::tempdir().unwrap();
    let good = run(folder.path(), &with("", "", rule), &["check"]);
    assert_eq!(good.code, 0, "{}", good.err);
    let bad = with("", "", rule).replace("http://localhost:1", "localhost");
    let said = run(folder.path(), &bad, &["check"]);
    assert!(said.code == 78 && said.err.contains("site[0].url"), "{}", said.err);
    assert!(!said.err.contains("factors"), "{}", said.err);
    let said = run(folder.path(), &bad.replace("webauthn", "passkeys"), &["check"]);
    assert!(said.err.contains("site[0].rules[0].factors[0]"), "no method of any site: {}", said.err);
}

/// Problems come in the order of the file, for people and for programs; so does what is only worth a look.
#[test]
fn cf_02_problems_have_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let bad = with("[identity]\nlifetime = \"1h\"\n[session]\nidel = \"5m\"", "", "[[site.rules]]\npolicy = \"no\"");
    let said = run(folder.path(), &bad, &["check"]);
    let at = |word: &str| said.err.find(word).unwrap_or_else(|| panic!("{word}: {}", said.err));
    assert!(at("identity.lifetime") < at("session.idel") && at("session.idel") < at("rules[0].policy"), "{}", said.err);
    let said = run(folder.path(), &bad, &["check", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &told["outcome"]), (78, &"refused".into()));
    assert_eq!(told["problems"][0]["line"], 2);
    for member in ["file", "key", "what", "remedy"] {
        assert!(told["problems"][0][member].is_string(), "{member}: {told}");
    }
    let two = format!(
        "{}\n[[site]]\nurl = \"http://localhost:1\"\npath = \"/b\"\nupstreams = [\"http://127.0.0.1:9\"]\n",
        with("", "", CLOSED)
    );
    let said = run(folder.path(), &two, &["check"]);
    assert_eq!(said.out.matches("shares the login's origin").count(), 1, "{}", said.out);
    let line = two[..two.rfind("[[site]]").expect("two sites")].lines().count() + 1;
    assert!(said.out.contains(&format!("vestibule.toml:{line}: site[1]: has no rules")), "{}", said.out);
}

/// CF-01: a key or secret that is missing, short, well known or open to others stops the start.
#[test]
fn cf_01_no_weak_secret() {
    let sms = "[methods.sms]\nenabled = true\ncountries = [\"NL\"]\n[gateway.sms]\nkind = \"webhook\"\n\
               url = \"http://127.0.0.1:9/\"\nsecret_file = \"FOLDER/secret\"";
    for (secret, good) in
        [("", false), ("changeme", false), ("abc1", false), ("4f1c9a7be2d84a6f9b3c5d7e8a1f2b3c", true)]
    {
        let folder = tempfile::tempdir().unwrap();
        write_private(&folder.path().join("secret"), secret);
        let said = run(folder.path(), &with(sms, "", CLOSED), &["check"]);
        assert_eq!(said.code, if good { 0 } else { 78 }, "{secret:?}: {}{}", said.out, said.err);
        assert!(good || said.err.contains("secret_file"));
        assert!(secret.is_empty() || !said.err.contains(secret), "{}", said.err);
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &with(sms, "", CLOSED), &["check"]).code, 78, "no secret at all");
    for key in ["changeme\n", "vestibule-sealing-key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", ""] {
        let folder = tempfile::tempdir().unwrap();
        write_private(&folder.path().join("sealing.key"), key);
        let text = with("", "", CLOSED).replace("[[site]]", "sealing_key_file = \"FOLDER/sealing.key\"\n[[site]]");
        let said = run(folder.path(), &text, &["serve"]);
        assert_ne!(said.code, 0, "{key:?}");
        assert!(said.err.contains("sealing.key"), "{}", said.err);
    }
}

fn write_private(file: &std::path::Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

/// CF-03: without rules everything is refused; the set-up is one link, for a store that never had a user.
#[test]
fn cf_03_nothing_is_open_that_was_not_opened() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).rules("").start();
    let mut browser = gate.visitor();
    for address in ["/", "/index.html", "/.well-known/x"] {
        assert_eq!(browser.goto(address).status, 403, "{address}");
        assert_eq!(browser.script("POST", address).send().status, 403, "{address}");
    }
    let origin = gate.origin.clone();
    for address in
        ["/.vestibule/setup", "/.vestibule/setup/AAAAAAAAAAAAAAAAAAAAAA", "/.vestibule/install", "/.vestibule/admin"]
    {
        assert_eq!(browser.goto(address).status, 404, "{address}");
        let ask = browser.navigate("POST", address, "same-origin").with("Origin", &origin);
        let form = format!("username=mallory&new_password={PASSWORD}&new_password_again={PASSWORD}");
        assert!(matches!(ask.form(&form).send().status, 404 | 405), "{address}");
    }
    echo.assert_untouched("a site without rules");
    // The one link, written for the operator alone.
    let link = std::fs::read_to_string(gate.data().join("setup-link")).unwrap();
    let link = crate::harness::link_in(&link);
    let page = browser.visit(&link);
    page.assert_at("/.vestibule/setup", 200);
    gate.run(["user", "add", "alice"]);
    assert_eq!(browser.goto("/.vestibule/setup").status, 404, "dead once there is a user");
    assert_eq!(gate.visitor().goto(&link).status, 404);
    gate.run(["user", "remove", "alice"]);
    assert_eq!(gate.visitor().goto(&link).status, 404, "and it does not come back");
}

/// CF-03: the set-up link makes the first user, once.
#[test]
fn cf_03_the_set_up_link_is_good_once() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let link = crate::harness::link_in(&std::fs::read_to_string(gate.data().join("setup-link")).unwrap());
    let (mut first, mut second) = (gate.visitor(), gate.visitor());
    let (page, other) = (first.visit(&link), second.visit(&link));
    let fields = [("username", "root"), ("new_password", PASSWORD), ("new_password_again", PASSWORD)];
    let page = first.submit(&page, &fields);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(second.submit(&other, &[("username", "evil"), fields[1], fields[2]]).status, 404);
    let page = first.follow(page);
    let (_, page) = first.enrol_totp(page);
    assert_eq!(first.keep_codes(page).1.status, 200);
    assert!(!gate.run(["user", "list"]).contains("evil"));

    let late = Gate::before(&echo).start();
    let link = crate::harness::link_in(&std::fs::read_to_string(late.data().join("setup-link")).unwrap());
    late.advance(30 * 60);
    assert_eq!(late.visitor().goto(&link).status, 404, "half an hour");
}

/// CF-06: in clear beyond this machine, every start and every check says so.
#[test]
fn cf_06_what_travels_in_clear_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = with("", "", CLOSED).replace("http://localhost:1", "http://wiki.example.com");
    let said = run(folder.path(), &text, &["check"]);
    assert!(said.code == 0 && said.out.contains("not encrypted"), "{}{}", said.out, said.err);
    let said = run(folder.path(), &with("", "", CLOSED), &["check"]);
    assert!(!said.out.contains("not encrypted"), "{}", said.out);
    let echo = Echo::start();
    let site = "url = \"http://wiki.example.com\"\nupstreams = [\"UPSTREAM\"]";
    let mut gate = Gate::before(&echo).site(site).start();
    assert_eq!(gate.log().matches("not encrypted").count(), 1);
    gate.restart();
    assert_eq!(gate.log().matches("not encrypted").count(), 2);
}

/// CF-08: nothing of the operator's is on the public listener.
#[test]
fn cf_08_operators_doors_are_not_on_the_street() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    for name in [
        "metrics",
        "health",
        "health/live",
        "admin",
        "admin.sock",
        "debug",
        "users",
        "auth/nginx",
        "auth/forwarded",
        "config",
        "reload",
    ] {
        assert_eq!(browser.goto(&format!("/.vestibule/{name}")).status, 404, "{name}");
        assert_eq!(browser.goto(&format!("/{name}")).status, 302, "{name} is the application's to have");
        assert_eq!(browser.ask("POST", &format!("/.vestibule/{name}")).form("").send().status, 404, "{name}");
    }
    echo.assert_untouched("operators' names");
    assert_eq!(gate.cli(["health"]).code, 0, "on the socket they are");
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(gate.data().join("admin.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// An application behind TLS with this certificate; answers "hello" and counts what it was asked.
fn tls_echo(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> (SocketAddr, Arc<std::sync::atomic::AtomicUsize>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let (config, asked) = (Arc::new(config), Arc::<std::sync::atomic::AtomicUsize>::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, count) = (listener.local_addr().unwrap(), asked.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let Ok(mut tls) = rustls::ServerConnection::new(config.clone()) else { continue };
            let mut tls = rustls::Stream::new(&mut tls, &mut stream);
            let mut head = Vec::new();
            let mut byte = [0; 1];
            while !head.ends_with(b"\r\n\r\n") && matches!(tls.read(&mut byte), Ok(1)) {
                head.push(byte[0]);
            }
            if head.ends_with(b"\r\n\r\n") {
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
            }
        }
    });
    (address, asked)
}

/// CF-10: an application whose certificate does not hold is not spoken to.
#[test]
fn cf_10_a_wrong_certificate_is_refused() {
    use std::sync::atomic::Ordering::SeqCst;
    let certificate = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (ours, others, misnamed) = (certificate("localhost"), certificate("localhost"), certificate("evil.test"));
    let rules = rules! { "/**" => "bypass" };
    for (what, served, trusted, good) in [
        ("the right one", &ours, Some(&ours), true),
        ("one that nobody vouches for", &ours, None, false),
        ("another's", &others, Some(&ours), false),
        ("one for another name", &misnamed, Some(&misnamed), false),
    ] {
        let (address, asked) = tls_echo(served);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let mut site =
            format!("url = \"http://localhost:PORT\"\nupstreams = [\"https://localhost:{}\"]", address.port());
        if let Some(trusted) = trusted {
            std::fs::write(&file, trusted.cert.pem()).unwrap();
            site += &format!("\nupstream_ca_file = \"{}\"", file.display());
        }
        let gate = Gate::before(&Echo::start()).site(&site).rules(rules).start();
        let page = gate.visitor().goto("/");
        assert_eq!(page.status, if good { 200 } else { 502 }, "{what}: {}", page.text());
        assert_eq!(asked.load(SeqCst), usize::from(good), "{what}");
    }
}

/// CF-12: rules that their author may not have meant are named by `check`.
#[test]
fn cf_12_suspicious_rules_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let rules = rules! {
        "/a/**" => "two_factor",
        "/a/b" => "deny",
        "/c" if http_methods = ["POST"] => "two_factor",
        "/**" => "bypass",
    };
    let said = run(folder.path(), &with("", "", rules), &["check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for words in ["rules[1]: never decides", "rules[2]: is limited by", "rules[3]: is open to all"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let said = run(folder.path(), &with("", "", CLOSED), &["check"]);
    assert!(!said.out.contains("rules["), "{}", said.out);
}
