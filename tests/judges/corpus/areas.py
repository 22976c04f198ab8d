"""The areas of the corpus: which objects each is made of. Every function yields rows."""

import builtin
import metadata
import mutate
from families import Kindred, Row, covered

AREAS = {  # file -> the API groups in it
    "crd-agentgateway": ["agentgateway.dev"],
    "crd-gateway": ["gateway.networking.k8s.io", "gateway.networking.x-k8s.io"],
    "crd-cnpg": ["postgresql.cnpg.io", "barmancloud.cnpg.io"],
    "crd-eso": ["external-secrets.io", "generators.external-secrets.io"],
    "crd-argocd": ["argoproj.io"],
    "crd-keda": ["keda.sh", "eventing.keda.sh"],
    "crd-gie": ["inference.networking.k8s.io", "inference.networking.x-k8s.io"],
    "crd-agentic": ["runtime.agentic-layer.ai"],
    "crd-synthetic": ["corpus.example.com"],
}
FAMILIES = {
    "AgentgatewayBackend": 360,
    "AgentgatewayPolicy": 360,
    "AgentgatewayParameters": 60,
    "Cluster": 160,
    "Pooler": 60,
    "HTTPRoute": 130,
    "Gateway": 90,
    "GRPCRoute": 80,
    "Application": 90,
    "ApplicationSet": 90,
    "ScaledJob": 70,
    "ScaledObject": 90,
    "SecretStore": 80,
    "ClusterSecretStore": 60,
    "ExternalSecret": 80,
    "InferencePool": 110,
    "Shape": 300,
    "Rule": 200,
    "ClusterGenerator": 60,
    "InferenceModelRewrite": 80,
    "InferenceObjective": 60,
}
SEED = 1  # of all chance
SEEDS = 10  # of one kind, each of another shape


def shapes(values, kind):
    """Those of the objects that differ in which fields they have, the largest first."""
    seen, out = set(), []
    for value in sorted(values, key=lambda v: -len(repr(v))):
        shape = frozenset(covered(value, kind.schema))
        if shape not in seen:
            seen.add(shape)
            out.append(value)
    return out[:SEEDS]


def families(server, kind, seeds, handmade, shard, shards):
    """What was made by hand, families all over the schema, a breach of each CEL rule, sweeps over seeds."""
    kindred = Kindred(server, kind, f"{SEED} shard {shard}")
    for value in handmade[shard::shards]:
        yield kindred.ask(value, "made by hand")
    for _ in range(FAMILIES.get(kind.kind, 40) // shards):
        yield from kindred.family()
    for rule in kindred.rules[shard::shards]:
        if not rule.update:
            yield from kindred.breach(rule)
    for seed in seeds[shard::shards]:
        yield from swept(kindred, seed, 30)


def swept(kindred, seed, limit):
    row = kindred.ask(seed, "seed")
    yield row
    for value, note in mutate.sweep(kindred.rng, seed, kindred.kind.schema, limit):
        yield kindred.ask(value, note)
    yield from kindred.mutants(row, 12)


def grown(kindred, seed, growths, mutants):
    """A built-in object, swept; then with more and more fields that the server takes, each step with its mutants."""
    yield from swept(kindred, seed, 70)
    here = seed
    for _ in range(growths):
        more, note = mutate.mutate(kindred.rng, here, kindred.kind.schema, 1, [mutate.add])
        if not note:
            return
        row = kindred.ask(more, note)
        yield row
        if row.verdict[0]:
            here = more
            yield from kindred.mutants(row, mutants)


def of_metadata(server, value):
    for changed, note in metadata.variants(value):
        yield Row(changed, f"metadata: {note}", server.create(changed))


def builtins(server, values):
    """(kind, objects) of the built-in kinds among some objects."""
    kinds = builtin.kinds(
        server, [v for v in values if not "." in v["apiVersion"].split("/")[0] or ".k8s.io/" in v["apiVersion"]]
    )
    for key, kind in kinds.items():
        yield kind, [v for v in values if (v["apiVersion"], v["kind"]) == key]


def updates(server, kind, count):
    """(old, new, source, verdict of an update, of an apply): the old object stands on the server meanwhile."""
    kindred = Kindred(server, kind, f"{SEED} updates")
    rules = [r for r in kindred.rules if r.update]
    for number in range(count):
        rule = rules[number % len(rules)] if rules else None
        row, _ = kindred.good(rule.path if rule else ())
        if row is None:
            continue
        old = row.object
        old["metadata"]["name"] = f"c-{kind.plural}-{kind.version}-{number}"
        if not server.apply(old, dry=False)[0]:
            continue
        for step in range(5):
            new, note = change(kindred, old, rule, step)
            verdict = server.replace(new)
            if verdict[0] is not None:
                yield old, new, note, verdict, server.apply(new)
        server.delete(old)


def change(kindred, old, rule, step):
    from rules import provoke

    if step == 0:
        return old, "no change"
    if rule and step < 3:
        return provoke(
            kindred.rng, old, rule, kindred.kind.schema, kindred.generator
        ), f"update about {'.'.join(rule.path)}: {rule.text}"
    return mutate.mutate(kindred.rng, old, kindred.kind.schema)


def metadata_seeds(server, values):
    """One small object of each of the kinds whose names follow different rules."""
    wanted = [
        "AgentgatewayPolicy",
        "HTTPRoute",
        "Gateway",
        "GatewayClass",
        "ExternalSecret",
        "ClusterSecretStore",
        "Cluster",
        "Application",
        "ScaledObject",
        "InferencePool",
        "Namespace",
        "ConfigMap",
        "Secret",
        "ServiceAccount",
        "Service",
        "PersistentVolumeClaim",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "CronJob",
        "Job",
        "Role",
        "ClusterRole",
        "RoleBinding",
        "NetworkPolicy",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "Ingress",
        "PriorityClass",
        "StorageClass",
        "ResourceQuota",
        "EndpointSlice",
        "ClusterRoleBinding",
        "LimitRange",
        "Pod",
    ]
    for kind in wanted:
        found = sorted((v for v in values if v["kind"] == kind), key=lambda v: len(repr(v)))
        for value in found[:1]:
            if server.create(value)[0]:
                yield value
