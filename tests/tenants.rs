//! The script of `tenants` against a mock of LiteLLM's admin API (tests/tenants/mock.py), and what the file may not say.

#![allow(clippy::disallowed_methods, reason = "tools are found by the environment")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const MASTER: &str = "sk-master-of-the-mock-0123";

const TENANTS: &str = r#"
teams:
  search: { name: "Search $(it) 'and' more", models: [qwen3-0-6b], budget: 100, budgetDuration: 30d, rpm: 600 }
  ops: { models: [qwen3-0-6b] }
keys:
  search-backend:
    team: search
    budget: 20
    duration: 90d
    allowedRoutes: [/v1/embeddings, /v1/chat/completions]
    value: { env: SEARCH_KEY }
  search-cron: { team: search, maxParallelRequests: 2, value: { secret: cron, field: key } }
  alone: { models: [qwen3-0-6b] }
"#;

/// The mock, which ends with its test.
struct Mock {
    process: Child,
    url: String,
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Mock {
    fn start() -> Option<Self> {
        let Ok(mut process) =
            Command::new("python3").args(["-B", "tests/tenants/mock.py"]).stdout(Stdio::piped()).spawn()
        else {
            eprintln!("skipped: there is no python3");
            return None;
        };
        let mut port = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut port).expect("a port");
        Some(Self { process, url: format!("http://127.0.0.1:{}", port.trim()) })
    }

    /// A call past the script, as somebody else makes it.
    fn call(&self, path: &str, body: Option<Value>) -> Value {
        let (method, body) = body.map_or(("GET", String::new()), |body| ("POST", body.to_string()));
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nAuthorization: Bearer {MASTER}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).expect("the mock runs");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("it answers");
        let (head, text) = said.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(" 200 "), "{path}: {said}");
        serde_json::from_str(text).expect("JSON")
    }

    fn state(&self) -> Value {
        self.call("/state", None)
    }
}

/// A working folder with this platform, and the file beside it.
fn folder(name: &str, tenants: &str) -> PathBuf {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tenants-{name}"));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(work.join("platform")).expect("writable");
    let features = "platform: { name: ai-dev, argocd: { repoURL: https://git.example.com/p.git } }\nsettings: { secret-store: { provider: vault, server: https://vault.example.com, role: llm } }\n";
    fs::write(work.join("platform/features.yaml"), features).expect("writable");
    fs::write(work.join("tenants.yaml"), tenants).expect("writable");
    let vault = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$WORK/calls\"\necho sk-of-the-vault-0123456789\n";
    fs::create_dir_all(work.join("bin")).expect("writable");
    fs::write(work.join("bin/vault"), vault).expect("writable");
    assert!(Command::new("chmod").arg("+x").arg(work.join("bin/vault")).status().expect("it runs").success());
    work
}

fn said(work: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output =
        command.arg("-C").arg(work.join("platform")).args(arguments).env("NO_COLOR", "1").output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// The script for what lies there, run as people run it: whether it ended well, and all that it said.
fn run(work: &Path, mock: &Mock, key: &str) -> (bool, String) {
    let (code, script, told) = said(work, &["tenants", "script", "../tenants.yaml", "--store", "vault"]);
    assert_eq!(code, 0, "{told}");
    assert!(
        (key.is_empty() || !script.contains(key)) && !script.contains(MASTER) && !script.contains("sk-of-the"),
        "{script}"
    );
    fs::write(work.join("script"), script).expect("writable");
    fs::write(work.join("answers"), "sk-of-the-terminal-0123456\n").expect("writable");
    let output = Command::new("sh")
        .current_dir(work)
        .arg("script")
        .env("PATH", format!("{}:{}", work.join("bin").display(), std::env::var("PATH").expect("a PATH")))
        .envs([("WORK", work), ("SEED_INPUT", &work.join("answers"))])
        .envs([("LITELLM_URL", mock.url.as_str()), ("LITELLM_MASTER_KEY", MASTER), ("SEARCH_KEY", key)])
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains(MASTER) && (key.is_empty() || !told.contains(key)) && !told.contains("sk-of-the"), "{told}");
    (output.status.success(), told)
}

const KEY: &str = "sk-of-the-environment-01";

/// What others made, with names that are near to ours.
fn others(mock: &Mock) {
    for body in [
        serde_json::json!({ "team_id": "search-2", "models": ["gpt"] }),
        serde_json::json!({ "team_id": "marked", "metadata": { "managed_by": "gatewright", "platform": "ai-prod" } }),
    ] {
        mock.call("/team/new", Some(body));
    }
    for alias in ["search-backend-2", "a-search-backend", "SEARCH-BACKEND", "alone-too"] {
        let body =
            serde_json::json!({ "key": format!("sk-other-{alias}-012345"), "key_alias": alias, "max_budget": 1 });
        mock.call("/key/generate", Some(body));
    }
}

#[test]
fn a_second_run_changes_nothing_and_others_stay() {
    let Some(mock) = Mock::start() else { return };
    let work = folder("twice", TENANTS);
    others(&mock);
    let before = mock.state();
    let (worked, told) = run(&work, &mock, KEY);
    assert!(worked && told.matches(": made").count() == 5, "{told}");
    let first = mock.state();
    let team = &first["teams"]["search"];
    assert_eq!(team["team_alias"], "Search $(it) 'and' more");
    assert_eq!((&team["max_budget"], &team["budget_duration"]), (&100.into(), &"30d".into()));
    let keys = first["keys"].as_object().expect("a map");
    let of = |alias: &str| keys.values().find(|key| key["key_alias"] == alias).expect("a key");
    assert_eq!(
        (&of("search-backend")["team_id"], &of("search-backend")["expires"]),
        (&"search".into(), &"in 90d".into())
    );
    assert_eq!(of("alone")["metadata"], serde_json::json!({ "managed_by": "gatewright", "platform": "ai-dev" }));
    let calls = fs::read_to_string(work.join("calls")).expect("a file");
    assert_eq!(calls, "kv get -mount=secret -field=key cron\n");

    let (worked, told) = run(&work, &mock, KEY);
    assert!(worked && told.matches("is as it should be").count() == 5, "{told}");
    assert_eq!(mock.state(), first);
    for kind in ["teams", "keys"] {
        for (name, other) in before[kind].as_object().expect("a map") {
            assert_eq!(&first[kind][name], other);
        }
    }
}

