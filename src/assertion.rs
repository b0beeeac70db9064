//! Who a visitor is, said so that an application can verify it: signing keys, the assertion (a JWT, ES256) and the key
//! set. Nothing is signed on the hot path: an assertion is reused until half its life is over. Never says more than the
//! permit's identity, and never to another audience.

pub mod headers;
mod keys;
#[cfg(test)]
mod tests;
mod verify;

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use serde::Serialize;

use self::headers::{Names, Set, list};
use crate::clock::Time;
use crate::secret::random_bytes;
use crate::store::VaultError;
use crate::types::{Handle, UserId};

pub use keys::{KeyInfo, SigningKeys};
pub use verify::{Verified, VerifyError, verify};

/// How many assertions are remembered: one per session and site in use, about a kilobyte each.
const REMEMBERED: usize = 16_384;

/// What is sent on of a visitor.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    pub user: UserId,
    pub name: &'a str,
    pub display_name: Option<&'a str>,
    pub email: Option<&'a str>,
    pub groups: Vec<&'a str>,
    pub amr: Vec<&'a str>,
    /// When the proof was made that the rule accepted.
    pub auth_time: Time,
    /// The session's handle: `sid`.
    pub session: &'a Handle,
    /// The user's generation: part of the cache's key.
    pub generation: u64,
}

/// The claims (RFC 7519 section 4.1, OpenID Connect Core section 2, RFC 8176). Times in whole seconds.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    preferred_username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    groups: &'a [&'a str],
    amr: &'a [&'a str],
    auth_time: i64,
    sid: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

/// Whom an identity is told to, and how.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    pub names: &'a Names,
    /// `identity.user = "id"`: the user header carries the id.
    pub user_is_id: bool,
}

/// What a list was made for: everything that is in it. A group taken away, another rule's proof, another site: each is
/// another key, so that nothing old is ever sent for something new.
#[derive(Clone, PartialEq, Eq)]
struct Subject {
    user: UserId,
    name: String,
    display_name: Option<String>,
    email: Option<String>,
    groups: Vec<String>,
    amr: Vec<String>,
    auth_time: Time,
    session: Handle,
    generation: u64,
    issuer: String,
    audience: String,
    names: Names,
    user_is_id: bool,
}

/// The same, borrowed; hashes alike.
struct Asked<'a> {
    identity: &'a Identity<'a>,
    to: Addressee<'a>,
}

/// What tells nearly all subjects apart. The rest is compared.
fn hash_subject(session: &Handle, auth_time: Time, audience: &str, state: &mut impl Hasher) {
    (session, auth_time, audience).hash(state);
}

impl Hash for Subject {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_subject(&self.session, self.auth_time, &self.audience, state);
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_subject(self.identity.session, self.identity.auth_time, self.to.audience, state);
    }
}

impl Equivalent<Subject> for Asked<'_> {
    fn equivalent(&self, key: &Subject) -> bool {
        // Taken apart, so that a field more is not forgotten here.
        let Identity { user, name, display_name, email, groups, amr, auth_time, session, generation } = self.identity;
        let Addressee { issuer, audience, names, user_is_id } = self.to;
        *user == key.user
            && *name == key.name
            && *display_name == key.display_name.as_deref()
            && *email == key.email.as_deref()
            && *groups == key.groups
            && *amr == key.amr
            && *auth_time == key.auth_time
            && **session == key.session
            && *generation == key.generation
            && issuer == key.issuer
            && audience == key.audience
            && *names == key.names
            && user_is_id == key.user_is_id
    }
}

impl Asked<'_> {
    fn to_owned(&self) -> Subject {
        let Identity { user, name, display_name, email, groups, amr, auth_time, session, generation } = self.identity;
        let Addressee { issuer, audience, names, user_is_id } = self.to;
        let owned = |text: &&str| (*text).to_owned();
        Subject {
            user: *user,
            name: owned(name),
            display_name: display_name.as_ref().map(owned),
            email: email.as_ref().map(owned),
            groups: groups.iter().map(owned).collect(),
            amr: amr.iter().map(owned).collect(),
            auth_time: *auth_time,
            session: (*session).clone(),
            generation: *generation,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            names: names.clone(),
            user_is_id,
        }
    }
}

#[derive(Clone)]
struct Signed {
    headers: Arc<[Set]>,
    issued: Time,
}

/// Signs and remembers.
#[derive(Clone)]
pub struct Assertions {
    keys: Arc<SigningKeys>,
    lifetime: Duration,
    signed: Arc<Cache<Subject, Signed>>,
}

impl Assertions {
    pub fn new(keys: Arc<SigningKeys>, lifetime: Duration) -> Self {
        Self { keys, lifetime, signed: Arc::new(Cache::new(REMEMBERED)) }
    }

    /// The headers for this identity, the assertion among them, from memory while more than half its life is left.
    /// Bounded; keyed by session, generations, addressee and what was proved. Signing takes some tenths of a
    /// millisecond, twice per life: it is done where it is asked for.
    pub async fn headers(&self, identity: &Identity<'_>, to: Addressee<'_>) -> Result<Arc<[Set]>, VaultError> {
        let wall = self.keys.vault().clock().wall();
        let asked = Asked { identity, to };
        if let Some(signed) = self.signed.get(&asked).filter(|signed| self.is_fresh(signed, wall)) {
            return Ok(signed.headers);
        }
        self.keys.follow().await?;
        let issued = Time::from_secs(wall.secs());
        let Addressee { issuer, audience, names, user_is_id } = to;
        let assertion = self.keys.sign(&self.claims(identity, issuer, audience, issued))?;
        let headers: Arc<[Set]> = list(identity, names, user_is_id, &assertion).into();
        self.signed.insert(asked.to_owned(), Signed { headers: headers.clone(), issued });
        Ok(headers)
    }

    /// A wall clock that was put back makes `issued` lie in the future, which applications refuse: signed anew.
    fn is_fresh(&self, signed: &Signed, wall: Time) -> bool {
        signed.issued <= wall && wall < signed.issued + self.lifetime / 2
    }

    fn claims<'a>(&self, identity: &'a Identity<'a>, issuer: &'a str, audience: &'a str, issued: Time) -> Claims<'a> {
        let jti = random_bytes::<16>(&**self.keys.vault().random());
        Claims {
            iss: issuer,
            aud: audience,
            sub: identity.user.to_string(),
            preferred_username: identity.name,
            name: identity.display_name,
            email: identity.email,
            groups: &identity.groups,
            amr: &identity.amr,
            auth_time: identity.auth_time.secs(),
            sid: identity.session.as_str(),
            iat: issued.secs(),
            exp: (issued + self.lifetime).secs(),
            jti: BASE64URL_NOPAD.encode(&jti),
        }
    }
}
