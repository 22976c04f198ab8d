//! The table of references: where objects of a kind name another object, and what of it they need. Only data; `wiring`
//! resolves it. Fields are those of the pinned CRDs and of Kubernetes 1.35.

use crate::object::api_group::{
    AGENTGATEWAY, APIEXTENSIONS, ARGOCD, BARMAN, CERT_MANAGER, CNPG, ESO, ESO_GENERATORS, GATEWAY, INFERENCE,
    INFERENCE_X, KEDA, MONITORING, NETWORKING, RBAC,
};

/// API group and kind.
pub type Kind = (&'static str, &'static str);

/// One way in which objects refer to another.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Who refers.
    pub of: &'static [Kind],
    /// Where, in the object or in its pod template: a pattern of [`crate::text::pointer::each`].
    pub at: &'static str,
    /// The field there that holds the name; empty: the value is the name.
    pub name: &'static str,
    /// What is named.
    pub to: To,
    /// Which namespace it lies in.
    pub namespace: Namespace,
    /// What of it is needed.
    pub part: Part,
    /// Without it the one that refers never becomes ready, so that a sync in waves stops there.
    pub first: bool,
    /// It is often not there, or made by hand, and its absence does not break anything for sure.
    pub weak: bool,
}

/// The kind that a reference names.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// Always this one.
    One(&'static str, &'static str),
    /// As the fields `group` (or `apiGroup`, `apiVersion`) and `kind` say; by default this one.
    Fields(&'static str, &'static str),
    /// Of the core, as the field `type` says.
    Type,
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
    /// That into which an Application installs.
    Destination,
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
    /// The `key` of each of its `items`, where there are some.
    Items,
    /// Of a Service: the port that this field names by number or name.
    Port(&'static str),
}

const fn edge(of: &'static [Kind], at: &'static str, name: &'static str, to: To) -> Edge {
    Edge { of, at, name, to, namespace: Namespace::Own, part: Part::Whole, first: false, weak: false }
}

impl Edge {
    const fn first(self) -> Self {
        Self { first: true, ..self }
    }
    const fn weak(self) -> Self {
        Self { weak: true, ..self }
    }
    const fn part(self, part: Part) -> Self {
        Self { part, ..self }
    }
    const fn key(self) -> Self {
        self.part(Part::Key("key"))
    }
    const fn across(self) -> Self {
        Self { namespace: Namespace::Field, ..self }
    }
    const fn content(self) -> Self {
        Self { namespace: Namespace::Destination, first: true, ..self }
    }
    const fn placed(self) -> Self {
        Self { namespace: Namespace::OnlyField, ..self }
    }
}

const SECRET: To = To::One("", "Secret");
const CONFIG_MAP: To = To::One("", "ConfigMap");
const SERVICE: To = To::Fields("", "Service");
const SERVICE_ACCOUNT: To = To::One("", "ServiceAccount");
const LOGIN: Part = Part::Keys(&["username", "password"]);
const TLS: Part = Part::Keys(&["tls.crt", "tls.key"]);
const PORT: Part = Part::Port("port");
const CA: Part = Part::Keys(&["ca.crt"]);
const POD: &[Kind] = &[];

/// References in a pod template.
pub const IN_PODS: &[Edge] = &[
    edge(POD, "/spec/serviceAccountName", "", SERVICE_ACCOUNT).first(),
    edge(POD, "/spec/imagePullSecrets/*", "name", SECRET).weak(),
    edge(POD, "/spec/priorityClassName", "", To::One("scheduling.k8s.io", "PriorityClass")).first(),
    edge(POD, "/spec/containers|initContainers/*/env/*/valueFrom/secretKeyRef", "name", SECRET).key().first(),
    edge(POD, "/spec/containers|initContainers/*/env/*/valueFrom/configMapKeyRef", "name", CONFIG_MAP).key().first(),
    edge(POD, "/spec/containers|initContainers/*/envFrom/*/secretRef", "name", SECRET).first(),
    edge(POD, "/spec/containers|initContainers/*/envFrom/*/configMapRef", "name", CONFIG_MAP).first(),
    edge(POD, "/spec/volumes/*/secret", "secretName", SECRET).part(Part::Items).first(),
    edge(POD, "/spec/volumes/*/configMap", "name", CONFIG_MAP).part(Part::Items).first(),
    edge(POD, "/spec/volumes/*/persistentVolumeClaim", "claimName", To::One("", "PersistentVolumeClaim")).first(),
    edge(POD, "/spec/volumes/*/projected/sources/*/secret", "name", SECRET).part(Part::Items).first(),
    edge(POD, "/spec/volumes/*/projected/sources/*/configMap", "name", CONFIG_MAP).part(Part::Items).first(),
    edge(POD, "/spec/volumes/*/csi/nodePublishSecretRef", "name", SECRET).first(),
];

