//! A security key in software (WebAuthn Level 3, "none" or "packed" attestation), as the tests need one: it answers the
//! options of a ceremony as a browser with a key would, and lies in any one field when it is told to. It keeps no secret:
//! its key comes of a number.

#![allow(dead_code, reason = "each test that includes it uses a part of it")]

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rcgen::SigningKey as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// RSASSA-PKCS1-v1_5 with SHA-256; the key made for it is too short.
pub const RS256: i16 = -257;

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
    pub backed_up: bool,
    /// `None`: one more than before.
    pub counter: Option<u32>,
    /// `None`: not said at all, as older browsers do.
    pub cross_origin: Option<bool>,
    pub top_origin: Option<String>,
    /// Further members of the client data.
    pub also: Option<(&'static str, Value)>,
    /// What `rawId` says; `None`: the truth.
    pub raw_id: Option<Vec<u8>>,
    /// The same in both places.
    pub id: Option<Vec<u8>>,
    /// Bytes behind the authenticator data, signed with it.
    pub behind: usize,
    /// Of an enrolment: the key's model.
    pub aaguid: [u8; 16],
    pub attestation: Attestation,
    /// `None`: that of the enrolment.
    pub user_handle: Option<Vec<u8>>,
    /// COSE algorithm of the credential.
    pub algorithm: i16,
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
            backed_up: false,
            counter: None,
            cross_origin: Some(false),
            top_origin: None,
            also: None,
            raw_id: None,
            id: None,
            behind: 0,
            aaguid: [0; 16],
            attestation: Attestation::None,
            user_handle: None,
            algorithm: -7,
            good_signature: true,
        }
    }
}

/// Who vouches for an enrolment (section 8).
#[derive(Clone, Debug)]
pub enum Attestation {
    None,
    /// The credential's own key.
    Itself,
    Maker(std::sync::Arc<Maker>),
    /// A format that nobody knows.
    Named(&'static str),
}

/// A maker of keys: a root certificate, and the one that its keys of one model share.
#[derive(Debug)]
pub struct Maker {
    /// In PEM.
    pub root: String,
    /// In DER.
    leaf: Vec<u8>,
    key: rcgen::KeyPair,
}

impl Maker {
    /// For keys of this model (section 8.2.1).
    pub fn of(aaguid: [u8; 16]) -> Self {
        Self::calling_itself("Authenticator Attestation", aaguid)
    }

