//! `doctor` before set-ups that are right, and before each with one thing wrong: real servers in front, from the shipped
//! files. What is wrong is found, what is right is never accused.

use std::fs;
use std::net::SocketAddr;

use serde_json::Value;

use crate::harness::{Authority, Echo, Front, Gate, Shipped, Signed, free_address};

/// What was found: check and state, in order.
#[derive(Debug)]
struct Diagnosis {
    code: i32,
    json: Value,
}

impl Diagnosis {
    #[track_caller]
    fn of(gate: &Gate, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let arguments = [&["doctor", "--json"], arguments].concat();
        let said = gate.cli_in(environment, &arguments, "");
        let json = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
        Self { code: said.code, json }
    }

    fn found(&self, state: &str) -> Vec<String> {
        let findings = self.json["findings"].as_array().expect("a list").iter();
        findings
            .filter(|found| found["state"] == state)
            .map(|found| found["check"].to_string().replace('"', ""))
            .collect()
    }

    /// Exactly these fail, and the answer is no where any does.
    #[track_caller]
    fn assert_failing(&self, checks: &[&str]) {
        assert_eq!(self.found("failure"), checks, "{:#}", self.json);
        assert_eq!(self.code, i32::from(!checks.is_empty()), "{:#}", self.json);
        let findings = self.json["findings"].as_array().expect("a list");
        let silent = findings.iter().find(|found| found["state"] != "ok" && found["remedy"] == "");
        assert_eq!(silent, None, "whatever is wrong has a remedy");
    }

    #[track_caller]
    fn assert_ok(&self, checks: &[&str]) {
        let ok = self.found("ok");
        for check in checks {
            assert!(ok.iter().any(|found| found == check), "{check} in {:#}", self.json);
        }
    }
}

/// nginx in front of a gate in the path, by http.
fn in_front(address: SocketAddr, gate: &Gate) -> Shipped {
    Shipped::nginx("nginx/in-front.conf", address).with("127.0.0.1:8080", &gate.address.to_string())
}

/// A gate whose site is at this address, trusting these proxies.
fn gate(echo: &Echo, url: &str, trusted: &str) -> Gate {
    Gate::before(echo)
        .config(&format!("[trust]\nproxies = [{trusted}]"))
        .site(&format!("url = \"{url}\"\nupstreams = [\"UPSTREAM\"]"))
        .start()
}

const LOOPBACK: &str = "\"127.0.0.1/32\"";

#[test]
fn a_set_up_that_is_right_is_fine() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    let _front = Front::nginx(in_front(address, &gate), address);
    let found = Diagnosis::of(&gate, &[], &[&format!("{url}/wiki/page?a=1")]);
    found.assert_failing(&[]);
    found.assert_ok(&[
        "name", "tcp", "route", "clock", "login", "cookie", "auth", "host", "proxy", "forged", "visitor", "script",
    ]);
    assert_eq!(found.found("warning"), Vec::<String>::new(), "{:#}", found.json);
    echo.assert_untouched("the doctor is a stranger");
    // For people, too.
    let said = gate.cli(["doctor", &url]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    // Whoever names a configuration wants it looked at: without it, half of all this would be left out.
    fs::write(gate.folder.path().join("wrong.toml"), "[listn]").expect("the folder can be written");
    for file in ["gone.toml", "wrong.toml"] {
        let said = gate.cli_alone(&["doctor", &url, "--config", file]);
        assert_eq!(said.code, 78, "{file}: {}{}", said.out, said.err);
    }
    assert!(said.out.lines().any(|line| line.starts_with("ok       proxy ")), "{}", said.out);
}

/// From anywhere else, nothing but what any client may know is needed, and what is not known is said.
#[test]
fn a_stranger_to_the_gate_gets_what_is_to_be_seen_from_outside() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    let _front = Front::nginx(in_front(address, &gate), address);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let data = elsewhere.path().display().to_string();
    fs::rename(gate.config_file(), elsewhere.path().join("moved.toml")).expect("moved");
    let said = gate.cli_alone(&["doctor", "--json", &url, "--data", &data]);
    let found: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    assert_eq!(said.code, 0, "{found:#}");
    assert!(
        found["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| one["check"] == "gate" && one["state"] == "warning")
    );
}

