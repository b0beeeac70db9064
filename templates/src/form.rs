//! Forms and their fields. A form posts to one address of ours and always carries the anti-forgery value; a field has
//! a label, says what it wants before it is wrong, and what is wrong right beside it. What somebody typed into a
//! password or code field is never sent back.

use maud::{Markup, html};

use crate::texts::Texts;

/// Where a form goes and what travels with it unseen.
#[derive(Clone, Default)]
pub struct Form {
    /// A path of ours, such as `/.vestibule/verify/totp`.
    pub action: String,
    /// The anti-forgery value, sent as `csrf`.
    pub csrf: String,
    /// Further hidden fields, such as `state` or `factor`.
    pub hidden: Vec<(String, String)>,
}

impl Form {
    pub fn new(action: impl Into<String>, csrf: impl Into<String>) -> Self {
        Self { action: action.into(), csrf: csrf.into(), hidden: Vec::new() }
    }

    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }

    pub(crate) fn sample(action: &str) -> Self {
        Self::new(action, "c3JmLXNhbXBsZQ")
    }

    pub(crate) fn open(&self, body: Markup) -> Markup {
        html! { form method="post" action=(self.action) novalidate { (self.hidden_fields()) (body) } }
    }

    pub(crate) fn hidden_fields(&self) -> Markup {
        html! {
            input type="hidden" name="csrf" value=(self.csrf);
            @for (name, value) in &self.hidden { input type="hidden" name=(name) value=(value); }
        }
    }

    /// A form that is nothing but its button.
    pub(crate) fn button(&self, label: &str, class: &str) -> Markup {
        self.button_named(label, None, class)
    }

    /// One of several alike: `name` has the label in it and says what it acts on, to who does not see what it stands at.
    pub(crate) fn button_named(&self, label: &str, name: Option<&str>, class: &str) -> Markup {
        html! {
            form.inline method="post" action=(self.action) {
                (self.hidden_fields())
                button class=(class) type="submit" aria-label=[name] { (label) }
            }
        }
    }
}

/// One line to type into.
#[derive(Clone, Default)]
pub struct Field {
    /// The name it is sent under, and its id on the page: unique there.
    pub name: String,
    pub label: String,
    /// What is wanted, said before anything is wrong.
    pub hint: Option<String>,
    /// What is wrong with what was typed.
    pub error: Option<String>,
    /// What it starts with. Never shown for `password` and `one-time-code` fields, whatever stands here.
    pub value: String,
    /// `text`, `password`, `tel` or `email`.
    pub kind: &'static str,
    /// The HTML autofill token: `username`, `current-password`, `new-password`, `one-time-code`, `off` …
    pub autocomplete: &'static str,
    /// The keyboard of a phone: `numeric`, `text` …; empty: the browser's choice.
    pub inputmode: &'static str,
    /// The longest input, in UTF-16 units.
    pub maxlength: Option<u32>,
}

impl Field {
    /// A plain line of text.
    pub fn text(name: &str, label: impl Into<String>) -> Self {
        Self { name: name.into(), label: label.into(), kind: "text", autocomplete: "off", ..Self::default() }
    }

    /// The user name, as field `username`.
    pub fn username(texts: &Texts) -> Self {
        Self { autocomplete: "username", maxlength: Some(256), ..Self::text("username", texts.text("field-username")) }
    }

    /// The password one has, as field `password`.
    pub fn password(texts: &Texts) -> Self {
        Self {
            kind: "password",
            autocomplete: "current-password",
            maxlength: Some(1024),
            ..Self::text("password", texts.text("field-password"))
        }
    }

    /// A password to be, as field `new_password`. `least`: its shortest length, in characters.
    pub fn new_password(least: u64, texts: &Texts) -> Self {
        Self {
            kind: "password",
            autocomplete: "new-password",
            maxlength: Some(1024),
            hint: Some(texts.text_with("field-new-password-hint", &[("least", least.into())])),
            ..Self::text("new_password", texts.text("field-new-password"))
        }
    }

