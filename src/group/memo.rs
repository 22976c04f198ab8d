//! Results by what they were made from, kept for the next cluster or feature set. It may change the time, never a byte. One
//! memo is for one catalog.

use std::any::Any;
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

/// Results of one generation. Those that nobody asked for during two generations are forgotten: what only one of many clusters
/// needs would otherwise stay to the end.
const GENERATION: usize = 4_000;

/// The digest of what a result was made from.
type Key = [u8; 32];

type Results = BTreeMap<Key, Arc<dyn Any + Send + Sync>>;

/// Results by key, shared between threads.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Generations>);

/// What was asked for of late, and what was asked for before that.
#[derive(Debug, Default)]
struct Generations {
    young: Results,
    old: Results,
}

impl Generations {
    fn get(&mut self, key: &Key) -> Option<Arc<dyn Any + Send + Sync>> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let known = self.old.remove(key)?;
        self.insert(*key, known.clone());
        Some(known)
    }

    fn insert(&mut self, key: Key, made: Arc<dyn Any + Send + Sync>) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, made);
    }
}

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
        let known = self.generations().get(&key);
        if let Some(known) = known {
            return Ok(known.downcast().expect("a step has one type of result"));
        }
        let made = Arc::new(make()?);
        self.generations().insert(key, made.clone());
        Ok(made)
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
