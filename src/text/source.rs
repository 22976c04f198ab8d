//! Texts that people wrote, and places in them. Knows nothing of YAML.

use std::fmt;
use std::sync::Arc;

use crate::text::shown;

/// A text under the name its author knows it by (a path relative to the working directory).
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Path with `/`, relative to the working directory.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Where each line starts.
    lines: Vec<usize>,
    /// A byte is a character: a column need not be counted, in lines as long as the text.
    plain: bool,
}

impl Source {
    /// A shared source. Hidden characters of its name, which would reach a terminal, become escapes.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let (name, text) = (shown::line(&name.into()), text.into());
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let plain = text.is_ascii();
        Arc::new(Self { name, text, lines, plain })
    }

    /// Line and column (both from 1, columns in characters) of a byte offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let before = &self.text[self.lines[line - 1]..offset];
        (line, if self.plain { before.len() } else { before.chars().count() } + 1)
    }

    /// A line (from 1) without its break; empty behind the last one. It may be as long as the text, and is not searched for.
    pub fn line(&self, line: usize) -> &str {
        let start = |line: usize| self.lines.get(line).copied();
        let Some(from) = start(line.saturating_sub(1)) else { return "" };
        match start(line.max(1)) {
            Some(next) => self.text[from..next - 1].strip_suffix('\r').unwrap_or(&self.text[from..next - 1]),
            None => &self.text[from..],
        }
    }

    /// Byte offset of a line and column (both from 1, columns in characters), clamped into the text.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.line(line);
        start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(i, _)| i)
    }
}

/// A range of bytes in a source; `start <= end`, both on character boundaries.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The text.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// A place clamped into the text and onto character boundaries.
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        let start = source.text.floor_char_boundary(start);
        let end = source.text.ceil_char_boundary(end.clamp(start, source.text.len()));
        Self { source: source.clone(), start, end }
    }

    /// The text at this place.
    pub fn text(&self) -> &str {
        &self.source.text[self.start..self.end]
    }

    /// Line and column of the first byte, both from 1.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.start)
    }

    /// Line and column behind the last byte, both from 1; the end of the line that holds it when that is a line break.
    pub fn end_line_column(&self) -> (usize, usize) {
        self.source.line_column(self.start + self.text().trim_end().len())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
