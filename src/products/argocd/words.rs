//! Words that Argo CD 3.4 passes over without saying so: hooks, annotations of its own, keys of argocd-cm and states of health.

use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::products::argocd::lua::open_blocks;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::pointer::escaped;
use crate::text::schema::{did_you_mean, is_slip, nearest};
use crate::text::source::Source;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[hooks, annotations, settings, exclusions, health];

const GROUP: &str = "argocd.argoproj.io/";

/// Annotations with the words that they may hold (gitops-engine `pkg/sync/common/types.go`).
const HOOKS: [(&str, &[&str]); 2] = [
    ("hook", &["PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"]),
    ("hook-delete-policy", &["HookSucceeded", "HookFailed", "BeforeHookCreation"]),
];

fn hooks(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, known) in HOOKS {
        let name = format!("{GROUP}{name}");
        for word in object.annotation(&name).split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if known.contains(&word) || word.contains(['$', '{']) {
                continue;
            }
            let message =
                format!("{} has the {} `{word}`, which Argo CD passes over", object.identity, &name[GROUP.len()..]);
            let finding =
                object.warning(Code::SyncOption, &format!("/metadata/annotations/{}", escaped(&name)), message);
            findings.push(finding.help(did_you_mean(word, known)));
        }
    }
    findings
}

/// Annotations that people write; one that is nearly one of them is none.
const ANNOTATIONS: [&str; 10] = [
    "compare-options",
    "hook",
    "hook-delete-policy",
    "ignore-healthcheck",
    "ignore-resource-updates",
    "manifest-generate-paths",
    "refresh",
    "skip-reconcile",
    "sync-options",
    "sync-wave",
];

fn annotations(object: &Object<'_>) -> Vec<Finding> {
    let all = object.at("/metadata/annotations").and_then(serde_json::Value::as_object);
    let mut findings = Vec::new();
    for key in all.into_iter().flat_map(|map| map.keys()) {
        let Some(word) = key.strip_prefix(GROUP).filter(|word| !ANNOTATIONS.contains(word)) else { continue };
        let Some(near) = ANNOTATIONS.iter().find(|known| is_slip(known, word)) else { continue };
        let message = format!("{} has the annotation `{key}`, which Argo CD does not know", object.identity);
        let finding = object.warning(Code::SyncOption, &format!("/metadata/annotations/{}", escaped(key)), message);
        findings.push(finding.help(format!("did you mean `{GROUP}{near}`?")));
    }
    findings
}

/// Keys of argocd-cm (argo-cd 3.4 `docs/operator-manual/argocd-cm.yaml`, `util/settings/settings.go`); those that go on are not here.
const KEYS: [&str; 40] = [
    "admin.enabled",
    "application.allowedNodeLabels",
    "application.instanceLabelKey",
    "application.links",
    "application.resourceTrackingMethod",
    "application.sync.impersonation.enabled",
    "cluster.inClusterEnabled",
    "dex.config",
    "exec.enabled",
    "exec.shells",
    "ga.anonymizeusers",
    "ga.trackingid",
    "globalProjects",
    "helm.enable",
    "helm.valuesFileSchemes",
    "installationID",
    "jsonnet.enable",
    "kustomize.buildOptions",
    "kustomize.enable",
    "oidc.config",
    "oidc.tls.insecure.skip.verify",
    "passwordPattern",
    "project.links",
    "resource.compareoptions",
    "resource.customizations",
    "resource.exclusions",
    "resource.ignoreResourceUpdatesEnabled",
    "resource.inclusions",
    "resource.links",
    "resource.respectRBAC",
    "resource.sensitive.mask.annotations",
    "server.rbac.log.enforce.enable",
    "timeout.hard.reconciliation",
    "timeout.reconciliation",
    "timeout.reconciliation.jitter",
    "statusbadge.enabled",
    "ui.bannercontent",
    "url",
    "users.anonymous.enabled",
    "users.session.duration",
];

/// What a key of `resource.customizations` may be for.
const PARTS: [&str; 6] =
    ["actions", "health", "ignoreDifferences", "ignoreResourceUpdates", "knownTypeFields", "useOpenLibs"];

fn is_settings(object: &Object<'_>) -> bool {
    object.is("", "ConfigMap") && object.identity.name == "argocd-cm"
}

