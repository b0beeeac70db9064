//! Codes by telephone call. A mailbox that takes the call gets nothing; whoever asks the gate what to say hears it only
//! with the provider's signature, once, while the code is good; and nobody makes the gate call where it should not, or
//! more than it should.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::exchange::{self, ACCOUNT, Exchange, Order, Question, TOKEN, signature};
use crate::harness::{Echo, Gate, LIMIT, Page, User, Visitor};
use crate::http_server::{Request, of, serve};
use crate::race::at_once;

const NUMBER: &str = "+31612345678";

/// A gate, the exchange it orders calls at, and the application.
struct Bench {
    echo: Echo,
    gate: Gate,
    exchange: Exchange,
    _secrets: tempfile::TempDir,
}

/// A file for this user alone.
fn secret(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path).expect("made");
    file.write_all(text.as_bytes()).expect("written");
    let path = path.display().to_string();
    (folder, path)
}

fn bench(more: &str) -> Bench {
    let (echo, exchange) = (Echo::start(), Exchange::start());
    let (folder, token) = secret(TOKEN);
    let config = format!(
        "[gateway.voice]\nkind = \"twilio\"\naccount = \"{ACCOUNT}\"\ntoken_file = \"{token}\"\nfrom = \"{}\"\n\
         url = \"http://{}\"\ntimeout = \"500ms\"\n\
         [methods.voice]\nenabled = true\ncountries = [\"NL\", \"BE\"]\n{more}",
        exchange::NUMBER,
        exchange.address
    );
    let gate = Gate::before(&echo).config(&config).config("[session]\nlogin_timeout = \"2h\"").start();
    Bench { echo, gate, exchange, _secrets: folder }
}

impl Bench {
    /// A user with an authenticator and a telephone, and long enough since.
    #[track_caller]
    fn given_telephone(&self, name: &str, number: &str) -> User {
        let gate = &self.gate;
        let user = gate.given_user(name);
        let mut browser = gate.visitor();
        browser.sign_in(&user, "/");
        let page = browser.adding(&user, "voice");
        let page = browser.submit(&page, &[("phone", number)]);
        assert_eq!(page.status, 303, "{}", page.text());
        let page = browser.follow(page);
        let page = browser.submit(&page, &[("code", &self.exchange.last().code())]);
        assert_eq!(page.status, 303, "{}", page.text());
        gate.advance(2 * 3600);
        user
    }

    /// A login before the page that calls; nobody was called.
    #[track_caller]
    fn asked(&self, user: &User) -> (Visitor, Page) {
        let mut browser = self.gate.visitor();
        browser.give_password(user, "/");
        let page = browser.goto("/.vestibule/verify/voice");
        page.assert_at("/.vestibule/verify/voice", 200);
        (browser, page)
    }

    /// A login that has ordered a call: the browser, the page that takes the code, the call.
    #[track_caller]
    fn called(&self, user: &User) -> (Visitor, Page, Order) {
        let (mut browser, page) = self.asked(user);
        let page = browser.submit(&page, &[("send", "1")]);
        assert_eq!(page.status, 303, "{}", page.text());
        let page = browser.follow(page);
        (browser, page, self.exchange.last())
    }
}

/// The answer to a refused request, as far as it may differ from one to the next: not at all.
#[track_caller]
fn refusal(question: &Question) -> (u16, String) {
    let said = question.ask();
    assert_eq!(said.status, 404, "{}", said.body);
    let mut problem: Value = serde_json::from_str(&said.body).expect("a problem document");
    problem["request"] = Value::Null;
    let head: Vec<&str> = said.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect();
    (said.status, format!("{}\n{problem}", head.join("\n")))
}

