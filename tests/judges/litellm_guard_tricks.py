"""What a caller might send to LiteLLM to reach another model, provider or key, or to have less booked. Each trick is a name,
the path of the honest call that it would pass for, and the request: method, path, headers, body (bytes stay as they are)."""

import base64
import gzip
import json
from dataclasses import dataclass, field

from litellm_process import MASTER

HI = [{"role": "user", "content": "Hello"}]
CHAT, TEXT, EMBED, RESPONSES, MESSAGES = APIS = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/messages",
)
ASKS = {
    CHAT: {"messages": HI},
    TEXT: {"prompt": "Hello"},
    EMBED: {"input": "Hello"},
    RESPONSES: {"input": "Hello"},
    MESSAGES: {"messages": HI, "max_tokens": 50},
}
ELSEWHERE = "http://127.0.0.1:9"


@dataclass
class Trick:
    name: str
    honest: str  # the API
    body: object
    path: str = ""
    method: str = "POST"
    headers: dict = field(default_factory=dict)
    hang_up: bool = False


def honest(api, alias, **more):
    return {"model": alias, **ASKS[api], **more}


def all_of(alias, other, upstream):
    """Every trick of a caller who may use `alias`; `other` is an alias, `upstream` what its model server calls it."""
    yield from fields(alias, other, upstream)
    yield from metadata(alias, other)
    yield from values(alias, other)
    yield from usage(alias)
    yield from places(alias, other)
    yield from headers(alias, other)
    yield from texts(alias, other)
    yield from further(alias, other)
    yield from routes(alias, other)
    yield from paths(other)
    yield from searches(alias)
    for api in (CHAT, TEXT, RESPONSES, MESSAGES):
        yield Trick("hangs up in the stream", api, honest(api, alias, stream=True), hang_up=True)


