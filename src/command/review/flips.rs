//! The inputs of a cluster before and after -> what was changed in them, each change alone, and the inputs with one of them taken
//! back. What that does to the rendered objects is the proof of a cause.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::group::catalog::Catalog;
use crate::plan::features::{self, Cluster};
use crate::text::source::{Place, Source};
use crate::text::yaml::{Entry, Kind, Node};

/// Why something is rendered otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// What kind of input: flag, setting, platform, patch, object, contract, chart, group file, template, ...
    pub what: &'static str,
    /// Its name, as `features.egress` or the path of a file.
    pub name: String,
    /// What it was; empty where that says nothing.
    pub old: String,
    /// What it is.
    pub new: String,
    /// Where it stands, as `features.yaml:4`; empty where it stands nowhere.
    pub place: String,
}

impl Cause {
    /// `features.egress: absent -> true (features.yaml:4)`
    pub fn words(&self) -> String {
        let values = match (self.old.as_str(), self.new.as_str()) {
            ("", "") => String::new(),
            (old, new) => format!(": {old} -> {new}"),
        };
        let place = if self.place.is_empty() { String::new() } else { format!(" ({})", self.place) };
        format!("{} {}{values}{place}", self.what, self.name)
    }
}

/// One change of the inputs.
#[derive(Clone, Debug)]
pub struct Flip {
    /// What it is.
    pub cause: Cause,
    back: Back,
}

/// How the change is taken back.
#[derive(Clone, Debug)]
enum Back {
    Node(String, Option<Node>),
    File(fn(&mut Cluster) -> &mut Vec<Arc<Source>>, String, Option<Arc<Source>>),
    Own(String, Vec<Arc<Source>>),
    Catalog(String, Option<String>),
}

/// Files of a catalog by path.
pub type Files = BTreeMap<String, String>;

/// Keys below which a new or a gone map is one change; above them each of its entries is.
const DEPTH: usize = 3;

