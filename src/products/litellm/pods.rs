//! The containers that run LiteLLM, its proxy and its migration, with the environment they get: from a pod template, or from
//! the values of the Helm chart `litellm-helm` as the chart passes them on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::object::part::Part;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::inventory::Inventory;
use crate::text::forms::version;

/// One variable of an environment.
#[derive(Clone, Debug, Default)]
pub struct Variable {
    /// JSON pointer of the entry, in [`Container::part`].
    pub pointer: String,
    /// Its value, where that is written.
    pub value: Option<String>,
    /// Name and key of the Secret it is read from.
    pub secret: Option<(String, String)>,
    /// It may be left out: its Secret is optional.
    pub optional: bool,
}

/// A container, or the values of the chart that make it.
#[derive(Clone, Debug)]
pub struct Container<'a> {
    /// What holds it: the container, or the chart's values.
    pub part: Part<'a>,
    /// JSON pointer of its pod's spec in the object; empty for a chart.
    pub spec: String,
    /// Its pod's namespace.
    pub namespace: String,
    /// The environment by name; of two variables with one name the last.
    pub environment: BTreeMap<String, Variable>,
    /// Variables may be there that no file shows.
    pub open: bool,
    /// Names that are given more than once, with the place of the later one.
    pub repeated: Vec<(String, String)>,
}

impl Container<'_> {
    /// The volumes of its pod.
    pub fn volumes(&self) -> &[Value] {
        if self.spec.is_empty() { &[] } else { self.part.object.items(&format!("{}/volumes", self.spec)) }
    }

    /// Whether a variable is surely there.
    pub fn has(&self, name: &str) -> bool {
        self.environment.contains_key(name)
    }

    /// Whether a variable is surely not there.
    pub fn lacks(&self, name: &str) -> bool {
        !self.open && !self.has(name)
    }

    /// The written value of a variable; empty when there is none.
    pub fn value(&self, name: &str) -> &str {
        self.environment.get(name).and_then(|v| v.value.as_deref()).unwrap_or_default()
    }

    /// Whether a database is configured: a URL, or the parts that LiteLLM makes one of.
    pub fn lacks_database(&self) -> bool {
        let parts = ["DATABASE_HOST", "DATABASE_USERNAME", "DATABASE_PASSWORD", "DATABASE_NAME"];
        self.lacks("DATABASE_URL") && parts.iter().any(|p| self.lacks(p))
    }

    /// The tag of its image; `None` where it has a digest or none is said.
    pub fn tag(&self) -> Option<&str> {
        match self.part.at("/image")? {
            Value::String(image) if !image.contains('@') => {
                image.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
            }
            image => image["tag"].as_str().filter(|_| !image["repository"].as_str().is_some_and(|r| r.contains('@'))),
        }
    }

    /// Major and minor number of LiteLLM, as the tag has them.
    pub fn version(&self) -> Option<[u32; 2]> {
        version(self.tag()?.trim_start_matches("main-"))
    }

    fn add(&mut self, name: &str, variable: Variable) {
        let pointer = variable.pointer.clone();
        if self.environment.insert(name.to_owned(), variable).is_some() {
            self.repeated.push((name.to_owned(), pointer));
        }
    }
}

/// The containers of a cluster that run LiteLLM.
#[derive(Debug, Default)]
pub struct Pods<'a> {
    /// Proxies, each with the index of its configuration.
    pub proxies: Vec<(usize, Container<'a>)>,
    /// What migrates the database.
    pub migrations: Vec<Container<'a>>,
}

/// Finds them.
pub fn pods<'a>(inventory: &Inventory<'_, 'a>, configs: &[Config<'a>]) -> Pods<'a> {
    let mut pods = Pods::default();
    for template in pod_template::all(&inventory.world.objects) {
        let migrating = template.all_containers().into_iter().filter(|(_, container)| migrates(container));
        pods.migrations.extend(migrating.map(|(pointer, _)| container(inventory, &template, &pointer)));
        for (index, config) in configs.iter().enumerate() {
            let proxy = proxy(config, &template).map(|i| template.spec(&format!("/containers/{i}")));
            pods.proxies.extend(proxy.map(|pointer| (index, container(inventory, &template, &pointer))));
        }
    }
    for (index, config) in configs.iter().enumerate() {
        let Some(values) = &config.chart else { continue };
        // The chart may be told to mount a ConfigMap of somebody else's.
        let map = values.text_at("/proxyConfigMap/name");
        let is_map = |c: &Config<'_>| {
            c.chart.is_none() && c.namespace() == config.namespace() && c.part.object.identity.name == map
        };
        let other = if map.is_empty() { None } else { configs.iter().position(is_map) };
        pods.proxies.push((other.unwrap_or(index), of_chart(inventory, config, values, true)));
        if values.at("/migrationJob/enabled") != Some(&Value::Bool(false)) {
            pods.migrations.push(of_chart(inventory, config, values, false));
        }
    }
    pods
}

