//! What each answer means, and what to do about it: pure, from an answer to a finding. A set-up that cannot be told from
//! a broken one is a warning, never fine.

use url::Url;

use super::Finding;
use super::ask::{Reply, Unanswered};
use crate::clock::{TOLERANCE, Time};
use crate::gate::explain::Explanation;
use crate::types::is_loopback_name;

/// What to do where our pages are not reached.
pub const ROUTE: &str = "let the server in front send /.vestibule/ of this host to Vestibule's ordinary listener \
                         (listen.http), path and Host unchanged and outside of the auth sub-request; config/integrations \
                         has ready files";
/// Clocks that differ by more are worth a look, in seconds.
const DRIFT: u64 = 5;

/// Whether the public keys are Vestibule's.
pub fn route(reply: &Reply) -> Finding {
    let set = reply.json();
    let ours = |key: &serde_json::Value| key["kid"].is_string() && key["alg"] == "ES256" && key["crv"] == "P-256";
    if reply.status == 200 && set["keys"].as_array().is_some_and(|keys| !keys.is_empty() && keys.iter().all(ours)) {
        return Finding::ok("route", "/.vestibule/ reaches Vestibule");
    }
    let why = match reply.status {
        200 => "somebody else answers there".to_owned(),
        301..=308 | 401 | 403 => format!("it is asked for a login itself ({})", reply.status),
        status => format!("the answer is {status}"),
    };
    Finding::failure("route", format!("/.vestibule/ does not reach Vestibule, so no login can finish: {why}"), ROUTE)
}

/// The login page of a browser that was never here.
pub fn login(reply: &Reply) -> Vec<Finding> {
    let dressed = reply.field("content-security-policy").starts_with("default-src 'none'");
    match reply.status {
        200 if dressed => {}
        200 => {
            let remedy = "let the server in front pass Vestibule's own answers as they are";
            return vec![Finding::failure("login", "the login page comes without its security headers", remedy)];
        }
        421 => {
            let remedy = "let the server in front pass Host unchanged, and write a [[site]] with this url";
            return vec![Finding::failure("login", "Vestibule knows no site of this host (421)", remedy)];
        }
        status => {
            return vec![Finding::failure("login", format!("the login page answers {status}"), ROUTE)];
        }
    }
    let mut found = vec![Finding::ok("login", "the login page answers")];
    found.push(cookie(reply));
    if is_https(reply) && reply.field("strict-transport-security").is_empty() {
        let remedy = "let the server in front pass Strict-Transport-Security, or set it there";
        found.push(Finding::warning("hsts", "browsers are not told to stay with https", remedy));
    }
    found
}

fn is_https(reply: &Reply) -> bool {
    reply.url.as_ref().is_some_and(|url| url.scheme() == "https")
}

/// The cookie of the login page tells which scheme the gate takes itself to be at: it knows none but that of its `url`.
fn cookie(reply: &Reply) -> Finding {
    let set = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let ours = set.map(|text| {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().and_then(|pair| pair.split_once('=')).map_or("", |(name, _)| name);
        (name, parts.map(str::to_ascii_lowercase).collect::<Vec<_>>())
    });
    let Some((name, flags)) = ours.into_iter().find(|(name, _)| name.ends_with("-login")) else {
        let remedy = "let the server in front pass Set-Cookie; nginx drops it in auth sub-requests, so /.vestibule/ must \
                      be outside of them";
        return Finding::failure("cookie", "the login page comes without its cookie, so no login can finish", remedy);
    };
    let has = |flag: &str| flags.iter().any(|found| found == flag);
    let (https, secure) = (is_https(reply), has("secure") || name.starts_with("__Host-"));
    let asked = reply.url.as_ref().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    if https && !secure {
        let what = "the gate takes itself to be at http://: its cookie is not Secure, and it sends people there";
        return Finding::failure("scheme", what, format!("set url = \"{asked}\" of the site: what people see"));
    }
    if !https && secure {
        let what = "the gate takes itself to be at https://: browsers drop its cookie here, and no login can finish";
        return Finding::failure(
            "scheme",
            what,
            format!("use the https address, or set url = \"{asked}\" of the site"),
        );
    }
    let whole = !https || (name.starts_with("__Host-") && has("secure"));
    let bound = !flags.iter().any(|flag| flag.starts_with("domain"));
    if !(whole && bound && has("httponly") && has("samesite=lax") && has("path=/")) {
        let remedy = "let the server in front pass Set-Cookie as it is: no proxy_cookie_domain, _path or _flags";
        return Finding::failure("cookie", format!("somebody changes the cookie {name} on its way"), remedy);
    }
    Finding::ok("cookie", format!("{name} fits the scheme"))
}

