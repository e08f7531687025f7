#!/usr/bin/python3
"""The pages of jobd-web with many jobs in the store: how long each takes, beside the shortest route, and what memory it needs.

    tests/bench/web.py [--build DIR] [--jobs 1000000] [--requests 200] [--clients 1] [--seconds 3] [--only pages|loads]

The jobs are pushed in bulk, a tenth of them for later; some are done, some dead. Times of pages are of one kept connection and
include this client; compare them with the first row of the same run. Then wrk (Debian's) loads it over 50 connections, in turn with
queue_client (`make bench-programs`) on the queue's socket: medians of three runs.
"""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

CONFIG = """
http {{ listen = "127.0.0.1:{port}" }}
program web {{ command = "sleep 1000000" }}
queue busy {{ concurrency = 4 }}
job hello {{ command = "echo hello" }}
job failing {{ command = "/bin/false" }}
job nightly {{ command = "true" schedule = "every day at 3am" }}
job often {{ command = "true" schedule = "every 10 minutes" }}
"""
BULK = 1000
CONNECTIONS = 50
TURNS = 3


def fill(daemon, count):
    with daemon.wire("queue.sock", hello=False, timeout=120) as wire:
        wire.reply()
        wire.request('HELLO {"v":2}')
        started = time.monotonic()
        for base in range(0, count, BULK):
            jobs = [
                {"jid": f"bench{number:019d}", "jobtype": f"type{number % 20}", "queue": f"queue{number % 5}", "args": [number],
                 **({"at": "2999-01-01T00:00:00Z"} if number % 10 == 0 else {}), "custom": {"tags": [f"tenant:{number % 100}"]}}
                for number in range(base, base + BULK)
            ]
            wire.request("PUSHB " + json.dumps(jobs, separators=(",", ":")))
        return time.monotonic() - started


def end_some(daemon):
    with daemon.wire("queue.sock", hello=False, timeout=60) as wire:
        wire.reply()
        wire.request('HELLO {"v":2}')
        for kind in ("hello", "failing"):
            for number in range(60):
                wire.request("PUSH " + json.dumps({"jid": f"ended-{kind}-{number}", "jobtype": kind, "args": [], "retry": 0}))
            for number in range(60):
                wire.request(f"WAIT ended-{kind}-{number}")
        return f"ended-{kind}-0"


def one_client(port, path, count, times):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        started = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        times.append((time.perf_counter() - started) * 1000)
        if response.status != 200:
            sys.exit(f"{path}: {response.status}")
    connection.close()


def measure(port, path, requests, clients):
    times = []
    one_client(port, path, 3, [])
    threads = [threading.Thread(target=one_client, args=(port, path, requests // clients, times)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE)[1])


def wrk(port, path, seconds, *options):
    """Requests per second; every answer must be a good one."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *options, f"http://127.0.0.1:{port}{path}"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(output)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def queue_client(daemon, build, count):
    command = [build / "tests/bench/queue_client", "jobd", daemon.run_dir / "queue.sock", "push", str(CONNECTIONS), str(count)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure_loads(daemon, port, build, seconds, jid):
    """Over REST and over the queue's socket in turn, so that both see the same disk."""
    loads = {
        "/health/live": lambda: wrk(port, "/health/live", seconds),
        "job by id": lambda: wrk(port, f"/api/v1/jobs/{jid}", seconds),
        "enqueue over REST": lambda: wrk(port, "/api/v1/jobs", seconds, "-s", HERE / "web_push.lua"),
        f"queue socket, {CONNECTIONS} clients": lambda: queue_client(daemon, build, 20_000 * seconds),
    }
    rates = {name: [] for name in loads}
    for _ in range(TURNS):
        for name, load in loads.items():
            rates[name].append(load())
    medians = [statistics.median(rate) for rate in rates.values()]
    for name, median in zip(rates, medians):
        print("%-34s %9.0f /s" % (name, median))
    print("%-34s %9.2f" % ("REST / queue socket", medians[2] / medians[3]))


def measure_pages(web, port, dead, options):
    pages = ["/health/live", "/", "/programs", "/programs/web", "/jobs", "/jobs?state=dead", "/jobs?state=ready&queue=queue1", "/jobs?type=type7",
             "/jobs?tag=tenant:42", f"/jobs/{dead}", "/jobs/new", "/queues", "/schedules", "/schedules/often", "/workers"]
    floor = None
    print("%-34s %9s %9s %16s" % ("", "p50 ms", "p99 ms", "p99 / first row"))
    for path in pages:
        p50, p99 = measure(port, path, options.requests, options.clients)
        floor = floor or p99
        print("%-34s %9.2f %9.2f %16.1f" % (path, p50, p99, p99 / floor), flush=True)
    print(f"memory of jobd-web after all of them: {pss_kib(web)} KiB PSS")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=HERE.parents[1] / "build")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", choices=["pages", "loads"])
    options = parser.parse_args()
    os.environ["JOBD_BUILD"] = str(options.build.resolve())
    from jobd_fixture import Jobd, free_port

    port = free_port()
    daemon = Jobd(CONFIG.format(port=port)).start()
    try:
        daemon.wait_state("http", "RUNNING")
        print(f"{options.jobs} jobs pushed in bulk in {fill(daemon, options.jobs):.1f} s")
        dead = end_some(daemon)
        web = daemon.status("http")["pid"]
        print(f"memory of jobd-web before the first page: {pss_kib(web)} KiB PSS")
        if options.only != "loads":
            measure_pages(web, port, dead, options)
        if options.only != "pages":
            measure_loads(daemon, port, options.build, options.seconds, dead)
            print(f"memory of jobd-web after the load: {pss_kib(web)} KiB PSS")
    finally:
        daemon.close()


if __name__ == "__main__":
    main()
