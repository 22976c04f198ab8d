//! Evidence of a claim, held against objects -> what is missing of it. Knows neither plans nor files.
//!
//! A condition is a JSON pointer and what must stand there: a value; `"*"`, anything; `null`, nothing; or one word with its
//! argument: `not`, `has` (a part of a text, an item or all items of a list), `atMost`, `atLeast`, `within` (no wider than this).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::group::claim::{Evidence, Kept, Selector};
use crate::object::object::Identity;
use crate::render::alike::within;
use crate::render::canonical::canonical;
use crate::render::differs::{Names, differs};
use crate::text::kubeyaml;
use crate::text::pointer::unescaped;

/// What a piece of evidence lacks.
#[derive(Debug)]
pub struct Gap<'a> {
    /// In words, with the selector.
    pub sentence: String,
    /// The object that is to blame, where there is one.
    pub object: Option<&'a Identity>,
    /// JSON pointer in that object.
    pub pointer: String,
}

/// Kinds whose name holds data, namespaces or rights.
const OF_A_NAME: [&str; 6] = ["AppProject", "Application", "Cluster", "Namespace", "ObjectStore", "StatefulSet"];

/// Kind, namespace and name of an object, and of the Secret that it fills.
fn names_of<'a>(
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    value: &'a Value,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let target = if kind == "ExternalSecret" { value["spec"]["target"]["name"].as_str() } else { None };
    [(kind, namespace, name)].into_iter().chain(target.map(|name| ("Secret", namespace, name)))
}

/// What the texts say that evidence went into: hundreds of claims may be about one configuration.
#[derive(Debug, Default)]
pub struct Texts {
    read: RefCell<BTreeMap<String, Rc<Value>>>,
    names: Names,
    /// Kind, namespace and name of what is there and was not kept: what is gone may have another name.
    new: BTreeSet<(String, String, String)>,
}

impl Texts {
    /// For evidence about objects some of which may be gone.
    pub fn among<'a>(evidence: impl Iterator<Item = &'a Evidence>, all: &[(&Identity, &Value)]) -> Self {
        let kept = evidence.filter_map(|evidence| if let Evidence::Kept(kept) = evidence { Some(kept) } else { None });
        let kept: BTreeSet<(&str, &str, &str)> =
            kept.flat_map(|k| names_of(&k.kind, &k.namespace, &k.name, &k.value)).collect();
        let there: BTreeSet<(&str, &str, &str)> =
            all.iter().flat_map(|(i, value)| names_of(&i.kind, &i.namespace, &i.name, value)).collect();
        let gone = kept.difference(&there).map(|(.., name)| (*name).to_owned()).collect();
        let owned =
            |(kind, namespace, name): &(&str, &str, &str)| ((*kind).into(), (*namespace).into(), (*name).into());
        let new = there.difference(&kept).map(owned).collect();
        let read = all.iter().map(|(_, value)| *value).filter(|_| !kept.is_empty());
        Self { names: Names::new(gone, read), new, ..Self::default() }
    }

    /// Whether an object may be one that had another name, and a kind that nothing finds by its name but what refers to it.
    fn renamed(&self, wanted: &str, is: &Identity) -> bool {
        let key = || (is.kind.clone(), is.namespace.clone(), is.name.clone());
        !OF_A_NAME.contains(&is.kind.as_str()) && self.names.gone.contains(wanted) && self.new.contains(&key())
    }

    /// Whether a value says the name of something that has another now.
    fn refers(&self, wanted: &Value, found: Option<&Value>) -> bool {
        found.is_some() && wanted.as_str().is_some_and(|text| self.names.gone.iter().any(|name| text.contains(name)))
    }

    /// The YAML that a text is; null where it is none.
    fn read(&self, text: &str) -> Rc<Value> {
        if let Some(known) = self.read.borrow().get(text) {
            return known.clone();
        }
        let value = Rc::new(kubeyaml::value(text).ok().flatten().unwrap_or_default());
        self.read.borrow_mut().insert(text.to_owned(), value.clone());
        value
    }
}

/// All objects of a cluster by their kinds, of which evidence asks one; thousands of pieces may ask thousands of objects.
pub struct Kinds<'a>(BTreeMap<&'a str, Vec<(&'a Identity, &'a Value)>>);

