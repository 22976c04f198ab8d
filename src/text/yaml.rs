//! YAML text <-> values. The only module that knows the YAML crate.
//!
//! It reads what is written for gatewright, and what templates yield: YAML 1.1 booleans and octals as a cluster reads them,
//! duplicate keys refused; every node of a file that a person wrote keeps its place. Manifests of others are read by
//! `kubeyaml`. Writing is canonical: a value has one text, and every reader of YAML 1.1 or 1.2
//! reads that text back as the same value.

use std::sync::{Arc, OnceLock};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_yaml::{Error, Options, Spanned};

use crate::text::finding::{Code, Finding};
use crate::text::pointer::unescaped;
use crate::text::source::{Place, Source};

/// Largest file read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting read.
pub const MAX_DEPTH: usize = 64;
/// Most values in one file, aliases expanded.
pub const MAX_NODES: usize = 100_000;
/// Most documents in one file.
pub const MAX_DOCUMENTS: usize = 10_000;

/// A YAML value that knows where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value's text; for a map or a list the place where it starts.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// The entries of a large map by their keys, once somebody asked for one.
    order: OnceLock<Vec<u32>>,
}

/// Entries of a map from which on it is searched by an index.
const LARGE: usize = 16;

/// The kinds of [`Node`].
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean in any of YAML 1.1's spellings; [`Node::place`] has the spelling.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A string.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file; keys are unique.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value at its place.
    pub fn new(place: Place, kind: Kind) -> Self {
        Self { place, kind, order: OnceLock::new() }
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let entries = self.entries();
        if entries.len() < LARGE {
            return entries.iter().find(|e| e.key == key);
        }
        let order = self.order.get_or_init(|| {
            let mut order: Vec<u32> = (0..entries.len() as u32).collect();
            order.sort_by_key(|i| entries[*i as usize].key.as_str());
            order
        });
        let at = order.partition_point(|i| entries[*i as usize].key.as_str() < key);
        order.get(at).map(|i| &entries[*i as usize]).filter(|e| e.key == key)
    }

    /// The value of that key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// The place of the deepest part of a JSON pointer that exists: the key of a map's entry, the item of a list.
    pub fn place_at(&self, pointer: &str) -> Place {
        let mut found = (self, &self.place);
        for token in pointer.split('/').skip(1) {
            let Some(next) = found.0.step(token) else { break };
            found = next;
        }
        found.1.clone()
    }

    /// The node at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        pointer.split('/').skip(1).try_fold(self, |node, token| Some(node.step(token)?.0))
    }

    /// What a part of a pointer leads to, and its place.
    fn step(&self, token: &str) -> Option<(&Node, &Place)> {
        match &self.kind {
            Kind::List(items) => items.get(token.parse::<usize>().ok()?).map(|item| (item, &item.place)),
            _ => self.entry(&unescaped(token)).map(|entry| (&entry.value, &entry.place)),
        }
    }

    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number(n.clone()),
            Kind::String(s) => Value::String(s.clone()),
            Kind::List(items) => items.iter().map(Node::to_value).collect(),
            Kind::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_value())).collect()),
        }
    }

    /// What the value is, for messages: `a list`, `the string "x"`.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".into(),
            Kind::Bool(b) => format!("the boolean {b}"),
            Kind::Number(n) => format!("the number {n}"),
            Kind::String(s) if s.chars().count() <= 40 => format!("the string {s:?}"),
            Kind::String(_) => "a string".into(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
        }
    }
}

/// Reads one document of a file that a person wrote.
///
/// # Errors
/// One finding with the place: syntax, duplicate key, several documents, a limit, an empty file.
pub fn read(source: &Arc<Source>) -> Result<Node, Finding> {
    let mut options = options();
    // What a user writes is what counts: no key comes from elsewhere, no tag changes what a value is.
    options.merge_keys = serde_yaml::MergeKeyPolicy::Error;
    options.reject_unsupported_tags = true;
    read_with(source, options)
}

