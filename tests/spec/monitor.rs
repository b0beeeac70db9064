//! The listener for those who watch over the gate: what is counted there, and that it is nowhere else.

use std::net::SocketAddr;

use crate::harness::{Answer, Echo, Gate, Wire, until};

const RULES: &str = rules! { "/open/**" => "bypass", _ => "two_factor" };

/// Where it listens for metrics, off its log.
fn monitor(gate: &Gate) -> SocketAddr {
    let log = gate.log();
    let line = log.lines().rfind(|line| line.contains("metrics and health")).expect("it says where");
    let address = line.split("address=").nth(1).expect("with an address");
    address.split(' ').next().unwrap_or(address).parse().expect("an address")
}

/// Status, content type, body.
fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    let mut wire = Wire::to(address);
    wire.send(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"));
    let reply = wire.reply().expect("an answer");
    (reply.status, reply.field("content-type").unwrap_or_default().to_owned(), reply.text())
}

/// The number of this line; 0 where nothing was counted yet.
fn number(address: SocketAddr, line: &str) -> f64 {
    let (status, _, text) = get(address, "/metrics");
    assert_eq!(status, 200);
    let found = text.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(' ')?.parse().ok());
    found.unwrap_or_default()
}

/// CF-08: numbers, health and the public keys are answered there and, the keys apart, nowhere else; and nothing else is.
#[test]
fn cf_08_metrics_have_a_listener_of_their_own() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).listen("metrics = \"127.0.0.1:0\"").start();
    let address = monitor(&gate);
    let (status, kind, text) = get(address, "/metrics");
    assert!(status == 200 && kind.starts_with("application/openmetrics-text"), "{status} {kind}");
    assert!(text.ends_with("# EOF\n") && text.contains("\nvestibule_store_ready 1\n"), "{text}");
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(get(address, path).0, 200, "{path}");
    }
    for path in ["/.vestibule/jwks.json", "/.well-known/vestibule/jwks.json"] {
        let (status, _, keys) = get(address, path);
        assert!(status == 200 && keys.contains("\"P-256\"") && !keys.contains("\"d\""), "{path}: {keys}");
        assert_eq!(gate.visitor().goto(path).status, 200, "{path}");
    }
    for path in ["/", "/.vestibule/login", "/.vestibule/account", "/health", "/admin", "/metrics/", "//metrics"] {
        assert_eq!(get(address, path).0, 404, "{path}");
    }
    let mut wire = Wire::to(address);
    wire.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(wire.reply().map(|reply| reply.status), Some(405));
    // On the street they are a stranger's request to the application, and no page of ours.
    for path in ["/metrics", "/health/live", "/health/ready"] {
        assert_eq!(gate.visitor().goto(path).status, 302, "{path}");
        assert_eq!(gate.visitor().goto(&format!("/.vestibule{path}")).status, 404, "{path}");
    }
    echo.assert_untouched("watchers' names");
}

/// Connections that say nothing, nonsense and a head without an end hold up nobody who watches.
#[test]
fn cf_08_a_silent_watcher_holds_up_nobody() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).listen("metrics = \"127.0.0.1:0\"").start();
    let address = monitor(&gate);
    let silent: Vec<Wire> = (0..20).map(|_| Wire::to(address)).collect();
    let mut endless = Wire::to(address);
    endless.send(format!("GET /metrics HTTP/1.1\r\nHost: x\r\nA: {}", "a".repeat(200_000)));
    let mut nonsense = Wire::to(address);
    nonsense.send("\u{16}\u{3}\u{1}hello\r\n\r\n");
    assert_eq!(get(address, "/health/live").0, 200);
    drop(silent);
    assert_eq!(gate.visitor().goto("/").status, 302, "and the door is open");
}

