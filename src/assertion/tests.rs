use std::sync::{Arc, LazyLock};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD as B64;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use super::*;
use crate::clock::{Clock, StillClock};
use crate::secret::{DerivedRandom, Key, Random};
use crate::store::{KeyRing, MemoryStore, Vault};

const AUDIENCE: &str = "https://wiki.example.test";
const ISSUER: &str = "https://login.example.test";
const LIFE: Duration = Duration::from_secs(60);
const ROTATE: Duration = Duration::from_secs(30 * 86_400);

struct Bench {
    clock: Arc<StillClock>,
    vault: Vault,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        let keys = Arc::new(KeyRing::new(Key::new([7; 32]), vec![]));
        let random: Arc<dyn Random> = Arc::new(DerivedRandom::seeded(3));
        Self { vault: Vault::new(Arc::new(MemoryStore::default()), keys, clock.clone(), random), clock }
    }

    async fn keys(&self) -> Arc<SigningKeys> {
        Arc::new(SigningKeys::load(self.vault.clone(), ROTATE, LIFE).await.unwrap())
    }
}

static SESSION: LazyLock<Handle> = LazyLock::new(|| Handle::generate(&DerivedRandom::seeded(9)));

fn identity() -> Identity<'static> {
    Identity {
        user: UserId::generate(&DerivedRandom::seeded(9)),
        name: "alice",
        display_name: Some("Alice \"},{\"sub\":\"root"),
        email: Some("alice@example.test"),
        groups: vec!["staff", "x\",\"admins"],
        amr: vec!["pwd", "otp", "mfa"],
        auth_time: Time::from_secs(1_799_999_990),
        session: &SESSION,
        generation: 4,
    }
}

/// The assertion among the headers.
async fn token(assertions: &Assertions, identity: &Identity<'_>, audience: &str) -> String {
    let to = Addressee { issuer: ISSUER, audience, names: &Names::default(), user_is_id: false };
    let list = assertions.headers(identity, to).await.unwrap();
    list.iter().find(|set| set.name == headers::ASSERTION).unwrap().value.to_str().unwrap().to_owned()
}

/// A key of the tests' own, to forge with.
struct Forge {
    key: SigningKey,
    wall: Time,
}

impl Forge {
    fn new() -> Self {
        Self { key: SigningKey::from_slice(&[5; 32]).unwrap(), wall: Time::from_secs(1_800_000_000) }
    }

    fn jwk(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k", "x": B64.encode(x), "y": B64.encode(y)})
    }

    fn jwks(&self) -> String {
        json!({"keys": [self.jwk()]}).to_string()
    }

    fn claims(&self) -> Value {
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "u", "iat": self.wall.secs(), "exp": self.wall.secs() + 60})
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", B64.encode(header.as_bytes()), B64.encode(claims.as_bytes()));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", B64.encode(&signature.to_bytes()))
    }

    fn honest(&self) -> String {
        self.sign(HEADER, &self.claims().to_string())
    }

    fn with(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        self.sign(HEADER, &claims.to_string())
    }

    fn verify(&self, token: &str) -> Result<Verified, VerifyError> {
        verify(token, &self.jwks(), AUDIENCE, ISSUER, self.wall)
    }
}

const HEADER: &str = r#"{"alg":"ES256","typ":"JWT","kid":"k"}"#;

#[tokio::test]
async fn what_is_signed_holds_and_says_all_the_claims() {
    let bench = Bench::new();
    let keys = bench.keys().await;
    let identity = identity();
    let assertions = Assertions::new(keys.clone(), LIFE);
    let token = token(&assertions, &identity, AUDIENCE).await;
    let Verified(claims) = verify(&token, &keys.jwks(), AUDIENCE, ISSUER, bench.clock.wall()).unwrap();
    let names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "amr",
            "aud",
            "auth_time",
            "email",
            "exp",
            "groups",
            "iat",
            "iss",
            "jti",
            "name",
            "preferred_username",
            "sid",
            "sub"
        ]
    );
    assert_eq!(claims["sub"], identity.user.to_string());
    assert_eq!(claims["sid"], identity.session.as_str());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    assert_eq!(claims["auth_time"], 1_799_999_990);
    // id_12: quotes in names stay in their claims.
    assert_eq!(claims["name"], "Alice \"},{\"sub\":\"root");
    assert_eq!(claims["groups"], json!(["staff", "x\",\"admins"]));
    let header = B64.decode(token.split('.').next().unwrap().as_bytes()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": keys.list()[0].id}));
}

