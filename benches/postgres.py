"""Measures the PostgreSQL back end beside pgbench on the same server, in alternating rounds.

    python3 benches/postgres.py --rounds 5 --seconds 3 --out target/bench

pgbench runs prepared transactions that read and write what one request of the service reads and writes, in the same
tables with the same constraints and in records of the same length, and decides nothing (`benches/pgbench/*.sql`). Each
of them is a transaction for one event; the server's committer puts what waits together into one. The database server is
as it comes, so that every commit is synced. Everything is on loopback and ends with the run. The programs must have been
built (`make bench-postgres` does that).
"""

import argparse
import glob
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import side_by_side
from side_by_side import CONNECTIONS, GRANTS, RELEASE, ROOT, TICKS_PER_S, Load, Process

USER, OURS, THEIRS = "psop", "psop", "bench"
LEAST = 0.5
READY_S_MAX = 30
WARM_UP_S = 2
# Beyond what the server counts to in a run.
FIRST_PLACE = 1 << 40
# How pgbench goes about the same transaction: the name, and the settings of the script.
WAYS = [
    ("a transaction for each", {"in_turn": 0, "pipelined": 0}),
    ("the same, each in its turn at the state's row", {"in_turn": 1, "pipelined": 0}),
    ("the same, pipelined", {"in_turn": 0, "pipelined": 1}),
]
# Of each record that an event leaves: its table. Index records are marks of one length.
RECORDS = ["purchasing_power", "service_event", "change_feed", "ledger", "answer_by_message", "answer_by_reference", "access_log"]
MARK = "service_event_of_day"
# First bytes of the registry's keys that a request asks for by key, and how many of each.
RIGHTS = {25: 2}
PROVIDER = {18: 1, 19: 1, 20: 1, 21: 1, 26: 1}
CODES = {24: 1, 22: 1}


class Postgres:
    """A PostgreSQL server of its own, as it comes; as root it runs as the user `postgres`, which Debian's package makes."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise SystemExit("no PostgreSQL: install the package postgresql")
        self.programs = found[-1]
        self.child = None
        # Not below the report's folder: the other user has to reach it.
        self.folder = tempfile.mkdtemp(prefix="psop-bench-postgres-")
        try:
            self.begin()
        except BaseException:
            self.stop()
            raise

    def begin(self):
        as_user = []
        if os.getuid() == 0:
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres")
        data = os.path.join(self.folder, "data")
        subprocess.run(
            [*as_user, self.program("initdb"), "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale", data],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder,
        )
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        log = os.path.join(self.folder, "log")
        with open(log, "ab") as output:
            self.child = subprocess.Popen(
                [*as_user, self.program("postgres"), "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}",
                 "-c", f"unix_socket_directories={self.folder}"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder,
            )
        ask = [self.program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        give_up = time.monotonic() + READY_S_MAX
        while subprocess.run(ask, check=False).returncode != 0:
            if time.monotonic() > give_up or self.child.poll() is not None:
                with open(log, encoding="utf-8") as text:
                    raise SystemExit("PostgreSQL did not start: " + text.read())
            time.sleep(0.1)

    def program(self, name):
        return os.path.join(self.programs, name)

    def run(self, database, sql):
        """What SQL gives, as psql prints it: rows as lines, columns parted by `|`."""
        told = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER,
             "-d", database, "-c", sql],
            capture_output=True, text=True, timeout=READY_S_MAX * 4,
        )
        if told.returncode != 0:
            raise SystemExit(f"PostgreSQL refuses {sql!r}: {told.stderr}")
        return told.stdout.strip()

    def cpu_s(self):
        """Of the server and all its processes, ended ones too."""
        with open(f"/proc/{self.child.pid}/task/{self.child.pid}/children", encoding="ascii") as children:
            pids = children.read().split()
        ticks = sum(int(field) for field in self.times(self.child.pid))
        for pid in pids:
            try:
                ticks += sum(int(field) for field in self.times(pid)[:2])
            except FileNotFoundError:
                pass
        return ticks / TICKS_PER_S

    @staticmethod
    def times(pid):
        """Ticks of the process, in user's and system's time, and of its children that have ended."""
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[11:15]

    def stop(self):
        if self.child:
            # Fast: whoever is connected is broken off.
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                self.child.send_signal(signal.SIGQUIT)
                self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def serve(folder, postgres):
    config = os.path.join(folder, "psop-adapter.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            'environment = "TEST"\nclock = "2026-03-16T10:00:00+02:00"\n'
            f'[store]\nkind = "postgres"\npath = "{folder}/store"\n'
            f'url = "postgres://{USER}@127.0.0.1:{postgres.port}/{OURS}"\n[secrets]\nkey_file = "{folder}/master.key"\n'
            f"[limits]\ncommit_batch_max = {side_by_side.BATCH_MAX}\nclient_requests_per_s_max = 4294967295\n"
            '[log]\nlevel = "warn"\n'
        )
    program = os.path.join(RELEASE, "psop-adapter")
    if not os.path.exists(os.path.join(folder, "master.key")):
        key = os.open(os.path.join(folder, "master.key"), os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(key, b"5a" * 32)
        os.close(key)
        demo = os.path.join(ROOT, "fixtures", "demo", "registry.toml")
        subprocess.run([program, "registry", "apply", demo, "--config", config], check=True, stdout=subprocess.DEVNULL)
    command = [program, "serve", "--config", config, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
    return Process(command, folder, "server")


def lengths_since(postgres, transaction, tables):
    """The middle length of the records of each table that came since a transaction."""
    found = {}
    for table in tables:
        told = postgres.run(
            OURS,
            f"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY octet_length(record)) FROM {table} "
            f"WHERE xmin::text::bigint >= {transaction}",
        )
        if not told:
            raise SystemExit(f"no record came into {table}")
        found[table] = int(told)
    return found


def keys(postgres, wanted):
    """Keys of the registry, so many of each first byte, those with records of middle length, as an array's text."""
    found = []
    for first, count in wanted.items():
        found += postgres.run(
            OURS,
            f"SELECT key FROM registry WHERE get_byte(key, 0) = {first} ORDER BY octet_length(record), key "
            f"OFFSET (SELECT (count(*) - {count}) / 2 FROM registry WHERE get_byte(key, 0) = {first}) LIMIT {count}",
        ).split()
    if len(found) != sum(wanted.values()):
        raise SystemExit(f"the registry lacks keys: {wanted}, found {found}")
    return "{" + ",".join('"' + key.replace("\\", "\\\\") + '"' for key in found) + "}"


