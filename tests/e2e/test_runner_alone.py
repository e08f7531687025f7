"""jobd-runner by itself: the real binary between a stand-in for jobd and one for the scheduler."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
from jobd_fixture import STRETCH, build_dir, children, is_alive, wait_for

BASE = """
job hello   { command = "echo hello" }
job sleeper { command = "sleep 1000" stop_timeout = "200ms" }
job fails   { command = "exit 3" shell = true }
"""


class Connection:
    """One client of the stand-in scheduler: its handshake, its lines, one reply for each."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.file = sock.makefile("rb")
        self.waiting = None  # the free slots of a TAKE that has no reply yet

    def send(self, data):
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def bulk(self, value):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send(b"$%d\r\n%s\r\n" % (len(data), data))

    def serve(self):
        self.send(b'+HI {"v":2}\r\n')
        with contextlib.suppress(OSError):
            for line in self.file:
                verb, _, rest = line.decode().strip().partition(" ")
                with self.server.lock:
                    if not getattr(self, verb.lower())(rest):
                        break
        with self.server.lock:
            if self in self.server.connections:
                self.server.connections.remove(self)
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def hello(self, rest):
        self.server.hellos.put(json.loads(rest))
        self.send(b"+OK\r\n")
        return True

    def end(self, _):
        self.server.ends.put(True)
        return False

    def take(self, rest):
        free, *queues = rest.split()
        assert free.startswith("free=")
        if self.waiting is not None:
            self.send(b"$-1\r\n")
        self.waiting = int(free[5:])
        self.server.takes.put((self.waiting, queues))
        self.server.hand_out()
        return True

    def result(self, verb, rest):
        result = json.loads(rest)
        reply = self.server.replies.get(result["jid"], [b"+OK\r\n"])
        reply = reply.pop(0) if len(reply) > 1 else reply[0]
        self.server.results.put((verb, result))
        if reply is None:
            return False
        self.send(reply)
        return True

    def ack(self, rest):
        return self.result("ACK", rest)

    def fail(self, rest):
        return self.result("FAIL", rest)


class Scheduler:
    """Hands out what is given to it, one reply for each TAKE, and collects what comes back."""

    def __init__(self, path):
        self.path = str(path)
        self.lock = threading.RLock()
        self.connections, self.jobs, self.orders = [], [], []
        self.hellos, self.takes, self.results, self.ends = (queue.Queue() for _ in range(4))
        self.replies = {}  # jid: replies to its results; None closes the connection without one
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.append(Connection(self, sock))
                threading.Thread(target=self.connections[-1].serve, daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)
        with self.lock:
            for connection in self.connections:
                connection.close()
            self.connections.clear()

    def hand_out(self):
        for connection in self.connections:
            if connection.waiting is None:
                continue
            if self.orders:
                connection.bulk(self.orders.pop(0))
            elif self.jobs and connection.waiting > 0:
                connection.bulk(self.jobs.pop(0))
            else:
                continue
            connection.waiting = None

    def give(self, jobtype, *args, jid=None, **more):
        jid = jid or f"jid-{jobtype}-{time.monotonic_ns()}"
        self.give_raw({"jid": jid, "jobtype": jobtype, "args": list(args), "queue": "default", **more})
        return jid

    def give_raw(self, job):
        with self.lock:
            self.jobs.append(job)
            self.hand_out()

    def order(self, jid, reason):
        with self.lock:
            self.orders.append({"order": "kill", "jid": jid, "reason": reason})
            self.hand_out()

    def result(self, timeout=20):
        return self.results.get(timeout=timeout * STRETCH)

    def take(self, timeout=20):
        return self.takes.get(timeout=timeout * STRETCH)


