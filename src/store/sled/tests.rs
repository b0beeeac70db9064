//! What only the embedded engine must show: its files, its lock, its keys, damage, errors of the disk, and `kill -9`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::clock::StillClock;
use crate::secret::{Key, SystemRandom};
use crate::store::suite::{NOW, done, put, take, until};

fn keys(byte: u8) -> Arc<KeyRing> {
    Arc::new(KeyRing::new(Key::new([byte; 32]), Vec::new()))
}

fn options(keys: Arc<KeyRing>) -> SledOptions {
    SledOptions { cache: 16 << 20, keys, clock: Arc::new(StillClock::at(NOW)), random: Arc::new(SystemRandom) }
}

pub fn open(folder: &Path) -> Result<Arc<SledStore>, OpenError> {
    SledStore::open(folder, options(keys(1)))
}