/// Behaviour 39, 41, 46: one call for a number; a wrong code saves nothing, the right one saves the number as E.164; at
/// the next login it is shown masked, and what was heard signs in, as `tel`.
#[test]
fn b_46_a_call_says_its_code_after_a_key_was_pressed() {
    let Bench { echo, gate, exchange, .. } = &bench("");
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "voice");
    let page = browser.submit(&page, &[("phone", "06 12 34 56 78")]);
    let page = browser.follow(page);
    assert!(page.text().contains("+31 ** *** **78") && !page.text().contains("345"), "{}", page.text());
    let orders = exchange.orders();
    assert_eq!((orders.len(), orders[0].to.as_str()), (1, NUMBER));
    assert!(orders[0].url.starts_with(&format!("{}/.vestibule/call/", gate.origin)), "{}", orders[0].url);
    let asked = orders[0].taken().ask().heard();
    assert!(asked.waits && asked.words.len() == 1 && asked.words[0].contains(gate.authority()), "{asked:?}");
    let code = orders[0].pressed("#").ask().heard().code();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(browser.submit(&page, &[("code", wrong)]).status, 200);
    assert!(!gate.run(["factor", "list", "alice"]).contains("voice"));
    gate.advance(2);
    let page = browser.submit(&page, &[("code", &code)]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(exchange.orders().len(), 1);
    assert!(gate.run(["factor", "list", "alice"]).contains("voice"));

    gate.advance(3600);
    echo.forget();
    let mut browser = gate.visitor();
    browser.give_password(&alice, "/");
    let page = browser.goto("/.vestibule/verify?choose=1");
    assert!(page.text().contains("+31 ** *** **78"), "{}", page.text());
    let page = browser.goto("/.vestibule/verify/voice");
    assert_eq!(exchange.orders().len(), 1, "a GET calls nobody");
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    let code = exchange.last().code();
    echo.assert_untouched("a code that was not given");
    let page = browser.submit(&page, &[("code", &code)]);
    assert_eq!(browser.follow(page).status, 200);
    let assertion = echo.last().field("vestibule-assertion").expect("an assertion").to_owned();
    let claims =
        BASE64URL_NOPAD.decode(assertion.split('.').nth(1).expect("three parts").as_bytes()).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("claims");
    assert_eq!(claims["amr"], serde_json::json!(["pwd", "tel", "mfa"]));
}

/// SM-07: a mailbox that takes the call, and the provider itself before a key was pressed, learn no code.
#[test]
fn sm_07_a_mailbox_hears_no_code() {
    let bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let (mut browser, page, order) = bench.called(&alice);
    let mut said = order.body.clone();
    for question in
        [order.taken(), order.pressed(""), Question { method: "GET", form: Vec::new(), ..order.taken() }.signed()]
    {
        let answer = question.ask();
        let heard = answer.heard();
        assert!(heard.waits && heard.digits().is_empty(), "{heard:?}");
        said += &answer.body;
    }
    // Asking is no use: the code is still there for whoever presses a key, and was in nothing that was said before.
    let code = order.code();
    assert!(!said.contains(&code), "{said}");
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
    // Whatever was logged, neither the code nor the address was.
    let token = order.url.rsplit('/').next().expect("a token");
    let log = bench.gate.log();
    assert!(!log.contains(&code) && !log.contains(token) && log.contains("/.vestibule/call"), "{log}");
}

/// SM-07: off unless it is switched on, and then not without a gateway; where nobody can be asked it is not offered, and
/// the start says why.
#[test]
fn sm_07_calls_are_off_until_there_is_a_gateway_and_an_address() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.voice]\nkind = \"console\"").start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    assert!(!browser.goto("/.vestibule/account/add").html().contains("voice"));
    assert_eq!(browser.goto("/.vestibule/account/confirm/add-voice").status, 404);
    let mut half_way = gate.visitor();
    half_way.give_password(&alice, "/").assert_at("/.vestibule/verify/totp", 200);
    assert_eq!(half_way.goto("/.vestibule/verify/voice").status, 404);

    let config = std::fs::read_to_string(gate.config_file()).expect("a file");
    let voice = "[methods.voice]\nenabled = true\ncountries = [\"NL\"]\n";
    std::fs::write(gate.config_file(), config.replace("[gateway.voice]\nkind = \"console\"", voice)).expect("written");
    let said = gate.cli(["check"]);
    assert!(said.code == 78 && format!("{}{}", said.out, said.err).contains("methods.voice.enabled"), "{said:?}");

    let anywhere = "host = \"*\"\naudience = \"wiki\"\nupstreams = [\"UPSTREAM\"]";
    let gate =
        Gate::before(&echo).site(anywhere).config(&format!("[gateway.voice]\nkind = \"console\"\n{voice}")).start();
    assert!(gate.log().contains("voice is not offered: no site has a url"), "{}", gate.log());
}