#[tokio::test]
async fn one_signature_serves_until_half_its_life_and_for_nothing_else() {
    let bench = Bench::new();
    let assertions = Assertions::new(bench.keys().await, LIFE);
    let first = token(&assertions, &identity(), AUDIENCE).await;
    bench.clock.advance(Duration::from_secs(29));
    let again = token(&assertions, &identity(), AUDIENCE).await;
    assert_eq!(first, again, "each has an id of its own: it was not signed anew");

    let fewer = Identity { groups: vec![], ..identity() };
    let later = Identity { auth_time: bench.clock.now(), ..identity() };
    let ended = Identity { generation: 5, ..identity() };
    let renamed = Identity { name: "alicia", ..identity() };
    let stronger = Identity { amr: vec!["hwk"], ..identity() };
    for identity in [&fewer, &later, &ended, &renamed, &stronger] {
        assert_ne!(token(&assertions, identity, AUDIENCE).await, first, "{identity:?}");
    }
    assert_ne!(token(&assertions, &identity(), "other").await, first);

    bench.clock.advance(Duration::from_secs(1));
    let renewed = token(&assertions, &identity(), AUDIENCE).await;
    assert_ne!(first, renewed);
    // The wall clock is put back: what it stamped before lies in the future now.
    bench.clock.skew_wall(-60_000);
    assert_ne!(token(&assertions, &identity(), AUDIENCE).await, renewed);
}

#[tokio::test]
async fn keys_are_made_once_and_rotated_with_overlap() {
    let bench = Bench::new();
    let (one, other) = tokio::join!(bench.keys(), bench.keys());
    assert_eq!(one.list(), other.list());
    assert_eq!(one.list().len(), 1);
    let assertions = Assertions::new(other.clone(), LIFE);
    let before = token(&assertions, &identity(), AUDIENCE).await;

    let new = one.rotate().await.unwrap();
    assert!(new.signs);
    // The other process follows: it signs with the new key, and publishes both.
    bench.clock.advance(Duration::from_secs(31));
    let after = token(&assertions, &identity(), AUDIENCE).await;
    for token in [&before, &after] {
        verify(token, &other.jwks(), AUDIENCE, ISSUER, bench.clock.wall()).unwrap();
    }
    assert_eq!(other.list().iter().find(|key| key.signs).map(|key| &key.id), Some(&new.id));
    assert_eq!(other.list().len(), 2);

    // What the old key signed is dead long before it is forgotten.
    bench.clock.advance(Duration::from_secs(200));
    for keys in [&one, &other] {
        keys.tick().await.unwrap();
        assert_eq!(keys.list(), std::slice::from_ref(&new));
    }
    bench.clock.advance(ROTATE);
    one.tick().await.unwrap();
    assert_eq!(one.list().len(), 2);
    assert_ne!(one.list()[0].id, new.id);
}

#[tokio::test]
async fn id_08_the_key_set_has_public_members_only() {
    let keys = Bench::new().keys().await;
    let set: Value = serde_json::from_str(&keys.jwks()).unwrap();
    let members: Vec<&str> = set["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);

    let forge = Forge::new();
    let mut leaked = forge.jwk();
    leaked["d"] = json!("AQ");
    let jwks = json!({"keys": [forge.jwk(), leaked]}).to_string();
    assert_eq!(verify(&forge.honest(), &jwks, AUDIENCE, ISSUER, forge.wall), Err(VerifyError::PrivateKey));
}

#[test]
fn id_01_no_spelling_of_none_is_taken() {
    let forge = Forge::new();
    forge.verify(&forge.honest()).unwrap();
    for alg in ["none", "None", "NONE", "nOnE", "es256", "ES384", "HS256", "", " ES256"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"k"}}"#);
        let claims = forge.claims().to_string();
        assert_eq!(forge.verify(&forge.sign(&header, &claims)), Err(VerifyError::Algorithm), "{alg}");
        let unsigned = format!("{}.{}.", B64.encode(header.as_bytes()), B64.encode(claims.as_bytes()));
        assert_eq!(forge.verify(&unsigned), Err(VerifyError::Algorithm), "{alg}");
    }
    for header in ["{}", r#"{"typ":"JWT","kid":"k"}"#, r#"{"alg":["ES256"],"typ":"JWT","kid":"k"}"#] {
        assert_eq!(forge.verify(&forge.sign(header, "{}")), Err(VerifyError::Algorithm), "{header}");
    }
}

