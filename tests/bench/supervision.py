#!/usr/bin/python3
"""jobd beside its peers and the floor, in one run: restart, launch, stop, memory, idling, status, crash storm.

    tests/bench/supervision.py [--build DIR] [--quick | --kills N --rounds N] [NAME ...]      names: floor jobd daemontools runit s6 supervisord

Only what is installed is measured. Every figure is printed with its ratio to the floor where there is one. Machines are noisy:
compare within one run, never absolute times between runs.

What the rows count:
- The manager is everything that belongs to the supervisor and is not a supervised program: jobd and its logger, with the log
  lines that they write about every start and end; runsv, s6-supervise and supervise; the floor has one process and says nothing.
- "CPU for that" is the manager's and the started programs' together, from the start of the manager on.
- The crash storm begins when every program has been started once: what it takes to come up is in the rows of the launch. All
  start a program again a second after its end. For jobd that is a back-off of one second without growth and jitter, so that
  it does the same work as the floor; what it does by default, with fewer and fewer starts, is the row below.
- jobd's run_dir is on a tmpfs, as /run is; its logs are on the disk of /tmp, as is all that the others keep.
- Memory is the proportional share: libraries that other processes of the machine use at the same time count less. Have no
  other jobd running.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def descendants(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def name_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def own_cpu_ms(pids):
    """CPU that these have used so far, to the nanosecond."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return total / 1e6