/// Reads a group file, in which merge keys spare repetition.
///
/// # Errors
/// As [`read`].
pub fn read_group(source: &Arc<Source>) -> Result<Node, Finding> {
    read_with(source, options())
}

fn short(source: &Arc<Source>) -> Result<(), Finding> {
    if source.text.len() <= MAX_BYTES {
        return Ok(());
    }
    let finding = Finding::error(Code::YamlLimit, format!("this file has {} bytes", source.text.len()));
    Err(finding.place(Place::new(source, 0, 0)).help(format!("files of up to {MAX_BYTES} bytes are read")))
}

fn read_with(source: &Arc<Source>, options: Options) -> Result<Node, Finding> {
    short(source)?;
    let tree: Spanned<Tree> =
        serde_yaml::from_str_with_options(&source.text, options).map_err(|e| finding(&e, source))?;
    let node = place_tree(tree, source);
    match node.kind {
        Kind::Null => Err(Finding::error(Code::EmptyFile, "this file says nothing")
            .place(Place::new(source, 0, 0))
            .help("write what it should say, or remove it")),
        _ => Ok(node),
    }
}

/// Reads one document into a type of ours.
///
/// # Errors
/// One finding with the place; what the type does not allow has the given code.
pub fn read_typed<T: DeserializeOwned>(source: &Arc<Source>, code: Code) -> Result<T, Finding> {
    short(source)?;
    serde_yaml::from_str_with_options(&source.text, options()).map_err(|e| match finding(&e, source) {
        Finding { code: Code::YamlSyntax, message, place, .. } => Finding { place, ..Finding::error(code, message) },
        other => other,
    })
}

/// Reads the documents of a generated text; empty ones are skipped.
///
/// # Errors
/// One finding whose place is in the generated text.
pub fn documents(source: &Arc<Source>) -> Result<Vec<Value>, Finding> {
    let documents: Vec<Value> =
        serde_yaml::from_multiple_with_options(&source.text, options()).map_err(|e| finding(&e, source))?;
    Ok(documents.into_iter().filter(|d| !d.is_null()).collect())
}

/// The documents of a text with their places; empty ones are skipped.
///
/// # Errors
/// As [`documents`].
pub fn nodes(source: &Arc<Source>) -> Result<Vec<Node>, Finding> {
    let trees: Vec<Spanned<Tree>> =
        serde_yaml::from_multiple_with_options(&source.text, options()).map_err(|e| finding(&e, source))?;
    let nodes = trees.into_iter().map(|tree| place_tree(tree, source));
    Ok(nodes.filter(|n| !matches!(n.kind, Kind::Null)).collect())
}

/// The one text of a value, with a final newline.
pub fn emit(value: &Value) -> String {
    let options = serde_yaml::ser_options! {
        folded_wrap_chars: usize::MAX,
        // A block scalar whose first text starts with a tab is valid YAML 1.2 that libyaml and Go refuse (yaml/go-yaml#383).
        prefer_block_scalars: !any_string(value, &|s| s.trim_start_matches('\n').starts_with('\t')),
    };
    let mut text = serde_yaml::to_string_with_options(value, options).expect("JSON values are YAML values");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn any_string(value: &Value, test: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(s) => test(s),
        Value::Array(items) => items.iter().any(|v| any_string(v, test)),
        Value::Object(map) => map.iter().any(|(k, v)| test(k) || any_string(v, test)),
        _ => false,
    }
}

fn options() -> Options {
    let mut options = serde_yaml::options! {
        legacy_octal_numbers: true, // as Kubernetes reads them
        with_snippet: false,
    };
    if let Some(budget) = &mut options.budget {
        budget.max_depth = MAX_DEPTH;
        budget.max_nodes = MAX_NODES;
        budget.max_documents = MAX_DOCUMENTS;
        budget.flow_nesting_limit = MAX_DEPTH + 1; // so that the depth speaks first: it has a place
    }
    options
}