def fields(alias, other, upstream):
    entry = {"model_name": alias, "litellm_params": {"model": f"openai/{upstream}", "api_base": ELSEWHERE, "api_key": "x"}}
    worst = {
        "custom_llm_provider": "huggingface",
        "api_key": "sk-mine",
        "api_base": ELSEWHERE,
        "base_url": ELSEWHERE,
        "extra_body": {"model": upstream},
        "extra_headers": {"Authorization": "Bearer sk-mine", "X-Gateway-Base-Model-Name": upstream},
        "headers": {"Authorization": "Bearer sk-mine"},
        "provider_specific_header": {"custom_llm_provider": "openai", "extra_headers": {"Authorization": "Bearer x"}},
        "no-log": True,
        "fallbacks": [other],
        "model_info": {"input_cost_per_token": 0, "output_cost_per_token": 0},
        "input_cost_per_token": 0,
        "user_config": {"model_list": [entry]},
        "mock_response": "free",
        "litellm_metadata": {"tags": ["x"], "model_info": {"input_cost_per_token": 0}, "user_api_key": "other"},
        "tags": ["other-team"],
        "litellm_params": {"model": f"openai/{upstream}"},
        "cache": {"no-cache": False, "ttl": 99999, "use-cache": True},
        "num_retries": 9,
        "router_settings_override": {"fallbacks": [{alias: [other]}]},
    }
    for api in APIS:
        for name, value in worst.items():
            yield Trick(f"field {name}", api, honest(api, alias, **{name: value}))
    for provider in ("together_ai", "anthropic", "azure", "hosted_vllm", "ollama", "custom_openai", "openrouter", "OPENAI"):
        yield Trick(f"provider {provider}", CHAT, honest(CHAT, alias, custom_llm_provider=provider))
        more = {"custom_llm_provider": provider, "extra_body": {"model": upstream}}
        yield Trick(f"provider {provider} with extra_body", CHAT, honest(CHAT, alias, stream=True, **more))
    rest = {
        "additional_drop_params": ["stream_options"],
        "allowed_model_region": "eu",
        "allowed_openai_params": ["extra_body"],
        "api_version": "2024-01-01",
        "audio": {"voice": "alloy", "format": "wav"},
        "aws_bedrock_runtime_endpoint": ELSEWHERE,
        "azure_ad_token": "x",
        "base_model": "gpt-4o-mini",
        "callbacks": ["x"],
        "context_window_fallbacks": [{alias: [other]}],
        "content_policy_fallbacks": [{alias: [other]}],
        "cooldown_time": 9999,
        "custom_prompt_dict": {alias: {}},
        "default_fallbacks": [other],
        "deployment_id": upstream,
        "drop_params": True,
        "fastest_response": True,
        "force_timeout": 1,
        "guardrails": [],
        "litellm_call_id": "one-for-all",
        "litellm_credential_name": "x",
        "litellm_disabled_callbacks": ["request_guard"],
        "litellm_logging_obj": {},
        "litellm_session_id": "x",
        "logger_fn": "x",
        "max_budget": 999,
        "max_retries": 9,
        "mock_testing_fallbacks": True,
        "mock_timeout": True,
        "model_config": {},
        "model_list": [entry],
        "mcp_servers": [{"type": "url", "url": ELSEWHERE, "name": "x"}],
        "no_log": True,
        "organization": "org-x",
        "output_cost_per_token": 0,
        "prompt_id": "x",
        "proxy_server_request": {"body": {}},
        "region_name": "eu",
        "request_timeout": 0.01,
        "secret_fields": {},
        "service_callback": ["x"],
        "specific_deployment": True,
        "standard_logging_object": {"response_cost": 0},
        "stream_timeout": 0.01,
        "success_callback": [],
        "text_completion": True,
        "timeout": 0.01,
        "ttl": 9999,
        "turn_off_message_logging": True,
        "use_litellm_proxy": True,
        "user_api_key_dict": {},
        "vertex_credentials": "x",
        "web_search_options": {},
        "MODEL": other,
        "Model": other,
        " model": other,
        "model ": other,
        "ｍodel": other,
        "mode\u0142": other,
        "model\u0000": other,
        "model[]": other,
        "Extra_Body": {"model": upstream},
        "": "x",
        "__proto__": {"model": other},
    }
    for name, value in rest.items():
        yield Trick(f"field {name!r}", CHAT, honest(CHAT, alias, **{name: value}))
    for api, more in (
        (RESPONSES, {"background": True}),
        (RESPONSES, {"prompt": {"id": "pmpt_1"}}),
        (RESPONSES, {"conversation": "conv_1"}),
        (RESPONSES, {"moderation": {"model": other}}),
        (RESPONSES, {"tools": [{"type": "web_search"}]}),
        (RESPONSES, {"tools": [{"type": "mcp", "server_url": "litellm_proxy", "server_label": "x"}]}),
        (RESPONSES, {"tools": [{"type": "image_generation"}]}),
        (CHAT, {"tools": [{"type": "mcp", "server_url": "litellm_proxy", "server_label": "x"}]}),
        (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        (MESSAGES, {"tools": [{"type": "advisor_20260301", "name": "advisor", "model": other}]}),
        (MESSAGES, {"context_management": {"edits": [{"type": "compact_20260112"}]}}),
        (MESSAGES, {"speed": "fast"}),
        (MESSAGES, {"inference_geo": "us"}),
        (MESSAGES, {"container": {"skills": [{"type": "custom", "skill_id": "x"}]}}),
        (MESSAGES, {"fallbacks": [{"model": other}]}),
    ):
        yield Trick(f"field {json.dumps(more)}", api, honest(api, alias, **more))


def metadata(alias, other):
    for name, value in {
        "model_info": {"input_cost_per_token": 0},
        "tags": ["other-team"],
        "user_api_key": "other",
        "user_api_key_hash": "other",
        "user_api_key_team_id": "other",
        "user_api_end_user_max_budget": "0",
        "spend_logs_metadata": {"x": "y"},
        "no-log": "true",
        "api_base": ELSEWHERE,
        "custom_llm_provider": "huggingface",
        "model_group": other,
        "deployment": other,
        "headers": {"x-litellm-tags": "x"},
        "guardrails": "x",
        "disable_global_guardrails": "true",
        "hidden_params": {"response_cost": 0},
        "previous_models": [],
        "litellm_parent_otel_span": "x",
        "_pipeline_managed_guardrails": "x",
        "Model_Info": "x",
        "nested": {"extra_body": {"model": other}},
    }.items():
        for api in (CHAT, RESPONSES):
            yield Trick(f"metadata {name}", api, honest(api, alias, metadata={name: value}))
    for value in ("x", '{"model_info": {"input_cost_per_token": 0}}', [], [["tags", ["x"]]], 1):
        yield Trick(f"metadata {value!r}", CHAT, honest(CHAT, alias, metadata=value))
    yield Trick("metadata of messages", MESSAGES, honest(MESSAGES, alias, metadata={"user_id": "u", "tags": "x"}))


def values(alias, other):
    models = (
        f"{alias},{alias},{alias}",
        f"{alias},{other}",
        f"{alias} ",
        f" {alias}",
        alias.upper(),
        [alias],
        [other, alias],
        {"name": alias},
        None,
        "",
        0,
        True,
        f"openai/{alias}",
        f"openai/{other}",
        "*",
        "openai/*",
        "gpt-4o",
        "huggingface/x",
        "http://127.0.0.1:9/x",
        f"{alias}\u0000",
        alias.replace("e", "\u0435", 1),
    )
    for api in (CHAT, RESPONSES):
        for model in models:
            yield Trick(f"model {model!r}", api, honest(api, alias) | {"model": model})
    for name, value in (
        ("stream", "true"),
        ("stream", 1),
        ("stream", "false"),
        ("stream", [True]),
        ("max_tokens", -1),
        ("max_tokens", -(10**9)),
        ("max_tokens", "10"),
        ("max_tokens", 10**30),
        ("max_tokens", True),
        ("max_tokens", 1.5),
        ("max_completion_tokens", -5),
        ("max_tokens", 0),
        ("max_completion_tokens", 0),
        ("n", -1),
        ("n", "5"),
        ("n", 10**12),
        ("service_tier", "priority"),
        ("service_tier", "fast"),
        ("service_tier", ["flex"]),
        ("modalities", ["text", "audio"]),
        ("modalities", ["audio"]),
        ("messages", [HI, HI]),
        ("messages", "Hello"),
        ("messages", {"0": HI[0]}),
        ("tools", "x"),
        ("tools", [{"type": "code_interpreter"}]),
        ("tools", [{"type": ["function"]}]),
    ):
        yield Trick(f"{name} {str(value)[:40]}", CHAT, honest(CHAT, alias, **{name: value}))
    yield Trick("two limits", CHAT, honest(CHAT, alias, max_completion_tokens=1, max_tokens=4000))
    audio = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}
    yield Trick("audio in", CHAT, honest(CHAT, alias, messages=[{"role": "user", "content": [audio]}]))


