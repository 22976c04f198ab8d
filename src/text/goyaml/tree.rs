//! Text -> the tree of its first document: what is written where, before anything means something.
//!
//! The only module that knows the parser. It stands in for that of Go's `gopkg.in/yaml.v3` v3.0.1, which is libyaml's;
//! where the two read differently, and what is done about it, is told in `tests/judges/README.md`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::text::goyaml::value::{plain, tag_of};

/// Largest text read, in bytes; a ConfigMap holds no more.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting read. yaml.v3 goes to 10,000.
pub const MAX_DEPTH: usize = 100;

/// Control characters, and the line breaks of Unicode: yaml.v3 refuses the former and folds the latter as YAML 1.1 did.
fn is_foreign(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    control || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// A node as it is written: aliases point, scalars are text.
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The tag that is written, in its short form; `!` counts as none.
    pub tag: Option<String>,
    /// Where it starts, from 1.
    pub line: usize,
}

/// The kinds of [`Node`].
pub enum Kind {
    /// Its text without quotes and escapes.
    Scalar {
        /// The text.
        text: String,
        /// In quotes or as a block: no plain scalar.
        quoted: bool,
    },
    /// Its items.
    List(Vec<usize>),
    /// Keys and values in turn.
    Map(Vec<usize>),
    /// `*name`.
    Alias {
        /// The name of the anchor.
        name: String,
        /// The node that had it last.
        target: usize,
    },
}

/// The first document. Nodes refer to each other by index, since an alias may lie within what it points to.
pub struct Tree {
    /// All nodes.
    pub nodes: Vec<Node>,
    /// The outermost one, if there is any.
    pub root: Option<usize>,
}

impl Tree {
    /// Parses a text.
    ///
    /// # Errors
    /// The text is no YAML or too large, or something other than a document follows the first: yaml.v3 often forgets
    /// that without a word.
    pub fn parse(text: &str) -> Result<Tree, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("yaml: the text has more than {MAX_BYTES} bytes"));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(c) = text.chars().find(|c| is_foreign(*c)) {
            return Err(format!("yaml: control characters are not allowed: {}", c.escape_default()));
        }
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut tree = Tree { nodes: Vec::new(), root: None };
        let mut anchors = BTreeMap::new();
        let mut open: Vec<usize> = Vec::new();
        let mut ended = false;
        for event in Parser::new_from_str_with_options(text, options) {
            if ended && event.is_ok() {
                break; // another document, which yaml.v3 does not look at
            }
            let (event, span) = event.map_err(|e| format!("yaml: line {}: {}", e.marker().line(), e.info()))?;
            let (kind, anchor, tag) = match event {
                Event::Scalar(value, style, anchor, tag) => {
                    let text = scalar_text(value.into_owned(), style, &span, text);
                    (Kind::Scalar { text, quoted: style != ScalarStyle::Plain }, anchor, tag)
                }
                Event::SequenceStart(_, anchor, tag) => (Kind::List(Vec::new()), anchor, tag),
                Event::MappingStart(_, anchor, tag) => (Kind::Map(Vec::new()), anchor, tag),
                Event::Alias(id) => {
                    let target = *anchors.get(&id).expect("the parser names only anchors that it has seen");
                    let name = span.slice(text).and_then(|written| written.strip_prefix('*')).unwrap_or_default();
                    (Kind::Alias { name: name.into(), target }, 0, None)
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    continue;
                }
                Event::DocumentStart(_, Some(version)) if (version.major, version.minor) != (1, 1) => {
                    return Err("yaml: found incompatible YAML document".into());
                }
                Event::DocumentEnd => {
                    ended = true;
                    continue;
                }
                _ => continue,
            };
            let node = tree.add(kind, tag, &span, open.last().copied());
            if anchor > 0 {
                anchors.insert(anchor, node);
            }
            if matches!(tree.nodes[node].kind, Kind::List(_) | Kind::Map(_)) {
                open.push(node);
            }
        }
        Ok(tree)
    }

    fn add(&mut self, kind: Kind, tag: Option<Cow<'_, Tag>>, span: &Span, parent: Option<usize>) -> usize {
        let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
        let tag = tag.map(|tag| match tag.strip_prefix("tag:yaml.org,2002:") {
            Some(short) => format!("!!{short}"),
            None => tag,
        });
        let node = self.nodes.len();
        self.nodes.push(Node { kind, tag: tag.filter(|tag| tag != "!"), line: span.start.line() });
        match parent.map(|parent| &mut self.nodes[parent].kind) {
            Some(Kind::List(children) | Kind::Map(children)) => children.push(node),
            _ => self.root = Some(node),
        }
        node
    }

    /// Whether a node is a string by its tag, its quotes or its form.
    pub fn is_string(&self, node: usize) -> bool {
        match (&self.nodes[node].kind, self.nodes[node].tag.as_deref()) {
            (Kind::Alias { target, .. }, _) => self.is_string(*target),
            (Kind::Scalar { .. }, Some(tag)) => tag == "!!str",
            (Kind::Scalar { text, quoted }, None) => *quoted || (text != "<<" && tag_of(&plain(text)) == "!!str"),
            _ => false,
        }
    }

    /// Whether a node is the merge key `<<`.
    pub fn is_merge(&self, node: usize) -> bool {
        match (&self.nodes[node].kind, self.nodes[node].tag.as_deref()) {
            (Kind::Scalar { text, quoted }, tag) => text == "<<" && tag.map_or(!quoted, |tag| tag == "!!merge"),
            _ => false,
        }
    }

    /// Whether a node is a map or the alias of one.
    pub fn is_map(&self, node: usize) -> bool {
        match &self.nodes[node].kind {
            Kind::Map(_) => true,
            Kind::Alias { target, .. } => matches!(self.nodes[*target].kind, Kind::Map(_)),
            _ => false,
        }
    }
}

/// granit-parser ends a block scalar with a break even where the text ends within its last line; yaml.v3 does not.
fn scalar_text(mut scalar: String, style: ScalarStyle, span: &Span, text: &str) -> String {
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let line = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    let content = scalar.strip_suffix('\n').and_then(|content| content.rsplit('\n').next()).unwrap_or_default();
    let blank = |line: &str| line.bytes().all(|b| b == b' ');
    let within = !line.is_empty() && !content.is_empty() && blank(line) == blank(content);
    if block && within && span.end.byte_offset() == Some(text.len()) {
        scalar.pop();
    }
    scalar
}
