//! The tree of a document -> its value, as `sigs.k8s.io/yaml` 1.6 makes JSON of it: aliases followed, merge keys merged,
//! keys turned to strings.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::text::forms;
use crate::text::goyaml::value::{Yaml, plain, tagged};
use crate::text::kubeyaml::parse::{Form, MAX_DEPTH, Tree};
use crate::text::kubeyaml::token::{Problem, Result};
use crate::text::source::Place;
use crate::text::yaml::{Entry, Kind, Node};

/// Most values in one document, aliases expanded, and about as many in one file.
pub const MAX_VALUES: usize = 4_000_000;
/// Most bytes of text in one document, aliases expanded.
pub const MAX_BYTES: usize = 64 << 20;

/// A place in the text: first byte, and one past the last.
pub type Span = (usize, usize);

/// What values become.
pub trait Build {
    /// A value.
    type Out;
    /// A map that is filled.
    type Map: Default;
    /// Null, a boolean, a number or a string.
    fn scalar(&self, value: Value, span: Span) -> Self::Out;
    /// A list.
    fn list(&self, items: Vec<Self::Out>, span: Span) -> Self::Out;
    /// Whether the key is in a map.
    fn has(&self, map: &Self::Map, key: &str) -> bool;
    /// Puts an entry into a map; when the key was there, whether its value was the same.
    fn put(&self, map: &mut Self::Map, key: String, at: Span, value: Self::Out) -> Option<bool>;
    /// A map.
    fn map(&self, map: Self::Map, span: Span) -> Self::Out;
}

/// Values without places.
pub struct Plain;

impl Build for Plain {
    type Out = Value;
    type Map = Map<String, Value>;

    fn scalar(&self, value: Value, _: Span) -> Value {
        value
    }
    fn list(&self, items: Vec<Value>, _: Span) -> Value {
        Value::Array(items)
    }
    fn has(&self, map: &Self::Map, key: &str) -> bool {
        map.contains_key(key)
    }
    fn put(&self, map: &mut Self::Map, key: String, _: Span, value: Value) -> Option<bool> {
        let same = map.get(&key).map(|before| *before == value);
        map.insert(key, value);
        same
    }
    fn map(&self, map: Self::Map, _: Span) -> Value {
        Value::Object(map)
    }
}

/// Values with their places, as a function of bytes makes them.
pub struct Placed<F>(pub F);

impl<F: Fn(Span) -> Place> Build for Placed<F> {
    type Out = Node;
    type Map = IndexMap<String, Entry>;

    fn scalar(&self, value: Value, span: Span) -> Node {
        let kind = match value {
            Value::Bool(b) => Kind::Bool(b),
            Value::Number(n) => Kind::Number(n),
            Value::String(s) => Kind::String(s),
            _ => Kind::Null,
        };
        Node::new(self.0(span), kind)
    }
    fn list(&self, items: Vec<Node>, span: Span) -> Node {
        Node::new(self.0(span), Kind::List(items))
    }
    fn has(&self, map: &Self::Map, key: &str) -> bool {
        map.contains_key(key)
    }
    fn put(&self, map: &mut Self::Map, key: String, at: Span, value: Node) -> Option<bool> {
        let place = self.0(at);
        map.insert(key.clone(), Entry { key, place, value }).map(|_| true)
    }
    fn map(&self, map: Self::Map, span: Span) -> Node {
        Node::new(self.0(span), Kind::Map(map.into_values().collect()))
    }
}

/// Whose reader it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Go's: of a map and what it merges the later wins, and `y` is true.
    Go,
    /// Templates': the map itself wins, whose own keys stand first; keys are text as it is written, `y` is a letter, and 1.0
    /// stays what it is.
    Templates,
}

/// A key that stands twice in one map.
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// The second of the two.
    pub at: Span,
    /// Both have the same value.
    pub same: bool,
}

/// Decodes a document; `None`: it says nothing.
///
/// # Errors
/// What has no JSON, or goes beyond a limit.
pub fn decode<B: Build>(tree: &Tree, build: &B, dialect: Dialect) -> Result<(Option<B::Out>, Vec<Duplicate>)> {
    let Some(root) = tree.root else { return Ok((None, Vec::new())) };
    let mut decoder = Decoder {
        tree,
        build,
        dialect,
        following: Vec::new(),
        merging: 0,
        depth: 0,
        values: 0,
        aliased: 0,
        bytes: 0,
        twice: Vec::new(),
    };
    let nothing = matches!(&tree.nodes[root].form, Form::Scalar { .. } if decoder.scalar(root)?.is_null());
    let value = if nothing { None } else { Some(decoder.value(root)?) };
    Ok((value, decoder.twice))
}

