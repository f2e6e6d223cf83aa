"""Measures what is left of the rate when three times as much is asked as the server can do, and how long half as much takes.

    python3 benches/overload.py --rounds 5 --seconds 5 --out target/bench

The server is alone on one core and the generator on another. First its peak: events over 64 connections, each sent as
soon as the one before is answered. Then connections that wait between an answer, whatever it is, and their next message: so
many that half of that peak is asked, and then until three times the peak is. What counts is what the server answered OK by
the end; the rest it must refuse as busy. An event costs more the more there are, so the peak is measured once more behind it,
and the middle of both counts.

What is left depends on what a refusal costs beside an event. No refusal costs less than bare hyper's answer to the same
message: the report says what would be left by that.
Everything is on loopback and ends with the run. The programs must have been built (`make bench-overload` does that).
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import side_by_side
from side_by_side import CONNECTIONS, RELEASE, ROOT, Load, Process, wanted

SERVER_CORE, CLIENT_CORE = "0", "1"
SERVICE = "postDentalServiceEvent"
TIMES = 3
HALF = 0.5
GOODPUT_LEAST = 0.9
# A connection waits so long between an answer and its next message: so three times the load comes over about a thousand.
PACE_MS = 30
# Longest time that the server may go on working when the generator has ended.
IDLE_AFTER_S = 30
# Requests that the server works on at once. With its own limit, more connections than that would be needed.
IN_FLIGHT_MAX = 2 * CONNECTIONS
# How often the connections are counted anew until the offer is this large, and no larger: the generator waits for answers too.
ATTEMPTS = 4
TOO_MUCH = 1.1
# Bytes of a refusal.
REFUSAL_BYTES = 1_000


def refused_busy(process):
    with urllib.request.urlopen(f"http://{process.admin}/metrics") as metrics:
        text = metrics.read().decode()
    rows = re.findall(r'^psop_requests_total\{service="[^"]*",outcome="BUSY_RETRY".*\} (\S+)', text, re.M)
    return sum(float(row) for row in rows)


def wait_until_idle(process):
    """The server still works on what a generator that has ended had asked."""
    until = time.monotonic() + IDLE_AFTER_S
    while time.monotonic() < until:
        with urllib.request.urlopen(f"http://{process.admin}/metrics") as metrics:
            if re.search(r"^psop_requests_in_flight 0$", metrics.read().decode(), re.M):
                return
        time.sleep(0.05)
    raise SystemExit(f"the server still works on requests {IDLE_AFTER_S} s after the last was sent")


def generate(process, file, grants, seconds, connections, pace_ms=PACE_MS):
    """So many connections at their pace: requests, the time they took in seconds, p50 and p99 in microseconds."""
    environment = dict(os.environ, PSOP_KIND="event", PSOP_FILE=file, PSOP_GRANTS=grants, PSOP_PACE_MS=str(pace_ms),
                       PSOP_RUN=f"pace-{os.getpid()}-{next(Load.runs)}")
    told = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s",
         os.path.join(ROOT, "benches", "load.lua"), f"http://{process.address}/xroad"],
        env=environment, capture_output=True, text=True, timeout=seconds * 4 + 60,
    )
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", told.stdout)
    if not found:
        raise SystemExit(f"wrk said nothing: {told.stdout}{told.stderr}")
    requests, duration_us, _, p50, p99, _ = map(int, found.groups())
    return requests, duration_us / 1e6, p50, p99


def asked_at_pace(process, file, grants, seconds, connections):
    """What was asked, answered OK and refused a second, and the memory after it."""
    ok, busy, cpu = process.answered_ok(SERVICE), refused_busy(process), process.cpu_s()
    requests, took, p50, p99 = generate(process, file, grants, seconds, connections)
    answered = process.answered_ok(SERVICE) - ok
    refused = refused_busy(process) - busy
    wait_until_idle(process)
    if answered + refused < requests - connections:
        raise SystemExit(f"{requests} asked, {answered:.0f} answered OK and {refused:.0f} refused as busy: the rest is lost")
    return {
        "per_s": requests / took, "ok_per_s": answered / took, "busy_per_s": refused / took, "p50_us": p50, "p99_us": p99,
        "busy": (process.cpu_s() - cpu) / took, "resident_mib": process.resident_mib(),
    }


def measure(rounds, seconds, folder):
    """What side_by_side's report holds of it: rows of its table, lines of a section, and every measurement by name."""
    server = side_by_side.serve(folder, ["taskset", "-c", SERVER_CORE], f"requests_in_flight_max = {IN_FLIGHT_MAX}\n")
    bare = Process(["taskset", "-c", SERVER_CORE, os.path.join(RELEASE, "examples", "bare_hyper"), str(REFUSAL_BYTES)], folder, "bare")
    measured = {"half": [], "peak": [], "overload": []}
    try:
        file, grants = os.path.join(folder, "event.xml"), os.path.join(folder, "grants.txt")
        with open(file, "w", encoding="utf-8") as out:
            out.write(side_by_side.event_message())
        print(f"granting {side_by_side.MANY_GRANTS} purchasing powers", flush=True)
        side_by_side.grant_all(server.address, grants, side_by_side.MANY_GRANTS)
        load = Load("event", file, grants)

        def at_peak():
            peak = load.run(server, seconds, service=SERVICE, before=["taskset", "-c", CLIENT_CORE])
            measured["peak"].append(peak)
            return peak["per_s"]

        for number in range(rounds):
            before = at_peak()
            few = max(1, int(HALF * before * PACE_MS / 1000))
            measured["half"].append(asked_at_pace(server, file, grants, seconds, few))
            connections = int(TIMES * before * PACE_MS / 1000)
            for attempt in range(ATTEMPTS):
                over = asked_at_pace(server, file, grants, seconds, connections)
                after = at_peak()
                peak = (before + after) / 2
                if TIMES <= over["per_s"] / peak <= TIMES * TOO_MUCH or attempt + 1 == ATTEMPTS:
                    break
                wanted_per_s = TIMES * (1 + TOO_MUCH) / 2 * peak
                connections = int(connections * min(2, wanted_per_s / max(over["per_s"], 1)))
                before = after
            over["connections"], over["peak"] = connections, peak
            # As many messages a second over as many connections.
            cpu, pace_ms = bare.cpu_s(), int(connections / over["per_s"] * 1000)
            requests = generate(bare, file, grants, seconds, connections, pace_ms)[0]
            refusal = (bare.cpu_s() - cpu) / requests * 1e6 / measured["peak"][-1]["cpu_us"]
            asked = over["per_s"] / peak
            over["by_bare_hyper"] = (1 - asked * refusal) / (1 - refusal)
            measured["overload"].append(over)
            print(f"round {number + 1} of {rounds}: peak {before:,.0f} and {after:,.0f}/s; asked {over['per_s']:,.0f}/s over "
                  f"{connections} connections: {over['ok_per_s']:,.0f}/s answered, {over['busy_per_s']:,.0f}/s refused", flush=True)
    finally:
        server.stop()
        bare.stop()
    ratios = [over["ok_per_s"] / over["peak"] for over in measured["overload"]]
    rows = [wanted("goodput at three times the load / peak", ratios, GOODPUT_LEAST)]
    bounds = [over["by_bare_hyper"] for over in measured["overload"]]
    offered = [over["per_s"] / over["peak"] for over in measured["overload"]]
    lines = [
        "## Overload", "",
        f"{rounds} rounds of {seconds} s each; {SERVICE} on sled; the server on one core, wrk on another. Asked in overload: "
        f"{statistics.median(offered):.1f} times the peak ({min(offered):.1f}–{max(offered):.1f}).", "",
        "| what is wanted | ratio: median (range) | least | |", "|---|---|---|---|", *rows, "",
        f"Were bare hyper's answer all that a refusal costs: {statistics.median(bounds):.2f} ({min(bounds):.2f}–{max(bounds):.2f}).", "",
        "| measured | asked a second | answered OK | refused as busy | p50 µs | p99 µs | of its core | MiB resident |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, key in [("half", "ok_per_s"), ("peak", "per_s"), ("overload", "ok_per_s")]:
        def middle(key, results=measured[name]):
            values = [result[key] for result in results if key in result]
            return statistics.median(values) if values else 0
        busy = "" if name == "peak" else f"{middle('busy'):.0%}"
        lines.append(f"| {name} | {middle('per_s'):,.0f} | {middle(key):,.0f} | {middle('busy_per_s'):,.0f} | {middle('p50_us'):,.0f} | "
                     f"{middle('p99_us'):,.0f} | {busy} | {middle('resident_mib'):,.0f} |")
    return rows, lines, measured


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5, help="of each measurement")
    arguments.add_argument("--out", default=os.path.join(ROOT, "target", "bench"))
    arguments = arguments.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="overload-", dir=arguments.out)
    try:
        _, lines, measured = measure(arguments.rounds, arguments.seconds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with open(os.path.join(arguments.out, "overload.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(arguments.out, "overload.json"), "w", encoding="utf-8") as file:
        json.dump(measured, file, indent=1)
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
