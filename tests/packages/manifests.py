"""Judges the Kubernetes manifests and the compose example: by their schemas, and by what must agree among them and with
the unit's and the program's own figures. Each judge is shown a planted fault first, which it must find.

usage: manifests.py PROJECT"""

import copy
import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

project = pathlib.Path(sys.argv[1])
folder = project / "security-server-config"
# The oldest in which every field that is used can be, and the newest that the package knows.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]


def fail(text):
    sys.exit(f"FAILED: {text}")


def by_kind(documents, kind):
    return next(document for document in documents if document["kind"] == kind)


def refused_by_kubernetes(document):
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            return f"Kubernetes {version}, {document['kind']}: {error.message} at {list(error.path)}"
    return None


def judge_kubernetes(documents):
    """What the schemas cannot say."""
    for document in documents:
        if refused := refused_by_kubernetes(document):
            yield refused
    config, secret = by_kind(documents, "ConfigMap"), by_kind(documents, "Secret")
    deployment, service = by_kind(documents, "Deployment"), by_kind(documents, "Service")
    template = deployment["spec"]["template"]
    pod = template["spec"]
    container = pod["containers"][0]
    labels = template["metadata"]["labels"]
    selectors = {
        "Deployment": deployment["spec"]["selector"]["matchLabels"],
        "Service": service["spec"]["selector"],
        "PodDisruptionBudget": by_kind(documents, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": by_kind(documents, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    }
    for kind, selector in selectors.items():
        if not selector.items() <= labels.items():
            yield f"{kind} selects {selector}, and the pod has {labels}"
    ports = {port["name"] for port in container["ports"]}
    asked = {port["targetPort"] for port in service["spec"]["ports"]}
    asked |= {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    if not asked <= ports:
        yield f"ports {asked - ports} are none of the container's"
    if pod.get("enableServiceLinks") is not False:
        yield "enableServiceLinks must be false: a Service's variables begin with PSOP_ and would be refused as keys"
    if deployment["spec"]["replicas"] <= by_kind(documents, "PodDisruptionBudget")["spec"]["minAvailable"]:
        yield "the disruption budget lets no pod go"
    text = config["data"]["psop-adapter.toml"]
    for line in text.splitlines():
        place, _, name = line.rpartition("/etc/psop-adapter/secrets/")
        if place and name.rstrip('"') not in secret["stringData"]:
            yield f"the Secret has no {name}"
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    if volumes["given"]["secret"]["secretName"] != secret["metadata"]["name"]:
        yield "the pod mounts another Secret"
    if volumes["configuration"]["configMap"]["name"] != config["metadata"]["name"]:
        yield "the pod mounts another ConfigMap"
    for one in pod["initContainers"] + pod["containers"]:
        confined = one["securityContext"]
        if not confined["readOnlyRootFilesystem"] or confined["allowPrivilegeEscalation"]:
            yield f"container {one['name']} is not confined"


def judge_compose(compose):
    import compose as package  # the schema's package: of it nothing is run

    schema = json.loads((pathlib.Path(package.__file__).parent / "config/compose_spec.json").read_text())
    for error in jsonschema.Draft7Validator(schema).iter_errors(compose):
        yield f"compose.yaml: {error.message} at {list(error.path)}"
    for name, service in compose["services"].items():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            # What secrets.sh makes is not there yet.
            is_made = source.startswith("./secrets/")
            is_there = (folder / "container" / source).exists() if "/" in source else source in compose["volumes"]
            if not is_made and not is_there:
                yield f"compose.yaml: there is no {source}"
        for port in service.get("ports", []):
            if not port.startswith("${LISTEN_ADDRESS:-127.0.0.1}:"):
                yield f"compose.yaml: {port} is published beyond this machine without being asked"
        for network in service["networks"]:
            if network not in compose["networks"]:
                yield f"compose.yaml: no network {network}"


def planted(documents, change):
    changed = copy.deepcopy(documents)
    change(changed)
    return changed


kubernetes = []
for file in sorted((folder / "kubernetes").glob("*.yaml")):
    kubernetes += yaml.safe_load_all(file.read_text())
compose = yaml.safe_load((folder / "container/compose.yaml").read_text())

faults = [
    lambda d: by_kind(d, "Deployment")["spec"].update(replica=2),
    lambda d: by_kind(d, "Deployment")["spec"].update(replicas="two"),
    lambda d: by_kind(d, "Deployment")["spec"]["template"]["spec"].pop("enableServiceLinks"),
    lambda d: by_kind(d, "Service")["spec"].update(selector={"app": "other"}),
    lambda d: by_kind(d, "Secret")["stringData"].pop("master.key"),
    lambda d: by_kind(d, "PodDisruptionBudget")["spec"].update(minAvailable=2),
]
for number, fault in enumerate(faults):
    if next(judge_kubernetes(planted(kubernetes, fault)), None) is None:
        fail(f"the judge does not see planted fault {number} of the manifests")
for fault in ({"read_onyl": True}, {"ports": ["8080:8080"]}):
    if next(judge_compose(planted(compose, lambda c: c["services"]["adapter"].update(fault))), None) is None:
        fail(f"the judge does not see the planted fault of compose.yaml {fault}")
if found := [*judge_kubernetes(kubernetes), *judge_compose(compose)]:
    fail("\n".join(found))
print(f"{len(kubernetes)} Kubernetes manifests (versions {', '.join(VERSIONS)}) and compose.yaml are as their schemas say")
