//! A gateway of runtime.agentic-layer.ai: what it says, what it serves, and what LiteLLM behind it is told.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::agentic::class::{CONTRACT, Class, Served, served};
use crate::agentic::config_patch;
use crate::agentic::guard::{Guard, guards};
use crate::agentic::input::spec;
use crate::agentic::litellm;
use crate::agentic::route::Route;
use crate::object::object::{Identity, Object, Objects};
use crate::text::digest;
use crate::text::goyaml::Yaml;
use crate::text::yaml::object;

/// The annotation that names the ConfigMap of a patch, in the gateway's namespace.
pub const PATCH: &str = "ai-gateway-litellm.agentic-layer.ai/config-patch";

/// The key of that ConfigMap.
pub const PATCH_KEY: &str = "patch.yaml";

/// An AiGateway or ToolGateway.
#[derive(Clone, Debug, Serialize)]
pub struct Gateway {
    /// AiGateway or ToolGateway.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name, also that of Deployment and Service.
    pub name: String,
    /// Which class serves it.
    #[serde(skip)]
    pub served: Served,
    /// Name of that class; absent: none does.
    pub class: Option<String>,
    /// Who renders it; absent: nobody, as something is missing.
    pub target: Option<String>,
    /// What `status.url` says, and for an AiGateway what an agent is given.
    pub url: String,
    /// Port of the Service.
    pub port: i64,
    /// Port of the container.
    pub container_port: i64,
    /// The spec as the cluster has it.
    pub spec: Value,
    /// What the settings say beyond the spec.
    pub extra: Value,
    /// Labels and annotations of Deployment and Service.
    pub common: Meta,
    /// Further ones of the pods.
    pub pod: Meta,
    /// What it says of the environment, as written.
    #[serde(skip)]
    pub given_env: Vec<Value>,
    /// Whole Secrets and ConfigMaps of the environment.
    pub env_from: Vec<Value>,
    /// Environment of the container, one of each name, sorted; on LiteLLM with what that needs.
    pub env: Vec<Value>,
    /// Providers whose keys are in no variable of its own.
    pub providers: Vec<String>,
    /// Namespaces of itself, its routes and its guards.
    pub namespaces: BTreeSet<String>,
    /// What it serves, sorted by namespace and name.
    pub routes: Vec<Route>,
    /// Its guards in order.
    pub guards: Vec<Guard>,
    /// LiteLLM's configuration before the patch.
    #[serde(skip)]
    pub base: Option<Yaml>,
    /// Its patch.
    #[serde(skip)]
    pub patch: Patch,
    /// The text of `config.yaml` on LiteLLM.
    pub config: Option<String>,
    /// The first 16 hex digits of its SHA-256.
    pub config_hash: Option<String>,
}

/// Labels and annotations.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Meta {
    /// Labels.
    pub labels: Map<String, Value>,
    /// Annotations.
    pub annotations: Map<String, Value>,
}

impl Meta {
    fn of(value: &Value) -> Self {
        Self { labels: object(&value["labels"]).clone(), annotations: object(&value["annotations"]).clone() }
    }
}

/// The config patch of a gateway.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Patch {
    /// It has none.
    #[default]
    None,
    /// Name of the ConfigMap and text of the patch.
    Text(String, String),
    /// There is no such ConfigMap.
    Missing(String),
    /// That ConfigMap has no key `patch.yaml`.
    NoKey(String),
    /// Name of the ConfigMap, and why the operator refuses the text.
    Refused(String, String),
}

impl Patch {
    /// Name of its ConfigMap.
    pub fn config_map(&self) -> Option<&String> {
        match self {
            Patch::None => None,
            Patch::Text(name, _) | Patch::Missing(name) | Patch::NoKey(name) | Patch::Refused(name, _) => Some(name),
        }
    }
}

/// What settings say about gateways beyond their objects.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// By `namespace/name`, complete.
    pub given: Value,
    /// The same for a gateway that is not among them.
    pub plain: Value,
}

impl Gateway {
    /// The class that serves it.
    pub fn by(&self) -> Option<&Class> {
        match &self.served {
            Served::By(class) => Some(class),
            _ => None,
        }
    }

    /// LiteLLM runs behind it.
    pub fn is_litellm(&self) -> bool {
        self.by().is_some_and(Class::is_litellm)
    }

    /// Its objects stand in git; no operator makes them.
    pub fn is_direct(&self) -> bool {
        self.by().is_some_and(|class| class.target != CONTRACT)
    }

    /// What the settings lay over the configuration after the patch.
    pub fn strict_patch(&self) -> Option<&Value> {
        self.extra.get("configPatch").filter(|patch| self.is_direct() && !object(patch).is_empty())
    }

