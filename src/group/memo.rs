//! Results by what they were made from, kept for the next cluster or feature set. It may change the time, never a byte. One
//! memo is for one catalog.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

/// Results that are kept at most; beyond it the store starts over.
const LIMIT: usize = 200_000;

/// The digest of what a result was made from.
type Key = [u8; 32];

/// Results by key, shared between threads.
#[derive(Debug, Default)]
pub struct Memo(Mutex<BTreeMap<Key, Arc<dyn Any + Send + Sync>>>);

impl Memo {
    /// What a step makes of these parts, made if it is not there. What fails is not kept.
    ///
    /// # Errors
    /// Those of `make`.
    ///
    /// # Panics
    /// When one step has results of two types.
    pub fn get<T: Any + Send + Sync, E>(
        &self,
        step: &'static str,
        parts: &[&str],
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut digest = Sha256::new();
        for part in [step].iter().chain(parts) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let key: Key = digest.finalize().into();
        let known = self.entries().get(&key).cloned();
        if let Some(known) = known {
            return Ok(known.downcast().expect("a step has one type of result"));
        }
        let made = Arc::new(make()?);
        let mut entries = self.entries();
        if entries.len() >= LIMIT {
            entries.clear();
        }
        entries.insert(key, made.clone());
        Ok(made)
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<dyn Any + Send + Sync>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