def hexadecimal(length):
    return "\\x" + os.urandom(length).hex()


def prepare(postgres, event, look_up):
    """Copies the store for pgbench, gives it purchasing powers with numbers to count by, and says what its scripts are told."""
    postgres.run("postgres", f"CREATE DATABASE {THEIRS} TEMPLATE {OURS}")
    customer = "\\x" + "01" * 28
    power, person = ("(SELECT record FROM " + table + " LIMIT 1)" for table in ("purchasing_power", "customer"))
    for sql in [
        f"CREATE SEQUENCE bench_place START {FIRST_PLACE}",
        f"INSERT INTO customer SELECT '\\x20'::bytea || '{customer}' || int8send(place), {person} "
        f"FROM generate_series(1, {GRANTS}) AS place",
        f"INSERT INTO purchasing_power SELECT '\\x21'::bytea || int8send(place), {power} "
        f"FROM generate_series(1, {GRANTS}) AS place",
    ]:
        postgres.run(THEIRS, sql)
    for database in (OURS, THEIRS):
        postgres.run(database, "VACUUM ANALYZE")
    state_key, state_bytes = postgres.run(
        OURS, "SELECT key, octet_length(record) FROM meta ORDER BY octet_length(record) LIMIT 1"
    ).split("|")
    told = {
        "grants": GRANTS, "customer": customer, "rights": keys(postgres, RIGHTS), "provider": keys(postgres, PROVIDER),
        "state_key": state_key, "state": hexadecimal(int(state_bytes)),
    }
    records = {table: hexadecimal(length) for table, length in event.items() if table != MARK}
    return {
        "event": told | records | {"codes": keys(postgres, CODES), "mark": hexadecimal(event[MARK])},
        "look-up": told | {"access_log": hexadecimal(look_up["access_log"])},
    }


