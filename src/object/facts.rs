//! What follows from one object alone, made once for all clusters that have an equal one. It may change the time, never a
//! finding.

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Whatever was asked of an object so far, one of a type and key.
#[derive(Debug, Default)]
pub struct Facts {
    /// Set once no rule that looks at one object alone has anything to say.
    pub clean: OnceLock<()>,
    made: Mutex<Vec<(String, Made)>>,
}

type Made = Arc<dyn Any + Send + Sync>;

impl Facts {
    /// The fact of that type and key, made if nobody asked before. Two threads may make it at the same time; it is the same.
    pub fn get<T: Any + Send + Sync>(&self, key: &str, make: impl FnOnce() -> T) -> Arc<T> {
        let lock = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(known, made): &(String, Made)| if known == key { made.clone().downcast().ok() } else { None };
        let known = lock().iter().find_map(of);
        known.unwrap_or_else(|| {
            let made = Arc::new(make());
            lock().push((key.to_owned(), made.clone()));
            made
        })
    }
}
