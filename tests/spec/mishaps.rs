//! What goes wrong in the hands of honest people and in those of others: links that are used twice, late or by somebody
//! else, names nobody should have, a mail server that is down. Each ends in a page that says what happened and what to
//! do, and the change was made or it was not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::harness::{Echo, Gate, PASSWORD, Page, User, Visitor, link_in, until};
use crate::http_server::{of, serve};
use crate::wa;

const STEP: u64 = 30;
const OTHER: &str = "a window to the west";
/// Turns the direction of what follows it (Unicode, RIGHT-TO-LEFT OVERRIDE).
const TURN: char = '\u{202e}';

fn set(browser: &mut Visitor, page: &Page, password: &str) -> Page {
    browser.submit(page, &[("new_password", password), ("new_password_again", password)])
}

/// The page of a link that is good no more: says why, and what to do.
#[track_caller]
fn assert_dead(page: &Page, remedy: &str) {
    assert_eq!(page.status, 404, "{}", page.text());
    let text = page.text();
    assert!(text.contains("used before, is too old") && text.contains(remedy), "{text}");
}

/// Whether a login with this password comes further than the first page.
fn opens(gate: &Gate, name: &str, password: &str) -> bool {
    gate.advance(60);
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    browser.submit(&page, &[("username", name), ("password", password)]).status == 303
}

/// RE, behaviour 56: an invitation opened in two browsers is used by the first that posts; the other is told, and what it
/// typed is nobody's password. So is who comes late, and who has the form and not the link.
#[test]
fn an_invitation_is_used_once_by_whom_it_was_opened_and_in_time() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let link = gate.invite("alice");
    let (mut home, mut work, mut thief) = (gate.visitor(), gate.visitor(), gate.visitor());
    let (at_home, at_work) = (home.visit(&link), work.visit(&link));
    assert_dead(&set(&mut thief, &at_home, "a form without its link"), "ask your administrator");
    work.set_cookie("link", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    assert_dead(&set(&mut work, &at_work, OTHER), "ask your administrator");
    work.visit(&link);

    let page = set(&mut home, &at_home, PASSWORD);
    assert_eq!(page.status, 303, "{}", page.text());
    let late = set(&mut work, &at_work, OTHER);
    assert_dead(&late, "ask your administrator");
    assert!(late.link("/.vestibule/login").is_some(), "the way on");
    assert_dead(&set(&mut home, &at_home, OTHER), "sign in");
    assert!(!opens(&gate, "alice", OTHER), "nothing was changed");
    let page = home.follow(page);
    let (_, page) = home.enrol_totp(page);
    assert_eq!(home.keep_codes(page).1.status, 200);
    assert!(opens(&gate, "alice", PASSWORD));

    let link = gate.invite("bobby");
    let mut browser = gate.visitor();
    let page = browser.visit(&link);
    gate.advance(24 * 3600);
    assert_dead(&set(&mut browser, &page, PASSWORD), "ask your administrator");
    assert_dead(&gate.visitor().visit(&link), "ask your administrator");
    assert!(!opens(&gate, "bobby", PASSWORD));
    let link = link_in(&gate.run(["user", "invite", "bobby"]));
    gate.visitor().accept("bobby", &link);
}

/// The form of the first account, filled in by two at once, one after the other.
#[test]
fn the_first_account_is_made_once() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let link = link_in(&std::fs::read_to_string(gate.data().join("setup-link")).expect("a link"));
    let (mut one, mut two) = (gate.visitor(), gate.visitor());
    let (first, second) = (one.visit(&link), two.visit(&link));
    let fields = |name| [("username", name), ("new_password", PASSWORD), ("new_password_again", PASSWORD)];
    assert_eq!(one.submit(&first, &fields("alice")).status, 303);
    assert_dead(&two.submit(&second, &fields("mallory")), "sign in");
    assert!(!gate.run(["user", "list"]).contains("mallory"));
}

