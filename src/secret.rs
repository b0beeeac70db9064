//! Secrets and the randomness they are made of. A [`Secret`] prints redacted and is wiped when dropped; a [`Token`] of
//! one kind cannot be passed where another kind is wanted, nor does its hash ever equal that of another kind.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A value that must not be printed, and is cleared when dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each call is a place to look at in a review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// Whether two texts are the same, in a time that does not depend on where they differ.
pub fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// A source of randomness fit for secrets.
pub trait Random: Send + Sync + fmt::Debug {
    fn fill(&self, out: &mut [u8]);
}

/// `N` random bytes.
pub fn random_bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut out = [0; N];
    random.fill(&mut out);
    out
}

/// The operating system's randomness.
#[derive(Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) {
        use rand::TryRng;
        // Without randomness nothing here is safe to do: the kernel's source does not fail once it has been seeded,
        // and where it could, stopping is the only honest answer.
        rand::rngs::SysRng.try_fill_bytes(out).expect("the operating system has no randomness");
    }
}

/// The same, drawn a little ahead: each request has an id, and need not ask the kernel for it. Every byte is handed out
/// once and wiped here when it is. What is longer than an id (tokens, keys) comes straight from the kernel.
#[derive(Default)]
pub struct DrawnAhead(Mutex<Zeroizing<Vec<u8>>>);

impl DrawnAhead {
    /// How much is drawn at once, in bytes.
    const AHEAD: usize = 512;
    /// The longest that comes of it.
    const LONGEST: usize = 16;
}

impl Random for DrawnAhead {
    fn fill(&self, out: &mut [u8]) {
        if out.len() > Self::LONGEST {
            return SystemRandom.fill(out);
        }
        // A panic under this lock comes before anything is changed.
        let mut ahead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.len() < out.len() {
            let mut fresh = Zeroizing::new(vec![0; Self::AHEAD]);
            SystemRandom.fill(&mut fresh);
            *ahead = fresh;
        }
        let left = ahead.len() - out.len();
        out.copy_from_slice(&ahead[left..]);
        ahead[left..].zeroize();
        ahead.truncate(left);
    }
}

impl fmt::Debug for DrawnAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DrawnAhead")
    }
}

/// The same bytes from the same key, in the same order: for what must be shown again without being stored (a secret on
/// a page that a GET may load twice), for tests, and for the `steer` feature. HMAC-SHA-256 in counter mode.
#[derive(Debug)]
pub struct DerivedRandom {
    key: Key,
    drawn: std::sync::atomic::AtomicU64,
}

impl DerivedRandom {
    pub fn new(key: Key) -> Self {
        Self { key, drawn: std::sync::atomic::AtomicU64::new(0) }
    }

    /// Known randomness.
    pub fn seeded(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_be_bytes());
        Self::new(Key::new(key))
    }
}

impl Random for DerivedRandom {
    fn fill(&self, out: &mut [u8]) {
        for block in out.chunks_mut(32) {
            let n = self.drawn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let bytes = self.key.mac(&[&n.to_be_bytes()]);
            block.copy_from_slice(&bytes[..block.len()]);
        }
    }
}

/// What a kind of token is for; its name separates the hashes.
pub trait TokenKind: Send + Sync + 'static {
    const NAME: &'static str;
}

/// Declares token kinds: zero-size types that keep tokens apart.
macro_rules! token_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $kind {}
        impl TokenKind for $kind { const NAME: &'static str = $name; }
    )*};
}

token_kinds! {
    /// The session cookie.
    SessionKind = "session";
    /// The pending-login cookie, also the anti-forgery anchor before the password.
    LoginKind = "login";
    /// The known or trusted browser cookie.
    BrowserKind = "browser";
    /// The one-time link in which a user sets password and second factor.
    InvitationKind = "invitation";
    /// The one-time link that sets a new password.
    ResetKind = "reset";
    /// The one-time link of a store that never had a user.
    SetupKind = "setup";
    /// A request of `doctor`, to be known again when it arrives.
    ProbeKind = "probe";
    /// The address at which a provider asks what to say in a call.
    CallKind = "call";
    /// The browser that a site sends to the portal, until it is back.
    NonceKind = "nonce";
    /// What the portal gives it for the way back: good for one session on that site.
    SiteKind = "site";
}

/// 256 random bits of one kind; 43 characters of unpadded base64url in a cookie or link.
pub struct Token<K> {
    bytes: [u8; 32],
    kind: PhantomData<K>,
}

impl<K: TokenKind> Token<K> {
    pub fn generate(random: &dyn Random) -> Self {
        Self { bytes: random_bytes(random), kind: PhantomData }
    }

    /// Reads the one spelling that [`Token::encode`] writes; anything else is no token.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        // Strict decoding: trailing bits that are not zero are refused, so there is one spelling per token.
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Self { bytes: decoded.try_into().ok()?, kind: PhantomData })
    }

    /// The spelling for a cookie or link. Never for a log.
    pub fn encode(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes)
    }

    /// What is stored and compared instead of the token; kinds never collide.
    pub fn hash(&self) -> TokenHash<K> {
        let digest = Sha256::new().chain_update(K::NAME).chain_update([0]).chain_update(self.bytes).finalize();
        TokenHash { bytes: digest.into(), kind: PhantomData }
    }
}

impl<K> Drop for Token<K> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl<K> Clone for Token<K> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes, kind: PhantomData }
    }
}

impl<K> fmt::Debug for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted token]")
    }
}

/// SHA-256 of a token of one kind: what the store knows of it.
pub struct TokenHash<K> {
    bytes: [u8; 32],
    kind: PhantomData<K>,
}

impl<K> TokenHash<K> {
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Lower-case hexadecimal, for keys of the store.
    pub fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.bytes)
    }
}

impl<K> Clone for TokenHash<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for TokenHash<K> {}
impl<K> PartialEq for TokenHash<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<K> Eq for TokenHash<K> {}
impl<K> std::hash::Hash for TokenHash<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
impl<K> fmt::Debug for TokenHash<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", &data_encoding::HEXLOWER.encode(&self.bytes[..4]))
    }
}

/// A 256-bit key, and the keys derived from it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key of its own for `purpose` (HKDF-SHA-256, RFC 5869). One purpose, one key.
    pub fn derive(&self, purpose: &str) -> Key {
        let mut out = [0; 32];
        hkdf::Hkdf::<Sha256>::new(None, &self.0)
            .expand(purpose.as_bytes(), &mut out)
            // HKDF-SHA-256 gives up to 255 * 32 bytes; 32 are asked for.
            .expect("32 bytes are within HKDF's limit");
        Key(out)
    }

    /// HMAC-SHA-256 (RFC 2104) over the parts, each preceded by its length, so that no two lists of parts collide.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.keyed(parts).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.keyed(parts).verify_slice(mac).is_ok()
    }

    fn keyed(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted key]")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_drawn_ahead_is_handed_out_once() {
        let random = DrawnAhead::default();
        let ids: HashSet<[u8; 10]> = (0..1000).map(|_| random_bytes(&random)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(!ids.contains(&[0; 10]));
        let before = random.0.lock().unwrap().len();
        assert_ne!(random_bytes::<32>(&random), [0; 32]);
        assert_eq!(random.0.lock().unwrap().len(), before, "a token does not come of it");
    }
}
