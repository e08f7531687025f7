"""A caller who is confined to a tag sees, counts, changes and makes only what carries it: the verbs of the queue."""

import json

import pytest

from jobd_fixture import wait_for
from wire import WireClosed, WireError

JOBS = """
job hello { command = "true"
  schedule = "every day at 3am" }
job theirs { command = "true"
  schedule = "every day at 4am"
  tags = { "tenant:1" } }
"""


class Tenant:
    """Asks as the caller who is confined to this tag."""

    def __init__(self, scheduler, tag):
        self.wire, self.tag = scheduler.wire(), tag

    def __call__(self, verb, argument=""):
        assert self.wire.request("AS " + json.dumps({"who": self.tag, "tag": self.tag})) == "OK"
        return self.wire.request(f"{verb} {argument if isinstance(argument, str) else json.dumps(argument)}")

    def refused(self, verb, argument=""):
        with pytest.raises(WireError) as error:
            self(verb, argument)
        return str(error.value)

    def push(self, jid, **more):
        return self("PUSH", {"jid": jid, "jobtype": "mail", "args": [1], **more})

    def jids(self, **query):
        return [job["jid"] for job in self("JOBS", query)]


@pytest.fixture
def world(scheduler):
    s = scheduler(JOBS)
    one, two = Tenant(s, "tenant:1"), Tenant(s, "tenant:2")
    one.push("one-0001"), one.push("one-0002", custom={"tags": ["urgent"]})
    two.push("two-0001"), two.push("two-0002", custom={"tags": ["urgent"]})
    s.request('PUSH {"jid":"all-0001","jobtype":"mail","args":[]}')
    return s, one, two


def test_only_what_carries_the_tag_is_seen_and_counted(world):
    s, one, two = world
    assert one.jids() == ["one-0002", "one-0001"] and two.jids() == ["two-0002", "two-0001"]
    assert one.jids(tag="urgent") == ["one-0002"] and one.jids(tag="tenant:2") == []
    assert one.jids(state="ready", type="mail", queue="default", limit=1) == ["one-0002"]
    assert one("COUNT", {})["count"] == 2 and one("COUNT", {"state": "ready"})["states"] == {"ready": 2}
    assert one("JOB", "one-0001")["tags"] == ["tenant:1"]
    assert one("JOB", "one-0002")["tags"] == ["tenant:1", "urgent"]
    assert one.jids(sort="priority") == ["one-0002", "one-0001"] and one.jids(sort="state", offset=1) == ["one-0001"]
    assert len(s.request("JOBS {}")) == 5


@pytest.mark.parametrize("verb", ["JOB", "WHY", "CANCEL", "KILL", "RETRY", "DELETE", "WAIT"])
def test_what_is_of_others_is_not_there(world, verb):
    s, one, _ = world
    for jid in "two-0001", "all-0001", "none-0001":
        assert one.refused(verb, jid) == f"ERR Job not found {jid}"
    assert s.job("two-0001")["state"] == "ready"


def test_nothing_of_others_is_changed(world):
    s, one, two = world
    assert "Job not found" in one.refused("CHANGE", {"jid": "two-0001", "priority": 9})
    assert one("CHANGE", {"jid": "one-0001", "priority": 9}) == "OK"
    assert one("BULK", {"do": "cancel", "filter": {}})["changed"] == 2
    assert one("BULK", {"do": "cancel", "filter": {"tag": "tenant:2"}})["changed"] == 0
    assert [s.job(jid)["state"] for jid in ("one-0001", "two-0001", "all-0001")] == ["cancelled", "ready", "ready"]


@pytest.mark.parametrize(
    "line",
    ["QUEUES", "QUEUE PAUSE default", "WORKERS", "STATS", "INFO", "LIMIT {}", "HISTORY web", "BREAKERS", "OUTBOXES", 'OUTBOX {"name":"app"}', "AUDITS", "FLUSH", "MUTATE {}", "TRACK GET two-0001", "TAKE free=1 default", "FETCH default", "ACK {}", "DB CHECK", "AUDIT {}"],
)
def test_everything_else_is_closed(world, line):
    _, one, _ = world
    assert one.refused(*line.split(" ", 1)) == "NOTFOUND there is no such thing here"


