"""Prints a part of the examples as it is used:

configuration  the adapter's, of the Kubernetes manifests
probes         those of the pod: scheme, port, path and header, one a line
copying        the command by which the pod's first container gives the secrets to the program
database       the database's settings in compose.yaml, one argument a line
health         the adapter's healthcheck in compose.yaml, likewise

usage: examples.py PART PROJECT"""

import pathlib
import sys

import yaml

part, project = sys.argv[1:]
folder = pathlib.Path(project) / "security-server-config"
documents = yaml.safe_load_all((folder / "kubernetes/psop-adapter.yaml").read_text())
documents = {document["kind"]: document for document in documents}
pod = documents["Deployment"]["spec"]["template"]["spec"]
services = yaml.safe_load((folder / "container/compose.yaml").read_text())["services"]
if part == "configuration":
    print(documents["ConfigMap"]["data"]["psop-adapter.toml"], end="")
elif part == "copying":
    print(pod["initContainers"][0]["command"][2])
elif part == "database":
    print("\n".join(services["database"]["command"][1:]))
elif part == "health":
    print("\n".join(services["adapter"]["healthcheck"]["test"][1:]))
else:
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = pod["containers"][0][probe]["httpGet"]
        header = asked["httpHeaders"][0]
        print(asked["scheme"].lower(), ports[asked["port"]], asked["path"], f"{header['name']}: {header['value']}")
