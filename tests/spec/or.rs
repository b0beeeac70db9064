//! Return addresses: a login ends at a configured site, or at the landing page.

use crate::harness::{Echo, Gate, Page, User, Visitor};

/// Two sites and a wildcard, all before one application.
fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .config("[methods.webauthn]\nrp_id = \"localhost\"")
        .site("url = \"http://app.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]")
        .also(
            "[[site]]\nurl = \"http://wiki.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n[[site.rules]]\npolicy = \"two_factor\"\n\
             [[site]]\nurl = \"http://*.team.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n[[site.rules]]\npolicy = \"two_factor\"",
        )
        .start();
    let alice = gate.given_user("alice");
    echo.forget();
    (echo, gate, alice)
}

fn with_rd(rd: &str) -> String {
    let rd: String = url::form_urlencoded::byte_serialize(rd.as_bytes()).collect();
    format!("/.vestibule/login?rd={rd}")
}

/// Signs in with this return address; where it ends.
#[track_caller]
fn end_of(gate: &Gate, alice: &User, rd: &str) -> Page {
    let mut browser = gate.visitor();
    gate.advance(30);
    let page = browser.give_password(alice, &with_rd(rd));
    let page = browser.give_code(alice, &page);
    assert_eq!(page.status, 303, "{rd}");
    page
}

/// OR-01, OR-02, OR-03, OR-05: whatever is asked for, the end is ours.
#[test]
fn a_login_ends_nowhere_else() {
    let (_echo, gate, alice) = bench();
    let port = gate.address.port();
    let honest = format!("http://app.localhost:{port}/a?b=1");
    let mut signed_in = gate.visitor();
    signed_in.sign_in(&alice, "/");
    // Positive control: with a live session the login page passes on to an address that is ours.
    for rd in [honest.as_str(), "/a?b=1"] {
        let page = signed_in.goto(&with_rd(rd));
        assert_eq!(page.status, 303, "{rd}");
        assert_eq!(page.location().unwrap().as_str(), honest);
    }
    let hostile = [
        "https://evil.test".to_owned(),
        "http://evil.test/".to_owned(),
        "//evil.test".to_owned(),
        "///evil.test".to_owned(),
        "/\\evil.test".to_owned(),
        "\\\\evil.test".to_owned(),
        "/%5cevil.test".to_owned(),
        "/%2f/evil.test".to_owned(),
        "/\t/evil.test".to_owned(),
        "/\n/evil.test".to_owned(),
        "\t//evil.test".to_owned(),
        " //evil.test".to_owned(),
        "/.//evil.test".to_owned(),
        "/..//evil.test".to_owned(),
        "http:evil.test".to_owned(),
        "http:/evil.test".to_owned(),
        "http:\\\\evil.test".to_owned(),
        format!("http://app.localhost:{port}.evil.test/"),
        format!("http://app.localhost.evil.test:{port}/"),
        format!("http://evilapp.localhost:{port}/"),
        format!("http://sub.app.localhost:{port}/"),
        format!("http://app.localhost:{}/", port ^ 1),
        "http://app.localhost/".to_owned(),
        format!("https://app.localhost:{port}/"),
        format!("http://app.localhost:{port}@evil.test/"),
        format!("http://app.localhost:x@evil.test:{port}/"),
        format!("http://a@b@evil.test:{port}/"),
        format!("http://evil.test@app.localhost:{port}/"),
        format!("http://evil.test\\@app.localhost:{port}/"),
        format!("http://evil.test#@app.localhost:{port}/"),
        format!("http://evil.test?@app.localhost:{port}/"),
        format!("http://app.localhost:{port}\\@evil.test/"),
        "javascript:alert(1)".to_owned(),
        "JaVaScRiPt:alert(1)".to_owned(),
        "data:text/html,x".to_owned(),
        "vbscript:x".to_owned(),
        "app://x".to_owned(),
        format!("ftp://app.localhost:{port}/"),
        "evil.test".to_owned(),
        format!("http://evilteam.localhost:{port}/"),
        format!("http://xteam.localhost:{port}/"),
        format!("http://team.localhost:{port}.evil.test/"),
        format!("http://a.teamXlocalhost:{port}/"),
        format!("http://.team.localhost:{port}/"),
        "/a\r\nX-Evil: 1".to_owned(),
        "/a\r\n\r\n<html>".to_owned(),
    ];
    for rd in &hostile {
        let page = signed_in.goto(&with_rd(rd));
        assert!(matches!(page.status, 200 | 303 | 400), "{rd:?}: {}", page.status);
        assert!(page.field("x-evil").is_none(), "{rd:?}");
        if let Some(location) = page.location() {
            assert_eq!(location.host_str(), Some("app.localhost"), "{rd:?} led to {location}");
            assert_eq!(location.port(), Some(port), "{rd:?} led to {location}");
            assert_eq!(location.scheme(), "http", "{rd:?} led to {location}");
        }
    }
    // And all the way through, for one of each kind.
    for rd in [0, 2, 4, 17, 24, 32, 42].map(|at: usize| &hostile[at]) {
        let page = end_of(&gate, &alice, rd);
        assert_eq!(page.location().unwrap().as_str(), format!("http://app.localhost:{port}/"), "{rd:?}");
    }
    assert_eq!(end_of(&gate, &alice, &honest).location().unwrap().as_str(), honest);
}

