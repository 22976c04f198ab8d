//! The operator's configuration patch: its rules one by one, its cases byte for byte, and what yaml.v3 itself answered.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::fs;
use std::path::Path;

use gatewright::agentic::config_patch::{marked, patched};
use gatewright::text::goyaml::{MAX_BYTES, MAX_DEPTH, Yaml, emit, read};
use serde_json::{Value, json};

const BASE: &str = "\
model_list:
    - model_name: gpt-3.5-turbo
      litellm_params:
        model: openai/gpt-3.5-turbo
        api_key: os.environ/OPENAI_API_KEY
mcp_servers:
    echo:
        url: http://echo.default/mcp
        transport: http
litellm_settings:
    request_timeout: 600
    callbacks:
        - otel
        - prometheus
";

fn base() -> Yaml {
    read(BASE).expect("a base")
}

/// What a patch makes of a base, both written on one line.
fn over(base: &str, patch: &str) -> String {
    patched(&read(base).expect("a base"), Some(patch)).unwrap_or_else(|e| panic!("{patch}: {e}"))
}

#[test]
fn without_a_patch_the_bytes_stay() {
    for patch in [None, Some(""), Some("null"), Some("~"), Some("{}"), Some("# nothing\n"), Some("---\n")] {
        assert_eq!(patched(&base(), patch).as_deref(), Ok(BASE), "{patch:?}");
    }
}

#[test]
fn with_a_patch_every_level_is_sorted() {
    let sorted = "\
litellm_settings:
    callbacks:
        - otel
        - prometheus
    request_timeout: 600
mcp_servers:
    echo:
        auth_type: oauth2
        headers:
            Authorization: os.environ/T
        transport: http
        url: http://echo.default/mcp
model_list:
    - litellm_params:
        api_key: os.environ/OPENAI_API_KEY
        model: openai/gpt-3.5-turbo
      model_name: gpt-3.5-turbo
router_settings:
    routing_strategy: usage-based-routing-v2
";
    let patch = "mcp_servers: {echo: {auth_type: oauth2, headers: {Authorization: os.environ/T}}}\n\
                 router_settings: {routing_strategy: usage-based-routing-v2}\n";
    assert_eq!(patched(&base(), Some(patch)).as_deref(), Ok(sorted));
}

/// The rules of the operator's `ApplyPatch`, and where it leaves RFC 7396.
#[test]
fn the_merge_is_the_operators() {
    for (base, patch, merged) in [
        // Nothing on something, something on nothing.
        ("{a: 1}", "{}", "a: 1\n"),
        ("{}", "{a: 1}", "a: 1\n"),
        // A scalar, a list and a map replace what is no map; lists are not appended to.
        ("{a: 600}", "{a: 1200}", "a: 1200\n"),
        ("{a: [x, y]}", "{a: [z]}", "a:\n    - z\n"),
        ("{a: {b: 1}}", "{a: 2}", "a: 2\n"),
        ("{a: {b: 1}}", "{a: [2]}", "a:\n    - 2\n"),
        ("{a: 1}", "{a: {b: 2}}", "a:\n    b: 2\n"),
        ("{a: [1]}", "{a: {b: 2}}", "a:\n    b: 2\n"),
        // Maps merge.
        ("{a: {b: {c: 1, d: 2}}}", "{a: {b: {d: 3, e: 4}}}", "a:\n    b:\n        c: 1\n        d: 3\n        e: 4\n"),
        ("{a: {b: 1}}", "{a: {}}", "a:\n    b: 1\n"),
        ("{a: 1}", "{b: 2}", "a: 1\nb: 2\n"),
        // Null removes where the base has the map around it.
        ("{a: 1, b: 2}", "{a: null}", "b: 2\n"),
        ("{a: {b: 1, c: 2}}", "{a: {b: ~}}", "a:\n    c: 2\n"),
        ("{a: 1}", "{b: null}", "a: 1\n"),
        ("{a: {b: 1}}", "{a: {b: null}}", "a: {}\n"),
        ("{a: 1}", "{a: null}", "{}\n"),
        // Elsewhere it stays; RFC 7396 would drop it.
        ("{}", "{a: {b: null}}", "a:\n    b: null\n"),
        ("{a: 1}", "{a: {x: null, y: 1}}", "a:\n    x: null\n    \"y\": 1\n"),
        ("{a: {}}", "{a: {b: {c: null}}}", "a:\n    b:\n        c: null\n"),
        // A map with a key that is no string is another type to Go and replaces; at the top all keys become strings.
        ("{a: {b: 1}}", "{a: {1: x}}", "a:\n    1: x\n"),
        ("{a: {b: 1}}", "{a: {true: x, c: y}}", "a:\n    true: x\n    c: \"y\"\n"),
        ("{\"1\": a}", "{1: b}", "\"1\": b\n"),
        // A second document is not looked at.
        ("{a: 1}", "a: 2\n---\na: 3\n", "a: 2\n"),
        ("{a: 1}", "a: 2\n---\n[", "a: 2\n"),
    ] {
        assert_eq!(over(base, patch), merged, "{base} with {patch}");
    }
}

