//! Signing keys: made at the first start, sealed in the store, rotated with overlap. The private half never leaves this
//! folder, not in a list, a log or the key set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Time;
use crate::secret::{Random, random_bytes};
use crate::store::{Change, Expect, Record, Row, Vault, VaultError};

const KEYS: &str = "key/signing/";
/// Which key signs. Two processes that make or rotate a key at once both write this record, so one of them loses.
const CURRENT: &str = "key/current/signing";
/// How much longer than an assertion lives an old key is published: for the clocks of applications and of replicas.
const OVERLAP: Duration = Duration::from_secs(120);

/// A key as it is stored. Key `key/signing/<id>`.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    created: Time,
    /// PKCS#8 DER (RFC 5958).
    pkcs8: Vec<u8>,
}

impl Record for Stored {
    const NAME: &'static str = "signing key";
}

impl Drop for Stored {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.pkcs8);
    }
}

/// Key `key/current/signing`.
#[derive(Serialize, Deserialize)]
struct Current {
    id: String,
    since: Time,
}

impl Record for Current {
    const NAME: &'static str = "current signing key";
}

/// What is in force, as one value.
struct InForce {
    signer: EncodingKey,
    header: Header,
    since: Time,
    /// Newest first.
    keys: Vec<KeyInfo>,
    /// When the first of the old ones is to be forgotten.
    forget: Option<Time>,
    jwks: String,
}

/// ES256 keys: the newest signs; those that signed anything still alive are published.
pub struct SigningKeys {
    vault: Vault,
    rotate: Duration,
    /// How long an old key is published.
    overlap: Duration,
    in_force: ArcSwap<InForce>,
    /// Set by the store's observer: another process rotated.
    changed: Arc<AtomicBool>,
}

/// A key as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    pub id: String,
    pub created: Time,
    pub signs: bool,
}

