//! Slips in what LiteLLM reads about models and in how it is started: providers, modes, options of its command, aliases that other
//! settings name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::object::object::{Object, ObjectRule};
use crate::object::pod_template::{self, image};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::{did_you_mean, is_slip};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[options];

/// Providers that people write (litellm `types/utils.py`, `LlmProviders`).
const PROVIDERS: &str = "a2a ai21 aiml anthropic anthropic_text assemblyai aws_polly azure azure_ai azure_text baseten bedrock cerebras \
    chatgpt clarifai cloudflare codestral cohere cohere_chat cometapi custom_openai dashscope databricks datarobot deepgram deepinfra \
    deepseek docker_model_runner elevenlabs empower fal_ai featherless_ai fireworks_ai friendliai galadriel gemini gigachat github \
    github_copilot gradient_ai groq heroku hosted_vllm huggingface hyperbolic infinity jina_ai lambda_ai langfuse litellm_proxy llamafile \
    lm_studio maritalk meta_llama mistral moonshot morph nebius nlp_cloud novita nscale nvidia_nim oci ollama ollama_chat oobabooga openai \
    openai_like openrouter ovhcloud perplexity petals predibase recraft replicate sagemaker sagemaker_chat sambanova scaleway snowflake \
    text-completion-codestral text-completion-openai together_ai topaz triton vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine \
    voyage wandb watsonx watsonx_text xai xinference zai";

const MODES: &str = "audio_speech audio_transcription batch chat completion embedding image_edit image_generation moderation ocr realtime \
    rerank responses search video_generation";

/// Options of the command (litellm `proxy/proxy_cli.py`); another one stops it.
const OPTIONS: [&str; 46] = [
    "--add_function_to_prompt",
    "--add_key",
    "--alias",
    "--api_base",
    "--api_version",
    "--ciphers",
    "--config",
    "--debug",
    "--detailed_debug",
    "--drop_params",
    "--enforce_prisma_migration_check",
    "--granian_threads",
    "--headers",
    "--health",
    "--help",
    "--host",
    "--iam_token_db_auth",
    "--keepalive_timeout",
    "--local",
    "--log_config",
    "--max_budget",
    "--max_requests_before_restart",
    "--max_tokens",
    "--model",
    "--num_requests",
    "--num_workers",
    "--port",
    "--reload",
    "--request_timeout",
    "--run_granian",
    "--run_gunicorn",
    "--run_hypercorn",
    "--save",
    "--setup",
    "--skip_server_startup",
    "--ssl_certfile_path",
    "--ssl_keyfile_path",
    "--telemetry",
    "--temperature",
    "--test",
    "--test_async",
    "--timeout_worker_healthcheck",
    "--use_prisma_db_push",
    "--use_queue",
    "--use_v2_migration_resolver",
    "--version",
];

/// The known word that another one nearly is, of those in a list.
pub fn slip<'k>(list: &'k str, word: &str) -> Option<&'k str> {
    let known = || list.split_whitespace();
    known().find(|known| is_slip(known, word)).filter(|_| !known().any(|known| known == word))
}

fn options(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, container) in pod_template::of(object).flat_map(|template| template.all_containers()) {
        let name = image(container).0.rsplit('/').next().unwrap_or_default();
        if !name.starts_with("litellm") || container.get("command").is_some() {
            continue;
        }
        for (at, word) in container["args"].as_array().into_iter().flatten().enumerate() {
            let Some(word) = word.as_str().and_then(|word| word.split('=').next()) else { continue };
            let near = OPTIONS.iter().find(|known| is_slip(known, word)).filter(|_| !OPTIONS.contains(&word));
            let Some(near) = near.filter(|_| word.starts_with("--") && !word[2..].contains('-')) else { continue };
            let message = format!("{} gives LiteLLM `{word}`, which it does not know", object.identity);
            let finding = object.warning(Code::LitellmArgument, &format!("{pointer}/args/{at}"), message);
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
    }
    findings
}

/// Providers and modes of a configuration.
pub fn models(config: &Config<'_>) -> Vec<Finding> {
    let part = &config.part;
    let mut findings = Vec::new();
    for entry in config.entries() {
        if let Some((provider, near)) =
            entry.text("model").split_once('/').and_then(|(p, _)| Some((p, slip(PROVIDERS, p)?)))
        {
            let message = format!("`{}` is of the provider `{provider}`, which LiteLLM does not know", entry.alias);
            let finding = part.warning(Code::LitellmEntry, &entry.pointer("/litellm_params/model"), message);
            findings.push(finding.help(format!("did you mean `{near}/`?")));
        }
        let mode = entry.value["model_info"]["mode"].as_str().unwrap_or_default();
        if let Some(near) = slip(MODES, mode) {
            let message = format!("`{}` has the mode `{mode}`, which LiteLLM does not know", entry.alias);
            let finding = part.warning(Code::LitellmEntry, &entry.pointer("/model_info/mode"), message);
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
    }
    findings
}

/// Aliases that settings name beside fallbacks for one alias.
pub fn aliases(config: &Config<'_>) -> Vec<Finding> {
    let part = &config.part;
    if config.open() {
        return Vec::new();
    }
    let all: BTreeSet<&str> = config.entries().map(|entry| entry.alias).collect();
    let seconds = part.at("/router_settings/model_group_alias").and_then(Value::as_object);
    let second = |name: &str| seconds.is_some_and(|map| map.contains_key(name));
    let mut named: Vec<(String, &str)> = Vec::new();
    for section in ["litellm_settings", "router_settings"] {
        let pointer = format!("/{section}/default_fallbacks");
        let items = part.items(&pointer).iter().enumerate();
        named.extend(
            items.filter_map(|(i, name)| Some((format!("{pointer}/{i}"), name.as_str()?))).filter(|(_, n)| !second(n)),
        );
    }
    for (name, target) in seconds.into_iter().flatten() {
        let pointer = format!("/router_settings/model_group_alias/{}", escaped(name));
        let target = target
            .as_str()
            .map(|to| (pointer.clone(), to))
            .or_else(|| Some((pointer + "/model", target["model"].as_str()?)));
        named.extend(target);
    }
    let lost = named.into_iter().filter(|(_, name)| !all.contains(name) && *name != "*" && !name.contains('*'));
    let known: Vec<&str> = all.iter().copied().collect();
    let one = |(pointer, name): (String, &str)| {
        let message = format!("a setting names `{name}`, and no entry of model_list has that alias");
        part.warning(Code::LitellmFallback, &pointer, message).help(did_you_mean(name, &known))
    };
    lost.map(one).collect()
}
