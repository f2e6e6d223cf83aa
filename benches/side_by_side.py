"""Measures the server beside what bounds it, in alternating rounds driven by one generator, and writes a report.

    python3 benches/side_by_side.py --rounds 5 --seconds 5 --out target/bench

Compare the ratios of one run with each other; machines, and hours on one machine, differ. Everything it starts is on
loopback and ends with it. The programs must have been built (`make bench` does that); BENCH_PROGRAMS names their folder
where it is not target/release.
"""

import argparse
import http.client
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.environ.get("BENCH_PROGRAMS", os.path.join(ROOT, "target", "release"))
INSTALLED = os.path.join(ROOT, "target", "bench", "peers")
# The servers that others would take, and how many times their rate ours has to be.
PEERS = {"node-soap": 8, "spyne": 8, "java-cxf": 3}
# What a just-in-time compiler needs before it is measured.
WARM_UP_S = 5
GRANTS = 5_000
# So that a run leaves few events on each, as there are in practice: every event is decided on those before it.
MANY_GRANTS = 20_000
CONNECTIONS = 64
BATCH_MAX = 256
# Bytes of a message, and how many of 99 are so large.
SIZES = [(2_000, 30), (10_000, 60), (100_000, 9)]
PROVIDER = "9000003-8"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Process:
    """A program that says `ready http=ADDRESS`, and what it costs."""

    def __init__(self, command, folder, name, environment=None):
        log = open(os.path.join(folder, name + ".log"), "ab")
        began = time.monotonic()
        environment = dict(os.environ, **(environment or {}))
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
        line = self.child.stdout.readline().decode()
        self.ready_s = time.monotonic() - began
        found = re.search(r"http=(\S+)", line)
        if not found:
            raise SystemExit(f"{name} did not begin to serve: {line!r}; see {log.name}")
        self.address = found.group(1)
        admin = re.search(r"admin=(\S+)", line)
        self.admin = admin.group(1) if admin else None

    def cpu_s(self):
        with open(f"/proc/{self.child.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def resident_mib(self):
        with open(f"/proc/{self.child.pid}/status") as status:
            found = re.search(r"VmRSS:\s+(\d+)", status.read())
        return int(found.group(1)) / 1024

    def answered_ok(self, service):
        """How many requests of a service were answered OK so far, by the server's own count."""
        with urllib.request.urlopen(f"http://{self.admin}/metrics") as metrics:
            text = metrics.read().decode()
        rows = re.findall(rf'^psop_requests_total{{service="{service}",outcome="OK".*}} (\S+)', text, re.M)
        return sum(float(row) for row in rows)

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def check_character(digits):
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]


def people():
    """Artificial identity codes, each once."""
    for rest, year, month, day in itertools.product(range(902, 999), range(20, 99), range(1, 13), range(1, 29)):
        date = f"{day:02}{month:02}{year:02}"
        yield f"{date}-{rest}{check_character(date + str(rest))}"


def fixture(name):
    with open(os.path.join(ROOT, "fixtures", "requests", name + ".xml"), encoding="utf-8") as file:
        return file.read()


def put(text, element, value):
    """Sets the text of the first element of this name."""
    return re.sub(rf"(<{element}>)[^<]*(</{element}>)", lambda found: found[1] + value + found[2], text, count=1)


def grant_message(person, place):
    """A dental purchasing power with a ceiling that no run reaches."""
    text = put(fixture("13-create-dental-ceiling"), "psop:personId", person)
    text = put(text, "psop:ceiling", "900000.00")
    return put(put(text, "xrd:id", f"grant-{place}"), "psop:sourceReference", f"grant-{place}")


def event_message():
    text = fixture("05-event")
    line = re.compile(r"<psop:procedure>.*</psop:procedure>", re.S)
    one = (
        "<psop:procedure><psop:lineNo>1</psop:lineNo><psop:procedureCode>WX002</psop:procedureCode>"
        "<psop:count>1</psop:count><psop:unitPrice>12.00</psop:unitPrice></psop:procedure>"
    )
    text = line.sub(one, text)
    for element, value in [("totalPrice", "12.00"), ("voucherShare", "10.00"), ("customerShare", "2.00")]:
        text = put(text, "psop:" + element, value)
    # In the order in which they stand in the message.
    for element, mark in [
        ("xrd:id", "@ID@"),
        ("psop:sourceReference", "@REFERENCE@"),
        ("psop:purchasingPowerNumber", "@NUMBER@"),
        ("psop:personId", "@PERSON@"),
    ]:
        text = put(text, element, mark)
    return text


def look_up_message():
    text = put(fixture("04-get-dental"), "xrd:id", "@ID@")
    return put(text, "psop:purchasingPowerNumber", "@NUMBER@")