    /// `namespace/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// Reads a gateway; its routes come later.
pub fn gateway(object: &Object<'_>, objects: &Objects<'_>, classes: &[Class], extras: &Extras) -> Gateway {
    let Identity { kind, namespace, name, .. } = object.identity.clone();
    let spec = spec(object);
    let class = spec[if kind == "AiGateway" { "aiGatewayClassName" } else { "toolGatewayClassName" }].as_str();
    let served = served(classes, &kind, class.unwrap_or_default());
    let (port, container_port, suffix) = match kind.as_str() {
        "AiGateway" => {
            let port = spec["port"].as_i64().unwrap_or_default();
            (port, port, format!(":{port}"))
        }
        _ => (80, 4000, String::new()),
    };
    let id = format!("{namespace}/{name}");
    let list = |key: &str| spec[key].as_array().cloned().unwrap_or_default();
    Gateway {
        url: format!("http://{name}.{namespace}.svc.cluster.local{suffix}"),
        class: None,
        target: None,
        port,
        container_port,
        extra: extras.given.get(&id).unwrap_or(&extras.plain).clone(),
        common: Meta::of(&spec["commonMetadata"]),
        pod: Meta::of(&spec["podMetadata"]),
        given_env: list("env"),
        env_from: list("envFrom"),
        namespaces: BTreeSet::from([namespace.clone()]),
        env: Vec::new(),
        providers: Vec::new(),
        routes: Vec::new(),
        guards: guards(object, objects),
        base: None,
        patch: patch(object, objects),
        config: None,
        config_hash: None,
        kind,
        namespace,
        name,
        served,
        spec,
    }
}

/// The patch that a gateway names. An empty annotation names none.
fn patch(gateway: &Object<'_>, objects: &Objects<'_>) -> Patch {
    let name = gateway.annotation(PATCH);
    if name.is_empty() {
        return Patch::None;
    }
    let Some(map) = objects.get("", "ConfigMap", &gateway.identity.namespace, name) else {
        return Patch::Missing(name.into());
    };
    match map.at(&format!("/data/{PATCH_KEY}")).and_then(Value::as_str) {
        Some(text) => Patch::Text(name.into(), text.into()),
        None => Patch::NoKey(name.into()),
    }
}

/// What LiteLLM is told, and whether all that it needs is there.
pub fn configure(gateway: &mut Gateway) {
    let Some(class) = gateway.by().cloned() else { return };
    gateway.class = Some(class.name.clone());
    gateway.namespaces.extend(gateway.routes.iter().map(|r| r.namespace.clone()));
    gateway.namespaces.extend(gateway.guards.iter().map(|g| g.namespace.clone()));
    let models = gateway.spec["aiModels"].as_array().cloned().unwrap_or_default();
    let given = gateway.given_env.clone();
    let complete = gateway.guards.iter().all(Guard::found) && gateway.port != 0;
    if !class.is_litellm() {
        gateway.target = complete.then_some(class.target);
        gateway.env = litellm::merged(given);
        return;
    }
    let direct = class.target != CONTRACT;
    let served: &[Guard] = if direct { &gateway.guards } else { &[] };
    gateway.env = litellm::environment(&models, served, &given);
    let named: BTreeSet<&str> = given.iter().filter_map(|e| e["name"].as_str()).collect();
    let providers: BTreeSet<&str> = models.iter().filter_map(|m| m["provider"].as_str()).collect();
    let open = providers.into_iter().filter(|provider| !named.contains(litellm::api_key(provider).as_str()));
    // Variables have upper-case names: `OpenAI` and `openai` read one key.
    let open: BTreeSet<String> = open.map(str::to_lowercase).collect();
    gateway.providers = open.into_iter().collect();
    let (entries, _) = litellm::guardrails(&gateway.guards, &gateway.kind, direct);
    let extra = if direct { &gateway.extra } else { &Value::Null };
    let base = litellm::config(&models, extra, &gateway.routes, &entries);
    let text = match &gateway.patch {
        Patch::None => config_patch::patched(&base, None),
        Patch::Text(_, patch) => config_patch::patched(&base, Some(patch)),
        _ => Err(String::new()),
    };
    let text = text.and_then(|text| match gateway.strict_patch() {
        Some(patch) => config_patch::strict(&text, patch),
        None => Ok(text),
    });
    gateway.base = Some(base);
    match (text, &gateway.patch) {
        (Ok(text), _) if complete => {
            gateway.config_hash = Some(digest::hex(text.as_bytes())[..16].to_owned());
            gateway.config = Some(text);
            gateway.target = Some(class.target);
        }
        (Err(why), Patch::Text(name, _)) => gateway.patch = Patch::Refused(name.clone(), why),
        _ => {}
    }
}
