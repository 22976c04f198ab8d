//! Ctrl-C -> a flag: a long run stops and says what it saw. The second one ends the process at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

use crate::command::workspace::Result;

/// The exit code of a process that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// A flag that is set by the first Ctrl-C from now on.
pub(crate) fn watched() -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    // In this order: the second one finds the flag set.
    flag::register_conditional_shutdown(SIGINT, INTERRUPTED, stopped.clone())
        .and_then(|_| flag::register(SIGINT, stopped.clone()))
        .context("cannot watch for Ctrl-C")?;
    Ok(stopped)
}
