//! Text -> values, as Go's `gopkg.in/yaml.v3` v3.0.1 unmarshals into a `map[string]interface{}`; and the way back.
//!
//! The LiteLLM Gateway Operator reads and writes its configuration so, and a hash of the bytes decides whether a pod
//! restarts. YAML of people and of Kubernetes is [`crate::text::yaml`]'s. The rules are those of `decode.go` of that version.

pub mod value;
pub mod emit;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crate::text::forms;
pub use crate::text::goyaml::emit::emit;
use crate::text::goyaml::tree::{Kind, Tree};
pub use crate::text::goyaml::tree::{MAX_BYTES, MAX_DEPTH};
pub use crate::text::goyaml::value::{Yaml, sort};
use crate::text::goyaml::value::{plain, tag_of, tagged};

/// Most values read, aliases expanded. Up to here yaml.v3 lets 99 % of them come from aliases. With them expanded the
/// text may be no longer than [`MAX_BYTES`] and no deeper than [`MAX_DEPTH`].
pub const MAX_VALUES: usize = 400_000;

/// Reads the first document of a text, which is a map or nothing ([`Yaml::Null`]). Keys at the top become strings.
///
/// # Errors
/// The text is no YAML, no map, has a key twice, or goes beyond a limit. What the decoder says has the words of yaml.v3.
pub fn read(text: &str) -> Result<Yaml, String> {
    let tree = Tree::parse(text)?;
    let Some(root) = tree.root else { return Ok(Yaml::Null) };
    let mut decoder = Decoder::new(&tree);
    let value = decoder.document(root)?;
    if decoder.errors.is_empty() {
        return Ok(value);
    }
    Err(format!("yaml: unmarshal errors:\n  {}", decoder.errors.join("\n  ")))
}

/// A map while it is filled. Go compares keys as values of their types: `1` and `0x1` are one key, `1` and `"1"` two.
#[derive(Default)]
struct Filling {
    entries: Vec<(Yaml, Yaml)>,
    index: BTreeMap<String, usize>,
}

