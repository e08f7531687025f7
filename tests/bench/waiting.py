#!/usr/bin/python3
"""What a million jobs cost that are scheduled for tomorrow: while nothing is due, and when the scheduler starts with them.

    tests/bench/waiting.py [--build DIR] [--jobs 1000000] [--seconds 20]

The scheduler runs alone.  Voluntary context switches and the calls that strace sees say whether it wakes up and asks the
database; where strace is not there or must not trace, the switches alone do.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "e2e"))

BULK = 5000


def fill(wire, count):
    at = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
    for first in range(0, count, BULK):
        jobs = [
            {"jid": f"jid-{number:012}", "jobtype": "Remind", "args": [number, "please"], "at": at}
            for number in range(first, min(first + BULK, count))
        ]
        assert wire.request("PUSHB " + json.dumps(jobs)) == {}


def status(pid, field):
    return int(Path(f"/proc/{pid}/status").read_text().split(field + ":")[1].split()[0])


def calls(pid, seconds):
    """How many system calls it makes; None where that can't be seen."""
    if shutil.which("strace") is None:
        return None
    command = ["timeout", str(seconds), "strace", "-f", "-qq", "-p", str(pid)]
    traced = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Operation not permitted" in traced.stderr:
        return None
    # The wait in which it was found and left is one line.
    return sum(1 for line in traced.stderr.splitlines() if "epoll_wait" not in line and "strace:" not in line)


def idle(pid, seconds):
    """Wake-ups and CPU time in ms, after a while in which it comes to rest."""
    time.sleep(1)
    before, begun = status(pid, "voluntary_ctxt_switches"), cpu_ms(pid)
    time.sleep(seconds)
    return status(pid, "voluntary_ctxt_switches") - before, cpu_ms(pid) - begun


def cpu_ms(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def start(one):
    """Milliseconds until it answers."""
    begun = time.monotonic()
    one.start()
    assert one.request("COUNT {}")["states"]["scheduled"]
    return (time.monotonic() - begun) * 1000


def measure(one, options):
    begun = time.monotonic()
    fill(one.wire(), options.jobs)
    print(f"{options.jobs} jobs for tomorrow pushed in {time.monotonic() - begun:.1f} s")
    for wire in one.wires:
        wire.close()
    for label in ("after they came", "after a restart"):
        pid = one.process.pid
        woken, cpu = idle(pid, options.seconds)
        made = calls(pid, options.seconds)
        print(
            f"{label}, in {options.seconds} s: {woken} wake-ups, {cpu:.2f} ms CPU, "
            f"{'unknown' if made is None else made} system calls; {status(pid, 'VmRSS') // 1024} MiB resident"
        )
        if label == "after they came":
            one.kill()
            print(f"start with them, killed before: {start(one):.0f} ms to the first answer")
            one.kill(15)
            print(f"start with them, ended before: {start(one):.0f} ms to the first answer")
    print(f"the database has {one.database.stat().st_size / options.jobs:.0f} bytes a job")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(os.environ.get("JOBD_BUILD", "build")))
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    os.environ["JOBD_BUILD"] = str(options.build.resolve())
    from scheduler_alone import Scheduler  # it looks for the build when it is imported

    one = Scheduler("")
    try:
        measure(one, options)
    finally:
        one.close()


if __name__ == "__main__":
    main()
