"""Mistakes that LiteLLM or its chart swallows, looked for in a golden tree without running anything."""

from collections import Counter
from urllib.parse import urlsplit

import litellm_tree

SECTIONS = ("general_settings", "litellm_settings", "router_settings")


def problems(platform, known):
    """Every rule that the tree breaks. `known`: the keys that this LiteLLM reads, by section (see litellm.py)."""
    return [f"{rule.__name__}: {p}" for rule in RULES for p in rule(platform, known)]


def keys_are_known(p, known):
    """LiteLLM takes any key and ignores those it does not know, or sends them to the model."""
    yield from (f"top level: {k}" for k in set(p.config) - known["top"])
    for section in SECTIONS:
        yield from (f"{section}: {k}" for k in set(p.config.get(section, {})) - known[section])
    for model in p.config["model_list"]:
        unknown = set(model["litellm_params"]) - known["litellm_params"]
        yield from (f"litellm_params of {model['model_name']}: {k}" for k in unknown)


def master_key_is_wired(p, _):
    """A master key that is absent or resolves to nothing leaves the proxy open."""
    key = p.config.get("general_settings", {}).get("master_key", "")
    if not key.startswith("os.environ/"):
        yield f"general_settings.master_key is {key!r}"


def environment_is_there(p, _):
    """Each os.environ/X needs a variable, each variable its Secret and key in the same namespace."""
    made = litellm_tree.secrets(p)
    for name in environ(p.config):
        if name not in p.proxy.names():
            yield f"os.environ/{name} is not in the proxy's environment"
    for pod in filter(None, (p.proxy, p.job)):
        for name, value, source in pod.env:
            if source:
                keys = made.get(("litellm", source["name"]), set())
                if keys is not None and source["key"] not in keys or source.get("optional"):
                    yield f"{name}: may be missing, {source} against {made.get(('litellm', source['name']))}"
            elif value is not None and not isinstance(value, str):
                yield f"{name} is no string: {value!r}"


def environ(value):
    if isinstance(value, dict):
        return [n for v in value.values() for n in environ(v)]
    if isinstance(value, list):
        return [n for v in value for n in environ(v)]
    return [value.removeprefix("os.environ/")] if isinstance(value, str) and value.startswith("os.environ/") else []


def environment_names_are_unique(p, _):
    """A name that the chart sets itself counts; server-side apply refuses duplicates."""
    for pod in filter(None, (p.proxy, p.job)):
        yield from (f"{n} is there {count} times" for n, count in Counter(pod.names()).items() if count > 1)
    if p.proxy.literal("DISABLE_SCHEMA_UPDATE") != "true":
        yield "the proxy would migrate the schema itself: DISABLE_SCHEMA_UPDATE is not true"
    if p.proxy.literal("LITELLM_LOCAL_MODEL_COST_MAP") != "True":
        yield "each start would fetch prices: LITELLM_LOCAL_MODEL_COST_MAP is not True"


def entries_have_all_prices(p, _):
    """A price that is not there is 0, that of cached tokens too; without any the entry takes a neighbour's."""
    names = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost", "cache_creation_input_token_cost")
    for model in p.config["model_list"]:
        for name in names:
            price = model["litellm_params"].get(name)
            # An embedding has no output.
            free = name == "output_cost_per_token" and model.get("model_info", {}).get("mode") == "embedding"
            if not isinstance(price, float) or not (0 < price < 0.01 or free and price == 0):
                yield f"{model['model_name']}: {name} is {price!r}"


def budgets_set_little_aside(p, _):
    """A call that names no limit sets the price of 16384 tokens aside, unless its alias says less."""
    for model in p.config["model_list"]:
        longest = model.get("model_info", {}).get("max_output_tokens")
        if not isinstance(longest, int) or not 0 < longest <= 16384:
            yield f"{model['model_name']}: max_output_tokens is {longest!r}"


def log_of_calls_ends(p, _):
    """Without a period each call leaves a row for ever."""
    if not p.config["general_settings"].get("maximum_spend_logs_retention_period"):
        yield "maximum_spend_logs_retention_period is not set"


def aliases_are_unique(p, _):
    """Two entries of one name share the load. A name that YAML reads as something else crashes the proxy."""
    for name, count in Counter(m["model_name"] for m in p.config["model_list"]).items():
        if count > 1 or not isinstance(name, str):
            yield f"{name!r} stands there {count} times"


def fallbacks_end(p, _):
    """Nothing checks that a fallback exists or does not lead back."""
    aliases = {m["model_name"] for m in p.config["model_list"]}
    edges = {}
    for section in SECTIONS:
        for entry in p.config.get(section, {}).get("fallbacks", []):
            edges.update(entry)
    yield from (f"{n} is no alias" for s, targets in edges.items() for n in [s, *targets] if n not in aliases)
    for start in edges:
        seen, todo = set(), list(edges[start])
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += edges.get(name, [])
        if start in seen:
            yield f"{start} falls back on itself"


