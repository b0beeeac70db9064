//! `logout`: a GET asks, the POST does; and the page after it. A link alone must sign nobody out.

use maud::{Markup, html};

use crate::form::{Form, Link};
use crate::layout::{self, Frame, Shape};
use crate::texts::Texts;

/// The question.
#[derive(Clone)]
pub struct View {
    /// Posts to `logout`.
    pub form: Form,
    pub back: String,
}

/// Afterwards.
#[derive(Clone)]
pub struct DoneView {
    /// Where signing in begins again.
    pub login: String,
    /// Every session was ended, not only this one.
    pub everywhere: bool,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text_with("logout-lead", &[("site", frame.site.as_str().into())])) }
        (view.form.open(html! { button.primary type="submit" { (texts.text("logout-button")) } }))
        p { (Link::new(texts.text("logout-stay"), view.back.as_str()).render("")) }
    };
    layout::page(frame, texts, &texts.text("logout-title"), Shape::default(), body)
}

pub fn done(view: &DoneView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead {
            @if view.everywhere { (texts.text("logout-done-everywhere")) } @else { (texts.text("logout-done-lead")) }
        }
        p { (Link::new(texts.text("logout-again"), view.login.as_str()).render("button main")) }
    };
    layout::page(frame, texts, &texts.text("logout-done-title"), Shape::default(), body)
}

impl View {
    pub fn sample() -> Self {
        Self { form: Form::sample("/.vestibule/logout"), back: "/".into() }
    }
}

impl DoneView {
    pub fn sample() -> Self {
        Self { login: "/.vestibule/login".into(), everywhere: false }
    }
}
