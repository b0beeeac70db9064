//! A page of its own for the waiting time, where there is no form to show it beside: the same for right and wrong
//! answers, with the time in words.

use maud::{Markup, html};

use crate::form::Link;
use crate::layout::{self, Frame, Shape};
use crate::moment;
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// Seconds since 1970.
    pub until: u64,
    /// Where to go on then.
    pub back: String,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        (layout::notice("warn", &moment::wait(view.until, frame.now, texts)))
        p { (texts.text("waiting-why")) }
        p { (Link::new(texts.text("try-again"), view.back.as_str()).render("button main")) }
    };
    layout::page(
        frame,
        texts,
        &texts.text("waiting-title"),
        Shape { failed: true, stuck: true, ..Shape::default() },
        body,
    )
}

impl View {
    pub fn sample() -> Self {
        Self { until: Frame::SAMPLE_NOW + 240, back: "/.vestibule/login".into() }
    }
}
