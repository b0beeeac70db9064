//! What a browser may be made to do: forged forms, frames, scripts of the application, markup in what people type.

use crate::harness::{Echo, Gate, Page, User, Visitor, WEBSOCKET_KEY};

fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .rules(rules! {
            "/open/**" => "bypass",
            "/closed/**" => "deny",
            _ => "two_factor",
        })
        .start();
    let alice = gate.given_user("alice");
    echo.forget();
    (echo, gate, alice)
}

/// Every form in its place: the page it is on and the honest fields.
fn forms(browser: &mut Visitor) -> Vec<(&'static str, Page)> {
    let addresses = [
        "/.vestibule/account/confirm/password",
        "/.vestibule/account/confirm/add-totp",
        "/.vestibule/account/confirm/add-recovery",
        "/.vestibule/logout",
    ];
    addresses.into_iter().map(|address| (address, browser.goto(address))).collect()
}

/// WB-01
#[test]
fn a_form_that_is_not_ours_changes_nothing() {
    let (_echo, gate, alice) = bench();
    let (mut browser, mut other) = (gate.visitor(), gate.visitor());
    browser.sign_in(&alice, "/locked");
    other.sign_in(&alice, "/locked");
    gate.advance(30);
    let code = alice.code_at(gate.control.now(), 0);
    let new = "another door, in the west wall";
    let fields: &[(&str, &str)] = &[("code", &code), ("new_password", new), ("new_password_again", new)];
    let theirs = forms(&mut other);
    for ((address, page), (_, foreign)) in forms(&mut browser).iter().zip(&theirs) {
        assert_eq!(page.status, 200, "{address}: {}", page.text());
        let form = page.form();
        let honest = form.filled(fields);
        let csrf = form.field("csrf").expect("every form has one").to_owned();
        let foreign = foreign.form().field("csrf").unwrap_or_default().to_owned();
        assert_ne!(csrf, foreign, "{address}");
        // The value: missing, foreign, cut.
        for value in ["", "x", &foreign, &csrf[1..]] {
            let forged = form.filled(&[fields, &[("csrf", value)]].concat());
            let ask = browser.navigate("POST", &form.action, "same-origin").with("Origin", &gate.origin);
            assert_eq!(ask.form(&forged).send().status, 403, "{address} with csrf {value:?}");
        }
        // Fetch metadata: of another place, of another kind.
        for (site, mode, dest) in [
            ("cross-site", "navigate", "document"),
            ("same-site", "navigate", "document"),
            ("none", "navigate", "document"),
            ("same-origin", "cors", "empty"),
            ("same-origin", "no-cors", "empty"),
            ("same-origin", "navigate", "iframe"),
            ("same-origin", "navigate", "embed"),
        ] {
            let ask = browser
                .ask("POST", &form.action)
                .with("Origin", &gate.origin)
                .with("Sec-Fetch-Site", site)
                .with("Sec-Fetch-Mode", mode)
                .with("Sec-Fetch-Dest", dest);
            assert_eq!(ask.form(&honest).send().status, 403, "{address} from {site} {mode} {dest}");
        }
        // Without metadata: an origin that is ours, or no.
        for origin in
            [None, Some("null"), Some("http://evil.test"), Some("http://localhost"), Some("https://localhost")]
        {
            let mut ask = browser.ask("POST", &form.action);
            if let Some(origin) = origin {
                ask = ask.with("Origin", origin);
            }
            assert_eq!(ask.form(&honest).send().status, 403, "{address} from {origin:?}");
        }
    }
    // Nothing was changed, and the honest form works, with and without metadata.
    assert_eq!(browser.goto("/locked").status, 200);
    browser.fetch_metadata = false;
    let page = browser.goto("/.vestibule/account/confirm/password");
    let page = browser.submit(&page, fields);
    assert_eq!(page.status, 303, "{}", page.text());
}

/// WB-01, WB-03: the login's own form.
#[test]
fn nobody_signs_a_visitor_in() {
    let (echo, gate, alice) = bench();
    let mallory = gate.given_user("mallory");
    let (mut browser, mut attacker) = (gate.visitor(), gate.visitor());
    let form = attacker.goto("/.vestibule/login").form();
    let body = form.filled(&[("username", "mallory"), ("password", &mallory.password)]);
    echo.forget();
    for site in ["cross-site", "same-site"] {
        let ask = browser.navigate("POST", "/.vestibule/login", site).with("Origin", "http://evil.test");
        assert_eq!(ask.form(&body).send().status, 403);
    }
    // Even from our own origin, the attacker's form is not this browser's.
    browser.goto("/.vestibule/login");
    let ask = browser.navigate("POST", "/.vestibule/login", "same-origin").with("Origin", &gate.origin);
    assert_eq!(ask.form(&body).send().status, 403);
    // Without the login cookie the page names the cause.
    let mut bare = gate.visitor();
    let ask = bare.navigate("POST", "/.vestibule/login", "same-origin").with("Origin", &gate.origin);
    let page = ask.form(&body).send();
    assert_eq!(page.status, 403);
    assert!(page.text().to_lowercase().contains("cookie"), "{}", page.text());
    assert_eq!(browser.sign_in(&alice, "/locked").status, 200);
}

