//! Known traps of pods: configuration that no container sees, and what the Pod Security Standard of their namespace refuses.
//! What the kubelet refuses is in a page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::object::pod_template::{self, PodTemplate};
use crate::products::kubernetes::standards::standards;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::schema::is_slip;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[unmounted, unfilled, unexpanded];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[elsewhere, standards];

/// A volume with configuration is there to be mounted.
fn unmounted(object: &Object<'_>) -> Vec<Finding> {
    // An overlay is merged onto containers that are not here.
    pod_template::of(object).filter(|template| !template.kind.overlay).flat_map(|template| idle(&template)).collect()
}

/// A variable that names another one is filled in from those before it, and by `$(NAME)` alone.
fn unexpanded(object: &Object<'_>) -> Vec<Finding> {
    let containers = pod_template::of(object).flat_map(|template| template.all_containers());
    containers.flat_map(|(pointer, container)| as_it_stands(object, &pointer, container)).collect()
}

fn as_it_stands(object: &Object<'_>, pointer: &str, container: &Value) -> Vec<Finding> {
    let variables: Vec<&Value> = container["env"].as_array().into_iter().flatten().collect();
    let names: Vec<&str> = variables.iter().map(|v| v["name"].as_str().unwrap_or_default()).collect();
    // Where each stands first.
    let first: BTreeMap<&str, usize> = names.iter().enumerate().rev().map(|(at, name)| (*name, at)).collect();
    let at = |name: &str| first.get(name).map(|at| (*at, names[*at]));
    let mut findings = Vec::new();
    for (i, value) in variables.iter().enumerate().filter_map(|(i, v)| Some((i, v["value"].as_str()?))) {
        let mut say = |name: &str, why: &str, help: String| {
            let message = format!("{} sets {} to a text with {why}", object.identity, names[i]);
            let finding = object.warning(Code::EnvReference, &format!("{pointer}/env/{i}/value"), message);
            findings.push(finding.help(help.replace("NAME", name)));
        };
        // From `envFrom` the same name may come before.
        let all = container.get("envFrom").is_none();
        if let Some((_, name)) = named(value).filter_map(at).filter(|(at, _)| all && *at > i).min() {
            let why = format!("`$({name})`, which comes later in the list: it stays as it is");
            say(name, &why, "put NAME before it".into());
        }
        let braced = between(value, "${", '}').filter_map(|(_, name)| at(name)).min();
        if let Some((_, name)) = braced.filter(|_| value.contains("://")) {
            say(name, &format!("`${{{name}}}`, which Kubernetes leaves as it is"), "write `$(NAME)`".into());
        }
    }
    findings
}

fn idle(template: &PodTemplate<'_>) -> Vec<Finding> {
    let (object, all) = (&template.owner, template.all_containers());
    if all.is_empty() {
        return Vec::new();
    }
    let mounts = all.iter().filter_map(|(_, c)| c["volumeMounts"].as_array()).flatten();
    let mounted: BTreeSet<&str> = mounts.filter_map(|mount| mount["name"].as_str()).collect();
    let volumes = object.all(&template.spec("/volumes/*"));
    let idle = volumes.iter().filter(|(_, volume)| {
        let configured = volume.get("configMap").is_some() || volume.get("secret").is_some();
        configured && volume["name"].as_str().is_some_and(|name| !mounted.contains(name))
    });
    idle.map(|(pointer, volume)| {
        let name = volume["name"].as_str().unwrap_or_default();
        let message = format!("{} has the volume `{name}`, and none of its containers mounts it", object.identity);
        let finding = object.warning(Code::FieldWithoutEffect, pointer, message);
        finding.help("mount it where the program looks for its configuration, or drop it")
    })
    .collect()
}

/// The kubelet fills `$(NAME)` where the container has such a variable, and leaves it as it is otherwise. Of what a shell would fill
/// only a slip of a variable's name is told.
fn unfilled(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::of(object).filter(|template| !template.kind.overlay) {
        for (pointer, container) in template.all_containers() {
            let mut known: BTreeSet<&str> =
                container["env"].as_array().into_iter().flatten().filter_map(|v| v["name"].as_str()).collect();
            if known.len() > MANY {
                continue;
            }
            let all = container.get("envFrom").is_none() && !known.is_empty();
            let given = GIVEN.iter().filter(|(kind, _)| *kind == object.identity.kind);
            known.extend(given.flat_map(|(_, names)| *names));
            for (at, text) in texts(container) {
                let mut tell = |sign: (&str, &str), name: &str, help: String| {
                    let left = format!("{}{name}{}", sign.0, sign.1);
                    let message =
                        format!("{} leaves `{left}` as it is: the container has no such variable", object.identity);
                    let at = format!("{pointer}/{at}");
                    findings.push(amid(object.warning(Code::EnvReference, &at, message).help(help), object, &at, name));
                };
                for name in named(text).filter(|name| !known.contains(name)) {
                    // Controllers set variables of their own: one with a word more or less is meant.
                    let part = |known: &&&str| all && (is_part(known, name) || is_part(name, known));
                    let near = known.iter().find(|known| is_slip(known, name)).or_else(|| known.iter().find(part));
                    if let Some(near) = near {
                        tell(("$(", ")"), name, format!("did you mean `$({near})`?"));
                    }
                }
                for name in asked_of_shell(text).filter(|name| all && !at.starts_with("env") && !known.contains(name)) {
                    let set = ["=", " in ", "?="].iter().any(|sign| text.contains(&format!("{name}{sign}")))
                        || ["read ", "read -r "].iter().any(|word| text.contains(&format!("{word}{name}")));
                    if let Some(near) = known.iter().find(|known| !set && is_slip(known, name)) {
                        tell(("$", ""), name, format!("did you mean `${near}`?"));
                    }
                }
            }
        }
    }
    findings
}

