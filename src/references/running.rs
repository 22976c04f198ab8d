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
use crate::references::pods::{self, Pods};

/// Positions in a list of pods.
type Positions = Rc<[usize]>;

/// All pods, and what is asked of them more than once.
pub struct Running<'a> {
    pods: Vec<Pods<'a>>,
    /// By namespace.
    of: BTreeMap<String, Vec<usize>>,
    /// By namespace and label, as `key=value`, or `key` where a controller chooses the value.
    labelled: BTreeMap<(String, String), Vec<usize>>,
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
        let (mut of, mut operated) = (BTreeMap::<_, Vec<usize>>::new(), BTreeMap::<_, Vec<usize>>::new());
        let mut labelled = BTreeMap::<_, Vec<usize>>::new();
        for (i, pod) in pods.iter().enumerate() {
            let namespace = &pod.owner.identity.namespace;
            of.entry(namespace.clone()).or_default().push(i);
            let Some(labels) = pod.template_labels() else {
                operated.entry(namespace.clone()).or_default().push(i);
                continue;
            };
            let given = pod.template.iter().flat_map(|template| template.kind.given()).map(str::to_owned);
            for label in labels.iter().map(|(key, value)| label(key, value)).chain(given) {
                labelled.entry((namespace.clone(), label)).or_default().push(i);
            }
        }
        let (served, reached, taken) = (OnceLock::new(), OnceLock::new(), RefCell::default());
        Self { pods, of, labelled, operated, served, reached, taken }
    }

    /// Those of a namespace.
    pub fn of<'r>(&'r self, namespace: &str) -> impl Iterator<Item = &'r Pods<'a>> + use<'r, 'a> {
        self.of.get(namespace).into_iter().flatten().map(|i| &self.pods[*i])
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
        let near = self.near(namespace, selector);
        let mut found: Vec<usize> = near.filter(|i| self.pods[*i].taken(selector)).collect();
        found.sort_unstable();
        found.dedup();
        let found = Positions::from(found);
        self.taken.borrow_mut().insert(key, found.clone());
        found
    }

    /// Those of a namespace among which are all that a selector may take.
    fn near<'r>(&'r self, namespace: &str, selector: &Value) -> impl Iterator<Item = usize> + use<'r, 'a> {
        let wanted = selector["matchLabels"].as_object().and_then(|labels| labels.iter().next());
        let labelled = |label: String| self.labelled.get(&(namespace.to_owned(), label));
        let lists = match wanted {
            Some((key, value)) => [labelled(label(key, value)), labelled(key.clone()), self.operated.get(namespace)],
            None => [self.of.get(namespace), None, None],
        };
        lists.into_iter().flatten().flatten().copied()
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

fn label(key: &str, value: &Value) -> String {
    format!("{key}={value}")
}
