//! Words that arguments of `vllm serve` take -> which of those that are given is nearly one, and none. Those of vLLM 0.23 (`vllm/config/*.py`,
//! `vllm/engine/arg_utils.py`) with those of the releases around it: a word that is far from all may come from a plugin.

use crate::text::near::is_near;
use crate::text::schema::is_slip;

/// Arguments, each with the words that it takes.
const WORDS: [(&str, &str); 17] = [
    ("--kv-cache-dtype", "auto bfloat16 float16 fp8 fp8_e4m3 fp8_e5m2 fp8_inc fp8_ds_mla nvfp4 fp8_per_token_head int8_per_token_head"),
    ("--load-format", "auto pt safetensors npcache dummy tensorizer runai_streamer runai_streamer_sharded bitsandbytes sharded_state
        gguf mistral hf fastsafetensors"),
    ("--tokenizer-mode", "auto hf slow mistral custom deepseek_v32 deepseek_v4"),
    ("--quantization", "awq fp8 fbgemm_fp8 fp_quant modelopt modelopt_fp4 modelopt_mxfp8 gguf gptq_marlin awq_marlin gptq compressed-tensors
        bitsandbytes experts_int8 quark moe_wna16 torchao inc auto-round mxfp4 mxfp8 petit_nvfp4 cpu_awq ptpc_fp8 tpu_int8 deepspeedfp hqq
        ipex rtn bitblas gptq_bitblas marlin humming online"),
    ("--tool-call-parser", "deepseek_v3 deepseek_v31 deepseek_v32 deepseek_v4 cohere_command3 cohere_command4 ernie45 glm45 glm47 granite
        granite4 granite-20b-fc hermes hunyuan_a13b hy_v3 internlm jamba kimi_k2 kimi_k3 lfm2 llama3_json llama4_json llama4_pythonic longcat
        mimo minicpm5 minimax minimax_m2 minimax_m3 mistral olmo3 openai phi4_mini_json poolside_v1 pythonic qwen3_coder qwen3_xml seed_oss
        step3 step3p5 xlam gigachat3 functiongemma gemma4 apertus"),
    ("--reasoning-parser", "deepseek_r1 deepseek_v3 deepseek_v4 cohere_command3 cohere_command4 ernie45 gemma4 glm45 glm47 openai_gptoss
        granite holo2 hunyuan_a13b hy_v3 kimi_k2 kimi_k3 mimo minimax_m2 minimax_m2_append_think minimax_m3 mistral nemotron_v3 olmo3
        poolside_v1 qwen3 seed_oss step3 step3p5"),
    ("--runner", "auto generate pooling draft"),
    ("--convert", "auto none embed classify reward mm_encoder_only"),
    ("--config-format", "auto hf mistral"),
    ("--generation-config", "auto vllm"),
    ("--scheduling-policy", "fcfs priority"),
    ("--distributed-executor-backend", "ray mp uni external_launcher"),
    ("--prefix-caching-hash-algo", "sha256 sha256_cbor xxhash xxhash_cbor"),
    ("--chat-template-content-format", "auto string openai"),
    ("--uvicorn-log-level", "critical error warning info debug trace"),
    ("--mamba-cache-dtype", "auto float32 float16 bfloat16"),
    ("--data-parallel-backend", "mp ray"),
];

/// The argument's name, and the words that it takes.
pub fn names() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(name, _)| *name)
}

/// The word that was meant.
pub fn meant(argument: &str, word: &str) -> Option<&'static str> {
    let (_, known) = WORDS.iter().find(|(name, _)| *name == argument)?;
    let is_known = known.split_whitespace().any(|known| known == word);
    // Short words too: there is no other one of vLLM's that is as near.
    let near = |known: &&str| is_slip(known, word) || known.len() == word.len() && is_near(known, word, 1);
    if is_known { None } else { known.split_whitespace().find(near) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_or_nearly_or_of_others() {
        for (argument, word, near) in [
            ("--kv-cache-dtype", "fp8", None),
            ("--kv-cache-dtype", "pf8", Some("fp8")),
            ("--kv-cache-dtype", "fp8_e4m4", Some("fp8_e4m3")),
            ("--tool-call-parser", "hermese", Some("hermes")),
            ("--tool-call-parser", "granite4", None),
            ("--tool-call-parser", "my_own", None),
            ("--load-format", "safetensor", Some("safetensors")),
            ("--model", "hermese", None),
        ] {
            assert_eq!(meant(argument, word), near, "{argument} {word}");
        }
    }
}
