//! Codes by text message: nobody makes the gate send to where it should not, more than it should, or for nothing; and a
//! code is good for the wizard that asked for it.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::harness::{Echo, Gate, LIMIT, Page, User, Visitor};
use crate::http_server::{of, serve};
use crate::race::at_once;

const STEP: u64 = 30;
const NUMBER: &str = "+31612345678";

fn sms(more: &str) -> String {
    format!("[gateway.sms]\nkind = \"console\"\n[methods.sms]\nenabled = true\ncountries = [\"NL\", \"BE\"]\n{more}")
}

fn bench(more: &str) -> (Echo, Gate) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config(&sms(more)).config("[session]\nlogin_timeout = \"2h\"").start();
    (echo, gate)
}

/// The messages so far: receiver and text.
fn messages(gate: &Gate) -> Vec<(String, String)> {
    let outbox = gate.outbox();
    let messages = outbox["messages"].as_array().expect("an outbox").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    messages.map(|message| (text(&message["to"]), text(&message["text"]))).collect()
}

fn code_in(text: &str) -> String {
    let word = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
    word.unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

fn last_code(gate: &Gate) -> String {
    code_in(&messages(gate).last().expect("a message").1)
}

/// A user with an authenticator and a telephone, and long enough since.
fn given_telephone(gate: &Gate, name: &str, number: &str) -> User {
    let user = gate.given_user(name);
    let mut browser = gate.visitor();
    browser.sign_in(&user, "/");
    let page = browser.adding(&user, "sms");
    let page = browser.submit(&page, &[("phone", number)]);
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow(page);
    let page = browser.submit(&page, &[("code", &last_code(gate))]);
    assert_eq!(page.status, 303, "{}", page.text());
    gate.advance(2 * 3600);
    user
}

/// A login before the page that sends to the telephone; nothing was sent.
fn asked(gate: &Gate, user: &User) -> (Visitor, Page) {
    let mut browser = gate.visitor();
    browser.give_password(user, "/");
    let page = browser.goto("/.vestibule/verify/sms");
    page.assert_at("/.vestibule/verify/sms", 200);
    (browser, page)
}

/// Asks for a code; the page that takes it.
#[track_caller]
fn send(browser: &mut Visitor, page: &Page) -> Page {
    let page = browser.submit(page, &[("send", "1")]);
    assert_eq!(page.status, 303, "{}", page.text());
    browser.follow(page)
}

/// How many messages it makes that this user asks from this address.
fn sent_for(gate: &Gate, address: &str, user: &User) -> usize {
    let mut browser = gate.visitor();
    browser.always.push(("X-Forwarded-For".to_owned(), address.to_owned()));
    browser.give_password(user, "/");
    let page = browser.goto("/.vestibule/verify/sms");
    let before = messages(gate).len();
    browser.submit(&page, &[("send", "1")]);
    messages(gate).len() - before
}

/// SM-01, behaviour 39, 41: nothing is sent before the password, by a GET, or to a number that a request names.
#[test]
fn sm_01_only_the_stored_number_and_only_after_the_password() {
    let (echo, gate) = bench("");
    let alice = given_telephone(&gate, "alice", "06 12 34 56 78");
    let sent = messages(&gate).len();
    assert_eq!(messages(&gate)[0].0, NUMBER, "as E.164");
    echo.forget();
    let mut stranger = gate.visitor();
    let origin = gate.origin.clone();
    let ask = stranger.navigate("POST", "/.vestibule/verify/sms", "same-origin").with("Origin", &origin);
    assert_eq!(ask.form("send=1&csrf=x&phone=%2B31687654321").send().status, 409);
    let (mut browser, page) = asked(&gate, &alice);
    assert!(page.text().contains("78") && !page.text().contains("345"), "masked: {}", page.text());
    browser.goto("/.vestibule/verify/sms?send=1&phone=%2B31687654321");
    browser.goto("/.vestibule/verify?choose=1");
    assert_eq!(messages(&gate).len(), sent, "a GET sends nothing");
    let page = browser.submit(&page, &[("send", "1"), ("phone", "+31687654321"), ("to", "+31687654321")]);
    let page = browser.follow(page);
    let all = messages(&gate);
    assert_eq!(all.len(), sent + 1);
    assert!(all.iter().all(|(to, _)| to == NUMBER), "{all:?}");
    // Behaviour 7: a wrong code sends none.
    assert_eq!(browser.submit(&page, &[("code", "000000")]).status, 200);
    assert_eq!(messages(&gate).len(), sent + 1);
    echo.assert_untouched("a code that was not given");
    gate.advance(2);
    let page = browser.submit(&page, &[("code", &last_code(&gate))]);
    assert_eq!(browser.follow(page).status, 200);
    assert_eq!(echo.last().field("remote-user"), Some("alice"));
}

/// SM-05, OT-20, behaviour 43: the newest code alone, once, for ten minutes, in the wizard that asked for it.
#[test]
fn sm_05_a_code_is_for_one_wizard_one_use_and_ten_minutes() {
    let (_echo, gate) = bench("");
    let alice = given_telephone(&gate, "alice", NUMBER);
    // OT-20: asked for in the first wizard, given in the second.
    let (mut first, page) = asked(&gate, &alice);
    let at_first = send(&mut first, &page);
    let code = last_code(&gate);
    let (mut second, page) = asked(&gate, &alice);
    second.submit(&page, &[("code", &code)]);
    assert_eq!(second.goto("/").status, 302, "another wizard's code");
    assert_eq!(last_code(&gate), code, "and within the cool-down no other is sent");
    gate.advance(61);
    // An old code after a new one.
    let page = second.goto("/.vestibule/verify/sms");
    let at_second = send(&mut second, &page);
    let newer = last_code(&gate);
    assert_ne!(code, newer);
    assert_eq!(first.submit(&at_first, &[("code", &code)]).status, 200, "void since a newer one was sent");
    gate.advance(2);
    assert_eq!(second.submit(&at_second, &[("code", &newer)]).status, 303);
    // Twice.
    let (mut third, page) = asked(&gate, &alice);
    gate.advance(61);
    let page = send(&mut third, &page);
    assert_eq!(third.submit(&page, &[("code", &newer)]).status, 200);
    // Too late.
    let code = last_code(&gate);
    gate.advance(600);
    third.submit(&page, &[("code", &code)]);
    assert_eq!(third.goto("/").status, 302, "after ten minutes");
}

/// SM-05: fifty answers at once with one right code: one is taken.
#[test]
fn sm_05_one_code_is_taken_once_of_fifty() {
    let (_echo, gate) = bench("");
    let alice = given_telephone(&gate, "alice", NUMBER);
    let (mut browser, page) = asked(&gate, &alice);
    let page = send(&mut browser, &page);
    let code = last_code(&gate);
    let race = (0..50).map(|_| {
        let (mut browser, page, code) = (browser.clone(), page.clone(), code.clone());
        move || browser.submit(&page, &[("code", &code)]).status
    });
    let statuses = at_once(race.collect());
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
}

/// SM-02, behaviour 44: a cool-down for each telephone, and so many an hour for a user and a number, whoever asks and in
/// how many windows; the page says when.
#[test]
fn sm_02_sending_has_a_budget() {
    let (_echo, gate) = bench("");
    let alice = given_telephone(&gate, "alice", NUMBER);
    let before = messages(&gate).len();
    let (browser, page) = asked(&gate, &alice);
    let race = (0..30).map(|_| {
        let (mut browser, page) = (browser.clone(), page.clone());
        move || browser.submit(&page, &[("send", "1")]).status
    });
    let statuses = at_once(race.collect());
    assert_eq!(messages(&gate).len(), before + 1, "one for thirty that ask at once: {statuses:?}");
    for _ in 0..10 {
        let (mut other, page) = asked(&gate, &alice);
        let page = other.submit(&page, &[("send", "1")]);
        assert!(
            page.status < 500 && messages(&gate).len() == before + 1,
            "a new login is no way around: {}",
            page.status
        );
    }
    let (mut other, page) = asked(&gate, &alice);
    let page = other.submit(&page, &[("send", "1")]);
    assert!(page.text().contains("You can ask for a new code in"), "{}", page.text());
    let mut sent = 1;
    for _ in 0..20 {
        gate.advance(61);
        let (mut other, page) = asked(&gate, &alice);
        other.submit(&page, &[("send", "1")]);
        sent = messages(&gate).len() - before;
    }
    assert!((4..=6).contains(&sent), "{sent} in twenty minutes");
    gate.advance(3600);
    let (mut other, page) = asked(&gate, &alice);
    send(&mut other, &page);
    assert_eq!(messages(&gate).len(), before + sent + 1, "an hour later");
}

/// SM-02: many users' one number, and everybody's day.
#[test]
fn sm_02_one_number_and_one_day_have_budgets() {
    let (_echo, gate) = bench("per_day = 9");
    let users: Vec<User> =
        ["alice", "bobby", "carol"].iter().map(|name| given_telephone(&gate, name, NUMBER)).collect();
    gate.advance(24 * 3600);
    let before = messages(&gate).len();
    for round in 0..4 {
        for user in &users {
            let (mut browser, page) = asked(&gate, user);
            browser.submit(&page, &[("send", "1")]);
        }
        let sent = messages(&gate).len() - before;
        assert!(sent <= 6, "{sent} to one number within an hour, in round {round}");
        gate.advance(61);
    }
    assert_eq!(messages(&gate).len() - before, 6);
    for _ in 0..3 {
        gate.advance(3600);
        for user in &users {
            let (mut browser, page) = asked(&gate, user);
            browser.submit(&page, &[("send", "1")]);
        }
    }
    assert_eq!(messages(&gate).len() - before, 9, "and nine a day for all");
}

/// SM-02: one country's day, and one client's hour, whoever asks.
#[test]
fn sm_02_one_country_and_one_client_have_budgets() {
    let (_echo, gate) = bench("per_country_day = 8\n[trust]\nproxies = [\"127.0.0.1/32\"]");
    let dutch: Vec<User> =
        (0..2).map(|n| given_telephone(&gate, &format!("dutch{n}"), &format!("+3161234567{n}"))).collect();
    let belgian = given_telephone(&gate, "belgian", "+32470123456");
    gate.advance(24 * 3600);
    for n in 0..10 {
        let sent = sent_for(&gate, &format!("192.0.2.{n}"), &dutch[n % 2]);
        assert_eq!(sent, usize::from(n < 8), "{n}");
        gate.advance(61);
    }
    assert_eq!(sent_for(&gate, "192.0.2.20", &belgian), 1, "another country");

    let (_echo, gate) = bench("[trust]\nproxies = [\"127.0.0.1/32\"]");
    let users: Vec<User> =
        (0..7).map(|n| given_telephone(&gate, &format!("user{n}"), &format!("+3161234567{n}"))).collect();
    for n in 0..30 {
        assert_eq!(sent_for(&gate, "192.0.2.1", &users[n % 6]), 1, "{n}");
        gate.advance(if n % 6 == 5 { 61 } else { 0 });
    }
    assert_eq!(sent_for(&gate, "192.0.2.1", &users[6]), 0, "thirty an hour from one address");
    assert_eq!(sent_for(&gate, "192.0.2.2", &users[6]), 1, "another client");
    // A colleague in a browser that was there before is no stranger, whatever the others behind the same address do.
    gate.advance(2 * STEP + 1);
    let mut known = gate.visitor();
    known.always.push(("X-Forwarded-For".to_owned(), "192.0.2.1".to_owned()));
    known.sign_in(&users[6], "/");
    known.sign_out();
    gate.advance(STEP);
    let before = messages(&gate).len();
    known.give_password(&users[6], "/");
    let page = known.goto("/.vestibule/verify/sms");
    known.submit(&page, &[("send", "1")]);
    assert_eq!(messages(&gate).len(), before + 1, "a known browser");
}

/// SM-03, behaviour 40: numbers that cost, and countries that nobody named, are field errors, and nothing is sent.
#[test]
fn sm_03_only_numbers_of_named_countries_that_cost_nobody() {
    let (_echo, gate) = bench("cooldown = \"5m\"");
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "sms");
    for number in [
        "",
        "x",
        "0",
        "+",
        "+31",
        "+3161234567",
        "+316123456789",
        "+31900123456",
        "+319001234",
        "0900-1234",
        "+31201234567",
        "+12025550123",
        "+37122345678",
        "+447911123456",
        "+881612345678",
        "+31612345678;ext=1",
        "+31612345678,+31687654321",
        "+31612345678\r\n+31687654321",
        &"6".repeat(4000),
    ] {
        let answer = browser.submit(&page, &[("phone", number)]);
        assert_eq!(answer.status, 200, "{number:?}: {}", answer.text());
        assert!(answer.form().has("phone"), "{number:?}");
    }
    assert!(messages(&gate).is_empty());
    assert!(page.text().contains("Send a code"), "what its button does: {}", page.text());
    // Who wrote it well is not told to write it well.
    let abroad = browser.submit(&page, &[("phone", "+81 90 1234 5678")]);
    assert!(abroad.text().contains("No codes are sent to numbers of this country"), "{}", abroad.text());
    let short = browser.submit(&page, &[("phone", "+31 6 1234")]);
    assert!(short.text().contains("Write it with its country code"), "{}", short.text());
    assert!(messages(&gate).is_empty());
    let page = browser.submit(&page, &[("phone", "+32 470 12 34 56")]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(messages(&gate)[0].0, "+32470123456");
    // In another window, before its time: it says when, and sends nothing.
    let mut other = gate.visitor();
    other.sign_in(&alice, "/");
    let there = other.adding(&alice, "sms");
    let there = other.submit(&there, &[("phone", "+32 470 12 34 56")]);
    assert!(there.text().contains("No more codes can be sent before"), "{}", there.text());
    assert_eq!(messages(&gate).len(), 1);
    // A wrong code saves nothing.
    let page = browser.follow(page);
    assert_eq!(browser.submit(&page, &[("code", "000000")]).status, 200);
    assert!(!gate.run(["factor", "list", "alice"]).contains("sms"));
}

/// A receiver of webhooks: what it was sent; answers with this status, or never.
fn provider(status: Option<u16>) -> (String, Arc<Mutex<Vec<String>>>) {
    let bodies = Arc::<Mutex<Vec<String>>>::default();
    let kept = bodies.clone();
    let address = serve(move |request| {
        assert!(request.header("vestibule-signature").starts_with("t="), "unsigned");
        kept.lock().unwrap().push(request.body.clone());
        match status {
            Some(status) => of(&format!("{status} X"), ""),
            None => {
                // It would be waited for until the test fails.
                std::thread::sleep(2 * LIMIT);
                String::new()
            }
        }
    });
    (format!("http://{address}/hook"), bodies)
}

fn webhook(url: &str, folder: &std::path::Path) -> String {
    let secret = folder.join("secret");
    {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&secret).unwrap();
        file.write_all(b"4f1c9a7be2d84a6f9b3c5d7e8a1f2b3c").unwrap();
    }
    format!(
        "[gateway.sms]\nkind = \"webhook\"\nurl = \"{url}\"\nsecret_file = \"{}\"\ntimeout = \"300ms\"\n\
         [methods.sms]\nenabled = true\ncountries = [\"NL\"]",
        secret.display()
    )
}