def usage(alias):
    for api in (CHAT, TEXT, MESSAGES, RESPONSES):
        for options in (None, {}, {"include_usage": False}, {"include_usage": None}, {"include_usage": 0}, "x", [], 0,
                        {"include_usage": "false"}, {"include_usage": False, "include_obfuscation": False},
                        {"Include_Usage": False}, {"include_usage ": False}):
            yield Trick(f"stream_options {options!r}", api, honest(api, alias, stream=True, stream_options=options))
    yield Trick("stream_options without stream", CHAT, honest(CHAT, alias, stream_options={"include_usage": False}))


def places(alias, other):
    """The model in path and query."""
    for api in APIS:
        for query in (f"model={other}", f"model={alias}&model={other}", f"model={other}&model={alias}", f"mod%65l={other}"):
            yield Trick(f"?{query}", api, honest(api, alias), f"{api}?{query}")
    for query in (f"model={other}&beta=true", "model=", "custom_llm_provider=huggingface", "api_base=http://127.0.0.1:9",
                  "provider=azure", "api-version=x", f"target_model_names={other}", "api_key=sk-mine"):
        yield Trick(f"?{query}", CHAT, honest(CHAT, alias), f"{CHAT}?{query}")
    for tail, api in (("chat/completions", CHAT), ("completions", TEXT), ("embeddings", EMBED)):
        for head in ("openai/deployments", "engines"):
            for named in (other, f"{alias}/{other}", f"{alias}%2F{other}", f"{alias},{other}", f"{alias}%20", f"openai/{other}"):
                yield Trick(f"/{head}/{named}", api, honest(api, alias), f"/{head}/{named}/{tail}")
    yield Trick("deployment and query", CHAT, honest(CHAT, alias), f"/openai/deployments/{alias}/chat/completions?model={other}")
    yield Trick("no model in the body", CHAT, ASKS[CHAT], f"/openai/deployments/{other}/chat/completions")


