"""Who may do what over HTTP: callers confined to a tag, secrets that are not shown, the record of changes."""

import http.client
import json
import subprocess
import urllib.parse

import pytest

from jobd_fixture import wait_for
from test_web import api, bearer, wait_job  # noqa: F401

TOKENS = """tokens = { "boss admin boss-secret-123456", "ann operate tag=tenant:1 ann-secret-1234567",
  "bob operate tag=tenant:2 bob-secret-1234567", "eve look tag=tenant:2 eve-secret-1234567", "root2 admin tag=tenant:1 root2-secret-12345" }"""
BOSS, ANN, BOB, EVE = (bearer(f"{name}-secret-{rest}") for name, rest in (("boss", "123456"), ("ann", "1234567"), ("bob", "1234567"), ("eve", "1234567")))
WORKER = bearer("worker-secret-12345")
ROOT2 = bearer("root2-secret-12345")
JOBS = """
program steady { command = "@PROGRAMS@/polite" }
job hello { command = "echo hello" }
job nightly { command = "true"
  schedule = "every day at 3am" }
"""


@pytest.fixture
def world(api):  # noqa: F811
    api = api(JOBS, TOKENS)
    ids = {}
    for name, headers in ("ann", ANN), ("bob", BOB), ("boss", BOSS):
        ids[name] = api("POST", "/api/v1/jobs", {"type": "mail", "args": [name]}, headers)[1]["id"]
    return api, ids


def test_each_sees_his_own_only(world):
    api, ids = world  # noqa: F811
    assert [job["id"] for job in api("GET", "/api/v1/jobs", headers=ANN)[1]["jobs"]] == [ids["ann"]]
    assert len(api("GET", "/api/v1/jobs", headers=BOSS)[1]["jobs"]) == 3
    assert api("GET", "/api/v1/jobs/count", headers=ANN)[1]["count"] == 1
    assert api("GET", f"/api/v1/jobs/{ids['ann']}", headers=ANN)[1]["tags"] == ["tenant:1"]
    for path in f"/api/v1/jobs/{ids['bob']}", f"/api/v1/jobs/{ids['boss']}/why", f"/jobs/{ids['bob']}":
        assert api("GET", path, headers=ANN)[0] == 404, path
    for method, path in ("DELETE", ""), ("POST", "/cancel"), ("POST", "/kill"), ("POST", "/retry"), ("PATCH", ""):
        assert api(method, f"/api/v1/jobs/{ids['bob']}{path}", {} if method == "PATCH" else None, ANN)[0] == 404
    assert api("POST", "/api/v1/jobs/bulk", {"do": "cancel", "filter": {}}, ANN)[1]["changed"] == 1
    assert api("GET", f"/api/v1/jobs/{ids['bob']}", headers=BOB)[1]["state"] == "ready"
    page = api("GET", "/jobs?state=ready", headers={**BOB, "Accept": "text/html"})[1].decode()
    assert ids["bob"] in page and ids["ann"] not in page and ids["boss"] not in page


def test_everything_else_is_not_there_for_him(world):
    api, _ = world
    for who in ANN, ROOT2:
        for path in ["programs", "programs/steady", "programs/steady/logs", "programs/steady/history", "queues", "queues/default", "workers", "breakers", "metrics", "audit"]:
            assert api("GET", f"/api/v1/{path}", headers=who)[0] == 404 or (who is ANN and path == "audit"), path
        for path in "/metrics", "/health/queue", "/queues", "/workers", "/programs/steady":
            assert api("GET", path, headers=who)[0] == 404, path
        for path in "programs/steady/stop", "queues/default/pause", "queues/default/clear":
            assert api("POST", f"/api/v1/{path}", headers=who)[0] in (403, 404), path
    response, _ = api.raw("GET", "/", headers=ANN)
    assert (response.status, response.getheader("Location")) == (303, "/jobs")
    assert api("GET", "/health")[0] == 200 and api("GET", "/api/v1/openapi.json", headers=ANN)[0] == 200
    assert api("POST", "/api/v1/jobs", {"type": "mail"}, EVE)[0] == 403
    assert api.daemon.status("steady")["state"] in ("STARTING", "RUNNING")


