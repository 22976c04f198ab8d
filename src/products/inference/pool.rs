//! Known traps of InferencePools and their endpoint pickers.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::{GATEWAY, INFERENCE};
use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::object::pod_template::{self, PodTemplate, flag, image, words};
use crate::references::gateways::is_agentgateway;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::forms::{duration, version};
use crate::text::kubeyaml;
use crate::text::pointer::each;
use crate::text::schema::{did_you_mean, is_slip, nearest};
use crate::text::source::Source;
use crate::text::yaml;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[epp_flags, epp_config_map, epp_config_text];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[pool_selects_picker, picker_without_tls];

/// The containers that run an endpoint picker, each with its pointer.
pub fn pickers<'a>(template: &PodTemplate<'a>) -> Vec<(String, &'a Value)> {
    let is_picker = |container: &Value| {
        let name = image(container).0.rsplit('/').next().unwrap_or_default();
        let known = ["epp", "llm-d-inference-scheduler", "llm-d-router-endpoint-picker"].contains(&name);
        known || flag(container, "pool-name").is_some() && flag(container, "pool-namespace").is_some()
    };
    template.containers().into_iter().filter(|(_, container)| is_picker(container)).collect()
}

/// The pickers of an object.
pub fn pickers_of<'a>(workload: &Object<'a>) -> impl Iterator<Item = (String, &'a Value)> {
    pod_template::of(workload).flat_map(|template| pickers(&template))
}

/// The pod templates that run pickers, by where their neighbours are.
pub fn picking<'a>(world: &World<'a>) -> BTreeMap<&'a str, Vec<PodTemplate<'a>>> {
    let mut all: BTreeMap<&str, Vec<PodTemplate<'_>>> = BTreeMap::new();
    for template in pod_template::all(&world.objects).filter(|template| !pickers(template).is_empty()) {
        all.entry(template.owner.home()).or_default().push(template);
    }
    all
}

fn pool_selects_picker(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let picking = picking(world);
    for pool in world.objects.of(INFERENCE, "InferencePool") {
        let Some(selector) = pool.at("/spec/selector").filter(|s| s["matchLabels"].is_object()) else { continue };
        let mut near = picking.get(pool.home()).into_iter().flatten();
        let Some(picker) = near.find(|template| template.is_selected(selector)) else { continue };
        let message = format!(
            "{} selects the pods of {}, an endpoint picker: it would be sent prompts",
            pool.identity, picker.owner.identity
        );
        let finding = pool.error(Code::PoolSelectsPicker, "/spec/selector", message);
        findings.push(finding.help("select by a label that only the model servers have"));
    }
    findings
}

/// Flags of a picker (GIE 1.5 `cmd/epp/runner`, `pkg/epp/server/options.go`), of which a slip is told.
const FLAGS: [&str; 19] = [
    "cert-path",
    "config-file",
    "config-text",
    "enable-pprof",
    "endpoint-selector",
    "endpoint-target-ports",
    "grpc-health-port",
    "grpc-port",
    "ha-enable-leader-election",
    "health-checking",
    "metrics-endpoint-auth",
    "metrics-port",
    "pool-group",
    "pool-name",
    "pool-namespace",
    "secure-serving",
    "tracing",
    "zap-encoder",
    "zap-log-level",
];

/// Flags that GIE 1.5 still knows and refuses to start with.
const REFUSED: [&str; 5] = [
    "total-queued-requests-metric",
    "total-running-requests-metric",
    "kv-cache-usage-percentage-metric",
    "lora-info-metric",
    "cache-info-metric",
];

fn epp_flags(workload: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, picker) in pickers_of(workload) {
        let (repository, tag) = image(picker);
        let new =
            version(tag).is_some_and(|v| v >= [1, 5]) && repository.ends_with("gateway-api-inference-extension/epp");
        let mut say = |message: String, help: &str| {
            let message = format!("the picker of {} does not start: {message}", workload.identity);
            findings.push(workload.error(Code::EppFlag, &format!("{pointer}/args"), message).help(help));
        };
        if let Some(name) = REFUSED.iter().find(|name| new && flag(picker, name).is_some()) {
            say(
                format!("{tag} refuses --{name}"),
                "name metrics by `engineConfigs` of the `core-metrics-extractor` plugin",
            );
        }
        for word in words(picker).into_iter().filter_map(|word| word.strip_prefix("--")) {
            let name = word.split('=').next().unwrap_or_default();
            if let Some(near) = FLAGS.iter().find(|known| !FLAGS.contains(&name) && is_slip(known, name)) {
                say(format!("it knows no `--{name}`"), &format!("did you mean `--{near}`?"));
            }
        }
        if flag(picker, "config-file").is_some() && flag(picker, "config-text").is_some() {
            say("it has --config-file and --config-text".into(), "keep one of them");
        }
    }
    findings
}

