"""Every route of the API is called for real, and its answers are what the OpenAPI file says."""

import hashlib
import hmac
import http.client
import json
import re
import subprocess

import jsonschema
import pytest

from jobd_fixture import TOP, wait_for
from test_web import api, wait_job  # noqa: F401  (api is a fixture)

CONFIG = """
program steady { command = "@PROGRAMS@/polite" }
job hello { command = "echo hello" }
job nightly { command = "true"
  schedule = "every day at 3am" }
webhook sale { path = "/hooks/sale"
  secret = "a secret of the sale"
  header = "X-Signature"
  job = hello }
"""
API = "/api/v1"


class Caller:
    """Calls routes by their description, and remembers which."""

    def __init__(self, api):
        self.api, self.document = api, api("GET", f"{API}/openapi.json")[1]
        self.called = set()

    def schema(self, schema):
        return {**schema, "components": self.document["components"]}

    def check(self, schema, value):
        kind = jsonschema.Draft202012Validator
        kind.check_schema(schema)
        kind(self.schema(schema), format_checker=kind.FORMAT_CHECKER).validate(value)

    def describe(self, method, path):
        for pattern, item in self.document["paths"].items():
            if method.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path.split("?")[0]):
                yield pattern, item[method.lower()]

    def __call__(self, method, path, body=None, status=200, headers=None):
        # "/jobs/count" before "/jobs/{id}".
        pattern, operation = min(self.describe(method, path), key=lambda found: found[0].count("{"))
        query = {pair.split("=")[0] for pair in path.partition("?")[2].split("&") if pair}
        assert query <= {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}, path
        if body is not None and status < 400:
            self.check(operation["requestBody"]["content"]["application/json"]["schema"], body)
        response, data = self.api.raw(method, path, body, headers)
        assert response.status == status, (method, path, response.status, data)
        self.called.add((method, pattern))
        answer = operation["responses"].get(str(status), self.document["components"]["responses"]["Problem"])
        kind = response.getheader("Content-Type", "").split(";")[0]
        if status == 204:
            assert data == b""
            return None
        assert kind in answer["content"], (path, kind)
        if "json" not in kind:
            return data
        value = json.loads(data)
        self.check(answer["content"][kind]["schema"], value)
        return value

    def stream(self, path, line):
        pattern, operation = next(self.describe("GET", path))
        connection = http.client.HTTPConnection("127.0.0.1", self.api.port, timeout=20)
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.status == 200 and response.getheader("Content-Type").split(";")[0] in operation["responses"]["200"]["content"]
        while not response.readline().startswith(line):
            pass
        connection.close()
        self.called.add(("GET", pattern))


def call_programs(call):
    call("GET", f"{API}/programs?all=1")
    call("GET", f"{API}/programs/steady")
    call("GET", f"{API}/programs/none", status=404)
    call("POST", f"{API}/programs/steady/stop?wait=1")
    call("POST", f"{API}/programs/steady/stop", status=409)
    call("POST", f"{API}/programs/steady/start", status=202)
    call("POST", f"{API}/programs/steady/restart?wait=1")
    call("POST", f"{API}/programs/steady/signal", {"signal": "HUP"})
    call("POST", f"{API}/programs/steady/signal", {"signal": 1}, 422)
    call("POST", f"{API}/programs/steady/scale?wait=1", {"instances": 2})
    call("GET", f"{API}/programs/steady:1/history")
    call("GET", f"{API}/programs/steady:1/logs?lines=5&stream=stdout&follow=0")
    call("GET", f"{API}/programs/steady/logs?lines=-1", status=400)


