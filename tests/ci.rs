//! What runs elsewhere (GitHub, GitLab, pre-commit, containers) is as its reader demands, and its steps do what they should when
//! they are run by hand.

#![allow(clippy::disallowed_methods, reason = "stubs are found by PATH")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use serde_json::Value;

fn read(file: &str) -> Value {
    let source = Source::new(file, fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}")));
    kubeyaml::values(&source).unwrap_or_else(|e| panic!("{file}: {e:?}")).remove(0)
}

/// A map has these keys, and of the others only those that its reader knows.
fn keys(what: &str, map: &Value, required: &[&str], known: &[&str]) {
    let map = map.as_object().unwrap_or_else(|| panic!("{what} is no map"));
    let lacks: Vec<_> = required.iter().filter(|key| !map.contains_key(**key)).collect();
    assert!(lacks.is_empty(), "{what} lacks {lacks:?}");
    let strange: Vec<_> =
        map.keys().filter(|key| !required.contains(&key.as_str()) && !known.contains(&key.as_str())).collect();
    assert!(strange.is_empty(), "{what} has {strange:?}, which nobody reads");
}

const STEP: [&str; 9] = ["name", "id", "if", "run", "shell", "env", "working-directory", "uses", "with"];

/// A step runs something or uses something; a script gets what others wrote from its environment, never into its text.
fn step(what: &str, step: &Value) {
    keys(what, step, &[], &STEP);
    assert_ne!(step["run"].is_string(), step["uses"].is_string(), "{what}");
    if let Some(script) = step["run"].as_str() {
        assert!(step["shell"] == "bash" && !script.contains("${{"), "{what}");
        let shell = Command::new("bash").args(["-n", "-c", script]).status().expect("bash runs");
        assert!(shell.success(), "{what}");
    }
    if let Some(action) = step["uses"].as_str() {
        let (name, version) = action.split_once('@').unwrap_or_else(|| panic!("{what}: which version?"));
        assert!(name.contains('/') && version.starts_with('v'), "{what}: {action}");
    }
}

fn steps(action: &Value) -> &[Value] {
    action["runs"]["steps"].as_array().expect("steps")
}

#[test]
fn the_action_is_one() {
    let action = read("action.yml");
    keys("action.yml", &action, &["name", "description", "runs"], &["inputs", "outputs", "branding", "author"]);
    keys("runs", &action["runs"], &["using", "steps"], &[]);
    assert_eq!(action["runs"]["using"], "composite");
    let mut inputs = BTreeSet::new();
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        keys(name, input, &["description"], &["required", "default"]);
        inputs.insert(name.as_str());
    }
    let text = fs::read_to_string("action.yml").expect("a file");
    for used in text.split("inputs.").skip(1) {
        let name = used.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
        assert!(inputs.contains(name), "no input {name}");
    }
    assert!(inputs.iter().all(|name| text.contains(&format!("inputs.{name}"))), "an input that nobody reads");
    steps(&action).iter().for_each(|one| step(one["name"].as_str().expect("a name"), one));
}

#[test]
fn workflows_ask_for_what_they_need_and_no_more() {
    for (name, file) in [("ci", ".github/workflows/ci.yml"), ("release", ".github/workflows/release.yml")] {
        let workflow = read(file);
        keys(file, &workflow, &["name", "on", "permissions", "jobs"], &["concurrency", "env", "defaults"]);
        assert_eq!(workflow["name"], name);
        assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }), "{file}");
        for (job, value) in workflow["jobs"].as_object().expect("jobs") {
            keys(
                job,
                value,
                &["runs-on", "steps", "timeout-minutes"],
                &["needs", "strategy", "permissions", "env", "if"],
            );
            value["steps"].as_array().expect("steps").iter().for_each(|one| step(job, one));
        }
    }
    let ci = read(".github/workflows/ci.yml");
    assert!(ci["jobs"]["all"]["steps"].as_array().unwrap().iter().any(|one| one["run"] == ".ci/run"));
    // What a release builds is what the action and the template fetch.
    let release = read(".github/workflows/release.yml");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let targets: BTreeSet<&str> = matrix.iter().map(|one| one["target"].as_str().unwrap()).collect();
    let install = fs::read_to_string("action.yml").expect("a file");
    let fetched = install.split("target=").skip(1).map(|rest| rest.split([' ', ';']).next().unwrap_or_default());
    assert_eq!(fetched.collect::<BTreeSet<_>>(), targets);
    assert!(
        fs::read_to_string("ci/gitlab.yml").expect("a file").contains("gatewright-x86_64-unknown-linux-musl.tar.gz")
    );
}

