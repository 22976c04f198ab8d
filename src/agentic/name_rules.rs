//! Rules on names: what two objects would own, in the cluster or in the rendered tree.

use std::collections::BTreeMap;

use crate::agentic::input::GROUP;
use crate::agentic::model::Gateway;
use crate::agentic::seen::Seen;
use crate::finding::{Code, Finding};
use crate::object::{Identity, Object};

/// Gateways, agents and tool servers each get a Deployment and a Service of their name.
pub fn names(seen: &Seen<'_>) -> Vec<Finding> {
    clashes(seen, |_| true)
}

/// The same among what is rendered here, which is told before two templates make one object.
pub fn rendered_names(seen: &Seen<'_>) -> Vec<Finding> {
    clashes(seen, |Identity { kind, namespace, name, .. }| {
        seen.model.gateway(kind, namespace, name).is_some_and(Gateway::is_direct)
    })
}

fn clashes(seen: &Seen<'_>, counts: impl Fn(&Identity) -> bool) -> Vec<Finding> {
    let mut owners: BTreeMap<(&str, &str), &Object<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    let kinds = ["AiGateway", "ToolGateway", "Agent", "ToolServer"];
    for object in kinds.iter().flat_map(|kind| seen.objects.of(GROUP, kind)).filter(|o| counts(o.identity)) {
        let Identity { namespace, name, .. } = object.identity;
        if let Some(first) = owners.insert((namespace, name), object) {
            let message =
                format!("{} and {} would both have the Deployment {namespace}/{name}", first.identity, object.identity);
            let finding = object.error(Code::GatewayName, "/metadata/name", message).help("rename one of them");
            findings.push(finding.related(first.place("/metadata/name"), "the other one"));
        }
    }
    for gateway in seen.model.gateways.iter().filter(|g| counts(seen.object(g).identity)) {
        let config = format!("{}-config", gateway.name);
        let mut made = vec![("apps", "Deployment", &gateway.name), ("", "Service", &gateway.name)];
        made.extend(gateway.is_litellm().then_some(("", "ConfigMap", &config)));
        for (group, kind, name) in made {
            let found = seen.objects.get(group, kind, &gateway.namespace, name);
            if let Some(object) = found.filter(|_| gateway.patch.config_map() != Some(name)) {
                let message = format!("{} takes the place of {}", seen.object(gateway).identity, object.identity);
                let help = "rename one of them: the operator takes over what has no owner, and overwrites it";
                findings.push(object.error(Code::GatewayName, "/metadata/name", message).help(help));
            }
        }
    }
    findings
}
