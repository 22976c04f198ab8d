//! The table of references: where objects of a kind name another object, and what of it they need. Only data; `wiring`
//! resolves it. Fields are those of the pinned CRDs and of Kubernetes 1.35.

/// API groups that come up more than once.
pub const AGENTGATEWAY: &str = "agentgateway.dev";
pub const ARGO: &str = "argoproj.io";
pub const CERT_MANAGER: &str = "cert-manager.io";
pub const CNPG: &str = "postgresql.cnpg.io";
pub const ESO: &str = "external-secrets.io";
pub const GATEWAY: &str = "gateway.networking.k8s.io";
pub const INFERENCE: &str = "inference.networking.k8s.io";
pub const KEDA: &str = "keda.sh";
pub const RBAC: &str = "rbac.authorization.k8s.io";

/// API group and kind.
pub type Kind = (&'static str, &'static str);

/// One way in which objects refer to another.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Who refers.
    pub of: &'static [Kind],
    /// Where, in the object or in its pod template: names of fields, `*` for every item of a list or map.
    pub at: &'static str,
    /// The field there that holds the name; empty: the value is the name.
    pub name: &'static str,
    /// What is named.
    pub to: To,
    /// Whether a field `namespace` says where it lies.
    pub namespace: Namespace,
    /// What of it is needed.
    pub part: Part,
    /// When it must be there.
    pub need: Need,
}

/// The kind that a reference names.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// Always this one.
    One(&'static str, &'static str),
    /// As the fields `group` (or `apiVersion`) and `kind` say; by default this one.
    Fields(&'static str, &'static str),
}

/// The namespace that a reference looks in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// That of the object that refers.
    Own,
    /// As the field `namespace` says; by default the same.
    Field,
    /// As the field `namespace` says; without one nobody can tell.
    OnlyField,
}

/// What a reference needs of its target.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// That it is there.
    Whole,
    /// The key that this field names.
    Key(&'static str),
    /// All these keys.
    Keys(&'static [&'static str]),
    /// The keys of `items`, where there are some.
    Items,
    /// Of a Service: the port that this field names by number or name.
    Port(&'static str),
}

/// When the target of a reference must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Before the one that refers: without it that one never becomes ready, and a sync waits for ever.
    First,
    /// Some time.
    Sometime,
}

const fn edge(of: &'static [Kind], at: &'static str, name: &'static str, to: To) -> Edge {
    Edge { of, at, name, to, namespace: Namespace::Own, part: Part::Whole, need: Need::Sometime }
}

impl Edge {
    const fn first(self) -> Self {
        Self { need: Need::First, ..self }
    }
    const fn part(self, part: Part) -> Self {
        Self { part, ..self }
    }
    const fn across(self) -> Self {
        Self { namespace: Namespace::Field, ..self }
    }
    const fn placed(self) -> Self {
        Self { namespace: Namespace::OnlyField, ..self }
    }
}

const SECRET: To = To::One("", "Secret");
const CONFIG_MAP: To = To::One("", "ConfigMap");
const SERVICE: To = To::One("", "Service");
const SERVICE_ACCOUNT: To = To::One("", "ServiceAccount");
const ANY: &[Kind] = &[];

/// Where kinds have their pod template.
pub const POD_TEMPLATES: &[(Kind, &str)] = &[
    (("", "Pod"), ""),
    (("", "ReplicationController"), "/spec/template"),
    (("apps", "DaemonSet"), "/spec/template"),
    (("apps", "Deployment"), "/spec/template"),
    (("apps", "ReplicaSet"), "/spec/template"),
    (("apps", "StatefulSet"), "/spec/template"),
    (("batch", "CronJob"), "/spec/jobTemplate/spec/template"),
    (("batch", "Job"), "/spec/template"),
    ((AGENTGATEWAY, "AgentgatewayParameters"), "/spec/deployment/spec/template"),
];

/// References in a pod template.
pub const IN_PODS: &[Edge] = &[
    edge(ANY, "spec/serviceAccountName", "", SERVICE_ACCOUNT).first(),
    edge(ANY, "spec/imagePullSecrets/*", "name", SECRET),
    edge(ANY, "spec/priorityClassName", "", To::One("scheduling.k8s.io", "PriorityClass")).first(),
    edge(ANY, "spec/containers/*/env/*/valueFrom/secretKeyRef", "name", SECRET).part(Part::Key("key")).first(),
    edge(ANY, "spec/containers/*/env/*/valueFrom/configMapKeyRef", "name", CONFIG_MAP).part(Part::Key("key")).first(),
    edge(ANY, "spec/containers/*/envFrom/*/secretRef", "name", SECRET).first(),
    edge(ANY, "spec/containers/*/envFrom/*/configMapRef", "name", CONFIG_MAP).first(),
    edge(ANY, "spec/initContainers/*/env/*/valueFrom/secretKeyRef", "name", SECRET).part(Part::Key("key")).first(),
    edge(ANY, "spec/initContainers/*/env/*/valueFrom/configMapKeyRef", "name", CONFIG_MAP)
        .part(Part::Key("key"))
        .first(),
    edge(ANY, "spec/initContainers/*/envFrom/*/secretRef", "name", SECRET).first(),
    edge(ANY, "spec/initContainers/*/envFrom/*/configMapRef", "name", CONFIG_MAP).first(),
    edge(ANY, "spec/volumes/*/secret", "secretName", SECRET).part(Part::Items).first(),
    edge(ANY, "spec/volumes/*/configMap", "name", CONFIG_MAP).part(Part::Items).first(),
    edge(ANY, "spec/volumes/*/persistentVolumeClaim", "claimName", To::One("", "PersistentVolumeClaim")).first(),
    edge(ANY, "spec/volumes/*/projected/sources/*/secret", "name", SECRET).part(Part::Items).first(),
    edge(ANY, "spec/volumes/*/projected/sources/*/configMap", "name", CONFIG_MAP).part(Part::Items).first(),
    edge(ANY, "spec/volumes/*/csi/nodePublishSecretRef", "name", SECRET).first(),
];

const ROUTES: &[Kind] = &[(GATEWAY, "HTTPRoute"), (GATEWAY, "GRPCRoute")];

/// References elsewhere in objects.
pub const EDGES: &[Edge] = &[
    edge(ROUTES, "spec/parentRefs/*", "name", To::Fields(GATEWAY, "Gateway")).across().first(),
    edge(ROUTES, "spec/rules/*/backendRefs/*", "name", To::Fields("", "Service")).across().part(Part::Port("port")),
    edge(&[(INFERENCE, "InferencePool")], "spec/endpointPickerRef", "name", To::Fields("", "Service"))
        .part(Part::Port("port")),
    edge(&[(AGENTGATEWAY, "AgentgatewayPolicy")], "spec/targetRefs/*", "name", To::Fields("", "")),
    edge(&[(CNPG, "Cluster")], "spec/bootstrap/initdb/secret", "name", SECRET)
        .part(Part::Keys(&["username", "password"]))
        .first(),
];
