//! What may be done: RBAC, projects of Argo CD, and what pods may do to their node.

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::objects::Thing;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;
use crate::text::pointer::strings;

/// Words in a rule that open more than they say.
const BROAD: [&str; 8] =
    ["*", "secrets", "escalate", "bind", "impersonate", "pods/exec", "serviceaccounts/token", "nodes/proxy"];

/// Roles of every cluster that let their subjects change what they like.
const ROLES: [&str; 3] = ["cluster-admin", "admin", "edit"];

/// Attributes of a role of PostgreSQL that let it do more than what is granted to it.
const POSTGRES: [&str; 5] = ["superuser", "createdb", "createrole", "replication", "bypassrls"];

/// Annotations by which the pods of an account are somebody in a cloud.
const ACTS_AS: [&str; 4] = [
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
    "azure.workload.identity/tenant-id",
];

pub(super) fn rights(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review which program needs it, and for which call";
    let identity = &sight.change.identity;
    if identity.kind == "AppProject" {
        let fields = sight.leaves.iter().filter(|field| project(field) && !comes_with_it(sight, field));
        let message = |f: &Field| format!("what Argo CD may bring goes {}", from_to(f));
        return fields.map(|f| sight.at(f, Code::RightsLoosened, message(f), help)).collect();
    }
    if sight.is("ConfigMap") && identity.name.starts_with("argocd-") {
        let fields = sight.leaves.iter().filter(|field| opens_argocd(&identity.name, field));
        let message = |f: &Field| format!("what people may do in Argo CD goes {}", from_to(f));
        return fields.map(|f| sight.at(f, Code::RightsLoosened, message(f), help)).collect();
    }
    if sight.is("ServiceAccount") {
        let fields = sight.leaves.iter().filter(|field| field.new.is_some() && ACTS_AS.contains(&field.key()));
        let message = |f: &Field| format!("what its pods are in the cloud goes {}", from_to(f));
        return fields.map(|f| sight.at(f, Code::RightsLoosened, message(f), help)).collect();
    }
    let everywhere = |thing: &Thing| thing.value["spec"]["conditions"].is_null();
    if sight.is("ClusterSecretStore") && sight.change.kind == Kind::Added && sight.new.is_some_and(everywhere) {
        return vec![sight.risk(
            Code::RightsLoosened,
            "whoever may make an ExternalSecret, in any namespace, reads keys by it",
            help,
        )];
    }
    if identity.group == "postgresql.cnpg.io" {
        let may = |field: &&Field| field.passes(&["managed", "roles"]) && field.new.is_some();
        let more = |field: &&Field| {
            POSTGRES.contains(&field.key()) && field.new == Some(true.into()) || field.passes(&["inRoles"])
        };
        let message = |f: &Field| format!("what a user of the database may do goes {}", from_to(f));
        let fields = sight.leaves.iter().filter(may).filter(more);
        return fields.map(|f| sight.at(f, Code::RightsLoosened, message(f), help)).collect();
    }
    let account =
        |field: &&Field| field.ends(&["spec", "serviceAccountName"]) && field.new.is_some() && sight.new.is_some();
    if let Some(field) = sight.leaves.iter().find(account) {
        return vec![sight.at(
            field,
            Code::RightsLoosened,
            format!("whose rights its pods have goes {}", from_to(field)),
            help,
        )];
    }
    if identity.group != "rbac.authorization.k8s.io" {
        return Vec::new();
    }
    if sight.change.kind == Kind::Added {
        let mut broad = identity.kind.starts_with("Cluster");
        if let Some(new) = sight.new {
            let role = &new.value["roleRef"];
            broad |= role["kind"] == "ClusterRole" && ROLES.iter().any(|name| role["name"] == *name);
            strings(&new.value["rules"], &mut |_, word| broad |= BROAD.contains(&word));
        }
        let new = || sight.risk(Code::RightsLoosened, "it gives rights that nobody had here", help);
        return if broad { vec![new()] } else { Vec::new() };
    }
    // A label by which the rules join a role that people have already.
    let joins = |field: &Field| field.key().starts_with("rbac.authorization.k8s.io/aggregate-to-");
    let rules = |thing: Option<&Thing>| thing.map(|thing| granted(&thing.value["rules"])).unwrap_or_default();
    let (before, now) = (rules(sight.old), rules(sight.new));
    let regrouped = now.iter().all(|right| before.iter().any(|had| covers(had, right)));
    let more = |field: &&Field| match field.steps.first().map_or("", String::as_str) {
        _ if field.new.is_none() => false,
        "metadata" => joins(field),
        part => part != "rules" || !regrouped,
    };
    let fields = sight.leaves.iter().filter(more);
    fields.map(|f| sight.at(f, Code::RightsLoosened, format!("rights go {}", from_to(f)), help)).collect()
}

/// Rights one by one: group, resource, name and verb, or path and verb. What is not said is `*`.
type Right = [String; 4];

