//! The sealing key's file: one key a line, newest first, `vestibule-sealing-key-1:` and 32 bytes in base64url. A key is
//! made only while the store is empty: a new key over a sealed store would look like a start and be a loss. The last line
//! is where derived keys come from and stays for good. A key must never be printed, not even in part.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::KeyRing;
use crate::secret::{Key, Random, random_bytes};

const TITLE: &str = "vestibule-sealing-key-1:";
/// More than any number of rotations; a larger file is not a key file.
const CEILING: u64 = 64 << 10;

/// Why there is no key. Two lines: what is wrong with which file, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    #[error("the sealing key {} is missing, but the store is sealed with it\n  put the file back: without it nobody can read the store, nor any copy of it", file.display())]
    Missing { file: PathBuf },
    #[error("the sealing key {} cannot be used: {why}\n  look at the rights on the file and its folder", file.display())]
    Unusable { file: PathBuf, why: String },
    #[error("the sealing key {} can be read by other users ({mode:03o})\n  chmod 600 {}; whoever has read it can read every copy of the store", file.display(), file.display())]
    OpenToOthers { file: PathBuf, mode: u32 },
    #[error("the sealing key {} is not readable as one: line {line} {why}\n  put the file back as it was made, or, while there is no store yet, remove it and a new one is made", file.display())]
    Malformed { file: PathBuf, line: usize, why: &'static str },
}

/// The keys in `path`. Makes the file, mode 0600, when it is not there and `store_is_empty`.
pub fn load_or_create(path: &Path, store_is_empty: bool, random: &dyn Random) -> Result<KeyRing, KeyFileError> {
    let unusable = |error: io::Error| KeyFileError::Unusable { file: path.to_owned(), why: error.to_string() };
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
        Err(_) if !store_is_empty => return Err(KeyFileError::Missing { file: path.to_owned() }),
        Err(_) => create(path, random).map_err(unusable)?,
    }
    load(path)
}

fn load(path: &Path) -> Result<KeyRing, KeyFileError> {
    let unusable = |why: String| KeyFileError::Unusable { file: path.to_owned(), why };
    let found = fs::metadata(path).map_err(|error| unusable(error.to_string()))?;
    if !found.is_file() || found.len() > CEILING {
        return Err(unusable("it is not a key file".to_owned()));
    }
    if found.mode() & 0o077 != 0 {
        return Err(KeyFileError::OpenToOthers { file: path.to_owned(), mode: found.mode() & 0o777 });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?);
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let malformed = |why| KeyFileError::Malformed { file: path.to_owned(), line: number + 1, why };
        keys.push(parse(line).map_err(malformed)?);
    }
    if keys.is_empty() {
        return Err(KeyFileError::Malformed { file: path.to_owned(), line: 1, why: "is empty" });
    }
    let older = keys.split_off(1);
    Ok(KeyRing::new(keys.remove(0), older))
}

fn parse(line: &str) -> Result<Key, &'static str> {
    let text = line.strip_prefix(TITLE).ok_or("does not begin with vestibule-sealing-key-1:")?;
    let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| "is not base64url")?);
    let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| "is not a key of 32 bytes")?;
    // 32 random bytes with fewer than 12 different ones do not happen; zeros, `changeme` over and over and the like do.
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    if seen.iter().filter(|seen| **seen).count() < 12 || bytes.iter().all(u8::is_ascii_graphic) {
        return Err("was not made at random");
    }
    Ok(Key::new(bytes))
}

/// Written beside, then linked: of two processes that start at once, one makes the key and both use it.
fn create(path: &Path, random: &dyn Random) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let key = Zeroizing::new(random_bytes::<32>(random));
    let text = Zeroizing::new(format!("{TITLE}{}\n", Zeroizing::new(BASE64URL_NOPAD.encode(&*key)).as_str()));
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = match fs::hard_link(&fresh, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    };
    fs::remove_file(&fresh)?;
    linked
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::secret::{DerivedRandom, SystemRandom};

    fn line(seed: u64) -> String {
        format!("{TITLE}{}\n", BASE64URL_NOPAD.encode(&random_bytes::<32>(&DerivedRandom::seeded(seed))))
    }

    /// What comes of a file with this text and mode, beside a sealed store.
    fn loaded(text: &str, mode: u32) -> Result<KeyRing, KeyFileError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sealing.key");
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
        let outcome = load_or_create(&file, false, &SystemRandom);
        assert_eq!(fs::read_to_string(&file).expect("there"), text, "never changed");
        outcome
    }

    #[test]
    fn a_key_is_made_for_an_empty_store_alone_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys/sealing.key");
        let missing = load_or_create(&file, false, &SystemRandom).expect_err("a store without its key");
        assert_eq!(missing, KeyFileError::Missing { file: file.clone() });
        assert!(missing.to_string().contains("keys/sealing.key") && missing.to_string().contains("put the file back"));
        assert!(!file.exists());
        let made = load_or_create(&file, true, &SystemRandom).expect("made");
        assert_eq!(fs::metadata(&file).expect("there").mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.path().join("keys")).expect("there").mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(folder.path().join("keys")).expect("a folder").count(), 1);
        for store_is_empty in [true, false] {
            let found = load_or_create(&file, store_is_empty, &SystemRandom).expect("found");
            assert_eq!(found.derive("test").expose(), made.derive("test").expose());
        }
    }

    #[test]
    fn st_10_the_newest_key_seals_and_older_ones_open() {
        let old = loaded(&line(1), 0o600).expect("good");
        let both = loaded(&(line(2) + &line(1)), 0o600).expect("good");
        let new = loaded(&line(2), 0o600).expect("good");
        let sealed = old.seal("record", b"plain", &SystemRandom);
        assert!(both.open("record", &sealed).is_ok());
        assert!(new.open("record", &sealed).is_err(), "a retired key opens nothing");
        assert!(new.open("record", &both.seal("record", b"plain", &SystemRandom)).is_ok());
        assert_eq!(both.derive("test").expose(), old.derive("test").expose());
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_with_its_name_and_line() {
        for mode in [0o640, 0o604, 0o660] {
            assert!(matches!(loaded(&line(1), mode), Err(KeyFileError::OpenToOthers { .. })), "{mode:o}");
        }
        let encoded = |bytes: &[u8]| format!("{TITLE}{}\n", BASE64URL_NOPAD.encode(bytes));
        for (bad, at) in [
            (String::new(), 1),
            ("changeme\n".to_owned(), 1),
            (format!("{TITLE}changeme\n"), 1),
            (encoded(&[0; 32]), 1),
            (encoded(b"changemechangemechangemechangeme"), 1),
            (encoded(&[7; 31]), 1),
            (line(1) + "\n", 2),
            (line(1) + "# a note\n", 2),
            (line(1) + &line(2).replace('\n', " \n"), 2),
            (line(1).replace("-1:", "-2:"), 1),
        ] {
            let error = loaded(&bad, 0o600).expect_err(&bad);
            assert!(matches!(error, KeyFileError::Malformed { line, .. } if line == at), "{bad}: {error}");
            assert!(error.to_string().contains("sealing.key"), "{error}");
        }
    }
}