/// Whether a redirect leads to login pages that are not those of this address: a portal's, or the same over https.
pub fn is_elsewhere(asked: &Url, at: &Url) -> bool {
    at.origin() != asked.origin() && at.path().starts_with("/.vestibule/")
}

/// Whether it leads from http to the same host over https.
pub fn is_encrypted(asked: &Url, at: &Url) -> bool {
    asked.scheme() == "http" && at.scheme() == "https" && asked.host() == at.host()
}

pub fn encrypted(at: &Url) -> Finding {
    let origin = at.origin().ascii_serialization();
    let what = format!("the gate takes itself to be at {origin}, and sends everybody there");
    let remedy = format!("ask about {origin}/; if people use http, set url = \"http://…\" of the site");
    Finding::failure("scheme", what, remedy)
}

pub fn portal(at: &Url, reply: Result<&Reply, &Unanswered>) -> Finding {
    let origin = at.origin().ascii_serialization();
    match reply {
        Ok(reply) if reply.status == 200 => Finding::ok("portal", format!("{origin} answers")),
        Ok(reply) => {
            let remedy = "look at portal.url, at portal.networks, and at what stands in front of it";
            Finding::failure("portal", format!("{origin} answers {}", reply.status), remedy)
        }
        Err(why) => {
            let remedy = "look at portal.url, and whether people can reach it";
            Finding::failure("portal", format!("{origin}: {why}"), remedy)
        }
    }
}

/// Whether the gate's time is this machine's.
pub fn clock(session: Option<&Reply>, wall: Time) -> Finding {
    let Some(theirs) = session.and_then(|reply| reply.json()["now"].as_i64()) else {
        return Finding::warning("clock", "/.vestibule/session does not tell the gate's time", ROUTE);
    };
    let off = theirs.abs_diff(wall.secs());
    let what = format!("the gate's clock and this machine's are {off} s apart");
    let remedy = "let both follow a time server: codes of authenticators and assertions depend on the time";
    match off {
        0..=DRIFT => Finding::ok("clock", "the gate's clock and this machine's agree"),
        _ if off <= TOLERANCE.as_secs() => Finding::warning("clock", what, remedy),
        _ => Finding::failure("clock", what, remedy),
    }
}

/// Whether an answer to a stranger is one that only a server in front should get. Those name every identity header,
/// empty where nobody is signed in; a site with a portal redirects whatever it does not know.
pub fn answers_as_forward_auth(reply: &Reply) -> bool {
    matches!(reply.status, 200..=299 | 401) || reply.headers.contains_key("vestibule-assertion")
}

pub fn closed(open: &[String]) -> Finding {
    if open.is_empty() {
        return Finding::ok("auth", "nobody can ask the forward-auth listener from outside");
    }
    let what = format!("anybody can ask what only the server in front may: {}", open.join(", "));
    let remedy = "send /.vestibule/ to listen.http, never to forward_auth.listen, and mark the auth location internal";
    Finding::failure("auth", what, remedy)
}

/// A person without a session, asking for the address. `rules`: what the gate would say, where that is known.
pub fn navigation(reply: &Reply, rules: Option<&Explanation>) -> Finding {
    let asked = reply.url.as_ref();
    if let (Some(to), Some(asked)) = (reply.location(), asked) {
        let ours = matches!(to.path(), "/.vestibule/login" | "/.vestibule/verify");
        if ours && to.host_str() == asked.host_str() && to.scheme() != asked.scheme() {
            let what = format!("people are sent to a login at {}://", to.scheme());
            let remedy = "set the url of the site to what people see, and let the server in front say X-Forwarded-Proto \
                          (or X-Original-URL) accordingly";
            return Finding::failure("scheme", what, remedy);
        }
        return match ours {
            true => Finding::ok("visitor", "a stranger is sent to the login"),
            false => Finding::warning(
                "visitor",
                format!("a stranger is sent to {}", &to[..url::Position::AfterPath]),
                "give an address that needs a login and sends nobody on",
            ),
        };
    }
    if let Some(why) = complaint(reply) {
        return Finding::failure(
            "visitor",
            format!("the gate refuses what the server in front tells it ({}): {why}", reply.status),
            "let the server in front say exactly this itself, for every request; the files in config/integrations do",
        );
    }
    match reply.status {
        200..=299 => answered(rules),
        401 => Finding::failure(
            "visitor",
            "a browser gets 401 instead of the login",
            "let the server in front turn the 401 into a redirect (nginx: error_page 401), and pass Accept and Sec-Fetch-*",
        ),
        403 => Finding::failure(
            "visitor",
            "a stranger is refused (403) instead of asked for a login",
            "a rule denies this address, or the gate cannot read what the server in front tells it: its log says which",
        ),
        421 => Finding::failure(
            "visitor",
            "Vestibule knows no site of this host (421)",
            "let the server in front pass Host unchanged, and write a [[site]] with this url",
        ),
        status @ 500.. => Finding::failure(
            "visitor",
            format!("the server in front fails ({status})"),
            "it cannot ask the gate, or does not understand its answer: look at its log, at forward_auth.listen and \
             forward_auth.callers",
        ),
        status => Finding::warning(
            "visitor",
            format!("the address answers {status}"),
            "give an address of the application that needs a login",
        ),
    }
}