#[test]
fn a_missing_route_to_our_pages_is_found() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    for broken in ["return 404;", "return 302 /.vestibule/login;", "return 401;", "return 200 \"an application\";"] {
        let broken = format!("    location /.vestibule/ {{ {broken} }}\n    location / {{\n");
        let front = Front::nginx(in_front(address, &gate).with("    location / {\n", &broken), address);
        let found = Diagnosis::of(&gate, &[], &[&url]);
        found.assert_failing(&["route"]);
        drop(front);
    }
}

/// nginx beside a gate, which it asks; and what becomes of it when somebody edits the file.
#[test]
fn a_server_that_asks_is_examined_like_one_that_sends() {
    let (echo, address, questions) = (Echo::start(), free_address(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = Gate::before(&echo)
        .config(&format!(
            "[trust]\nproxies = [{LOOPBACK}]\n[forward_auth]\nlisten = [\"{questions}\"]\ncallers = [{LOOPBACK}]"
        ))
        .site(&format!("url = \"{url}\""))
        .rules(rules! { "/open/**" => "bypass", _ => "two_factor" })
        .start();
    let right = Shipped::nginx("nginx/vestibule.conf", address)
        .with("127.0.0.1:8080", &gate.address.to_string())
        .with("127.0.0.1:9091", &questions.to_string())
        .with("127.0.0.1:3000", &echo.address.to_string());
    let exposed = "    location /.vestibule/auth/forwarded { proxy_pass http://vestibule_auth; }\n    location / {\n";
    // An answer without a login is as it should be where a rule says so.
    let asking = "        auth_request /.vestibule/auth/nginx;\n";
    {
        let _front = Front::nginx(right.clone(), address);
        let found = Diagnosis::of(&gate, &[], &[&format!("{url}/open/a")]);
        found.assert_failing(&[]);
        assert_eq!(found.found("warning"), ["visitor"], "{:#}", found.json);
    }
    {
        let _front = Front::nginx(right.clone().with(asking, ""), address);
        Diagnosis::of(&gate, &[], &[&format!("{url}/wiki")]).assert_failing(&["visitor"]);
    }
    echo.forget();
    for (file, checks) in [
        (right.clone(), &[][..]),
        (right.clone().without("    location /.vestibule/ {", "    }"), &["route"]),
        (right.clone().with("    location / {\n", exposed), &["auth"]),
        (right.clone().with("        error_page 401 403 = @vestibule_no;\n", ""), &["visitor"]),
        (right.clone().with("X-Original-URL $scheme://", "X-Original-URL https://"), &["visitor"]),
        (
            right.clone().with("X-Original-URL $scheme://$server_name", "X-Original-URL $scheme://elsewhere.test"),
            &["visitor"],
        ),
        (right.clone().with(&questions.to_string(), &free_address().to_string()), &["visitor"]),
        (
            right.with("proxy_set_header X-Forwarded-Proto $scheme;", "proxy_set_header X-Forwarded-Proto https;"),
            &["scheme"],
        ),
    ] {
        let _front = Front::nginx(file, address);
        let found = Diagnosis::of(&gate, &[], &[&format!("{url}/wiki")]);
        found.assert_failing(checks);
    }
    echo.assert_untouched("the doctor is a stranger");
}

/// nginx makes a login page of the gate's refusal to talk to it: to a browser all is well, until somebody signed in.
#[test]
fn a_server_that_may_not_ask_is_found() {
    let (echo, address, questions) = (Echo::start(), free_address(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = Gate::before(&echo)
        .config(&format!(
            "[trust]\nproxies = [{LOOPBACK}]\n[forward_auth]\nlisten = [\"{questions}\"]\ncallers = [\"10.0.0.1/32\"]"
        ))
        .site(&format!("url = \"{url}\""))
        .start();
    let file = Shipped::nginx("nginx/vestibule.conf", address)
        .with("127.0.0.1:8080", &gate.address.to_string())
        .with("127.0.0.1:9091", &questions.to_string())
        .with("127.0.0.1:3000", &echo.address.to_string());
    let _front = Front::nginx(file, address);
    let found = Diagnosis::of(&gate, &[], &[&format!("{url}/wiki")]);
    found.assert_failing(&["callers"]);
    found.assert_ok(&["visitor"]);
}

#[test]
fn a_proxy_that_is_not_believed_is_found() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, "");
    let _front = Front::nginx(in_front(address, &gate), address);
    let found = Diagnosis::of(&gate, &[], &[&url]);
    found.assert_failing(&["proxy"]);
    assert!(found.json.to_string().contains("all users share one address"), "{:#}", found.json);
}

/// A server in front that adds to what clients say, and a client that says something.
#[test]
fn a_client_that_can_choose_its_address_is_found() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, "\"127.0.0.5/32\"");
    let from = "    location / {\n        proxy_bind 127.0.0.5;\n";
    let right = in_front(address, &gate).with("    location / {\n", from);
    let front = Front::nginx(right.clone(), address);
    Diagnosis::of(&gate, &[], &[&url]).assert_failing(&[]);
    drop(front);
    // What nginx knows stands right of it, so this is no harm …
    let adding = right.clone().with("X-Forwarded-For $remote_addr;", "X-Forwarded-For $proxy_add_x_forwarded_for;");
    let front = Front::nginx(adding, address);
    Diagnosis::of(&gate, &[], &[&url]).assert_failing(&[]);
    drop(front);
    // … and this is.
    let passing = right.with("        proxy_set_header X-Forwarded-For $remote_addr;", "");
    let _front = Front::nginx(passing, address);
    let found = Diagnosis::of(&gate, &[], &[&url]);
    found.assert_failing(&["proxy", "forged"]);
}

