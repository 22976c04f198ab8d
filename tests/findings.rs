//! The pages of docs/findings: each has an example that earns the finding, what is said about it, and an example that is
//! fine. `UPDATE_GOLDEN=1 cargo test --test findings` writes what is said into the pages.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use gatewright::text::finding::Code;

/// What `check` prints about the given manifests, and the codes in it.
fn check(manifests: &str) -> (String, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["check", "--manifests", "-"])
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("piped").write_all(manifests.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    let said: String =
        said.split_inclusive('\n').filter(|line| !line.starts_with("custom resources were not")).collect();
    let codes = said.lines().filter_map(|l| {
        let rest = l.strip_prefix("error[").or_else(|| l.strip_prefix("warning["))?;
        Some(rest.split_once(']')?.0.to_owned())
    });
    let codes = codes.collect();
    (said, codes)
}

/// The text of the fenced block with that info string, and where it stands in the page.
fn block<'a>(page: &'a str, info: &str) -> Option<(&'a str, std::ops::Range<usize>)> {
    let fence = format!("\n```{info}\n");
    let start = page.find(&fence)? + fence.len();
    // An empty block ends where it starts.
    let end = start + page[start - 1..].find("\n```")?;
    Some((&page[start..end], start..end))
}

#[test]
fn every_page_has_an_example_that_earns_it_and_one_that_does_not() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir("docs/findings").expect("the pages") {
        let path = entry.expect("readable").path();
        let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if code == "README" {
            continue;
        }
        let page = fs::read_to_string(&path).expect("text");
        assert!(Code::ALL.iter().any(|c| c.name() == code), "docs/findings/{code}.md is about no code");
        assert!(page.starts_with(&format!("# {code}\n")), "docs/findings/{code}.md does not start with its code");
        // Claims and plans need a whole platform: their examples stand in tests/diagnostics.
        let (Some((before, _)), Some((after, _))) = (block(&page, "yaml before"), block(&page, "yaml after")) else {
            assert!(fs::exists(format!("tests/diagnostics/{code}")).unwrap_or(false), "{code}: no examples");
            continue;
        };
        let ((said, bad), (_, good)) = (check(before), check(after));
        // An example may show what another rule warns of too, as long as it does so before and after.
        if !bad.contains(&code) || good.iter().any(|c| *c == code || !bad.contains(c)) {
            wrong.push(format!("{code}: before earns {bad:?}, after earns {good:?}"));
        }
        match block(&page, "text") {
            Some((wanted, _)) if wanted == said => {}
            Some((_, range)) if env::var_os("UPDATE_GOLDEN").is_some() => {
                let page = format!("{}{said}{}", &page[..range.start], &page[range.end..]);
                fs::write(&path, page).expect("writable");
            }
            Some(_) => wrong.push(format!("{code}: the page does not show what is said:\n{said}")),
            None => wrong.push(format!("{code}: no block `text` with what is said")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
