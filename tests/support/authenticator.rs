//! A security key in software (WebAuthn Level 3, "none" attestation), as the tests need one: it answers the options of
//! a ceremony as a browser with a key would, and lies in any one field when it is told to. It keeps no secret: its key
//! comes of a number.

#![allow(dead_code, reason = "each test that includes it uses a part of it")]

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One key, with one credential.
pub struct Authenticator {
    key: SigningKey,
    pub id: Vec<u8>,
    pub counter: u32,
    /// What `create` was told of the user; given back as `userHandle`.
    pub user_handle: Vec<u8>,
}

/// What is said of a ceremony. [`Says::honest`] is the truth; each member can be made a lie.
#[derive(Clone, Debug)]
pub struct Says {
    pub origin: String,
    /// Whose hash is signed; empty: the one that was asked for.
    pub rp_id: String,
    /// Empty: the one that was asked for.
    pub challenge: String,
    /// Empty: `webauthn.create` or `webauthn.get`.
    pub kind: String,
    pub user_present: bool,
    pub user_verified: bool,
    pub backup_eligible: bool,
    /// `None`: one more than before.
    pub counter: Option<u32>,
    /// `None`: not said at all, as older browsers do.
    pub cross_origin: Option<bool>,
    pub top_origin: Option<String>,
    /// `None`: that of the enrolment.
    pub user_handle: Option<Vec<u8>>,
    /// COSE algorithm of the credential.
    pub algorithm: i8,
    pub good_signature: bool,
}

impl Says {
    pub fn honest(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            rp_id: String::new(),
            challenge: String::new(),
            kind: String::new(),
            user_present: true,
            user_verified: false,
            backup_eligible: false,
            counter: None,
            cross_origin: Some(false),
            top_origin: None,
            user_handle: None,
            algorithm: -7,
            good_signature: true,
        }
    }
}

impl Authenticator {
    /// A key of its own for each number from 1.
    pub fn new(number: u8) -> Self {
        let key = SigningKey::from_slice(&[number; 32]).expect("a number from 1 is a key");
        Self { key, id: vec![number; 16], counter: 0, user_handle: Vec::new() }
    }

    /// Answers `navigator.credentials.create`; `options` is JSON with `publicKey`. The answer is JSON, as the page's
    /// script puts it into the field `code`.
    pub fn create(&mut self, options: &str, says: &Says) -> String {
        let asked: Value = serde_json::from_str(options).expect("options are JSON");
        let asked = &asked["publicKey"];
        self.user_handle = unbase64(&asked["user"]["id"]);
        let client_data = client_data("webauthn.create", asked, says);

        let point = self.key.verifying_key().to_sec1_point(false);
        let coordinates = point.as_bytes();
        // COSE_Key (RFC 9052 section 7): kty EC2, alg, crv P-256, x, y.
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, negative(says.algorithm), 0x20, 0x01, 0x21, 0x58, 32];
        cose.extend(&coordinates[1..33]);
        cose.extend([0x22, 0x58, 32]);
        cose.extend(&coordinates[33..65]);

        let mut data = self.authenticator_data(asked["rp"]["id"].as_str().unwrap_or_default(), says, true);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(cose);

        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).expect("short data").to_be_bytes());
        object.extend(&data);

        json!({
            "id": base64(&self.id),
            "rawId": base64(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64(client_data.as_bytes()),
                "attestationObject": base64(&object),
                "transports": ["usb"],
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// Answers `navigator.credentials.get`, whether the options name this key or not.
    pub fn get(&mut self, options: &str, says: &Says) -> String {
        let asked: Value = serde_json::from_str(options).expect("options are JSON");
        let asked = &asked["publicKey"];
        let client_data = client_data("webauthn.get", asked, says);
        let data = self.authenticator_data(asked["rpId"].as_str().unwrap_or_default(), says, false);

        let mut signed = data.clone();
        signed.extend(Sha256::digest(client_data.as_bytes()));
        if !says.good_signature {
            signed.push(0);
        }
        let signature: Signature = self.key.sign(&signed);
        let handle = says.user_handle.as_ref().unwrap_or(&self.user_handle);

        json!({
            "id": base64(&self.id),
            "rawId": base64(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64(client_data.as_bytes()),
                "authenticatorData": base64(&data),
                "signature": base64(signature.to_der().as_bytes()),
                "userHandle": (!handle.is_empty()).then(|| base64(handle)),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// WebAuthn section 6.1: hash of the RP id, flags, counter.
    fn authenticator_data(&mut self, rp_id: &str, says: &Says, attested: bool) -> Vec<u8> {
        self.counter = says.counter.unwrap_or(self.counter + 1);
        let rp_id = if says.rp_id.is_empty() { rp_id } else { &says.rp_id };
        let flags = [(says.user_present, 0), (says.user_verified, 2), (says.backup_eligible, 3), (attested, 6)];
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags.iter().map(|&(set, bit)| u8::from(set) << bit).sum());
        data.extend(self.counter.to_be_bytes());
        data
    }
}

fn client_data(kind: &str, asked: &Value, says: &Says) -> String {
    let or = |said: &str, truth: &str| if said.is_empty() { truth.to_owned() } else { said.to_owned() };
    let mut data = json!({
        "type": or(&says.kind, kind),
        "challenge": or(&says.challenge, asked["challenge"].as_str().unwrap_or_default()),
        "origin": says.origin,
    });
    if let Some(cross) = says.cross_origin {
        data["crossOrigin"] = cross.into();
    }
    if let Some(top) = &says.top_origin {
        data["topOrigin"] = top.as_str().into();
    }
    data.to_string()
}

/// A small negative number in CBOR.
fn negative(number: i8) -> u8 {
    0x20 | u8::try_from(-1 - i16::from(number)).expect("a small negative number")
}

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn unbase64(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(value.as_str().unwrap_or_default().as_bytes()).unwrap_or_default()
}
