//! `setup`: the first user of an empty store, by the one link that the server's operator holds.

use maud::{Markup, html};

use crate::form::{self, Field, Form};
use crate::layout::{self, Frame, Shape};
use crate::pages::confirm::{self, PasswordProblem};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    pub form: Form,
    /// What was typed as the name, if anything.
    pub username: String,
    /// The name cannot be used.
    pub name_refused: bool,
    /// Shortest password, in characters.
    pub least: u64,
    pub password_error: Option<PasswordProblem>,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let name = Field { hint: Some(texts.text("field-new-username-hint")), ..Field::username(texts) }
        .with_value(view.username.as_str())
        .with_error(view.name_refused.then(|| texts.text("error-username-refused")));
    let mut fields = vec![name];
    fields.extend(confirm::new_password(view.least, view.password_error, texts));
    let body = html! {
        p.lead { (texts.text("setup-lead")) }
        (view.form.open(html! {
            (form::fields(&fields, None))
            button.primary type="submit" { (texts.text("setup-button")) }
        }))
        p.fine { (texts.text("invite-next")) }
    };
    let failed = view.name_refused || view.password_error.is_some();
    layout::page(frame, texts, &texts.text("setup-title"), Shape { failed, ..Shape::default() }, body)
}

impl View {
    pub fn sample() -> Self {
        Self {
            form: Form::sample("/.vestibule/setup"),
            username: String::new(),
            name_refused: false,
            least: 8,
            password_error: None,
        }
    }
}
