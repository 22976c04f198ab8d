//! Recognises key material in text. Used on what users write and on what we render.

/// Beginnings of well-known tokens, and how long a token must be to count.
const PREFIXES: [(&str, usize); 14] = [
    ("sk-", 16),
    ("hf_", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 30),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("eyJ", 40),
    ("AccountKey=", 40),
    ("ya29.", 20),
];

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
    text.split(|c: char| c.is_whitespace() || "\"'`,;(){}[]<>".contains(c)).find_map(token)
}

fn token(word: &str) -> Option<&'static str> {
    let word = word.rsplit_once('=').filter(|(_, v)| v.len() > 8).map_or(word, |(_, value)| value);
    if PREFIXES
        .iter()
        .any(|(prefix, length)| word.starts_with(prefix) && word.len() >= *length && has_digit_or_case(word))
    {
        return Some("an API key");
    }
    let body: Vec<char> = word.trim_end_matches('=').chars().collect();
    let alphabet = body.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '_' | '-' | '/'));
    (body.len() >= 32 && alphabet && !word.contains("//") && looks_random(&body)).then_some("a long random token")
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

fn has_digit_or_case(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit()) || word.bytes().skip(3).any(|b| b.is_ascii_uppercase())
}

/// Random text mixes classes all along; names and paths have words. Counted: how often the class of character changes.
fn looks_random(body: &[char]) -> bool {
    let class = |c: &char| match c {
        'a'..='z' => 0,
        'A'..='Z' => 1,
        '0'..='9' => 2,
        _ => 3,
    };
    let has = |n| body.iter().any(|c| class(c) == n);
    let changes = body.windows(2).filter(|w| class(&w[0]) != class(&w[1])).count();
    has(0) && has(1) && has(2) && changes * 4 > body.len()
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
        ] {
            assert_eq!(material(text), None, "{text}");
        }
    }
}
