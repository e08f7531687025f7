"""jobd-runner by itself: the real binary between a stand-in for jobd and one for the scheduler."""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import time

import pytest
from idle import sleeps_ms, switches, wait_asleep
from jobd_fixture import STRETCH, children, is_alive, wait_for
from runner_alone import descendants

BASE = """
job hello   { command = "echo hello" }
job sleeper { command = "sleep 1000" stop_timeout = "200ms" }
job fails   { command = "exit 3" shell = true }
"""


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
    one = runner(BASE)
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
    wait_for(lambda: children(one.process.pid) == [], "the last of the dead to be taken away")


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
    one = runner(BASE)
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
            most = max(most, sum(map(is_alive, children(one.process.pid))))
            with contextlib.suppress(queue.Empty):
                assert one.scheduler.results.get(timeout=0.002)[0] == "ACK"
                break
    assert most == 3
    wait_for(lambda: children(one.process.pid) == [], "the last of the dead to be taken away")


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
    one = runner(BASE)
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
    one = runner(BASE)
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
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "100000"})
    one.scheduler.take()
    assert one.stop() == 0
    one.scheduler.ends.get(timeout=20)


def test_sigterm_ends_one_that_lost_its_scheduler_at_once(runner):
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "100000"})
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
    one.process.send_signal(signal.SIGTERM)
    # One of before may still come.
    while one.scheduler.take()[0] != 0:
        pass
    (one.dir / "go").touch()
    verb, result = one.scheduler.result()
    assert verb == "ACK" and result["result"]["output_head"] == "finished\n"
    assert one.process.wait(20 * STRETCH) == 0


def stop_within(one, most_ms):
    """It sleeps no longer than it has until jobd would kill it, and then it ends."""
    one.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in one.errors(), "the signal")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        wait_for(lambda: 0 < sleeps_ms(one.process.pid) <= most_ms, lambda: f"it to sleep less than {sleeps_ms(one.process.pid)} ms")
    assert one.process.wait(20 * STRETCH) == 0


def test_sigterm_ends_jobs_that_take_too_long(runner):
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "1500"})
    jid = one.scheduler.give("sleeper")
    wait_for(lambda: children(one.process.pid), "the job")
    began = time.monotonic()
    stop_within(one, 1500)
    assert time.monotonic() - began > 0.9
    verb, result = one.scheduler.result()
    assert (verb, result["jid"], result["errtype"]) == ("FAIL", jid, "RunnerStopped")
    assert result["result"]["reason"] == "stopped" and result["result"]["signal"] == signal.SIGTERM


def test_a_second_sigterm_ends_jobs_at_once(runner):
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "100000"})
    one.scheduler.give("sleeper")
    wait_for(lambda: children(one.process.pid), "the job")
    one.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in one.errors(), "the first signal")
    assert one.stop() == 0
    assert one.scheduler.result()[1]["result"]["reason"] == "stopped"


def test_sigterm_without_scheduler_ends_in_time(runner):
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "1000"}, start_scheduler=False)
    assert b"READY=1" in one.notify.recv(4096)
    assert one.stop() == 0


def test_a_silent_scheduler_does_not_keep_it(runner):
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "1000"})
    one.scheduler.replies["jid-silence"] = [b""]
    one.scheduler.give("hello", jid="jid-silence")
    one.scheduler.result()
    stop_within(one, 1000)
    assert "1 results were not acknowledged" in one.errors()


def test_a_job_given_while_it_stops_is_run(runner):
    one = runner(BASE, env={"JOBD_STOP_TIMEOUT_MS": "60000"})
    one.scheduler.take()
    with one.scheduler.lock:
        one.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in one.errors(), "the signal")
        taker = next(c for c in one.scheduler.connections if c.waiting is not None)
        taker.waiting = None
        taker.bulk({"jid": "jid-crossed", "jobtype": "hello", "args": []})
        taker.send(b"$-1\r\n")
    verb, result = one.scheduler.result()
    assert (verb, result["jid"]) == ("ACK", "jid-crossed")
    assert one.process.wait(20 * STRETCH) == 0


def test_sighup_brings_the_new_configuration(runner):
    one = runner("runner { concurrency = 2 }\n" + BASE)
    assert one.scheduler.take() == (2, ["default"])
    one.configure('runner { concurrency = 5 }\njob hello { command = "echo other" queue = "else" }')
    one.process.send_signal(signal.SIGHUP)
    assert one.scheduler.take() == (3, ["default", "else"])
    one.scheduler.give("hello")
    assert one.scheduler.result()[1]["result"]["output_head"] == "other\n"
    one.configure("")
    one.process.send_signal(signal.SIGHUP)
    assert one.scheduler.take() == (4, ["default", "else"])  # while the job ran
    while (take := one.scheduler.take()) != (0, ["default"]):
        assert take[1] == ["default", "else"]
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
        BASE,
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
    one = runner(BASE)
    one.scheduler.give("hello")
    one.scheduler.result()

    wait_for(lambda: one.scheduler.has_answered(), "the last reply")
    wait_asleep(one.process.pid, 5000)  # its next word to the scheduler is further away than what follows
    before = switches(one.process.pid)
    time.sleep(2)
    assert switches(one.process.pid) == before


SPINNER = "sh -c 'while :; do :; done & while :; do :; done'"


def test_a_job_that_uses_too_much_memory_with_its_children_is_ended(runner, tmp_path):
    script = tmp_path / "eater.py"
    script.write_text(
        "import mmap, os, time\n"
        "if os.fork() == 0:\n    os.setsid()\n"
        # Neither of them has too much at any moment.
        "x = mmap.mmap(-1, 60 << 20)\n"
        "for page in range(0, len(x), 4096):\n    x[page] = 1\n"
        "print('eaten', flush=True)\ntime.sleep(1000)\n"
    )
    one = runner(f"""
job eater {{ command = "/usr/bin/python3 {script}" memory = "100M" stop_timeout = "1000s" }}
job fits  {{ command = "/usr/bin/python3 {script}" memory = "300M" timeout = "2500ms" stop_timeout = "1s" }}
""")
    jid = one.scheduler.give("eater")
    other = one.scheduler.give("fits")
    results = {result["jid"]: result for _, result in (one.scheduler.result(), one.scheduler.result())}
    result = results[jid]
    assert result["result"]["reason"] == "out_of_memory", result
    assert result["message"].startswith("out of memory: it used ") and "of at most 102400 KiB" in result["message"]
    # Seen while they grew, it is less than both have in the end.
    assert 102400 < int(result["message"].split()[5]) < 300000, result
    assert results[other]["result"]["reason"] == "timeout", results[other]
    assert descendants(one.process.pid) == []


def test_a_job_that_uses_too_much_cpu_with_its_children_is_ended(runner):
    one = runner(f'job spin {{ command = "{SPINNER}" cpu = "700ms" }}')
    one.scheduler.give("spin")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["result"]["reason"] == "out_of_cpu", result
    assert result["message"].startswith("out of CPU time: it used ") and result["message"].endswith("of at most 700ms")


def test_exit_codes_that_are_not_tried_again(runner):
    one = runner('job j { command = "exit $1" shell = true no_retry = {3, 64} exit_codes = {0, 64} }')
    for code, verb, no_retry in ((1, "FAIL", None), (3, "FAIL", True), (75, "FAIL", None), (0, "ACK", None)):
        one.scheduler.give("j", code)
        said, result = one.scheduler.result()
        assert (said, result["result"]["code"], result["result"].get("no_retry")) == (verb, code, no_retry), result