def test_dangerous_jobs_are_for_admins(api):  # noqa: F811
    api = api('job block { command = "true" role = admin manual_only = true overlap = parallel }\njob wipe { command = "true" role = admin }\n'
              'job hello { command = "true" }', TOKENS[:-1] + ', "worker operate worker-secret-12345" }')
    for method, path, body in ("POST", "/jobs", {"type": "block"}), ("POST", "/schedules/block/run", {}), ("POST", "/schedules", {"name": "own", "job": "wipe", "schedule": "every hour"}):
        assert api(method, f"/api/v1{path}", body, ANN)[0] in (403, 404), path
        assert api(method, f"/api/v1{path}", body, WORKER)[0] == 403, path
        assert api(method, f"/api/v1{path}", body, BOSS)[0] in (201, 202), path
    # What only a person may run has no schedule, whoever asks for one.
    assert api("POST", "/api/v1/schedules", {"name": "own", "job": "block", "schedule": "every hour"}, BOSS)[0] == 422
    refused, taken = api("POST", "/api/v1/jobs", [{"type": "block"}, {"type": "hello"}], WORKER)[1]["jobs"]
    assert "admins only" in json.dumps(refused) and "id" in taken
    assert b"/schedules/block/run" not in api.raw("GET", "/schedules", headers=WORKER)[1]
    assert b"/schedules/block/run" in api.raw("GET", "/schedules", headers=BOSS)[1]


def test_schedules_of_each(world):
    api, _ = world
    schedule = {"name": "digest", "job": "mail", "schedule": "every day at 9am"}
    response, body = api.raw("POST", "/api/v1/schedules", schedule, headers=ANN)
    assert (response.status, response.getheader("Location"), json.loads(body)["name"]) == (201, "/api/v1/schedules/digest", "digest")
    assert api("GET", "/api/v1/schedules/digest", headers=ANN)[1]["tags"] == ["tenant:1"]
    for method, path, body in ("GET", "", None), ("PUT", "", schedule), ("PATCH", "", {"enabled": False}), ("DELETE", "", None), ("POST", "/pause", None), ("POST", "/run", {}), ("GET", "/ticks", None):
        assert api(method, f"/api/v1/schedules/digest{path}", body, BOB)[0] == 404, (method, path)
    assert api("GET", "/api/v1/schedules", headers=BOB)[1]["schedules"] == []
    assert api("GET", "/api/v1/schedules/nightly", headers=ANN)[0] == 404
    assert api("POST", "/api/v1/schedules/nightly/run", {}, ANN)[0] == 404
    status, job = api("POST", "/api/v1/schedules/digest/run", {}, ANN)
    assert status == 202 and job["tags"] == ["tenant:1"]


def test_the_same_key_is_anothers_job_for_another(world):
    api, _ = world
    job = {"type": "mail", "idempotency_key": "order 17"}
    ids = [api("POST", "/api/v1/jobs", job, who)[1]["id"] for who in (ANN, BOB, BOSS, ANN)]
    assert len(set(ids)) == 3 and ids[0] == ids[3]
    assert api("POST", "/api/v1/jobs", {"type": "mail", "id": ids[1]}, ANN)[0] == 409


def test_figures_of_his_own(world):
    api, _ = world
    jid = api("POST", "/api/v1/jobs", {"type": "hello"}, ANN)[1]["id"]
    api("POST", "/api/v1/jobs", {"type": "hello"}, BOB)
    wait_for(lambda: api("GET", f"/api/v1/jobs/{jid}", headers=ANN)[1]["state"] == "done", "the job")
    (group,) = api("GET", "/api/v1/metrics?by=tag", headers=ANN)[1]["groups"]
    assert (group["name"], group["total"], group["success_percent"]) == ("tenant:1", 1, 100.0)
    for query, name in ("?by=type", "hello"), ("?by=queue&by_hour=1", "default"), ("?by=all&hours=2", "tenant:1"):
        (group,) = api("GET", f"/api/v1/metrics{query}", headers=ANN)[1]["groups"]
        assert (group["name"], group["total"], group["overdue"]) == (name, 1, 0), query
    # Of others there is nothing.
    assert api("GET", "/api/v1/metrics", headers=ANN)[0] == 404
    assert api("GET", "/api/v1/metrics?tag=tenant:2", headers=ANN)[1]["groups"][0]["total"] == 0
    assert api("GET", "/api/v1/metrics?tag=tenant:2&by=type", headers=ANN)[1]["groups"] == []
    assert api("GET", "/api/v1/metrics?tag=tenant:2", headers=BOSS)[1]["groups"][0]["name"] == "tenant:2"


