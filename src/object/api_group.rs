//! Names of the API groups that rules know. What a name stands for is the same wherever it is read.

/// agentgateway.
pub const AGENTGATEWAY: &str = "agentgateway.dev";
/// Kubernetes: CustomResourceDefinitions.
pub const APIEXTENSIONS: &str = "apiextensions.k8s.io";
/// Argo CD.
pub const ARGOCD: &str = "argoproj.io";
/// The Barman Cloud plugin of CloudNativePG.
pub const BARMAN: &str = "barmancloud.cnpg.io";
/// cert-manager.
pub const CERT_MANAGER: &str = "cert-manager.io";
/// CloudNativePG.
pub const CNPG: &str = "postgresql.cnpg.io";
/// External Secrets.
pub const ESO: &str = "external-secrets.io";
/// External Secrets: what makes values.
pub const ESO_GENERATORS: &str = "generators.external-secrets.io";
/// Gateway API.
pub const GATEWAY: &str = "gateway.networking.k8s.io";
/// Gateway API Inference Extension: InferencePool.
pub const INFERENCE: &str = "inference.networking.k8s.io";
/// Gateway API Inference Extension: the kinds that are not stable yet.
pub const INFERENCE_X: &str = "inference.networking.x-k8s.io";
/// KEDA.
pub const KEDA: &str = "keda.sh";
/// LeaderWorkerSet.
pub const LWS: &str = "leaderworkerset.x-k8s.io";
/// Prometheus Operator.
pub const MONITORING: &str = "monitoring.coreos.com";
/// Kubernetes: Ingress and NetworkPolicy.
pub const NETWORKING: &str = "networking.k8s.io";
/// Kubernetes: roles and their bindings.
pub const RBAC: &str = "rbac.authorization.k8s.io";
