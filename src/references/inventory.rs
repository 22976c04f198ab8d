//! World -> everything that the cluster will have: the objects of the files, what operators make of them, what charts bring
//! and what is declared, and how sure it is that there is nothing else. References are resolved against this.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::{APIEXTENSIONS, RBAC};
use crate::object::existing::Existing;
use crate::object::kinds::{self, Brought, Scopes, is_built_in, is_known};
use crate::object::object::{Object, is_same};
use crate::object::placeholder;
use crate::references::delivery::Delivery;
use crate::references::holds::{keys, service_ports};
use crate::references::left_out::is_left_out;
use crate::references::made::{self, Made, Port};
use crate::references::well_known::is_well_known;
use crate::references::world::World;
use crate::text::near::is_near;
use crate::text::schema::is_misspelt;

/// Something that references may name.
#[derive(Debug)]
pub struct Thing<'a> {
    /// Namespace; empty for cluster-scoped things.
    pub namespace: &'a str,
    /// Name.
    pub name: Cow<'a, str>,
    /// Where it comes from.
    pub origin: Origin<'a>,
}

/// Where a thing comes from.
#[derive(Debug)]
pub enum Origin<'a> {
    /// It stands in a file.
    File(Object<'a>),
    /// An operator makes it of an object in a file.
    Made(Object<'a>, Made<'a>),
    /// A chart or a git folder makes it, or it is declared.
    Elsewhere(&'a Existing),
}

impl<'a> Thing<'a> {
    /// The object it is, or is made of.
    pub fn object(&self) -> Option<&Object<'a>> {
        match &self.origin {
            Origin::File(object) | Origin::Made(object, _) => Some(object),
            Origin::Elsewhere(_) => None,
        }
    }

    /// Keys of a Secret or ConfigMap; `None`: not known.
    pub fn keys(&self) -> Option<Vec<&'a str>> {
        match &self.origin {
            Origin::File(object) => keys(object),
            Origin::Made(_, made) => made.keys.clone(),
            Origin::Elsewhere(existing) => existing.keys.as_ref().map(|keys| keys.iter().map(String::as_str).collect()),
        }
    }

    /// Ports of a Service; `None`: not known.
    pub fn ports(&self) -> Option<Vec<Port<'a>>> {
        match &self.origin {
            Origin::File(object) => service_ports(object),
            Origin::Made(_, made) => made.ports.clone(),
            Origin::Elsewhere(existing) => {
                let port = |number: &i64| Port { name: "", number: *number, protocol: "" };
                existing.ports.as_ref().map(|ports| ports.iter().map(port).collect())
            }
        }
    }

    /// Labels of the object or the declared ones; `None`: not known.
    pub fn labels(&self) -> Option<&'a serde_json::Map<String, Value>> {
        match &self.origin {
            Origin::File(object) => object.at("/metadata/labels").and_then(Value::as_object),
            Origin::Made(..) => None,
            Origin::Elsewhere(existing) => Some(&existing.labels),
        }
    }
}

/// How much the absence of a thing means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// Nothing: it may well be there.
    Unknown,
    /// The files bring everything around it, so it is probably forgotten.
    Likely,
    /// It is not there.
    Sure,
}

/// All things of one cluster.
#[derive(Debug)]
pub struct Inventory<'w, 'a> {
    /// The world it was made from.
    pub world: &'w World<'a>,
    /// By kind and name.
    things: BTreeMap<&'a str, BTreeMap<Cow<'a, str>, Vec<Thing<'a>>>>,
    /// Which Application delivers what.
    pub delivery: Delivery<'a>,
    /// Which kinds lie in no namespace.
    pub scopes: Scopes,
    /// Namespaces in which something unknown may make things.
    opaque: BTreeSet<&'a str>,
    /// Kinds, with their API group where it is known, of which a thing has a name that is filled in later.
    unfinished: BTreeSet<(&'a str, Option<&'a str>)>,
    /// What somebody meant to be there, by kind and namespace; in an open world only, where it tells how sure an absence is.
    meant: BTreeMap<(&'a str, &'a str), Vec<Meant<'a>>>,
}

