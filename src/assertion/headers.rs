//! The list of identity headers for one request: each name of ours, to be set or removed. Applied in one place
//! (`proxy/identity`), on every route. Never lets through what a client sent under a name an application might read as
//! one of these.

use bytes::Bytes;
use http::header::HeaderValue;

use super::Identity;

/// The header that carries the assertion.
pub static ASSERTION: Bytes = Bytes::from_static(b"Vestibule-Assertion");

/// Everything under this prefix is ours.
const OURS: &str = "vestibule-";
/// A name with more hyphens than this is spelled evenly alone: with all of them replaced, by the same.
const MIXED: usize = 4;

/// Names in force for one site, and all names of all sites: whatever is in `all` is removed from what a client sent, in
/// every spelling an application might read as the same (case, `_` or `.` for `-`). They are written as they were
/// configured: some applications look for just that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Names {
    pub user: Bytes,
    pub groups: Bytes,
    pub name: Bytes,
    pub email: Bytes,
}

impl Default for Names {
    fn default() -> Self {
        let [user, groups, name, email] =
            ["Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email"].map(Bytes::from);
        Self { user, groups, name, email }
    }
}

impl Names {
    pub fn all(&self) -> [&Bytes; 4] {
        [&self.user, &self.groups, &self.name, &self.email]
    }
}

/// One header to set after all of ours were removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub name: Bytes,
    pub value: HeaderValue,
}

/// Names stripped everywhere, by class.
#[derive(Clone, Debug, Default)]
pub struct Stripped {
    /// Folded, without repetition.
    classes: Vec<Vec<u8>>,
    /// Every name of a site and every default, as it is written.
    names: Vec<Bytes>,
    /// All of `names` in lower case, in every spelling with `-`, `_` and `.`.
    spellings: Vec<String>,
}

impl Stripped {
    /// The defaults, all configured names of all sites, and `Vestibule-*`.
    pub fn new<'a>(configured: impl Iterator<Item = &'a Names>) -> Self {
        let owned = |names: &Names| names.all().map(Bytes::clone);
        let mut names = vec![ASSERTION.clone()];
        for name in owned(&Names::default()).into_iter().chain(configured.flat_map(owned)) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        let mut classes: Vec<Vec<u8>> =
            names.iter().skip(1).map(|name| name.iter().copied().map(fold).collect()).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut spellings: Vec<String> = names.iter().flat_map(|name| spellings(name)).collect();
        spellings.sort_unstable();
        spellings.dedup();
        Self { classes, names, spellings }
    }

    /// What has to be taken out by name, where only that can be done and nobody says what is there. In lower case.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.spellings.iter().map(String::as_str)
    }

    /// Every name, with what is known here or empty: a server in front that copies them then overwrites whatever a
    /// client sent by such a name, and never leaves it in place.
    pub fn filled(&self, known: &[Set]) -> Vec<Set> {
        let empty = |name: &Bytes| !known.iter().any(|set| set.name.eq_ignore_ascii_case(name));
        let value = HeaderValue::from_static("");
        let others = self.names.iter().filter(|name| empty(name));
        others.map(|name| Set { name: name.clone(), value: value.clone() }).chain(known.iter().cloned()).collect()
    }

    /// Whether a header a client sent is of a name class of ours.
    pub fn covers(&self, name: &str) -> bool {
        let begins = name.len() >= OURS.len() && OURS.bytes().eq(name.bytes().take(OURS.len()).map(fold));
        begins
            || self
                .classes
                .iter()
                .any(|class| class.len() == name.len() && class.iter().copied().eq(name.bytes().map(fold)))
    }
}

/// A name in lower case, with each sign in it as `-`, `_` or `.`: the spellings that servers pass on, and applications
/// read as the same.
fn spellings(name: &[u8]) -> Vec<String> {
    const SIGNS: [char; 3] = ['-', '_', '.'];
    let folded: String = name.iter().copied().map(fold).map(char::from).collect();
    if folded.matches('-').count() > MIXED {
        return SIGNS.map(|sign| folded.replace('-', sign.encode_utf8(&mut [0; 4]))).into();
    }
    folded.split('-').fold(Vec::new(), |begun: Vec<String>, word| match begun.is_empty() {
        true => vec![word.to_owned()],
        false => begun.iter().flat_map(|begun| SIGNS.map(|sign| format!("{begun}{sign}{word}"))).collect(),
    })
}

/// The class of a header's name, byte by byte. CGI and its heirs turn `-` into `_` and lose the case; others take `.`
/// and the like for `_`: one class.
pub fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