impl<'a> Kinds<'a> {
    /// Of these objects.
    pub fn of(all: impl Iterator<Item = (&'a Identity, &'a Value)>) -> Self {
        let mut kinds: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        all.for_each(|(identity, value)| kinds.entry(&identity.kind).or_default().push((identity, value)));
        Self(kinds)
    }

    /// Those that a piece of evidence may be about.
    pub fn asked(&self, evidence: &Evidence) -> impl Iterator<Item = (&'a Identity, &'a Value)> {
        let kind = match evidence {
            Evidence::Present(selector) | Evidence::Absent(selector) | Evidence::Every(selector) => &selector.kind,
            Evidence::Kept(kept) => &kept.kind,
            Evidence::Seen(seen) => &seen.shown.kind,
        };
        self.0.get(kind.as_str()).into_iter().flatten().copied()
    }
}

/// What is missing of one piece of evidence among all objects of a cluster.
pub fn gap<'a>(
    evidence: &Evidence,
    mut all: impl Iterator<Item = (&'a Identity, &'a Value)>,
    texts: &Texts,
) -> Option<Gap<'a>> {
    match evidence {
        Evidence::Present(selector) => match all.any(|(identity, value)| shows(selector, identity, value, texts)) {
            true => None,
            false => {
                let sentence = format!("no {} in the manifests", describe(selector));
                Some(Gap { sentence, object: None, pointer: String::new() })
            }
        },
        Evidence::Absent(selector) => {
            let (object, _) = all.find(|(identity, value)| selects(selector, identity, value, texts))?;
            let pointer = selector.conditions.keys().next().map_or("", |pointer| before_star(pointer)).to_owned();
            Some(Gap { sentence: format!("there is a {}", describe(selector)), object: Some(object), pointer })
        }
        Evidence::Every(selector) => {
            all.filter(|(identity, value)| selects(selector, identity, value, texts)).find_map(|(object, value)| {
                let lacks = |(pointer, wanted): &(&String, &Value)| {
                    let mut lacks = false;
                    let agrees = |found: Option<&Value>| agrees(wanted, found) || texts.refers(wanted, found);
                    reach(value, pointer, texts, &mut |found| lacks |= !agrees(found));
                    lacks
                };
                let (pointer, wanted) = selector.shows.iter().find(lacks)?;
                let sentence = format!("{object} is not{}", condition(pointer, wanted));
                Some(Gap { sentence, object: Some(object), pointer: before_star(pointer).to_owned() })
            })
        }
        Evidence::Kept(kept) => {
            // It may stand twice, of which one is applied by hand.
            let mut here = all.filter(|(identity, _)| is(kept, identity)).peekable();
            if here.peek().is_none() {
                let place = if kept.namespace.is_empty() { String::new() } else { format!("{}/", kept.namespace) };
                let sentence = format!("{} {place}{} is gone", kept.kind, kept.name);
                let gone = !texts.new.iter().any(|(kind, ..)| *kind == kept.kind);
                return gone.then(|| Gap { sentence, object: None, pointer: String::new() });
            }
            let (object, pointer) =
                here.find_map(|(object, value)| Some((object, differs(&kept.value, value, &texts.names)?)))?;
            Some(Gap {
                sentence: format!("{object} is not as it was rendered at {pointer}"),
                object: Some(object),
                pointer,
            })
        }
        // It says how far a run reaches, which is no gap.
        Evidence::Seen(_) => None,
    }
}

/// The same evidence, to hold against objects in their [`canonical`] form.
pub fn plain(evidence: &Evidence) -> Evidence {
    let of = |conditions: &serde_json::Map<String, Value>| {
        let one = |(pointer, wanted): (&String, &Value)| {
            let mut steps = pointer.rsplit('/').filter(|step| *step != "*" && step.parse::<u8>().is_err());
            let (key, above) = (steps.next().unwrap_or_default(), steps.next());
            let plain = match (word(wanted), wanted) {
                (Some((word, wanted)), _) => json!({ word: canonical(key, wanted) }),
                (None, Value::String(name)) if key == "name" && above == Some("headers") => {
                    json!(name.to_ascii_lowercase())
                }
                _ => canonical(key, wanted),
            };
            (pointer.clone(), plain)
        };
        conditions.iter().map(one).collect()
    };
    let plain = |s: &Selector| Selector { conditions: of(&s.conditions), shows: of(&s.shows), ..s.clone() };
    match evidence {
        Evidence::Present(selector) => Evidence::Present(plain(selector)),
        Evidence::Absent(selector) => Evidence::Absent(plain(selector)),
        Evidence::Every(selector) => Evidence::Every(plain(selector)),
        Evidence::Seen(seen) => Evidence::Seen(seen.clone()),
        Evidence::Kept(kept) => Evidence::Kept(Kept { value: canonical("", &kept.value), ..kept.clone() }),
    }
}

