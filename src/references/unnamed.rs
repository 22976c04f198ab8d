//! Inventory -> what a reference that leads nowhere was likely meant for: the one thing beside it that shares a word with the
//! name and that no reference names. Only in the open, where the absence alone means nothing.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::object::kinds;
use crate::object::object::Object;
use crate::object::placeholder;
use crate::references::inventory::{Inventory, Thing};
use crate::references::well_known::is_well_known;

/// Kinds that are often there without a reference to them, or named where no reference stands.
const BY_OTHERS: [&str; 6] = ["ClusterRole", "DaemonSet", "Deployment", "Namespace", "Service", "StatefulSet"];

/// Shortest word that two names share by more than chance.
const WORD: usize = 3;

/// Kind, namespace and name of what references name, and for an account by what.
pub type AllNamed<'a> = BTreeSet<(&'a str, &'a str, String, bool)>;

/// What references name, found when somebody asks.
pub struct Unnamed<'i, 'w, 'a> {
    inventory: &'i Inventory<'w, 'a>,
    find: fn(&Inventory<'_, 'a>) -> AllNamed<'a>,
    named: OnceCell<AllNamed<'a>>,
    /// By API group and kind, and for accounts by who asks.
    things: RefCell<BTreeMap<(String, String, bool), Rc<ByNamespace<'i, 'a>>>>,
}

/// The things of a kind in each namespace.
type ByNamespace<'i, 'a> = BTreeMap<&'i str, Things<'i, 'a>>;

/// The things of a kind in a namespace, as a name that nothing has is held against them.
#[derive(Default)]
struct Things<'i, 'a> {
    /// By what they are called without words for what they are, with the number of all words.
    called: BTreeMap<Vec<String>, Vec<(&'i Thing<'a>, usize)>>,
    /// Those that no reference names, by each of their words.
    left: BTreeMap<String, Vec<&'i Thing<'a>>>,
}

impl<'i, 'w, 'a> Unnamed<'i, 'w, 'a> {
    /// Of everything that a world has, with the way to what its references name.
    pub fn new(inventory: &'i Inventory<'w, 'a>, find: fn(&Inventory<'_, 'a>) -> AllNamed<'a>) -> Self {
        Self { inventory, find, named: OnceCell::new(), things: RefCell::default() }
    }

    /// What was likely meant by a name that nothing has; nothing where it may well be made elsewhere.
    pub fn beside(
        &self,
        from: &Object<'_>,
        (group, kind): (&str, &str),
        namespace: &str,
        name: &str,
        by_pods: bool,
    ) -> Option<String> {
        let world = self.inventory.world;
        let made =
            kinds::of(group, kind).brought == Some(kinds::Brought::Operators) && self.inventory.is_opaque(namespace);
        let elsewhere = world.beyond.is_some_and(|beyond| beyond.has(kind, namespace, name));
        let filled = placeholder::is_in(name) || placeholder::is_in(namespace);
        if world.closed
            || world.generated
            || BY_OTHERS.contains(&kind)
            || made
            || elsewhere
            || filled
            || is_well_known(kind, namespace, name)
        {
            return None;
        }
        let all = self.things(group, kind, kind == "ServiceAccount" && by_pods);
        let here = all.get(namespace)?;
        let (own, length) = without_kind(name);
        let called = here.called.get(&own).into_iter().flatten().filter(|(_, other)| *other != length);
        let words = words(kind, name);
        let left = words.iter().filter_map(|word| here.left.get(word)).flatten();
        let placed = |thing: &&&Thing<'a>| {
            !namespace.is_empty() || thing.object().is_some_and(|object| object.home() == from.home())
        };
        let mut near = called.map(|(thing, _)| thing).chain(left).filter(placed).map(|thing| thing.name.as_ref());
        let first = near.next()?;
        near.all(|other| other == first).then(|| first.to_owned())
    }

    /// The things of a kind, by namespace.
    fn things(&self, group: &str, kind: &str, by_pods: bool) -> Rc<ByNamespace<'i, 'a>> {
        let key = (group.to_owned(), kind.to_owned(), by_pods);
        if let Some(known) = self.things.borrow().get(&key) {
            return known.clone();
        }
        let named = self.named.get_or_init(|| (self.find)(self.inventory));
        let mut things: BTreeMap<&str, Things<'i, 'a>> = BTreeMap::new();
        for thing in self.inventory.of(group, kind).filter(|thing| thing.is_meant()) {
            let here = things.entry(thing.namespace).or_default();
            let (own, length) = without_kind(&thing.name);
            if !own.is_empty() {
                here.called.entry(own).or_default().push((thing, length));
            }
            // An account is there for pods and for a right: who lacks one of them is not found by the other.
            if !named.contains(&(kind, thing.namespace, thing.name.to_string(), by_pods)) {
                words(kind, &thing.name).into_iter().for_each(|word| here.left.entry(word).or_default().push(thing));
            }
        }
        let things = Rc::new(things);
        self.things.borrow_mut().insert(key, things.clone());
        things
    }
}

/// Words that people add to a name for what it is.
const KINDS: [&str; 11] =
    ["config", "configmap", "cm", "cred", "credential", "gateway", "gw", "sa", "secret", "service", "svc"];

/// The words of a name but for those that say what it is, and how many there are of all: `openai` and `openai-secret` differ in
/// such words alone.
fn without_kind(name: &str) -> (Vec<String>, usize) {
    let all: Vec<String> = name.split(['-', '.', '_']).map(|w| w.trim_end_matches('s').to_lowercase()).collect();
    let length = all.len();
    (all.into_iter().filter(|word| !KINDS.contains(&word.as_str())).collect(), length)
}

/// The words of a name by which it may be meant with another, none of them of its kind.
fn words(kind: &str, name: &str) -> BTreeSet<String> {
    let kind = kind.to_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() >= WORD);
    words.map(|word| word.trim_end_matches('s').to_owned()).filter(|word| !kind.contains(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_thing_share_a_word() {
        let share = |a: &str, b: &str| !words("Secret", a).is_disjoint(&words("Secret", b));
        for (a, b) in [("dev-litellm", "litellm-config"), ("openai", "openai-secret"), ("passwords", "password-secret")]
        {
            assert!(share(a, b), "{a} {b}");
        }
        let (called, after) = (without_kind("openai"), without_kind("openai-secret"));
        assert!(called.0 == after.0 && called.1 != after.1 && without_kind("a-secret").0 != without_kind("b-secret").0);
        for (a, b) in [("app-db", "my-db"), ("web", "shop"), ("", ""), ("my-secret", "shop-secret")] {
            assert!(!share(a, b), "{a} {b}");
        }
    }
}
