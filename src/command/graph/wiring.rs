//! A bundle -> which object names which, as `check` follows the names.

use crate::command::graph::drawing::Graph;
use crate::command::pipeline::Rendered;
use crate::object::kinds::Scopes;
use crate::object::object::Identity;
use crate::references::inventory::Inventory;
use crate::references::resolver;
use crate::references::world::World;

/// Every object that names another or is named; what is not rendered here has dashes.
pub fn wiring(rendered: &Rendered<'_>) -> Graph {
    let folder = format!("{}/", rendered.plan.cluster);
    let world = World::of_bundle(&rendered.plan, &rendered.bundle, &folder);
    let inventory = Inventory::new(&world, Scopes::default());
    let mut graph = Graph::new(format!("Which object names which in the cluster {}", rendered.plan.cluster));
    let lines = |identity: &Identity| {
        let namespace = Some(&identity.namespace).filter(|n| !n.is_empty()).map(|n| format!("in {n}"));
        [identity.name.clone(), identity.kind.clone()].into_iter().chain(namespace)
    };
    resolver::each(&inventory, &mut |named| {
        let [group, kind, namespace, name] = [named.group, named.kind, named.namespace, named.name].map(str::to_owned);
        let (from, to) = (named.from.identity, Identity { group, kind, namespace, name });
        let start = graph.node(&from.to_string(), lines(from));
        let end = graph.node(&to.to_string(), lines(&to));
        if !rendered.bundle.manifests.contains_key(&to) {
            graph.dash(end);
        }
        graph.arrow(start, end, "");
    });
    graph
}
