//! One login for many sites: pages at a portal, and on each site a session of its own, by a ticket. The sites are on
//! domains that have nothing to do with each other.

use crate::authenticator::{Authenticator, Says};
use crate::harness::{Echo, Gate, Page, User, Visitor, WEBSOCKET_KEY, until};
use crate::race::{at_once, rounds};
use crate::wa::options;

const RULES: &str = rules! {
    "/open/**" => "bypass",
    "/known/**" => "one_factor",
    "/fresh/**" => "two_factor" with max_age = "5m",
    "/nobody/**" => "two_factor" with groups = ["nobody"],
    _ => "two_factor",
};

/// A portal, two sites on domains of their own, one below a wildcard, and one that is for a group.
fn sites() -> String {
    format!(
        "[[site]]\nurl = \"http://docs.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\nlogout_clears = [\"storage\"]\n{RULES}\
         [[site]]\nurl = \"http://*.team.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\nlogout_clears = [\"storage\"]\nservice_worker = true\n{RULES}\
         [[site]]\nurl = \"http://vault.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n[[site.rules]]\npolicy = \"two_factor\"\ngroups = [\"keepers\"]\n"
    )
}

fn bench_with(sections: &str) -> (Echo, Gate, User) {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .config(&format!("[portal]\nurl = \"http://login.localhost:PORT\"\n{sections}"))
        .site("url = \"http://wiki.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]")
        .rules(RULES)
        .also(&sites())
        .start();
    let alice = gate.given_user("alice");
    echo.forget();
    (echo, gate, alice)
}

fn bench() -> (Echo, Gate, User) {
    bench_with("")
}

impl Gate {
    /// The origin of the site (or portal) of this name.
    fn at(&self, name: &str) -> String {
        format!("http://{name}.localhost:{}", self.address.port())
    }
}

/// The session cookie this browser has on that site.
fn session_at(browser: &Visitor, name: &str) -> Option<String> {
    browser.jars.get(&format!("{name}.localhost"))?.get("vestibule").cloned()
}

/// Whether a cookie alone opens a locked page of that site.
fn opens(gate: &Gate, name: &str, token: &str) -> bool {
    let mut thief = gate.visitor_at(&gate.at(name));
    thief.set_cookie("session", Some(token));
    thief.goto("/locked").status == 200
}

/// Goes from a site to the portal and as far as the ticket: the address of the callback, not visited yet.
#[track_caller]
fn callback(browser: &mut Visitor, address: &str) -> String {
    let mut page = browser.goto(address);
    for _ in 0..5 {
        let next = page.location().unwrap_or_else(|| panic!("no ticket at {}: {}", page.url, page.text()));
        if next.path() == "/.vestibule/callback" {
            return next.into();
        }
        page = browser.navigate("GET", next.as_str(), "cross-site").send();
    }
    panic!("no ticket for {address}")
}

#[track_caller]
fn is_a_page_without_session(page: &Page, why: &str) {
    assert_eq!(page.status, 403, "{why}: {}", page.text());
    assert!(page.link("/.vestibule/login").is_some(), "{why}: it says where to try again: {}", page.text());
    let set = page.reply.head.fields_named("set-cookie");
    assert!(!set.iter().any(|cookie| cookie.starts_with("vestibule=") && !cookie.starts_with("vestibule=;")), "{why}");
}

/// One login opens the sites of all domains, each with a session of its own.
#[test]
fn one_login_opens_all_sites() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let page = browser.sign_in(&alice, &format!("{}/locked?a=1", gate.at("wiki")));
    assert_eq!((page.url.as_str(), page.status), (format!("{}/locked?a=1", gate.at("wiki")).as_str(), 200));
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
    // Without a question, each by a way through the portal.
    for name in ["docs", "blue.team"] {
        let page = browser.visit(&format!("{}/locked", gate.at(name)));
        assert_eq!((page.url.as_str(), page.status), (format!("{}/locked", gate.at(name)).as_str(), 200));
        assert_eq!(echo.last().field("remote-user"), Some("alice"));
    }
    let tokens: Vec<_> = ["login", "wiki", "docs", "blue.team"].map(|name| session_at(&browser, name)).into();
    let own = |n: usize| tokens[n].as_deref().expect("a session of its own");
    assert!((0..4).all(|n| (0..n).all(|m| own(n) != own(m))));
    // Each is good where it was made and nowhere else; the others must not be the portal's.
    for (n, name) in ["wiki", "docs", "blue.team"].into_iter().enumerate() {
        assert!(opens(&gate, name, own(n + 1)));
        for (m, other) in ["login", "wiki", "docs", "blue.team", "red.team"].into_iter().enumerate() {
            if m == n + 1 {
                continue;
            }
            echo.forget();
            let mut thief = gate.visitor_at(&gate.at(other));
            thief.set_cookie("session", Some(own(n + 1)));
            assert_ne!(thief.goto("/.vestibule/account").status, 200, "{name}'s at {other}");
            assert!(m == 0 || thief.goto("/locked").status == 302, "{name}'s at {other}");
            echo.assert_untouched("a session of another site");
        }
        assert!(!opens(&gate, name, own(0)), "the portal's own opens no site");
    }
    // One login, and not four.
    let listed = gate.run(["session", "list", "alice", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("a list");
    let count = listed.as_array().or(listed["sessions"].as_array()).map(Vec::len);
    assert_eq!(count, Some(2), "this browser and the one of the invitation: {listed}");
}

/// A ticket is for the browser that was sent, the site that sent it, once, and for a minute. Whatever does not fit uses it
/// up and ends on a page that says what to do.
#[test]
fn a_ticket_is_for_one_browser_one_site_once_and_soon() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let docs = format!("{}/locked", gate.at("docs"));
    let get = |browser: &mut Visitor, address: &str| browser.navigate("GET", address, "cross-site").send();

    // Another browser: without a nonce, with one of its own, and with a session of its own at the portal.
    let stolen = callback(&mut browser, &docs);
    let mut thief = gate.visitor();
    is_a_page_without_session(&get(&mut thief, &stolen), "no nonce");
    is_a_page_without_session(&get(&mut browser, &stolen), "it leaked, and is gone for its owner, too");
    let stolen = callback(&mut browser, &docs);
    let _ = thief.visit(&docs);
    assert!(thief.jars["docs.localhost"].keys().any(|name| name.starts_with("vestibule-nonce-")));
    is_a_page_without_session(&get(&mut thief, &stolen), "another's nonce");

    // Another site, and the same with an errand that fits there.
    let ticket_of = |address: &str| {
        let url = url::Url::parse(address).expect("an address");
        let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).expect("there").1.into_owned();
        (value("ticket"), value("state"))
    };
    let to = |name: &str, ticket: &str, state: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("ticket", ticket)
            .append_pair("state", state)
            .finish();
        format!("{}/.vestibule/callback?{query}", gate.at(name))
    };
    let (ticket, state) = ticket_of(&callback(&mut browser, &docs));
    is_a_page_without_session(&get(&mut browser, &to("blue.team", &ticket, &state)), "another site");
    let (ticket, _) = ticket_of(&callback(&mut browser, &docs));
    let (_, other) = ticket_of(&callback(&mut browser, &format!("{}/locked", gate.at("blue.team"))));
    is_a_page_without_session(&get(&mut browser, &to("blue.team", &ticket, &other)), "another site's ticket");
    // One host of a wildcard is not another.
    let (ticket, state) = ticket_of(&callback(&mut browser, &format!("{}/locked", gate.at("blue.team"))));
    is_a_page_without_session(&get(&mut browser, &to("red.team", &ticket, &state)), "another host of the wildcard");

    // An errand that nobody signed, in every part; one that is too old.
    let (ticket, state) = ticket_of(&callback(&mut browser, &docs));
    let bend = |state: &str, at: usize| {
        let mut bytes = state.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("text")
    };
    for forged in [bend(&state, 20), bend(&state, state.len() - 1), state.replacen('1', "2", 1), "x".to_owned()] {
        let page = get(&mut browser, &to("docs", &ticket, &forged));
        is_a_page_without_session(&page, "a forged errand");
        let at_portal = format!("{}/.vestibule/login?state={forged}", gate.at("login"));
        is_a_page_without_session(&get(&mut gate.visitor(), &at_portal), "a forged errand at the portal");
    }
    let late = callback(&mut browser, &docs);
    gate.advance(61);
    is_a_page_without_session(&get(&mut browser, &late), "a minute later");
    assert_eq!(session_at(&browser, "docs"), None);
    assert_eq!(session_at(&thief, "docs"), None);

    // The honest way, once: the second time the browser needs none, and another gets none.
    let honest = callback(&mut browser, &docs);
    let page = get(&mut browser, &honest);
    assert_eq!((page.status, page.location().expect("back").as_str()), (303, docs.as_str()));
    let token = session_at(&browser, "docs").expect("a session");
    assert_eq!(browser.goto(&docs).status, 200);
    let page = get(&mut browser, &honest);
    assert_eq!((page.status, page.location().expect("back").as_str()), (303, docs.as_str()), "gone back to");
    assert_eq!(session_at(&browser, "docs").as_deref(), Some(token.as_str()), "no other session comes of it");
    let mut copy = browser.clone();
    copy.jars.get_mut("docs.localhost").expect("a jar").remove("vestibule");
    is_a_page_without_session(&get(&mut copy, &honest), "twice, with the right nonce");
}