/// SM-09: a provider that refuses, fails or never answers lets nobody in, keeps nobody waiting, and other factors work;
/// one that works is told who sends.
#[test]
fn sm_09_a_broken_provider_fails_closed_and_leaves_the_rest() {
    for status in [Some(202), Some(500), Some(302), Some(403), None] {
        let (url, bodies) = provider(status);
        let folder = tempfile::tempdir().unwrap();
        let echo = Echo::start();
        let gate = Gate::before(&echo).config(&webhook(&url, folder.path())).start();
        let alice = gate.given_user("alice");
        let mut browser = gate.visitor();
        browser.sign_in(&alice, "/");
        let page = browser.adding(&alice, "sms");
        let answer = browser.submit(&page, &[("phone", NUMBER)]);
        let bodies = bodies.lock().unwrap().clone();
        assert_eq!(bodies.len(), 1, "{status:?}: sent once");
        if status == Some(202) {
            assert_eq!(answer.status, 303);
            let page = browser.follow(answer);
            let code = code_in(bodies[0].split("\"text\"").nth(1).unwrap());
            assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
        } else {
            assert_eq!(answer.status, 200, "{status:?}");
            assert!(answer.text().to_lowercase().contains("could not"), "{status:?}: {}", answer.text());
            assert!(!answer.html().contains("/hook") && !gate.log().contains("/hook"), "{status:?}");
            let again = browser.goto("/.vestibule/enrol/sms");
            assert!(again.text().contains("could not") && again.text().contains("+31 ** *** **78"), "{}", again.text());
        }
        gate.advance(STEP);
        assert_eq!(gate.visitor().sign_in(&alice, "/").status, 200, "{status:?}: another factor");
    }
}