/// Variables that controllers give to the pods of a kind (lws 0.9 `pkg/utils/pod`, Kubernetes' Job controller).
const GIVEN: [(&str, &[&str]); 2] = [
    ("LeaderWorkerSet", &["LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX"]),
    ("Job", &["JOB_COMPLETION_INDEX"]),
];

/// More variables than a container has, unless somebody tries how much is taken: each name would be held against all.
const MANY: usize = 200;

/// Commands, arguments and values of variables, each with its place in the container.
fn texts(container: &Value) -> impl Iterator<Item = (String, &str)> {
    let lists = ["command", "args"].into_iter().flat_map(|list| {
        let texts = container[list].as_array().into_iter().flatten().enumerate();
        texts.filter_map(move |(at, text)| Some((format!("{list}/{at}"), text.as_str()?)))
    });
    let values = container["env"].as_array().into_iter().flatten().enumerate();
    lists.chain(values.filter_map(|(at, v)| Some((format!("env/{at}/value"), v["value"].as_str()?))))
}

/// Whether a name is another one without its first or last word.
fn is_part(whole: &str, name: &str) -> bool {
    let rest = whole.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    name.len() > 3 && (rest || whole.strip_suffix(name).is_some_and(|start| start.ends_with('_')))
}

/// The names in `$NAME` and `${NAME}` of capital letters.
fn asked_of_shell(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('$').filter_map(move |(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
        (end > 2 && !rest[end..].starts_with([':', '-'])).then(|| &rest[..end])
    })
}

/// The names in `$(NAME)`; `$$(NAME)` is none.
fn named(text: &str) -> impl Iterator<Item = &str> {
    between(text, "$(", ')').filter(|(at, _)| !text[..*at].ends_with('$')).map(|(_, name)| name)
}

/// The names between these signs, each with its place.
fn between<'t>(text: &'t str, open: &'static str, close: char) -> impl Iterator<Item = (usize, &'t str)> {
    text.match_indices(open).filter_map(move |(at, _)| {
        let rest = &text[at + open.len()..];
        let end = rest.find([close, '$'])?;
        rest[end..].starts_with(close).then(|| (at, &rest[..end])).filter(|(_, name)| !name.is_empty())
    })
}

/// An argument that names a file of a mounted ConfigMap in a folder where nothing is mounted.
fn elsewhere(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::all(&world.objects) {
        for (pointer, container) in template.all_containers() {
            findings.extend(mislaid(world, &template, &pointer, container));
        }
    }
    findings
}

fn mislaid(world: &World<'_>, template: &PodTemplate<'_>, pointer: &str, container: &Value) -> Option<Finding> {
    let object = &template.owner;
    let mounts: Vec<&Value> = container["volumeMounts"].as_array().into_iter().flatten().collect();
    let folders: Vec<&str> =
        mounts.iter().filter_map(|m| m["mountPath"].as_str()).map(|p| p.trim_end_matches('/')).collect();
    let below = |path: &str| folders.iter().any(|f| path.strip_prefix(f).is_some_and(|rest| rest.starts_with('/')));
    let texts = ["command", "args"].into_iter().filter_map(|key| container[key].as_array()).flatten();
    let texts: Vec<&str> = texts.filter_map(Value::as_str).collect();
    // A flag's value, as `--config=/etc/x/config.yaml`.
    let paths = texts.iter().filter_map(|text| Some(&text[text.find('/')?..]));
    let strange = paths.filter(|path| !path.contains(' ') && !below(path));
    let strange: BTreeMap<&str, &str> =
        strange.rev().filter_map(|path| Some((path.rsplit_once('/')?.1, path))).collect();
    if strange.is_empty() {
        return None;
    }
    let volumes = template.items("/volumes").iter().rev().filter_map(|v| Some((v["name"].as_str()?, v)));
    let volumes: BTreeMap<&str, &Value> = volumes.collect();
    for mount in mounts.iter().filter(|m| m.get("subPath").is_none() && m.get("subPathExpr").is_none()) {
        let volume = volumes.get(mount["name"].as_str()?)?;
        let Some(name) = volume["configMap"]["name"].as_str() else { continue };
        let map = world.objects.get("", "ConfigMap", &object.identity.namespace, name)?;
        let folder = mount["mountPath"].as_str()?.trim_end_matches('/');
        for (file, _) in map.at("/data").and_then(Value::as_object).into_iter().flatten() {
            let Some(path) = strange.get(file.as_str()) else { continue };
            let at = format!("{folder}/{file}");
            if !texts.iter().any(|text| text.contains(&at)) {
                let message = format!("{} reads {path}, and ConfigMap {name} is mounted at {folder}", object.identity);
                let finding = object.warning(Code::MissingKey, &format!("{pointer}/volumeMounts"), message);
                return Some(finding.help(format!("mount it where it is read, or read {at}")));
            }
        }
    }
    None
}