/// Of many at once one gets the session.
#[test]
fn many_at_once_get_one_session() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let docs = format!("{}/locked", gate.at("docs"));
    for round in 0..rounds(3, 20) {
        let mut one = browser.clone();
        let address = callback(&mut one, &docs);
        let ask = |mut copy: Visitor| {
            let address = address.clone();
            move || {
                let page = copy.navigate("GET", &address, "cross-site").send();
                (page.status, session_at(&copy, "docs"))
            }
        };
        let results = at_once((0..50).map(|_| ask(one.clone())).collect());
        let sessions = results.iter().filter(|(_, session)| session.is_some()).count();
        assert_eq!(sessions, 1, "round {round}: {results:?}");
        assert!(results.iter().all(|(status, _)| matches!(status, 303 | 403)), "round {round}: {results:?}");
    }
}

/// Signing out anywhere ends all of it, on the very next request, and what is open.
#[test]
fn signing_out_anywhere_ends_everything() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    browser.visit(&format!("{}/locked", gate.at("docs")));
    let (wiki, docs) = (session_at(&browser, "wiki").unwrap(), session_at(&browser, "docs").unwrap());
    let portal = session_at(&browser, "login").unwrap();
    let host = |name: &str| format!("{name}.localhost:{}", gate.address.port());
    let mut socket = gate.wire();
    socket.send(format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEBSOCKET_KEY}\r\nCookie: vestibule={docs}\r\n\r\n",
        host("docs"),
        gate.at("docs"),
    ));
    assert_eq!(socket.reply().expect("an answer").status, 101);
    let mut events = gate.wire();
    events.send(format!(
        "GET /events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\nCookie: vestibule={wiki}\r\n\r\n",
        host("wiki")
    ));
    assert_eq!(events.head().expect("an answer").start, "HTTP/1.1 200 OK");
    assert_eq!(events.chunk().as_deref(), Some(&b"data: hello\n\n"[..]));

    // From one site: the portal asks, does it, and the site clears what it may.
    let left = echo.left();
    let page = browser.visit(&format!("{}/.vestibule/logout", gate.at("docs")));
    assert_eq!(page.url.as_str().split('?').next(), Some(&*format!("{}/.vestibule/logout", gate.at("login"))));
    assert!(opens(&gate, "wiki", &wiki), "a question ends nothing");
    let page = browser.submit(&page, &[]);
    assert!(!opens(&gate, "wiki", &wiki) && !opens(&gate, "docs", &docs));
    assert!(socket.is_closed(), "the WebSocket on a site is cut");
    assert!(events.is_closed() || events.chunk().is_none(), "the stream on the other site is cut");
    until("the application to be left", 5, || (echo.left() >= left + 2).then_some(()));
    let on = page.location().expect("on");
    assert!(on.as_str().starts_with(&format!("{}/.vestibule/logout?out=", gate.at("docs"))), "{on}");
    let page = browser.navigate("GET", page.location().unwrap().as_str(), "cross-site").send();
    assert_eq!(page.field("clear-site-data"), Some("\"storage\""));
    assert_eq!(session_at(&browser, "docs"), None);
    let page = browser.follow(page);
    assert_eq!((page.url.path(), page.status), ("/.vestibule/login", 200));
    let mut thief = gate.visitor_at(&gate.at("login"));
    thief.set_cookie("session", Some(&portal));
    assert_ne!(thief.goto("/.vestibule/account").status, 200);
    echo.forget();
    assert_eq!(browser.visit(&format!("{}/locked", gate.at("wiki"))).url.path(), "/.vestibule/login");
    echo.assert_untouched("somebody signed out");
}

/// Whatever ends the login ends it on every site: idling, its age, the operator, a new password.
#[test]
fn a_site_outlives_its_login_by_nothing() {
    let (_echo, gate, alice) = bench_with("[session]\nidle = \"30m\"\nlifetime = \"2h\"");
    let wiki = format!("{}/locked", gate.at("wiki"));
    let sign_in = || {
        let mut browser = gate.visitor();
        browser.sign_in(&alice, &wiki);
        browser.visit(&format!("{}/locked", gate.at("docs")));
        browser
    };
    // Use of one site keeps all alive, and the portal's, as far as the login's age.
    let mut busy = sign_in();
    for _ in 0..5 {
        gate.advance(20 * 60);
        assert_eq!(busy.goto(&wiki).status, 200);
    }
    let docs = session_at(&busy, "docs").unwrap();
    assert!(opens(&gate, "docs", &docs), "not used for long, and still of the login that is");
    gate.advance(21 * 60);
    assert_eq!(busy.goto(&wiki).status, 302, "two hours after the password");
    // Not used anywhere.
    let mut idle = sign_in();
    gate.advance(29 * 60);
    assert_eq!(idle.goto(&wiki).status, 200);
    // Asked by scripts how long it has left, which keeps nothing alive.
    for _ in 0..3 {
        gate.advance(10 * 60);
        idle.script("GET", &format!("{}/.vestibule/session", gate.at("docs"))).send();
    }
    assert_eq!(idle.goto(&wiki).status, 302);
    // The operator, by name; and disabled.
    let mut ended = sign_in();
    gate.run(["session", "end", "alice"]);
    assert_eq!(ended.goto(&wiki).status, 302);
    let mut disabled = sign_in();
    gate.run(["user", "disable", "alice"]);
    assert_eq!(disabled.goto(&wiki).status, 302);
    gate.run(["user", "enable", "alice"]);
    assert_eq!(disabled.goto(&wiki).status, 302, "what ended does not come back");
    // Somebody else in this browser.
    let bob = gate.given_user("bob");
    let mut shared = sign_in();
    let hers = session_at(&shared, "wiki").unwrap();
    gate.advance(30);
    let page = shared.goto(&format!("{}/.vestibule/login", gate.at("login")));
    let page = shared.submit(&page, &[("username", "bob"), ("password", &bob.password)]);
    let page = shared.follow(page);
    let page = shared.give_code(&bob, &page);
    assert_eq!(page.status, 303);
    assert!(!opens(&gate, "wiki", &hers), "her session on a site ended with her login");
}