    /// The same once more, as field `new_password_again`.
    pub fn new_password_again(texts: &Texts) -> Self {
        Self {
            kind: "password",
            autocomplete: "new-password",
            maxlength: Some(1024),
            ..Self::text("new_password_again", texts.text("field-new-password-again"))
        }
    }

    /// A short code of digits, as field `code`. Spaces may be typed in it.
    pub fn code(texts: &Texts) -> Self {
        Self {
            autocomplete: "one-time-code",
            inputmode: "numeric",
            maxlength: Some(16),
            ..Self::text("code", texts.text("field-code"))
        }
    }

    /// A recovery code, as field `code`.
    pub fn recovery_code(texts: &Texts) -> Self {
        Self {
            hint: Some(texts.text("field-recovery-code-hint")),
            maxlength: Some(64),
            ..Self::text("code", texts.text("field-recovery-code"))
        }
    }

    /// A phone number, as field `phone`.
    pub fn phone(texts: &Texts) -> Self {
        Self {
            kind: "tel",
            autocomplete: "tel",
            maxlength: Some(40),
            hint: Some(texts.text("field-phone-hint")),
            ..Self::text("phone", texts.text("field-phone"))
        }
    }

    /// What the owner calls a factor, as field `label`.
    pub fn label(texts: &Texts) -> Self {
        Self {
            maxlength: Some(64),
            hint: Some(texts.text("field-label-hint")),
            ..Self::text("label", texts.text("field-label"))
        }
    }

    pub fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    pub fn with_error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    fn shown_value(&self) -> &str {
        let secret = self.kind == "password" || self.autocomplete == "one-time-code" || self.name == "code";
        if secret { "" } else { &self.value }
    }

    /// `about`: the id of a text elsewhere on the page that this field's reader should hear too.
    fn render(&self, focus: bool, about: Option<&str>) -> Markup {
        let (hint, error) = (format!("{}-hint", self.name), format!("{}-error", self.name));
        let described: Vec<&str> =
            [self.error.is_some().then_some(error.as_str()), self.hint.is_some().then_some(hint.as_str()), about]
                .into_iter()
                .flatten()
                .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let typed_by_hand = self.autocomplete.starts_with("username") || self.name == "code";
        // What is no sentence runs from left to right, whatever the page does: a code read backwards is another one.
        let direction = (typed_by_hand || self.kind != "text").then_some("ltr");
        html! {
            div.field.wrong[self.error.is_some()] {
                label for=(self.name) { (self.label) }
                @if let Some(text) = &self.hint { p.hint id=(hint) { (text) } }
                @if let Some(text) = &self.error { p.error id=(error) { (text) } }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.shown_value())
                    autocomplete=(self.autocomplete)
                    inputmode=[(!self.inputmode.is_empty()).then_some(self.inputmode)]
                    maxlength=[self.maxlength]
                    dir=[direction]
                    autocapitalize=[typed_by_hand.then_some("none")]
                    spellcheck=[typed_by_hand.then_some("false")]
                    aria-describedby=[described]
                    aria-invalid=[self.error.is_some().then_some("true")]
                    required autofocus[focus];
            }
        }
    }
}

/// The fields of a form. The cursor starts in the first that is wrong, else in the first that is empty; `about` is
/// the id of a general error, read out with that one.
pub(crate) fn fields(fields: &[Field], about: Option<&str>) -> Markup {
    in_two_parts(fields, html! {}, &[], about)
}

/// Fields with something between them, sharing one cursor. `about` is of the later ones when there are any: it is heard
/// there too, where the cursor starts before them.
pub(crate) fn in_two_parts(first: &[Field], between: Markup, then: &[Field], about: Option<&str>) -> Markup {
    let all = || first.iter().chain(then);
    let cursor = all()
        .position(|field| field.error.is_some())
        .or_else(|| all().position(|field| field.shown_value().is_empty()))
        .unwrap_or(0);
    let heard = if then.is_empty() { cursor } else { cursor.max(first.len()) };
    let render = |at: usize, field: &Field| field.render(at == cursor, about.filter(|_| at == cursor || at == heard));
    html! {
        @for (at, field) in first.iter().enumerate() { (render(at, field)) }
        (between)
        @for (at, field) in then.iter().enumerate() { (render(first.len() + at, field)) }
    }
}

