//! Certificates and keys in PEM files, as they are used: each is read whole and tried, and what is wrong with it is told
//! with the name of its file. What stands in a key file never gets into a message.

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Which of two files is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Certificate,
    Key,
}

/// A certificate with the chain below it, and its key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    pub pair: CertifiedKey,
}

/// The certificates in a file; at least one.
///
/// # Errors
/// What is wrong with the file.
pub fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file} cannot be read: {error}"))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| format!("{file} is not PEM: {error}"))?;
    if found.is_empty() { Err(format!("{file} holds no certificate")) } else { Ok(found) }
}

/// The same, each of which can be used: Pingora panics on one that it cannot read; rustls says so.
///
/// # Errors
/// What is wrong with the file.
pub fn authorities(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = certificates(file)?;
    for one in &found {
        RootCertStore::empty()
            .add(one.clone())
            .map_err(|error| format!("{file} holds a certificate that cannot be used: {error}"))?;
    }
    Ok(found)
}

/// A certificate and the key that belongs to it.
///
/// # Errors
/// Which file is to blame, and what is wrong with it.
pub fn identity(certificate: &str, key: &str) -> Result<Identity, (Half, String)> {
    let chain = authorities(certificate).map_err(|what| (Half::Certificate, what))?;
    let trouble = |what| (Half::Key, what);
    let secret = std::fs::read(key).map_err(|error| trouble(format!("{key} cannot be read: {error}")))?;
    let secret = PrivateKeyDer::from_pem_slice(&secret);
    // The reader's own message could quote what it read.
    let secret = secret.map_err(|_| trouble(format!("{key} holds no private key in PEM")))?;
    let pair = CertifiedKey::from_der(chain.clone(), secret.clone_key(), &ring::default_provider());
    let pair = pair.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => trouble(format!("{key} is not the key of {certificate}")),
        error => trouble(format!("{key} cannot be used: {error}")),
    })?;
    Ok(Identity { chain, key: secret, pair })
}
