"""Plays one scenario by every SOAP stack against a real server, and prints the matrix.

    python3 tests/interop/interop.py [--install] [--may-share-network] [STACK …]

Each folder beside this file that has a `run.sh` is a stack. It runs on a fresh demo store, server and client
alone in a network of their own with nothing but loopback. A recorder stands between the two and changes
nothing: what a client says of itself counts only where the wire shows it too. Exit code 1 when anything is
red.

Invariant: nothing here knows a stack; what a stack cannot do stands in its own folder, in DEFECTS.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import wire

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target" / "interop"
# What a client says "ok" of, in the order of the scenario (README.md).
CHECKS = ["wsdl", *wire.SERVICES, "letters", "replay", "rejection", "fault"]
# Beside them: headers as security servers want them on the wire, the client's exit code, and a validator of WS-I's
# profile where the stack has one.
COLUMNS = [*CHECKS, "wire", "exit", "wsi"]
HEADINGS = ["WSDL", "get", "post", "saldo", "dental", "event", "feed", "åäö", "replay", "reject", "fault", "wire", "exit", "WS-I"]
STACK_SECONDS_MAX = 300


def main():
    sys.stdout.reconfigure(line_buffering=True)
    arguments = argparse.ArgumentParser()
    arguments.add_argument("stacks", nargs="*", metavar="STACK", help="folders here; all when none is named")
    arguments.add_argument("--program", default=str(ROOT / "target/debug/psop-adapter"))
    arguments.add_argument("--install", action="store_true", help="install first what each stack needs")
    arguments.add_argument("--install-only", action="store_true", help="install, and stop")
    arguments.add_argument(
        "--may-share-network",
        action="store_true",
        help="go on where no network of its own can be made, and say so",
    )
    arguments.add_argument("--folder", type=Path, default=HERE, help="where the stacks are (default: beside this file)")
    arguments.add_argument("--inside", metavar="FILE", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    folder = options.folder.resolve()
    stacks = options.stacks or sorted(path.parent.name for path in folder.glob("*/run.sh"))
    unknown = [stack for stack in stacks if not (folder / stack / "run.sh").is_file()]
    if unknown:
        sys.exit(f"no such stack: {', '.join(unknown)}")
    if options.inside:
        outcome = play(folder / stacks[0], options.program)
        Path(options.inside).write_text(json.dumps(outcome))
        return
    unshare = None if options.install_only else network_of_its_own(options.may_share_network)
    rows = []
    for stack in stacks:
        place = folder / stack
        missing = install(place, options.install or options.install_only)
        if options.install_only:
            if missing:
                sys.exit(f"{stack}: {missing}")
            continue
        rows.append(judge(place, {"missing": missing} if missing else alone(place, options.program, unshare)))
    if rows:
        sys.exit(report(rows, unshare is not None))


def network_of_its_own(may_share):
    """The command that makes one; None where none can be made and that is allowed."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    if may_share:
        return None
    sys.exit("unshare cannot make a network here: run this as root, or with --may-share-network")


def install(stack, may_install):
    """Runs the stack's install.sh once for each state of what it names; what went wrong, or None."""
    script = stack / "install.sh"
    if not script.is_file():
        return None
    digest = hashlib.sha256()
    for path in sorted(stack.rglob("*")):
        if path.name in ("install.sh", "requirements.txt", "package-lock.json", "pom.xml", "go.mod", "go.sum"):
            digest.update(path.read_bytes())
    place = TARGET / stack.name
    stamp = place / "installed"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return None
    if not may_install:
        return f"not installed: run python3 tests/interop/interop.py --install {stack.name}"
    print(f"installing {stack.name}")
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["sh", str(script)], env=environment(stack), capture_output=True, text=True)
    if done.returncode != 0:
        return "install.sh: " + last_lines(done.stdout + done.stderr)
    stamp.write_text(digest.hexdigest())
    return None


def environment(stack):
    """What a stack's scripts know: where the project is, and a place for what they make."""
    return dict(os.environ) | {"ROOT": str(ROOT), "TARGET": str(TARGET / stack.name)}


