//! What is said about the user's files: code, severity, place, way out. Only data; `report` draws it.

use crate::text::source::Place;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written and the exit code is 1.
    Error,
    /// Said, and no more.
    Warning,
}

/// One observation. Findings sort by place, then code, then message.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of mistake it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Other places that explain it, each with a few words.
    pub related: Vec<(Place, String)>,
    /// The way out.
    pub help: Option<Box<str>>,
    /// The object that it is about, where it is about one.
    pub about: Option<Box<About>>,
}

/// A part of a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// JSON pointer into it.
    pub pointer: String,
}

impl Finding {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            related: Vec::new(),
            help: None,
            about: None,
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// With its place.
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// With one more place that explains it.
    pub fn related(mut self, place: Place, words: impl Into<String>) -> Self {
        self.related.push((place, words.into()));
        self
    }

    /// With its way out.
    pub fn help(mut self, help: impl Into<Box<str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn key(&self) -> (Option<(&str, usize)>, &'static str, &str) {
        (self.place.as_ref().map(|p| (p.source.name.as_str(), p.start)), self.code.name(), &self.message)
    }
}

/// Sorted, without repeats.
pub fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.key().cmp(&b.key()));
    findings.dedup_by(|a, b| a.key() == b.key());
    findings
}

/// A kind of finding that is not ours: what a page in the working directory's `rules/` says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Own {
    /// The page's stem.
    pub name: String,
    /// Its first paragraph.
    pub summary: String,
    /// All of it.
    pub page: String,
}

impl Own {
    /// As a code, which goes wherever findings go. A process reads its pages once, so that they may stay.
    pub fn code(self) -> Code {
        Code::Own(Box::leak(Box::new(self)))
    }
}

macro_rules! codes {
    ($($variant:ident $name:literal $summary:literal)*) => {
        /// Every kind of finding. The kebab-case name is stable; each has an example under `tests/diagnostics/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
            /// One that a page of the user's own brings.
            Own(&'static Own),
        }

        impl Code {
            /// All of ours, in the order of the pipeline.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* Code::Own(own) => &own.name }
            }

            /// One line for `explain`.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* Code::Own(own) => &own.summary }
            }

            /// The one of ours that has this name.
            pub fn named(name: &str) -> Option<Code> {
                Code::ALL.iter().find(|code| code.name() == name).copied()
            }
        }
    };
}

