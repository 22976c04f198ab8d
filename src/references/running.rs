//! Pods -> those that a selector takes, found by their labels: thousands of Services and policies may select among thousands.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::object::api_group::{INFERENCE, MONITORING};
use crate::object::object::Object;
use crate::references::inventory::Inventory;
use crate::references::labelled::Labelled;
use crate::references::pods::{self, Pods};

/// Positions in a list of pods.
type Positions = Rc<[usize]>;

/// All pods, and what is asked of them more than once.
pub struct Running<'a> {
    pods: Vec<Pods<'a>>,
    labelled: Labelled,
    /// By namespace, where an operator makes them.
    operated: BTreeMap<String, Vec<usize>>,
    served: OnceLock<BTreeSet<String>>,
    reached: OnceLock<BTreeSet<usize>>,
    /// What a selector takes in a namespace; many say the same.
    taken: RefCell<BTreeMap<(String, String), Positions>>,
}

impl<'a> Deref for Running<'a> {
    type Target = [Pods<'a>];

    fn deref(&self) -> &Self::Target {
        &self.pods
    }
}

impl<'a> Running<'a> {
    /// The pods of all workloads.
    pub fn new(inventory: &Inventory<'_, 'a>) -> Self {
        let pods = pods::pods(inventory);
        let (mut labelled, mut operated) = (Labelled::default(), BTreeMap::<_, Vec<usize>>::new());
        for (i, pod) in pods.iter().enumerate() {
            let namespace = &pod.owner.identity.namespace;
            let given = pod.template.iter().flat_map(|template| template.kind.given());
            labelled.add(i, namespace, pod.template_labels(), given);
            if pod.template.is_none() {
                operated.entry(namespace.clone()).or_default().push(i);
            }
        }
        let (served, reached, taken) = (OnceLock::new(), OnceLock::new(), RefCell::default());
        Self { pods, labelled, operated, served, reached, taken }
    }

    /// Those of a namespace.
    pub fn of<'r>(&'r self, namespace: &str) -> impl Iterator<Item = &'r Pods<'a>> + use<'r, 'a> {
        self.labelled.of(namespace).iter().map(|i| &self.pods[*i])
    }

    /// Those of a namespace that a selector takes.
    pub fn taken(&self, namespace: &str, selector: &Value) -> Vec<&Pods<'a>> {
        self.positions(namespace, selector).iter().map(|i| &self.pods[*i]).collect()
    }

    /// The same, as positions among all.
    pub fn positions(&self, namespace: &str, selector: &Value) -> Positions {
        let key = (namespace.to_owned(), selector.to_string());
        if let Some(known) = self.taken.borrow().get(&key) {
            return known.clone();
        }
        let mut near = self.labelled.near(namespace, selector);
        near.extend(self.operated.get(namespace).into_iter().flatten());
        near.sort_unstable();
        near.dedup();
        let found: Positions = near.into_iter().filter(|i| self.pods[*i].taken(selector)).collect();
        self.taken.borrow_mut().insert(key, found.clone());
        found
    }

    /// The namespaces in which some Service finds pods.
    pub fn served(&self, inventory: &Inventory<'_, '_>) -> &BTreeSet<String> {
        self.served.get_or_init(|| {
            let mut served = BTreeSet::new();
            for service in inventory.world.objects.of("", "Service") {
                let namespace = &service.identity.namespace;
                let Some(selector) = selector_of(service, "/spec/selector") else { continue };
                if !served.contains(namespace) && !self.positions(namespace, &selector).is_empty() {
                    served.insert(namespace.clone());
                }
            }
            served
        })
    }

    /// The positions of pods that a Service, an InferencePool or a PodMonitor takes.
    pub fn reached(&self, inventory: &Inventory<'_, '_>) -> &BTreeSet<usize> {
        self.reached.get_or_init(|| {
            let ways = [
                ("", "Service", "/spec/selector"),
                (INFERENCE, "InferencePool", "/spec/selector/matchLabels"),
                (MONITORING, "PodMonitor", "/spec/selector/matchLabels"),
            ];
            let of = |(group, kind, pointer)| {
                inventory.world.objects.of(group, kind).filter_map(move |o| Some((o, selector_of(o, pointer)?)))
            };
            let all = ways.into_iter().flat_map(of);
            all.flat_map(|(object, selector)| self.positions(&object.identity.namespace, &selector).to_vec()).collect()
        })
    }
}

/// The labels at a pointer of an object, as a LabelSelector; none where there are none.
pub fn selector_of(object: &Object<'_>, pointer: &str) -> Option<Value> {
    let labels = object.at(pointer).filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
    Some(json!({ "matchLabels": labels }))
}