@pytest.mark.parametrize(
    "custom",
    [
        {"tags": ["tenant:2"]},
        {"tags": ["urgent", "tenant:2"]},
        {"tags": ['"tenant:2']},
        {"parent": "two-0001"},
        {"after": ["one-0001", "two-0001"]},
        {"bid": "b-none"},
    ],
    ids=str,
)
def test_nothing_of_others_is_named_by_a_new_job(world, custom):
    s, one, two = world
    assert one.refused("PUSH", {"jid": "one-0003", "jobtype": "mail", "args": [], "custom": custom})
    answer = one("PUSHB", [{"jid": "one-0004", "jobtype": "mail", "args": [], "custom": custom}, {"jid": "one-0005", "jobtype": "mail", "args": []}])
    assert list(answer) == ["one-0004"] and one.jids(limit=1) == ["one-0005"]
    assert two.jids() == ["two-0002", "two-0001"]


def test_keys_are_each_ones_own(world):
    s, one, two = world
    key = {"custom": {"unique_key": "k", "unique_for": 600, "on_conflict": "replace"}}
    two.push("two-0010", **key), one.push("one-0010", **key)
    assert two("JOB", "two-0010")["state"] == "ready"
    same = {"custom": {"unique_for": 600, "on_conflict": "replace"}}
    two.push("two-0011", **same), one.push("one-0011", **same), one.push("one-0012", **same)
    assert two("JOB", "two-0011")["state"] == "ready" and one("JOB", "one-0011")["state"] == "cancelled"


def test_a_jid_in_use_tells_nothing_of_its_job(world):
    _, one, _ = world
    assert "there is a job with the jid" in one.refused("PUSH", {"jid": "two-0001", "jobtype": "mail", "args": []})
    assert "Job not found" in one.refused("JOB", "two-0001")


def test_what_is_for_admins_is_made_by_no_operator(scheduler):
    s = scheduler(JOBS + 'job block { command = "true" role = admin overlap = parallel }')
    job = {"jobtype": "block", "args": []}
    digest = {"name": "own", "job": "block", "schedule": "every hour"}
    requests = (f"PUSH {json.dumps({'jid': 'job-0001', **job})}", 'RUN {"job":"block"}', f"SCHEDULE SET {json.dumps(digest)}", 'RUN {"job":"made"}',
                f"BATCH NEW {json.dumps({'success': {'jid': 'job-0002', **job}})}")
    with s.wire() as wire:
        wire.request(f"SCHEDULE SET {json.dumps({**digest, 'name': 'made'})}")
        for who in {"who": "lou", "role": "operate"}, {"who": "lou", "role": "operate", "tag": "tenant:1"}:
            for line in requests:
                wire.request("AS " + json.dumps(who))
                with pytest.raises(WireError):
                    wire.request(line)
            wire.request("AS " + json.dumps(who))
            pair = [{"jid": f"job-{who.get('tag', 'all')}-{kind}", **job, "jobtype": kind} for kind in ("block", "hello")]
            assert list(wire.request(f"PUSHB {json.dumps(pair)}")) == [pair[0]["jid"]]
        for line in requests:
            wire.request('AS {"who":"anna","role":"admin"}')
            assert wire.request(line)
        wire.request("PUSH " + json.dumps({"jid": "job-0005", **job}))
        assert wire.request("SCHEDULES block")[0]["role"] == "admin"
        wire.request('PUSH {"jid":"job-0006","jobtype":"x","args":[]}')
    with s.wire() as wire, pytest.raises((WireError, WireClosed)):
        wire.request('AS {"who":"lou","role":"king"}')


