"""jobd killed with SIGKILL and started again never leads to two copies of a program."""

import os
import signal

import pytest

from jobd_fixture import is_alive, wait_for


def test_the_old_copy_is_ended_first(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }')
    first = daemon.wait_state("web", "RUNNING")
    daemon.kill9()
    assert is_alive(first["pid"])
    daemon.start()
    second = daemon.wait_state("web", "RUNNING")
    assert second["pid"] != first["pid"]
    assert not is_alive(first["pid"])


def test_a_stubborn_old_copy_is_killed(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/stubborn" stop_timeout = 300ms }')
    first = daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    daemon.kill9()
    daemon.start()
    daemon.wait_state("web", "RUNNING")
    assert not is_alive(first["pid"])


@pytest.mark.parametrize("kind", ["group", "session", "orphan", "stubborn", "nameless"])
def test_the_old_workers_go_too(jobd, kind):
    daemon = jobd(
        f'program web {{ command = "@PROGRAMS@/leaky {kind}" stop_timeout = 500ms environment = {{ "LEAKY_PID_FILE=@DIR@/left" }} }}'
    )
    first = daemon.wait_state("web", "RUNNING")
    wait_for((daemon.dir / "left").exists, "the worker")
    left = int((daemon.dir / "left").read_text())
    daemon.kill9()
    # Also when only the worker is left.
    os.kill(first["pid"], signal.SIGKILL)
    wait_for(lambda: not is_alive(first["pid"]), "the leader to die")
    (daemon.dir / "left").unlink()
    daemon.start()
    daemon.wait_state("web", "RUNNING")
    assert not is_alive(left)


def test_the_old_leader_gets_the_signal_before_its_workers(jobd):
    daemon = jobd('program web { command = "sh @DIR@/leader" }', start=False)
    (daemon.dir / "worker").write_text(daemon.expand("trap 'echo worker >> @DIR@/order; exit' TERM; while :; do sleep 0.05; done"))
    (daemon.dir / "leader").write_text(
        daemon.expand("sh @DIR@/worker & trap 'sleep 0.3; echo leader >> @DIR@/order; exit' TERM; echo up; while :; do sleep 0.05; done")
    )
    daemon.start()
    first = daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    daemon.kill9()
    daemon.start()
    assert daemon.wait_state("web", "RUNNING")["pid"] != first["pid"]
    assert (daemon.dir / "order").read_text() == "leader\nworker\n"


def test_what_an_old_copy_says_while_it_ends_is_kept(jobd):
    daemon = jobd('program web { command = "sh @DIR@/talker" }\nprogram quiet { command = "@PROGRAMS@/polite" }', start=False)
    (daemon.dir / "talker").write_text("trap 'for n in 1 2 3 4 5; do sleep 0.05; echo last $n; done; exit' TERM; echo up; while :; do sleep 0.05; done")
    daemon.start()
    first = daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    old_logger = daemon.status("logger")["pid"]
    daemon.kill9()
    daemon.start()
    assert daemon.wait_state("web", "RUNNING")["pid"] != first["pid"]
    daemon.wait_state("logger", "RUNNING")
    assert not is_alive(old_logger)
    daemon.wait_log("web", "last 5")


def test_jobs_of_the_old_runner_finish(jobd):
    daemon = jobd('job slow { command = "sh -c \'echo $$ > @DIR@/pid; sleep 1; echo well\'" }')
    for name in ("scheduler", "runner"):
        daemon.wait_state(name, "RUNNING")
    jid = daemon.json("run", "slow")["jid"]
    wait_for((daemon.dir / "pid").exists, "the job to begin")
    daemon.kill9()
    daemon.start()
    wait_for(lambda: daemon.json("job", jid)["state"] not in ("running", "ready"), "the job to end")
    job = daemon.json("job", jid)
    assert (job["state"], job["attempts"][0]["reason"]) == ("done", "exit"), job


def test_the_old_copy_is_adopted(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" leftover = adopt backoff_min = 10ms }')
    first = daemon.wait_state("web", "RUNNING")
    daemon.kill9()
    daemon.start()
    second = daemon.wait_state("web", "RUNNING")
    assert second["pid"] == first["pid"]
    # It is watched like any other: its death is seen and a new copy started.
    with daemon.events() as events:
        os.kill(first["pid"], signal.SIGKILL)
        event = events.until("web", "EXITED")
    assert event["exit"]["reason"] == "lost"
    third = daemon.wait_state("web", "RUNNING")
    assert third["pid"] != first["pid"]


def test_an_adopted_copy_can_be_stopped_and_still_logs(jobd):
    script = "trap 'echo more' USR1; trap 'echo bye; exit 0' TERM; echo up; while :; do read x < @DIR@/fifo; done"
    daemon = jobd('program web { command = "sh @DIR@/script" leftover = adopt }', start=False)
    (daemon.dir / "script").write_text(daemon.expand(script))
    os.mkfifo(daemon.dir / "fifo")
    daemon.start()
    first = daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    daemon.kill9()
    daemon.start()
    assert daemon.wait_state("web", "RUNNING")["pid"] == first["pid"]
    os.kill(first["pid"], signal.SIGUSR1)
    daemon.wait_log("web", "more")
    assert daemon.ctl("stop", "web").stdout == "web: stopped\n"
    assert not is_alive(first["pid"])


def test_a_second_jobd_is_refused(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }')
    other = jobd('program web { command = "@PROGRAMS@/polite" }', start=False)
    other.config_path.write_text(daemon.config_path.read_text())
    other.start(wait=False)
    assert other.wait_exit() == 1
    assert f"another jobd (process {daemon.pid})" in other.errors()
    daemon.wait_state("web", "RUNNING")


@pytest.mark.slow(5)
def test_never_two_copies_whenever_jobd_dies(jobd):
    """Killed at 20 moments between its first steps and the run of everything."""
    daemon = jobd(
        'program web { command = "@PROGRAMS@/alone @DIR@/copies" stop_timeout = 5s start_seconds = 0 backoff_min = 1ms }', start=False
    )
    for round_number in range(20):
        daemon.start(wait=False)
        wait_for(lambda: len(daemon.processes()) > 1 or daemon.process.poll() is not None, "a first step")
        with open("/dev/urandom", "rb") as random:
            pause = random.read(1)[0] / 2000
        # The moment of death is what varies here.
        signal.sigtimedwait([], pause)
        daemon.kill9()
    daemon.start()
    daemon.wait_state("web", "RUNNING")
    assert (daemon.dir / "copies").read_text() == "", "two copies ran at the same time"