/// WB-04, WB-05, WB-09, behaviour 12: on every answer of ours.
#[test]
fn every_answer_is_dressed() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let mut pages = vec![
        browser.goto("/.vestibule/login"),
        browser.goto("/locked"),
        browser.goto("/closed/x"),
        browser.script("GET", "/locked").send(),
        browser.goto("/.vestibule/nothing"),
        browser.navigate("PUT", "/.vestibule/login", "same-origin").with("Origin", &gate.origin).send(),
        browser.navigate("POST", "/.vestibule/login", "cross-site").form("x=1").send(),
        browser.goto("/.vestibule/invite"),
        browser.goto("/a/%zz"),
        browser.ask("GET", "/").instead("Host", "x").send(),
        browser.give_password(&alice, "/locked"),
    ];
    gate.advance(30);
    let page = browser.goto("/.vestibule/verify/totp");
    pages.push(browser.give_code(&alice, &page));
    for address in ["account", "account/confirm/password", "account/confirm/add-totp", "logout", "session", "jwks.json"]
    {
        pages.push(browser.goto(&format!("/.vestibule/{address}")));
    }
    for page in &pages {
        let at = format!("{} ({})", page.url, page.status);
        let policy = page.field("content-security-policy").unwrap_or_else(|| panic!("no policy at {at}"));
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{at}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{at}: {policy}");
        assert_eq!(page.field("x-content-type-options"), Some("nosniff"), "{at}");
        assert_eq!(page.field("x-frame-options"), Some("DENY"), "{at}");
        assert_eq!(page.field("cross-origin-opener-policy"), Some("same-origin"), "{at}");
        assert!(page.field("referrer-policy").is_some(), "{at}");
        let cache = page.field("cache-control").unwrap_or_default();
        assert!(cache.contains("no-store") || page.url.path().ends_with("jwks.json"), "{at}: {cache}");
        assert!(page.field("server").is_none() && page.field("x-powered-by").is_none(), "{at}");
        let html = page.html();
        for outside in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", " style=\"", " onclick", "<script>"] {
            let own = html.replace(&format!("href=\"{}", gate.origin), "");
            assert!(!own.contains(outside), "{at} holds {outside}");
        }
    }
}

/// WB-06
#[test]
fn markup_that_was_typed_is_text() {
    let (_echo, gate, _alice) = bench();
    let marks =
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'onfocus='x", "{{7*7}}", "</title><b>"];
    for mark in marks {
        let encoded: String = url::form_urlencoded::byte_serialize(mark.as_bytes()).collect();
        let mut browser = gate.visitor();
        let page = browser.goto(&format!("/.vestibule/login?rd=/{encoded}&late={encoded}&out2={encoded}"));
        assert_plain(&page, mark);
        let page = browser.submit(&page, &[("username", mark), ("password", "x")]);
        assert_plain(&page, mark);
        assert_eq!(page.form().field("username"), Some(mark), "it is shown as it was typed");
        for address in [
            format!("/.vestibule/{encoded}"),
            format!("/.vestibule/verify/{encoded}"),
            format!("/.vestibule/invite/{encoded}"),
            format!("/closed/{encoded}"),
            format!("/locked/{encoded}"),
            format!("/.vestibule/login?error={encoded}"),
        ] {
            let page = browser.goto(&address.replace('+', "%20"));
            assert!(page.status < 500, "{address}");
            assert_plain(&page, mark);
        }
        let page = browser.navigate("GET", "/locked", "none").with("Accept-Language", mark).send();
        assert_plain(&page, mark);
    }
    let reply = gate.wire().send("GET / HTTP/1.1\r\nHost: <script>x\r\nAccept: text/html\r\n\r\n").reply();
    assert!(reply.is_none_or(|reply| !reply.text().contains("<script>x")));
}

#[track_caller]
fn assert_plain(page: &Page, mark: &str) {
    let html = page.html();
    if mark.contains('<') {
        assert!(!html.contains(mark), "{} holds {mark}", page.url);
    }
    assert!(!html.contains("onerror=alert(1)>"), "{} holds {mark}", page.url);
    // Every attribute of ours stands in double quotes (the bench reads no others), and none is one of these.
    for (_, attributes) in crate::harness::tags(&html) {
        for (name, _) in attributes {
            assert!(!name.starts_with("on"), "{} has {name} after {mark}", page.url);
        }
    }
    assert!(
        !page.reply.head.fields.iter().any(|(_, value)| value.contains(mark)),
        "a field of {} holds {mark}",
        page.url
    );
}

