//! Our cookies: their names, how they are written, and a strict reader of what comes back. Two cookies of one of our
//! names are ambiguous, and ambiguity is refused and cleared: an attacker on a sibling host can plant a second one.
//! What belongs to the application is never changed by a byte.

use std::time::Duration;

use cookie::time::OffsetDateTime;
use cookie::{Cookie, SameSite};

use crate::secret::{BrowserKind, LoginKind, SessionKind, Token, TokenKind};

/// Browsers take a cookie of this prefix only with `Secure`, `Path=/` and no `Domain`: a sibling host cannot plant it
/// (RFC 6265bis section 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// So many ways to the portal are read, the newest: more tabs than a person opens at one moment.
pub const MOST_WAYS: usize = 16;
/// So many people may share one browser; the one who did not sign in there for the longest is a stranger in it then.
const MOST_PEOPLE: usize = 6;
/// In characters.
const LONGEST_MARK: usize = 16;

/// Names for one origin: `__Host-<base>` and its siblings where it is https, plain where it is http.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    pub session: String,
    pub login: String,
    pub browser: String,
    /// A one-time link on its way from the address it came in to the form that uses it up.
    pub link: String,
    /// The language picked on a page, as its tag: no secret, and nothing depends on it but words.
    pub language: String,
    /// What was just done, for the next page to say once: a word of ours, and no secret.
    pub notice: String,
    /// On a site with a portal: this browser, until it is back from there. Each way has a cookie of its own, because tabs
    /// that set out at one moment would overwrite one that they share: this, a `-`, and the way's mark.
    pub nonce: String,
    pub secure: bool,
}

impl CookieNames {
    pub fn new(base: &str, https: bool) -> Self {
        let prefix = if https { HOST_PREFIX } else { "" };
        Self {
            session: format!("{prefix}{base}"),
            login: format!("{prefix}{base}-login"),
            browser: format!("{prefix}{base}-browser"),
            link: format!("{prefix}{base}-link"),
            language: format!("{prefix}{base}-language"),
            notice: format!("{prefix}{base}-notice"),
            nonce: format!("{prefix}{base}-nonce"),
            secure: https,
        }
    }

    /// Whether a cookie name is one of ours in any spelling a server might read as ours: with or without a prefix, in
    /// another case, percent-encoded (PHP decodes names), with `_` or `.` for `-`.
    pub fn is_ours(&self, name: &[u8]) -> bool {
        let mut own = self.all().map(|own| own.strip_prefix(HOST_PREFIX).unwrap_or(own));
        if own.clone().all(|own| name.len() < own.len()) {
            return false; // Decoding makes nothing longer.
        }
        let folded = fold(name);
        let prefixes: [&[u8]; 2] = [b"--host-", b"--secure-"];
        let read = prefixes.iter().find_map(|prefix| folded.strip_prefix(*prefix)).unwrap_or(&folded);
        own.any(|own| own.bytes().map(fold_byte).eq(read.iter().copied())) || self.is_of_a_way(read)
    }

    /// The name of the cookie of one way to the portal.
    pub fn nonce_of(&self, mark: &str) -> String {
        format!("{}-{mark}", self.nonce)
    }

    /// What a name says after [`CookieNames::nonce`], if it is one of those.
    fn mark_of<'a>(&self, name: &'a [u8]) -> Option<&'a str> {
        let mark = name.strip_prefix(self.nonce.as_bytes())?.strip_prefix(b"-")?;
        let plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        std::str::from_utf8(mark).ok().filter(|_| (1..=LONGEST_MARK).contains(&mark.len()) && mark.iter().all(plain))
    }

    /// The same of a name in one spelling, whatever the mark.
    fn is_of_a_way(&self, folded: &[u8]) -> bool {
        let own = self.nonce.strip_prefix(HOST_PREFIX).unwrap_or(&self.nonce);
        let (start, rest) = folded.split_at(own.len().min(folded.len()));
        rest.starts_with(b"-") && own.bytes().map(fold_byte).eq(start.iter().copied())
    }

    /// A `Set-Cookie` value: HttpOnly, SameSite=Lax, Path=/, Secure where https; `life` None: until the browser closes.
    pub fn set(&self, name: &str, value: &str, life: Option<Duration>) -> String {
        let mut cookie = self.written(name, value);
        if let Some(life) = life {
            let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(cookie::time::Duration::seconds(seconds));
        }
        cookie.to_string()
    }

    /// The browser's cookie, as it is from now on: `newest`, and `others` as far as there is room.
    pub fn set_browser(&self, newest: &Token<BrowserKind>, others: &[Token<BrowserKind>], life: Duration) -> String {
        let values = std::iter::once(newest).chain(others).take(MOST_PEOPLE).map(Token::encode);
        self.set(&self.browser, &values.collect::<Vec<_>>().join("."), Some(life))
    }

    /// A `Set-Cookie` value that removes it. A `__Host-` cookie is removed only by one that carries all it demands.
    pub fn clear(&self, name: &str) -> String {
        let mut cookie = self.written(name, "");
        cookie.set_max_age(cookie::time::Duration::ZERO);
        cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
        cookie.to_string()
    }

    fn written<'a>(&self, name: &'a str, value: &'a str) -> Cookie<'a> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            // `Some(false)` is written as no attribute at all.
            .secure(self.secure)
            .build()
    }

    fn all(&self) -> impl Iterator<Item = &str> + Clone {
        let Self { session, login, browser, link, language, notice, nonce, secure: _ } = self;
        [session.as_str(), login, browser, link, language, notice, nonce].into_iter()
    }
}

