"""jobd-scheduler by itself: the real binary, its database on disk, and a stand-in for jobd."""

import contextlib
import json
import os
import resource
import socket
import time

import pytest
from jobd_fixture import STRETCH
from scheduler_alone import JOBS, push, refused, run, scheduler_with_jobs  # noqa: F401
from wire import Wire, WireClosed, WireError

# Jobs by hand.


def test_a_run_goes_to_the_runner_and_its_result_is_kept(scheduler):
    one = scheduler()
    jid = run(one, args=[1, "two", 9007199254740993])
    runner = one.worker()
    job = runner.take("other", "default")
    assert job["jid"] == jid and job["jobtype"] == "hello" and job["args"] == [1, "two", 9007199254740993]
    assert job["state"] == "running" and job["attempts"] == 1 and "order" not in job
    waiter = one.wire()
    waiter.send(f"WAIT {jid}")
    assert runner.ack(jid, duration_ms=12, output_head="hello\n", output_tail="", output_bytes=6) == "OK"
    done = waiter.reply()
    assert done["state"] == "done" and done["reason"] == "exit"
    (attempt,) = done["attempts"]
    assert attempt["code"] == 0 and attempt["output_head"] == "hello\n" and attempt["duration_ms"] == 12
    assert attempt["output_left_out"] == 0 and attempt["worker"] == "runner-1"
    assert one.job(jid) == done == one.request(f"WAIT {jid}")


def test_waiting_takes_are_answered_when_a_job_comes(scheduler):
    one = scheduler()
    runner = one.worker()
    runner.send("TAKE free=1 default")
    jid = run(one)
    assert runner.reply()["jid"] == jid


def test_a_later_request_ends_a_waiting_take(scheduler):
    one = scheduler()
    runner = one.worker()
    runner.send("TAKE free=1 default")
    runner.send("TAKE free=0")
    assert runner.reply() is None
    jid = run(one)
    runner.send("TAKE free=1 default")
    assert runner.reply() is None
    assert runner.reply()["jid"] == jid


def test_queues_are_taken_in_their_order_and_jobs_by_priority(scheduler):
    one = scheduler('job low { command = "true" priority = 1 }\njob high { command = "true" priority = 9 }\n' + JOBS)
    for name in ("low", "high", "other"):
        run(one, name)
    runner = one.worker()
    taken = [runner.take("default", "other")["jobtype"] for _ in range(3)]
    assert taken == ["high", "low", "other"]


def test_a_failed_run_is_dead_or_tried_again(scheduler):
    one = scheduler('job once { command = "false" }\njob twice { command = "false" retries = 1 retry_delay = "50ms" }')
    runner = one.worker()
    jid = run(one, "once")
    runner.take()
    assert runner.fail(jid) == "OK"
    dead = one.job(jid)
    assert dead["state"] == "dead" and dead["failure"]["message"] == "it failed"
    assert "Job not found" in refused(runner, "FAIL " + json.dumps({"jid": jid}))
    jid = run(one, "twice")
    runner.take()
    # In one turn: the delay may be over in the next.
    said, job = runner.together(runner.fail_line(jid), f"JOB {jid}")
    assert said == "OK" and job["state"] == "retry"
    again = runner.take()
    assert again["jid"] == jid and again["attempts"] == 2
    runner.fail(jid, reason="timeout", code=None)
    job = one.job(jid)
    assert job["state"] == "dead" and [a["reason"] for a in job["attempts"]] == ["exit", "timeout"]
    assert one.request(f"RETRY {jid}") == "OK"
    assert runner.take()["jid"] == jid


def test_a_running_job_is_cancelled_through_its_runner(scheduler):
    one = scheduler()
    runner = one.worker()
    jid = run(one)
    runner.take()
    runner.send("TAKE free=0")
    assert one.request(f"CANCEL {jid}") == "OK"
    assert runner.reply() == {"order": "kill", "jid": jid, "reason": "cancelled"}
    runner.fail(jid, reason="cancelled", code=None, signal=15)
    job = one.job(jid)
    assert job["state"] == "cancelled" and job["attempts"][0]["signal"] == 15
    assert "ended already" in refused(one.wire(), f"CANCEL {jid}")


def test_an_order_reaches_a_runner_that_was_not_there(scheduler):
    one = scheduler()
    runner = one.worker()
    jid = run(one)
    runner.take()
    runner.close()
    assert one.request(f"CANCEL {jid}") == "OK"
    one.restart()
    runner = one.worker(running=[jid])
    assert runner.take(free=0)["jid"] == jid


