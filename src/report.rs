//! Findings -> text with excerpts, and JSON. Masks the keys that findings may quote. The only module that knows how a source excerpt is drawn.

use std::path::{Component, Path, PathBuf};

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::finding::{Code, Finding, Severity};
use crate::secret;
use crate::source::Place;

/// Findings that are shown with their excerpts; the rest is counted.
const SHOWN: usize = 50;

/// What is about a key shows where it stands and nothing of the text around it.
const WITHOUT_EXCERPT: [Code; 2] = [Code::LiteralSecret, Code::SecretMaterial];

/// A finding whose sentences hold no key material, whatever they quote. Excerpts are masked where they are drawn.
pub fn masked(finding: Finding) -> Finding {
    let related = finding.related.into_iter().map(|(place, words)| (place, secret::masked(&words))).collect();
    let (message, help) = (secret::masked(&finding.message), finding.help.as_deref().map(secret::masked));
    Finding { message, help, related, ..finding }
}

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
    let title = level.primary_title(&finding.message).id(finding.code.name());
    let mut group = title.elements(places(finding));
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The place of a finding and the related ones: excerpts, those in one file together.
fn places(finding: &Finding) -> Vec<Element<'_>> {
    let Some(place) = &finding.place else { return Vec::new() };
    if WITHOUT_EXCERPT.contains(&finding.code) {
        return [place].into_iter().chain(finding.related.iter().map(|(place, _)| place)).map(origin).collect();
    }
    let mut same = snippet(place).annotation(AnnotationKind::Primary.span(visible(place)));
    let mut others = Vec::new();
    for (related, words) in &finding.related {
        let annotation = AnnotationKind::Context.span(visible(related)).label(words.as_str());
        match related.source == place.source {
            true => same = same.annotation(annotation),
            false => others.push(snippet(related).annotation(annotation)),
        }
    }
    [same].into_iter().chain(others).map(Element::from).collect()
}

fn origin(place: &Place) -> Element<'_> {
    let (line, column) = place.line_column();
    Origin::path(place.source.name.as_str()).line(line).char_column(column).into()
}

fn snippet(place: &Place) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(secret::masked(&place.source.text)).path(place.source.name.as_str())
}

/// An empty place still gets a mark.
fn visible(place: &Place) -> std::ops::Range<usize> {
    let first_line = place.text().lines().next().unwrap_or("").trim_end().len();
    let next = place.source.text[place.start..].chars().next().map_or(0, char::len_utf8);
    place.start..place.start + first_line.max(next)
}

/// The path of a source as seen from where the command was started; `directory` is that of `-C`.
pub fn path_from_start(directory: &Path, name: &str) -> String {
    let parts = directory.components().filter(|part| *part != Component::CurDir);
    let path: PathBuf = parts.map(Component::as_os_str).chain([name.as_ref()]).collect();
    path.to_string_lossy().replace('\\', "/")
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
        "object": finding.about.as_ref().map(|about| &about.object),
        "pointer": finding.about.as_ref().map(|about| &about.pointer),
        "related": finding.related.iter().map(|(p, words)| json!({ "place": place(p), "message": words })).collect::<Value>(),
        "help": finding.help,
    })
}
