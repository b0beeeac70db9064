//! What a visitor posted, read strictly: one content type, one value per field, bounded.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;

use super::failure::Failure;
use crate::method::Answer;
use crate::secret::Secret;

/// The largest body of a form.
pub const MOST_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 32;

/// The fields of a form.
#[derive(Debug, Default)]
pub struct Posted(BTreeMap<String, Secret<String>>);

impl Posted {
    /// A field, empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.expose())
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub fn secret(&self, name: &str) -> Secret<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// What the methods are given: everything but what is ours.
    pub fn answer(&self) -> Answer {
        const OURS: [&str; 6] = ["csrf", "state", "challenge", "factor", "trust", "send"];
        let theirs = self.0.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
        Answer(theirs.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for (name, value) in serde_urlencoded::from_bytes::<Vec<(String, Secret<String>)>>(body).ok()? {
            // Two values of one field are read differently by different eyes: neither is taken.
            if fields.len() >= MOST_FIELDS || fields.insert(name, value).is_some() {
                return None;
            }
        }
        Some(Self(fields))
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Failure::Unreadable);
        }
        let body = axum::body::Bytes::from_request(request, state).await.map_err(|_| Failure::TooLarge)?;
        Self::parse(&body).ok_or(Failure::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_one_value() {
        assert_eq!(Posted::parse(b"username=alice&password=a+b%26").unwrap().get("password"), "a b&");
        for twice in ["username=a&username=b", "%75sername=a&username=b"] {
            assert!(Posted::parse(twice.as_bytes()).is_none(), "{twice}");
        }
        let many: String = (0..40).map(|n| format!("f{n}=1&")).collect();
        assert!(Posted::parse(many.trim_end_matches('&').as_bytes()).is_none());
    }
}
