//! The rules about the ways from aliases to models, over one walk.

use crate::chain::{End, walk};
use crate::finding::Finding;
use crate::inventory::Inventory;
use crate::litellm::configs;
use crate::rules_chain_back::Said;
use crate::{rules_chain as forth, rules_chain_back as back, rules_timeouts};

/// All that is wrong on the ways from aliases to models, and back.
pub fn ways(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let (configs, _) = configs(inventory.world);
    if configs.is_empty() {
        return Vec::new();
    }
    let walk = walk(inventory, &configs);
    let (mut findings, mut said) = (Vec::new(), Said::default());
    for (finding, routes) in forth::addresses(&walk) {
        findings.push(finding);
        said.routes.extend(routes);
    }
    for (trip, end) in &walk.trips {
        let found = match end {
            End::Elsewhere => Vec::new(),
            End::NoPath => vec![forth::no_path(&walk, trip)],
            End::OtherHeaders(ways) => vec![forth::other_headers(&walk, trip, ways)],
            End::Taken(way, other) => {
                findings.extend(other.as_ref().map(|other| forth::conflict(trip, way, other)));
                findings.extend(forth::wrong_model(&walk, trip, way));
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
    findings.extend(back::unreachable(&walk, &said));
    findings.extend(back::unrouted(&walk, &said));
    findings.extend(back::bypass(&walk));
    findings.extend(back::unlocked(&walk));
    findings.extend(back::repeated(&walk));
    findings.extend(rules_timeouts::timeouts(&walk));
    findings
}