/// A restart forgets nothing and revives nothing.
#[test]
fn sessions_on_sites_outlive_a_restart_with_their_login() {
    let (_echo, mut gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let mut other = gate.visitor();
    other.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let gone = session_at(&other, "wiki").unwrap();
    let page = other.visit(&format!("{}/.vestibule/logout", gate.at("wiki")));
    other.submit(&page, &[]);
    gate.restart();
    assert_eq!(browser.goto(&format!("{}/locked", gate.at("wiki"))).status, 200);
    assert!(!opens(&gate, "wiki", &gone));
}

/// Stepping up at the portal gives it a new session, and the sites theirs by a ticket; what other tabs have stays what it
/// was, and never rises by itself.
#[test]
fn a_step_up_reaches_a_site_by_a_ticket_alone() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    gate.advance(30);
    let wiki = gate.at("wiki");
    let page = browser.give_password(&alice, &format!("{wiki}/known/a"));
    assert_eq!((page.url.path(), page.status), ("/known/a", 200), "one factor");
    browser.visit(&format!("{}/known/a", gate.at("docs")));
    let known = session_at(&browser, "wiki").unwrap();
    let known_docs = session_at(&browser, "docs").unwrap();
    let portal = session_at(&browser, "login").unwrap();
    assert!(!opens(&gate, "wiki", &known));
    // Script of an application: told, not sent.
    let told = browser.script("GET", &format!("{wiki}/locked")).send();
    assert_eq!(told.status, 401);

    let page = browser.visit(&format!("{wiki}/locked?x=1"));
    assert!(
        page.url.as_str().starts_with(&gate.at("login")) && page.url.path().ends_with("/verify/totp"),
        "{}",
        page.url
    );
    let page = browser.give_code(&alice, &page);
    let page = browser.follow(page);
    assert_eq!((page.url.as_str(), page.status), (format!("{wiki}/locked?x=1").as_str(), 200));
    assert_ne!(session_at(&browser, "login").unwrap(), portal, "a new session at the portal");
    assert_ne!(session_at(&browser, "wiki").unwrap(), known, "and on the site");
    // The other site goes on with what it had, and gets the rest without a question.
    assert!(!opens(&gate, "docs", &known_docs), "it does not rise by itself");
    let mut tab = gate.visitor();
    tab.jars.entry("docs.localhost".into()).or_default().insert("vestibule".into(), known_docs);
    assert_eq!(tab.goto(&format!("{}/known/a", gate.at("docs"))).status, 200, "nothing of it was broken");
    let page = browser.visit(&format!("{}/locked", gate.at("docs")));
    assert_eq!((page.url.path(), page.status), ("/locked", 200));

    // A proof grows old on all sites alike, and a fresh one is asked for once.
    gate.advance(6 * 60);
    for (name, asks) in [("wiki", true), ("docs", false)] {
        let page = browser.visit(&format!("{}/fresh/a", gate.at(name)));
        assert_eq!(page.url.path().ends_with("/verify/totp"), asks, "{name}: {}", page.url);
        if asks {
            let page = browser.give_code(&alice, &page);
            let page = browser.follow(page);
            assert_eq!((page.url.path(), page.status), ("/fresh/a", 200));
        }
    }
    // Nobody stays nobody: asked to be somebody else, and no circle.
    let page = browser.visit(&format!("{wiki}/nobody/a"));
    assert_eq!((page.url.path(), page.status), ("/nobody/a", 403));
}

/// What was gained where one factor is enough is worth no more where two are asked for, nor anything on another site, nor
/// at the portal: each site's session is its own, and each rule is asked about it.
#[test]
fn se_22_a_session_of_a_lax_site_opens_no_strict_one() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    gate.advance(30);
    let known = format!("{}/known/a", gate.at("wiki"));
    assert_eq!(browser.give_password(&alice, &known).status, 200, "one factor");
    let lax = session_at(&browser, "wiki").expect("a session");
    echo.forget();
    for (name, path) in [("wiki", "/locked"), ("docs", "/locked"), ("docs", "/known/a"), ("vault", "/")] {
        let mut thief = gate.visitor_at(&gate.at(name));
        thief.set_cookie("session", Some(&lax));
        let page = thief.goto(path);
        assert_eq!(page.status, 302, "{name}{path}");
        assert!(page.sent_to().starts_with("/.vestibule/"), "{name}{path}: {}", page.sent_to());
    }
    let mut thief = gate.visitor_at(&gate.at("login"));
    thief.set_cookie("session", Some(&lax));
    assert!(thief.goto("/.vestibule/account").sent_to().starts_with("/.vestibule/login"));
    echo.assert_untouched("what a lax rule gave");
    // Where it was gained it is good; the strict rule asks for what is missing, once.
    let mut tab = gate.visitor_at(&gate.at("wiki"));
    tab.set_cookie("session", Some(&lax));
    assert_eq!(tab.goto("/known/a").status, 200);
    let page = browser.visit(&format!("{}/locked", gate.at("docs")));
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
}

/// A wildcard's host: whoever asked for it comes back to it, also by a step-up, and to no other.
#[test]
fn below_a_wildcard_the_way_back_is_the_host_that_was_asked_for() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let blue = gate.at("blue.team");
    gate.advance(30);
    let page = browser.give_password(&alice, &format!("{blue}/known/a"));
    assert_eq!((page.url.as_str(), page.status), (format!("{blue}/known/a").as_str(), 200));
    let page = browser.visit(&format!("{blue}/locked?x=1"));
    let page = browser.give_code(&alice, &page);
    let page = browser.follow(page);
    assert_eq!((page.url.as_str(), page.status), (format!("{blue}/locked?x=1").as_str(), 200));
    // What nobody signed names no host below it, nor a stranger's.
    for rd in
        [format!("{}/x", gate.at("red.team")), "http://evil.test/".into(), format!("{}@evil.test/", gate.at("wiki"))]
    {
        let rd: String = url::form_urlencoded::byte_serialize(rd.as_bytes()).collect();
        for page in ["login", "verify"] {
            let page = browser.visit(&format!("{}/.vestibule/{page}?rd={rd}", gate.at("login")));
            assert!(page.url.as_str().starts_with(&gate.at("login")), "{rd}: {}", page.url);
        }
    }
}

/// The same where somebody else goes on in that browser, and where a login ends on the reminder: the address is kept, in
/// the portal's own words alone.
#[test]
fn below_a_wildcard_the_way_back_outlives_starting_over_and_the_reminder() {
    let (_echo, gate, alice) = bench_with("[enrolment]\nremind = \"1d\"");
    let locked = format!("{}/locked?x=1", gate.at("blue.team"));
    let mut browser = gate.visitor();
    gate.advance(30);
    let page = browser.give_password(&alice, &locked);
    let forms = page.forms();
    let not_me = forms.iter().find(|form| form.action.ends_with("/start-over")).expect("not you?");
    let page = browser.post(&page, not_me, &[]);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/login", 200);
    let page = browser.submit(&page, &[("username", &alice.name), ("password", &alice.password)]);
    let page = browser.follow(page);
    let page = browser.give_code(&alice, &page);
    let remind = browser.follow(page);
    remind.assert_at("/.vestibule/account/remind", 200);

    // What somebody else wrote, or was signed for something else, leads nowhere.
    let errand = gate.visitor().visit(&locked).url.query().unwrap_or_default().replace("state=", "");
    let plain = url::form_urlencoded::byte_serialize(locked.as_bytes()).collect::<String>();
    for forged in [format!("kept={plain}"), format!("kept={errand}"), format!("rd={plain}")] {
        let mut form = remind.form();
        form.action = format!("/.vestibule/account/remind?{forged}");
        let page = browser.post(&remind, &form, &[]);
        assert_eq!((page.status, page.sent_to().as_str()), (303, "/.vestibule/account"), "{forged}");
    }
    let page = browser.submit(&remind, &[]);
    let page = browser.follow(page);
    assert_eq!((page.url.as_str(), page.status), (locked.as_str(), 200));
}

