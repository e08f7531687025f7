"""Jobs out of PostgreSQL: what an app's transactions enqueue, and the rows of its own tables."""

import contextlib
import itertools
import os
import signal
import subprocess
import threading

import pytest

from idle import FOR_EVER, sleeps_ms
from jobd_fixture import TOP, WireClosed, WireError, build_dir, wait_for
from postgres_alone import SCHEMA, Database, Postgres

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


def test_a_thousand_rows_in_their_order_and_one_key_once(jobd, database):
    daemon = jobd(config(database))
    database.sql(
        """SELECT count(jobd.enqueue('sink', jsonb_build_array(n))) FROM generate_series(1, 1000) n;
        SELECT count(jobd.enqueue('keyed', idempotency_key => 'order-17')) FROM generate_series(1, 3);"""
    )
    found = wait_jobs(daemon, 1000, type="sink")
    assert [job["args"][0] for job in sorted(found, key=lambda job: job["seq"])] == list(range(1, 1001))
    wait_for(lambda: database.waiting() == 0, "the outbox to be empty")
    # The row is gone, but the queue knows the key.
    again = database.sql("SELECT jobd.enqueue('keyed', idempotency_key => 'order-17')")[0]
    wait_for(lambda: database.waiting() == 0, "the outbox to be empty")
    assert [job["jid"] for job in jobs(daemon, type="keyed")] == [again]


def test_what_cannot_be_a_job_is_marked_and_keeps_nobody_waiting(jobd, database):
    daemon = jobd(config(database, jobs="job sink { }\njob off { enabled = false }"))
    database.sql(
        """INSERT INTO jobd.outbox (type, options) VALUES ('wrong', '{"qeue": "mail"}'), ('wrong', '{"parent": "nobody-there"}'),
            ('off', NULL), ('sink', NULL);"""
    )
    assert [job["type"] for job in wait_jobs(daemon, 1)] == ["sink"]
    wait_for(lambda: database.waiting() == 3, "the good row to be gone")
    errors = database.sql("SELECT error FROM jobd.outbox ORDER BY position")
    assert errors[0] == "options: there is no member 'qeue' here"
    assert "nobody-there" in errors[1] and errors[2] == "the job 'off' is disabled"
    # Mended, it is tried again.
    database.sql("UPDATE jobd.outbox SET error = NULL, options = NULL WHERE type = 'wrong'")
    wait_jobs(daemon, 3)
    wait_for(lambda: database.waiting() == 1, "the mended rows to be gone")


TABLE = """CREATE TABLE notification_jobs (id bigserial PRIMARY KEY, kind text, payload text, scheduled_for timestamp,
    status text NOT NULL DEFAULT 'pending', error text);"""
STATEMENTS = """
    select  = "SELECT id, kind AS type, payload AS args, scheduled_for AS at FROM notification_jobs
               WHERE status = 'pending' ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED"
    done    = "UPDATE notification_jobs SET status = 'queued' WHERE id = $1"
    refused = "UPDATE notification_jobs SET status = 'failed', error = $2 WHERE id = $1"
"""


@pytest.mark.parametrize("how", ["every = 50ms channel = ''", "every = 0 channel = 'my jobs'"])
def test_a_table_of_the_app_is_taken(jobd, database, how):
    database.sql(TABLE)
    daemon = jobd(config(database, STATEMENTS + how))
    wait_says(daemon, "connected: app")
    database.sql(
        """BEGIN;
        INSERT INTO notification_jobs (kind, payload) SELECT 'sink', '[' || n || ']' FROM generate_series(1, 25) n;
        INSERT INTO notification_jobs (kind, payload) VALUES ('sink', '{"not": "an array"}'), ('sink', '[1'), (NULL, NULL);
        INSERT INTO notification_jobs (kind, scheduled_for) VALUES ('sink', '2038-01-19 03:14:07');
        NOTIFY "my jobs"; COMMIT;"""
    )
    found = {job["jid"]: job for job in wait_jobs(daemon, 26)}
    assert set(found) == {f"outbox-app-{n}" for n in [*range(1, 26), 29]}
    assert found["outbox-app-29"]["run_at"] == "2038-01-19T03:14:07Z"
    wait_for(lambda: database.sql("SELECT 1 FROM notification_jobs WHERE status = 'pending'") == [], "the marks")
    assert database.sql("SELECT id || ' ' || error FROM notification_jobs WHERE status = 'failed' ORDER BY id") == [
        "26 args is not a JSON array",
        "27 args is no JSON: it does not end",
        "28 its type is null",
    ]


