"""The example under jobd, as a newcomer meets it: its own jobd.conf, the client, the mails."""

import contextlib
import os
import re
import signal
import socket
from datetime import datetime
from email import message_from_bytes, policy

import httpx
import pytest

from jobd_fixture import TOP, children, free_port, is_alive, wait_for

APP = TOP / "contrib/examples/finance-tracker"


class Tracker:
    """The example's configuration in a running jobd, with the app's data in the test's directory."""

    def __init__(self, jobd, config="jobd.conf", **options):
        self.port = free_port()
        env = {"PORT": str(self.port), "FINANCE_TRACKER_BUSY_MS": "200", **options.pop("env", {})}
        self.daemon = jobd(f'include("{APP / config}")\n', cwd=APP, env=env, start=False, **options)
        self.data = self.daemon.dir / "data"
        self.daemon.env["FINANCE_TRACKER_DATA"] = str(self.data)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def start(self):
        self.daemon.start()
        wait_for(self.answers, lambda: f"the app; status: {self.daemon.programs(all=True)}", timeout=60)
        return self

    def answers(self):
        with contextlib.suppress(httpx.TransportError):
            return self.client.get("/health").status_code == 200
        return False

    def mails(self):
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted((self.data / "outbox").glob("*.eml"))
        ]


@pytest.fixture
def tracker(jobd):
    return Tracker(jobd).start()


def status_lines(daemon, *arguments):
    return daemon.ctl("status", *arguments).stdout.splitlines()


def line_of(name):
    """A line of `supervisorctl status`: name and state in columns, then the pid."""
    return re.compile(rf"{name:<33}RUNNING   pid (\d+), uptime \d+:\d\d:\d\d")


def test_status_is_what_supervisorctl_prints(tracker):
    for name in ("fastapi", "scheduler"):
        tracker.daemon.wait_state(name, "RUNNING")
    lines = sorted(status_lines(tracker.daemon))
    assert len(lines) == 2
    for line, name in zip(lines, ("fastapi", "scheduler")):
        found = line_of(name).fullmatch(line)
        assert found, line
        assert is_alive(int(found[1]))


def test_each_job_does_its_work(tracker):
    assert "3 e-mails written" in tracker.daemon.ctl("run", "debt_reminders", "--wait").stdout
    assert [mail["Subject"] for mail in tracker.mails()] == [
        "Overdue: Andes Coffee Roasters, 2 debts",
        "Overdue: Caribe Packaging, 1 debt",
        "Overdue: Llanos Dairy, 1 debt",
    ]
    assert "3 notices added" in tracker.daemon.ctl("run", "reorder_alerts", "--wait").stdout
    assert tracker.mails()[-1]["Subject"] == "Reorder: 3 products low"
    assert len(tracker.client.get("/api/notifications?unread=1").json()) == 4
    assert "3 notifications deleted" in tracker.daemon.ctl("run", "notification_cleanup", "--wait").stdout


def test_a_job_that_fails_says_why(tracker):
    (tracker.data / "outbox").rename(tracker.data / "elsewhere")
    (tracker.data / "outbox").write_text("in the way")
    result = tracker.daemon.ctl("run", "debt_reminders", "--wait", check=False)
    assert result.returncode != 0
    assert f"{tracker.data}/outbox" in result.stdout + result.stderr


def test_next_lists_the_three_jobs(tracker):
    schedules = tracker.daemon.json("next", "-n", "2")["schedules"]
    listed = {entry["name"]: entry for entry in schedules if not entry["name"].startswith("mail.")}
    assert {entry["timezone"] for entry in listed.values()} == {"America/Bogota"}
    hours = {name: [re.search(r"T(.*)", run["at"])[1] for run in entry["next"]] for name, entry in listed.items()}
    assert hours == {
        "debt_reminders": ["08:00:00-05:00"] * 2,
        "reorder_alerts": ["09:00:00-05:00"] * 2,
        "notification_cleanup": ["00:00:00-05:00"] * 2,
    }
    assert {datetime.fromisoformat(run["at"]).strftime("%a") for run in listed["notification_cleanup"]["next"]} == {"Sun"}