def test_schedules(world):
    s, one, two = world
    schedule = {"name": "digest", "job": "mail", "schedule": "every day at 9am", "args": [{"a": 1}]}
    assert one("SCHEDULE SET", schedule)["tags"] == ["tenant:1"]
    assert [each["name"] for each in one("SCHEDULES", {})] == ["digest"] and two("SCHEDULES", {}) == []
    assert [each["name"] for each in one("SCHEDULES")] == ["theirs"] and two("SCHEDULES") == []
    assert one("SCHEDULES", "digest")[0]["name"] == "digest"
    for verb, argument in ("SCHEDULES", "digest"), ("PAUSE", "digest"), ("TICKS", "digest"), ("NEXT", "theirs"), ("SCHEDULE DELETE", "digest"), ("SCHEDULE SET", schedule), ("RUN", {"job": "digest"}), ("RUN", {"job": "hello"}):
        assert "no such" in two.refused(verb, argument), verb
    assert "not yours" in two.refused("SCHEDULE SET", {**schedule, "name": "mine", "tags": ["tenant:1"]})
    job = one("RUN", {"job": "digest"})
    assert job["tags"] == ["tenant:1"] and job["args"] == [{"a": 1}]
    assert one("RUN", {"job": "digest", "args": [2]})["args"] == [2]
    assert one("RUN", {"job": "theirs"})["tags"] == ["tenant:1"]
    assert len(one("NEXT", "digest limit=3")["next"]) == 3
    assert one("SCHEDULE DELETE", "digest") == "OK"


def test_batches(world):
    s, one, two = world
    callback = {"success": {"jid": "one-done", "jobtype": "mail", "args": []}}
    bid = one("BATCH NEW", callback).decode()
    assert "No such batch" in two.refused("BATCH STATUS", bid) and "No such batch" in two.refused("BATCH COMMIT", bid)
    assert one("BATCH STATUS", bid)["tag"] == "tenant:1"
    assert [each["bid"] for each in one("BATCH LIST", {})] == [bid] and two("BATCH LIST", {}) == []
    one.push("one-0020", custom={"bid": bid})
    assert "no such job or batch" in two.refused("PUSH", {"jid": "two-0020", "jobtype": "mail", "args": [], "custom": {"bid": bid}})
    assert one("BATCH COMMIT", bid) == "OK"
    with s.worker(wid="w", labels=["test"]) as worker:
        for _ in range(8):
            job = worker.request("FETCH default")
            worker.request(json.dumps({"jid": job["jid"]}).join(["ACK ", ""]))
            if job["jid"] == "one-0020":
                break
    assert wait_for(lambda: one("BATCH STATUS", bid)["success_st"] in "12", "the callback")
    assert one("JOB", "one-done")["tags"] == ["tenant:1"]


def test_events(world):
    s, one, two = world
    follower = Tenant(s, "tenant:1")
    assert follower("EVENTS") == "OK"
    two("CANCEL", "two-0001"), s.request("CANCEL all-0001"), one("CANCEL", "one-0001")
    assert follower.wire.reply()["jid"] == "one-0001"


def test_lists_of_batches_go_on(scheduler):
    s = scheduler(JOBS)
    bids = [s.request('BATCH NEW {"success":{"jid":"x-%06d","jobtype":"mail","args":[]}}' % i).decode() for i in range(7)]
    first = s.request('BATCH LIST {"limit":3}')
    rest = s.request(f'BATCH LIST {{"before":"{first[-1]["bid"]}"}}')
    assert [each["bid"] for each in first + rest] == bids[::-1]


def test_the_next_request_is_free_again_whatever_became_of_the_last(world):
    """Requests of several callers come over one connection, one behind the other."""
    s, _, _ = world
    with s.wire() as wire:
        for bad in "NONSENSE", "PUSH {}", "JOB two-0001", "JOB a b c":
            assert wire.request('AS {"who":"x","tag":"tenant:1"}') == "OK"
            with pytest.raises(WireError):
                wire.request(bad)
            assert len(wire.request("JOBS {}")) == 5, bad