/// The headers for a visitor. `user_is_id`: `identity.user = "id"`. What is unknown is not in the list, so that it stays
/// removed. Values are visible ASCII and single spaces as they are; `%`, every other character, a space at either end
/// and a comma within a group are percent-encoded as UTF-8 (RFC 3986 section 2.1): one percent-decoding gives back
/// exactly what is on record, and no value can end its line or add to a list.
pub(super) fn list(identity: &Identity<'_>, names: &Names, user_is_id: bool, assertion: &str) -> Vec<Set> {
    let user = if user_is_id { identity.user.to_string() } else { encode(identity.name, "") };
    let groups = identity.groups.iter().map(|group| encode(group, ",")).collect::<Vec<_>>().join(",");
    let known = |value: Option<&str>| value.map(|text| encode(text, "")).unwrap_or_default();
    let all = [
        (&names.user, user),
        (&names.groups, groups),
        (&names.name, known(identity.display_name)),
        (&names.email, known(identity.email)),
        (&ASSERTION, assertion.to_owned()),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_empty());
    said.filter_map(|(name, value)| Some(Set { name: name.clone(), value: value.try_into().ok()? })).collect()
}

fn encode(text: &str, also: &str) -> String {
    let last = text.len().saturating_sub(1);
    let is_plain = |(at, byte): (usize, u8)| {
        let at_an_end = byte == b' ' && (at == 0 || at == last);
        matches!(byte, b' '..=b'~') && byte != b'%' && !also.as_bytes().contains(&byte) && !at_an_end
    };
    if text.bytes().enumerate().all(is_plain) {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        if is_plain((at, byte)) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::secret::DerivedRandom;
    use crate::types::{Handle, UserId};

    fn identity(session: &Handle) -> Identity<'_> {
        Identity {
            user: UserId::generate(&DerivedRandom::seeded(1)),
            name: "alice",
            display_name: Some("Alice Ä, 100%\r\nX-Admin: 1 "),
            email: None,
            groups: vec!["staff", "a,b"],
            amr: vec!["pwd"],
            auth_time: Time::from_secs(1),
            session,
            generation: 0,
        }
    }

    fn session() -> Handle {
        Handle::generate(&DerivedRandom::seeded(2))
    }

    #[test]
    fn id_12_no_value_ends_its_line_or_adds_to_a_list() {
        let list = list(&identity(&session()), &Names::default(), false, "a.b.c");
        let pairs: Vec<(&str, &str)> =
            list.iter().map(|set| (str::from_utf8(&set.name).unwrap(), set.value.to_str().unwrap())).collect();
        assert_eq!(
            pairs,
            [
                ("Remote-User", "alice"),
                ("Remote-Groups", "staff,a%2Cb"),
                ("Remote-Name", "Alice %C3%84, 100%25%0D%0AX-Admin: 1%20"),
                ("Vestibule-Assertion", "a.b.c"),
            ]
        );
    }

    #[test]
    fn the_user_may_be_the_id() {
        let session = session();
        let identity = identity(&session);
        let list = list(&identity, &Names::default(), true, "");
        assert_eq!(list[0].value, identity.user.to_string());
    }

    #[test]
    fn hs_03_every_spelling_of_a_name_of_ours_is_covered() {
        let own = Names { user: Bytes::from_static(b"X-WEBAUTH-USER"), ..Names::default() };
        let stripped = Stripped::new([&own].into_iter());
        for name in [
            "Remote-User",
            "REMOTE_USER",
            "remote.user",
            "Remote_Groups",
            "remote-email",
            "X_Webauth-User",
            "Vestibule-Assertion",
            "vestibule_anything",
            "VESTIBULE.X",
        ] {
            assert!(stripped.covers(name), "{name}");
        }
        for name in ["Remote-Users", "Remote", "X-Remote-User", "Vestibule", "Cookie", "Authorization"] {
            assert!(!stripped.covers(name), "{name}");
        }
        let named: Vec<&str> = stripped.spellings().collect();
        for name in ["remote-user", "remote_groups", "remote.email", "x-webauth_user", "vestibule_assertion"] {
            assert!(named.contains(&name), "{name} in {named:?}");
        }
        assert_eq!(named.len(), 5 * 3 + 9);
        assert!(named.iter().all(|name| stripped.covers(name)));
        assert_eq!(spellings(b"X-A-b-c-d-e").len(), 3, "long ones are no reason for thousands");
    }
}
