//! Access rules: no spelling of a path, a host or a method reaches an application past the rule that protects it.

use super::PROTOCOL;
use crate::harness::{Echo, Gate, Protocol, Reply, User, WEBSOCKET_KEY};

const RULES: &str = rules! {
    "/public/**" => "bypass",
    "/exact" => "bypass",
    "/admin/**" => "two_factor" with groups = ["admins"],
    "/admin" => "two_factor" with groups = ["admins"],
    "/members/**" => "two_factor",
};

/// One application with an open, a protected and an unmentioned part.
fn bench() -> (Echo, Gate) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).speaking(PROTOCOL).rules(RULES).start();
    // The positive control of every case here.
    let open = gate.visitor().goto("/public/a");
    assert_eq!(open.status, 200, "the open part is open: {}", open.text());
    assert_eq!(echo.last().target, "/public/a");
    echo.forget();
    (echo, gate)
}

/// Sends a target exactly as it stands.
fn get(gate: &Gate, target: &str) -> Option<Reply> {
    gate.talk().send(format!("GET {target} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n\r\n", gate.authority())).reply()
}

/// Whatever is answered, no reading of anything that arrived is a protected path.
#[track_caller]
fn assert_never_protected(echo: &Echo, gate: &Gate, targets: &[&str]) {
    for target in targets {
        let reply = get(gate, target);
        let status = reply.as_ref().map(|reply| reply.status);
        assert!(status.is_none_or(|status| status < 500), "{target:?}: {status:?}");
        for request in echo.requests() {
            for reading in request.readings() {
                let protected = ["/admin", "/members"].iter().any(|path| reading.to_lowercase().starts_with(path));
                assert!(!protected, "{target:?} arrived as {reading:?}");
            }
        }
        echo.forget();
    }
}

#[track_caller]
fn assert_denied(echo: &Echo, gate: &Gate, targets: &[&str], statuses: &[u16]) {
    for target in targets {
        let status = get(gate, target).map(|reply| reply.status);
        assert!(status.is_none_or(|status| statuses.contains(&status)), "{target:?}: {status:?}");
        echo.assert_untouched(target);
    }
}

/// AR-01, AR-02
#[test]
fn dot_segments_do_not_leave_the_open_part() {
    let (echo, gate) = bench();
    assert_never_protected(
        &echo,
        &gate,
        &[
            "/public/../admin",
            "/public/./../admin",
            "/public/x/../../admin",
            "/public/%2e%2e/admin",
            "/public/%2E%2e/admin",
            "/public/.%2e/admin",
            "/public/%2e./members/x",
            "/public/..%2fadmin",
            "/public/..%2Fadmin",
            "/public/x/%2e%2e/%2e%2e/admin",
            "/public/../../../admin",
        ],
    );
    assert_denied(&echo, &gate, &["/public/..", "/public/%2e%2e", "/public/a/../..", "/.."], &[400, 401, 403]);
}

/// AR-03
#[test]
fn doubled_slashes_do_not_leave_the_open_part() {
    let (echo, gate) = bench();
    assert_never_protected(
        &echo,
        &gate,
        &["//admin", "///admin", "/public//../admin", "/public/..//admin", "//public/../admin", "//x/public/../admin"],
    );
    assert_denied(&echo, &gate, &["//admin", "//localhost/admin", "/admin//"], &[400, 401, 403, 404]);
}

/// AR-05
#[test]
fn a_query_opens_nothing() {
    let (echo, gate) = bench();
    let targets = ["/admin?x=/public/", "/admin?/public/a", "/members/a?/../public/a", "/admin/?path=/public/**"];
    assert_denied(&echo, &gate, &targets, &[401]);
    assert_eq!(get(&gate, "/public/a?x=/admin").map(|reply| reply.status), Some(200));
    assert_eq!(echo.last().target, "/public/a?x=/admin", "a query is passed on as it came");
}

/// AR-06
#[test]
fn a_fragment_is_no_part_of_a_request() {
    let (echo, gate) = bench();
    assert_never_protected(
        &echo,
        &gate,
        &["/admin#/public/x", "/public/a#/../admin", "/public/#/../../admin", "#/public/a"],
    );
    assert_denied(&echo, &gate, &["/admin#/public/x", "/admin%23/public/x"], &[400, 401, 403]);
}

