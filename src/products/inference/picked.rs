//! Known traps between an InferencePool and the endpoint picker that it names: the picker looks after that pool, and may read
//! what it watches.

use serde_json::Value;

use crate::object::api_group::{INFERENCE, RBAC};
use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate, flag, image, words};
use crate::products::inference::pool::pickers;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[other_pool, rights];

/// A picker with the pools whose requests it gets.
struct Picked<'w, 'a> {
    template: PodTemplate<'a>,
    pointer: String,
    container: &'a Value,
    pools: Vec<&'w Object<'a>>,
}

fn picked<'w, 'a>(world: &'w World<'a>) -> Vec<Picked<'w, 'a>> {
    let mut all = Vec::new();
    let called = |pool: &'w Object<'a>| {
        let name = pool.text_at("/spec/endpointPickerRef/name");
        let service = world.objects.get("", "Service", &pool.identity.namespace, name)?;
        let selector = service.at("/spec/selector").and_then(Value::as_object).filter(|s| !s.is_empty())?;
        Some((pool, selector))
    };
    let called: Vec<_> = world.objects.of(INFERENCE, "InferencePool").filter_map(called).collect();
    for template in pod_template::all(&world.objects) {
        let pickers = pickers(&template);
        if pickers.is_empty() {
            continue;
        }
        let near = called.iter().filter(|(p, _)| p.identity.namespace == template.owner.identity.namespace);
        let pools: Vec<&Object<'a>> = near.filter(|(_, s)| template.has(s)).map(|(pool, _)| *pool).collect();
        if !pools.is_empty() {
            let one = |(pointer, container)| Picked { template, pointer, container, pools: pools.clone() };
            all.extend(pickers.into_iter().map(one));
        }
    }
    all
}

/// A picker knows the pods of one pool; those of another are no endpoints of the pool that asks it.
fn other_pool(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Picked { template, pointer, container, pools } in picked(world) {
        let workload = &template.owner;
        let said = |name: &str| flag(container, name).filter(|value| !value.contains(['$', '{']));
        let names: Vec<&str> = pools.iter().map(|p| p.identity.name.as_str()).collect();
        if let Some(own) = said("pool-name").filter(|own| names.contains(own)) {
            findings.extend(pools.iter().filter(|pool| pool.identity.name != own).map(|pool| {
                let message =
                    format!("{} asks {}, which looks after the pool `{own}`", pool.identity, workload.identity);
                let finding = pool.error(Code::EppFlag, "/spec/endpointPickerRef/name", message);
                finding.help("a picker knows the pods of one pool: give this one a picker of its own")
            }));
        }
        let mut say = |what: String, help: String| {
            let message = format!("{} is asked by {}, and {what}", workload.identity, pools[0].identity);
            findings.push(workload.error(Code::EppFlag, &format!("{pointer}/args"), message).help(help));
        };
        match said("pool-name") {
            Some(name) if !names.contains(&name) => {
                say(format!("looks after the pool `{name}`"), format!("write `--pool-name {}`", names[0]));
            }
            None if told_nothing(container) => {
                say("is not told which pool it looks after".into(), format!("write `--pool-name {}`", names[0]));
            }
            _ => {}
        }
        let (namespace, group) = (&pools[0].identity.namespace, &pools[0].identity.group);
        // A pool that names no namespace lies wherever it is applied.
        if let Some(other) = said("pool-namespace").filter(|n| !namespace.is_empty() && n != namespace) {
            say(
                format!("looks for its pool in the namespace {other}"),
                format!("write `--pool-namespace {namespace}`"),
            );
        }
        if let Some(other) = said("pool-group").filter(|g| g != group) {
            say(format!("watches pools of {other}"), format!("write `--pool-group {group}`"));
        }
    }
    findings
}

/// Neither a pool nor endpoints of its own, by arguments that are all here.
fn told_nothing(container: &Value) -> bool {
    let words = words(container);
    let ours = image(container).0.ends_with("gateway-api-inference-extension/epp");
    ours && !words
        .iter()
        .any(|word| word.contains("pool-name") || word.contains("poolName") || word.contains("selector"))
        && !words.iter().any(|word| ["sh", "bash", "-c"].contains(word))
}

/// What a picker lists and watches before it is ready; the group of pools is that of the pool.
const WATCHED: [(&str, &str); 4] = [
    ("", "pods"),
    (INFERENCE, "inferencepools"),
    ("inference.networking.x-k8s.io", "inferenceobjectives"),
    ("inference.networking.x-k8s.io", "inferencemodelrewrites"),
];

fn rights(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Picked { template, container, pools, .. } in picked(world) {
        let (workload, account) = (&template.owner, template.text_at("/serviceAccountName"));
        let namespace = &pools[0].identity.namespace;
        let Some(rules) = rules_of(world, namespace, account) else { continue };
        // Earlier and other pickers watch less.
        let all = image(container).0.ends_with("gateway-api-inference-extension/epp")
            && image(container).1.starts_with("v1.5");
        let watched = &WATCHED[..if all { 4 } else { 2 }];
        let of_pool = |(group, resource): &(&'static str, &'static str)| {
            let group = if *resource == "inferencepools" { pools[0].identity.group.as_str() } else { *group };
            (group.to_owned(), *resource)
        };
        let lacks = watched.iter().map(of_pool).find(|(group, resource)| {
            !["list", "watch"].iter().all(|verb| rules.iter().any(|rule| allows(rule, group, resource, verb)))
        });
        if let Some((group, resource)) = lacks {
            let of = if group.is_empty() { String::new() } else { format!(" of {group}") };
            let message = format!(
                "{} picks endpoints, and its ServiceAccount may not list and watch {resource}{of}",
                workload.identity
            );
            let finding = workload.error(Code::MissingRight, &template.spec("/serviceAccountName"), message);
            findings.push(finding.help("it never becomes ready: add the rule to the Role that it is bound to"));
        }
    }
    findings
}

/// The rules that bindings give to a ServiceAccount in a namespace; `None` where some are not known.
fn rules_of<'a>(world: &World<'a>, namespace: &str, account: &str) -> Option<Vec<&'a Value>> {
    let bindings = world.objects.of_in(RBAC, "RoleBinding", namespace);
    let bindings = bindings.chain(world.objects.of(RBAC, "ClusterRoleBinding"));
    let subject = |s: &Value| {
        s["kind"] == "ServiceAccount" && s["name"] == account && s["namespace"].as_str().is_none_or(|n| n == namespace)
    };
    let own: Vec<_> = bindings.filter(|b| b.items("/subjects").iter().any(subject)).collect();
    if account.is_empty() || own.is_empty() {
        return None;
    }
    let mut rules = Vec::new();
    for binding in own {
        let (kind, name) = (binding.text_at("/roleRef/kind"), binding.text_at("/roleRef/name"));
        let namespace = if kind == "Role" { binding.identity.namespace.as_str() } else { "" };
        let role = world.objects.get(RBAC, kind, namespace, name)?;
        if role.at("/aggregationRule").is_some() {
            return None;
        }
        rules.extend(role.items("/rules"));
    }
    Some(rules)
}

fn allows(rule: &Value, group: &str, resource: &str, verb: &str) -> bool {
    let has = |key: &str, wanted: &str| {
        rule[key].as_array().is_some_and(|items| items.iter().any(|item| item == wanted || item == "*"))
    };
    has("apiGroups", group) && has("resources", resource) && has("verbs", verb)
}
