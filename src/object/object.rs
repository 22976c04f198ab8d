//! Kubernetes objects with the text they stand in, as the rules look at them. Where they come from (a bundle, a folder, a
//! stream) makes no difference here.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::object::facts::Facts;
use crate::object::labels::Labels;
use crate::text::finding::{About, Code, Finding, Severity};
use crate::text::kubeyaml;
use crate::text::pointer::{self, part};
use crate::text::source::{Place, Source};
use crate::text::yaml::{Kind, Node};

/// What a cluster tells objects apart by (versions of an API group show the same objects).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// API group; empty for the core.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Ord for Identity {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = |of: fn(&Self) -> &str| ordered(of(self), of(other));
        let by_kind = order(|i| &i.group).then_with(|| order(|i| &i.kind));
        by_kind.then_with(|| order(|i| &i.namespace)).then_with(|| order(|i| &i.name))
    }
}

impl PartialOrd for Identity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `a.cmp(b)` for texts that are often empty: an empty `String` points nowhere, and where glibc compares with masks
/// (`__memcmp_evex_movbe`), looking there costs the processor a hundred times what looking at a few bytes does.
fn ordered(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => a.cmp(b),
        (a, b) => b.cmp(&a),
    }
}

/// `a == b` for such texts.
pub fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && (a.is_empty() || a == b)
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

impl Identity {
    /// The identity of a value that has `apiVersion`, `kind` and `metadata.name`.
    ///
    /// # Errors
    /// The field that is missing, as `metadata.name`.
    pub fn of(value: &Value) -> Result<Self, String> {
        let text = |pointer: &str| {
            let found = part(value, pointer).and_then(Value::as_str).filter(|s| !s.is_empty());
            found.map(str::to_owned).ok_or_else(|| pointer[1..].replace('/', "."))
        };
        Ok(Self {
            group: text("/apiVersion")?.split_once('/').map_or(String::new(), |(group, _)| group.to_owned()),
            kind: text("/kind")?,
            namespace: part(value, "/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned(),
            name: text("/metadata/name")?,
        })
    }
}

/// Looks at one object alone and says what is wrong with it.
pub type ObjectRule = fn(&Object<'_>) -> Vec<Finding>;

/// A file in which several objects may stand. A document is read for places once, however many findings ask for one.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name, relative to the working folder, and its text.
    pub source: Arc<Source>,
    documents: OnceLock<Vec<ReadOnce>>,
}

/// Where a document stands, and what it says, once somebody asked.
type ReadOnce = (Range<usize>, OnceLock<Option<Node>>);

impl File {
    /// A file that nobody has asked yet.
    pub fn new(source: &Arc<Source>) -> Self {
        Self { source: source.clone(), documents: OnceLock::new() }
    }

    /// One of its documents, as [`kubeyaml::documents`] counts; none when it is no YAML.
    pub fn node(&self, document: usize) -> Option<&Node> {
        let find =
            || kubeyaml::documents(&self.source.text).into_iter().map(|range| (range, OnceLock::new())).collect();
        let (range, node) = self.documents.get_or_init(find).get(document)?;
        node.get_or_init(|| kubeyaml::node(&self.source, range.clone())).as_ref()
    }

    /// Where the part of a document (from 0) at a JSON pointer stands: a scalar, or the key of a map or list, or the deepest
    /// part of that way that is there.
    fn place(&self, document: usize, pointer: &str) -> Place {
        place(self.node(document), &self.source, pointer)
    }
}

fn place(node: Option<&Node>, source: &Arc<Source>, pointer: &str) -> Place {
    let Some(node) = node else { return Place::new(source, 0, 0) };
    match node.at(pointer) {
        Some(Node { kind: Kind::String(_) | Kind::Number(_) | Kind::Bool(_), place, .. }) => place.clone(),
        _ => node.place_at(pointer),
    }
}

/// A part of an object that stands in another file: the values of a chart.
#[derive(Clone, Debug)]
pub struct Linked {
    /// JSON pointer to the part.
    pub pointer: String,
    /// The file, relative to the folder that is looked at.
    pub path: String,
    /// Its text: the part and nothing else.
    pub text: Arc<str>,
}

/// One object in its file.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Who it is.
    pub identity: &'a Identity,
    /// What it says.
    pub value: &'a Value,
    /// The file, relative to the folder that is looked at.
    pub path: &'a str,
    /// That folder, for messages; empty or with a `/` at its end.
    pub folder: &'a str,
    /// The file's text.
    pub text: &'a str,
    /// Which document of the file, from 0.
    pub document: usize,
    /// The file, where it may hold other objects too.
    pub file: Option<&'a File>,
    /// Its file and those of its linked parts, once somebody asked for a place in it.
    pub made: Option<&'a OnceLock<Vec<File>>>,
    /// Parts that stand in other files.
    pub linked: &'a [Linked],
    /// What is known of it; equal objects share it.
    pub facts: Option<&'a Facts>,
}

impl<'a> Object<'a> {
    /// An object in no file.
    pub fn alone(identity: &'a Identity, value: &'a Value) -> Self {
        let (path, folder, text, document) = ("", "", "", 0);
        Self { identity, value, path, folder, text, document, file: None, made: None, linked: &[], facts: None }
    }

