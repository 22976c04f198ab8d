//! The request guard of LiteLLM, out of a rendered tree: its unit tests (tests/guard, plain Python), and the settings that
//! could take it away.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use gatewright::command::pipeline;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;

/// What lies beside config.yaml.
fn files() -> BTreeMap<String, String> {
    let path = "golden/full/rendered/ai-dev/secrets/litellm/configmap-litellm-request-guard.yaml";
    let text = fs::read_to_string(path).expect("the ConfigMap of the guard");
    let object = kubeyaml::values(&Source::new(path, text)).expect("YAML").remove(0);
    serde_json::from_value(object["data"].clone()).expect("files")
}

#[test]
fn its_unit_tests_pass_in_plain_python() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("request-guard");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in files() {
        fs::write(folder.join(name), text).expect("written");
    }
    let run = Command::new("python3")
        .args(["-B", "tests/guard/test_request_guard.py"])
        .env("REQUEST_GUARD", &folder)
        .output()
        .expect("python3 runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// What is said of these settings of `litellm`, where the first line is.
fn said(settings: &str) -> Vec<String> {
    let text = format!(
        "platform:\n  name: ai-dev\n  argocd: {{ repoURL: https://git.example.com/p.git }}\nsettings:\n  litellm: {settings}\n"
    );
    let catalog = Catalog::new(&BTreeMap::new()).expect("the catalog");
    let inputs = Inputs { features: Source::new("features.yaml", text), clusters: Vec::new() };
    let clusters = pipeline::read(&inputs, &catalog).expect("read");
    let rendered = pipeline::render(&catalog, &clusters[0], &Memo::default());
    rendered.err().unwrap_or_default().into_iter().map(|finding| finding.message).collect()
}

#[test]
fn no_setting_opens_what_the_guard_closes() {
    let guard = files().remove("request_guard.py").expect("the module");
    let control =
        guard.split("CONTROL = frozenset(").nth(1).and_then(|rest| rest.split("\"\"\"").nth(1)).expect("a list");
    let mut names: Vec<&str> = control.split_whitespace().filter(|n| !n.contains('-')).collect();
    assert!(names.len() > 50, "{names:?}");
    names.extend(["aws_region_name", "azure_ad_token", "litellm_x", "mock_testing_fallbacks", "vertex_project"]);
    let told = said(&format!("{{ requestFields: [{}] }}", names.join(", ")));
    let missed: Vec<&&str> = names.iter().filter(|n| !told.iter().any(|t| t.starts_with(&format!("`{n}` ")))).collect();
    assert!(missed.is_empty(), "{missed:?} may be named in requestFields; told: {told:?}");
}

#[test]
fn no_patch_takes_the_guard_away() {
    for patch in [
        "{ litellm_settings: null }",
        "{ litellm_settings: { callbacks: null } }",
        "{ litellm_settings: { callbacks: [] } }",
        "{ litellm_settings: { callbacks: [otel] } }",
        "{ litellm_settings: { callbacks: [otel, request_guard.guard] } }",
        "{ litellm_settings: { callbacks: request_guard.guard } }",
        "{ litellm_settings: { global_disable_no_log_param: false } }",
        "{ litellm_settings: { global_disable_no_log_param: null } }",
        "{ litellm_settings: { use_chat_completions_url_for_anthropic_messages: false } }",
    ] {
        assert_eq!(said(&format!("{{ configPatch: {patch} }}")).len(), 1, "{patch}");
    }
    for fine in [
        "{ requestFields: [seedling, xTrace] }",
        "{ configPatch: { litellm_settings: { callbacks: [request_guard.guard, prometheus] } } }",
        "{ configPatch: { litellm_settings: { request_timeout: 60 } } }",
    ] {
        assert_eq!(said(fine), Vec::<String>::new(), "{fine}");
    }
}

/// The edge opens the paths that README gives to keys, and beside them only the count of tokens, each by its method.
#[test]
fn the_edge_opens_what_keys_may_use() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let list = readme.split("\"allowed_routes\": ").nth(1).and_then(|rest| rest.split('}').next()).expect("a list");
    let mut keys: Vec<String> = serde_json::from_str(list).expect("JSON");
    let path = "golden/edge/rendered/ai-dev/edge/httproute-litellm.yaml";
    let text = fs::read_to_string(path).expect("the route");
    let route = kubeyaml::values(&Source::new(path, text)).expect("YAML").remove(0);
    let rules = route["spec"]["rules"].as_array().expect("rules");
    let matches = rules.iter().flat_map(|rule| rule["matches"].as_array().expect("matches"));
    let mut open: Vec<String> = Vec::new();
    for one in matches {
        let path = one["path"]["value"].as_str().expect("a path");
        assert_eq!(one["path"]["type"], "Exact", "{path}");
        assert_eq!(one["method"], if path == "/v1/models" { "GET" } else { "POST" }, "{path}");
        open.push(path.to_owned());
    }
    keys.push("/v1/messages/count_tokens".to_owned());
    keys.sort();
    open.sort();
    assert_eq!(open, keys);
}
