//! Languages: what the browser wishes for, what is picked on a page, and what is written when nobody looks. A language
//! decides about words and nothing else; a stranger's wish is read within bounds, and the switch leads nowhere but here.

use vestibule_templates::Texts;

use crate::harness::{Echo, Gate, Page, Visitor, until};

const STEP: u64 = 30;
const SWITCH: &str = "/.vestibule/language";

fn texts(lang: &str) -> &'static Texts {
    Texts::all().iter().find(|texts| texts.lang() == lang).expect("there is such a language")
}

/// A browser that wishes for this.
fn wishing(gate: &Gate, wishes: &str) -> Visitor {
    let mut browser = gate.visitor();
    browser.always.push(("Accept-Language".to_owned(), wishes.to_owned()));
    browser
}

/// Fails unless the page is in this language, and says so.
#[track_caller]
fn assert_in(page: &Page, lang: &str) {
    let begins = format!("<!DOCTYPE html><html lang=\"{lang}\" dir=\"{}\">", texts(lang).direction());
    assert!(page.html().starts_with(&begins), "not in {lang}: {:.120}", page.html());
    assert_eq!(page.field("content-language"), Some(lang));
    assert_eq!(page.field("vary"), Some("Accept-Language, Cookie"));
}

/// Picks a language with the page's own switch; the answer, not followed.
#[track_caller]
fn pick(browser: &mut Visitor, page: &Page, lang: &str) -> Page {
    let form = page.forms().into_iter().find(|form| form.action == SWITCH).expect("a switch");
    assert!(form.buttons.contains(&("language".to_owned(), lang.to_owned())), "{lang} is offered");
    browser.post(page, &form, &[("language", lang)])
}

fn messages(gate: &Gate) -> Vec<(String, String)> {
    let outbox = gate.outbox();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let messages = outbox["messages"].as_array().expect("an outbox").iter();
    messages.map(|message| (text(&message["subject"]), text(&message["text"]))).collect()
}

#[test]
fn a_page_is_in_the_language_the_browser_wishes_for() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    for texts in Texts::all() {
        let page = wishing(&gate, &format!("{}, en;q=0.1", texts.lang())).goto("/.vestibule/login");
        page.assert_at("/.vestibule/login", 200);
        assert_in(&page, texts.lang());
        assert!(page.text().contains(&texts.text("login-button")), "{}", page.text());
        // A refusal of the proxy's own, without a handler behind it.
        let refused = wishing(&gate, texts.lang()).goto("/.vestibule/nowhere");
        assert_eq!(refused.status, 404);
        assert_in(&refused, texts.lang());
        assert!(refused.text().contains(&texts.text("refused-404")), "{}", refused.text());
    }
    let junk = "z".repeat(10_000);
    for wishes in ["", "tlh, xx;q=0.9", "*", ";;;q=,", "de;q=0", &junk] {
        assert_in(&wishing(&gate, wishes).goto("/.vestibule/login"), "en");
    }
}

#[test]
fn programs_are_told_in_english_whatever_they_wish_for() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).rules(rules! { _ => "deny" }).start();
    let mut browser = wishing(&gate, "de");
    assert_in(&browser.goto("/closed"), "de");
    let told = browser.script("GET", "/closed").send();
    assert_eq!((told.status, told.field("content-language")), (403, None));
    let detail = told.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(detail, texts("en").text("refused-403-text"));
    echo.assert_untouched("nothing was let through");
}

/// The switch works without script, keeps the page and what was begun, and outlives the browser's own wish.
#[test]
fn the_switch_keeps_the_step_and_the_way_back() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    gate.advance(2 * STEP);
    let mut browser = wishing(&gate, "fr");

    let page = browser.visit("/wiki/page?a=1");
    assert_in(&page, "fr");
    let answer = pick(&mut browser, &page, "de");
    assert_eq!((answer.status, answer.sent_to()), (303, page.url[url::Position::BeforePath..].to_owned()));
    assert_eq!(browser.cookie("language"), Some("de"));
    let page = browser.follow(answer);
    assert_in(&page, "de");

    // After a wrong password the address says no more where the login goes; the switch does.
    let wrong = browser.submit(&page, &[("username", "alice"), ("password", "not the password")]);
    assert_eq!(wrong.status, 200);
    assert!(wrong.text().contains(&texts("de").text("error-login-wrong")), "{}", wrong.text());
    let answer = pick(&mut browser, &wrong, "ar");
    let page = browser.follow(answer);
    assert_in(&page, "ar");
    gate.advance(60);

    // A pending login stays one.
    let page = browser.submit(&page, &[("username", "alice"), ("password", &alice.password)]);
    let page = browser.follow(page);
    page.assert_at("/.vestibule/verify/totp", 200);
    let answer = pick(&mut browser, &page, "ja");
    let page = browser.follow(answer);
    page.assert_at("/.vestibule/verify/totp", 200);
    assert_in(&page, "ja");
    let page = browser.give_code(&alice, &page);
    assert_eq!(page.sent_to(), "/wiki/page?a=1", "{}", page.text());
    assert_eq!(browser.follow(page).status, 200);
    let request = echo.last();
    assert!(request.fields_named("cookie").iter().all(|cookies| !cookies.contains("language")), "ours stay here");
    assert_in(&browser.goto("/.vestibule/account"), "ja");
}

