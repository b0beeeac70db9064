//! Checks an assertion as an application should (RFC 8725): the one algorithm, signature, issuer, audience, times, no
//! repeated members, no key but those of the set that was given. Never lets the token choose how it is checked.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::clock::Time;

/// How far the clocks of gate and application may be apart.
const LEEWAY: Duration = Duration::from_secs(30);
/// Far beyond any assertion; a stranger's bytes have a ceiling.
const MAX_BYTES: usize = 64 * 1024;

/// The claims of an assertion that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified(pub Value);

/// Why an assertion does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("not a token of three parts")]
    Form,
    #[error("the {0} is no JSON object, or has a member twice")]
    Json(&'static str),
    #[error("the algorithm is not ES256")]
    Algorithm,
    #[error("the type is not JWT")]
    Type,
    #[error("the header asks for what is not understood, or brings a key of its own")]
    Header,
    #[error("the key set has private members")]
    PrivateKey,
    #[error("the key set has no single usable key of this id")]
    Key,
    #[error("the signature is not right")]
    Signature,
    #[error("the claim {0} is missing or of the wrong form")]
    Claim(&'static str),
    #[error("it is from another issuer")]
    Issuer,
    #[error("it is for another audience")]
    Audience,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    TooEarly,
}

/// `jwks`: the key set as JSON. Leeway is 30 s.
pub fn verify(token: &str, jwks: &str, audience: &str, issuer: &str, wall: Time) -> Result<Verified, VerifyError> {
    if token.len() > MAX_BYTES || jwks.len() > MAX_BYTES {
        return Err(VerifyError::Form);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(VerifyError::Form)?;
    let (header, claims) = signed.split_once('.').ok_or(VerifyError::Form)?;
    let kid = check_header(&object(&decode(header)?, "header")?)?;
    let key = find_key(&object(jwks.as_bytes(), "key set")?, &kid)?;
    // The fixed form of 64 bytes; a part that is zero or out of range is refused here.
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| VerifyError::Signature)?;
    key.verify(signed.as_bytes(), &signature).map_err(|_| VerifyError::Signature)?;
    // Nothing of the claims is looked at before the signature holds.
    let claims = object(&decode(claims)?, "claims")?;
    check_claims(&claims, audience, issuer, wall)?;
    Ok(Verified(Value::Object(claims)))
}

fn check_header(header: &Map<String, Value>) -> Result<String, VerifyError> {
    if header.get("alg").and_then(Value::as_str) != Some("ES256") {
        return Err(VerifyError::Algorithm);
    }
    if header.get("typ").and_then(Value::as_str) != Some("JWT") {
        return Err(VerifyError::Type);
    }
    if ["crit", "jwk", "jku", "x5u", "x5c", "b64"].iter().any(|member| header.contains_key(*member)) {
        return Err(VerifyError::Header);
    }
    header.get("kid").and_then(Value::as_str).map(str::to_owned).ok_or(VerifyError::Key)
}

fn find_key(jwks: &Map<String, Value>, kid: &str) -> Result<VerifyingKey, VerifyError> {
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or(VerifyError::Json("key set"))?;
    let has_private = |key: &Value| ["d", "k", "p", "q", "dp", "dq", "qi", "oth"].iter().any(|m| key.get(m).is_some());
    if keys.iter().any(has_private) {
        return Err(VerifyError::PrivateKey);
    }
    let is = |key: &Value, member: &str, value: &str| key.get(member).and_then(Value::as_str) == Some(value);
    let is_or_absent = |key: &Value, member: &str, value: &str| key.get(member).is_none() || is(key, member, value);
    let mut named = keys.iter().filter(|key| is(key, "kid", kid));
    let (Some(key), None) = (named.next(), named.next()) else { return Err(VerifyError::Key) };
    let usable = is(key, "kty", "EC")
        && is(key, "crv", "P-256")
        && is_or_absent(key, "alg", "ES256")
        && is_or_absent(key, "use", "sig");
    if !usable {
        return Err(VerifyError::Key);
    }
    let coordinate = |member: &str| -> Option<Vec<u8>> {
        let bytes = BASE64URL_NOPAD.decode(key.get(member)?.as_str()?.as_bytes()).ok()?;
        (bytes.len() == 32).then_some(bytes)
    };
    let (x, y) = coordinate("x").zip(coordinate("y")).ok_or(VerifyError::Key)?;
    // Refuses points that are not on the curve.
    VerifyingKey::from_sec1_bytes(&[&[4], x.as_slice(), &y].concat()).map_err(|_| VerifyError::Key)
}

fn check_claims(claims: &Map<String, Value>, audience: &str, issuer: &str, wall: Time) -> Result<(), VerifyError> {
    let text = |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(VerifyError::Claim(name));
    let time = |name: &'static str| {
        claims.get(name).and_then(Value::as_i64).map(Time::from_secs).ok_or(VerifyError::Claim(name))
    };
    if text("iss")? != issuer {
        return Err(VerifyError::Issuer);
    }
    let is_for_us = match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(audience)),
        _ => return Err(VerifyError::Claim("aud")),
    };
    if !is_for_us {
        return Err(VerifyError::Audience);
    }
    if text("sub")?.is_empty() {
        return Err(VerifyError::Claim("sub"));
    }
    if wall >= time("exp")? + LEEWAY {
        return Err(VerifyError::Expired);
    }
    let not_before = if claims.contains_key("nbf") { time("nbf")? } else { time("iat")? };
    if time("iat")?.max(not_before) > wall + LEEWAY {
        return Err(VerifyError::TooEarly);
    }
    Ok(())
}

/// Strict: no padding, no other alphabet, no loose bits at the end.
fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| VerifyError::Form)
}

fn object(json: &[u8], what: &'static str) -> Result<Map<String, Value>, VerifyError> {
    match serde_json::from_slice(json) {
        Ok(Unique(Value::Object(members))) => Ok(members),
        _ => Err(VerifyError::Json(what)),
    }
}

/// JSON in which no object has a member twice: two readers that choose differently would see two identities (RFC 7519
/// section 4).
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Value::Object(members))
    }
}
