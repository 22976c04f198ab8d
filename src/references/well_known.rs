//! What stands in no file and every cluster has, by kind, namespace and name.

/// Namespaces that every cluster has.
pub const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// What every cluster has.
pub fn is_well_known(kind: &str, namespace: &str, name: &str) -> bool {
    match kind {
        "Namespace" => NAMESPACES.contains(&name),
        "ServiceAccount" => name == "default" || namespace == "kube-system",
        "ConfigMap" => name == "kube-root-ca.crt",
        "Service" => (namespace, name) == ("default", "kubernetes") || (namespace, name) == ("kube-system", "kube-dns"),
        "ClusterRole" => name.starts_with("system:") || ["admin", "cluster-admin", "edit", "view"].contains(&name),
        "Role" => namespace == "kube-system",
        "PriorityClass" => ["system-cluster-critical", "system-node-critical"].contains(&name),
        _ => false,
    }
}
