//! Text of a Go template -> the first thing in it that does not parse. Actions, blocks, fields, strings, and what the engine says of
//! functions and variables. Source: Go 1.26 text/template, parse/lex.go, parse/parse.go and funcs.go.

use crate::text::schema::nearest;

/// What a template may call and name beside what Go has.
pub struct Engine {
    /// Functions, parted by spaces.
    pub functions: &'static str,
    /// Variables that are there before the template sets any, without their `$`.
    pub variables: &'static [&'static str],
}

/// Why a template does not parse.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake<'t> {
    /// The reason.
    pub why: String,
    /// The way out, where a word is nearly one that is known.
    pub help: Option<String>,
    /// The words that are meant; empty for the whole text.
    pub words: &'t str,
}

/// What Go has itself, and the words of its actions.
const FUNCTIONS: &str = "and call eq ge gt html index js le len lt ne not or print printf println slice urlquery";
const WORDS: &str = "block break continue define else end false if nil range template true with";

/// Why a template does not parse for an engine; nothing when it does.
pub fn mistake<'t>(template: &'t str, engine: &Engine) -> Option<Mistake<'t>> {
    let mut open: Vec<&str> = Vec::new();
    let mut set: Vec<&str> = engine.variables.to_vec();
    let mistake = |why: String, words: &'t str| Some(Mistake { why, help: None, words });
    let mut rest = template;
    while let Some(at) = rest.find("{{") {
        rest = &rest[at + 2..];
        let trimmed = rest.strip_prefix("- ").unwrap_or(rest);
        if trimmed.trim_start().starts_with("/*") && rest.len() - trimmed.trim_start().len() <= 2 {
            let Some(end) = rest.find("*/") else { return mistake("a comment has no end".into(), first_line(rest)) };
            let after = rest[end + 2..].trim_start();
            let after = after.strip_prefix('-').unwrap_or(after);
            let Some(after) = after.strip_prefix("}}") else {
                return mistake("a comment ends before its action".into(), first_line(rest));
            };
            rest = after;
            continue;
        }
        let (tokens, after) = match tokens(rest) {
            Ok(read) => read,
            Err(why) => return mistake(why, first_line(rest)),
        };
        if let Some(why) = block(&tokens, &mut open) {
            return mistake(why, first_line(rest));
        }
        if let Some(found) = unknown(&tokens, &mut set, engine) {
            return Some(found);
        }
        rest = after;
    }
    open.last().and_then(|word| mistake(format!("`{word}` has no `end`"), ""))
}

/// What stands behind the braces, up to the end of its action or line.
fn first_line(rest: &str) -> &str {
    let line = rest.lines().next().unwrap_or_default();
    line.split("}}").next().unwrap_or_default()
}

/// A function or a variable that is not there. One that is set anywhere before counts as set.
fn unknown<'t>(tokens: &[&'t str], set: &mut Vec<&'t str>, engine: &Engine) -> Option<Mistake<'t>> {
    let until = tokens.iter().position(|token| *token == ":=").unwrap_or(0);
    set.extend(tokens[..until].iter().filter_map(|token| token.strip_prefix('$')));
    for &token in tokens {
        if let Some(variable) = token.strip_prefix('$') {
            let name = variable.split('.').next().unwrap_or_default();
            if name.is_empty() || set.contains(&name) {
                continue;
            }
            let help = nearest(name, set).map(|near| format!("did you mean `${near}`?"));
            return Some(Mistake { why: format!("there is no variable `${name}`"), help, words: token });
        }
        if token.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let all = [FUNCTIONS, WORDS, engine.functions];
            let name = token.split('.').next().unwrap_or_default();
            if all.iter().any(|known| known.split_whitespace().any(|known| known == name)) {
                continue;
            }
            let known: Vec<&str> = [FUNCTIONS, engine.functions].iter().flat_map(|k| k.split_whitespace()).collect();
            let help = nearest(name, &known).map(|near| format!("did you mean `{near}`?"));
            return Some(Mistake { why: format!("there is no function `{name}`"), help, words: token });
        }
    }
    None
}

/// What an action does to the blocks that are open.
fn block<'t>(tokens: &[&'t str], open: &mut Vec<&'t str>) -> Option<String> {
    match tokens.first().copied() {
        None => Some("an action is empty".into()),
        Some(word @ ("if" | "with" | "range" | "define" | "block")) => {
            open.push(word);
            (tokens.len() == 1).then(|| format!("`{word}` has nothing to look at"))
        }
        Some("else") => {
            let fits = matches!(open.last(), Some(&("if" | "with" | "range")));
            (!fits).then(|| "`else` stands outside of a block".into())
        }
        Some("end") => open.pop().is_none().then(|| "`end` ends nothing".into()),
        Some(_) => None,
    }
}

