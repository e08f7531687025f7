"""What the tests of the Node examples share: the app's files with their npm packages, under a jobd of the test.

The packages are installed once, from the lock file beside the example, into build/npm (or $JOBD_TEST_NPM): nothing is
written into the sources. Beside them stand the outside world's stand-ins: a web service that answers as told, and an
SMTP server.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import http.server
import json
import os
import queue
import shutil
import subprocess
import threading
import time
from email import message_from_bytes, policy
from pathlib import Path

import httpx
from aiosmtpd.controller import Controller

from jobd_fixture import STRETCH, TOP, free_port, wait_for

EXAMPLES = TOP / "contrib/examples"
NPM_HOME = Path(os.environ.get("JOBD_TEST_NPM", TOP / "build/npm"))
PASSWORD = "correct horse"


def node_modules(folder):
    """The node_modules that belong to the lock file of this folder; installed at the first call."""
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {path: package for path, package in lock["packages"].items() if path}
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()[:16]
    home = NPM_HOME / digest
    NPM_HOME.mkdir(parents=True, exist_ok=True)
    with open(NPM_HOME / "lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, home)
            done = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=home, env={**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}"},
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
            )
            assert done.returncode == 0, f"npm ci for {folder.name}: {done.stdout}{done.stderr}"
            (home / "complete").touch()
    return home / "node_modules"


class Example:
    """An example's own jobd.conf in a running jobd; its files are a copy in the test's directory."""

    def __init__(self, jobd, name, *, config="", **env):
        self.port, self.faktory_port = free_port(), free_port()
        self.daemon = jobd(f'include("@DIR@/app/jobd.conf")\n{config}', start=False)
        self.folder = self.daemon.dir / "app"
        shutil.copytree(EXAMPLES / name, self.folder, ignore=shutil.ignore_patterns("node_modules", "data", "*.env"))
        (self.folder / "node_modules").symlink_to(node_modules(EXAMPLES / name))
        self.daemon.cwd = self.folder
        self.daemon.env.update(
            PORT=str(self.port), FAKTORY_PORT=str(self.faktory_port), FAKTORY_PASSWORD=PASSWORD, JOBS_SECRET="of this test",
            **{key: str(value) for key, value in env.items()},
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10 * STRETCH)

    def start(self):
        self.daemon.start()
        self.wait_answers()
        return self

    def wait_answers(self):
        wait_for(self.answers, lambda: f"the app; {self.daemon.programs(all=True)} {self.daemon.log('web', 'stderr')}", timeout=40)

    def wait_worker(self):
        state = self.daemon.wait_state("worker", "RUNNING", "FATAL", timeout=40)["state"]
        assert state == "RUNNING", self.daemon.log("worker", "stderr")

    def answers(self):
        with contextlib.suppress(httpx.TransportError):
            return self.client.get("/health").status_code == 200

    def get(self, path, status=200, **options):
        return self._call("GET", path, status, **options)

    def post(self, path, body=None, status=200, **options):
        return self._call("POST", path, status, json=body, **options)

    def _call(self, method, path, status, **options):
        answer = self.client.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    # The queue, asked over queue.sock.

    def ask(self, *words):
        with self.daemon.wire("queue.sock", hello=False) as wire:
            wire.reply()  # the greeting
            wire.hello()
            return wire.request(" ".join(word if isinstance(word, str) else json.dumps(word) for word in words))

    def jobs(self, **wanted):
        return self.ask("JOBS", wanted)

    def job(self, jid):
        return self.ask("JOB", jid)

    def run(self, name, argument=None, timeout=20):
        """`jobctl run`, and wait for its end; returns the job."""
        arguments = [] if argument is None else ["--args", json.dumps([argument])]
        jid = self.daemon.ctl("run", name, *arguments).stdout.split()[-1]
        return self.wait_job(jid, timeout=timeout)

    def wait_job(self, jid, *states, timeout=20):
        """Wait until the job is in one of the states (by default: at its end); returns it."""
        states = states or ("done", "dead", "cancelled")
        return wait_for(
            lambda: (job := self.job(jid))["state"] in states and job,
            lambda: f"{jid} to be {' or '.join(states)}: {self.job(jid)}; {self.daemon.log('web', 'stderr')}",
            timeout, pause=0.02,
        )

    def wait_jobs(self, count=1, timeout=20, **wanted):
        """Wait until so many jobs fit the filter; returns them, oldest first."""
        return wait_for(
            lambda: len(found := self.jobs(order="oldest", **wanted)) >= count and found,
            lambda: f"{count} jobs {wanted}; there are {[(job['jobtype'], job['state']) for job in self.jobs()]}",
            timeout, pause=0.02,
        )


class WebService:
    """A service on the net: remembers what it was asked, answers with what the test put into `answers`, else 200 {}."""

    def __init__(self):
        self.requests, self.answers = [], queue.SimpleQueue()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.requests.append((time.monotonic(), self.path, dict(self.headers), body))
                try:
                    status, headers = service.answers.get_nowait()
                except queue.Empty:
                    status, headers = 200, {}
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json", "Content-Length": "2"}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, status, **headers):
        self.answers.put((status, {name.replace("_", "-"): value for name, value in headers.items()}))

    def bodies(self):
        return [json.loads(body) for _, _, _, body in list(self.requests)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SmtpServer:
    """A real SMTP server: remembers (sender, recipients, message); takes `delay_s` for each, refuses the
    next so many for now, and one address for good."""

    def __init__(self, delay_s=0.0, port=None):
        self.received, self.delay_s, self.refuse, self.reject = [], delay_s, 0, None
        self.is_held = False  # nothing is taken until it is let go
        self.controller = Controller(self, hostname="127.0.0.1", port=port or free_port())
        self.controller.start()
        self.url = f"smtp://127.0.0.1:{self.controller.port}"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.reject:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        while self.is_held:
            await asyncio.sleep(0.01)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.refuse > 0:
            self.refuse -= 1
            return "451 come back later"
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.mail_from, list(envelope.rcpt_tos), message))
        return "250 accepted"

    def messages(self):
        return [message for _, _, message in list(self.received)]

    def wait(self, count, timeout=20):
        wait_for(lambda: len(self.received) >= count, lambda: f"{count} mails, there are {len(self.received)}", timeout)
        return self.messages()

    def close(self):
        self.controller.stop()


def text_of(message, kind):
    return message.get_body((kind,)).get_content()
