//! A value of a Helm chart -> the field of a Deployment that charts make of it, where a name means the same in all of them, and
//! what the API server refuses there. Knows no chart.

use serde_json::{Value, json};

use crate::verdict::builtin;
use crate::verdict::defaults;
use crate::verdict::fields;
use crate::verdict::structural::{Kind, Structural};
use crate::verdict::validate;
use crate::verdict::violation::{Path, Violation, existing};

/// Names of values, and the way to the field; `*` is an item of a list. Some charts have the pod's `securityContext` under the
/// name that others have for the container's.
const FIELDS: &[(&str, &str)] = &[
    ("affinity", "spec/template/spec/affinity"),
    ("annotations", "metadata/annotations"),
    ("deploymentAnnotations", "metadata/annotations"),
    ("deploymentLabels", "metadata/labels"),
    ("env", "spec/template/spec/containers/*/env"),
    ("envFrom", "spec/template/spec/containers/*/envFrom"),
    ("envVars", "spec/template/spec/containers/*/env"),
    ("extraContainers", "spec/template/spec/containers"),
    ("extraEnv", "spec/template/spec/containers/*/env"),
    ("extraEnvVars", "spec/template/spec/containers/*/env"),
    ("extraInitContainers", "spec/template/spec/initContainers"),
    ("extraVolumeMounts", "spec/template/spec/containers/*/volumeMounts"),
    ("extraVolumes", "spec/template/spec/volumes"),
    ("hostAliases", "spec/template/spec/hostAliases"),
    ("imagePullSecrets", "spec/template/spec/imagePullSecrets"),
    ("lifecycle", "spec/template/spec/containers/*/lifecycle"),
    ("nodeSelector", "spec/template/spec/nodeSelector"),
    ("podAnnotations", "metadata/annotations"),
    ("podLabels", "metadata/labels"),
    ("podSecurityContext", "spec/template/spec/securityContext"),
    ("priorityClassName", "spec/template/spec/priorityClassName"),
    ("replicaCount", "spec/replicas"),
    ("resources", "spec/template/spec/containers/*/resources"),
    ("securityContext", "spec/template/spec/containers/*/securityContext"),
    ("securityContext", "spec/template/spec/securityContext"),
    ("strategy", "spec/strategy"),
    ("terminationGracePeriodSeconds", "spec/template/spec/terminationGracePeriodSeconds"),
    ("tolerations", "spec/template/spec/tolerations"),
    ("topologySpreadConstraints", "spec/template/spec/topologySpreadConstraints"),
    ("volumeMounts", "spec/template/spec/containers/*/volumeMounts"),
    ("volumes", "spec/template/spec/volumes"),
];

/// The fields that a value of that name may become.
pub fn schemas(name: &str) -> impl Iterator<Item = &'static Structural> {
    let deployment = builtin::versions("apps", "Deployment").first().map(|builtin| builtin.schema());
    let step = |schema: &'static Structural, step| match step {
        "*" => schema.items.as_deref(),
        name => schema.field(name),
    };
    let ways = FIELDS.iter().filter(move |(known, _)| *known == name).map(|(_, way)| way);
    ways.filter_map(move |way| way.split('/').try_fold(deployment?, step))
}

/// What is refused of a value; pointers begin with its name. Of a value that is of another form than the field (a map of variables,
/// a text that the chart reads as a template) nothing is known.
pub fn refused(name: &str, value: &Value) -> Vec<Violation> {
    let judged = schemas(name).filter(|schema| is_of_form(schema, value)).map(|schema| judge(schema, name, value));
    judged.min_by_key(Vec::len).unwrap_or_default()
}

fn is_of_form(schema: &Structural, value: &Value) -> bool {
    match (schema.kind, value) {
        (_, Value::Null) => false,
        (Kind::Object, value) => value.is_object(),
        // Some charts take a list of names where the field is one of maps.
        (Kind::Array, Value::Array(items)) => {
            schema.items.as_ref().is_none_or(|of| of.kind != Kind::Object || items.iter().all(Value::is_object))
        }
        (Kind::Array, _) => false,
        (Kind::Integer, Value::String(text)) => !text.contains("{{") && text.parse::<i64>().is_err(),
        (Kind::String, Value::String(text)) => !text.contains("{{"),
        _ => true,
    }
}

