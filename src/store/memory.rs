//! The engine of the tests: a sorted map. It keeps every promise of the joint but durability.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Mutex;

use async_trait::async_trait;

use super::{CommitError, Effect, Entry, Observer, Store, Unavailable, Version, Write};
use crate::clock::Time;

#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<String, Entry>,
    last: u64,
    observers: Vec<(String, Observer)>,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryStore")
    }
}

impl MemoryStore {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable> {
        Ok(self.lock().entries.get(key).filter(|entry| entry.alive(now)).cloned())
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<Entry>, Unavailable> {
        let inner = self.lock();
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let entries = inner.entries.range::<str, _>((from, Bound::Unbounded));
        let wanted = entries.map(|(_, entry)| entry).take_while(|entry| entry.key.starts_with(prefix));
        Ok(wanted.filter(|entry| entry.alive(now)).take(limit).cloned().collect())
    }

    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError> {
        super::check_size(&writes)?;
        let mut inner = self.lock();
        for write in &writes {
            if !super::holds(write.expect, inner.entries.get(&write.key), now) {
                return Err(CommitError::Conflict(write.key.clone()));
            }
        }
        inner.last += 1;
        let version = Version(inner.last);
        let mut changed = Vec::new();
        for write in writes {
            match write.effect {
                Effect::Put(value) => {
                    let entry = Entry { key: write.key.clone(), value, version, expires: write.expires };
                    inner.entries.insert(write.key.clone(), entry);
                }
                Effect::Delete => {
                    inner.entries.remove(&write.key);
                }
                Effect::Keep => continue,
            }
            changed.push(write.key);
        }
        let observers = inner.observers.clone();
        drop(inner);
        for key in &changed {
            for (_, observer) in observers.iter().filter(|(prefix, _)| key.starts_with(prefix.as_str())) {
                observer(key);
            }
        }
        Ok(version)
    }

    fn watch(&self, prefix: &str, observer: Observer) {
        self.lock().observers.push((prefix.to_owned(), observer));
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}
