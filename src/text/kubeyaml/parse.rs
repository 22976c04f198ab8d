//! Tokens -> the tree of one document: what is written where, before anything means something. The grammar is that of
//! go.yaml.in/yaml/v2 2.4; what follows the first document of a text is not looked at, as there.

use std::collections::BTreeMap;

use crate::text::kubeyaml::scan::Scanner;
use crate::text::kubeyaml::token::{Kind, Problem, Result, Token};

/// Deepest nesting read, aliases followed. Go goes to 10,000.
pub const MAX_DEPTH: usize = 200;

/// A node as it is written: aliases point, scalars are text.
pub struct Node {
    /// What it is.
    pub form: Form,
    /// The tag that is written, in its short form.
    pub tag: Option<String>,
    /// Its first byte.
    pub start: usize,
    /// One past its last byte; of a list or map, one past the first byte.
    pub end: usize,
}

/// The forms of [`Node`].
pub enum Form {
    /// Its text without quotes and escapes.
    Scalar {
        /// The text.
        text: String,
        /// Neither in quotes nor a block.
        plain: bool,
    },
    /// Its items.
    List(Vec<usize>),
    /// Keys and values in turn.
    Map(Vec<usize>),
    /// `*name`, and the node that it names.
    Alias(String, usize),
}

/// One document. Nodes refer to each other by index, since an alias may lie within what it points to.
#[derive(Default)]
pub struct Tree {
    /// All nodes.
    pub nodes: Vec<Node>,
    /// The outermost one, if there is any.
    pub root: Option<usize>,
}

/// Parses the document that starts at a byte.
///
/// # Errors
/// The text is no YAML, or nests too deep.
pub fn parse(text: &str, start: usize, json: bool) -> Result<Tree> {
    let mut parser = Parser {
        scanner: Scanner::new(text, start, json),
        tree: Tree::default(),
        anchors: BTreeMap::new(),
        handles: BTreeMap::new(),
        depth: 0,
    };
    parser.document()?;
    Ok(parser.tree)
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    tree: Tree,
    anchors: BTreeMap<String, usize>,
    /// What `%TAG` says.
    handles: BTreeMap<String, String>,
    depth: usize,
}