def test_a_statement_that_marks_nothing_is_said(jobd, database):
    database.sql(TABLE + "INSERT INTO notification_jobs (kind) VALUES ('sink');")
    daemon = jobd(config(database, STATEMENTS.replace("'queued' WHERE", "'queued' WHERE false AND")))
    wait_says(daemon, "app: a statement that marks a row has changed none")
    wait_jobs(daemon, 1)
    daemon.write_config(config(database, STATEMENTS.replace("SET status = 'queued'", "SET status = 'pending'")))
    daemon.ctl("reload")
    wait_says(daemon, "app: the select finds rows again that are marked")
    # It was pushed each time, and taken once.
    assert len(jobs(daemon)) == 1


def test_a_database_that_is_not_as_it_must_be_is_said_and_waited_for(jobd, server):
    bare = Database(server, f"app{next(numbers)}", schema=False)
    good = Database(server, f"app{next(numbers)}")
    daemon = jobd(
        config(bare) + f'outbox gone {{ database = "{server.url("nowhere")}" }}\noutbox good {{ database = "{good.url}" }}\n'
    )
    for text in (
        'app: relation "jobd.outbox" does not exist',
        'database "nowhere" does not exist',
        "connected: good",
    ):
        wait_says(daemon, text)
    good.sql("SELECT jobd.enqueue('sink')")
    wait_jobs(daemon, 1)
    bare.sql(SCHEMA.read_text() + "SELECT jobd.enqueue('sink');")
    wait_jobs(daemon, 2)
    wait_says(daemon, "connected: app, good")
    daemon.write_config(f'outbox who {{ database = "{server.url("postgres", "nobody")}" }}\noutbox good {{ database = "{good.url}" }}')
    daemon.ctl("reload")
    wait_says(daemon, 'who: FATAL: role "nobody" does not exist; connected: good')


def test_two_hosts_share_the_rows(jobd, database):
    hosts = [jobd(config(database, "batch = 50")) for _ in range(2)]
    for host in hosts:
        wait_says(host, "connected: app")
    for _ in range(4):
        database.sql("SELECT count(jobd.enqueue('sink')) FROM generate_series(1, 500)")
    wait_for(lambda: database.waiting() == 0, "the outbox to be empty")
    taken = [[job["jid"] for job in jobs(host)] for host in hosts]
    assert len(taken[0] + taken[1]) == 2000 == len(set(taken[0] + taken[1]))


def test_it_sleeps_while_nobody_says_anything(jobd, database):
    daemon = jobd(config(database, "every = 0"))
    wait_says(daemon, "connected: app")
    database.sql("SELECT jobd.enqueue('sink')")
    wait_jobs(daemon, 1)
    wait_for(lambda: database.waiting() == 0, "the outbox to be empty")
    pid = daemon.status("outboxes")["pid"]
    wait_for(lambda: sleeps_ms(pid) == FOR_EVER, lambda: f"it to sleep for ever, not {sleeps_ms(pid)} ms")
    # And it ends without being killed.
    daemon.ctl("stop", "outboxes")
    assert daemon.status("outboxes")["exit"]["code"] == 0


def test_the_examples_function_enqueues(jobd, database):
    daemon = jobd(config(database))
    database.sql((TOP / "contrib/examples/notifications/postgresql.sql").read_text())
    database.sql(
        """SELECT enqueue_notification_job('ann@example.org', 'g1', NULL, 'welcome', 'urgent', content => '{"name": "Ann"}');
        SELECT enqueue_notification_job('+4912345', 'g1', 'u1', 'message', method => 'sms', delay => '1 hour');"""
    )
    mail, text = sorted(wait_jobs(daemon, 2), key=lambda job: job["jobtype"])
    assert (mail["jobtype"], mail["priority"], mail["args"]) == ("email.welcome", 9, [{"to": "ann@example.org", "name": "Ann"}])
    assert "group:g1" in mail["tags"] and len(mail["tags"]) == 5 and "update:u1" in text["tags"]
    assert (text["jobtype"], text["state"]) == ("sms", "scheduled")