/// Whether an object is the one that was kept.
fn is(kept: &Kept, identity: &Identity) -> bool {
    kept.kind == identity.kind
        && kept.group == identity.group
        && kept.namespace == identity.namespace
        && kept.name == identity.name
}

/// Whether a selector takes an object.
pub fn selects(selector: &Selector, identity: &Identity, value: &Value, texts: &Texts) -> bool {
    names(selector, identity) && selector.conditions.iter().all(|condition| holds(condition, value, texts))
}

/// As [`selects`], where names may have changed wherever they stood.
fn shows(selector: &Selector, identity: &Identity, value: &Value, texts: &Texts) -> bool {
    let renamed = || selector.name.as_deref().is_some_and(|wanted| texts.renamed(wanted, identity));
    let named = names(selector, identity) || renamed() && names(&Selector { name: None, ..selector.clone() }, identity);
    let refers = |(pointer, wanted): (&String, &Value)| {
        let mut some = false;
        reach(value, pointer, texts, &mut |found| some |= texts.refers(wanted, found));
        some
    };
    let holds = |condition| holds(condition, value, texts) || refers(condition);
    named && selector.conditions.iter().all(holds)
}

fn names(selector: &Selector, identity: &Identity) -> bool {
    let same = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|w| w == given);
    selector.kind == identity.kind
        && same(&selector.group, &identity.group)
        && same(&selector.namespace, &identity.namespace)
        && same(&selector.name, &identity.name)
}

fn holds((pointer, wanted): (&String, &Value), value: &Value, texts: &Texts) -> bool {
    let mut some = false;
    reach(value, pointer, texts, &mut |found| some |= agrees(wanted, found));
    some
}

/// Where an object that a selector names is otherwise than the selector wants it; nothing where there is none.
pub fn unmet<'a>(
    selector: &Selector,
    mut all: impl Iterator<Item = (&'a Identity, &'a Value)>,
    texts: &Texts,
) -> Vec<String> {
    let Some((_, value)) = all.find(|(identity, _)| names(selector, identity)) else { return Vec::new() };
    let lacking = selector.conditions.iter().filter(|condition| !holds(*condition, value, texts));
    lacking.map(|(pointer, _)| pointer.clone()).collect()
}

/// What a pointer leads to: an entry for each item that a `*` stands for, `None` where the rest of the way is not there. A
/// pointer goes on into a text as into the YAML that it is.
fn reach(value: &Value, pointer: &str, texts: &Texts, found: &mut dyn FnMut(Option<&Value>)) {
    let Some(steps) = pointer.strip_prefix('/') else { return found(Some(value)) };
    let (step, rest) = steps.split_at(steps.bytes().position(|byte| byte == b'/').unwrap_or(steps.len()));
    let next = match value {
        Value::Array(items) if step == "*" => return items.iter().for_each(|item| reach(item, rest, texts, found)),
        Value::Object(map) if step == "*" => return map.values().for_each(|item| reach(item, rest, texts, found)),
        Value::Array(items) => step.parse().ok().and_then(|i: usize| items.get(i)),
        Value::Object(map) => map.get(&*unescaped(step)),
        Value::String(text) => {
            let read = texts.read(text);
            if !read.is_string() {
                return reach(&read, pointer, texts, found);
            }
            None
        }
        _ => None,
    };
    match next {
        Some(next) => reach(next, rest, texts, found),
        None if pointer.contains("/*") => {}
        None => found(None),
    }
}

fn before_star(pointer: &str) -> &str {
    pointer.split_once("/*").map_or(pointer, |(above, _)| above)
}

/// Words that a condition may have instead of a value.
const WORDS: [&str; 5] = ["atLeast", "atMost", "has", "not", "within"];

fn word(wanted: &Value) -> Option<(&str, &Value)> {
    let map = wanted.as_object().filter(|map| map.len() == 1)?;
    map.iter().map(|(word, argument)| (word.as_str(), argument)).find(|(word, _)| WORDS.contains(word))
}

