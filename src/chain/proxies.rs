//! The rules about proxies of LiteLLM in their cluster: their pods, and the ways from their aliases to models and back.

use crate::chain::from_alias;
use crate::chain::from_route::{self, Said};
use crate::chain::refused;
use crate::chain::timeouts;
use crate::chain::way::{End, Walk, walk};
use crate::object::litellm_config;
use crate::products::litellm::proxy;
use crate::references::inventory::Inventory;
use crate::text::finding::Finding;

/// All that is wrong with the proxies of a cluster.
pub fn proxies(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let configs = litellm_config::of_objects(&inventory.world.objects);
    let mut findings = proxy::proxies(inventory, &configs);
    findings.extend(ways(&walk(inventory, &configs)));
    findings
}

fn ways(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let (mut findings, mut said) = (Vec::new(), Said::default());
    for (finding, routes) in from_route::repeated(walk).into_iter().chain(from_alias::addresses(walk)) {
        findings.push(finding);
        said.routes.extend(routes);
    }
    for (trip, end) in &walk.trips {
        let found = match end {
            End::Elsewhere => Vec::new(),
            End::NoPath => vec![from_alias::no_path(walk, trip)],
            End::OtherHeaders => vec![from_alias::other_headers(walk, trip)],
            End::Taken(way, other) => {
                let conflict = other.filter(|o| !said.routes.contains(o.route.identity));
                findings.extend(conflict.map(|other| from_alias::conflict(trip, way, &other)));
                said.routes.extend(conflict.map(|other| other.route.identity));
                findings.extend(from_alias::wrong_model(walk, trip, way));
                Vec::new()
            }
        };
        for (finding, routes) in found {
            // Several aliases may stumble over one thing.
            if !findings.iter().any(|f| f.code == finding.code && f.message == finding.message) {
                findings.push(finding);
            }
            said.routes.extend(routes);
            said.models.insert(trip.model);
        }
    }
    findings.extend(from_route::unreachable(walk, &said));
    findings.extend(from_route::unrouted(walk, &said));
    findings.extend(from_route::bypass(walk));
    findings.extend(from_route::unlocked(walk));
    findings.extend(from_route::costly_without_database(walk));
    findings.extend(timeouts::timeouts(walk));
    findings.extend(refused::refused(walk));
    findings
}
