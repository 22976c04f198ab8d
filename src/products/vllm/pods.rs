//! Known traps of vLLM in anybody's pods: arguments against GPUs, shared memory, probes, home and shutdown.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::object::pod_template::{image, words};
use crate::products::vllm::server::{Server, script_words, servers};
use crate::products::vllm::{flags, values};
use crate::text::finding::{Code, Finding, Severity};
use crate::text::forms::version;
use crate::text::near::is_near;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[servers_of];

const RULES: [fn(&Server<'_>) -> Vec<Finding>; 9] =
    [twice, unknown, ranges, gpus, shared_memory, paths, probes, home, shutdown];

fn servers_of(object: &Object<'_>) -> Vec<Finding> {
    servers(object).iter().flat_map(|server| RULES.iter().flat_map(|rule| rule(server))).collect()
}

/// Arguments that may stand several times.
const REPEATABLE: [&str; 2] = ["--middleware", "--lora-modules"];

fn twice(server: &Server<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    // A script may choose between several calls.
    let one_call = server.words.iter().filter(|w| **w == "serve" || w.contains("api_server")).count() <= 1;
    for word in server.words.iter().filter(|word| one_call && word.starts_with("--") && word.len() > 2) {
        let name = word.split('=').next().unwrap_or_default().replace('_', "-");
        if seen.contains(&name) && !REPEATABLE.contains(&name.as_str()) {
            let message = format!("{} gives vLLM `{name}` twice, and the last counts", server.template.owner.identity);
            let finding = server.template.owner.warning(Code::VllmArgument, &server.arguments(), message);
            findings.push(finding.help("remove one"));
        }
        seen.insert(name);
    }
    findings
}

/// Arguments that vLLM does not know.
fn unknown(server: &Server<'_>) -> Vec<Finding> {
    let (repository, tag) = image(server.container);
    let owner = &server.template.owner;
    let is_script = server.words != words(server.container);
    let known = repository.ends_with("vllm/vllm-openai") && version(tag) == Some(flags::RELEASE);
    let mut findings = Vec::new();
    for key in ["command", "args"] {
        for (i, item) in server.container[key].as_array().into_iter().flatten().enumerate() {
            let pointer = format!("{}/{key}/{i}", server.pointer);
            let mut say = |severity: Severity, word: &str, message: String, help: String| {
                let finding = Finding { severity, ..owner.error(Code::VllmArgument, &pointer, message).help(help) };
                findings.push(if is_script { amid(finding, owner, &pointer, word) } else { finding });
            };
            let text = item.as_str().unwrap_or_default();
            let words: Vec<&str> = if is_script { script_words(text).collect() } else { vec![text] };
            for word in &words {
                let Some((name, help)) = flags::unknown(word) else { continue };
                // Another release has other arguments, and a script calls other programs: there a slip is likely, and anything else its own.
                if (known && !is_script) || flags::is_slip(&name) {
                    let severity = if known { Severity::Error } else { Severity::Warning };
                    say(severity, word, format!("vLLM {tag} of {} knows no `{name}`", owner.identity), help);
                }
            }
            for (word, meant) in words.windows(2).filter_map(|pair| misspelt(pair[0], pair[1])) {
                let message = format!("{} calls `{word}`, which is no program or command of vLLM", owner.identity);
                say(Severity::Error, word, message, format!("did you mean `{meant}`?"));
            }
        }
    }
    findings
}

/// The word of `vllm serve` that has a slip, and what it is without.
fn misspelt<'w>(program: &'w str, command: &'w str) -> Option<(&'w str, &'static str)> {
    let is_slip = |word: &str, known: &str| word != known && is_near(word, known, if known.len() > 4 { 2 } else { 1 });
    match (program, command) {
        ("vllm", command) if is_slip(command, "serve") => Some((command, "serve")),
        (program, "serve") if is_slip(program, "vllm") => Some((program, "vllm")),
        _ => None,
    }
}

/// Arguments that are counts, and those that are parts of one.
const COUNTS: [&str; 7] = [
    "--max-num-seqs",
    "--max-num-batched-tokens",
    "--tensor-parallel-size",
    "--pipeline-parallel-size",
    "--data-parallel-size",
    "--port",
    "--max-loras",
];

fn ranges(server: &Server<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |name: &str, value: &str, help: &str| {
        let message = format!("vLLM of {} does not start with `{name} {value}`", server.template.owner.identity);
        findings.push(server.template.owner.error(Code::VllmArgument, &server.value(name, value), message).help(help));
    };
    for name in values::names() {
        if let Some((value, near)) =
            server.argument(&[name]).and_then(|value| Some((value, values::meant(name, value)?)))
        {
            say(name, value, &format!("did you mean `{near}`?"));
        }
    }
    // `8k` is a number to vLLM as well (`human_readable_int`), and what a variable holds is not known here.
    let is_word = |value: &str| {
        let number = value.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']).unwrap_or(value);
        !value.is_empty() && !value.starts_with('$') && number.parse::<f64>().is_err()
    };
    let is = |value: &str, wrong: &dyn Fn(f64) -> bool| value.parse().map_or(is_word(value), wrong);
    for name in COUNTS {
        if let Some(value) = server.argument(&[name])
            && is(value, &|n| n < 1.0 || n.fract() != 0.0)
        {
            say(name, value, "it is a whole number, at least 1");
        }
    }
    // The integer of people: `16384`, `16k`, `1.5M`; -1 and `auto` for what fits.
    let name = "--max-model-len";
    if let Some(value) = server.argument(&[name]) {
        let number = value.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']).unwrap_or(value);
        let fits = number.parse::<f64>().is_ok() || ["", "auto"].contains(&value) || value.contains('$');
        if !fits {
            say(name, value, "it is a whole number, as `16384` or `16k`");
        }
    }
    let ranks = ["1", "8", "16", "32", "64", "128", "256", "320", "512"];
    if let Some(value) =
        server.argument(&["--max-lora-rank"]).filter(|v| v.parse::<u64>().is_ok() && !ranks.contains(v))
    {
        say("--max-lora-rank", value, "it is one of 1, 8, 16, 32, 64, 128, 256, 320 and 512");
    }
    let loras = |name| server.argument(&[name]).and_then(|value| value.parse::<u64>().ok());
    if let (Some(all), Some(cpu)) = (loras("--max-loras"), loras("--max-cpu-loras"))
        && cpu < all
    {
        say("--max-cpu-loras", &cpu.to_string(), "it is at least `--max-loras`");
    }
    let name = "--gpu-memory-utilization";
    if let Some(value) = server.argument(&[name])
        && is(value, &|part| part <= 0.0 || part > 1.0)
    {
        say(name, value, "it is a part of the GPU's memory, above 0 and at most 1");
    }
    let dtypes = ["auto", "half", "float16", "bfloat16", "float", "float32"];
    if let Some(value) =
        server.argument(&["--dtype"]).filter(|v| !v.is_empty() && !v.contains('$') && !dtypes.contains(v))
    {
        say("--dtype", value, "it is one of auto, half, float16, bfloat16, float, float32");
    }
    findings
}

/// GPUs of one pod, where they are counted.
fn gpus_of(server: &Server<'_>) -> Option<u64> {
    let resources = &server.container["resources"];
    if resources.get("claims").is_some() {
        return None;
    }
    let listed = ["limits", "requests"].into_iter().find_map(|list| {
        resources[list].as_object()?.iter().find(|(name, _)| name.ends_with("/gpu")).map(|(_, count)| count)
    })?;
    listed.as_u64().or_else(|| listed.as_str()?.parse().ok())
}

/// Names of the arguments that split a model.
const TENSOR: [&str; 2] = ["--tensor-parallel-size", "-tp"];
const PIPELINE: [&str; 2] = ["--pipeline-parallel-size", "-pp"];
const DATA: [&str; 2] = ["--data-parallel-size", "-dp"];

fn gpus(server: &Server<'_>) -> Vec<Finding> {
    let counts = [&TENSOR, &PIPELINE, &DATA].map(|names| server.count(names));
    let [Some(tensor), Some(pipeline), Some(data)] = counts else { return Vec::new() };
    // Over several machines the pod has a share of them.
    let spread = |w: &&str| ["--nnodes", "--data-parallel-"].iter().any(|p| w.starts_with(p));
    let over_pods = server
        .words
        .iter()
        .filter(|w| !w.starts_with("--data-parallel-size=") && **w != "--data-parallel-size")
        .any(spread);
    let size = server.template.owner.at("/spec/leaderWorkerTemplate/size").and_then(Value::as_u64).unwrap_or(1);
    let (needed, Some(there)) = (tensor * pipeline * data, gpus_of(server)) else { return Vec::new() };
    let ray = server.words.iter().any(|w| *w == "ray" || w.ends_with("=ray") || w.contains("multi-node"));
    if needed <= there * size || size == 1 && (over_pods || ray) {
        return Vec::new();
    }
    let message = format!(
        "vLLM of {} wants {needed} GPUs by its arguments, and its pods have {}",
        server.template.owner.identity,
        there * size
    );
    let finding = server.template.owner.error(Code::VllmGpus, &server.arguments(), message);
    vec![finding.help("tensor, pipeline and data parallel sizes multiply; let them make the number under `resources`")]
}

/// The workers of one server pass tensors through shared memory; a container runtime gives 64 MiB of it.
fn shared_memory(server: &Server<'_>) -> Vec<Finding> {
    let several = [&TENSOR, &PIPELINE].into_iter().filter_map(|names| server.count(names)).any(|n| n > 1);
    let host = server.template.at("/hostIPC") == Some(&Value::Bool(true));
    if !several || host || server.mounts(|path| path == "/dev/shm" || path == "/dev") {
        return Vec::new();
    }
    let message = format!(
        "vLLM of {} has several workers in one pod, which talk through a /dev/shm of 64 MiB",
        server.template.owner.identity
    );
    let finding = server.template.owner.warning(Code::VllmGpus, &server.pointer, message);
    vec![
        finding.help(
            "mount an `emptyDir: { medium: Memory, sizeLimit: 2Gi }` at /dev/shm; it counts as memory of the pod",
        ),
    ]
}

/// Paths that vLLM answers with 200 (`vllm/entrypoints`).
const ANSWERED: [&str; 6] = ["/health", "/load", "/metrics", "/ping", "/v1/models", "/version"];

/// A probe of a path that vLLM answers with 404 never succeeds. A server of its own in the image may answer others.
fn paths(server: &Server<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = image(server.container).0.ends_with("vllm/vllm-openai");
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(path) = server.container[name]["httpGet"]["path"].as_str() else { continue };
        let path = format!("/{}", path.trim_start_matches('/'));
        let bare = path.split('?').next().unwrap_or_default();
        if !own
            || ANSWERED.contains(&bare)
            || path.contains(['$', '{'])
            || server.words.iter().any(|w| w.contains("--root-path"))
        {
            continue;
        }
        let message = format!("{} asks vLLM for {path}, which it does not answer", server.template.owner.identity);
        let pointer = format!("{}/{name}/httpGet/path", server.pointer);
        findings.push(server.template.owner.warning(Code::VllmProbe, &pointer, message).help("ask `/health`"));
    }
    findings
}