def call_jobs(call):
    job = call("POST", f"{API}/jobs", {"type": "w", "args": [1], "tags": ["a"], "priority": 3}, 202)
    call("POST", f"{API}/jobs", {"type": "w", "idempotency_key": "k"}, 202)
    assert call("POST", f"{API}/jobs", {"type": "w"}, 202, {"Idempotency-Key": "k"})["replayed"] is True
    many = call("POST", f"{API}/jobs", [{"type": "w"}, {"type": "w", "queue": "no good"}], 202)
    assert many["refused"] == 1 and "error" in many["jobs"][1]
    call("POST", f"{API}/jobs", {"jobs": [{"type": "w", "at": "2099-01-01T00:00:00Z"}]}, 202)
    call("POST", f"{API}/jobs", {"typo": "w"}, 422)
    call("GET", f"{API}/jobs?state=ready,retry&type=w&queue=default&tag=a&since=2020-01-01T00:00:00Z&order=oldest&limit=1")
    page = call("GET", f"{API}/jobs?limit=1")
    assert call("GET", f"{API}/jobs?limit=1&after={page['next']}")["jobs"] != page["jobs"]
    call("GET", f"{API}/jobs?limit=x", status=400)
    by_priority = call("GET", f"{API}/jobs?sort=priority&order=oldest")["jobs"]
    assert [one["priority"] for one in by_priority] == [3, 5, 5, 5] and by_priority[0]["id"] == job["id"]
    assert call("GET", f"{API}/jobs?sort=run_at&limit=1")["jobs"][0]["state"] == "scheduled"
    assert call("GET", f"{API}/jobs?sort=priority&order=oldest&offset=2&limit=1")["jobs"] == by_priority[2:3]
    call("GET", f"{API}/jobs?sort=size", status=422)
    call("GET", f"{API}/jobs?offset=1", status=422)
    assert call("GET", f"{API}/jobs/count?type=w")["count"] == 4
    one = call("GET", f"{API}/jobs/{job['id']}")
    assert one["state"] == "ready" and "duration_ms" not in one
    later = call("GET", f"{API}/jobs?state=scheduled")["jobs"][0]["id"]
    assert call("GET", f"{API}/jobs/{later}")["due_in_ms"] > 10**9
    call("GET", f"{API}/jobs/nosuchjob", status=404)
    call("GET", f"{API}/jobs/{job['id']}/why")
    call("PATCH", f"{API}/jobs/{job['id']}", {"priority": 9, "run_at": "2099-01-01T00:00:00Z"}, 204)
    call("PATCH", f"{API}/jobs/{job['id']}", {"priority": 99}, 422)
    call("POST", f"{API}/jobs/{job['id']}/retry", status=204)
    call("POST", f"{API}/jobs/{job['id']}/cancel", status=204)
    call("POST", f"{API}/jobs/{job['id']}/kill", status=409)
    call("POST", f"{API}/jobs/{later}/kill", status=204)
    call("DELETE", f"{API}/jobs/{job['id']}?purge=1", status=204)
    call("POST", f"{API}/jobs/bulk", {"do": "cancel", "filter": {"type": "w"}, "limit": 10})
    call("POST", f"{API}/jobs/bulk", {"do": "dance", "filter": {}}, 422)
    done = call("POST", f"{API}/jobs", {"type": "hello"}, 202)["id"]
    wait_job(call.api, done, "done")
    assert call("GET", f"{API}/jobs/{done}")["duration_ms"] >= 0


def call_schedules(call):
    schedule = {"name": "digest", "job": "w", "frequency": "monthly", "day": 31, "time": "09:00", "timezone": "America/Bogota", "tags": ["u"]}
    call("POST", f"{API}/schedules", schedule, 201)
    call("POST", f"{API}/schedules", {"name": "x", "job": "w", "schedule": "sometimes"}, 422)
    call("GET", f"{API}/schedules")
    assert call("GET", f"{API}/schedules?tag=u&enabled=true&limit=5&job=w")["schedules"][0]["name"] == "digest"
    call("GET", f"{API}/schedules/digest")
    call("GET", f"{API}/schedules/nightly")
    call("PUT", f"{API}/schedules/digest", {"job": "w", "schedule": "every 5 minutes"})
    call("PATCH", f"{API}/schedules/digest", {"queue": "slow"})
    assert len(call("GET", f"{API}/schedules/digest/next?limit=3")["next"]) == 3
    assert len(call("GET", f"{API}/schedules/nightly/next")["next"]) == 10
    call("GET", f"{API}/schedules/none/next", status=404)
    call("POST", f"{API}/schedules/digest/pause", status=204)
    assert call("GET", f"{API}/schedules/digest")["enabled"] is False
    call("POST", f"{API}/schedules/digest/resume", status=204)
    assert call("POST", f"{API}/schedules/digest/run", {"args": [7]}, 202)["args"] == [7]
    call("POST", f"{API}/schedules/nightly/run", {}, 202)
    call("GET", f"{API}/schedules/nightly/ticks?limit=3")
    call("DELETE", f"{API}/schedules/digest", status=204)
    call("DELETE", f"{API}/schedules/digest", status=404)


def call_batches(call):
    callback = {"type": "hello", "args": []}
    whole = call("POST", f"{API}/batches", {"description": "all", "success": callback, "jobs": [{"type": "hello"}, {"type": "hello", "queue": "no good"}]}, 202)
    assert whole["refused"] == 1 and whole["committed"] is True
    # The runner does them: then the callback is done as well.
    wait_for(lambda: call("GET", f"{API}/batches/{whole['id']}")["success_st"] == "2", "the batch")
    empty = call("POST", f"{API}/batches", {"complete": callback}, 201)
    call("POST", f"{API}/jobs", {"type": "w", "bid": empty["id"]}, 202)
    call("POST", f"{API}/batches/{empty['id']}/commit", status=204)
    assert call("GET", f"{API}/batches/{empty['id']}")["pending"] == 1
    assert len(call("GET", f"{API}/jobs?bid={empty['id']}")["jobs"]) == 1
    call("POST", f"{API}/batches", {}, 422)
    call("GET", f"{API}/batches/b-none", status=404)
    page = call("GET", f"{API}/batches?limit=1")
    assert page["batches"][0]["id"] == empty["id"]
    assert call("GET", f"{API}/batches?after={page['next']}")["batches"][0]["id"] == whole["id"]


