//! The pages of rules/: each has an example that earns the finding, what is said about it, and an example that is fine;
//! those that say their rule themselves can be read. `UPDATE_GOLDEN=1 cargo test --test findings` writes what is said into
//! the pages.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use gatewright::command::{prove, sets};
use gatewright::group::catalog::Catalog;
use gatewright::group::pages::Pages;
use gatewright::text::fences::blocks;
use gatewright::text::finding::Code;
use rayon::prelude::*;
use serde_json::Value;

/// Runs the program in a folder: exit code, stdout, stderr.
fn run(folder: &Path, arguments: &[&str], stdin: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut pipe = child.stdin.take().expect("piped");
    if !stdin.is_empty() {
        pipe.write_all(stdin.as_bytes()).expect("it reads");
    }
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What `check` prints about the given manifests, and the codes in it.
fn check(manifests: &str) -> (String, Vec<String>) {
    let (_, _, said) = run(Path::new("."), &["check", "--manifests", "-"], manifests);
    let said: String =
        said.split_inclusive('\n').filter(|line| !line.starts_with("custom resources were held")).collect();
    let codes = said.lines().filter_map(|l| {
        let rest = l.strip_prefix("error[").or_else(|| l.strip_prefix("warning["))?;
        Some(rest.split_once(']')?.0.to_owned())
    });
    let codes = codes.collect();
    (said, codes)
}

/// The text of the first fenced block with that info string, and where it stands in the page.
fn block<'a>(page: &'a str, info: &str) -> Option<(&'a str, Range<usize>)> {
    let range = blocks(page, info).into_iter().next()?;
    Some((&page[range.clone()], range))
}

