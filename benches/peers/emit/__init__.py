"""The inputs of each peer, in its own idiom. A module has

    common(description, on) -> {path: text}     what clusters share; `on` says which flags are on unless a cluster says otherwise
    cluster(description, fields, off) -> {path: text}     what one cluster has; `off` are the flags that it switches off
    fleet(description, names) -> {path: text}             a list of all clusters, where the peer wants one
"""


def nothing(*_):
    return {}
