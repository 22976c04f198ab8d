//! What a scanner cuts a text into: tokens with their bytes, and what is wrong with a text.

/// Where the scanner is. Columns count characters, as the scanner of Go does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    /// The byte.
    pub at: usize,
    /// The line, from 0.
    pub line: usize,
    /// The character in the line, from 0.
    pub column: usize,
    /// The character in the text, from 0.
    pub index: usize,
}

/// What is wrong with a text, and from which byte on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The byte.
    pub at: usize,
    /// In one sentence without a full stop.
    pub words: String,
    /// It goes beyond a limit; the text may be YAML.
    pub limit: bool,
}

impl Problem {
    /// A text that is no YAML.
    pub fn new(at: usize, words: impl Into<String>) -> Self {
        Self { at, words: words.into(), limit: false }
    }
}

/// A piece of the text.
#[derive(Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// The kinds of [`Token`].
#[derive(Debug, PartialEq)]
pub enum Kind {
    /// Nothing follows.
    End,
    /// `%YAML 1.1`.
    Version(String),
    /// `%TAG handle prefix`.
    TagDirective(String, String),
    /// `---`.
    DocumentStart,
    /// `...`.
    DocumentEnd,
    /// A list of lines with dashes starts.
    BlockList,
    /// A map of lines starts.
    BlockMap,
    /// One of the two ends.
    BlockEnd,
    /// `[`.
    FlowList,
    /// `]`.
    FlowListEnd,
    /// `{`.
    FlowMap,
    /// `}`.
    FlowMapEnd,
    /// `,`.
    FlowEntry,
    /// `-`.
    BlockEntry,
    /// A key follows.
    Key,
    /// `:`.
    Value,
    /// `*name`.
    Alias(String),
    /// `&name`.
    Anchor(String),
    /// `handle`, `suffix`.
    Tag(String, String),
    /// Text.
    Scalar {
        /// Without quotes, escapes and indentation.
        text: String,
        /// Neither in quotes nor a block.
        plain: bool,
    },
}

/// What the scanner and those who ask it yield.
pub type Result<T> = std::result::Result<T, Problem>;
