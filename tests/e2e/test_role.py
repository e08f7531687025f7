"""What a type's role = admin keeps from operators: not only to make its jobs, but to touch them in any way."""

import json
import urllib.parse

import pytest

from test_web import api, bearer  # noqa: F401
from wire import WireError

CONFIG = """
job block { command = "true" role = admin overlap = parallel }
job hello { command = "true" }
"""
LATER = "2099-01-01T00:00:00Z"
LOU = 'AS {"who":"lou","role":"operate"}'
ANNA = 'AS {"who":"anna","role":"admin"}'


@pytest.fixture
def world(scheduler):
    one = scheduler(CONFIG)
    with one.wire() as wire:
        for kind in "block", "hello":
            wire.request(f"PUSH {json.dumps({'jid': kind + '-later', 'jobtype': kind, 'args': [], 'at': LATER})}")
            wire.request(f"PUSH {json.dumps({'jid': kind + '-ready', 'jobtype': kind, 'args': []})}")
            wire.request(f"SCHEDULE SET {json.dumps({'name': 'of-' + kind, 'job': kind, 'schedule': 'every year'})}")

        def ask(line, who=LOU):
            wire.request(who)
            return wire.request(line)

        yield ask


def state(ask, jid):
    return ask(f"JOB {jid}")["state"]


@pytest.mark.parametrize(
    "line",
    ["CANCEL %s-later", "KILL %s-later", "RETRY %s-later", "DELETE %s-later", 'CHANGE {"jid":"%s-later","priority":9}',
     "PAUSE %s", "RESUME %s", "SCHEDULE DELETE of-%s", 'SCHEDULE SET {"name":"of-%s","job":"hello","schedule":"every day"}',
     'RUN {"job":"of-%s"}'],
)
def test_single_requests(world, line):
    with pytest.raises(WireError, match="DENIED jobs of type 'block' are for admins only"):
        world(line % "block")
    assert state(world, "block-later") == "scheduled" and world("JOB block-later")["priority"] == 5
    # The configured types have no schedule to pause.
    if not line.startswith(("PAUSE", "RESUME")):
        world(line % "hello")
        world(line % "block", ANNA)


def test_to_look_is_no_change(world):
    assert world("JOB block-later")["jobtype"] == "block" and world("WHY block-later")["because"]
    assert {job["jid"] for job in world('JOBS {"type":"block"}')} == {"block-later", "block-ready"}


def test_what_is_not_there_is_said_as_before(world):
    for line in "CANCEL nothing", 'CHANGE {"jid":"nothing"}', "SCHEDULE DELETE nothing":
        with pytest.raises(WireError, match="ERR"):
            world(line)


def test_bulk_passes_over_them(world):
    done = world('BULK {"do":"cancel","filter":{}}')
    assert (done["changed"], done["more"]) == (2, False)
    assert state(world, "hello-later") == "cancelled" and state(world, "block-later") == "scheduled"
    # In steps it comes to an end too.
    after, steps = 0, 0
    while True:
        done = world(json.dumps({"do": "delete", "filter": {"after": after}, "limit": 1}).join(["BULK ", ""]))
        steps, after = steps + 1, done["last"]
        if not done["more"]:
            break
    assert {job["jid"] for job in world("JOBS {}")} == {"block-later", "block-ready"} and steps == 5
    assert world('BULK {"do":"cancel","filter":{}}', ANNA)["changed"] == 2


def test_mutate_passes_over_them(world):
    world('MUTATE {"cmd":"discard","target":"scheduled","filter":{"jobtype":"block"}}')
    world('MUTATE {"cmd":"discard","target":"scheduled","filter":{"jids":["block-later","hello-later"]}}')
    assert state(world, "block-later") == "scheduled"
    with pytest.raises(WireError):
        world("JOB hello-later")
    world('MUTATE {"cmd":"clear","target":"scheduled"}')
    assert state(world, "block-later") == "scheduled"
    world('MUTATE {"cmd":"clear","target":"scheduled"}', ANNA)
    with pytest.raises(WireError):
        world("JOB block-later")