def test_restart_scheduler_leaves_the_app_alone(tracker):
    before = {name: tracker.daemon.wait_state(name, "RUNNING")["pid"] for name in ("fastapi", "scheduler")}
    tracker.daemon.ctl("restart", "scheduler")
    after = {name: tracker.daemon.wait_state(name, "RUNNING")["pid"] for name in ("fastapi", "scheduler")}
    assert after["fastapi"] == before["fastapi"] and tracker.answers()
    assert after["scheduler"] != before["scheduler"] and not is_alive(before["scheduler"])
    assert "e-mails written" in tracker.daemon.ctl("run", "debt_reminders", "--wait").stdout


def test_a_killed_app_comes_back_without_its_old_workers(tracker):
    daemon = tracker.daemon
    # Only a program that ran well is started again at once.
    first = daemon.wait_state("fastapi", "RUNNING")
    old = workers_of(first["pid"])
    assert len(old) >= 2
    with daemon.events() as events:
        os.kill(first["pid"], signal.SIGKILL)
        events.until("fastapi", "STARTING")
        assert not [pid for pid in old if is_alive(pid)], "a new copy beside old workers"
    second = daemon.wait_state("fastapi", "RUNNING")
    assert second["pid"] != first["pid"] and second["restarts"] == first["restarts"] + 1
    wait_for(tracker.answers, "the app after its restart")


def workers_of(pid):
    return wait_for(lambda: len(found := children(pid)) >= 2 and found, f"the workers of {pid}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_nothing_behind(tracker, number):
    tracker.daemon.wait_state("fastapi", "RUNNING")
    assert tracker.daemon.stop(number) == 0
    tracker.daemon.assert_nothing_left(timeout=0)
    assert not tracker.answers()


@pytest.mark.root
def test_it_runs_as_the_first_process_of_a_container(jobd):
    tracker = Tracker(jobd, pid1=True).start()
    tracker.daemon.wait_state("fastapi", "RUNNING")
    assert "e-mails written" in tracker.daemon.ctl("run", "debt_reminders", "--wait").stdout
    assert tracker.daemon.stop() == 0
    tracker.daemon.assert_nothing_left()


def test_a_taken_port_ends_jobd_with_the_code_of_the_app(jobd):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        tracker = Tracker(jobd, env={"PORT": str(taken.getsockname()[1])})
        tracker.daemon.start(wait=False)
        assert tracker.daemon.wait_exit(timeout=60) == 1
    assert b"already in use" in tracker.daemon.log("fastapi", "stderr")
    tracker.daemon.assert_nothing_left(timeout=0)


class TestOwnScheduler:
    """The variant with a program called scheduler and no jobs."""

    @pytest.fixture
    def tracker(self, jobd):
        return Tracker(jobd, "jobd-own-scheduler.conf").start()

    def test_both_programs_run_and_no_built_in_but_the_logger(self, tracker):
        daemon = tracker.daemon
        pid = daemon.wait_state("scheduler", "RUNNING")["pid"]
        daemon.wait_state("fastapi", "RUNNING")
        assert [line_of(name).fullmatch(line)[1] for line, name in zip(status_lines(daemon), ("fastapi", "scheduler"))]
        assert set(daemon.programs(all=True)) == {"fastapi", "scheduler", "logger"}
        with open(f"/proc/{pid}/cmdline", "rb") as command:
            assert b"scheduler.py" in command.read()

    def test_restart_scheduler(self, tracker):
        daemon = tracker.daemon
        daemon.wait_log("scheduler", "Scheduler started")
        before = daemon.wait_state("scheduler", "RUNNING")["pid"]
        assert daemon.ctl("restart", "scheduler").stdout == "scheduler: stopped\nscheduler: started\n"
        assert daemon.wait_state("scheduler", "RUNNING")["pid"] != before
        assert not is_alive(before)
        daemon.wait_log("scheduler", "Scheduler has been shut down")

    def test_stop(self, tracker):
        tracker.daemon.wait_log("scheduler", "Scheduler started")
        assert tracker.daemon.stop() == 0
        tracker.daemon.assert_nothing_left(timeout=0)
        assert b"Scheduler has been shut down" in tracker.daemon.log("scheduler")
