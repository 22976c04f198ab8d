"""Breaks the metadata of an object: names, labels, annotations, owners, what a client may not set."""

import copy

NAMES = [
    "a",
    "a" * 63,
    "a" * 64,
    "a" * 253,
    "a" * 254,
    "a.b",
    "a..b",
    "-a",
    "a-",
    "A",
    "a_b",
    "1",
    "1a",
    "a.1",
    ".a",
    "a.",
    "é",
    "a b",
    "",
    " ",
    "a/b",
    "a%b",
    ".",
    "..",
    "a:b",
    "a" * 57,
    "system:a",
    ("a" * 63 + ".") * 3 + "a",
    "a" * 300,
    "a.-b",
    "0",
    "true",
]
KEYS = [
    "a",
    "A",
    "a.b",
    "a_b",
    "a-b",
    "-a",
    "a-",
    "a" * 63,
    "a" * 64,
    "example.com/a",
    "Example.com/a",
    "example.com/",
    "/a",
    "a/b/c",
    "",
    "a" * 253 + "/a",
    "a" * 254 + "/a",
    "é",
    "a b",
    "1",
    "example..com/a",
    "-example.com/a",
    "kubernetes.io/a",
    "a.b.c/d_e.f",
    "_a",
    "a/" + "b" * 63,
    "a/" + "b" * 64,
    "app.kubernetes.io/name",
]
VALUES = [
    "",
    "a",
    "A.b-C_d",
    "a b",
    "-a",
    "a-",
    "a" * 63,
    "a" * 64,
    "é",
    "a/b",
    "1",
    "true",
    "a:b",
    "_",
    "a_",
    "2024-01-01",
]
NO_STRINGS = [1, True, None, 1.5, [], {}, ["a"]]
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u-1"}
OWNERS = [
    [OWNER],
    [OWNER, dict(OWNER, uid="u-2")],
    [OWNER, OWNER],
    [dict(OWNER, controller=True)],
    [dict(OWNER, controller=True), dict(OWNER, uid="u-2", controller=True)],
    [dict(OWNER, name="")],
    [{k: v for k, v in OWNER.items() if k != "uid"}],
    [{k: v for k, v in OWNER.items() if k != "kind"}],
    [dict(OWNER, apiVersion="")],
    [dict(OWNER, apiVersion="a/b/c")],
    [dict(OWNER, kind="Event")],
    [dict(OWNER, extra=1)],
    [dict(OWNER, controller="true")],
    [None],
    [{}],
    {},
    "x",
    None,
    [],
    [dict(OWNER, apiVersion="apps/v1", kind="Deployment", blockOwnerDeletion=False)],
    [dict(OWNER, name="A_b")],
    [dict(OWNER, uid=1)],
]
FINALIZERS = [
    ["a"],
    ["example.com/a"],
    ["foregroundDeletion"],
    ["orphan"],
    ["orphan", "foregroundDeletion"],
    ["a b/c"],
    [""],
    [None],
    [1],
    "a",
    {},
    None,
    [],
    ["example.com/a", "example.com/a"],
    ["a/b/c"],
    ["Example.com/a"],
    ["resources-finalizer.argocd.argoproj.io"],
    ["kubernetes"],
    ["a" * 64],
    ["example.com/é"],
]
FIELDS = {
    "labels": [None, {}, [], "a", ["a"], 1],
    "annotations": [
        None,
        {},
        [],
        "a",
        ["a"],
        1,
        {"big": "x" * 262_144},
        {"big": "x" * 262_141},
        {"a": "é\n\t😀"},
        {"a": "x" * 200_000, "b": "x" * 70_000},
    ],
    "ownerReferences": OWNERS,
    "finalizers": FINALIZERS,
    "generateName": ["x-", "X-", "", "a" * 250, None, 1, "a_b", "-"],
    "creationTimestamp": [
        None,
        "2026-01-31T08:00:00Z",
        "now",
        "",
        1,
        {},
        "2026-01-31",
        "2026-01-31T08:00:00.5Z",
        "2026-01-31T08:00:00+02:00",
    ],
    "deletionTimestamp": [None, "2026-01-31T08:00:00Z", "now"],
    "deletionGracePeriodSeconds": [0, 30, -1, "30", None, 1.5],
    "resourceVersion": ["", "1", "abc", 1, None, "0"],
    "uid": ["", "u-1", 1, None, "3f2f9a3e-0000-4000-8000-000000000000"],
    "generation": [0, 1, -1, "1", None, 1.5, 2**63],
    "selfLink": ["", "/a", 1],
    "managedFields": [
        None,
        [],
        [{}],
        {},
        "x",
        [{"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}],
        [{"manager": "m", "operation": "Wrong", "apiVersion": "v1"}],
        [{"manager": "m", "operation": "Update", "fieldsType": "X"}],
    ],
    "clusterName": ["", "c"],
    "name": [None, 1, True, [], {}],
    "namespace": [None, "", 1, "A", "a_b", "-a", "a.b", "a" * 64, [], {}, True],
    "label": [{}],
    "Name": ["x"],
    "annotation": [{}],
    "unknown": [1, None, {}],
    "": ["x"],
    "initializers": [None, {}],
    "spec": [{}],
}


def variants(value):
    """Every object that differs from this one in one piece of metadata, with a note of the difference."""
    for name in NAMES:
        yield change(value, "name", name), f"name {name[:40]!r} ({len(name)})"
    for field in ("labels", "annotations"):
        for key in KEYS:
            yield change(value, field, {key: "v"}), f"{field} key {key[:40]!r} ({len(key)})"
        for text in VALUES:
            yield change(value, field, {"k": text}), f"{field} value {text[:40]!r} ({len(text)})"
        for odd in NO_STRINGS:
            yield change(value, field, {"k": odd}), f"{field} value {odd!r}"
    for field, values in FIELDS.items():
        for odd in values:
            yield change(value, field, odd), f"{field} {repr(odd)[:60]}"
    without = copy.deepcopy(value)
    del without["metadata"]["name"]
    yield without, "no name"


def change(value, field, new):
    value = copy.deepcopy(value)
    value["metadata"][field] = copy.deepcopy(new)
    return value