fn finding(error: &Error, source: &Arc<Source>) -> Finding {
    let error = error.without_snippet();
    let place = error.location().map_or_else(
        || Place::new(source, 0, 0),
        |l| {
            let start = source.offset(l.line() as usize, l.column() as usize);
            let rest = &source.text[source.text.floor_char_boundary(start)..];
            let word = rest.find(['\n', ' ', ':']).unwrap_or(rest.len()).max(1);
            Place::new(source, start, start + l.span().byte_len().map_or(word, |n| n as usize).clamp(1, word))
        },
    );
    let text = first_line(&error.render());
    let (code, message, help) = match error {
        Error::DuplicateMappingKey { key, .. } => (
            Code::DuplicateKey,
            match key {
                Some(key) => format!("the key `{key}` stands here a second time"),
                None => "this key stands here a second time".into(),
            },
            "keep one of the two",
        ),
        Error::MultipleDocuments { .. } => (
            Code::SeveralDocuments,
            "a second document starts here".into(),
            "keep one document: remove `---` and what follows",
        ),
        Error::Eof { .. } => {
            (Code::EmptyFile, "this file says nothing".into(), "`gatewright init` writes one that renders")
        }
        // Limits arrive in several variants, some wrapped by the alias they were found in; the words are the same.
        _ if ["budget breached", "recursion limit", "alias replay", "alias expansion"]
            .iter()
            .any(|w| text.contains(w)) =>
        {
            (
                Code::YamlLimit,
                format!("this file nests too deep or grows too large ({text})"),
                "at most 64 levels, 10,000 documents and 100,000 values, aliases expanded",
            )
        }
        _ if source.text[..place.start].lines().next_back().unwrap_or("").contains('\t')
            || place.text().starts_with('\t') =>
        {
            (Code::YamlSyntax, "a tab stands where YAML wants spaces".into(), "indent with spaces")
        }
        _ => (Code::YamlSyntax, text, "check the indentation, the colons and the quotes around here"),
    };
    Finding::error(code, message).place(place).help(help)
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let line = line.strip_prefix("line ").and_then(|l| l.split_once(": ")).map_or(line, |(_, l)| l);
    line.split(" at line ").next().unwrap_or(line).to_owned()
}

/// The shape that the YAML crate fills; [`Node`] is the same with places.
enum Tree {
    Scalar(Kind),
    List(Vec<Spanned<Tree>>),
    Map(Vec<(Spanned<String>, Spanned<Tree>)>),
}

fn place_tree(tree: Spanned<Tree>, source: &Arc<Source>) -> Node {
    let place = place_of(&tree.referenced, source);
    let kind = match tree.value {
        Tree::Scalar(kind) => kind,
        Tree::List(items) => Kind::List(items.into_iter().map(|t| place_tree(t, source)).collect()),
        Tree::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    place: place_of(&key.referenced, source),
                    key: key.value,
                    value: place_tree(value, source),
                })
                .collect(),
        ),
    };
    Node::new(place, kind)
}

fn place_of(location: &serde_yaml::Location, source: &Arc<Source>) -> Place {
    let start = location.span().byte_offset().unwrap_or(0) as usize;
    Place::new(source, start, start + location.span().byte_len().unwrap_or(0) as usize)
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Kind::Null))
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Kind::Null))
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(Kind::Bool(v)))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(Kind::Number(v.into())))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(Kind::Number(v.into())))
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Tree, E> {
        // A whole number is an integer, however it is written: `3.0` replicas are 3.
        if v.fract() == 0.0 && v.abs() < 1e15 {
            return Ok(Tree::Scalar(Kind::Number((v as i64).into())));
        }
        let number = Number::from_f64(v).ok_or_else(|| E::custom("`.inf` and `.nan` are not numbers here"))?;
        Ok(Tree::Scalar(Kind::Number(number)))
    }
    fn visit_str<E>(self, v: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(Kind::String(v.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Map(entries))
    }
}

/// A value as a JSON object; empty when it is none.
pub fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}
