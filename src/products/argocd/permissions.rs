//! What people may do in Argo CD 3.4, as `argocd-rbac-cm` says it (util/rbac, assets/builtin-policy.csv): lines that give nothing.

use serde_json::Value;

use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::schema::{did_you_mean, is_slip};
use crate::text::source::Source;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[lines, keys];

/// What a policy may be about (util/rbac/rbac.go).
const RESOURCES: [&str; 13] = [
    "*",
    "accounts",
    "applications",
    "applicationsets",
    "certificates",
    "clusters",
    "exec",
    "extensions",
    "gpgkeys",
    "logs",
    "projects",
    "repositories",
    "write-repositories",
];

/// What a policy may allow; some go on with a `/`.
const ACTIONS: [&str; 9] = ["*", "action", "create", "delete", "get", "invoke", "override", "sync", "update"];

/// Resources of projects, whose objects are `PROJECT/NAME`.
const OF_PROJECTS: [&str; 4] = ["applications", "applicationsets", "exec", "logs"];

/// Roles that are there without a line.
const ROLES: [&str; 2] = ["role:admin", "role:readonly"];

const KEYS: [&str; 4] = ["policy.csv", "policy.default", "policy.matchMode", "scopes"];

fn is_permissions(object: &Object<'_>) -> bool {
    object.is("", "ConfigMap") && object.identity.name == "argocd-rbac-cm"
}

/// The lines of every `policy.*.csv`, each with its pointer and its parts.
fn policies<'a>(object: &Object<'a>) -> Vec<(String, &'a str, Vec<&'a str>)> {
    let texts =
        object.all("/data/*").into_iter().filter(|(at, _)| at.starts_with("/data/policy.") && at.ends_with("csv"));
    let lines = texts.filter_map(|(at, text)| Some((at, text.as_str()?.lines())));
    let of = |(at, lines): (String, std::str::Lines<'a>)| {
        let said = lines.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        said.map(move |line| (at.clone(), line, line.split(',').map(str::trim).collect()))
    };
    lines.flat_map(of).collect()
}

fn lines(object: &Object<'_>) -> Vec<Finding> {
    if !is_permissions(object) {
        return Vec::new();
    }
    let policies = policies(object);
    let roles: Vec<&str> = policies.iter().filter(|(.., p)| p[0] == "p" && p.len() > 1).map(|(.., p)| p[1]).collect();
    let known = |role: &str| ROLES.contains(&role) || roles.contains(&role);
    let mut findings: Vec<Finding> = policies
        .iter()
        .filter(|(_, line, _)| !line.contains(['{', '$']))
        .filter_map(|(pointer, line, parts)| {
            let (why, help) = wrong(parts).or_else(|| {
                let role = parts.get(2).filter(|role| parts[0] == "g" && role.starts_with("role:") && !known(role))?;
                Some((format!("names `{role}`, to which no line gives anything"), did_you_mean(role, &roles)))
            })?;
            let message = format!("{} has the line `{line}`, which {why}", object.identity);
            let finding = object.warning(Code::ArgocdRefuses, pointer, message);
            Some(amid(finding, object, pointer, line).help(help))
        })
        .collect();
    let default = object.text_at("/data/policy.default");
    if default.starts_with("role:") && !known(default) && !policies.is_empty() {
        let message = format!("{} gives everybody `{default}`, to which no line gives anything", object.identity);
        let all: Vec<&str> = ROLES.into_iter().chain(roles.iter().copied()).collect();
        let finding = object.warning(Code::ArgocdRefuses, "/data/policy.default", message);
        findings.push(finding.help(did_you_mean(default, &all)));
    }
    findings
}

/// Why a line gives nothing, and the way out.
fn wrong(parts: &[&str]) -> Option<(String, String)> {
    match parts {
        ["p", _, resource, action, object, effect] => {
            let globs = |word: &str| word.contains(['*', '?', '[']);
            let first = action.split('/').next().unwrap_or_default();
            if !globs(resource) && !RESOURCES.contains(resource) {
                return Some((
                    format!("is for `{resource}`, of which Argo CD has none"),
                    did_you_mean(resource, &RESOURCES),
                ));
            }
            if !globs(first) && !ACTIONS.contains(&first) {
                return Some((format!("allows `{action}`, which nobody asks for"), did_you_mean(first, &ACTIONS)));
            }
            if OF_PROJECTS.contains(resource) && !object.contains('/') && !globs(object) {
                let help = format!("write `{object}/*`");
                return Some((format!("is for `{object}`: {resource} are `PROJECT/NAME`"), help));
            }
            (!["allow", "deny"].contains(effect))
                .then(|| (format!("ends with `{effect}`"), "it is `allow` or `deny`".to_owned()))
        }
        ["p", ..] => {
            Some(("has not six parts".into(), "write `p, role:NAME, applications, get, PROJECT/*, allow`".into()))
        }
        ["g", _, _] => None,
        ["g", ..] => Some(("has not three parts".into(), "write `g, GROUP, role:NAME`".into())),
        _ => Some(("is neither a policy nor a group".into(), "it begins with `p,` or `g,`".into())),
    }
}

fn keys(object: &Object<'_>) -> Vec<Finding> {
    if !is_permissions(object) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (pointer, value) in object.all("/data/*") {
        let key = pointer.trim_start_matches("/data/");
        let own = KEYS.contains(&key) || key.starts_with("policy.") && key.ends_with(".csv");
        if let Some(near) = KEYS.iter().find(|known| !own && is_near_key(known, key)) {
            let message = format!("{} has the key `{key}`, which Argo CD does not know", object.identity);
            findings.push(object.warning(Code::SyncOption, &pointer, message).help(format!("did you mean `{near}`?")));
        }
        let list = |text: &str| {
            let read = kubeyaml::values(&Source::new("", text)).unwrap_or_default();
            read.first().is_some_and(|value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string)))
        };
        if let Some(text) = value.as_str().filter(|text| key == "scopes" && !text.is_empty() && !list(text)) {
            let message = format!("{} has `{text}` as `scopes`, which is no list", object.identity);
            let finding = object.warning(Code::ArgocdRefuses, &pointer, message);
            findings.push(finding.help("write it as `'[groups, email]'`"));
        }
    }
    findings
}

fn is_near_key(known: &str, key: &str) -> bool {
    is_slip(known, key)
        || known
            .split_once('.')
            .zip(key.split_once('.'))
            .is_some_and(|(a, b)| a.1 == b.1 && a.0[..4] == b.0[..b.0.len().min(4)])
}