const ROUTES: &[Kind] = &[
    (GATEWAY, "GRPCRoute"),
    (GATEWAY, "HTTPRoute"),
    (GATEWAY, "TCPRoute"),
    (GATEWAY, "TLSRoute"),
    (GATEWAY, "UDPRoute"),
];
const INGRESS: &[Kind] = &[(NETWORKING, "Ingress")];
const PROXIES: &[Kind] = &[(AGENTGATEWAY, "AgentgatewayBackend"), (AGENTGATEWAY, "AgentgatewayPolicy")];
const POLICY: &[Kind] = &[(AGENTGATEWAY, "AgentgatewayPolicy")];
const CLUSTER: &[Kind] = &[(CNPG, "Cluster")];
const OF_CLUSTERS: &[Kind] = &[
    (CNPG, "Backup"),
    (CNPG, "Database"),
    (CNPG, "Pooler"),
    (CNPG, "Publication"),
    (CNPG, "ScheduledBackup"),
    (CNPG, "Subscription"),
];
const OBJECT_STORE: &[Kind] = &[(BARMAN, "ObjectStore")];
const EXTERNAL_SECRET: &[Kind] = &[(ESO, "ExternalSecret")];
const APPLICATION: &[Kind] = &[(ARGOCD, "Application")];
const PUSH_SECRET: &[Kind] = &[(ESO, "PushSecret")];
const STORE: &[Kind] = &[(ESO, "SecretStore")];
const CLUSTER_STORE: &[Kind] = &[(ESO, "ClusterSecretStore")];
const ISSUERS: &[Kind] = &[(CERT_MANAGER, "ClusterIssuer"), (CERT_MANAGER, "Issuer")];
const SCALERS: &[Kind] = &[("autoscaling", "HorizontalPodAutoscaler"), (KEDA, "ScaledObject")];
const SCALED: &[Kind] = &[(KEDA, "ScaledJob"), (KEDA, "ScaledObject")];
const TRIGGER_AUTHENTICATION: &[Kind] = &[(KEDA, "TriggerAuthentication")];
const MONITORS: &[Kind] = &[(MONITORING, "PodMonitor"), (MONITORING, "ServiceMonitor")];
const PROMETHEUS: &[Kind] = &[(MONITORING, "Alertmanager"), (MONITORING, "Prometheus"), (MONITORING, "ThanosRuler")];
const HELM_RELEASE: &[Kind] = &[("helm.toolkit.fluxcd.io", "HelmRelease")];
const FLUX: &str = "kustomize.toolkit.fluxcd.io";
const FLUX_SOURCE: &str = "source.toolkit.fluxcd.io";
const BINDINGS: &[Kind] = &[(RBAC, "ClusterRoleBinding"), (RBAC, "RoleBinding")];
const WEBHOOKS: &[Kind] = &[
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
];