/// The portal's host is for our pages alone, and the sites have none of them.
#[test]
fn pages_are_at_the_portal_and_nowhere_else() {
    let (echo, gate, alice) = bench();
    let mut browser = gate.visitor_at(&gate.at("login"));
    assert_eq!(browser.goto("/").sent_to(), "/.vestibule/account");
    for path in ["/x", "/index.html", "/.vestibulex", "/.vestibule/callback", "/.vestibule/nothing"] {
        assert_eq!(browser.goto(path).status, 404, "{path}");
    }
    assert_eq!(browser.goto("/.vestibule/jwks.json").status, 200);
    let page = browser.sign_in(&alice, "/.vestibule/login");
    page.assert_at("/.vestibule/account", 200);
    // The sites she may open, and no others.
    let listed = |name: &str| page.link(&format!("{}/", gate.at(name)));
    assert!(listed("wiki").is_some() && listed("docs").is_some(), "{}", page.text());
    assert!(listed("vault").is_none(), "a site for others");

    let mut browser = gate.visitor();
    for page in ["account", "enrol", "reset", "invite", "setup", "account/add", "nothing", "verify/totp"] {
        let page = browser.goto(&format!("/.vestibule/{page}"));
        assert_eq!(page.status, 303, "{}", page.url);
        assert_eq!(page.location().unwrap().as_str(), format!("{}{}", gate.at("login"), page.url.path()));
    }
    let posted = browser
        .navigate("POST", "/.vestibule/login", "same-origin")
        .with("Origin", &gate.origin)
        .form("username=alice&password=x")
        .send();
    assert_eq!(
        (posted.status, posted.location().unwrap().as_str()),
        (303, &*format!("{}/.vestibule/login", gate.at("login")))
    );
    for page in ["login", "account", "verify", "logout", "reset"] {
        assert_eq!(browser.script("GET", &format!("/.vestibule/{page}")).send().status, 403, "{page} for a script");
    }
    assert_eq!(browser.script("GET", "/.vestibule/callback?ticket=x").send().status, 403);
    assert_eq!(browser.ask("POST", &format!("/.vestibule/call/{}", "A".repeat(43))).body("").send().status, 404);
    assert_eq!(browser.ask("GET", "/.vestibule/jwks.json").send().status, 200);

    // Scripts and programs are told where to sign in: at the portal, and back.
    let login = |back: &str| {
        let back: String = url::form_urlencoded::byte_serialize(format!("{}{back}", gate.origin).as_bytes()).collect();
        format!("{}/.vestibule/login?rd={back}", gate.at("login"))
    };
    let said = browser.script("GET", "/.vestibule/session").send().json();
    assert_eq!((&said["signed_in"], said["login"].as_str()), (&false.into(), Some(&*login("/"))));
    let told = browser.script("GET", "/api").with("Referer", &format!("{}/page?a=1", gate.origin)).send();
    assert_eq!((told.status, told.json()["login"].as_str()), (401, Some(&*login("/page?a=1"))));
    assert_eq!(told.field("www-authenticate"), Some(&*format!("Vestibule login=\"{}\"", login("/page?a=1"))));
    // And that address leads there.
    let page = browser.sign_in(&alice, &login("/page?a=1"));
    assert_eq!((page.url.as_str(), page.status), (format!("{}/page?a=1", gate.origin).as_str(), 200));
    // What is told in the name of the portal: the issuer, and links.
    let token = echo.last().field("vestibule-assertion").expect("an assertion").to_owned();
    let claims = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(&*gate.at("login")), Some(&*gate.origin)));
    assert!(gate.run(["user", "add", "carol"]).contains(&format!("{}/.vestibule/invite/", gate.at("login"))));
    // A worker of the application would see the ticket on its way back; a site may say that it is trusted with that.
    let worker = |browser: &mut Visitor, name: &str| {
        let address = format!("{}/open/worker.js", gate.at(name));
        browser.script("GET", &address).with("Service-Worker", "script").send()
    };
    let retired = worker(&mut browser, "wiki");
    assert_eq!((retired.status, retired.field("content-type")), (200, Some("text/javascript; charset=utf-8")));
    assert!(retired.html().contains("registration.unregister()"), "what the browser had goes: {}", retired.html());
    assert_ne!(echo.last().target, "/open/worker.js");
    assert_eq!(worker(&mut browser, "blue.team").status, 200);
    assert_eq!(echo.last().target, "/open/worker.js", "the application's own, where the site says so");
    // Our cookies stay ours on the way.
    browser.goto(&format!("{}/page", gate.origin));
    assert!(!echo.last().field("cookie").unwrap_or_default().contains("vestibule"));
}

/// A browser that comes back and back for the same address is told why, instead of going round.
#[test]
fn the_third_way_round_ends_on_a_page() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    let docs = format!("{}/locked", gate.at("docs"));
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let lose = |browser: &mut Visitor| browser.jars.get_mut("docs.localhost").map(|jar| jar.remove("vestibule"));
    for _ in 0..2 {
        let address = callback(&mut browser, &docs);
        assert_eq!(browser.navigate("GET", &address, "cross-site").send().status, 303);
        lose(&mut browser);
    }
    let page = browser.visit(&docs);
    is_a_page_without_session(&page, "the third way round");
    assert!(page.text().contains("back and forth"), "{}", page.text());
    // A browser that keeps no cookie of the site is told so at once.
    let mut forgetful = browser.clone();
    let address = callback(&mut forgetful, &docs);
    forgetful.jars.remove("docs.localhost");
    let page = forgetful.navigate("GET", &address, "cross-site").send();
    is_a_page_without_session(&page, "no cookies");
    assert!(page.text().contains("did not send back our cookie"), "{}", page.text());
    // Trying again is what the page offers, and it goes well once cookies do. Many tabs at once do, too.
    assert_eq!(browser.visit(&docs).status, 200);
    lose(&mut browser);
    let ways: Vec<String> = (0..8).map(|n| callback(&mut browser, &format!("{docs}?tab={n}"))).collect();
    for way in ways {
        let page = browser.navigate("GET", &way, "cross-site").send();
        assert_eq!(browser.follow(page).status, 200);
    }
}

/// Who may see the portal's pages: others get a page that says no, and what they have on sites goes on.
#[test]
fn the_portal_may_be_for_some_networks() {
    let (_echo, gate, alice) = bench_with("networks = [\"127.0.0.0/8\"]\n[trust]\nproxies = [\"127.0.0.1/32\"]");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    browser.always = vec![("X-Forwarded-For".into(), "203.0.113.7".into())];
    let pages = ["login", "login?out=1&state=x", "account", "verify", "reset", "invite", "account?out=1"];
    for page in pages {
        let page = browser.goto(&format!("{}/.vestibule/{page}", gate.at("login")));
        assert_eq!(page.status, 403, "{}", page.url);
    }
    let posted = browser.navigate("POST", &format!("{}/.vestibule/login?out=1", gate.at("login")), "same-origin");
    assert_eq!(posted.with("Origin", &gate.at("login")).form("username=alice").send().status, 403);
    assert_eq!(browser.goto(&format!("{}/.vestibule/jwks.json", gate.at("login"))).status, 200);
    assert_eq!(browser.goto(&format!("{}/locked", gate.at("wiki"))).status, 200);
    assert_eq!(browser.visit(&format!("{}/locked", gate.at("docs"))).status, 403, "no ticket from there");
    browser.always.clear();
    assert_eq!(browser.visit(&format!("{}/locked", gate.at("docs"))).status, 200);

    // What goes on can be ended, from anywhere.
    browser.always = vec![("X-Forwarded-For".into(), "203.0.113.7".into())];
    let wiki = session_at(&browser, "wiki").unwrap();
    let page = browser.visit(&format!("{}/.vestibule/logout", gate.at("wiki")));
    let page = browser.submit(&page, &[]);
    let page = browser.follow(page);
    assert_eq!((page.url.path(), page.status), ("/.vestibule/login", 200), "{}", page.text());
    assert!(!opens(&gate, "wiki", &wiki));
}

/// Site and portal take the client for two: the portal lets it pass, the site does not. It ends on a page that names that
/// cause, too.
#[test]
fn a_client_with_two_addresses_is_told_so() {
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .config("[portal]\nurl = \"http://login.localhost:PORT\"\n[trust]\nproxies = [\"127.0.0.1/32\"]")
        .site("url = \"http://wiki.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]")
        .rules(rules! { _ if networks = ["10.0.0.0/8"] => "one_factor", _ => "two_factor" })
        .start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    gate.advance(30);
    let from = |address: &str| vec![("X-Forwarded-For".to_owned(), address.to_owned())];
    browser.always = from("10.1.2.3");
    let page = browser.give_password(&alice, &format!("{}/x", gate.origin));
    assert_eq!(page.status, 200, "one address, one factor");
    let mut page = browser.goto("/.vestibule/session");
    for _ in 0..12 {
        let next = page.location().map_or_else(|| format!("{}/x", gate.origin), String::from);
        browser.always = from(if next.starts_with(&gate.at("login")) { "10.1.2.3" } else { "203.0.113.7" });
        page = browser.navigate("GET", &next, "cross-site").send();
        if page.status == 403 {
            break;
        }
    }
    is_a_page_without_session(&page, "round and round");
    assert!(page.text().contains("two addresses"), "{}", page.text());
}

