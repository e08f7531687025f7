"""What a job costs, in bytes and calls of the kernel: figures that do not depend on how busy the machine is.

Each page of the log is 4,120 bytes. A push changes two of them: the job and its place among the ready ones."""

import contextlib
import json
import time
from pathlib import Path

JOBS = 200


def written(one):
    io = dict(line.split(": ") for line in Path(f"/proc/{one.process.pid}/io").read_text().splitlines())
    return int(io["wchar"]), int(io["syscw"])


@contextlib.contextmanager
def cost_each(one, bytes_most, calls_most):
    before, begin = written(one), time.monotonic()
    yield
    spent = [(now - then) / JOBS for then, now in zip(before, written(one))]
    # Figures are written once a second, however many jobs a disk takes in that time.
    seconds = time.monotonic() - begin
    assert spent[0] <= bytes_most + 40_000 * seconds / JOBS and spent[1] <= calls_most + 12 * seconds / JOBS, (spent, seconds)


def push(wire, number):
    job = {"jid": f"jid-{number:06}", "jobtype": "Resize", "args": [{"text": "x" * 50}]}
    assert wire.request("PUSH " + json.dumps(job)) == "OK"


def test_a_push_writes_two_pages_at_once_and_its_answer(scheduler):
    one = scheduler()
    wire = one.wire()
    push(wire, 0)
    with cost_each(one, 2 * 4120 + 500, 2.1):
        for number in range(1, JOBS + 1):
            push(wire, number)


def test_a_job_that_is_waited_for_shares_the_commit_that_brings_it(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    push(wire, 0)
    worker.ack(worker.request("FETCH default")["jid"])
    # Brought and given: the job, and that it runs. Ended: both, and its place among those that are done.
    with cost_each(one, 5.5 * 4120 + 1500, 5.5):
        for number in range(1, JOBS + 1):
            worker.send("FETCH default")
            push(wire, number)
            taken = worker.reply()
            assert taken["jid"] == f"jid-{number:06}"
            assert worker.request("ACK " + json.dumps({"jid": taken["jid"]})) == "OK"


def test_many_jobs_at_once_share_their_pages(scheduler):
    one = scheduler()
    wire = one.wire()
    jobs = [{"jid": f"jid-{number:06}", "jobtype": "Resize", "args": []} for number in range(JOBS)]
    with cost_each(one, 400, 0.1):
        assert wire.request("PUSHB " + json.dumps(jobs)) == {}
