"""A database that is down, as it is seen by who looks after jobd; and the SQL that jobctl brings along."""

import json
import os
import signal
import urllib.request

import pytest

from jobd_fixture import build_dir, free_port, wait_for
from postgres_alone import SCHEMA, Database, Postgres

pytestmark = pytest.mark.skipif(
    not (build_dir() / "src/jobd-outbox/jobd-outbox").exists(), reason="built without PostgreSQL"
)


@pytest.fixture
def server():
    one = Postgres()
    yield one
    one.close()


def outboxes(daemon):
    return {found["name"]: found["state"] for found in daemon.json("outbox")["outboxes"]}


def wait_outboxes(daemon, **states):
    wait_for(lambda: outboxes(daemon) == states, lambda: f"{states}: {outboxes(daemon)}\n{daemon.log('outboxes').decode()}", 40)


def test_a_database_that_is_down_is_degraded_and_no_fault(jobd, server):
    database, port = Database(server, "app"), free_port()
    daemon = jobd(
        f'outbox app {{ database = "{database.url}" }}\nhttp {{ listen = "127.0.0.1:{port}" }}\nscheduler {{ }}\n'
        'job tell { command = "true" }\nalerts { job = tell }\nalert rows { when = "outbox" }'
    )

    def ask(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()

    def alert():
        return next(found["state"] for found in daemon.json("alerts")["alerts"] if found["name"] == "rows")

    wait_outboxes(daemon, app="connected")
    for name in ("http", "outboxes", "runner", "scheduler"):
        daemon.wait_state(name, "RUNNING")
    assert daemon.json("health")["degraded"] == [] and alert() == "ok"
    assert json.loads(ask("/health")[1])["status"] == "ok" and 'jobd_outbox_up{outbox="app"} 1' in ask("/metrics")[1]

    server.stop()
    wait_outboxes(daemon, app="trouble")
    found = daemon.json("health")
    assert found["healthy"] is True and found["faults"] == []
    assert [(one["name"], one["fault"][:15]) for one in found["degraded"]] == [("app", "is in trouble: ")]
    lines = daemon.ctl("health").stdout.splitlines()
    assert len(lines) == 2 and lines[0].startswith("degraded: outbox app is in trouble: ") and lines[1].startswith("healthy: ")
    status, text = ask("/health")
    health = json.loads(text)
    assert (status, health["status"], health["outboxes"]) == (200, "degraded", {"connected": 0, "trouble": 1, "unknown": 0})
    # Who is not ready gets no requests: that would help nobody.
    assert ask("/health/ready")[0] == 200
    queue = json.loads(ask("/health/queue")[1])
    assert queue["outboxes"][0]["state"] == "trouble" and any(one.startswith("outbox app: ") for one in queue["warnings"])
    assert json.loads(ask("/api/v1/outboxes")[1])["outboxes"] == queue["outboxes"]
    assert 'jobd_outbox_up{outbox="app"} 0' in ask("/metrics")[1]
    assert "The outbox <code>app</code>" in ask("/")[1]
    doctor = json.loads(daemon.ctl("--json", "-c", str(daemon.config_path), "doctor", check=False).stdout)
    assert [one["verdict"] for one in doctor["checks"] if one["what"] == "outboxes"] == ["fault"]
    wait_for(lambda: alert() == "firing", "the alert")

    # A new scheduler hears it again, and one that is not told of is nobody's fault.
    os.kill(daemon.status("scheduler")["pid"], signal.SIGKILL)
    wait_outboxes(daemon, app="trouble")
    assert alert() == "firing"
    server.start()
    wait_outboxes(daemon, app="connected")
    wait_for(lambda: alert() == "ok", "the end of the alert")
    daemon.ctl("stop", "outboxes")
    wait_outboxes(daemon, app="unknown")
    assert 'jobd_outbox_up{outbox="app"} 0' in ask("/metrics")[1]

    daemon.write_config(f'http {{ listen = "127.0.0.1:{port}" }}\nscheduler {{ }}\n')
    daemon.ctl("reload")
    wait_outboxes(daemon)
    assert "jobd_outbox_up" not in ask("/metrics")[1]


def test_a_reload_that_adds_an_outbox_shows_it(jobd, server):
    database = Database(server, "app")
    first = f'outbox app {{ database = "{database.url}" }}\n'
    daemon = jobd(first)
    wait_outboxes(daemon, app="connected")
    daemon.write_config(first + 'outbox bad { database = "postgresql:///none?host=/nonexistent" }\noutbox off { enabled = false }')
    daemon.ctl("reload")
    wait_outboxes(daemon, app="connected", bad="trouble")


def test_jobctl_has_the_schema(jobd, server):
    """The same file, and psql takes it twice."""
    daemon = jobd("", start=False)
    printed = daemon.ctl("outbox", "sql").stdout
    assert printed == SCHEMA.read_text()
    database = Database(server, "app", schema=False)
    for _ in range(2):
        database.sql(printed)
    assert database.sql("SELECT jobd.enqueue('sink') IS NOT NULL") == ["t"] and database.waiting() == 1