def test_clear_passes_over_them(world):
    assert (state(world, "hello-ready"), state(world, "block-ready")) == ("ready", "ready")
    assert world("QUEUE CLEAR default")["removed"] == 1
    assert state(world, "block-ready") == "ready"
    assert world("QUEUE CLEAR default", ANNA)["removed"] == 1


def test_they_give_way_only_to_their_like(world):
    unique = {"unique_key": "k", "unique_for": 3600, "on_conflict": "replace"}

    def push(jid, kind, who):
        return world(f"PUSH {json.dumps({'jid': jid, 'jobtype': kind, 'args': [], 'at': LATER, 'custom': unique})}", who)

    push("first-of-block", "block", ANNA)
    with pytest.raises(WireError, match="NOTUNIQUE"):
        push("hello-with-key", "hello", LOU)
    assert state(world, "first-of-block") == "scheduled"
    push("second-of-block", "block", ANNA)
    assert state(world, "first-of-block") == "cancelled"


def test_flush_is_not_for_him(world):
    with pytest.raises(WireError, match="DENIED"):
        world("FLUSH")
    assert state(world, "block-later") == "scheduled"
    world("FLUSH", ANNA)


TOKENS = 'tokens = { "boss admin boss-secret-123456", "worker operate worker-secret-12345" }'
BOSS, WORKER = bearer("boss-secret-123456"), bearer("worker-secret-12345")


@pytest.fixture
def web(api):  # noqa: F811
    api = api(CONFIG, TOKENS)
    ids = {}
    for kind in "block", "hello":
        ids[kind] = api("POST", "/api/v1/jobs", {"type": kind, "at": LATER}, BOSS)[1]["id"]
    return api, ids


def test_over_rest(web):
    api, ids = web  # noqa: F811
    requests = (("POST", "/retry", None), ("POST", "/kill", None), ("POST", "/cancel", None), ("PATCH", "", {"priority": 9}), ("DELETE", "", None))
    for method, path, body in requests:
        status, problem = api(method, f"/api/v1/jobs/{ids['block']}{path}", body, WORKER)
        assert status == 403 and "for admins only" in json.dumps(problem), (method, path, problem)
    for action in "pause", "resume", "run":
        assert api("POST", f"/api/v1/schedules/block/{action}", {}, WORKER)[0] == 403, action
    assert api("POST", "/api/v1/jobs/bulk", {"do": "cancel", "filter": {}}, WORKER)[1]["changed"] == 1
    assert api("GET", f"/api/v1/jobs/{ids['block']}", headers=WORKER)[1]["state"] == "scheduled"
    assert api("GET", f"/api/v1/jobs/{ids['hello']}", headers=WORKER)[1]["state"] == "cancelled"
    assert api("PATCH", f"/api/v1/jobs/{ids['block']}", {"priority": 9}, BOSS)[0] == 204
    assert api("POST", f"/api/v1/jobs/{ids['block']}/cancel", None, BOSS)[0] in (200, 202, 204)


def test_by_forms_of_pages(web):
    api, ids = web  # noqa: F811

    def press(path, **form):
        headers = {**WORKER, "Content-Type": "application/x-www-form-urlencoded"}
        response, data = api.raw("POST", path, urllib.parse.urlencode({"sure": 1, **form}), headers)
        return response.status, data.decode()

    for action in "cancel", "kill", "retry", "delete":
        status, page = press(f"/jobs/{ids['block']}/{action}")
        assert status >= 400 and "for admins only" in page, action
    press("/jobs/bulk", do="cancel", all=1)
    press("/jobs/bulk", do="cancel", id=ids["block"])
    press("/schedules/block/run")
    jobs = {job["id"]: job["state"] for job in api("GET", "/api/v1/jobs", headers=BOSS)[1]["jobs"]}
    assert jobs[ids["block"]] == "scheduled" and set(jobs) == set(ids.values())
    assert press(f"/jobs/{ids['hello']}/cancel")[0] == 303
    assert api("GET", f"/api/v1/jobs/{ids['hello']}", headers=BOSS)[1]["state"] == "cancelled"
