#!/usr/bin/env python3
"""Log capture: jobd-logger, the floor (logger_floor.c) and the peers that are installed, in one run.

    tests/bench/logger.py [--mib 1024] [--rounds 3] [NAME…]      (JOBD_BUILD names the build directory)

One program writes numbered lines of 100 bytes, in writes of 64 KiB and then a line at a time; the log is rotated
at 50 MB × 10. Printed: MB/s until the logger had everything, CPU seconds of the logger per GiB, its peak memory, and
whether what is kept ends in mid-line, misses lines, or has damaged ones. Medians of the rounds; ratios to the floor.

Two traps. A virtual machine gives freed memory back to its host, and the next write to it costs ten times as much:
so every run begins with as much freshly freed page cache. And the rounds of all loggers take turns.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from jobd_fixture import build_dir  # noqa: E402
from logger_alone import LoggerAlone  # noqa: E402

LINE = 100
BENCH = build_dir() / "tests/bench"
WRITER, FLOOR = BENCH / "logger_writer", BENCH / "logger_floor"


def proc_cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def proc_peak(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def warm(directory, mib):
    path = directory / "warm"
    block = b"x" * (1 << 20)
    with open(path, "wb") as file:
        for _ in range(min(mib, 600) + 20):
            file.write(block)
    path.unlink()


def writer_command(directory, total, step):
    return [str(WRITER), str(total), str(step), str(directory / "seconds")]


class Pipe:
    """A logger that reads stdin until its end."""

    def __init__(self, command, files):
        self.command, self.files = command, files

    def run(self, directory, total, step):
        read_end, write_end = os.pipe()
        begin = time.monotonic()
        logger = subprocess.Popen(self.command(directory), stdin=read_end, stderr=subprocess.DEVNULL)
        os.close(read_end)
        writer = subprocess.Popen(writer_command(directory, total, step), stdout=write_end)
        writer.wait()
        # Its own: the usage that wait4(2) gives has the peak of the process that forked it.
        peak = proc_peak(logger.pid)
        os.close(write_end)
        _, _, usage = os.wait4(logger.pid, 0)
        logger.returncode = 0
        return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, peak, self.files(directory)


class Supervisord:
    def run(self, directory, total, step):
        config = directory / "supervisord.conf"
        config.write_text(
            f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={directory}/pid\n"
            f"[program:writer]\ncommand={' '.join(writer_command(directory, total, step))}\nautorestart=false\n"
            f"startsecs=0\nredirect_stderr=true\nstdout_logfile={directory}/a.log\nstdout_logfile_maxbytes=50MB\n"
            "stdout_logfile_backups=10\n"
        )
        daemon = subprocess.Popen(["supervisord", "-c", str(config)], stdout=subprocess.DEVNULL)
        seconds = directory / "seconds"
        while not (seconds.exists() and seconds.read_text()):
            time.sleep(0.01)
        elapsed = float(seconds.read_text())
        cpu, peak = proc_cpu(daemon.pid), proc_peak(daemon.pid)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        return elapsed, cpu, peak, numbered_files(directory)


class Jobd:
    def __init__(self, **settings):
        self.settings = settings

    def run(self, directory, total, step):
        logger = LoggerAlone(directory=directory).start()
        try:
            stream = logger.add_stream("a", path=directory / "a.log", **self.settings)
            # The first answer says that it has begun.
            logger.wire().close()
            cpu, begin = logger.cpu_seconds(), time.monotonic()
            writer = subprocess.Popen(writer_command(directory, total, step), stdout=logger.writers[stream])
            writer.wait()
            logger.end_stream(stream)
            return time.monotonic() - begin, logger.cpu_seconds() - cpu, logger.peak_kib(), numbered_files(directory)
        finally:
            os.environ["JOBD_TEST_KEEP"] = "1"
            logger.close()


def numbered_files(directory):
    """The oldest first."""
    old = [directory / f"a.log.{n}" for n in range(10, 0, -1)]
    return [path for path in [*old, directory / "a.log"] if path.exists()]


def named_files(directory):
    """s6-log, svlogd and multilog put a time into the names."""
    logs = directory / "log"
    return [*sorted(logs.glob("@*")), logs / "current"]


def svlogd(directory):
    (directory / "log").mkdir()
    (directory / "log/config").write_text("s52428800\nn10\n")
    return ["svlogd", str(directory / "log")]


LOGGERS = {
    "floor": (None, Pipe(lambda directory: [str(FLOOR), str(directory / "a.log")], numbered_files)),
    "jobd-logger": (None, Jobd()),
    "jobd-logger text+time": (None, Jobd(format="text", timestamps=1, prefix=1)),
    "jobd-logger json": (None, Jobd(format="json")),
    "supervisord": ("supervisord", Supervisord()),
    "s6-log": ("s6-log", Pipe(lambda d: ["s6-log", "-b", "n10", "s52428800", str(d / "log")], named_files)),
    "svlogd": ("svlogd", Pipe(svlogd, named_files)),
    "multilog": ("multilog", Pipe(lambda d: ["multilog", "s16777215", "n31", str(d / "log")], named_files)),
}


def damage(files, total, raw):
    """Files that end in mid-line, damaged or missing lines among what is kept."""
    torn = sum(1 for path in files if path.stat().st_size and path.read_bytes()[-1:] != b"\n")
    if not raw:
        return f"{torn} / -"
    bad, expected = 0, None
    for path in files:
        for line in path.read_bytes().split(b"\n"):
            if not line:
                continue
            if len(line) != LINE - 1 or not line[:10].isdigit() or (expected is not None and int(line[:10]) != expected):
                bad += 1
            expected = int(line[:10]) + 1 if line[:10].isdigit() else None
    last = -(-total // LINE)
    if expected is not None and expected < last:
        bad += last - expected
    return f"{torn} / {bad}"


def measure(name, total, step):
    directory = Path(tempfile.mkdtemp(prefix="jobd-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")))
    try:
        warm(directory, total >> 20)
        seconds, cpu, peak, files = LOGGERS[name][1].run(directory, total, step)
        return total / seconds / 1e6, cpu * (1 << 30) / total, peak, damage(files, total, " " not in name)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def table(names, total, step, rounds, title):
    results = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            results[name].append(measure(name, total, step))
    middle = {name: [statistics.median(row[i] for row in rows) for i in range(3)] for name, rows in results.items()}
    floor = middle.get("floor")
    print(f"\n{title}: {total >> 20} MiB, medians of {rounds}")
    print(f"{'':24}{'MB/s':>8}{'CPU s/GiB':>12}{'peak KiB':>10}{'mid-line / bad lines':>22}{'of floor: MB/s':>16}{'CPU':>7}")
    for name in names:
        speed, cpu, peak = middle[name]
        ratio = f"{speed / floor[0]:>16.2f}{cpu / floor[1]:>7.2f}" if floor else ""
        print(f"{name:24}{speed:>8.0f}{cpu:>12.2f}{peak:>10.0f}{results[name][-1][3]:>22}{ratio}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("names", nargs="*", choices=[*LOGGERS, []], default=[])
    arguments = parser.parse_args()
    names = arguments.names or [name for name, (tool, _) in LOGGERS.items() if not tool or shutil.which(tool)]
    total = arguments.mib << 20
    table(names, total, 64 * 1024, arguments.rounds, "writes of 64 KiB")
    table(names, total // 4, LINE, arguments.rounds, "a line a write")


if __name__ == "__main__":
    main()
