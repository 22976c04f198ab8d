//! Recognises key material in text, and covers it. Used on what users write, on what we render and on what we say.

use std::ops::Range;

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
    // A certificate is public, and looks random.
    let public = || text.contains("-----BEGIN CERTIFICATE");
    keys(text).next().map(|(_, what)| what).filter(|what| *what == PEM || !public())
}

/// The text with an asterisk for every byte of key material in it, so that it can be shown.
pub fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (range, _) in keys(text) {
        bytes[range].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b'*');
    }
    String::from_utf8(bytes).expect("whole words became asterisks")
}

/// Key material in a text: which bytes, and what it is.
fn keys(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let named = |what: &'static str| move |range: Range<usize>| (range, what);
    private_keys(text)
        .map(named(PEM))
        .chain(credentials_in_urls(text).map(named("a password in a URL")))
        .chain(assignments(text).map(named("a password")))
        .chain(words(text).filter_map(|word| Some((range_of(word, text), token(word)?))))
}

const PEM: &str = "a PEM private key";

/// Where a part of a text stands in it.
fn range_of(part: &str, text: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`,;(){}[]<>/:@=&?".contains(c))
}

fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0; // no key begins within another
    text.match_indices("-----BEGIN").filter_map(move |(start, _)| {
        let rest = &text[start..];
        let label = rest.lines().next().unwrap_or_default();
        if start < from || !label.contains("PRIVATE KEY") {
            return None;
        }
        from = rest.find("-----END").map_or(text.len(), |end| start + end);
        Some(start..from)
    })
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

/// The value in `password=value`, as in a connection string, unless it is a reference.
fn assignments(text: &str) -> impl Iterator<Item = Range<usize>> {
    let parts = text.split([' ', ';', '&', '?', '\n']).filter_map(|part| part.split_once('='));
    parts.filter_map(move |(name, value)| {
        let name = name.to_lowercase().replace(['_', '-'], "");
        let plain =
            value.len() >= 8 && value.chars().all(|c| c.is_ascii_graphic()) && !value.contains(['$', '{', '<', '/']);
        let secret = NAMES.iter().any(|n| name.ends_with(n)) && plain && value.bytes().any(|b| b.is_ascii_digit());
        secret.then(|| range_of(value, text))
    })
}

/// The password in `scheme://user:password@host`, unless it is a placeholder.
fn credentials_in_urls(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("://").filter_map(move |(at, mark)| {
        let authority = text[at + mark.len()..].split(['/', ' ', '"', '?', '\n']).next().unwrap_or_default();
        let (_, password) = authority.rsplit_once('@')?.0.split_once(':')?;
        (!password.is_empty() && !password.contains(['$', '{', '<'])).then(|| range_of(password, text))
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
}
