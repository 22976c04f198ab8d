//! Rules on gateways, routes and agents of runtime.agentic-layer.ai: what its operators would do without a word, or never.
//! They look at the model and at the objects it was made of; `guard_rules` and `name_rules` have those on guards and names.

use crate::agentic::class::{Served, shipped};
use crate::agentic::gateway::{Extras, PATCH, PATCH_KEY, Patch};
use crate::agentic::guard::reference;
use crate::agentic::guard_rules;
use crate::agentic::input::GROUP;
use crate::agentic::master_key;
use crate::agentic::model::{AGENTS_HOME, Choice, Unserved, agent_environment, model};
use crate::agentic::name_rules;
use crate::agentic::route::{Broken, is_glob};
use crate::agentic::seen::Seen;
use crate::object::object::{Object, Objects};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::did_you_mean;

/// All rules.
const RULES: &[fn(&Seen<'_>) -> Vec<Finding>] = &[
    classes,
    two_defaults,
    without_spec,
    name_rules::names,
    patches,
    filters,
    name_rules::models,
    queries,
    routes,
    agents,
    master_key::literal,
    master_key::open,
    guard_rules::references,
    guard_rules::skipped,
    guard_rules::without_effect,
    guard_rules::values,
    guard_rules::names,
];

/// What is wrong with the contracts among some objects.
pub fn check(seen: &Seen<'_>) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| rule(seen)).collect()
}

/// The same for objects that nobody has looked at yet; gateways may be of the classes that the operators bring.
pub fn check_objects(objects: &Objects<'_>, closed: bool) -> Vec<Finding> {
    let kinds = ["AiGateway", "ToolGateway", "ToolRoute", "Agent", "Guard", "GuardrailProvider"];
    if kinds.iter().all(|kind| objects.of(GROUP, kind).next().is_none()) {
        return Vec::new();
    }
    let model = model(objects, &shipped(), &Extras::default());
    check(&Seen { objects, policies: objects, model: &model, closed })
}

fn classes(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in &seen.model.gateways {
        let object = seen.object(gateway);
        let kind = format!("{}Class", gateway.kind);
        let key = if gateway.kind == "AiGateway" { "aiGatewayClassName" } else { "toolGatewayClassName" };
        let known = seen.model.classes.iter().filter(|c| c.kind == gateway.kind);
        let names: Vec<&str> = known.map(|c| c.name.as_str()).collect();
        let id = object.identity;
        let (pointer, message, help) = match &gateway.served {
            Served::Unknown(name) if seen.complete(GROUP, &kind) => (
                format!("/spec/{key}"),
                format!("{id}: there is no {kind} {name}, so no controller serves it"),
                did_you_mean(name, &names),
            ),
            Served::Nobody if seen.complete(GROUP, &kind) => (
                "/spec".into(),
                format!("{id} names no class, and no {kind} is the default one"),
                format!("add `{key}: {}`, or mark a class as the default one", names.first().unwrap_or(&"...")),
            ),
            Served::Several(names) => (
                "/spec".into(),
                format!("{id} names no class, and the controllers of {} all serve it", names.join(" and ")),
                format!("add `{key}`, or leave one default {kind}"),
            ),
            _ => continue,
        };
        findings.push(object.error(Code::GatewayClass, &pointer, message).help(help));
    }
    findings
}

/// Two default classes whose controllers would both serve the next gateway that names none. Of one that is there
/// [`classes`] tells.
fn two_defaults(seen: &Seen<'_>) -> Vec<Finding> {
    let told =
        |kind: &str| seen.model.gateways.iter().any(|g| g.kind == kind && matches!(g.served, Served::Several(_)));
    let mut findings = Vec::new();
    for kind in ["AiGateway", "ToolGateway"].into_iter().filter(|kind| !told(kind)) {
        let class_kind = format!("{kind}Class");
        let mut defaults = seen.model.classes.iter().filter(|c| c.kind == kind && c.default);
        let Some(first) = defaults.next() else { continue };
        for other in defaults.filter(|class| class.controller != first.controller) {
            let Some(object) = seen.objects.get(GROUP, &class_kind, "", &other.name) else { continue };
            let message = format!(
                "{} and {class_kind} {} are both the default one, of two controllers",
                object.identity, first.name
            );
            let help = format!("leave one default {class_kind}: a gateway that names none would be served by both");
            findings.push(object.warning(Code::GatewayClass, "/metadata/name", message).help(help));
        }
    }
    findings
}

fn without_spec(seen: &Seen<'_>) -> Vec<Finding> {
    let empty = seen.objects.of(GROUP, "AiGateway").filter(|o| o.at("/spec").is_none_or(|spec| !spec.is_object()));
    let one = |object: &Object<'_>| {
        let message =
            format!("{} has no spec; the API server admits that, and its container listens on port 0", object.identity);
        object.error(Code::GatewayWithoutSpec, "/metadata/name", message).help("add `spec` with `aiModels`")
    };
    empty.map(one).collect()
}