/// What may stand before a node.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<()> {
        self.directives()?;
        let started = *self.kind()? == Kind::DocumentStart;
        if started {
            self.scanner.take()?;
        } else if !self.handles.is_empty() {
            return Err(Problem::new(self.start()?, "`---` must follow a directive"));
        }
        match self.kind()? {
            Kind::End if !started => return Ok(()),
            Kind::Version(_) | Kind::TagDirective(..) | Kind::DocumentStart | Kind::DocumentEnd | Kind::End
                if started =>
            {
                self.tree.root = Some(self.empty()?);
            }
            _ => self.tree.root = Some(self.node(true, false)?),
        }
        self.scanner.peek().map(drop)
    }

    fn directives(&mut self) -> Result<()> {
        loop {
            match self.kind()? {
                Kind::Version(version) if version != "1.1" => {
                    let words = format!("YAML {version} is not read, only 1.1");
                    return Err(Problem::new(self.start()?, words));
                }
                Kind::Version(_) | Kind::TagDirective(..) => {}
                _ => return Ok(()),
            }
            let token = self.scanner.take()?;
            let (handle, prefix) = match token.kind {
                Kind::TagDirective(handle, prefix) => (handle, prefix),
                _ => ("%YAML".into(), String::new()),
            };
            if self.handles.insert(handle, prefix).is_some() {
                return Err(Problem::new(token.start, "this directive stands here a second time"));
            }
        }
    }

    fn kind(&mut self) -> Result<&Kind> {
        self.scanner.peek().map(|token| &token.kind)
    }

    fn start(&mut self) -> Result<usize> {
        self.scanner.peek().map(|token| token.start)
    }

    fn is(&mut self, kind: &Kind) -> Result<bool> {
        Ok(self.kind()? == kind)
    }

    fn is_one_of(&mut self, kinds: &[Kind]) -> Result<bool> {
        let found = self.kind()?;
        Ok(kinds.contains(found))
    }

    fn add(&mut self, form: Form, tag: Option<String>, start: usize, end: usize) -> usize {
        self.tree.nodes.push(Node { form, tag, start, end });
        self.tree.nodes.len() - 1
    }

    /// Nothing, where a value might stand.
    fn empty(&mut self) -> Result<usize> {
        let at = self.start()?;
        Ok(self.nothing(at))
    }

    fn nothing(&mut self, at: usize) -> usize {
        self.add(Form::Scalar { text: String::new(), plain: true }, None, at, at)
    }

    /// A node; `block`: in lines, not within brackets; `beside_key`: a list may start at the column of its key.
    fn node(&mut self, block: bool, beside_key: bool) -> Result<usize> {
        if let Kind::Alias(_) = self.kind()? {
            let token = self.scanner.take()?;
            let Kind::Alias(name) = token.kind else { unreachable!("it was peeked at") };
            let Some(target) = self.anchors.get(&name).copied() else {
                return Err(Problem::new(token.start, format!("there is no anchor `{name}` above")));
            };
            return Ok(self.add(Form::Alias(name, target), None, token.start, token.end));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let words = format!("this document nests deeper than {MAX_DEPTH} levels");
            return Err(Problem { limit: true, ..Problem::new(self.start()?, words) });
        }
        let at = self.start()?;
        let properties = self.properties()?;
        let node = self.content(block, beside_key, at, properties)?;
        self.depth -= 1;
        Ok(node)
    }

    fn properties(&mut self) -> Result<Properties> {
        let mut properties = Properties::default();
        loop {
            let free = match self.kind()? {
                Kind::Anchor(_) => properties.anchor.is_none(),
                Kind::Tag(..) => properties.tag.is_none(),
                _ => false,
            };
            if !free {
                return Ok(properties);
            }
            let token = self.scanner.take()?;
            match token.kind {
                Kind::Anchor(name) => properties.anchor = Some(name),
                Kind::Tag(handle, suffix) => properties.tag = Some(self.tag(token.start, &handle, &suffix)?),
                _ => unreachable!("it was peeked at"),
            }
        }
    }

    fn tag(&self, at: usize, handle: &str, suffix: &str) -> Result<String> {
        let prefix = match (handle, self.handles.get(handle)) {
            (_, Some(prefix)) => prefix,
            ("" | "!", None) => handle,
            ("!!", None) => "tag:yaml.org,2002:",
            _ => return Err(Problem::new(at, format!("no `%TAG` says what `{handle}` means"))),
        };
        let tag = format!("{prefix}{suffix}");
        Ok(tag.strip_prefix("tag:yaml.org,2002:").map_or(tag.clone(), |short| format!("!!{short}")))
    }

    fn content(&mut self, block: bool, beside_key: bool, at: usize, found: Properties) -> Result<usize> {
        let form = match self.kind()? {
            Kind::BlockEntry if beside_key => Form::List(Vec::new()),
            Kind::Scalar { .. } => {
                let token = self.scanner.take()?;
                let Token { kind: Kind::Scalar { text, plain }, start, end } = token else {
                    unreachable!("it was peeked at")
                };
                let node = self.add(Form::Scalar { text, plain }, found.tag, start, end);
                self.name(found.anchor, node);
                return Ok(node);
            }
            Kind::FlowList => Form::List(Vec::new()),
            Kind::FlowMap => Form::Map(Vec::new()),
            Kind::BlockList if block => Form::List(Vec::new()),
            Kind::BlockMap if block => Form::Map(Vec::new()),
            _ if found.anchor.is_some() || found.tag.is_some() => {
                let plain = found.tag.is_none();
                let node = self.add(Form::Scalar { text: String::new(), plain }, found.tag, at, at);
                self.name(found.anchor, node);
                return Ok(node);
            }
            _ => return Err(self.unexpected("a value is missing here")?),
        };
        let start = self.start()?;
        let node = self.add(form, found.tag, start, start + 1);
        self.name(found.anchor, node);
        let children = match self.kind()? {
            Kind::BlockEntry => self.list_beside_key()?,
            Kind::BlockList => self.block_list()?,
            Kind::BlockMap => self.block_map()?,
            Kind::FlowList => self.flow_list()?,
            _ => self.flow_map()?,
        };
        match &mut self.tree.nodes[node].form {
            Form::List(items) | Form::Map(items) => *items = children,
            _ => unreachable!("scalars are gone"),
        }
        Ok(node)
    }

    fn name(&mut self, anchor: Option<String>, node: usize) {
        if let Some(name) = anchor {
            self.anchors.insert(name, node);
        }
    }

    fn unexpected(&mut self, words: &str) -> Result<Problem> {
        let token = self.scanner.peek()?;
        let words = match token.kind {
            Kind::End => "the text ends too early",
            Kind::BlockEntry | Kind::BlockList | Kind::BlockMap | Kind::Key => {
                "this stands at an indentation that does not fit what is above"
            }
            _ => words,
        };
        Ok(Problem::new(token.start, words))
    }

    fn block_list(&mut self) -> Result<Vec<usize>> {
        self.scanner.take()?;
        let mut items = Vec::new();
        while self.is(&Kind::BlockEntry)? {
            let dash = self.scanner.take()?.end;
            let empty = self.is_one_of(&[Kind::BlockEntry, Kind::BlockEnd])?;
            items.push(if empty { self.nothing(dash) } else { self.node(true, false)? });
        }
        self.end(&Kind::BlockEnd, "an item of a list starts with `- `, at the column of the items above")?;
        Ok(items)
    }

    fn list_beside_key(&mut self) -> Result<Vec<usize>> {
        let mut items = Vec::new();
        while self.is(&Kind::BlockEntry)? {
            let dash = self.scanner.take()?.end;
            let empty = self.is_one_of(&[Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd])?;
            items.push(if empty { self.nothing(dash) } else { self.node(true, false)? });
        }
        Ok(items)
    }

    fn block_map(&mut self) -> Result<Vec<usize>> {
        const NEXT: [Kind; 3] = [Kind::Key, Kind::Value, Kind::BlockEnd];
        self.scanner.take()?;
        let mut pairs = Vec::new();
        while self.is(&Kind::Key)? {
            let mut at = self.scanner.take()?.end;
            let key = if self.is_one_of(&NEXT)? { self.nothing(at) } else { self.node(true, true)? };
            let valued = self.is(&Kind::Value)?;
            at = if valued { self.scanner.take()?.end } else { self.start()? };
            let empty = !valued || self.is_one_of(&NEXT)?;
            let value = if empty { self.nothing(at) } else { self.node(true, true)? };
            pairs.extend([key, value]);
        }
        self.end(&Kind::BlockEnd, "a key stands at the column of the keys above, and a colon behind it")?;
        Ok(pairs)
    }

    fn flow_list(&mut self) -> Result<Vec<usize>> {
        const ENDS: [Kind; 2] = [Kind::FlowEntry, Kind::FlowListEnd];
        self.scanner.take()?;
        let mut items = Vec::new();
        while !self.is(&Kind::FlowListEnd)? {
            if !items.is_empty() {
                self.end(&Kind::FlowEntry, "`,` or `]` is missing here")?;
            }
            match self.kind()? {
                Kind::Key => {
                    let start = self.scanner.take()?.start;
                    let map = self.add(Form::Map(Vec::new()), None, start, start);
                    let pair = self.pair_in_list(&ENDS)?;
                    self.tree.nodes[map].form = Form::Map(pair);
                    items.push(map);
                }
                Kind::FlowListEnd => {}
                _ => items.push(self.node(false, false)?),
            }
        }
        self.scanner.take()?;
        Ok(items)
    }

    /// `[a: b]` holds a map of one entry.
    fn pair_in_list(&mut self, ends: &[Kind]) -> Result<Vec<usize>> {
        let key = match self.kind()? {
            Kind::Value | Kind::FlowEntry | Kind::FlowListEnd => {
                let end = self.scanner.take()?.end;
                self.nothing(end)
            }
            _ => self.node(false, false)?,
        };
        let valued = self.is(&Kind::Value)?;
        if valued {
            self.scanner.take()?;
        }
        let value = if valued && !self.is_one_of(ends)? { self.node(false, false)? } else { self.empty()? };
        Ok(vec![key, value])
    }

    fn flow_map(&mut self) -> Result<Vec<usize>> {
        const ENDS: [Kind; 2] = [Kind::FlowEntry, Kind::FlowMapEnd];
        self.scanner.take()?;
        let mut pairs = Vec::new();
        while !self.is(&Kind::FlowMapEnd)? {
            if !pairs.is_empty() {
                self.end(&Kind::FlowEntry, "`,` or `}` is missing here")?;
            }
            match self.kind()? {
                Kind::Key => {
                    self.scanner.take()?;
                    let none = self.is_one_of(&[Kind::Value, Kind::FlowEntry, Kind::FlowMapEnd])?;
                    let key = if none { self.empty()? } else { self.node(false, false)? };
                    let valued = self.is(&Kind::Value)?;
                    if valued {
                        self.scanner.take()?;
                    }
                    let value =
                        if valued && !self.is_one_of(&ENDS)? { self.node(false, false)? } else { self.empty()? };
                    pairs.extend([key, value]);
                }
                Kind::FlowMapEnd => {}
                _ => {
                    let key = self.node(false, false)?;
                    let value = self.empty()?;
                    pairs.extend([key, value]);
                }
            }
        }
        self.scanner.take()?;
        Ok(pairs)
    }

    fn end(&mut self, kind: &Kind, words: &str) -> Result<()> {
        if !self.is(kind)? {
            return Err(self.unexpected(words)?);
        }
        self.scanner.take().map(drop)
    }
}