def test_overlap_is_obeyed_by_hand_too(scheduler):
    one = scheduler("".join(
        f'job {word} {{ command = "true" overlap = {word} }}\n' for word in ("skip", "queue", "parallel", "replace")
    ))
    runner = one.worker()
    run(one, "skip")
    assert "overlap is 'skip'" in refused(one.wire(), 'RUN {"job":"skip"}')
    first, second = run(one, "queue"), run(one, "queue")
    assert [one.job(jid)["state"] for jid in (first, second)] == ["ready", "blocked"]
    old = run(one, "replace")
    new = run(one, "replace")
    assert [one.job(jid)["state"] for jid in (old, new)] == ["cancelled", "ready"]
    assert one.job(old)["reason"] == "replaced"
    runner.close()


def test_lists_are_filtered_and_bounded(scheduler):
    one = scheduler('job a { command = "true" overlap = parallel }\n' + JOBS)
    jids = [run(one, "a") for _ in range(5)] + [run(one)]
    assert [job["jid"] for job in one.request("JOBS {}")] == jids[::-1]
    assert [job["jid"] for job in one.request('JOBS {"type":"a","limit":2}')] == jids[4:2:-1]
    assert one.request('JOBS {"state":"dead"}') == []
    assert len(one.request('JOBS {"state":"ready","queue":"default"}')) == 6
    wire = one.wire()
    assert "is no state" in refused(wire, 'JOBS {"state":"x"}')
    assert "unknown member 'stat'" in refused(wire, 'JOBS {"stat":"x"}')
    assert "limit" in refused(wire, 'JOBS {"limit":0}')


def test_wrong_requests_are_refused_in_words(scheduler):
    one = scheduler(JOBS + 'job off { command = "true" enabled = false }')
    wire = one.wire()
    for line, words in {
        "NOPE": "unknown command NOPE",
        "MUTATE {}": "invalid target for mutation command",
        "RUN": "RUN needs",
        'RUN {"job":"nope"}': "no such job: 'nope'",
        'RUN {"job":"off"}': "disabled",
        'RUN {"job":"hello","args":{}}': "args is no list",
        'RUN {"job":': "invalid JSON",
        "JOB": "takes one jid",
        "JOB no-such-job": "Job not found no-such-job",
        "WAIT no-such-job": "Job not found",
        "CANCEL no-such-job": "Job not found",
        "RETRY no-such-job": "Job not found",
        "SCHEDULES nope": "no such job: 'nope'",
        "PAUSE hello": "has no schedule",
        "PAUSE nope": "no such job",
        "TICKS": "takes one name",
        "TICKS hello limit=x": "limit: 'x'",
        "TICKS hello limits=1": "unknown option 'limits'",
        "TAKE free=1 default": "TAKE is for workers",
        "FETCH": "at least one queue",
        "ACK": "invalid ACK",
        "FAIL {}": "missing JID",
        "FAIL {": "invalid FAIL {",
        'BEAT {"wid":"nobody"}': "unknown worker nobody",
        "QUEUE EAT x": "no such QUEUE subcommand: EAT",
        'PUSH {"jid":"1"}': "reasonable jid",
        "PUSHB {}": "PUSHB takes a list",
        'HELLO {"v":2}': "HELLO was said already",
        "\x01\x02": "not printable",
        "": "empty",
    }.items():
        assert words in refused(wire, line), line
    assert wire.request("JOBS {}") == []


# Faktory's protocol.


def test_a_faktory_worker_fetches_and_acknowledges(scheduler):
    one = scheduler()
    client, worker = one.wire(), one.worker("f1", labels=["ruby"])
    assert client.request(push("jid-00000001", custom={"a": 1.5}, priority=5, retry=2, strange=12345678901234567890)) == "OK"
    job = worker.request("FETCH critical default")
    assert job["jid"] == "jid-00000001" and job["custom"] == {"a": 1.5} and job["strange"] == 12345678901234567890
    assert "state" not in job and job["created_at"] and job["enqueued_at"]
    assert worker.request('ACK {"jid":"jid-00000001"}') == "OK"
    assert worker.request('ACK {"jid":"jid-00000001"}') == "OK"
    assert worker.request('BEAT {"wid":"f1"}') == "OK"
    assert worker.request('BEAT {"wid":"f1","current_state":"quiet"}') == {"state": "quiet"}
    info = client.request("INFO")
    assert set(info) == {"now", "server_utc_time", "faktory", "server"}
    assert info["faktory"]["total_processed"] == 1 and info["faktory"]["sets"]["dead"] == 0


