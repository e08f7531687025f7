"""jobd's own clients, contrib/clients, each really run against a scheduler."""

import contextlib
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from fake_server import CLOSE, OK, FakeServer, Steps, bulk, error
from jobd_fixture import STRETCH, wait_for
from scheduler_alone import push
from test_queue_net import certificate, tls_config  # noqa: F401

PROGRAMS = Path(__file__).parent / "programs/clients"
COMMANDS = {"node": ["node", "client.js"], "ruby": ["ruby", "-W2", "client.rb"], "python": ["/usr/bin/python3", "client.py"]}
CONFIG = 'scheduler { password = "s3cr:et@" keep = 100000 }\n'


class Program:
    """A process with the client of one language; what it tells comes line by line."""

    def __init__(self, language, what, url, options, env):
        program, source = COMMANDS[language][:-1], COMMANDS[language][-1]
        assert shutil.which(program[0]), f"{program[0]} is not installed: sh contrib/packages.sh tests"
        self.process = subprocess.Popen(
            [*program, str(PROGRAMS / source), what, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1, env={**os.environ, "JOBD_URL": url, **env})
        self.lines, self.seen = queue.SimpleQueue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def next(self):
        told = self.lines.get(timeout=30 * STRETCH)
        assert told is not None, f"it has ended: {self.process.stderr.read()}"
        self.seen.append(told)
        return told

    def until(self, **wanted):
        """What it tells next that has these members; ... stands for any value."""
        while True:
            told = self.next()
            if all(name in told and value in (..., told[name]) for name, value in wanted.items()):
                return told

    def ask(self, **wish):
        self.process.stdin.write(json.dumps(wish) + "\n")
        return self.next()

    def push(self, kind, *args, **options):
        return self.ask(push=kind, args=args, options=options)

    def request(self, *words):
        return self.ask(request=words)["reply"]

    def stop(self, number=signal.SIGTERM):
        """Its exit code, and on stderr it must have said nothing."""
        self.process.send_signal(number)
        code = self.process.wait(30 * STRETCH)
        assert self.process.stderr.read() == ""
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


@pytest.fixture(params=COMMANDS, name="start")
def start_program(request):
    """A factory: start("push" or "work", scheduler, **options) gives a Program, in each language."""
    made = []

    def start(what, one, url=None, env=None, **options):
        if url is None:
            url = "tcp://:s3cr%%3Aet%%40@%s:%d" % one.addresses["tcp"]
        made.append(Program(request.param, what, url, options, env or {}))
        return made[-1]

    yield start
    for program in made:
        program.close()


@pytest.fixture(name="one")
def scheduler_with_password(scheduler):
    return scheduler(CONFIG, net=["tcp"])


def test_what_is_pushed_is_there_or_refused(one, start):
    client = start("push", one, timeout=20)
    jid = client.push("Thumb", {"id": 7, "größe": 1}, queue="images", retry=3, priority=9, reserve_for=90, at=1000,
                      unique_for=60, tags=["a"], track=1, custom={"mine": True})["jid"]
    job = one.job(jid)
    assert job["args"] == [{"id": 7, "größe": 1}] and job["state"] == "scheduled" and job["tags"] == ["a"]
    assert [job[name] for name in ("queue", "retry", "priority", "reserve_for")] == ["images", 3, 9, 90]
    assert job["custom"] == {"mine": True, "unique_for": 60, "tags": ["a"], "track": 1}
    refused = client.push("Thumb", {"id": 7, "größe": 1}, queue="images", unique_for=60)
    assert refused == {"error": "Refused", "code": "NOTUNIQUE", "message": "Job not unique"}
    assert client.push("Thumb", {"id": 7, "größe": 1}, queue="images", unique_for=60, on_conflict="keep") == {"jid": jid}
    assert "unknown option 'que'" in client.push("Thumb", que="images")["message"]
    wrong = client.push("Thumb", queue="not a name")
    assert wrong["code"] == "ERR" and 'cannot get "not a name" queue' in wrong["message"]
    assert client.push("Thumb", jid="my-own-id") == {"jid": "my-own-id"}
    assert "there is a job with the jid my-own-id already" in client.push("Thumb", jid="my-own-id")["message"]
    assert client.request("JOBS", {"type": "Thumb", "state": "ready"})[0]["jid"] == "my-own-id"
    assert client.request("QUEUE", "PAUSE", "images") == "OK"
    assert client.stop() in (0, -signal.SIGTERM)


def test_of_many_those_that_are_wrong_are_named(one, start):
    client = start("push", one)
    told = client.ask(bulk="Thumb", args=[[1], [2], [1]], options={"unique_for": 60})
    assert told["refused"] == {told["jids"][2]: "Job not unique"}
    assert [one.job(jid)["args"] for jid in told["jids"][:2]] == [[1], [2]]
    many = client.ask(bulk="Thumb", args=[[i] for i in range(2000)], options={"queue": "many"})
    assert len(set(many["jids"])) == 2000 and many["refused"] == {}
    assert one.request('COUNT {"queue":"many"}')["count"] == 2000


def test_inline_runs_the_handler_in_the_caller(one, start):
    # There is nothing behind this URL.
    client = start("push", one, url="unix:/nowhere/queue.sock", inline=True)
    ran = client.push("Echo", {"id": 1}, at=1000)
    assert ran["args"] == [{"id": 1}] and client.next() == {"jid": ran["ran"]}
    assert client.push("Boom")["message"] == "it went bang"
    assert "there is no handler for Nobody" in client.push("Nobody")["message"]
    assert "unknown option 'que'" in client.push("Echo", que="images")["message"]
    by_type = start("push", one, env={"JOBD_INLINE": "Other,Boom"})
    assert by_type.push("Boom")["message"] == "it went bang"
    assert one.job(by_type.push("Echo", 6)["jid"])["state"] == "ready"


def test_a_worker_tells_how_jobs_ended(one, start):
    worker = start("work", one, concurrency=2)
    client = start("push", one)
    good = client.push("Echo", 1, {"two": 2}, at=0)["jid"]
    assert worker.until(ran=good)["args"] == [1, {"two": 2}]
    ends = {kind: client.push(*kind)["jid"] for kind in (("Boom",), ("Boom", True), ("Boom", False, 500), ("Long",), ("Nobody",))}
    patient = client.push("Patient", track=1)["jid"]
    worker.until(began=patient)
    assert client.request("CANCEL", patient) == "OK"
    assert worker.until(heard=patient)["reason"] == "cancelled"
    cancelled = client.request("WAIT", patient)
    assert cancelled["state"] == "cancelled" and cancelled["percent"] == 40 and cancelled["desc"] == "waits"
    assert client.request("WAIT", good)["result"] == [1, {"two": 2}]
    for jid in ends.values():
        wait_for(lambda jid=jid: one.job(jid)["state"] in ("retry", "dead"), lambda jid=jid: one.job(jid))
    failed = one.job(ends["Boom",])
    assert failed["state"] == "retry" and failed["failure"]["message"] == "it went bang"
    assert failed["failure"]["errtype"] == "BangError" and failed["failure"]["backtrace"]
    assert one.job(ends["Boom", True])["state"] == "dead"
    assert one.job(ends["Boom", False, 500])["state"] == "retry"
    assert "longer than 65536 bytes" in one.job(ends["Long",])["failure"]["message"]
    assert "there is no handler for Nobody" in one.job(ends["Nobody",])["failure"]["message"]
    (me,) = one.request("WORKERS")
    assert me["wid"] == worker.seen[0]["wid"] and me["connections"] == 2
    assert worker.stop() == 0 and worker.until(stopped=True)


def test_what_is_not_done_at_a_stop_is_given_back(one, start):
    client = start("push", one)
    worker = start("work", one, concurrency=1, timeout=0.2)
    # Quick ones, so that more are taken than can run.
    client.ask(bulk="Echo", args=[[i] for i in range(100)])
    wait_for(lambda: one.request('COUNT {"state":"done"}')["count"] == 100, "the quick ones")
    long = client.push("Deaf", 30)["jid"]
    worker.until(began=long)
    more = client.ask(bulk="Deaf", args=[[30]] * 5)["jids"]
    assert worker.stop() == 0
    jobs = [one.job(jid) for jid in [long, *more]]
    assert {job["state"] for job in jobs} == {"ready"} and jobs[0]["reason"] == "stopped"
    assert one.request("WORKERS") == []
    assert {len(job["attempts"]) for job in jobs} == {0}


def test_what_waits_behind_a_long_job_is_given_to_others(one, start):
    client = start("push", one)
    worker = start("work", one, concurrency=1, queues=["a"])
    client.ask(bulk="Echo", args=[[i] for i in range(100)], options={"queue": "a"})
    wait_for(lambda: one.request('COUNT {"state":"done"}')["count"] == 100, "the quick ones")
    long = client.push("Deaf", 30, queue="a")["jid"]
    worker.until(began=long)
    jids = client.ask(bulk="Echo", args=[[1], [2]], options={"queue": "a"})["jids"]
    other = start("work", one, concurrency=1, queues=["a"])
    assert {other.until(ran=...)["ran"] for _ in jids} == set(jids)
    # It is full, and hears of a kill nevertheless; one that does not listen is given back at the end.
    assert client.request("WORKER", "quiet", other.seen[0]["wid"]) == "OK"
    other.process.kill()
    wait_for(lambda: len(one.request("WORKERS")) == 1, "the killed one to be gone")


def test_a_connection_for_reports_does_not_hide_what_never_came(scheduler):
    one = scheduler("")
    one.worker("w", labels=())
    takes = one.worker("w", labels=(), running=[])
    one.request(push("jid-00000001"))
    assert takes.request("TAKE free=5 max=5 default")["jid"] == "jid-00000001"
    one.worker("w", labels=(), running=[]).close()
    assert one.job("jid-00000001")["state"] == "running"
    takes.close()
    wait_for(lambda: one.request("WORKERS")[0]["connections"] == 1, "its connection to be gone")
    one.worker("w", labels=(), running=[])
    assert one.job("jid-00000001")["state"] == "ready" and one.job("jid-00000001")["attempts"] == []


def test_what_had_no_answer_is_asked_for_and_said_again_if_it_is_missing(tmp_path, start):
    said = {"PUSHB": [], "PUSH": []}

    def pushed(line):
        verb, _, text = line.partition(" ")
        said[verb].append(json.loads(text))
        return Steps(CLOSE) if len(said[verb]) == 1 else bulk({}) if verb == "PUSHB" else OK

    def job(line):
        first = said["PUSHB"][0][1]["jid"]
        return bulk({"jid": first}) if line == f"JOB {first}" else error("ERR no such job")

    with FakeServer(tmp_path, "queue.sock", {"PUSHB": pushed, "PUSH": pushed, "JOB": job}) as server:
        client = start("push", None, url=f"unix:{server.path}")
        told = client.ask(bulk="Thumb", args=[[0], [1], [2]])
        assert told["refused"] == {}
        assert [[one["args"] for one in jobs] for jobs in said["PUSHB"]] == [[[0], [1], [2]], [[0], [2]]]
        assert [one["jid"] for one in said["PUSHB"][0]] == told["jids"]
        jid = client.push("Thumb", 3)["jid"]
        assert [one["jid"] for one in said["PUSH"]] == [jid, jid]


@pytest.mark.root
def test_a_full_disk_is_an_error_with_its_code(scheduler, start, tmp_path):
    """Raised to who pushes, who knows what to do instead; the connection goes on, and so do others when there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=True)
    try:
        one = scheduler(CONFIG, net=["tcp"], state_dir=disk)
        client, text = start("push", one), "x" * 2000
        acknowledged = [client.push("Thumb", text)["jid"]]
        filler = disk / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        while "jid" in (told := client.push("Thumb", text)):
            acknowledged.append(told["jid"])
        assert (told["error"], told["code"]) == ("Refused", "STORE") and "disk is full" in told["message"]
        told = client.ask(bulk="Thumb", args=[[text]] * 3, options={})
        assert (told["error"], told["code"]) == ("Refused", "STORE")
        assert one.request("COUNT {}")["count"] == len(acknowledged)
        filler.unlink()
        one.wait_status("jobs")
        acknowledged.append(client.push("Thumb", text)["jid"])
        assert {job["jid"] for job in one.request('JOBS {"limit":1000}')} == set(acknowledged)
        one.kill()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.mark.slow(5)
def test_nothing_acknowledged_is_lost_over_kills(one, start):
    client, worker = start("push", one), start("work", one, queues=["load"], concurrency=5)
    chance = random.Random(7)
    client.process.stdin.write(json.dumps({"count": 2000, "callers": 10}) + "\n")
    for _ in range(5):
        # The moment of death is what varies here.
        signal.sigtimedwait([], 0.05 + chance.random() * 0.2)
        one.restart()
    told = client.next()
    assert len(set(told["jids"])) == 2000, told
    wait_for(lambda: one.request('COUNT {"queue":"load","state":"done"}')["count"] >= 2000,
             lambda: [job for job in one.request('JOBS {"queue":"load"}') if job["state"] != "done"], timeout=50)
    assert one.request('COUNT {"queue":"load"}') == {"count": 2000, "states": {"done": 2000}}
    assert worker.stop() == 0
    while (told := worker.lines.get()) is not None:
        worker.seen.append(told)
    runs = {}
    for told in worker.seen:
        if "ran" in told:
            runs[told["ran"]] = runs.get(told["ran"], 0) + 1
    assert len(runs) == 2000
    more = [jid for jid, times in runs.items() if times > len(one.job(jid)["attempts"])]
    assert not more, f"{len(more)} jobs ran more often than was counted"


def test_over_tls_with_the_password_only(scheduler, start, certificate):  # noqa: F811
    one = scheduler(tls_config(certificate), net=["tls"])
    port, ca = one.addresses["tls"][1], {"JOBD_CA": str(certificate / "cert.pem")}
    client = start("push", one, f"tcp+tls://:s3cret@localhost:{port}", ca)
    text = "x" * 300_000
    assert one.job(client.push("Thumb", text)["jid"])["args"] == [text]
    assert client.request("JOBS", {"type": "Thumb"})[0]["args"] == [text]
    wrong = start("push", one, f"tcp+tls://:wrong@localhost:{port}", ca)
    assert wrong.push("Thumb") == {"error": "Refused", "code": "ERR", "message": "Invalid password"}
    stranger = start("push", one, f"tcp+tls://:s3cret@localhost:{port}", timeout=0.5)
    assert stranger.push("Thumb")["error"] == "Unavailable"
