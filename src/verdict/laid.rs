//! A part of a built-in object that is laid over another one -> what the API server refuses of it, whatever it is laid over. What it lacks
//! the other one has.

use serde_json::{Value, json};

use crate::verdict::builtin;
use crate::verdict::fields;
use crate::verdict::structural::Structural;
use crate::verdict::validate;
use crate::verdict::violation::{Path, Violation, existing};

/// What is refused of the field of that name; pointers begin with it.
pub fn refused(group: &str, kind: &str, name: &str, value: &Value) -> Vec<Violation> {
    let Some(schema) = builtin::versions(group, kind).first().and_then(|builtin| builtin.schema().field(name)) else {
        return Vec::new();
    };
    let (path, mut out) = (Path::ROOT.key(name), Vec::new());
    let plain = without_directives(value);
    fields::unknown(schema, &plain, false, &path, &mut out);
    parts(schema, &plain, &path, &mut out);
    let whole = json!({ name: value });
    out.iter_mut().for_each(|violation| violation.pointer = existing(&whole, &violation.pointer));
    out
}

/// The parts that have a value of their own, each judged alone: what a map around them must have may stand in the other one.
fn parts(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    match value {
        Value::Null => {}
        Value::Object(map) if !schema.properties.is_empty() => {
            let known = map.iter().filter_map(|(key, value)| Some((key, schema.field(key)?, value)));
            known.for_each(|(key, field, value)| parts(field, value, &path.key(key), out));
        }
        Value::Array(items) if schema.items.as_ref().is_some_and(|of| !of.properties.is_empty()) => {
            let of = schema.items.as_ref().expect("it has");
            items.iter().enumerate().for_each(|(i, item)| parts(of, item, &path.index(i), out));
        }
        _ => validate::validate(schema, value, path, out),
    }
}

/// The same without the words of a strategic merge patch (`$patch`, `$setElementOrder/...`).
fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let own = map.iter().filter(|(key, _)| !key.starts_with('$'));
            Value::Object(own.map(|(key, value)| (key.clone(), without_directives(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_directives).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::Code;

    #[test]
    fn what_is_not_there_is_not_asked_for() {
        for (kind, value, said) in [
            ("Deployment", json!({ "minReadySecond": 5 }), "`spec` has no field `minReadySecond`"),
            ("Deployment", json!({ "minReadySeconds": "5" }), "`spec.minReadySeconds` is the string"),
            (
                "Deployment",
                json!({ "template": { "spec": { "dnsPolicy": "clusterfirst" } } }),
                "`spec.template.spec.dnsPolicy` cannot",
            ),
        ] {
            let found = refused("apps", kind, "spec", &value);
            assert!(found.iter().any(|v| v.message.starts_with(said)), "{value}: {found:?}");
        }
        for value in [
            json!({ "template": { "spec": { "containers": [{ "name": "a", "$patch": "delete" }, { "name": "b", "image": null }] } } }),
            json!({ "replicas": 2, "strategy": null }),
        ] {
            assert_eq!(refused("apps", "Deployment", "spec", &value), [], "{value}");
        }
        let service = json!({ "externalTrafficPolicy": "local" });
        assert_eq!(refused("", "Service", "spec", &service).len(), 1);
        assert_eq!(refused("", "Service", "spec", &service)[0].code, Code::InvalidField);
    }
}