impl Filling {
    fn set(&mut self, key: Yaml, value: Yaml) {
        // Not a number equals nothing: each is a key of its own, and Go finds no value for it when it writes the map.
        if matches!(key, Yaml::Float(f) if f.is_nan()) {
            self.entries.push((key, Yaml::Null));
            return;
        }
        match self.index.get(&identity(&key)) {
            Some(at) => self.entries[*at] = (key, value),
            None => {
                self.index.insert(identity(&key), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }
}

fn identity(key: &Yaml) -> String {
    match key {
        Yaml::Float(f) if *f == 0.0 => "Float(0.0)".into(), // -0 equals 0
        key => format!("{key:?}"),
    }
}

struct Decoder<'a> {
    tree: &'a Tree,
    /// The aliases that are being followed.
    following: BTreeSet<usize>,
    depth: usize,
    values: usize,
    bytes: usize,
    from_aliases: usize,
    /// Within a merge: the keys that are taken.
    taken: Option<BTreeSet<String>>,
    /// What is wrong but does not stop the decoder.
    errors: Vec<String>,
}

impl<'a> Decoder<'a> {
    fn new(tree: &'a Tree) -> Self {
        Decoder {
            tree,
            following: BTreeSet::new(),
            depth: 0,
            values: 0,
            bytes: 0,
            from_aliases: 0,
            taken: None,
            errors: Vec::new(),
        }
    }

    fn document(&mut self, root: usize) -> Result<Yaml, String> {
        let node = &self.tree.nodes[root];
        match &node.kind {
            Kind::Map(children) => {
                let mut map = Filling::default();
                self.enter(root)?;
                self.fill(children, true, &mut map)?;
                Ok(Yaml::Map(map.entries))
            }
            Kind::Scalar { .. } if self.value(root)? == Yaml::Null => Ok(Yaml::Null),
            _ => {
                self.mismatch(root, "map[string]interface {}");
                Ok(Yaml::Null)
            }
        }
    }

    /// A node as `interface{}`.
    fn value(&mut self, id: usize) -> Result<Yaml, String> {
        self.enter(id)?;
        let tree = self.tree;
        let value = match &tree.nodes[id].kind {
            Kind::Scalar { .. } => self.scalar(id)?,
            Kind::List(children) => {
                Yaml::List(children.iter().map(|child| self.value(*child)).collect::<Result<_, _>>()?)
            }
            Kind::Map(children) => {
                let mut map = Filling::default();
                let keys = children.iter().step_by(2);
                let strings = keys.clone().all(|key| tree.is_merge(*key) || tree.is_string(*key));
                self.fill(children, strings, &mut map)?;
                let map = Yaml::Map(map.entries);
                if !strings && !children.is_empty() && self.errors.is_empty() && map.is_string_map() {
                    let line = tree.nodes[id].line;
                    return Err(format!("yaml: line {line}: keys with a tag other than !!str are not supported"));
                }
                map
            }
            Kind::Alias { target, .. } => self.follow(id, |decoder| decoder.value(*target))?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn follow<T>(&mut self, id: usize, action: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if !self.following.insert(id) {
            let Kind::Alias { name, .. } = &self.tree.nodes[id].kind else { unreachable!("only aliases are followed") };
            return Err(format!("yaml: anchor '{name}' value contains itself"));
        }
        let result = action(self);
        self.following.remove(&id);
        result
    }

    /// Counts a node that is decoded; `value` and its like come back out with `depth -= 1`.
    fn enter(&mut self, id: usize) -> Result<(), String> {
        self.depth += 1;
        self.values += 1;
        self.from_aliases += usize::from(!self.following.is_empty());
        let share = self.from_aliases as f64 / self.values as f64;
        if self.values > 1_000 && self.from_aliases > 100 && share > 0.99 {
            return Err("yaml: document contains excessive aliasing".into());
        }
        if let Kind::Scalar { text, .. } = &self.tree.nodes[id].kind {
            self.bytes += text.len();
        }
        if self.values > MAX_VALUES || self.bytes > MAX_BYTES || self.depth > MAX_DEPTH {
            let line = self.tree.nodes[id].line;
            let limits = format!("{MAX_DEPTH} levels, {MAX_VALUES} values or {MAX_BYTES} bytes");
            return Err(format!("yaml: line {line}: with its aliases the text has more than {limits}"));
        }
        Ok(())
    }

    fn scalar(&self, id: usize) -> Result<Yaml, String> {
        let node = &self.tree.nodes[id];
        let Kind::Scalar { text, quoted } = &node.kind else { unreachable!("asked for scalars only") };
        match node.tag.as_deref() {
            None if *quoted => Ok(Yaml::String(text.clone())),
            None => Ok(plain(text)),
            Some("!!binary") => {
                let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
                let bytes = forms::base64(&text).ok_or("yaml: !!binary value contains invalid base64 data")?;
                Ok(String::from_utf8(bytes).map_or_else(|e| Yaml::Binary(e.into_bytes()), Yaml::String))
            }
            Some(tag) => tagged(tag, text),
        }
    }

    /// A key of a `map[string]interface{}`: the text as it is written; nothing where Go takes none (`null`).
    fn string_key(&mut self, id: usize) -> Result<Option<Yaml>, String> {
        self.enter(id)?;
        let tree = self.tree;
        let key = match &tree.nodes[id].kind {
            Kind::Alias { target, .. } => self.follow(id, |decoder| decoder.string_key(*target))?,
            Kind::Scalar { text, .. } => match self.scalar(id)? {
                Yaml::Null => None,
                key @ (Yaml::String(_) | Yaml::Binary(_)) => Some(key),
                _ => Some(Yaml::String(text.clone())),
            },
            _ => {
                self.mismatch(id, "string");
                None
            }
        };
        self.depth -= 1;
        Ok(key)
    }

    /// Puts the pairs of a map into another, which is that map or the one that merges it.
    fn fill(&mut self, children: &[usize], strings: bool, map: &mut Filling) -> Result<(), String> {
        if self.has_duplicates(children) {
            return Ok(());
        }
        let tree = self.tree;
        let mut taken = self.taken.take();
        let mut merge = None;
        for pair in children.chunks_exact(2) {
            let [key, value] = [pair[0], pair[1]];
            if tree.is_merge(key) {
                merge = Some(value);
                continue;
            }
            let key = if strings { self.string_key(key)? } else { Some(self.value(key)?) };
            let Some(key) = key else { continue };
            if taken.as_mut().is_some_and(|taken| !taken.insert(identity(&key))) {
                continue;
            }
            if matches!(key, Yaml::Map(_) | Yaml::List(_)) {
                return Err(format!("yaml: invalid map key: {}", emit(&key).trim_end()));
            }
            let value = self.value(value)?;
            map.set(key, value);
        }
        self.taken = taken;
        merge.map_or(Ok(()), |merge| self.merge(children, merge, strings, map))
    }

    /// `<<`: what is written in the map itself comes first, then the merged maps in their order.
    fn merge(&mut self, parent: &[usize], merge: usize, strings: bool, map: &mut Filling) -> Result<(), String> {
        let tree = self.tree;
        let outermost = self.taken.is_none();
        if outermost {
            let keys = parent.iter().step_by(2);
            let taken = keys.map(|key| self.value(*key).map(|key| identity(&key))).collect::<Result<_, _>>()?;
            self.taken = Some(taken);
        }
        let sources = match &tree.nodes[merge].kind {
            Kind::List(items) => items.as_slice(),
            _ => &[merge],
        };
        for source in sources {
            if !tree.is_map(*source) {
                return Err("yaml: map merge requires map or sequence of maps as the value".into());
            }
            self.merged(*source, strings, map)?;
        }
        if outermost {
            self.taken = None;
        }
        Ok(())
    }

    fn merged(&mut self, source: usize, strings: bool, map: &mut Filling) -> Result<(), String> {
        self.enter(source)?;
        let tree = self.tree;
        match &tree.nodes[source].kind {
            Kind::Alias { target, .. } => self.follow(source, |decoder| decoder.merged(*target, strings, map))?,
            Kind::Map(children) => self.fill(children, strings, map)?,
            _ => unreachable!("`merge` has looked"),
        }
        self.depth -= 1;
        Ok(())
    }

    /// Two keys of one text are an error even where their values differ (`1` and `"1"`).
    fn has_duplicates(&mut self, children: &[usize]) -> bool {
        let before = self.errors.len();
        let mut seen = BTreeMap::new();
        for key in children.iter().step_by(2).map(|key| &self.tree.nodes[*key]) {
            let id = match &key.kind {
                Kind::Scalar { text, .. } => (0, text.as_str()),
                Kind::Alias { name, .. } => (1, name.as_str()),
                Kind::List(_) => (2, ""),
                Kind::Map(_) => (3, ""),
            };
            match seen.get(&id) {
                Some(first) => {
                    let line = key.line;
                    self.errors.push(format!("line {line}: mapping key {:?} already defined at line {first}", id.1));
                }
                None => drop(seen.insert(id, key.line)),
            }
        }
        self.errors.len() > before
    }

    fn mismatch(&mut self, id: usize, wanted: &str) {
        let node = &self.tree.nodes[id];
        let found = match &node.kind {
            Kind::Scalar { text, quoted } => {
                let tag = node.tag.as_deref().unwrap_or(if *quoted { "!!str" } else { tag_of(&plain(text)) });
                let short =
                    if text.len() > 10 { format!("{}...", &text[..text.floor_char_boundary(7)]) } else { text.clone() };
                format!("{tag} `{short}`")
            }
            Kind::List(_) => "!!seq".into(),
            Kind::Map(_) | Kind::Alias { .. } => "!!map".into(),
        };
        self.errors.push(format!("line {}: cannot unmarshal {found} into {wanted}", node.line));
    }
}
