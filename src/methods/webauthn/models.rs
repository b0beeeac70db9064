//! Which models of key may be enrolled. A model (its AAGUID) is known only where the maker vouches for it: without
//! attestation whoever holds the key writes there what he likes, so a list of models means nothing then.

use uuid::Uuid;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{AttestationCaList, AttestationMetadata};

use super::Section;
use crate::error::Problems;

const KEY: &str = "methods.webauthn";

/// Makers who are believed, and what is taken of theirs.
#[derive(Debug)]
pub(super) struct Models {
    authorities: AttestationCaList,
    allow: Vec<Uuid>,
    deny: Vec<Uuid>,
}

impl Models {
    /// `None`: every key, whatever it says of itself.
    pub fn build(section: &Section, problems: &mut Problems) -> Option<Self> {
        let lists = [("aaguid_allow", &section.aaguid_allow), ("aaguid_deny", &section.aaguid_deny)];
        match section.attestation.as_str() {
            "none" => {
                let written = lists.iter().map(|(name, list)| (*name, list.is_empty()));
                let file = ("attestation_ca_file", section.attestation_ca_file.is_empty());
                for (name, _) in written.chain([file]).filter(|(_, empty)| !empty) {
                    problems.add(
                        format!("{KEY}.{name}"),
                        "means nothing without attestation: a key may say that it is any model",
                        format!("set {KEY}.attestation = \"direct\" and attestation_ca_file, or remove this key"),
                    );
                }
                None
            }
            "direct" => {
                let authorities = authorities(&section.attestation_ca_file, problems);
                let [allow, deny] = lists.map(|(name, list)| aaguids(name, list, problems));
                Some(Self { authorities: authorities?, allow, deny })
            }
            other => {
                let key = format!("{KEY}.attestation");
                problems.add(key, format!("{other:?} is not known"), "write \"none\" or \"direct\"");
                None
            }
        }
    }

    pub fn authorities(&self) -> &AttestationCaList {
        &self.authorities
    }

    /// Whether the model that the maker vouched for is taken. A format that names no model cannot be looked up in a
    /// list.
    pub fn judge(&self, said: &AttestationMetadata) -> Result<(), WebauthnError> {
        if self.allow.is_empty() && self.deny.is_empty() {
            return Ok(());
        }
        let (AttestationMetadata::Packed { aaguid } | AttestationMetadata::Tpm { aaguid, .. }) = said else {
            return Err(WebauthnError::AttestationFormatMissingAaguid);
        };
        let allowed = self.allow.is_empty() || self.allow.contains(aaguid);
        if allowed && !self.deny.contains(aaguid) { Ok(()) } else { Err(WebauthnError::AttestationUntrustedAaguid) }
    }
}

/// Whether a refusal is about the model of the key, so that another key may do.
pub(super) fn is_about(error: &WebauthnError) -> bool {
    matches!(
        error,
        WebauthnError::AttestationNotVerifiable
            | WebauthnError::AttestationChainNotTrusted(_)
            | WebauthnError::AttestationFormatMissingAaguid
            | WebauthnError::AttestationUntrustedAaguid
    )
}

fn authorities(file: &str, problems: &mut Problems) -> Option<AttestationCaList> {
    let what = if file.is_empty() {
        "is not set, and without it nobody vouches for a model".to_owned()
    } else {
        match std::fs::read_to_string(file) {
            Ok(text) => match certificates(&text) {
                Some(list) if !list.is_empty() => return Some(list),
                _ => format!("{file} is not a file of certificates in PEM"),
            },
            Err(error) => format!("{file} cannot be read: {error}"),
        }
    };
    let remedy = format!("name a PEM file with the makers' root certificates, or set {KEY}.attestation = \"none\"");
    problems.add(format!("{KEY}.attestation_ca_file"), what, remedy);
    None
}

/// All certificates of a bundle; `None` where one of them is none.
fn certificates(text: &str) -> Option<AttestationCaList> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let mut list = AttestationCaList::default();
    for part in text.split(BEGIN).skip(1) {
        let (body, _) = part.split_once(END)?;
        let one = format!("{BEGIN}{body}{END}\n");
        list.union(&AttestationCaList::try_from(one.as_bytes()).ok()?);
    }
    Some(list)
}

fn aaguids(name: &str, written: &[String], problems: &mut Problems) -> Vec<Uuid> {
    let mut read = Vec::new();
    for (n, text) in written.iter().enumerate() {
        match Uuid::parse_str(text) {
            Ok(aaguid) => read.push(aaguid),
            Err(_) => problems.add(
                format!("{KEY}.{name}[{n}]"),
                format!("{text:?} is not an AAGUID"),
                "write it as the maker does, for example \"cb69481e-8ff7-4039-93ec-0a2729a154a8\"",
            ),
        }
    }
    read
}