def call_queues(call):
    call("GET", f"{API}/queues")
    call("GET", f"{API}/queues/default")
    call("PATCH", f"{API}/queues/default", {"concurrency": 5, "rate": 50, "rate_period_ms": 1000, "weight": None}, 204)
    assert call("GET", f"{API}/queues/default")["concurrency"] == 5
    call("PATCH", f"{API}/queues/default", {"concurrency": "many"}, 422)
    call("POST", f"{API}/queues/default/pause", status=204)
    call("POST", f"{API}/queues/default/resume", status=204)
    call("POST", f"{API}/queues/default/clear")
    with call.api.daemon.wire("queue.sock", hello=False) as worker:
        worker.reply(), worker.request('HELLO {"v":2,"wid":"w1","labels":["test"]}')
        assert any(one["wid"] == "w1" for one in call("GET", f"{API}/workers")["workers"])
        call("POST", f"{API}/workers/w1/quiet", status=204)
        call("POST", f"{API}/workers/w1/terminate", status=204)
    call("POST", f"{API}/workers/none/quiet", status=404)


def call_server(call):
    body = b'{"amount":1}'
    signature = hmac.new(b"a secret of the sale", body, hashlib.sha256).hexdigest()
    assert call.api.raw("POST", "/hooks/sale", body, {"X-Signature": f"sha256={signature}", "Content-Type": "application/json"})[0].status in (202, 401)
    for path in "breakers", "alerts", "outboxes", "webhooks", "openapi.json", "audit?limit=5":
        call("GET", f"{API}/{path}")
    call("GET", f"{API}/metrics?hours=2")
    call("GET", f"{API}/metrics?hours=0", status=400)
    group = {one["name"]: one for one in call("GET", f"{API}/metrics?by=type&hours=168")["groups"]}["hello"]
    assert group["done"] == group["total"] > 1 and group["success_percent"] == 100.0 and group["run_ms"]["p95"] <= group["run_ms"]["max"]
    assert call("GET", f"{API}/metrics?by=queue")["groups"][0]["name"] == "default"
    call("GET", f"{API}/metrics?by=dance", status=422)
    call("GET", f"{API}/audit?limit=0", status=400)
    for path in "/health", "/health/live", "/health/ready", "/health/queue", "/metrics":
        call("GET", path)
    call.stream(f"{API}/events", b"event: reset")


def test_every_route_answers_as_it_is_described(api):  # noqa: F811
    call = Caller(api(CONFIG))
    call.api.daemon.wait_state("steady", "RUNNING")
    for part in call_programs, call_jobs, call_schedules, call_batches, call_queues, call_server:
        part(call)
    source = (TOP / "src/jobd-web/route.c").read_text()
    table = re.findall(r'METHOD_(\w+),\s+(V1 )?"([^"]+)",\s+ROLE_\w+,\s+ROUTE_API,', source)
    routes = {(method, (API if v1 else "") + path) for method, v1, path in table}
    called = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in call.called}
    assert routes - called == set() and len(routes) > 50


def test_the_description_is_a_page_too(api):  # noqa: F811
    api = api(CONFIG)
    response, page = api.raw("GET", "/api")
    assert response.status == 200 and response.getheader("Content-Type").startswith("text/html")
    for path, item in api("GET", f"{API}/openapi.json")[1]["paths"].items():
        for method in item:
            assert f"<code>{method.upper()} {path}</code>" in page.decode(), path


@pytest.mark.root
def test_a_full_disk_is_503_until_there_is_room(api):  # noqa: F811
    api = api(CONFIG)
    disk = str(api.daemon.state_dir)
    api.daemon.ctl("stop", "scheduler")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], check=True)
    try:
        api.daemon.ctl("start", "scheduler")
        taken, body, again = 0, {"type": "w", "args": ["x" * 20000]}, {"type": "w", "idempotency_key": "again"}
        while api("POST", f"{API}/jobs", body)[0] == 202:
            taken += 1
        # The first that is refused, and all that come after it, also the small ones.
        for one in body, again, [again, body]:
            response, problem = api.raw("POST", f"{API}/jobs", one)
            assert response.status == 503 and int(response.getheader("Retry-After")) > 0
            assert response.getheader("Content-Type") == "application/problem+json" and "full" in json.loads(problem)["detail"]
        assert taken > 10 and api("GET", f"{API}/jobs/count?type=w")[1]["count"] == taken
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        accepted = wait_for(lambda: (got := api("POST", f"{API}/jobs", again))[0] == 202 and got[1], "a job to be taken")
        assert accepted["replayed"] is False and api("GET", f"{API}/jobs/count?type=w")[1]["count"] == taken + 1
        api.daemon.ctl("stop", "scheduler")
    finally:
        subprocess.run(["umount", "-l", disk], check=False)