/// The address was answered to a stranger.
fn answered(rules: Option<&Explanation>) -> Finding {
    const WHAT: &str = "the address is answered without a login";
    match rules {
        Some(rules) if rules.forward => Finding::warning(
            "visitor",
            format!("{WHAT}, as its rule says"),
            "give an address that needs one: this one does not show whether the gate is in the way",
        ),
        Some(rules) => Finding::failure(
            "visitor",
            format!("{WHAT}, and its rule says: {}", rules.verdict),
            "the gate is not in the way: look whether the server in front asks it about every route; or the file is newer \
             than what is in force",
        ),
        None => Finding::warning(
            "visitor",
            WHAT,
            "if no bypass rule says so, the gate is not in the way: look at the routes of the server in front",
        ),
    }
}

/// What the gate says, for whoever set it up, of a request that it cannot judge: by name, or, where that does not come so
/// far, by an answer dressed as ours. What this program asks can be read by everybody, so somebody garbled it.
fn complaint(reply: &Reply) -> Option<String> {
    let said: String = reply.field("vestibule-error").chars().filter(|c| !c.is_control()).take(200).collect();
    let ours = reply.field("content-security-policy").starts_with("default-src 'none'");
    match reply.status {
        _ if !said.is_empty() => Some(said),
        400 | 405 | 408 | 413..=415 | 431 if ours => Some("its log says what".to_owned()),
        _ => None,
    }
}

/// A script without a session, asking for the same.
pub fn script(reply: &Reply) -> Finding {
    match reply.status {
        401 => Finding::ok("script", "a script gets 401"),
        300..=399 => Finding::failure(
            "script",
            "a script is redirected to the login instead of told 401",
            "let the server in front pass Sec-Fetch-* and Accept to the gate, and its answers as they are",
        ),
        status => Finding::warning(
            "script",
            format!("a script gets {status} instead of 401"),
            "let the server in front pass the gate's answers as they are",
        ),
    }
}

/// The address by http where people use https.
pub fn redirect(url: &Url, reply: Result<&Reply, &str>) -> Finding {
    let Ok(reply) = reply else { return Finding::ok("redirect", "nobody answers by http") };
    match reply.location() {
        Some(to) if to.scheme() == "https" && to.host_str() == url.host_str() => {
            Finding::ok("redirect", "http leads to https")
        }
        _ => Finding::failure(
            "redirect",
            format!(
                "http://{} answers {} instead of leading to https",
                url.host_str().unwrap_or_default(),
                reply.status
            ),
            "let port 80 redirect to the https address and do nothing else",
        ),
    }
}

/// An http address that is none of this machine's own.
pub fn in_clear(url: &Url) -> Option<Finding> {
    let what = "passwords and cookies travel in clear";
    let own = is_loopback_name(url.host_str().unwrap_or_default());
    (!own).then(|| Finding::warning("tls", what, "put a certificate in front, and use the https address"))
}