def test_events_of_his_own(world):
    api, ids = world
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
    connection.request("GET", "/api/v1/events", headers=ANN)
    response = connection.getresponse()
    assert response.readline() == b"retry: 2000\n"
    for name in "bob", "boss", "ann":
        api("POST", f"/api/v1/jobs/{ids[name]}/cancel", headers=BOSS)
    while not (line := response.readline()).startswith(b"data: {\""):
        assert line
    assert json.loads(line[6:])["jid"] == ids["ann"]
    connection.close()


def test_a_session_is_confined_too(api):  # noqa: F811
    hash_ = subprocess.run(["openssl", "passwd", "-6", "a long password"], capture_output=True, text=True, check=True).stdout.strip()
    api = api(JOBS, f'users = {{ "ann operate tag=tenant:1 {hash_}" }}\ntokens = {{ "boss admin boss-secret-123456" }}')
    other = api("POST", "/api/v1/jobs", {"type": "mail"}, BOSS)[1]["id"]
    response, _ = api.raw("POST", "/login", "name=ann&password=a+long+password", {"Content-Type": "application/x-www-form-urlencoded"})
    session = {"Cookie": response.getheader("Set-Cookie").split(";")[0]}
    assert api("GET", f"/jobs/{other}", headers=session)[0] == 404
    assert api("GET", "/queues", headers=session)[0] == 404
    assert api("GET", "/jobs", headers=session)[0] == 200


@pytest.mark.parametrize("entry", ["ann operate tag= ann-secret-1234567", 'ann operate tag=a\\"b ann-secret-1234567', "ann operate tag=tenant:1 short", f"ann look tag={'x' * 101} ann-secret-1234567"], ids=range(4))
def test_a_tag_that_is_none_is_refused(jobd, free_port, entry):
    daemon = jobd(f'http {{ listen = "127.0.0.1:{free_port}"\n tokens = {{ "{entry}" }} }}', start=False)
    daemon.start(wait=False)
    assert daemon.wait_exit() != 0 and "'tokens'" in daemon.errors()


# What is secret.


def test_arguments_named_as_secret_are_masked(api):  # noqa: F811
    api = api(JOBS, 'mask = { "iban" }')
    args = [{"to": "a@example.org", "password": "swordfish", "deep": {"api_key": "swordfish"}, "IBAN": "swordfish"}]
    jid = api("POST", "/api/v1/jobs", {"type": "mail", "args": args, "custom": {"token": "swordfish"}})[1]["id"]
    shown = [{"to": "a@example.org", "password": "***", "deep": {"api_key": "***"}, "IBAN": "***"}]
    assert api("GET", f"/api/v1/jobs/{jid}")[1]["args"] == shown
    assert api("GET", "/api/v1/jobs")[1]["jobs"][0]["args"] == shown
    assert "swordfish" not in api("GET", f"/jobs/{jid}", headers={"Accept": "text/html"})[1].decode()
    # A worker gets what was sent.
    with api.daemon.wire("queue.sock", hello=False) as wire:
        wire.reply(), wire.request('HELLO {"v":2,"wid":"w"}')
        assert wire.request("FETCH default")["args"] == args


