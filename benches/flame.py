"""Draws where the server's CPU goes: a flame graph of look-ups and one of events.

    python3 benches/flame.py --seconds 5 --out target/bench

perf samples the release program by the CPU's clock while the generator drives it over 64 connections, and inferno draws
the stacks. The programs must have been built (`make bench-flame` does that).
"""

import argparse
import os
import re
import shutil
import subprocess
import tempfile

import side_by_side
from side_by_side import ROOT, Load

INFERNO = os.path.join(ROOT, "target", "tools", "bin")
SAMPLES_PER_S = 499
# Bytes of each stack that are kept to be unwound, and the narrowest frame that is drawn, in percent.
STACK_BYTES = 16_384
NARROWEST = "0.2"
WARM_UP_S = 2


def still(drawn):
    """The picture without the program in it, and without what only that program answers to."""
    drawn = re.sub(r"<script.*?</script>", "", drawn, flags=re.S).replace(' onload="init(evt)"', "")
    return re.sub(r'<text id="(?:details|unzoom|search|matched)".*?</text>', "", drawn)


def draw(process, load, service, seconds, folder, path, title):
    load.run(process, WARM_UP_S, service=service)
    data = os.path.join(folder, "perf.data")
    recording = subprocess.Popen(
        ["perf", "record", "-e", "cpu-clock", "-F", str(SAMPLES_PER_S), "--call-graph", f"dwarf,{STACK_BYTES}",
         "-p", str(process.child.pid), "-o", data, "--", "sleep", str(seconds)],
        stderr=subprocess.DEVNULL,
    )
    load.run(process, seconds + 1, service=service)
    if recording.wait():
        raise SystemExit("perf could not record: does the kernel let it (kernel.perf_event_paranoid)?")
    stacks = subprocess.run(["perf", "script", "-i", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    folded = subprocess.run([os.path.join(INFERNO, "inferno-collapse-perf"), "-q"], input=stacks, stdout=subprocess.PIPE, check=True).stdout
    drawn = subprocess.run(
        [os.path.join(INFERNO, "inferno-flamegraph"), "--title", title, "--minwidth", NARROWEST],
        input=folded, stdout=subprocess.PIPE, check=True,
    ).stdout.decode()
    with open(path, "w", encoding="utf-8") as file:
        file.write(still(drawn))
    print(f"{path}: {os.path.getsize(path) // 1024} KiB")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=5, help="of each graph")
    arguments.add_argument("--out", default=os.path.join(ROOT, "target", "bench"))
    arguments = arguments.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="flame-")
    server = side_by_side.serve(folder)
    try:
        grants = os.path.join(folder, "grants.txt")
        side_by_side.grant_all(server.address, grants, side_by_side.MANY_GRANTS)
        for kind, service, text in [
            ("look-up", "getOstovoima", side_by_side.look_up_message()),
            ("event", "postDentalServiceEvent", side_by_side.event_message()),
        ]:
            file = os.path.join(folder, kind + ".xml")
            with open(file, "w", encoding="utf-8") as out:
                out.write(text)
            draw(server, Load(kind, file, grants), service, arguments.seconds, folder,
                 os.path.join(arguments.out, f"flame-{kind}.svg"), service)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
