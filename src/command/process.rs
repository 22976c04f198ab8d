//! The process around a command: its threads, their stacks, and what it says of a mistake of ours.

use std::process::ExitCode;
use std::{panic, thread};

use crate::command::cli;
use crate::command::shells;
use crate::verdict::cel;

/// Nested templates and files are followed by recursion: a stack that no allowed input exhausts.
const STACK: usize = 64 << 20;

/// Most threads that work: more gain nothing on one repository, and each reserves a stack.
const THREADS: usize = 16;

/// Runs the command that the arguments of the process name.
///
/// # Panics
/// When the system gives no thread.
pub fn run() -> ExitCode {
    // Before there are threads: it changes the environment.
    shells::answer();
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !cel::evaluating() {
            print(info)
        }
    }));
    let many = thread::available_parallelism().is_ok_and(|cores| cores.get() > THREADS);
    // 0: as many as there are cores, or as RAYON_NUM_THREADS says.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(if many { THREADS } else { 0 });
    pool.stack_size(STACK / 4).build_global().expect("the first pool of this process");
    let run = thread::Builder::new().stack_size(STACK).spawn(cli::run).expect("a thread can be started");
    match run.join() {
        Ok(code) => ExitCode::from(code),
        Err(_) => {
            eprintln!(
                "error: this is a mistake in gatewright, not in your files; please report it with the lines above"
            );
            ExitCode::from(3)
        }
    }
}