def test_fetch_waits_two_seconds(scheduler):
    one = scheduler()
    worker = one.worker("f1", labels=[])
    begin = time.monotonic()
    assert worker.request("FETCH default") is None
    assert 1.9 < time.monotonic() - begin < 2.0 + 2 * STRETCH
    worker.send("FETCH default")
    one.request(push("jid-00000001"))
    assert worker.reply()["jid"] == "jid-00000001"


def test_failures_are_kept_as_faktory_keeps_them(scheduler):
    one = scheduler()
    worker = one.worker("f1", labels=[])
    one.request(push("jid-00000001", retry=1))
    worker.request("FETCH default")
    fail = {"jid": "jid-00000001", "errtype": "E", "message": "boom" * 1000, "backtrace": ["line"] * 99}
    assert worker.request("FAIL " + json.dumps(fail)) == "OK"
    job = one.job("jid-00000001")
    assert job["state"] == "retry" and job["failure"]["retry_count"] == 0
    assert len(job["failure"]["message"]) == 1000 and len(job["failure"]["backtrace"]) == 50
    one.request(push("jid-00000002", retry=0))
    worker.request("FETCH default")
    assert worker.request('FAIL {"jid":"jid-00000002"}') == "OK"
    assert "Job not found" in refused(worker, "JOB jid-00000002")


def test_bulk_pushes_are_independent(scheduler):
    one = scheduler()
    jobs = [{"jid": f"jid-0000000{n}", "jobtype": "A", "args": []} for n in range(3)] + [{"jid": "x"}]
    answer = one.request("PUSHB " + json.dumps(jobs))
    assert list(answer) == [""] or len(answer) == 1
    assert len(one.request("JOBS {}")) == 3
    assert one.request("PUSHB " + json.dumps(jobs[:1])) == {"jid-00000000": "there is a job with the jid jid-00000000 already"}


def test_jobs_of_the_configuration_are_for_the_runner_only(scheduler):
    one = scheduler()
    runner, worker = one.worker(), one.worker("f1", labels=[])
    run(one)
    one.request(push("jid-00000001"))
    assert worker.request("FETCH default")["jid"] == "jid-00000001"
    assert runner.take()["jobtype"] == "hello"


def test_queues_can_be_paused(scheduler):
    one = scheduler()
    worker = one.worker("f1", labels=[])
    wire = one.wire()
    wire.request("QUEUE PAUSE default")
    wire.request(push("jid-00000001"))
    assert worker.request("FETCH default") is None
    one.restart()
    worker, wire = one.worker("f1", labels=[]), one.wire()
    assert wire.request("QUEUE LATENCY default nope")["default"] > 0
    worker.send("FETCH default")
    wire.request("QUEUE RESUME *")
    assert worker.reply()["jid"] == "jid-00000001"


def test_scheduled_pushes_wait_for_their_time(scheduler):
    one = scheduler()
    worker = one.worker("f1", labels=[])
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    # In one turn: its time may have come when the disk has it.
    said, job = one.wire().together(push("jid-00000001", at=at), "JOB jid-00000001")
    assert said == "OK" and job["state"] == "scheduled"
    while (job := worker.request("FETCH default")) is None:
        pass
    assert job["jid"] == "jid-00000001" and job["at"] == at and job["enqueued_at"] >= at[:-1]


# Clients.


def test_hello_comes_first(scheduler):
    one = scheduler()
    wire = Wire(one.socket_path, hello=False)
    wire.reply()
    assert "HELLO" in refused(wire, "JOBS {}")
    with pytest.raises(WireClosed):
        wire.reply()
    wire = Wire(one.socket_path, hello=False)
    wire.reply()
    assert "invalid HELLO" in refused(wire, "HELLO {nonsense")


def test_garbage_and_long_lines_hurt_nobody(scheduler):
    one = scheduler()
    quiet = one.wire()
    for junk in (os.urandom(100000), b"\0" * 70000, b"HELLO {" + b"x" * 200000, b"\r\n" * 3000, b"\xff\xfe\n"):
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(str(one.socket_path))
        with contextlib.suppress(OSError):
            raw.sendall(junk)
        raw.settimeout(20)
        data = b""
        with contextlib.suppress(OSError):
            while len(data) < 100 and (more := raw.recv(65536)):
                data += more
        raw.close()
        assert data.startswith(b'+HI {"v":2}\r\n')
    assert quiet.request("JOBS {}") == []


def test_half_a_line_waits_and_a_megabyte_is_a_line(scheduler):
    one = scheduler()
    wire = one.wire()
    args = ["x" * 1_000_000]
    line = push("jid-00000001", args=args).encode() + b"\r\n"
    for start in range(0, len(line), 300_001):
        wire.socket.sendall(line[start : start + 300_001])
        assert one.request("JOBS {}") == [] or start > 900_000
    assert wire.reply() == "OK"
    assert one.job("jid-00000001")["args"] == args


