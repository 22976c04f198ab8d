//! Inventory -> what a reference that leads nowhere was likely meant for: the one thing beside it that shares a word with the
//! name and that no reference names. Only in the open, where the absence alone means nothing.

use std::cell::OnceCell;
use std::collections::BTreeSet;

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
}

impl<'i, 'w, 'a> Unnamed<'i, 'w, 'a> {
    /// Of everything that a world has, with the way to what its references name.
    pub fn new(inventory: &'i Inventory<'w, 'a>, find: fn(&Inventory<'_, 'a>) -> AllNamed<'a>) -> Self {
        Self { inventory, find, named: OnceCell::new() }
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
        let near = |thing: &&Thing<'a>| {
            let placed = !namespace.is_empty() || thing.object().is_some_and(|object| object.home() == from.home());
            let meant = thing.namespace == namespace && placed && thing.is_meant();
            let left = || share(kind, &thing.name, name) && !self.is_named(kind, thing, by_pods);
            meant && (is_called_after_its_kind(&thing.name, name) || left())
        };
        let mut left = self.inventory.of(group, kind).filter(near);
        let first = left.next()?;
        left.next().is_none().then(|| first.name.to_string())
    }

    fn is_named(&self, kind: &str, thing: &Thing<'a>, by_pods: bool) -> bool {
        let named = self.named.get_or_init(|| (self.find)(self.inventory));
        // An account is there for pods and for a right: who lacks one of them is not found by the other.
        let by_pods = kind == "ServiceAccount" && by_pods;
        named.contains(&(kind, thing.namespace, thing.name.to_string(), by_pods))
    }
}

/// Words that people add to a name for what it is.
const KINDS: [&str; 11] =
    ["config", "configmap", "cm", "cred", "credential", "gateway", "gw", "sa", "secret", "service", "svc"];

/// Two names differ in words for what they are alone: `openai` and `openai-secret`.
fn is_called_after_its_kind(a: &str, b: &str) -> bool {
    let words = |name: &str| -> (Vec<String>, usize) {
        let all: Vec<String> = name.split(['-', '.', '_']).map(|w| w.trim_end_matches('s').to_lowercase()).collect();
        let (length, own) = (all.len(), all.into_iter().filter(|word| !KINDS.contains(&word.as_str())).collect());
        (own, length)
    };
    let ((a, longer), (b, other)) = (words(a), words(b));
    !a.is_empty() && a == b && longer != other
}

/// Two names have a word in common that is none of their kind.
fn share(kind: &str, a: &str, b: &str) -> bool {
    let kind = kind.to_lowercase();
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() >= WORD);
        words.map(|word| word.trim_end_matches('s').to_owned()).filter(|word| !kind.contains(word)).collect()
    };
    !words(a).is_disjoint(&words(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_thing_share_a_word() {
        for (a, b) in [("dev-litellm", "litellm-config"), ("openai", "openai-secret"), ("passwords", "password-secret")]
        {
            assert!(share("Secret", a, b), "{a} {b}");
        }
        assert!(
            is_called_after_its_kind("openai", "openai-secret") && !is_called_after_its_kind("a-secret", "b-secret")
        );
        for (a, b) in [("app-db", "my-db"), ("web", "shop"), ("", ""), ("my-secret", "shop-secret")] {
            assert!(!share("Secret", a, b), "{a} {b}");
        }
    }
}
