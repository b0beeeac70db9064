//! The files a gateway is given: secrets, and the authorities that vouch for a provider. A secret that others on this
//! machine can read is none and is refused; what a file holds may never appear in a problem.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use reqwest::Certificate;

use crate::error::Problems;
use crate::secret::Secret;

/// The secret in `file`, without the white space around it. `what` says for the operator what belongs there; one that
/// is shorter than `least` characters is no secret.
pub(super) fn secret(
    key: &str,
    file: &str,
    what: &str,
    least: usize,
    problems: &mut Problems,
) -> Option<Secret<String>> {
    if file.is_empty() {
        problems.add(key, "is not set", format!("name a file with {what}"));
        return None;
    }
    let text = match std::fs::read_to_string(file) {
        Ok(text) => Secret::new(text),
        Err(error) => {
            problems.add(key, format!("{file} cannot be read: {error}"), "make the file readable for this user alone");
            return None;
        }
    };
    if open_to_others(Path::new(file)) {
        problems.add(key, format!("{file} can be read by other users"), format!("chmod 600 {file}"));
        return None;
    }
    let secret = text.expose().trim();
    if secret.chars().count() < least {
        problems.add(key, format!("the secret in {file} is short"), format!("write {what}"));
        return None;
    }
    Some(Secret::new(secret.to_owned()))
}

fn open_to_others(file: &Path) -> bool {
    // Others alone: secrets mounted by an orchestrator come with a group.
    std::fs::metadata(file).map_or(true, |found| found.mode() & 0o007 != 0)
}

/// The PEM text of `file`, which holds a certificate or more. No file: nothing, and the system's are used.
pub(super) fn authorities(key: &str, file: &str, problems: &mut Problems) -> Option<Vec<u8>> {
    if file.is_empty() {
        return Some(Vec::new());
    }
    let what = match std::fs::read(file) {
        Ok(pem) if Certificate::from_pem_bundle(&pem).is_ok_and(|found| !found.is_empty()) => return Some(pem),
        Ok(_) => format!("{file} holds no certificate in PEM"),
        Err(error) => format!("{file} cannot be read: {error}"),
    };
    problems.add(key, what, "name a PEM file with the CA of the receiver's certificate");
    None
}
