//! Known traps of model servers: vLLM, its simulator, and the volumes they keep models on.

use std::cell::LazyCell;

use serde_json::Value;

use crate::object::api_group::INFERENCE;
use crate::object::object::{Object, ObjectRule};
use crate::object::pod_template::{self, PodTemplate, flag, image, words};
use crate::references::gateways::{Acting, backends, policies, resolve, targeted};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding, Severity};
use crate::text::forms::version;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[simulator_tokenizer];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[service_links, volume_of_one_node, key_behind_gateway];

/// The containers of pods that run vLLM, each with its pointer.
fn servers<'a>(template: &PodTemplate<'a>) -> Vec<(String, &'a Value)> {
    let is_vllm = |container: &Value| {
        let name = image(container).0.rsplit('/').next().unwrap_or_default();
        let starts = words(container).iter().any(|w| *w == "vllm" || w.contains("vllm.entrypoints"));
        // The sidecar of the simulator is vLLM, and renders only.
        (name.starts_with("vllm") || starts) && !words(container).contains(&"launch")
    };
    template.containers().into_iter().filter(|(_, container)| is_vllm(container)).collect()
}

/// Every pod gets `<SERVICE>_PORT` for each Service of its namespace, and vLLM reads `VLLM_PORT` as a number.
fn service_links(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in world
        .objects
        .of("", "Service")
        .filter(|s| s.identity.name == "vllm" && s.at("/spec/clusterIP").is_none_or(|ip| ip != "None"))
    {
        for template in pod_template::all(&world.objects).filter(|t| t.owner.home() == service.home()) {
            let (workload, servers) = (&template.owner, servers(&template));
            // That of none is its own as well.
            let own = servers
                .iter()
                .all(|(_, s)| s["env"].as_array().is_some_and(|env| env.iter().any(|e| e["name"] == "VLLM_PORT")));
            if template.at("/enableServiceLinks") == Some(&Value::Bool(false)) || template.kind.serverless || own {
                continue;
            }
            let message = format!(
                "{} puts VLLM_PORT=tcp://... into the pods of {}: vLLM stops on it",
                service.identity, workload.identity
            );
            let finding = workload.error(Code::ServiceLinks, &template.spec(""), message);
            findings
                .push(finding.help("write `enableServiceLinks: false` in the pod, or call the Service something else"));
        }
    }
    findings
}

fn simulator_tokenizer(workload: &Object<'_>) -> Vec<Finding> {
    pod_template::of(workload).flat_map(|template| tokenizers(workload, &template.containers())).collect()
}

fn tokenizers(workload: &Object<'_>, all: &[(String, &Value)]) -> Vec<Finding> {
    let renders = all.iter().any(|(_, container)| words(container).contains(&"launch"));
    let mut findings = Vec::new();
    for (pointer, simulator) in all.iter().filter(|(_, c)| image(c).0.ends_with("llm-d-inference-sim")) {
        let Some(version) = version(image(simulator).1) else { continue };
        let (model, dummy) =
            (flag(simulator, "model").unwrap_or_default(), flag(simulator, "force-dummy-tokenizer").is_some());
        let (severity, message, help) = match (version >= [0, 9], dummy) {
            (true, false) if model.contains('/') && !renders => (
                Severity::Warning,
                format!("the simulator of {} asks Hugging Face about {model} when it starts", workload.identity),
                "add --force-dummy-tokenizer, or invent a --model and keep the name in --served-model-name",
            ),
            (false, true) => (
                Severity::Error,
                format!("the simulator of {} does not know --force-dummy-tokenizer before 0.9", workload.identity),
                "drop the flag, or take 0.9",
            ),
            _ => continue,
        };
        let finding = workload.error(Code::SimulatorTokenizer, &format!("{pointer}/args"), message);
        findings.push(Finding { severity, ..finding.help(help) });
    }
    findings
}

fn volume_of_one_node(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for deployment in world.objects.of("apps", "Deployment") {
        for (pointer, claim) in deployment.all("/spec/template/spec/volumes/*/persistentVolumeClaim/claimName") {
            let name = claim.as_str().unwrap_or_default();
            let Some(volume) = world.objects.get("", "PersistentVolumeClaim", &deployment.identity.namespace, name)
            else {
                continue;
            };
            let modes = volume.items("/spec/accessModes");
            let of_one = !modes.is_empty() && modes.iter().all(|m| m == "ReadWriteOnce" || m == "ReadWriteOncePod");
            let several = deployment.at("/spec/replicas").and_then(Value::as_i64).is_some_and(|n| n > 1);
            let rolling = deployment.text_at("/spec/strategy/type") != "Recreate" && surges(deployment);
            if !of_one || !(several || rolling) {
                continue;
            }
            let why = if several { "has several pods" } else { "starts the new pod before the old one ends" };
            let message = format!("{} {why}, and {} is for one node at a time", deployment.identity, volume.identity);
            let finding = deployment.warning(Code::VolumeOfOneNode, &pointer, message);
            findings.push(finding.help("write `strategy: {type: Recreate}` and one replica, or use ReadWriteMany"));
        }
    }
    findings
}

/// Whether a rolling update starts a pod before it ends one.
fn surges(deployment: &Object<'_>) -> bool {
    let surge = deployment.at("/spec/strategy/rollingUpdate/maxSurge");
    surge.is_none_or(|s| s != 0 && s != "0" && s != "0%")
}

/// A policy that checks callers' keys takes the Authorization header away.
fn key_behind_gateway(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let keyed = Acting::new(world, policies(world).filter(|p| p.at("/spec/backend/auth").is_some()));
    let servers = LazyCell::new(|| guarded(world));
    for policy in policies(world).filter(|p| p.at("/spec/traffic/apiKeyAuthentication").is_some()) {
        for route in targeted(world, policy, "HTTPRoute") {
            let pools = backends(route).into_iter().filter_map(|(_, r)| resolve(world, route, r, ("", "Service")));
            for pool in pools.filter(|pool| pool.is(INFERENCE, "InferencePool") && !keyed.on(pool)) {
                let taken = |t: &PodTemplate<'_>| pool.at("/spec/selector").is_some_and(|s| t.is_selected(s));
                let same = servers.iter().filter(|(t, _)| t.owner.home() == pool.home() && taken(t));
                findings.extend(same.map(|(template, pointer)| {
                    let workload = &template.owner;
                    let message =
                        format!("{} wants a key, and {} takes it from the request", workload.identity, policy.identity);
                    let finding = workload.error(Code::KeyBehindGateway, pointer, message);
                    finding.help("let the gateway ask for keys, and the model servers for none")
                }));
            }
        }
    }
    findings
}

/// The model servers that want a key, each with its pointer.
fn guarded<'a>(world: &World<'a>) -> Vec<(PodTemplate<'a>, String)> {
    let by_variable =
        |server: &Value| server["env"].as_array().is_some_and(|env| env.iter().any(|e| e["name"] == "VLLM_API_KEY"));
    let wants = |server: &Value| flag(server, "api-key").is_some() || by_variable(server);
    let of_pod = |template: PodTemplate<'a>| {
        let wanting = servers(&template).into_iter().filter(|(_, server)| wants(server));
        wanting.map(|(pointer, _)| (template, pointer)).collect::<Vec<_>>()
    };
    pod_template::all(&world.objects).flat_map(of_pod).collect()
}
