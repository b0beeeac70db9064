//! `enrol`: a new second factor. The page of a method is the only one that ever shows its secret, and only while it is
//! not confirmed.

use maud::{Markup, html};

use crate::choice::{self, Badge, Choice};
use crate::form::{Form, Link};
use crate::layout::{self, Frame, Shape};
use crate::moment::Wait;
use crate::prompt::{Around, CeremonyKind, Prompt};
use crate::texts::Texts;

/// `enrol`: which method.
#[derive(Clone)]
pub struct ChooseView {
    /// The strongest first.
    pub methods: Vec<Choice>,
    /// What opens the page that was asked for, where not all of them do.
    pub needed: Vec<Choice>,
    /// The user has no factor yet and cannot go on without one.
    pub first: bool,
    /// Where to go instead; none in a first enrolment.
    pub back: Option<String>,
}

/// `enrol/{method}`: take over, then confirm.
#[derive(Clone)]
pub struct AddView {
    /// Posts to `enrol/{method}`.
    pub form: Form,
    /// The method's title.
    pub title: String,
    pub prompt: Prompt,
    /// Why no answer is looked at, if none is.
    pub wait: Option<Wait>,
    /// The address of the list of methods, when there is more than one.
    pub back: Option<String>,
}

pub fn choose(view: &ChooseView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead {
            @if view.first {
                (texts.text_with("enrol-first-lead", &[("site", frame.site.as_str().into())]))
            } @else {
                (texts.text("enrol-lead"))
            }
        }
        @if !view.needed.is_empty() {
            h2 { (texts.text("enrol-needed")) }
            (choice::list(&view.needed, texts))
            h2 { (texts.text("enrol-needed-others")) }
        }
        (choice::list(&view.methods, texts))
        @if let Some(back) = &view.back { p { (Link::new(texts.text("back"), back.as_str()).render("")) } }
    };
    let heading = if view.first { texts.text("enrol-first-title") } else { texts.text("enrol-title") };
    layout::page(frame, texts, &heading, Shape::default(), body)
}

pub fn add(view: &AddView, frame: &Frame, texts: &Texts) -> Markup {
    let shape = Shape { failed: view.prompt.failed() || view.wait.is_some(), ..Shape::default() };
    // A ceremony's fields (its name) come before the key is touched, so its button says what happens then.
    let nothing_asked = view.prompt.fields.is_empty();
    let button = match view.prompt.ceremony.is_some() {
        true => texts.text("enrol-key-button"),
        false if nothing_asked => texts.text("continue"),
        false => texts.text("enrol-button"),
    };
    let wait = view.wait.map(|wait| wait.text(frame.now, texts));
    let body = html! {
        (view.prompt.form(&view.form, Around { button: &button, wait, ..Around::default() }, frame, texts))
        @if let Some(back) = &view.back {
            p { (Link::new(texts.text("enrol-other"), back.as_str()).render("")) }
        }
    };
    layout::page(frame, texts, &view.title, shape, body)
}

impl ChooseView {
    pub fn sample(texts: &Texts) -> Self {
        let method = |id: &str, title, hint, badge| Choice {
            method: id.into(),
            title,
            detail: None,
            hint: Some(hint),
            badge: Some(badge),
            href: format!("/.vestibule/enrol/{id}"),
            ceremony: id == "webauthn",
        };
        let methods = vec![
            method(
                "webauthn",
                texts.text("method-webauthn-title"),
                texts.text("method-webauthn-hint"),
                Badge::Strongest,
            ),
            method("totp", texts.text("method-totp-title"), texts.text("method-totp-hint"), Badge::Strong),
            method("sms", texts.text("method-sms-title"), texts.text("method-sms-hint"), Badge::Basic),
        ];
        Self { methods, needed: Vec::new(), first: true, back: None }
    }

    /// For a page that keys alone open.
    pub fn sample_needed(texts: &Texts) -> Self {
        let mut sample = Self::sample(texts);
        sample.needed = sample.methods.drain(..1).collect();
        sample
    }
}

impl AddView {
    fn sample(method: &str, title: String, prompt: Prompt) -> Self {
        Self {
            form: Form::sample(&format!("/.vestibule/enrol/{method}")),
            title,
            prompt,
            wait: None,
            back: Some("/.vestibule/enrol".into()),
        }
    }

    pub fn sample_secret(texts: &Texts) -> Self {
        Self::sample("totp", texts.text("method-totp-enrol-title"), Prompt::sample_secret(texts))
    }

    pub fn sample_phone(texts: &Texts) -> Self {
        let wrong = crate::Field::phone(texts).with_value("06 12").with_error(Some(texts.text("error-phone-invalid")));
        let prompt = Prompt {
            hint: Some(texts.text("method-sms-enrol")),
            fields: vec![wrong],
            button: Some(texts.text("delivery-send")),
            ..Prompt::default()
        };
        Self::sample("sms", texts.text("method-sms-enrol-title"), prompt)
    }

    pub fn sample_key(texts: &Texts) -> Self {
        let mut prompt = Prompt::sample_key(CeremonyKind::Create, texts);
        prompt.hint = Some(texts.text("method-webauthn-enrol"));
        prompt.fields = vec![crate::Field::label(texts).with_value("Security key")];
        Self::sample("webauthn", texts.text("method-webauthn-enrol-title"), prompt)
    }
}
