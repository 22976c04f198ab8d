//! The releases that what is said of each product was seen on, in every room, unless a fact names another one. A new release
//! is written here and in `groups/`, and `tests/house.rs` says where the two differ.

/// agentgateway.
pub const AGENTGATEWAY: &str = "1.2.1";
/// Argo CD.
pub const ARGOCD: &str = "3.4";
/// The Barman Cloud plugin of CloudNativePG.
pub const BARMAN: &str = "0.13.0";
/// cert-manager.
pub const CERT_MANAGER: &str = "1.20.2";
/// CloudNativePG.
pub const CNPG: &str = "1.29.1";
/// External Secrets.
pub const ESO: &str = "2.6.0";
/// Gateway API.
pub const GATEWAY_API: &str = "1.5.1";
/// Gateway API Inference Extension.
pub const INFERENCE: &str = "1.5.0";
/// KEDA.
pub const KEDA: &str = "2.20.1";
/// LeaderWorkerSet.
pub const LWS: &str = "0.9.0";
/// LiteLLM and its chart.
pub const LITELLM: &str = "1.89.2";
/// The OpenTelemetry collector.
pub const OTEL: &str = "0.153.0";
