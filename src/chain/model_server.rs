//! The names that the model servers behind a selector answer to, as the arguments of vLLM and its simulator say them. Of
//! other servers it says that it does not know.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::world::World;

/// The pods behind a selector.
#[derive(Clone, Debug)]
pub struct Server<'a> {
    /// The workload whose pods they are.
    pub workload: Object<'a>,
    /// JSON pointer of the arguments that name the model.
    pub pointer: String,
    /// Names that a request may carry; `None`: not known.
    pub names: Option<BTreeSet<&'a str>>,
    /// It surely answers below `/v1`, whatever its names are.
    pub below_v1: bool,
}

fn stays(template: &PodTemplate<'_>) -> bool {
    !template.kind.ends && !template.kind.overlay
}

/// Pods that stay and are not an operator's, by the namespace.
fn templates<'a>(world: &World<'a>, namespace: &str) -> impl Iterator<Item = PodTemplate<'a>> {
    pod_template::all(&world.objects).filter(move |t| stays(t) && t.owner.identity.namespace == namespace)
}

/// The model server of a workload.
pub fn server_of<'a>(workload: &Object<'a>) -> Option<Server<'a>> {
    pod_template::of(workload).find(stays).map(|template| server(&template))
}

/// The model servers of a namespace.
pub fn all_servers<'a>(world: &World<'a>, namespace: &str) -> Vec<Server<'a>> {
    serving(templates(world, namespace)).iter().map(server).collect()
}

/// The pods of a namespace that have all the given labels.
pub fn selected<'a>(world: &World<'a>, namespace: &str, wanted: &Value) -> Vec<PodTemplate<'a>> {
    let Some(wanted) = wanted.as_object().filter(|l| !l.is_empty()) else { return Vec::new() };
    serving(templates(world, namespace).filter(|template| template.has(wanted)))
}

/// Of each object the first: workers beside a leader answer nobody.
fn serving<'a>(templates: impl Iterator<Item = PodTemplate<'a>>) -> Vec<PodTemplate<'a>> {
    let mut first: Vec<PodTemplate<'a>> = templates.collect();
    first.dedup_by(|next, first| next.owner.identity == first.owner.identity);
    first
}

/// The model servers of a namespace whose pods have all the given labels.
pub fn servers<'a>(world: &World<'a>, namespace: &str, labels: &Value) -> Vec<Server<'a>> {
    selected(world, namespace, labels).iter().map(server).collect()
}

fn server<'a>(template: &PodTemplate<'a>) -> Server<'a> {
    let (workload, pointer, containers) = (template.owner, template.spec("/containers"), template.items("/containers"));
    let below_v1 = below_v1(containers);
    let image = |c: &Value| c["image"].as_str().is_some_and(|i| i.contains("vllm") || i.contains("inference-sim"));
    // A router or a proxy beside the server may well have `vllm` in its name too.
    let index = containers.iter().position(|c| image(c) && arguments(c).is_some());
    let Some(index) = index else { return Server { workload, pointer, names: None, below_v1 } };
    let names = arguments(&containers[index]).and_then(|a| names(&a)).filter(|_| !loads_later(&containers[index]));
    let key = if containers[index].get("args").is_some() { "args" } else { "command" };
    Server { workload, pointer: format!("{pointer}/{index}/{key}"), names, below_v1 }
}