/// AR-10
#[test]
fn path_parameters_do_not_leave_the_open_part() {
    let (echo, gate) = bench();
    assert_never_protected(
        &echo,
        &gate,
        &[
            "/public/..;/admin",
            "/public/..;a=b/admin",
            "/admin;x=1",
            "/public;a=/../admin",
            "/public/..%3b/admin",
            "/public/;/../admin",
        ],
    );
    assert_denied(&echo, &gate, &["/admin;x=1", "/admin;/public/a", "/admin/;/a"], &[400, 401, 403]);
}

/// AR-11, AR-12
#[test]
fn what_cannot_be_read_in_one_way_is_refused() {
    let (echo, gate) = bench();
    assert_denied(
        &echo,
        &gate,
        &[
            "/public\\..\\admin",
            "/public%5c..%5cadmin",
            "/public/%",
            "/public/%zz",
            "/public/%u002e",
            "/public/%c0%ae%c0%ae/admin",
            "/public/%00",
            "/public/a%0d%0ab",
        ],
        &[400],
    );
    assert_never_protected(&echo, &gate, &["/public/%252e%252e/admin", "/public/%25%32%65%25%32%65/admin"]);
}

/// AR-13, AR-14, AR-23
#[test]
fn a_pattern_fits_whole_segments_and_nothing_weaker() {
    let (echo, gate) = bench();
    assert_denied(
        &echo,
        &gate,
        &[
            "/admin/",
            "/admin/.",
            "/admin%20",
            "/admin%09",
            "/admin.",
            "/%61dmin",
            "/ADMIN",
            "/%41dmin",
            "/secret/public",
            "/secret/public/a",
            "/publicx",
            "/publicx/a",
            "/public%2fx",
            "/exactly",
            "/exact/more",
            "/x/exact",
        ],
        &[400, 401, 403],
    );
    assert_eq!(get(&gate, "/exact").map(|reply| reply.status), Some(200));
    assert_eq!(get(&gate, "/%70ublic/%61").map(|reply| reply.status), Some(200), "needless encoding changes nothing");
    assert_eq!(echo.last().target, "/public/a", "what was judged is what is sent");
}

