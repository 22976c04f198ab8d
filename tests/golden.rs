//! One test per folder of `golden/`: it renders to exactly the files it promises.
//! `UPDATE_GOLDEN=1 cargo test --test golden` accepts; refused in CI.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::path::{Path, PathBuf};

use gatewright::command::golden;
use gatewright::command::report;
use gatewright::disk::read::{self, Failure};
use gatewright::group::catalog::Catalog;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let cases = read::cases(Path::new("golden")).expect("the folder golden/ is part of the project");
    let trials = cases.into_iter().map(|name| {
        let case = Path::new("golden").join(&name);
        Trial::test(name, move || hold(&case))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn hold(case: &Path) -> Result<(), Failed> {
    let catalog = Catalog::new(&Default::default()).map_err(|f| report::text(&f))?;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        if std::env::var_os("CI").is_some() {
            return Err("golden trees are not accepted in CI".into());
        }
        return golden::accept(&catalog, case).map(drop).map_err(told);
    }
    let difference = golden::difference(&catalog, case).map_err(told)?;
    match difference.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{difference}\nif the change is meant: UPDATE_GOLDEN=1 cargo test --test golden {}",
            name(case)
        )
        .into()),
    }
}

fn told(failure: Failure) -> Failed {
    match failure {
        Failure::Findings(findings) => report::text(&findings).into(),
        Failure::Environment(error) => format!("{error:#}").into(),
    }
}

fn name(case: &Path) -> String {
    PathBuf::from(case).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
