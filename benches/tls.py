"""Measures what TLS costs: new handshakes beside `openssl s_server`'s, and calls over kept connections beside plain ones.

    python3 benches/tls.py --rounds 5 --seconds 3 --out target/bench

Each server is alone on one core, and the same client on another; a server that is not measured at the moment sleeps.
TLS 1.2 and RSA-2048, one suite and one group on both sides, with and without a certificate asked of the caller.
Everything is on loopback and ends with the run. The programs must have been built (`make bench-tls` does that).
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import side_by_side
from side_by_side import CONNECTIONS, RELEASE, ROOT, Process

SUITE = "ECDHE-RSA-AES128-GCM-SHA256"
SERVER_CORE, CLIENT_CORE = "0", "1"
# s_server serves one connection at a time: with more than one client it always has the next one waiting.
CLIENTS = [1, 4]
HANDSHAKES_LEAST = 0.9
KEPT_LEAST = 0.7
READY_S_MAX = 10


class Adapter(Process):
    """Our server on its core, which counts its handshakes itself."""

    def __init__(self, config, folder, name):
        program = os.path.join(RELEASE, "psop-adapter")
        command = ["taskset", "-c", SERVER_CORE, program, "serve", "--config", config,
                   "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
        super().__init__(command, folder, name)

    def handshakes(self, resumed):
        with urllib.request.urlopen(f"http://{self.admin}/metrics") as metrics:
            text = metrics.read().decode()
        rows = re.findall(rf'^psop_tls_handshakes_total{{result="ok",.*resumed="{resumed}"}} (\S+)', text, re.M)
        return sum(float(row) for row in rows)


class OpensslServer(Process):
    """openssl s_server on the same core. It does not say when it is ready: it is once it accepts."""

    def __init__(self, folder, name, certificate, key, pin):
        port = free_port()
        command = ["taskset", "-c", SERVER_CORE, "openssl", "s_server", "-quiet", "-www", "-accept", f"127.0.0.1:{port}",
                   "-tls1_2", "-cipher", SUITE, "-cert", certificate, "-key", key]
        if pin:
            command += ["-Verify", "1", "-verify_return_error", "-CAfile", pin]
        log = os.path.join(folder, name + ".log")
        with open(log, "ab") as output:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.address = f"127.0.0.1:{port}"
        give_up = time.monotonic() + READY_S_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except ConnectionRefusedError:
                if time.monotonic() > give_up or self.child.poll() is not None:
                    self.stop()
                    with open(log, encoding="utf-8") as text:
                        raise SystemExit("s_server did not begin to serve: " + text.read()) from None
                time.sleep(0.05)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def make_certificate(folder, name):
    """A self-signed RSA-2048 certificate and its key."""
    certificate, key = (os.path.join(folder, f"{name}-{part}.pem") for part in ("certificate", "key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes", "-days", "30", "-subj", f"/CN={name}",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    os.chmod(key, 0o600)
    return certificate, key


def write_config(folder, name, store, tls):
    path = os.path.join(folder, name + ".toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            'environment = "TEST"\nclock = "2026-03-16T10:00:00+02:00"\n'
            f'[store]\nkind = "sled"\npath = "{store}"\n[secrets]\nkey_file = "{folder}/master.key"\n'
            "[limits]\nclient_requests_per_s_max = 4294967295\n"
            f'[log]\nlevel = "warn"\n{tls}'
        )
    return path


def stores(folder, names):
    """One store with purchasing powers, copied: the same content for every server."""
    first = os.path.join(folder, "store")
    key = os.open(os.path.join(folder, "master.key"), os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(key, b"5a" * 32)
    os.close(key)
    config = write_config(folder, "fill", first, "")
    demo = os.path.join(ROOT, "fixtures", "demo", "registry.toml")
    program = os.path.join(RELEASE, "psop-adapter")
    subprocess.run([program, "registry", "apply", demo, "--config", config], check=True, stdout=subprocess.DEVNULL)
    server = Adapter(config, folder, "fill")
    try:
        grants = os.path.join(folder, "grants.txt")
        side_by_side.grant_all(server.address, grants)
    finally:
        server.stop()
    for name in names:
        shutil.copytree(first, os.path.join(folder, name))
    return grants


def tls_section(certificate, key, pin):
    client = f'client_mode = "require"\nclient_pins = ["{pin}"]\n' if pin else 'client_mode = "off"\n'
    return f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n{client}'


def spoken(server, shown):
    """What one connection agrees on: suite, group and signature."""
    told = subprocess.run(
        ["openssl", "s_client", "-connect", server.address, "-tls1_2", "-cipher", SUITE, *shown],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=READY_S_MAX,
    ).stdout
    found = re.findall(r"^(?:New, (\S+), Cipher is (\S+)|Server Temp Key: ([^,\n]+)|Peer signature type: (\S+))", told, re.M)
    return " ".join(sorted(part for row in found for part in row if part))


def handshakes(server, clients, shown, seconds):
    """New full handshakes a second by so many clients, each one connection after another.

    s_time itself divides by its own processor time, or by whole seconds: here the clock on the wall counts. It marks a
    full handshake of TLS 1.2 with `*`, and a resumed one with `r`.
    """
    command = ["taskset", "-c", CLIENT_CORE, "openssl", "s_time", "-connect", server.address, "-new", "-tls1_2",
               "-cipher", SUITE, "-time", str(seconds), *shown]
    server_before, client_before, began = server.cpu_s(), os.times(), time.monotonic()
    running = [
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(clients)
    ]
    try:
        told = [one.communicate(timeout=seconds * 4 + 60)[0] for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    wall_s = time.monotonic() - began
    server_s = server.cpu_s() - server_before
    client_s = sum(os.times()[2:4]) - sum(client_before[2:4])
    connections = 0
    for text in told:
        found = re.search(r"^([*r]+)\n+(\d+) connections in", text, re.M)
        if not found or found[1] != "*" * int(found[2]):
            raise SystemExit(f"s_time to {server.address} did not only shake hands in full: {text[:200]} … {text[-300:]}")
        connections += int(found[2])
    return {
        "per_s": connections / wall_s, "per_cpu_s": connections / server_s, "connections": connections,
        "cpu_us": server_s / connections * 1e6, "client_cpu_us": client_s / connections * 1e6,
        "busy": server_s / wall_s, "client_busy": client_s / wall_s,
    }


def counted_handshakes(adapter, clients, shown, seconds):
    """The same at our server, whose own count must agree."""
    full, resumed = adapter.handshakes("false"), adapter.handshakes("true")
    result = handshakes(adapter, clients, shown, seconds)
    full, resumed = adapter.handshakes("false") - full, adapter.handshakes("true") - resumed
    # s_time breaks off what is under way at the end.
    if resumed or not result["connections"] <= full <= result["connections"] + clients:
        raise SystemExit(f"{result['connections']} handshakes at the clients, {full:.0f} at the server, {resumed:.0f} resumed")
    return result


def kept(server, scheme, kind, service, file, grants, seconds):
    """Calls a second over kept connections by wrk, all answered OK."""
    environment = dict(os.environ, PSOP_KIND=kind, PSOP_FILE=file, PSOP_GRANTS=grants, PSOP_RUN=f"{scheme}-{time.monotonic_ns()}")
    before_ok, before_s, began = server.answered_ok(service), server.cpu_s(), time.monotonic()
    told = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         "-s", os.path.join(ROOT, "benches", "load.lua"), f"{scheme}://{server.address}/xroad"],
        env=environment, capture_output=True, text=True, timeout=seconds * 4 + 60,
    )
    server_s, wall_s = server.cpu_s() - before_s, time.monotonic() - began
    found = re.search(r"RESULT (\d+) (\d+) (\d+)", told.stdout)
    if not found:
        raise SystemExit(f"wrk said nothing: {told.stdout}{told.stderr}")
    requests, duration_us, errors = map(int, found.groups())
    answered = server.answered_ok(service) - before_ok
    # wrk breaks off what is under way at the end.
    if answered < requests - CONNECTIONS or errors:
        raise SystemExit(f"{service} over {scheme}: {requests} requests, {answered:.0f} answered OK, {errors} errors")
    return {"per_s": requests / (duration_us / 1e6), "cpu_us": server_s / requests * 1e6, "busy": server_s / wall_s}


def take(measured, name, result):
    measured.setdefault(name, []).append(result)
    print(f"  {name:58} {result['per_s']:>9,.0f}/s  server {result['busy']:.0%} of its core", flush=True)


def modes(certificate, key, asked):
    """Whether a caller's certificate is asked for: the name, the pin, and what the client shows."""
    return [("no client certificate", None, []),
            ("client certificate required", asked[0], ["-cert", asked[0], "-key", asked[1], "-CAfile", certificate])]