/// What the server checks in Go of fields that need nothing beside them, in a Deployment that has nothing else.
fn beyond(name: &str, value: &Value) -> Vec<Violation> {
    const ALONE: [&str; 9] = [
        "affinity",
        "env",
        "envVars",
        "extraEnv",
        "extraEnvVars",
        "resources",
        "strategy",
        "tolerations",
        "topologySpreadConstraints",
    ];
    let Some((_, way)) = FIELDS.iter().find(|(known, _)| *known == name && ALONE.contains(known)) else {
        return Vec::new();
    };
    let Some(deployment) = builtin::versions("apps", "Deployment").into_iter().next() else { return Vec::new() };
    let labels = json!({ "a": "b" });
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a", "namespace": "a" },
        "spec": { "selector": { "matchLabels": labels }, "template": {
            "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "a", "image": "a" }] } } },
    });
    let at = format!("/{}", way.replace('*', "0"));
    let Some((above, field)) = at.rsplit_once('/') else { return Vec::new() };
    let Some(Value::Object(map)) = object.pointer_mut(above) else { return Vec::new() };
    map.insert(field.into(), value.clone());
    let mut out = Vec::new();
    builtin::judge(deployment, &object, None, &mut out);
    let own = |violation: Violation| {
        let pointer = format!("/{name}{}", violation.pointer.strip_prefix(&at)?);
        Some(Violation { pointer, ..violation })
    };
    out.into_iter().filter_map(own).collect()
}

fn judge(schema: &Structural, name: &str, value: &Value) -> Vec<Violation> {
    let (path, mut out) = (Path::ROOT.key(name), Vec::new());
    fields::unknown(schema, value, false, &path, &mut out);
    let completed = defaults::complete(schema, &builtin::without_nulls(schema, value));
    validate::validate(schema, &completed, &path, &mut out);
    let whole = json!({ name: value });
    if out.is_empty() && !completed.to_string().contains("{{") {
        out = beyond(name, value);
    }
    out.iter_mut().for_each(|violation| violation.pointer = existing(&whole, &violation.pointer));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_a_field() {
        for (name, _) in FIELDS {
            let ways = FIELDS.iter().filter(|(known, _)| known == name).count();
            assert_eq!(schemas(name).count(), ways, "{name}");
        }
    }

    #[test]
    fn values_are_judged_as_what_they_become() {
        for (name, value, said) in [
            (
                "tolerations",
                json!([{ "key": "gpu", "operater": "Exists" }]),
                "`tolerations[0]` has no field `operater`",
            ),
            ("tolerations", json!([{ "key": "gpu", "effect": "NoShedule" }]), "`tolerations[0].effect` cannot be"),
            ("resources", json!({ "request": { "cpu": 1 } }), "`resources` has no field `request`"),
            ("resources", json!({ "limits": { "memory": "4GB" } }), "`resources.limits.memory` is the string \"4GB\""),
            ("replicaCount", json!("two"), "`replicaCount` is the string \"two\", it must be an integer"),
            ("podAnnotations", json!({ "team": 1 }), "`podAnnotations.team` is the number 1, it must be a string"),
            ("securityContext", json!({ "runAsUser": 1, "runAsNonRot": true }), "`securityContext` has no field"),
        ] {
            let found = refused(name, &value);
            assert!(found.iter().any(|v| v.message.starts_with(said)), "{name} {value}: {found:?}");
        }
        for (name, value) in [
            ("tolerations", json!([{ "key": "gpu", "operator": "Exists", "effect": null }])),
            ("affinity", json!("nodeAffinity: {}\n")),
            ("env", json!({ "MODE": "plain" })),
            ("resources", json!(["configmaps"])),
            ("replicaCount", json!("2")),
            ("securityContext", json!({ "fsGroup": 1001 })),
            ("securityContext", json!({ "readOnlyRootFilesystem": true })),
            ("somethingElse", json!(1)),
        ] {
            assert_eq!(refused(name, &value), [], "{name} {value}");
        }
    }
}
