//! `init`: a commented configuration and the sealing key, to begin with.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::Ended;
use super::print::print;
use crate::app::Failure;
use crate::secret::Random;
use crate::store::load_or_create;

/// The smallest real file, which `init` makes its own.
const SMALLEST: &str = include_str!("../../config/vestibule.toml");
/// The data folder in it.
const INSTALLED: &str = "\"/var/lib/vestibule\"";

/// Writes `vestibule.toml` and `data/keys/sealing.key` into the folder; nothing that is there is touched.
pub fn init(folder: &Path, random: &dyn Random) -> Result<(), Ended> {
    let file = folder.join("vestibule.toml");
    let data = folder.join("data");
    let failed = |what: &Path, error: std::io::Error| {
        Failure::new(format!("{} cannot be made: {error}", what.display()), "choose a folder you may write to")
    };
    for path in [&file, &data] {
        if path.exists() {
            let what = format!("{} is there already", path.display());
            return Err(Failure::new(what, "choose another folder, or edit what is there").into());
        }
    }
    let keys = data.join("keys");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&keys).map_err(|error| failed(&keys, error))?;
    let key = keys.join("sealing.key");
    load_or_create(&key, true, random).map_err(|error| Failure::new(error.to_string(), "choose another folder"))?;
    let data = fs::canonicalize(&data).map_err(|error| failed(&data, error))?;
    let path = toml_edit::Value::from(data.to_string_lossy().as_ref()).to_string();
    let text = SMALLEST.replace(INSTALLED, path.trim());
    let mut options = OpenOptions::new();
    let written = options.write(true).create_new(true).mode(0o600).open(&file);
    written.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| failed(&file, error))?;
    print(|out| {
        writeln!(out, "Written: {} and {}", file.display(), key.display())?;
        writeln!(out, "Keep a copy of the key away from the data: without it the store cannot be read.")?;
        writeln!(out, "Now look at [[site]], then run: vestibule check && vestibule serve")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_file_names_its_data_folder_once() {
        assert_eq!(SMALLEST.matches(INSTALLED).count(), 1);
    }
}
