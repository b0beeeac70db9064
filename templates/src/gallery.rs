//! Every page, rendered from its sample: what the tests walk and what people look at (`cargo run --example gallery`).
//! Nothing here is served.

use maud::Markup;

use crate::brand::Brand;
use crate::demo;
use crate::layout::Frame;
use crate::moment::Ends;
use crate::pages::*;
use crate::prompt::DeliveryState;
use crate::texts::Texts;

/// A page with a name to save it under.
pub struct Sample {
    pub name: String,
    pub page: Markup,
}

/// Whose pages some of them are.
pub fn brand() -> Brand {
    Brand::sample()
}

/// All of them.
pub fn samples(texts: &Texts) -> Vec<Sample> {
    let (stranger, pending, user) = (Frame::sample(), Frame::sample_signing_in(), Frame::sample_signed_in());
    let linked = Frame::sample_linked();
    let mut samples = Vec::new();
    let mut add = |name: &str, page: Markup| samples.push(Sample { name: name.to_owned(), page });

    add("login", login::page(&login::View::sample(texts), &stranger, texts));
    for (name, error) in [
        ("login-wrong", login::Problem::Wrong),
        ("login-no-name", login::Problem::UsernameMissing),
        ("login-no-password", login::Problem::PasswordMissing),
    ] {
        let view = login::View { error: Some(error), username: "alice".into(), ..login::View::sample(texts) };
        add(name, login::page(&view, &stranger, texts));
    }
    for (name, notice) in [
        ("login-timed-out", login::Notice::TimedOut),
        ("login-not-delivered", login::Notice::NotDelivered),
        ("login-start-again", login::Notice::StartAgain),
        ("login-form-expired", login::Notice::FormExpired),
        ("login-address-unknown", login::Notice::AddressUnknown),
        ("login-password-set", login::Notice::PasswordSet),
        ("login-password-first", login::Notice::PasswordFirst),
    ] {
        let view = login::View { notice: Some(notice), ..login::View::sample(texts) };
        add(name, login::page(&view, &stranger, texts));
    }
    let view = login::View { forgot: Some("/.vestibule/reset".into()), ..login::View::sample(texts) };
    add("login-forgot", login::page(&view, &stranger, texts));
    let view = login::View { wait: Some(crate::Wait::Until(stranger.now + 15)), ..login::View::sample(texts) };
    add("login-waiting", login::page(&view, &stranger, texts));

    // At a portal, on the way to a site that is called something, and to one whose name is long.
    let portal =
        Frame { site: "login.example.com".into(), origin: "https://login.example.com".into(), ..stranger.clone() };
    for (name, site) in [
        ("login-bound", "The wiki of the department"),
        ("login-bound-far", "a-very-long-name-of-a-site.another-department.example.com:8443/with/a/path"),
    ] {
        let frame = portal.clone().bound_for(Some(site.into()));
        add(name, login::page(&login::View::sample(texts), &frame, texts));
    }

    add("verify-choose", verify::choose(&verify::ChooseView::sample(texts), &pending, texts));
    for (name, view) in [
        ("verify-code", verify::AnswerView::sample_code(texts)),
        ("verify-wrong", verify::AnswerView::sample_wrong(texts)),
        ("verify-waiting", verify::AnswerView::sample_waiting(texts)),
        ("verify-key", verify::AnswerView::sample_key(texts)),
        ("verify-sms-ready", verify::AnswerView::sample_message(DeliveryState::Ready, texts)),
        ("verify-sms-sent", verify::AnswerView::sample_message(DeliveryState::Sent, texts)),
        ("verify-sms-failed", verify::AnswerView::sample_message(DeliveryState::Failed, texts)),
        ("verify-call-ready", verify::AnswerView::sample_call(DeliveryState::Ready, texts)),
        ("verify-call-under-way", verify::AnswerView::sample_call(DeliveryState::Sent, texts)),
        ("verify-call-failed", verify::AnswerView::sample_call(DeliveryState::Failed, texts)),
    ] {
        add(name, verify::answer(&view, &pending, texts));
    }
    add("verify-lost", verify::lost(&verify::LostView::sample(texts), &pending, texts));
    let nothing = verify::LostView { others: vec![], ..verify::LostView::sample(texts) };
    add("verify-lost-all", verify::lost(&nothing, &pending, texts));
    let advice = "Call 4357 and have your badge at hand.\nAt night the porter lets you in.";
    let advised = verify::LostView { advice: advice.into(), ..verify::LostView::sample(texts) };
    add("verify-lost-advice", verify::lost(&advised, &pending, texts));

    add("enrol-first", enrol::choose(&enrol::ChooseView::sample(texts), &pending, texts));
    add("enrol-needed", enrol::choose(&enrol::ChooseView::sample_needed(texts), &pending, texts));
    let another = enrol::ChooseView {
        first: false,
        back: Some("/.vestibule/account".into()),
        ..enrol::ChooseView::sample(texts)
    };
    add("enrol-choose", enrol::choose(&another, &user, texts));
    add("enrol-totp", enrol::add(&enrol::AddView::sample_secret(texts), &pending, texts));
    add("enrol-sms", enrol::add(&enrol::AddView::sample_phone(texts), &pending, texts));
    add("enrol-webauthn", enrol::add(&enrol::AddView::sample_key(texts), &pending, texts));

    let handed = Frame { ends: Some(Ends::Codes(Frame::SAMPLE_NOW + 580)), ..user.clone() };
    add("codes", codes::page(&codes::View::sample(), &handed, texts));
    let again = codes::View { not_acknowledged: true, replaces: true, ..codes::View::sample() };
    add("codes-not-acknowledged", codes::page(&again, &handed, texts));

    add("remind", remind::page(&remind::View::sample(texts), &user, texts));
    add("account", account::page(&account::View::sample(texts), &user, texts));
    add("account-bare", account::page(&account::View::sample_bare(texts), &user, texts));
    for done in [
        account::Done::FactorAdded,
        account::Done::FactorRemoved,
        account::Done::PasswordChanged,
        account::Done::SessionEnded,
        account::Done::BrowserEnded,
        account::Done::CodesMade,
    ] {
        let recovery = Some(account::Recovery { remaining: 10, renew: "/.vestibule/account/codes".into() });
        let view = account::View { done: Some(done), recovery, ..account::View::sample(texts) };
        add(&format!("account-{done:?}"), account::page(&view, &user, texts));
    }
    for (name, view) in confirm::View::samples(texts) {
        add(&format!("confirm-{name}"), confirm::page(&view, &user, texts));
    }
    add("logout", logout::page(&logout::View::sample(), &Frame { ends: None, ..user.clone() }, texts));
    add("logout-done", logout::done(&logout::DoneView::sample(), &stranger, texts));
    let everywhere = logout::DoneView { everywhere: true, ..logout::DoneView::sample() };
    add("logout-everywhere", logout::done(&everywhere, &stranger, texts));

    add("invite", invite::page(&invite::View::sample(None, texts), &linked, texts));
    for problem in [
        confirm::PasswordProblem::TooShort,
        confirm::PasswordProblem::TooLong,
        confirm::PasswordProblem::Common,
        confirm::PasswordProblem::OwnName,
        confirm::PasswordProblem::NotTheSame,
    ] {
        let view = invite::View::sample(Some(problem), texts);
        add(&format!("invite-{problem:?}"), invite::page(&view, &linked, texts));
    }
    let reset = invite::View { reset: true, fields: vec![], ..invite::View::sample(None, texts) };
    add("reset", invite::page(&reset, &linked, texts));
    add("invite-dead", invite::dead(&invite::DeadView::sample(), &stranger, texts));
    add("forgot", reset::ask(&reset::AskView::sample(), &stranger, texts));
    let missing = reset::AskView { missing: true, expired: true, ..reset::AskView::sample() };
    add("forgot-no-name", reset::ask(&missing, &stranger, texts));
    let wait = Some(crate::Wait::Until(stranger.now + 15));
    add("forgot-waiting", reset::ask(&reset::AskView { wait, ..reset::AskView::sample() }, &stranger, texts));
    add("forgot-sent", reset::sent(&reset::SentView::sample(), &stranger, texts));
    add("new-password", reset::new(&reset::NewView::sample(None, texts), &linked, texts));
    let short = Some(confirm::PasswordProblem::TooShort);
    add("new-password-short", reset::new(&reset::NewView::sample(short, texts), &linked, texts));
    add("new-password-dead", reset::dead(&reset::DeadView::sample(), &stranger, texts));
    add("setup", setup::page(&setup::View::sample(), &linked, texts));
    let refused = setup::View { username: "no way".into(), name_refused: true, ..setup::View::sample() };
    add("setup-refused", setup::page(&refused, &linked, texts));

    for cause in [
        blocked::Cause::CookiesBlocked,
        blocked::Cause::PlainHttp,
        blocked::Cause::AnotherGate,
        blocked::Cause::Loop,
        blocked::Cause::WayBack,
        blocked::Cause::NoSite,
    ] {
        add(&format!("blocked-{cause:?}"), blocked::page(&blocked::View::sample(cause), &stranger, texts));
    }
    add("waiting", waiting::page(&waiting::View::sample(), &stranger, texts));
    add("not-enrolled", not_enrolled::page(&not_enrolled::View::sample(), &pending, texts));
    add("factor-needed", factor_needed::page(&factor_needed::View::sample(texts), &user, texts));
    for status in refusal::STATUSES {
        let view = refusal::View::sample(status, refusal::Why::Status);
        add(&format!("refusal-{status}"), refusal::page(&view, &stranger, texts));
    }
    for why in [refusal::Why::StaleForm, refusal::Why::NotFromHere, refusal::Why::NoCertificate] {
        add(&format!("refusal-{why:?}"), refusal::page(&refusal::View::sample(403, why), &stranger, texts));
    }
    let void = refusal::View::sample(409, refusal::Why::CodesVoid);
    add("refusal-CodesVoid", refusal::page(&void, &user, texts));

    let brand = std::sync::Arc::new(brand());
    let branded = |frame: &Frame| Frame { brand: brand.clone(), ..frame.clone() };
    add("branded-login", login::page(&login::View::sample(texts), &branded(&stranger), texts));
    add("branded-verify", verify::answer(&verify::AnswerView::sample_code(texts), &branded(&pending), texts));
    add("branded-lost", verify::lost(&verify::LostView::sample(texts), &branded(&pending), texts));
    add("branded-enrol-totp", enrol::add(&enrol::AddView::sample_secret(texts), &branded(&pending), texts));
    add("branded-account", account::page(&account::View::sample(texts), &branded(&user), texts));
    let refused = refusal::View::sample(403, refusal::Why::Status);
    add("branded-refusal", refusal::page(&refused, &branded(&user), texts));

    add("demo-landing", demo::landing(&demo::LandingView::sample(), &user, texts));
    for (name, assertion) in [
        ("demo-refused", demo::Assertion::Refused("the audience is another".into())),
        ("demo-missing", demo::Assertion::Missing),
    ] {
        let view = demo::LandingView { assertion, headers: vec![], ..demo::LandingView::sample() };
        add(name, demo::landing(&view, &stranger, texts));
    }
    add("demo-messages", demo::messages(&demo::MessagesView::sample(), &stranger, texts));
    let empty =
        demo::MessagesView { messages: vec![], code: None, secret_refused: true, ..demo::MessagesView::sample() };
    add("demo-messages-empty", demo::messages(&empty, &stranger, texts));
    samples
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;
    use crate::assets;

    /// A start tag: its name and attributes. maud escapes `<`, `>` and `"` in values, so cutting at them is exact.
    struct Tag {
        name: String,
        attributes: HashMap<String, String>,
    }

    impl Tag {
        fn get(&self, name: &str) -> Option<&str> {
            self.attributes.get(name).map(String::as_str)
        }
    }

    const VOID: [&str; 6] = ["meta", "link", "input", "br", "img", "source"];

    /// The start tags in order; fails where elements do not nest.
    fn tags(page: &str) -> Vec<Tag> {
        let mut tags = Vec::new();
        let mut open: Vec<String> = Vec::new();
        for piece in page.split('<').skip(1) {
            let inner = piece.split('>').next().expect("a tag ends");
            if let Some(name) = inner.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "elements nest");
                continue;
            }
            let name = inner.split(' ').next().expect("a name").to_owned();
            if name == "!DOCTYPE" {
                continue;
            }
            let mut attributes = HashMap::new();
            let mut rest = inner[name.len()..].trim_start();
            while !rest.is_empty() {
                let end = rest.find([' ', '=']).unwrap_or(rest.len());
                let (key, after) = rest.split_at(end);
                let (value, after) = match after.strip_prefix("=\"") {
                    Some(quoted) => quoted.split_once('"').expect("a value ends"),
                    None => ("", after),
                };
                assert!(attributes.insert(key.to_owned(), value.to_owned()).is_none(), "{key} stands once");
                rest = after.trim_start();
            }
            if !VOID.contains(&name.as_str()) {
                open.push(name.clone());
            }
            tags.push(Tag { name, attributes });
        }
        assert!(open.is_empty(), "every element is closed");
        tags
    }

    /// Where the sample's support line leads.
    const SUPPORT: &str = "https://help.example.com/signing-in";

    fn pages() -> Vec<(String, String, Vec<Tag>)> {
        let page = |sample: Sample| {
            let page = sample.page.into_string();
            let tags = tags(&page);
            (sample.name, page, tags)
        };
        samples(&Texts::english()).into_iter().map(page).collect()
    }

    /// Every page in every language, named `de/login`.
    fn spoken() -> impl Iterator<Item = (&'static Texts, String, String, Vec<Tag>)> {
        Texts::all().iter().flat_map(|texts| {
            samples(texts).into_iter().map(move |sample| {
                let page = sample.page.into_string();
                let tags = tags(&page);
                (texts, format!("{}/{}", texts.lang(), sample.name), page, tags)
            })
        })
    }

    #[test]
    fn a_page_says_its_language_and_has_one_heading_in_one_main() {
        for (texts, name, page, tags) in spoken() {
            let begins = format!("<!DOCTYPE html><html lang=\"{}\" dir=\"{}\">", texts.lang(), texts.direction());
            assert!(page.starts_with(&begins), "{name}");
            let count = |wanted: &str| tags.iter().filter(|tag| tag.name == wanted).count();
            for once in ["title", "main", "h1", "header", "footer"] {
                assert_eq!(count(once), 1, "{name}: {once}");
            }
            let levels = tags.iter().filter(|tag| ["h1", "h2", "h3"].contains(&tag.name.as_str()));
            let levels: Vec<u8> = levels.map(|tag| tag.name.as_bytes()[1] - b'0').collect();
            assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{name}: headings {levels:?}");
        }
    }

    #[test]
    fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
        for (name, _, tags) in pages() {
            for tag in &tags {
                assert!(tag.name != "style" && tag.name != "iframe" && tag.name != "base", "{name}: {}", tag.name);
                for (key, value) in &tag.attributes {
                    assert!(key != "style" && !key.starts_with("on"), "{name}: {key}");
                    if ["href", "src", "srcset", "action"].contains(&key.as_str()) {
                        let ours = value.starts_with('/') && !value.starts_with("//");
                        // What the operator's words lead to is not loaded.
                        let support = tag.name == "a" && name.starts_with("branded-") && value == SUPPORT;
                        assert!(ours || support || value.starts_with("otpauth://"), "{name}: {value}");
                    }
                }
                if tag.name == "script" {
                    let own = assets::assets().iter().any(|asset| Some(asset.path().as_str()) == tag.get("src"));
                    assert!(own, "{name}: only our own script");
                }
            }
        }
    }

    #[test]
    fn every_form_posts_and_carries_the_anti_forgery_value() {
        for (name, page, tags) in pages() {
            let forms = tags.iter().filter(|tag| tag.name == "form");
            for form in forms {
                assert_eq!(form.get("method"), Some("post"), "{name}");
            }
            if name.starts_with("demo-messages") {
                continue; // the sample application's own form: it changes nothing
            }
            for form in page.split("<form").skip(1) {
                let form = form.split("</form>").next().expect("a form ends");
                if form.contains("action=\"/.vestibule/language\"") {
                    continue; // the switch stands on pages that have no such value, and decides about words alone
                }
                assert!(form.contains("name=\"csrf\" value=\"c3JmLXNhbXBsZQ\""), "{name}");
                assert_eq!(
                    form.matches("type=\"submit\"").count(),
                    1 + form.matches("button class=\"quiet\" type=\"submit\" name=\"send\"").count(),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn what_names_an_id_finds_it_and_every_field_has_its_label() {
        for (name, _, tags) in pages() {
            let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
            let mut once = ids.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), ids.len(), "{name}: ids stand once: {ids:?}");
            for tag in &tags {
                for key in ["for", "aria-describedby", "aria-labelledby"] {
                    for id in tag.get(key).unwrap_or_default().split_whitespace() {
                        assert!(ids.contains(&id), "{name}: {key} names {id}");
                    }
                }
                let shown = tag.name == "input" && tag.get("type") != Some("hidden") && tag.get("hidden").is_none();
                if shown {
                    let labelled = tags.iter().any(|label| label.name == "label" && label.get("for") == tag.get("id"));
                    assert!(labelled && tag.get("id").is_some(), "{name}: {:?}", tag.get("name"));
                    assert!(tag.get("checked").is_none(), "{name}: boxes start unticked");
                }
            }
            assert!(tags.iter().filter(|tag| tag.get("autofocus").is_some()).count() <= 1, "{name}");
        }
    }

    #[test]
    fn every_page_loads_our_script_and_waits_for_nothing() {
        let mut with = 0;
        for (name, page, tags) in pages() {
            let scripts: Vec<_> = tags.iter().filter(|tag| tag.name == "script").collect();
            assert!(scripts.len() == 1 && scripts[0].get("defer").is_some(), "{name}");
            assert_eq!(scripts[0].get("src"), Some(assets::script().path().as_str()), "{name}");
            with += usize::from(page.contains("data-ceremony"));
        }
        assert_eq!(with, 3);
    }

    #[test]
    fn a_page_with_all_it_loads_weighs_little() {
        let ours: usize = assets::assets().iter().map(|asset| asset.bytes.len()).sum();
        let brand = brand();
        let colours = brand.assets().filter(|asset| asset.name == "brand.css").map(|asset| asset.bytes.len());
        // With an operator's colours and the heaviest logo.
        let loaded = ours + colours.sum::<usize>() + crate::picture::MOST_BYTES;
        for (_, name, page, _) in spoken() {
            assert!(page.len() + loaded <= 40 * 1024, "{name}: {} + {loaded} bytes", page.len());
        }
    }

    #[test]
    fn a_page_with_something_wrong_says_so_first() {
        for (texts, name, page, _) in spoken() {
            let wrong = page.contains("aria-invalid") || page.contains("role=\"alert\"><p>");
            let said = texts.plain_with("page-title-failed", &[("page", "{".into()), ("site", "{".into())]);
            if wrong && !name.ends_with("/demo-refused") {
                let first = said.split('{').next().expect("what comes before the page");
                assert!(page.contains(&format!("<title>{first}")), "{name}");
            }
        }
    }

    /// Whoever speaks to the browser says what stands there (WCAG 2.2, 2.5.3).
    #[test]
    fn what_is_read_aloud_contains_what_is_shown() {
        let mut seen = 0;
        for (_, name, page, _) in spoken() {
            let tags = ["<a ", "<button "].into_iter().flat_map(|start| page.split(start).skip(1));
            let tags = tags.map(|tag| tag.split_once('>').expect("a tag ends"));
            for (attributes, rest) in tags.filter(|(attributes, _)| attributes.contains("aria-label=")) {
                let shown = rest.split_once('<').expect("an element is closed").0.to_lowercase();
                let read = attributes.split_once("aria-label=\"").and_then(|(_, value)| value.split_once('"'));
                let read = read.expect("a value").0.to_lowercase();
                assert!(!shown.is_empty() && read.contains(&shown), "{name}: {shown:?} is read as {read:?}");
                seen += 1;
            }
        }
        assert!(seen > 100, "the walk found only {seen} names");
    }

    /// So that what is found of a page in one language holds for it in all of them, but for its words.
    #[test]
    fn every_language_has_the_same_markup() {
        let shape = |tags: &[Tag]| -> Vec<String> {
            let said = |(key, value): (&String, &String)| match key.as_str() {
                "class" | "id" | "for" | "name" | "type" | "role" | "aria-describedby" => format!(" {key}={value}"),
                _ => format!(" {key}"),
            };
            let tag = |tag: &Tag| {
                // The switch marks the language of the page.
                let attributes = tag.attributes.iter().filter(|(key, _)| *key != "aria-current");
                let said: BTreeSet<String> = attributes.map(said).collect();
                said.into_iter().fold(tag.name.clone(), |all, one| all + &one)
            };
            tags.iter().map(tag).collect()
        };
        let english: HashMap<_, _> = pages().into_iter().map(|(name, _, tags)| (name, shape(&tags))).collect();
        for (_, name, _, tags) in spoken() {
            let page = name.split_once('/').expect("a language and a page").1;
            assert_eq!(shape(&tags), english[page], "{name}");
        }
    }

    #[test]
    fn every_page_offers_every_language_in_its_own_words() {
        for (texts, name, page, tags) in spoken() {
            let buttons = tags.iter().filter(|tag| tag.get("name") == Some("language"));
            let offered: Vec<_> = buttons.map(|tag| (tag.get("value"), tag.get("lang"))).collect();
            let all: Vec<_> = Texts::all().iter().map(|texts| (Some(texts.lang()), Some(texts.lang()))).collect();
            assert_eq!(offered, all, "{name}");
            let current = tags.iter().find(|tag| tag.get("aria-current").is_some()).and_then(|tag| tag.get("value"));
            assert_eq!(current, Some(texts.lang()), "{name}");
            assert!(page.contains("العربية") && page.contains("日本語"), "{name}");
        }
    }

    #[test]
    fn what_is_no_sentence_runs_from_left_to_right_on_every_page() {
        let mut seen = 0;
        for (_, name, _, tags) in spoken().filter(|(texts, ..)| texts.direction() == "rtl") {
            for field in tags.iter().filter(|tag| tag.name == "input" && tag.get("autocomplete").is_some()) {
                let plain = ["username", "code", "password", "new_password", "phone"];
                if field.get("name").is_some_and(|name| plain.contains(&name)) {
                    assert_eq!(field.get("dir"), Some("ltr"), "{name}: {:?}", field.get("name"));
                    seen += 1;
                }
            }
        }
        assert!(seen > 20, "the walk found only {seen} fields");
        let css = String::from_utf8(
            assets::assets().iter().find(|asset| asset.name.ends_with(".css")).expect("ours").bytes.to_vec(),
        );
        let css = css.expect("UTF-8");
        for physical in
            ["margin-left", "margin-right", "padding-left", "padding-right", "border-left", "text-align: left"]
        {
            assert!(!css.contains(physical), "{physical} is not mirrored");
        }
    }

    /// A paragraph is one message: a sentence that is put together here could not be said in another order there.
    #[test]
    fn no_sentence_is_glued_together() {
        for sample in samples(&Texts::marked()) {
            let page = sample.page.into_string();
            for paragraph in page.split("<p").skip(1).filter(|rest| rest.starts_with(['>', ' '])) {
                let paragraph = paragraph.split("</p>").next().expect("a paragraph ends");
                // When something happened stands beside it, not in the sentence.
                let paragraph = paragraph.split("<time").next().expect("there is a first part");
                let mut depth = 0;
                let mut messages = 0;
                for c in paragraph.chars() {
                    match c {
                        '⟦' => {
                            messages += usize::from(depth == 0);
                            depth += 1;
                        }
                        '⟧' => depth -= 1,
                        _ => {}
                    }
                }
                assert!(messages <= 1, "{}: {paragraph}", sample.name);
                let (before, after) = (paragraph.split('⟦').next(), paragraph.rsplit('⟧').next());
                let bare =
                    |text: Option<&str>| text.unwrap_or_default().rsplit('>').next().unwrap_or_default().to_owned();
                if messages == 1 {
                    let words = bare(before) + after.unwrap_or_default().split('<').next().unwrap_or_default();
                    assert!(!words.contains(char::is_alphabetic), "{}: {paragraph}", sample.name);
                }
            }
        }
    }

    #[test]
    fn a_name_full_of_markup_stays_text() {
        let texts = Texts::english();
        let hostile = "\"><script>alert(1)</script><b x='";
        let mut frame = Frame::sample_signing_in();
        frame.site = hostile.into();
        frame.origin = hostile.into();
        if let Some(account) = &mut frame.account {
            account.name = hostile.into();
        }
        let mut view = verify::AnswerView::sample_code(&texts);
        view.title = hostile.into();
        view.factor = Some(hostile.into());
        view.form.action = hostile.into();
        view.form.hidden.push((hostile.into(), hostile.into()));
        view.prompt.hint = Some(hostile.into());
        for field in &mut view.prompt.fields {
            field.error = Some(hostile.into());
            field.value = hostile.into();
        }
        let page = verify::answer(&view, &frame, &texts).into_string();
        assert!(!page.contains("<script>") && !page.contains("<b "), "{page}");
        assert!(tags(&page).iter().all(|tag| tag.get("x").is_none()));
    }
}
