"""A client and a worker of jobd without packages: many threads share one connection, many jobs one round trip.

See README.md beside it, and jobd-protocol(7). Never keeps a job for later by itself: a push is on disk, or an error.

Threads, not asyncio: Django, Flask and most handlers block, and a thread that waits for jobd costs nothing. From a
coroutine: `await asyncio.to_thread(client.push, ...)`.
"""

import datetime
import hashlib
import json
import os
import queue
import secrets
import signal
import socket
import ssl
import sys
import threading
import time
import traceback
import urllib.parse
from collections import deque

BACKOFF = (0, 0.05, 0.2, 0.5, 1, 2)
HANDSHAKE = 10
BEAT = 15
ORDERS_WAIT = 0.05  # so long a full worker waits before it asks for orders alone
QUICK = 0.01  # while jobs last less, some more are taken than can run
STALE = 1  # so long they may wait here
REFUSED = 1  # so long after a refusal the same is tried again
MEMBERS = {"queue", "at", "retry", "priority", "reserve_for"}
CUSTOM = {"unique_for", "unique_until", "unique_key", "on_conflict", "expires_at", "concurrency_key", "after", "parent",
          "bid", "track", "tags"}


class Refused(Exception):
    """jobd said no: code is NOTUNIQUE, STORE, DENIED or ERR."""

    def __init__(self, text):
        self.code, _, message = text.partition(" ")
        super().__init__(message)


class Unavailable(Exception):
    """Nobody answered in time: whether it was done is not known."""


class Lost(Exception):
    """The connection was lost before the answer; it can be asked on the next one."""


