"""The servers that queue.py and queue_clients.py measure, each with a folder of its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))


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

    def __init__(self, build, **options):
        super().__init__(build)
        os.environ["JOBD_BUILD"] = str(build)
        from scheduler_alone import Scheduler

        self.scheduler = Scheduler("", state_dir=self.dir, **options)
        self.address = str(self.scheduler.socket_path)

    def close(self):
        self.scheduler.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Redis(Server):
    kind = "redis"
    appendonly = "yes"

    def __init__(self, build):
        super().__init__(build)
        self.address = f"127.0.0.1:{free_port()}"
        port = self.address.split(":")[1]
        self.spawn("redis-server", "--port", port, "--appendonly", self.appendonly, "--appendfsync", "always", "--save", "",
                   "--dir", str(self.dir))
        self.wait()


class Beanstalkd(Server):
    kind = "beanstalkd"

    def __init__(self, build):
        super().__init__(build)
        self.address = f"127.0.0.1:{free_port()}"
        self.spawn("beanstalkd", "-l", "127.0.0.1", "-p", self.address.split(":")[1], "-b", str(self.dir), "-f0")
        self.wait()
