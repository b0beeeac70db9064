//! `account/remind`: after signing in, an offer to add something stronger. It can always be put off, and stands in
//! nobody's way: "later" is the one button.

use maud::{Markup, html};

use crate::choice::{self, Choice};
use crate::form::Form;
use crate::layout::{self, Frame, Shape};
use crate::moment;
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// The stronger methods, leading to their enrolment; the strongest first.
    pub methods: Vec<Choice>,
    /// Goes on to where the login was going.
    pub later: Form,
    /// Seconds since 1970 before which nobody asks again.
    pub again: u64,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text("remind-lead")) }
        (choice::list(&view.methods, texts))
        p.hint { (texts.text("remind-proof")) }
        (view.later.button(&texts.text("remind-later"), "quiet"))
        p.fine { (texts.text_with("remind-again", &[("date", moment::date(view.again, texts).into())])) }
    };
    layout::page(frame, texts, &texts.text("remind-title"), Shape::default(), body)
}

impl View {
    pub fn sample(texts: &Texts) -> Self {
        let mut methods = super::enrol::ChooseView::sample(texts).methods;
        methods.truncate(1);
        let later = Form::sample("/.vestibule/account/remind");
        Self { methods, later, again: Frame::SAMPLE_NOW + 30 * 86_400 }
    }
}
