//! The program: everything stands in the library.

use std::panic;
use std::process::ExitCode;

use gatewright::verdict::cel;

/// Nested templates and files are followed by recursion: a stack that no allowed input exhausts.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !cel::evaluating() {
            print(info)
        }
    }));
    rayon::ThreadPoolBuilder::new().stack_size(STACK / 4).build_global().expect("the first pool of this process");
    let run =
        std::thread::Builder::new().stack_size(STACK).spawn(gatewright::cli::run).expect("a thread can be started");
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
