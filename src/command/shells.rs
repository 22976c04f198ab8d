//! What shells and manuals know of the command line: completions that ask the program itself, and man pages.

use anyhow::anyhow;
use clap::CommandFactory;
use clap_complete::env::{CompleteEnv, Shells};

use crate::command::args::Args;
use crate::command::workspace::{Outcome, Result};

/// The variable by which a shell asks for completions.
const ASKED: &str = "GATEWRIGHT_COMPLETE";

/// Answers a shell that asks for completions, and ends the process; otherwise does nothing.
pub(crate) fn answer() {
    CompleteEnv::with_factory(Args::command).var(ASKED).complete();
}

/// The script by which a shell asks.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Outcome> {
    let shells = Shells::builtins();
    let known = shells.completer(&shell.to_string()).ok_or_else(|| anyhow!("no completions for {shell}"))?;
    let mut script = Vec::new();
    known
        .write_registration(ASKED, "gatewright", "gatewright", "gatewright", &mut script)
        .map_err(|error| anyhow!("cannot write the script: {error}"))?;
    Ok(Outcome::exactly(String::from_utf8_lossy(&script)))
}

/// The man page of the program, or of one command.
pub(crate) fn man(name: Option<&str>) -> Result<Outcome> {
    let mut all = Args::command();
    all.build();
    let command = match name {
        None => all,
        Some(name) => all.find_subcommand(name).cloned().ok_or_else(|| anyhow!("there is no command `{name}`"))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| anyhow!("cannot write the page: {error}"))?;
    Ok(Outcome::exactly(String::from_utf8_lossy(&page)))
}