#[test]
fn scalars_are_yaml_v3s() {
    for (scalar, written) in [
        ("yes", "\"yes\""),
        ("on", "\"on\""),
        ("0o17", "15"),
        ("017", "15"),
        ("1_000", "1000"),
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("1e3", "1000"),
        ("1e6", "1e+06"),
        ("0.10", "0.1"),
        ("~", "null"),
        ("12345678901234567890", "12345678901234567890"),
        ("\"0.5\"", "\"0.5\""),
        ("'a: b'", "'a: b'"),
        ("\"*x\"", "'*x'"),
        ("\"😀\"", "\"\\U0001F600\""),
        ("\"12:30\"", "\"12:30\""),
    ] {
        assert_eq!(over("{}", &format!("a: {{b: {scalar}}}")), format!("a:\n    b: {written}\n"));
    }
    assert_eq!(over("{}", "a: &x {b: 1}\nc: {<<: *x, d: 2}"), "a:\n    b: 1\nc:\n    b: 1\n    d: 2\n");
}

#[test]
fn keys_stand_in_natural_order() {
    assert_eq!(over("{}", "{k10: 1, a: 2, _u: 3, k9: 4, K1: 5}"), "_u: 3\nK1: 5\na: 2\nk9: 4\nk10: 1\n");
}