/// What the switch is told by somebody else counts for nothing, and it redirects to nobody.
#[test]
fn the_switch_leads_nowhere_else() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    let origin = gate.origin.clone();
    let mut post = |body: &str, site: &str, from: &str| {
        browser.navigate("POST", SWITCH, site).with("Origin", from).form(body).send()
    };
    let honest = post("language=de&back=%2F.vestibule%2Flogin%3Frd%3D%252F", "same-origin", &origin);
    assert_eq!((honest.status, honest.sent_to()), (303, "/.vestibule/login?rd=%2F".to_owned()));
    for back in [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "/.vestibule/../..//evil.test",
        "/.vestibule/\r\nx: y",
        "javascript:alert(1)",
        "",
    ] {
        let body: String =
            url::form_urlencoded::Serializer::new("language=de&".to_owned()).append_pair("back", back).finish();
        let answer = post(&body, "same-origin", &origin);
        assert_eq!((answer.status, answer.sent_to()), (303, "/".to_owned()), "{back:?}");
    }
    for body in ["language=tlh", "language=", "back=%2F", "language=de&language=fr"] {
        assert_eq!(post(body, "same-origin", &origin).status, 400, "{body}");
    }
    for (site, from) in [("cross-site", "https://evil.test"), ("same-site", "https://sister.test")] {
        let forged = post("language=ar", site, from);
        assert_eq!((forged.status, forged.field("set-cookie")), (403, None), "{site}");
    }
    assert_eq!(browser.goto(SWITCH).status, 405, "a GET changes nothing");

    // A cookie that somebody made up is no language, and two of them are none.
    for planted in ["tlh", "../../etc/passwd", "de%0d%0a"] {
        browser.set_cookie("language", Some(planted));
        assert_in(&browser.goto("/.vestibule/login"), "en");
    }
    browser.set_cookie("language", Some("de; vestibule-language=fr"));
    assert_in(&browser.goto("/.vestibule/login"), "en");
    browser.set_cookie("language", Some("fr"));
    assert_in(&browser.goto("/.vestibule/login"), "fr");
}

/// A mail that is written when nobody looks is in the language its owner was last seen to read.
#[test]
fn mails_are_in_the_language_of_their_owner() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").start();
    let alice = gate.given_user("alice");
    gate.run(["user", "set", "alice", "--email", "alice@example.com"]);
    let said = |key: &str, lang: &str| texts(lang).plain_with(key, &[("site", gate.authority().into())]);
    let told = |count: usize| until("a mail", 20, || messages(&gate).into_iter().nth(count));

    // What the browser of the first login wished for: English, by a browser that wished for nothing.
    let before = messages(&gate).len();
    gate.cli_with(&["user", "password", "alice", "--password-stdin"], &format!("{}\n", alice.password));
    assert_eq!(told(before).0, said("mail-password-changed-subject", "en"));

    // Another browser's wish does not change that; what its user picks does.
    gate.advance(2 * STEP);
    let mut browser = wishing(&gate, "fr");
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    let before = messages(&gate).len();
    gate.cli_with(&["user", "password", "alice", "--password-stdin"], &format!("{}\n", alice.password));
    assert_eq!(told(before).0, said("mail-password-changed-subject", "en"));

    gate.advance(2 * STEP);
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    let page = browser.goto("/.vestibule/account");
    assert_in(&page, "fr");
    // The application's scripts could have sent this: it changes what its owner sees, and nothing that is sent to them.
    assert_eq!(pick(&mut browser, &page, "ar").status, 303);
    assert_in(&browser.goto("/.vestibule/account"), "ar");
    let before = messages(&gate).len();
    gate.cli_with(&["user", "password", "alice", "--password-stdin"], &format!("{}\n", alice.password));
    assert_eq!(told(before).0, said("mail-password-changed-subject", "en"));

    // From the next login on, which its owner went through in it, it is theirs.
    gate.advance(2 * STEP);
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    let before = messages(&gate).len();
    gate.cli_with(&["user", "password", "alice", "--password-stdin"], &format!("{}\n", alice.password));
    let (subject, text) = told(before);
    assert_eq!(subject, said("mail-password-changed-subject", "ar"));
    assert!(text.contains(&texts("ar").text("mail-password-changed")), "{text}");
}