def measure_handshakes(rounds, seconds, folder, measured):
    certificate, key = make_certificate(folder, "server")
    ratios, agreed = [], set()
    for place, (mode, pin, shown) in enumerate(modes(certificate, key, make_certificate(folder, "client"))):
        config = write_config(folder, f"mode-{place}", os.path.join(folder, f"mode-{place}"), tls_section(certificate, key, pin))
        servers = []
        try:
            ours = Adapter(config, folder, f"mode-{place}")
            servers.append(ours)
            theirs = OpensslServer(folder, f"s_server-{place}", certificate, key, pin)
            servers.append(theirs)
            agreed |= {spoken(ours, shown), spoken(theirs, shown)}
            if len(agreed) != 1:
                raise SystemExit(f"the servers do not speak the same: {agreed}")
            for clients in CLIENTS:
                many = "one client" if clients == 1 else f"{clients} clients"
                names = [f"{who}, {mode}, {many}" for who in ("handshakes, psop-adapter", "handshakes, s_server")]
                for number in range(rounds):
                    turns = [(names[0], counted_handshakes, ours), (names[1], handshakes, theirs)]
                    # Who comes first in a round changes, since a machine's clock does too.
                    for name, run, server in turns if number % 2 == 0 else reversed(turns):
                        take(measured, name, run(server, clients, shown, seconds))
                ratios.append((f"new handshakes / s_server's, {mode}, {many}", *names, "per_s", HANDSHAKES_LEAST))
                ratios.append((f"new handshakes a second of the server's CPU / s_server's, {mode}, {many}", *names,
                               "per_cpu_s", HANDSHAKES_LEAST))
        finally:
            for server in servers:
                server.stop()
    return ratios, agreed.pop()