/// The words of an action up to its end, and what stands behind it.
fn tokens(text: &str) -> Result<(Vec<&str>, &str), String> {
    let (mut tokens, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    let unclosed = || "an action has no `}}`".to_owned();
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return Err(unclosed()) };
        if let Some(behind) = rest.strip_prefix("}}") {
            return match depth {
                0 => Ok((tokens, behind)),
                _ => Err("a `(` is not closed".into()),
            };
        }
        let length = match c {
            '-' if rest[1..].starts_with("}}") || at == 0 && rest[1..].starts_with(char::is_whitespace) => 1,
            c if c.is_whitespace() => c.len_utf8(),
            '"' | '`' | '\'' => quoted(rest, c)?,
            '(' => {
                depth += 1;
                1
            }
            ')' => {
                depth = depth.checked_sub(1).ok_or("a `)` closes nothing")?;
                1
            }
            '|' | ',' | '=' => 1,
            ':' if rest[1..].starts_with('=') => 2,
            '.' | '$' => word(rest, c.len_utf8())?,
            '+' | '-' => word(rest, 1)?,
            c if c.is_alphanumeric() || c == '_' => word(rest, 0)?,
            c => return Err(format!("`{c}` means nothing in an action")),
        };
        // A dash beside the braces takes space away, and is no word.
        if !c.is_whitespace() && &rest[..length] != "-" {
            tokens.push(&rest[..length]);
        }
        at += length;
    }
}

/// The length of a name, a field, a variable or a number, which ends at something that may follow one.
fn word(rest: &str, start: usize) -> Result<usize, String> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let number = rest.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit());
    let inside = |c: char| part(c) || number && "+-".contains(c);
    let mut end = start + rest[start..].find(|c: char| !inside(c)).unwrap_or(rest.len() - start);
    // A chain of fields, `.a.b` or `$x.y`, and what follows a `)`.
    while rest[end..].starts_with('.') {
        let next = end + 1;
        end = next + rest[next..].find(|c: char| !part(c)).unwrap_or(rest.len() - next);
    }
    match rest[end..].chars().next() {
        None => Ok(end),
        Some(c) if c.is_whitespace() || "|,):(=".contains(c) || rest[end..].starts_with("}}") => Ok(end),
        Some(c) => Err(format!(
            "`{c}` after `{}` is no part of a name; a key with it is read by `index . \"...\"`",
            &rest[..end]
        )),
    }
}

/// The length of a text in quotes.
fn quoted(rest: &str, quote: char) -> Result<usize, String> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' if quote != '`' => break,
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return Ok(at + 1),
            _ => {}
        }
    }
    Err(format!("a text in {quote} has no end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: Engine = Engine { functions: "b64enc quote", variables: &["labels"] };

    #[test]
    fn what_go_reads_is_read() {
        for text in [
            "plain",
            "{{ .token | b64enc }}",
            "{{- .a -}} x {{ .b }}",
            "{{ index . \"db-password\" | quote }}",
            "{{ if and .a (eq .b \"}}\") }}x{{ else if .c }}y{{ else }}z{{ end }}",
            "{{ range $k, $v := .items }}{{ $k }}={{ $v.name }}{{ end }}",
            "{{/* a comment with }} in it */}}x{{- /* b */ -}}",
            "{{ printf `%s` .a }} {{ 1 }} {{ -1.5 }} {{ 0x1F }} {{ (index .a 0).b }} {{ 'x' }}",
            "{{ $x := .a }}{{ $x = \"b\" }}{{ . }}{{ $ }}{{ $.a }}",
            "{ {{ .a }} } }}",
            "{{ with .a -}} on {{ . }} {{- end }}",
            "{{- if .a -}}x{{ else -}} y {{- end -}}",
            "{{ $labels.job | quote }}{{ with $y := .a }}{{ $y }}{{ break }}{{ end }}",
        ] {
            assert_eq!(mistake(text, &ENGINE), None, "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_told() {
        for text in [
            "{{ .token ",
            "{{ .db-password }}",
            "{{ }}",
            "{{ if .a }}x",
            "{{ end }}",
            "{{- if .a }}x",
            "{{ else }}",
            "{{ (.a }}",
            "{{ .a) }}",
            "{{ \"open }}",
            "{{ .a ; .b }}",
            "{{/* open }}",
            "{{ .a.b! }}",
            "{{ if }}x{{ end }}",
            "{{ .a | b64enk }}",
            "{{ $label.job }}",
            "{{ prinf \"%s\" .a }}",
        ] {
            assert!(mistake(text, &ENGINE).is_some(), "{text}");
        }
    }
}
