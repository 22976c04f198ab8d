"""Honest calls by the client libraries of OpenAI and Anthropic: a name, whether the model leaves the cluster, and the call."""

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
HI = [{"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
WEATHER = {"name": "weather", "description": "The weather in a city", "parameters": SCHEMA}
TOOL = {"type": "function", "function": WEATHER}
ANTHROPIC_TOOL = {"name": "weather", "description": "The weather in a city", "input_schema": SCHEMA}


def calls(openai, anthropic, external, local):
    """(name, call) of each; a call of a stream reads it to its end."""
    for alias, where in ((external, "external"), (local, "local")):
        for name, call in [*chats(openai, alias), *others(openai, alias), *messages(anthropic, alias)]:
            yield f"{where} {name}", call
    yield from vllm(openai, local)


def chats(client, alias):
    def chat(**more):
        return lambda: client.chat.completions.create(**{"model": alias, "messages": HI} | more)

    def streamed(**more):
        return lambda: list(client.chat.completions.create(model=alias, messages=HI, stream=True, **more))

    image = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}]
    called = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    yield "chat", chat()
    yield "chat of several turns", chat(messages=[
        {"role": "system", "content": "Be short."}, *HI, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "And?"}])
    yield "sampling", chat(temperature=0.2, top_p=0.9, frequency_penalty=0.1, presence_penalty=0.1, seed=7, stop=["\n"], n=1)
    yield "max_tokens", chat(max_tokens=50)
    yield "max_completion_tokens", chat(max_completion_tokens=50)
    yield "logprobs", chat(logprobs=True, top_logprobs=2, logit_bias={"50256": -100})
    yield "tools", chat(tools=[TOOL], tool_choice="auto", parallel_tool_calls=False)
    yield "a tool's answer", chat(tools=[TOOL], messages=[
        *HI, {"role": "assistant", "tool_calls": [called]}, {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"}])
    yield "functions", chat(functions=[WEATHER], function_call="auto")
    yield "json_schema", chat(response_format={
        "type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA, "strict": True}})
    yield "json_object", chat(response_format={"type": "json_object"})
    yield "vision", chat(messages=[{"role": "user", "content": image}])
    yield "metadata and store", chat(metadata={"ticket": "A-1", "team": "blue"}, store=False)
    yield "user", chat(user="someone")
    yield "service_tier", chat(service_tier="auto")
    yield "prediction", chat(prediction={"type": "content", "content": "Hello"})
    yield "modalities", chat(modalities=["text"])
    yield "safety_identifier, prompt_cache_key", chat(safety_identifier="h", prompt_cache_key="k")
    yield "stream", streamed()
    yield "stream with usage", streamed(stream_options={"include_usage": True})
    yield "stream with tools", streamed(tools=[TOOL], max_tokens=20)
    yield "timeout and headers of the client", chat(timeout=20, extra_headers={"X-Request-Source": "judge"})
    yield "raw answer", lambda: client.chat.completions.with_raw_response.create(model=alias, messages=HI).parse()


def others(client, alias):
    yield "completion", lambda: client.completions.create(model=alias, prompt="Hello", max_tokens=5, temperature=0)
    yield "completion of two prompts", lambda: client.completions.create(model=alias, prompt=["Hello", "Bye"], echo=True, logprobs=1)
    yield "completion, streamed", lambda: list(client.completions.create(model=alias, prompt="Hello", stream=True))
    yield "embedding", lambda: client.embeddings.create(model=alias, input="Hello", encoding_format="float")
    yield "embeddings", lambda: client.embeddings.create(model=alias, input=["Hello", "Bye"], user="someone")
    yield "response", lambda: client.responses.create(model=alias, input="Hello", instructions="Be short.", max_output_tokens=64)
    yield "response to a list", lambda: client.responses.create(
        model=alias, input=[{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}], store=False, temperature=0.5)
    yield "response with tools", lambda: client.responses.create(
        model=alias, input="Weather?", tools=[{"type": "function", **WEATHER, "strict": True}], metadata={"ticket": "A-1"})
    yield "response as JSON", lambda: client.responses.create(
        model=alias, input="City?", text={"format": {"type": "json_schema", "name": "city", "schema": SCHEMA, "strict": True}})
    yield "response, streamed", lambda: list(client.responses.create(model=alias, input="Hello", stream=True))


def messages(client, alias):
    def message(**more):
        return lambda: client.messages.create(**{"model": alias, "messages": HI, "max_tokens": 50} | more)

    def streamed():
        with client.messages.stream(model=alias, messages=HI, max_tokens=50) as stream:
            return stream.get_final_message()

    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL.partition(",")[2]}}
    yield "message", message()
    yield "message with system and sampling", message(
        system="Be short.", stop_sequences=["END"], extra_body={"temperature": 0.3, "top_p": 0.9})
    yield "message with cached system", message(system=[{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}])
    yield "message with tools", message(tools=[ANTHROPIC_TOOL], tool_choice={"type": "auto"})
    yield "message with an image", message(messages=[{"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]}])
    yield "message with metadata", message(metadata={"user_id": "someone"})
    yield "message, streamed", streamed
    yield "message, streamed raw", lambda: list(message(stream=True)())
    yield "message of the beta client", lambda: client.beta.messages.create(
        model=alias, messages=HI, max_tokens=50, betas=["context-1m-2025-08-07"])


def azure(client, alias):
    """The model stands in the path too, and a version in the query."""
    yield "Azure chat", lambda: client.chat.completions.create(model=alias, messages=HI)
    yield "Azure stream", lambda: list(client.chat.completions.create(model=alias, messages=HI, stream=True))
    yield "Azure completion", lambda: client.completions.create(model=alias, prompt="Hello")
    yield "Azure embedding", lambda: client.embeddings.create(model=alias, input="Hello", encoding_format="float")


def vllm(client, alias):
    def chat(**body):
        return lambda: client.chat.completions.create(model=alias, messages=HI, extra_body=body)

    yield "vLLM sampling", chat(top_k=20, min_p=0.05, repetition_penalty=1.1, min_tokens=1, stop_token_ids=[2])
    yield "vLLM chat template", chat(chat_template_kwargs={"enable_thinking": False}, add_generation_prompt=True)
    yield "vLLM guided decoding", chat(guided_json=SCHEMA)
    yield "vLLM structured outputs", chat(structured_outputs={"choice": ["yes", "no"]})
    yield "vLLM prompt logprobs", chat(prompt_logprobs=1, skip_special_tokens=False)


def unbilled(openai, anthropic, external, local):
    """Calls that ask no model."""
    yield "models", lambda: openai.models.list().data[0]
    yield "model", lambda: openai.models.retrieve(external)
    yield "count_tokens", lambda: anthropic.messages.count_tokens(model=external, messages=HI, system="Be short.", tools=[ANTHROPIC_TOOL])