/// Whether the one container that listens is vLLM's server for OpenAI's API, also where a shell starts it.
fn below_v1(containers: &[Value]) -> bool {
    let listens = |c: &&Value| containers.len() == 1 || !c["ports"].as_array().is_none_or(Vec::is_empty);
    let listening: Vec<&Value> = containers.iter().filter(listens).collect();
    let [container] = listening[..] else { return false };
    let list = |key: &str| container[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    let all: Vec<&str> = list("command").chain(list("args")).collect();
    let line = all.join(" ");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.contains("--root-path") || line.contains("vllm.entrypoints.api_server") {
        return false;
    }
    let image = container["image"].as_str().unwrap_or_default();
    let own =
        image.split('@').next().and_then(|i| i.rsplit('/').next()).is_some_and(|name| name.starts_with("vllm-openai"));
    let inline = all.iter().any(|a| *a == "-c" || *a == "-lc" || *a == "-ec");
    // Without a command the image starts it, and a script beside it does what the image is for.
    line.contains("vllm serve") || line.contains("vllm.entrypoints.openai.api_server") || own && !inline
}

/// Command and arguments as one list; `None` where a shell or another file decides.
fn arguments(container: &Value) -> Option<Vec<&str>> {
    let list = |key: &str| container[key].as_array().into_iter().flatten().map(Value::as_str);
    let all: Vec<&str> = list("command").chain(list("args")).collect::<Option<_>>()?;
    let shell = all.first().is_some_and(|a| ["sh", "bash"].contains(&a.rsplit('/').next().unwrap_or_default()));
    // What the controller of a LeaderWorkerSet puts in is no name of a model.
    let filled_in = |a: &&str| a.contains("$(") && !a.starts_with("$(LWS_");
    let elsewhere = all.iter().any(|a| filled_in(a) || *a == "--config" || a.starts_with("--config="));
    (!shell && !elsewhere).then_some(all)
}

/// Adapters come and go by vLLM's API where this is set.
fn loads_later(container: &Value) -> bool {
    container["env"].as_array().into_iter().flatten().any(|e| e["name"] == "VLLM_ALLOW_RUNTIME_LORA_UPDATING")
}

/// The served names: those given, or the model's, and those of its adapters.
fn names<'a>(arguments: &[&'a str]) -> Option<BTreeSet<&'a str>> {
    let mut names: BTreeSet<&str> = options(arguments, "--served-model-name").into_iter().collect();
    if names.is_empty() {
        let named = options(arguments, "--model").first().copied();
        // `vllm serve MODEL`, and the same without the command in images that start with it.
        let serve = arguments.iter().position(|a| *a == "serve");
        let positional = arguments.get(serve.map_or(0, |i| i + 1)).copied();
        let positional = positional.filter(|a| !a.starts_with(['-', '/']) && (serve.is_some() || a.contains('/')));
        names.insert(named.or(positional)?);
    }
    for adapter in options(arguments, "--lora-modules") {
        names.insert(match adapter.starts_with('{') {
            true => quoted_after(adapter, "\"name\"")?,
            false => adapter.split_once('=')?.0,
        });
    }
    Some(names)
}

/// The values of an option that may have several: `--option a b`, `--option=a`.
fn options<'a>(arguments: &[&'a str], option: &str) -> Vec<&'a str> {
    let mut values = Vec::new();
    for (i, argument) in arguments.iter().enumerate() {
        if let Some(value) = argument.strip_prefix(option).and_then(|a| a.strip_prefix('=')) {
            values.push(value);
        } else if *argument == option {
            values.extend(arguments[i + 1..].iter().take_while(|a| !a.starts_with('-')));
        }
    }
    values
}

/// The string value of a key in a JSON text, unless it has escapes.
fn quoted_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text[text.find(key)? + key.len()..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(value, _)| value).filter(|v| !v.contains('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_name_models() {
        let of =
            |line: &'static str| names(&line.split(' ').collect::<Vec<_>>()).map(|n| n.into_iter().collect::<Vec<_>>());
        assert_eq!(of("vllm serve Qwen/Q --served-model-name a b --port 8000"), Some(vec!["a", "b"]));
        assert_eq!(of("vllm serve Qwen/Q --port 8000"), Some(vec!["Qwen/Q"]));
        assert_eq!(of("Qwen/Q --port 8000"), Some(vec!["Qwen/Q"]));
        assert_eq!(of("--model=Qwen/Q --lora-modules x=/x y=/y"), Some(vec!["Qwen/Q", "x", "y"]));
        assert_eq!(of("--model q --lora-modules {\"base\":\"q\",\"name\":\"tone\"}"), Some(vec!["q", "tone"]));
        assert_eq!(of("--port 8000"), None);
    }

    #[test]
    fn a_shell_starts_the_same_server() {
        let below =
            |image: &str, command: &[&str]| below_v1(&[serde_json::json!({ "image": image, "command": command })]);
        let shell = |line| ["/bin/sh", "-c", line];
        assert!(below(
            "vllm/vllm-openai:v0.11.0",
            &shell("exec python3 -m vllm.entrypoints.openai.api_server --model m")
        ));
        assert!(below("registry.example.com/models:1", &shell("set -e\nvllm  serve /models/m --port 8000")));
        assert!(below("vllm/vllm-openai:v0.11.0", &["/scripts/start.sh"]) && below("vllm/vllm-openai:v0.11.0", &[]));
        assert!(!below("vllm/vllm-openai:v0.11.0", &shell("ray start --block")));
        assert!(!below("vllm/vllm-openai:v0.11.0", &shell("vllm serve m --root-path /api")));
        assert!(!below("ollama/ollama:0.9.0", &["serve"]));
    }
}