/// WB-06, WB-11: what an owner calls a device. It is shown as text, on one line, without marks that turn it; one that is
/// too long or nothing at all is said to be so, before a code is used up.
#[test]
fn wb_11_a_device_has_a_name_that_can_be_shown() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").start();
    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    let (alice, _) = gate.visitor().accept("alice", &link);
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    gate.advance(STEP);
    let listed = || -> Value { serde_json::from_str(&gate.run(["factor", "list", "alice", "--json"])).expect("JSON") };
    let factors = listed()["factors"].as_array().expect("factors").clone();
    let id = factors.iter().find(|one| one["method"] == "totp").expect("an app")["id"].as_str().expect("id").to_owned();
    let page = browser.goto(&format!("/.vestibule/account/confirm/rename-{id}"));
    let code = alice.code_at(gate.control.now(), 0);
    for (label, why) in [
        ("<b>".repeat(3400), "too long"),
        (format!("{TURN}\u{200f}"), "Give this device a name"),
        ("\u{2028}\r\n".to_owned(), "Give this device a name"),
    ] {
        let page = browser.submit(&page, &[("label", &label), ("code", &code)]);
        assert_eq!(page.status, 200);
        assert!(page.text().contains(why) && !page.html().contains("<b>"), "{}", page.text());
    }
    let label = format!("<img src=x onerror=alert(1)> {TURN}gnp.exe\r\nBcc: evil@example.com");
    let done = browser.submit(&page, &[("label", &label), ("code", &code)]);
    assert_eq!(done.status, 303, "the code was not used up: {}", done.text());
    let kept = "<img src=x onerror=alert(1)> gnp.exeBcc: evil@example.com";
    let page = browser.follow(done);
    assert!(page.text().contains(kept) && !page.html().contains("<img") && !page.html().contains(TURN));
    assert!(listed().to_string().contains(kept));
    let told = until("the notice", 20, || {
        let messages = gate.outbox()["messages"].clone();
        messages
            .as_array()?
            .iter()
            .find(|one| one["subject"].as_str().is_some_and(|it| it.contains("renamed")))
            .cloned()
    });
    let text = told["text"].as_str().expect("text");
    assert!(text.lines().any(|line| line.contains("Authenticator app") && line.ends_with(kept)), "{text}");
    assert!(!text.lines().any(|line| line.starts_with("Bcc")) && !text.contains(TURN));
    assert!(gate.run(["audit", "--user", "alice", "--json"]).contains("\"renamed\""));

    // The same of a key, which is named while it is enrolled, and not like the other.
    let page = wa::enrolling(&gate, &mut browser, &alice);
    for (label, status) in [("x".repeat(10_000), 200), (label.clone(), 200), (format!("{label}2"), 303)] {
        let mut key = crate::authenticator::Authenticator::new(1);
        let page = browser.visit(page.url.path());
        let page = if page.html().contains("data-options") {
            page
        } else {
            let begun = browser.submit(&page, &[]);
            browser.follow(begun)
        };
        let answer = key.create(&wa::options(&page), &crate::authenticator::Says::honest(&gate.origin));
        assert_eq!(browser.submit(&page, &[("label", &label), ("code", &answer)]).status, status);
    }
    assert_eq!(listed().to_string().matches(kept).count(), 2);
}

