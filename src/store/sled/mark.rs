//! The mark beside the store: format number in clear, ledger of the last second sealed. It is read before the engine is
//! opened, so that a store of a newer format or of another key is refused untouched; and an engine that knows fewer
//! commits than the mark is an older copy.

use std::io;
use std::path::Path;

use data_encoding::BASE64;

use super::folder;
use super::ledger::Ledger;
use crate::secret::Random;
use crate::store::{KeyRing, SealError};

/// The format that this version writes and the newest it reads.
pub const FORMAT: u32 = 1;

const TITLE: &str = "vestibule-store";
const PLACE: &str = "store mark";

#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("its mark is not readable")]
    Malformed,
    #[error("its mark is of format {0}")]
    Newer(u32),
    #[error(transparent)]
    Sealed(#[from] SealError),
}

/// The ledger in the mark; none where there is no mark.
pub fn read(path: &Path, keys: &KeyRing) -> Result<Option<Ledger>, MarkError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(MarkError::Malformed),
        Err(error) => return Err(error.into()),
    };
    let (title, sealed) = text.split_once('\n').ok_or(MarkError::Malformed)?;
    let format = title.strip_prefix(TITLE).and_then(|format| format.strip_prefix(' '));
    let format: u32 = format.and_then(|format| format.parse().ok()).ok_or(MarkError::Malformed)?;
    if format > FORMAT {
        return Err(MarkError::Newer(format));
    }
    let sealed = sealed.strip_suffix('\n').ok_or(MarkError::Malformed)?;
    let sealed = BASE64.decode(sealed.as_bytes()).map_err(|_| MarkError::Malformed)?;
    Ok(Some(Ledger::open(PLACE, &sealed, keys)?))
}

pub fn write(path: &Path, ledger: &Ledger, keys: &KeyRing, random: &dyn Random) -> io::Result<()> {
    let sealed = BASE64.encode(&ledger.seal(PLACE, keys, random));
    folder::replace(path, format!("{TITLE} {FORMAT}\n{sealed}\n").as_bytes())
}