#[test]
fn a_wrong_scheme_is_found_from_both_sides() {
    let echo = Echo::start();
    let authority = Authority::make();
    // People use https; the gate believes http.
    let address = free_address();
    let https = format!("https://localhost:{}", address.port());
    let there = gate(&echo, &https.replace("https", "http"), LOOPBACK);
    let files = Signed::by(&authority, "localhost");
    let front = Front::nginx(
        files
            .serving(Shipped::nginx_tls("nginx/in-front.conf", address))
            .with("127.0.0.1:8080", &there.address.to_string()),
        address,
    );
    let trusting = files.trusting();
    let found = Diagnosis::of(&there, &[("SSL_CERT_FILE", &trusting)], &[&https]);
    found.assert_failing(&["scheme", "scheme"]);
    found.assert_ok(&["tls", "versions", "route"]);
    drop(front);
    // People use http; the gate believes https.
    let address = free_address();
    let http = format!("http://localhost:{}", address.port());
    let there = gate(&echo, &http.replace("http", "https"), LOOPBACK);
    let _front = Front::nginx(in_front(address, &there), address);
    Diagnosis::of(&there, &[], &[&http]).assert_failing(&["scheme", "scheme"]);
}

#[test]
fn certificates_are_judged_as_a_browser_does() {
    let echo = Echo::start();
    let authority = Authority::make();
    let address = free_address();
    let url = format!("https://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    let site = |files: &Signed| {
        let site = files.serving(Shipped::nginx_tls("nginx/in-front.conf", address));
        site.with("127.0.0.1:8080", &gate.address.to_string())
    };
    let good = Signed::by(&authority, "localhost");
    let trusting = good.trusting();
    {
        let _front = Front::nginx(site(&good), address);
        let found = Diagnosis::of(&gate, &[("SSL_CERT_FILE", &trusting)], &[&url]);
        found.assert_failing(&[]);
        found.assert_ok(&["tls", "versions", "cookie", "proxy", "visitor", "script"]);
        // Nobody this machine trusts.
        let stranger = Signed::by(&Authority::make(), "localhost");
        let found = Diagnosis::of(&gate, &[("SSL_CERT_FILE", &stranger.trusting())], &[&url]);
        found.assert_failing(&["tls"]);
        found.assert_ok(&["versions", "route", "login", "cookie", "proxy", "visitor", "script"]);
        assert!(found.json.to_string().contains("nobody this machine trusts"), "{:#}", found.json);
    }
    for (files, why) in [
        (Signed::by(&authority, "other.test"), "is not for localhost"),
        (Signed::expired(&authority, "localhost"), "has expired"),
        (Signed::as_authority(&authority, "localhost"), "is an authority's own"),
    ] {
        // Whatever else is wrong is found beside it.
        let hidden = "    location / {\n        proxy_hide_header Set-Cookie;\n";
        for (broken, checks) in [("    location / {\n", &["tls"][..]), (hidden, &["tls", "cookie"])] {
            let _front = Front::nginx(site(&files).with("    location / {\n", broken), address);
            let found = Diagnosis::of(&gate, &[("SSL_CERT_FILE", &trusting)], &[&url]);
            found.assert_failing(checks);
            assert!(found.json.to_string().contains(why), "{:#}", found.json);
        }
    }
    // Versions that nobody should speak.
    let old = site(&good).with(
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;",
    );
    let _front = Front::nginx(old, address);
    Diagnosis::of(&gate, &[("SSL_CERT_FILE", &trusting)], &[&url]).assert_failing(&["versions"]);
}

