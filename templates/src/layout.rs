//! The frame around every page: which site this is for, who is signing in, one heading, one card. It loads our own
//! stylesheet, picture and script, and nothing else; it holds no inline style or script.

use std::sync::Arc;

use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::brand::Brand;
use crate::form::Form;
use crate::languages::{Languages, Switch};
use crate::moment::Ends;
use crate::texts::Texts;

/// What every page is told, whatever it shows.
#[derive(Clone)]
pub struct Frame {
    /// The site's name as people know it; often its host. Never empty: where no site was found, the product's name.
    pub site: String,
    /// Its origin as the browser shows it, `https://wiki.example.com`; empty when the gate does not know it.
    pub origin: String,
    /// What the site is called to which a login on this page leads, where it is another.
    pub bound_for: Option<String>,
    /// Seconds since 1970, for what is shown as "ago" and "until".
    pub now: u64,
    /// Whose page it is, once known.
    pub account: Option<Account>,
    /// How the reader changes the language; none where it cannot be changed.
    pub switch: Option<Switch>,
    /// Whose pages they are, in the operator's words and colours.
    pub brand: Arc<Brand>,
    /// When this page stops working by itself, if it does.
    pub ends: Option<Ends>,
}

/// The account a page is for.
#[derive(Clone)]
pub struct Account {
    pub name: String,
    pub standing: Standing,
}

/// How far the visitor has come.
#[derive(Clone)]
pub enum Standing {
    /// A right password, nothing more: offers to start over.
    SigningIn { start_over: Form },
    /// Signed in: offers the account page and the way out (addresses of ours, by GET).
    SignedIn { account: String, logout: String },
}

/// What a single page says about its own shape.
#[derive(Default)]
pub(crate) struct Shape {
    /// Something on it is wrong: said first in the title, which a screen reader reads first.
    pub failed: bool,
    /// Holds tables and lists rather than one question.
    pub wide: bool,
    /// Its reader may not get on alone: where help is stands on the card, not below it.
    pub stuck: bool,
}

pub(crate) fn page(frame: &Frame, texts: &Texts, heading: &str, shape: Shape, body: Markup) -> Markup {
    let brand = &frame.brand;
    let name = brand.name_or(&frame.site);
    let words = [("page", heading.into()), ("site", name.into())];
    let title = if shape.failed {
        texts.plain_with("page-title-failed", &words)
    } else {
        texts.plain_with("page-title", &words)
    };
    html! {
        (DOCTYPE)
        html lang=(texts.lang()) dir=(texts.direction()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                (brand.links())
                script src=(assets::script().path()) defer {}
            }
            body.wide[shape.wide] {
                header.bar {
                    div.site {
                        (brand.sign())
                        p {
                            strong { bdi { (name) } }
                            @if !frame.origin.is_empty() { " " bdi.origin { (frame.origin) } }
                        }
                    }
                    @if let Some(account) = &frame.account { (account.render(texts)) }
                }
                main.card {
                    h1 { (heading) }
                    @if let Some(site) = &frame.bound_for {
                        p.bound { (texts.text_with("bound-for", &[("site", site.as_str().into())])) }
                    }
                    (body)
                    @if let Some(ends) = frame.ends { p.fine { (ends.text(frame.now, texts)) } }
                    @if let (Some(support), true) = (&brand.support, shape.stuck) { (support.render()) }
                }
                footer {
                    @if let (Some(support), false) = (&brand.support, shape.stuck) { (support.render()) }
                    // With a name of its own the place speaks for itself.
                    @if brand.name.is_empty() {
                        p { (texts.text_with("footer", &[("site", frame.site.as_str().into())])) }
                    }
                    @if let Some(switch) = &frame.switch { (switch.render(texts)) }
                }
            }
        }
    }
}

impl Account {
    fn render(&self, texts: &Texts) -> Markup {
        let name = [("name", self.name.as_str().into())];
        html! {
            div.who {
                @match &self.standing {
                    Standing::SigningIn { start_over } => {
                        p { (texts.text_with("header-signing-in", &name)) }
                        span.dot aria-hidden="true" { "·" }
                        (start_over.button(&texts.text("header-not-you"), "link"))
                    }
                    Standing::SignedIn { account, logout } => {
                        p { (texts.text_with("header-signed-in", &name)) }
                        nav aria-label=(texts.text("header-nav")) {
                            ul {
                                li { a href=(account) { (texts.text("header-account")) } }
                                li { a href=(logout) { (texts.text("header-sign-out")) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A sentence set off from the page. `tone`: `warn`, `good` or `info`.
pub(crate) fn notice(tone: &str, text: &str) -> Markup {
    html! { div class={ "notice " (tone) } role="status" { p { (text) } } }
}

/// What went wrong with the whole. What stands on a page from its beginning is announced by nobody: a field of this
/// page names `id` among what describes it, and the cursor starts there.
pub(crate) fn alert(id: &str, text: &str) -> Markup {
    html! { div id=(id) .notice.bad role="alert" { p { (text) } } }
}

/// The same on a page with nothing to type into: the reader starts here.
pub(crate) fn alert_first(text: &str) -> Markup {
    html! { div.notice.bad role="alert" tabindex="-1" autofocus { p { (text) } } }
}

impl Frame {
    /// Of a step on the way to another site.
    pub fn bound_for(self, site: Option<String>) -> Self {
        Self { bound_for: site, ..self }
    }

    pub(crate) const SAMPLE_NOW: u64 = 1_795_356_309;

    pub(crate) fn sample() -> Self {
        Self {
            site: "wiki.example.com".into(),
            origin: "https://wiki.example.com".into(),
            bound_for: None,
            now: Self::SAMPLE_NOW,
            account: None,
            switch: Some(Switch {
                action: "/.vestibule/language".into(),
                back: "/.vestibule/login".into(),
                languages: Languages::all(),
            }),
            brand: Arc::default(),
            ends: None,
        }
    }

    /// This page, while a one-time link is good.
    pub(crate) fn sample_linked() -> Self {
        Self { ends: Some(Ends::Link(Self::SAMPLE_NOW + 86_400)), ..Self::sample() }
    }

    pub(crate) fn sample_signing_in() -> Self {
        let start_over = Form::sample("/.vestibule/login/start-over");
        let account = Account { name: "alice".into(), standing: Standing::SigningIn { start_over } };
        Self { account: Some(account), ends: Some(Ends::Step(Self::SAMPLE_NOW + 580)), ..Self::sample() }
    }

    pub(crate) fn sample_signed_in() -> Self {
        let standing =
            Standing::SignedIn { account: "/.vestibule/account".into(), logout: "/.vestibule/logout".into() };
        let account = Some(Account { name: "alice".into(), standing });
        Self { account, ends: Some(Ends::Session(Self::SAMPLE_NOW + 1_800)), ..Self::sample() }
    }
}
