//! The pages of the sample application that `vestibule demo` puts behind the gate, and of its message room. They show
//! what an application receives; they are no part of the gate and must never be served by it elsewhere.

use maud::{Markup, html};

use crate::form::{Field, Link, fields};
use crate::layout::{self, Frame, Shape};
use crate::moment;
use crate::texts::Texts;

/// The sample application's page.
#[derive(Clone)]
pub struct LandingView {
    /// The path that was asked for.
    pub path: String,
    /// The identity headers received, name and value; a long value is shown in full.
    pub headers: Vec<(String, String)>,
    pub assertion: Assertion,
    /// Pages to try: open ones, ones that need a step-up …
    pub links: Vec<Link>,
    pub logout: String,
}

/// What the application made of the signed assertion.
#[derive(Clone)]
pub enum Assertion {
    /// Checked against the published keys: the claims, name and value.
    Verified(Vec<(String, String)>),
    /// Not to be believed, and why.
    Refused(String),
    /// None came: nobody is signed in here.
    Missing,
}

/// Captured messages, and an authenticator for those without a phone at hand.
#[derive(Clone)]
pub struct MessagesView {
    /// The newest first.
    pub messages: Vec<Message>,
    /// Where the authenticator's form posts its field `secret`.
    pub authenticator: String,
    /// The secret as pasted, and what it shows now.
    pub secret: String,
    pub code: Option<Code>,
    /// What was pasted is no secret.
    pub secret_refused: bool,
    pub back: Option<String>,
}

#[derive(Clone)]
pub struct Message {
    pub by: By,
    pub to: String,
    /// Seconds since 1970.
    pub at: u64,
    pub text: String,
}

/// The way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Sms,
    Call,
    Mail,
}

#[derive(Clone)]
pub struct Code {
    pub digits: String,
    /// Seconds for which it is still the current one.
    pub left: u64,
}

pub fn landing(view: &LandingView, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        p.lead { (texts.text_with("demo-lead", &[("path", view.path.as_str().into())])) }
        (view.assertion.render(texts))
        section {
            h2 { (texts.text("demo-headers")) }
            @if view.headers.is_empty() { p { (texts.text("demo-headers-none")) } }
            (pairs(&view.headers))
        }
        section {
            h2 { (texts.text("demo-try")) }
            ul.ways {
                @for link in &view.links { li { (link.render("button")) } }
                li { (Link::new(texts.text("header-sign-out"), view.logout.as_str()).render("button")) }
            }
        }
    };
    layout::page(frame, texts, &texts.text("demo-title"), Shape { wide: true, ..Shape::default() }, body)
}

pub fn messages(view: &MessagesView, frame: &Frame, texts: &Texts) -> Markup {
    let secret = Field {
        hint: Some(texts.text("demo-secret-hint")),
        maxlength: Some(256),
        ..Field::text("secret", texts.text("demo-secret"))
    }
    .with_value(view.secret.as_str())
    .with_error(view.secret_refused.then(|| texts.text("demo-secret-refused")));
    let body = html! {
        section {
            h2 { (texts.text("demo-authenticator")) }
            form method="post" action=(view.authenticator) {
                (fields(&[secret], None))
                button.primary type="submit" { (texts.text("demo-secret-button")) }
            }
            @if let Some(code) = &view.code {
                p.now role="status" {
                    output { (code.digits) }
                    " " span.hint { (texts.text_with("demo-code-left", &[("count", code.left.into())])) }
                }
            }
        }
        section {
            h2 { (texts.text("demo-messages")) }
            @if view.messages.is_empty() { p { (texts.text("demo-messages-none")) } }
            ol.messages {
                @for message in &view.messages {
                    li {
                        p.hint {
                            (message.way(texts)) " · " (moment::ago(message.at, frame.now, texts))
                        }
                        pre { (message.text) }
                    }
                }
            }
        }
        @if let Some(back) = &view.back { p { (Link::new(texts.text("back"), back.as_str()).render("")) } }
    };
    let shape = Shape { wide: true, failed: view.secret_refused, ..Shape::default() };
    layout::page(frame, texts, &texts.text("demo-messages-title"), shape, body)
}

impl Assertion {
    fn render(&self, texts: &Texts) -> Markup {
        html! {
            @match self {
                Assertion::Verified(claims) => {
                    (layout::notice("good", &texts.text("demo-verified")))
                    section { h2 { (texts.text("demo-claims")) } (pairs(claims)) }
                }
                Assertion::Refused(reason) => {
                    (layout::alert_first(&texts.text_with("demo-refused", &[("reason", reason.as_str().into())])))
                }
                Assertion::Missing => (layout::notice("info", &texts.text("demo-missing"))),
            }
        }
    }
}

impl Message {
    fn way(&self, texts: &Texts) -> String {
        let to = [("to", self.to.as_str().into())];
        match self.by {
            By::Sms => texts.text_with("demo-message-sms", &to),
            By::Call => texts.text_with("demo-message-call", &to),
            By::Mail => texts.text_with("demo-message-mail", &to),
        }
    }
}

fn pairs(pairs: &[(String, String)]) -> Markup {
    html! {
        dl.pairs translate="no" {
            @for (name, value) in pairs { div { dt { (name) } dd { code { (value) } } } }
        }
    }
}

impl LandingView {
    pub fn sample() -> Self {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            path: "/".into(),
            headers: vec![
                pair("Remote-User", "alice"),
                pair("Remote-Groups", "staff,editors"),
                pair(
                    "Vestibule-Assertion",
                    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjFhMmIifQ.eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0OjgwODAiLCJhdWQiOiJodHRwOi8vbG9jYWxob3N0OjgwODAifQ.c2lnbmF0dXJl",
                ),
            ],
            assertion: Assertion::Verified(vec![
                pair("iss", "http://localhost:8080"),
                pair("sub", "0b8e6d2c-9c3f-4c0e-8a59-2f7b2d1d3f11"),
                pair("amr", "pwd otp mfa"),
            ]),
            links: vec![Link::new("A page that asks again", "/admin/"), Link::new("Messages", "/messages")],
            logout: "/.vestibule/logout".into(),
        }
    }
}

impl MessagesView {
    pub fn sample() -> Self {
        Self {
            messages: vec![Message {
                by: By::Sms,
                to: "+31612345667".into(),
                at: Frame::SAMPLE_NOW - 20,
                text: "482913 is your code for wiki.example.com. Nobody from us will ever ask you for it.\n\n@wiki.example.com #482913".into(),
            }],
            authenticator: "/messages".into(),
            secret: "JBSW Y3DP EHPK 3PXP".into(),
            code: Some(Code { digits: "492 039".into(), left: 17 }),
            secret_refused: false,
            back: Some("/".into()),
        }
    }
}
