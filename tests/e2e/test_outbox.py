"""Jobs out of PostgreSQL: what an app's transactions enqueue, and the rows of its own tables."""

import contextlib
import itertools

import pytest

from jobd_fixture import build_dir, wait_for
from postgres_alone import Database, Postgres

pytestmark = pytest.mark.skipif(
    not (build_dir() / "src/jobd-outbox/jobd-outbox").exists(), reason="built without PostgreSQL"
)
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    one = Postgres()
    yield one
    one.close()


@pytest.fixture
def database(server):
    return Database(server, f"app{next(numbers)}")


def config(database, more="", jobs="job sink { }"):
    return f'{jobs}\noutbox app {{ database = "{database.url}" {more} }}\n'


def jobs(daemon, **wanted):
    return daemon.json("jobs", *(f"--{name}={value}" for name, value in wanted.items()), "--limit=10000")["jobs"]


def wait_jobs(daemon, count, **wanted):
    wait_for(lambda: len(jobs(daemon, **wanted)) >= count, lambda: f"{count} jobs; there are {jobs(daemon)}")
    return jobs(daemon, **wanted)


def wait_says(daemon, text):
    wait_for(
        lambda: text in (daemon.status("outboxes")["status"] or ""),
        lambda: f"{text!r} in {daemon.status('outboxes')['status']!r}\n{daemon.log('outboxes').decode()}",
    )


def test_what_is_committed_is_pushed_and_what_is_rolled_back_is_not(jobd, database):
    daemon = jobd(config(database))
    ids = database.sql(
        """BEGIN; SELECT jobd.enqueue('sink', '["never"]'); ROLLBACK;
        BEGIN; SELECT jobd.enqueue('sink', '["a", 12345678901234567890]', queue => 'mail', priority => 7,
            options => '{"tags": ["x"], "retry": 3, "custom": {"mine": 1}}');
        SELECT jobd.enqueue('sink', run_at => '2038-01-19 03:14:07.5+01'); COMMIT;"""
    )
    found = {job["jid"]: job for job in wait_jobs(daemon, 2)}
    assert set(found) == set(ids[1:])
    job = found[ids[1]]
    assert (job["args"], job["queue"], job["priority"], job["state"]) == (["a", 12345678901234567890], "mail", 7, "ready")
    assert job["tags"] == ["x"] and job["retry"] == 3 and job["custom"]["mine"] == 1
    later = found[ids[2]]
    assert (later["state"], later["run_at"], later["args"]) == ("scheduled", "2038-01-19T02:14:07.500Z", [])
    wait_for(lambda: database.waiting() == 0, "the outbox to be empty")
