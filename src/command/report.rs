//! Findings -> text with excerpts, and JSON. Masks the keys that findings may quote. The only module that knows how a source excerpt is drawn.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::command::gather;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::secret;
use crate::text::shown;
use crate::text::source::{Place, Source};

/// Causes that are shown with their excerpts; the rest is counted.
const SHOWN: usize = 50;

/// Further places of one cause that are named; the rest is counted.
const PLACES: usize = 5;

/// From how many findings on a last line counts them by code.
const MANY: usize = 10;

/// What is about a key shows where it stands and nothing of the text around it.
const WITHOUT_EXCERPT: [Code; 2] = [Code::LiteralSecret, Code::SecretMaterial];

/// A finding whose sentences hold no key material and nothing that a terminal obeys, whatever they quote. Excerpts are
/// masked where they are drawn.
pub fn masked(finding: Finding) -> Finding {
    let safe = |words: &str| shown::line(&secret::masked(words));
    let related = finding.related.into_iter().map(|(place, words)| (place, safe(&words))).collect();
    let (message, help) = (safe(&finding.message), finding.help.as_deref().map(|words| safe(words).into()));
    Finding { message, help, related, ..finding }
}

/// Findings as text with source excerpts, and a closing count. Styled with ANSI codes; strip them for a pipe.
pub fn text(findings: &[Finding]) -> String {
    let renderer = Renderer::styled();
    let (mut text, mut masks) = (String::new(), Masks::new());
    let causes = gather::causes(findings);
    for cause in causes.iter().take(SHOWN) {
        let finding = cause[0];
        let places = finding.place.iter().chain(finding.related.iter().map(|(place, _)| place));
        for source in places.map(|place| &place.source) {
            masks.entry(Arc::as_ptr(source)).or_insert_with(|| secret::masked(&source.text));
        }
        text += &one(finding, &masks, &renderer);
        text += &elsewhere(cause);
        text += "\n\n";
    }
    let rest: usize = causes.iter().skip(SHOWN).map(Vec::len).sum();
    if rest > 0 {
        text += &format!("and {rest} more\n\n");
    }
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => {}
        (errors, 0) => text += &format!("{}\n", plural(errors, "error")),
        (0, warnings) => text += &format!("{}\n", plural(warnings, "warning")),
        (errors, warnings) => text += &format!("{}, {}\n", plural(errors, "error"), plural(warnings, "warning")),
    }
    if findings.len() >= MANY {
        text += &format!(
            "by code: {}
",
            gather::by_code(findings.iter())
        );
    }
    // The crate replaces most control characters in excerpts, but not all.
    shown::drawn(&text)
}

/// The texts of sources without the key material in them, byte by byte as long as they were.
type Masks = BTreeMap<*const Source, String>;

fn one(finding: &Finding, masks: &Masks, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&finding.message).id(finding.code.name());
    let mut group = title.elements(places(finding, masks));
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(&**help));
    }
    renderer.render(&[group])
}

/// The other places of a cause, each with its object or, where its words differ, with those.
fn elsewhere(cause: &[&Finding]) -> String {
    let (words, others) = (gather::words(cause[0]), &cause[1..]);
    let one = |finding: &&Finding| {
        let place = finding.place.as_ref().map(|place| format!("{place} ")).unwrap_or_default();
        match &finding.about {
            Some(about) if gather::words(finding) == words => format!("\n  also {place}{}", about.object),
            _ => format!("\n  also {place}{}", finding.message),
        }
    };
    let mut text: String = others.iter().take(PLACES).map(one).collect();
    if others.len() > PLACES {
        text += &format!("\n  and {} more like this", others.len() - PLACES);
    }
    if text.is_empty() { text } else { format!("\n{}", text.trim_start_matches('\n')) }
}

/// The place of a finding and the related ones: excerpts, those in one file together.
fn places<'a>(finding: &'a Finding, masks: &'a Masks) -> Vec<Element<'a>> {
    let Some(place) = &finding.place else { return Vec::new() };
    if WITHOUT_EXCERPT.contains(&finding.code) {
        return [place].into_iter().chain(finding.related.iter().map(|(place, _)| place)).map(origin).collect();
    }
    let (beside, elsewhere): (Vec<_>, Vec<_>) =
        finding.related.iter().partition(|(related, _)| related.source == place.source);
    let marks = [(place, None)].into_iter().chain(beside.into_iter().map(|(place, words)| (place, Some(words))));
    let others = elsewhere.into_iter().map(|(place, words)| snippet(&[(place, Some(words))], masks));
    [snippet(&marks.collect::<Vec<_>>(), masks)].into_iter().chain(others).map(Element::from).collect()
}

fn origin(place: &Place) -> Element<'_> {
    let (line, column) = place.line_column();
    Origin::path(place.source.name.as_str()).line(line).char_column(column).into()
}

/// The lines of one source that are marked, and what is between them: files may be large.
fn snippet<'a>(marks: &[(&'a Place, Option<&'a String>)], masks: &'a Masks) -> Snippet<'a, Annotation<'a>> {
    let source = &marks[0].0.source;
    let spans: Vec<Range<usize>> = marks.iter().map(|(place, _)| visible(place)).collect();
    let first = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let last = spans.iter().map(|span| span.end).max().unwrap_or_default();
    let (line, _) = source.line_column(first);
    let start = source.offset(line, 1);
    let end = source.text[last..].find('\n').map_or(source.text.len(), |at| last + at + 1);
    let text = &masks[&Arc::as_ptr(source)][start..end];
    let annotations = spans.into_iter().zip(marks).map(|(span, (_, words))| {
        let kind = if words.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
        kind.span(span.start - start..span.end - start).label(words.map(String::as_str))
    });
    Snippet::source(text).line_start(line).path(source.name.as_str()).annotations(annotations)
}

/// An empty place still gets a mark.
fn visible(place: &Place) -> Range<usize> {
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
