//! Recovery codes, on the one page that ever shows them. It can be printed and copied. Whoever leaves it without saying
//! that the codes are kept has none, and the page says so before.

use maud::{Markup, html};

use crate::form::{self, Form};
use crate::layout::{self, Frame, Shape};
use crate::moment::{self, Wait};
use crate::texts::Texts;

/// No `Debug`: the codes are secrets.
#[derive(Clone)]
pub struct View {
    /// Posts the box `acknowledged`.
    pub form: Form,
    /// As they are typed: `7Q4D-M2KX-0RVW-9TBN`.
    pub codes: Vec<String>,
    /// Sent without the box ticked.
    pub not_acknowledged: bool,
    /// Why no answer is looked at, if none is.
    pub wait: Option<Wait>,
    /// Older codes just died.
    pub replaces: bool,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let count = [("count", (view.codes.len() as u64).into())];
    let wrong = view.not_acknowledged.then(|| texts.text("error-not-acknowledged"));
    let account = frame.account.as_ref().map(|account| account.name.as_str());
    let body = html! {
        p.lead { (texts.text_with("codes-lead", &count)) }
        @if let Some(wait) = view.wait { (layout::alert_first(&wait.text(frame.now, texts))) }
        @if view.replaces { (layout::notice("warn", &texts.text("codes-replace"))) }
        section.sheet aria-labelledby="codes-sheet" {
            h2 #codes-sheet { (texts.text_with("codes-sheet", &[("site", frame.site.as_str().into())])) }
            @if let Some(name) = account {
                p.hint {
                    (texts.text_with("codes-for", &[("name", name.into()), ("date", moment::date(frame.now, texts).into())]))
                }
            }
            ol.codes translate="no" { @for code in &view.codes { li { code { (code) } } } }
        }
        p.hint { (texts.text("codes-keep")) }
        p.hint { (texts.text_with("codes-work", &[("button", texts.text("continue").into())])) }
        (view.form.open(html! {
            (form::tick("acknowledged", &texts.text("codes-acknowledge"), None, wrong.as_deref()))
            button.primary type="submit" { (texts.text("continue")) }
        }))
    };
    let shape = Shape { failed: view.not_acknowledged || view.wait.is_some(), ..Shape::default() };
    layout::page(frame, texts, &texts.text("codes-title"), shape, body)
}

impl View {
    pub fn sample() -> Self {
        let codes = [
            "7Q4D-M2KX-0RVW-9TBN",
            "1HGP-5SJC-8EZA-3YFQ",
            "K9X2-V4NT-6BWR-D0MH",
            "C3ZE-A7PG-2QYS-5JKF",
            "T8BN-9RVW-4DM2-X0QK",
            "E6AH-3YFQ-1GPJ-S5C8",
            "W0RV-7TBN-KX9Q-4D2M",
            "P5GJ-8CSE-ZA3H-1FYQ",
            "N4TV-D0MH-W6BR-2XK9",
            "G2QY-5JKF-E3CZ-7PA8",
        ];
        Self {
            form: Form::sample("/.vestibule/enrol/recovery"),
            codes: codes.map(String::from).to_vec(),
            not_acknowledged: false,
            wait: None,
            replaces: false,
        }
    }
}