#[test]
fn a_clock_that_is_off_is_found() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    let _front = Front::nginx(in_front(address, &gate), address);
    Diagnosis::of(&gate, &[], &[&url]).assert_failing(&[]);
    gate.skew_wall(120_000);
    let found = Diagnosis::of(&gate, &[], &[&url]);
    found.assert_failing(&["clock"]);
    assert!(found.json.to_string().contains("120 s apart"), "{:#}", found.json);
}

#[test]
fn an_application_that_can_be_reached_around_the_gate_is_found() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    let _front = Front::nginx(in_front(address, &gate), address);
    let found = Diagnosis::of(&gate, &[], &[&url, "--direct", &echo.address.to_string()]);
    found.assert_failing(&["direct"]);
    let nobody = free_address().to_string();
    Diagnosis::of(&gate, &[], &[&url, "--direct", &nobody]).assert_failing(&[]);
    let found = Diagnosis::of(&gate, &[], &[&url, "--direct", &gate.address.to_string()]);
    found.assert_failing(&[]);
    assert_eq!(found.found("warning"), ["direct"], "a gate is no application");
}

#[test]
fn what_stands_between_and_changes_answers_is_found() {
    let (echo, address) = (Echo::start(), free_address());
    let url = format!("http://localhost:{}", address.port());
    let gate = gate(&echo, &url, LOOPBACK);
    for (broken, checks) in [
        ("proxy_hide_header Set-Cookie;", &["cookie"][..]),
        ("proxy_cookie_path / /wiki;", &["cookie"]),
        ("proxy_hide_header Content-Security-Policy;", &["login"]),
        ("error_page 401 =302 /.vestibule/login; proxy_intercept_errors on;", &["script"]),
    ] {
        let broken = format!("    location / {{\n        {broken}\n");
        let _front = Front::nginx(in_front(address, &gate).with("    location / {\n", &broken), address);
        Diagnosis::of(&gate, &[], &[&url]).assert_failing(checks);
    }
    let lost = in_front(address, &gate).with("proxy_set_header Host $server_name;", "proxy_set_header Host elsewhere;");
    let _front = Front::nginx(lost, address);
    Diagnosis::of(&gate, &[], &[&url]).assert_failing(&["login", "host", "visitor"]);
}

/// The address leads to another gate than the one that is configured here.
#[test]
fn another_gate_is_not_taken_for_this_one() {
    let echo = Echo::start();
    let (here, there) = (Gate::before(&echo).start(), Gate::before(&echo).start());
    Diagnosis::of(&here, &[], &[&here.origin]).assert_failing(&[]);
    Diagnosis::of(&here, &[], &[&there.origin]).assert_failing(&["gate"]);
}

/// The login is elsewhere, and as much a part of it.
#[test]
fn a_portal_is_visited_too() {
    let gate = Gate::before(&Echo::start())
        .config("[portal]\nurl = \"http://localhost:PORT\"\n[methods.webauthn]\nenabled = false")
        .site("url = \"http://127.0.0.1:PORT\"\nupstreams = [\"UPSTREAM\"]")
        .start();
    let found = Diagnosis::of(&gate, &[], &[&gate.origin]);
    found.assert_failing(&[]);
    found.assert_ok(&["portal", "login", "cookie", "visitor", "script"]);
}

#[test]
fn nobody_there_is_told_and_nonsense_is_wrong_usage() {
    let gate = Gate::before(&Echo::start()).start();
    Diagnosis::of(&gate, &[], &[&format!("http://{}", free_address())]).assert_failing(&["tcp"]);
    Diagnosis::of(&gate, &[], &["http://nobody.invalid"]).assert_failing(&["name"]);
    for text in ["wiki.example.com", "ftp://wiki.example.com", "http://"] {
        assert_eq!(gate.cli(["doctor", text]).code, 2, "{text}");
    }
}