class Place:
    """Where jobd is, and how to get in."""

    def __init__(self, url):
        run_dir = os.environ.get("JOBD_RUN_DIR")
        url = url or os.environ.get("JOBD_URL") or os.environ.get("FAKTORY_URL")
        url = url or (f"unix:{run_dir}/queue.sock" if run_dir else "tcp://127.0.0.1:7419")
        self.path, self.url = None, urllib.parse.urlsplit(url)
        if url.startswith("unix:"):
            path = url[5:]
            self.path = "/" + path.lstrip("/") if path.startswith("//") else path
        elif self.url.scheme not in ("tcp", "tcp+tls"):
            raise ValueError(f"jobd: '{url}' is none of unix:, tcp:// and tcp+tls://")

    def connect(self):
        if self.path is not None:
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(self.path)
            except OSError:
                sock.close()
                raise
            return sock
        sock = socket.create_connection((self.url.hostname, self.url.port or 7419), HANDSHAKE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.url.scheme == "tcp":
            return sock
        context = ssl.create_default_context(cafile=os.environ.get("JOBD_CA"))
        return context.wrap_socket(sock, server_hostname=self.url.hostname)

    def password_hash(self, told):
        value = (urllib.parse.unquote(self.url.password or "") + told["s"]).encode()
        for _ in range(told["i"]):
            value = hashlib.sha256(value).digest()
        return value.hex()


class Connection:
    """A connection that comes again. Requests, (line, reply), wait for it, and their replies come in order: reply(value)
    is called by the thread that reads, and returns True if there is more to come. Who asks writes."""

    def __init__(self, url, hello=dict, ready=lambda: None):
        self.place, self.hello, self.on_ready = Place(url), hello, ready
        self.pid = None
        self.reset()

    def reset(self):
        self.lock, self.writing = threading.Lock(), threading.Lock()
        self.out, self.sent, self.unsent = [], deque(), []
        self.ready = self.flushing = self.closed = False
        self.sock = self.error = None
        self.wanted = queue.SimpleQueue()

    def start(self):
        """Also in a child of a process that had one: the threads are the parent's, and so is the connection."""
        if self.pid is not None:
            if self.sock is not None:
                socket.close(self.sock.detach())
            self.reset()
        self.pid = os.getpid()
        threading.Thread(target=self.live, daemon=True).start()
        threading.Thread(target=self.flush_later, daemon=True).start()

    def send(self, line, reply, later=False):
        """later: what comes soon goes out with it."""
        if self.pid != os.getpid():
            self.start()
        with self.lock:
            if self.closed:
                raise Unavailable("the client is closed")
            if not self.ready:
                self.unsent.append((line, reply))
                return
            self.sent.append((line, reply))
            self.out.append(line)
            if self.flushing:
                return
            self.flushing = True
        if later:
            self.wanted.put(True)
        else:
            self.flush()

    def flush_later(self):
        while self.wanted.get():
            self.flush()

    def flush(self):
        """Until nothing is left: what others ask meanwhile goes out in one write, and they need not wait for theirs."""
        while True:
            with self.writing:
                with self.lock:
                    # Together: what was asked on one connection must not get into the next one.
                    lines, self.out, sock = self.out, [], self.sock
                    if not lines:
                        self.flushing = False
                        return
                try:
                    sock.sendall("".join(lines).encode())
                except OSError:
                    pass  # the reader sees it too

    def ask(self, line, expires):
        box = queue.SimpleQueue()
        self.send(line, box.put)
        try:
            value = box.get(timeout=max(0, expires - time.monotonic()))
        except queue.Empty:
            self.give_up(box.put)
            raise Unavailable(f"jobd gave no answer in time: {self.error or 'it is silent'}") from None
        if isinstance(value, Exception):
            raise value
        return value

    def give_up(self, reply):
        """The others who wait on this connection are asked on the next one."""
        with self.lock:
            self.unsent = [request for request in self.unsent if request[1] != reply]
            if self.ready:
                self.hang_up()

    def hang_up(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.closed = True
        self.wanted.put(False)
        if self.ready:
            self.flush()
            self.hang_up()
        self.forget(Unavailable("the client is closed"), True)

    def live(self):
        attempt = 0
        while not self.closed:
            time.sleep(BACKOFF[min(attempt, len(BACKOFF) - 1)])
            attempt += 1
            try:
                self.greet()
                attempt = 0
                while True:
                    self.reply(self.item())
            except Refused as error:
                # What is wrong with our first words will be wrong the next time too.
                final = not self.ready and str(error) != "shutdown in progress"
                if final and not self.unsent:
                    print(f"jobd: {error}", file=sys.stderr)
                self.lose(error, final)
            except Exception as error:
                self.lose(error, False)

    def greet(self):
        self.sock = self.place.connect()
        self.sock.settimeout(HANDSHAKE)
        self.lines = self.sock.makefile("rb", 65536)
        told = json.loads(self.item().removeprefix("HI "))
        hello = {"v": 2, "hostname": socket.gethostname(), "pid": self.pid, "codes": True, "kept": True, **self.hello()}
        if "s" in told:
            hello["pwdhash"] = self.place.password_hash(told)
        self.sock.sendall(f"HELLO {json.dumps(hello)}\r\n".encode())
        answer = self.item()
        if isinstance(answer, Refused):
            raise answer
        self.sock.settimeout(None)
        with self.lock:
            self.ready, self.flushing = True, True
            self.sent.extend(self.unsent)
            self.out = [line for line, _ in self.unsent]
            self.unsent = []
        self.flush()
        self.on_ready()

    def reply(self, value):
        # jobd ends, and has done nothing of this: its successor is asked.
        if isinstance(value, Refused) and str(value) == "shutdown in progress":
            raise value
        if not self.sent[0][1](value):
            self.sent.popleft()

    def item(self):
        """One reply; a refusal is an exception, which is not raised."""
        line = self.lines.readline()
        if not line.endswith(b"\r\n"):
            raise Lost("jobd closed the connection")
        kind, text = line[:1], line[1:-2].decode()
        if kind == b"+":
            return text
        if kind == b"-":
            return Refused(text)
        if kind == b"$":
            return None if text == "-1" else self.take(int(text) + 2)[:-2].decode()
        if kind == b"*":
            return [self.item() for _ in range(int(text))]
        raise Lost("the other side does not speak the protocol")

    def take(self, size):
        data = self.lines.read(size)
        if len(data) < size:
            raise Lost("jobd closed the connection")
        return data

    def lose(self, error, for_all):
        self.error = error
        with self.lock:
            self.ready = False
        if self.sock is not None:
            self.hang_up()
            self.sock.close()
        self.forget(error if for_all else Lost("the connection to jobd was lost"), for_all)

    def forget(self, error, for_all):
        with self.lock:
            lost = list(self.sent) + (self.unsent if for_all else [])
            self.out, self.sent = [], deque()
            if for_all:
                self.unsent = []
        for _, reply in lost:
            reply(error)


# Jobs.

HANDLERS = {}


def register(name, handler=None):
    """handler(job, *args) does the jobs of this type, in workers of this process and inline; also as a decorator."""
    if handler is None:
        return lambda function: register(name, function)
    HANDLERS[name] = handler
    return handler


def rfc3339(value):
    if isinstance(value, (int, float)):
        value = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=value)
    return value.astimezone(datetime.timezone.utc).isoformat() if isinstance(value, datetime.datetime) else value


def option_members(options):
    """The members of a job that its options are."""
    members, custom = {}, dict(options.get("custom") or {})
    for name, value in options.items():
        if name in ("at", "expires_at"):
            value = rfc3339(value)
        if name in CUSTOM:
            custom[name] = value
        elif name in MEMBERS:
            members[name] = value
        elif name != "custom":
            raise TypeError(f"jobd: unknown option '{name}'")
    if custom:
        members["custom"] = custom
    return members


dump = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder for each job


class Client:
    """Pushes; for all threads of a process, and for the processes that it forks."""

    def __init__(self, url=None, timeout=30, inline=None):
        self.connection, self.timeout = Connection(url), timeout
        self.inline = os.environ.get("JOBD_INLINE", "").split(",") if inline is None else inline

    def push(self, name, args=(), *, jid=None, **options):
        """The job's id, once it is on disk."""
        jid = jid or secrets.token_hex(12)
        job = dump({"jid": jid, "jobtype": name, "args": list(args), **option_members(options)})
        if self.is_inline(name):
            self.run_inline(job)
            return jid
        reply = self.store(lambda: f"PUSH {job}\r\n", lambda expires: "OK" if self.knows(jid, expires) else None)
        return reply.removeprefix("KEPT ") if reply.startswith("KEPT ") else jid

    def push_bulk(self, name, args_list, **options):
        """One job for each list of arguments: the ids, and a dict with the reason for each id that was refused."""
        more = option_members(options)
        jobs = {}
        for args in args_list:
            jid = secrets.token_hex(12)
            jobs[jid] = dump({"jid": jid, "jobtype": name, "args": list(args), **more})
        jids = list(jobs)
        if self.is_inline(name):
            for job in jobs.values():
                self.run_inline(job)
            return jids, {}

        def find(expires):
            for jid in list(jobs):
                if self.knows(jid, expires):
                    del jobs[jid]
            return None if jobs else "{}"

        return jids, json.loads(self.store(lambda: f"PUSHB [{','.join(jobs.values())}]\r\n", find))

    def request(self, verb, *words):
        """Another verb of jobd-protocol(7): request("JOB", jid), request("JOBS", {"tag": "x"})."""
        texts = [dump(word) if isinstance(word, (dict, list)) else str(word) for word in words]
        if any("\n" in text or "\r" in text for text in texts):
            raise ValueError("jobd: a request is one line")

        def read(item):
            if isinstance(item, list):
                return [read(one) for one in item]
            return json.loads(item) if item and item[0] in "{[" else item

        try:
            return read(self.connection.ask(f"{' '.join([verb, *texts])}\r\n", time.monotonic() + self.timeout))
        except Lost as error:
            raise Unavailable(str(error)) from None

    def close(self):
        self.connection.close()

    def is_inline(self, name):
        """inline is True, or a list of types; JOBD_INLINE is 1, or types with commas between them."""
        return self.inline if isinstance(self.inline, bool) else "1" in self.inline or name in self.inline

    @staticmethod
    def run_inline(text):
        job = Job(json.loads(text), None)
        if job.type not in HANDLERS:
            raise LookupError(f"jobd: there is no handler for {job.type}")
        HANDLERS[job.type](job, *job.args)

    def knows(self, jid, expires):
        try:
            return bool(self.connection.ask(f"JOB {jid}\r\n", expires))
        except Refused as error:
            if error.code == "STORE":
                raise
            return False

    def store(self, line, find):
        """A push whose answer was lost is looked for on the next connection, and said again if it is not there."""
        expires, again = time.monotonic() + self.timeout, False
        while True:
            try:
                return (again and find(expires)) or self.connection.ask(line(), expires)
            except Lost:
                again = True


class Job:
    """What a handler gets. cancelled is the word for why it is to end, or None."""

    def __init__(self, payload, tell):
        self.payload, self.tell, self.cancelled = payload, tell, None
        self.jid, self.type, self.args = payload["jid"], payload["jobtype"], payload["args"]

    def progress(self, percent, desc=None):
        """For jobctl and whoever looks; the job needs track = 1 to keep it."""
        if self.tell:
            self.tell({"jid": self.jid, "percent": percent, **({"desc": desc} if desc else {})})


class Worker:
    """Takes jobs and does them in threads. Each that came is acknowledged, failed or given back, over as many connections
    as it needs."""

    def __init__(self, url=None, queues=("default",), concurrency=10, prefetch=40, timeout=None, labels=("python",),
                 release=True, signals=True):
        stop = float(os.environ.get("JOBD_STOP_TIMEOUT_MS", 25000)) / 1000
        self.url, self.queues, self.concurrency, self.prefetch = url, list(queues), concurrency, prefetch
        self.timeout = max(stop - 2, stop / 2) if timeout is None else timeout
        self.signals = signals
        self.wid = secrets.token_hex(8)
        self.hello = {"wid": self.wid, "labels": list(labels), "release": release}
        self.lock = threading.Lock()
        self.work_comes = threading.Condition(self.lock)
        self.work_ends = threading.Condition(self.lock)
        self.ticks = threading.Condition(self.lock)
        self.waiting = deque()  # (job, since): taken, and not begun
        self.running = {}  # jid: job
        self.unsaid = {}  # jid: the line that reports it, until it is answered
        self.granted = self.asked = 0  # so many jobs may come for what was asked; TAKEs without their end
        self.lasted, self.state, self.tick_at = QUICK, None, None
        self.commands = queue.SimpleQueue()

    def run(self):
        """Returns when it has stopped, by a signal, by jobd, or by stop()."""
        if self.signals:
            signal.signal(signal.SIGTERM, lambda *_: self.stop())
            signal.signal(signal.SIGINT, lambda *_: self.stop())
            signal.signal(signal.SIGTSTP, lambda *_: self.quiet())
        self.reports = Connection(self.url, lambda: self.hello, self.say_again)
        self.takes = Connection(self.url, lambda: {**self.hello, "running": self.mine()}, self.ask)
        self.reports.start()
        self.takes.start()
        for target in [self.work] * self.concurrency + [self.tick]:
            threading.Thread(target=target, daemon=True).start()
        while self.commands.get() == "quiet":
            self.state = self.state or "quiet"
            self.ask_for_orders()
            self.beat()
        self.state = "terminate"
        self.finish()

    def quiet(self):
        """No further jobs."""
        self.commands.put("quiet")

    def stop(self):
        self.commands.put("stop")

    def finish(self):
        """What has not begun is given back at once, what runs when its time is over."""
        limit = time.monotonic() + self.timeout
        self.ask_for_orders()  # ends the waiting for jobs
        with self.lock:
            left, self.waiting = self.waiting, deque()
        for job, _ in left:
            self.give_back(job)
        with self.lock:
            self.work_ends.wait_for(lambda: not self.running, max(0, limit - time.monotonic()))
            late, self.running = list(self.running.values()), {}
        for job in late:
            job.cancelled = "stopped"
            self.give_back(job)
        with self.lock:
            self.work_ends.wait_for(lambda: not self.unsaid and not (self.granted and self.takes.ready),
                                    max(0, limit - time.monotonic()) + 2)
        self.takes.close()
        self.reports.close()

    def mine(self):
        with self.lock:
            return [job.jid for job, _ in self.waiting] + [*self.running, *self.unsaid]

    # Asking for jobs.

    def free(self):
        more = self.prefetch if self.lasted < QUICK else 0
        # In one piece, not one for each that ends.
        if len(self.running) == self.concurrency and len(self.waiting) > more / 2:
            return 0
        return self.concurrency + more - len(self.running) - len(self.waiting)

    def ask(self):
        with self.lock:
            if self.state or self.granted or not self.takes.ready:
                return
            number = self.free()
            if number <= 0:
                self.tick_early(ORDERS_WAIT)
                return
            self.grant(number)
        self.take(number)

    def ask_for_orders(self):
        with self.lock:
            if not self.takes.ready or not (self.state or (self.asked == 0 and self.free() <= 0)):
                return
            self.grant(0)
        self.take(0)

    def grant(self, number):
        self.granted += number
        self.asked += 1

    def take(self, number):
        """A list of jobs, or an order, or nothing as soon as something else is asked for."""
        found = []

        def reply(item):
            if isinstance(item, str):
                found.append(json.loads(item))
                return True
            # What came of a list whose end was lost is not in our next HELLO, and so given to others.
            self.came(found if item is None else [], number)
            if isinstance(item, Refused):
                print(f"jobd: {item}", file=sys.stderr)
                threading.Timer(REFUSED, self.ask).start()
            elif item is None:
                self.ask()
            return False

        self.takes.send(f"TAKE free={number} max={max(number, 1)} {' '.join(self.queues)}\r\n", reply)

    def came(self, found, number):
        jobs = [Job(payload, self.tell) for payload in found if "order" not in payload]
        with self.lock:
            self.granted -= number
            self.asked -= 1
            self.work_ends.notify_all()
            now = time.monotonic()
            for job in jobs:
                self.unsaid.pop(job.jid, None)  # it would not come again if jobd had not heard of its last end
            if jobs and self.state != "terminate":
                self.waiting.extend((job, now) for job in jobs)
                self.work_comes.notify(len(jobs))
                self.tick_early(STALE)
                jobs = []
        for job in jobs:
            self.give_back(job)
        for told in found:
            if "order" in told:
                self.order(told["jid"], told["reason"])

    def order(self, jid, reason):
        with self.lock:
            if jid in self.running:
                self.running[jid].cancelled = reason
            found = next((pair for pair in self.waiting if pair[0].jid == jid), None)
            if found:
                self.waiting.remove(found)
        if found:
            self.give_back(found[0])

    # Doing them.

    def work(self):
        while True:
            with self.lock:
                while not self.waiting:
                    self.work_comes.wait()
                job, _ = self.waiting.popleft()
                self.running[job.jid] = job
            begin = time.monotonic()
            line = self.perform(job)
            with self.lock:
                self.lasted += (time.monotonic() - begin - self.lasted) / 10
                # At a stop its time may have run out: then it was given back.
                mine = self.running.pop(job.jid, None) is not None
                if mine:
                    self.unsaid[job.jid] = line
                if self.state:
                    self.work_ends.notify_all()
            if mine and self.reports.ready:
                self.say(job.jid, line)
            if not self.granted:
                self.ask()

    def perform(self, job):
        try:
            if job.type not in HANDLERS:
                raise LookupError(f"there is no handler for {job.type}")
            result = HANDLERS[job.type](job, *job.args)
            return f"ACK {dump({'jid': job.jid} if result is None else {'jid': job.jid, 'result': result})}\r\n"
        except BaseException as error:  # whatever it is, the job has failed
            return self.failure(job.jid, error)

    @staticmethod
    def failure(jid, error):
        message = str(error).encode(errors="replace").decode()  # half a character is no JSON for jobd
        told = {"jid": jid, "errtype": type(error).__name__, "message": message,
                "backtrace": [line.strip() for line in traceback.format_tb(error.__traceback__)[-50:]]}
        no_retry, after = getattr(error, "no_retry", False), getattr(error, "retry_after", None)
        if no_retry or after is not None:
            told["result"] = {"reason": "failed", **({"no_retry": True} if no_retry else {}),
                              **({"retry_after_ms": int(after * 1000)} if after is not None else {})}
        return f"FAIL {dump(told)}\r\n"

    # Telling.

    def tell(self, progress):
        self.reports.send(f"TRACK SET {dump(progress)}\r\n", lambda _: False, later=True)

    def give_back(self, job):
        reason = "stopped" if self.state == "terminate" else "returned"
        self.report(job.jid, f"RETURN {dump({'jid': job.jid, 'reason': reason})}\r\n")

    def report(self, jid, line):
        with self.lock:
            self.unsaid[jid] = line
        if self.reports.ready:
            self.say(jid, line)

    def say(self, jid, line):
        def reply(answer):
            if isinstance(answer, (Lost, Unavailable)):
                return
            if isinstance(answer, Refused) and answer.code == "STORE":  # a disk that is full now
                threading.Timer(REFUSED, self.say, (jid, line)).start()
                return
            # A result that is too long. What is refused else is a job that is not ours any more.
            if isinstance(answer, Refused) and line.startswith("ACK "):
                self.report(jid, self.failure(jid, answer))
                return
            with self.lock:
                if self.unsaid.get(jid) is line:
                    del self.unsaid[jid]
                if self.state:
                    self.work_ends.notify_all()

        self.reports.send(line, reply, later=True)

    def say_again(self):
        with self.lock:
            unsaid = list(self.unsaid.items())
        for jid, line in unsaid:
            self.say(jid, line)
        self.beat()

    def beat(self):
        def reply(answer):
            if not isinstance(answer, str) or not answer.startswith("{"):
                return
            told = json.loads(answer)
            for jid in told.get("kill", "").split():
                self.order(jid, "cancelled")
            if told.get("state") == "quiet" and not self.state:
                self.quiet()
            if told.get("state") == "terminate":
                self.stop()

        told = {"wid": self.wid, **({"current_state": self.state} if self.state else {})}
        self.reports.send(f"BEAT {dump(told)}\r\n", reply, later=True)

    # What is to be done by the clock: beats, what waits for too long, orders for a worker that is full.

    def tick_early(self, seconds):
        at = time.monotonic() + seconds
        if self.tick_at is None or self.tick_at > at:
            self.tick_at = at
            self.ticks.notify()

    def tick(self):
        beat_at = time.monotonic() + BEAT
        while not self.reports.closed:
            with self.lock:
                while (left := min(self.tick_at or beat_at, beat_at) - time.monotonic()) > 0:
                    self.ticks.wait(left)
                self.tick_at = None
            if beat_at <= time.monotonic():
                beat_at += BEAT
                self.beat()
            self.give_back_stale()
            self.ask_for_orders()

    def give_back_stale(self):
        stale, old = [], time.monotonic() - STALE
        with self.lock:
            while self.waiting and self.waiting[0][1] <= old:
                stale.append(self.waiting.popleft()[0])
                self.lasted = STALE  # or they would be taken again at once
            if self.waiting:
                self.tick_early(STALE)
        for job in stale:
            self.give_back(job)
