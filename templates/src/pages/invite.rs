//! `invite` and `reset`: a one-time link, opened without effect. The page welcomes, and its form uses the link up.

use maud::{Markup, html};

use crate::form::{self, Field, Form, Link};
use crate::layout::{self, Frame, Shape};
use crate::pages::confirm::{self, PasswordProblem};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    pub form: Form,
    /// The user's name.
    pub name: String,
    /// The fields of a password to set; empty when the user has one and only the second factor is to be set up.
    pub fields: Vec<Field>,
    /// A link that sets the account up anew rather than for the first time.
    pub reset: bool,
}

/// A link that is unknown, used up or too old: the page does not say which.
#[derive(Clone)]
pub struct DeadView {
    pub login: String,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let words = [("name", view.name.as_str().into()), ("site", frame.site.as_str().into())];
    let title = if view.reset { texts.text("reset-title") } else { texts.text("invite-title") };
    let lead = if view.reset { texts.text_with("reset-lead", &words) } else { texts.text_with("invite-lead", &words) };
    let body = html! {
        p.lead { (lead) }
        (view.form.open(html! {
            (form::owner(&view.name))
            (form::fields(&view.fields, None))
            button.primary type="submit" { (texts.text("continue")) }
        }))
        p.fine { (texts.text("invite-next")) }
    };
    let failed = view.fields.iter().any(|field| field.error.is_some());
    layout::page(frame, texts, &title, Shape { failed, ..Shape::default() }, body)
}

pub fn dead(view: &DeadView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text("invite-dead-lead")) }
        p { (texts.text("invite-dead-help")) }
        p { (Link::new(texts.text("login-link"), view.login.as_str()).render("button")) }
    };
    layout::page(frame, texts, &texts.text("invite-dead-title"), Shape { stuck: true, ..Shape::default() }, body)
}

impl View {
    pub fn sample(error: Option<PasswordProblem>, texts: &Texts) -> Self {
        Self {
            form: Form::sample("/.vestibule/invite"),
            name: "alice".into(),
            fields: confirm::new_password(8, error, texts),
            reset: false,
        }
    }
}

impl DeadView {
    pub fn sample() -> Self {
        Self { login: "/.vestibule/login".into() }
    }
}