    /// Whether it is of that kind, in any version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.identity.kind == kind && self.identity.group == group
    }

    /// Where its neighbours are: its namespace, or without one (something else fills it in) the folder of its file.
    pub fn home(&self) -> &'a str {
        match self.identity.namespace.as_str() {
            "" => self.path.rsplit_once('/').map_or("", |(folder, _)| folder),
            namespace => namespace,
        }
    }

    /// What follows from what it says, and not from where it stands; a type has one meaning for a key.
    pub fn fact<T: Any + Send + Sync>(&self, key: &str, make: impl FnOnce() -> T) -> Arc<T> {
        match self.facts {
            Some(facts) => facts.get(key, make),
            None => Arc::new(make()),
        }
    }

    /// Its annotation of that name; empty when there is none.
    pub fn annotation(&self, name: &str) -> &'a str {
        self.at("/metadata/annotations").and_then(|a| a[name].as_str()).unwrap_or_default()
    }

    /// Its labels.
    pub fn labels(&self) -> Option<&'a Labels> {
        self.at("/metadata/labels").and_then(Value::as_object)
    }

    /// The parts that a pattern of [`pointer::each`] leads to, each with the pointer to it.
    pub fn all(&self, pattern: &str) -> Vec<(String, &'a Value)> {
        let mut parts = Vec::new();
        pointer::each(self.value, pattern, &mut |pointer, value| parts.push((pointer.to_owned(), value)));
        parts
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&'a Value> {
        part(self.value, pointer)
    }

    /// The string at a JSON pointer; empty when there is none.
    pub fn text_at(&self, pointer: &str) -> &'a str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The items of the list at a JSON pointer.
    pub fn items(&self, pointer: &str) -> &'a [Value] {
        self.at(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// An error about the part of the object at a JSON pointer.
    pub fn error(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        let mut finding = Finding::error(code, message).place(self.place(pointer));
        finding.about = Some(Box::new(About { object: self.identity.to_string(), pointer: pointer.to_owned() }));
        finding
    }

    /// A warning about the part of the object at a JSON pointer.
    pub fn warning(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..self.error(code, pointer, message) }
    }

    /// Where the part at a JSON pointer stands in the file (a scalar, or the key of a map or list), or the deepest part of
    /// that way that is there.
    pub fn place(&self, pointer: &str) -> Place {
        let file = |path: &str, text: &str| File::new(&Source::new(format!("{}{path}", self.folder), text));
        let linked = || self.linked.iter().map(|linked| file(&linked.path, &linked.text));
        let fresh = OnceLock::new();
        let files = self.made.unwrap_or(&fresh).get_or_init(|| match self.file {
            Some(_) => linked().collect(),
            None => linked().chain([file(self.path, self.text)]).collect(),
        });
        for (linked, file) in self.linked.iter().zip(files) {
            if let Some(rest) = pointer.strip_prefix(&linked.pointer) {
                return file.place(0, rest);
            }
        }
        self.file.or(files.last()).expect("one of both").place(self.document, pointer)
    }
}

/// All objects of one cluster, by identity; of two with one identity the first counts.
#[derive(Debug, Default)]
pub struct Objects<'a> {
    all: BTreeMap<&'a Identity, Object<'a>>,
}

impl<'a> Objects<'a> {
    /// The objects, and those whose identity was there before.
    pub fn new(objects: impl IntoIterator<Item = Object<'a>>) -> (Self, Vec<Object<'a>>) {
        let mut all = Self::default();
        let again = all.add(objects);
        (all, again)
    }

    /// Takes further objects in, and yields those whose identity was there before.
    pub fn add(&mut self, objects: impl IntoIterator<Item = Object<'a>>) -> Vec<Object<'a>> {
        let mut again = Vec::new();
        for object in objects {
            match self.all.entry(object.identity) {
                std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(object)),
                std::collections::btree_map::Entry::Occupied(_) => again.push(object),
            }
        }
        again
    }

    /// All of them, sorted by identity.
    pub fn iter(&self) -> impl Iterator<Item = &Object<'a>> {
        self.all.values()
    }

    /// Those of a kind, sorted by namespace and name.
    pub fn of(&self, group: &str, kind: &str) -> impl Iterator<Item = &Object<'a>> {
        let first = Identity { group: group.into(), kind: kind.into(), namespace: String::new(), name: String::new() };
        let (group, kind) = (group.to_owned(), kind.to_owned());
        self.all
            .range::<Identity, _>(&first..)
            .map(|(_, object)| object)
            .take_while(move |o| is_same(&o.identity.group, &group) && o.identity.kind == kind)
    }

    /// Those of a kind in a namespace, sorted by name.
    pub fn of_in(&self, group: &str, kind: &str, namespace: &str) -> impl Iterator<Item = &Object<'a>> {
        let text = str::to_owned;
        let first = Identity { group: text(group), kind: text(kind), namespace: text(namespace), name: String::new() };
        let from = self.all.range::<Identity, _>(&first..).map(|(_, object)| object);
        from.take_while(move |o| {
            let Identity { group, kind, namespace, .. } = o.identity;
            (group, kind, namespace) == (&first.group, &first.kind, &first.namespace)
        })
    }

    /// The object of that identity.
    pub fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<&Object<'a>> {
        self.all.get(&Identity {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        })
    }
}