/// AR-16
#[test]
fn a_host_in_capitals_is_the_same_host() {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .speaking(PROTOCOL)
        .config("[methods.webauthn]\nrp_id = \"localhost\"")
        .site("url = \"http://app.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]")
        .rules(rules! { "/open" => "bypass", _ => "two_factor" })
        .also("[[site]]\nurl = \"http://*.wild.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n[[site.rules]]\npolicy = \"deny\"")
        .start();
    let port = gate.address.port();
    let ask = |host: &str, path: &str| {
        let reply = gate.talk().send(format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n")).reply();
        reply.map_or(0, |reply| reply.status)
    };
    for host in ["app.localhost", "APP.LOCALHOST", "App.LocalHost"] {
        assert_eq!(ask(host, "/open"), 200, "{host}");
        echo.forget();
        assert_eq!(ask(host, "/locked"), 401, "{host}");
    }
    for host in ["a.wild.localhost", "A.WILD.LOCALHOST"] {
        assert_eq!(ask(host, "/open"), 403, "{host}");
    }
    assert_eq!(ask("other.localhost", "/open"), 421);
    assert_eq!(ask("xapp.localhost", "/open"), 421);
    echo.assert_untouched("protected in every spelling");
}

/// AR-19
#[test]
fn a_request_names_one_host() {
    let (echo, gate) = bench();
    let host = gate.authority();
    let bad = [
        String::new(),
        "Host:\r\n".to_owned(),
        "Host: \r\n".to_owned(),
        format!("Host: {host}\r\nHost: {host}\r\n"),
        format!("Host: {host}\r\nHost: evil.test\r\n"),
        format!("Host: u@{host}\r\n"),
        format!("Host: {host}, {host}\r\n"),
        format!("Host: {host}/public\r\n"),
        "Host: local host\r\n".to_owned(),
    ];
    for fields in bad {
        let reply = gate.talk().send(format!("GET /public/a HTTP/1.1\r\n{fields}\r\n")).reply();
        assert!(
            reply.as_ref().is_none_or(|reply| reply.status == 400),
            "{fields:?}: {:?}",
            reply.map(|reply| reply.status)
        );
        echo.assert_untouched(&fields);
    }
    let absolute = get(&gate, "http://evil.test/public/a");
    assert!(absolute.is_none_or(|reply| reply.status == 400 || reply.status == 421));
    echo.assert_untouched("an absolute target");
}

/// AR-22
#[test]
fn methods_are_known_ones() {
    let (echo, gate) = bench();
    let ask = |method: &str| {
        let text = format!("{method} /public/a HTTP/1.1\r\nHost: {}\r\n\r\n", gate.authority());
        gate.talk().send(text).reply_to(method).map(|reply| reply.status)
    };
    for (method, status) in [("get", 400), ("TRACE", 405), ("CONNECT", 405), ("FOO", 405)] {
        let got = ask(method);
        assert!(got.is_none_or(|got| got == status || got == 400 || got == 405), "{method}: {got:?}");
        echo.assert_untouched(method);
    }
    assert_eq!(ask("HEAD"), Some(200));
    assert_eq!(ask("OPTIONS"), Some(200));
}

/// AR-25
#[test]
fn the_first_rule_that_fits_decides_and_none_denies() {
    let (echo, gate) = bench();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/members/a");
    assert_eq!(echo.last().target, "/members/a");
    echo.forget();
    // A member of nothing on a rule with groups: no, and no later rule is asked.
    let page = browser.goto("/admin/x");
    assert_eq!(page.status, 403);
    assert_eq!(browser.goto("/unmentioned").status, 403);
    echo.assert_untouched("no rule lets it through");

    // `explain` says what the gate does.
    for (path, live) in [("/members/a", 200), ("/admin/x", 403), ("/unmentioned", 403), ("/public/a", 200)] {
        let url = format!("{}{path}", gate.origin);
        let said = gate.cli_with(&["explain", "--json", "--user", "alice", "--level", "verified", &url], "");
        let status = browser.goto(path).status;
        assert_eq!(status, live, "{path}");
        let forwards = said.out.contains("forward (");
        assert_eq!(forwards, live == 200, "{path}: {}{}", said.out, said.err);
    }

    let root: User = gate.given_member("root", "admins");
    let mut member = gate.visitor();
    assert_eq!(member.sign_in(&root, "/admin/x").status, 200);
    assert_eq!(echo.last().field("remote-user"), Some("root"));
}

/// AR-28
#[test]
fn no_agent_is_exempt() {
    let (echo, gate) = bench();
    for agent in ["GoogleHC/1.0", "kube-probe/1.29", "ELB-HealthChecker/2.0", "UptimeRobot/2.0"] {
        let page = gate.visitor().ask("GET", "/admin").with("User-Agent", agent).send();
        assert_eq!(page.status, 401, "{agent}");
    }
    echo.assert_untouched("probes");
}

/// AR-29
#[test]
fn a_websocket_is_judged_before_it_is_opened() {
    let (echo, gate) = bench();
    if PROTOCOL == Protocol::Http2 {
        return; // There is no such handshake.
    }
    let handshake = |path: &str, cookie: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\n{cookie}\r\n",
            gate.authority(),
            gate.origin
        )
    };
    let reply = gate.wire().send(handshake("/members/ws", "")).reply().expect("an answer");
    assert_eq!(reply.status, 401);
    echo.assert_untouched("a stranger's handshake");

    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/members/a");
    let cookie = format!("Cookie: vestibule={}\r\n", browser.cookie("session").unwrap());
    let mut wire = gate.wire();
    assert_eq!(wire.send(handshake("/members/ws", &cookie)).reply().expect("an answer").status, 101);
    assert_eq!(wire.send("hello").exactly(5).as_deref(), Some(&b"hello"[..]));
}