/// A device that its owner gave no name is called in the language of whoever reads: on each page, in a mail to its owner,
/// and in English by the command line. A name that was given stays what it is.
#[test]
fn a_device_without_a_name_is_called_in_the_readers_language() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").start();
    let link = crate::harness::link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    let mut german = wishing(&gate, "de");
    let (alice, _) = german.accept("alice", &link);
    let called = |lang: &str| texts(lang).text("method-totp-label");
    let account = german.goto("/.vestibule/account");
    assert!(account.text().contains(&called("de")), "{}", account.text());
    assert!(gate.run(["factor", "list", "alice"]).contains(&called("en")));
    let mut french = wishing(&gate, "fr");
    french.sign_in(&alice, "/");
    let account = french.goto("/.vestibule/account");
    assert!(account.text().contains(&called("fr")) && !account.text().contains(&called("de")), "{}", account.text());

    // The second of them, and one with a name.
    let told = |words: &str| until(words, 20, || messages(&gate).into_iter().find(|(_, text)| text.contains(words)));
    for (label, name) in [(None, format!("{} 2", called("fr"))), (Some("Téléphone"), "Téléphone".to_owned())] {
        let page = french.adding(&alice, "totp");
        if label.is_none() {
            assert_eq!(page.form().field("label"), Some(name.as_str()), "proposed");
        }
        let code = crate::harness::code_of(&crate::harness::secret_on(&page), gate.control.now());
        let fields = [("code", code.as_str()), ("label", label.unwrap_or(&name))];
        let page = french.submit(&page, &fields);
        assert!(french.follow(page).text().contains(&name), "{name}");
        // Its owner first read German.
        told(label.unwrap_or(&format!("{} 2", called("de"))));
        let page = german.goto("/.vestibule/account");
        assert!(page.text().contains(label.unwrap_or(&format!("{} 2", called("de")))), "{}", page.text());
    }
}

/// A code is sent in the language of the page that asked for it, and its last line is for machines in every one.
#[test]
fn messages_are_in_the_language_of_the_page_that_asked() {
    let echo = Echo::start();
    let config = "[gateway.sms]\nkind = \"console\"\n[methods.sms]\nenabled = true\ncountries = [\"NL\"]\n";
    let gate = Gate::before(&echo).config(config).start();
    let alice = gate.given_user("alice");
    gate.advance(2 * STEP);
    let mut browser = wishing(&gate, "zh-CN");
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    let page = browser.adding(&alice, "sms");
    let page = browser.submit(&page, &[("phone", "+31612345678")]);
    assert_eq!(page.status, 303, "{}", page.text());
    let (_, text) = messages(&gate).pop().expect("a message");
    let code: String = text.chars().take_while(char::is_ascii_digit).collect();
    let words = [("code", code.as_str().into()), ("site", gate.authority().into()), ("minutes", 10u64.into())];
    let wanted = texts("zh-CN").plain_with("sms-code", &words);
    assert!(text.starts_with(wanted.split('1').next().unwrap_or_default()) && text.contains("您"), "{text}");
    assert_eq!(text.lines().last(), Some(format!("@localhost #{code}").as_str()), "{text}");
}

#[test]
fn an_unknown_language_stops_the_start_and_names_its_key() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[pages]\nlanguage = \"nl\"\nlanguages = [\"nl\", \"de\"]").start();
    assert_in(&wishing(&gate, "fr").goto("/.vestibule/login"), "nl");
    let page = wishing(&gate, "de-AT").goto("/.vestibule/login");
    assert_in(&page, "de");
    let form = page.forms().into_iter().find(|form| form.action == SWITCH).expect("a switch");
    assert_eq!(form.buttons.len(), 2, "{:?}", form.buttons);
    for (keys, named) in [
        ("language = \"tlh\"", "pages.language"),
        ("language = \"en\"\nlanguages = [\"de\"]", "pages.language"),
        ("languages = [\"en\", \"tlh\"]", "pages.languages[1]"),
        ("languages = [\"en\", \"nl\", \"EN\"]", "pages.languages[2]"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("vestibule.toml");
        let config = std::fs::read_to_string(gate.config_file()).expect("the gate has one");
        let config = config.replace("language = \"nl\"\nlanguages = [\"nl\", \"de\"]", keys);
        std::fs::write(&file, config).expect("written");
        let said = gate.cli_alone(&["check", "--config", &file.display().to_string()]);
        assert_eq!(said.code, 78, "{keys}: {}{}", said.out, said.err);
        assert!(said.err.contains(named) || said.out.contains(named), "{keys}: {}{}", said.out, said.err);
    }
}
