"""Prints the config.json of an OCI bundle: what an image says, with a read-only root, no capability, one writable
mount for data and one read-only for the configuration. The network is that of this process. Its variables that begin
with PSOP_ are the container's too, and the file that HOSTS names is its /etc/hosts.

usage: bundle.py IMAGE.json ROOT NAME CONFIGURATION DATA [ARGUMENT...]"""

import json
import os
import sys

image, root, _name, configuration, data, *arguments = sys.argv[1:]
image = json.load(open(image))["OCIv1"]["config"]
user, group = image["User"].split(":")


def bind(source, target, *options):
    return {"destination": target, "source": source, "type": "bind", "options": ["bind", "nosuid", "nodev", *options]}


def kernel(target, kind, *options):
    return {"destination": target, "type": kind, "source": kind, "options": ["nosuid", "noexec", *options]}


print(json.dumps({
    "ociVersion": "1.0.2",
    "process": {
        "user": {"uid": int(user), "gid": int(group)},
        "args": image["Entrypoint"] + (arguments or image["Cmd"]),
        "env": image["Env"] + [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PSOP_")],
        "cwd": image["WorkingDir"],
        "noNewPrivileges": True,
        "capabilities": {name: [] for name in ("bounding", "effective", "inheritable", "permitted", "ambient")},
    },
    "root": {"path": root, "readonly": True},
    "mounts": [
        kernel("/proc", "proc", "nodev"),
        kernel("/dev", "tmpfs", "strictatime", "mode=755", "size=64k"),
        bind(configuration, "/etc/psop-adapter", "ro"),
        bind(data, "/var/lib/psop-adapter", "rw"),
        *([bind(os.environ["HOSTS"], "/etc/hosts", "ro")] if "HOSTS" in os.environ else []),
    ],
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
}))
