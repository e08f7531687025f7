"""Webhooks in: signed requests that become jobs. The signatures are made by the openssl command."""

import http.client
import json
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from jobd_fixture import wait_for
from test_web import Api, wait_job

TOKENS = 'tokens = { "looker look looker-secret-12345" }'
LOOKER = {"Authorization": "Bearer looker-secret-12345"}
CONFIG = """
job commission { command = "echo" }
webhook sale {
  path = "/webhooks/sale"
  secret = {"new secret", "old secret"}
  header = "X-Scicent-Signature"
  prefix = "sha256="
  job = commission
  id = "$.transaction_id"
  time = "$.timestamp"
}
webhook parts {
  path = "/webhooks/parts"  health_path = "/parts-health"
  secret_file = "@DIR@/parts.key"
  header = "X-Sign"  encoding = base64
  job = "for::workers"  queue = parts
  args = "[\\"$.user.id\\", {\\"sum\\": \\"$.items[1]['the price']\\", \\"kind\\": \\"$header:X-Kind\\"}, \\"$.none\\", \\"$$5\\"]"
}
webhook github { path = "/webhooks/github"  scheme = github  secret = "It's a Secret to Everybody"  job = deploy
  args = "[\\"$header:X-GitHub-Event\\", \\"$\\"]" }
webhook stripe { path = "/webhooks/stripe"  scheme = stripe  secret = "whsec_test"  job = payment  id = "$.id" }
webhook slow { path = "/webhooks/slow"  secret = "s"  header = "X-Sign"  job = slow  rate = 3/min }
webhook off { path = "/webhooks/off"  secret = "s"  header = "X-Sign"  job = slow  enabled = false }
"""
SALE = "/webhooks/sale"


def openssl(secret, data, *how):
    done = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", secret, *how], input=data, capture_output=True, check=True)
    return done.stdout


def sign(secret, data):
    return openssl(secret, data, "-r").split()[0].decode()


def base64(secret, data):
    raw = openssl(secret, data, "-binary")
    return subprocess.run(["openssl", "base64", "-A"], input=raw, capture_output=True, check=True).stdout.decode()


def moment(age=0):
    return (datetime.now(timezone.utc) - timedelta(seconds=age)).isoformat()


class Hooks(Api):
    def post(self, path, body, headers, **options):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response, back = self.raw("POST", path, data, headers={"Content-Type": "application/json", **headers}, **options)
        return response, json.loads(back) if back else None

    def sale(self, transaction, secret="new secret", age=0, **headers):
        body = json.dumps({"transaction_id": transaction, "amount": 19.90, "timestamp": moment(age)}).encode()
        headers = {"X-Scicent-Signature": f"sha256={sign(secret, body)}", **headers}
        response, answer = self.post(SALE, body, {name: value for name, value in headers.items() if value is not None})
        return response.status, answer

    def look(self, path):
        return self("GET", path, headers=LOOKER)[1]

    def hook(self, name):
        return next(hook for hook in self.look("/api/v1/webhooks")["webhooks"] if hook["name"] == name)

    def jobs(self, kind):
        return self.look(f"/api/v1/jobs?type={kind}")["jobs"]

    def job(self, jid):
        return self.look(f"/api/v1/jobs/{jid}")


@pytest.fixture
def hooks(jobd, free_port):
    daemon = jobd(f'http {{ listen = "127.0.0.1:{free_port}" {TOKENS} }}\n{CONFIG}', start=False)
    # Readable for root alone, as secrets are.
    key = daemon.dir / "parts.key"
    key.write_text("first key\n\nsecond key\n")
    key.chmod(0o600)
    daemon.start()
    return Hooks(daemon, free_port)


def test_a_sale_runs_once_however_often_it_is_said(hooks):
    status, first = hooks.sale("T-1")
    assert (status, first["replayed"]) == (202, False)
    wait_for(lambda: hooks.job(first["id"])["state"] == "done", "the job")
    assert hooks.job(first["id"])["args"][0]["transaction_id"] == "T-1"
    # With the other secret, with another time: it is the id that counts.
    assert hooks.sale("T-1", secret="old secret", age=60) == (202, {"id": first["id"], "replayed": True})
    # Nor when the job is forgotten.
    assert hooks.daemon.ctl("delete", first["id"]).returncode == 0
    assert hooks.sale("T-1") == (202, {"id": first["id"], "replayed": True})
    assert hooks.jobs("commission") == []
    status, other = hooks.sale("T-2")
    assert status == 202 and other["id"] != first["id"]
    hook = hooks.hook("sale")
    assert (hook["counts"]["accepted"], hook["counts"]["replayed"]) == (2, 2)
    assert hook["last"]["id"] == other["id"] and hook["last"]["from"] == "127.0.0.1"


