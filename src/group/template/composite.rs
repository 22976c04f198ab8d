//! Texts of a template that are put together wrongly: `https://{{ host }}/v1`. What `{{ }}` yields is one whole YAML value, in
//! quotes where it is a text, and so it has to stand alone.
//!
//! The template is read as YAML with its expressions as words and the other tags left out; a word in a longer text is one.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::group::template::marks;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml::scan::Scanner;
use crate::text::kubeyaml::token::Kind;
use crate::text::source::{Place, Source};

/// Each text of a template with an expression in it that does not stand alone, and how to write it. What is no YAML without its
/// tags is not looked at further: it shows when it is filled.
pub fn findings(source: &Arc<Source>) -> Vec<Finding> {
    let (template, mut findings) = (source.text.as_str(), Vec::new());
    let tags: Vec<(usize, &str)> = marks::tags(template).collect();
    if tags.is_empty() {
        return findings;
    }
    let bare = without(template, &tags);
    let mut scanner = Scanner::new(&bare, 0, false);
    while let Ok(token) = scanner.take() {
        match token.kind {
            Kind::End => break,
            Kind::Scalar { .. } => findings.extend(composites(source, &tags, token.start, token.end)),
            _ => {}
        }
    }
    findings
}

/// The template with a word for each expression and nothing for other tags, each byte where it was. A line that holds nothing
/// else has to be empty: spaces would count as the indentation of a text.
fn without(template: &str, tags: &[(usize, &str)]) -> String {
    let mut bare = template.to_owned();
    for (at, tag) in tags {
        let (before, after) = (&template[..*at], &template[at + tag.len()..]);
        let alone = before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()) && after.starts_with('\n');
        let stand_in = if tag.starts_with("{{") {
            "x"
        } else if alone {
            "\n"
        } else {
            " "
        };
        bare.replace_range(*at..at + tag.len(), &stand_in.repeat(tag.len()));
    }
    bare
}

/// What a text in block form starts with.
const BLOCK: [char; 2] = ['|', '>'];

/// The parts of a text, cut at the tags that choose or repeat them, in which an expression does not stand alone.
fn composites(source: &Arc<Source>, tags: &[(usize, &str)], start: usize, end: usize) -> Vec<Finding> {
    let text = &source.text;
    let inside = || tags.iter().copied().filter(|(at, _)| (start..end).contains(at));
    // The text of a block, or its `|` where it starts with an empty line.
    let head = text[..start].trim_end().trim_end_matches(|c: char| "+-".contains(c) || c.is_ascii_digit());
    if text[start..].starts_with(BLOCK) || head.ends_with(BLOCK) {
        let glued = inside().find(|(at, tag)| tag.starts_with("{{") && is_glued(text, *at, at + tag.len()));
        return glued.map(|(at, tag)| in_block(source, tags, at, tag)).into_iter().collect();
    }
    let quote = text[start..end].chars().next().filter(|c| "\"'".contains(*c)).unwrap_or(' ');
    let (mut from, end) = if quote == ' ' { (start, end) } else { (start + 1, end - 1) };
    let others = inside().filter(|(_, tag)| !tag.starts_with("{{")).map(|(at, tag)| (at, at + tag.len()));
    let mut findings = Vec::new();
    for (at, next) in others.chain([(end, end)]) {
        if let Some((_, tag)) =
            inside().find(|(place, tag)| (from..at).contains(place) && text[from..at].trim() != *tag)
        {
            let whole = written(text, tags, from..at, quote);
            let help = match inside().any(|(_, tag)| marks::is_for_others(tag)) {
                true => marks::RAW.to_owned(),
                false => format!("write it as one value: `{{{{ {whole} }}}}`"),
            };
            findings.push(finding(tag, Place::new(source, from, at)).help(help));
        }
        from = next;
    }
    findings
}

/// A text in block form may be YAML or a program itself, in which a value stands alone; never amid a word.
fn is_glued(text: &str, start: usize, end: usize) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || "/_-@".contains(c);
    text[..start].ends_with(of_word) || text[end..].starts_with(of_word)
}

/// An expression in a text of several lines.
fn in_block(source: &Arc<Source>, tags: &[(usize, &str)], at: usize, tag: &str) -> Finding {
    let text = &source.text;
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at + tag.len()..].find('\n').map_or(text.len(), |end| at + tag.len() + end);
    let start = start + text[start..at].len() - text[start..at].trim_start().len();
    let line = written(text, tags, start..end, '|');
    let help = format!("write the whole text as one value, this line of it as `{line} ~ \"\\n\"`");
    finding(tag, Place::new(source, start, end)).help(help)
}