#[test]
fn what_differs_is_changed_and_nothing_else() {
    let Some(mock) = Mock::start() else { return };
    let work = folder("drift", TENANTS);
    assert!(run(&work, &mock, KEY).0);
    mock.call("/team/update", Some(serde_json::json!({ "team_id": "search", "max_budget": 5000, "tpm_limit": 7 })));
    let changes = mock.state()["changes"].as_array().map_or(0, Vec::len);
    fs::write(work.join("tenants.yaml"), TENANTS.replace("budget: 20", "budget: 30")).expect("writable");
    let (worked, told) = run(&work, &mock, KEY);
    assert!(worked && told.contains("team search: max_budget was 5000, is 100\n"), "{told}");
    assert!(told.contains("key search-backend: max_budget was 20, is 30\n"), "{told}");
    let state = mock.state();
    assert_eq!(state["changes"].as_array().map_or(0, Vec::len), changes + 2);
    // What the file does not say stays.
    assert_eq!(state["teams"]["search"]["tpm_limit"], 7);
    // Without the variable too: the value of a key that is there is not needed.
    let (worked, told) = run(&work, &mock, "");
    assert!(worked && told.matches("is as it should be").count() == 5, "{told}");
}

#[test]
fn what_is_not_ours_ends_the_run_before_it_changes_anything() {
    let foreign_team = serde_json::json!({ "team_id": "ops", "models": ["all"], "metadata": { "managed_by": "gatewright", "platform": "ai-prod" } });
    let foreign_key = serde_json::json!({ "key": "sk-somebody-elses-0123", "key_alias": "alone" });
    let same_value = serde_json::json!({ "key": KEY, "key_alias": "elsewhere" });
    for (name, path, body, wanted) in [
        ("team", "/team/new", foreign_team, "team ops: is there, and not made by gatewright for ai-dev"),
        ("key", "/key/generate", foreign_key, "key alone: is there, and not made by gatewright for ai-dev"),
        ("value", "/key/generate", same_value, "key search-backend: another key has this value"),
    ] {
        let Some(mock) = Mock::start() else { return };
        let work = folder(&format!("foreign-{name}"), TENANTS);
        mock.call(path, Some(body));
        let before = mock.state();
        let (worked, told) = run(&work, &mock, KEY);
        assert!(!worked && told.contains(wanted), "{told}");
        assert_eq!(mock.state(), before, "{name}");
    }
    let Some(mock) = Mock::start() else { return };
    let work = folder("values", TENANTS);
    for (key, wanted) in [
        ("", "the variable SEARCH_KEY has no value"),
        ("not-with-its-beginning-0123", "must begin with sk-"),
        ("sk-of-the-vault-0123456789", "another key has this value"),
    ] {
        let (worked, told) = run(&work, &mock, key);
        assert!(!worked && told.contains(wanted), "{told}");
    }
    assert_eq!(mock.state()["changes"], serde_json::json!([]));
    assert!(run(&work, &mock, KEY).0);
    let (worked, told) = run(&work, &mock, "sk-of-another-day-012345");
    assert!(!worked && told.contains("has another value, which LiteLLM does not change"), "{told}");
}

/// A file that Argo CD would sync, a key whose store is not named, another cluster's file.
#[test]
fn a_file_in_the_tree_is_refused() {
    let work = folder("refused", TENANTS);
    for part in ["rendered/ai-dev", "manifests/edge"] {
        let file = format!("{part}/tenants.yaml");
        fs::create_dir_all(work.join("platform").join(part)).expect("writable");
        fs::rename(work.join("tenants.yaml"), work.join("platform").join(&file)).expect("writable");
        let (code, out, told) = said(&work, &["tenants", "plan", &file]);
        assert!(code == 2 && out.is_empty() && told.contains("is delivered to the cluster"), "{told}");
        fs::rename(work.join("platform").join(&file), work.join("tenants.yaml")).expect("writable");
        fs::remove_dir(work.join("platform").join(part)).expect("writable");
    }
    let (code, _, told) = said(&work, &["tenants", "script", "../tenants.yaml"]);
    assert!(code == 2 && told.contains("--store vault"), "{told}");
    let (code, out, told) = said(&work, &["tenants", "plan", "../tenants.yaml"]);
    assert!(
        code == 0 && out.contains("key search-cron\n  of team search\n  2 requests at a time\n  value: that of cron"),
        "{out}{told}"
    );
    // Outside of a platform its name has to be there, and models are not looked at.
    fs::remove_file(work.join("platform/features.yaml")).expect("writable");
    let (code, _, told) = said(&work, &["tenants", "plan", "../tenants.yaml"]);
    assert!(code == 1 && told.contains("needs `platform`"), "{told}");
    fs::write(work.join("tenants.yaml"), format!("platform: ai-dev\n{TENANTS}")).expect("writable");
    let (code, _, told) = said(&work, &["tenants", "plan", "../tenants.yaml"]);
    assert!(code == 0 && told.contains("were not looked at"), "{told}");
}