class Control:
    """Answers HELLO and CONFIG as jobd does."""

    def __init__(self, path):
        self.snapshot = b""
        self.asked = queue.Queue()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o666)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as lines, contextlib.suppress(OSError):
                for line in lines:
                    if line.startswith(b"HELLO"):
                        sock.sendall(b'+HI {"v":1,"version":"test","pid":1}\r\n')
                    elif line.startswith(b"CONFIG"):
                        sock.sendall(b"$%d\r\n%s\r\n" % (len(self.snapshot), self.snapshot))
                        self.asked.put(True)
                    else:
                        break

    def stop(self):
        # A closed descriptor's number may be another test's while accept() still waits at it.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


class Runner:
    def __init__(self, config, env=None, start_scheduler=True, wrapper=()):
        self.dir = Path(tempfile.mkdtemp(prefix="runner-", dir="/tmp"))
        os.chmod(self.dir, 0o777)  # some runners are another user
        self.build = build_dir()
        self.control = Control(self.dir / "control.sock")
        self.configure(config)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.dir / "notify.sock"))
        os.chmod(self.dir / "notify.sock", 0o666)
        self.scheduler = Scheduler(self.dir / "queue.sock") if start_scheduler else None
        self.output_path, self.errors_path = self.dir / "out", self.dir / "err"
        with open(self.output_path, "wb") as output, open(self.errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                [*wrapper, str(self.build / "src/jobd-runner/jobd-runner")],
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "JOBD_RUN_DIR": str(self.dir),
                    "JOBD_STOP_TIMEOUT_MS": "3000",
                    "NOTIFY_SOCKET": str(self.dir / "notify.sock"),
                    "TEST_DIR": str(self.dir),
                    **(env or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )

    def configure(self, config):
        path = self.dir / "jobd.conf"
        path.write_text(
            f'run_dir = "{self.dir}"\nstate_dir = "{self.dir}"\nlog_dir = "{self.dir}"\n'
            + config.replace("@DIR@", str(self.dir))
        )
        self.control.snapshot = subprocess.run(
            [str(self.build / "tests/e2e/conf_snapshot"), str(path)], check=True, capture_output=True
        ).stdout

    def errors(self):
        return self.errors_path.read_text()

    def output(self):
        return self.output_path.read_text(errors="replace")

    def wait_file(self, name, timeout=20):
        path = self.dir / name
        wait_for(lambda: path.exists() and path.read_text().endswith("\n"), f"{path}; {self.errors()}", timeout)
        return path.read_text().split()

    def stop(self, number=signal.SIGTERM, timeout=20):
        self.process.send_signal(number)
        return self.process.wait(timeout * STRETCH)

    def close(self):
        if self.process.poll() is None:
            left = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.control.stop()
        self.notify.close()
        if self.scheduler is not None:
            with contextlib.suppress(OSError):
                self.scheduler.stop()
        subprocess.run(["rm", "-rf", str(self.dir)], check=True)


def descendants(pid):
    found = children(pid)
    for child in found:
        found.extend(children(child))
    return found


@pytest.fixture
def runner():
    made = []

    def make(config=BASE, **options):
        made.append(Runner(config, **options))
        return made[-1]

    yield make
    for one in made:
        print(one.errors())
    for one in made:
        one.close()


def test_it_says_who_it_is_and_takes_from_every_queue(runner):
    one = runner(BASE + 'job mail { command = "true" queue = "mail" }\nrunner { concurrency = 3 }')
    free, queues = one.scheduler.take()
    assert (free, sorted(queues)) == (3, ["default", "mail"])
    hellos = [one.scheduler.hellos.get(timeout=20) for _ in range(2)]
    for hello in hellos:
        assert hello["v"] == 2 and hello["labels"] == ["jobd-runner"]
        assert hello["pid"] == one.process.pid and hello["hostname"] == socket.gethostname()
        assert hello["running"] == []
    assert hellos[0]["wid"] == hellos[1]["wid"] and len(hellos[0]["wid"]) >= 8
    assert b"READY=1" in one.notify.recv(4096)


def test_a_job_that_ends_well_is_acknowledged_with_its_output(runner):
    one = runner()
    jid = one.scheduler.give("hello")
    verb, result = one.scheduler.result()
    assert verb == "ACK" and result["jid"] == jid
    assert result["result"] | {"duration_ms": 0} == {
        "reason": "exit", "code": 0, "duration_ms": 0,
        "output_head": "hello\n", "output_tail": "", "output_bytes": 6, "output_left_out": 0,
    }
    assert result["result"]["duration_ms"] < 5000
    wait_for(lambda: "[hello] hello\n" in one.output(), "the output in the runner's own")


def test_exit_codes_and_signals_are_told_apart(runner):
    one = runner("""
job code    { command = "exit 3" shell = true }
job fine    { command = "exit 3" shell = true exit_codes = {0, 3} }
job signal  { command = "kill -SEGV $$" shell = true }
job killed  { command = "kill -KILL $$" shell = true }
""")
    def outcome(name):
        one.scheduler.give(name)
        verb, result = one.scheduler.result()
        return verb, result.get("errtype"), result.get("message"), result["result"]

    verb, errtype, message, result = outcome("code")
    assert (verb, errtype, message, result["reason"], result["code"]) == ("FAIL", "ExitCode", "exit code 3", "exit", 3)
    verb, _, _, result = outcome("fine")
    assert (verb, result["reason"], result["code"]) == ("ACK", "exit", 3)
    verb, errtype, message, result = outcome("signal")
    assert (verb, errtype, result["reason"], result["signal"]) == ("FAIL", "Signal", "signal", signal.SIGSEGV)
    assert message.startswith("killed by SIGSEGV") and "code" not in result
    _, errtype, message, result = outcome("killed")
    assert (errtype, message, result["reason"], result["signal"]) == ("Signal", "killed by SIGKILL", "signal", 9)


def test_arguments_and_environment_reach_the_command(runner):
    one = runner(r"""
environment = {"GLOBAL=g", "BOTH=global"}
job words { command = "printf '[%s]' fixed" environment = {"BOTH=job"} }
job shell { command = "echo $1-$2 $GLOBAL $BOTH; env | grep ^JOBD_ | sort" shell = true environment = {"BOTH=job"} }
""".replace("$", "\\$"))
    one.scheduler.give("words", "a b", 7, 0.1, True, None, {"k": [1, "x"]}, "")
    _, result = one.scheduler.result()
    assert result["result"]["output_head"] == '[fixed][a b][7][0.1][true][null][{"k":[1,"x"]}][]'
    jid = one.scheduler.give("shell", "x", 2, attempts=4, due_at="2026-11-22T08:00:00Z")
    _, result = one.scheduler.result()
    first, *rest = result["result"]["output_head"].splitlines()
    assert first == "x-2 g job"
    environment = dict(line.split("=", 1) for line in rest)
    assert environment.pop("JOBD_RUN_ID")
    assert environment == {
        "JOBD_JOB": "shell", "JOBD_JID": jid, "JOBD_ATTEMPT": "4", "JOBD_ARGS": '["x",2]',
        "JOBD_DUE_AT": "2026-11-22T08:00:00Z", "JOBD_STOP_TIMEOUT_MS": "10000", "JOBD_RUN_DIR": str(one.dir),
    }


def test_what_cant_be_run_fails_with_a_reason(runner):
    one = runner("""
job missing { command = "no-such-command" }
job nowhere { command = "true" directory = "/nonexistent" }
job code127 { command = "exit 127" shell = true }
""")
    def failure(*job):
        one.scheduler.give(*job)
        verb, result = one.scheduler.result()
        assert verb == "FAIL"
        return result["errtype"], result["message"], result["result"]["reason"]

    assert failure("missing") == ("SpawnFailed", "can't find command 'no-such-command'", "spawn_failed")
    assert failure("nowhere") == (
        "SpawnFailed", "directory '/nonexistent': No such file or directory", "spawn_failed")
    assert failure("code127") == ("ExitCode", "exit code 127", "exit")
    assert failure("strange") == ("UnknownJobType", "no job 'strange' is configured", "unknown_job_type")
    assert failure("missing", "x\0y") == ("InvalidJob", "argument 1 has a NUL byte", "invalid_job")
    one.scheduler.give_raw({"jid": "jid-without-type", "args": []})
    assert one.scheduler.result()[1]["errtype"] == "InvalidJob"
    one.scheduler.give_raw({"jid": "jid-with-odd-args", "jobtype": "missing", "args": {}})
    assert one.scheduler.result()[1]["message"] == "args is not an array"


def test_output_is_bounded_counted_and_survives_any_bytes(runner):
    one = runner(r"""
job long  { command = "i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done" shell = true output_max = "1K" }
job bytes { command = "printf 'a\\000b\\377c\\303\\244'; echo err >&2" shell = true }
job none  { command = "echo x; echo y" shell = true output_max = "0" }
""".replace("$", "\\$"))
    one.scheduler.give("long")
    result = one.scheduler.result()[1]["result"]
    whole = "".join(f"line-{i}\n" for i in range(20000))
    assert result["output_bytes"] == len(whole)
    assert result["output_left_out"] == len(whole) - 1024
    assert result["output_head"] == whole[:512] and result["output_tail"] == whole[-512:]
    one.scheduler.give("bytes")
    result = one.scheduler.result()[1]["result"]
    assert result["output_head"] == "a\ufffdb\ufffdcä" + "err\n" and result["output_bytes"] == 11
    one.scheduler.give("none")
    result = one.scheduler.result()[1]["result"]
    assert (result["output_head"], result["output_tail"], result["output_bytes"]) == ("", "", 4)


def test_a_time_out_ends_the_whole_job(runner):
    """The command ignores SIGTERM, and one of its processes has left everything that can be left."""
    one = runner("""
job stubborn {
	command = "trap '' TERM; (setsid sh -c 'trap \\"\\" TERM; echo $$ >>pids; sleep 1000' &) ; (env -i /usr/bin/setsid /bin/sh -c 'echo $$ >>pids; exec sleep 1000' &); echo $$ >>pids; sleep 1000; sleep 1000"
	shell = true directory = "@DIR@" timeout = "1s" stop_timeout = "300ms"
}
""".replace("$", "\\$"))
    one.scheduler.give("stubborn")
    pids = wait_for(
        lambda: (one.dir / "pids").exists() and len((one.dir / "pids").read_text().split()) == 3
        and [int(pid) for pid in (one.dir / "pids").read_text().split()],
        "three processes",
    )
    verb, result = one.scheduler.result()
    assert (verb, result["errtype"], result["result"]["reason"]) == ("FAIL", "Timeout", "timeout")
    assert result["message"] == "timed out after 1s" and result["result"]["signal"] == signal.SIGKILL
    assert 1000 <= result["result"]["duration_ms"] < 10000
    assert [pid for pid in pids if is_alive(pid)] == []
    assert children(one.process.pid) == []


def test_what_a_command_leaves_behind_is_ended_before_it_is_done(runner):
    one = runner("""
job leaves {
	command = "(setsid sh -c 'echo $$ >left; exec sleep 1000' &); while [ ! -s left ]; do sleep 0.01; done"
	shell = true directory = "@DIR@"
}
job nameless {
	command = "(env -i /usr/bin/setsid /bin/sh -c 'echo $$ >left2; exec sleep 1000' &); while [ ! -s left2 ]; do sleep 0.01; done"
	shell = true directory = "@DIR@"
}
""".replace("$", "\\$"))
    for name, file in (("leaves", "left"), ("nameless", "left2")):
        one.scheduler.give(name)
        verb, result = one.scheduler.result()
        assert verb == "ACK" and result["result"]["leftovers"] == 1
        assert not is_alive(int((one.dir / file).read_text()))


def test_orders_end_running_jobs(runner):
    one = runner()
    one.scheduler.take()
    for reason in ("cancelled", "replaced"):
        jid = one.scheduler.give("sleeper")
        wait_for(lambda: descendants(one.process.pid), "the job's process")
        one.scheduler.order(jid, reason)
        verb, result = one.scheduler.result()
        assert (verb, result["jid"], result["result"]["reason"]) == ("FAIL", jid, reason)
        assert result["errtype"] == reason.capitalize()
    one.scheduler.order("jid-of-nobody", "cancelled")
    one.scheduler.give("hello")
    assert one.scheduler.result()[0] == "ACK"


def test_never_more_jobs_at_once_than_slots(runner):
    one = runner("""
job counted { command = "echo start; sleep 0.05; echo stop" shell = true }
runner { concurrency = 3 }
""")
    for _ in range(30):
        one.scheduler.give("counted")
    most = 0
    for _ in range(30):
        while True:
            most = max(most, len(children(one.process.pid)))
            with contextlib.suppress(queue.Empty):
                assert one.scheduler.results.get(timeout=0.002)[0] == "ACK"
                break
    assert most == 3
    assert [pid for pid in children(one.process.pid)] == []


def test_results_are_kept_over_a_restart_of_the_scheduler(runner):
    one = runner("""
job slow { command = "while [ ! -e go ]; do sleep 0.01; done" shell = true directory = "@DIR@" }
job long { command = "while [ ! -e end ]; do sleep 0.01; done" shell = true directory = "@DIR@" }
""")
    wid = one.scheduler.hellos.get(timeout=20)["wid"]
    slow, long = one.scheduler.give("slow"), one.scheduler.give("long")
    wait_for(lambda: len(children(one.process.pid)) == 2, "both jobs")
    one.scheduler.stop()
    (one.dir / "go").touch()
    wait_for(lambda: len(children(one.process.pid)) == 1, "the end of one job")
    one.scheduler.hellos = queue.Queue()
    one.scheduler.start()
    hello = one.scheduler.hellos.get(timeout=20)
    assert hello["wid"] == wid and sorted(hello["running"]) == sorted([slow, long])
    verb, result = one.scheduler.result()
    assert (verb, result["jid"]) == ("ACK", slow)
    (one.dir / "end").touch()
    assert one.scheduler.result()[1]["jid"] == long


def test_a_result_without_acknowledgement_is_sent_again(runner):
    one = runner()
    one.scheduler.replies["jid-unlucky"] = [None, b"-ERR the database is busy\r\n", b"+OK\r\n"]
    one.scheduler.give("hello", jid="jid-unlucky")
    assert [one.scheduler.result()[1]["jid"] for _ in range(3)] == ["jid-unlucky"] * 3
    one.scheduler.replies["jid-unknown"] = [b"-ERR Job not found jid-unknown\r\n"]
    one.scheduler.give("hello", jid="jid-unknown")
    one.scheduler.give("hello", jid="jid-after")
    assert {one.scheduler.result()[1]["jid"] for _ in range(2)} == {"jid-unknown", "jid-after"}
    assert one.stop() == 0
    assert one.scheduler.results.empty()


def test_broken_replies_make_it_connect_anew(runner):
    one = runner()
    for garbage in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$5\r\nabcdefgh\r\n", b"*1\r\n", b"-ERR no\r\n", b":7\r\n"):
        one.scheduler.take()
        with one.scheduler.lock:
            taker = next(c for c in one.scheduler.connections if c.waiting is not None)
            taker.waiting = None
            taker.send(garbage)
        one.scheduler.take()
        while not one.scheduler.takes.empty():
            one.scheduler.takes.get()
        with one.scheduler.lock:
            for taker in one.scheduler.connections:
                if taker.waiting is not None:
                    one.scheduler.takes.put((taker.waiting, []))
    one.scheduler.give_raw(b"{not json")
    one.scheduler.give_raw(b"[]")
    one.scheduler.give("hello")
    assert one.scheduler.result()[0] == "ACK"
    assert "no job" in one.errors()


def test_sigterm_ends_an_idle_one_at_once(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "100000"})
    one.scheduler.take()
    assert one.stop() == 0
    one.scheduler.ends.get(timeout=20)