def measure_kept(rounds, seconds, folder, grants, measured):
    certificate, key = make_certificate(folder, "kept")
    look_up = os.path.join(folder, "look-up.xml")
    with open(look_up, "w", encoding="utf-8") as file:
        file.write(side_by_side.look_up_message())
    repeated = os.path.join(ROOT, "fixtures", "requests", "01-create-ordinary.xml")
    ratios, servers = [], []
    try:
        for scheme, tls in [("https", tls_section(certificate, key, None)), ("http", "")]:
            config = write_config(folder, scheme, os.path.join(folder, scheme), tls)
            servers.append((scheme, Adapter(config, folder, scheme)))
        for what, kind, service, file in [("getOstovoima", "look-up", "getOstovoima", look_up),
                                          ("postPurchasingPower sent again", "file", "postPurchasingPower", repeated)]:
            names = {scheme: f"{what}, {scheme}" for scheme, _ in servers}
            for number in range(rounds):
                for scheme, server in servers if number % 2 == 0 else reversed(servers):
                    take(measured, names[scheme], kept(server, scheme, kind, service, file, grants, seconds))
            ratios.append((f"{what}, over kept connections / the same without TLS", names["https"], names["http"], "per_s",
                           KEPT_LEAST))
    finally:
        for _, server in servers:
            server.stop()
    return ratios


def measure(rounds, seconds, folder):
    """Runs everything in a folder of its own: the wanted ratios as rows of Markdown, the whole section's lines, and all
    results by name."""
    measured = {}
    print(f"granting {side_by_side.GRANTS} purchasing powers", flush=True)
    grants = stores(folder, ["mode-0", "mode-1", "https", "http"])
    ratios, agreed = measure_handshakes(rounds, seconds, folder, measured)
    ratios += measure_kept(rounds, seconds, folder, grants, measured)
    rows = [
        side_by_side.wanted(name, [one[key] / other[key] for one, other in zip(measured[above], measured[below])], least)
        for name, above, below, key, least in ratios
    ]
    return rows, section(rounds, seconds, rows, agreed, measured), measured


def section(rounds, seconds, rows, agreed, measured):
    lines = [
        "## TLS", "",
        f"{rounds} rounds of {seconds} s each; the server on one core, the client (openssl s_time, or wrk with {CONNECTIONS} "
        f"connections) on another. Handshakes: RSA-2048, {agreed} on both servers, counted by the clients and by our server "
        "as full. A client makes one connection after another, and s_server serves one at a time, so that the rates are "
        "bound by the client too: what a handshake costs the server itself stands in the rows of its CPU. Over kept "
        "connections no client certificate is asked for, since wrk shows none, and both stores held the same at first.", "",
        "| what is wanted | ratio: median (range) | least | |", "|---|---|---|---|", *rows, "",
        "| measured | a second: median (range) | CPU µs each | of its core | client's CPU µs each | client of its core |",
        "|---|---|---|---|---|---|",
    ]
    for name, results in measured.items():
        rates = [result["per_s"] for result in results]

        def middle(key, form):
            values = [result[key] for result in results if key in result]
            return format(statistics.median(values), form) if values else ""

        lines.append(
            f"| {name} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) | {middle('cpu_us', ',.0f')} | "
            f"{middle('busy', '.0%')} | {middle('client_cpu_us', ',.0f')} | {middle('client_busy', '.0%')} |"
        )
    return lines


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3, help="of each measurement")
    arguments.add_argument("--out", default=os.path.join(ROOT, "target", "bench"))
    arguments = arguments.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="tls-", dir=arguments.out)
    try:
        _, lines, measured = measure(arguments.rounds, arguments.seconds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with open(os.path.join(arguments.out, "tls.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(arguments.out, "tls.json"), "w", encoding="utf-8") as file:
        json.dump(measured, file, indent=1)
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