/// What came back of our cookies.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    pub session: Option<Token<SessionKind>>,
    pub login: Option<Token<LoginKind>>,
    /// A value for each who signed in there, the newest first. Whose they are only the store knows.
    pub browser: Vec<Token<BrowserKind>>,
    /// The text of a link's token: each kind of link reads it as its own.
    pub link: Option<String>,
    /// A language, as it was written: whether there is such a one is for who knows them.
    pub language: Option<String>,
    /// What was just done, as it was written.
    pub notice: Option<String>,
    /// Of each way to the portal its mark, and the text of its nonce with what goes with it; in the order of the request,
    /// which in browsers is the oldest first (RFC 6265 section 5.4).
    pub nonces: Vec<(String, String)>,
    /// Names that came twice, or with a value that is no token: to be cleared.
    pub unclear: Vec<String>,
}

impl Cookies {
    /// Reads all `Cookie` fields of a request. Ours that are ambiguous count as absent and are listed in `unclear`.
    pub fn read<'a>(fields: impl Iterator<Item = &'a [u8]>, names: &CookieNames) -> Self {
        let (mut session, mut login) = (Found::Absent, Found::Absent);
        let (mut browser, mut link) = (Found::Absent, Found::Absent);
        let mut unclear = Vec::new();
        let (mut language, mut notice) = (Found::Absent, Found::Absent);
        let mut ways: Vec<(&str, Found<'_>)> = Vec::new();
        for pair in fields.flat_map(|field| field.split(|&byte| byte == b';')) {
            let (name, value) = name_and_value(pair);
            match name {
                _ if name == names.session.as_bytes() => session.add(value),
                _ if name == names.login.as_bytes() => login.add(value),
                _ if name == names.browser.as_bytes() => browser.add(value),
                _ if name == names.link.as_bytes() => link.add(value),
                _ if name == names.language.as_bytes() => language.add(value),
                _ if name == names.notice.as_bytes() => notice.add(value),
                _ => {
                    let Some(mark) = names.mark_of(name) else { continue };
                    match ways.iter_mut().find(|(other, _)| *other == mark) {
                        Some((_, found)) => found.add(value),
                        None => ways.push((mark, Found::Once(value))),
                    }
                    if ways.len() > MOST_WAYS {
                        unclear.push(names.nonce_of(ways.remove(0).0));
                    }
                }
            }
        }
        // What a script plants by the hundred is taken away in as many steps, and no answer of ours grows by it.
        unclear.truncate(MOST_WAYS);
        let mut nonces = Vec::new();
        for (mark, found) in ways {
            nonces.extend(found.text(&names.nonce_of(mark), &mut unclear).map(|text| (mark.to_owned(), text)));
        }
        Self {
            session: session.token(&names.session, &mut unclear),
            login: login.token(&names.login, &mut unclear),
            browser: browser.tokens(&names.browser, &mut unclear),
            link: link.text(&names.link, &mut unclear),
            language: language.text(&names.language, &mut unclear),
            notice: notice.text(&names.notice, &mut unclear),
            nonces,
            unclear,
        }
    }
}

/// How often one of our names came.
enum Found<'a> {
    Absent,
    Once(&'a [u8]),
    /// Whichever of them is the real one: taking either could be taking the attacker's.
    Twice,
}

