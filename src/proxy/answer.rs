//! An application's answer on its way to the visitor: it may not set our cookies, what was shown to one visitor may not
//! be kept for others, and where it ends is said once, in words that everybody reads alike: otherwise the end of one
//! answer is the beginning of another that the application has made up.

use http::Version;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorType};

use crate::session::CookieNames;

/// Directives with which a shared cache keeps nothing of this answer for others (RFC 9111 section 5.2.2).
const CLOSED: [&str; 2] = ["private", "no-store"];
/// Directives that open an answer to shared caches; they make no sense beside `private`.
const OPEN: [&str; 3] = ["public", "s-maxage", "proxy-revalidate"];
/// Fields that shared caches believe before `Cache-Control` (RFC 9213).
static OVERRIDES: [HeaderName; 2] =
    [HeaderName::from_static("cdn-cache-control"), HeaderName::from_static("surrogate-control")];
/// Which documents a document shares its group of windows with, and whether it is isolated.
static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
static EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");

/// Lets an answer pass only when there is one way to read where it ends (RFC 9112 section 6.3), and says it in our own
/// version of HTTP (RFC 9110 section 2.5).
///
/// # Errors
/// It has a `Transfer-Encoding` other than one `chunked` in HTTP/1.1. Pingora looks at the last one only, drops the
/// length because there is one, reads to the end of the connection where it is not `chunked`, and passes it all on.
pub fn one_end(head: &mut ResponseHeader) -> pingora::Result<()> {
    let mut codings = head.headers.get_all(header::TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next() {
        let clear = coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
        if !clear || head.version != Version::HTTP_11 {
            let why = "the upstream's answer has no clear end";
            return Err(Error::explain(ErrorType::InvalidHTTPHeader, why).into_up());
        }
    }
    if matches!(head.version, Version::HTTP_09 | Version::HTTP_10) {
        head.set_version(Version::HTTP_11);
    }
    if matches!(head.status.as_u16(), 100..=199 | 204) {
        // It has no content, whatever it says, and may not say it (RFC 9110 section 8.6, RFC 9112 section 6.1).
        head.remove_header(&header::CONTENT_LENGTH);
        head.remove_header(&header::TRANSFER_ENCODING);
        return Ok(());
    }
    one_length(head)
}

/// Says the length once. Pingora has refused lengths that differ; the same one twice, in two fields or as a list, is
/// passed on by it, and not every client reads that as one number (RFC 9110 section 8.6).
fn one_length(head: &mut ResponseHeader) -> pingora::Result<()> {
    let mut lengths = head.headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = lengths.next().map(|value| value.as_bytes().split(|byte| *byte == b',')) else { return Ok(()) };
    let mut members = first.map(<[u8]>::trim_ascii);
    let length = members.next().unwrap_or_default();
    if lengths.next().is_none() && members.next().is_none() {
        return Ok(());
    }
    let length = length.to_vec();
    head.insert_header(header::CONTENT_LENGTH, length)
}

/// Has the browser come by https from now on. What the application says about it itself stands.
pub fn keep_encrypted(head: &mut ResponseHeader, hsts: Option<&HeaderValue>) -> pingora::Result<()> {
    match hsts.filter(|_| !head.headers.contains_key(header::STRICT_TRANSPORT_SECURITY)) {
        Some(hsts) => head.insert_header(header::STRICT_TRANSPORT_SECURITY, hsts.clone()),
        None => Ok(()),
    }
}

/// Keeps the application out of the windows that our pages are in, on a site that serves its own. Documents of one
/// origin stay within reach of each other where both say `same-origin` (HTML section 7.1.3, "matching cross-origin opener
/// policy values"), as every page of ours does: a script of such an application could open the account page, read it and
/// press its buttons. With `same-origin-allow-popups` the application is as far from whoever opens it as before, and is
/// cut off from our pages like any other. A document that is isolated altogether (with `require-corp`) is told apart from
/// ours by every browser, and keeps what only isolation gives it.
pub fn apart_from_our_pages(head: &mut ResponseHeader) -> pingora::Result<()> {
    let alone = |name| {
        let mut fields = head.headers.get_all(name).iter();
        let value = fields.next().map(|value| essence(value.as_bytes()).to_vec());
        value.filter(|_| fields.next().is_none())
    };
    let apart = match alone(&OPENER_POLICY).as_deref() {
        Some(b"unsafe-none" | b"same-origin-allow-popups" | b"noopener-allow-popups") => true,
        Some(b"same-origin") => alone(&EMBEDDER_POLICY).as_deref() == Some(b"require-corp"),
        // Several fields, or words nobody knows: browsers read them as none, and need not agree for ever.
        _ => !head.headers.contains_key(&OPENER_POLICY),
    };
    if apart { Ok(()) } else { head.insert_header(OPENER_POLICY.clone(), "same-origin-allow-popups") }
}

/// Whether a message of this kind is a stream, which may be silent for as long as the two like: server-sent events, and
/// gRPC.
pub fn is_stream(kind: &[u8]) -> bool {
    essence(kind).eq_ignore_ascii_case(b"text/event-stream") || is_grpc(kind)
}

/// `application/grpc`, or with a format behind it, `+proto` or `-web`.
pub fn is_grpc(kind: &[u8]) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let kind = essence(kind);
    kind.get(..GRPC.len()).is_some_and(|start| start.eq_ignore_ascii_case(GRPC))
        && matches!(kind.get(GRPC.len()), None | Some(b'+' | b'-'))
}

