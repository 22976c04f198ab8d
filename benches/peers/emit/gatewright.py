"""gatewright: golden/full's features.yaml, and an overlay for each cluster."""
import copy

import yaml

from description import overlay


def common(description, on):
    features = copy.deepcopy(description.features)
    features["features"].update(on)
    return {"features.yaml": yaml.safe_dump(features, sort_keys=False)}


def cluster(description, fields, off):
    switched = {"features": {flag: False for flag in off}} if off else {}
    return {f"clusters/{fields['name']}.yaml": yaml.safe_dump({**overlay(fields), **switched}, sort_keys=False)}
