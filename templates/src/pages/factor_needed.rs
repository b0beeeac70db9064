//! A rule asks for a kind of factor this user has none of. The page says which, and offers to enrol one: that needs a
//! fresh proof of a factor the user has, so it is no way around the rule and no dead end.

use maud::{Markup, html};

use crate::choice::{self, Choice};
use crate::form::Link;
use crate::layout::{self, Frame, Shape};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// The methods that would do, leading to their enrolment.
    pub methods: Vec<Choice>,
    /// The site's start page.
    pub back: Option<String>,
    pub request_id: String,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text("factor-needed-lead")) }
        (choice::list(&view.methods, texts))
        p.hint { (texts.text("factor-needed-proof")) }
        @if let Some(back) = &view.back { p { (Link::new(texts.text("back-to-site"), back.as_str()).render("")) } }
        (super::refusal::reference(&view.request_id, texts))
    };
    layout::page(frame, texts, &texts.text("factor-needed-title"), Shape::default(), body)
}

impl View {
    pub fn sample(texts: &Texts) -> Self {
        let mut methods = choice::samples(texts);
        methods.retain(|choice| choice.method == "webauthn");
        for method in &mut methods {
            method.detail = None;
            method.ceremony = true;
        }
        Self { methods, back: Some("/".into()), request_id: "01JD8Z3VQ6K2".into() }
    }
}
