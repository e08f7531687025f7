#!/usr/bin/python3
"""How late a tick is: from its due time to the first instruction of the job's command, over SECONDS ticks of one a second.

    tests/bench/ticks.py [--build DIR] [--seconds 60]

Also counts what the built-ins do between the ticks of a quiet calendar: CPU and voluntary context switches.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from supervision import Bench, Jobd, own_cpu_ms, pss_kib, switches  # noqa: E402


class Calendar(Jobd):
    """jobd with one job in place of the programs."""

    schedule = "* * * * * *"

    def prepare(self):
        super().prepare()
        text = (self.dir / "jobd.conf").read_text()
        (self.dir / "jobd.conf").write_text(
            text + f'job stamp {{ schedule = "{self.schedule}" command = "{" ".join(self.command)} exit" exit_codes = {{0, 1}} }}\n'
        )


class QuietCalendar(Calendar):
    schedule = "0 0 1 1 *"


def lateness(bench, seconds):
    """Milliseconds behind the full second, tick by tick."""
    manager = bench.run(Calendar, 0)
    try:
        bench.receive()  # the first may be a run that was missed before the start
        offset = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
        return [((bench.receive()[1] + offset) % 1.0) * 1000 for _ in range(seconds)]
    finally:
        manager.stop()
        manager.close()


def quiet(bench, seconds):
    manager = bench.run(QuietCalendar, 0)
    try:
        time.sleep(2)
        pids = manager.pids()
        cpu, woken, memory = own_cpu_ms(pids), switches(pids), pss_kib(pids)
        time.sleep(seconds)
        return own_cpu_ms(pids) - cpu, switches(pids) - woken, memory
    finally:
        manager.stop()
        manager.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(os.environ.get("JOBD_BUILD", "build")))
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    bench = Bench(options.build.resolve())
    late = sorted(lateness(bench, options.seconds))
    print(f"tick to first instruction, {len(late)} ticks: p50 {statistics.median(late):.2f} ms, "
          f"p99 {late[int(len(late) * 0.99)]:.2f} ms, worst {late[-1]:.2f} ms")
    cpu, woken, memory = quiet(bench, 20)
    print(f"20 s between ticks, jobd and all built-ins: {cpu:.2f} ms CPU, {woken} wake-ups; memory {memory} KiB PSS")
    shutil.rmtree(bench.directory)


if __name__ == "__main__":
    main()