/// Not sent: it tells the browser's password manager under which name to keep a new password.
pub(crate) fn owner(name: &str) -> Markup {
    html! { input type="text" autocomplete="username" value=(name) hidden readonly; }
}

/// A box to tick; `wrong` is said when it had to be.
pub(crate) fn tick(name: &str, label: &str, hint: Option<&str>, wrong: Option<&str>) -> Markup {
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described = match (wrong, hint) {
        (Some(_), Some(_)) => Some(format!("{error_id} {hint_id}")),
        (Some(_), None) => Some(error_id.clone()),
        (None, Some(_)) => Some(hint_id.clone()),
        (None, None) => None,
    };
    html! {
        div.field.tick.wrong[wrong.is_some()] {
            @if let Some(text) = wrong { p.error id=(error_id) { (text) } }
            label for=(name) {
                input id=(name) name=(name) type="checkbox" value="1" aria-describedby=[described]
                    aria-invalid=[wrong.map(|_| "true")] autofocus[wrong.is_some()];
                span { (label) }
            }
            @if let Some(text) = hint { p.hint id=(hint_id) { (text) } }
        }
    }
}

/// Words that lead somewhere.
#[derive(Clone, Debug)]
pub struct Link {
    pub text: String,
    /// A path of ours, or an address of a configured site: never something a visitor wrote.
    pub href: String,
}

impl Link {
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }

    pub(crate) fn render(&self, class: &str) -> Markup {
        html! { a class=[(!class.is_empty()).then_some(class)] href=(self.href) { (self.text) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_in_secret_never_comes_back() {
        let texts = Texts::english();
        for field in
            [Field::password(&texts), Field::new_password(8, &texts), Field::code(&texts), Field::recovery_code(&texts)]
        {
            let shown = fields(&[field.with_value("hunter2")], None).into_string();
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let name = fields(&[Field::username(&texts).with_value("\"><b>")], None).into_string();
        assert!(name.contains("value=\"&quot;&gt;&lt;b&gt;\""), "{name}");
    }

    /// What stands on a page from its beginning is announced by nobody: only where the cursor is it is heard.
    #[test]
    fn what_is_wrong_with_the_whole_is_heard_where_the_cursor_starts() {
        let texts = Texts::english();
        let heard = |shown: &str| {
            let inputs = shown.split("<input").filter(|input| input.contains("aria-describedby=\"wrong\""));
            inputs.map(|input| input.contains("autofocus")).collect::<Vec<_>>()
        };
        let login = |name: &str| {
            let both = [Field::username(&texts).with_value(name), Field::password(&texts)];
            heard(&fields(&both, Some("wrong")).into_string())
        };
        assert_eq!(login(""), [true]);
        assert_eq!(login("alice"), [true], "the cursor is in the password, and so is what was wrong with both");
        let code = [Field { hint: None, ..Field::text("code", "Code") }];
        let plain = |name: &str| Field::text(name, name);
        let behind = in_two_parts(&[plain("one"), plain("two")], html! {}, &code, Some("wrong"));
        assert_eq!(heard(&behind.into_string()), [true, false], "at the cursor, and at the question that it is about");
    }

    #[test]
    fn an_error_stands_at_its_field_and_the_cursor_goes_there() {
        let texts = Texts::english();
        let wrong = Field::new_password_again(&texts).with_error(Some("not the same".into()));
        let shown = fields(&[Field::new_password(8, &texts), wrong], None).into_string();
        let again = shown.split("id=\"new_password_again\"").nth(1).expect("the second field");
        assert!(again.contains("aria-invalid=\"true\"") && again.contains("new_password_again-error"));
        assert!(again.contains("autofocus") && shown.matches("autofocus").count() == 1);
    }
}