/// A thing beside which a name may be a slip.
#[derive(Debug)]
struct Meant<'a> {
    name: Cow<'a, str>,
    /// API group; `None`: whatever group has that kind.
    group: Option<&'a str>,
    /// Where its neighbours are, for an object.
    home: Option<&'a str>,
}

impl<'w, 'a> Inventory<'w, 'a> {
    /// Everything that a world has; the scopes are those of definitions that stand in none of its files.
    pub fn new(world: &'w World<'a>, mut scopes: Scopes) -> Self {
        let delivery = Delivery::new(world);
        let opaque = delivery.strange_namespaces().collect();
        let definitions = world.objects.of(APIEXTENSIONS, "CustomResourceDefinition");
        definitions.for_each(|definition| scopes.learn(definition.value));
        let (things, unfinished, meant) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let mut inventory = Self { world, things, delivery, scopes, opaque, unfinished, meant };
        for object in world.objects.iter() {
            let identity = object.identity;
            inventory.add(&identity.kind, &identity.namespace, Cow::Borrowed(&identity.name), Origin::File(*object));
            for made in made::products(object) {
                let name = made.name.clone();
                inventory.add(made.kind, &identity.namespace, name, Origin::Made(*object, made));
            }
            inventory.opaque.extend(maker_of_unknowns(object));
        }
        for existing in world.existing {
            let namespace = existing.namespace.as_deref().unwrap_or_default();
            inventory.add(&existing.kind, namespace, Cow::Borrowed(&existing.name), Origin::Elsewhere(existing));
        }
        inventory
    }

    fn add(&mut self, kind: &'a str, namespace: &'a str, name: Cow<'a, str>, origin: Origin<'a>) {
        let thing = Thing { namespace, name: name.clone(), origin };
        if placeholder::is_in(&name) {
            self.unfinished.insert((kind, thing.group()));
        }
        if !self.world.closed && thing.is_meant() {
            let home = thing.object().map(Object::home);
            let meant = Meant { name: name.clone(), group: thing.group(), home };
            self.meant.entry((kind, namespace)).or_default().push(meant);
        }
        self.things.entry(kind).or_default().entry(name).or_default().push(thing);
    }

    /// All things of a kind.
    pub fn of<'s, 'g>(
        &'s self,
        group: &'g str,
        kind: &str,
    ) -> impl Iterator<Item = &'s Thing<'a>> + use<'s, 'g, 'w, 'a> {
        let things = self.things.get(kind).into_iter().flat_map(BTreeMap::values).flatten();
        things.filter(move |thing| thing.group().is_none_or(|g| is_same(g, group)))
    }

    /// All things of a kind that have a name.
    pub fn named<'s, 'g>(
        &'s self,
        group: &'g str,
        kind: &str,
        name: &str,
    ) -> impl Iterator<Item = &'s Thing<'a>> + use<'s, 'g, 'w, 'a> {
        let things = self.things.get(kind).and_then(|named| named.get(name)).into_iter().flatten();
        things.filter(move |thing| thing.group().is_none_or(|g| is_same(g, group)))
    }

    /// The thing of that name. An object that names no namespace may lie in any.
    pub fn find(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<&Thing<'a>> {
        let things = self.things.get(kind)?.get(name)?;
        let at = |namespace: &str| {
            let there =
                |thing: &&Thing<'_>| thing.namespace == namespace && thing.group().is_none_or(|g| is_same(g, group));
            things.iter().find(there)
        };
        let here = at(namespace);
        if here.is_some() || self.scopes.is_cluster(group, kind) || self.world.closed {
            return here;
        }
        match namespace {
            "" => things.iter().find(|thing| thing.group().is_none_or(|g| is_same(g, group))),
            _ => at(""),
        }
    }

    /// How sure it is that there is no such thing beside those that are known, for the object that asks.
    pub fn absence(&self, from: &Object<'_>, (group, kind): (&str, &str), namespace: &str, name: &str) -> Absence {
        let brought = kinds::of(group, kind).brought;
        if is_well_known(kind, namespace, name)
            || brought == Some(Brought::Distribution)
                && self.of(group, kind).next().is_none()
                && self.like(from, (group, kind), namespace, name).is_none()
        {
            return Absence::Unknown;
        }
        match self.world.closed {
            // What lies in a namespace of others is told by them; where something is told, a name beside it is a slip.
            true if namespace != from.home()
                && self.is_of_others(namespace)
                && !self.of(group, kind).any(|thing| thing.namespace == namespace) =>
            {
                Absence::Unknown
            }
            true => Absence::Sure,
            false => self.absence_in_the_open(from, (group, kind), namespace, name),
        }
    }