/// SM-09: what a broken provider did not send counts against nobody: not the user, not everybody's day. The cool-down
/// alone goes on, for a provider that is slow and sends all the same.
#[test]
fn sm_09_what_was_not_sent_costs_nothing() {
    let works = Arc::new(AtomicBool::new(true));
    let (asked_of, now) = (Arc::new(AtomicUsize::new(0)), works.clone());
    let counted = asked_of.clone();
    let address = serve(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        of(if now.load(Ordering::SeqCst) { "202 X" } else { "500 X" }, "")
    });
    let folder = tempfile::tempdir().unwrap();
    let config = webhook(&format!("http://{address}/hook"), folder.path());
    let echo = Echo::start();
    let more = "per_day = 2\nper_country_day = 2\n[session]\nlogin_timeout = \"2h\"\n[throttle]\nsends_per_address = 2";
    let gate = Gate::before(&echo).config(&format!("{config}\n{more}")).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "sms");
    works.store(false, Ordering::SeqCst);
    for n in 1..=10 {
        assert_eq!(browser.submit(&page, &[("send", "1"), ("phone", NUMBER)]).status, 200, "{n}");
        assert_eq!(asked_of.load(Ordering::SeqCst), n, "the provider is asked again");
        browser.submit(&page, &[("send", "1"), ("phone", NUMBER)]);
        assert_eq!(asked_of.load(Ordering::SeqCst), n, "but not before its time");
        gate.advance(61);
    }
    works.store(true, Ordering::SeqCst);
    assert_eq!(browser.submit(&page, &[("send", "1"), ("phone", NUMBER)]).status, 303, "at once when it recovers");
}