impl<'a> Found<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Found::Absent => Found::Once(value),
            Found::Once(_) | Found::Twice => Found::Twice,
        };
    }

    /// What is read further elsewhere: a link's token, whichever kind of link it is, a language, a notice, or a nonce.
    fn text(self, name: &str, unclear: &mut Vec<String>) -> Option<String> {
        match self {
            Found::Absent => None,
            Found::Once(value) => std::str::from_utf8(value).ok().map(ToOwned::to_owned),
            Found::Twice => {
                unclear.push(name.to_owned());
                None
            }
        }
    }

    fn token<K: TokenKind>(self, name: &str, unclear: &mut Vec<String>) -> Option<Token<K>> {
        self.read(Token::parse, name, unclear)
    }

    /// One or several, as [`CookieNames::set_browser`] writes them.
    fn tokens<K: TokenKind>(self, name: &str, unclear: &mut Vec<String>) -> Vec<Token<K>> {
        let several = |text: &str| {
            let tokens: Option<Vec<_>> = text.split('.').take(MOST_PEOPLE + 1).map(Token::parse).collect();
            tokens.filter(|tokens| tokens.len() <= MOST_PEOPLE)
        };
        self.read(several, name, unclear).unwrap_or_default()
    }

    fn read<T>(self, read: impl Fn(&str) -> Option<T>, name: &str, unclear: &mut Vec<String>) -> Option<T> {
        let found = match self {
            Found::Absent => return None,
            Found::Once(value) => std::str::from_utf8(value).ok().and_then(read),
            Found::Twice => None,
        };
        if found.is_none() {
            unclear.push(name.to_owned());
        }
        found
    }
}

/// The `Cookie` fields without ours, the rest byte for byte, joined with `; ` (RFC 9113 section 8.2.3); `None` when
/// nothing is left.
pub fn without_ours<'a>(fields: impl Iterator<Item = &'a [u8]>, names: &CookieNames) -> Option<Vec<u8>> {
    let mut joined: Vec<u8> = Vec::new();
    for field in fields {
        let kept = field_without_ours(field, names);
        if kept.is_empty() {
            continue;
        }
        if joined.is_empty() {
            joined = kept;
        } else {
            joined.extend_from_slice(b"; ");
            joined.extend_from_slice(&kept);
        }
    }
    (!joined.is_empty()).then_some(joined)
}

fn field_without_ours(field: &[u8], names: &CookieNames) -> Vec<u8> {
    let pairs = field.split(|&byte| byte == b';');
    let mut others = pairs.filter(|pair| !names.is_ours(name_an_application_may_read(pair)));
    let mut kept = Vec::with_capacity(field.len());
    kept.extend_from_slice(others.next().unwrap_or_default());
    for pair in others {
        kept.push(b';');
        kept.extend_from_slice(pair);
    }
    if kept.len() < field.len() {
        // What precedes the first pair that stays may be the separator after one of ours.
        let blanks = kept.len() - trim_start(&kept).len();
        kept.drain(..blanks);
    }
    kept
}

/// A pair without `=` is all name. A pair that begins with `=` has no name, and is never one of ours: a sibling host can
/// plant it past the prefix.
fn name_and_value(pair: &[u8]) -> (&[u8], &[u8]) {
    let pair = trim(pair);
    match pair.iter().position(|&byte| byte == b'=') {
        Some(at) => (trim(&pair[..at]), trim(&pair[at + 1..])),
        None => (pair, b""),
    }
}

