//! One test per folder of `tests/diagnostics/`: the smallest input that earns a finding, and the whole message.
//! A folder is named `<code>` or `<code>--<variant>`; `command` holds arguments other than `check`.
//! `UPDATE_GOLDEN=1 cargo test --test diagnostics` rewrites `expected.txt`.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use gatewright::text::finding::Code;
use libtest_mimic::{Arguments, Failed, Trial};

const FOLDER: &str = "tests/diagnostics";

fn main() {
    let mut names: Vec<String> = fs::read_dir(FOLDER)
        .expect("the folder is part of the project")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let covered: BTreeSet<String> = names.iter().map(|n| n.split("--").next().unwrap_or_default().to_owned()).collect();
    // The pages of rules have their examples in them: tests/findings.rs.
    let paged = |code: &str| fs::exists(format!("rules/{code}.md")).unwrap_or(false);
    let mut trials = vec![Trial::test("every_code_has_an_example", move || {
        let missing: Vec<&str> =
            Code::ALL.iter().map(|c| c.name()).filter(|n| !covered.contains(*n) && !paged(n)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(format!("no folder in {FOLDER} for: {}", missing.join(", ")).into())
        }
    })];
    trials.extend(names.into_iter().map(|name| Trial::test(name.clone(), move || earns(&name))));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn earns(name: &str) -> Result<(), Failed> {
    let case = Path::new(FOLDER).join(name);
    let before = listing(&case);
    let arguments = fs::read_to_string(case.join("command")).unwrap_or_else(|_| "check".into());
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .arg("-C")
        .arg(&case)
        .args(arguments.split_whitespace())
        .env("NO_COLOR", "1")
        .env_remove("CI")
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    if listing(&case) != before {
        return Err("something was written".into());
    }
    let code = name.split("--").next().unwrap_or_default();
    if output.status.code() != Some(1) || !said.contains(&format!("[{code}]")) {
        return Err(format!("exit {:?}, want 1 and `[{code}]` in:\n{said}", output.status.code()).into());
    }
    let expected = case.join("expected.txt");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&expected, &said)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if said == wanted {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&wanted, &said).unified_diff().header("expected.txt", "said").to_string();
    Err(format!("{diff}\nif the change is meant: UPDATE_GOLDEN=1 cargo test --test diagnostics {name}").into())
}

fn listing(case: &Path) -> BTreeSet<String> {
    let files = walkdir::WalkDir::new(case).into_iter().flatten();
    files.map(|e| e.path().display().to_string()).filter(|p| !p.ends_with("expected.txt")).collect()
}