/// The portal's cookie is gone, or somebody else's: a site's sign-out ends what is signed in there all the same, and
/// nothing is called signed out that is not.
#[test]
fn signing_out_from_a_site_ends_what_is_signed_in_there() {
    let (_echo, gate, alice) = bench();
    let bob = gate.given_user("bob");
    let leave = |browser: &mut Visitor, name: &str| {
        let question = browser.visit(&format!("{}/.vestibule/logout", gate.at(name)));
        assert_eq!(question.url.path(), "/.vestibule/logout", "{}", question.text());
        browser.submit(&question, &[])
    };
    // Below a wildcard, too, the way leads back to the host that was asked for.
    for name in ["docs", "blue.team"] {
        let mut browser = gate.visitor();
        browser.sign_in(&alice, &format!("{}/locked", gate.at(name)));
        let (portal, site) = (session_at(&browser, "login").unwrap(), session_at(&browser, name).unwrap());
        browser.jars.remove("login.localhost");
        let page = leave(&mut browser, name);
        assert!(!opens(&gate, name, &site), "{name}");
        let mut thief = gate.visitor_at(&gate.at("login"));
        thief.set_cookie("session", Some(&portal));
        assert_ne!(thief.goto("/.vestibule/account").status, 200, "and the login behind it");
        let page = browser.navigate("GET", page.location().expect("back").as_str(), "cross-site").send();
        assert_eq!(
            (page.url.origin().ascii_serialization(), page.field("clear-site-data")),
            (gate.at(name), Some("\"storage\""))
        );
        assert_eq!(session_at(&browser, name), None);
        let page = browser.follow(page);
        assert_eq!((page.url.path(), page.status), ("/.vestibule/login", 200));
    }
    // Alice on the site, Bob at the portal.
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("docs")));
    browser.jars.remove("login.localhost");
    browser.sign_in(&bob, &format!("{}/locked", gate.at("wiki")));
    let (docs, wiki) = (session_at(&browser, "docs").unwrap(), session_at(&browser, "wiki").unwrap());
    assert!(opens(&gate, "docs", &docs) && opens(&gate, "wiki", &wiki));
    leave(&mut browser, "docs");
    assert!(!opens(&gate, "docs", &docs) && !opens(&gate, "wiki", &wiki));

    // What nobody signed names no site and no login; what was signed is for that browser alone.
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("docs")));
    let docs = session_at(&browser, "docs").unwrap();
    let sent = browser.goto(&format!("{}/.vestibule/logout", gate.at("docs"))).location().expect("to the portal");
    let mut stranger = gate.visitor();
    let forged = stranger.goto(&sent.as_str().replace("from=1", "from=2"));
    assert_eq!(forged.location().expect("on").query(), Some("out=1"), "{}", forged.text());
    assert!(opens(&gate, "docs", &docs));
    let page = leave(&mut browser, "docs");
    let told = page.location().expect("back");
    // Somebody whose session just idled out has a cookie still, and an application's storage to lose.
    let mut victim = gate.visitor();
    victim.sign_in(&bob, &format!("{}/locked", gate.at("docs")));
    gate.run(["session", "end", "bob"]);
    for out in [told.as_str(), &format!("{}/.vestibule/logout?out=1", gate.at("docs"))] {
        let page = victim.navigate("GET", out, "cross-site").send();
        assert_eq!((page.status, page.field("clear-site-data")), (303, None), "{out}");
    }
    let page = browser.navigate("GET", told.as_str(), "cross-site").send();
    assert_eq!(page.field("clear-site-data"), Some("\"storage\""), "its own");
}

/// A question that was shown before a step-up in another tab still ends the login that was stepped up.
#[test]
fn a_sign_out_sent_before_a_step_up_ends_it() {
    let (_echo, gate, alice) = bench();
    gate.advance(30);
    let mut tab = gate.visitor();
    tab.give_password(&alice, &format!("{}/known/a", gate.at("wiki")));
    let question = tab.visit(&format!("{}/.vestibule/logout", gate.at("wiki")));
    let mut other = tab.clone();
    let page = other.visit(&format!("{}/locked", gate.at("wiki")));
    let page = other.give_code(&alice, &page);
    assert_eq!(other.follow(page).status, 200);
    let (portal, wiki) = (session_at(&other, "login").unwrap(), session_at(&other, "wiki").unwrap());
    assert!(opens(&gate, "wiki", &wiki));
    // With the cookie from before, as a request has it that was under way.
    assert_ne!(session_at(&tab, "login").unwrap(), portal);
    let forged = question.url.as_str().to_owned();
    let forged = tab.navigate("POST", &forged, "same-origin").with("Origin", &gate.at("login")).form("csrf=x").send();
    assert_eq!(forged.status, 403);
    assert!(opens(&gate, "wiki", &wiki), "a forged one ends nothing");
    assert_eq!(tab.submit(&question, &[]).status, 303);
    assert!(!opens(&gate, "wiki", &wiki), "signed out, and not only the tab that asked");
}

/// A nonce that a script of the application planted opens nothing for whoever planted it.
#[test]
fn a_planted_nonce_is_no_errands() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let docs = format!("{}/locked", gate.at("docs"));
    let planted = format!("{}.0.x", "A".repeat(43));
    let plant = |browser: &mut Visitor| {
        let jar = browser.jars.entry("docs.localhost".into()).or_default();
        jar.insert("vestibule-nonce-0a1b2c3d".into(), planted.clone());
    };
    plant(&mut browser);
    let stolen = callback(&mut browser, &docs);
    let mut thief = gate.visitor();
    plant(&mut thief);
    is_a_page_without_session(&thief.navigate("GET", &stolen, "cross-site").send(), "its own nonce");
    // And the browser that was sent comes in, whatever stands beside its own.
    let honest = callback(&mut browser, &docs);
    let page = browser.navigate("GET", &honest, "cross-site").send();
    assert_eq!(browser.follow(page).status, 200);
}

/// On a site with its pages at a portal a script of the application reaches the switch of languages: it changes a page,
/// and not the account by which mails are written.
#[test]
fn a_site_does_not_change_the_language_of_the_account() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let pick = |browser: &mut Visitor, name: &str, language: &str| {
        let at = gate.at(name);
        let ask = browser.navigate("POST", &format!("{at}/.vestibule/language"), "same-origin").with("Origin", &at);
        let page = ask.form(&format!("language={language}&back=http://red.team.localhost/x")).send();
        assert_eq!(page.status, 303, "{}", page.text());
        assert!(!page.location().expect("back").as_str().contains("red"), "{:?}", page.location());
    };
    // Refused on a site where nothing was picked, in the language of the account.
    let refused = |browser: &Visitor| {
        let mut browser = browser.clone();
        assert_eq!(browser.visit(&format!("{}/locked", gate.at("docs"))).status, 200);
        let page = browser.goto(&format!("{}/nobody/a", gate.at("docs")));
        assert_eq!(page.status, 403);
        page.html()
    };
    let english = refused(&browser);
    assert!(english.contains("lang=\"en\""), "{english}");
    pick(&mut browser, "wiki", "ja");
    assert!(refused(&browser).contains("lang=\"en\""), "the account's is what it was");
    pick(&mut browser, "login", "de");
    assert!(refused(&browser).contains("lang=\"de\""), "at the portal it is the account's");
}

/// The trail has a login's beginning and its end; a session on a site is a part of it.
#[test]
fn going_to_a_site_begins_nothing_in_the_trail() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let rows = || gate.run(["audit", "--user", "alice", "--json"]);
    let before = rows();
    assert!(before.contains("verified"), "the login itself is there: {before}");
    assert_eq!(browser.visit(&format!("{}/locked", gate.at("docs"))).status, 200);
    assert_eq!(rows(), before);
}

/// On a host of its own a second factor proved up to five minutes ago is enough to change the account; on a site that
/// serves its own pages it never is.
#[test]
fn at_the_portal_a_fresh_proof_is_enough_for_a_change() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor_at(&gate.at("login"));
    browser.sign_in(&alice, "/.vestibule/login");
    let add = "/.vestibule/account/confirm/password";
    let fields = [("new_password", "another door in the wall"), ("new_password_again", "another door in the wall")];
    gate.advance(6 * 60);
    let page = browser.goto(add);
    assert!(page.form().has("code"), "six minutes later it is asked for");
    let page = browser.submit(&page, &fields);
    assert_ne!(page.status, 303, "nothing changes without it: {}", page.text());
    gate.advance(30);

    let page = browser.visit(&format!("{}/fresh/a", gate.at("wiki")));
    let page = browser.give_code(&alice, &page);
    assert_eq!(browser.follow(page).status, 200);
    gate.advance(4 * 60);
    let page = browser.goto(add);
    assert!(!page.form().has("code"), "{}", page.text());
    let forged = browser.navigate("POST", add, "same-origin").with("Origin", &gate.at("login"));
    assert_eq!(forged.form("csrf=x&new_password=another door in the wall").send().status, 403);
    let page = browser.submit(&page, &fields);
    assert_eq!((page.status, page.sent_to().as_str()), (303, "/.vestibule/account"), "{}", page.text());
}

