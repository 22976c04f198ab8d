//! Recognises key material, and covers it: one judgement for what users write, what is rendered and what is said. A value is
//! judged by its form, by its name and by what it is for; what is encrypted, only points at a key, or stands in for one is none.

pub mod value;
pub mod name;
pub mod form;
pub mod judge;
pub mod text;
pub mod walk;
pub mod kube;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::text::finding::{Code, Finding};
use crate::text::source::{Place, Source};
use crate::text::yaml::{Kind, Node};

/// What a text holds that belongs in a secret store: `None` when nothing does.
pub fn material(text: &str) -> Option<&'static str> {
    walk::holds(None, text)
}

/// The text with an asterisk for every byte of key material in it, so that it can be shown.
pub fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (range, _) in keys(text) {
        bytes[range].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b'*');
    }
    String::from_utf8(bytes).expect("whole words became asterisks")
}

/// The same for every text of a value.
pub fn mask(value: &mut Value) {
    let mut pointers = Vec::new();
    walk::keys(&*value, &mut |_, pointer, _| pointers.push(pointer.to_owned()));
    for pointer in pointers {
        if let Some(Value::String(text)) = value.pointer_mut(&pointer) {
            let safe = masked(text);
            *text = if safe == *text { "*".repeat(text.len()) } else { safe };
        }
    }
}

/// Key material in a text: which bytes, and what it is.
fn keys(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    form::keys(text).chain(text::keys(text))
}

/// A finding for each text of a document that holds something secret.
pub fn literals(node: &Node, findings: &mut Vec<Finding>) {
    walk::keys(node, &mut |value, pointer, what| findings.push(literal(what, pointer, value.place.clone())));
}

/// The same for variables in maps called `env`, whose names are believed more; what was found before is told once.
pub fn variables(node: &Node, findings: &mut Vec<Finding>) {
    for entry in node.entries() {
        for variable in entry.value.entries().iter().filter(|_| entry.key == "env") {
            let Kind::String(text) = &variable.value.kind else { continue };
            let place = &variable.value.place;
            let is_told = |f: &Finding| f.code == Code::LiteralSecret && f.place.as_ref() == Some(place);
            if let Some(what) = judge::variable(&variable.key, text)
                && !findings.iter().any(is_told)
            {
                findings.push(literal(what, "/env/", place.clone()));
            }
        }
        variables(&entry.value, findings);
    }
}

fn literal(what: &str, pointer: &str, place: Place) -> Finding {
    let way = match pointer.rsplit('/').nth(1) {
        Some("env") => "write `{ secret: KEY }` here, its key there",
        _ => "name its key here",
    };
    let help = format!(
        "put it into the secret store and {way}; `gatewright secrets` lists the keys. If it was committed, revoke it"
    );
    Finding::error(Code::LiteralSecret, format!("this looks like {what}")).place(place).help(help)
}

/// The same for the comments of a file, beside what was found in its values.
pub fn literals_in_comments(source: &Arc<Source>, findings: &mut Vec<Finding>) {
    let found = findings.iter().filter(|f| f.code == Code::LiteralSecret).filter_map(|f| f.place.as_ref());
    let values: BTreeMap<usize, usize> =
        found.filter(|place| place.source.name == source.name).map(|place| (place.start, place.end)).collect();
    for (place, what) in comments(source) {
        // A `#` in a text is no comment, and was looked at with the text.
        let seen = values.range(..=place.start).next_back().is_some_and(|(_, end)| place.start < *end);
        if !seen {
            findings.push(literal(what, "", place));
        }
    }
}

/// Key material in the comments of a YAML file.
pub fn comments(source: &Arc<Source>) -> Vec<(Place, &'static str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        if let Some(at) = comment(line) {
            let text = &line[at..];
            let first = keys(text).next();
            found.extend(
                first.map(|(range, what)| (Place::new(source, start + at + range.start, start + at + range.end), what)),
            );
        }
        start += line.len();
    }
    found
}

