//! The other second factors in a browser, with script and without: a token that counts, a key that types, a telephone, a
//! mailbox, paper; and a password that was forgotten. Pictures of their pages are left beside the others.

use serde_json::Value;

use crate::harness::{Gate, User, link_in, until};
use crate::person::{Person, application};
use crate::validation_server::{self, YubiKey};

/// Everything on.
fn configuration(folder: &std::path::Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join("key");
    std::fs::write(&file, data_encoding::BASE64.encode(validation_server::KEY)).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("shut");
    format!(
        "[session]\nlogin_timeout = \"2h\"\n[password]\nreset_by_mail = true\n[gateway.sms]\nkind = \"console\"\n\
         [gateway.email]\nkind = \"console\"\n[methods.sms]\nenabled = true\ncountries = [\"NL\"]\n\
         [methods.email]\nenabled = true\nrecovery_only = true\n[methods.hotp]\nenabled = true\n\
         [methods.yubikey]\nenabled = true\nclient_id = \"{}\"\nkey_file = \"{}\"\nservers = [\"http://{}/\"]\n",
        validation_server::CLIENT,
        file.display(),
        validation_server::start(|_| {})
    )
}

fn last_text(gate: &Gate) -> String {
    let outbox = gate.outbox();
    let last = outbox["messages"].as_array().expect("an outbox").last().expect("a message").clone();
    last["text"].as_str().expect("text").to_owned()
}

/// The code of the newest message that holds one.
fn last_code(gate: &Gate) -> String {
    let outbox = gate.outbox();
    let mut codes = outbox["messages"].as_array().expect("an outbox").iter().filter_map(|message| {
        let text = message["text"].as_str()?;
        let word = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6)?;
        text.contains("is your code").then(|| word.to_owned())
    });
    codes.next_back().expect("a code")
}

fn counted(secret: &str, counter: u64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let builder = totp_rs::Builder::new().with_secret(bytes).with_step_duration(1);
    builder.build_noncompliant().generate(counter).to_string()
}

/// From the account to the page that sets this method up; the factor asked for is the authenticator.
fn adds(alice: &Person<'_>, user: &User, method: &str) {
    let listed: Value = serde_json::from_str(&alice.gate.run(["factor", "list", "alice", "--json"])).expect("a list");
    let totp = listed["factors"].as_array().expect("factors").iter().find(|factor| factor["method"] == "totp");
    let totp = totp.expect("an authenticator")["id"].as_str().expect("an id").to_owned();
    alice.goes("/.vestibule/account/add", "/.vestibule/account/add");
    assert_eq!(alice.browser.count(&format!("a[href*='confirm/add-{method}']")), 1, "{method} is offered");
    let deed = format!("/.vestibule/account/confirm/add-{method}");
    alice.goes(&format!("{deed}?factor={totp}"), &deed);
    alice.gives_a_code(user, &format!("/.vestibule/enrol/{method}"));
}

fn types_a_code(alice: &Person<'_>, code: &str, path: &str) {
    alice.browser.fill("[name=code]", code);
    alice.clicks("button.primary", path);
}

/// To the question of this method; one that was used last is asked at once.
fn is_asked(alice: &Person<'_>, user: &User, method: &str) {
    alice.signs_out();
    alice.goes("/wiki/page", "/.vestibule/login");
    alice.browser.fill("#username", &user.name);
    alice.browser.fill("#password", &user.password);
    alice.browser.follow("button.primary");
    alice.browser.wait_for("a[href^='/.vestibule/verify/lost']");
    alice.goes(&format!("/.vestibule/verify/{method}"), &format!("/.vestibule/verify/{method}"));
}

