//! Recognises key material in text. Used on what users write and on what we render.

use crate::finding::{Code, Finding};
use crate::source::Place;
use crate::yaml::{Kind, Node};

/// Beginnings of well-known tokens.
const PREFIXES: [&str; 26] = [
    "sk-",
    "hf_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "AKIA",
    "ASIA",
    "AIza",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "eyJ",
    "ya29.",
    "xai-",
    "gsk_",
    "npm_",
    "pypi-",
    "hvs.",
    "hvb.",
    "SG.",
    "dckr_pat_",
    "dop_v1_",
    "shpat_",
    "rk_live_",
];

/// Names before `=` or `:` whose value is a secret.
const NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "apikey", "accountkey"];

/// What a text holds that belongs in a secret store: `None` when nothing does.
pub fn material(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return Some("a PEM private key");
    }
    if text.contains("-----BEGIN CERTIFICATE") {
        return None; // public
    }
    if credentials_in_url(text) {
        return Some("a password in a URL");
    }
    if assignment(text) {
        return Some("a password");
    }
    text.split(|c: char| c.is_whitespace() || "\"'`,;(){}[]<>/:@=&?".contains(c)).find_map(token)
}

/// A finding for each text of a file that holds something secret.
pub fn literals(node: &Node, findings: &mut Vec<Finding>) {
    let mut look = |text: &str, place: &Place| {
        if let Some(what) = material(text) {
            let help = "put it into the secret store and name its key here; `gatewright secrets` lists the keys. If it was committed, revoke it";
            let finding = Finding::error(Code::LiteralSecret, format!("this looks like {what}"));
            findings.push(finding.place(place.clone()).help(help));
        }
    };
    match &node.kind {
        Kind::String(text) => look(text, &node.place),
        Kind::List(items) => items.iter().for_each(|n| literals(n, findings)),
        Kind::Map(entries) => {
            entries.iter().for_each(|e| look(&e.key, &e.place));
            entries.iter().for_each(|e| literals(&e.value, findings));
        }
        _ => {}
    }
}

fn token(word: &str) -> Option<&'static str> {
    let runs = || word.split(['-', '_', '.', '+']);
    let known = PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    if known && runs().any(|run| run.len() >= 12 && run.bytes().any(|b| b.is_ascii_digit())) {
        return Some("an API key");
    }
    // Digests and commits have these lengths; keys made by `openssl rand -hex` mostly others.
    let hex = |run: &str| run.len() >= 32 && ![32, 40, 64, 96, 128].contains(&run.len()) && is_hex(run);
    runs().any(|run| looks_random(run) || hex(run)).then_some("a long random token")
}

fn is_hex(run: &str) -> bool {
    run.bytes().all(|b| b.is_ascii_hexdigit())
        && run.bytes().any(|b| b.is_ascii_digit())
        && run.bytes().any(|b| b.is_ascii_alphabetic())
}

/// `password=value`, as in a connection string, with a value that is no reference.
fn assignment(text: &str) -> bool {
    text.split([' ', ';', '&', '?', '\n']).filter_map(|part| part.split_once('=')).any(|(name, value)| {
        let name = name.to_lowercase().replace(['_', '-'], "");
        let plain =
            value.len() >= 8 && value.chars().all(|c| c.is_ascii_graphic()) && !value.contains(['$', '{', '<', '/']);
        NAMES.iter().any(|n| name.ends_with(n)) && plain && value.bytes().any(|b| b.is_ascii_digit())
    })
}

/// `scheme://user:password@host` with a password that is no placeholder.
fn credentials_in_url(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '"', '?', '\n']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty() && !password.contains(['$', '{', '<']))
    })
}

/// Random text mixes classes all along; names and paths have words. Counted: how often the class of character changes.
fn looks_random(run: &str) -> bool {
    let class = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let bytes = run.as_bytes();
    let has = |n| bytes.iter().any(|b| class(*b) == n);
    let changes = bytes.windows(2).filter(|w| class(w[0]) != class(w[1])).count();
    run.len() >= 24 && !has(3) && has(0) && has(1) && has(2) && changes * 4 > run.len()
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
}