    pub fn calling_itself(unit: &str, aaguid: [u8; 16]) -> Self {
        let new_key = || rcgen::KeyPair::generate().expect("a key can be made");
        let mut root = rcgen::CertificateParams::default();
        root.distinguished_name.push(rcgen::DnType::CommonName, format!("Root {}", base64(&aaguid)));
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        root.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
        let root = rcgen::CertifiedIssuer::self_signed(root, new_key()).expect("a root can be made");

        let mut leaf = rcgen::CertificateParams::default();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, text) in [
            (rcgen::DnType::CountryName, "NL"),
            (rcgen::DnType::OrganizationName, "Keys"),
            (rcgen::DnType::OrganizationalUnitName, unit),
            (rcgen::DnType::CommonName, "A key"),
        ] {
            leaf.distinguished_name.push(kind, text);
        }
        leaf.is_ca = rcgen::IsCa::ExplicitNoCa;
        leaf.use_authority_key_identifier_extension = true;
        let model = [&[0x04, 0x10], aaguid.as_slice()].concat();
        let model = rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], model);
        leaf.custom_extensions.push(model);
        let key = new_key();
        let leaf = leaf.signed_by(&key, &root).expect("a certificate can be made");
        Self { root: root.pem(), leaf: leaf.der().to_vec(), key }
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
        let cose = if says.algorithm == RS256 {
            // kty RSA, alg, n of 1024 bits, e.
            let mut cose = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x58, 128];
            cose.extend([0xc5; 128]);
            cose.extend([0x21, 0x43, 1, 0, 1]);
            cose
        } else {
            // COSE_Key (RFC 9052 section 7): kty EC2, alg, crv P-256, x, y.
            let mut cose = vec![0xa5, 0x01, 0x02, 0x03, negative(says.algorithm), 0x20, 0x01, 0x21, 0x58, 32];
            cose.extend(&coordinates[1..33]);
            cose.extend([0x22, 0x58, 32]);
            cose.extend(&coordinates[33..65]);
            cose
        };

        let mut data = self.authenticator_data(asked["rp"]["id"].as_str().unwrap_or_default(), says, true);
        data.extend(says.aaguid);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(cose);
        data.extend(vec![0; says.behind]);

        // {"fmt": text, "attStmt": map, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.extend(self.statement(&[&data, Sha256::digest(client_data.as_bytes()).as_slice()].concat(), says));
        object.extend(b"\x68authData\x59");
        object.extend(u16::try_from(data.len()).expect("short data").to_be_bytes());
        object.extend(&data);

        let (id, raw_id) = self.ids(says);
        json!({
            "id": id,
            "rawId": raw_id,
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
        let mut data = self.authenticator_data(asked["rpId"].as_str().unwrap_or_default(), says, false);
        data.extend(vec![0; says.behind]);

        let mut signed = data.clone();
        signed.extend(Sha256::digest(client_data.as_bytes()));
        if !says.good_signature {
            signed.push(0);
        }
        let signature: Signature = self.key.sign(&signed);
        let handle = says.user_handle.as_ref().unwrap_or(&self.user_handle);

        let (id, raw_id) = self.ids(says);
        json!({
            "id": id,
            "rawId": raw_id,
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

    fn ids(&self, says: &Says) -> (String, String) {
        let id = says.id.as_ref().unwrap_or(&self.id);
        (base64(id), base64(says.raw_id.as_ref().unwrap_or(id)))
    }

    /// The value of `fmt`, and `attStmt` with its value, over these bytes.
    fn statement(&self, signed: &[u8], says: &Says) -> Vec<u8> {
        let text = |text: &str| [&[0x60 | u8::try_from(text.len()).expect("a short text")], text.as_bytes()].concat();
        let bytes = |bytes: &[u8]| {
            let length = u16::try_from(bytes.len()).expect("short bytes").to_be_bytes();
            [&[0x59], length.as_slice(), bytes].concat()
        };
        let (format, map) = match &says.attestation {
            Attestation::None => ("none", vec![0xa0]),
            Attestation::Named(format) => (*format, vec![0xa0]),
            Attestation::Itself => {
                let signature: Signature = self.key.sign(signed);
                let signature = bytes(signature.to_der().as_bytes());
                ("packed", [vec![0xa2], text("alg"), vec![0x26], text("sig"), signature].concat())
            }
            Attestation::Maker(maker) => {
                let signature = bytes(&maker.key.sign(signed).expect("a key signs"));
                let chain = [vec![0x81], bytes(&maker.leaf)].concat();
                let map = [vec![0xa3], text("alg"), vec![0x26], text("sig"), signature, text("x5c"), chain];
                ("packed", map.concat())
            }
        };
        [text(format), text("attStmt"), map].concat()
    }

    /// WebAuthn section 6.1: hash of the RP id, flags, counter.
    fn authenticator_data(&mut self, rp_id: &str, says: &Says, attested: bool) -> Vec<u8> {
        self.counter = says.counter.unwrap_or(self.counter + 1);
        let rp_id = if says.rp_id.is_empty() { rp_id } else { &says.rp_id };
        let flags = [
            (says.user_present, 0),
            (says.user_verified, 2),
            (says.backup_eligible, 3),
            (says.backed_up, 4),
            (attested, 6),
        ];
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
    if let Some((name, value)) = &says.also {
        data[*name] = value.clone();
    }
    data.to_string()
}

/// A small negative number in CBOR.
fn negative(number: i16) -> u8 {
    0x20 | u8::try_from(-1 - number).expect("a small negative number")
}

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn unbase64(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(value.as_str().unwrap_or_default().as_bytes()).unwrap_or_default()
}