/// agentgateway speaks TLS to the picker, without looking at the certificate.
fn picker_without_tls(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !world.objects.of(GATEWAY, "Gateway").any(|gateway| is_agentgateway(world, gateway)) {
        return findings;
    }
    for template in pod_template::all(&world.objects) {
        let workload = &template.owner;
        for (pointer, picker) in pickers(&template) {
            if flag(picker, "secure-serving") != Some("false") {
                continue;
            }
            let message =
                format!("the picker of {} serves plain text, and agentgateway speaks TLS to it", workload.identity);
            let finding = workload.error(Code::EppFlag, &format!("{pointer}/args"), message);
            findings.push(finding.help("leave out --secure-serving=false; any certificate will do"));
        }
    }
    findings
}

fn epp_config_map(object: &Object<'_>) -> Vec<Finding> {
    if !object.is("", "ConfigMap") {
        return Vec::new();
    }
    let texts = object.all("/data/*").into_iter().filter_map(|(pointer, text)| Some((pointer, text.as_str()?)));
    texts.flat_map(|(pointer, text)| config_faults(object, &pointer, text)).collect()
}

fn epp_config_text(workload: &Object<'_>) -> Vec<Finding> {
    let texts = pickers_of(workload).filter_map(|(pointer, picker)| Some((pointer, flag(picker, "config-text")?)));
    texts.flat_map(|(pointer, text)| config_faults(workload, &format!("{pointer}/args"), text)).collect()
}

/// The picker's configuration in a text, where it is one.
pub fn picker_config(text: &str) -> Option<Value> {
    let is_config = |config: &Value| config["kind"] == "EndpointPickerConfig";
    let parsed =
        text.contains("EndpointPickerConfig").then(|| kubeyaml::values(&Source::new("config", text)).ok())??;
    parsed.into_iter().find(is_config)
}

/// Keys of an EndpointPickerConfig (apix/config/v1alpha1); decoding is strict.
const KEYS: [&str; 9] = [
    "apiVersion",
    "kind",
    "featureGates",
    "plugins",
    "schedulingProfiles",
    "saturationDetector",
    "dataLayer",
    "flowControl",
    "parser",
];

/// Keys below those.
const BELOW: [(&str, &str); 7] = [
    ("/plugins/*", "name type parameters"),
    ("/schedulingProfiles/*", "name plugins"),
    ("/schedulingProfiles/*/plugins/*", "pluginRef weight"),
    ("/saturationDetector", "pluginRef"),
    ("/parser", "pluginRef"),
    (
        "/flowControl",
        "maxBytes maxRequests defaultRequestTTL defaultPriorityBand priorityBands usageLimitPolicyPluginRef",
    ),
    ("/flowControl/priorityBands/*", "priority maxBytes maxRequests fairnessPolicyRef orderingPolicyRef"),
];

/// Types of plugins that pickers register (cmd/epp/runner of 1.5); others are those of other pickers.
const PLUGINS: &str = "approx-prefix-cache-producer concurrency-detector core-metrics-extractor edf-ordering-policy
    endpoint-notification-source fcfs-ordering-policy global-strict-fairness-policy inflight-load-producer kv-cache-utilization-scorer
    latency-scorer latency-slo-admitter lora-affinity-scorer max-score-picker metrics-data-source openai-parser passthrough-parser
    predicted-latency-producer predicted-latency-scorer prefix-cache-affinity-filter prefix-cache-scorer queue-scorer random-picker
    round-robin-fairness-policy running-requests-size-scorer single-profile-handler slo-deadline-ordering-policy
    slo-headroom-tier-filter static-usage-limit-policy token-load-scorer utilization-detector vllmgrpc-parser weighted-random-picker";

/// The same under another kind, which the picker does not read.
fn nearly_config(text: &str) -> Option<Value> {
    let looks = text.contains("plugins:") && text.to_lowercase().contains("endpointpicker");
    let parsed = looks.then(|| kubeyaml::values(&Source::new("config", text)).ok())??;
    let group =
        |config: &Value| config["apiVersion"].as_str().is_some_and(|v| v.starts_with("inference.networking.x-k8s.io/"));
    parsed.into_iter().find(|config| group(config) && config["plugins"].is_array() && config["kind"].is_string())
}