/// What an operator calls people and groups: refused where it is written, in whole, or shown as text.
#[test]
fn people_have_names_that_can_be_shown() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let long = "x".repeat(10_000);
    for name in [long.as_str(), "Alice\nRemote-Groups: admins", &format!("Alice {TURN}ecila"), "Alice\u{0}"] {
        if !name.contains('\u{0}') {
            assert_eq!(gate.cli(["user", "add", "alice", "--name", name]).code, 2, "{name:.40?}");
        }
    }
    for group in [long.as_str(), "admins\n", "<b>", "a,b", &format!("{TURN}admins"), ""] {
        assert_eq!(gate.cli(["user", "add", "alice", "--group", group]).code, 2, "{group:.40?}");
    }
    for email in [format!("{long}@example.com"), "alice@example.com\nBcc: x@example.com".to_owned()] {
        let said = gate.cli(["user", "add", "alice", "--email", &email]);
        assert!(said.code == 2 && said.err.len() < 400, "{}", said.err);
    }
    for name in [long.as_str(), "<b>alice", &format!("alice{TURN}")] {
        assert_eq!(gate.cli(["user", "add", name]).code, 2, "{name:.40?}");
    }
    assert!(!gate.run(["user", "list"]).contains("alice"), "none of it made anybody");

    let mark = "</title><script>alert(1)</script>";
    let link = link_in(&gate.run(["user", "add", "alice", "--name", mark]));
    let (alice, page) = gate.visitor().accept("alice", &link);
    assert_eq!(page.status, 200);
    assert_eq!(gate.cli(["user", "set", "alice", "--name", &long]).code, 2);
    // Where a browser is told it: among the options of a ceremony.
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = wa::enrolling(&gate, &mut browser, &alice);
    assert!(wa::options(&page).contains(mark) && !page.html().contains("<script>alert"), "{}", page.html());
    for address in ["/.vestibule/account", "/.vestibule/account/confirm/password", "/.vestibule/logout"] {
        assert!(!browser.goto(address).html().contains("<script>alert"), "{address}");
    }
}

/// A browser says of itself what it likes: 10 kB, markup, marks that turn the text. None of it reaches its owner's page,
/// or the mail about it.
#[test]
fn browsers_have_names_that_can_be_shown() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").start();
    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    let (alice, _) = gate.visitor().accept("alice", &link);
    let agent = format!("<script>{TURN}alert(1)</script>{}", "é".repeat(10_000));
    let mut browser = gate.visitor();
    browser.always.push(("User-Agent".to_owned(), agent));
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    let page = browser.goto("/.vestibule/account");
    let html = page.html();
    assert!(page.text().contains("An unknown browser, 127.0.0.1"), "{}", page.text());
    assert!(!html.contains("alert(1)") && !html.contains(TURN) && !html.contains("ééé"));
    let told = until("the notice", 20, || {
        let messages = gate.outbox()["messages"].clone();
        let new = |one: &&Value| one["subject"].as_str().is_some_and(|subject| subject.contains("new browser"));
        messages.as_array()?.iter().find(new).map(|one| one["text"].as_str().expect("text").to_owned())
    });
    assert!(told.contains("An unknown browser") && !told.contains("alert(1)") && !told.contains(TURN), "{told}");
}

/// A mail provider that answers with an error for as long as it is told to: where it is, the switch, what it was sent.
fn provider() -> (String, Arc<AtomicBool>, Arc<Mutex<Vec<String>>>) {
    let (down, bodies) = (Arc::new(AtomicBool::new(false)), Arc::<Mutex<Vec<String>>>::default());
    let (now, kept) = (down.clone(), bodies.clone());
    let address = serve(move |request| {
        kept.lock().expect("the bodies").push(request.body.clone());
        of(if now.load(Ordering::SeqCst) { "500 X" } else { "202 X" }, "")
    });
    (format!("http://{address}/hook"), down, bodies)
}

fn by_mail(url: &str, folder: &std::path::Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let secret = folder.join("secret");
    std::fs::write(&secret, b"4f1c9a7be2d84a6f9b3c5d7e8a1f2b3c").expect("written");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("shut");
    format!(
        "[gateway.email]\nkind = \"webhook\"\nurl = \"{url}\"\nsecret_file = \"{}\"\n[password]\nreset_by_mail = true\n\
         [methods.email]\nenabled = true\nrecovery_only = true\n[session]\nlogin_timeout = \"2h\"",
        secret.display()
    )
}

/// The last thing sent in which this stands.
fn last_with(bodies: &Mutex<Vec<String>>, mark: &str) -> Option<String> {
    let bodies = bodies.lock().expect("the bodies");
    bodies.iter().rev().find(|body| body.contains(mark)).map(|body| {
        let message: Value = serde_json::from_str(body).expect("JSON");
        message["text"].as_str().expect("text").to_owned()
    })
}