/// SM-03: a country that the operator closes gets no more codes, also where a number was enrolled before.
#[test]
fn sm_03_a_closed_country_is_closed_to_known_numbers() {
    let (_echo, mut gate) = bench("");
    let (dutch, belgian) = (given_telephone(&gate, "dutch", NUMBER), given_telephone(&gate, "belgian", "+32470123456"));
    let file = gate.config_file();
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace(", \"BE\"]", "]")).unwrap();
    gate.restart();
    let before = messages(&gate).len();
    let (mut browser, page) = asked(&gate, &belgian);
    let page = browser.submit(&page, &[("send", "1")]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("No codes are sent to this number any more"), "{}", page.text());
    assert_eq!(messages(&gate).len(), before);
    let (mut browser, page) = asked(&gate, &dutch);
    send(&mut browser, &page);
    assert_eq!(messages(&gate).len(), before + 1, "the open one");
}

/// SM-11: the message names the site, says to give it to nobody, holds no link, and ends in the line that binds it to
/// the site's origin.
#[test]
fn sm_11_the_message_is_bound_to_its_site() {
    let (_echo, gate) = bench("");
    given_telephone(&gate, "alice", NUMBER);
    let (_, text) = messages(&gate).remove(0);
    let code = code_in(&text);
    assert!(text.contains("localhost") && !text.contains("http"), "{text}");
    assert!(text.ends_with(&format!("@localhost #{code}")), "{text}");
    assert!(text.len() <= 160, "one message: {text}");
}

/// Behaviour 42: without a gateway text messages are offered nowhere.
#[test]
fn sm_without_a_gateway_nothing_is_offered() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    assert!(!browser.goto("/.vestibule/account/add").html().contains("sms"));
    assert_eq!(browser.goto("/.vestibule/account/confirm/add-sms").status, 404);
    let mut half_way = gate.visitor();
    half_way.give_password(&alice, "/");
    assert_eq!(half_way.goto("/.vestibule/verify/totp").status, 200);
    assert_eq!(half_way.goto("/.vestibule/verify/sms").status, 404);
}
