//! An action on the account that needs a second factor made for it, in its own form: the page names the action, asks
//! what it needs, and asks the factor. A proof made elsewhere does not help here, so that a script on the same origin
//! cannot ride on one.

use maud::{Markup, html};

use crate::choice::{self, Choice};
use crate::form::{Field, Form, Link};
use crate::layout::{self, Frame, Shape};
use crate::moment::Wait;
use crate::prompt::{Around, CeremonyKind, Prompt};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// Posts to the action's own address, with `factor` among the hidden fields.
    pub form: Form,
    pub action: Action,
    /// What the action itself needs, such as a new label or a new password.
    pub fields: Vec<Field>,
    /// The factor's question. Without a factor: the field `password`.
    pub prompt: Prompt,
    /// The user's other factors.
    pub others: Vec<Choice>,
    /// The address of the page for a lost device, where a factor is asked for.
    pub lost: Option<String>,
    /// Why no answer is looked at, if none is.
    pub wait: Option<Wait>,
    /// The way out, without doing it.
    pub back: String,
}

/// What is about to be done. Names are what the owner called the thing.
#[derive(Clone, Debug)]
pub enum Action {
    AddFactor,
    RenameFactor { name: String },
    RemoveFactor { name: String },
    NewRecoveryCodes,
    ChangePassword,
    EndBrowser { name: String },
    EndOtherBrowsers,
    EndBrowsers,
}

impl Action {
    fn words(&self, texts: &Texts) -> Words {
        match self {
            Action::AddFactor => Words {
                title: texts.text("confirm-add"),
                text: texts.text("confirm-add-text"),
                button: texts.text("continue"),
                risky: false,
            },
            Action::RenameFactor { name } => Words {
                title: texts.text("confirm-rename"),
                text: texts.text_with("confirm-rename-text", &[("name", name.as_str().into())]),
                button: texts.text("confirm-rename-button"),
                risky: false,
            },
            Action::RemoveFactor { name } => Words {
                title: texts.text("confirm-remove"),
                text: texts.text_with("confirm-remove-text", &[("name", name.as_str().into())]),
                button: texts.text("confirm-remove-button"),
                risky: true,
            },
            Action::NewRecoveryCodes => Words {
                title: texts.text("confirm-codes"),
                text: texts.text("confirm-codes-text"),
                button: texts.text("confirm-codes-button"),
                risky: false,
            },
            Action::ChangePassword => Words {
                title: texts.text("confirm-password"),
                text: texts.text("confirm-password-text"),
                button: texts.text("confirm-password-button"),
                risky: false,
            },
            Action::EndBrowser { name } => Words {
                title: texts.text("confirm-browser"),
                text: texts.text_with("confirm-browser-text", &[("name", name.as_str().into())]),
                button: texts.text("confirm-browser-button"),
                risky: true,
            },
            Action::EndOtherBrowsers => Words {
                title: texts.text("confirm-other-browsers"),
                text: texts.text("confirm-other-browsers-text"),
                button: texts.text("confirm-browsers-button"),
                risky: true,
            },
            Action::EndBrowsers => Words {
                title: texts.text("confirm-browsers"),
                text: texts.text("confirm-browsers-text"),
                button: texts.text("confirm-browsers-button"),
                risky: true,
            },
        }
    }
}

struct Words {
    title: String,
    text: String,
    button: String,
    risky: bool,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let words = view.action.words(texts);
    // One form: what the action needs first, the proof for it last. While the code is still to be sent, there is only that
    // to do: what was typed would be lost with it.
    let fields = if view.prompt.to_be_sent() { &[] } else { view.fields.as_slice() };
    let owner = frame.account.as_ref().filter(|_| !fields.is_empty() && matches!(view.action, Action::ChangePassword));
    // With a key the last press is the browser's to answer: it says so, whatever it is for.
    let key = view.prompt.ceremony.as_ref().map(|_| texts.text("verify-key-button"));
    let around = Around {
        first: fields,
        button: key.as_ref().unwrap_or(&words.button),
        owner: owner.map(|account| account.name.as_str()),
        wait: view.wait.map(|wait| wait.text(frame.now, texts)),
        more: None,
    };
    let shape = Shape {
        failed: view.prompt.failed() || fields.iter().any(|field| field.error.is_some()) || view.wait.is_some(),
        ..Shape::default()
    };
    let body = html! {
        @if words.risky { (layout::notice("warn", &words.text)) } @else { p.lead { (words.text) } }
        (view.prompt.form(&view.form, around, frame, texts))
        (choice::others(&view.others, texts))
        @if let Some(lost) = &view.lost { p { (Link::new(texts.text("verify-lost-link"), lost.as_str()).render("")) } }
        p { (Link::new(texts.text("cancel"), view.back.as_str()).render("")) }
    };
    layout::page(frame, texts, &words.title, shape, body)
}

/// The two fields of a new password. `least`: its shortest length; `error` stands at the field it is about.
pub fn new_password(least: u64, error: Option<PasswordProblem>, texts: &Texts) -> Vec<Field> {
    let first = error.filter(|error| *error != PasswordProblem::NotTheSame).map(|error| error.text(least, texts));
    let again = error.filter(|error| *error == PasswordProblem::NotTheSame).map(|error| error.text(least, texts));
    vec![Field::new_password(least, texts).with_error(first), Field::new_password_again(texts).with_error(again)]
}

/// Why a new password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    TooShort,
    TooLong,
    /// Among the commonest.
    Common,
    /// The user's own name.
    OwnName,
    NotTheSame,
}

impl PasswordProblem {
    fn text(self, least: u64, texts: &Texts) -> String {
        match self {
            PasswordProblem::TooShort => texts.text_with("error-password-short", &[("least", least.into())]),
            PasswordProblem::TooLong => texts.text("error-password-long"),
            PasswordProblem::Common => texts.text("error-password-common"),
            PasswordProblem::OwnName => texts.text("error-password-own-name"),
            PasswordProblem::NotTheSame => texts.text("error-password-not-the-same"),
        }
    }
}

impl View {
    fn sample(action: Action, fields: Vec<Field>, prompt: Prompt, texts: &Texts) -> Self {
        Self {
            form: Form::sample("/.vestibule/account/confirm").with("factor", "7"),
            action,
            fields,
            prompt,
            others: choice::samples(texts).split_off(1),
            lost: Some("/.vestibule/account/confirm/add-webauthn?lost=1".into()),
            wait: None,
            back: "/.vestibule/account".into(),
        }
    }

    pub fn samples(texts: &Texts) -> Vec<(&'static str, Self)> {
        let code = || Prompt::sample_code(texts);
        let key = || Prompt::sample_key(CeremonyKind::Get, texts);
        let name = || "Blue key".to_owned();
        let password = new_password(8, Some(PasswordProblem::NotTheSame), texts);
        vec![
            ("add", Self::sample(Action::AddFactor, vec![], code(), texts)),
            ("rename", Self::sample(Action::RenameFactor { name: name() }, vec![Field::label(texts)], code(), texts)),
            ("remove", Self::sample(Action::RemoveFactor { name: name() }, vec![], code(), texts)),
            ("codes", Self::sample(Action::NewRecoveryCodes, vec![], key(), texts)),
            ("password", Self::sample(Action::ChangePassword, password, code(), texts)),
            ("browser", Self::sample(Action::EndBrowser { name: "Firefox on Linux".into() }, vec![], code(), texts)),
            ("browsers", Self::sample(Action::EndBrowsers, vec![], code(), texts)),
        ]
    }
}