def test_sigterm_ends_one_that_lost_its_scheduler_at_once(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "100000"})
    one.scheduler.take()
    with one.scheduler.lock:
        one.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in one.errors(), "the signal")
        one.scheduler.stop()
    assert one.process.wait(20 * STRETCH) == 0


def test_sigterm_lets_jobs_finish(runner):
    one = runner("""
job slow { command = "touch began; while [ ! -e go ]; do sleep 0.01; done; echo finished" shell = true directory = "@DIR@" }
""", env={"JOBD_STOP_TIMEOUT_MS": "60000"})
    one.scheduler.give("slow")
    wait_for(lambda: (one.dir / "began").exists(), "the job")
    while not one.scheduler.takes.empty():
        one.scheduler.takes.get()
    one.process.send_signal(signal.SIGTERM)
    free, _ = one.scheduler.take()
    assert free == 0
    (one.dir / "go").touch()
    verb, result = one.scheduler.result()
    assert verb == "ACK" and result["result"]["output_head"] == "finished\n"
    assert one.process.wait(20 * STRETCH) == 0


def test_sigterm_ends_jobs_that_take_too_long(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "1500"})
    jid = one.scheduler.give("sleeper")
    wait_for(lambda: children(one.process.pid), "the job")
    began = time.monotonic()
    assert one.stop() == 0
    assert 0.9 < time.monotonic() - began < 1.6 * STRETCH
    verb, result = one.scheduler.result()
    assert (verb, result["jid"], result["errtype"]) == ("FAIL", jid, "RunnerStopped")
    assert result["result"]["reason"] == "stopped" and result["result"]["signal"] == signal.SIGTERM