/// An address of the application, asked past the gate.
pub fn direct(address: &str, reply: Option<&Reply>) -> Finding {
    let gate = reply.is_some_and(|reply| {
        let to_us = reply.location().is_some_and(|to| to.path().starts_with("/.vestibule/"));
        to_us || reply.field("www-authenticate").starts_with("Vestibule ") || reply.status == 421
    });
    if gate {
        return Finding::warning(
            "direct",
            format!("{address} is a gate, and no application"),
            "give the application's",
        );
    }
    let said = reply.map_or("something listens there".to_owned(), |reply| format!("it answers {}", reply.status));
    Finding::failure(
        "direct",
        format!("{address} can be reached without the gate: {said}"),
        "let the application listen where only the gate reaches it, or have it verify Vestibule-Assertion; from its own \
         machine it can always be reached: run this from another",
    )
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderName, HeaderValue};

    use super::super::State;
    use super::*;

    fn reply(url: &str, status: u16, fields: &[(&str, &str)]) -> Reply {
        let mut reply = Reply { url: Url::parse(url).ok(), status, ..Reply::default() };
        for (name, value) in fields {
            reply.headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        reply
    }

    const FLAGS: &str = "x; HttpOnly; SameSite=Lax; Path=/";

    #[test]
    fn the_cookie_tells_the_scheme_of_the_gate() {
        let found = |url: &str, cookie: &str| cookie_of(&reply(url, 200, &[("set-cookie", cookie)]));
        let secure = format!("__Host-vestibule-login={FLAGS}; Secure");
        let plain = format!("vestibule-login={FLAGS}");
        assert_eq!(found("https://a.test/", &secure), ("cookie", State::Ok));
        assert_eq!(found("http://a.test/", &plain), ("cookie", State::Ok));
        assert_eq!(found("https://a.test/", &plain), ("scheme", State::Failure));
        assert_eq!(found("http://a.test/", &secure), ("scheme", State::Failure));
        let altered = secure.replace("Path=/", "Path=/x");
        assert_eq!(found("https://a.test/", &altered), ("cookie", State::Failure));
        assert_eq!(found("https://a.test/", "other=1"), ("cookie", State::Failure));
    }

    fn cookie_of(reply: &Reply) -> (&'static str, State) {
        let finding = cookie(reply);
        (finding.check, finding.state)
    }

    #[test]
    fn http_leads_to_https_and_nowhere_else() {
        let url = Url::parse("https://a.test/x").unwrap();
        let state =
            |location: &str| redirect(&url, Ok(&reply("http://a.test/x", 301, &[("location", location)]))).state;
        assert_eq!(state("https://a.test/x"), State::Ok);
        assert_eq!(state("https://evil.test/x"), State::Failure);
        assert_eq!(state("http://a.test/y"), State::Failure);
        assert_eq!(redirect(&url, Ok(&reply("http://a.test/x", 200, &[]))).state, State::Failure);
        assert_eq!(redirect(&url, Err("refused")).state, State::Ok);
    }

    #[test]
    fn clocks_that_differ_are_told() {
        let at = |secs: i64| {
            let session = Reply { body: format!("{{\"now\":{secs}}}").into_bytes(), ..Reply::default() };
            clock(Some(&session), Time::from_secs(1_000)).state
        };
        assert_eq!(at(1_003), State::Ok);
        assert_eq!(at(980), State::Warning);
        assert_eq!(at(1_031), State::Failure);
        assert_eq!(clock(None, Time::from_secs(1_000)).state, State::Warning);
    }

    #[test]
    fn a_stranger_is_sent_to_the_login_or_somebody_is_told() {
        let at = |status, location: &str| {
            let finding = navigation(&reply("https://a.test/x", status, &[("location", location)]), None);
            (finding.check, finding.state)
        };
        assert_eq!(at(302, "/.vestibule/login?rd=%2Fx"), ("visitor", State::Ok));
        assert_eq!(at(303, "https://login.test/.vestibule/login?rd=x"), ("visitor", State::Ok));
        assert_eq!(at(302, "http://a.test/.vestibule/login"), ("scheme", State::Failure));
        assert_eq!(at(302, "https://a.test/elsewhere"), ("visitor", State::Warning));
        assert_eq!(at(200, ""), ("visitor", State::Warning));
        for status in [401, 403, 421, 500, 502] {
            assert_eq!(at(status, ""), ("visitor", State::Failure), "{status}");
        }
        let told = |fields: &[(&str, &str)]| navigation(&reply("https://a.test/x", 400, fields), None);
        let named = told(&[("vestibule-error", "X-Forwarded-Proto has another scheme than the url of the site")]);
        assert_eq!(named.state, State::Failure);
        assert!(named.what.contains("(400): X-Forwarded-Proto has another scheme"), "{}", named.what);
        assert_eq!(told(&[("content-security-policy", "default-src 'none'; x")]).state, State::Failure, "ours");
        assert_eq!(told(&[]).state, State::Warning, "the application's own");
        let ruled = |forward| {
            let (path, steps, verdict) = ("/x".to_owned(), Vec::new(), String::new());
            let rules = Explanation { site: Some(0), path, steps, verdict, forward };
            navigation(&reply("https://a.test/x", 200, &[]), Some(&rules)).state
        };
        assert_eq!((ruled(true), ruled(false)), (State::Warning, State::Failure));
    }
}