def alone(stack, program, unshare):
    """The stack's outcome, played in a network of its own."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [*(unshare or []), sys.executable, __file__, "--folder", str(stack.parent), "--program", program]
        command += ["--inside", file.name, stack.name]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            return {"missing": "the runner: " + last_lines(done.stderr)}
        outcome = json.loads(Path(file.name).read_text())
    if unshare and outcome["interfaces"] != ["lo"]:
        outcome["missing"] = f"the network was not cut off: {outcome['interfaces']}"
    return outcome


def play(stack, program):
    """Runs server, recorder and client; what the client said and what stood on the wire."""
    loopback_up()
    with tempfile.TemporaryDirectory() as folder:
        recorder = wire.Recorder()
        server, address = serve(Path(folder), program, recorder.url())
        recorder.start(address)
        started = time.monotonic()
        try:
            said, code = client(stack, recorder.url())
            served = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://{address[0]}:{address[1]}/xroad?wsdl", timeout=60
            ).read()
        finally:
            server.terminate()
            server.wait(timeout=60)
        exchanges = recorder.stop()
    keep(stack, exchanges)
    return {
        "said": said,
        "code": code,
        "seconds": round(time.monotonic() - started, 1),
        "interfaces": [name for _, name in socket.if_nameindex()],
        "wire": wire.judge(exchanges, served),
    }


def keep(stack, exchanges):
    """Leaves every message in target/interop/STACK/wire, to look at."""
    folder = TARGET / stack.name / "wire"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, (_, _, asked, _, answered) in enumerate(exchanges, 1):
        (folder / f"{number:02}-request.xml").write_bytes(asked)
        (folder / f"{number:02}-answer.xml").write_bytes(answered)


def loopback_up():
    """`ip link set lo up`, where the network is our own."""
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        return
    up_and_running = 0x41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", up_and_running))


def serve(folder, program, public_url):
    """A server on a fresh demo store; the process and its address."""
    config = folder / "psop-adapter.toml"
    config.write_text(
        'environment = "TEST"\nclock = "2026-03-16T10:00:00+02:00"\n'
        f'[server]\npublic_url = "{public_url}"\n'
        f'[store]\nkind = "sled"\npath = "{folder}/store"\n'
        f'[secrets]\nkey_file = "{folder}/master.key"\n'
    )
    key = folder / "master.key"
    key.write_text("5a" * 32)
    key.chmod(0o600)
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PSOP_")}
    registry = folder / "registry.toml"
    registry.write_text(demo_registry())
    for included in ("municipalities.toml", "counties.toml"):
        shutil.copy(ROOT / "fixtures/demo" / included, folder)
    applied = subprocess.run(
        [program, "registry", "apply", str(registry), "--config", str(config)],
        env=plain, capture_output=True, text=True,
    )
    if applied.returncode != 0:
        sys.exit("the registry was not applied: " + last_lines(applied.stderr))
    log = open(folder / "server.log", "w")
    server = subprocess.Popen(
        [program, "serve", "--config", str(config), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
        env=plain, stdout=subprocess.PIPE, stderr=log, text=True,
    )
    found = re.search(r"http=([0-9.]+):([0-9]+)", server.stdout.readline())
    if not found:
        sys.exit("the server did not start: " + last_lines((folder / "server.log").read_text()))
    return server, (found[1], int(found[2]))


def demo_registry():
    """The demo registry, and in it a unit of the dentist's whose code has letters to bring back."""
    text = (ROOT / "fixtures/demo/registry.toml").read_text()
    dentist = 'business_id = "9000003-8"\nname = "Hammashoito Hymy Oy"\n'
    unit = f'units = [{{ unit_code = "{wire.LETTERS["providerUnitCode"]}", name = "Töölö" }}]\n'
    if text.count(dentist) != 1:
        sys.exit("the demo registry has no dentist 9000003-8 as this runner knows it")
    return text.replace(dentist, dentist + unit)


def client(stack, url):
    """Runs the stack's program; what it printed and its exit code. Ends all of it after a while."""
    # No proxy that the environment names stands between.
    plain = {key: value for key, value in environment(stack).items() if not key.lower().endswith("_proxy")}
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            ["sh", str(stack / "run.sh"), url], env=plain, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )
        try:
            code = process.wait(timeout=STACK_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = f"still running after {STACK_SECONDS_MAX} s"
        output.seek(0)
        return output.read(), code


def judge(stack, outcome):
    """One row of the matrix: a verdict for each check, and why where it is not ok."""
    row = {"stack": stack.name, "verdicts": {}, "notes": [], "seconds": outcome.get("seconds")}
    if outcome.get("missing"):
        row["verdicts"] = dict.fromkeys(COLUMNS, "RED")
        row["notes"].append(outcome["missing"])
        return row
    seen, faults = outcome["wire"]["seen"], outcome["wire"]["faults"]
    said = re.findall(r"^ok (\S+)$", outcome["said"], re.MULTILINE)
    for check in CHECKS:
        if check in said and check in seen:
            row["verdicts"][check] = "ok"
        else:
            row["verdicts"][check] = "RED"
            row["notes"].append(f"{check}: " + ("the wire does not show it" if check in said else "not reached"))
    row["verdicts"]["wire"] = "RED" if faults else "ok"
    row["notes"] += faults
    row["verdicts"]["wsi"] = "ok" if "wsi" in said else "-"
    row["verdicts"]["exit"] = "ok" if outcome["code"] == 0 else "RED"
    if outcome["code"] != 0:
        row["notes"].append(f"exit code {outcome['code']}: {last_lines(outcome['said'])}")
    excuse(stack, row)
    return row


def excuse(stack, row):
    """Turns what DEFECTS names (lines `check: evidence`) from red to a defect of the stack."""
    path = stack / "DEFECTS"
    for line in path.read_text().splitlines() if path.is_file() else []:
        check, _, evidence = line.partition(": ")
        if row["verdicts"].get(check) == "RED":
            row["verdicts"][check] = "defect"
        row["notes"].append(f"defect of the stack, {check}: {evidence}")


def report(rows, is_cut_off):
    """Prints the matrix; the exit code."""
    width = max(len("stack"), *(len(row["stack"]) for row in rows)) + 2
    print()
    print("stack".ljust(width) + "".join(heading.ljust(8) for heading in HEADINGS) + "seconds")
    for row in rows:
        verdicts = [row["verdicts"][column] for column in COLUMNS]
        print(row["stack"].ljust(width) + "".join(verdict.ljust(8) for verdict in verdicts) + str(row["seconds"]))
    for row in rows:
        for note in row["notes"]:
            print(f"{row['stack']}: {note}")
    print()
    cut = "the network cut off (loopback only)" if is_cut_off else "THE NETWORK NOT CUT OFF: unshare is not allowed here"
    is_red = any("RED" in row["verdicts"].values() for row in rows)
    print(f"{len(rows)} stacks, {cut}: " + ("RED" if is_red else "all as expected"))
    return 1 if is_red else 0


def last_lines(text, count=30):
    return "\n    ".join(text.strip().splitlines()[-count:])


if __name__ == "__main__":
    main()
