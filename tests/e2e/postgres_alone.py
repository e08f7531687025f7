"""A PostgreSQL server of the test's own: a cluster in a temporary directory, reached over a unix socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from jobd_fixture import STRETCH, TOP

SCHEMA = TOP / "contrib/postgresql/outbox.sql"


def programs():
    """The directory of the newest server that is installed, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Postgres:
    def __init__(self):
        self.bin = programs()
        if self.bin is None:
            pytest.fail("PostgreSQL is not installed: contrib/packages.txt has it")
        self.dir = Path(tempfile.mkdtemp(prefix="jobd-pg-", dir="/tmp"))
        # The server refuses to run as root.
        self.as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self.as_user:
            shutil.chown(self.dir, "postgres", "postgres")
        self.user = self.as_user.get("user") or pwd.getpwuid(os.geteuid()).pw_name
        self.dir.chmod(0o755)
        self.run("initdb", "-D", f"{self.dir}/data", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with open(self.dir / "data/postgresql.conf", "a") as file:
            # What is to be survived is the end of the server, not of the machine.
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.dir}'\nfsync = off\n"
                "shared_buffers = 16MB\nmax_connections = 30\nautovacuum = off\n"
            )
        self.start()

    def run(self, program, *arguments):
        result = subprocess.run(
            [self.bin / program, *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60 * STRETCH,
            **self.as_user,
        )
        assert result.returncode == 0, result.stdout

    def start(self):
        self.run("pg_ctl", "-D", f"{self.dir}/data", "-l", f"{self.dir}/log", "-w", "start")

    def stop(self, mode="immediate"):
        self.run("pg_ctl", "-D", f"{self.dir}/data", "-m", mode, "-w", "stop")

    def url(self, database, user=None):
        return f"postgresql:///{database}?host={self.dir}&user={user or self.user}"

    def command(self, database, *options):
        return [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *options, self.url(database)]

    def sql(self, text, database="postgres"):
        """What the statements print, as lines."""
        result = subprocess.run(
            self.command(database), input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60 * STRETCH
        )
        assert result.returncode == 0, result.stdout
        return result.stdout.splitlines()

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Database:
    """One database with the schema of the outbox, for one test."""

    def __init__(self, server, name, schema=True):
        self.server, self.name, self.url = server, name, server.url(name)
        server.sql(f'CREATE DATABASE "{name}"')
        if schema:
            self.sql(SCHEMA.read_text())

    def sql(self, text):
        return self.server.sql(text, self.name)

    def waiting(self):
        return int(self.sql("SELECT count(*) FROM jobd.outbox")[0])