/// A media type, or another field of one word, without its parameters.
fn essence(kind: &[u8]) -> &[u8] {
    kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// Takes out what the application says under our cookie names: it could fix a session, or end one.
pub fn without_our_cookies(head: &mut ResponseHeader, names: &CookieNames) -> pingora::Result<()> {
    let ours = |value: &HeaderValue| names.is_ours(name(value.as_bytes()));
    if !head.headers.get_all(header::SET_COOKIE).iter().any(ours) {
        return Ok(());
    }
    let kept: Vec<HeaderValue> =
        head.headers.get_all(header::SET_COOKIE).iter().filter(|value| !ours(value)).cloned().collect();
    head.remove_header(&header::SET_COOKIE);
    for value in kept {
        head.append_header(header::SET_COOKIE, value)?;
    }
    Ok(())
}

/// The name of a cookie as it will come back. A browser sends one that was set without a name as its bare value, so
/// that `=vestibule=x` comes back as ours.
fn name(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| !matches!(byte, b'=' | b' ' | b'\t')).unwrap_or(value.len());
    value[start..].split(|byte| matches!(byte, b'=' | b';')).next().unwrap_or_default().trim_ascii()
}

/// Keeps an answer that took a login out of shared caches, unless the application has done so itself.
pub fn keep_private(head: &mut ResponseHeader) -> pingora::Result<()> {
    for name in &OVERRIDES {
        head.remove_header(name);
    }
    if let Some(value) = private(&head.headers) {
        head.insert_header(header::CACHE_CONTROL, value)?;
    }
    Ok(())
}

/// The new `Cache-Control`; none where the present one is good.
fn private(headers: &HeaderMap) -> Option<String> {
    let present = headers.get_all(header::CACHE_CONTROL);
    let text: Vec<_> = present.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let directives = text.iter().flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty());
    let is_one_of = |directive: &str, list: &[&str]| {
        let name = directive.split('=').next().unwrap_or_default().trim();
        list.iter().any(|word| name.eq_ignore_ascii_case(word))
    };
    // `private="field"` closes that one field only.
    if directives.clone().any(|directive| !directive.contains('=') && is_one_of(directive, &CLOSED)) {
        return None;
    }
    let kept = directives.filter(|directive| !is_one_of(directive, &OPEN) && !is_one_of(directive, &CLOSED));
    Some(std::iter::once("private").chain(kept).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_control(fields: &[&str]) -> Option<String> {
        let mut head = ResponseHeader::build(200, None).unwrap();
        for field in fields {
            head.append_header(header::CACHE_CONTROL, *field).unwrap();
        }
        private(&head.headers)
    }

    /// HS-12.
    #[test]
    fn a_cookie_is_named_as_it_comes_back() {
        for value in ["vestibule=x; Path=/", " vestibule = x", "=vestibule=x", "= =vestibule", "vestibule;Path=/"] {
            assert_eq!(name(value.as_bytes()), b"vestibule", "{value}");
        }
        assert_eq!(name(b"other=vestibule=x"), b"other");
    }

    #[test]
    fn a_stream_is_told_by_its_kind() {
        for kind in
            ["text/event-stream", "Text/Event-Stream; charset=utf-8", "application/grpc", "application/grpc+proto"]
        {
            assert!(is_stream(kind.as_bytes()), "{kind}");
        }
        for kind in ["", "text/html", "text/event-streams", "application/grpcish", "text/html; text/event-stream"] {
            assert!(!is_stream(kind.as_bytes()), "{kind}");
        }
    }

    /// WB-19.
    #[test]
    fn no_document_of_the_application_shares_windows_with_our_pages() {
        let said = |opener: &[&str], embedder: &[&str]| {
            let mut head = ResponseHeader::build(200, None).unwrap();
            for value in opener {
                head.append_header(OPENER_POLICY.clone(), *value).unwrap();
            }
            for value in embedder {
                head.append_header(EMBEDDER_POLICY.clone(), *value).unwrap();
            }
            apart_from_our_pages(&mut head).unwrap();
            let said: Vec<_> =
                head.headers.get_all(&OPENER_POLICY).iter().map(|value| value.to_str().unwrap().to_owned()).collect();
            said.join(" | ")
        };
        for opener in [
            &["same-origin"] as &[&str],
            &[" same-origin ; report-to=\"x\""],
            &["same-origin", "same-origin"],
            &["same-origin", "unsafe-none"],
            &["Same-Origin"],
        ] {
            assert_eq!(said(opener, &[]), "same-origin-allow-popups", "{opener:?}");
            for embedder in [&["unsafe-none"] as &[&str], &["credentialless"], &["require-corp", "require-corp"]] {
                assert_eq!(said(opener, embedder), "same-origin-allow-popups", "{opener:?} {embedder:?}");
            }
        }
        assert_eq!(said(&["same-origin"], &["require-corp; report-to=\"x\""]), "same-origin", "isolated");
        assert_eq!(said(&[], &[]), "");
        for kept in ["unsafe-none", "same-origin-allow-popups", "noopener-allow-popups"] {
            assert_eq!(said(&[kept], &[]), kept);
        }
    }

    #[test]
    fn an_answer_that_took_a_login_is_private() {
        assert_eq!(cache_control(&[]).as_deref(), Some("private"));
        assert_eq!(cache_control(&["public, max-age=60"]).as_deref(), Some("private, max-age=60"));
        assert_eq!(cache_control(&["max-age=60", "S-MaxAge=600"]).as_deref(), Some("private, max-age=60"));
        assert_eq!(cache_control(&["private=\"x\""]).as_deref(), Some("private"));
        for good in ["private", "no-store", "max-age=0, PRIVATE", "no-cache, no-store"] {
            assert_eq!(cache_control(&[good]), None, "{good}");
        }
    }
}
