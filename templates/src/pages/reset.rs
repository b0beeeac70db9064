//! `reset`: a new password by mail. The page that asks for a name must never tell whether anybody has it; the one that
//! sets the password is reached by the link alone.

use maud::{Markup, html};

use crate::form::{self, Field, Form, Link};
use crate::layout::{self, Frame, Shape};
use crate::moment::Wait;
use crate::pages::confirm::{self, PasswordProblem};
use crate::texts::Texts;

/// Who forgot the password.
#[derive(Clone)]
pub struct AskView {
    pub form: Form,
    pub username: String,
    pub missing: bool,
    /// The form was not this browser's.
    pub expired: bool,
    /// Why nothing is sent now.
    pub wait: Option<Wait>,
    pub login: String,
}

/// What is said to everybody who asked.
#[derive(Clone)]
pub struct SentView {
    /// How long a link is good.
    pub minutes: u64,
    pub login: String,
}

/// Behind the link.
#[derive(Clone)]
pub struct NewView {
    pub form: Form,
    pub name: String,
    pub fields: Vec<Field>,
}

/// A link that is unknown, used up, replaced or too old: the page does not say which.
#[derive(Clone)]
pub struct DeadView {
    pub again: String,
}

pub fn ask(view: &AskView, frame: &Frame, texts: &Texts) -> Markup {
    let error = view.missing.then(|| texts.text("error-username-missing"));
    let fields = [Field::username(texts).with_value(view.username.as_str()).with_error(error)];
    let body = html! {
        @if view.expired { (layout::notice("warn", &texts.text("forgot-form-expired"))) }
        @if let Some(wait) = view.wait { (layout::alert("forgot-wait", &wait.text(frame.now, texts))) }
        p.lead { (texts.text("forgot-lead")) }
        (view.form.open(html! {
            (form::fields(&fields, view.wait.map(|_| "forgot-wait")))
            button.primary type="submit" { (texts.text("forgot-button")) }
        }))
        p { (Link::new(texts.text("login-link"), view.login.as_str()).render("")) }
    };
    let failed = view.missing || view.wait.is_some();
    layout::page(frame, texts, &texts.text("forgot-title"), Shape { failed, ..Shape::default() }, body)
}

pub fn sent(view: &SentView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text_with("forgot-sent-lead", &[("minutes", view.minutes.into())])) }
        p { (texts.text("forgot-sent-help")) }
        p { (Link::new(texts.text("login-link"), view.login.as_str()).render("")) }
    };
    layout::page(frame, texts, &texts.text("forgot-sent-title"), Shape { stuck: true, ..Shape::default() }, body)
}

pub fn new(view: &NewView, frame: &Frame, texts: &Texts) -> Markup {
    let words = [("name", view.name.as_str().into()), ("site", frame.site.as_str().into())];
    let body = html! {
        p.lead { (texts.text_with("new-password-lead", &words)) }
        (view.form.open(html! {
            (form::owner(&view.name))
            (form::fields(&view.fields, None))
            button.primary type="submit" { (texts.text("confirm-password-button")) }
        }))
        p.fine { (texts.text("new-password-next")) }
    };
    let failed = view.fields.iter().any(|field| field.error.is_some());
    layout::page(frame, texts, &texts.text("new-password-title"), Shape { failed, ..Shape::default() }, body)
}

pub fn dead(view: &DeadView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text("invite-dead-lead")) }
        p { (Link::new(texts.text("forgot-again"), view.again.as_str()).render("button")) }
    };
    layout::page(frame, texts, &texts.text("invite-dead-title"), Shape { stuck: true, ..Shape::default() }, body)
}

impl AskView {
    pub fn sample() -> Self {
        Self {
            form: Form::sample("/.vestibule/reset"),
            username: String::new(),
            missing: false,
            expired: false,
            wait: None,
            login: "/.vestibule/login".into(),
        }
    }
}

impl SentView {
    pub fn sample() -> Self {
        Self { minutes: 30, login: "/.vestibule/login".into() }
    }
}

impl NewView {
    pub fn sample(error: Option<PasswordProblem>, texts: &Texts) -> Self {
        Self {
            form: Form::sample("/.vestibule/reset/password"),
            name: "alice".into(),
            fields: confirm::new_password(8, error, texts),
        }
    }
}

impl DeadView {
    pub fn sample() -> Self {
        Self { again: "/.vestibule/reset".into() }
    }
}