    /// Somebody else brings the Namespace, and what runs there is theirs as long as nothing of ours does.
    pub fn is_of_others(&self, namespace: &str) -> bool {
        let said = |e: &Existing| e.chart.is_none() && e.repository.is_none();
        self.world.existing.iter().any(|e| e.kind == "Namespace" && e.name == namespace && said(e))
    }

    /// Where the files are not all there is, charts, operators and other folders bring things too: only a name that is nearly
    /// one that stands beside is surely wrong.
    fn absence_in_the_open(
        &self,
        from: &Object<'_>,
        (group, kind): (&str, &str),
        namespace: &str,
        name: &str,
    ) -> Absence {
        let elsewhere = self.world.beyond.is_some_and(|beyond| beyond.has(kind, namespace, name));
        let is = |of: &Option<&str>| of.is_none_or(|g| is_same(g, group));
        let unfinished = self.unfinished.iter().any(|(of_kind, of)| *of_kind == kind && is(of));
        if unfinished || placeholder::is_in(name) || placeholder::is_in(namespace) {
            return Absence::Unknown;
        }
        // What lies beside it under that name, in another group or scope, is what was meant.
        if self.like(from, (group, kind), namespace, name).is_some() {
            return Absence::Likely;
        }
        // Of what others have only kind and name are known.
        if elsewhere {
            let forgotten = self.world.beyond.is_some_and(|beyond| beyond.forgets(kind, from.path, name));
            return if forgotten { Absence::Likely } else { Absence::Unknown };
        }
        let placed = self.scopes.is_cluster(group, kind) || !namespace.is_empty();
        let near = |thing: &&Meant<'_>| placed || thing.home.is_none_or(|home| home == from.home());
        let beside = || self.meant((group, kind), namespace).filter(near);
        let brought = kinds::of(group, kind).brought;
        if brought == Some(Brought::Operators) && (self.opaque.contains(namespace) || self.world.generated) {
            // Something unknown may make it; nearly the name of what is there is a slip all the same.
            let slip = !self.world.generated && beside().any(|thing| is_alike(&thing.name, name));
            return if slip { Absence::Likely } else { Absence::Unknown };
        }
        let misspelt = beside().any(|thing| is_misspelt(&thing.name, name));
        if brought.is_some_and(|by| by != Brought::Operators) {
            return if misspelt { Absence::Likely } else { Absence::Unknown };
        }
        if misspelt {
            return Absence::Sure;
        }
        let moved =
            self.named(group, kind, name).any(|t| t.is_meant() && !namespace.is_empty() && !t.namespace.is_empty());
        let alike = || beside().any(|thing| is_alike(&thing.name, name));
        // Where several Secrets are told, another one would be as well.
        let told = || kind != "Secret" || beside().nth(2).is_some();
        let left_out = || is_left_out(from, kind, name, self.kinds_named(namespace, name));
        if moved || alike() || told() && self.brings(namespace) || left_out() {
            return Absence::Likely;
        }
        Absence::Unknown
    }

