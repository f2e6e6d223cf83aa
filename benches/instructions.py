"""Counts the instructions that parts of a request take, and finds those that have come to take more.

    python3 benches/instructions.py [--update]

callgrind counts the same whatever else the machine does, so that one run is enough. benches/instructions.json holds what
was counted last; a part that takes more than a twentieth above that is an error, until the file is written anew.
What reading takes beside the walk underneath is told by the clock too, which alone sees what waits for memory.
The program must have been built (`make bench-instructions` does that).
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, "target", "release", "examples", "parts")
KEPT = os.path.join(ROOT, "benches", "instructions.json")
PARTS = ["walk", "read", "reply"]
TIMES = 200
# By the clock: so many times, in alternating rounds.
TIMED = 60_000
ROUNDS = 9
MORE_MAX = 1.05
# Reading into types, next to a walk over the same bytes by the reader underneath.
READ_TO_WALK_MOST = 1.6


def counted(part, times):
    told = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, part, str(times)],
        capture_output=True, text=True, check=True,
    )
    return int(re.search(r"Collected : (\d+)", told.stderr).group(1))


def cpu_s(part):
    child = subprocess.Popen([PROGRAM, part, str(TIMED)])
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"parts {part} failed")
    return used.ru_utime + used.ru_stime


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--update", action="store_true", help="take what is counted as the new figures")
    arguments = arguments.parse_args()
    # What is done once is in both.
    now = {part: (counted(part, 2 * TIMES) - counted(part, TIMES)) // TIMES for part in PARTS}
    if arguments.update:
        with open(KEPT, "w", encoding="utf-8") as file:
            json.dump(now, file, indent=1)
            file.write("\n")
    with open(KEPT, encoding="utf-8") as file:
        before = json.load(file)
    worse = []
    print(f"{'part':8}{'before':>10}{'now':>10}{'ratio':>8}")
    for part in PARTS:
        ratio = now[part] / before[part]
        print(f"{part:8}{before[part]:>10,}{now[part]:>10,}{ratio:>8.3f}")
        if ratio > MORE_MAX:
            worse.append(part)
    print(f"read / walk {now['read'] / now['walk']:.2f} (wanted: at most {READ_TO_WALK_MOST})")
    ratios = [cpu_s("read") / cpu_s("walk") for _ in range(ROUNDS)]
    print(f"the same by CPU time {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    if worse:
        sys.exit(f"{', '.join(worse)}: more instructions than before; if that has to be, `--update`")


if __name__ == "__main__":
    main()