/// Behaviour 15, OR-11: another configured site is an honest end; of a wildcard's hosts only the one that was asked for.
#[test]
fn another_site_of_ours_is_an_honest_end() {
    let (_echo, gate, alice) = bench();
    let port = gate.address.port();
    let [app, wiki, blue, red] =
        ["app", "wiki", "blue.team", "red.team"].map(|name| format!("http://{name}.localhost:{port}"));
    for (home, rd, honest) in
        [(&app, &wiki, true), (&blue, &blue, true), (&blue, &wiki, true), (&app, &blue, false), (&blue, &red, false)]
    {
        let mut browser = gate.visitor_at(home);
        gate.advance(30);
        let page = browser.give_password(&alice, &with_rd(&format!("{rd}/x")));
        let page = browser.give_code(&alice, &page);
        let end = page.location().expect("a login ends somewhere").to_string();
        let expected = if honest { format!("{rd}/x") } else { format!("{home}/") };
        assert_eq!(end, expected, "from {home} to {rd}");
    }
}

/// OR-07
#[test]
fn the_first_address_counts() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    gate.advance(30);
    let page = browser.visit("/.vestibule/login?rd=/first&rd=/second");
    let page = browser.submit(&page, &[("username", "alice"), ("password", &alice.password), ("rd", "/third")]);
    let page = browser.navigate("GET", &(page.sent_to() + "?rd=/fourth"), "same-origin").send();
    let page = browser.follow(page);
    let page = browser.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0)), ("rd", "/fifth")]);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/first"));
}

/// OR-09
#[test]
fn our_own_pages_are_no_end() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    for rd in [
        "/.vestibule/logout",
        "/.vestibule/login",
        "/.vestibule/login?rd=/.vestibule/login",
        "/.vestibule/account/confirm/password",
        "/.VESTIBULE/logout",
        "/%2evestibule/logout",
        "/x/../.vestibule/logout",
    ] {
        let page = browser.goto(&with_rd(rd));
        assert!(matches!(page.status, 200 | 303), "{rd}");
        let end = browser.follow(page);
        assert!(!end.url.path().contains("logout") && !end.url.path().contains("confirm"), "{rd} led to {}", end.url);
    }
    assert_eq!(browser.goto("/").status, 200);
}

/// A form sent to the application by a stranger: the return address is a page, never the form's own target.
#[test]
fn a_post_returns_to_the_page_the_form_was_on() {
    let (echo, gate, _alice) = bench();
    let mut browser = gate.visitor();
    let post = |browser: &mut Visitor, referer: &str| {
        let ask =
            browser.navigate("POST", "/save", "same-origin").with("Origin", &gate.origin).with("Referer", referer);
        ask.form("x=1").send()
    };
    let page = post(&mut browser, &format!("{}/edit", gate.origin));
    assert_eq!(page.status, 303);
    let sent = page.sent_to();
    assert!(sent.starts_with("/.vestibule/login?") && sent.contains("edit") && !sent.contains("save"), "{sent}");
    let page = browser.follow(page);
    page.assert_at("/.vestibule/login", 200);
    let page = post(&mut browser, "http://evil.test/edit");
    assert!(!page.sent_to().contains("evil"), "{}", page.sent_to());
    echo.assert_untouched("a stranger's form");
}