/// Behaviour 46: unsigned, changed, guessed, replayed: each is refused, and all refusals are the same; what the provider
/// signed is answered, in whatever order its fields come.
#[test]
fn b_46_only_what_the_provider_signed_is_answered_and_once() {
    let bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let (mut browser, page, order) = bench.called(&alice);
    let good = order.pressed("1");
    let (base, token) = order.url.rsplit_once('/').expect("a token");
    // Nobody made this address; everything else must look like it.
    let backwards: String = token.chars().rev().collect();
    let refused = refusal(&Question { url: format!("{base}/{backwards}"), ..good.clone() }.signed());

    let signed_with = |signature: &str| good.clone().with("X-Twilio-Signature", signature);
    let changed = |question: &Question, name: &str, value: &str| {
        let mut form = question.form.clone();
        form.retain(|(known, _)| known != name);
        form.push((name.to_owned(), value.to_owned()));
        Question { form, ..question.clone() }
    };
    let at = |url: String, method: &'static str| Question { method, url, ..good.clone() }.signed();
    let of_elsewhere = signature(TOKEN, &format!("http://evil.example/.vestibule/call/{token}"), &good.form);
    let stranger = "ffffffffffffffffffffffffffffffff";
    for (what, question) in [
        ("unsigned", Question { headers: Vec::new(), ..good.clone() }),
        ("signed with nothing", signed_with("")),
        ("signed with nonsense", signed_with("%%%")),
        ("signed by somebody else", signed_with(&signature(stranger, &good.url, &good.form))),
        ("signed for another address", signed_with(&of_elsewhere)),
        ("signed without its fields", signed_with(&signature(TOKEN, &good.url, &[]))),
        ("a key of one's own", changed(&order.taken(), "Digits", "1")),
        ("another key", changed(&good, "Digits", "2")),
        ("another number", changed(&good, "To", "+31687654321")),
        ("one field more", changed(&good, "code", "123456")),
        ("a guess in a GET", at(format!("{}?Digits=1&code=123456", order.url), "GET")),
        ("a guess in a POST", at(format!("{}?Digits=1&code=123456", order.url), "POST")),
        ("no address", at(format!("{base}/"), "POST")),
        ("half an address", at(format!("{base}/{}", &token[..20]), "POST")),
        ("more than an address", at(format!("{}/x", order.url), "POST")),
        ("too much", changed(&good, "x", &"y".repeat(9000)).signed()),
    ] {
        assert_eq!(refusal(&question), refused, "{what}");
    }
    let there = Question { host: "evil.example".to_owned(), ..signed_with(&of_elsewhere) };
    assert_eq!(there.ask().status, 421, "a host that is not ours");
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(Question { method, ..good.clone() }.ask().status, 405, "{method}");
    }
    // Being signed in makes no difference.
    let mut signed_in = bench.gate.visitor();
    signed_in.sign_in(&alice, "/");
    let cookie = format!("vestibule={}", signed_in.cookie("session").expect("a session"));
    assert_eq!(refusal(&Question { headers: Vec::new(), ..good.clone() }.with("Cookie", &cookie)), refused);

    // The right one, twenty times at once: one is answered. Its fields may come in any order.
    let mut turned = good.clone();
    turned.form.reverse();
    let asked: Vec<_> = at_once((0..20).map(|_| || turned.ask()).collect());
    let answered: Vec<_> = asked.iter().filter(|said| said.status == 200).collect();
    assert_eq!((answered.len(), asked.iter().filter(|said| said.status == 404).count()), (1, 19));
    let code = answered[0].heard().code();
    assert_eq!(refusal(&good), refused, "replayed");
    assert_eq!(refusal(&order.taken()), refused, "asked again");
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303, "nobody else's attempts cost the user");
}

