//! One run of the program: arguments -> a command -> streams and an exit code. Data goes to stdout, talk to stderr.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;

use crate::command::args::{Args, Command};
use crate::command::editable::editable;
use crate::command::formats::Report;
use crate::command::github;
use crate::command::report;
use crate::command::run;
use crate::command::sarif;
use crate::command::shells;
use crate::command::workspace::{Outcome, pretty};
use crate::disk::git;
use crate::disk::read::Failure;
use crate::text::finding::{Finding, Severity};
use crate::text::secret;
use crate::text::shown;

/// Runs the program and returns its exit code.
pub fn run() -> u8 {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    let result = match args.command {
        Command::Completions { shell } => shells::completions(shell),
        Command::Man { ref name } => shells::man(name.as_deref()),
        _ => run::run(&args),
    };
    match result {
        Ok(outcome) => finish(outcome, &args),
        Err(Failure::Findings(findings)) => finish(Outcome { findings, ..Outcome::default() }, &args),
        Err(Failure::Environment(error)) => {
            let mut causes = error.chain().map(|cause| shown::text(&secret::masked(&cause.to_string())));
            let first = causes.next().unwrap_or_default();
            let (what, hint) = first.split_once('\n').map_or((first.as_str(), None), |(what, hint)| (what, Some(hint)));
            let _ = writeln!(
                anstream::stderr(),
                "error: {}",
                causes.fold(what.to_owned(), |text, cause| format!("{text}: {cause}"))
            );
            if let Some(hint) = hint {
                let _ = writeln!(anstream::stderr(), "hint: {hint}");
            }
            2
        }
    }
}

fn finish(mut outcome: Outcome, args: &Args) -> u8 {
    let findings: Vec<Finding> = outcome.findings.into_iter().map(report::masked).collect();
    let format = match &args.command {
        Command::Check(check) => check.output,
        _ => Report::Text,
    };
    if !outcome.exact {
        outcome.data = shown::text(&secret::masked(&outcome.data));
    }
    let mut text = String::new();
    match format {
        Report::Text => text = report::text(&findings),
        Report::Json => outcome.data += &pretty(&report::json(&findings)),
        Report::Sarif => {
            let (findings, folder) = in_repository(&findings, args);
            outcome.data += &pretty(&sarif::log(&findings, &folder));
        }
        Report::Github => {
            let (findings, folder) = in_repository(&findings, args);
            outcome.data += &github::commands(&findings, &folder);
        }
    }
    // A reader that stops early (`| head`) is not our failure.
    let _ = write!(anstream::stderr(), "{text}{}", shown::text(&secret::masked(&outcome.talk)));
    let mut stdout = std::io::stdout();
    if let Err(error) = stdout.write_all(outcome.data.as_bytes()).and_then(|()| stdout.flush())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        let _ = writeln!(anstream::stderr(), "error: cannot write the output: {error}");
        return 2;
    }
    let errors = findings.iter().any(|f| f.severity == Severity::Error);
    // Of `diff`: what differs is 1, and inputs that cannot be compared are 2.
    match args.command {
        Command::Diff(_) if errors && !outcome.differs => 2,
        _ => u8::from(errors || outcome.differs),
    }
}

/// Findings at files that the author of a change can edit, and the way from the repository's root to the working folder; without
/// a repository from where the command was started.
fn in_repository(findings: &[Finding], args: &Args) -> (Vec<Finding>, PathBuf) {
    let of_others = matches!(&args.command, Command::Check(check) if check.manifests.is_some());
    let exists = |name: &str| of_others || args.directory.join(name).is_file();
    let features = args.file.to_string_lossy();
    let findings = findings.iter().map(|finding| editable(finding.clone(), &exists, &features)).collect();
    let folder = match git::upward(&args.directory, Path::new(".git")) {
        Some((_, prefix)) => PathBuf::from(prefix),
        None => args.directory.clone(),
    };
    (findings, folder)
}
