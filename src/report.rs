//! Findings -> what people and machines read. The only module that knows how a source excerpt is drawn.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::finding::{Finding, Severity};
use crate::source::Place;

/// Findings that are shown with their excerpts; the rest is counted.
const SHOWN: usize = 50;

/// Findings as text with source excerpts, and a closing count. Styled with ANSI codes; strip them for a pipe.
pub fn text(findings: &[Finding]) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for finding in findings.iter().take(SHOWN) {
        text += &one(finding, &renderer);
        text += "\n\n";
    }
    if findings.len() > SHOWN {
        text += &format!("and {} more\n\n", findings.len() - SHOWN);
    }
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => {}
        (errors, 0) => text += &format!("{}\n", plural(errors, "error")),
        (0, warnings) => text += &format!("{}\n", plural(warnings, "warning")),
        (errors, warnings) => text += &format!("{}, {}\n", plural(errors, "error"), plural(warnings, "warning")),
    }
    text
}

fn one(finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level
        .primary_title(&finding.message)
        .id(finding.code.name())
        .elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
    if let Some(place) = &finding.place {
        let mut same = snippet(place).annotation(AnnotationKind::Primary.span(visible(place)));
        let mut others = Vec::new();
        for (related, words) in &finding.related {
            let annotation = AnnotationKind::Context.span(visible(related)).label(words.as_str());
            match related.source == place.source {
                true => same = same.annotation(annotation),
                false => others.push(snippet(related).annotation(annotation)),
            }
        }
        group = group.element(same).elements(others);
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

fn snippet<'a>(place: &'a Place) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    Snippet::source(place.source.text.as_str()).path(place.source.name.as_str())
}

/// An empty place still gets a mark.
fn visible(place: &Place) -> std::ops::Range<usize> {
    let first_line = place.text().lines().next().unwrap_or("").trim_end().len();
    let next = place.source.text[place.start..].chars().next().map_or(0, char::len_utf8);
    place.start..place.start + first_line.max(next)
}

/// Findings as JSON, one object each.
pub fn json(findings: &[Finding]) -> Value {
    findings.iter().map(one_json).collect()
}

fn one_json(finding: &Finding) -> Value {
    let place = |place: &Place| {
        let (line, column) = place.line_column();
        json!({ "file": place.source.name, "line": line, "column": column })
    };
    json!({
        "code": finding.code.name(),
        "severity": match finding.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": finding.message,
        "place": finding.place.as_ref().map(place),
        "related": finding.related.iter().map(|(p, words)| json!({ "place": place(p), "message": words })).collect::<Value>(),
        "help": finding.help,
    })
}