def test_what_is_not_signed_is_not_taken(hooks):
    wrong = [
        {"X-Scicent-Signature": None},
        {"X-Scicent-Signature": ""},
        {"X-Scicent-Signature": "sha256=" + "0" * 64},
        {"X-Scicent-Signature": "sha256="},
        {"X-Scicent-Signature": "x" * 2000},
        {"X-Scicent-Signature": sign("new secret", b"{}")},
        {"secret": "older secret"},
    ]
    answers = [hooks.sale("T-1", **changes) for changes in wrong]
    assert answers == [answers[0]] * len(wrong), "absent and wrong are told apart"
    assert answers[0][0] == 401 and answers[0][1]["detail"] == "the signature is missing or wrong"
    assert hooks.jobs("commission") == [] and hooks.hook("sale")["counts"]["signature"] == len(wrong)
    hooks.daemon.wait_log("http", "webhook: name=sale from=127.0.0.1 result=signature status=401")


def test_an_old_one_may_be_played_again_by_somebody(hooks):
    # Five minutes, to the second in the unit's test: here a request may be on its way for seconds.
    assert hooks.sale("T-1", age=280)[0] == 202
    for age in 301, -320:
        status, problem = hooks.sale("T-2", age=age)
        assert status == 422 and "$.timestamp" in problem["detail"]
    body = b'{"transaction_id":"T-3"}'
    response, _ = hooks.post(SALE, body, {"X-Scicent-Signature": "sha256=" + sign("new secret", body)})
    assert response.status == 422
    counts = hooks.hook("sale")["counts"]
    assert (counts["time"], counts["payload"], counts["accepted"]) == (2, 1, 1)


@pytest.mark.parametrize(
    "body, kind, status",
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\x00\xff\xfe\x80", "application/json", 400),
        (b'{"transaction_id":"\xc0\xaf"}', "application/json", 400),
        (b"[" * 1000 + b"]" * 1000, "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"17", "application/json", 422),
        (b'{"transaction_id":{},"timestamp":"x"}', "application/vnd.sale+json; charset=utf-8", 422),
    ],
)
def test_a_body_that_is_signed_may_be_wrong(hooks, body, kind, status):
    response, problem = hooks.post(
        SALE, body, {"Content-Type": kind, "X-Scicent-Signature": "sha256=" + sign("new secret", body)})
    assert response.status == status == problem["status"], problem
    assert response.getheader("Content-Type") == "application/problem+json"
    assert hooks.hook("sale")["counts"]["payload"] == 1


def test_parts_of_the_body_become_arguments_to_the_letter(hooks):
    body = b'{ "user":{"id":12345678901234567890},\n "items":[1,{"the price":19.90, "n":1e2}] }'
    for secret in "first key", "second key":
        response, answer = hooks.post("/webhooks/parts", body, {"X-Sign": base64(secret, body), "X-Kind": 'a "b"'})
        assert response.status == 202, answer
        job = hooks.job(answer["id"])
        assert (job["jobtype"], job["queue"], job["state"]) == ("for::workers", "parts", "ready")
        assert job["args"] == [12345678901234567890, {"sum": 19.9, "kind": 'a "b"'}, None, "$5"]
    raw = hooks.raw("GET", f"/api/v1/jobs/{answer['id']}", headers=LOOKER)[1]
    assert b"19.90" in raw, "numbers are as they were written"
    # Without an id each is a job of its own.
    assert len(hooks.jobs("for::workers")) == 2