fn patches(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let annotation = format!("/metadata/annotations/{}", escaped(PATCH));
    for gateway in seen.model.gateways.iter().filter(|g| g.is_litellm()) {
        let (object, id) = (seen.object(gateway), seen.object(gateway).identity);
        let of_map =
            |name: &str| seen.objects.get("", "ConfigMap", &gateway.namespace, name).expect("the model has it");
        let key = format!("/data/{PATCH_KEY}");
        if let Some(name) = gateway.patch.config_map().filter(|name| **name == format!("{}-config", gateway.name)) {
            let message =
                format!("the patch of {id} is the ConfigMap {name}, which the operator overwrites with the result");
            let help = "give the patch's ConfigMap another name";
            findings.push(object.error(Code::ConfigPatch, &annotation, message).help(help));
        }
        findings.extend(match &gateway.patch {
            Patch::Missing(name) if seen.complete("", "ConfigMap") => {
                let message = format!("{id}: the ConfigMap {}/{name} of its patch is not found", gateway.namespace);
                let help = "it stands in the gateway's namespace, or remove the annotation";
                Some(object.error(Code::ConfigPatch, &annotation, message).help(help))
            }
            Patch::NoKey(name) => {
                let message = format!("the patch of {id} has no key {PATCH_KEY}");
                Some(
                    of_map(name)
                        .error(Code::ConfigPatch, "/data", message)
                        .help(format!("put the patch under `{PATCH_KEY}`")),
                )
            }
            Patch::Refused(name, why) => {
                let message = format!("{PATCH_KEY} of {id}: {}", why.replace('\n', " "));
                let help = "a patch is one YAML map; the operator would keep the gateway as it was, not ready";
                Some(of_map(name).error(Code::ConfigPatch, &key, message).help(help))
            }
            _ => None,
        });
    }
    findings
}

/// What LiteLLM makes of `allow` and `deny`: it compares whole names, and calls what is allowed though it is denied.
fn filters(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in seen.model.gateways.iter().filter(|g| g.is_litellm()) {
        for route in &gateway.routes {
            let object = seen.of("ToolRoute", &route.namespace, &route.name);
            let help = "name the tools that are allowed, one by one, and no others; or a ToolGateway of the class agentgateway, which does what is promised";
            let mut say = |pointer: &str, message: String| {
                findings.push(object.warning(Code::ToolFilter, pointer, message).help(help));
            };
            for (list, patterns) in [("allow", &route.allow), ("deny", &route.deny)] {
                if let Some((i, glob)) = patterns.iter().enumerate().find(|(_, p)| is_glob(p)) {
                    let what = if list == "allow" { "allows nothing" } else { "denies nothing" };
                    let message =
                        format!("{}: `{glob}` {what} on LiteLLM, which compares whole names", object.identity);
                    say(&format!("/spec/toolFilter/{list}/{i}"), message);
                }
            }
            if !route.allow.is_empty() && !route.deny.is_empty() {
                let message =
                    format!("{}: with `allow` LiteLLM hides what `deny` names, and still calls it", object.identity);
                say("/spec/toolFilter/deny", message);
            }
        }
    }
    findings
}

/// agentgateway's targets have a host, a port and a path; what else stands in the URL is lost (tool-gateway-agentgateway 0.4.0).
fn queries(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in seen.model.gateways.iter().filter(|g| g.kind == "ToolGateway" && !g.is_litellm()) {
        for route in gateway.routes.iter().filter(|r| r.upstream.url.contains('?')) {
            let object = seen.of("ToolRoute", &route.namespace, &route.name);
            let message = format!("{}: its gateway calls the server without the query of its URL", object.identity);
            let finding = object.error(Code::FieldWithoutEffect, "/spec/upstream/external/url", message);
            findings
                .push(finding.help("name a URL without one; a key belongs in a header, which another gateway may add"));
        }
    }
    findings
}