/// Where the comment of a line begins: a `#` after a space, outside of quotes.
fn comment(line: &str) -> Option<usize> {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return Some(at + 1),
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_seen_and_names_are_not() {
        for text in [
            "sk-ant-api03-AbCdEf0123456789",
            "sk-1234567890abcdefghij",
            "Bearer sk-proj-abc123def456ghi789",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "postgresql://litellm:hunter2@db:5432/litellm",
            "q8Zr3LmX0vTn5KcYw1PbHs7Dg4JfAe9U",
            "AKIAIOSFODNN7EXAMPLE",
            "https://ghp_abcDEF123456abcDEF123456abcDEF123456@github.com/x.git",
            "xai-abc123def456ghi789",
            "AccountName=x;AccountKey=abcd1234efgh5678==",
            "password=SuperSecret123!",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
        ] {
            assert!(material(text).is_some(), "{text}");
        }
        for text in [
            "sk-{{ .password }}",
            "https://git.example.com/ai-platform.git",
            "postgresql://litellm:{{ .password | urlquery }}@litellm-db-rw.litellm.svc:5432/litellm",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "gateway.networking.k8s.io/gateway-class-observed-generation",
            "routing/gateway-api-inference/egress/agentgatewaybackend-claude-haiku",
            "Qwen/Qwen3-0.6B",
            "ssh://git@git.example.com/x.git",
            "sk-learn-compatible-models",
            "sk-learn-v2-compatible-model",
            "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8",
            "unsloth/DeepSeek-R1-0528-Qwen3-8B-GGUF-Q4_K_M-UD",
            "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1-FP8-KV4",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        ] {
            assert_eq!(material(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_variables_are_believed_and_names_as_values_are_not() {
        for (name, value) in [
            ("MY_KEY", "Zk93jfuw82nfK"),
            ("PRIMARY_KEY", "abcde12345x"),
            ("LICENSE_KEY", "AB12-CD34-EF56-GH78"),
            ("ENCRYPTION_KEY", "abcdefghijk"),
            ("DB_SECRET", "abcdefgh1"),
            ("SECRET", "abcde"),
            ("SMTP_CREDENTIALS", "user:hunter22"),
        ] {
            assert_eq!(judge::variable(name, value), Some("a key"), "{name}");
        }
        for (name, value) in [
            ("TLS_SECRET", "litellm-tls-2"),
            ("SECRET", "litellm-salt"),
            ("OPENAI_API_KEY", "not-needed"),
            ("OPENAI_API_KEY", "lm-studio"),
            ("LITELLM_MASTER_KEY", "os.environ/MASTER"),
            ("SORT_KEY", "created2at4by"),
            ("CACHE_KEY", "litellm:v2:x9y8z7"),
            ("PARTITION_KEY", "tenant_id"),
            ("AZURE_CREDENTIAL", "DefaultAzureCredential"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/gcp/key.json"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "certs/a1b2c3d4.key"),
            ("DEFAULT_MAX_TOKENS", "16384"),
            ("LITELLM_CORS_ALLOW_CREDENTIALS", "true"),
            ("SECRET_NAME", "Zk93jfuw82nfK"),
            ("SOME_KEYS", "team_alias,user_id"),
        ] {
            assert_eq!(judge::variable(name, value), None, "{name}");
        }
    }

    #[test]
    fn what_is_masked_is_as_long_and_holds_no_key() {
        for (text, safe) in [
            ("a: sk-1234567890abcdefghij # b", "a: *********************** # b"),
            ("url: postgresql://litellm:hunter2@db:5432/x", "url: postgresql://litellm:*******@db:5432/x"),
            ("password=SuperSecret123! x", "password=*************** x"),
            (
                "k: |\n  -----BEGIN PRIVATE KEY-----\n  MIIE\u{e4}\n  -----END x",
                "k: |\n  ***************************\n********\n**-----END x",
            ),
            ("nothing: here", "nothing: here"),
        ] {
            assert_eq!(masked(text), safe);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    /// One document a shape; the comment above it says what it is.
    #[test]
    fn shapes_of_keys_are_refused_and_shapes_of_others_are_not() {
        for (file, text, refused) in [
            ("keys.yaml", include_str!("../../../tests/secrets/keys.yaml"), true),
            ("others.yaml", include_str!("../../../tests/secrets/others.yaml"), false),
        ] {
            let source = Source::new(file, text);
            let nodes = crate::text::yaml::nodes(&source).expect("YAML");
            assert!(nodes.len() >= 60, "{file} has {}", nodes.len());
            let wrong: Vec<String> = nodes
                .iter()
                .filter(|node| {
                    let value = node.to_value();
                    let mut found = kube::is_filled(&value);
                    kube::keys(&value, &mut |_, _| found = true);
                    found != refused
                })
                .map(|node| node.to_value().to_string())
                .collect();
            assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
        }
    }
}