fn settings(object: &Object<'_>) -> Vec<Finding> {
    if !is_settings(object) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (pointer, value) in object.all("/data/*") {
        let key = pointer.trim_start_matches("/data/").replace("~1", "/");
        let nearly = |known: &&&str| is_slip(known, &key) || known.eq_ignore_ascii_case(&key);
        if let Some(near) = KEYS.iter().find(nearly).filter(|_| !KEYS.contains(&key.as_str())) {
            let message = format!("{} has the key `{key}`, which Argo CD does not know", object.identity);
            findings.push(object.warning(Code::SyncOption, &pointer, message).help(format!("did you mean `{near}`?")));
        }
        let part = key.strip_prefix("resource.customizations.").and_then(|rest| rest.split_once('.'));
        if let Some((part, near)) = part.and_then(|(p, _)| Some((p, *PARTS.iter().find(|known| is_slip(known, p))?)))
            && !PARTS.contains(&part)
        {
            let message = format!("{} has the key `{key}`, which Argo CD does not know", object.identity);
            findings.push(object.warning(Code::SyncOption, &pointer, message).help(format!("did you mean `{near}`?")));
        }
        let time = key.starts_with("timeout.") || key == "users.session.duration";
        if let Some(text) = value.as_str().filter(|text| time && !is_time(text)) {
            let message =
                format!("{} has `{text}` as `{key}`, which is no time: Argo CD takes its own", object.identity);
            findings.push(object.warning(Code::SyncOption, &pointer, message).help("write it as `120s` or `3m`"));
        }
    }
    findings
}

/// A time as Argo CD reads it: numbers with units, days among them.
fn is_time(text: &str) -> bool {
    let units = ["ns", "us", "ms", "s", "m", "h", "d"];
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0) {
        let after = &rest[at..];
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        if !units.contains(&&after[..end]) {
            return false;
        }
        rest = &after[end..];
    }
    text == "0" || text.contains(['$', '{']) || (rest.is_empty() && !text.is_empty())
}

/// Fields of an entry of `resource.exclusions` and `resource.inclusions` (argo-cd 3.4 `util/settings/filtered_resource.go`).
const FILTER: [&str; 3] = ["apiGroups", "kinds", "clusters"];

fn exclusions(object: &Object<'_>) -> Vec<Finding> {
    let keys = ["resource.exclusions", "resource.inclusions"].iter().filter(|_| is_settings(object));
    let mut findings = Vec::new();
    for (key, text) in keys.filter_map(|key| Some((key, object.at(&format!("/data/{key}"))?.as_str()?))) {
        let read = kubeyaml::values(&Source::new("", text)).unwrap_or_default();
        let entries = read.iter().filter_map(|list| list.as_array()).flatten().filter_map(|entry| entry.as_object());
        for field in entries.flat_map(|entry| entry.keys()).filter(|field| !FILTER.contains(&field.as_str())) {
            let message =
                format!("{} has `{field}` in an entry of `{key}`, which Argo CD does not read", object.identity);
            let pointer = format!("/data/{key}");
            let finding = amid(object.warning(Code::SyncOption, &pointer, message), object, &pointer, field);
            findings.push(finding.help(format!(
                "{}; what is not said fits everything",
                did_you_mean(field, &FILTER).trim_end_matches('?')
            )));
        }
    }
    findings
}

/// States of health (gitops-engine `pkg/health/health.go`); of any other one Argo CD makes `Unknown`.
const STATES: [&str; 6] = ["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"];

fn health(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, text) in object.all("/data/*").into_iter().filter(|_| is_settings(object)) {
        let script = pointer.starts_with("/data/resource.customizations.health.");
        let Some(text) = text.as_str().filter(|_| script) else { continue };
        if let Some(open) = open_blocks(text).filter(|open| *open != 0) {
            let why = if open > 0 { "has a block without `end`" } else { "ends more blocks than it opens" };
            let message = format!("{} {why} in a script: Argo CD cannot run it", object.identity);
            findings.push(
                object
                    .warning(Code::SyncOption, &pointer, message)
                    .help("every `if`, `do` and `function` has an `end`"),
            );
        }
        for state in given(text).filter(|state| !STATES.contains(state)) {
            let message = format!("{} gives the health `{state}`, which Argo CD takes for `Unknown`", object.identity);
            let help = nearest(state, &STATES).map(|near| format!("did you mean `{near}`?"));
            let finding = amid(object.warning(Code::SyncOption, &pointer, message), object, &pointer, state);
            findings.push(finding.help(help.unwrap_or_else(|| format!("it is one of {}", STATES.join(", ")))));
        }
    }
    findings
}

/// What a script writes to `status`, as far as it stands there in quotes.
fn given(script: &str) -> impl Iterator<Item = &str> {
    script.split("status").skip(1).filter_map(|rest| {
        let text = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = text.chars().next().filter(|c| ['"', '\''].contains(c))?;
        text[1..].split(quote).next()
    })
}