/// What happens moves the numbers: passwords, second factors, waits, sessions, requests of each side by site and class,
/// and failures of the application. Nothing that a visitor chose is a label.
#[test]
fn what_happens_is_counted() {
    let echo = Echo::answering(|request| match request.target.as_str() {
        "/open/broken" => Answer::Close,
        _ => Answer::Json,
    });
    let gate = Gate::before(&echo).listen("metrics = \"127.0.0.1:0\"").rules(RULES).start();
    let address = monitor(&gate);
    let alice = gate.given_user("alice");
    let site = gate.origin.clone();
    let site =
        |by: &str, class: &str| format!("vestibule_requests_total{{site=\"{site}\",by=\"{by}\",status=\"{class}\"}}");
    let lines = [
        ("vestibule_passwords_total{result=\"right\"}".to_owned(), 1.0),
        ("vestibule_passwords_total{result=\"wrong\"}".to_owned(), 1.0),
        ("vestibule_passwords_total{result=\"waiting\"}".to_owned(), 1.0),
        ("vestibule_throttled_total{by=\"password\"}".to_owned(), 1.0),
        ("vestibule_second_factors_total{method=\"totp\",result=\"right\"}".to_owned(), 1.0),
        ("vestibule_second_factors_total{method=\"totp\",result=\"wrong\"}".to_owned(), 1.0),
        ("vestibule_second_factors_total{method=\"totp\",result=\"waiting\"}".to_owned(), 1.0),
        ("vestibule_throttled_total{by=\"factor\"}".to_owned(), 1.0),
        ("vestibule_sessions_opened_total{level=\"verified\"}".to_owned(), 1.0),
        (site("application", "2xx"), 2.0),
        (site("gate", "5xx"), 1.0),
        (format!("vestibule_upstream_failures_total{{site=\"{}\"}}", gate.origin), 1.0),
    ];
    let before: Vec<f64> = lines.iter().map(|(line, _)| number(address, line)).collect();

    let mut browser = gate.visitor();
    let page = browser.visit("/");
    let give = |browser: &mut crate::harness::Visitor, page, password: &str| {
        browser.submit(page, &[("username", "alice"), ("password", password)])
    };
    assert_eq!(give(&mut browser, &page, "of nobody").status, 200);
    assert_eq!(give(&mut browser, &page, &alice.password).status, 429);
    gate.advance(40);
    let page = give(&mut browser, &page, &alice.password);
    let page = browser.follow(page);
    assert_eq!(browser.submit(&page, &[("code", "1")]).status, 200);
    assert_eq!(browser.submit(&page, &[("code", "1")]).status, 429);
    gate.advance(2);
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(gate.visitor().goto("/open/x?name=mallory").status, 200);
    assert_eq!(gate.visitor().goto("/open/broken").status, 502);

    let end = lines.last().expect("some");
    until("the last to be counted", 10, || (number(address, &end.0) > before[lines.len() - 1]).then_some(()));
    for ((line, more), before) in lines.iter().zip(&before) {
        assert_eq!(number(address, line) - before, *more, "{line}\n{}", get(address, "/metrics").2);
    }
    let (_, _, text) = get(address, "/metrics");
    for private in ["alice", "mallory", "/open", "broken", "bench/1.0"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert!(number(address, "vestibule_sessions_in_memory") >= 1.0);
}

/// What was sent is counted by gateway and outcome, in the units it is billed in, and costs what the configuration says.
#[test]
fn what_is_sent_is_counted_and_costs() {
    let echo = Echo::start();
    let config = "[gateway.sms]\nkind = \"webhook\"\nurl=\"http://127.0.0.1:1/\"\nsecret_file = \"FOLDER/secret\"\n\
                  price = 0.25\n[methods.sms]\nenabled = true\ncountries = [\"NL\"]\n[gateway.email]\nkind = \"console\"";
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef").expect("written");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("shut");
    let config = config.replace("FOLDER", &folder.path().display().to_string());
    let gate = Gate::before(&echo).listen("metrics = \"127.0.0.1:0\"").config(&config).start();
    let address = monitor(&gate);
    // Nobody listens there: the message was not taken, and costs nothing.
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(30);
    let page = browser.visit("/.vestibule/account/confirm/add-sms");
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code)]);
    let page = browser.follow(page);
    assert_eq!(browser.submit(&page, &[("phone", "+31612345678")]).status, 200);
    let labels = "{gateway=\"sms\",kind=\"webhook\",outcome=\"failed\"}";
    assert_eq!(number(address, &format!("vestibule_messages_total{labels}")), 1.0);
    assert_eq!(number(address, &format!("vestibule_message_units_total{labels}")), 1.0);
    assert_eq!(number(address, "vestibule_message_cost_total{gateway=\"sms\"}"), 0.0);
    assert!(!get(address, "/metrics").2.contains("31612345678"));
}

/// A public address is warned of, one of the visitors' is refused, and so is what is no address.
#[test]
fn cf_08_where_metrics_may_listen() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).listen("metrics = \"0.0.0.0:0\"").start();
    assert!(gate.log().contains("without a login"), "{}", gate.log());
    for (address, word) in [("127.0.0.1:PORT", "visitors reach"), ("somewhere", "no address")] {
        let config = std::fs::read_to_string(gate.config_file()).expect("readable");
        let text = config.replace("0.0.0.0:0", &address.replace("PORT", &gate.address.port().to_string()));
        let file = gate.folder.path().join("other.toml");
        std::fs::write(&file, text).expect("written");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
        let said = command.args(["check", "--config"]).arg(&file).output().expect("it runs");
        let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        assert!(said.contains("listen.metrics") && said.contains(word), "{said}");
    }
}