def of_size(text, size):
    """The message with so much of another system's header beside X-Road's that it has this size; no smaller than it is."""
    hop = "<trace:hop>2026-03-16T09:59:59.123+02:00 gateway</trace:hop>\n"
    hops = hop * ((size - len(text)) // len(hop))
    block = f'<trace:hops xmlns:trace="urn:example:trace">\n{hops}</trace:hops>\n'
    before, tag, behind = re.split(r"(<\w+:Header>)", text, maxsplit=1)
    return before + tag + block + behind


def of_sizes(name, text, folder):
    """Files with the message in every size, as the generator takes them."""
    files = []
    for size, times in SIZES:
        path = os.path.join(folder, f"{name}-{size}.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(of_size(text, size))
        files.append(f"{times} {path}")
    return ",".join(files)


def grant_all(address, path, count=GRANTS):
    """Makes the purchasing powers, some at a time, and writes their numbers and people down."""
    work = list(itertools.islice(people(), count))
    found = [None] * count
    places = iter(range(count))
    lock = threading.Lock()
    host, port = address.rsplit(":", 1)

    def lane():
        connection = http.client.HTTPConnection(host, int(port))
        while True:
            with lock:
                place = next(places, None)
            if place is None:
                return
            body = grant_message(work[place], place).encode()
            connection.request("POST", "/xroad", body, {"Content-Type": "text/xml; charset=utf-8"})
            answer = connection.getresponse().read().decode()
            number = re.search(r"<psop:purchasingPowerNumber>([^<]+)", answer)
            if not number:
                raise SystemExit("a purchasing power was refused: " + answer[-600:])
            found[place] = number.group(1)

    lanes = [threading.Thread(target=lane) for _ in range(16)]
    for one in lanes:
        one.start()
    for one in lanes:
        one.join()
    with open(path, "w", encoding="utf-8") as file:
        for number, person in zip(found, work):
            file.write(f"{number} {person}\n")


class Load:
    """wrk with a kind of message."""

    runs = itertools.count(1)

    def __init__(self, kind, file, grants=None):
        self.kind, self.file, self.grants = kind, file, grants

    def run(self, process, seconds, connections=CONNECTIONS, service=None, before=()):
        run = f"{os.getpid()}-{next(self.runs)}"
        environment = dict(os.environ, PSOP_KIND=self.kind, PSOP_FILE=self.file, PSOP_RUN=run, PSOP_GRANTS=self.grants or "")
        threads = min(2, connections)
        before_cpu = process.cpu_s()
        before_ok = process.answered_ok(service) if service else None
        told = subprocess.run(
            [*before, "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", os.path.join(ROOT, "benches", "load.lua"),
             f"http://{process.address}/xroad"],
            env=environment, capture_output=True, text=True, timeout=seconds * 4 + 60,
        )
        found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", told.stdout)
        if not found:
            raise SystemExit(f"wrk said nothing: {told.stdout}{told.stderr}")
        requests, duration_us, errors, p50, p99, p999 = map(int, found.groups())
        if service:
            answered = process.answered_ok(service) - before_ok
            # wrk breaks off what is under way at the end.
            if answered < requests - connections or errors:
                raise SystemExit(f"{service}: {requests} requests, {answered:.0f} answered OK, {errors} errors")
        elif errors:
            raise SystemExit(f"{self.kind}: {errors} of {requests} requests failed")
        return {
            "per_s": requests / (duration_us / 1e6),
            "p50_us": p50, "p99_us": p99, "p999_us": p999,
            "cpu_us": (process.cpu_s() - before_cpu) / max(requests, 1) * 1e6,
            "resident_mib": process.resident_mib(),
        }


def raw_serve(what, answer_bytes, folder):
    place = os.path.join(folder, "raw-" + what)
    program = os.path.join(RELEASE, "examples", "group_commit")
    return Process([program, what, place, str(BATCH_MAX), "serve", str(answer_bytes)], folder, "raw-" + what)


def raw_alone(what, folder, seconds):
    place = tempfile.mkdtemp(dir=folder)
    told = subprocess.run(
        [os.path.join(RELEASE, "examples", "group_commit"), what, os.path.join(place, "sled"), str(BATCH_MAX), "alone",
         str(seconds), str(CONNECTIONS)],
        capture_output=True, text=True, timeout=seconds * 4 + 60, check=True,
    )
    shutil.rmtree(place)
    found = re.search(r"commits_per_s=(\d+)", told.stdout)
    return {"per_s": float(found.group(1))}


def answer(process, file, grants=None):
    """The answer to a message, about the first of the purchasing powers where it is about one."""
    with open(file, encoding="utf-8") as message:
        text = message.read()
    if grants:
        with open(grants, encoding="utf-8") as lines:
            number, person = lines.readline().split()
        for mark, value in [("@ID@", "first"), ("@REFERENCE@", "first"), ("@NUMBER@", number), ("@PERSON@", person)]:
            text = text.replace(mark, value)
    request = urllib.request.Request(
        f"http://{process.address}/xroad", text.encode(), {"Content-Type": "text/xml; charset=utf-8"}
    )
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def answer_bytes(process, file, grants=None):
    return len(answer(process, file, grants).encode())


def elements(process, file, grants):
    """The names of the elements in the body of an answer, in their order."""
    body = answer(process, file, grants).split("Body>", 1)[1]
    return re.findall(r"<(?:\w+:)?(\w+)[ >]", body)


def peer_names():
    """The other servers that `make bench-peers` has installed."""
    return [name for name in PEERS if os.path.exists(os.path.join(INSTALLED, name, "installed"))]


def peer(name, folder):
    environment = {"ROOT": ROOT, "TARGET": os.path.join(INSTALLED, name)}
    return Process(["sh", os.path.join(ROOT, "benches", "peers", name, "run.sh")], folder, name, environment)


def serve(folder, before=(), limits=""):
    """Our server over a new store with the demo registry; `before` is what its command begins with."""
    config = os.path.join(folder, "psop-adapter.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            'environment = "TEST"\nclock = "2026-03-16T10:00:00+02:00"\n'
            f'[store]\nkind = "sled"\npath = "{folder}/store"\n[secrets]\nkey_file = "{folder}/master.key"\n'
            f'[limits]\ncommit_batch_max = {BATCH_MAX}\nclient_requests_per_s_max = 4294967295\n{limits}'
            '[log]\nlevel = "warn"\n'
        )
    key = os.open(os.path.join(folder, "master.key"), os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(key, b"5a" * 32)
    os.close(key)
    program = os.path.join(RELEASE, "psop-adapter")
    demo = os.path.join(ROOT, "fixtures", "demo", "registry.toml")
    subprocess.run([program, "registry", "apply", demo, "--config", config], check=True, stdout=subprocess.DEVNULL)
    command = [*before, program, "serve", "--config", config, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
    return Process(command, folder, "server")


def wanted(name, ratios, least):
    middle = statistics.median(ratios)
    verdict = "MET" if middle >= least else "NOT MET"
    return f"| {name} | {middle:.2f} ({min(ratios):.2f}–{max(ratios):.2f}) | ≥ {least} | {verdict} |"


def chart(rows, path):
    """A bar a row: requests a second, the longest the widest."""
    widest = max(value for _, value in rows)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{40 * len(rows) + 10}" font-family="sans-serif" font-size="14">']
    for place, (name, value) in enumerate(rows):
        top = 40 * place + 10
        lines.append(f'<text x="4" y="{top + 20}">{name}</text>')
        lines.append(f'<rect x="300" y="{top + 5}" width="{max(1, 360 * value / widest):.0f}" height="22" fill="#2a6f97"/>')
        lines.append(f'<text x="{305 + 360 * value / widest:.0f}" y="{top + 21}">{value:,.0f}</text>')
    lines.append("</svg>")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5, help="of each measurement")
    arguments.add_argument("--without-peers", action="store_true", help="leave the other servers out")
    arguments.add_argument("--out", default=os.path.join(ROOT, "target", "bench"))
    arguments = arguments.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="run-", dir=arguments.out)
    processes = []
    try:
        report(arguments, folder, processes)
    finally:
        for process in processes:
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)


def report(arguments, folder, processes):
    def begin(process):
        processes.append(process)
        return process

    server = begin(serve(folder))
    idle_mib, ready_s = server.resident_mib(), server.ready_s
    files = {}
    for name, text in [("event", event_message()), ("look-up", look_up_message()), ("echo", fixture("01-create-ordinary"))]:
        files[name] = os.path.join(folder, name + ".xml")
        with open(files[name], "w", encoding="utf-8") as file:
            file.write(text)
    grants = os.path.join(folder, "grants.txt")
    print(f"granting {MANY_GRANTS} purchasing powers", flush=True)
    grant_all(server.address, grants, MANY_GRANTS)
    echo = begin(Process([os.path.join(RELEASE, "examples", "echo")], folder, "echo"))
    bare = begin(Process([os.path.join(RELEASE, "examples", "bare_hyper"), str(answer_bytes(echo, files["echo"]))], folder, "bare"))
    raw = {
        what: begin(raw_serve(what, answer_bytes(server, files[name], grants), folder))
        for what, name in [("event", "event"), ("row", "look-up")]
    }
    others = {name: begin(peer(name, folder)) for name in peer_names() if not arguments.without_peers}
    ours = elements(server, files["look-up"], grants)
    for name, process in others.items():
        if elements(process, files["look-up"], grants) != ours:
            raise SystemExit(f"{name} answers another message than we do")
    measured = {}

    def take(name, result):
        measured.setdefault(name, []).append(result)
        print(f"  {name:34} {result['per_s']:>10,.0f}/s", flush=True)

    event = Load("event", files["event"], grants)
    look_up = Load("look-up", files["look-up"], grants)
    message = Load("file", files["echo"])
    sized = Load("file", of_sizes("echo", fixture("01-create-ordinary"), folder))
    sized_look_up = Load("look-up", of_sizes("look-up", look_up_message(), folder), grants)
    seconds = arguments.seconds
    for process in others.values():
        look_up.run(process, WARM_UP_S)
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", flush=True)
        take("bare hyper", message.run(bare, seconds))
        take("the edge without a store (echo)", message.run(echo, seconds))
        take("raw group commit of an event", event.run(raw["event"], seconds))
        take("postDentalServiceEvent, sled", event.run(server, seconds, service="postDentalServiceEvent"))
        take("raw group commit of a row", look_up.run(raw["row"], seconds))
        take("getOstovoima, sled", look_up.run(server, seconds, service="getOstovoima"))
        for name, process in others.items():
            take(f"{name}, getOstovoima", look_up.run(process, seconds))
        take("bare hyper, of sizes", sized.run(bare, seconds))
        take("the edge without a store, of sizes", sized.run(echo, seconds))
        take("getOstovoima, of sizes", sized_look_up.run(server, seconds, service="getOstovoima"))
        for name, process in others.items():
            take(f"{name}, of sizes", sized_look_up.run(process, seconds))
        take("raw group commit of an event, no generator", raw_alone("event", folder, seconds))
        take("raw group commit of a row, no generator", raw_alone("row", folder, seconds))
        take("getOstovoima, one connection", look_up.run(server, seconds, connections=1, service="getOstovoima"))
        take("the generator (event to bare hyper)", event.run(bare, seconds))

    def ratios(above, below):
        return [one["per_s"] / other["per_s"] for one, other in zip(measured[above], measured[below])]

    lines = [
        "# Side by side", "",
        f"{arguments.rounds} rounds of {seconds} s each, {CONNECTIONS} connections, {os.cpu_count()} cores shared by the "
        f"generator (wrk) and what it drives; {MANY_GRANTS} purchasing powers; batches of at most {BATCH_MAX}. Of sizes: of 99 "
        f"messages {', '.join(f'{times} have {size:,} bytes' for size, times in SIZES)}, the rest being foreign SOAP headers.", "",
        "| what is wanted | ratio: median (range) | least | |", "|---|---|---|---|",
        wanted("postDentalServiceEvent / raw group commit of the same bytes",
               ratios("postDentalServiceEvent, sled", "raw group commit of an event"), 0.6),
        wanted("getOstovoima / raw group commit of its row", ratios("getOstovoima, sled", "raw group commit of a row"), 0.6),
        wanted("the edge without a store / bare hyper", ratios("the edge without a store (echo)", "bare hyper"), 0.35),
        *[
            wanted(f"getOstovoima, durable / {name}, which keeps nothing", ratios("getOstovoima, sled", f"{name}, getOstovoima"), least)
            for name, least in PEERS.items() if name in others
        ],
        *[
            wanted(f"the same of sizes / {name}", ratios("getOstovoima, of sizes", f"{name}, of sizes"), least)
            for name, least in PEERS.items() if name in others
        ],
        "", f"Idle with the demo registry: {idle_mib:.1f} MiB resident (wanted: ≤ 30); ready in {ready_s:.2f} s (wanted: ≤ 1).", "",
        "| measured | a second: median (range) | p50 µs | p99 µs | p99.9 µs | CPU µs a request | MiB resident |",
        "|---|---|---|---|---|---|---|",
    ]
    bars = []
    for name, results in measured.items():
        rates = [result["per_s"] for result in results]

        def middle(key):
            values = [result[key] for result in results if key in result]
            return f"{statistics.median(values):,.0f}" if values else ""

        bars.append((name, statistics.median(rates)))
        lines.append(
            f"| {name} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) | {middle('p50_us')} | "
            f"{middle('p99_us')} | {middle('p999_us')} | {middle('cpu_us')} | {middle('resident_mib')} |"
        )
    with open(os.path.join(arguments.out, "report.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(arguments.out, "report.json"), "w", encoding="utf-8") as file:
        json.dump(measured, file, indent=1)
    chart(bars, os.path.join(arguments.out, "report.svg"))
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
