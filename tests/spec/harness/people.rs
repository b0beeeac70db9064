//! People, and the ways they go through the pages: invited, enrolled, signed in. Only what a person can do with a browser
//! and an operator with the command line.

use std::time::Duration;

use totp_rs::{Algorithm, Builder, Secret};

use super::Gate;
use super::visitor::{Page, Visitor};

/// Everybody's password.
pub const PASSWORD: &str = "a door in the east wall";
/// RFC 6238: one step.
const STEP: Duration = Duration::from_secs(30);

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub password: String,
    /// Of the authenticator, in base32; empty without one.
    pub secret: String,
    pub recovery_codes: Vec<String>,
}

impl User {
    /// The code of the authenticator, `steps` from the present one.
    pub fn code_at(&self, now: i64, steps: i64) -> String {
        code_of(&self.secret, now + steps * 30_000)
    }
}

/// RFC 6238 with its usual parameters. `now`: milliseconds since 1970.
pub fn code_of(secret: &str, now: i64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("a secret is base32");
    let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_secret(Secret::from(bytes));
    totp.build_noncompliant().generate(u64::try_from(now / 1000).expect("after 1970")).to_string()
}

impl Gate {
    /// An invitation for a new user, as the operator's terminal shows it: its path.
    #[track_caller]
    pub fn invite(&self, name: &str) -> String {
        link_in(&self.run(["user", "add", name]))
    }

    /// A user with a password, an authenticator and recovery codes.
    #[track_caller]
    pub fn given_user(&self, name: &str) -> User {
        let link = self.invite(name);
        self.visitor().accept(name, &link).0
    }

    /// The same in these groups.
    #[track_caller]
    pub fn given_member(&self, name: &str, group: &str) -> User {
        let link = link_in(&self.run(["user", "add", name, "--group", group]));
        self.visitor().accept(name, &link).0
    }

    /// A user with a password and no second factor.
    #[track_caller]
    pub fn given_password_user(&self, name: &str) -> User {
        let said = self.cli_with(&["user", "add", name, "--password-stdin"], &format!("{PASSWORD}\n"));
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        User { name: name.to_owned(), password: PASSWORD.to_owned(), secret: String::new(), recovery_codes: Vec::new() }
    }
}

/// The path of the one-time link in what a command printed.
#[track_caller]
pub fn link_in(printed: &str) -> String {
    let at = printed.find("/.vestibule/").unwrap_or_else(|| panic!("no link in {printed}"));
    let end = printed[at..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\u{1b}'));
    printed[at..at + end.unwrap_or(printed.len() - at)].to_owned()
}

impl Visitor {
    /// Opens an invitation and goes all the way: password, authenticator, recovery codes. The page it ends on.
    #[track_caller]
    pub fn accept(&mut self, name: &str, link: &str) -> (User, Page) {
        let (secret, page) = self.take_up(link);
        let (recovery_codes, page) = self.keep_codes(page);
        (User { name: name.to_owned(), password: PASSWORD.to_owned(), secret, recovery_codes }, page)
    }

    /// Opens an invitation and goes as far as the page of recovery codes.
    #[track_caller]
    pub fn come_to_codes(&mut self, link: &str) -> Page {
        self.take_up(link).1
    }

    /// Password and authenticator by an invitation: the authenticator's secret, and the page after it.
    #[track_caller]
    fn take_up(&mut self, link: &str) -> (String, Page) {
        let page = self.visit(link);
        let page = self.submit(&page, &[("new_password", PASSWORD), ("new_password_again", PASSWORD)]);
        assert_eq!(page.status, 303, "the password is taken: {}", page.text());
        let page = self.follow(page);
        self.enrol_totp(page)
    }

    /// From the page that offers methods (or the authenticator's own): its secret, and the page after it.
    #[track_caller]
    pub fn enrol_totp(&mut self, page: Page) -> (String, Page) {
        let page = if page.url.path() == "/.vestibule/enrol" {
            let link = page.link("/.vestibule/enrol/totp").expect("an authenticator is offered");
            self.goto(page.url.join(&link).expect("a link is an address").as_str())
        } else {
            page
        };
        page.assert_at("/.vestibule/enrol/totp", 200);
        let secret = secret_on(&page);
        let code = code_of(&secret, self.control.now());
        let page = self.submit(&page, &[("code", &code)]);
        assert_eq!(page.status, 303, "the authenticator is enrolled: {}", page.text());
        let page = self.follow(page);
        (secret, page)
    }

    /// From the page of recovery codes: the codes, and the page after it.
    #[track_caller]
    pub fn keep_codes(&mut self, page: Page) -> (Vec<String>, Page) {
        let codes = codes_on(&page);
        assert_eq!(codes.len(), 10, "ten recovery codes on {}: {}", page.url, page.text());
        let page = self.submit(&page, &[("acknowledged", "1")]);
        assert_eq!(page.status, 303, "the codes are kept: {}", page.text());
        (codes, self.follow(page))
    }

    /// Asks for an address and gives the password; the page after it.
    #[track_caller]
    pub fn give_password(&mut self, user: &User, address: &str) -> Page {
        let page = self.visit(address);
        page.assert_at("/.vestibule/login", 200);
        let page = self.submit(&page, &[("username", &user.name), ("password", &user.password)]);
        self.follow(page)
    }

    /// Signs in for an address, with password and authenticator; the page it ends on. A code is used once, so the clock
    /// is moved one step first.
    #[track_caller]
    pub fn sign_in(&mut self, user: &User, address: &str) -> Page {
        self.control.advance(STEP);
        let page = self.give_password(user, address);
        let page = self.give_code(user, &page);
        assert_eq!(page.status, 303, "the code is taken: {}", page.text());
        self.follow(page)
    }

    /// Answers a page that asks for the authenticator's code; redirects are not followed.
    #[track_caller]
    pub fn give_code(&mut self, user: &User, page: &Page) -> Page {
        assert!(page.url.path().ends_with("/verify/totp"), "a code is asked for on {}: {}", page.url, page.text());
        self.submit(page, &[("code", &user.code_at(self.control.now(), 0))])
    }

    /// The page of the account that adds a way to sign in: a code of the authenticator was given for it.
    #[track_caller]
    pub fn adding(&mut self, user: &User, method: &str) -> Page {
        self.control.advance(STEP);
        let page = self.visit(&format!("/.vestibule/account/confirm/add-{method}"));
        let page = self.submit(&page, &[("code", &user.code_at(self.control.now(), 0))]);
        assert_eq!(page.status, 303, "the code is taken: {}", page.text());
        self.follow(page)
    }

    /// Signs out, as a person does.
    #[track_caller]
    pub fn sign_out(&mut self) -> Page {
        let page = self.goto("/.vestibule/logout");
        let page = self.submit(&page, &[]);
        assert_eq!(page.status, 303, "signed out: {}", page.text());
        self.follow(page)
    }
}

/// The authenticator's secret, off the page that hands it over.
#[track_caller]
pub fn secret_on(page: &Page) -> String {
    let link = page.link("otpauth://totp/").unwrap_or_else(|| panic!("no secret on {}: {}", page.url, page.text()));
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let first = query.split('&').next().unwrap_or_default();
    first.strip_prefix("secret=").expect("secret stands first").to_owned()
}

/// Recovery codes, off the page that shows them.
pub fn codes_on(page: &Page) -> Vec<String> {
    let pattern = regex::Regex::new("[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}").expect("a pattern");
    let text = page.text();
    pattern.find_iter(&text).map(|found| found.as_str().to_owned()).collect()
}