def test_too_long_a_line_is_refused(scheduler):
    one = scheduler()
    wire = one.wire()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(70):
            wire.socket.sendall(b"x" * 1_000_000)
    with pytest.raises((WireError, ConnectionResetError)) as error:
        wire.reply()
    assert error.type is ConnectionResetError or "longer than" in str(error.value)
    assert one.request("JOBS {}") == []


def test_pipelined_requests_are_answered_in_order(scheduler):
    one = scheduler()
    wire = one.wire()
    count = 3000
    wire.socket.sendall("".join(push(f"jid-{n:08}") + "\r\n" for n in range(count)).encode())
    assert [wire.reply() for _ in range(count)] == ["OK"] * count
    wire.socket.sendall(b"INFO\r\nWAIT nope\r\nINFO\r\n")
    assert wire.reply()["faktory"]["queues"] == {"default": count}
    with pytest.raises(WireError):
        wire.reply()
    assert wire.reply()


def test_a_slow_reader_stops_nobody(scheduler):
    one = scheduler('job big { command = "true" overlap = parallel }')
    for _ in range(20):
        run(one, "big", args=["x" * 100_000])
    slow = one.wire()
    slow.socket.sendall(b"JOBS {}\r\n" * 200)
    for _ in range(5):
        assert len(one.request('JOBS {"limit":1}')) == 1
    rss = int(open(f"/proc/{one.process.pid}/statm").read().split()[1]) * resource.getpagesize()
    assert rss < 100 << 20
    assert all(len(slow.reply()) == 20 for _ in range(200))


def test_a_thousand_connections(scheduler):
    one = scheduler()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    wires = [one.wire() for _ in range(1000)]
    assert all(wire.request("JOBS {}") == [] for wire in wires)
    assert wires[0].request("INFO")["server"]["connections"] == 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_silent_client_is_dropped(scheduler):
    one = scheduler()
    wire = Wire(one.socket_path, hello=False, timeout=30)
    wire.reply()
    begin = time.monotonic()
    with pytest.raises(WireClosed):
        wire.reply()
    assert time.monotonic() - begin > 1.5


@pytest.mark.root
def test_others_may_only_do_what_their_group_may(scheduler):
    one = scheduler(JOBS + 'control { look_group = "12345" act_group = "12346" }')
    os.chmod(one.dir, 0o755)
    os.chmod(one.socket_path, 0o666)

    def outcome(gid, *lines):
        pid = os.fork()
        if pid == 0:
            try:
                os.setgroups([gid])
                os.setgid(65534)
                os.setuid(65534)
                wire = Wire(one.socket_path, hello=False)
                wire.reply()
                wire.request('HELLO {"v":2}')
                for line in lines:
                    wire.request(line)
                os._exit(0)
            except WireError as error:
                os._exit(2 if "permission denied" in str(error) else 3)
            except BaseException:
                os._exit(4)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    assert outcome(1) == 2
    assert outcome(12345, "JOBS {}") == 0
    assert outcome(12345, 'RUN {"job":"hello"}') == 2
    assert outcome(12346, "JOBS {}", 'RUN {"job":"hello"}') == 0


# Runners.


def test_a_dead_runners_jobs_are_recorded_or_tried_again(scheduler):
    one = scheduler('job record { command = "true" }\njob again { command = "true" on_crash = retry }')
    runner = one.worker("runner-1")
    record, again = run(one, "record"), run(one, "again")
    assert {runner.take()["jid"], runner.take()["jid"]} == {record, again}
    runner.close()
    runner = one.worker("runner-2", running=[])
    assert one.job(record)["state"] == "dead" and one.job(record)["reason"] == "runner crashed"
    assert runner.take()["jid"] == again
    assert one.job(again)["attempts"][0]["reason"] == "runner crashed"


def test_a_runner_keeps_its_jobs_over_a_crash_of_the_scheduler(scheduler):
    one = scheduler('job a { command = "true" overlap = parallel }')
    runner = one.worker("runner-1", running=[])
    kept, lost = run(one, "a"), run(one, "a")
    assert {runner.take()["jid"], runner.take()["jid"]} == {kept, lost}
    one.restart()
    runner = one.worker("runner-1", running=[kept])
    assert one.job(kept)["state"] == "running"
    assert runner.take()["jid"] == lost
    assert runner.ack(kept) == "OK"
    assert one.job(kept)["state"] == "done"