fn finding(tag: &str, place: Place) -> Finding {
    let tag = if tag.len() > 80 || tag.contains('\n') { "an expression".to_owned() } else { format!("`{tag}`") };
    let message = format!("{tag} is a whole YAML value, in quotes if it is a text, and stands in a longer one");
    Finding::error(Code::TemplateSyntax, message).place(place)
}

/// A part of a text as one expression.
fn written(text: &str, tags: &[(usize, &str)], range: Range<usize>, quote: char) -> String {
    let (mut parts, mut from) = (Vec::new(), range.start);
    let literal = |piece: &str| {
        let said = match quote {
            '"' => serde_json::from_str(&format!("\"{piece}\"")).unwrap_or_else(|_| piece.to_owned()),
            '\'' => piece.replace("\'\'", "\'"),
            _ => piece.to_owned(),
        };
        Some(Value::from(said).to_string()).filter(|_| !piece.is_empty())
    };
    for (at, tag) in tags.iter().copied().filter(|(at, tag)| range.contains(at) && tag.starts_with("{{")) {
        parts.extend(literal(&text[from..at]));
        let inner = tag[2..tag.len() - 2].trim_matches('-').trim();
        let simple = inner.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
        parts.push(if simple { inner.to_owned() } else { format!("({inner})") });
        from = at + tag.len();
    }
    parts.extend(literal(&text[from..range.end]));
    parts.join(" ~ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The helps of a template's findings.
    fn said(template: &str) -> Vec<String> {
        findings(&Source::new("t.yaml", template))
            .into_iter()
            .filter_map(|finding| finding.help.map(String::from))
            .collect()
    }

    #[test]
    fn what_does_not_stand_alone_is_told_with_the_way_to_write_it() {
        let wrong = [
            ("value: https://{{ settings.host }}/v1\n", r#"{{ "https://" ~ settings.host ~ "/v1" }}"#),
            ("a: [x-{{ b }}, {{ c }}]\n", r#"{{ "x-" ~ b }}"#),
            ("a: \"{{ b | upper }} \\\"c\\\"\" # d\n", r#"{{ (b | upper) ~ " \"c\"" }}"#),
            ("'it''s {{ b }}': c\n", r#"{{ "it's " ~ b }}"#),
            (
                "{% if a %}\nb: {{ c }}\n{% else %}\nb: d{{ c if e else f }}\n{% endif %}\n",
                r#"{{ "d" ~ (c if e else f) }}"#,
            ),
            ("a: \"{% raw %}{{ $labels.pod }}{% endraw %} in {{ b }}\"\n", r#"{{ " in " ~ b }}"#),
            ("a: |\n  {% for b in c %}\n  url https://{{ b }}\n  {% endfor %}\n", r#""url https://" ~ b ~ "\n""#),
        ];
        for (template, help) in wrong {
            let said = said(template);
            assert!(said.len() == 1 && said[0].contains(help), "{template}{said:?}");
        }
    }

    #[test]
    fn what_stands_alone_is_right() {
        let right = [
            "a: {{ b }} # {{ c }} d\n- {{ e }}\n",
            "{{ a }}: [{{ b }}, { c: {{ d }} }]\n",
            "a: {% if b %}{{ c }}{% else %}{{ d }}{% endif %}\n",
            "---\n{% for a in b %}\n{{ a }}\n{% endfor %}\n",
            "a: [{% for b in c %}{{ b }}{% if not loop.last %}, {% endif %}{% endfor %}]\n",
            "a: {{ {\n  \"b\": \"{{ c }} d\"\n} }}\ne: &f {{ g }}\n",
            "a: \"{% raw %}{{ $labels.pod }} is down{% endraw %}\"\n",
            "a: {{ \"x \" ~ b }}\n# c {{ d }}\n{# {{ e }} f #}\n",
            // Of a number that is a text; a text would be no YAML, which shows.
            "a: \"{{ port }}\"\n",
            "a.json: |\n  {{ b }}\nc.yaml: |\n  {% for d in e %}\n  - {{ d }}\n  {% endfor %}\nf.py: |-\n  \"g\" + {{ h }}\n",
        ];
        for template in right {
            assert_eq!(said(template), Vec::<String>::new(), "{template}");
        }
    }
}
