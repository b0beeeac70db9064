//! `login`: the first factor. One answer for a wrong name and a wrong password; the page must never tell which, nor
//! show the password again.

use maud::{Markup, html};

use crate::form::{self, Field, Form, Link};
use crate::icon;
use crate::layout::{self, Frame, Shape};
use crate::moment::Wait;
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// Posts to `login`, with `state` among the hidden fields.
    pub form: Form,
    /// What a login can begin with in place of name and password.
    pub alone: Vec<Alone>,
    /// What was typed as the name, if anything.
    pub username: String,
    /// Why the visitor is here, when that is not obvious.
    pub notice: Option<Notice>,
    pub error: Option<Problem>,
    /// Why no answer is looked at, if none is.
    pub wait: Option<Wait>,
    /// Where a new password is sent for, if it can be.
    pub forgot: Option<String>,
}

/// A factor that signs in alone, held by the page's script: hidden where there is none, or where the browser cannot.
#[derive(Clone)]
pub struct Alone {
    pub method: String,
    /// Posts the answer, in `code`, with the challenge it was made for, in `challenge`.
    pub form: Form,
    /// Where the script asks for a challenge.
    pub challenge: String,
    pub button: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The pending login ran out.
    TimedOut,
    /// A form sent to the application was diverted here.
    NotDelivered,
    /// A step was sent without the one before it.
    StartAgain,
    /// Another visitor's page or an old tab: the form was not this browser's.
    FormExpired,
    /// The gate was not told its address and is asked by a public name.
    AddressUnknown,
    /// A password was just changed or set.
    PasswordSet,
    /// A key signed in alone that did not make sure of its owner, of a user with no other factor.
    PasswordFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Name or password is wrong, or may not be used here.
    Wrong,
    UsernameMissing,
    PasswordMissing,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let missing = |problem, key: &str| (view.error == Some(problem)).then(|| texts.text(key));
    let username = Field::username(texts);
    // Browsers show passkeys among the names they know.
    let username =
        if view.alone.is_empty() { username } else { Field { autocomplete: "username webauthn", ..username } };
    let fields = [
        username
            .with_value(view.username.as_str())
            .with_error(missing(Problem::UsernameMissing, "error-username-missing")),
        Field::password(texts).with_error(missing(Problem::PasswordMissing, "error-password-missing")),
    ];
    let wrong = view.error == Some(Problem::Wrong);
    let shape = Shape { failed: view.error.is_some() || view.wait.is_some(), ..Shape::default() };
    let body = html! {
        @if let Some(notice) = view.notice { (notice.render(texts)) }
        @if let Some(wait) = view.wait {
            (layout::alert("login-error", &wait.text(frame.now, texts)))
        } @else if wrong {
            (layout::alert("login-error", &texts.text("error-login-wrong")))
        }
        (view.form.open(html! {
            (form::fields(&fields, (wrong || view.wait.is_some()).then_some("login-error")))
            button.primary type="submit" { (texts.text("login-button")) }
        }))
        @if let Some(forgot) = &view.forgot {
            p { (Link::new(texts.text("login-forgot"), forgot.as_str()).render("")) }
        }
        @for alone in &view.alone { (alone.render(texts)) }
    };
    layout::page(frame, texts, &texts.text("login-title"), shape, body)
}

impl Alone {
    fn render(&self, texts: &Texts) -> Markup {
        html! {
            form.alone method="post" action=(self.form.action) hidden data-alone=(self.challenge)
                data-failed=(texts.text("login-alone-failed")) {
                (self.form.hidden_fields())
                input type="hidden" name="challenge" value="";
                input type="hidden" name="code" value="";
                p.or { span { (texts.text("login-or")) } }
                p.notice.bad data-message role="alert" tabindex="-1" hidden {}
                button type="submit" { (icon::method(&self.method)) (self.button) }
            }
        }
    }
}

impl Notice {
    fn render(self, texts: &Texts) -> Markup {
        match self {
            Notice::TimedOut => layout::notice("warn", &texts.text("login-timed-out")),
            Notice::NotDelivered => layout::notice("warn", &texts.text("login-not-delivered")),
            Notice::StartAgain => layout::notice("warn", &texts.text("login-start-again")),
            Notice::FormExpired => layout::notice("warn", &texts.text("login-form-expired")),
            Notice::AddressUnknown => layout::notice("warn", &texts.text("login-address-unknown")),
            Notice::PasswordFirst => layout::notice("warn", &texts.text("login-password-first")),
            Notice::PasswordSet => layout::notice("good", &texts.text("login-password-set")),
        }
    }
}

impl View {
    pub fn sample(texts: &Texts) -> Self {
        Self {
            form: Form::sample("/.vestibule/login").with("state", "c2lnbmVk"),
            alone: vec![Alone {
                method: "webauthn".into(),
                form: Form::sample("/.vestibule/login/webauthn").with("state", "c2lnbmVk"),
                challenge: "/.vestibule/login/webauthn/challenge".into(),
                button: texts.text("method-webauthn-alone"),
            }],
            username: String::new(),
            notice: None,
            error: None,
            wait: None,
            forgot: None,
        }
    }
}