/// References elsewhere in objects.
pub const EDGES: &[Edge] = &[
    // Core, apps, RBAC and the like.
    edge(&[("", "ServiceAccount")], "/imagePullSecrets/*", "name", SECRET).weak(),
    edge(&[("", "PersistentVolumeClaim")], "/spec/storageClassName", "", To::One("storage.k8s.io", "StorageClass"))
        .first(),
    edge(&[("", "PersistentVolumeClaim")], "/spec/dataSource|dataSourceRef", "name", To::Fields("", "")).first(),
    edge(&[("apps", "StatefulSet")], "/spec/serviceName", "", To::One("", "Service")).weak(),
    edge(BINDINGS, "/roleRef", "name", To::Fields(RBAC, "")),
    edge(BINDINGS, "/subjects/*", "name", To::Fields("", "")).across(),
    edge(SCALERS, "/spec/scaleTargetRef", "name", To::Fields("apps", "Deployment")).first(),
    edge(&[("autoscaling.k8s.io", "VerticalPodAutoscaler")], "/spec/targetRef", "name", To::Fields("", "")),
    edge(
        &[("discovery.k8s.io", "EndpointSlice")],
        "/metadata/labels/kubernetes.io~1service-name",
        "",
        To::One("", "Service"),
    ),
    edge(INGRESS, "/spec/rules/*/http/paths/*/backend/service", "name", To::One("", "Service")).part(PORT),
    edge(INGRESS, "/spec/defaultBackend/service", "name", To::One("", "Service")).part(PORT),
    edge(INGRESS, "/spec/tls/*", "secretName", SECRET),
    edge(INGRESS, "/spec/ingressClassName", "", To::One(NETWORKING, "IngressClass")),
    edge(WEBHOOKS, "/webhooks/*/clientConfig/service", "name", To::One("", "Service")).part(PORT).placed(),
    edge(&[("apiregistration.k8s.io", "APIService")], "/spec/service", "name", To::One("", "Service"))
        .part(PORT)
        .placed(),
    edge(
        &[(APIEXTENSIONS, "CustomResourceDefinition")],
        "/spec/conversion/webhook/clientConfig/service",
        "name",
        To::One("", "Service"),
    )
    .placed(),
    // cert-manager.
    edge(&[(CERT_MANAGER, "Certificate")], "/spec/issuerRef", "name", To::Fields(CERT_MANAGER, "Issuer")).first(),
    edge(ISSUERS, "/spec/acme/solvers/*/http01/gatewayHTTPRoute/parentRefs/*", "name", To::Fields(GATEWAY, "Gateway"))
        .across()
        .weak(),
    edge(
        &[(GATEWAY, "Gateway"), (NETWORKING, "Ingress")],
        "/metadata/annotations/cert-manager.io~1cluster-issuer",
        "",
        To::One(CERT_MANAGER, "ClusterIssuer"),
    )
    .weak(),
    edge(&[(CERT_MANAGER, "Issuer")], "/spec/ca", "secretName", SECRET).part(TLS).first(),
    // Flux, Argo Rollouts, OpenShift and Traefik.
    edge(&[(FLUX, "Kustomization")], "/spec/dependsOn/*", "name", To::One(FLUX, "Kustomization")).across(),
    edge(&[(FLUX, "Kustomization")], "/spec/sourceRef", "name", To::Fields(FLUX_SOURCE, "")).across(),
    edge(HELM_RELEASE, "/spec/dependsOn/*", "name", To::One(HELM_RELEASE[0].0, "HelmRelease")).across(),
    edge(HELM_RELEASE, "/spec/chart/spec/sourceRef", "name", To::Fields(FLUX_SOURCE, "")).across(),
    edge(HELM_RELEASE, "/spec/valuesFrom/*", "name", To::Fields("", "")),
    edge(&[(ARGOCD, "Rollout")], "/spec/strategy/canary/canaryService|stableService", "", To::One("", "Service")),
    edge(&[(ARGOCD, "Rollout")], "/spec/strategy/blueGreen/activeService|previewService", "", To::One("", "Service")),
    edge(&[("route.openshift.io", "Route")], "/spec/to", "name", SERVICE),
    edge(&[("route.openshift.io", "Route")], "/spec/alternateBackends/*", "name", SERVICE),
    edge(&[("traefik.io", "IngressRoute")], "/spec/routes/*/services/*", "name", SERVICE).across().part(PORT),
    edge(
        &[("traefik.io", "IngressRoute")],
        "/spec/routes/*/middlewares/*",
        "name",
        To::One("traefik.io", "Middleware"),
    )
    .across(),
    // KEDA.
    edge(SCALED, "/spec/triggers/*/authenticationRef", "name", To::Fields(KEDA, "TriggerAuthentication")).first(),
    edge(TRIGGER_AUTHENTICATION, "/spec/secretTargetRef/*", "name", SECRET).key(),
    edge(TRIGGER_AUTHENTICATION, "/spec/configMapTargetRef/*", "name", CONFIG_MAP).key(),
    // The Prometheus Operator.
    edge(PROMETHEUS, "/spec/serviceAccountName", "", SERVICE_ACCOUNT).first(),
    edge(PROMETHEUS, "/spec/secrets/*", "", SECRET).first(),
    edge(PROMETHEUS, "/spec/configMaps/*", "", CONFIG_MAP).first(),
    edge(PROMETHEUS, "/spec/configSecret", "", SECRET),
    edge(PROMETHEUS, "/spec/additionalScrapeConfigs", "name", SECRET).key(),
    edge(PROMETHEUS, "/spec/alerting/alertmanagers/*", "name", To::One("", "Service")).across().part(PORT),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/authorization/credentials", "name", SECRET).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/basicAuth/username|password", "name", SECRET).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/bearerTokenSecret", "name", SECRET).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/tlsConfig/keySecret", "name", SECRET).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/tlsConfig/ca|cert/secret", "name", SECRET).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/tlsConfig/ca|cert/configMap", "name", CONFIG_MAP).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/oauth2/clientId/secret", "name", SECRET).key(),
    edge(MONITORS, "/spec/endpoints|podMetricsEndpoints/*/oauth2/clientSecret", "name", SECRET).key(),
    // Gateway API.
    edge(ROUTES, "/spec/parentRefs/*", "name", To::Fields(GATEWAY, "Gateway")).across().first(),
    edge(ROUTES, "/spec/rules/*/backendRefs/*", "name", SERVICE).across().part(PORT).first(),
    edge(ROUTES, "/spec/rules/*/**/requestMirror/backendRef", "name", SERVICE).across().part(PORT),
    edge(ROUTES, "/spec/rules/*/**/extensionRef", "name", To::Fields("", "")),
    edge(&[(GATEWAY, "ListenerSet")], "/spec/parentRef", "name", To::Fields(GATEWAY, "Gateway")).across().first(),
    edge(&[(GATEWAY, "Gateway")], "/spec/gatewayClassName", "", To::One(GATEWAY, "GatewayClass")).first(),
    edge(&[(GATEWAY, "Gateway")], "/spec/infrastructure/parametersRef", "name", To::Fields("", "")).first(),
    edge(&[(GATEWAY, "Gateway")], "/spec/listeners/*/tls/certificateRefs/*", "name", To::Fields("", "Secret"))
        .across()
        .part(TLS),
    edge(&[(GATEWAY, "Gateway")], "/spec/**/caCertificateRefs/*", "name", To::Fields("", "ConfigMap"))
        .across()
        .part(CA),
    edge(&[(GATEWAY, "GatewayClass")], "/spec/parametersRef", "name", To::Fields("", "")).placed(),
    edge(&[(GATEWAY, "BackendTLSPolicy")], "/spec/targetRefs/*", "name", SERVICE).part(Part::Port("sectionName")),
    edge(&[(GATEWAY, "BackendTLSPolicy")], "/spec/validation/caCertificateRefs/*", "name", To::Fields("", "ConfigMap"))
        .part(CA),
    // Gateway API Inference Extension.
    edge(&[(INFERENCE, "InferencePool")], "/spec/endpointPickerRef", "name", SERVICE).part(PORT),
    edge(
        &[(INFERENCE_X, "InferenceModelRewrite"), (INFERENCE_X, "InferenceObjective")],
        "/spec/poolRef",
        "name",
        To::Fields(INFERENCE, "InferencePool"),
    ),
    // agentgateway. Keys are fixed (controller/pkg/utils/kubeutils/secrets.go and the plugins of each kind of login).
    edge(POLICY, "/spec/targetRefs/*", "name", To::Fields("", "")),
    edge(PROXIES, "/spec/**/backendRef", "name", SERVICE).across().part(PORT),
    edge(PROXIES, "/spec/mcp/targets/*/static", "backendRef/name", To::One("", "Service")).part(PORT),
    edge(PROXIES, "/spec/**/auth/secretRef", "name", SECRET).part(Part::Keys(&["Authorization"])),
    edge(PROXIES, "/spec/**/auth/aws/secretRef", "name", SECRET).part(Part::Keys(&["accessKey", "secretKey"])),
    edge(PROXIES, "/spec/**/auth/azure/secretRef", "name", SECRET).part(Part::Keys(&[
        "clientID",
        "tenantID",
        "clientSecret",
    ])),
    edge(PROXIES, "/spec/**/auth/gcp/secretRef", "name", SECRET).part(Part::Keys(&["credentials.json"])),
    edge(PROXIES, "/spec/**/tls/caCertificateRefs/*", "name", CONFIG_MAP).part(CA),
    edge(PROXIES, "/spec/**/tls/mtlsCertificateRef/*", "name", SECRET).part(TLS),
    edge(POLICY, "/spec/traffic/apiKeyAuthentication/secretRef", "name", SECRET),
    edge(POLICY, "/spec/traffic/basicAuthentication/secretRef", "name", SECRET).part(Part::Keys(&[".htaccess"])),
    edge(&[(AGENTGATEWAY, "AgentgatewayParameters")], "/spec/env/*/valueFrom/secretKeyRef", "name", SECRET).key(),
    edge(&[(AGENTGATEWAY, "AgentgatewayParameters")], "/spec/env/*/valueFrom/configMapKeyRef", "name", CONFIG_MAP)
        .key(),
    // CloudNativePG and its backup plugin.
    edge(CLUSTER, "/spec/bootstrap/initdb|recovery|pg_basebackup/secret", "name", SECRET).part(LOGIN).first(),
    edge(CLUSTER, "/spec/bootstrap/initdb/*/secretRefs/*", "name", SECRET).key().first(),
    edge(CLUSTER, "/spec/bootstrap/initdb/*/configMapRefs/*", "name", CONFIG_MAP).key().first(),
    edge(CLUSTER, "/spec/bootstrap/recovery/backup", "name", To::One(CNPG, "Backup")).first(),
    edge(CLUSTER, "/spec/superuserSecret", "name", SECRET).part(LOGIN).first(),
    edge(CLUSTER, "/spec/managed/roles/*/passwordSecret", "name", SECRET).part(LOGIN),
    edge(CLUSTER, "/spec/imageCatalogRef", "name", To::Fields(CNPG, "ImageCatalog")).first(),
    edge(CLUSTER, "/spec/imagePullSecrets/*", "name", SECRET).weak(),
    edge(CLUSTER, "/spec/certificates/serverTLSSecret|serverCASecret|clientCASecret|replicationTLSSecret", "", SECRET)
        .first(),
    edge(CLUSTER, "/spec/externalClusters/*/password|sslKey|sslCert|sslRootCert", "name", SECRET).key(),
    edge(CLUSTER, "/spec/**/barmanObjectStore/s3Credentials|azureCredentials|googleCredentials/*", "name", SECRET)
        .key(),
    edge(CLUSTER, "/spec/monitoring/customQueriesConfigMap/*", "name", CONFIG_MAP).key(),
    edge(CLUSTER, "/spec/monitoring/customQueriesSecret/*", "name", SECRET).key(),
    edge(CLUSTER, "/spec/env/*/valueFrom/secretKeyRef", "name", SECRET).key().first(),
    edge(CLUSTER, "/spec/env/*/valueFrom/configMapKeyRef", "name", CONFIG_MAP).key().first(),
    edge(CLUSTER, "/spec/plugins/*/parameters/barmanObjectName", "", To::One(BARMAN, "ObjectStore")).first(),
    edge(CLUSTER, "/spec/externalClusters/*/plugin/parameters/barmanObjectName", "", To::One(BARMAN, "ObjectStore"))
        .first(),
    edge(OF_CLUSTERS, "/spec/cluster", "name", To::One(CNPG, "Cluster")),
    edge(&[(CNPG, "Pooler")], "/spec/pgbouncer/authQuerySecret", "name", SECRET),
    edge(OBJECT_STORE, "/spec/configuration/s3Credentials|azureCredentials|googleCredentials/*", "name", SECRET).key(),
    edge(OBJECT_STORE, "/spec/configuration/endpointCA", "name", SECRET).key(),
    edge(OBJECT_STORE, "/spec/instanceSidecarConfiguration/env/*/valueFrom/secretKeyRef", "name", SECRET).key(),
    // Values of a chart, where they have the shape of the core's.
    edge(APPLICATION, "/spec/**/valuesObject/**/secretKeyRef", "name", SECRET).key().content(),
    edge(APPLICATION, "/spec/**/valuesObject/**/configMapKeyRef", "name", CONFIG_MAP).key().content(),
    edge(APPLICATION, "/spec/**/valuesObject/**/envFrom/*/secretRef", "name", SECRET).content(),
    edge(APPLICATION, "/spec/**/valuesObject/**/envFrom/*/configMapRef", "name", CONFIG_MAP).content(),
    edge(APPLICATION, "/spec/**/valuesObject/**/priorityClassName", "", To::One("scheduling.k8s.io", "PriorityClass"))
        .content(),
    edge(APPLICATION, "/spec/**/valuesObject/**/serviceAccount", "name", SERVICE_ACCOUNT).content(),
    // LiteLLM's chart.
    edge(APPLICATION, "/spec/**/valuesObject", "masterkeySecretName", SECRET)
        .part(Part::Key("masterkeySecretKey"))
        .content(),
    edge(APPLICATION, "/spec/**/valuesObject/environmentSecrets/*", "", SECRET).content(),
    edge(&[(ARGOCD, "ApplicationSet")], "/spec/template/spec/project", "", To::One(ARGOCD, "AppProject")).weak(),
    // External Secrets.
    edge(EXTERNAL_SECRET, "/spec/secretStoreRef", "name", To::Fields(ESO, "SecretStore")).first(),
    edge(EXTERNAL_SECRET, "/spec/data|dataFrom/*/sourceRef/storeRef", "name", To::Fields(ESO, "SecretStore")).first(),
    edge(EXTERNAL_SECRET, "/spec/dataFrom/*/sourceRef/generatorRef", "name", To::Fields(ESO_GENERATORS, "")).first(),
    edge(EXTERNAL_SECRET, "/spec/target/template/templateFrom/*/configMap", "name", CONFIG_MAP)
        .part(Part::Items)
        .first(),
    edge(EXTERNAL_SECRET, "/spec/target/template/templateFrom/*/secret", "name", SECRET).part(Part::Items).first(),
    edge(
        &[(ESO, "ClusterExternalSecret")],
        "/spec/externalSecretSpec/secretStoreRef",
        "name",
        To::Fields(ESO, "SecretStore"),
    ),
    edge(PUSH_SECRET, "/spec/secretStoreRefs/*", "name", To::Fields(ESO, "SecretStore")).first(),
    edge(PUSH_SECRET, "/spec/selector/secret", "name", SECRET).first(),
    edge(PUSH_SECRET, "/spec/selector/generatorRef", "name", To::Fields(ESO_GENERATORS, "")).first(),
    edge(STORE, "/spec/provider/**/*SecretRef", "name", SECRET).key().first(),
    edge(STORE, "/spec/provider/*/authSecretRef/*", "name", SECRET).key().first(),
    edge(STORE, "/spec/provider/**/serviceAccountRef", "name", SERVICE_ACCOUNT).first(),
    edge(STORE, "/spec/provider/kubernetes/auth/serviceAccount", "name", SERVICE_ACCOUNT).first(),
    edge(STORE, "/spec/provider/**/caProvider", "name", To::Type).key().first(),
    edge(CLUSTER_STORE, "/spec/provider/**/*SecretRef", "name", SECRET).key().placed().first(),
    edge(CLUSTER_STORE, "/spec/provider/*/authSecretRef/*", "name", SECRET).key().placed().first(),
    edge(CLUSTER_STORE, "/spec/provider/**/serviceAccountRef", "name", SERVICE_ACCOUNT).placed().first(),
    edge(CLUSTER_STORE, "/spec/provider/kubernetes/auth/serviceAccount", "name", SERVICE_ACCOUNT).placed().first(),
    edge(CLUSTER_STORE, "/spec/provider/**/caProvider", "name", To::Type).key().placed().first(),
];
