//! What the text of a CEL expression gives away without evaluating it: unbalanced, a bare word, a name in it. It claims
//! only what is certain; the rest is for a parser.

/// Variables an expression may start with (with what siblings of agentgateway know).
const VARIABLES: [&str; 17] = [
    "request",
    "response",
    "source",
    "destination",
    "jwt",
    "apiKey",
    "basicAuth",
    "llm",
    "llmRequest",
    "mcp",
    "backend",
    "extauthz",
    "extproc",
    "metadata",
    "env",
    "variables",
    "connection",
];

/// Whether a text that is to be CEL is plain words, as `my-name`, `text/plain` or `https://example.com`: unquoted, it is
/// arithmetic on variables that do not exist, or no CEL at all.
pub fn is_bare(text: &str) -> bool {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:@+- ".contains(c);
    let first: &str = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    let literal = ["true", "false", "null"].contains(&text) || is_number(text);
    text.chars().all(plain) && text.chars().any(|c| c.is_ascii_alphabetic()) && !literal && !VARIABLES.contains(&first)
}

fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = text.strip_suffix(['u', 'U']).unwrap_or(text);
    match digits.strip_prefix("0x") {
        Some(hex) => hex.bytes().all(|b| b.is_ascii_hexdigit()),
        None => digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok(),
    }
}

/// Why a text cannot be parsed, where that is plain to see: a quote or bracket without its other half, or the optional
/// index `[?` that agentgateway does not know.
pub fn broken(text: &str) -> Option<String> {
    let code = match code(text) {
        Ok(code) => code,
        Err(quote) => return Some(format!("a quote {quote} is not closed")),
    };
    let mut open = Vec::new();
    for c in code.chars() {
        match c {
            '(' | '[' | '{' => open.push(c),
            ')' | ']' | '}' if open.pop() != Some(partner(c)) => return Some(format!("`{c}` closes nothing")),
            _ => {}
        }
    }
    match open.pop() {
        Some(c) => Some(format!("`{c}` is not closed")),
        None => code.contains("[?").then(|| "it has no optional index `[?`".into()),
    }
}

fn partner(close: char) -> char {
    match close {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

/// Whether an expression reads a variable.
pub fn mentions(text: &str, variable: &str) -> bool {
    let code = code(text).unwrap_or_default();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    code.split(|c| !word(c)).any(|path| path.split('.').next() == Some(variable))
}

/// The expression without comments and with its strings emptied, or the quote that is not closed.
fn code(text: &str) -> Result<String, &'static str> {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| rest.starts_with(q));
        if let Some(quote) = quote {
            let raw = code.ends_with(['r', 'R'])
                && !code.trim_end_matches(['r', 'R', 'b', 'B']).ends_with(char::is_alphanumeric);
            let end = closing(&rest[quote.len()..], quote, raw).ok_or(quote)?;
            rest = &rest[quote.len() + end..];
            code.push_str("\"\"");
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(code)
}

/// Bytes up to and with the closing quote.
fn closing(text: &str, quote: &str, raw: bool) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(quote) {
            return Some(at + quote.len());
        }
        let mut chars = rest.chars();
        let c = chars.next()?;
        at += c.len_utf8();
        if c == '\\' && !raw {
            at += chars.next().map_or(0, char::len_utf8);
        }
        if c == '\n' && quote.len() == 1 {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_words_are_told_from_expressions() {
        for text in
            ["my-name", "text/plain", "https://example.com", "gpt-4o-mini", "api.example.com", "Bearer abc", "v1", "4o"]
        {
            assert!(is_bare(text), "{text}");
        }
        for text in [
            "'text'",
            "\"text\"",
            "string(json(request.body).model)",
            "request.path",
            "jwt.sub",
            "source.address",
            "42",
            "1.5",
            "-1",
            "0x1f",
            "10u",
            "true",
            "uuid()",
            "{\"a\": \"b\"}[json(request.body).model]",
            "a ? 'b' : 'c'",
            "llm.requestModel",
            "",
        ] {
            assert!(!is_bare(text), "{text}");
        }
    }

    #[test]
    fn broken_says_what_is_open() {
        for (text, why) in [
            ("string(request.path", "`(` is not closed"),
            ("'text", "a quote ' is not closed"),
            ("a)", "`)` closes nothing"),
            ("{'a': 1]", "`]` closes nothing"),
            ("json(request.body)[?'model']", "it has no optional index `[?`"),
        ] {
            assert_eq!(broken(text).as_deref(), Some(why), "{text}");
        }
        for text in [
            "request.path.matches(r'\\d(')",
            "'it''s'",
            "\"a \\\" (\"",
            "'''a ' ('''",
            "request.path // (",
            "jwt.sub.matches('^[(]')",
            "b'('",
            "a['x)'](1)",
        ] {
            assert_eq!(broken(text), None, "{text}");
        }
    }

    #[test]
    fn mentions_looks_at_names_only() {
        assert!(mentions("has(jwt.iss) && true", "jwt"));
        assert!(mentions("\"a\" in jwt.aud", "jwt"));
        assert!(!mentions("request.headers['jwt.sub']", "jwt"));
        assert!(!mentions("request.jwt", "jwt"));
        assert!(!mentions("myjwt.sub", "jwt"));
    }
}