/// What cannot be meant stops the start.
#[test]
fn a_portal_that_cannot_work_stops_the_start() {
    let (_echo, gate, _alice) = bench();
    let refused = |portal: &str, site: &str| {
        let text = format!(
            "[portal]\n{portal}\n[store]\npath = \"{}\"\n[[site]]\n{site}\nupstreams = [\"http://127.0.0.1:1\"]\n[[site.rules]]\npolicy = \"two_factor\"\n",
            gate.folder.path().join("none").display()
        );
        let file = gate.folder.path().join("other.toml");
        std::fs::write(&file, text).expect("written");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
        let output = command.args(["check", "--config"]).arg(&file).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        (output.status.code(), text)
    };
    let portal = "url = \"https://login.test\"";
    for (portal, site, key) in [
        (portal, "url = \"https://login.test:8443\"", "site[0].host"),
        (portal, "url = \"https://login.test\"\nhost = \"inner.test\"", "site[0].host"),
        (portal, "url = \"https://login.test:8443\"\nhost = \"*\"", "site[0].host"),
        (portal, "url = \"http://wiki.test\"", "site[0].url"),
        (portal, "host = \"*\"\naudience = \"x\"", "site[0].url"),
        ("url = \"http://login.test\"", "url = \"https://wiki.test\"", "site[0].url"),
        ("url = \"https://*.test\"", "url = \"https://wiki.test\"", "portal.url"),
        ("url = \"login.test\"", "url = \"https://wiki.test\"", "portal.url"),
        ("networks = [\"10.0.0.0/8\"]", "url = \"https://wiki.test\"", "portal.networks"),
        ("url = \"https://login.test\"\nnetworks = [\"x\"]", "url = \"https://wiki.test\"", "portal.networks[0]"),
    ] {
        let (code, text) = refused(portal, site);
        assert_eq!(code, Some(78), "{portal} {site}: {text}");
        assert!(text.contains(key), "{key} is not named: {text}");
    }
    let two = |host: &str| {
        let rest = "upstreams = [\"http://127.0.0.1:1\"]\n[[site.rules]]\npolicy = \"two_factor\"\n[[site]]";
        refused(
            portal,
            &format!(
                "url = \"https://wiki.test\"\nhost = \"a.test\"\n{rest}\nurl = \"https://{host}\"\nhost = \"b.test\""
            ),
        )
    };
    let (code, text) = two("wiki.test");
    assert!(code == Some(78) && text.contains("site[1].url"), "two hosts behind one jar of cookies: {text}");
    let (code, text) = two("docs.test");
    assert_eq!(code, Some(0), "hosts that a proxy in front sets: {text}");
    let (code, text) = refused(portal, "url = \"https://*.test\"");
    assert_eq!(code, Some(0), "the portal's own name below a wildcard of the sites': {text}");
    assert!(!text.contains("shares the login's origin"), "{text}");
}

impl Gate {
    /// Starts it again with a configuration that differs so.
    fn restart_with(&mut self, change: impl Fn(String) -> String) {
        let text = std::fs::read_to_string(self.config_file()).expect("there is one");
        std::fs::write(self.config_file(), change(text)).expect("written");
        self.restart();
    }
}

/// Goes where a link on this page leads that begins again, and as far as that goes.
#[track_caller]
fn try_again(browser: &mut Visitor, page: &Page) -> Page {
    let link = page.link("/.vestibule/login").unwrap_or_else(|| panic!("no way on from {}: {}", page.url, page.text()));
    let address = page.url.join(&link).expect("a link is an address");
    browser.visit(address.as_str())
}

/// Password and code, from the login page on; the page it ends on.
#[track_caller]
fn sign_in_here(browser: &mut Visitor, user: &User, page: &Page) -> Page {
    assert!(page.form().has("password"), "{}: {}", page.url, page.text());
    browser.control.advance(std::time::Duration::from_secs(30));
    let page = browser.submit(page, &[("username", &user.name), ("password", &user.password)]);
    let page = browser.follow(page);
    let page = browser.give_code(user, &page);
    assert_eq!(page.status, 303, "{}", page.text());
    browser.follow(page)
}

/// Tabs that set out at one moment, each without the cookies of the others, all come to where they were going.
#[test]
fn tabs_that_set_out_at_one_moment_all_arrive() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    for round in 0..rounds(3, 20) {
        let address = |n: usize| format!("{}/locked?round={round}&tab={n}", gate.at("docs"));
        let tab = |n: usize| {
            let mut tab = browser.clone();
            move || (callback(&mut tab, &address(n)), tab.jars.remove("docs.localhost").unwrap_or_default())
        };
        let ways = at_once((0..3).map(tab).collect());
        let mut ahead = browser.clone();
        for (_, cookies) in &ways {
            ahead.jars.entry("docs.localhost".into()).or_default().extend(cookies.clone());
        }
        // One after the other, and all at once: none ends another's session.
        let mut sessions = Vec::new();
        for (n, (way, _)) in ways.iter().enumerate() {
            let page = ahead.navigate("GET", way, "cross-site").send();
            assert_eq!((page.status, page.location().map(String::from)), (303, Some(address(n))), "{}", page.text());
            sessions.extend(session_at(&ahead, "docs"));
            assert!(sessions.iter().all(|token| opens(&gate, "docs", token)), "round {round}: {sessions:?}");
        }
        let ways = at_once((0..3).map(tab).collect());
        let mut together = browser.clone();
        for (_, cookies) in &ways {
            together.jars.entry("docs.localhost".into()).or_default().extend(cookies.clone());
        }
        let arrive = |way: String| {
            let mut tab = together.clone();
            move || {
                let page = tab.navigate("GET", &way, "cross-site").send();
                tab.follow(page).status
            }
        };
        let arrived = at_once(ways.into_iter().map(|(way, _)| arrive(way)).collect());
        assert_eq!(arrived, [200; 3], "round {round}");
    }
}

