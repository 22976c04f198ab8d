//! A bounded store of results by the digest of what they were made from. It may change the time, never a byte.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

/// Results that are kept at most; beyond it the store starts over.
const LIMIT: usize = 20_000;

/// The digest of what a result was made from.
pub type Key = [u8; 32];

/// Results by key, shared between threads.
#[derive(Debug)]
pub struct Cache<V>(Mutex<BTreeMap<Key, V>>);

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Cache<V> {
    /// The result of these parts, made if it is not there. What fails is not kept.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get<E>(&self, parts: &[&str], make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let key: Key = digest.finalize().into();
        if let Some(known) = self.entries().get(&key) {
            return Ok(known.clone());
        }
        let made = make()?;
        let mut entries = self.entries();
        if entries.len() >= LIMIT {
            entries.clear();
        }
        entries.insert(key, made.clone());
        Ok(made)
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Key, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