/// `/health` waits for its turn beside the work: a probe that gives up after one second takes a busy server for a dead one.
fn probes(server: &Server<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, effect) in [("livenessProbe", "is restarted"), ("readinessProbe", "gets no requests")] {
        let Some(probe) = server.container.get(name).filter(|p| p.get("httpGet").is_some()) else { continue };
        let number = |key: &str, default: i64| probe[key].as_i64().unwrap_or(default);
        let (timeout, tries, period) =
            (number("timeoutSeconds", 1), number("failureThreshold", 3), number("periodSeconds", 10));
        let patience = (tries - 1) * period + timeout;
        if timeout > 1 || tries > 1 && (name == "readinessProbe" || patience >= 15) {
            continue;
        }
        let often = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
        let message = format!(
            "{}: a vLLM that is busy for {patience} s {effect}: its {name} gives up after {timeout} s, {often}",
            server.template.owner.identity
        );
        let finding = server.template.owner.warning(Code::VllmProbe, &format!("{}/{name}", server.pointer), message);
        findings.push(finding.help("write `timeoutSeconds: 5` and `failureThreshold: 3`, or more"));
    }
    findings
}

/// vLLM and PyTorch write below the home directory, and ask for the user's name.
fn home(server: &Server<'_>) -> Vec<Finding> {
    let name = image(server.container).0.rsplit('/').next().unwrap_or_default();
    let security = &server.container["securityContext"];
    let user =
        security.get("runAsUser").or_else(|| server.template.at("/securityContext/runAsUser")).and_then(Value::as_i64);
    // The image knows root and, since vllm#40275, vllm (2000); anybody else has neither a home nor a name.
    let stranger = user.is_some_and(|uid| uid != 0 && uid != 2000);
    let read_only = security["readOnlyRootFilesystem"] == true;
    let at_home =
        server.has_variable(&["HOME"]) || server.mounts(|path| path.starts_with("/root") || path == "/.cache");
    let missing: Vec<&str> = [
        ("HOME", (stranger || read_only) && !at_home),
        ("USER", stranger && !server.has_variable(&["USER", "LOGNAME", "TORCHINDUCTOR_CACHE_DIR"])),
    ]
    .into_iter()
    .filter_map(|(variable, misses)| misses.then_some(variable))
    .collect();
    if missing.is_empty() || !name.starts_with("vllm-openai") {
        return Vec::new();
    }
    let who = match (user, read_only) {
        (Some(uid), false) => format!("as user {uid}"),
        (Some(uid), true) => format!("as user {uid} with a read-only root file system"),
        (None, _) => "with a read-only root file system".to_owned(),
    };
    let message = format!(
        "{} runs vLLM {who} and without {}: it stops where it writes its caches",
        server.template.owner.identity,
        missing.join(" and ")
    );
    let finding = server.template.owner.warning(Code::VllmHome, &server.pointer, message);
    vec![finding.help("set HOME to a directory on a volume, and USER to any name")]
}