fn failures(gate: &Gate) -> usize {
    gate.run(["audit", "--user", "alice", "--json"]).matches("message_failed").count()
}

fn ask_for_a_password(gate: &Gate) -> Page {
    let mut browser = gate.visitor();
    let page = browser.goto("/.vestibule/reset");
    let sent = browser.submit(&page, &[("username", "alice")]);
    browser.follow(sent)
}

/// A mail server that is down: a mailbox is not enrolled and the page says why; a login goes on another way; a password
/// that was forgotten stays as it is, a link that was sent before stays good; and what is only told by mail is done.
#[test]
fn a_mail_server_that_is_down_leaves_nothing_half_done() {
    let ((url, down, bodies), folder) = (provider(), tempfile::tempdir().expect("a folder"));
    let echo = Echo::start();
    let gate = Gate::before(&echo).config(&by_mail(&url, folder.path())).start();
    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    let (alice, _) = gate.visitor().accept("alice", &link);
    let methods = || gate.run(["factor", "list", "alice", "--json"]);

    // A link that arrived.
    ask_for_a_password(&gate);
    let text = until("a link", 20, || last_with(&bodies, "/.vestibule/reset/"));
    let link = link_in(&text);
    assert_eq!(gate.visitor().visit(&link).status, 200);

    down.store(true, Ordering::SeqCst);
    // One that did not: the answer is the same for everybody, and says what to do when nothing comes.
    let before = failures(&gate);
    let page = ask_for_a_password(&gate);
    assert!(page.status == 200 && page.text().contains("Nothing came?"), "{}", page.text());
    until("the record", 20, || (failures(&gate) > before).then_some(()));
    let lost =
        until("the link that was lost", 20, || last_with(&bodies, "/.vestibule/reset/").filter(|it| *it != text));
    until("what was not sent is taken back", 20, || (gate.visitor().visit(&link).status == 200).then_some(()));
    assert_eq!(gate.visitor().visit(&link_in(&lost)).status, 404, "one link of two, never both");
    assert!(opens(&gate, "alice", PASSWORD));

    // A mailbox.
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "email");
    let page = browser.submit(&page, &[("email", "alice@example.com")]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("could not be sent") && page.text().contains("use another way"), "{}", page.text());
    assert!(!methods().contains("\"email\""), "nothing was enrolled");
    assert!(page.link("/.vestibule/account").is_some(), "a way out");

    // What is only told by mail is done, and the log says that nobody was told.
    gate.advance(STEP);
    let page = browser.goto("/.vestibule/account/confirm/password");
    let code = alice.code_at(gate.control.now(), 0);
    let fields = [("new_password", OTHER), ("new_password_again", OTHER), ("code", &code)];
    assert_eq!(browser.submit(&page, &fields).status, 303);
    assert!(opens(&gate, "alice", OTHER) && !opens(&gate, "alice", PASSWORD));
    until("the log", 20, || gate.log().contains("could not be told of a change").then_some(()));

    // It is there again.
    down.store(false, Ordering::SeqCst);
    gate.advance(3600);
    let alice = User { password: OTHER.to_owned(), ..alice };
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "email");
    let page = browser.submit(&page, &[("email", "alice@example.com")]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    let text = last_with(&bodies, "is your code").expect("a code");
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).expect("six digits");
    assert_eq!(browser.submit(&page, &[("code", code)]).status, 303);
    assert!(methods().contains("\"email\""));

    // A login that would go by the mailbox goes another way while it is down.
    down.store(true, Ordering::SeqCst);
    gate.advance(3600);
    let mut other = gate.visitor();
    other.give_password(&alice, "/");
    let page = other.goto("/.vestibule/verify/email");
    let page = other.submit(&page, &[("send", "1")]);
    assert!(page.status == 200 && page.text().contains("could not be sent"), "{}", page.text());
    let page = other.visit("/.vestibule/verify/totp");
    let page = other.give_code(&alice, &page);
    assert_eq!(other.follow(page).status, 200);
}
