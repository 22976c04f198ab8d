//! What a CEL expression gives away without evaluating it: it does not parse, it is bare words, it reads a variable. Claims
//! only what is certain.

use crate::object::placeholder;
use crate::text::near::is_near;
use crate::verdict::expression::Expression;

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
    let words = text.chars().all(plain) && text.chars().any(|c| c.is_ascii_alphabetic()) && !VARIABLES.contains(&first);
    // What reads nothing is a number, or `true`, `false` and `null`.
    words && Expression::foreign(text).map_or(true, |parsed| !parsed.is_closed())
}

/// Why a text does not parse: agentgateway has the grammar of our parser (cel 0.13). Where that gives up without naming a
/// word of the text, it does not know.
pub fn broken(text: &str) -> Option<String> {
    let said = Expression::foreign(text).err().filter(|_| !placeholder::is_in(text))?;
    let why = said.lines().find_map(|line| {
        let syntax = line.split_once(": Syntax error: ").map(|(_, why)| why);
        syntax.or_else(|| line.find("unsupported syntax").map(|at| &line[at..]))
    })?;
    let word = why.split(" expecting ").next().unwrap_or(why).replace("'<EOF>'", "end");
    Some(match word.strip_prefix("token recognition error at: ") {
        Some(token) => format!("{token} is no word of it"),
        None => word.replace("mismatched input", "unexpected").replace("extraneous input", "unexpected"),
    })
}

/// Fields of variables, as far as people read them (agentgateway 1.2, `crates/agentgateway/src/cel`), and the claims that tokens have by
/// a standard (RFC 7519, OpenID Connect). Others may be there as well.
const FIELDS: [(&str, &str); 9] = [
    ("request", "method uri host scheme path pathAndQuery version headers body startTime endTime"),
    ("response", "code headers body"),
    ("source", "address port identity subjectAltNames issuer subject subjectCn"),
    ("jwt", "iss sub aud exp azp email preferred_username client_id"),
    (
        "llm",
        "streaming requestModel responseModel provider inputTokens outputTokens totalTokens prompt completion params",
    ),
    ("mcp", "tool prompt resource methodName sessionId"),
    ("mcp.tool", "name target"),
    ("mcp.prompt", "name target"),
    ("mcp.resource", "name target"),
];

/// A variable or a field that an expression reads and that is not there, with the one that is nearly it: such an expression fails on
/// every request.
pub fn misspelt(text: &str) -> Option<(&str, &'static str)> {
    let known_at = |path: &str| FIELDS.iter().find(|(head, _)| *head == path).map(|(_, fields)| *fields);
    for path in paths(text) {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        let mut start = 0;
        for end in ends {
            let word = &path[start..end];
            let known: Vec<&str> = match start {
                0 => VARIABLES.to_vec(),
                _ => known_at(&path[..start - 1]).unwrap_or_default().split(' ').collect(),
            };
            let most = if start == 0 && word.len() < 5 { 0 } else { 1 };
            if let Some(near) = known.iter().find(|near| !known.contains(&word) && is_near(near, word, most)) {
                return Some((word, near));
            }
            start = end + 1;
        }
    }
    None
}

/// Macros and functions that people call on a value (CEL, and agentgateway 1.2).
const CALLED: [&str; 20] = [
    "all",
    "contains",
    "endsWith",
    "exists",
    "existsOne",
    "exists_one",
    "filter",
    "flatten",
    "get",
    "join",
    "lowerAscii",
    "map",
    "matches",
    "replace",
    "size",
    "split",
    "startsWith",
    "substring",
    "trim",
    "upperAscii",
];

/// A macro or function that an expression calls on a value and that is not there, with the one that is nearly it.
pub fn misnamed(text: &str) -> Option<(&str, &'static str)> {
    let quoted = |at: usize| text[..at].matches(['"', '\'']).count() % 2 == 1;
    text.match_indices('(').filter(|(at, _)| !quoted(*at)).find_map(|(at, _)| {
        let start = text[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let word = &text[start + 1..at];
        let method = text[..=start].ends_with('.') && word.len() > 3 && !CALLED.contains(&word);
        CALLED.iter().find(|known| method && known.len() > 3 && is_near(known, word, 1)).map(|near| (word, *near))
    })
}

/// What an expression reads outside of quotes, as `jwt.iss`: names with dots between them, none of which is called.
fn paths(text: &str) -> Vec<&str> {
    let (mut found, mut quote, mut from) = (Vec::new(), None, None);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let named = c.is_ascii_alphanumeric() || c == '_' || c == '.';
        match (quote, from) {
            (Some(open), _) if c == open && !text[..at].ends_with('\\') => quote = None,
            (Some(_), _) => {}
            (None, None) if named => from = Some(at),
            (None, Some(start)) if !named => {
                let path: &str = &text[start..at];
                let called = c == '(';
                let kept = if called { path.rsplit_once('.').map_or("", |(before, _)| before) } else { path };
                found.extend(Some(kept).filter(|kept| kept.starts_with(|c: char| c.is_ascii_alphabetic())));
                from = None;
                quote = Some(c).filter(|c| ['"', '\''].contains(c));
            }
            (None, _) if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
    }
    found
}

/// Whether an expression reads a variable.
pub fn mentions(text: &str, variable: &str) -> bool {
    text.contains(variable) && Expression::foreign(text).is_ok_and(|parsed| parsed.asks(variable))
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
    fn a_slip_in_what_is_read_is_told() {
        for (text, slip) in [
            ("jwt.isss == \"a\"", Some(("isss", "iss"))),
            ("mcp.tool.nam in [\"read\"]", Some(("nam", "name"))),
            ("reqest.path == '/'", Some(("reqest", "request"))),
            ("has(request.header) && true", Some(("header", "headers"))),
            ("request.headers.startsWith('a')", None),
            ("jwt.role == 'jwt.isss'", None),
            ("json(request.body).modl == 'a'", None),
            ("[json(request.body)].all(body, !has(body.stream))", None),
            ("jwt.aud.exists(a, a == 'x') || jwt[\"isss\"] == 'a'", None),
            ("mcp.tool.name.matches(\"^get_.*$\")", None),
        ] {
            assert_eq!(misspelt(text), slip, "{text}");
        }
        assert_eq!(misnamed("jwt.groups.exist(g, g == 'a.exist(')"), Some(("exist", "exists")));
        for text in ["jwt.groups.exists(g, true)", "'a.exist(b)'", "json(request.body).model", "llm.prompt.foo()"] {
            assert_eq!(misnamed(text), None, "{text}");
        }
    }

    #[test]
    fn broken_says_what_is_wrong() {
        for (text, why) in [
            ("string(request.path", "missing ')' at end"),
            ("'text", "''text' is no word of it"),
            ("a)", "unexpected ')'"),
            ("{'a': 1]", "unexpected ']'"),
            ("json(request.body)[?'model']", "unsupported syntax '[?'"),
            ("'it''s'", "unexpected ''s''"),
            ("a['x)'](1)", "unexpected '('"),
            ("jwt.sub = 'x'", "'= ' is no word of it"),
            ("has(jwt.sub) &&", "unexpected end"),
            ("jwt.sub ? 'x'", "unexpected end"),
            ("", "unexpected end"),
        ] {
            assert_eq!(broken(text).as_deref(), Some(why), "{text}");
        }
        for text in [
            "request.path.matches(r'\\d(')",
            "\"a \\\" (\"",
            "'''a ' ('''",
            "request.path // (",
            "jwt.sub.matches('^[(]')",
            "b'('",
            "{{ .Values.expression }}",
            "a.b{c: 1}",
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