def test_a_change_of_a_schedule_keeps_its_secrets(api):  # noqa: F811
    api = api(JOBS)
    args = [{"secret": "swordfish"}]
    assert api("POST", "/api/v1/schedules", {"name": "s", "job": "mail", "args": args, "schedule": "every day at 9am"})[1]["args"] == [{"secret": "***"}]
    status, answer = api("PATCH", "/api/v1/schedules/s", {"queue": "other"})
    assert (status, answer["args"], answer["queue"]) == (200, [{"secret": "***"}], "other")
    # What is only shown is not taken for the secret, nor by the page's button.
    status, problem = api("PUT", "/api/v1/schedules/s", {"job": "mail", "args": answer["args"], "schedule": "every day at 9am"})
    assert status == 422 and "***" in problem["detail"]
    form = "args=" + urllib.parse.quote(json.dumps(answer["args"]))
    assert api.raw("POST", "/schedules/s/run", form, {"Content-Type": "application/x-www-form-urlencoded"})[0].status == 303
    with api.daemon.wire("queue.sock", hello=False) as wire:
        wire.reply(), wire.request('HELLO {"v":2}')
        assert wire.request("SCHEDULES s")[0]["args"] == args
        assert [job["args"] for job in wire.request("JOBS {}")] == [args]


# The record.


def test_changes_over_http_are_on_record(world):
    api, ids = world
    api("POST", f"/api/v1/jobs/{ids['ann']}/cancel", headers={**ANN, "X-Forwarded-For": "192.0.2.7, 198.51.100.3"})
    api("POST", f"/api/v1/jobs/{ids['ann']}/cancel", headers=BOB)
    api("POST", "/api/v1/programs/steady/restart?wait=1", headers=BOSS)
    api("POST", "/api/v1/programs/none/stop", headers=BOSS)
    # jobd answers before the scheduler has heard of it.
    found = wait_for(lambda: (all_ := api("GET", "/api/v1/audit", headers=BOSS)[1]["audit"]) and len(all_) == 7 and all_, "the records")
    seen = {(one["who"], one["verb"], one["object"], one["result"]) for one in found}
    assert {("ann", "CANCEL", ids["ann"], "ok"), ("boss", "RESTART", "steady", "ok"), ("boss", "STOP", "none", "HTTP 404"), ("bob", "PUSH", "jobtype=mail", "ok")} <= seen
    assert ("bob", "CANCEL", ids["ann"], f"ERR Job not found {ids['ann']}") in seen
    # Nobody but a named proxy is believed.
    assert {one["from"] for one in found} == {"127.0.0.1"}
    assert "ann" in api.daemon.ctl("audit").stdout
    assert api("GET", "/api/v1/audit", headers=ANN)[0] == 403
    assert api("GET", "/api/v1/audit?who=ann&verb=CANCEL", headers=BOSS)[1]["audit"][0]["object"] == ids["ann"]
    first = api("GET", "/api/v1/audit?limit=3", headers=BOSS)[1]
    assert [one["id"] for one in first["audit"]] == [one["id"] for one in found[:3]]
    assert api("GET", f"/api/v1/audit?after={first['next']}", headers=BOSS)[1]["audit"][0]["id"] == found[3]["id"]


def test_of_whom_a_proxy_speaks_is_on_record(api):  # noqa: F811
    api = api(JOBS, 'proxies = {"127.0.0.1"}')
    api("POST", "/api/v1/queues/default/pause", headers={"X-Forwarded-For": "192.0.2.7, 198.51.100.3"})
    assert api("GET", "/api/v1/audit")[1]["audit"][0]["from"] == "198.51.100.3"


def test_without_users_it_is_anybody(api):  # noqa: F811
    api = api(JOBS)
    api("POST", "/api/v1/queues/default/pause")
    one = api("GET", "/api/v1/audit")[1]["audit"][0]
    assert (one["who"], one["verb"], one["object"], one["count"]) == ("anybody", "QUEUE PAUSE", "default", 1)


def test_looking_is_not_on_record(world):
    api, ids = world
    before = api("GET", "/api/v1/audit", headers=BOSS)[1]
    for path in f"jobs/{ids['ann']}", "queues", "schedules", "programs":
        api("GET", f"/api/v1/{path}", headers=BOSS)
    assert api("GET", "/api/v1/audit", headers=BOSS)[1] == before
