//! `verify`: the second factor. Choose one, answer it, or learn what to do without any. Choosing sends nothing; a page
//! names factors only by what their owner called them and by masked targets.

use maud::{Markup, html};

use crate::choice::{self, Choice};
use crate::form::{self, Form, Link};
use crate::layout::{self, Frame, Shape};
use crate::moment::Wait;
use crate::prompt::{Around, CeremonyKind, DeliveryState, Prompt};
use crate::texts::Texts;

/// `verify`: which factor.
#[derive(Clone)]
pub struct ChooseView {
    /// The one used last first.
    pub factors: Vec<Choice>,
    /// The address of the page for a lost device.
    pub lost: String,
}

/// `verify/{method}`: one factor's question.
#[derive(Clone)]
pub struct AnswerView {
    /// Posts to `verify/{method}`, with `factor` among the hidden fields.
    pub form: Form,
    /// The method's title.
    pub title: String,
    /// What the owner called this factor, if anything.
    pub factor: Option<String>,
    pub prompt: Prompt,
    /// Days a browser may be trusted for; `None`: no box.
    pub trust: Option<u64>,
    /// Why no answer is looked at, if none is.
    pub wait: Option<Wait>,
    /// The user's other factors.
    pub others: Vec<Choice>,
    pub lost: String,
}

/// `verify/lost`: no device at hand.
#[derive(Clone)]
pub struct LostView {
    /// What still works, such as a recovery code.
    pub others: Vec<Choice>,
    /// What to do when none of it works, in the operator's words; empty: in ours.
    pub advice: String,
    pub back: String,
}

pub fn choose(view: &ChooseView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text("verify-choose-lead")) }
        (choice::list(&view.factors, texts))
        p { (Link::new(texts.text("verify-lost-link"), view.lost.as_str()).render("")) }
    };
    layout::page(frame, texts, &texts.text("verify-choose-title"), Shape::default(), body)
}

pub fn answer(view: &AnswerView, frame: &Frame, texts: &Texts) -> Markup {
    let shape = Shape { failed: view.prompt.failed() || view.wait.is_some(), ..Shape::default() };
    let trust = |days: u64| {
        let label = texts.text_with("trust-label", &[("days", days.into())]);
        form::tick("trust", &label, Some(&texts.text("trust-hint")), None)
    };
    let button =
        if view.prompt.ceremony.is_some() { texts.text("verify-key-button") } else { texts.text("verify-button") };
    let wait = view.wait.map(|wait| wait.text(frame.now, texts));
    let around = Around { more: view.trust.map(trust), button: &button, wait, ..Around::default() };
    let body = html! {
        // One that is called what it is would only repeat the heading.
        @if let Some(factor) = view.factor.as_ref().filter(|factor| **factor != view.title) {
            p.chosen { bdi { (factor) } }
        }
        (view.prompt.form(&view.form, around, frame, texts))
        (choice::others(&view.others, texts))
        p { (Link::new(texts.text("verify-lost-link"), view.lost.as_str()).render("")) }
    };
    layout::page(frame, texts, &view.title, shape, body)
}

pub fn lost(view: &LostView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text("lost-lead")) }
        @if view.others.is_empty() {
            p { (texts.text("lost-nothing-else")) }
        } @else {
            p { (texts.text("lost-others")) }
            (choice::list(&view.others, texts))
        }
        h2 { (texts.text("lost-help-title")) }
        @if view.advice.is_empty() {
            p { (texts.text_with("lost-help", &[("site", frame.site.as_str().into())])) }
        }
        @for line in view.advice.lines().filter(|line| !line.trim().is_empty()) { p dir="auto" { (line) } }
        p { (Link::new(texts.text("back"), view.back.as_str()).render("")) }
    };
    layout::page(frame, texts, &texts.text("lost-title"), Shape { stuck: true, ..Shape::default() }, body)
}

impl ChooseView {
    pub fn sample(texts: &Texts) -> Self {
        Self { factors: choice::samples(texts), lost: "/.vestibule/verify/lost".into() }
    }
}

impl AnswerView {
    fn sample(method: &str, prompt: Prompt, texts: &Texts) -> Self {
        let mut others = choice::samples(texts);
        others.retain(|choice| choice.method != method);
        Self {
            form: Form::sample(&format!("/.vestibule/verify/{method}")).with("factor", "7"),
            title: texts.text(&format!("method-{method}-title")),
            factor: Some("Alice’s phone".into()),
            prompt,
            trust: Some(30),
            wait: None,
            others,
            lost: "/.vestibule/verify/lost".into(),
        }
    }

    pub fn sample_code(texts: &Texts) -> Self {
        Self::sample("totp", Prompt::sample_code(texts), texts)
    }

    pub fn sample_wrong(texts: &Texts) -> Self {
        let mut view = Self::sample_code(texts);
        for field in &mut view.prompt.fields {
            field.error = Some(texts.text("error-code-wrong"));
        }
        view
    }

    pub fn sample_waiting(texts: &Texts) -> Self {
        Self { wait: Some(Wait::Until(Frame::SAMPLE_NOW + 8)), ..Self::sample_code(texts) }
    }

    pub fn sample_message(state: DeliveryState, texts: &Texts) -> Self {
        Self { factor: None, ..Self::sample("sms", Prompt::sample_message(state, texts), texts) }
    }

    pub fn sample_call(state: DeliveryState, texts: &Texts) -> Self {
        Self { factor: None, ..Self::sample("voice", Prompt::sample_call(state, texts), texts) }
    }

    pub fn sample_key(texts: &Texts) -> Self {
        Self::sample("webauthn", Prompt::sample_key(CeremonyKind::Get, texts), texts)
    }
}

impl LostView {
    pub fn sample(texts: &Texts) -> Self {
        let mut others = choice::samples(texts);
        others.retain(|choice| choice.method == "recovery");
        Self { others, advice: String::new(), back: "/.vestibule/verify".into() }
    }
}