impl SigningKeys {
    /// Loads the keys; makes the first one in a store that has none. Follows changes of the store. `rotate`: the age at
    /// which [`SigningKeys::tick`] rotates; `lifetime`: of an assertion.
    pub async fn load(vault: Vault, rotate: Duration, lifetime: Duration) -> Result<Self, VaultError> {
        let changed = Arc::new(AtomicBool::new(false));
        let flag = changed.clone();
        // Before the first reading, so that no change falls between the two.
        vault.watch("key/", Arc::new(move |_| flag.store(true, Ordering::Release)));
        if vault.get::<Current>(CURRENT).await?.is_none() {
            match vault.commit(new_key(&vault, Expect::Absent)?.1).await {
                // Another process was first: its key is as good.
                Ok(_) | Err(VaultError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let in_force = ArcSwap::from_pointee(read(&vault).await?);
        Ok(Self { vault, rotate, overlap: lifetime + OVERLAP, in_force, changed })
    }

    /// A new key signs from now on; the old one is published until what it signed is dead.
    pub async fn rotate(&self) -> Result<KeyInfo, VaultError> {
        let current = self.current().await?;
        let (id, mut changes) = new_key(&self.vault, Expect::Version(current.version))?;
        let old: Row<Stored> = self.key(&current.value.id).await?;
        let end = self.vault.now() + self.overlap;
        changes.push(self.vault.put(old.key, Expect::Version(old.version), &old.value, Some(end))?);
        self.vault.commit(changes).await?;
        self.reload().await?;
        Ok(KeyInfo { id, created: self.in_force.load().since, signs: true })
    }

    /// Rotates when it is due, and gives the new key if it did; forgets keys nobody needs. Called now and then.
    pub async fn tick(&self) -> Result<Option<KeyInfo>, VaultError> {
        self.follow().await?;
        let (since, forget) = {
            let in_force = self.in_force.load();
            (in_force.since, in_force.forget)
        };
        let now = self.vault.now();
        if now >= since + self.rotate {
            return match self.rotate().await {
                // Another process was first.
                Err(VaultError::Conflict(_)) => self.reload().await.map(|()| None),
                other => other.map(Some),
            };
        }
        if forget.is_some_and(|end| now >= end) {
            self.reload().await?;
        }
        Ok(None)
    }

    /// Newest first.
    pub fn list(&self) -> Vec<KeyInfo> {
        self.in_force.load().keys.clone()
    }

    /// The public keys as a JWK Set (RFC 7517), public members only.
    pub fn jwks(&self) -> String {
        self.in_force.load().jwks.clone()
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Reads again what another process changed.
    pub(super) async fn follow(&self) -> Result<(), VaultError> {
        if self.changed.load(Ordering::Acquire) { self.reload().await } else { Ok(()) }
    }

    /// A compact JWS (RFC 7515) over the claims by the key that signs now.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, VaultError> {
        let in_force = self.in_force.load();
        jsonwebtoken::encode(&in_force.header, claims, &in_force.signer)
            .map_err(|error| unreadable(CURRENT, format!("it does not sign: {error}")))
    }

    async fn reload(&self) -> Result<(), VaultError> {
        // Cleared first: a change during the reading is read at the next call.
        self.changed.store(false, Ordering::Release);
        match read(&self.vault).await {
            Ok(in_force) => {
                self.in_force.store(Arc::new(in_force));
                Ok(())
            }
            Err(error) => {
                self.changed.store(true, Ordering::Release);
                Err(error)
            }
        }
    }

    async fn current(&self) -> Result<Row<Current>, VaultError> {
        self.vault.get(CURRENT).await?.ok_or_else(|| unreadable(CURRENT, "it is gone"))
    }

    async fn key(&self, id: &str) -> Result<Row<Stored>, VaultError> {
        let key = format!("{KEYS}{id}");
        self.vault.get(&key).await?.ok_or_else(|| unreadable(&key, "it is gone"))
    }
}

/// The writes of a new key that signs from now on, and its id.
fn new_key(vault: &Vault, current: Expect) -> Result<(String, Vec<Change>), VaultError> {
    let secret = generate(&**vault.random());
    let pkcs8 = secret.to_pkcs8_der().map_err(|error| unreadable(KEYS, error.to_string()))?;
    let id = Public::of(&secret).id();
    let now = vault.now();
    let stored = Stored { id: id.clone(), created: now, pkcs8: pkcs8.as_bytes().to_vec() };
    let changes = vec![
        vault.put(format!("{KEYS}{id}"), Expect::Absent, &stored, None)?,
        vault.put(CURRENT, current, &Current { id: id.clone(), since: now }, None)?,
    ];
    Ok((id, changes))
}

/// A P-256 key from our randomness: numbers out of range, one in 2^32, are drawn again (FIPS 186-5 A.2.2).
fn generate(random: &dyn Random) -> p256::SecretKey {
    loop {
        let drawn = zeroize::Zeroizing::new(random_bytes::<32>(random));
        if let Ok(secret) = p256::SecretKey::from_slice(&*drawn) {
            return secret;
        }
    }
}

async fn read(vault: &Vault) -> Result<InForce, VaultError> {
    let current: Row<Current> = vault.get(CURRENT).await?.ok_or_else(|| unreadable(CURRENT, "it is gone"))?;
    let mut rows: Vec<Row<Stored>> = vault.all(KEYS).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.value.created));
    let mut signer = None;
    let (mut keys, mut jwks) = (Vec::new(), Vec::new());
    for row in &rows {
        let secret = p256::SecretKey::from_pkcs8_der(&row.value.pkcs8)
            .map_err(|_| unreadable(&row.key, "it is no P-256 key"))?;
        let public = Public::of(&secret);
        if public.id() != row.value.id {
            return Err(unreadable(&row.key, "it is another key than its name says"));
        }
        let signs = row.value.id == current.value.id;
        if signs {
            signer = Some(EncodingKey::from_ec_der(&row.value.pkcs8));
        }
        keys.push(KeyInfo { id: row.value.id.clone(), created: row.value.created, signs });
        jwks.push(public.jwk());
    }
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(current.value.id);
    Ok(InForce {
        signer: signer.ok_or_else(|| unreadable(CURRENT, "the key it names is gone"))?,
        header,
        since: current.value.since,
        keys,
        forget: rows.iter().filter_map(|row| row.expires).min(),
        jwks: serde_json::json!({ "keys": jwks }).to_string(),
    })
}

/// The public half: coordinates as in a JWK (RFC 7518 section 6.2.1).
struct Public {
    x: String,
    y: String,
}

impl Public {
    fn of(secret: &p256::SecretKey) -> Self {
        let point = secret.public_key().to_sec1_point(false);
        // Uncompressed: 0x04, 32 bytes of x, 32 bytes of y.
        let (x, y) = point.as_bytes()[1..].split_at(32);
        Self { x: BASE64URL_NOPAD.encode(x), y: BASE64URL_NOPAD.encode(y) }
    }

    /// The beginning of the key's thumbprint (RFC 7638).
    fn id(&self) -> String {
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y);
        BASE64URL_NOPAD.encode(&Sha256::digest(members.as_bytes())[..12])
    }

    fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": self.id(), "x": self.x, "y": self.y,
        })
    }
}

fn unreadable(key: &str, why: impl Into<String>) -> VaultError {
    VaultError::Unreadable { key: key.to_owned(), why: why.into() }
}