fn each_way_in(scripts: bool) {
    let (echo, folder) = (application(), tempfile::tempdir().expect("a folder"));
    let gate = Gate::before(&echo).config(&configuration(folder.path())).start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    alice.browser.scripts(scripts);
    let pictured = |name: &str| {
        if scripts {
            alice.looks(name, Some("alice"), 1)
        }
    };
    alice.signs_in(&user, "/wiki/page");
    // Messages have a cool-down, and budgets by the hour.
    let later = || gate.advance(1200);

    // A token that counts: the secret is read off the page.
    adds(&alice, &user, "hotp");
    pictured("enrol-hotp");
    let secret = alice.browser.text_of("code.secret").replace(' ', "");
    types_a_code(&alice, &counted(&secret, 0), "/.vestibule/account");
    later();
    is_asked(&alice, &user, "hotp");
    pictured("verify-hotp");
    types_a_code(&alice, &counted(&secret, 1), "/wiki/page");
    assert_eq!(alice.amr_at(&echo), ["pwd", "otp", "mfa"]);

    // A key that types.
    let mut key = YubiKey::new();
    adds(&alice, &user, "yubikey");
    pictured("enrol-yubikey");
    types_a_code(&alice, &key.touch(), "/.vestibule/account");
    later();
    is_asked(&alice, &user, "yubikey");
    pictured("verify-yubikey");
    if scripts {
        // It ends what it types with Enter.
        alice.browser.click("[name=code]");
        alice.browser.press(&format!("{}\u{e007}", key.touch()));
        alice.arrives("/wiki/page");
    } else {
        types_a_code(&alice, &key.touch(), "/wiki/page");
    }
    alice.sees_the_application_as("alice");

    // A telephone.
    adds(&alice, &user, "sms");
    pictured("enrol-sms");
    alice.browser.fill("[name=phone]", "06 12345678");
    alice.browser.follow("button.primary");
    alice.browser.wait_for("[name=code]");
    alice.is_undisturbed();
    pictured("enrol-sms-sent");
    types_a_code(&alice, &last_code(&gate), "/.vestibule/account");
    later();
    is_asked(&alice, &user, "sms");
    pictured("verify-sms");
    alice.browser.follow("button.primary");
    alice.browser.wait_for("[name=code]");
    pictured("verify-sms-sent");
    types_a_code(&alice, &last_code(&gate), "/wiki/page");
    assert_eq!(alice.amr_at(&echo), ["pwd", "sms", "mfa"]);

    // A mailbox, here as a way back alone.
    adds(&alice, &user, "email");
    pictured("enrol-email");
    alice.browser.fill("[name=email]", "alice@example.com");
    alice.browser.follow("button.primary");
    alice.browser.wait_for("[name=code]");
    pictured("enrol-email-sent");
    types_a_code(&alice, &last_code(&gate), "/.vestibule/account");
    later();
    is_asked(&alice, &user, "totp");
    assert_eq!(alice.browser.count("a[href*='/verify/email']"), 0, "for a lost device alone");
    if scripts {
        alice.looks("verify-many", Some("alice"), 1);
    }
    alice.clicks("a[href^='/.vestibule/verify/lost']", "/.vestibule/verify/lost");
    if scripts {
        alice.looks("lost-many", Some("alice"), 0);
    }
    alice.clicks("a[href*='/verify/email']", "/.vestibule/verify/email");
    alice.browser.follow("button.primary");
    alice.browser.wait_for("[name=code]");
    pictured("verify-email-sent");
    types_a_code(&alice, &last_code(&gate), "/wiki/page");
    alice.sees_the_application_as("alice");

    // Paper.
    later();
    is_asked(&alice, &user, "recovery");
    pictured("verify-recovery");
    types_a_code(&alice, &user.recovery_codes[0].to_lowercase().replace('-', " "), "/wiki/page");
    assert!(alice.amr_at(&echo).contains(&"recovery".to_owned()));
}

#[test]
fn each_way_in_with_scripts() {
    each_way_in(true);
}

#[test]
fn each_way_in_without_scripts() {
    each_way_in(false);
}

/// Forgot the password: from the login page, by the mail, back to the login page and through both steps.
fn forgot_the_password(scripts: bool) {
    const NEW: &str = "a window to the west";
    let (echo, folder) = (application(), tempfile::tempdir().expect("a folder"));
    let gate = Gate::before(&echo).config(&configuration(folder.path())).start();
    let link = link_in(&gate.run(["user", "add", "alice", "--email", "alice@example.com"]));
    let (user, _) = gate.visitor().accept("alice", &link);
    let alice = Person::at(&gate);
    alice.browser.scripts(scripts);
    let pictured = |name: &str, main: u64| {
        if scripts {
            alice.looks(name, None, main)
        }
    };

    alice.goes("/wiki/page", "/.vestibule/login");
    pictured("login-forgot", 1);
    alice.clicks("a[href='/.vestibule/reset']", "/.vestibule/reset");
    pictured("forgot", 1);
    alice.browser.fill("#username", "alice");
    alice.clicks("button.primary", "/.vestibule/reset");
    pictured("forgot-sent", 0);
    let text = until("a mail", 20, || Some(last_text(&gate)).filter(|text| text.contains("/.vestibule/reset/")));
    let link = text.lines().map(str::trim).find(|line| line.starts_with("http")).expect("a link on a line of its own");
    alice.browser.open(link);
    alice.arrives("/.vestibule/reset/password");
    pictured("new-password", 1);
    alice.browser.fill("#new_password", NEW);
    alice.browser.fill("#new_password_again", NEW);
    alice.clicks("button.primary", "/.vestibule/login");
    pictured("login-password-set", 1);
    let user = User { password: NEW.to_owned(), ..user };
    alice.signs_in(&user, "/wiki/page");
    alice.sees_the_application_as("alice");
}

#[test]
fn forgot_the_password_with_scripts() {
    forgot_the_password(true);
}

#[test]
fn forgot_the_password_without_scripts() {
    forgot_the_password(false);
}