/// Some servers drop a `=` in front and read what follows as the name.
fn name_an_application_may_read(pair: &[u8]) -> &[u8] {
    let mut pair = trim(pair);
    while let Some(rest) = pair.strip_prefix(b"=") {
        pair = trim_start(rest);
    }
    name_and_value(pair).0
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    trim_start(bytes)
}

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// One spelling for all that some server reads alike: percent-decoded once (a broken escape stays), lower-case, every separator a `-`.
fn fold(name: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(name.len());
    let mut rest = name;
    while let [first, tail @ ..] = rest {
        let decoded = match tail {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        rest = if decoded.is_some() { &tail[2..] } else { tail };
        folded.push(fold_byte(decoded.unwrap_or(*first)));
    }
    folded
}

fn fold_byte(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::DerivedRandom;

    fn token() -> String {
        Token::<SessionKind>::generate(&DerivedRandom::seeded(7)).encode()
    }

    fn read(names: &CookieNames, fields: &[&str]) -> Cookies {
        Cookies::read(fields.iter().map(|field| field.as_bytes()), names)
    }

    fn cut(names: &CookieNames, fields: &[&str]) -> Option<String> {
        let left = without_ours(fields.iter().map(|field| field.as_bytes()), names)?;
        Some(String::from_utf8(left).unwrap())
    }

    #[test]
    fn se_03_ours_are_host_only_and_out_of_reach_of_scripts() {
        let https = CookieNames::new("vestibule", true);
        assert_eq!(https.login, "__Host-vestibule-login");
        let written = https.set(&https.session, "x", None);
        assert_eq!(written, "__Host-vestibule=x; HttpOnly; SameSite=Lax; Secure; Path=/");
        let browser = https.set(&https.browser, "x", Some(Duration::from_secs(60)));
        assert_eq!(browser, "__Host-vestibule-browser=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        let cleared = https.clear(&https.session);
        assert!(
            cleared.starts_with("__Host-vestibule=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu")
        );

        let http = CookieNames::new("vestibule", false);
        assert_eq!(http.set(&http.session, "x", None), "vestibule=x; HttpOnly; SameSite=Lax; Path=/");
    }

    #[test]
    fn se_14_two_of_one_name_are_none_in_any_order_on_one_line_or_two() {
        let names = CookieNames::new("vestibule", true);
        let (mine, planted) = (format!("__Host-vestibule={}", token()), "__Host-vestibule=planted".to_owned());
        assert!(read(&names, &[&format!("a=1; {mine}\t; b=2")]).session.is_some());
        for fields in [
            vec![format!("{mine}; {planted}")],
            vec![format!("{planted}; {mine}")],
            vec![mine.clone(), planted.clone()],
            vec![mine.clone(), mine.clone()],
            vec![format!("{mine}; __Host-vestibule")],
        ] {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let cookies = read(&names, &fields);
            assert!(cookies.session.is_none(), "{fields:?}");
            assert_eq!(cookies.unclear, ["__Host-vestibule"], "{fields:?}");
        }
    }

    #[test]
    fn each_way_to_the_portal_has_a_cookie_and_the_newest_are_read() {
        let names = CookieNames::new("vestibule", true);
        let nonce = |mark: &str, value: &str| format!("{}={value}", names.nonce_of(mark));
        let both = read(&names, &[&format!("{}; a=1; {}", nonce("0a", "x"), nonce("1b", "y"))]);
        assert_eq!(both.nonces, [("0a".to_owned(), "x".to_owned()), ("1b".to_owned(), "y".to_owned())]);
        // One of them twice takes no other along; what is no mark is not ours to read.
        let twice = read(&names, &[&nonce("0a", "x"), &nonce("1b", "y"), &nonce("0a", "z")]);
        assert_eq!((twice.nonces.len(), twice.nonces[0].0.as_str()), (1, "1b"));
        assert_eq!(twice.unclear, [names.nonce_of("0a")]);
        for mark in ["", "G", "0A", "0a1b2c3d4e5f60718", "0a=", "é"] {
            let cookies = read(&names, &[&nonce(mark, "x")]);
            assert!(cookies.nonces.iter().all(|(read, _)| *read == "0a"), "{mark}");
        }
        let many: Vec<String> = (0..500).map(|n| nonce(&format!("{n:x}"), "x")).collect();
        let cookies = read(&names, &[&many.join("; ")]);
        assert_eq!((cookies.nonces.len(), cookies.unclear.len()), (MOST_WAYS, MOST_WAYS));
        assert_eq!(cookies.nonces.last().map(|(mark, _)| mark.as_str()), Some("1f3"));
    }

    #[test]
    fn a_browser_has_a_value_for_each_who_signs_in_there_and_the_oldest_makes_room() {
        let names = CookieNames::new("vestibule", false);
        let random = DerivedRandom::seeded(3);
        let tokens: Vec<Token<BrowserKind>> = (0..8).map(|_| Token::generate(&random)).collect();
        let encoded = |tokens: &[Token<BrowserKind>]| tokens.iter().map(Token::encode).collect::<Vec<_>>();
        for (others, kept) in [(0, 1), (1, 2), (7, MOST_PEOPLE)] {
            let cookie = names.set_browser(&tokens[0], &tokens[1..=others], Duration::from_secs(60));
            let sent = cookie.split(';').next().unwrap_or_default();
            let cookies = read(&names, &[sent]);
            assert_eq!(encoded(&cookies.browser), encoded(&tokens[..kept]));
            assert!(cookies.unclear.is_empty());
        }
        // What we did not write is none of it, not even the part that is a token.
        let (one, many) = (tokens[0].encode(), encoded(&tokens).join("."));
        for value in
            ["", ".", &format!("{one}."), &format!(".{one}"), &format!("{one}.x"), &format!("{one},{one}"), &many]
        {
            let cookies = read(&names, &[&format!("vestibule-browser={value}")]);
            assert_eq!((cookies.browser.len(), cookies.unclear.len()), (0, 1), "{value}");
        }
    }

    #[test]
    fn se_16_a_value_that_is_not_exactly_a_token_is_none() {
        let names = CookieNames::new("vestibule", true);
        let token = token();
        for value in [
            String::new(),
            token[..42].to_owned(),
            format!("{token}A"),
            format!("{token}="),
            format!("\"{token}\""),
            format!("{}+", &token[..42]),
            token.replacen(|c: char| c.is_ascii_alphanumeric(), "%", 1),
        ] {
            let cookies = read(&names, &[&format!("__Host-vestibule={value}")]);
            assert!(cookies.session.is_none() && cookies.unclear.len() == 1, "{value}");
        }
        // A nameless cookie slips past the prefix's rules in older browsers.
        assert!(read(&names, &[&format!("=__Host-vestibule={token}")]).session.is_none());
        for other in ["vestibule", "__host-vestibule", "__Secure-vestibule", "__Host-vestibule "] {
            let cookies = read(&names, &[&format!("{other}={token}")]);
            assert_eq!(cookies.session.is_some(), other.ends_with(' '), "{other}");
        }
    }

    #[test]
    fn hs_14_the_application_gets_its_own_cookies_byte_for_byte() {
        let names = CookieNames::new("vestibule", true);
        for (fields, left) in [
            (vec!["a=1;  b=\"x y\" ;c"], Some("a=1;  b=\"x y\" ;c")),
            (vec!["__Host-vestibule=t"], None),
            (vec!["__Host-vestibule=t; a=1"], Some("a=1")),
            (vec!["a=1; __Host-vestibule=t"], Some("a=1")),
            (vec!["a=1; __Host-vestibule=t;b=2;  c=3"], Some("a=1;b=2;  c=3")),
            (vec!["a=1", "__Host-vestibule-login=t", "b=2"], Some("a=1; b=2")),
            (vec!["vestibule=1; __host-Vestibule=2; %5F%5FHost-vestibule=3; __Host_vestibule=4; a=5"], Some("a=5")),
            (vec!["=__Host-vestibule=t; a=1; Vestibule.Browser=2; __Secure-vestibule"], Some("a=1")),
            (
                vec!["__Host-vestibule-nonce-0a1b=t; vestibule_Nonce.x=2; vestibule-nonce=3; vestibule-nonces=4"],
                Some("vestibule-nonces=4"),
            ),
            (
                vec!["vestibule2=1; my-vestibule=2; vestibule-theme=dark"],
                Some("vestibule2=1; my-vestibule=2; vestibule-theme=dark"),
            ),
        ] {
            assert_eq!(cut(&names, &fields).as_deref(), left, "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_nothing_of_ours_goes_on_and_nothing_else_is_lost(
            fields in prop::collection::vec(prop::collection::vec("[ \t]?(__Host-vestibule|vestibule-login|a|b%2|=)=?[ -:<-~]{0,6}", 0..5), 0..4)
        ) {
            let names = CookieNames::new("vestibule", true);
            let fields: Vec<String> = fields.iter().map(|pairs| pairs.join(";")).collect();
            let left = without_ours(fields.iter().map(|field| field.as_bytes()), &names).unwrap_or_default();
            let names_of = |bytes: &[u8]| -> Vec<Vec<u8>> {
                bytes.split(|&b| b == b';').map(|pair| trim(pair).to_vec()).filter(|pair| !pair.is_empty()).collect()
            };
            let kept: Vec<Vec<u8>> = fields.iter().flat_map(|field| names_of(field.as_bytes()))
                .filter(|pair| !names.is_ours(name_an_application_may_read(pair))).collect();
            prop_assert_eq!(names_of(&left), kept);
        }

        #[test]
        fn reading_never_gives_a_token_that_was_not_sent_once(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let names = CookieNames::new("vestibule", false);
            prop_assert!(Cookies::read([bytes.as_slice()].into_iter(), &names).session.is_none());
        }
    }
}
