"""Every verb of the queue's socket, with the real scheduler and its database."""

import contextlib
import json
import sqlite3
import time

import pytest
from jobd_fixture import wait_for
from wire import Wire, WireClosed, WireError


def job(number, jobtype="Resize", **more):
    return {"jid": f"jid-{number:08}", "jobtype": jobtype, "args": [], **more}


def push(wire, number, **more):
    return wire.request("PUSH " + json.dumps(job(number, **more)))


def ask(wire, verb, **fields):
    return wire.request(f"{verb} {json.dumps(fields)}")


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.request(line)
    return str(error.value)


def soon(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def jid(number):
    return f"jid-{number:08}"


# Faktory's.


def test_a_jid_is_used_once_and_a_unique_job_is_not_taken_twice(scheduler):
    one = scheduler()
    wire = one.wire()
    assert push(wire, 1) == "OK"
    assert "jid-00000001" in refused(wire, "PUSH " + json.dumps(job(1)))
    unique = {"unique_for": 60}
    assert push(wire, 2, jobtype="Once", custom=unique) == "OK"
    assert refused(wire, "PUSH " + json.dumps(job(3, "Once", custom=unique))) == "NOTUNIQUE Job not unique"
    answer = wire.request("PUSHB " + json.dumps([job(4, "Once", custom=unique), job(5)]))
    assert answer == {"jid-00000004": "Job not unique"}
    assert push(wire, 6, jobtype="Once", args=[1], custom=unique) == "OK"


def test_a_long_pushb_lets_others_through(scheduler):
    """The first piece answers the FETCH, and so lets the COUNT behind it be read: whenever we look, that was in between."""
    one = scheduler()
    wire, other = one.wire(), one.worker("w-1", labels=())
    jobs = [job(number, args=["x" * 50]) for number in range(30000)] + [{"jid": "bad-job-1", "jobtype": ""}]
    line = "PUSHB " + json.dumps(jobs)
    other.send("FETCH default")
    other.send("COUNT {}")
    wire.send(line)
    wire.send("INFO")
    assert wire.reply() == {"bad-job-1": "jobs must have a jobtype parameter"}
    assert wire.reply()["faktory"]["queues"] == {"default": 29999}
    assert other.reply()["jid"] == jid(0)
    assert 0 < other.reply()["count"] < 30000
    assert other.request("COUNT {}")["count"] == 30000


def test_queues_are_removed_and_cleared(scheduler):
    one = scheduler()
    wire = one.wire()
    wire.request("PUSHB " + json.dumps([job(number, queue="big") for number in range(2500)]))
    push(wire, 9000, queue="other")
    push(wire, 9001, queue="big", at=soon(3600))
    assert wire.request("QUEUE PAUSE big") == "OK"
    assert wire.request("QUEUE CLEAR big") == {"removed": 2500}
    (big,) = wire.request("QUEUES big")
    assert big["size"] == 0 and big["scheduled"] == 1 and big["paused"] is True
    push(wire, 9002, queue="big")
    assert wire.request("QUEUE REMOVE big nonsense") == "OK"
    (big,) = wire.request("QUEUES big")
    assert big["size"] == 0 and big["paused"] is False
    assert wire.request("QUEUE REMOVE *") == "OK"
    assert wire.request("COUNT {}")["states"] == {"scheduled": 1}


def test_mutate_moves_what_its_filter_says(scheduler):
    one = scheduler()
    wire = one.wire()
    for number in range(6):
        push(wire, number, jobtype="AB"[number % 2], at=soon(3600), args=[number])

    def mutate(cmd, target="scheduled", **filter_):
        return ask(wire, "MUTATE", cmd=cmd, target=target, filter=filter_)

    assert mutate("kill", jids=[jid(0), "no-such-job"], jobtype="B") == "OK"
    assert wire.request("COUNT {}")["states"] == {"scheduled": 5, "dead": 1}
    assert mutate("requeue", jobtype="B", regexp='*"args":\\[3]*') == "OK"
    assert one.job(jid(3))["state"] == "ready"
    assert mutate("discard", regexp='*"jobtype":"A"*') == "OK"
    assert wire.request("COUNT {}")["states"] == {"scheduled": 2, "dead": 1, "ready": 1}
    assert mutate("clear") == "OK"
    assert mutate("requeue", "dead") == "OK"
    assert wire.request("COUNT {}")["states"] == {"ready": 2}
    assert refused(wire, 'MUTATE {"cmd":"x","target":"dead"}') == "ERR unknown mutate operation"
    assert refused(wire, 'MUTATE {"cmd":"kill","target":"queue"}') == "ERR invalid target for mutation command"
    assert refused(wire, "MUTATE kill dead") == "ERR invalid format"


def test_flush_takes_the_right(scheduler):
    one = scheduler(net=["tcp"])
    wire = one.wire()
    push(wire, 1)
    stranger = Wire(one.addresses["tcp"], hello=False)
    stranger.reply()
    stranger.request('HELLO {"v":2}')
    assert "DENIED" in refused(stranger, "FLUSH")
    assert "DENIED" in refused(stranger, "DB CHECK")
    assert wire.request("FLUSH") == "OK"
    assert wire.request("COUNT {}") == {"count": 0, "states": {}}
    assert push(wire, 1) == "OK"


def test_progress_is_tracked(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    push(wire, 1, custom={"track": 1}, reserve_for=60)
    assert wire.request(f"TRACK GET {jid(1)}")["state"] == "enqueued"
    worker.request("FETCH default")
    assert ask(worker, "TRACK SET", jid=jid(1), percent=40, desc="nearly half") == "OK"
    tracked = wire.request(f"TRACK GET {jid(1)}")
    assert tracked["state"] == "working" and tracked["percent"] == 40 and tracked["desc"] == "nearly half"
    assert ask(worker, "TRACK SET", jid=jid(1), reserve_until=soon(7200)) == "OK"
    assert worker.request(json_line("ACK", jid=jid(1), result={"size": 9007199254740993})) == "OK"
    assert wire.request(f"TRACK GET {jid(1)}")["state"] == "success"
    assert one.job(jid(1))["result"] == {"size": 9007199254740993}
    assert wire.request("TRACK GET no-such-job")["state"] == "unknown"
    assert "no such TRACK subcommand" in refused(wire, "TRACK EAT")


def json_line(verb, **fields):
    return f"{verb} {json.dumps(fields)}"


def test_a_batch_calls_back(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    callbacks = {
        "complete": job(100, "Complete", queue="callbacks"),
        "success": job(101, "Success", queue="callbacks"),
    }
    bid = ask(wire, "BATCH NEW", description="two", **callbacks).decode()
    for number in (1, 2):
        push(wire, number, custom={"bid": bid})
    assert wire.request(f"BATCH COMMIT {bid}") == "OK"
    for number in (1, 2):
        assert worker.request("FETCH default")["jid"] == jid(number)
    status = wire.request(f"BATCH STATUS {bid}")
    assert status["total"] == 2 and status["pending"] == 2 and status["complete_st"] == ""
    assert set(status) == {"bid", "description", "created_at", "total", "pending", "failed", "complete_st", "success_st"}
    for number in (1, 2):
        worker.request(json_line("ACK", jid=jid(number)))
    for word in ("Complete", "Success"):
        callback = worker.request("FETCH callbacks")
        assert callback["jobtype"] == word and callback["custom"]["_bid"] == bid
        worker.request(json_line("ACK", jid=callback["jid"]))
    status = wire.request(f"BATCH STATUS {bid}")
    assert (status["complete_st"], status["success_st"], status["pending"]) == ("2", "2", 0)
    assert "b-none" in refused(wire, "BATCH STATUS b-none")
    assert "needs a success or a complete" in refused(wire, "BATCH NEW {}")


# Workers.


def test_all_connections_of_a_worker_are_one(scheduler):
    one = scheduler()
    first, second = one.worker("w1", labels=["a", "b"]), one.worker("w1", labels=[])
    wire = one.wire()
    push(wire, 1)
    assert first.request("FETCH default")["jid"] == jid(1)
    (worker,) = wire.request("WORKERS")
    assert worker["wid"] == "w1" and worker["connections"] == 2 and worker["running"] == [jid(1)]
    assert worker["labels"] == ["a", "b"] and worker["state"] == "running" and worker["started_at"]
    assert ask(wire, "BEAT", wid="w1", rss_kb=4711) == "OK"
    assert wire.request("WORKER quiet w1") == "OK"
    push(wire, 2)
    assert second.request("FETCH default") is None
    assert ask(wire, "BEAT", wid="w1", current_state="running") == {"state": "quiet"}
    assert wire.request("WORKER terminate w1") == "OK"
    assert ask(second, "BEAT", wid="w1") == {"state": "terminate"}
    assert wire.request("WORKERS")[0]["rss_kb"] == 4711
    assert "unknown worker w2" in refused(wire, "WORKER quiet w2")
    assert "WORKER takes" in refused(wire, "WORKER running w1")
    first.close()
    second.close()
    wait_for(lambda: wire.request("WORKERS") == [], "the worker's end")


def test_a_foreign_worker_hears_of_its_orders_at_its_beat(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    for number in (1, 2):
        push(wire, number)
        worker.request("FETCH default")
    assert ask(worker, "BEAT", wid="w1") == "OK"
    assert wire.request(f"CANCEL {jid(1)}") == "OK"
    for _ in range(2):
        assert ask(worker, "BEAT", wid="w1") == {"kill": jid(1)}
    assert wire.request(f"KILL {jid(2)}") == "OK"
    assert ask(worker, "BEAT", wid="w1") == {"kill": f"{jid(1)} {jid(2)}"}
    for number in (1, 2):
        worker.request(json_line("FAIL", jid=jid(number), errtype="Killed", message="as told"))
    assert ask(worker, "BEAT", wid="w1") == "OK"
    assert one.job(jid(1))["state"] == "cancelled" == one.job(jid(2))["state"]


def test_an_ack_of_one_who_lost_the_job_changes_nothing(scheduler):
    one = scheduler()
    wire, first, second = one.wire(), one.worker("w1", labels=[]), one.worker("w2", labels=[])
    push(wire, 1)
    first.request("FETCH default")
    assert ask(first, "RETURN", jid=jid(1), delay_ms=0, reason="not now") == "OK"
    assert second.request("FETCH default")["jid"] == jid(1)
    assert first.request(json_line("ACK", jid=jid(1))) == "OK"
    assert "Job not found" in refused(first, json_line("FAIL", jid=jid(1)))
    assert one.job(jid(1))["state"] == "running" and one.job(jid(1))["worker"] == "w2"
    assert second.request(json_line("ACK", jid=jid(1))) == "OK"
    assert one.job(jid(1))["state"] == "done"
    assert len(one.job(jid(1))["attempts"]) == 1


def test_a_workers_jobs_are_released_when_it_asks_for_that(scheduler):
    one = scheduler()
    wire = one.wire()
    for number, release in ((1, False), (2, True)):
        push(wire, number)
        leaving = Wire(one.socket_path, hello=False)
        leaving.reply()
        assert ask(leaving, "HELLO", v=2, wid=f"w{number}", release=release) == "OK"
        assert leaving.request("FETCH default")["jid"] == jid(number)
        leaving.close()
    worker = one.worker("w3", labels=[])
    assert worker.request("FETCH default")["jid"] == jid(2)
    assert one.job(jid(1))["state"] == "running" and one.job(jid(1))["worker"] == "w1"


# Jobs.


def test_lists_have_filters_and_pages(scheduler):
    one = scheduler()
    wire = one.wire()
    for number in range(10):
        push(wire, number, jobtype="AB"[number % 2], queue="xy"[number // 5],
             custom={"tags": ["even"] if number % 2 == 0 else ["odd", "n%d" % number]})
    push(wire, 10, at=soon(3600))

    def numbers(**filter_):
        return [int(found["jid"][4:]) for found in ask(wire, "JOBS", **filter_)]

    assert numbers() == list(range(10, -1, -1))
    assert numbers(state=["ready"], type="A", order="oldest") == [0, 2, 4, 6, 8]
    assert numbers(queue="y", tag="odd") == [9, 7, 5]
    assert numbers(tag="n3") == [3]
    assert numbers(state="scheduled") == [10]
    assert numbers(until=soon(-3600)) == [] and len(numbers(since=soon(-3600))) == 11
    seen, after = [], 0
    while page := ask(wire, "JOBS", order="oldest", limit=4, after=after):
        seen += [found["jid"] for found in page]
        after = page[-1]["seq"]
    assert seen == [jid(number) for number in range(11)]
    assert ask(wire, "JOBS", limit=2, after=after)[0]["jid"] == jid(9)
    assert ask(wire, "COUNT", type="A") == {"count": 5, "states": {"ready": 5}}
    for wrong, words in {
        '{"state":["ready","x"]}': "'x' is no state",
        '{"since":"yesterday"}': "since: 'yesterday'",
        '{"order":"random"}': "order is newest or oldest",
        '{"limit":20000}': "limit is from 1",
        '{"type":7}': "type is not a text",
        '{"nonsense":1}': "unknown member 'nonsense'",
    }.items():
        assert words in refused(wire, "JOBS " + wrong) and words in refused(wire, "COUNT " + wrong)


def test_waiting_jobs_are_changed_deleted_and_killed(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    push(wire, 1, at=soon(3600))
    assert ask(wire, "CHANGE", jid=jid(1), queue="fast", priority=9) == "OK"
    assert ask(wire, "CHANGE", jid=jid(1), run_at=soon(-1)) == "OK"
    assert worker.request("FETCH fast")["priority"] == 9
    assert "does not run yet" in refused(wire, json_line("CHANGE", jid=jid(1), priority=1))
    assert "cancel it first" in refused(wire, f"DELETE {jid(1)}")
    assert "priority is from" in refused(wire, json_line("CHANGE", jid=jid(1), priority=0))
    assert "queue names must match" in refused(wire, json_line("CHANGE", jid=jid(1), queue="a b"))
    worker.request(json_line("ACK", jid=jid(1)))
    assert wire.request(f"DELETE {jid(1)}") == "OK"
    assert "Job not found" in refused(wire, f"DELETE {jid(1)}")
    push(wire, 2)
    assert wire.request(f"KILL {jid(2)}") == "OK"
    assert one.job(jid(2))["state"] == "cancelled"


def test_many_jobs_are_changed_at_once(scheduler):
    one = scheduler()
    wire = one.wire()
    wire.request("PUSHB " + json.dumps([job(number, "AB"[number % 2]) for number in range(2400)]))
    bulk = {"do": "cancel", "filter": {"type": "A"}}
    first = ask(wire, "BULK", **bulk)
    assert first["changed"] == 1000 and first["more"] is True and first["last"] > 1000
    assert ask(wire, "BULK", **bulk)["changed"] == 200
    assert ask(wire, "COUNT", type="A")["states"] == {"cancelled": 1200}
    assert ask(wire, "BULK", do="retry", filter={"state": "cancelled"}, limit=10)["changed"] == 10
    assert ask(wire, "BULK", do="delete", filter={"state": "cancelled"})["changed"] == 1000
    assert "do is retry" in refused(wire, '{"BULK"}'.replace('{"BULK"}', 'BULK {"do":"eat","filter":{}}'))
    assert "BULK needs" in refused(wire, 'BULK {"do":"retry"}')


# Queues, numbers, events.


def test_queues_show_their_limits(scheduler):
    one = scheduler('queue mailers { concurrency = 5 rate = "50/s" }\nqueue fast { weight = 3 }\n')
    wire = one.wire()
    push(wire, 1, queue="mailers")
    queues = {found["name"]: found for found in wire.request("QUEUES")}
    assert queues["mailers"]["size"] == 1 and queues["mailers"]["concurrency"] == 5
    assert queues["mailers"]["rate"] == 50 and queues["mailers"]["rate_period_ms"] == 1000
    assert queues["fast"]["weight"] == 3 and queues["fast"]["size"] == 0 and queues["fast"]["latency_ms"] == 0
    assert ask(wire, "LIMIT", queue="mailers", concurrency=2, rate=7, rate_period_ms=60000) == "OK"
    one.restart()
    wire = one.wire()
    (mailers,) = wire.request("QUEUES mailers")
    assert (mailers["concurrency"], mailers["rate"], mailers["rate_period_ms"]) == (2, 7, 60000)
    assert mailers["latency_ms"] > 0
    assert ask(wire, "LIMIT", queue="mailers", concurrency=None) == "OK"
    assert wire.request("QUEUES mailers")[0]["concurrency"] == 5
    assert ask(wire, "LIMIT", queue="mailers", rate=None) == "OK"
    (mailers,) = wire.request("QUEUES mailers")
    assert (mailers["rate"], mailers["rate_period_ms"]) == (50, 1000)
    assert "weight is from 1 to 1000" in refused(wire, 'LIMIT {"queue":"mailers","weight":0}')
    assert "LIMIT needs" in refused(wire, "LIMIT {}")
    assert "no such queue" in refused(wire, "QUEUES a*b")


def test_statistics_are_kept_by_the_hour(scheduler):
    one = scheduler()
    wire, worker = one.wire(), one.worker("w1", labels=[])
    for number in range(3):
        push(wire, number, retry=-1)
        worker.request("FETCH default")
        verb = "ACK" if number < 2 else "FAIL"
        worker.request(json_line(verb, jid=jid(number)))
    stats = wire.request("STATS hours=2")
    assert stats["processed"] == 3 and stats["failures"] == 1
    assert stats["states"]["done"] == 2 and stats["states"]["dead"] == 1
    assert sum(hour["pushed"] for hour in stats["hours"]) == 3
    assert sum(hour["done"] for hour in stats["hours"]) == 2 and sum(hour["dead"] for hour in stats["hours"]) == 1
    assert "STATS takes" in refused(wire, "STATS hours=0")


def test_events_are_followed(scheduler):
    one = scheduler()
    follower, wire, worker = one.wire(), one.wire(), one.worker("w1", labels=[])
    assert follower.request("EVENTS") == "OK"
    push(wire, 1)
    worker.request("FETCH default")
    worker.request(json_line("ACK", jid=jid(1)))
    events = [follower.reply() for _ in range(3)]
    assert [(event["from"], event["to"]) for event in events] == [
        (None, "ready"), ("ready", "running"), ("running", "done")]
    assert all(event["jid"] == jid(1) and event["type"] == "Resize" for event in events)
    late = one.wire()
    assert late.request(f"EVENTS since={events[0]['seq']}") == "OK"
    assert [late.reply()["to"] for _ in range(2)] == ["running", "done"]


def test_a_follower_that_does_not_read_is_dropped(scheduler):
    one = scheduler()
    follower, wire = one.wire(), one.wire()
    assert follower.request("EVENTS") == "OK"
    for start in range(0, 40000, 2000):
        wire.request("PUSHB " + json.dumps([job(number) for number in range(start, start + 2000)]))
    with pytest.raises((WireClosed, ConnectionResetError)):
        while True:
            follower.reply()


def test_breakers_are_told_and_shown(scheduler):
    one = scheduler()
    wire = one.wire()
    assert wire.request("BREAKERS") == []
    ask(wire, "BREAKER", target="http://a", state="open", until="2036-01-01T00:00:00Z", failures=5)
    ask(wire, "BREAKER", target="http://b", state="half-open")
    ask(wire, "BREAKER", target="http://a", state="closed")
    breakers = {found["target"]: found for found in wire.request("BREAKERS")}
    assert breakers["http://a"]["state"] == "closed" and breakers["http://b"]["state"] == "half-open"
    assert "state is closed" in refused(wire, 'BREAKER {"target":"x","state":"ajar"}')


# Schedules of users, the database.


def test_users_make_schedules(scheduler):
    one = scheduler('job digest { command = "true" }\njob daily { command = "true" schedule = "@daily" }\n')
    wire = one.wire()
    made = ask(wire, "SCHEDULE SET", name="user-7", job="digest", args=[7], frequency="weekly", time="08:30", day=1,
               timezone="Europe/Madrid", tags=["user"])
    assert made["name"] == "user-7" and made["args"] == [7] and made["enabled"] is True and made["next_at"]
    ask(wire, "SCHEDULE SET", name="user-8", job="digest", schedule="every day at 9:00", enabled=False)
    ask(wire, "SCHEDULE SET", name="user-9", job="digest", frequency="monthly", time="07:00", day=31, month_end="last")
    assert [found["name"] for found in ask(wire, "SCHEDULES", limit=2)] == ["user-7", "user-8"]
    assert [found["name"] for found in ask(wire, "SCHEDULES", after="user-8")] == ["user-9"]
    assert [found["name"] for found in ask(wire, "SCHEDULES", enabled=False)] == ["user-8"]
    assert [found["name"] for found in ask(wire, "SCHEDULES", tag="user")] == ["user-7"]
    assert [found["name"] for found in wire.request("SCHEDULES")] == ["digest", "daily"]
    assert wire.request("SCHEDULES user-9 daily")[0]["day"] == 31
    assert wire.request("PAUSE user-7") == "OK"
    assert wire.request("SCHEDULES user-7")[0]["enabled"] is False
    assert wire.request("RESUME user-7") == "OK"
    one.restart()
    wire = one.wire()
    assert wire.request("SCHEDULES user-7")[0]["next_at"] == made["next_at"]
    assert wire.request("SCHEDULE DELETE user-7") == "OK"
    assert "no such" in refused(wire, "SCHEDULES user-7")
    assert "no such schedule" in refused(wire, "SCHEDULE DELETE user-7")
    assert "configuration" in refused(wire, "SCHEDULE DELETE daily")
    assert "SCHEDULE SET needs" in refused(wire, "SCHEDULE SET {}")
    for wrong in ({"job": "digest"}, {"job": "digest", "schedule": "at noon-ish"}, {"job": "digest", "frequency": "hourly"},
                  {"job": "digest", "frequency": "daily", "time": "25:00"}):
        assert refused(wire, json_line("SCHEDULE SET", name="wrong", **wrong)).startswith("ERR ")


def test_the_database_is_checked_and_copied(scheduler):
    one = scheduler()
    wire = one.wire()
    wire.request("PUSHB " + json.dumps([job(number) for number in range(3000)]))
    assert wire.request("DB CHECK") == "OK"
    copy = one.dir / "copy.db"
    assert wire.request(f"DB BACKUP {copy}") == "OK"
    with contextlib.closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT count(*) FROM job").fetchone() == (3000,)
    assert refused(wire, f"DB BACKUP {copy}").startswith("ERR ")
    assert "begins with" in refused(wire, "DB BACKUP relative.db")
    assert wire.request("FLUSH") == "OK"
    assert wire.request("DB VACUUM") == "OK"
    assert push(wire, 1) == "OK"
    assert "DB takes" in refused(wire, "DB EAT")