/// However many ways somebody begins and leaves, what is kept of them is bounded, and the last one works.
#[test]
fn ways_that_nobody_ends_are_forgotten() {
    let (_echo, gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let jar = browser.jars.entry("docs.localhost".into()).or_default();
    jar.extend((0..60).map(|n| (format!("vestibule-nonce-{n:08x}"), "planted".to_owned())));
    for n in 0..40 {
        let page = browser.goto(&format!("{}/.vestibule/login?rd=/locked?n={n}", gate.at("docs")));
        assert_eq!(page.status, 303, "{}", page.text());
    }
    let nonces = |browser: &Visitor| {
        browser.jars["docs.localhost"].keys().filter(|name| name.starts_with("vestibule-nonce")).count()
    };
    assert!(nonces(&browser) <= 16, "{:?}", browser.jars["docs.localhost"]);
    // The jar of this bench sends them by name and not by age: the rest stands in nobody's way all the same.
    browser.jars.remove("docs.localhost");
    assert_eq!(browser.visit(&format!("{}/locked", gate.at("docs"))).status, 200);
    assert_eq!(nonces(&browser), 1);
}

/// The page of a login says which site it leads to, by what the operator calls it, and never by a request's words.
#[test]
fn a_login_says_which_site_it_is_for() {
    let (_echo, mut gate, alice) = bench();
    gate.restart_with(|text| text.replace("url = \"http://docs", "name = \"The <docs>\"\nurl = \"http://docs"));
    let port = gate.address.port();
    for (name, said) in [
        ("docs", "To continue to The <docs>".to_owned()),
        ("wiki", format!("To continue to wiki.localhost:{port}")),
        ("blue.team", format!("To continue to *.team.localhost:{port}")),
        ("a-call-to-0900-12345.team", format!("To continue to *.team.localhost:{port}")),
    ] {
        let mut browser = gate.visitor();
        let page = browser.visit(&format!("{}/locked", gate.at(name)));
        page.assert_at("/.vestibule/login", 200);
        assert!(page.text().contains(&said), "{name}: {}", page.text());
        assert!(!page.text().contains("0900"), "{}", page.text());
        // And so do the steps after it, and the form that is shown again.
        let wrong = browser.submit(&page, &[("username", "alice"), ("password", "not this one")]);
        assert!(wrong.text().contains(&said), "{name}: {}", wrong.text());
        gate.advance(60);
        let page = browser.submit(&wrong, &[("username", "alice"), ("password", &alice.password)]);
        let page = browser.follow(page);
        assert!(page.url.path().ends_with("/verify/totp") && page.text().contains(&said), "{name}: {}", page.text());
    }
    // At home there is nothing to say, nor of what is no site of ours.
    for path in ["", "?to=account", "?rd=http://evil.test/", "?rd=http://red.team.localhost/"] {
        let page = gate.visitor().goto(&format!("{}/.vestibule/login{path}", gate.at("login")));
        assert!(page.status == 200 && !page.text().contains("To continue to"), "{path}: {}", page.text());
    }
    let mut browser = gate.visitor();
    let account = browser.sign_in(&alice, &format!("{}/.vestibule/login", gate.at("login")));
    assert!(account.text().contains("The <docs>"), "as the account calls it: {}", account.text());
}

/// Whatever happens on the way, one comes to the very host and address one asked for, below a wildcard, too.
#[test]
fn nothing_on_the_way_loses_the_address() {
    let (_echo, gate, alice) = bench_with("[enrolment]\nremind = \"1d\"");
    let from_start_over = |browser: &mut Visitor, page: &Page| {
        let form = page.forms().into_iter().find(|form| form.action.contains("start-over")).expect("\"not you?\"");
        let page = browser.post(page, &form, &[]);
        browser.follow(page)
    };
    let in_japanese = |browser: &mut Visitor, page: &Page| {
        let form = page.forms().into_iter().find(|form| form.action.ends_with("/language")).expect("a switch");
        let page = browser.post(page, &form, &[("language", "ja")]);
        browser.follow(page)
    };
    for name in ["blue.team", "docs"] {
        let address = format!("{}/locked/a%20b?x=1&y=%2F", gate.at(name));
        let arrived = |page: &Page, how: &str| {
            assert_eq!((page.url.as_str(), page.status), (address.as_str(), 200), "{name}: {how}: {}", page.text());
        };
        // Straight, by the reminder: put off, it is not shown again.
        let mut browser = gate.visitor();
        let page = browser.sign_in(&alice, &address);
        if page.url.path() == "/.vestibule/account/remind" {
            let page = browser.submit(&page, &[]);
            arrived(&browser.follow(page), "put off");
        }
        // In another language, as somebody else, twice.
        let mut browser = gate.visitor();
        let page = browser.visit(&address);
        let page = in_japanese(&mut browser, &page);
        let page = browser.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
        let page = browser.follow(page);
        let page = from_start_over(&mut browser, &page);
        let page = browser.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
        let page = browser.follow(page);
        let page = from_start_over(&mut browser, &page);
        let page = in_japanese(&mut browser, &page);
        arrived(&sign_in_here(&mut browser, &alice, &page), "not you?");
        // Too slow for the second factor: sent late, looked at late, given up late.
        for how in ["sent", "looked at", "given up"] {
            let mut browser = gate.visitor();
            let page = browser.give_password(&alice, &address);
            gate.advance(11 * 60);
            let page = match how {
                "sent" => browser.give_code(&alice, &page),
                "looked at" => browser.visit(page.url.as_str()),
                _ => from_start_over(&mut browser, &page),
            };
            arrived(&sign_in_here(&mut browser, &alice, &page), how);
        }
        // The page was left open, or bookmarked: the errand in its address is too old, and still says where it leads.
        let mut browser = gate.visitor();
        let page = browser.visit(&address);
        gate.advance(3 * 3600);
        let bookmark = page.url.as_str().to_owned();
        let page = browser.visit(&bookmark);
        arrived(&sign_in_here(&mut browser, &alice, &page), "a bookmark");
        browser.jars.remove(&format!("{name}.localhost"));
        let page = browser.visit(&bookmark);
        is_a_page_without_session(&page, "a bookmark, signed in");
        arrived(&try_again(&mut browser, &page), "a bookmark, signed in");
        // The session is lost: it idled, the operator ended it, the cookies are gone. That it came back this way a browser
        // remembers for a minute, which this one does not count.
        let forgets = |browser: &mut Visitor| {
            let jar = browser.jars.get_mut(&format!("{name}.localhost")).expect("a jar");
            jar.retain(|name, _| !name.starts_with("vestibule-nonce"));
        };
        gate.advance(31 * 60);
        forgets(&mut browser);
        let page = browser.visit(&address);
        arrived(&sign_in_here(&mut browser, &alice, &page), "it idled");
        gate.run(["session", "end", "alice"]);
        forgets(&mut browser);
        let page = browser.visit(&address);
        arrived(&sign_in_here(&mut browser, &alice, &page), "it was ended");
        browser.jars.clear();
        let page = browser.visit(&address);
        arrived(&sign_in_here(&mut browser, &alice, &page), "no cookies");
        // Out and in again: by the link that is offered to the site's front, and to what is asked for then.
        let page = browser.visit(&format!("{}/.vestibule/logout", gate.at(name)));
        let page = browser.submit(&page, &[]);
        let page = browser.follow(page);
        let page = try_again(&mut browser, &page);
        let page = sign_in_here(&mut browser, &alice, &page);
        assert_eq!(page.url.as_str(), format!("{}/", gate.at(name)), "{}", page.text());
        arrived(&browser.visit(&address), "out and in again");
    }
}

/// Whoever adds a factor because a page of ours said so comes to where they were going, below a wildcard, too.
#[test]
fn a_factor_added_on_the_way_does_not_lose_the_address() {
    for name in ["blue.team", "docs"] {
        let (_echo, gate, alice) = bench_with("[enrolment]\nremind = \"1d\"");
        let (portal, fresh) = (gate.at("login"), format!("{}/fresh/a%20b?x=1", gate.at(name)));
        let mut browser = gate.visitor_at(&portal);
        gate.advance(30);
        let page = browser.sign_in(&alice, &fresh);
        page.assert_at("/.vestibule/account/remind", 200);
        let add = page.link("/.vestibule/account/confirm/add-webauthn").expect("a key is stronger");
        let page = browser.visit(&add);
        assert_eq!(page.link(&fresh).as_deref(), Some(fresh.as_str()), "cancelled: {}", page.html());
        let page = browser.submit(&page, &[]);
        let page = browser.follow(page);
        let page = browser.submit(&page, &[]);
        let page = browser.follow(page);
        let answer = Authenticator::new(5).create(&options(&page), &Says::honest(&portal));
        let page = browser.submit(&page, &[("code", &answer)]);
        let page = browser.follow(page);
        assert_eq!((page.url.as_str(), page.status), (fresh.as_str(), 200), "added: {}", page.text());
    }
}

/// The same where it took longer than an errand is good for.
#[test]
fn a_slow_step_up_does_not_lose_the_address() {
    let (_echo, gate, alice) = bench();
    for name in ["blue.team", "docs"] {
        let fresh = format!("{}/fresh/a%20b?x=1", gate.at(name));
        let mut browser = gate.visitor();
        gate.advance(30);
        assert_eq!(browser.sign_in(&alice, &fresh).status, 200);
        gate.advance(6 * 60);
        let page = browser.visit(&fresh);
        page.assert_at("/.vestibule/verify/totp", 200);
        gate.advance(11 * 60);
        let page = browser.give_code(&alice, &page);
        let page = browser.follow(page);
        assert_eq!((page.url.as_str(), page.status), (fresh.as_str(), 200), "{name}: {}", page.text());
    }
}

/// What comes to the end of a way in place of the one right ticket: a page that leads on, and no session by it.
#[test]
fn whatever_comes_in_place_of_a_ticket_leads_on() {
    let (_echo, mut gate, alice) = bench();
    let docs = format!("{}/locked", gate.at("docs"));
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let other = "A".repeat(43);
    let parts = |address: &str| {
        let (page, query) = address.split_once('?').expect("a query");
        let (ticket, state) = query.split_once('&').expect("a ticket and a state");
        (page.to_owned(), ticket.to_owned(), state.to_owned())
    };
    for (what, bent) in [
        (
            "an unknown ticket",
            (|page, _, state, other| format!("{page}?ticket={other}&{state}")) as fn(&str, &str, &str, &str) -> String,
        ),
        ("no ticket", |page, _, state, _| format!("{page}?{state}")),
        ("an empty one", |page, _, state, _| format!("{page}?ticket=&{state}")),
        ("junk", |page, _, state, _| format!("{page}?ticket=%00%ff%22%3Cb%3E&{state}")),
        ("a huge one", |page, _, state, other| format!("{page}?ticket={}&{state}", other.repeat(100))),
        ("two", |page, ticket, state, other| format!("{page}?ticket={other}&{ticket}&{state}")),
        ("no errand", |page, ticket, _, _| format!("{page}?{ticket}")),
        ("two errands", |page, ticket, state, _| format!("{page}?{ticket}&state=x&{state}")),
        ("a huge errand", |page, ticket, _, other| format!("{page}?{ticket}&state={}", other.repeat(100))),
        ("nothing", |page, _, _, _| page.to_owned()),
    ] {
        let way = callback(&mut browser, &docs);
        let (page, ticket, state) = parts(&way);
        let page = browser.navigate("GET", &bent(&page, &ticket, &state, &other), "cross-site").send();
        is_a_page_without_session(&page, what);
        assert_eq!(session_at(&browser, "docs"), None, "{what}");
        let page = try_again(&mut browser, &page);
        assert_eq!((page.url.origin().ascii_serialization(), page.status), (gate.at("docs"), 200), "{what}");
        browser.jars.remove("docs.localhost");
    }
    // A script has no use for it, and takes it from nobody.
    let way = callback(&mut browser, &docs);
    for (mode, dest) in [("cors", "empty"), ("no-cors", "image"), ("navigate", "iframe"), ("same-origin", "empty")] {
        let ask = browser.ask("GET", &way).with("Sec-Fetch-Site", "same-origin");
        let page = ask.with("Sec-Fetch-Mode", mode).with("Sec-Fetch-Dest", dest).send();
        assert_eq!(page.status, 403, "{mode} {dest}");
    }
    let page = browser.navigate("GET", &way, "cross-site").send();
    assert_eq!(page.status, 303, "{}", page.text());
    // Nor does the page after it know of it: no referrer leads out of what is not kept.
    assert_eq!(
        (page.field("referrer-policy"), page.field("cache-control")),
        (Some("same-origin"), Some("private, no-store"))
    );

    // Between ticket and callback something ends.
    type End = fn(&mut Gate, &mut Visitor);
    let signs_out: End = |gate, browser| {
        let page = browser.visit(&format!("{}/.vestibule/logout", gate.at("login")));
        browser.submit(&page, &[]);
    };
    for (what, end) in [
        ("the login, by the operator", (|gate, _| drop(gate.run(["session", "end", "alice"]))) as End),
        ("the login, in another tab", signs_out),
        ("the login, by its age", |gate, _| gate.advance(13 * 3600)),
        ("the user may no more", |gate, _| {
            gate.run(["user", "disable", "alice"]);
            gate.run(["user", "enable", "alice"]);
        }),
    ] {
        let mut browser = gate.visitor();
        browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
        let way = callback(&mut browser, &docs);
        end(&mut gate, &mut browser);
        let page = browser.navigate("GET", &way, "cross-site").send();
        is_a_page_without_session(&page, what);
        assert_eq!(session_at(&browser, "docs"), None, "{what}");
        let page = try_again(&mut browser, &page);
        let page =
            if page.url.path() == "/.vestibule/login" { sign_in_here(&mut browser, &alice, &page) } else { page };
        assert_eq!((page.url.as_str(), page.status), (docs.as_str(), 200), "{what}");
    }
    // The machine's clock is put back, which ends nothing.
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let way = callback(&mut browser, &docs);
    gate.skew_wall(-3_600_000);
    let page = browser.navigate("GET", &way, "cross-site").send();
    assert_eq!(browser.follow(page).status, 200);
}

/// A site goes while somebody is on the way to it: told so, and led to what there is.
#[test]
fn a_site_that_is_gone_is_said_to_be() {
    let (_echo, mut gate, alice) = bench();
    let mut browser = gate.visitor();
    browser.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    let docs = format!("{}/locked", gate.at("docs"));
    let sent = browser.goto(&format!("{}/.vestibule/login?rd=/locked", gate.at("docs"))).location().expect("sent");
    let way = callback(&mut browser, &docs);
    let (before, after) = ("url = \"http://docs.", "url = \"http://moved.");
    gate.restart_with(|text| text.replace(before, after));
    let page = browser.navigate("GET", sent.as_str(), "cross-site").send();
    assert_eq!(page.status, 403);
    assert!(page.text().contains("not served here any more"), "{}", page.text());
    let account = try_again(&mut browser, &page);
    account.assert_at("/.vestibule/account", 200);
    // Who is not signed in is told the same, and can sign in.
    let mut stranger = gate.visitor();
    let page = stranger.navigate("GET", sent.as_str(), "cross-site").send();
    assert_eq!(page.status, 403, "{}", page.text());
    try_again(&mut stranger, &page).assert_at("/.vestibule/login", 200);
    // The gate answers for the site's host no more.
    assert_eq!(browser.navigate("GET", &way, "cross-site").send().status, 421);
    gate.restart_with(|text| text.replace(after, before));
    assert_eq!(browser.visit(&docs).status, 200, "it is back, and nothing else was lost");
}

/// Cookies of ours that are junk, huge, conflicting or many, at the site and at the portal: none lets anybody in, none
/// keeps anybody out.
#[test]
fn bad_cookies_keep_nobody_out() {
    let (echo, gate, alice) = bench();
    let docs = format!("{}/locked", gate.at("docs"));
    let junk = [
        ("vestibule", "junk".to_owned()),
        ("vestibule", String::new()),
        ("vestibule", "A".repeat(43)),
        ("vestibule", "A".repeat(20_000)),
        ("vestibule-nonce-00000000", "junk".to_owned()),
        ("vestibule-nonce-00000000", "A".repeat(20_000)),
        ("vestibule-nonce-00000000", format!("{}.255.x", "A".repeat(43))),
        ("vestibule-nonce-", "x".to_owned()),
        ("vestibule-nonce", "x".to_owned()),
        ("vestibule-login", "junk".to_owned()),
        ("vestibule-browser", "junk".to_owned()),
    ];
    let mut signed_in = gate.visitor();
    signed_in.sign_in(&alice, &format!("{}/locked", gate.at("wiki")));
    for (name, value) in &junk {
        // At the site, of somebody signed in at the portal; and at the portal, of nobody.
        let mut browser = signed_in.clone();
        browser.jars.entry("docs.localhost".into()).or_default().insert((*name).to_owned(), value.clone());
        echo.forget();
        assert_eq!(browser.goto(&docs).status, 302, "{name}");
        echo.assert_untouched("junk is nobody");
        assert_eq!(browser.visit(&docs).status, 200, "{name}");
        let mut stranger = gate.visitor();
        stranger.jars.entry("login.localhost".into()).or_default().insert((*name).to_owned(), value.clone());
        let page = stranger.visit(&docs);
        let page = sign_in_here(&mut stranger, &alice, &page);
        assert_eq!((page.url.as_str(), page.status), (docs.as_str(), 200), "{name} at the portal");
    }
    // A second one beside each of ours, once: cleared, and the next try goes well.
    for name in ["vestibule", "vestibule-login"] {
        let mut browser = signed_in.clone();
        browser.visit(&docs);
        let twice = format!("{name}={}", "A".repeat(43));
        browser.jars.get_mut("docs.localhost").expect("a jar").insert(name.to_owned(), "B".repeat(43));
        let page = browser.navigate("GET", &docs, "none").with("Cookie", &twice).send();
        assert_eq!(page.status, if name == "vestibule" { 302 } else { 200 }, "{name}");
        assert_eq!(browser.visit(&docs).status, 200, "{name}");
    }
    let mut browser = signed_in.clone();
    let way = callback(&mut browser, &docs);
    let nonce = browser.jars["docs.localhost"].keys().find(|name| name.contains("nonce")).expect("one").clone();
    let page = browser.navigate("GET", &way, "cross-site").with("Cookie", &format!("{nonce}=x")).send();
    is_a_page_without_session(&page, "two nonces");
    assert!(page.text().contains("same name"), "{}", page.text());
    assert_eq!(try_again(&mut browser, &page).status, 200);
    // One that comes again and again beside ours: said to be so, and no circle.
    let mut browser = signed_in.clone();
    let mut next = docs.clone();
    let page = (0..20).find_map(|_| {
        let ask = browser.navigate("GET", &next, "cross-site");
        let ask = if next.starts_with(&gate.at("docs")) { ask.with("Cookie", "vestibule=planted") } else { ask };
        let page = ask.send();
        let on = page.location().map(String::from);
        match on {
            Some(on) => next = on,
            None => return Some(page),
        }
        None
    });
    let page = page.expect("it goes round and round");
    is_a_page_without_session(&page, "a second session");
    assert!(page.text().contains("same name"), "{}", page.text());
}