fn granted(rules: &Value) -> Vec<Right> {
    let list = |rule: &Value, key: &str| -> Vec<String> {
        let said = rule[key].as_array().map(Vec::as_slice).unwrap_or_default();
        said.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut rights = Vec::new();
    for rule in rules.as_array().into_iter().flatten() {
        let mut names = list(rule, "resourceNames");
        if names.is_empty() {
            names.push("*".into());
        }
        let paths = list(rule, "nonResourceURLs").into_iter().map(|path| ["a path".into(), path, String::new()]);
        let mut ways: Vec<[String; 3]> = paths.collect();
        for (group, resource) in
            list(rule, "apiGroups").iter().flat_map(|g| list(rule, "resources").into_iter().map(move |r| (g, r)))
        {
            ways.extend(names.iter().map(|name| [group.clone(), resource.clone(), name.clone()]));
        }
        for verb in list(rule, "verbs") {
            rights.extend(ways.iter().map(|[a, b, c]| [a.clone(), b.clone(), c.clone(), verb.clone()]));
        }
    }
    rights
}

fn covers(had: &Right, right: &Right) -> bool {
    had.iter().zip(right).all(|(had, part)| had == part || (had == "*" && part != "a path"))
}

/// Whether a setting of Argo CD lets more people in, or lets them do more (argo-cd 3.4 `docs/operator-manual/`).
fn opens_argocd(name: &str, field: &Field) -> bool {
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let (old, new) = (text(&field.old), text(&field.new));
    let logins =
        || field.key().starts_with("accounts.") || ["dex.config", "oidc.config"].iter().any(|k| field.passes(&[k]));
    match name {
        "argocd-rbac-cm" if field.key() == "policy.default" => !new.is_empty(),
        "argocd-rbac-cm" if field.key().starts_with("policy.") => {
            let more = |line: &&str| !old.lines().any(|was| was == *line) && !line.trim_end().ends_with("deny");
            new.lines().filter(|line| line.trim_start().starts_with(['p', 'g'])).any(|line| more(&line))
        }
        "argocd-cm" => logins() && field.new.is_some(),
        "argocd-cmd-params-cm" => {
            ["insecure", "disable.auth"].iter().any(|end| field.key().ends_with(end)) && new == "true"
        }
        _ => false,
    }
}

fn project(field: &Field) -> bool {
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let (old, new) = (text(&field.old), text(&field.new));
    let kinds = field.steps.iter().any(|step| step.ends_with("Whitelist"));
    let closed = field.steps.iter().any(|step| step.ends_with("Blacklist"));
    (new.contains('*') && !old.contains('*'))
        || (old.starts_with('!') && new != old)
        || (kinds && field.new.is_some())
        || (closed && field.new.is_none())
        || (!old.is_empty() && !new.is_empty() && field.passes(&["sourceRepos"]))
        || (field.new.is_some() && ["sourceRepos", "destinations"].iter().any(|list| field.passes(&[list])))
}

/// Whether what a project admits more is what the same change brings: that object has its own risks.
fn comes_with_it(sight: &Sight<'_>, field: &Field) -> bool {
    // What was shut out and is not any more comes like what is named.
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let shut = || text(&field.old)?.strip_prefix('!').map(str::to_owned);
    let Some(text) = text(&field.new).or_else(shut) else { return false };
    let mut fresh = sight
        .now
        .things
        .iter()
        .filter(|(id, thing)| sight.before.things.get(*id).is_none_or(|was| was.value != thing.value));
    match field.steps.iter().any(|step| step.ends_with("Whitelist")) {
        true => fresh.any(|(id, _)| id.kind == text || (field.key() == "group" && id.group == text)),
        false => fresh.any(|(id, thing)| {
            let mut named = false;
            strings(&thing.value["spec"], &mut |_, said| named |= said == text);
            id.kind == "Application" && named
        }),
    }
}

/// Levels of the pod security standards, the strictest first.
const LEVELS: [&str; 3] = ["restricted", "baseline", "privileged"];

pub(super) fn pods(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review what the program does that needs it";
    let gone = |leaf: &Field| {
        let whole = |f: &&Field| f.new.is_none() && ["*", "template"].contains(&f.key());
        sight.change.fields.iter().filter(whole).any(|f| leaf.shown.starts_with(&f.shown))
    };
    let fields = sight.leaves.iter().filter(|field| !gone(field) && loosens(sight, field));
    let message = |f: &Field| format!("what its pods may do goes {}", from_to(f));
    fields.map(|f| sight.at(f, Code::PodLoosened, message(f), help)).collect()
}

fn loosens(sight: &Sight<'_>, field: &Field) -> bool {
    let (old, new) = (&field.old, &field.new);
    let is = |value: &Option<Value>, wanted: &Value| value.as_ref() == Some(wanted);
    let (yes, no) = (Value::Bool(true), Value::Bool(false));
    match field.key() {
        "privileged" | "hostPID" | "hostIPC" => is(new, &yes),
        "hostNetwork" => is(new, &yes),
        "allowPrivilegeEscalation" | "automountServiceAccountToken" => is(old, &no) || is(new, &yes),
        "runAsNonRoot" | "readOnlyRootFilesystem" => is(old, &yes),
        "runAsUser" => is(new, &Value::from(0)),
        // What stands between it and the kernel of its node.
        "runtimeClassName" => {
            let text = old.as_ref().and_then(Value::as_str).unwrap_or_default();
            ["gvisor", "runsc", "kata", "sandbox"].iter().any(|name| text.contains(name))
        }
        // Code that lies beside the weights runs in the pod.
        "--trust-remote-code" => new.is_some(),
        _ if field.passes(&["capabilities", "add"]) => new.is_some(),
        _ if field.passes(&["capabilities", "drop"]) => old.is_some(),
        _ if field.passes(&["seccompProfile"]) => old.is_some(),
        _ if field.passes(&["hostPath"]) => new.is_some(),
        key if sight.is("Namespace")
            && key.starts_with("pod-security.kubernetes.io/enforce")
            && !key.ends_with("version") =>
        {
            let level = |value: &Option<Value>| LEVELS.iter().position(|l| value.as_ref().is_some_and(|v| v == l));
            old.is_some() && level(new).unwrap_or(LEVELS.len()) > level(old).unwrap_or(0)
        }
        _ => false,
    }
}