/// SM-05, behaviour 43: the newest call alone, while its code is good; and a code is for one wizard and one use.
#[test]
fn sm_05_a_call_is_dead_with_its_code() {
    let bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let (mut first, at_first, older) = bench.called(&alice);
    bench.gate.advance(61);
    let (mut second, at_second, newer) = bench.called(&alice);
    refusal(&older.taken());
    refusal(&older.pressed("1"));
    let code = newer.code();
    assert_eq!(first.submit(&at_first, &[("code", &code)]).status, 200, "of another wizard");
    bench.gate.advance(2);
    assert_eq!(second.submit(&at_second, &[("code", &code)]).status, 303);
    bench.gate.advance(61);
    // Heard before it is typed, and typed twice.
    let (mut third, page, order) = bench.called(&alice);
    assert_eq!(third.submit(&page, &[("code", &code)]).status, 200, "used");
    bench.gate.advance(599);
    order.taken().ask().heard();
    bench.gate.advance(1);
    refusal(&order.taken());
    refusal(&order.pressed("1"));

    // The code as it was said to one that was asked for in the same wizard before.
    bench.gate.advance(61);
    let (mut browser, page, early) = bench.called(&alice);
    let said_early = early.code();
    bench.gate.advance(61);
    let page = browser.visit(page.url.as_str());
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    assert_eq!(browser.submit(&page, &[("code", &said_early)]).status, 200, "void since a newer one");
    bench.gate.advance(2);
    let late = bench.exchange.last();
    assert_ne!(early.url, late.url);
    assert_eq!(browser.submit(&page, &[("code", &late.code())]).status, 303);
}

/// SM-05: what a call would say ends when its code was typed; it survives a crash until then, sealed, and a crash revives
/// nothing.
#[test]
fn sm_05_what_is_said_lies_sealed_and_ends_with_its_use() {
    let mut bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let (_, _, order) = bench.called(&alice);
    bench.gate.kill();
    let folder = bench.gate.data().join("store");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the store").flatten().filter(|entry| entry.path().is_file()) {
        files += 1;
        let bytes = std::fs::read(entry.path()).expect("readable");
        for clear in ["Say language", "press any key", "31612345678"] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear.as_bytes()), "{clear} in {entry:?}");
        }
    }
    assert!(files > 0, "nothing was looked at");
    bench.gate.restart();
    order.code();
    bench.gate.restart();
    refusal(&order.taken());

    // An enrolment that ends with the code ends the call, too.
    let bob = bench.gate.given_user("bobby");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&bob, "/");
    let page = browser.adding(&bob, "voice");
    let page = browser.submit(&page, &[("phone", "+32470123456")]);
    let page = browser.follow(page);
    let first = bench.exchange.last();
    bench.gate.advance(61);
    let page = browser.visit(page.url.as_str());
    let page = browser.submit(&page, &[("send", "1")]);
    let page = browser.follow(page);
    refusal(&first.pressed("1"));
    let code = bench.exchange.last().code();
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
}

/// SM-01: nobody is called before the password, by a GET, or at a number that a request names.
#[test]
fn sm_01_only_the_stored_number_and_only_after_the_password() {
    let bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let calls = bench.exchange.orders().len();
    let mut stranger = bench.gate.visitor();
    let origin = bench.gate.origin.clone();
    let ask = stranger.navigate("POST", "/.vestibule/verify/voice", "same-origin").with("Origin", &origin);
    assert_eq!(ask.form("send=1&csrf=x&phone=%2B31687654321").send().status, 409);
    let (mut browser, page) = bench.asked(&alice);
    browser.goto("/.vestibule/verify/voice?send=1&phone=%2B31687654321");
    assert_eq!(bench.exchange.orders().len(), calls, "a GET calls nobody");
    browser.submit(&page, &[("send", "1"), ("phone", "+31687654321"), ("to", "+31687654321")]);
    let orders = bench.exchange.orders();
    assert_eq!((orders.len(), orders[calls].to.as_str()), (calls + 1, NUMBER));
}

