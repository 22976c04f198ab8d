//! How far a long run is: a bar on a terminal, a line a minute in a log, nothing for who wants quiet.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// What is shown, and how often, in milliseconds. A run that is over before the first time says nothing.
const BAR: u64 = 500;
const LINE: u64 = 60_000;

/// Letters of a full bar.
const WIDTH: usize = 30;

/// A run over so many things.
pub(crate) struct Progress {
    total: usize,
    what: &'static str,
    /// None: nothing is shown.
    every: Option<u64>,
    start: Instant,
    done: AtomicUsize,
    /// When it is told next.
    next: AtomicU64,
}

impl Progress {
    #[expect(clippy::disallowed_methods, reason = "how long it takes goes to stderr, and nothing else knows it")]
    pub(crate) fn new(total: usize, what: &'static str, quiet: bool) -> Self {
        let every = (!quiet).then(|| if std::io::stderr().is_terminal() { BAR } else { LINE });
        let next = AtomicU64::new(every.unwrap_or_default());
        Self { total, what, every, start: Instant::now(), done: AtomicUsize::new(0), next }
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        self.at(self.done.fetch_add(1, Ordering::Relaxed) + 1);
    }

    /// So many are done.
    pub(crate) fn at(&self, done: usize) {
        let Some(every) = self.every else { return };
        let (now, next) = (self.start.elapsed().as_millis() as u64, self.next.load(Ordering::Relaxed));
        let mine = || self.next.compare_exchange(next, now + every, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if now >= next && mine() {
            let (total, what, seconds) = (self.total, self.what, now / 1000);
            match every {
                BAR => eprint!("\r[{:<WIDTH$}] {done}/{total} {what}", "=".repeat(WIDTH * done / total.max(1))),
                _ => eprintln!("{done} of {total} {what} after {seconds} s"),
            }
        }
    }
}

impl Drop for Progress {
    /// What is said next has the line for itself.
    fn drop(&mut self) {
        if self.every == Some(BAR) && self.next.load(Ordering::Relaxed) > BAR {
            eprint!("\r\x1b[K");
        }
    }
}
