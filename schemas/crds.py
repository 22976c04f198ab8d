#!/usr/bin/env python3
"""Writes schemas/crds/: the CustomResourceDefinitions of the releases that groups/ pins, without their descriptions.

    schemas/crds.py FOLDER

FOLDER holds a folder for each release, as `releases` names them: the files of config/crd of the product's repository at that
tag (for Gateway API the standard channel). Each file that is written has a line about the release, then a definition a line:
what decides about an object stays (names, scope, versions, schemas, subresources), and nothing is added.

`installed` is what an Application of ours says of the release: the chart, or the path in a git repository, and its version.
One that says nothing is installed by others. Of cert-manager, the Prometheus Operator and the Vertical Pod Autoscaler only the kinds that people write are here.
"""
import json
import sys
from pathlib import Path

import yaml

RELEASES = {
    "agentgateway": ("agentgateway/v1.2.1", "agentgateway", "v1.2.1", "https://github.com/agentgateway/agentgateway",
                     {"chart": "agentgateway-crds", "version": "v1.2.1"}),
    "agentic-layer": ("agentic-layer/v0.28.1", "the agent runtime operator", "v0.28.1",
                      "https://github.com/agentic-layer/agent-runtime-operator", None),
    "argocd": ("argocd/v3.4.4", "Argo CD", "v3.4.4", "https://github.com/argoproj/argo-cd", None),
    "barman-cloud": ("cnpg/plugin-barman-cloud-v0.13.0", "the Barman Cloud plugin", "v0.13.0",
                     "https://github.com/cloudnative-pg/plugin-barman-cloud",
                     {"chart": "plugin-barman-cloud", "version": "0.7.0"}),
    "cert-manager": ("cert-manager", "cert-manager", "v1.20.2", "https://github.com/cert-manager/cert-manager",
                     {"chart": "cert-manager", "version": "v1.20.2"}),
    "cloudnative-pg": ("cnpg/v1.29.1", "CloudNativePG", "v1.29.1", "https://github.com/cloudnative-pg/cloudnative-pg",
                       {"chart": "cloudnative-pg", "version": "0.28.3"}),
    "external-secrets": ("eso/v2.6.0", "External Secrets", "v2.6.0",
                         "https://github.com/external-secrets/external-secrets",
                         {"chart": "external-secrets", "version": "2.6.0"}),
    "gateway-api": ("gateway-api/v1.5.1/standard", "the Gateway API", "v1.5.1",
                    "https://github.com/kubernetes-sigs/gateway-api",
                    {"path": "config/crd/standard", "version": "v1.5.1"}),
    "inference-extension": ("gie/v1.5.0", "the inference extension", "v1.5.0",
                            "https://github.com/kubernetes-sigs/gateway-api-inference-extension",
                            {"path": "config/crd", "version": "v1.5.0"}),
    "keda": ("keda/v2.20.1", "KEDA", "v2.20.1", "https://github.com/kedacore/keda",
             {"chart": "keda", "version": "2.20.1"}),
    "lws": ("lws/v0.9.0", "LeaderWorkerSet", "v0.9.0", "https://github.com/kubernetes-sigs/lws",
            {"chart": "lws", "version": "0.9.0"}),
    "prometheus-operator": ("prometheus-operator", "the Prometheus Operator", "v0.91.0",
                            "https://github.com/prometheus-operator/prometheus-operator",
                            {"chart": "kube-prometheus-stack", "version": "86.2.3"}),
    "vertical-pod-autoscaler": ("vpa/v1.8.1", "the Vertical Pod Autoscaler", "v1.8.1", "https://github.com/kubernetes/autoscaler", None),
}
LICENCE = "Apache-2.0"
DROPPED = {"additionalPrinterColumns", "selectableFields", "conversion", "description", "deprecationWarning"}


def without(value, names=False):
    """A schema without descriptions; the keys of `properties` are names, whatever they say."""
    if isinstance(value, list):
        return [without(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = ((key, item) for key, item in value.items() if names or key not in DROPPED)
    return {key: item if key in ("default", "enum") and not names else without(item, key == "properties" and not names)
            for key, item in kept}


def main():
    root, target = Path(sys.argv[1]), Path(__file__).parent / "crds"
    for name, (folder, product, version, source, installed) in RELEASES.items():
        about = {"product": product, "version": version, "licence": LICENCE, "source": source, "installed": installed}
        lines = [about]
        for path in sorted((root / folder).glob("*.y*ml")):
            for found in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
                if found and found.get("kind") == "CustomResourceDefinition":
                    lines.append({"apiVersion": found["apiVersion"], "kind": found["kind"],
                                  "metadata": {"name": found["metadata"]["name"]}, "spec": without(found["spec"])})
        text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
        (target / f"{name}.jsonl").write_text(text)


main()
