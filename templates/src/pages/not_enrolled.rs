//! The password was right, but the account has no second factor and may not make one by itself (403). Says how to get
//! on; never a way around.

use maud::{Markup, html};

use crate::form::Form;
use crate::layout::{self, Frame, Shape};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// Leaves the pending login.
    pub start_over: Form,
    pub request_id: String,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let words = [("site", frame.site.as_str().into())];
    let body = html! {
        p.lead { (texts.text_with("not-enrolled-lead", &words)) }
        p { (texts.text_with("not-enrolled-help", &words)) }
        (view.start_over.button(&texts.text("start-over"), "quiet"))
        (super::refusal::reference(&view.request_id, texts))
    };
    layout::page(frame, texts, &texts.text("not-enrolled-title"), Shape { stuck: true, ..Shape::default() }, body)
}

impl View {
    pub fn sample() -> Self {
        Self { start_over: Form::sample("/.vestibule/login/start-over"), request_id: "01JD8Z3VQ6K2".into() }
    }
}