/// Gates that pickers register (cmd/epp/runner).
const GATES: [&str; 3] = ["dataLayer", "enableLegacyMetrics", "flowControl"];

fn config_faults(object: &Object<'_>, pointer: &str, text: &str) -> Vec<Finding> {
    let Some(config) = picker_config(text).or_else(|| nearly_config(text)) else { return Vec::new() };
    let mut findings = Vec::new();
    let mut say = |words: &str, message: String, help: String| {
        let message = format!("the picker does not start with the configuration in {}: {message}", object.identity);
        findings.push(amid(object.error(Code::EppConfig, pointer, message).help(help), object, pointer, words));
    };
    // The picker's new home has keys and plugins of its own: only a slip is certain there.
    let llm_d = config["apiVersion"].as_str().is_some_and(|version| version.starts_with("llm-d.ai/"));
    match config["apiVersion"].as_str().unwrap_or_default() {
        "inference.networking.x-k8s.io/v1alpha1" => {}
        _ if llm_d => {}
        other => say(
            other,
            format!("there is no apiVersion {other:?}"),
            "it is `inference.networking.x-k8s.io/v1alpha1`".into(),
        ),
    }
    let slip = |word: &str, known: &[&str]| !llm_d || nearest(word, known).is_some();
    for key in yaml::object(&config).keys().filter(|key| !KEYS.contains(&key.as_str()) && slip(key, &KEYS)) {
        let help =
            if key == "data" { "it is `dataLayer`, whatever the guide says".into() } else { did_you_mean(key, &KEYS) };
        say(key, format!("unknown key `{key}`"), help);
    }
    for (pattern, known) in BELOW {
        let known: Vec<&str> = known.split(' ').collect();
        each(&config, pattern, &mut |_, map| {
            let keys = map.as_object().into_iter().flat_map(|map| map.keys());
            for key in keys.filter(|key| !known.contains(&key.as_str()) && slip(key, &known)) {
                say(key, format!("unknown key `{key}`"), did_you_mean(key, &known));
            }
        });
    }
    let lasting = config["flowControl"]["defaultRequestTTL"].as_str().filter(|text| duration(text).is_none());
    if let Some(text) = lasting {
        say(text, format!("`{text}` is no time"), "a time of Go, as `1200s` or `20m`".into());
    }
    if config["kind"] != "EndpointPickerConfig" {
        say("kind:", format!("there is no kind {}", config["kind"]), "it is `EndpointPickerConfig`".into());
    }
    let list = |key: &str| config[key].as_array().into_iter().flatten();
    let profiles = || list("schedulingProfiles").filter_map(|profile| profile["plugins"].as_array()).flatten();
    if let Some(weight) =
        profiles().map(|plugin| &plugin["weight"]).find(|weight| !weight.is_null() && !weight.is_number())
    {
        say("weight:", format!("a plugin has the weight {weight}"), "it is a number".into());
    }
    // Other releases have other gates, so only a wrong spelling is certain.
    for gate in list("featureGates").filter_map(Value::as_str) {
        let meant =
            GATES.iter().find(|known| !GATES.contains(&gate) && is_slip(&known.to_lowercase(), &gate.to_lowercase()));
        meant
            .into_iter()
            .for_each(|known| say(gate, format!("unknown feature gate `{gate}`"), format!("it is `{known}`")));
    }
    let types: Vec<&str> = PLUGINS.split_whitespace().collect();
    for kind in list("plugins").filter_map(|plugin| plugin["type"].as_str()).filter(|kind| !types.contains(kind)) {
        if let Some(near) = types.iter().find(|known| is_slip(known, kind)) {
            say(kind, format!("there is no plugin of the type `{kind}`"), format!("did you mean `{near}`?"));
        }
    }
    let name = |plugin: &Value| plugin["name"].as_str().or(plugin["type"].as_str()).unwrap_or_default().to_owned();
    let plugins: Vec<String> = list("plugins").map(name).collect();
    if let Some(twice) = plugins.iter().enumerate().find(|(i, name)| plugins[..*i].contains(name)) {
        say("", format!("two plugins are named `{}`", twice.1), "give one of them a `name` of its own".into());
    }
    for reference in profiles().filter_map(|plugin| plugin["pluginRef"].as_str()) {
        // Some plugins are there without being declared.
        let built_in = ["single-profile-handler", "max-score-picker"].contains(&reference);
        let known: Vec<&str> = plugins.iter().map(String::as_str).collect();
        if !built_in && !known.contains(&reference) && slip(reference, &known) {
            say(reference, format!("there is no plugin `{reference}`"), did_you_mean(reference, &known));
        }
    }
    findings
}