def test_a_second_sigterm_ends_jobs_at_once(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "100000"})
    one.scheduler.give("sleeper")
    wait_for(lambda: children(one.process.pid), "the job")
    one.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in one.errors(), "the first signal")
    assert one.stop() == 0
    assert one.scheduler.result()[1]["result"]["reason"] == "stopped"


def test_sigterm_without_scheduler_ends_in_time(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "1000"}, start_scheduler=False)
    assert b"READY=1" in one.notify.recv(4096)
    assert one.stop() == 0


def test_a_silent_scheduler_does_not_keep_it(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "1000"})
    one.scheduler.replies["jid-silence"] = [b""]
    one.scheduler.give("hello", jid="jid-silence")
    one.scheduler.result()
    began = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - began < 1.1 * STRETCH
    assert "1 results were not acknowledged" in one.errors()


def test_a_job_given_while_it_stops_is_run(runner):
    one = runner(env={"JOBD_STOP_TIMEOUT_MS": "20000"})
    one.scheduler.take()
    with one.scheduler.lock:
        one.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in one.errors(), "the signal")
        taker = next(c for c in one.scheduler.connections if c.waiting is not None)
        taker.waiting = None
        taker.bulk({"jid": "jid-crossed", "jobtype": "hello", "args": []})
    verb, result = one.scheduler.result()
    assert (verb, result["jid"]) == ("ACK", "jid-crossed")
    assert one.process.wait(20 * STRETCH) == 0


