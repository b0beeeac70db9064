//! Our cookies: their names, how they are written, and a strict reader of what comes back. Two cookies of one of our
//! names are ambiguous, and ambiguity is refused and cleared: an attacker on a sibling host can plant a second one.

use crate::secret::{BrowserKind, LoginKind, SessionKind, Token};

/// Names for one origin: `__Host-<base>` and its siblings where it is https, plain where it is http.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    pub session: String,
    pub login: String,
    pub browser: String,
    /// A one-time link on its way from the address it came in to the form that uses it up.
    pub link: String,
    pub secure: bool,
}

impl CookieNames {
    pub fn new(_base: &str, _https: bool) -> Self {
        todo!()
    }

    /// Whether a cookie name is one of ours in any spelling a server might read as ours (`__Host-` or not, case).
    pub fn is_ours(&self, _name: &[u8]) -> bool {
        todo!()
    }

    /// A `Set-Cookie` value: HttpOnly, SameSite=Lax, Path=/, Secure where https; `life` None: until the browser closes.
    pub fn set(&self, _name: &str, _value: &str, _life: Option<std::time::Duration>) -> String {
        todo!()
    }

    /// A `Set-Cookie` value that removes it.
    pub fn clear(&self, _name: &str) -> String {
        todo!()
    }
}

/// What came back of our cookies.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    pub session: Option<Token<SessionKind>>,
    pub login: Option<Token<LoginKind>>,
    pub browser: Option<Token<BrowserKind>>,
    /// The text of a link's token: each kind of link reads it as its own.
    pub link: Option<String>,
    /// Names that came twice, or with a value that is no token: to be cleared.
    pub unclear: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CookieError {
    #[error("the cookie {0} came more than once")]
    Twice(String),
}

impl Cookies {
    /// Reads all `Cookie` fields of a request. Ours that are ambiguous count as absent and are listed in `unclear`.
    pub fn read<'a>(_fields: impl Iterator<Item = &'a [u8]>, _names: &CookieNames) -> Self {
        todo!()
    }
}

/// The `Cookie` fields without ours, the rest byte for byte, joined with `; ` (RFC 9113 section 8.2.3); `None` when
/// nothing is left.
pub fn without_ours<'a>(_fields: impl Iterator<Item = &'a [u8]>, _names: &CookieNames) -> Option<Vec<u8>> {
    todo!()
}
