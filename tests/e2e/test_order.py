"""Order of start: priority, after, requires, oneshot, and the ways to be ready."""

import os
import signal

from jobd_fixture import free_port


def order_of(daemon, state, count):
    with daemon.events(since=0) as events:
        return [events.next(lambda event: event["to"] == state)["name"] for _ in range(count)]


def test_after_waits_for_readiness(jobd):
    daemon = jobd(
        'program app { command = "@PROGRAMS@/polite" after = { "db" } priority = 1 }'
        'program db { command = "@PROGRAMS@/notifies" ready = notify priority = 2 }'
    )
    daemon.wait_log("db", "told")
    status = daemon.status("app")
    assert status["state"] == "STARTING" and status["pid"] == 0
    assert status["description"] == "waiting for db"
    daemon.ctl("stop", "db")
    # What it comes after is not there and not coming: it goes on.
    daemon.wait_state("app", "RUNNING")


def test_notify_makes_ready_and_gives_a_status(jobd):
    daemon = jobd('program db { command = "@PROGRAMS@/notifies STATUS=serving READY=1" ready = notify start_timeout = 1h }')
    daemon.wait_state("db", "RUNNING")
    assert daemon.status("db")["status"] == "serving"


def test_requires_starts_and_waits(jobd):
    daemon = jobd(
        'program app { command = "@PROGRAMS@/polite" requires = { "db" } autostart = false }'
        'program db { command = "@PROGRAMS@/polite" autostart = false }'
    )
    assert daemon.ctl("start", "app").stdout == "app: started\n"
    assert daemon.status("db")["state"] == "RUNNING"


def test_requires_fails_with_what_it_requires(jobd):
    daemon = jobd(
        'program app { command = "touch @DIR@/never" requires = { "db" } }'
        'program db { command = "@PROGRAMS@/ends 1" start_retries = 0 }'
    )
    status = daemon.wait_state("app", "FATAL")
    assert status["description"] == "requires db, which is FATAL"
    assert not (daemon.dir / "never").exists()


def test_oneshot_runs_before_the_app(jobd):
    daemon = jobd(
        'program migrate { command = "sh -c \'touch @DIR@/migrated\'" oneshot = true }'
        'program app { command = "sh -c \'ls @DIR@/migrated && exec @PROGRAMS@/polite\'" requires = { "migrate" } }'
    )
    daemon.wait_state("app", "RUNNING")
    assert daemon.status("migrate")["state"] == "EXITED"
    daemon.wait_log("app", "migrated")


def test_a_oneshot_that_fails_keeps_the_app_from_starting(jobd):
    daemon = jobd(
        'program migrate { command = "@PROGRAMS@/ends 3" oneshot = true start_retries = 1 backoff_min = 10ms }'
        'program app { command = "touch @DIR@/never" requires = { "migrate" } }'
    )
    daemon.wait_state("migrate", "FATAL")
    daemon.wait_state("app", "FATAL")
    assert not (daemon.dir / "never").exists()


def test_ready_by_descriptor(jobd):
    daemon = jobd(
        'program web { command = "sh -c \'read x < @DIR@/fifo; echo >&5; exec @PROGRAMS@/polite\'" ready = "fd:5" }',
        start=False,
    )
    os.mkfifo(daemon.dir / "fifo")
    # Open for both, so that neither side waits for the other to open it.
    fifo = os.open(daemon.dir / "fifo", os.O_RDWR)
    try:
        daemon.start()
        daemon.wait_state("web", "STARTING")
        os.write(fifo, b"\n")
        daemon.wait_state("web", "RUNNING")
    finally:
        os.close(fifo)


def test_ready_by_port(jobd):
    port = free_port()
    daemon = jobd(
        f'program web {{ command = "python3 -m http.server --bind 127.0.0.1 {port}" ready = "tcp:{port}" start_timeout = 60s }}'
    )
    daemon.wait_state("web", "RUNNING", timeout=60)


def test_ready_after_a_delay(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" ready = "delay:300ms" }')
    with daemon.events(since=0) as events:
        events.until("web", "STARTING")
        events.until("web", "RUNNING")


def test_start_timeout(jobd):
    daemon = jobd(
        'program web { command = "@PROGRAMS@/notifies" ready = notify start_timeout = 200ms start_retries = 0 }'
    )
    status = daemon.wait_state("web", "FATAL")
    assert status["exit"]["reason"] == "start_timeout"


def test_watchdog(jobd):
    daemon = jobd(
        'program web { command = "@PROGRAMS@/notifies READY=1 WATCHDOG" ready = notify watchdog = 2s backoff_min = 10ms }'
    )
    first = daemon.wait_state("web", "RUNNING")
    with daemon.events() as events:
        # It falls silent but lives.
        os.kill(first["pid"], signal.SIGUSR1)
        event = events.next(lambda event: event["name"] == "web" and event["to"] == "EXITED")
    assert event["exit"]["reason"] == "watchdog"
    assert daemon.wait_state("web", "RUNNING")["pid"] != first["pid"]


def test_priority_orders_the_start(jobd):
    daemon = jobd(
        'program c { command = "@PROGRAMS@/polite" priority = 1 }'
        'program a { command = "@PROGRAMS@/polite" priority = 3 }'
        'program b { command = "@PROGRAMS@/polite" priority = 2 }'
    )
    with daemon.events(since=0) as events:
        # Of numbers of processes the first may be a larger one: they begin anew.
        started = [events.next(lambda event: event["to"] == "STARTING" and event["name"] in "abc")["name"] for _ in range(3)]
    assert started == ["c", "b", "a"]


def test_instances_have_names_and_numbers(jobd):
    daemon = jobd('program web { command = "sh -c \'echo number $JOBD_INSTANCE; exec @PROGRAMS@/polite\'" instances = 3 }')
    for number in (1, 2, 3):
        daemon.wait_state(f"web:{number}", "RUNNING")
        # It runs before the logger has made its file.
        daemon.wait_log(f"web-{number}", f"number {number}")
    assert daemon.ctl("stop", "web:2").stdout == "web:2: stopped\n"
    assert daemon.status("web:1")["state"] == "RUNNING"
    daemon.ctl("scale", "web", 5)
    daemon.wait_state("web:5", "RUNNING")
    daemon.ctl("scale", "web", 1)
    assert [name for name in daemon.programs() if name.startswith("web")] == ["web"]