#[test]
fn other_readers_find_what_they_demand() {
    let hooks = read(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().expect("a list") {
        keys("a hook", hook, &["id", "name", "entry", "language"], &["description", "files", "pass_filenames"]);
        regex::Regex::new(hook["files"].as_str().unwrap()).expect("a pattern");
        let (code, _) = gatewright(
            Path::new("golden/default"),
            &hook["entry"].as_str().unwrap().replace("gatewright ", ""),
            "--help",
        );
        assert_eq!(code, 0);
    }
    let gitlab = read("ci/gitlab.yml");
    keys("ci/gitlab.yml", &gitlab, &["variables", "gatewright"], &[]);
    let known = ["stage", "image", "variables", "rules", "before_script", "artifacts"];
    keys("gatewright", &gitlab["gatewright"], &["script"], &known);
    for line in ["before_script", "script"].iter().flat_map(|part| gitlab["gatewright"][*part].as_array().unwrap()) {
        let line = line.as_str().expect("a command is a string");
        assert!(Command::new("sh").args(["-n", "-c", line]).status().expect("it runs").success(), "{line}");
    }
    let container = fs::read_to_string("Containerfile").expect("a file");
    let lines: Vec<&str> = container.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let known = ["FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT"];
    assert!(lines.iter().all(|line| known.contains(&line.split(' ').next().unwrap_or_default())), "{lines:?}");
    assert!(lines.contains(&"FROM scratch") && lines.contains(&"USER 65532:65532"), "{lines:?}");
    let rust = fs::read_to_string("Cargo.toml").expect("a file");
    let version = rust.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(lines[0].contains(&format!("rust:{version}-")), "{}: the program wants {version}", lines[0]);
}

fn gatewright(folder: &Path, command: &str, argument: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .current_dir(folder)
        .args([command, argument])
        .output()
        .expect("it runs");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A folder of its own below cargo's with stubs in `bin`, emptied first.
fn work(name: &str, stubs: &[(&str, &str)]) -> PathBuf {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(work.join("bin")).expect("writable");
    for (tool, text) in stubs {
        fs::write(work.join("bin").join(tool), format!("#!/bin/bash\n{text}")).expect("writable");
        assert!(Command::new("chmod").arg("+x").arg(work.join("bin").join(tool)).status().expect("it runs").success());
    }
    work
}

/// Runs a step of the action as a runner does: code, stdout and stderr.
fn run(work: &Path, name: &str, values: &[(&str, &str)]) -> (i32, String) {
    let action = read("action.yml");
    let step = steps(&action).iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no step {name}"));
    let declared = step["env"].as_object().expect("an environment");
    let given: BTreeSet<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(declared.keys().map(String::as_str).collect::<BTreeSet<_>>(), given, "{name}");
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().expect("a script")])
        .current_dir(work)
        .env("PATH", format!("{}:{}", work.join("bin").display(), std::env::var("PATH").expect("a PATH")))
        .envs(values.iter().copied())
        .envs(["RUNNER_TEMP", "WORK"].map(|name| (name, work)))
        .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("GITHUB_REPOSITORY", "example/platform")])
        .envs([("GITHUB_PATH", work.join("path")), ("GITHUB_STEP_SUMMARY", work.join("summary"))])
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), text)
}

/// The program comes from a release, and only when its checksum is right.
#[test]
fn the_action_installs_what_it_can_vouch_for() {
    let curl = "while [ \"$1\" != --output ]; do shift; done\ncp \"$WORK/release/$2\" \"$WORK/$2\"\necho \"$3\" >> \"$WORK/asked\"\n";
    let work = work("action-install", &[("curl", curl)]);
    fs::create_dir(work.join("release")).expect("writable");
    let pack = "cd release && echo '#!/bin/sh' > gatewright && chmod +x gatewright && \
                tar -czf gatewright-x86_64-unknown-linux-musl.tar.gz gatewright && sha256sum *.tar.gz > SHA256SUMS";
    assert!(Command::new("sh").args(["-c", pack]).current_dir(&work).status().expect("it runs").success());
    let values = [("VERSION", "v0.1.0"), ("RELEASES", "https://git.example.com/releases")];
    let (code, text) = run(&work, "Install", &values);
    assert_eq!(code, 0, "{text}");
    assert!(work.join("gatewright-bin/gatewright").is_file());
    assert!(fs::read_to_string(work.join("path")).expect("a file").ends_with("gatewright-bin\n"));
    let asked = fs::read_to_string(work.join("asked")).expect("a file");
    assert!(
        asked.starts_with("https://git.example.com/releases/v0.1.0/gatewright-x86_64-unknown-linux-musl.tar.gz\n"),
        "{asked}"
    );
    fs::remove_dir_all(work.join("gatewright-bin")).expect("writable");
    fs::write(
        work.join("release/SHA256SUMS"),
        format!("{}  gatewright-x86_64-unknown-linux-musl.tar.gz\n", "0".repeat(64)),
    )
    .unwrap();
    let (code, text) = run(&work, "Install", &values);
    assert!(code != 0 && !work.join("gatewright-bin").exists(), "{text}");
}