#[test]
fn every_page_has_an_example_that_earns_it_and_one_that_does_not() {
    let one = |path: PathBuf| -> Vec<String> {
        let mut wrong = Vec::new();
        let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if code == "README" {
            return wrong;
        }
        let page = fs::read_to_string(&path).expect("text");
        assert!(Code::ALL.iter().any(|c| c.name() == code), "rules/{code}.md is about no code");
        assert!(page.starts_with(&format!("# {code}\n")), "rules/{code}.md does not start with its code");
        // What `diff` says takes two states: tests/review.rs.
        if block(&page, "yaml was").is_some() || code == "many-objects" {
            return wrong;
        }
        // Claims and plans need a whole platform: their examples stand in tests/diagnostics.
        let (Some((before, _)), Some((after, _))) = (block(&page, "yaml before"), block(&page, "yaml after")) else {
            assert!(fs::exists(format!("tests/diagnostics/{code}")).unwrap_or(false), "{code}: no examples");
            return wrong;
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
        wrong
    };
    let pages = fs::read_dir("rules").expect("the pages").map(|entry| entry.expect("readable").path());
    let wrong = pages.collect::<Vec<_>>().into_par_iter().flat_map_iter(one).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages that say their rule themselves; this only grows.
const WITH_RULES: usize = 44;

#[test]
fn every_rule_of_a_page_can_be_read() {
    let rules = Pages::ours().rules();
    let faults: Vec<String> =
        rules.filter_map(|rule| Some(format!("{}: {:?}", rule.code.name(), rule.fault()?))).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let pages: BTreeSet<&str> = Pages::ours().rules().map(|rule| rule.code.name()).collect();
    println!("{} pages have their rule in them", pages.len());
    assert!(pages.len() >= WITH_RULES, "{} pages have their rule in them", pages.len());
}

/// The two pages of a company in docs/rules.md, by file.
fn of_a_company() -> BTreeMap<String, String> {
    let docs = fs::read_to_string("docs/rules.md").expect("the docs");
    let page = |part: &str| {
        let (name, rest) = part.split_once("`:\n\n````markdown\n")?;
        Some((format!("rules/{name}"), rest.split_once("````").expect("an end").0.to_owned()))
    };
    docs.split("\n`rules/").filter_map(page).collect()
}

/// A platform in a folder of its own, with these files beside its features.yaml.
fn platform(name: &str, files: &BTreeMap<String, String>, more: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("rules")).expect("a folder");
    let features = "platform:\n  name: ai-dev\n  argocd: { repoURL: https://git.example.com/p.git }\n";
    fs::write(folder.join("features.yaml"), format!("{features}{more}")).expect("written");
    files.iter().for_each(|(path, text)| fs::write(folder.join(path), text).expect("written"));
    folder
}

#[test]
fn pages_of_a_company_count_wherever_ours_do() {
    let pages = of_a_company();
    assert_eq!(pages.len(), 2, "{pages:?}");
    let folder = platform("company", &pages, "");
    let run = |arguments: &[&str], stdin: &str| run(&folder, arguments, stdin);

    let (code, _, said) = run(&["check"], "");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error[registry-only]: Deployment serving/qwen3-0-6b runs "), "{said}");
    assert!(said.contains("warning[claim-without-class]: PersistentVolumeClaim "), "{said}");
    let (code, _, said) = run(&["render"], "");
    assert!(code == Some(1) && said.contains("[registry-only]") && !folder.join("rendered").exists(), "{said}");

    let page = &pages["rules/registry-only.md"];
    let (before, _) = block(page, "yaml before").expect("an example");
    let (code, _, said) = run(&["check", "--manifests", "-"], before);
    assert!(code == Some(1) && said.contains(" --> <stdin>:9:40\n") && said.contains("[registry-only]"), "{said}");
    assert_eq!(run(&["explain", "registry-only"], "").1, *page);
    assert!(run(&["resolve"], "").1.contains("catalog: rules/registry-only.md is added"));

    let (_, log, _) = run(&["check", "--manifests", "-", "-o", "sarif"], before);
    let log: Value = serde_json::from_str(&log).expect("JSON");
    let hit = &log["runs"][0]["results"][0];
    let rule = &log["runs"][0]["tool"]["driver"]["rules"][hit["ruleIndex"].as_u64().expect("a rule") as usize];
    assert_eq!((&hit["ruleId"], &rule["id"]), (&Value::from("registry-only"), &Value::from("registry-only")));
    assert!(
        rule["shortDescription"]["text"].as_str().is_some_and(|text| text.contains("company's registry")),
        "{rule}"
    );
    let (_, commands, _) = run(&["check", "--manifests", "-", "-o", "github"], before);
    assert!(commands.contains("title=registry-only"), "{commands}");

    let schema: Value = serde_json::from_str(&run(&["schema", "--rule"], "").1).expect("JSON");
    assert!(schema["properties"]["each"]["items"]["properties"]["holds"].is_object(), "{schema}");

    let catalog = Catalog::new(&pages).expect("sound pages");
    let proof = prove::prove(&catalog, &sets::sets(&catalog)[..1], |_| {});
    assert!(proof.failures.iter().any(|(_, finding)| finding.code.name() == "registry-only"), "{proof:?}");

    let (_, found, _) = run(&["check", "-o", "json"], "");
    let found: Vec<Value> = serde_json::from_str(&found).expect("JSON");
    let line = |f: &Value| {
        format!("  - {{ code: {}, object: {}, reason: it moves with the next release }}\n", f["code"], f["object"])
    };
    let silences: BTreeSet<String> = found.iter().map(line).collect();
    let silence = format!("silence:\n{}", silences.into_iter().collect::<String>());
    let silent = platform("silent", &pages, &silence);
    let (code, _, said) = self::run(&silent, &["check"], "");
    assert!(code == Some(0) && !said.contains('['), "{said}");
}

#[test]
fn a_rule_may_ask_for_the_platform_it_is_rendered_for() {
    let page = "# named-after\n\nA namespace is not named after the platform.\n\n```rule\nof: Namespace\nholds: \
                object.metadata.name != platform.name\nseverity: warning\nmessage: has the name of {{ platform.name }}\n\
                help: rename it\n```\n\n```yaml platform\nname: litellm\n```\n\n```yaml before\napiVersion: v1\nkind: \
                Namespace\nmetadata: { name: litellm }\n```\n\n```yaml after\napiVersion: v1\nkind: Namespace\nmetadata: \
                { name: other }\n```\n";
    let pages = BTreeMap::from([("rules/named-after.md".to_owned(), page.to_owned())]);
    let folder = platform("named", &pages, "");
    let features = "platform:\n  name: litellm\n  argocd: { repoURL: https://git.example.com/p.git }\n";
    assert!(!run(&folder, &["check"], "").2.contains("named-after"));
    fs::write(folder.join("features.yaml"), features).expect("written");
    let (code, _, said) = run(&folder, &["check"], "");
    assert!(code == Some(0) && said.contains("[named-after]: Namespace litellm has the name of litellm"), "{said}");
    let (before, _) = block(page, "yaml before").expect("an example");
    assert!(!run(&folder, &["check", "--manifests", "-"], before).2.contains("named-after"));
}

#[test]
fn a_page_of_the_user_replaces_ours() {
    let ours = fs::read_to_string("rules/negative-burst.md").expect("a page of ours");
    let theirs = ours.replace("holds: self >= 0", "holds: self >= 3").replace("burst: 0 }", "burst: 3 }");
    let folder = platform("replaced", &BTreeMap::from([("rules/negative-burst.md".to_owned(), theirs.clone())]), "");
    let (before, _) = block(&ours, "yaml before").expect("an example");
    let judge = |burst: &str| run(&folder, &["check", "--manifests", "-"], &before.replace("-6", burst)).2;
    assert!(judge("2").contains("[negative-burst]") && !judge("3").contains("[negative-burst]"));
    assert!(run(&folder, &["resolve"], "").1.contains("rules/negative-burst.md replaces the built-in file"));
    assert_eq!(run(&folder, &["explain", "negative-burst"], "").1, theirs);
}

#[test]
fn a_finding_says_when_another_version_runs() {
    let page = fs::read_to_string("rules/negative-burst.md").expect("a page");
    let (before, _) = block(&page, "yaml before").expect("an example");
    let with = |version: &str| {
        let source = format!("{{ repoURL: ghcr.io/x, chart: agentgateway, targetRevision: {version} }}");
        let destination = "{ server: https://kubernetes.default.svc, namespace: a }";
        let app = format!("{{ project: p, source: {source}, destination: {destination} }}");
        let head =
            "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: a, namespace: argocd }\n";
        check(&format!("{before}\n{head}spec: {app}\n")).0
    };
    let said = with("v1.3.0");
    assert!(said.contains("0 or more (seen with agentgateway 1.2.1, and v1.3.0 runs here)"), "{said}");
    assert!(!with("v1.2.1").contains("runs here"));
}
