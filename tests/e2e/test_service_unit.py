"""The systemd unit that make wrote, under a systemd that is process 1 of its own namespaces."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from jobd_fixture import STRETCH, build_dir, children, wait_for

CONFIG = """
program web { command = "python3 -m http.server 8123 --bind 127.0.0.1" ready = "tcp:127.0.0.1:8123" }
job hello { command = "echo hello" }
"""
STARTED = "[Unit]\nRequires=jobd.service\nAllowIsolate=yes\n"
# What is not the unit's: where the build tree has things, and a place for output without a journal.
BUILD_TREE = """[Service]
Environment=JOBD_LIBEXECDIR=/libexec
StandardOutput=append:/output
StandardError=append:/output
"""


def unit_of_build_tree():
    """The unit with programs of the build tree, for what is not installed."""
    build = build_dir()
    unit = (build / "contrib/systemd/jobd.service").read_text()
    assert "@" not in unit
    lines = []
    for line in unit.splitlines():
        key, _, command = line.partition("=")
        if key.startswith("Exec"):
            program, _, rest = command.partition(" ")
            name = program.rsplit("/", 1)[1]
            line = f"{key}={build}/src/{name}/{name} {rest}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def test_systemd_accepts_the_unit(tmp_path):
    copy = tmp_path / "jobd.service"
    copy.write_text(unit_of_build_tree())
    result = subprocess.run(
        ["systemd-analyze", "--man=no", "verify", str(copy)], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")


def has_control_groups():
    """systemd needs a hierarchy that it may write to: not in every container."""
    top = Path("/sys/fs/cgroup")
    return any(os.access(top / name, os.W_OK) for name in ("cgroup.procs", "systemd", "unified"))


class Machine:
    """A root directory with this system's /usr, the unit and a configuration, in which systemd was started."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="jobd-systemd-"))
        self.spawn = None
        self.make_root()

    def start(self):
        command = ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--private-network", "--console=pipe"]
        command += ["-D", str(self.root), "--bind-ro=/usr", f"--bind-ro={build_dir()}", "--boot"]
        environment = {**os.environ, "UNIFIED_CGROUP_HIERARCHY": "1"}
        self.spawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
        wait_for(lambda: self.run("systemctl", "is-active", "jobd").stdout == "active\n", self.said, timeout=20)

    def make_root(self):
        for name in ("usr", "var", "run", "tmp", "root", "proc", "sys", "dev", "etc/systemd/system"):
            (self.root / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.root / name).symlink_to(f"usr/{name}")
        for name in ("passwd", "group", "ld.so.cache"):
            shutil.copy(f"/etc/{name}", self.root / "etc")
        shutil.copy("/usr/lib/os-release", self.root / "etc")
        units = self.root / "etc/systemd/system"
        unit = unit_of_build_tree()
        # /usr, where it may be installed, is this system's.
        configured = unit.split("ExecStart=", 1)[1].split("-c ", 1)[1].split()[0]
        self.config = self.root / "etc/jobd.conf"
        self.config.write_text(CONFIG)
        libexec = self.root / "libexec"
        libexec.mkdir()
        for program in build_dir().glob("src/jobd-*/jobd-*"):
            if program.is_file() and program.suffix in ("", ".so"):
                (libexec / program.name).symlink_to(program)
        (units / "jobd.service").write_text(unit.replace(configured, "/etc/jobd.conf"))
        (units / "jobd.service.d").mkdir()
        (units / "jobd.service.d/build.conf").write_text(BUILD_TREE)
        (units / "started.target").write_text(STARTED)
        (units / "default.target").symlink_to("started.target")

    def leader(self):
        """systemd's number outside; 0 before it is there."""
        return next(iter(children(self.spawn.pid)), 0)

    def run(self, *command):
        """Run it inside."""
        enter = ["nsenter", "-t", str(self.leader()), "-m", "-p", "-u", "-i", "-n", "-r", "-w"]
        return subprocess.run(enter + list(command), capture_output=True, text=True, timeout=60 * STRETCH)

    def jobctl(self, *words):
        return self.run(str(build_dir() / "src/jobctl/jobctl"), *words)

    def show(self, name):
        return self.run("systemctl", "show", "-P", name, "jobd").stdout.strip()

    def processes(self, words):
        """Those inside whose command line has these words."""
        return self.run("pgrep", "-fa", words).stdout.splitlines()

    def said(self):
        status = self.run("systemctl", "status", "jobd", "--no-pager", "-l").stdout
        return "\n".join([*(path.read_text() for path in self.root.glob("output")), status])

    def close(self):
        if self.spawn is not None:
            self.spawn.terminate()
            self.spawn.wait(60 * STRETCH)
        shutil.rmtree(self.root)


@pytest.fixture
def machine():
    with contextlib.closing(Machine()) as machine:
        machine.start()
        yield machine


@pytest.mark.root
@pytest.mark.namespaces
@pytest.mark.skipif(not has_control_groups(), reason="needs control groups")
def test_the_unit_under_a_real_systemd(machine):
    assert machine.show("StatusText") == "2 of 2 programs running"
    assert machine.jobctl("status").returncode == 0
    assert machine.jobctl("run", "hello", "--wait").stdout == "hello\n"

    before = machine.show("MainPID")
    assert machine.run("kill", "-KILL", before).returncode == 0
    wait_for(lambda: machine.show("MainPID") not in ("0", before), machine.said)
    wait_for(lambda: machine.show("ActiveState") == "active", machine.said)
    assert machine.show("NRestarts") == "1"
    assert len(machine.processes("http.server")) == 1

    with machine.config.open("a") as config:
        config.write("program forks { command = \"sh -c 'setsid sleep 1000 & exec sleep 1000'\" }\n")
    assert machine.run("systemctl", "reload", "jobd").returncode == 0
    wait_for(lambda: len(machine.processes("sleep 1000")) == 2, machine.said)
    good = machine.config.read_text()
    machine.config.write_text(good + "nonsense = 1\n")
    assert machine.run("systemctl", "reload", "jobd").returncode == 1
    assert machine.show("ActiveState") == "active"
    machine.config.write_text(good)

    assert machine.run("systemctl", "stop", "jobd").returncode == 0
    assert (machine.show("Result"), machine.show("ActiveState")) == ("success", "inactive")
    assert machine.processes("sleep 1000|http.server|jobd") == []
