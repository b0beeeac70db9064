//! A login that cannot work because the browser did not bring our cookie back, or went round in a circle. The page
//! names the cause instead of starting over.

use maud::{Markup, html};

use crate::form::Link;
use crate::layout::{self, Frame, Shape};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    pub cause: Cause,
    /// Where to try again.
    pub login: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The browser sent no cookie of ours.
    CookiesBlocked,
    /// The site's address says https, the browser came by http.
    PlainHttp,
    /// A cookie of our name came, made by another gate on this host.
    AnotherGate,
    /// Site and portal sent the browser back and forth.
    Loop,
    /// What the portal sent the browser back with is not this browser's, used up or too old.
    WayBack,
    /// The browser came from a site, or was on the way to one, that is in the configuration no more.
    NoSite,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let origin = [("origin", frame.origin.as_str().into())];
    let (cause, remedy) = match view.cause {
        Cause::CookiesBlocked => (texts.text("blocked-cookies"), texts.text("blocked-cookies-remedy")),
        Cause::PlainHttp => (texts.text_with("blocked-http", &origin), texts.text_with("blocked-http-remedy", &origin)),
        Cause::AnotherGate => (texts.text("blocked-gate"), texts.text("blocked-gate-remedy")),
        Cause::Loop => (texts.text("blocked-loop"), texts.text("blocked-loop-remedy")),
        Cause::WayBack => (texts.text("blocked-way-back"), texts.text("blocked-way-back-remedy")),
        Cause::NoSite => (texts.text("blocked-no-site"), texts.text("blocked-no-site-remedy")),
    };
    let body = html! {
        (layout::notice("warn", &cause))
        p { (remedy) }
        p { (Link::new(texts.text("try-again"), view.login.as_str()).render("button main")) }
    };
    layout::page(
        frame,
        texts,
        &texts.text("blocked-title"),
        Shape { failed: true, stuck: true, ..Shape::default() },
        body,
    )
}

impl View {
    pub fn sample(cause: Cause) -> Self {
        Self { cause, login: "/.vestibule/login".into() }
    }
}