/// The steps that hold the tree and tell findings are the program's own answers.
#[test]
fn the_action_fails_where_the_program_does() {
    let ours = format!("exec {} \"$@\"\n", env!("CARGO_BIN_EXE_gatewright"));
    let work = work("action-check", &[("gatewright", &ours)]);
    fs::copy("features.yaml", work.join("features.yaml")).expect("writable");
    let values = [("DIRECTORY", ".")];
    let held = "The committed tree is what features.yaml renders";
    let (code, text) = run(&work, held, &values);
    assert!(code == 1 && text.contains("was never rendered"), "{text}");
    assert_eq!(gatewright(&work, "render", "--cluster=ai-dev").0, 0);
    assert_eq!(run(&work, held, &values), (0, String::new()));
    assert_eq!(run(&work, "Findings, as annotations", &values).0, 0);
    let text = fs::read_to_string(work.join("features.yaml")).expect("a file").replace("mcp: false", "mcp: maybe");
    fs::write(work.join("features.yaml"), text).expect("writable");
    let (code, text) = run(&work, "Findings, as annotations", &values);
    assert!(code == 1 && text.contains("::error file=") && text.contains("features.yaml,line="), "{text}");
    let (code, text) = run(&work, "Findings, for code scanning", &values);
    assert_eq!(code, 0, "findings are an answer: {text}");
    let sarif = fs::read_to_string(work.join("gatewright.sarif")).expect("a file");
    let sarif: Value = serde_json::from_str(&sarif).expect("SARIF is JSON");
    assert_eq!(sarif["version"], "2.1.0");
}

/// One comment on a pull request: written once, then edited; without the right to write there it is a warning.
#[test]
fn the_action_keeps_one_comment() {
    let gatewright = "echo \"$@\" > \"$WORK/asked\"\necho '## routine'\nexit \"${ENDS:-1}\"\n";
    // The API: comments of others, and ours once it is there.
    let gh = "printf '%s\\n' \"$*\" >> \"$WORK/calls\"\ncase \"$*\" in\n*--paginate*) [ ! -e \"$WORK/comment\" ] || echo 42 ;;\n\
              *) [ ! -e \"$WORK/closed\" ] || exit 1; for last; do :; done; cp \"${last#body=@}\" \"$WORK/comment\" ;;\nesac\n";
    let work = work("action-comment", &[("gatewright", gatewright), ("git", ""), ("gh", gh)]);
    let (what, say) = ("What the change does", "Say so on the pull request");
    let values = [("DIRECTORY", "platform"), ("BASE", "c0ffee")];
    let talk = [("DIRECTORY", "platform"), ("NUMBER", "7"), ("GH_TOKEN", "none")];
    let (code, text) = run(&work, what, &values);
    assert_eq!(code, 0, "a difference is an answer: {text}");
    assert_eq!(
        fs::read_to_string(work.join("asked")).expect("a file"),
        "-C platform diff --against c0ffee -o markdown\n"
    );
    assert_eq!(fs::read_to_string(work.join("summary")).expect("a file"), "<!-- gatewright platform -->\n## routine\n");
    for method in [
        "--method POST repos/example/platform/issues/7/comments",
        "--method PATCH repos/example/platform/issues/comments/42",
    ] {
        let (code, text) = run(&work, say, &talk);
        assert_eq!(code, 0, "{text}");
        let calls = fs::read_to_string(work.join("calls")).expect("a file");
        assert!(calls.lines().last().unwrap().contains(method), "{calls}");
    }
    assert_eq!(fs::read_to_string(work.join("comment")).expect("a file"), "<!-- gatewright platform -->\n## routine\n");
    fs::write(work.join("closed"), "").expect("writable");
    let (code, text) = run(&work, say, &talk);
    assert!(code == 0 && text.contains("::warning::"), "{text}");
}
