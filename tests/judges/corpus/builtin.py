"""Kinds of Kubernetes itself: their schemas come from the server's OpenAPI."""

from kinds import Kind

GONE = {"description"}


def kinds(server, values):
    """The kinds of some objects, as `kinds.load` gives those of CRDs."""
    out, schemas = {}, {}
    for version, kind in sorted({(v["apiVersion"], v["kind"]) for v in values}):
        if (version, kind) in server.resources:
            schemas.setdefault(version, server.schemas(version))
            group, _, bare = version.rpartition("/")
            plural, namespaced = server.resources[version, kind]
            out[version, kind] = Kind(
                group,
                bare,
                kind,
                plural,
                namespaced,
                unroll(of_kind(schemas[version], group, bare, kind), schemas[version]),
            )
    return out


def of_kind(schemas, group, version, kind):
    mark = {"group": group, "version": version, "kind": kind}
    return next(s for s in schemas.values() if mark in s.get("x-kubernetes-group-version-kind", []))


def unroll(schema, schemas, seen=()):
    """The schema with its references followed; a type within itself stays open."""
    parts = schema.get("allOf", []) + [schema]
    out = {}
    for part in parts:
        name = part.get("$ref", "").rpartition("/")[2]
        if name in seen:
            continue
        out |= (
            unroll(schemas[name], schemas, seen + (name,))
            if name
            else {k: v for k, v in part.items() if k not in GONE | {"allOf"}}
        )
    if out.get("format") == "int-or-string" or {"type": "number"} in out.get("oneOf", []):
        out["x-kubernetes-int-or-string"] = True
    out.pop("oneOf", None)
    if out.get("default") == {}:
        del out["default"]
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = unroll(out[key], schemas, seen)
    if "properties" in out:
        out["properties"] = {k: unroll(v, schemas, seen) for k, v in out["properties"].items()}
    return out