#[test]
fn id_02_the_public_key_is_no_hmac_secret() {
    let forge = Forge::new();
    let signed = format!(
        "{}.{}",
        B64.encode(br#"{"alg":"HS256","typ":"JWT","kid":"k"}"#),
        B64.encode(forge.claims().to_string().as_bytes())
    );
    let key = jsonwebtoken::EncodingKey::from_secret(forge.jwks().as_bytes());
    let mac = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    assert_eq!(forge.verify(&format!("{signed}.{mac}")), Err(VerifyError::Algorithm));
    // Nor may the set offer a symmetric key, or one on another curve.
    for (member, value) in [("kty", "oct"), ("crv", "P-384"), ("alg", "HS256"), ("use", "enc")] {
        let mut jwk = forge.jwk();
        jwk[member] = json!(value);
        let jwks = json!({"keys": [jwk]}).to_string();
        assert_eq!(verify(&forge.honest(), &jwks, AUDIENCE, ISSUER, forge.wall), Err(VerifyError::Key), "{member}");
    }
}

#[test]
fn id_03_only_for_this_audience_from_this_issuer() {
    let forge = Forge::new();
    forge.verify(&forge.with(|claims| claims["aud"] = json!(["other", AUDIENCE]))).unwrap();
    for (name, value, error) in [
        ("aud", json!("https://other.example.test"), VerifyError::Audience),
        ("aud", json!([]), VerifyError::Audience),
        ("aud", json!(null), VerifyError::Claim("aud")),
        ("iss", json!("https://login.example.test/"), VerifyError::Issuer),
        ("iss", json!([ISSUER]), VerifyError::Claim("iss")),
        ("sub", json!(""), VerifyError::Claim("sub")),
    ] {
        assert_eq!(forge.verify(&forge.with(|claims| claims[name] = value.clone())), Err(error), "{name}: {value}");
    }
    for name in ["aud", "iss", "sub", "exp", "iat"] {
        let token = forge.with(|claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert_eq!(forge.verify(&token), Err(VerifyError::Claim(name)));
    }
}

#[test]
fn id_04_only_in_its_time() {
    let forge = Forge::new();
    let now = forge.wall.secs();
    for (name, value) in [("exp", now - 29), ("iat", now + 29), ("nbf", now + 29)] {
        forge.verify(&forge.with(|claims| claims[name] = json!(value))).unwrap();
    }
    for (name, value, error) in [
        ("exp", json!(now - 30), VerifyError::Expired),
        ("exp", json!((now + 60).to_string()), VerifyError::Claim("exp")),
        ("exp", json!(1e300), VerifyError::Claim("exp")),
        ("iat", json!(now + 31), VerifyError::TooEarly),
        ("iat", json!(now + 1_000_000_000), VerifyError::TooEarly),
        ("nbf", json!(now + 31), VerifyError::TooEarly),
        ("nbf", json!("soon"), VerifyError::Claim("nbf")),
    ] {
        assert_eq!(forge.verify(&forge.with(|claims| claims[name] = value.clone())), Err(error), "{name}: {value}");
    }
}

#[test]
fn id_07_no_other_signature_is_taken() {
    let forge = Forge::new();
    let token = forge.honest();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let bytes = B64.decode(signature.as_bytes()).unwrap();
    let mut changed = bytes.clone();
    changed[10] ^= 1;
    let half_zero = [&[0; 32], &bytes[32..]].concat();
    for wrong in [&[][..], &bytes[..63], &bytes[..32], &[0; 64], &changed, &half_zero, &[0xff; 64]] {
        let token = format!("{signed}.{}", B64.encode(wrong));
        assert_eq!(forge.verify(&token), Err(VerifyError::Signature), "{wrong:?}");
    }
    // The same bytes in another spelling, or another claim under the same signature.
    for token in [format!("{token}="), format!("{token}.x"), signed.to_owned(), format!(" {token}"), String::new()] {
        assert_eq!(forge.verify(&token), Err(VerifyError::Form), "{token}");
    }
    let claims = B64.encode(forge.claims().to_string().replace("\"u\"", "\"v\"").as_bytes());
    let other = format!("{}.{claims}.{signature}", token.split('.').next().unwrap());
    assert_eq!(forge.verify(&other), Err(VerifyError::Signature));
}

#[test]
fn id_19_a_member_that_comes_twice_is_refused() {
    let forge = Forge::new();
    let claims = forge.claims().to_string();
    let twice = claims.replacen('{', r#"{"sub":"root","#, 1);
    assert_eq!(forge.verify(&forge.sign(HEADER, &twice)), Err(VerifyError::Json("claims")));
    let deep = claims.replacen('{', r#"{"x":[{"a":1,"\u0061":2}],"#, 1);
    assert_eq!(forge.verify(&forge.sign(HEADER, &deep)), Err(VerifyError::Json("claims")));
    let header = HEADER.replacen('{', r#"{"alg":"none","#, 1);
    assert_eq!(forge.verify(&forge.sign(&header, &claims)), Err(VerifyError::Json("header")));
}

#[test]
fn a_token_brings_no_key_and_no_demand() {
    let forge = Forge::new();
    for extra in [r#""jwk":{}"#, r#""jku":"https://evil.test""#, r#""x5c":[]"#, r#""crit":["exp"]"#] {
        let header = HEADER.replacen('{', &format!("{{{extra},"), 1);
        assert_eq!(forge.verify(&forge.sign(&header, &forge.claims().to_string())), Err(VerifyError::Header));
    }
    for (header, error) in [
        (r#"{"alg":"ES256","kid":"k"}"#, VerifyError::Type),
        (r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#, VerifyError::Type),
        (r#"{"alg":"ES256","typ":"JWT"}"#, VerifyError::Key),
        (r#"{"alg":"ES256","typ":"JWT","kid":"other"}"#, VerifyError::Key),
    ] {
        assert_eq!(forge.verify(&forge.sign(header, &forge.claims().to_string())), Err(error), "{header}");
    }
    // Two keys of one id: which is meant?
    let jwks = json!({"keys": [forge.jwk(), forge.jwk()]}).to_string();
    assert_eq!(verify(&forge.honest(), &jwks, AUDIENCE, ISSUER, forge.wall), Err(VerifyError::Key));
}
