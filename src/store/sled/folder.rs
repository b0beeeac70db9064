//! The data folder of the embedded engine: whose it is, who may look in, and that one process alone holds it. It must
//! never touch a folder of another user, nor open a store that another process has open: two engines over one file are
//! two winners for one code.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::OpenError;

/// A data folder held by this process until dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock: File,
}

impl Drop for Folder {
    /// A program that is being started at this moment holds copies of all that is open here until it runs (fork before
    /// exec), and a lock ends with its last copy: so it is given up by word.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Folder {
    /// Makes the folder where there is none, looks at owner and mode, and takes the lock.
    pub fn claim(path: &Path) -> Result<Self, OpenError> {
        let unusable = |error: io::Error| OpenError::Folder { folder: path.to_owned(), why: error.to_string() };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let found = fs::metadata(path).map_err(unusable)?;
        let us = rustix::process::geteuid().as_raw();
        if found.uid() != us {
            return Err(OpenError::NotOurs { folder: path.to_owned(), owner: found.uid(), us });
        }
        if found.mode() & 0o077 != 0 {
            // Tightening a folder that is somebody's for other things (a home, a project) would surprise them.
            if is_fresh(path) && holds_other_things(path).map_err(unusable)? {
                return Err(OpenError::OpenToOthers { folder: path.to_owned(), mode: found.mode() & 0o777 });
            }
            tracing::warn!(folder = %path.display(), "the data folder was open to other users; it is 0700 now");
            fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(unusable)?;
        }
        let lock = lock(path)?;
        Ok(Self { path: path.to_owned(), lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The engine's own folder.
    pub fn engine(&self) -> PathBuf {
        engine(&self.path)
    }

    /// A copy of it, for looking without touching.
    pub fn rehearsal(&self) -> PathBuf {
        self.path.join("store.rehearsal")
    }

    /// The ledger as it was last second, outside the engine's folder: it tells when that is an older copy.
    pub fn mark(&self) -> PathBuf {
        mark(&self.path)
    }

    pub fn is_fresh(&self) -> bool {
        is_fresh(&self.path)
    }
}

fn engine(folder: &Path) -> PathBuf {
    folder.join("store")
}

fn mark(folder: &Path) -> PathBuf {
    folder.join("store.mark")
}

fn data(folder: &Path) -> PathBuf {
    engine(folder).join("db")
}

/// No store was ever made here. What cannot be seen counts as there: a key is made for a fresh store only.
pub fn is_fresh(folder: &Path) -> bool {
    let absent = |path: PathBuf| matches!(path.try_exists(), Ok(false));
    absent(mark(folder)) && absent(data(folder))
}

fn holds_other_things(folder: &Path) -> io::Result<bool> {
    const OURS: [&str; 4] = ["keys", "store.lock", "admin.sock", "setup-link"];
    for entry in fs::read_dir(folder)? {
        if !OURS.iter().any(|ours| entry.as_ref().is_ok_and(|entry| entry.file_name() == *ours)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let unusable = |error: io::Error| OpenError::Folder { folder: folder.to_owned(), why: error.to_string() };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(folder.join("store.lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // A file that holds no number yet names nobody; it is locked all the same.
            let _ = file.take(32).read_to_string(&mut pid);
            return Err(OpenError::InUse { folder: folder.to_owned(), pid: pid.trim().parse().ok() });
        }
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(unusable)?;
    Ok(file)
}

/// Writes `text` to a new file of mode 0600 and puts it in the place of `path`, durably: after a power cut there is the
/// old file or the new one, never half of one.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Copies a folder of files and folders; `to` must not exist.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Bytes in the files of a folder.
pub fn size(folder: &Path) -> io::Result<u64> {
    fs::read_dir(folder)?.try_fold(0, |sum, entry| {
        let entry = entry?;
        let found = entry.metadata()?;
        Ok(sum + if found.is_dir() { size(&entry.path())? } else { found.len() })
    })
}

/// Takes group and others out of everything the engine made: it leaves modes to the umask, which the process sets to
/// 077 before anything else.
pub fn tighten(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => tighten(&entry.path())?,
            false => fs::set_permissions(entry.path(), Permissions::from_mode(0o600))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that is being started holds copies of all that is open, until it runs.
    #[test]
    fn what_was_given_up_is_free_whoever_holds_a_copy_of_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::claim(folder.path()).unwrap();
        let _copy = held.lock.try_clone().unwrap();
        assert!(matches!(Folder::claim(folder.path()), Err(OpenError::InUse { .. })));
        drop(held);
        Folder::claim(folder.path()).expect("it was given up");
    }
}
