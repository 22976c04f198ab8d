//! YAML text <-> values. The only module that knows the YAML crate.
//!
//! It reads what is written for gatewright: YAML 1.1 booleans and octals as a cluster reads them, duplicate keys refused; every
//! node keeps its place. Manifests, rendered or of others, are read by `kubeyaml`. Writing is canonical: a value has one text,
//! and every reader of YAML 1.1 or 1.2 reads that text back as the same value.

use std::sync::Arc;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_yaml::{Error, Options, Spanned};

use crate::text::finding::{Code, Finding};
pub use crate::text::node::{Entry, Kind, Node};
use crate::text::source::{Place, Source};

/// Largest file read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting read.
pub const MAX_DEPTH: usize = 64;
/// Most values in one file, aliases expanded.
pub const MAX_NODES: usize = 100_000;
/// Most documents in one file.
pub const MAX_DOCUMENTS: usize = 10_000;

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
    let tree: Spanned<Tree> = serde_yaml::from_str_with_options(&source.text, options)
        .map_err(|e| unmerged(source).unwrap_or_else(|| finding(&e, source)))?;
    let node = place_tree(tree, source);
    match node.kind {
        Kind::Null => Err(Finding::error(Code::EmptyFile, "this file says nothing")
            .place(Place::new(source, 0, 0))
            .help("write what it should say, or remove it")),
        _ => Ok(node),
    }
}

/// A file that git left with both sides of a conflict in it.
fn unmerged(source: &Arc<Source>) -> Option<Finding> {
    let start = source.text.match_indices("<<<<<<< ").map(|(at, _)| at).find(|at| source.line_column(*at).1 == 1)?;
    let finding = Finding::error(Code::YamlSyntax, "this file has a merge conflict in it");
    let place = Place::new(source, start, start + source.text[start..].lines().next().unwrap_or_default().len());
    Some(finding.place(place).help("keep one side of it, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`"))
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

/// The documents of a text with their places; empty ones are skipped.
///
/// # Errors
/// One finding with the place.
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
