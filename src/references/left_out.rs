//! A name that nothing has, and the kinds beside it that have it -> whether what is missing was likely forgotten.

use crate::object::object::Object;

/// True where a name is that of several things beside it, or of a workload that a Service would lead to. Accounts and Secrets are
/// often made by hand.
pub fn is_left_out<'k>(from: &Object<'_>, kind: &str, name: &str, there: impl Iterator<Item = &'k str>) -> bool {
    let own = (from.identity.kind.as_str(), from.identity.name.as_str());
    let beside: Vec<&str> = there.filter(|other| (*other, name) != own).collect();
    let made = ["Application", "HelmRelease"].iter().any(|maker| beside.contains(maker));
    let bound = || beside.iter().any(|other| other.starts_with("Role") || other.starts_with("ClusterRole"));
    let runs = || beside.iter().any(|other| ["DaemonSet", "Deployment", "StatefulSet"].contains(other));
    !made
        && match kind {
            "Secret" | "Gateway" | "Namespace" => false,
            "ServiceAccount" => bound(),
            "Service" | "InferencePool" => runs(),
            _ => beside.len() > 1,
        }
}
