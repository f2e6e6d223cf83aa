"""Prints a part of the Kubernetes manifests as it is used: the configuration, the probes (scheme, path and header, one a
line), or the command by which the first container gives the secrets to the program.

usage: pod.py configuration|probes|copying PROJECT"""

import pathlib
import sys

import yaml

part, project = sys.argv[1:]
text = (pathlib.Path(project) / "security-server-config/kubernetes/psop-adapter.yaml").read_text()
documents = {document["kind"]: document for document in yaml.safe_load_all(text)}
pod = documents["Deployment"]["spec"]["template"]["spec"]
if part == "configuration":
    print(documents["ConfigMap"]["data"]["psop-adapter.toml"], end="")
elif part == "copying":
    print(pod["initContainers"][0]["command"][2])
else:
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = pod["containers"][0][probe]["httpGet"]
        header = asked["httpHeaders"][0]
        print(asked["scheme"].lower(), asked["path"], f"{header['name']}: {header['value']}")
