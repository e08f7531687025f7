#!/usr/bin/python3
"""The durable queue beside its peers: the same loads over a socket, one server at a time, medians of several rounds.

    tests/bench/queue.py [--build DIR] [--rounds 3] [--only jobd,redis] [--small]

Every server has what it acknowledges on disk: redis-server with appendfsync always, beanstalkd with -b and -f0.
"""

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

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


class Server:
    def __init__(self, build):
        self.build = build
        self.dir = Path(tempfile.mkdtemp(prefix="jobd-bench-queue-", dir=os.environ.get("TMPDIR", "/var/tmp")))

    def spawn(self, *command):
        self.process = subprocess.Popen(command, cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self):
        host, _, port = self.address.rpartition(":")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection((host, int(port))).close()
                return
            time.sleep(0.01)
        sys.exit(f"{self.kind} does not answer")

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


class Jobd(Server):
    kind = "jobd"

    def __init__(self, build):
        super().__init__(build)
        os.environ["JOBD_BUILD"] = str(build)
        from scheduler_alone import Scheduler

        self.scheduler = Scheduler("", state_dir=self.dir)
        self.address = str(self.scheduler.socket_path)

    def close(self):
        self.scheduler.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Redis(Server):
    kind = "redis"

    def __init__(self, build):
        super().__init__(build)
        self.address = f"127.0.0.1:{free_port()}"
        port = self.address.split(":")[1]
        self.spawn("redis-server", "--port", port, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                   "--dir", str(self.dir))
        self.wait()


class Beanstalkd(Server):
    kind = "beanstalkd"

    def __init__(self, build):
        super().__init__(build)
        self.address = f"127.0.0.1:{free_port()}"
        self.spawn("beanstalkd", "-l", "127.0.0.1", "-p", self.address.split(":")[1], "-b", str(self.dir), "-f0")
        self.wait()


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


main()