def pgbench(postgres, script, told, seconds):
    """Transactions a second once every connection has its statements planned: what comes before is left out."""
    variables = [f"--define={name}={value}" for name, value in told.items()]
    running = subprocess.Popen(
        [postgres.program("pgbench"), "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-n", "-P", "1",
         "-T", str(WARM_UP_S + seconds), "-f", os.path.join(ROOT, "benches", "pgbench", script + ".sql"), *variables,
         "-h", "127.0.0.1", "-p", str(postgres.port), "-U", USER, THEIRS],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        time.sleep(WARM_UP_S)
        before_s = postgres.cpu_s()
        output, errors = running.communicate(timeout=seconds * 4 + 60)
        database_s = postgres.cpu_s() - before_s
    finally:
        running.kill()
        running.wait()
    failed = re.search(r"number of failed transactions: (\d+)", output)
    rows = re.findall(r"^progress: [\d.]+ s, ([\d.]+) tps", errors, re.M)[WARM_UP_S:]
    if running.returncode != 0 or not rows or not failed or failed[1] != "0":
        raise SystemExit(f"pgbench failed: {output}{errors[-2000:]}")
    rate = statistics.mean(float(tps) for tps in rows)
    return {"per_s": rate, "database_cpu_us": database_s / (rate * seconds) * 1e6}


def ours(postgres, server, load, service, seconds):
    before_s = postgres.cpu_s()
    result = load.run(server, seconds, service=service)
    result["database_cpu_us"] = (postgres.cpu_s() - before_s) / (result["per_s"] * seconds) * 1e6
    return result


def take(measured, name, result):
    measured.setdefault(name, []).append(result)
    print(f"  {name:84} {result['per_s']:>9,.0f}/s", flush=True)


def measure(rounds, seconds, folder):
    """Runs everything in a folder of its own: the wanted ratios as rows of Markdown, the whole section's lines, and all
    results by name."""
    postgres = Postgres()
    try:
        postgres.run("postgres", f"CREATE DATABASE {OURS}")
        rows, measured = measure_on(postgres, rounds, seconds, folder)
    finally:
        postgres.stop()
    return rows, section(rounds, seconds, rows, measured), measured


def measure_on(postgres, rounds, seconds, folder):
    grants = os.path.join(folder, "grants.txt")
    loads = {}
    for kind, text in [("event", side_by_side.event_message()), ("look-up", side_by_side.look_up_message())]:
        path = os.path.join(folder, kind + ".xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        loads[kind] = Load(kind, path, grants)
    services = {"event": "postDentalServiceEvent", "look-up": "getOstovoima"}
    server = serve(folder, postgres)
    try:
        print(f"granting {GRANTS} purchasing powers", flush=True)
        side_by_side.grant_all(server.address, grants)
        lengths = {}
        for kind, tables in [("event", [*RECORDS, MARK]), ("look-up", ["access_log"])]:
            transaction = postgres.run(OURS, "SELECT pg_current_xact_id()")
            loads[kind].run(server, WARM_UP_S, service=services[kind])
            lengths[kind] = lengths_since(postgres, transaction, tables)
    finally:
        server.stop()
    told = prepare(postgres, lengths["event"], lengths["look-up"])
    server = serve(folder, postgres)
    measured = {}
    try:
        for kind, service in services.items():
            loads[kind].run(server, WARM_UP_S, service=service)
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", flush=True)
            for kind, service in services.items():
                turns = [(service, lambda: ours(postgres, server, loads[kind], service, seconds))]
                for way, settings in WAYS:
                    turns.append((f"pgbench as {service}: {way}",
                                  lambda settings=settings: pgbench(postgres, kind, told[kind] | settings, seconds)))
                for name, run in turns if number % 2 == 0 else reversed(turns):
                    take(measured, name, run())
    finally:
        server.stop()
    rows = []
    for service in services.values():
        for way, _ in WAYS:
            pairs = zip(measured[service], measured[f"pgbench as {service}: {way}"])
            ratios = [one["per_s"] / other["per_s"] for one, other in pairs]
            rows.append(side_by_side.wanted(f"{service} on PostgreSQL / pgbench: {way}", ratios, LEAST))
    return rows, measured


def section(rounds, seconds, rows, measured):
    lines = [
        "## PostgreSQL", "",
        f"{rounds} rounds of {seconds} s each, {CONNECTIONS} connections, {os.cpu_count()} cores shared by wrk and our server, "
        f"or pgbench, and PostgreSQL as it comes; {GRANTS} purchasing powers. pgbench's transactions read and write as "
        f"much, in the same tables, and decide nothing; their first {WARM_UP_S} s are left out. pipelined: nothing but the "
        "beginning and the end is waited for.", "",
        "| what is wanted | ratio: median (range) | least | |", "|---|---|---|---|", *rows, "",
        "| measured | a second: median (range) | database's CPU µs each | our server's CPU µs each | p50 µs | p99 µs |",
        "|---|---|---|---|---|---|",
    ]
    for name, results in measured.items():
        rates = [result["per_s"] for result in results]

        def middle(key):
            values = [result[key] for result in results if key in result]
            return f"{statistics.median(values):,.0f}" if values else ""

        lines.append(
            f"| {name} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) | {middle('database_cpu_us')} | "
            f"{middle('cpu_us')} | {middle('p50_us')} | {middle('p99_us')} |"
        )
    return lines


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3, help="of each measurement")
    arguments.add_argument("--out", default=os.path.join(ROOT, "target", "bench"))
    arguments = arguments.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="postgres-", dir=arguments.out)
    try:
        _, lines, measured = measure(arguments.rounds, arguments.seconds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with open(os.path.join(arguments.out, "postgres.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(arguments.out, "postgres.json"), "w", encoding="utf-8") as file:
        json.dump(measured, file, indent=1)
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