def headers(alias, other):
    for name, value in (
        ("x-litellm-tags", "other-team"),
        ("X-LiteLLM-Tags", "other-team"),
        ("x-litellm-timeout", "0.001"),
        ("x-litellm-stream-timeout", "0.001"),
        ("x-litellm-num-retries", "9"),
        ("x-litellm-spend-logs-metadata", '{"x": "y"}'),
        ("x-litellm-agent-id", "x"),
        ("x-litellm-call-id", "one-for-all"),
        ("x-litellm-model", other),
        ("x-litellm-enable-message-redaction", "true"),
        ("litellm-disable-message-redaction", "true"),
        ("custom-llm-provider", "huggingface"),
        ("x-litellm-customer-id", "other"),
        ("x-gateway-base-model-name", other),
        ("anthropic-beta", "context-1m-2025-08-07"),
        ("openai-organization", "org-x"),
        ("x-http-method-override", "GET"),
        ("host", f"x/?model={other}"),
        ("host", f"x/openai/deployments/{other}/chat/completions?x="),
        ("x-forwarded-prefix", f"/openai/deployments/{other}"),
        ("cache-control", "s-maxage=99999"),
    ):
        for api in (CHAT, MESSAGES):
            yield Trick(f"header {name}: {value}", api, honest(api, alias), headers={name: value})