def entries_lead_to_their_route(p, _):
    """api_base: a rendered Gateway and the alias's own path. model: what the gateway turns into the route's headers."""
    services = [o["metadata"] for _, o in p.objects if o["kind"] == "Gateway"]
    gateways = {f"{m['name']}.{m['namespace']}.svc{zone}" for m in services for zone in ("", ".cluster.local")}
    routes = {r.alias: r for r in p.routes}
    if set(routes) != {m["model_name"] for m in p.config["model_list"]} or len(routes) != len(p.routes):
        yield f"aliases {[m['model_name'] for m in p.config['model_list']]}, routes {[r.alias for r in p.routes]}"
    for model in p.config["model_list"]:
        name, params = model["model_name"], model["litellm_params"]
        base = urlsplit(params.get("api_base", ""))
        prefix, _, sent = params["model"].partition("/")
        route = routes.get(name)
        if base.scheme != "http" or base.hostname not in gateways or base.path != f"/models/{name}/v1":
            yield f"{name}: api_base is {params.get('api_base')!r}"
        if prefix != "openai":
            yield f"{name}: without the prefix openai/ the provider's own API would be called"
        for header, value in route.headers.items() if route else ():
            if p.headers.get(header, {}).get(sent) != value:
                yield f"{name}: the gateway derives no {header}: {value} from {sent!r}"
        if not all(isinstance(v, str) for v in params.get("extra_headers", {}).values()):
            yield f"{name}: a header that is no string fails every call"


def database_flags_agree(p, _):
    """The chart's proxy and its job read these flags in different orders."""
    db = p.values.get("db", {})
    if p.chart and db.get("deployStandalone") is not False:
        yield "db.deployStandalone is not false"
    if p.chart and db.get("useExisting") is not False:
        yield "db.useExisting builds DATABASE_URL with the password as it is"
    if "DATABASE_URL" not in p.proxy.names():
        yield "the proxy has no DATABASE_URL: it would serve without keys or budgets"


def migration_is_honest(p, _):
    """The job ends with 0 without DATABASE_URL, and when the migration fails unless told otherwise."""
    if not p.job:
        yield "there is no migration job"
        return
    if "DATABASE_URL" not in p.job.names():
        yield "the job has no DATABASE_URL"
    if p.job.literal("ENFORCE_PRISMA_MIGRATION_CHECK") != "true":
        yield "ENFORCE_PRISMA_MIGRATION_CHECK is not true"
    if p.job.literal("DISABLE_SCHEMA_UPDATE") not in (None, "false"):
        yield "DISABLE_SCHEMA_UPDATE on the job: it would only compare"


def mcp_names_have_no_dash(p, _):
    yield from (name for name in p.config.get("mcp_servers", {}) if "-" in name)


def streams_are_metered(p, _):
    """Without it the proxy guesses the tokens of a stream. Only in general_settings."""
    if p.config["general_settings"].get("always_include_stream_usage") is not True:
        yield "always_include_stream_usage is not true"


def loss_of_the_database_is_bounded(p, _):
    """Serving without a database is serving any key: only where no call costs money, and with probes that allow it."""
    if p.config["general_settings"].get("allow_requests_on_db_unavailable"):
        if any(r.external for r in p.routes):
            yield "any key would be served by an external provider"
        for probe, path in p.probes.items():
            if path != "/health/liveliness":
                yield f"{probe} probe {path} answers 503 without a database, so nothing would be served"


def spans_have_somewhere_to_go(p, _):
    """Without an endpoint the callback prints prompts to stdout; a string is read letter by letter."""
    for kind in ("callbacks", "success_callback", "failure_callback"):
        callbacks = p.config.get("litellm_settings", {}).get(kind, [])
        if not isinstance(callbacks, list):
            yield f"{kind} is no list"
        elif "otel" in callbacks and not {"OTEL_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} & set(p.proxy.names()):
            yield "otel without an endpoint"


def salt_is_written_once(p, _):
    """What is encrypted with one salt cannot be read with another."""
    source = next((s for n, _, s in p.proxy.env if n == "LITELLM_SALT_KEY"), None)
    secret = source["name"] if source else None
    if any((o["kind"], o["name"]) == ("Secret", secret) for o in p.elsewhere):
        return
    salt = litellm_tree.one(p.objects, "ExternalSecret", lambda o: o["spec"]["target"]["name"] == secret)
    spec = salt["spec"] if salt else {"target": {}}
    seen = (
        spec.get("refreshPolicy"),
        *(spec["target"].get(k) for k in ("immutable", "creationPolicy", "deletionPolicy")),
    )
    if seen != ("CreatedOnce", True, "Orphan", "Retain"):
        yield f"refresh, immutable, creation, deletion: {seen}"
    elif len(spec["data"]) > 1:
        yield "the salt shares its Secret with what is rotated"


def presync_needs_nothing_of_its_own_sync(p, _):
    """A PreSync hook runs before anything else of its Application exists."""
    for path, o in p.objects:
        if "PreSync" in o["metadata"].get("annotations", {}).get("argocd.argoproj.io/hook", ""):
            folder = path.rpartition("/")[0]
            beside = [other for other, _ in p.objects if other != path and other.startswith(folder + "/")]
            yield from (f"{path} waits for {other}" for other in beside)
    if p.values.get("extraResources"):
        yield "the chart's PreSync job shares its Application with extraResources"


RULES = [
    keys_are_known,
    master_key_is_wired,
    environment_is_there,
    environment_names_are_unique,
    entries_have_all_prices,
    budgets_set_little_aside,
    log_of_calls_ends,
    aliases_are_unique,
    fallbacks_end,
    entries_lead_to_their_route,
    database_flags_agree,
    migration_is_honest,
    mcp_names_have_no_dash,
    streams_are_metered,
    loss_of_the_database_is_bounded,
    spans_have_somewhere_to_go,
    salt_is_written_once,
    presync_needs_nothing_of_its_own_sync,
]
