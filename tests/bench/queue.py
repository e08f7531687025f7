#!/usr/bin/python3
"""The durable queue beside its peers: the same loads over a socket, one server at a time, medians of several rounds.

    tests/bench/queue.py [--build DIR] [--rounds 3] [--only jobd,redis] [--small]

Every server has what it acknowledges on disk: redis-server with appendfsync always, beanstalkd with -b and -f0.
"""

import argparse
import contextlib
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from queue_servers import Beanstalkd, Jobd, Redis

HERE = Path(__file__).resolve().parent

# name of the row: load, clients, jobs, batch; the lists of those who drain are filled before.
LOADS = {
    "enqueue, 1 client": ("push", 1, 6000, 1),
    "enqueue, 10 clients": ("push", 10, 40000, 1),
    "enqueue, 100 clients": ("push", 100, 150000, 1),
    "pipelined by 100": ("pipeline", 1, 100000, 100),
    "bulk of 1000": ("bulk", 1, 200000, 1000),
    "drain, 10 workers": ("drain", 10, 40000, 1),
    "drain, end and next together": ("chain", 10, 40000, 1),
    "pick-up, p50 and p99 us": ("pickup", 2, 400, 1),
}


SERVERS = [Jobd, Redis, Beanstalkd]


def measure(server, client, load, small):
    what, clients, count, batch = load
    if small:
        count = max(count // 10, batch)

    def call(*words):
        run = subprocess.run([client, server.kind, server.address, *map(str, words)], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"{server.kind} {words}: {run.stderr}")
        return run.stdout.split()

    if what in ("drain", "chain"):
        call("bulk", 1, count, 1000)
    return [float(word) for word in call(what, clients, count, batch)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=HERE.parents[1] / "build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="servers, with commas between")
    parser.add_argument("--rows", help="only rows with this text")
    parser.add_argument("--small", action="store_true", help="a tenth of the jobs")
    options = parser.parse_args()
    client = str(options.build.resolve() / "tests/bench/queue_client")
    servers = [s for s in SERVERS if options.only is None or s.kind in options.only.split(",")]
    servers = [s for s in servers if s is Jobd or shutil.which({"redis": "redis-server"}.get(s.kind, s.kind))]
    print("%-30s" % "" + "".join("%22s" % server.kind for server in servers))
    for row, load in LOADS.items():
        if options.rows and options.rows not in row:
            continue
        found = {server.kind: [] for server in servers}
        for _ in range(options.rounds):
            for cls in servers:
                with contextlib.closing(cls(options.build.resolve())) as server:
                    found[cls.kind].append(measure(server, client, load, options.small))
        cells = []
        for cls in servers:
            middle = [statistics.median(values) for values in zip(*found[cls.kind])]
            base = statistics.median(values[0] for values in found["redis"]) if found.get("redis") else 0
            ratio = f" ({middle[0] / base:.2f})" if base and cls.kind != "redis" else ""
            cells.append(" / ".join("%.0f" % value for value in middle) + ratio)
        print("%-30s" % row + "".join("%22s" % cell for cell in cells), flush=True)


if __name__ == "__main__":
    main()