def switches(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total


def pss_kib(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


class Manager:
    """One supervisor with `count` copies of the stamping program."""

    name = ""
    needs = ()

    def __init__(self, bench, count, command):
        self.bench, self.count, self.command = bench, count, command
        self.dir = Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
        self.stderr = open(self.dir / "stderr", "wb")
        self.prepare()

    def prepare(self):
        """Files before the clock starts."""

    def argv(self):
        raise NotImplementedError

    def start(self):
        self.started = now()
        self.process = subprocess.Popen(
            self.argv(), cwd=self.dir, stdin=subprocess.DEVNULL, stdout=self.stderr, stderr=self.stderr,
            env={**os.environ, "BENCH_SOCKET": str(self.bench.path), **self.env()}, start_new_session=True,
        )

    def env(self):
        return {}

    def pids(self):
        """The manager's own processes."""
        return [pid for pid in [self.process.pid, *descendants(self.process.pid)] if name_of(pid) != "stamp"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def close(self):
        # Stopped first: a manager that sees its program die starts another one, and the stamp of that is taken for one
        # of the next manager's.
        for pid in self.pids():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGSTOP)
        for pid in [*descendants(self.process.pid), self.process.pid]:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.process.wait(10)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.bench.receive(0)
        for pid in self.bench.seen:
            if name_of(pid) == "stamp":
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        self.bench.seen.clear()
        shutil.rmtree(self.dir, ignore_errors=True)


class Floor(Manager):
    name = "floor"
    mode = "at-once"

    def argv(self):
        return [str(self.bench.build / "tests/bench/floor"), str(self.count), self.mode, *self.command]


class DelayedFloor(Floor):
    mode = "delay"


class Jobd(Manager):
    name = "jobd"
    # The kills of the benchmark are more than a healthy day's.
    options = "restart_budget = 100000\n"
    program_options = ""

    def prepare(self):
        self.run_dir = Path(tempfile.mkdtemp(prefix="bench-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"))
        (self.dir / "libexec").mkdir()
        for helper in ("jobd-logger", "jobd-scheduler", "jobd-runner"):
            (self.dir / "libexec" / helper).symlink_to(self.bench.build / "src" / helper / helper)
        command = " ".join(self.command)
        (self.dir / "jobd.conf").write_text(
            f'run_dir = "{self.run_dir}"\nstate_dir = "{self.dir}/state"\nlog_dir = "{self.dir}/log"\n'
            + self.options
            + "".join(
                f'program p{n} {{ command = "{command}" log_to_stdout = false {self.program_options} }}\n'
                for n in range(self.count)
            )
        )

    def env(self):
        return {"JOBD_LIBEXECDIR": str(self.dir / "libexec")}

    def argv(self):
        return [str(self.bench.build / "src/jobd/jobd"), "-c", "jobd.conf"]

    def status(self):
        return [str(self.bench.build / "src/jobctl/jobctl"), "-r", str(self.run_dir), "status"]

    def close(self):
        super().close()
        shutil.rmtree(self.run_dir, ignore_errors=True)


class SteadyJobd(Jobd):
    """Starts what ends a second later, for ever, as the others do."""

    options = "restart_budget = 1000000\n"
    program_options = "backoff_min = 1s backoff_factor = 1 backoff_jitter = 0 start_retries = 1000000"


class Supervisord(Manager):
    name = "supervisord"
    needs = ("/usr/bin/supervisord",)

    def prepare(self):
        programs = "".join(
            f"[program:p{n}]\ncommand={' '.join(self.command)}\nautorestart=true\n" for n in range(self.count)
        )
        (self.dir / "s.conf").write_text(
            f"[unix_http_server]\nfile={self.dir}/s.sock\n[supervisord]\nnodaemon=true\nlogfile={self.dir}/s.log\n"
            f"pidfile={self.dir}/s.pid\nchildlogdir={self.dir}\nuser=root\n"
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=unix://{self.dir}/s.sock\n" + programs
        )

    def argv(self):
        return ["/usr/bin/supervisord", "-c", "s.conf"]

    def status(self):
        return ["/usr/bin/supervisorctl", "-c", str(self.dir / "s.conf"), "status"]


class ServiceDirectory(Manager):
    """runit, s6 and daemontools: a folder with a script for each service."""

    def prepare(self):
        (self.dir / "services").mkdir()
        for n in range(self.count):
            service = self.dir / "services" / f"p{n}"
            service.mkdir()
            (service / "run").write_text(f"#!/bin/sh\nexec {' '.join(self.command)}\n")
            (service / "run").chmod(0o755)


class Runit(ServiceDirectory):
    name = "runit"
    needs = ("/usr/bin/runsvdir",)

    def argv(self):
        return ["/usr/bin/runsvdir", "-P", "services"]

    def stop(self):
        # Stops the services, then itself.
        self.process.send_signal(signal.SIGHUP)
        self.process.wait(120)


class S6(ServiceDirectory):
    name = "s6"
    needs = ("/usr/bin/s6-svscan",)

    def argv(self):
        return ["/usr/bin/s6-svscan", "services"]

    def stop(self):
        subprocess.run(["s6-svscanctl", "-t", str(self.dir / "services")], check=True)
        self.process.wait(120)


class Daemontools(ServiceDirectory):
    name = "daemontools"
    needs = ("/usr/bin/svscan",)

    def argv(self):
        return ["/usr/bin/svscan", "services"]

    def stop(self):
        services = [str(path) for path in (self.dir / "services").iterdir()]
        self.process.kill()
        self.process.wait()
        subprocess.run(["svc", "-dx", *services], check=True)


MANAGERS = (Floor, Jobd, Daemontools, Runit, S6, Supervisord)


class Bench:
    def __init__(self, build):
        self.build = build
        self.directory = Path(tempfile.mkdtemp(prefix="stamps-", dir="/tmp"))
        self.path = self.directory / "socket"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(str(self.path))
        self.seen = set()
        self.stamp = str(build / "tests/bench/stamp")
        self.rows = {}

    def receive(self, timeout=120.0):
        self.socket.settimeout(timeout)
        pid, when = self.socket.recv(100).split()
        self.seen.add(int(pid))
        return int(pid), float(when)

    def count_for(self, seconds):
        """Stamps that come within that time; read at once, since a full socket would hold up who stamps."""
        deadline = now() + seconds
        count = 0
        with contextlib.suppress(TimeoutError):
            while (left := deadline - now()) > 0:
                self.receive(left)
                count += 1
        return count

    def run(self, kind, count, *arguments):
        manager = kind(self, count, [self.stamp, str(self.path), *arguments])
        manager.start()
        return manager

    def put(self, row, kind, value):
        self.rows.setdefault(row, {})[kind.name] = value

    def restarts(self, kind, kills, ran):
        manager = self.run(kind, 1)
        try:
            pid, _ = self.receive()
            took = []
            for _ in range(kills):
                time.sleep(ran)
                killed = now()
                os.kill(pid, signal.SIGKILL)
                pid, when = self.receive()
                took.append((when - killed) * 1000)
            return took
        finally:
            manager.close()

    def restart_rows(self, kind, kills):
        took = sorted(self.restarts(kind, kills, 2.0))
        self.put("restart of one that ran 2 s, p50 ms", kind, statistics.median(took))
        self.put("restart of one that ran 2 s, worst ms", kind, took[-1])
        self.put("restart of one killed 0.2 s after its start, ms", kind, statistics.median(self.restarts(kind, 1, 0.2)))

    def launch(self, kind, count):
        manager = self.run(kind, count)
        last = max(self.receive()[1] for _ in range(count))
        return manager, (last - manager.started) * 1000

    def launch_rows(self, kind, rounds):
        alone = []
        for _ in range(rounds):
            manager, took = self.launch(kind, 1)
            alone.append(took)
            if len(alone) == rounds:
                self.put("memory with 1 program, PSS KiB", kind, pss_kib(manager.pids()))
            manager.close()
        self.put("launch of 1 program, ms", kind, statistics.median(alone))
        took, stops, cpu = [], [], []
        for number in range(rounds):
            manager, value = self.launch(kind, 100)
            took.append(value)
            # From the fork to the first instruction, and what the manager did for it.
            cpu.append(own_cpu_ms([manager.process.pid, *descendants(manager.process.pid)]))
            if number == rounds - 1:
                time.sleep(2)
                self.put("memory with 100 programs, PSS KiB", kind, pss_kib(manager.pids()))
                self.idle_rows(kind, manager)
                self.status_row(kind, manager)
            before = now()
            manager.stop()
            while any(name_of(pid) == "stamp" for pid in self.seen):
                time.sleep(0.001)
            stops.append((now() - before) * 1000)
            manager.close()
        self.put("launch of 100 programs, ms", kind, statistics.median(took))
        self.put("CPU for that, ms", kind, statistics.median(cpu))
        self.put("orderly stop of 100 programs, ms", kind, statistics.median(stops))

    def idle_rows(self, kind, manager):
        pids = manager.pids()
        cpu, woken = own_cpu_ms(pids), switches(pids)
        time.sleep(self.idle_seconds)
        self.put(f"{self.idle_seconds} s idle with 100 programs, CPU ms", kind, own_cpu_ms(pids) - cpu)
        self.put(f"{self.idle_seconds} s idle with 100 programs, wake-ups", kind, switches(pids) - woken)

    def status_row(self, kind, manager):
        if not hasattr(manager, "status"):
            return
        took, bare = [], []
        for _ in range(30):
            for command, into in ((manager.status(), took), (["/bin/true"], bare)):
                before = now()
                subprocess.run(command, stdout=subprocess.DEVNULL)
                into.append((now() - before) * 1000)
        self.put("status of 100 programs beyond /bin/true, ms", kind, statistics.median(took) - statistics.median(bare))

    def storm(self, kind):
        """Starts in the storm, and the CPU that the manager used for them."""
        count = 100
        manager = self.run(kind, count, "exit")
        try:
            for _ in range(count):
                self.receive()
            before = own_cpu_ms(manager.pids())
            starts = self.count_for(self.storm_seconds)
            return starts, own_cpu_ms(manager.pids()) - before
        finally:
            manager.close()
            self.count_for(0.5)

    def storm_rows(self, kind):
        row = f"crash storm of 100 programs, {self.storm_seconds} s"
        starts, cpu = self.storm({Floor: DelayedFloor, Jobd: SteadyJobd}.get(kind, kind))
        self.put(f"{row}: starts", kind, starts)
        self.put("crash storm: manager's CPU per start, ms", kind, cpu / max(starts, 1))
        if kind is Jobd:
            starts, cpu = self.storm(kind)
            self.put(f"{row}, default back-off: starts", kind, starts)
            self.put(f"{row}, default back-off: manager's CPU ms", kind, cpu)

    def print(self, kinds):
        names = [kind.name for kind in kinds]
        width = max(len(row) for row in self.rows)
        print(f"{'':{width}}" + "".join(f"{name:>13}" for name in names) + f"{'jobd/floor':>13}")
        for row, values in self.rows.items():
            cells = "".join(f"{values[name]:13.2f}" if name in values else f"{'-':>13}" for name in names)
            ratio = ""
            if values.get("floor") and "jobd" in values:
                ratio = f"{values['jobd'] / values['floor']:13.2f}"
            print(f"{row:{width}}{cells}{ratio}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(os.environ.get("JOBD_BUILD", "build")))
    parser.add_argument("--quick", action="store_true", help="few rounds, to see that it works")
    parser.add_argument("--kills", type=int, default=20, help="kills of one that ran 2 s")
    parser.add_argument("--rounds", type=int, default=5, help="launches of 1 and of 100 programs")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    bench = Bench(options.build.resolve())
    bench.idle_seconds, bench.storm_seconds = (2, 2) if options.quick else (20, 10)
    kinds = [
        kind
        for kind in MANAGERS
        if (not options.names or kind.name in options.names) and all(os.path.exists(path) for path in kind.needs)
    ]
    for kind in kinds:
        print(f"# {kind.name}", file=sys.stderr, flush=True)
        bench.restart_rows(kind, 3 if options.quick else options.kills)
        bench.launch_rows(kind, 1 if options.quick else options.rounds)
        bench.storm_rows(kind)
    bench.print(kinds)
    shutil.rmtree(bench.directory)


if __name__ == "__main__":
    main()
