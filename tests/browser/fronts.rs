//! A whole login through each of the servers that people have, in a real browser: it knows one address, that of the server
//! in front, comes to it by https and HTTP/2, and the front asks the gate about each request. Pages, cookies and redirects come as they should, and the application
//! is told who it is.

use crate::driver::Browser;
use crate::harness::{Front, Kind, SITE};
use crate::person::{Person, application};

fn through(kind: Kind) {
    let echo = application();
    let (front, gate) = Front::before(kind, &echo, rules! { _ => "two_factor" });
    let user = gate.given_user("alice");
    let alice = Person { browser: Browser::knowing(&format!("MAP {SITE}:443 {}", front.address)), gate: &gate };
    alice.signs_in(&user, "/wiki/page");
    alice.sees_the_application_as("alice");
    let script = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
    let spoken = alice.browser.devtools("Runtime.evaluate", serde_json::json!({ "expression": script }));
    assert_eq!(spoken["result"]["value"], "h2");
    assert_eq!(alice.amr_at(&echo), ["pwd", "otp", "mfa"]);
    let cookies: Vec<String> =
        echo.requests().iter().filter_map(|request| request.field("cookie").map(str::to_owned)).collect();
    assert!(cookies.iter().all(|cookies| !cookies.contains("vestibule")), "{cookies:?}");
    alice.goes("/.vestibule/account", "/.vestibule/account");
    alice.signs_out();
    echo.forget();
    alice.goes("/wiki/page", "/.vestibule/login");
    echo.assert_untouched("signed out");
}

#[test]
fn through_nginx() {
    through(Kind::Nginx);
}

#[test]
fn through_haproxy() {
    through(Kind::Haproxy);
}

#[test]
fn through_caddy() {
    through(Kind::Caddy);
}

#[test]
fn through_envoy() {
    through(Kind::EnvoyGrpc);
}