fn migrates(container: &Value) -> bool {
    let all = ["command", "args"].into_iter().filter_map(|k| container[k].as_array()).flatten();
    all.filter_map(Value::as_str).any(|a| a.contains("prisma_migration"))
}

/// The container of a pod that runs LiteLLM with a configuration: of several that mount it the one with LiteLLM's image.
fn proxy(config: &Config<'_>, template: &PodTemplate<'_>) -> Option<usize> {
    let containers = template.items("/containers");
    let mounting: Vec<usize> = (0..containers.len()).filter(|i| mounts(config, template, &containers[*i])).collect();
    let named = |i: &&usize| containers[**i]["image"].as_str().is_some_and(|image| image.contains("litellm"));
    match mounting[..] {
        [only] => Some(only),
        _ => mounting.iter().find(named).copied(),
    }
}

/// Whether the container mounts the ConfigMap of a configuration.
fn mounts(config: &Config<'_>, template: &PodTemplate<'_>, container: &Value) -> bool {
    let map = config.part.object.identity;
    if config.chart.is_some() || template.owner.identity.namespace != map.namespace {
        return false;
    }
    let is_ours = |v: &Value| v["name"].as_str() == Some(&map.name);
    let holds = |volume: &&Value| {
        is_ours(&volume["configMap"])
            || volume["projected"]["sources"].as_array().into_iter().flatten().any(|s| is_ours(&s["configMap"]))
    };
    let volumes = template.items("/volumes").iter().filter(holds).filter_map(|v| v["name"].as_str());
    let mounted: Vec<&str> =
        container["volumeMounts"].as_array().into_iter().flatten().filter_map(|m| m["name"].as_str()).collect();
    volumes.into_iter().any(|v| mounted.contains(&v))
}

fn container<'a>(inventory: &Inventory<'_, 'a>, template: &PodTemplate<'a>, pointer: &str) -> Container<'a> {
    let workload = &template.owner;
    let part = Part::of(workload, pointer);
    let mut container = Container {
        spec: template.spec(""),
        namespace: workload.identity.namespace.clone(),
        open: injected(template) || shell(part.value()),
        environment: BTreeMap::new(),
        repeated: Vec::new(),
        part,
    };
    let value = workload.at(pointer).unwrap_or(&Value::Null);
    for (i, source) in value["envFrom"].as_array().into_iter().flatten().enumerate() {
        let (kind, source_ref) = match source.get("secretRef") {
            Some(secret) => ("Secret", secret),
            None => ("ConfigMap", &source["configMapRef"]),
        };
        let from = From {
            kind,
            name: source_ref["name"].as_str().unwrap_or_default(),
            prefix: source["prefix"].as_str().unwrap_or_default(),
            optional: source_ref["optional"] == true,
        };
        add_all(inventory, &mut container, &from, format!("/envFrom/{i}"));
    }
    // What both give, `env` decides: that is no mistake.
    container.repeated.clear();
    let from_others = std::mem::take(&mut container.environment);
    add_list(&mut container, value["env"].as_array().map_or(&[][..], Vec::as_slice), "/env");
    for (name, variable) in from_others {
        container.environment.entry(name).or_insert(variable);
    }
    container
}

/// An entrypoint of one's own may set anything.
fn shell(container: &Value) -> bool {
    let first = container["command"].as_array().and_then(|c| c.first()).and_then(Value::as_str).unwrap_or_default();
    ["sh", "bash", "ash"].contains(&first.rsplit('/').next().unwrap_or_default())
}

