//! Every other answer of the gate itself, by its status. It says what happened and what to do, and nothing about the
//! inside; the request id is what the operator finds in the audit log.

use maud::{Markup, html};

use crate::form::Link;
use crate::layout::{self, Frame, Shape};
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// The HTTP status; one that has no words of its own is shown as 500 or 400.
    pub status: u16,
    pub why: Why,
    pub request_id: String,
    /// Where to go from here: try again, the start page, sign in as somebody else.
    pub links: Vec<Link>,
}

/// What a refusal is about, where its status does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Why {
    /// The status says it all.
    #[default]
    Status,
    /// The form was not this browser's, or too old.
    StaleForm,
    /// Another page, a script or a frame asked for it: our pages answer navigations only.
    NotFromHere,
    /// A client certificate is asked for, and none was shown that is let in.
    NoCertificate,
    /// Recovery codes that were not said to be kept in time.
    CodesVoid,
}

/// The statuses that have words of their own.
pub const STATUSES: [u16; 16] = [400, 401, 403, 404, 405, 409, 413, 421, 429, 431, 500, 501, 502, 503, 504, 508];

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let (title, text) = words(view.status, view.why, texts);
    let body = html! {
        p.lead { (text) }
        @if !view.links.is_empty() {
            ul.ways { @for link in &view.links { li { (link.render("button")) } } }
        }
        (reference(&view.request_id, texts))
    };
    layout::page(frame, texts, &title, Shape { failed: true, stuck: true, ..Shape::default() }, body)
}

/// Title and sentence of a refusal, for pages, problem documents and plain text alike.
pub fn words(status: u16, why: Why, texts: &Texts) -> (String, String) {
    let (title, text) = match (status, why) {
        (_, Why::StaleForm) => ("refused-stale-form", "refused-stale-form-text"),
        (_, Why::NotFromHere) => ("refused-not-from-here", "refused-not-from-here-text"),
        (_, Why::NoCertificate) => ("refused-no-certificate", "refused-no-certificate-text"),
        (_, Why::CodesVoid) => ("codes-void", "codes-void-text"),
        (400, _) => ("refused-400", "refused-400-text"),
        (401, _) => ("refused-401", "refused-401-text"),
        (403, _) => ("refused-403", "refused-403-text"),
        (404, _) => ("refused-404", "refused-404-text"),
        (405, _) => ("refused-405", "refused-405-text"),
        (409, _) => ("refused-409", "refused-409-text"),
        (413, _) => ("refused-413", "refused-413-text"),
        (421, _) => ("refused-421", "refused-421-text"),
        (429, _) => ("refused-429", "refused-429-text"),
        (431, _) => ("refused-431", "refused-431-text"),
        (501, _) => ("refused-501", "refused-501-text"),
        (502, _) => ("refused-502", "refused-502-text"),
        (503, _) => ("refused-503", "refused-503-text"),
        (504, _) => ("refused-504", "refused-504-text"),
        (508, _) => ("refused-508", "refused-508-text"),
        (500.., _) => ("refused-500", "refused-500-text"),
        _ => ("refused-400", "refused-400-text"),
    };
    (texts.text(title), texts.text(text))
}

/// The line an operator asks for.
pub(crate) fn reference(request_id: &str, texts: &Texts) -> Markup {
    html! {
        @if !request_id.is_empty() {
            dl.reference {
                dt { (texts.text("request-id")) }
                dd { code translate="no" { (request_id) } }
            }
        }
    }
}

impl View {
    pub fn sample(status: u16, why: Why) -> Self {
        Self { status, why, request_id: "01JD8Z3VQ6K2".into(), links: vec![Link::new("wiki.example.com", "/")] }
    }
}
