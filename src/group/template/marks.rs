//! A template's text -> the same with a mark before each line's text; a filled text with marks -> the text without, and
//! where its lines come from. Knows as much of the syntax of templates as it takes to leave the inside of `{{ }}`, `{% %}`
//! and `{# #}` alone.

/// Private-use characters around the number of a line.
const MARK: (char, char) = ('\u{E000}', '\u{E001}');

/// Marks the text of each line outside of `{{ }}`, `{% %}` and `{# #}`, and each `{{ }}` that starts a line. Blank text is left
/// alone: blocks swallow their own line only when nothing else stands on it.
pub fn set(template: &str) -> String {
    let (mut marked, mut line, mut rest) = (String::new(), 0, template);
    loop {
        let tag = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min();
        let (text, tail) = rest.split_at(tag.unwrap_or(rest.len()));
        for (i, piece) in text.split('\n').enumerate() {
            if i > 0 {
                marked.push('\n');
                line += 1;
            }
            let last = i == text.matches('\n').count();
            let (blank, words) = piece.split_at(piece.len() - piece.trim_start().len());
            marked += blank;
            if !words.is_empty() || (last && tail.starts_with("{{")) {
                marked += &format!("{}{line}{}", MARK.0, MARK.1);
            }
            marked += words;
        }
        if tail.is_empty() {
            return marked;
        }
        let (tag, after) = tail.split_at(end_of_tag(tail));
        marked += tag;
        line += tag.matches('\n').count();
        rest = after;
    }
}

/// The tags `{{ }}`, `{% %}` and `{# #}` of a template, each with its offset; what stands between `raw` and `endraw` is none.
pub fn tags(template: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut at, mut raw) = (0, false);
    std::iter::from_fn(move || {
        loop {
            let rest = &template[at..];
            let start = at + ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min()?;
            let length = end_of_tag(&template[start..]);
            let tag = &template[start..start + length];
            if raw && !is(tag, "endraw") {
                at = start + 2;
                continue;
            }
            (at, raw) = (start + length, is(tag, "raw"));
            return Some((start, tag));
        }
    })
}

/// What a template says its objects are for: `{# purpose: words #}`, on one line.
pub fn purpose(template: &str) -> Option<String> {
    let said =
        |tag: &str| tag.strip_prefix("{#")?.strip_suffix("#}")?.trim().strip_prefix("purpose:").map(str::to_owned);
    let words = tags(template).find_map(|(_, tag)| said(tag))?;
    Some(words.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|words| !words.is_empty())
}

/// True for the tag `{% word %}`.
fn is(tag: &str, word: &str) -> bool {
    let inner = tag.strip_prefix("{%").and_then(|tag| tag.strip_suffix("%}"));
    inner.is_some_and(|inner| inner.trim_matches(|c: char| c == '-' || c.is_whitespace()) == word)
}

/// How long the tag is that a text starts with; strings and brackets in it may hold what looks like its end.
fn end_of_tag(text: &str) -> usize {
    let close = match &text[..2] {
        "{#" => return text.find("#}").map_or(text.len(), |end| end + 2),
        "{{" => "}}",
        _ => "%}",
    };
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    for (i, c) in text.char_indices().skip(2) {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if depth == 0 && text[i..].starts_with(close) => return i + 2,
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth -= 1,
            (None, _) => {}
        }
    }
    text.len()
}

/// The way out for braces that gatewright has to leave alone.
pub const RAW: &str = "what is for others to fill in stands between `{% raw %}` and `{% endraw %}`";

/// True for a line with a `{{ }}` of Go's templates, as Helm and Prometheus have them: `{{ $labels.pod }}`, `{{ .Values.x }}`.
pub fn is_for_others(line: &str) -> bool {
    let mut inner = line.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).map(str::trim_start);
    inner.any(|inner| inner.contains('$') || inner.starts_with('.') || inner.contains(" ."))
}

/// Takes the marks away; for each line the first mark on it counts, and a line without one belongs to the line before it.
pub fn taken(filled: &str) -> (String, Vec<usize>) {
    let (mut text, mut lines, mut at) = (String::new(), Vec::new(), 0);
    for line in filled.split_inclusive('\n') {
        let mut parts = line.split(MARK.0);
        text += parts.next().unwrap_or_default();
        let mut first = None;
        for part in parts {
            let number = part.split_once(MARK.1).and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
            match number {
                Some((number, rest)) => {
                    first.get_or_insert(number);
                    text += rest;
                }
                None => text.extend([MARK.0.to_string().as_str(), part]),
            }
        }
        at = first.unwrap_or(at);
        lines.push(at);
    }
    (text, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_before_the_text_of_lines_only() {
        let template =
            "a: 1\n  {% if x %}\n{# b\n #}\nc: {{ \"}}\" ~ {\"d\": {\"e\": 1}} }}\n  {{ f }}: {% if g %}h{% endif %}\n";
        let plain = set(template).replace(MARK.0, "<").replace(MARK.1, ">");
        let wanted = "<0>a: 1\n  {% if x %}\n{# b\n #}\n<4>c: {{ \"}}\" ~ {\"d\": {\"e\": 1}} }}\n  <5>{{ f }}<5>: {% if g %}<5>h{% endif %}\n";
        assert_eq!(plain, wanted);
        assert_eq!(taken(&set(template)).0, template);
    }
}
