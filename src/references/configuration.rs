//! A document without a name -> whether it was meant for an API server. Many tools read files with `apiVersion` and `kind`
//! that no API server knows.

use serde_json::Value;

use crate::object::api_group::{ARGOCD, GATEWAY, INFERENCE};
use crate::object::kinds::is_known;
use crate::references::kustomization;

/// Kinds of known groups that only files are of: a plugin of Argo CD, what an implementation of an API reports about itself,
/// what an endpoint picker reads,
/// and what `kubectl` alone answers.
const FILES: [(&str, &str); 5] = [
    (ARGOCD, "ConfigManagementPlugin"),
    (GATEWAY, "ConformanceReport"),
    (INFERENCE, "ConformanceReport"),
    ("inference.networking.x-k8s.io", "EndpointPickerConfig"),
    ("", "Config"),
];

/// True for kinds that no API server knows, whether they have a name or not.
pub fn is_file(group: &str, kind: &str) -> bool {
    FILES.contains(&(group, kind))
}

/// Whether a document that has no name (or no kind, or no version) was to be an object of an API server.
pub fn is_meant_as_object(value: &Value) -> bool {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let has = |key: &str| value.get(key).is_some_and(Value::is_object);
    if kustomization::is_own(value) || value.pointer("/metadata/generateName").is_some() {
        return false;
    }
    match (version.is_empty(), kind.is_empty()) {
        (true, true) => false,
        // A workload whose version was forgotten has both of these.
        (true, false) => kind != "Kustomization" && has("metadata") && has("spec"),
        (false, true) => is_served(version) && has("metadata"),
        (false, false) => is_served(version) && !is_file(group_of(version), kind) && kind != "List",
    }
}

fn group_of(version: &str) -> &str {
    version.split_once('/').map_or("", |(group, _)| group)
}

/// A version of a group whose objects have names, as an API server asks; of the core there is one.
fn is_served(version: &str) -> bool {
    let group = group_of(version);
    is_known(group) && (!group.is_empty() || version == "v1")
}

#[cfg(test)]
mod tests {
    use super::is_meant_as_object;
    use serde_json::json;

    #[test]
    fn files_of_tools_are_no_objects() {
        for file in [
            json!({ "apiVersion": "kind.x-k8s.io/v1alpha4", "kind": "Cluster", "nodes": [] }),
            json!({ "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [] }),
            json!({ "apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration" }),
            json!({ "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": [] }),
            json!({ "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration" }),
            json!({ "apiVersion": "v1alpha1", "kind": "KubeSpanConfig", "enabled": true }),
            json!({ "apiVersion": "skaffold/v4beta11", "kind": "Config", "build": {} }),
            json!({ "apiVersion": "v1", "kind": "Config", "clusters": [] }),
            json!({ "apiVersion": "v2", "name": "demo", "version": "1.0.0" }),
            json!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component" }),
            json!({ "kind": "pipeline", "type": "docker" }),
            json!({ "apiVersion": "inference.networking.x-k8s.io/v1alpha1", "kind": "EndpointPickerConfig", "plugins": [] }),
            json!({ "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ConformanceReport" }),
            json!({ "apiVersion": "demo.example/v1", "kind": "Settings", "spec": {} }),
            json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "generateName": "run-" } }),
        ] {
            assert!(!is_meant_as_object(&file), "{file}");
        }
        for object in [
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": {} }),
            json!({ "apiVersion": "v1", "kind": "Service", "spec": {} }),
            json!({ "kind": "Deployment", "metadata": { "name": "web" }, "spec": {} }),
            json!({ "apiVersion": "v1", "metadata": { "name": "web" } }),
            json!({ "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "spec": {} }),
        ] {
            assert!(is_meant_as_object(&object), "{object}");
        }
    }
}