/// WB-13
#[test]
fn our_prefix_is_ours_in_every_spelling() {
    let (echo, gate, _alice) = bench();
    let open = Echo::start();
    let wide = Gate::before(&open).rules(rules! { "/**" => "bypass" }).start();
    for target in [
        "/.vestibule",
        "/.vestibule/",
        "/.vestibule/x",
        "/.vestibule/login/",
        "/.vestibule//login",
        "/.VESTIBULE",
        "/.VESTIBULE/login",
        "/.Vestibule/login",
        "/%2evestibule/login",
        "/%2Evestibule/login",
        "/.vestibul%65/login",
        "/.%76estibule/login",
        "/.vestibule%2flogin",
        "/.vestibule;x/login",
        "/.vestibule;/login",
        "//.vestibule/login",
        "///.vestibule/login",
        "/x/../.vestibule/login",
        "/./.vestibule/login",
        "/.vestibule\\login",
        "/.well-known/vestibule/x",
        "/.WELL-KNOWN/vestibule/jwks.json",
        "/.well-known/Vestibule/jwks.json",
        "/.well-known/%76estibule/jwks.json",
        "/.well-known//vestibule/jwks.json",
    ] {
        for (gate, echo) in [(&gate, &echo), (&wide, &open)] {
            let text = format!("GET {target} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n\r\n", gate.authority());
            let reply = gate.wire().send(text).reply();
            assert!(
                reply.as_ref().is_none_or(|reply| matches!(reply.status, 400 | 401 | 403 | 404)),
                "{target}: {:?}",
                reply.map(|reply| reply.status)
            );
            echo.assert_untouched(target);
        }
    }
    let page = wide.visitor().goto("/vestibule/.vestibulex");
    assert_eq!(page.status, 200, "what only looks alike is the application's");
    assert_eq!(wide.visitor().goto("/.vestibule/login").status, 200);
    assert_eq!(wide.visitor().ask("GET", "/.well-known/vestibule/jwks.json").send().status, 200);
}

/// WB-17
#[test]
fn a_websocket_is_opened_by_our_own_pages() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    let handshake = |origin: &str| {
        format!(
            "GET /ws HTTP/1.1\r\nHost: {}\r\n{origin}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {WEBSOCKET_KEY}\r\nCookie: vestibule={}\r\n\r\n",
            gate.authority(),
            browser.cookie("session").unwrap()
        )
    };
    echo.forget();
    for origin in ["http://evil.test", "null", "http://localhost", "https://localhost", "http://evil.localhost"] {
        let reply = gate.wire().send(handshake(&format!("Origin: {origin}\r\n"))).reply().expect("an answer");
        assert_eq!(reply.status, 403, "{origin}");
        echo.assert_untouched(origin);
    }
    let honest = gate.wire().send(handshake(&format!("Origin: {}\r\n", gate.origin))).reply().expect("an answer");
    assert_eq!(honest.status, 101);
}

/// WB-19, behaviour 62: the application's own script has the user's cookie, and gets nothing for it.
#[test]
fn the_applications_script_gets_nothing_from_our_pages() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/locked");
    for page in [
        "login",
        "verify",
        "enrol",
        "account",
        "account/confirm/password",
        "account/confirm/add-totp",
        "logout",
        "invite",
        "setup",
    ] {
        let address = format!("/.vestibule/{page}");
        for (mode, dest) in [
            ("cors", "empty"),
            ("same-origin", "empty"),
            ("no-cors", "script"),
            ("no-cors", "image"),
            ("navigate", "iframe"),
            ("navigate", "frame"),
            ("navigate", "object"),
            ("navigate", "embed"),
            ("websocket", "empty"),
        ] {
            let ask = browser.ask("GET", &address).with("Sec-Fetch-Site", "same-origin");
            let page = ask.with("Sec-Fetch-Mode", mode).with("Sec-Fetch-Dest", dest).send();
            assert_eq!(page.status, 403, "{address} by {mode} {dest}");
            assert!(!page.html().contains("csrf"), "{address} by {mode} {dest}");
        }
    }
    // A worker over the whole origin is refused; the honest script beside it works.
    echo.forget();
    let ask =
        browser.script("GET", "/sw.js").with("Service-Worker", "script").instead("Sec-Fetch-Dest", "serviceworker");
    assert_eq!(ask.send().status, 403);
    echo.assert_untouched("a service worker's script");
    assert_eq!(browser.script("GET", "/app.js").send().status, 200);
    // What scripts may ask.
    assert_eq!(browser.script("GET", "/.vestibule/session").send().json()["signed_in"], true);
    assert_eq!(browser.script("GET", "/.vestibule/jwks.json").send().status, 200);
    assert_eq!(browser.goto("/locked").status, 200, "and nothing changed");
}