/// SM-02, behaviour 44: one call for thirty that ask at once, so many an hour, and the page says when.
#[test]
fn sm_02_calling_has_a_budget() {
    let bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let before = bench.exchange.orders().len();
    let (browser, page) = bench.asked(&alice);
    let race = (0..30).map(|_| {
        let (mut browser, page) = (browser.clone(), page.clone());
        move || browser.submit(&page, &[("send", "1")]).status
    });
    let statuses = at_once(race.collect());
    assert_eq!(bench.exchange.orders().len(), before + 1, "{statuses:?}");
    let (mut other, page) = bench.asked(&alice);
    let page = other.submit(&page, &[("send", "1")]);
    assert!(page.text().contains("You can ask for another call in"), "{}", page.text());
    for _ in 0..10 {
        bench.gate.advance(61);
        let (mut other, page) = bench.asked(&alice);
        other.submit(&page, &[("send", "1")]);
    }
    assert_eq!(bench.exchange.orders().len(), before + 6, "six an hour");
    bench.gate.advance(3600);
    bench.called(&alice);
}

/// SM-03, behaviour 40: numbers that cost, and countries that nobody named, are field errors, and nobody is called; a
/// fixed line rings.
#[test]
fn sm_03_only_numbers_of_named_countries_that_cost_nobody() {
    let bench = bench("");
    let alice = bench.gate.given_user("alice");
    let mut browser = bench.gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "voice");
    for number in [
        "",
        "x",
        "+31",
        "+3161234567",
        "+319001234",
        "0900-1234",
        "+31800123",
        "+32902123456",
        "+12025550123",
        "+37122345678",
        "+881612345678",
        "+97912345678",
        "+31201234567;ext=9",
        "+31612345678,+31687654321",
        "+31612345678\r\n+31687654321",
        &"6".repeat(4000),
    ] {
        let answer = browser.submit(&page, &[("phone", number)]);
        assert!(answer.status == 200 && answer.form().has("phone"), "{number:?}: {}", answer.text());
    }
    assert!(bench.exchange.orders().is_empty());
    let page = browser.submit(&page, &[("phone", "020 123 45 67")]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(bench.exchange.last().to, "+31201234567");
}