    /// What somebody meant to be in a namespace.
    fn meant<'s>(
        &'s self,
        (group, kind): (&'s str, &'s str),
        namespace: &'s str,
    ) -> impl Iterator<Item = &'s Meant<'a>> {
        let there = self.meant.get(&(kind, namespace)).into_iter().flatten();
        there.filter(move |thing| thing.group.is_none_or(|g| is_same(g, group)))
    }

    /// What lies beside an object under a name, and is of the same kind in another API group, or a role of the other scope.
    pub fn like(
        &self,
        from: &Object<'_>,
        (group, kind): (&str, &str),
        namespace: &str,
        name: &str,
    ) -> Option<&Thing<'a>> {
        let named = || self.things.get(kind).and_then(|named| named.get(name)).into_iter().flatten();
        // Of another Service or Secret a controller may make the core's.
        let of_group = |t: &&Thing<'_>| {
            !group.is_empty() && t.is_meant() && t.namespace == namespace && t.group().is_some_and(|g| g != group)
        };
        let home = from.identity.namespace.as_str();
        let is_role = (group, kind) == (RBAC, "ClusterRole") && !home.is_empty();
        let role = || self.named(RBAC, "Role", name).find(|t| is_role && t.namespace == home);
        named().find(of_group).or_else(role).or_else(|| self.twin(home, (group, kind), namespace, name))
    }

    /// The same of the other scope (ClusterSecretStore and SecretStore), or another kind that has replicas.
    fn twin(&self, home: &str, (group, kind): (&str, &str), namespace: &str, name: &str) -> Option<&Thing<'a>> {
        let of = |kind: &str, at: &str| {
            let mut named = self.things.get(kind).and_then(|named| named.get(name)).into_iter().flatten();
            named.find(|t| t.namespace == at && t.is_meant() && t.group().is_some_and(|g| is_same(g, group)))
        };
        match (group, kind.strip_prefix("Cluster").filter(|rest| !rest.is_empty())) {
            ("apps", _) => ["Deployment", "StatefulSet"].iter().find_map(|other| of(other, namespace)),
            (RBAC, _) => None,
            (_, Some(rest)) => of(rest, home),
            _ => of(&format!("Cluster{kind}"), ""),
        }
    }

    /// The kinds of which something in the files has that name in that namespace.
    pub fn kinds_named(&self, namespace: &str, name: &str) -> impl Iterator<Item = &'a str> {
        let there = move |t: &Thing<'_>| t.namespace == namespace && matches!(t.origin, Origin::File(_));
        let has = move |named: &BTreeMap<_, Vec<Thing<'_>>>| named.get(name).is_some_and(|all| all.iter().any(there));
        self.things.iter().filter(move |(_, named)| has(named)).map(|(kind, _)| *kind)
    }

    /// True in the open where somebody wrote down one of that kind in that namespace.
    pub fn has_some(&self, kind: &str, namespace: &str) -> bool {
        self.meant.contains_key(&(kind, namespace))
    }

    /// True where a chart or an operator that nobody here knows may make any object.
    pub fn is_opaque(&self, namespace: &str) -> bool {
        self.opaque.contains(namespace)
    }

    /// The files hold the Namespace and something that runs in it.
    fn brings(&self, namespace: &str) -> bool {
        let mut lasting = kinds::with_pods().filter(|(.., of)| !of.ends && !of.overlay);
        !namespace.is_empty()
            && self.find("", "Namespace", "", namespace).is_some()
            && lasting.any(|(group, kind, _)| self.of(group, kind).any(|thing| thing.namespace == namespace))
    }
}

/// One name may be a slip for the other: a letter or so differs.
pub fn is_alike(a: &str, b: &str) -> bool {
    is_near(a, b, 1 + b.len() / 6)
}

impl<'a> Thing<'a> {
    /// Somebody wrote down that it is to be there; it does not just come with another.
    pub fn is_meant(&self) -> bool {
        match &self.origin {
            Origin::File(_) | Origin::Elsewhere(_) => true,
            Origin::Made(object, _) => {
                ["Certificate", "ExternalSecret", "SealedSecret"].contains(&object.identity.kind.as_str())
            }
        }
    }

    /// API group; `None`: whatever group has that kind.
    fn group(&self) -> Option<&'a str> {
        match &self.origin {
            Origin::File(object) => Some(&object.identity.group),
            Origin::Made(_, made) => Some(if made.kind == "Deployment" { "apps" } else { "" }),
            Origin::Elsewhere(existing) => existing.group.as_deref(),
        }
    }
}

/// The namespace in which a custom resource that nobody here knows may make things of any kind.
fn maker_of_unknowns<'a>(object: &Object<'a>) -> Option<&'a str> {
    let identity = object.identity;
    let known = is_built_in(&identity.group) || is_known(&identity.group);
    (!known).then_some(identity.namespace.as_str())
}
