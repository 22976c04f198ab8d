//! Copies of built-in files: the first line says which original it was, so that a newer binary can tell that it has another one.

use std::sync::Arc;

use crate::group::catalog::BUILTIN;
use crate::group::pages::Pages;
use crate::text::digest;
use crate::text::finding::{Code, Finding};
use crate::text::source::{Place, Source};

/// What the first line says, between the signs of a comment.
const MARK: &str = "ejected from gatewright ";

/// The names of all built-in files.
pub fn names() -> Vec<String> {
    let pages = Pages::ours().texts().map(|(code, _)| format!("rules/{code}.md"));
    BUILTIN.iter().map(|(name, ..)| (*name).to_owned()).chain(pages).collect()
}

/// A built-in file of this binary.
pub fn original(name: &str) -> Option<&'static str> {
    match name.strip_prefix("rules/") {
        Some(page) => Pages::ours().text(page.strip_suffix(".md")?),
        None => BUILTIN.iter().find(|(known, ..)| *known == name).map(|(_, text, _)| *text),
    }
}

/// A copy of it for a working directory.
pub fn copy(name: &str, text: &str) -> String {
    format!("{}{text}", mark(name, text))
}

/// The first line, as a comment of that kind of file.
fn mark(name: &str, text: &str) -> String {
    let words = format!("{MARK}{}, sha256 {}", env!("CARGO_PKG_VERSION"), digest::hex(text.as_bytes()));
    match name.split('/').next() {
        Some("rules") => format!("<!-- {words} -->\n"),
        Some("templates") => format!("{{# {words} #}}\n"),
        _ => format!("# {words}\n"),
    }
}

/// The first line of a copy, with its line break, and the rest; none of what is no copy.
pub fn taken_apart(text: &str) -> Option<(&str, &str)> {
    let (line, rest) = text.split_at(text.find('\n')? + 1);
    let words = ["# ", "{# ", "<!-- "].iter().find_map(|start| line.strip_prefix(start))?;
    words.starts_with(MARK).then_some((line, rest))
}

/// A warning for each copy whose original is another one now, or is gone.
pub fn outdated<'s>(local: impl IntoIterator<Item = &'s Arc<Source>>) -> Vec<Finding> {
    let one = |source: &Arc<Source>| {
        let (line, _) = taken_apart(&source.text)?;
        let (message, help) = match original(&source.name) {
            Some(text) if line.contains(&digest::hex(text.as_bytes())) => return None,
            Some(text) => (
                format!("the built-in {} is another one than this was copied from", source.name),
                format!(
                    "`gatewright diff --ejected` shows both; once the change is taken over, the first line is `{}`",
                    mark(&source.name, text).trim_end()
                ),
            ),
            None => {
                (format!("{} is not built in any more", source.name), "it is yours: remove the first line".to_owned())
            }
        };
        let place = Place::new(source, 0, line.trim_end().len());
        Some(Finding::warning(Code::EjectedFile, message).place(place).help(help))
    };
    local.into_iter().filter_map(one).collect()
}