fn agrees(wanted: &Value, found: Option<&Value>) -> bool {
    let found = found.unwrap_or(&Value::Null);
    match word(wanted) {
        Some(("not", other)) => found != other,
        Some(("has", parts)) => match (found, parts) {
            (Value::Array(items), Value::Array(parts)) => parts.iter().all(|part| items.contains(part)),
            (Value::Array(items), part) => items.contains(part),
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            _ => false,
        },
        Some(("within", wanted)) => within(wanted, found),
        Some((word, limit)) => match (number(found), number(limit)) {
            (Some(found), Some(limit)) if word == "atMost" => found <= limit,
            (Some(found), Some(limit)) => found >= limit,
            _ => false,
        },
        None if wanted == "*" => !found.is_null(),
        None => wanted == found,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn describe(selector: &Selector) -> String {
    let mut words = selector.kind.clone();
    if let Some(name) = &selector.name {
        words += &format!(" {name}");
    }
    if let Some(namespace) = &selector.namespace {
        words += &format!(" in {namespace}");
    }
    words + &selector.conditions.iter().map(|(pointer, wanted)| condition(pointer, wanted)).collect::<String>()
}

/// Longest value that a sentence has, in bytes of JSON.
const SHOWN: usize = 200;

fn condition(pointer: &str, wanted: &Value) -> String {
    match (word(wanted), wanted) {
        (Some(("not", other)), _) => format!(" without {pointer} = {other}"),
        (Some(("has", parts)), _) => format!(" with {pointer} that has {parts}"),
        (Some(("within", _)), _) => format!(" with {pointer} no wider than it was rendered"),
        (Some(("atMost", limit)), _) => format!(" with {pointer} of at most {limit}"),
        (Some((_, limit)), _) => format!(" with {pointer} of at least {limit}"),
        (None, Value::Null) => format!(" without {pointer}"),
        (None, wanted) if wanted == "*" => format!(" with {pointer}"),
        (None, wanted) => match wanted.to_string() {
            long if long.len() > SHOWN => format!(" with {pointer} as it was rendered"),
            wanted => format!(" with {pointer} = {wanted}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Texts, agrees, reach};

    #[test]
    fn a_condition_says_what_stands_there() {
        for (wanted, found, yes) in [
            (json!(1), Some(json!(1)), true),
            (json!(1), Some(json!(2)), false),
            (json!("*"), Some(json!("a")), true),
            (json!("*"), None, false),
            (Value::Null, None, true),
            (Value::Null, Some(json!(0)), false),
            (json!({ "not": "*" }), Some(json!("*")), false),
            (json!({ "not": "*" }), Some(json!("a")), true),
            (json!({ "not": true }), None, true),
            (json!({ "has": "b" }), Some(json!("abc")), true),
            (json!({ "has": "b" }), Some(json!(["b", "c"])), true),
            (json!({ "has": ["b", "d"] }), Some(json!(["b", "c"])), false),
            (json!({ "has": "b" }), None, false),
            (json!({ "atMost": 5 }), Some(json!(5)), true),
            (json!({ "atMost": 5 }), Some(json!(50)), false),
            (json!({ "atLeast": 2 }), Some(json!("3")), true),
            (json!({ "atLeast": 2 }), None, false),
            (json!({}), Some(json!({})), true),
        ] {
            assert_eq!(agrees(&wanted, found.as_ref()), yes, "{wanted} and {found:?}");
        }
    }

    #[test]
    fn a_star_stands_for_each_item() {
        let value = json!({ "a": [{ "b": 1 }, { "c": 2 }], "m": { "x": { "b": 3 } }, "t.yaml": "c: [{ d: 4 }, {}]" });
        for (pointer, found) in [
            ("/a/*/b", vec![Some(json!(1)), None]),
            ("/m/*/b", vec![Some(json!(3))]),
            ("/n/*/b", vec![]),
            ("/n", vec![None]),
            ("/t.yaml/c/*/d", vec![Some(json!(4)), None]),
            ("/t.yaml", vec![Some(json!("c: [{ d: 4 }, {}]"))]),
        ] {
            let mut reached: Vec<Option<Value>> = Vec::new();
            reach(&value, pointer, &Texts::default(), &mut |found| reached.push(found.cloned()));
            assert_eq!(reached, found, "{pointer}");
        }
    }
}
