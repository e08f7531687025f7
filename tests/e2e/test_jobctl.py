"""jobctl against the real programs: each group of commands once, from the command line to the processes."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from jobd_fixture import STRETCH, is_alive, wait_for

CHATTY = "program web { command = \"sh -c 'echo out; echo err >&2; exec sleep 1000'\" }\n"
JOBS = """
scheduler { timezone = "Europe/Berlin" }
job hello  { schedule = "30 2 29 3 *" command = "sh -c 'echo hello; exit 3'" retries = 0 }
job args   { command = "cat" }
job killed { command = "sh -c 'kill -9 $$'" retries = 0 }
job slow   { command = "sleep 1000" stop_timeout = 1s }
"""


def test_the_life_of_a_program(jobd):
    daemon = jobd('program web { command = "sleep 1000" autostart = false }\nprogram other { command = "sleep 1000" }')
    daemon.wait_state("other", "RUNNING")
    assert daemon.ctl("status", check=False).returncode == 3
    assert daemon.ctl("start", "web").stdout == "web: started\n"
    assert daemon.ctl("start", "web").stdout == "web: ERROR (already started)\n"
    pid = int(daemon.ctl("pid", "web").stdout)
    assert is_alive(pid)
    line = daemon.ctl("status", "web").stdout
    assert re.fullmatch(rf"web {{30}}RUNNING   pid {pid}, uptime 0:00:0\d\n", line), line
    assert daemon.ctl("restart", "web").stdout == "web: stopped\nweb: started\n"
    assert not is_alive(pid)
    assert daemon.ctl("signal", "KILL", "web").stdout == "web: signalled\n"
    # Each result comes when that program is done.
    assert sorted(daemon.ctl("stop", "all").stdout.splitlines()) == ["other: stopped", "web: stopped"]
    assert daemon.ctl("stop", "web").stdout == "web: ERROR (not running)\n"
    assert "operator" in daemon.ctl("history", "web").stdout
    assert daemon.ctl("status", "wbe", check=False).returncode == 4


def test_instances(jobd):
    daemon = jobd('program web { command = "sleep 1000" instances = 2 }')
    daemon.wait_state("web:2", "RUNNING")
    assert daemon.ctl("scale", "web", 3).stdout == "web:3: started\n"
    assert sorted(daemon.ctl("stop", "web:*").stdout.splitlines()) == [f"web:{i}: stopped" for i in (1, 2, 3)]
    assert daemon.ctl("pid", "web:1", check=False).returncode == 7


def test_a_program_that_can_not_start(jobd):
    daemon = jobd('program bad { command = "/nonexistent/command" autostart = false start_retries = 0 }')
    result = daemon.ctl("start", "bad", check=False)
    assert result.returncode == 7
    assert result.stdout == "bad: ERROR (spawn error)\n"
    assert "/nonexistent/command" in result.stderr


def test_plan_and_reload(jobd):
    daemon = jobd('program web { command = "sleep 1000" }')
    daemon.wait_state("web", "RUNNING")
    pid = daemon.ctl("pid", "web").stdout
    assert "Nothing to do" in daemon.ctl("plan").stdout
    daemon.write_config('program web { command = "sleep 1000" }\nprogram new { command = "sleep 1000" }')
    assert daemon.json("plan")["plan"][0]["action"] in ("add", "none")
    assert re.search(r"^new +program +added", daemon.ctl("reload").stdout, re.MULTILINE)
    assert daemon.ctl("pid", "web").stdout == pid
    daemon.write_config("program web { comand = 1 }")
    result = daemon.ctl("reload", check=False)
    assert result.returncode == 1
    assert f"{daemon.config_path}:4: " in result.stderr
    assert daemon.ctl("check", daemon.config_path, check=False).returncode == 1
    assert daemon.ctl("pid", "web").stdout == pid


def test_where_stderr_goes_changes_at_the_next_start(jobd):
    """A running program keeps its descriptor, and the plan says so."""
    chatty = "program web { command = \"sh -c 'echo to_stderr >&2; exec sleep 1000'\" redirect_stderr = %s }"
    daemon = jobd(chatty % "false")
    daemon.wait_log("web", "to_stderr", stream="stderr")
    pid = daemon.ctl("pid", "web").stdout
    daemon.write_config(chatty % "true")
    change = {"name": "web", "kind": "program", "action": "change", "why": "redirect_stderr changed for its next start"}
    assert change in daemon.json("plan")["plan"]
    daemon.ctl("reload")
    assert daemon.ctl("pid", "web").stdout == pid
    daemon.ctl("restart", "web")
    daemon.wait_log("web", "to_stderr")


def test_logs(jobd):
    daemon = jobd(CHATTY)
    daemon.wait_log("web", "out")
    daemon.wait_log("web", "err", stream="stderr")
    assert daemon.ctl("tail", "web").stdout == "out\n"
    assert daemon.ctl("tail", "web", "stderr", "-n", 1).stdout == "err\n"
    assert sorted(daemon.ctl("logs", "web").stdout.splitlines()) == ["web ! err", "web | out"]
    wait_for(lambda: "web STARTING -> RUNNING" in daemon.ctl("maintail").stdout, "jobd's own log")
    assert daemon.ctl("clear", "web").stdout == "web: cleared\n"
    assert daemon.ctl("tail", "web").stdout == ""


def test_following_through_a_rotation(jobd):
    daemon = jobd("program web { command = \"sh -c 'while read line </dev/stdin || sleep 0.05; do echo tick; done'\" }")
    daemon.wait_log("web", "tick")
    command = [daemon.dir / "bin/jobctl", "-r", daemon.run_dir, "tail", "-f", "-n", "0", "web"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=daemon.env)
    for _ in range(3):
        assert process.stdout.readline() == b"tick\n"
        daemon.ctl("rotate", "web")
    process.send_signal(signal.SIGINT)
    assert process.wait(20 * STRETCH) == 0


def test_running_jobs(jobd):
    daemon = jobd(JOBS)
    daemon.wait_state("runner", "RUNNING")
    result = daemon.ctl("run", "hello", "--wait", check=False)
    assert (result.returncode, result.stdout) == (3, "hello\n")
    assert daemon.ctl("run", "killed", "--wait", check=False).returncode == 137
    assert daemon.ctl("run", "nope", check=False).returncode == 1
    jid = daemon.ctl("run", "slow").stdout.strip()
    wait_for(lambda: daemon.json("job", jid)["state"] == "running", "the job to run")
    assert daemon.ctl("cancel", jid).stdout == f"{jid}: cancelled\n"
    wait_for(lambda: daemon.json("job", jid)["state"] == "cancelled", "the job's end")
    listed = daemon.json("jobs", "--type", "slow")["jobs"]
    assert [job["jid"] for job in listed] == [jid]
    assert "hello" in daemon.ctl("jobs").stdout


def test_arguments_of_a_job(jobd):
    daemon = jobd(JOBS)
    daemon.wait_state("runner", "RUNNING")
    job = daemon.json("run", "args", "--args", '["a b", {"c": 1}]')
    assert job["args"] == ["a b", {"c": 1}]


def test_next_is_the_same_with_and_without_jobd(jobd):
    daemon = jobd(JOBS)
    daemon.wait_state("scheduler", "RUNNING")
    arguments = ("next", "hello", "-n", 3, "--from", "2026-03-01T00:00:00Z")
    running = daemon.json(*arguments)
    assert running["schedules"][0]["next"][0] == {
        "at": "2026-03-29T03:00:00+02:00",
        "utc": "2026-03-29T01:00:00Z",
        "effect": running["schedules"][0]["next"][0]["effect"],
    }
    assert "moved" in running["schedules"][0]["next"][0]["effect"]
    daemon.ctl("pause", "hello")
    assert ", paused" in daemon.ctl("next", "hello").stdout
    assert daemon.ctl("ticks", "hello").returncode == 0
    daemon.ctl("shutdown")
    result = daemon.ctl("-c", daemon.config_path, *arguments, "--json", env={"JOBD_RUN_DIR": ""})
    stopped = json.loads(result.stdout)["schedules"][0]
    assert stopped["next"] == running["schedules"][0]["next"]


def test_shutdown_returns_when_jobd_is_gone(jobd):
    daemon = jobd('program web { command = "sleep 1000" }')
    daemon.wait_state("web", "RUNNING")
    assert daemon.ctl("shutdown").stdout == "Shut down\n"
    assert daemon.wait_exit(1) == 0
    assert daemon.ctl("status", check=False).returncode == 4
    assert daemon.ctl("start", "web", check=False).returncode == 7


def test_a_stopped_jobd_is_not_waited_for_long(jobd):
    daemon = jobd('program web { command = "sleep 1000" }')
    daemon.kill(signal.SIGSTOP)
    try:
        started = time.monotonic()
        result = daemon.ctl("status", check=False)
        assert result.returncode == 4
        assert "no answer within 5000 ms" in result.stderr
        assert time.monotonic() - started < 15 * STRETCH
    finally:
        daemon.kill(signal.SIGCONT)


@pytest.mark.root
def test_others_may_not(jobd):
    daemon = jobd('program web { command = "sleep 1000" }')
    os.chmod(daemon.dir, 0o755)
    for name in ("status", "shutdown"):
        result = daemon.ctl(name, check=False, user=65534, group=65534, extra_groups=[])
        assert result.returncode in (1, 4)
        assert "no permission" in result.stderr
    assert daemon.ctl("status").returncode == 0
