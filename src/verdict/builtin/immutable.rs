//! An object of a built-in kind and the one before it -> the fields that were changed and cannot change.
//! Source: kubernetes 1.35; fields that a whole kind never changes stand in schemas/kinds.yaml.

use serde_json::{Map, Value};

use crate::object::api_group::RBAC;
use crate::object::kinds;
use crate::text::finding::Code;
use crate::verdict::quantity;
use crate::verdict::structural::Structural;
use crate::verdict::validate;
use crate::verdict::violation::{Path, Violation};

/// Fields that mean the same when they are missing, wherever they stand: pkg/apis/{apps,batch,core,rbac,storage}/v1
/// defaults.go, and zero values of Go. An image without a tag, or with `latest`, is pulled always; that is passed over.
const DEFAULTS: [(&str, &str); 30] = [
    ("apiGroup", RBAC),
    ("apiVersion", "v1"),
    ("completionMode", "NonIndexed"),
    ("completions", "1"),
    ("defaultMode", "420"),
    ("dnsPolicy", "ClusterFirst"),
    ("failureThreshold", "3"),
    ("hostIPC", "false"),
    ("hostNetwork", "false"),
    ("hostPID", "false"),
    ("imagePullPolicy", "IfNotPresent"),
    ("periodSeconds", "10"),
    ("podManagementPolicy", "OrderedReady"),
    ("preemptionPolicy", "PreemptLowerPriority"),
    ("protocol", "TCP"),
    ("readOnly", "false"),
    ("reclaimPolicy", "Delete"),
    ("schedulerName", "default-scheduler"),
    ("scheme", "HTTP"),
    ("stdin", "false"),
    ("stdinOnce", "false"),
    ("successThreshold", "1"),
    ("terminationGracePeriodSeconds", "30"),
    ("terminationMessagePath", "/dev/termination-log"),
    ("terminationMessagePolicy", "File"),
    ("timeoutSeconds", "1"),
    ("tty", "false"),
    ("type", "Opaque"),
    ("volumeBindingMode", "Immediate"),
    ("volumeMode", "Filesystem"),
];

/// What the server refuses of an update to a completed object of a kind.
pub fn changed(
    (group, kind): (&str, &str),
    schema: &Structural,
    (new, old): (&Value, &Value),
    out: &mut Vec<Violation>,
) {
    let (new, old) = (plain(schema, new), plain(schema, old));
    let differs = |pointer: &str| new.pointer(pointer) != old.pointer(pointer);
    let known = kinds::of(group, kind);
    let mut fixed: Vec<&str> = known.fixed.iter().map(String::as_str).collect();
    let once = known.fixed_once_given.iter().map(String::as_str);
    fixed.extend(once.filter(|pointer| old.pointer(pointer).is_some()));
    match kind {
        "Job" => {
            // Where a suspended one will run may be changed; of its template this says nothing.
            fixed.retain(|field| *field != "/spec/template" || old["spec"]["suspend"] != true);
            if old["spec"]["completionMode"] != "Indexed" {
                fixed.push("/spec/completions");
            }
        }
        // pkg/apis/core/validation validateUpgradeDowngradeClusterIPs; an address that is not given stays what it was.
        "Service" if new["spec"].get("clusterIP").is_some() && ![&new, &old].iter().any(|o| is_alias(o)) => {
            fixed.push("/spec/clusterIP");
        }
        "PersistentVolumeClaim" if asked(&new) < asked(&old) => {
            let (field, pointer) = ("spec.resources.requests.storage", "/spec/resources/requests/storage");
            out.push(refusal(pointer, format!("`{field}` is less than before, and a {kind} only grows")));
        }
        // pkg/apis/core/validation ValidateConfigMapUpdate, ValidateSecretUpdate
        "ConfigMap" | "Secret" if old["immutable"] == true => {
            fixed.extend(["/binaryData", "/data", "/immutable", "/stringData"]);
        }
        _ => {}
    }
    out.extend(fixed.into_iter().filter(|pointer| differs(pointer)).map(|pointer| {
        let field = pointer[1..].replace('/', ".");
        refusal(pointer, format!("`{field}` is changed, and that of a {kind} stays what it was when it was created"))
    }));
}

fn is_alias(service: &Value) -> bool {
    service["spec"]["type"] == "ExternalName"
}

/// The size of a claim's volume, as `plain` writes it.
fn asked(claim: &Value) -> Option<i128> {
    claim.pointer("/spec/resources/requests/storage")?.as_str()?.parse().ok()
}

fn refusal(pointer: &str, message: String) -> Violation {
    let mut violation = Violation::new(Code::InvalidField, &Path::ROOT, message)
        .help("keep it, give the object another name, or delete the one in the cluster first");
    violation.pointer = pointer.to_owned();
    violation
}

/// A value without what makes no difference to the server: what is empty, what is there by default, and the ways to write an
/// amount.
fn plain(schema: &Structural, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().map(|(name, value)| {
                (name.clone(), schema.field(name).map_or_else(|| value.clone(), |field| plain(field, value)))
            });
            Value::Object(
                fields
                    .filter(|(name, value)| !schema.properties.contains_key(name) || !is_nothing(name, value))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => match schema.items.as_deref() {
            Some(below) => items.iter().map(|item| plain(below, item)).collect(),
            None => value.clone(),
        },
        scalar if schema.format == validate::QUANTITY => {
            quantity::of(scalar).map_or_else(|| scalar.clone(), |amount| amount.to_string().into())
        }
        scalar => scalar.clone(),
    }
}

fn is_nothing(name: &str, value: &Value) -> bool {
    let default = |text: &str| DEFAULTS.contains(&(name, text));
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty() || default(text),
        scalar => default(&scalar.to_string()),
    }
}