/// SM-09: an exchange that refuses, fails, lies or is silent lets nobody in and keeps nobody waiting, costs the user no
/// attempt, and another factor works at once; and what it was told is in no log.
#[test]
fn sm_09_a_broken_exchange_fails_closed_and_leaves_the_rest() {
    let bench = bench("");
    let alice = bench.given_telephone("alice", NUMBER);
    let elsewhere = Exchange::start();
    let away = format!("http://{}/", elsewhere.address);
    let answers: [(&str, Arc<exchange::Mood>); 8] = [
        ("500", Arc::new(|_: &Request| of("500 Internal Server Error", ""))),
        ("401", Arc::new(|_: &Request| of("401 Unauthorized", r#"{"code":20003}"#))),
        ("no json", Arc::new(|_: &Request| of("201 Created", "<html>"))),
        ("no sid", Arc::new(|_: &Request| of("201 Created", r#"{"status":"queued"}"#))),
        ("failed", Arc::new(|_: &Request| of("201 Created", r#"{"sid":"CA1","status":"failed"}"#))),
        ("redirect", {
            let answer =
                format!("HTTP/1.1 307 X\r\nlocation: {away}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            Arc::new(move |_: &Request| answer.clone())
        }),
        ("nothing", Arc::new(|_: &Request| String::new())),
        (
            "late",
            Arc::new(|_: &Request| {
                // It would be waited for until the test fails.
                std::thread::sleep(2 * LIMIT);
                String::new()
            }),
        ),
    ];
    for (what, mood) in answers {
        let before = bench.exchange.orders().len();
        bench.exchange.be(Some(mood));
        let (mut browser, page) = bench.asked(&alice);
        let page = browser.submit(&page, &[("send", "1")]);
        assert!(page.status == 200 && page.text().contains("could not be called"), "{what}: {}", page.text());
        assert!(page.link("/.vestibule/verify/totp").is_some(), "{what}: another way is offered");
        assert_eq!(bench.exchange.orders().len(), before + 1, "{what}: ordered once");
        let page = browser.goto("/.vestibule/verify/voice");
        assert!(
            page.text().contains("could not be called") && !page.text().contains("We are calling"),
            "{what}: still"
        );
        let page = browser.submit(&page, &[("send", "1")]);
        assert!(page.text().contains("You can ask for another call in"), "{what}: {}", page.text());
        assert_eq!(bench.exchange.orders().len(), before + 1, "{what}: not before its time");
        // At once, without a wait.
        let page = browser.goto("/.vestibule/verify/totp");
        bench.gate.advance(30);
        let code = alice.code_at(bench.gate.control.now(), 0);
        assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303, "{what}");
        let token = bench.exchange.last().url.rsplit('/').next().expect("a token").to_owned();
        assert!(!bench.gate.log().contains(&token), "{what}");
        bench.gate.advance(61);
    }
    assert!(elsewhere.orders().is_empty(), "a redirect is not followed");
    bench.exchange.be(None);
    let (mut browser, page, order) = bench.called(&alice);
    assert_eq!(browser.submit(&page, &[("code", &order.code())]).status, 303);
}

/// The same by a service of the operator's: it is posted the address, and signs what it asks with the secret of the two.
#[test]
fn a_service_of_the_operators_calls_and_signs() {
    const SECRET: &str = "4f1c9a7be2d84a6f9b3c5d7e8a1f2b3c";
    let posted = Arc::new(std::sync::Mutex::new(Vec::<Value>::new()));
    let kept = posted.clone();
    let service = serve(move |request| {
        kept.lock().unwrap().push(serde_json::from_str(&request.body).expect("JSON"));
        of("202 Accepted", "")
    });
    let (_folder, file) = secret(SECRET);
    let echo = Echo::start();
    let gate = Gate::before(&echo)
        .config(&format!(
            "[gateway.voice]\nkind = \"webhook\"\nurl = \"http://{service}/calls\"\nsecret_file = \"{file}\"\n\
             [methods.voice]\nenabled = true\ncountries = [\"NL\"]"
        ))
        .start();
    let alice = gate.given_user("alice");
    let mut browser = gate.visitor();
    browser.sign_in(&alice, "/");
    let page = browser.adding(&alice, "voice");
    let page = browser.submit(&page, &[("phone", NUMBER)]);
    let page = browser.follow(page);
    let order = posted.lock().unwrap()[0].clone();
    assert_eq!((&order["to"], &order["kind"], &order["text"]), (&NUMBER.into(), &"voice".into(), &Value::Null));
    let url = order["callback"].as_str().expect("an address").to_owned();

    let signed = |method: &'static str, digits: &str, seconds: i64| {
        let form = vec![("Digits".to_owned(), digits.to_owned())];
        let question =
            Question { method, url: url.clone(), host: gate.authority().to_owned(), form, headers: Vec::new() };
        let body = if method == "POST" { question.body() } else { String::new() };
        let mac = {
            use hmac::{Hmac, KeyInit, Mac};
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
            mac.update(format!("{seconds}.{method} {url}\n{body}").as_bytes());
            data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())
        };
        question.with("Vestibule-Signature", &format!("t={seconds},v1={mac}"))
    };
    let now = gate.control.now() / 1000;
    assert!(signed("GET", "", now).ask().heard().waits);
    refusal(&signed("POST", "1", now - 301));
    refusal(&Question { form: vec![("Digits".to_owned(), "1".to_owned())], ..signed("POST", "", now) });
    refusal(&Question { headers: Vec::new(), ..signed("POST", "1", now) });
    let code = signed("POST", "1", now).ask().heard().code();
    refusal(&signed("POST", "1", now));
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
}