codes! {
    NotUtf8 "not-utf8" "A file is not UTF-8 text."
    YamlSyntax "yaml-syntax" "A file is not YAML: indentation, a tab, a missing colon or quote."
    DuplicateKey "duplicate-key" "A key stands twice in one map; readers disagree on which one counts."
    SeveralDocuments "several-documents" "A file has a second YAML document; it would be ignored."
    EmptyFile "empty-file" "A file has no content."
    YamlLimit "yaml-limit" "A file is too large, too deep, or multiplies itself with aliases."
    WrongShape "wrong-shape" "A part of a file is a list where a map belongs, or the like."
    UnknownKey "unknown-key" "A key means nothing here; often a typo."
    NotAFlag "not-a-flag" "A feature is neither `true` nor `false`. YAML's other spellings are refused because tools read them differently."
    InvalidValue "invalid-value" "A value breaks the schema of its setting: type, range, pattern or choice."
    MissingValue "missing-value" "A value that this choice needs is not given."
    OtherVersion "other-version" "features.yaml is written for another version of gatewright than the one that runs."
    InvalidName "invalid-name" "A name is no DNS label, so it can be neither a Kubernetes name nor a folder."
    LiteralSecret "literal-secret" "A secret stands in a file; keys live in the secret store, never in git."
    DuplicateCluster "duplicate-cluster" "Two clusters have one name, or differ only in upper and lower case."
    SettingRule "setting-rule" "Settings contradict each other; the group that owns them says how."
    SettingAdvice "setting-advice" "A setting is taken, and probably not what is meant; the group that owns it says why."
    ForbiddenFeature "forbidden-feature" "A feature is set to `false` and something that is on needs it."
    AmbiguousProvider "ambiguous-provider" "Several groups could provide what is needed and none is chosen."
    ConflictingProviders "conflicting-providers" "Two groups that are on provide the same capability."
    DuplicateItem "duplicate-item" "Two groups contribute items that must differ, such as two models of one alias."
    GroupFile "group-file" "A group file breaks the format of docs/groups.md."
    RulePage "rule-page" "A page in `rules/` breaks the format of docs/rules.md, or its rule fails."
    GroupCycle "group-cycle" "Groups need each other in a circle."
    EjectedFile "ejected-file" "A copy of a built-in file was made from another original than this binary has."
    TemplateSyntax "template-syntax" "A template or an expression does not parse."
    TemplateValue "template-value" "A template or an expression fails while it is filled, often on an undefined name."
    TemplateOutput "template-output" "A template yields something that is no Kubernetes object."
    NotAnObject "not-an-object" "A document in a file of manifests is no Kubernetes object."
    DuplicateObject "duplicate-object" "Two templates yield the same object."
    NestedPaths "nested-paths" "The path of one component lies inside another's; Argo CD would apply the inner one twice."
    SecretMaterial "secret-material" "A rendered file holds something that looks like a key."
    SaasWithoutKey "saas-without-key" "A provider is called without a key: the caller's token goes there."
    KeyInOtherHeader "key-in-other-header" "A key travels in another header, and the caller's Authorization beside it."
    GatewayWideBackendPolicy "gateway-wide-backend-policy" "A key or TLS for backends is set on a Gateway and reaches all of them."
    EmptySecretReference "empty-secret-reference" "A reference to a Secret has no name."
    FailoverWithoutHealth "failover-without-health" "Groups of providers without a health policy: the second is never used."
    DuplicateProvider "duplicate-provider" "Two providers of a backend have one name."
    OverrideWithoutPath "override-without-path" "A provider's host is replaced and its path is not."
    TlsPortWithoutTls "tls-port-without-tls" "Plain text is spoken to port 443."
    AzureEndpoint "azure-endpoint" "An Azure endpoint is written with a scheme."
    FieldWithoutEffect "field-without-effect" "A field is accepted and does nothing."
    DeprecatedField "deprecated-field" "A field is removed in a coming release."
    McpFailureMode "mcp-failure-mode" "Several MCP targets, and one that is down takes all down."
    McpWithoutAppProtocol "mcp-without-app-protocol" "A Service is selected as MCP server and does not say that it is one."
    OpenProxy "open-proxy" "A backend goes wherever the caller's Host header says."
    SecondRateLimit "second-rate-limit" "A second local rate limit, which never acts."
    GlobalLimit "global-limit" "A limit over all proxies that the counter does not know, or is not asked for."
    NegativeBurst "negative-burst" "A negative burst: the limit is rejected, or without end."
    TokensWithoutModel "tokens-without-model" "Tokens are limited where none are counted."
    PolicyConflict "policy-conflict" "Two policies set one field for one target."
    DenyRule "deny-rule" "A rule that denies, and lets through when it fails."
    CelExpression "cel-expression" "A CEL expression that does not parse, or yields nothing."
    BrokenRegex "broken-regex" "A regular expression that does not parse: it never matches, or guards nothing."
    TracingWithoutSampling "tracing-without-sampling" "Tracing that samples nothing of its own."
    TracingPort "tracing-port" "Traces are sent to the port of another protocol."
    SectionNameNotAPort "section-name-not-a-port" "A policy on a Service names its port by name."
    JwtWithoutRequire "jwt-without-require" "Tokens are checked by a policy whose loss opens the route."
    McpWithRemoteKeys "mcp-with-remote-keys" "An MCP block beside keys to be fetched."
    JwksPath "jwks-path" "Keys are fetched from a document that has none."
    InlineJwks "inline-jwks" "Inline keys that the proxy rejects."
    JwksUnderSelector "jwks-under-selector" "Keys to be fetched in a policy that selects its targets by label."
    JwksSource "jwks-source" "Keys are fetched through something that can't be fetched from."
    IssuerMismatch "issuer-mismatch" "A rule requires an issuer that no provider has."
    AudienceAsString "audience-as-string" "A rule compares the audience with a text, and tokens may have a list."
    McpDiscovery "mcp-discovery" "MCP discovery is offered on a route that does not take it in."
    HeaderWithoutPolicy "header-without-policy" "A route matches on a model header that nobody sets."
    SharedModelPath "shared-model-path" "Two models share a path: who may call one may call both."
    SmallBodyLimit "small-body-limit" "A Gateway that routes by model reads 2 MiB of a body."
    SaasBehindPool "saas-behind-pool" "A provider's model is routed to an InferencePool."
    InferenceExtensionOff "inference-extension-off" "Routes lead to pools, and agentgateway is installed without them."
    PoolSelectsPicker "pool-selects-picker" "An InferencePool selects its own endpoint picker."
    PoolFailureMode "pool-failure-mode" "An InferencePool does not say what happens without its picker."
    EppFlag "epp-flag" "An endpoint picker is started with flags it refuses."
    EppConfig "epp-config" "An endpoint picker's configuration does not decode."
    FloatingVersion "floating-version" "What runs is decided by the day it starts."
    KeyBehindGateway "key-behind-gateway" "A model server asks for a key that the gateway has taken away."
    ServiceLinks "service-links" "A Service called vllm stops vLLM."
    SimulatorTokenizer "simulator-tokenizer" "The vLLM simulator asks Hugging Face, or has a flag it does not know."
    HeaderValue "header-value" "A name that travels in a header holds what no header can."
    VllmArgument "vllm-argument" "vLLM is given an argument twice, one that it does not know, or with a value that it refuses."
    VllmGpus "vllm-gpus" "vLLM is to spread over GPUs that its pod does not have, or over workers without shared memory."
    VllmProbe "vllm-probe" "A probe takes a busy vLLM for a dead one."
    VllmHome "vllm-home" "vLLM runs where it can't write its caches."
    VllmOpen "vllm-open" "vLLM runs code, or takes adapters, that others bring."
    VllmShutdown "vllm-shutdown" "vLLM cuts its answers when it stops, though its pod has time."
    VllmStart "vllm-start" "A liveness probe ends vLLM while it loads."
    VolumeOfOneNode "volume-of-one-node" "Two pods want a volume of one node."
    KedaRefuses "keda-refuses" "KEDA's webhook refuses an object."
    ScaledReplicas "scaled-replicas" "A workload that is scaled has a number of replicas in git."
    BusyPod "busy-pod" "A pod is scaled away while it answers."
    NobodyWaits "nobody-waits" "A pool scales to zero and holds no requests."
    CnpgRefuses "cnpg-refuses" "CloudNativePG's webhook refuses an object."
    CnpgFixedParameter "cnpg-fixed-parameter" "A PostgreSQL parameter that CloudNativePG sets itself."
    SixFieldSchedule "six-field-schedule" "A backup schedule without seconds: it means every hour."
    BackupMethod "backup-method" "A backup by a method that the cluster does not have."
    SingleInstancePdb "single-instance-pdb" "One instance and a disruption budget: its node can't be drained."
    BuffersWithoutUnit "buffers-without-unit" "An amount of memory without a unit, read in two ways."
    LooseDatabase "loose-database" "A parameter of PostgreSQL that loses data, or shows it."
    UnboundedWal "unbounded-wal" "A write-ahead log that fills its volume."
    StoreChecksums "store-checksums" "Backups go to a store that may refuse their checksums."
    DatabaseNamedApp "database-named-app" "An owner without a database, which is then called app."
    DataNotKept "data-not-kept" "A database that Argo CD deletes with its file."
    PluginNamespace "plugin-namespace" "A backup plugin outside the operator's namespace."
    EsoRefuses "eso-refuses" "External Secrets' webhook refuses an object."
    SecretTemplate "secret-template" "A template of an ExternalSecret does not parse."
    RefreshInterval "refresh-interval" "An ExternalSecret asks its store too often, or so rarely that a new key never arrives."
    ApiNotServed "api-not-served" "A version or kind that no current release serves."
    StoreReference "store-reference" "A cluster-wide store whose credentials lie in many namespaces."
    RotatingGenerator "rotating-generator" "A generated password that changes by itself."
    WriteOnceKey "write-once-key" "A key that must not change is made anew with its ExternalSecret."
    PasswordGenerator "password-generator" "A generator that can't make what it is asked for."
    UnescapedPassword "unescaped-password" "A password stands in a URL as it is."
    ListDefaults "list-defaults" "Defaults inside a list are left out: Argo CD shows a difference for ever."
    StaleRetry "stale-retry" "A sync that fails is tried again without end, with what it failed on."
    LuaLibrary "lua-library" "A script of argocd-cm calls a library that Argo CD's Lua does not have."
    ArgocdOpen "argocd-open" "A setting of Argo CD opens it, or makes it blind."
    CarelessSync "careless-sync" "An Application is synced in a way that loses what nobody meant to lose."
    OpenProject "open-project" "An AppProject limits nothing, or an Application is in the one that does not."
    ShrinkingProject "shrinking-project" "An AppProject loses a namespace before what lies there can be deleted."
    ApplicationSource "application-source" "An Application takes manifests from nowhere, or from two kinds of source."
    ApplicationDestination "application-destination" "An Application goes to no cluster, or to one named twice."
    SyncOption "sync-option" "A sync option that Argo CD does not know."
    SyncWave "sync-wave" "A sync wave that is no number."
    LargeCrds "large-crds" "CRDs that are too large for client-side apply."
    IncompatibleVersions "incompatible-versions" "Two versions that do not go together."
    TwoCrdOwners "two-crd-owners" "Two Applications own the CRDs of Gateway API."
    ClaimGap "claim-gap" "The platform claims something that the manifests do not show."
    UnknownNamespace "unknown-namespace" "An object lies in a namespace that neither the platform creates nor the user declares."
    LitellmStart "litellm-start" "A setting with which LiteLLM does not start."
    LitellmUnknownKey "litellm-unknown-key" "A key in LiteLLM's configuration means nothing to it; it says nothing, or sends it to the model."
    LitellmMisplacedKey "litellm-misplaced-key" "A key in LiteLLM's configuration stands in a section that does not read it."
    LitellmEntry "litellm-entry" "LiteLLM drops an entry of its model_list: it names no provider, or holds text where a number belongs."
    LitellmAliasTwice "litellm-alias-twice" "One alias of LiteLLM stands for two models; each call gets one of them."
    LitellmHeaderValue "litellm-header-value" "A header that LiteLLM sends has a value that is no string; each call fails."
    LitellmPrice "litellm-price" "An entry of LiteLLM's model_list without its prices costs nothing, or what another one costs."
    LitellmOpen "litellm-open" "A setting of LiteLLM lets callers past its keys, its models or its prices."
    LitellmDatabaseModels "litellm-database-models" "LiteLLM takes models and settings from its database too, over what git says."
    LitellmPaidCalls "litellm-paid-calls" "LiteLLM calls models that nobody asked for, or many times over, and each call is paid."
    LitellmReservation "litellm-reservation" "A budget of LiteLLM refuses calls long before it is spent."
    LitellmSpendLogs "litellm-spend-logs" "LiteLLM keeps a row of each call in its database for ever."
    LitellmAdvisory "litellm-advisory" "A release of LiteLLM with a published hole, or with malicious code."
    LitellmLog "litellm-log" "LiteLLM writes keys and prompts into its log."
    LitellmFallback "litellm-fallback" "A fallback of LiteLLM names an alias that is not there, or itself."
    LitellmNewKeys "litellm-new-keys" "What LiteLLM gives to new keys contradicts itself, or names a model that is not there."
    LitellmCallback "litellm-callback" "A callback of LiteLLM does something else than it says."
    LitellmGuardrail "litellm-guardrail" "A guardrail of LiteLLM runs only for requests that name it."
    LitellmGuardrailGap "litellm-guardrail-gap" "A guardrail of LiteLLM that some requests or answers pass unseen."
    LitellmStreamUsage "litellm-stream-usage" "LiteLLM counts the tokens of streams itself, and far too few."
    LitellmMasterKey "litellm-master-key" "LiteLLM has no master key, or not surely: it serves everybody."
    LitellmEnvironment "litellm-environment" "LiteLLM's configuration reads a variable that its pod does not have."
    DuplicateEnv "duplicate-env" "A variable of a container is set twice; a server-side apply refuses that."
    LitellmDatabase "litellm-database" "LiteLLM's chart is told of two databases, and its proxy and its migration take different ones."
    LitellmDatabaseLoss "litellm-database-loss" "What LiteLLM is to do without its database does not work, or lets every key in."
    LitellmMigration "litellm-migration" "LiteLLM's migration ends well without having migrated."
    LitellmSaltKey "litellm-salt-key" "The key that LiteLLM encrypts with may change, and what it encrypted is lost."
    LitellmImage "litellm-image" "LiteLLM's image is not the version that is meant: its tag moves, is not there, or differs from the migration's."
    LitellmConnections "litellm-connections" "LiteLLM may open more connections than its database takes."
    LitellmReplicas "litellm-replicas" "Several pods of LiteLLM have no Redis, and each counts limits and budgets alone."
    ApiBase "api-base" "The address of a model in LiteLLM's configuration is not one at which a model can answer."
    AliasRoute "alias-route" "An alias of LiteLLM leads to a Gateway where no route takes its requests."
    AliasRefused "alias-refused" "A policy on the way of an alias refuses what LiteLLM asks."
    AliasModel "alias-model" "An alias of LiteLLM leads to another model than the one it asks for."
    ModelHeader "model-header" "The header that a Gateway derives from a request's model does not fit its routes."
    ModelBypass "model-bypass" "A caller of one alias gets another model by naming it in the body, at the price of the first."
    RouteUnreachable "route-unreachable" "A route leads to a model, and no alias of LiteLLM leads to the route."
    RouteUnlocked "route-unlocked" "Any pod may call a model past LiteLLM, without key and budget."
    LoosePolicy "loose-policy" "A policy or a backend of agentgateway is looser, or stricter, than anybody wants."
    LooseRights "loose-rights" "A Role or a binding gives more than its name says, or gives it to everybody."
    LooseNetwork "loose-network" "A NetworkPolicy opens in one rule what its others close."
    GatewayApiRefuses "gateway-api-refuses" "The definitions of Gateway API refuse an object."
    PrometheusRefuses "prometheus-refuses" "Prometheus or its operator refuses a rule or a scrape."
    RouteConflict "route-conflict" "Two rules match the same requests; one of them gets all."
    TimeoutOrder "timeout-order" "Times along the way from alias to model contradict each other."
    ColdStart "cold-start" "A model server may sleep, and nothing holds the request that wakes it."
    AbsurdAmount "absurd-amount" "An amount with which nothing can run, mostly by its unit."
    Impatient "impatient" "Something is ended before it could do its work."
    SpreadOfNothing "spread-of-nothing" "Pods are to be spread, and the constraint counts other pods, or none."
    SwitchedOff "switched-off" "Something that is delivered does nothing, because one field says so."
    ProxyForAll "proxy-for-all" "A pod calls the Services of its cluster through a proxy."
    PodRefused "pod-refused" "A pod asks for what the kubelet, or the Pod Security Standard of its namespace, refuses."
    MissingRight "missing-right" "A program may not read what it watches."
    Promql "promql" "A query for Prometheus does not parse."
    UnknownMetric "unknown-metric" "A query asks for a metric that nobody exports."
    ScalerQuery "scaler-query" "A workload is scaled by the numbers of another pool or model."
    OtelConfig "otel-config" "An OpenTelemetry collector does not start with its configuration."
    RouteWithoutBackend "route-without-backend" "A route takes requests and leads them to nobody."
    DanglingReference "dangling-reference" "An object names another one that the cluster will not have."
    MissingKey "missing-key" "An object reads a key that the Secret or ConfigMap does not have."
    MissingPort "missing-port" "An object calls a port that the Service or the pods behind it do not have."
    EmptySelection "empty-selection" "A selector takes nothing."
    JobBehindService "job-behind-service" "A Service or PodDisruptionBudget takes the pods of a Job for those of its server."
    UnreachablePods "unreachable-pods" "Pods wait for requests, and nothing leads to them."
    UnboundRole "unbound-role" "A Role that is bound to nobody, beside a ServiceAccount without any rights."
    McpUnlocked "mcp-unlocked" "Anybody may call the tools of an MCP server, while other routes of its Gateway ask for a key or a token."
    PolicyWithoutDns "policy-without-dns" "Pods call others by name, and no policy lets them ask for names."
    PolicyAdmitsStrangers "policy-admits-strangers" "A NetworkPolicy lets in whom nobody names."
    PolicyBlocksCall "policy-blocks-call" "Pods call others, and a NetworkPolicy of the one side or the other does not let them."
    PriorityClass "priority-class" "A pod names a priority class of Kubernetes' own that there is not."
    ListenerProtocol "listener-protocol" "A listener has a protocol that the Gateway API does not know."
    NotAttached "not-attached" "A route names a Gateway that does not take it."
    PolicyTarget "policy-target" "An AgentgatewayPolicy is for a part of its target that is not there, or sets what that target does not take."
    PlainText "plain-text" "A route takes requests from outside in plain text."
    AdminRoute "admin-route" "A route with a host name leads to LiteLLM's administration."
    UnusedCertificate "unused-certificate" "A certificate is made for nobody."
    NotGranted "not-granted" "An object refers into another namespace, or to a store, that does not let it."
    SyncOrder "sync-order" "An object needs something that the same sync brings later."
    NotPermitted "not-permitted" "An AppProject does not allow what one of its Applications delivers."
    DatabaseLogin "database-login" "A CloudNativePG cluster is given a login that it cannot use as it should."
    MissingCrd "missing-crd" "An object is of a kind that no CustomResourceDefinition brings."
    NotDelivered "not-delivered" "Nothing delivers what the cluster is to have."
    UnusedSilence "unused-silence" "A silence names a finding that is not there (any more)."
    InvalidPatch "invalid-patch" "A patch is no partial object, or says something that cannot be laid over one."
    PatchWithoutTarget "patch-without-target" "A patch is for an object, or for the chart of a component, that is not rendered."
    PatchWithoutEffect "patch-without-effect" "A patch changes nothing."
    UnknownChartValue "unknown-chart-value" "A chart is given a value that it does not know."
    StaleOutput "stale-output" "The committed files are not what the inputs render."
    Deletion "deletion" "A run would delete a database, a key, or a large part of a cluster, and nobody said that it should."
    ShardSet "shard-set" "Outputs of shards are not one fleet: one is missing, doubled, changed, or of other inputs."
    HandEdited "hand-edited" "A rendered file was changed by hand."
    ForeignFile "foreign-file" "A file that was not rendered lies where Argo CD would apply it."
    IgnoreEntry "ignore-entry" "An entry of `.gatewrightignore` gives no reason, or names no file of others."
    GoldenDiffers "golden-differs" "A golden tree is not what its case renders."
    DataDeleted "data-deleted" "In `diff`: an object that holds data or a key, or a Namespace, is deleted or made anew."
    DataUnprotected "data-unprotected" "In `diff`: what keeps data from being deleted, or copies it, is taken away."
    VolumeShrinks "volume-shrinks" "In `diff`: a volume would become smaller, which none can."
    LeftBehind "left-behind" "In `diff`: an object goes from git and stays in the cluster."
    Recreated "recreated" "In `diff`: Argo CD deletes an object and creates it again."
    ImmutableField "immutable-field" "In `diff`: a field changes that the API server does not change."
    SelectorChanged "selector-changed" "In `diff`: what an object selects changes."
    SecretNeeded "secret-needed" "In `diff`: a key must be in the secret store before the change is synced."
    LimitLoosened "limit-loosened" "In `diff`: a budget or a limit becomes wider or goes."
    PriceLowered "price-lowered" "In `diff`: a model's price goes down, so that budgets last longer."
    AliasGone "alias-gone" "In `diff`: a model's name disappears while keys may name it."
    GuardLoosened "guard-loosened" "In `diff`: what guards requests lets more through."
    AuthLoosened "auth-loosened" "In `diff`: who is asked for a key or token, or what it must say, becomes wider."
    RoutesLoosened "routes-loosened" "In `diff`: a Gateway takes routes from further namespaces, or a grant reaches further."
    ToolsLoosened "tools-loosened" "In `diff`: more tools may be called."
    NetworkLoosened "network-loosened" "In `diff`: a NetworkPolicy lets more through, or goes."
    RightsLoosened "rights-loosened" "In `diff`: RBAC or an AppProject allows more."
    PodLoosened "pod-loosened" "In `diff`: pods may do more to their node or to the API."
    PublicExposure "public-exposure" "In `diff`: something can be reached from outside the cluster."
    ScaledToZero "scaled-to-zero" "In `diff`: a workload goes down to nothing."
    WaveMoved "wave-moved" "In `diff`: an object is synced at another time than before."
    MajorVersion "major-version" "In `diff`: an image or a chart goes over a major version."
    CrdDefault "crd-default" "In `diff`: a definition changes a default under the objects that exist."
    ManyObjects "many-objects" "In `diff`: a large part of a cluster changes at once."
    CrdFile "crd-file" "A CustomResourceDefinition cannot be used: it is broken, or defined twice in different ways."
    VersionNotServed "version-not-served" "A kind is known, but not in the version that an object names."
    UnknownField "unknown-field" "A field that the schema of the kind does not have; the API server refuses it in strict mode."
    InvalidField "invalid-field" "A value that the kind does not allow: type, bounds, pattern, choice, missing; in `diff` also a field that never changes."
    CelRule "cel-rule" "A rule that the kind's definition carries (x-kubernetes-validations) does not hold."
    InvalidMetadata "invalid-metadata" "The metadata of an object breaks Kubernetes' rules: names, labels, annotations, scope."
    GatewayClass "gateway-class" "No class serves an AiGateway or ToolGateway, or controllers of several do."
    GatewayName "gateway-name" "Two objects would get one Deployment and Service, or one is overwritten."
    GatewayWithoutSpec "gateway-without-spec" "An AiGateway says nothing; its container would listen on port 0."
    ConfigPatch "config-patch" "The LiteLLM operator refuses a gateway's config patch, or destroys it."
    LiteralMasterKey "literal-master-key" "A master key of LiteLLM stands in a manifest in clear text."
    OpenGateway "open-gateway" "A LiteLLM proxy without a key answers every pod of the cluster."
    AgenticReference "agentic-reference" "A gateway's Guard, or a Guard's provider, is not there; the gateway fails as a whole."
    GuardSkipped "guard-skipped" "An operator passes over a guard, and the gateway serves without it."
    GuardWithoutEffect "guard-without-effect" "A guard is in place and does nothing."
    GuardValues "guard-values" "A Guard or its provider holds values that the CRD admits and the guard cannot use."
    GuardName "guard-name" "Two guards of one gateway have one name in LiteLLM."
    ToolFilter "tool-filter" "LiteLLM reads a tool filter otherwise than the contract promises."
    RouteKey "route-key" "Two ToolRoutes of one gateway have one key; the second is not served."
    DeadRoute "dead-route" "No gateway serves a ToolRoute."
    AgentReference "agent-reference" "An Agent will not find the gateway or route that it counts on, or finds any of several."
}