class Taker(threading.Thread):
    """A worker that takes whatever comes, also from a scheduler that is new, and notes it."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.jobd, self.taken, self.over = daemon, {}, threading.Event()

    def run(self):
        while not self.over.is_set():
            with contextlib.suppress(OSError, WireClosed, WireError), self.jobd.wire("queue.sock", hello=False) as wire:
                wire.reply()
                # A job that was on its way here when the scheduler was killed did not arrive: it has none.
                wire.request('HELLO {"v":2,"wid":"taker","release":true,"running":[]}')
                while not self.over.is_set():
                    if job := wire.request("FETCH default"):
                        # The same one may come again if the queue did not hear its end; another one was made at another time.
                        self.taken.setdefault(job["args"][0], set()).add(job["created_at"])
                        wire.request(f'ACK {{"jid":"{job["jid"]}"}}')


def enqueue(database, first, count):
    """One transaction a job, in one session; the numbers that were acknowledged."""
    lines = "".join(f"SELECT jobd.enqueue('sink', '[{n}]')::text, pg_sleep(0.0005), {n};\n" for n in range(first, first + count))
    return subprocess.Popen(
        database.server.command(database.name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ), lines


def kill_outboxes(daemon, _):
    os.kill(daemon.status("outboxes")["pid"], signal.SIGKILL)


def kill_scheduler(daemon, _):
    os.kill(daemon.status("scheduler")["pid"], signal.SIGKILL)


def restart_database(_, server):
    server.stop()
    server.start()


def test_a_queue_that_goes_while_rows_are_looked_for_gets_them_later(jobd, database):
    """The rows come when nobody can be asked any more."""
    daemon = jobd(config(database))
    wait_says(daemon, "connected: app")
    session = subprocess.Popen(database.server.command(database.name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    session.stdin.write("BEGIN; LOCK TABLE jobd.outbox; SELECT jobd.enqueue('sink', '[1]');\n")
    session.stdin.flush()
    session.stdout.readline()
    database.sql("NOTIFY jobd_outbox")
    waits = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'jobd outbox app' AND wait_event_type = 'Lock'"
    wait_for(lambda: database.sql(waits), "the select to wait for the lock")
    daemon.ctl("stop", "scheduler")
    session.communicate("COMMIT;\n", timeout=60)
    wait_for(lambda: not database.sql(waits), "the select to have its rows")
    daemon.ctl("start", "scheduler")
    assert wait_jobs(daemon, 1)[0]["args"] == [1]
    wait_for(lambda: database.waiting() == 0, "the outbox to be empty")


VICTIMS = (kill_outboxes, kill_scheduler, restart_database, kill_outboxes)


@pytest.mark.slow(10)
def test_what_is_killed_loses_and_doubles_nothing(jobd, server, database):
    """Jobs that are done are forgotten at once here, so that nothing but the row's key keeps a second one away."""
    daemon = jobd(config(database, "batch = 20", jobs="job sink { keep = 0 }"))
    wait_says(daemon, "connected: app")
    taker = Taker(daemon)
    taker.start()
    acknowledged, rounds, size = set(), 6, 150
    for round in range(rounds):
        session, lines = enqueue(database, round * size, size)
        killer = threading.Timer(0.1 + 0.02 * round, VICTIMS[round % len(VICTIMS)], (daemon, server))
        killer.start()
        output, _ = session.communicate(lines, timeout=60)
        killer.join()
        acknowledged |= {int(line.rsplit("|", 1)[1]) for line in output.splitlines()}
    assert len(acknowledged) > rounds * size / 2
    wait_for(lambda: database.waiting() == 0, lambda: f"the outbox to be empty: {daemon.status('outboxes')['status']}", 40)
    wait_for(lambda: acknowledged <= set(taker.taken), lambda: f"{acknowledged - set(taker.taken)} to be taken")
    taker.over.set()
    # One that was committed while the server ended was acknowledged to nobody.
    extra = set(taker.taken) - acknowledged
    assert len(extra) <= rounds and extra <= set(range(rounds * size))
    assert {number: times for number, times in taker.taken.items() if len(times) > 1} == {}


@pytest.mark.parametrize("remember, times", [("1d", 1), ("0", 2)])
def test_a_row_that_could_not_be_marked_is_known(jobd, server, database, remember, times):
    """Also when its job is done and forgotten; without `remember` it is doubled then, as the manual says."""
    sleep = """CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(%d); RETURN OLD; END $$;"""
    database.sql(sleep % 1000 + "CREATE TRIGGER hold BEFORE DELETE ON jobd.outbox FOR EACH ROW EXECUTE FUNCTION hold();")
    daemon = jobd(config(database, f"remember = {remember}", jobs="job sink { keep = 0 }"))
    taker = Taker(daemon)
    taker.start()
    database.sql("SELECT jobd.enqueue('sink', '[1]')")
    wait_for(lambda: taker.taken, "the job to be taken")
    kill_outboxes(daemon, server)
    database.sql(sleep % 0)
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'jobd outbox %'")
    wait_for(lambda: database.waiting() == 0, "the row to be gone")
    wait_for(lambda: len(taker.taken[1]) >= times, lambda: f"the job to be there {times} times: {taker.taken}")
    taker.over.set()
    assert len(taker.taken[1]) == times and len(taker.taken) == 1
