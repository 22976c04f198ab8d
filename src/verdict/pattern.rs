//! Regular expressions as Go reads them -> the same in Rust's words. Both are linear in time (RE2).
//!
//! They differ in two things: Go's `\d`, `\w`, `\s` and `\b` are ASCII, and in a Go class `[`, `&&`, `--` and `~~` are
//! plain characters.

use regex::{Regex, RegexBuilder};

/// Largest compiled size in bytes; what Go itself refuses (1,000 repeats of a repeat) is larger.
pub const MAX_SIZE: usize = 10 << 20;

/// Compiles a pattern of Go.
///
/// # Errors
/// Why it is none, in one sentence.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(&translate(pattern)).size_limit(MAX_SIZE).build();
    regex.map_err(|e| e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut class = false;
    let mut start = false; // directly after `[` or `[^`, where `]` is a plain character
    while let Some(c) = chars.next() {
        let first = std::mem::take(&mut start);
        match (c, class) {
            ('\\', _) => match (chars.next(), class) {
                (Some('d'), _) => out += "[0-9]",
                (Some('D'), _) => out += "[^0-9]",
                (Some('w'), _) => out += "[0-9A-Za-z_]",
                (Some('W'), _) => out += "[^0-9A-Za-z_]",
                (Some('s'), _) => out += r"[\t\n\f\r ]",
                (Some('S'), _) => out += r"[^\t\n\f\r ]",
                (Some('b'), false) => out += r"(?-u:\b)",
                (Some('B'), false) => out += r"(?-u:\B)",
                (Some('Q'), false) => quote(&mut chars, &mut out),
                (next, _) => {
                    out.push('\\');
                    out.extend(next);
                }
            },
            ('[', false) => {
                (class, start) = (true, true);
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            (']', true) if first => out += r"\]",
            (']', true) => {
                class = false;
                out.push(']');
            }
            ('[', true) if chars.peek() == Some(&':') => out.push('['),
            ('[' | '&' | '~', true) => out.extend(['\\', c]),
            ('-', true) if chars.peek() == Some(&'-') => out += r"\-",
            _ => out.push(c),
        }
    }
    out
}

/// `\Q...\E`: everything between is plain.
fn quote(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next_if_eq(&'E').is_some() {
            break;
        }
        plain.push(c);
    }
    *out += &regex::escape(&plain);
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn go_reads_it_so() {
        for (pattern, text, matches) in [
            (r"^\d+$", "12", true),
            (r"^\d+$", "१२", false),
            (r"^[\w-]+$", "a-b_c", true),
            (r"^[\w-]+$", "ä", false),
            (r"^[[]$", "[", true),
            (r"^[]a]+$", "]a", true),
            (r"^[^]a]+$", "]a", false),
            (r"^[a&&b]+$", "&", true),
            (r"^[a-z--]+$", "-", true),
            (r"^[[:alpha:]]+$", "ab", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"a", "bab", true),
            (r"\bä", "ä", false),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
        assert!(compile("(").is_err());
        assert!(compile("(?=a)").is_err());
    }
}
