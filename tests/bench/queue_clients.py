#!/usr/bin/python3
"""Whole job systems, their own client and worker included, beside jobd through clients of the same language: Sidekiq,
a Ruby client of Faktory's and contrib/clients/ruby; BullMQ, npm's faktory-worker and contrib/clients/node; RQ and
contrib/clients/python.

    tests/bench/queue_clients.py [--build DIR] [--rounds 3] [--only sidekiq|bullmq|rq] [--columns PATTERN] [--rows TEXT] [--small]

jobd's figures are on disk when they are answered, and so are those with "AOF always". The number in brackets is jobd's
figure divided by that of the peer with AOF always. The npm packages are installed below the build folder, once.
"""

import argparse
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from queue_servers import Jobd, Redis

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "clients"

# name of the row: what the client does, clients, jobs, batch; `work` has its jobs put before, `pickup` while it works.
LOADS = {
    "enqueue, 1 client": ("push", 1, 4000, 1),
    "enqueue, 10 clients": ("push", 10, 20000, 1),
    "bulk of 1000": ("bulk", 1, 50000, 1000),
    "enqueue, then done by 10": ("work", 10, 20000, 1000),
    "pick-up, p50 and p99 us": ("pickup", 10, 400, 1),
}


class RedisWithoutAof(Redis):
    kind = "redis, no AOF"
    appendonly = "no"


class JobdOverTcp(Jobd):
    def __init__(self, build):
        super().__init__(build, net=["tcp"])
        self.address = "%s:%d" % self.scheduler.addresses["tcp"]


def node(script, modules):
    return ["node", str(modules / script)]


def ruby(script, modules):
    return ["ruby", str(SOURCES / script)]


def python(script, modules, what):
    return [sys.executable, str(SOURCES / script)]


def sidekiq(script, modules, what):
    return ["sidekiq", "-r", str(SOURCES / script), "-q", "bench", "-c", "10"] if what == "work" else ruby(script, modules)


# column: group, server, command, script
SYSTEMS = {
    "Sidekiq": ("sidekiq", RedisWithoutAof, sidekiq, "sidekiq_load.rb"),
    "Sidekiq, AOF always": ("sidekiq", Redis, sidekiq, "sidekiq_load.rb"),
    "jobd, Ruby": ("sidekiq", JobdOverTcp, lambda script, modules, _: ruby(script, modules), "faktory_load.rb"),
    "jobd, jobd.rb": ("sidekiq", JobdOverTcp, lambda script, modules, _: ruby(script, modules), "jobd_load.rb"),
    "BullMQ": ("bullmq", RedisWithoutAof, lambda script, modules, _: node(script, modules), "bullmq_load.js"),
    "BullMQ, AOF always": ("bullmq", Redis, lambda script, modules, _: node(script, modules), "bullmq_load.js"),
    "jobd, Node": ("bullmq", JobdOverTcp, lambda script, modules, _: node(script, modules), "faktory_load.js"),
    "jobd, jobd.js": ("bullmq", JobdOverTcp, lambda script, modules, _: node(script, SOURCES), "jobd_load.js"),
    "RQ": ("rq", RedisWithoutAof, python, "rq_load.py"),
    "RQ, AOF always": ("rq", Redis, python, "rq_load.py"),
    "jobd, jobd.py": ("rq", JobdOverTcp, python, "jobd_load.py"),
}
NEEDS = {
    "sidekiq": ("sidekiq", "redis-server"),
    "bullmq": ("node", "npm", "redis-server"),
    "rq": ("rq", "redis-server"),
}


class Client:
    """A process that says `ready` if it waits, and `result` with its figures at its end."""

    def __init__(self, command, server, what, load):
        words = [what, server.address, *map(str, load)]
        arguments = [] if command[0] in ("ruby", "sidekiq") else words
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*command, *arguments], text=True,
                                        env={**os.environ, "LOAD": " ".join(words), "PYTHONDONTWRITEBYTECODE": "1"},
                                        stdout=subprocess.PIPE, stderr=self.errors)
        self.name = command[-1]

    def wait(self, word):
        for line in self.process.stdout:
            if line.startswith(word):
                return [float(number) for number in line.split()[1:]]
        self.errors.seek(0)
        sys.exit(f"{self.name}: {self.errors.read()}")

    def result(self):
        numbers = self.wait("result")
        self.process.wait(30)
        return numbers


def measure(system, server, modules, load):
    _, _, command, script = system
    what, clients, count, batch = load

    def client(what, *load):
        return Client(command(script, modules, what), server, what, load)

    if what == "work":
        client("bulk", count, 1, batch).result()
        return client("work", count, clients, 1).result()[:1]
    if what != "pickup":
        return client(what, count, clients, batch).result()
    worker = client("work", count, clients, 1)
    worker.wait("ready")
    client("slow", count, 1, 1).result()
    return worker.result()[1:]


def load_for(system, load, small):
    """RQ takes some milliseconds for each job."""
    what, clients, count, batch = load
    part = (10 if small else 1) * (10 if system[0] == "rq" and what == "work" else 1)
    return what, clients, max(count // part, batch, 100), batch


def install(build):
    """The npm packages, as the lock file names them."""
    modules = build / "tests/bench/clients"
    modules.mkdir(parents=True, exist_ok=True)
    for path in SOURCES.iterdir():
        if path.is_file():
            shutil.copy(path, modules)
    if not (modules / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=modules,
                       check=True, stdout=subprocess.DEVNULL)
    return modules


def ratio(columns, name, found):
    """jobd's figure through that of the last column of its group that is not jobd's."""
    if not name.startswith("jobd"):
        return ""
    names = list(columns)
    peer = ([None] + [other for other in names[: names.index(name)] if not other.startswith("jobd")])[-1]
    return f" ({found[name][0] / found[peer][0]:.2f})" if peer in found else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=HERE.parents[1] / "build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="sidekiq, bullmq or rq")
    parser.add_argument("--columns", help="only columns with this pattern")
    parser.add_argument("--rows", help="only rows with this text")
    parser.add_argument("--small", action="store_true", help="a tenth of the jobs")
    options = parser.parse_args()
    build = options.build.resolve()
    groups = {name for name, programs in NEEDS.items() if all(map(shutil.which, programs))}
    groups &= {options.only} if options.only else groups
    wanted = options.columns or ""
    columns = {name: system for name, system in SYSTEMS.items() if system[0] in groups and re.search(wanted, name)}
    if not columns:
        sys.exit("neither Sidekiq, RQ nor npm and redis-server are there: sh contrib/packages.sh bench example")
    modules = install(build) if "bullmq" in groups else None
    print("%-26s" % "" + "".join("%21s" % name for name in columns))
    for row, load in LOADS.items():
        if options.rows and options.rows not in row:
            continue
        rounds = {name: [] for name in columns}
        for _ in range(options.rounds):
            for name, system in columns.items():
                with contextlib.closing(system[1](build)) as server:
                    rounds[name].append(measure(system, server, modules, load_for(system, load, options.small)))
        found = {name: [statistics.median(values) for values in zip(*rounds[name])] for name in columns}
        cells = (" / ".join("%.0f" % value for value in found[name]) + ratio(columns, name, found) for name in columns)
        print("%-26s" % row + "".join("%21s" % cell for cell in cells), flush=True)


if __name__ == "__main__":
    main()
