//! The program: everything stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::panic::catch_unwind(gatewright::cli::run) {
        Ok(code) => ExitCode::from(code),
        Err(_) => {
            eprintln!(
                "error: this is a mistake in gatewright, not in your files; please report it with the lines above"
            );
            ExitCode::from(3)
        }
    }
}