def test_github(hooks):
    # The example of GitHub's own documents.
    assert sign("It's a Secret to Everybody", b"Hello, World!").startswith("757107ea0eb2509fc211221cce984b8a")
    body = b'{"ref":"refs/heads/main"}'
    headers = {"X-Hub-Signature-256": "sha256=" + sign("It's a Secret to Everybody", body),
               "X-GitHub-Event": "push", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    response, first = hooks.post("/webhooks/github", body, headers)
    assert response.status == 202 and hooks.job(first["id"])["args"] == ["push", {"ref": "refs/heads/main"}]
    assert hooks.post("/webhooks/github", body, headers)[1] == {"id": first["id"], "replayed": True}
    response, answer = hooks.post("/webhooks/github", body, {**headers, "X-GitHub-Event": "ping"})
    assert (response.status, answer) == (200, {"status": "pong"})
    response, _ = hooks.post("/webhooks/github", body, {**headers, "X-Hub-Signature-256": "sha256=" + "1" * 64})
    assert response.status == 401
    assert len(hooks.jobs("deploy")) == 1


def test_stripe(hooks):
    body = b'{"id":"evt_1","type":"charge.succeeded"}'

    def send(at, secrets=("whsec_test",), signed=body):
        signatures = "".join(f",v1={sign(secret, f'{at}.'.encode() + signed)}" for secret in secrets)
        response, answer = hooks.post("/webhooks/stripe", body, {"Stripe-Signature": f"t={at}{signatures},v0=ab"})
        return response.status, answer

    now = int(time.time())
    status, first = send(now)
    assert status == 202 and hooks.job(first["id"])["args"] == [json.loads(body)]
    assert send(now - 250, ("whsec_other", "whsec_test")) == (202, {"id": first["id"], "replayed": True})
    assert send(now - 302)[0] == 422
    assert send(now, ("whsec_other",))[0] == 401
    assert send(now, signed=b"{}")[0] == 401
    assert len(hooks.jobs("payment")) == 1


def test_what_jobd_sends_jobd_takes(jobd, free_port):
    daemon = jobd(f"""
http {{ listen = "127.0.0.1:{free_port}" }}
job outward {{ post = "http://127.0.0.1:{free_port}/from-jobd"  secret = "shared" }}
webhook inward {{ path = "/from-jobd"  scheme = jobd  secret = "shared"  job = inward }}
""")
    api = Hooks(daemon, free_port)
    jid = api("POST", "/api/v1/jobs", {"type": "outward", "args": [{"answer": 42}]})[1]["id"]
    wait_job(api, jid, "done")
    (job,) = api.jobs("inward")
    assert (job["args"][0]["jid"], job["args"][0]["args"]) == (jid, [{"answer": 42}])


def test_one_address_has_its_share(hooks):
    headers = {"X-Sign": sign("s", b"{}")}
    answers = [hooks.post("/webhooks/slow", b"{}", headers)[0] for _ in range(5)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429, 429]
    assert 1 <= int(answers[-1].getheader("Retry-After")) <= 20
    assert hooks.hook("slow")["counts"]["rate"] == 2
    # Other webhooks have limits of their own, and health has none.
    assert hooks.sale("T-1")[0] == 202
    assert hooks("GET", "/webhooks/slow/health") == (200, {"status": "ok", "webhook": "slow"})


def test_who_comes_through_a_proxy_has_a_share_of_his_own(jobd, free_port):
    hook = 'webhook slow { path = "/slow"  secret = "s"  header = "X-Sign"  job = slow  rate = 1/h }'
    api = Hooks(jobd(f'http {{ listen = "127.0.0.1:{free_port}"  proxies = {{"127.0.0.1"}} }}\n{hook}'), free_port)

    def send(forwarded):
        return api.post("/slow", b"{}", {"X-Sign": sign("s", b"{}"), "X-Forwarded-For": forwarded})[0].status

    assert [send("203.0.113.1"), send("203.0.113.2"), send("203.0.113.1")] == [202, 202, 429]
    assert send("198.51.100.9, 203.0.113.2") == 429, "what the client says himself is not believed"
    assert api.hook("slow")["last"]["from"] == "203.0.113.2"


def test_they_are_counted(hooks):
    assert hooks.sale("T-1")[0] == 202 and hooks.sale("T-1", secret="x")[0] == 401
    for kind in "text/plain", "application/openmetrics-text":
        text = hooks.raw("GET", "/metrics", headers={**LOOKER, "Accept": kind})[1].decode()
        assert 'jobd_webhook_requests_total{webhook="sale",result="accepted"} 1' in text
        assert 'jobd_webhook_requests_total{webhook="sale",result="signature"} 1' in text
        if kind == "text/plain":
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            assert checked.returncode == 0, checked.stderr + checked.stdout


def test_paths_and_methods(hooks):
    assert hooks("GET", "/webhooks/sale/health")[1] == {"status": "ok", "webhook": "sale"}
    assert hooks("GET", "/parts-health")[1] == {"status": "ok", "webhook": "parts"}
    assert hooks("GET", "/webhooks/parts/health")[0] == 404
    response, _ = hooks.raw("GET", SALE)
    assert response.status == 405 and response.getheader("Allow") == "POST"
    assert hooks("POST", "/webhooks/sale/health")[0] == 405
    for path in "/webhooks/off", "/webhooks", "/webhooks/sale/", "/webhooks//sale", "/webhooks/sale/x":
        assert hooks("POST", path, b"{}")[0] == 404, path
    # Whoever signs is no browser and needs no token; the list does.
    assert hooks("GET", "/api/v1/webhooks")[0] == 401
    assert hooks.sale("T-1", Origin="https://shop.example", **{"Sec-Fetch-Site": "cross-site"})[0] == 202


def test_a_long_body_is_not_read(hooks):
    head = f"POST {SALE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    back = hooks.send(f"{head}Content-Length: {20 << 20}\r\n\r\n".encode() + b"x" * (20 << 20))
    assert back.startswith(b"HTTP/1.1 413 ")
    piece = f"{1 << 16:x}\r\n".encode() + b"x" * (1 << 16) + b"\r\n"
    back = hooks.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + piece * 400 + b"0\r\n\r\n")
    assert back.startswith(b"HTTP/1.1 413 ")
    with open(f"/proc/{hooks.daemon.status('http')['pid']}/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak < 40 << 10, f"{peak} kB"
    assert hooks.sale("T-1")[0] == 202


def test_a_body_in_chunks(hooks):
    body = json.dumps({"transaction_id": "T-1", "timestamp": moment()}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", hooks.port, timeout=20)
    headers = {"X-Scicent-Signature": "sha256=" + sign("new secret", body), "Content-Type": "application/json"}
    connection.request("POST", SALE, iter([body[:1], body[1:30], body[30:]]), headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 202, response.read()
    connection.close()


def test_half_a_body_is_no_request(hooks):
    body = json.dumps({"transaction_id": "T-1", "timestamp": moment()}).encode()
    head = (f"POST {SALE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Scicent-Signature: sha256={sign('new secret', body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", hooks.port), timeout=20) as connection:
        connection.sendall(head + body[:-1])
    assert hooks.sale("T-2")[0] == 202
    assert len(hooks.jobs("commission")) == 1


def test_without_the_queue_it_is_not_taken(hooks):
    """503 says: try again; then it is there, once."""
    hooks.daemon.ctl("stop", "scheduler")
    body = json.dumps({"transaction_id": "T-1", "timestamp": moment()}).encode()
    headers = {"X-Scicent-Signature": "sha256=" + sign("new secret", body)}
    with ThreadPoolExecutor() as both:
        sale = both.submit(hooks.post, SALE, body, headers)
        health = both.submit(hooks.raw, "GET", "/webhooks/sale/health")
    for response in sale.result()[0], health.result()[0]:
        assert response.status == 503 and response.getheader("Retry-After")
    hooks.daemon.ctl("start", "scheduler")
    hooks.daemon.wait_state("scheduler", "RUNNING")
    status, again = wait_for(lambda: (found := hooks.sale("T-1"))[0] == 202 and found, "the queue again")
    assert hooks.jobs("commission")[0]["id"] == again["id"] and len(hooks.jobs("commission")) == 1
    assert hooks.hook("sale")["counts"]["refused"] >= 1


def test_a_hook_without_its_secret_takes_nothing(jobd, free_port):
    config = f"""
http {{ listen = "127.0.0.1:{free_port}" }}
webhook late {{ path = "/late"  secret_file = "@DIR@/late.key"  header = "X-Sign"  job = late }}
"""
    daemon = jobd(config, start=False)
    key = daemon.dir / "late.key"
    key.write_text("\n\n")
    daemon.dir.chmod(0o711)
    daemon.start()
    api = Hooks(daemon, free_port)
    response, _ = api.post("/late", b"{}", {"X-Sign": sign("", b"{}")})
    assert response.status == 503
    assert api("GET", "/late/health")[0] == 503 and api.hook("late")["ready"] is False
    # What is changed in the file is read at a reload, and a reload without a change ends no session.
    key.write_text("there it is\n")
    key.chmod(0o600)
    pid = daemon.status("http")["pid"]
    daemon.ctl("reload")
    wait_for(lambda: api.post("/late", b"{}", {"X-Sign": sign("there it is", b"{}")})[0].status == 202, "the secret")
    wait_for(lambda: (new := daemon.status("http"))["pid"] != pid and new["state"] == "RUNNING", "the new process")
    pid = daemon.status("http")["pid"]
    daemon.ctl("reload")
    # It has asked for its configuration when this is answered.
    daemon.ctl("signal", "HUP", "http")
    assert api.hook("late")["ready"] and daemon.status("http")["pid"] == pid
    # And another configuration by a reload; nobody is turned away meanwhile.
    daemon.write_config(config.replace("/late\"", "/later\""))
    daemon.ctl("reload")
    # What comes meanwhile waits for the next process.
    wait_for(lambda: api.post("/later", b"{}", {"X-Sign": sign("there it is", b"{}")})[0].status == 202, "the new path")
    assert api("POST", "/late", b"{}")[0] == 404