/// A webhook adds variables to pods with such annotations.
fn injected(template: &PodTemplate<'_>) -> bool {
    let annotations = template.owner.at(&format!("{}/metadata/annotations", template.pointer));
    let annotations = annotations.and_then(Value::as_object);
    let words = ["agent-inject", "banzaicloud", "bank-vaults", "infisical", "doppler", "1password", "akeyless"];
    annotations.into_iter().flatten().any(|(key, _)| words.iter().any(|w| key.contains(w)))
}

/// A Secret or ConfigMap all of whose keys become variables.
struct From<'v> {
    kind: &'static str,
    name: &'v str,
    prefix: &'v str,
    optional: bool,
}

fn add_all(inventory: &Inventory<'_, '_>, container: &mut Container<'_>, from: &From<'_>, pointer: String) {
    let thing = inventory.find("", from.kind, &container.namespace, from.name);
    let Some(keys) = thing.and_then(|t| t.keys()) else {
        container.open = true;
        return;
    };
    for key in keys {
        let secret = (from.kind == "Secret").then(|| (from.name.to_owned(), key.to_owned()));
        let value = thing
            .and_then(|t| t.object())
            .filter(|_| from.kind == "ConfigMap")
            .and_then(|o| o.at("/data").and_then(|d| d.get(key)).and_then(Value::as_str).map(str::to_owned));
        let variable = Variable { pointer: pointer.clone(), value, secret, optional: from.optional };
        container.environment.insert(format!("{}{key}", from.prefix), variable);
    }
}

fn add_list(container: &mut Container<'_>, list: &[Value], pointer: &str) {
    for (i, item) in list.iter().enumerate() {
        let reference = &item["valueFrom"]["secretKeyRef"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let variable = Variable {
            pointer: format!("{pointer}/{i}"),
            value: text(&item["value"]),
            secret: text(&reference["name"]).zip(text(&reference["key"])),
            optional: reference["optional"] == true || item["valueFrom"]["configMapKeyRef"]["optional"] == true,
        };
        container.add(item["name"].as_str().unwrap_or_default(), variable);
    }
}

/// What the chart gives its proxy, or its migration job (templates/deployment.yaml and migrations-job.yaml).
fn of_chart<'a>(inventory: &Inventory<'_, 'a>, config: &Config<'a>, values: &Part<'a>, proxy: bool) -> Container<'a> {
    let mut container = Container {
        part: values.clone(),
        spec: String::new(),
        namespace: config.namespace().to_owned(),
        environment: BTreeMap::new(),
        open: !config.values_complete,
        repeated: Vec::new(),
    };
    let own = |pointer: &str, value: Option<&str>| Variable {
        pointer: pointer.to_owned(),
        value: value.map(str::to_owned),
        ..Variable::default()
    };
    container.add("DISABLE_SCHEMA_UPDATE", own("/migrationJob", Some(if proxy { "true" } else { "false" })));
    if proxy {
        for name in ["HOST", "PORT", "LITELLM_LOG", "PROXY_MASTER_KEY"] {
            container.add(name, own("", None));
        }
        for (key, kind) in [("environmentSecrets", "Secret"), ("environmentConfigMaps", "ConfigMap")] {
            for (i, name) in values.items(&format!("/{key}")).iter().enumerate() {
                let from = From { kind, name: name.as_str().unwrap_or_default(), prefix: "", optional: false };
                add_all(inventory, &mut container, &from, format!("/{key}/{i}"));
            }
        }
    }
    for (name, value) in values.at("/envVars").and_then(Value::as_object).into_iter().flatten() {
        container.add(name, own(&format!("/envVars/{name}"), value.as_str()));
    }
    add_list(&mut container, values.items("/extraEnvVars"), "/extraEnvVars");
    // Its own database, or one that it is told of; the password goes into DATABASE_URL by text.
    if ["useExisting", "deployStandalone"].iter().any(|k| database(values, k)) {
        for name in ["DATABASE_USERNAME", "DATABASE_PASSWORD", "DATABASE_HOST", "DATABASE_NAME", "DATABASE_URL"] {
            container.environment.entry(name.to_owned()).or_insert_with(|| own("/db", None));
        }
    }
    container
}

/// A flag of the chart's `db`, with the chart's default.
pub fn database(values: &Part<'_>, flag: &str) -> bool {
    values.at(&format!("/db/{flag}")).and_then(Value::as_bool).unwrap_or(flag == "deployStandalone")
}
