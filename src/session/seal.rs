//! What a form carries that must come back unchanged. Before the password the server stores nothing, so the return
//! address travels in the form: signed, with an end, and bound to the login cookie of the browser it was made for.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;

use crate::clock::{Clock, TOLERANCE, Time};
use crate::secret::{Key, LoginKind, Token, TokenKind};
use crate::store::Vault;

/// Signs the state of a login form, or of a challenge in it: also its anti-forgery value, since only the browser that
/// holds the login cookie can send it back.
#[derive(Clone, Debug)]
pub struct LoginSeal(Seal);

impl LoginSeal {
    /// What one `purpose` signs is nothing to another.
    pub(super) fn new(vault: &Vault, purpose: &str, life: Duration) -> Self {
        Self(Seal::new(vault, purpose, life))
    }

    /// Readable, not secret: `<end in ms>.<state>.<mac>`, each but the first in base64url.
    pub fn seal(&self, login: &Token<LoginKind>, state: &str) -> String {
        self.0.seal(login.hash().bytes(), state)
    }

    /// The state, if it was sealed for this cookie and its end has not come.
    pub fn open(&self, login: &Token<LoginKind>, sealed: &str) -> Option<String> {
        self.0.open(login.hash().bytes(), sealed)
    }

    /// What a form says that [`LoginSeal::open`] refused: anybody may have written it. Good for nothing but filling in
    /// a new form, after the same checks as a stranger's words.
    pub fn read_unsealed(sealed: &str) -> Option<String> {
        let state = sealed.split('.').nth(1)?;
        String::from_utf8(BASE64URL_NOPAD.decode(state.as_bytes()).ok()?).ok()
    }
}

/// Signs what a site tells the portal through the browser. It is bound to no cookie here: what it says binds it to one of
/// the site's.
#[derive(Clone, Debug)]
pub struct StateSeal(Seal);

impl StateSeal {
    pub(super) fn new(vault: &Vault, life: Duration) -> Self {
        Self(Seal::new(vault, "site to portal", life))
    }

    /// What is sealed for one `purpose` is nothing to another.
    pub fn seal(&self, purpose: &str, state: &str) -> String {
        self.0.seal(purpose.as_bytes(), state)
    }

    /// The state, if we sealed it for this purpose and its end has not come.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        self.0.open(purpose.as_bytes(), sealed)
    }

    /// The state, if we sealed it for this purpose, whenever that was: for what age makes no worse.
    pub fn open_late(&self, purpose: &str, sealed: &str) -> Option<String> {
        self.0.read(purpose.as_bytes(), sealed).map(|(_, state)| state)
    }
}

/// A signature with an end, over a text and what it is bound to.
#[derive(Clone, Debug)]
struct Seal {
    key: Key,
    clock: Arc<dyn Clock>,
    life: Duration,
}

impl Seal {
    fn new(vault: &Vault, purpose: &str, life: Duration) -> Self {
        Self { key: vault.derive(purpose), clock: vault.clock().clone(), life }
    }

    fn seal(&self, bound: &[u8], state: &str) -> String {
        let end = (self.clock.now() + self.life).0.to_string();
        let mac = self.key.mac(&[bound, end.as_bytes(), state.as_bytes()]);
        format!("{end}.{}.{}", BASE64URL_NOPAD.encode(state.as_bytes()), BASE64URL_NOPAD.encode(&mac))
    }

    fn open(&self, bound: &[u8], sealed: &str) -> Option<String> {
        let (end, state) = self.read(bound, sealed)?;
        let now = self.clock.now();
        // An end further off than any this clock could have given: the clock was put back.
        let current = now < end && end <= now + self.life + TOLERANCE;
        current.then_some(state)
    }

    /// The state and its end, whether that has come or not.
    fn read(&self, bound: &[u8], sealed: &str) -> Option<(Time, String)> {
        let (end, rest) = sealed.split_once('.')?;
        let (state, mac) = rest.split_once('.')?;
        let state = BASE64URL_NOPAD.decode(state.as_bytes()).ok()?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        if !self.key.verify(&[bound, end.as_bytes(), &state], &mac) {
            return None;
        }
        Some((Time(end.parse().ok()?), String::from_utf8(state).ok()?))
    }
}

/// Anti-forgery values of forms: a MAC over the hash of the cookie's token.
#[derive(Clone, Debug)]
pub(super) struct Forgery {
    key: Key,
}

impl Forgery {
    pub fn new(vault: &Vault) -> Self {
        Self { key: vault.derive("form") }
    }

    pub fn value<K: TokenKind>(&self, token: &Token<K>) -> String {
        BASE64URL_NOPAD.encode(&self.key.mac(&[token.hash().bytes()]))
    }

    pub fn holds<K: TokenKind>(&self, token: &Token<K>, given: &str) -> bool {
        BASE64URL_NOPAD.decode(given.as_bytes()).is_ok_and(|mac| self.key.verify(&[token.hash().bytes()], &mac))
    }
}