fn routes(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (namespace, name, why) in &seen.model.unserved {
        let object = seen.of("ToolRoute", namespace, name);
        let id = object.identity;
        let dead = |pointer: &str, message: String, help: &str| {
            Some(object.warning(Code::DeadRoute, pointer, message).help(help.to_owned()))
        };
        findings.extend(match why {
            Unserved::NoReference if seen.complete(GROUP, "ToolGateway") => {
                let message = format!("{id} names no ToolGateway, so nothing serves it, and its status stays empty");
                dead("/spec", message, "add `toolGatewayRef`")
            }
            Unserved::Several(names) => {
                let message = format!("{id} names no ToolGateway, and any of {} may serve it", names.join(", "));
                dead("/spec", message, "add `toolGatewayRef`")
            }
            Unserved::NoGateway(_, gateway) if gateway.is_empty() => {
                let message = format!("{id}: its toolGatewayRef has no name, so nothing serves it");
                dead("/spec/toolGatewayRef", message, "add `name`, and `namespace` where it is not the route's own")
            }
            Unserved::NoGateway(of, gateway) if seen.complete(GROUP, "ToolGateway") => {
                let message = format!("{id}: there is no ToolGateway {of}/{gateway}");
                dead("/spec/toolGatewayRef", message, "the namespace is the route's own where the reference names none")
            }
            Unserved::Upstream(Broken::NoServer(of, server)) if seen.complete(GROUP, "ToolServer") => {
                let message = format!(
                    "{id}: there is no ToolServer {of}/{server}; its gateway leaves the route out and serves the others"
                );
                dead("/spec/upstream", message, "the namespace is the route's own where the reference names none")
            }
            Unserved::Upstream(Broken::Because(why)) => {
                dead("/spec/upstream", format!("{id}: {why}; its gateway leaves the route out"), "correct the upstream")
            }
            Unserved::Taken(of, other) => {
                let message = format!(
                    "{id} and ToolRoute {of}/{other} have one key in LiteLLM, which turns dashes into underscores"
                );
                let finding = object.error(Code::RouteKey, "/metadata/name", message).help("rename one of them");
                Some(finding.related(seen.of("ToolRoute", of, other).place("/metadata/name"), "the other one"))
            }
            _ => None,
        });
    }
    findings
}

fn agents(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (namespace, name, choice) in &seen.model.agents {
        let object = seen.of("Agent", namespace, name);
        let id = object.identity;
        let gateway = match choice {
            Choice::Named(of, gateway) => seen.model.gateway("AiGateway", of, gateway),
            Choice::Only(gateway) => seen.model.gateway("AiGateway", AGENTS_HOME, gateway),
            _ => None,
        };
        findings.extend(match choice {
            Choice::Arbitrary(names) => {
                let message =
                    format!("{id} names no AiGateway, and gets any of {AGENTS_HOME}/{{{}}}", names.join(", "));
                Some(
                    object
                        .error(Code::AgentReference, "/spec", message)
                        .help("add `aiGatewayRef` with name and namespace"),
                )
            }
            Choice::Missing(of, gateway) if seen.complete(GROUP, "AiGateway") => {
                let message = format!("{id}: there is no AiGateway {of}/{gateway}, so it never gets ready");
                let help = "the namespace is the agent's own where the reference names none";
                Some(object.error(Code::AgentReference, "/spec/aiGatewayRef", message).help(help))
            }
            _ => gateway.filter(|g| g.is_direct()).map(|g| {
                let message = format!(
                    "{id} looks for AiGateway {} in the cluster, where only what it stands for will be",
                    g.id()
                );
                let said = agent_environment(g, namespace, name);
                let said: Vec<String> = said.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
                let help = format!("give the agent the environment itself: {}", said.join(" "));
                object.warning(Code::AgentReference, "/spec", message).help(help)
            }),
        });
        findings.extend(tools(seen, object));
    }
    findings
}

/// Routes of rendered gateways have no status from which an agent could learn their URL.
fn tools(seen: &Seen<'_>, agent: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, tool) in agent.items("/spec/tools").iter().enumerate() {
        let Some(given) = tool.pointer("/upstream/toolRouteRef").filter(|r| r.is_object()) else { continue };
        let (namespace, name) = reference(given, &agent.identity.namespace);
        let serving = seen.model.gateways.iter().filter(|g| g.is_direct());
        let route = serving.flat_map(|g| &g.routes).find(|r| r.namespace == namespace && r.name == name);
        if let Some(url) = route.and_then(|r| r.url.as_ref()) {
            let message =
                format!("{} waits for the status of ToolRoute {namespace}/{name}, which nobody writes", agent.identity);
            let pointer = format!("/spec/tools/{i}/upstream");
            findings.push(
                agent
                    .warning(Code::AgentReference, &pointer, message)
                    .help(format!("write `external: {{ url: {url} }}`")),
            );
        }
    }
    findings
}
