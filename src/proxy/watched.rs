//! What is made of files, and made again when they change. Whatever cannot be used never takes the place of what can: the
//! old value stays, the files are tried again, and trouble that lasts is told. Files that belong together are replaced one
//! after the other, so trouble that is gone after some looks was none.

use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

/// Looks that trouble lasts before it is told.
const PATIENCE: u32 = 10;

/// A value, and the files it is made of.
#[derive(Debug)]
pub struct Watched<T> {
    files: Vec<String>,
    value: ArcSwap<T>,
    watch: Mutex<Watch>,
}

/// What was seen of the files, and what was said about them.
#[derive(Debug)]
struct Watch {
    seen: Vec<Stamp>,
    /// Looks that came to nothing, one after another.
    vain: u32,
    told: Option<String>,
}

/// What changes whenever a file is written or replaced, through links as well. Two that cannot be looked at are alike.
type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;

/// What a look has found.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing, or nothing that is worth a word.
    Same,
    /// The new value is in force.
    New,
    /// The old value stays, and for this reason; told once.
    Trouble(String),
}

impl<T> Watched<T> {
    /// # Errors
    /// What `read` says.
    pub fn read<E>(files: Vec<String>, read: impl FnOnce() -> Result<T, E>) -> Result<Self, E> {
        // Before the files are read: what changes meanwhile is read again.
        let seen = stamps(&files);
        let value = ArcSwap::from_pointee(read()?);
        Ok(Self { files, value, watch: Mutex::new(Watch { seen, vain: 0, told: None }) })
    }

    /// The value in force.
    pub fn load(&self) -> Arc<T> {
        self.value.load_full()
    }

    /// Looks at the files, and makes the value anew where they changed or were of no use; to be called each second.
    pub fn look(&self, read: impl FnOnce() -> Result<T, String>, is_same: impl FnOnce(&T, &T) -> bool) -> Look {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = stamps(&self.files);
        if watch.seen == seen && watch.vain == 0 {
            return Look::Same;
        }
        watch.seen = seen;
        match read() {
            Ok(value) => {
                (watch.vain, watch.told) = (0, None);
                let is_same = is_same(&value, &self.value.load());
                self.value.store(Arc::new(value));
                if is_same { Look::Same } else { Look::New }
            }
            Err(why) => {
                watch.vain = watch.vain.saturating_add(1);
                if watch.vain < PATIENCE || watch.told.as_ref() == Some(&why) {
                    return Look::Same;
                }
                watch.told = Some(why.clone());
                Look::Trouble(why)
            }
        }
    }
}

fn stamps(files: &[String]) -> Vec<Stamp> {
    let stamp = |file: &String| {
        let seen = std::fs::metadata(file).ok()?;
        Some((seen.dev(), seen.ino(), seen.size(), seen.mtime(), seen.mtime_nsec(), seen.ctime(), seen.ctime_nsec()))
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_once_it_lasts_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("value").display().to_string();
        let read = || {
            let text = std::fs::read_to_string(&file).map_err(|_| "it is gone".to_owned())?;
            text.parse::<u32>().map_err(|_| format!("{text} is no number"))
        };
        // Replaced, as whatever renews files does: a new file is never taken for the old one.
        let write = |text: &str| {
            let new = folder.path().join("new");
            std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &file)).unwrap();
        };
        write("1");
        let watched = Watched::read(vec![file.clone()], read).unwrap();
        let look = || watched.look(read, |one, other| one == other);
        let is = |value: u32| assert_eq!(*watched.load(), value);
        assert_eq!(look(), Look::Same);
        write("2");
        assert_eq!(look(), Look::New);
        is(2);
        // Half of a renewal.
        write("x");
        assert_eq!(look(), Look::Same);
        is(2);
        write("3");
        assert_eq!(look(), Look::New);
        is(3);
        // It lasts.
        write("x");
        assert!((1..PATIENCE).all(|_| look() == Look::Same));
        assert_eq!(look(), Look::Trouble("x is no number".to_owned()));
        assert_eq!(look(), Look::Same, "once");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(look(), Look::Trouble("it is gone".to_owned()), "another, and by then it has lasted");
        is(3);
        write("3");
        assert_eq!(look(), Look::Same, "as it was");
        write("x");
        assert_eq!(look(), Look::Same, "from the beginning");
    }
}