def test_sighup_brings_the_new_configuration(runner):
    one = runner("runner { concurrency = 2 }\n" + BASE)
    assert one.scheduler.take() == (2, ["default"])
    one.configure('runner { concurrency = 5 }\njob hello { command = "echo other" queue = "else" }')
    one.process.send_signal(signal.SIGHUP)
    assert one.scheduler.take() == (5, ["else"])
    one.scheduler.give("hello")
    assert one.scheduler.result()[1]["result"]["output_head"] == "other\n"
    one.configure("")
    one.process.send_signal(signal.SIGHUP)
    assert one.scheduler.take() == (4, ["else"])  # while the job ran
    while (take := one.scheduler.take()) != (0, ["default"]):
        assert take[1] == ["else"]
    one.configure('job hello { command = "echo other" }')
    one.process.send_signal(signal.SIGHUP)
    assert one.scheduler.take() == (10, ["default"])
    one.control.snapshot = b"not a snapshot\n"
    one.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "can't be read" in one.errors(), "the refusal")
    one.scheduler.give("hello")
    assert one.scheduler.result()[1]["result"]["output_head"] == "other\n"


def test_many_files_open_fails_jobs_but_not_the_runner(runner):
    one = runner("runner { concurrency = 50 }\n" + BASE)
    one.scheduler.take()
    subprocess.run(["prlimit", f"--pid={one.process.pid}", "--nofile=24"], check=True)
    for _ in range(20):
        one.scheduler.give("sleeper")
    verb, result = one.scheduler.result()
    assert (verb, result["errtype"]) == ("FAIL", "SpawnFailed")
    assert result["message"].endswith("Too many open files")
    results = 1

    def all_ended():
        nonlocal results
        for pid in descendants(one.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        with contextlib.suppress(queue.Empty):
            while one.scheduler.results.get(timeout=0.02):
                results += 1
        return results == 20

    wait_for(all_ended, lambda: f"20 results, there are {results}")
    one.scheduler.give("hello")
    assert one.scheduler.result()[0] == "ACK"


@pytest.mark.root
def test_a_failing_fork_fails_jobs_but_not_the_runner(runner):
    """As a user of its own, for limits on processes do not count for root."""
    uid = 1_000_000 + os.getpid()
    one = runner(
        wrapper=["prlimit", "--nproc=1", "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"],
        env={"ASAN_OPTIONS": "detect_leaks=0"},  # the search for leaks forks, too
    )
    for _ in range(3):
        one.scheduler.give("hello")
        verb, result = one.scheduler.result()
        assert (verb, result["errtype"]) == ("FAIL", "SpawnFailed")
        assert result["message"] == "can't fork: Resource temporarily unavailable"
    assert one.stop() == 0


@pytest.mark.root
@pytest.mark.namespaces
def test_a_kill_for_want_of_memory_is_told_from_others(runner, tmp_path):
    """The kernel's counter is a file of ours, which the job itself counts up."""
    (tmp_path / "memory").mkdir()
    counters = [tmp_path / "memory.events", tmp_path / "memory/memory.oom_control"]
    for counter in counters:
        counter.write_text("low 0\noom 0\noom_kill 2\n")
    one = runner(f"""
job eater  {{ command = "for f in {counters[0]} {counters[1]}; do echo 'oom_kill 3' >\\$f; done; kill -KILL \\$\\$" shell = true }}
job killed {{ command = "kill -KILL \\$\\$" shell = true }}
""", wrapper=["unshare", "-m", "sh", "-c", f'mount --bind {tmp_path} /sys/fs/cgroup && exec "$@"', "sh"])
    for name, reason in (("killed", "signal"), ("eater", "out_of_memory"), ("killed", "signal")):
        one.scheduler.give(name)
        assert one.scheduler.result()[1]["result"]["reason"] == reason


def test_it_does_nothing_while_there_is_nothing_to_do(runner):
    one = runner()
    one.scheduler.give("hello")
    one.scheduler.result()

    def wakeups():
        text = Path(f"/proc/{one.process.pid}/status").read_text()
        return [line.split()[1] for line in text.splitlines() if line.startswith("voluntary_ctxt_switches")]

    def wakeups_after(seconds):
        before = wakeups()
        time.sleep(seconds)
        return before == wakeups()

    wait_for(lambda: wakeups_after(0.05), "the end of the job's work")
    assert wakeups_after(2)