/// What was changed between the inputs of a cluster.
pub fn flips((old, files): (&Cluster, &Files), (new, now): (&Cluster, &Files)) -> Vec<Flip> {
    let mut flips = Vec::new();
    let written = |cluster: &Cluster| cluster.written.clone();
    nodes(Some(&written(old)), Some(&written(new)), "", &mut flips);
    let lists: [(&'static str, fn(&mut Cluster) -> &mut Vec<Arc<Source>>); 3] = [
        ("patch", |cluster| &mut cluster.patches),
        ("contract", |cluster| &mut cluster.manifests),
        ("chart", |cluster| &mut cluster.charts),
    ];
    let (mut before, mut after) = (old.clone(), new.clone());
    for (what, list) in lists {
        sources(what, list, (list(&mut before), list(&mut after)), &mut flips);
    }
    for name in old.own.keys().chain(new.own.keys().filter(|name| !old.own.contains_key(*name))) {
        let texts = |cluster: &Cluster| cluster.own.get(name).cloned().unwrap_or_default();
        let (before, after) = (texts(old), texts(new));
        if before != after {
            let changed = after.iter().chain(&before).find(|s| !(before.contains(s) && after.contains(s)));
            let place = changed.map(|source| source.name.clone()).unwrap_or_default();
            flips.push(Flip { cause: cause("object", &place, String::new()), back: Back::Own(name.clone(), before) });
        }
    }
    for path in files.keys().chain(now.keys().filter(|path| !files.contains_key(*path))) {
        if files.get(path) != now.get(path) {
            let what = match path.split('/').next() {
                Some("groups") => "group file",
                Some("templates") => "template",
                Some("rules") => "page",
                _ => "shape",
            };
            let back = Back::Catalog(path.clone(), files.get(path).cloned());
            flips.push(Flip { cause: cause(what, path, String::new()), back });
        }
    }
    flips
}

fn cause(what: &'static str, name: &str, place: String) -> Cause {
    Cause { what, name: name.to_owned(), old: String::new(), new: String::new(), place }
}

fn sources(
    what: &'static str,
    list: fn(&mut Cluster) -> &mut Vec<Arc<Source>>,
    (old, new): (&[Arc<Source>], &[Arc<Source>]),
    flips: &mut Vec<Flip>,
) {
    let find = |all: &[Arc<Source>], name: &str| all.iter().find(|source| source.name == name).cloned();
    let gone = old.iter().filter(|source| find(new, &source.name).is_none());
    for source in new.iter().chain(gone) {
        let (before, now) = (find(old, &source.name), find(new, &source.name));
        if before.as_ref().map(|s| &s.text) != now.as_ref().map(|s| &s.text) {
            let lines = |source: &Option<Arc<Source>>| source.as_ref().map_or(String::new(), |s| s.text.clone());
            let (one, two) = (lines(&before), lines(&now));
            let line = one.lines().zip(two.lines()).take_while(|(a, b)| a == b).count() + 1;
            let place = format!("{}:{line}", source.name);
            flips.push(Flip {
                cause: cause(what, &source.name, place),
                back: Back::File(list, source.name.clone(), before),
            });
        }
    }
}

/// The parts of what is written that differ, each as deep as both sides are maps.
fn nodes(old: Option<&Node>, new: Option<&Node>, pointer: &str, flips: &mut Vec<Flip>) {
    let map = |node: Option<&Node>| node.is_some_and(|node| matches!(node.kind, Kind::Map(_)));
    let depth = pointer.matches('/').count();
    if (map(old) && map(new)) || ((map(old) || map(new)) && old.is_none() != new.is_none() && depth < DEPTH) {
        let entries = |node: Option<&Node>| node.map(|node| node.entries().to_vec()).unwrap_or_default();
        let (before, now) = (entries(old), entries(new));
        let gone = before.iter().filter(|entry| !now.iter().any(|other| other.key == entry.key));
        for entry in now.iter().chain(gone) {
            let of = |all: &[Entry]| all.iter().find(|other| other.key == entry.key).map(|other| other.value.clone());
            let key = crate::text::pointer::escaped(&entry.key);
            nodes(of(&before).as_ref(), of(&now).as_ref(), &format!("{pointer}/{key}"), flips);
        }
        return;
    }
    let value = |node: Option<&Node>| node.map(Node::to_value);
    if value(old) != value(new) {
        let what = match pointer.split('/').nth(1) {
            Some("features") => "flag",
            Some("platform") => "platform",
            Some("settings") => "setting",
            _ => "entry",
        };
        let say = |node: Option<&Node>| match node.map(Node::to_value) {
            None => "absent".to_owned(),
            Some(value) => crate::command::review::risk::sight::short(&value.to_string()),
        };
        let place = new.or(old).map(|node| line(&node.place)).unwrap_or_default();
        let name = pointer[1.min(pointer.len())..].replace('/', ".");
        let cause = Cause { what, name, old: say(old), new: say(new), place };
        flips.push(Flip { cause, back: Back::Node(pointer.to_owned(), old.cloned()) });
    }
}

/// `features.yaml:4`, or the argument that says it.
pub fn line(place: &Place) -> String {
    match place.source.name.starts_with("--") {
        true => place.source.name.clone(),
        false => format!("{}:{}", place.source.name, place.line_column().0),
    }
}

/// The inputs with one change taken back: the cluster, and the files of the catalog where these change.
pub fn back(
    flip: &Flip,
    new: &Cluster,
    files: &Files,
    catalog: &Catalog,
    stem: Option<&str>,
) -> Option<(Cluster, Option<Files>)> {
    let mut cluster = new.clone();
    match &flip.back {
        Back::Node(pointer, old) => {
            let steps: Vec<&str> = pointer.split('/').skip(1).collect();
            return Some((with_root(new, &put(&new.written, &steps, old.as_ref()), catalog, stem)?, None));
        }
        Back::File(list, name, old) => {
            let list = list(&mut cluster);
            match (list.iter().position(|source| source.name == *name), old) {
                (Some(at), Some(old)) => list[at] = old.clone(),
                (Some(at), None) => drop(list.remove(at)),
                (None, Some(old)) => {
                    list.push(old.clone());
                    list.sort_by(|a, b| a.name.cmp(&b.name));
                }
                (None, None) => {}
            }
        }
        Back::Own(name, old) if old.is_empty() => drop(cluster.own.remove(name)),
        Back::Own(name, old) => drop(cluster.own.insert(name.clone(), old.clone())),
        Back::Catalog(path, old) => {
            let mut files = files.clone();
            match old {
                Some(text) => drop(files.insert(path.clone(), text.clone())),
                None => drop(files.remove(path)),
            }
            return Some((cluster, Some(files)));
        }
    }
    Some((cluster, None))
}

/// The cluster with something else written in features.yaml, and all else as it is.
pub fn with_root(cluster: &Cluster, root: &Node, catalog: &Catalog, stem: Option<&str>) -> Option<Cluster> {
    let (read, findings) = features::of_root(root, stem.map(str::to_owned), catalog);
    let Cluster { manifests, patches, own, charts, .. } = cluster.clone();
    read.filter(|_| findings.is_empty()).map(|read| Cluster { manifests, patches, own, charts, ..read })
}

/// A node with another value at a way of keys; none takes it away.
pub fn put(node: &Node, steps: &[&str], value: Option<&Node>) -> Node {
    let Some((step, rest)) = steps.split_first() else { return value.unwrap_or(node).clone() };
    let key = crate::text::pointer::unescaped(step);
    let mut entries = node.entries().to_vec();
    let at = entries.iter().position(|entry| entry.key == *key);
    match (at, value) {
        (Some(at), None) if rest.is_empty() => drop(entries.remove(at)),
        (Some(at), _) => entries[at].value = put(&entries[at].value, rest, value),
        (None, Some(value)) => {
            let empty = Node::new(value.place.clone(), Kind::Map(Vec::new()));
            let inner = put(&empty, rest, Some(value));
            entries.push(Entry { key: key.into_owned(), place: value.place.clone(), value: inner });
        }
        (None, None) => {}
    }
    Node::new(node.place.clone(), Kind::Map(entries))
}