def further(alias, other):
    """Ids that carry a deployment and a provider, names that LiteLLM reads in other maps, packed bodies, and keys of a provider of
    the caller's own beside LiteLLM's."""
    for provider in ("azure", "anthropic"):
        carried = f"litellm:custom_llm_provider:{provider};model_id:{other};response_id:resp_1"
        answer = "resp_" + base64.b64encode(carried.encode()).decode()
        for stream in (False, True):
            yield Trick(f"an answer of {provider}", RESPONSES, honest(RESPONSES, alias, previous_response_id=answer, stream=stream))
    item, within = (base64.b64encode(text.encode()).decode() for text in (f"litellm:model_id:{other};item_id:x", f"model_id:{other}"))
    for more in ({"type": "item_reference", "id": f"encitem_{item}"}, {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}",
                 "id": f"encitem_{item}"}, {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": f"litellm_enc:{within};x"}):
        yield Trick(f"an item {more['type']}", RESPONSES, honest(RESPONSES, alias) | {"input": [*HI, more]})
    for name in ("agent_id", "attempted_retries", "batch_models", "cache_hit", "caching_groups", "cost", "cost_breakdown", "priority",
                 "project_id", "redis_namespace", "response_cost", "team_id", "usage_object"):
        for value in ("0", "true", other):
            yield Trick(f"metadata {name}: {value}", CHAT, honest(CHAT, alias, metadata={name: value}))
    whole = json.dumps(honest(CHAT, alias)).encode()
    for coding, body in (("gzip", gzip.compress(whole)), ("gzip", whole), ("br", whole), ("identity", whole)):
        yield Trick(f"packed as {coding}", CHAT, body, headers={"Content-Encoding": coding})
    for api in (CHAT, MESSAGES):
        for key in ("sk-ant-oat01-mine", "sk-proj-mine"):
            own = {"x-litellm-api-key": MASTER, "Authorization": f"Bearer {key}", "anthropic-beta": "oauth-2025-04-20"}
            yield Trick(f"a key of one's own, {key}", api, honest(api, alias), headers=own)


def texts(alias, other):
    """Bodies that two readers may understand in two ways."""
    whole = json.dumps(honest(CHAT, alias))
    for name, text in (
        ("second model", whole[:-1] + f', "model": "{other}"}}'),
        ("second model before", f'{{"model": "{other}", ' + whole[1:]),
        ("second model in escapes", whole[:-1] + f', "\\u006dodel": "{other}"}}'),
        ("second stream_options", whole[:-1] + ', "stream": true, "stream_options": {"include_usage": true, "include_usage": false}}'),
        ("NaN", whole[:-1] + ', "temperature": NaN}'),
        ("Infinity", whole[:-1] + ', "max_tokens": Infinity}'),
        ("a list", f"[{whole}]"),
        ("nothing", ""),
        ("a text", json.dumps(whole)),
        ("two objects", whole + json.dumps(honest(CHAT, other))),
        ("deep", whole[:-1] + ', "stop": ' + "[" * 50000 + "]" * 50000 + "}"),
        ("lone surrogate", whole[:-1] + ', "model\\ud800": 1}'),
        ("half a character in a value", whole[:-1] + ', "user": "\\ud800"}'),
        ("a number that has no end", whole[:-1] + ', "temperature": 1e999}'),
        ("a number of 400 digits", whole[:-1] + f', "seed": {"9" * 400}}}'),
        ("900 levels", whole[:-1] + ', "response_format": ' + '{"a": ' * 900 + "1" + "}" * 901),
        ("no end", whole[:-1]),
    ):
        yield Trick(f"body with {name}", CHAT, text.encode())
    yield Trick("UTF-16", CHAT, whole.encode("utf-16"))
    yield Trick("UTF-8 with a mark", CHAT, b"\xef\xbb\xbf" + whole.encode())
    form = f"model={other}&messages=x".encode()
    for kind in ("application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=utf-8"):
        yield Trick("a form", CHAT, form, headers={"Content-Type": kind})
        yield Trick("a form that is JSON", CHAT, whole.encode(), headers={"Content-Type": kind})
    parts = f'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n{other}\r\n--b--\r\n'.encode()
    yield Trick("parts", CHAT, parts, headers={"Content-Type": "multipart/form-data; boundary=b"})
    for kind in ("text/plain", "application/octet-stream", ""):
        yield Trick(f"JSON as {kind!r}", CHAT, whole.encode(), headers={"Content-Type": kind})


def routes(alias, other):
    """What the platform does not serve."""
    ask = honest(CHAT, other) | {"input": "x", "prompt": "x", "custom_llm_provider": "openai", "query": "x", "documents": ["x"]}
    posts = """/cursor/chat/completions /queue/chat/completions /openai/v1/responses /v1/responses/compact /responses/x/cancel
        /v1/images/generations /v1/images/edits /openai/deployments/{}/images/generations /v1/audio/speech
        /v1/audio/transcriptions /v1/moderations /v1/rerank /rerank /v2/rerank /v1/batches /openai/v1/batches /x/v1/batches
        /v1/files /azure/v1/files /v1/fine_tuning/jobs /v1/assistants /v1/threads /v1/threads/x/runs /v1/vector_stores
        /v1/vector_stores/x/search /v1/videos /v1/containers /v1/search /search/x /v1/ocr /v1/rag/query /rag/ingest
        /v1/skills /v1/evals /v1beta/interactions /v1beta/models/{}:generateContent /models/{}:streamGenerateContent
        /anthropic/v1/messages /openai/v1/chat/completions /openai/chat/completions /openai_passthrough/v1/chat/completions
        /vertex_ai/v1/x /vllm/v1/chat/completions /bedrock/model/{}/invoke /azure/openai/x /mistral/v1/chat/completions
        /gemini/v1beta/models/x /cohere/v1/chat /a2a/x/message/send /v1/a2a/x/message/send /mcp /mcp/tools/call
        /mcp-rest/tools/call /utils/token_counter /utils/transform_request /v1/realtime/client_secrets /v1/realtime/calls
        /v1/chat/completions/ //v1/chat/completions /V1/chat/completions /v1/chat/completions%00 /v1/../v1/chat/completions
        /v1/%63hat/completions/x /engines//chat/completions /engines/{}/responses /guardrails/apply_guardrail
        /v1/messages/batches /v1/memory /v1/workflows/runs"""
    for path in posts.split():
        yield Trick(f"POST {path}", CHAT, ask, path.replace("{}", other))
    gets = """/health /health?model={} /v1/responses/resp_1 /v1/responses/resp_1/input_items /v1/batches /v1/files /v1/assistants
        /v1/chat/completions /openai/deployments/{}/chat/completions /engines/{}/completions /openai/v1/models
        /anthropic/v1/models /vertex_ai/x /v1/realtime?model={} /v1/containers /v1/vector_stores"""
    for path in gets.split():
        yield Trick(f"GET {path}", CHAT, None, path.replace("{}", other), "GET")
    for method in ("PUT", "PATCH", "DELETE"):
        yield Trick(f"{method} a deployment", CHAT, ask, f"/openai/deployments/{other}/chat/completions", method)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x" * 22 + "=="}
    for path in ("/v1/realtime", "/openai/v1/realtime", "/v1/responses", "/vertex_ai/live"):
        yield Trick(f"websocket {path}", CHAT, None, f"{path}?model={other}", "GET", upgrade)


def paths(other):
    """Paths that LiteLLM's routes take for another: the pattern of a route ends before a last line break."""
    ask = honest(CHAT, other) | {"input": "x", "prompt": "x", "query": "x", "documents": ["x"]}
    served = """/v1/chat/completions /chat/completions /v1/completions /v1/embeddings /v1/responses /v1/messages
        /v1/messages/count_tokens /engines/{}/chat/completions /openai/deployments/{}/chat/completions /health /health/test_connection
        /queue/chat/completions /v1/images/generations /v1/audio/speech /v1/moderations /v1/rerank /v1/batches /v1/files /v1/threads
        /v1/assistants /v1/responses/compact /utils/token_counter /api/event_logging/batch /v1beta/models/{}:generateContent
        /anthropic/v1/messages /usage/ai/chat"""
    for path in served.split():
        for end in ("%0A", "%0D", "%0D%0A", "%85", "%E2%80%A8"):
            yield Trick(f"POST {path}{end}", CHAT, ask, path.replace("{}", other) + end)
    for end in ("%0A", "%0a", "%00", "%09"):
        yield Trick(f"GET /health{end}", CHAT, None, f"/health{end}", "GET")
    for path in ("/v1/v1/chat/completions", "/v1//chat/completions", "/v1/./chat/completions", "/v1/x/../chat/completions",
                 "/v1/chat%2Fcompletions", "/v1\\chat\\completions", "/v1/chat/completions;a=b", "/v1/chat/completions%3Fmodel=x",
                 "/ui/%2e%2e/v1/chat/completions", "/x/mcp", "/health/test_connection", "/usage/ai/chat"):
        yield Trick(f"POST {path}", CHAT, ask, path)


def searches(alias):
    """Tools of a caller that LiteLLM would make a search of the provider of, by their name."""
    schema = {"input_schema": {"type": "object"}}
    for stream in (False, True):
        for tool in ({"name": "web_search"}, {"name": "web_search", "type": "custom"}, {"name": "web_search", "type": "bash_20250124"},
                     {"name": "web_search", "type": "memory_1"}, {"name": "web_search", "max_uses": 50}):
            yield Trick(f"tool {tool}", MESSAGES, honest(MESSAGES, alias, stream=stream, tools=[tool | schema]))
        thinking = {"type": "enabled", "budget_tokens": 1024}
        tools = [{"name": "web_search"} | schema]
        yield Trick("thinking with a search", MESSAGES, honest(MESSAGES, alias, stream=stream, tools=tools, thinking=thinking))