/// Seconds that a preStop hook sleeps; `None` where it does something else.
fn pre_stop(container: &Value) -> Option<i64> {
    let Some(hook) = container.pointer("/lifecycle/preStop") else { return Some(0) };
    if let Some(seconds) = hook.pointer("/sleep/seconds") {
        return seconds.as_i64();
    }
    let command: Vec<&str> = hook.pointer("/exec/command")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let text = command.join(" ");
    text.rsplit_once("sleep ")?.1.trim().parse().ok()
}

/// SIGTERM ends what runs at once, unless --shutdown-timeout says otherwise: vLLM 0.18 (vllm#34730).
fn shutdown(server: &Server<'_>) -> Vec<Finding> {
    let (repository, tag) = image(server.container);
    let name = repository.rsplit('/').next().unwrap_or_default();
    // Others have versions of their own.
    let knows = name.starts_with("vllm") && version(tag).is_some_and(|v| v >= [0, 18]);
    let given = server.template.at("/terminationGracePeriodSeconds").and_then(Value::as_i64);
    let Some(before) = pre_stop(server.container).filter(|_| knows && !server.template.kind.serverless) else {
        return Vec::new();
    };
    let grace = given.unwrap_or(30);
    let (pointer, message, help) = match server.argument(&["--shutdown-timeout"]).map(str::parse::<i64>) {
        // 30 seconds is what a pod has anyway: nobody meant more.
        None | Some(Ok(0)) if grace > 30 && grace > before => (
            server.template.spec("/terminationGracePeriodSeconds"),
            format!(
                "{} has {grace} s to stop, and vLLM cuts all answers after {before} s",
                server.template.owner.identity
            ),
            format!("add `--shutdown-timeout {}`", (grace - before - 10).max(1)),
        ),
        Some(Ok(timeout)) if timeout > 0 && timeout + before > grace => (
            server.arguments(),
            format!(
                "vLLM of {} may take {timeout} s to stop, and is killed {} s after it begins",
                server.template.owner.identity,
                (grace - before).max(0)
            ),
            format!("write `terminationGracePeriodSeconds: {}` or more", timeout + before + 10),
        ),
        _ => return Vec::new(),
    };
    vec![server.template.owner.warning(Code::VllmShutdown, &pointer, message).help(help)]
}