struct Decoder<'a, B: Build> {
    tree: &'a Tree,
    build: &'a B,
    dialect: Dialect,
    /// The aliases that are being followed.
    following: Vec<usize>,
    /// How many merges deep.
    merging: usize,
    depth: usize,
    values: usize,
    aliased: usize,
    bytes: usize,
    twice: Vec<Duplicate>,
}

impl<B: Build> Decoder<'_, B> {
    fn value(&mut self, id: usize) -> Result<B::Out> {
        self.enter(id)?;
        let node = &self.tree.nodes[id];
        let span = (node.start, node.end);
        let value = match &node.form {
            Form::Scalar { .. } => self.build.scalar(self.scalar(id)?, span),
            Form::List(items) => {
                let items = items.iter().map(|item| self.value(*item)).collect::<Result<_>>()?;
                self.build.list(items, span)
            }
            Form::Map(pairs) => {
                let mut map = B::Map::default();
                self.fill(pairs, &mut map)?;
                self.build.map(map, span)
            }
            Form::Alias(_, target) => self.follow(id, |decoder| decoder.value(*target))?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn follow<T>(&mut self, id: usize, action: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.following.contains(&id) {
            return Err(Problem::new(self.tree.nodes[id].start, "this anchor contains itself"));
        }
        self.following.push(id);
        let result = action(self);
        self.following.pop();
        result
    }

    /// Counts a value; the caller takes `depth` back. Go allows 99 % of the values to come from aliases up to 400,000 of
    /// them, and fewer beyond.
    fn enter(&mut self, id: usize) -> Result<()> {
        let node = &self.tree.nodes[id];
        self.depth += 1;
        self.values += 1;
        self.aliased += usize::from(!self.following.is_empty());
        if let Form::Scalar { text, .. } = &node.form {
            self.bytes += text.len();
        }
        let beyond = (self.values.saturating_sub(400_000) as f64 / 3_600_000.0).min(1.0);
        let share = self.aliased as f64 / self.values as f64;
        let bomb = self.aliased > 100 && self.values > 1_000 && share > 0.99 - 0.89 * beyond;
        if bomb || self.values > MAX_VALUES || self.bytes > MAX_BYTES || self.depth > MAX_DEPTH {
            let words = "with its aliases this document nests too deep or grows too large";
            return Err(Problem { limit: true, ..Problem::new(node.start, words) });
        }
        Ok(())
    }

    /// Puts the pairs of a map into another, which is that map or one that merges it.
    fn fill(&mut self, pairs: &[usize], map: &mut B::Map) -> Result<()> {
        let (mut merged, mut waiting) = (false, Vec::new());
        for pair in pairs.chunks_exact(2) {
            let (key, value) = (pair[0], pair[1]);
            if self.is_merge(key) {
                match self.dialect {
                    Dialect::Go => self.merge(value, map)?,
                    Dialect::Templates => waiting.push(value),
                }
                merged = true;
                continue;
            }
            let name = self.key(key)?;
            if self.dialect == Dialect::Templates && self.merging > 0 && self.build.has(map, &name) {
                continue;
            }
            let at = (self.tree.nodes[key].start, self.tree.nodes[key].end);
            let value = self.value(value)?;
            let told = self.following.is_empty().then(|| name.clone());
            let before = self.build.put(map, name, at, value);
            // What is merged may be said again.
            if let (Some(same), Some(key), false) =
                (before, told, merged && self.dialect == Dialect::Go || self.merging > 0)
            {
                self.twice.push(Duplicate { key, at, same });
            }
        }
        waiting.into_iter().try_for_each(|value| self.merge(value, map))
    }

    fn is_merge(&self, key: usize) -> bool {
        let node = &self.tree.nodes[key];
        let merges = matches!(node.tag.as_deref(), Some("!!merge" | "!"));
        matches!(&node.form, Form::Scalar { text, plain } if text == "<<" && (merges || (*plain && node.tag.is_none())))
    }

    fn merge(&mut self, value: usize, map: &mut B::Map) -> Result<()> {
        match &self.tree.nodes[value].form {
            // Those that stand first win.
            Form::List(items) => match self.dialect {
                Dialect::Go => items.iter().rev().try_for_each(|item| self.merge_one(*item, map)),
                Dialect::Templates => items.iter().try_for_each(|item| self.merge_one(*item, map)),
            },
            _ => self.merge_one(value, map),
        }
    }

    fn merge_one(&mut self, source: usize, map: &mut B::Map) -> Result<()> {
        self.enter(source)?;
        self.merging += 1;
        match &self.tree.nodes[source].form {
            Form::Map(pairs) => self.fill(pairs, map)?,
            Form::Alias(_, target) if matches!(self.tree.nodes[*target].form, Form::Map(_)) => {
                self.follow(source, |decoder| decoder.merge_one(*target, map))?;
            }
            _ => return Err(Problem::new(self.tree.nodes[source].start, "`<<` merges maps")),
        }
        self.merging -= 1;
        self.depth -= 1;
        Ok(())
    }

    fn key(&mut self, id: usize) -> Result<String> {
        self.enter(id)?;
        let node = &self.tree.nodes[id];
        let key = match &node.form {
            Form::Alias(_, target) => self.follow(id, |decoder| decoder.key(*target))?,
            Form::Scalar { text, .. } => match self.resolved(id)? {
                Yaml::String(text) => text,
                Yaml::Time(_) => text.clone(),
                Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) if self.dialect == Dialect::Templates => text.clone(),
                Yaml::Bool(b) => b.to_string(),
                Yaml::Int(i) => i.to_string(),
                Yaml::Float(f) => short_float(f as f32),
                _ => return Err(self.no_key(id)),
            },
            _ => return Err(self.no_key(id)),
        };
        self.depth -= 1;
        Ok(key)
    }

    fn no_key(&self, id: usize) -> Problem {
        Problem::new(self.tree.nodes[id].start, "a key is text, a number or a boolean")
    }

    fn resolved(&self, id: usize) -> Result<Yaml> {
        let node = &self.tree.nodes[id];
        let Form::Scalar { text, plain: is_plain } = &node.form else { return Ok(Yaml::Null) };
        let problem = |words: String| Problem::new(node.start, words);
        match node.tag.as_deref() {
            None if !is_plain => Ok(Yaml::String(text.clone())),
            None if self.dialect == Dialect::Templates && ["y", "Y", "n", "N"].contains(&&**text) => {
                Ok(Yaml::String(text.clone()))
            }
            None => Ok(meant(text)),
            Some("!!binary") => {
                let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
                let bytes = forms::base64(&text).ok_or_else(|| problem("`!!binary` is followed by base64".into()))?;
                Ok(Yaml::String(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Some("!!bool") => match meant(text) {
                found @ Yaml::Bool(_) => Ok(found),
                _ => Err(problem(format!("`{text}` is no boolean"))),
            },
            Some(tag) => {
                tagged(tag, text).map_err(|_| problem(format!("`{text}` is no {}", tag.trim_start_matches('!'))))
            }
        }
    }

    fn scalar(&self, id: usize) -> Result<Value> {
        let node = &self.tree.nodes[id];
        Ok(match self.resolved(id)? {
            Yaml::Null => Value::Null,
            Yaml::Bool(b) => Value::Bool(b),
            Yaml::Int(i) => i.into(),
            Yaml::Uint(u) => u.into(),
            // The JSON that Go makes of it does not tell 3.0 from 3.
            Yaml::Float(f)
                if self.dialect == Dialect::Go && f.fract() == 0.0 && f.abs() < 9_223_372_036_854_775_808.0 =>
            {
                (f as i64).into()
            }
            Yaml::Float(f) => {
                let without = || Problem::new(node.start, "`.inf` and `.nan` have no JSON");
                Value::Number(Number::from_f64(f).ok_or_else(without)?)
            }
            Yaml::String(text) => Value::String(text),
            // A time is text, as it is written.
            _ => match &node.form {
                Form::Scalar { text, .. } => Value::String(text.clone()),
                _ => Value::Null,
            },
        })
    }
}

/// A scalar without quotes and tag, to YAML 1.1: that of yaml.v3, and more booleans; a sign behind `0o` is none.
fn meant(text: &str) -> Yaml {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Yaml::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Yaml::Bool(false),
        _ if text.starts_with("0o-") || text.starts_with("0o+") => Yaml::String(text.into()),
        _ => plain(text),
    }
}

/// `strconv.FormatFloat(f, 'g', -1, 32)`.
fn short_float(f: f32) -> String {
    match f {
        f if f.is_nan() => return ".nan".into(),
        f if f.is_infinite() => return if f > 0.0 { ".inf" } else { "-.inf" }.into(),
        _ => {}
    }
    let exponent = format!("{f:e}").rsplit_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return f.to_string();
    }
    let digits = format!("{f:e}");
    let (mantissa, _) = digits.split_once('e').unwrap_or((&digits, ""));
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