#[test]
fn what_is_no_patch_is_refused() {
    for (patch, words) in [
        ("- a\n- b\n", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}"),
        (
            "just text",
            "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `just text` into map[string]interface {}",
        ),
        ("12", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!int `12` into map[string]interface {}"),
        ("a: 1\na: 2\n", "yaml: unmarshal errors:\n  line 2: mapping key \"a\" already defined at line 1"),
        ("a: {b: 1, b: 2}", "yaml: unmarshal errors:\n  line 1: mapping key \"b\" already defined at line 1"),
        ("this: : is: not: yaml", "yaml: line 1: "),
        ("a: [1", "yaml: line "),
        ("a: \u{7}", "yaml: control characters are not allowed"),
        ("a: *nobody", "yaml: line 1: "),
        ("a: &x [*x]", "yaml: anchor 'x' value contains itself"),
        // Go reads the map up to here and forgets the rest without a word.
        ("  a: 1\nb: 2\n", "yaml: line 2: did not find expected <document start>"),
        // Go makes a map of another type of it, which our value cannot tell.
        ("a: {!foo b: 1}", "yaml: line 1: keys with a tag other than !!str are not supported"),
    ] {
        let error = patched(&base(), Some(patch)).expect_err(patch);
        assert!(error.starts_with(words), "{patch}: {error}");
    }
}

#[test]
fn limits_hold() {
    let deep = format!("a: {}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
    let steps = |start: &str, link: &str| {
        (1..60).fold(format!("a0: &a0 {start}\n"), |text, i| {
            text + &format!("a{i}: &a{i} {}\n", link.replace('*', &format!("*a{}", i - 1)))
        })
    };
    let texts = [
        ("deep", deep),
        ("deep through aliases", steps("[]", "[[*]]")),
        ("a bomb of values", steps("x", "[*, *, *, *, *, *, *, *, *]")),
        ("a bomb of text", steps(&"x".repeat(MAX_BYTES / 4), "[*, *]")),
        ("a bomb of merges", steps("{x: 1}", "{<<: [*, *, *, *, *, *], y: *}")),
        ("long", format!("a: {}", "x".repeat(MAX_BYTES))),
    ];
    for (name, text) in texts {
        assert!(read(&text).is_err(), "{name}");
    }
    let wide: String = (0..40_000).map(|i| format!("k{}: {i}\n", i * 7919 % 40_000)).collect();
    assert!(over("{}", &wide).starts_with("k0: 0\nk1: "));
}

/// Cuts and changes of a text that has everything: an error or a value, never a panic.
#[test]
fn no_text_makes_it_panic() {
    let text = "\u{feff}%YAML 1.1\n--- # c\na: &x {b: [1, 'q', \"d\\n\\u00e9\"], ? c : !!binary gA==}\n<<: *x\n? |-\n   k\n: >+2\n\
                    v\n\n  w\n- : é😀\n";
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    for &at in &ends {
        let (before, after) = text.split_at(at);
        let mut texts = vec![
            before.to_string(),
            after.to_string(),
            before.to_string() + &after.chars().skip(1).collect::<String>(),
        ];
        texts.extend("\n\t :-?#&*!|>'\"%{}[],\\\r\0\u{85}".chars().map(|c| format!("{before}{c}{after}")));
        for text in texts {
            if let Ok(value) = read(&text) {
                emit(&value);
            }
        }
    }
}

#[test]
fn explain_marks_what_the_patch_changed() {
    let patch = "litellm_settings: {request_timeout: 5, callbacks: null}\nmodel_list: null\nmcp_servers: null\nz: 1\n";
    let base = base();
    let text = patched(&base, Some(patch)).expect("a patch");
    let lines = marked(&base, &text);
    let changed: Vec<&str> = lines.lines().filter(|line| !line.starts_with("- ")).collect();
    assert_eq!(changed, ["  litellm_settings:", "+     request_timeout: 5", "+ z: 1"], "{lines}");
    assert!(lines.contains("-     request_timeout: 600\n"), "{lines}");
    let same = marked(&base, &patched(&base, Some("litellm_settings: {}")).expect("a patch"));
    assert!(same.lines().all(|line| line.starts_with("  ")), "{same}");
}

#[test]
fn json_values_are_written_as_yaml_v3_would() {
    let value =
        json!({ "z": [1, -1, 1.5, 18446744073709551615u64, null, true], "a": { "on": "1" }, "e": {}, "f": [[[]]] });
    let text = "z:\n    - 1\n    - -1\n    - 1.5\n    - 18446744073709551615\n    - null\n    - true\n\
                a:\n    \"on\": \"1\"\ne: {}\nf:\n    - - []\n";
    assert_eq!(emit(&Yaml::from(&value)), text);
}

/// The cases restated from the operator's code, when they are beside the project.
#[test]
fn the_operators_cases() {
    let folder = Path::new("../shared/agentic/config");
    let Ok(entries) = fs::read_dir(folder) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let file = |name: String| fs::read_to_string(folder.join(name)).ok();
    let mut judged = 0;
    for entry in entries {
        let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
        let Some(case) = name.strip_suffix(".yaml") else { continue };
        match case.strip_suffix(".patch") {
            Some(case) => {
                let base = read(&file("ai-one.yaml".into()).expect("the base of all patches")).expect("a base");
                let result = patched(&base, file(name.clone()).as_deref());
                match (file(format!("{case}.yaml")), file(format!("{case}.error.txt"))) {
                    (Some(text), _) => assert_eq!(result, Ok(text), "{case}"),
                    (None, Some(words)) => assert_eq!(result.expect_err(case), words.trim_end(), "{case}"),
                    (None, None) => panic!("{case}: neither a result nor an error"),
                }
            }
            // What the operator wrote without a patch reads back and is written the same.
            None => {
                let text = file(name.clone()).expect("readable");
                assert_eq!(emit(&read(&text).expect(case)), text, "{case}");
            }
        }
        judged += 1;
    }
    assert!(judged > 0, "{} holds no case", folder.display());
}

/// yaml.v3's own answers: those in `config_patch.jsonl`, or those that the judge `goyaml3` has just made.
#[test]
fn yaml_v3_said_so() {
    let path = std::env::var("GOYAML3_ANSWERS").unwrap_or_else(|_| "tests/config_patch.jsonl".into());
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut differences = Vec::new();
    let mut judged = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a line of JSON");
        let field = |name: &str| case[name].as_str();
        let base = read(field("base").expect("a base")).expect("yaml.v3 wrote it");
        let ours = patched(&base, field("patch"));
        let same = match (field("text"), field("error"), &ours) {
            (_, Some("chance"), _) => continue,
            (Some(text), _, Ok(ours)) => text == ours,
            // The decoder's words are the same; the parser's are its own.
            (_, Some(words), Err(ours)) => words == ours || !words.contains("unmarshal errors"),
            _ => false,
        };
        judged += 1;
        if !same {
            differences.push(format!("{line}\nours: {ours:?}"));
        }
    }
    let some: String = differences.iter().take(5).map(|d| format!("\n{d}")).collect();
    assert!(differences.is_empty(), "{} of {judged} cases differ:{some}", differences.len());
    assert!(judged > 100, "{path} has only {judged} cases");
}
