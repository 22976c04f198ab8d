//! Known traps of routes and backends that take a request and lead it to nobody, or to any model.

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY};
use crate::object::object::Object;
use crate::products::agentgateway::backend::{pinned, providers};
use crate::references::gateways::{policies, targets};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[no_backend, unpinned];

/// A rule whose backends have no weight, or that has none and answers nothing itself: every request gets 500 (Gateway API,
/// HTTPRouteRule.backendRefs).
fn no_backend(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let direct: Vec<_> = policies(world).filter(|p| p.at("/spec/traffic/directResponse").is_some()).collect();
    for route in world.objects.of(GATEWAY, "HTTPRoute") {
        let answers = direct.iter().any(|p| targets(p, route));
        for (pointer, rule) in route.all("/spec/rules/*") {
            let backends = rule["backendRefs"].as_array().map_or(&[][..], Vec::as_slice);
            let kinds = rule["filters"].as_array().into_iter().flatten().filter_map(|f| f["type"].as_str());
            let redirects = kinds.into_iter().any(|kind| ["RequestRedirect", "ExtensionRef"].contains(&kind));
            let (at, what) = match backends {
                [] if !redirects && !answers => (pointer, "has a rule without backends"),
                [_, ..] if backends.iter().all(|b| b["weight"] == 0) => {
                    (format!("{pointer}/backendRefs/0/weight"), "gives all backends of a rule the weight 0")
                }
                _ => continue,
            };
            let message = format!("{} {what}: every request that it takes gets 500", route.identity);
            let finding = route.warning(Code::RouteWithoutBackend, &at, message);
            findings.push(finding.help("name a backend with a weight of 1 or more"));
        }
    }
    findings
}

/// Beside backends that pin a model, one that takes whatever the body names.
fn unpinned(world: &World<'_>) -> Vec<Finding> {
    let all = || world.objects.of(AGENTGATEWAY, "AgentgatewayBackend").filter(|b| b.at("/spec/ai").is_some());
    let pins = |backend: &Object<'_>| providers(backend).iter().all(|(_, p)| pinned(p).is_some());
    // A deployment or a model is told otherwise by some providers, so only one of the same kind is comparable.
    let kind = |backend: &Object<'_>| -> Option<String> {
        let provider = backend.at("/spec/ai/provider").and_then(Value::as_object)?;
        provider.keys().find(|key| !["host", "port", "path", "pathPrefix"].contains(&key.as_str())).cloned()
    };
    // A server of one's own, the caller's key, and a table of aliases say that the choice is meant to be the caller's.
    let meant = |backend: &Object<'_>| {
        backend.at("/spec/ai/provider/host").is_some()
            || providers(backend).iter().any(|(_, p)| p.get("host").is_some())
            || backend.at("/spec/policies/auth/passthrough").is_some()
            || backend.at("/spec/policies/ai/modelAliases").is_some()
    };
    let loose = all().filter(|b| !providers(b).is_empty() && !pins(b) && !meant(b));
    let told = loose.filter_map(|backend| {
        let other = all().find(|o| pins(o) && !meant(o) && !providers(o).is_empty() && kind(o) == kind(backend))?;
        let message =
            format!("{} takes whatever model a body names, while {} pins one", backend.identity, other.identity);
        let finding = backend.warning(Code::ModelBypass, "/spec/ai/provider", message);
        Some(finding.help("name the model under the provider, as the other backend does"))
    });
    told.collect()
}
