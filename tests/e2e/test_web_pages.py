"""The pages: who may see them, forms without a browser, and all of them in Chromium."""

import os
import re
import subprocess
import urllib.parse

import pytest

from example_fixture import node_modules
from jobd_fixture import TOP, build_dir, wait_for
from test_web import JOBS, api, wait_job  # noqa: F401  (api is a fixture)

# mkpasswd -m yescrypt "open sesame"
HASH = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$6JlLzEdKMvGk83Zgd3owplAejssJr2SFlJFlOc7i54A"
PEOPLE = f'users = {{ "anna admin {HASH}", "lou look {HASH}" }}'


def post(api, path, form, headers=None):
    data = urllib.parse.urlencode(form)
    return api.raw("POST", path, data, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})[0]


def log_in(api, name, password="open sesame"):
    return post(api, "/login", {"name": name, "password": password})


def test_people_log_in_and_out(api):  # noqa: F811
    api = api(JOBS, PEOPLE)
    response, _ = api.raw("GET", "/")
    assert response.status == 303 and response.getheader("Location") == "/login"
    assert log_in(api, "anna", "wrong").status == 403
    response = log_in(api, "anna")
    cookie = response.getheader("Set-Cookie")
    assert response.status == 303 and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    session = {"Cookie": cookie.split(";")[0]}
    assert b"steady" in api.raw("GET", "/", headers=session)[1]
    assert post(api, "/programs/steady/stop", {"sure": 1}, session).status == 303
    api.daemon.wait_state("steady", "STOPPED")
    # A page of somebody else has the cookie sent, but not our origin.
    evil = {**session, "Origin": "http://evil.example"}
    assert post(api, "/programs/steady/start", {}, evil).status == 403
    assert post(api, "/logout", {}, session).status == 303
    assert api.raw("GET", "/", headers=session)[0].status == 303


def test_who_may_only_look_gets_no_buttons(api):  # noqa: F811
    api = api(JOBS, PEOPLE)
    session = {"Cookie": log_in(api, "lou").getheader("Set-Cookie").split(";")[0]}
    for path in "/", "/jobs", "/schedules", "/queues":
        data = api.raw("GET", path, headers=session)[1].decode()
        forms = re.findall(r'<form[^>]*method="post" action="([^"]+)"', data)
        assert set(forms) <= {"/logout", "/jobs", "/theme"} and 'name="do"' not in data
    assert post(api, "/programs/steady/stop", {}, session).status == 403


def test_attempts_are_limited(api):  # noqa: F811
    api = api(JOBS, PEOPLE)
    answers = [log_in(api, "anna", f"wrong {i}") for i in range(6)]
    assert [answer.status for answer in answers] == [403] * 5 + [429]
    assert int(answers[5].getheader("Retry-After")) > 0
    assert log_in(api, "anna").status == 429


def test_what_jobs_say_is_never_markup(api):  # noqa: F811
    api = api(JOBS)
    text = "<script>alert(1)</script>\"'&"
    jid = api("POST", "/api/v1/jobs", {"type": "x" + text, "args": [text]})[1]["id"]
    for path in f"/jobs/{jid}", "/jobs", "/jobs?type=" + urllib.parse.quote(text):
        data = api.raw("GET", path)[1].decode()
        assert "<script>alert" not in data and ("&lt;script&gt;" in data or "No job" in data)


def test_pages_allow_no_script_but_theirs(api):  # noqa: F811
    api = api(JOBS)
    for path in "/", "/jobs", "/login", "/jobs/nosuchjobatall":
        response, data = api.raw("GET", path)
        policy = response.getheader("Content-Security-Policy")
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert not re.search(rb"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", data), path


def test_answers_to_programs_are_of_no_use_to_pages_of_others(api):  # noqa: F811
    api = api(JOBS)
    asked = ("GET", "/api/v1/jobs", None), ("GET", "/api/v1/jobs/nosuchjobatall", None), ("POST", "/api/v1/jobs", {"type": "x"})
    for method, path, body in asked:
        response = api.raw(method, path, body)[0]
        assert response.getheader("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'"
        assert response.getheader("X-Content-Type-Options") == "nosniff"
        assert response.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        # Who comes with another cookie is not to get what was kept for this one.
        kept = response.getheader("Cache-Control")
        assert kept == "no-store" or (kept == "no-cache" and "Cookie" in response.getheader("Vary")), (method, path)


def test_a_prefix_goes_in_front(api):  # noqa: F811
    api = api(JOBS)
    data = api.raw("GET", "/", headers={"X-Forwarded-Prefix": "/ops/jobd"})[1].decode()
    links = re.findall(r'(?:href|src|action)="([^"]+)"', data)
    assert links and all(link.startswith(("/ops/jobd/", "#")) for link in links)
    bad = api.raw("GET", "/", headers={"X-Forwarded-Prefix": '//evil.example/"><script>'})[1].decode()
    assert "evil" not in bad


def test_all_that_fit_are_retried(api):  # noqa: F811
    api = api(JOBS + 'job failing { command = "/bin/false" }')
    ids = [api("POST", "/api/v1/jobs", {"type": "failing"})[1]["id"] for _ in range(3)]
    for jid in ids:
        wait_job(api, jid, "dead")
    assert post(api, "/jobs", {"do": "delete", "which": "all", "state": "dead", "sure": 1}).status == 303
    wait_for(lambda: api("GET", "/api/v1/jobs?state=dead")[1]["jobs"] == [], "them to be gone")


@pytest.mark.slow(35)
def test_every_page_in_a_browser(api):  # noqa: F811
    api = api(JOBS + """job failing { command = "/bin/false" }
        queue default { concurrency = 7 rate = "50/s" }
        webhook sale { path = "/hooks/sale" secret = "of this test" header = "X-Signature" job = hello }
        alerts { job = hello }
        alert too_many { when = "dead > 0" }
        program talker { shell = true
            command = "echo 'needle <b>'; while :; do echo hay; sleep 0.5; done" }""")
    for jid in [api("POST", "/api/v1/jobs", {"type": "failing"})[1]["id"] for _ in range(2)]:
        wait_job(api, jid, "dead")
    wait_job(api, api("POST", "/api/v1/jobs", {"type": "hello"})[1]["id"], "done")
    shots = build_dir() / "tests/web/screenshots"
    result = subprocess.run(
        ["node", str(TOP / "tests/web/pages.mjs"), f"http://127.0.0.1:{api.port}", str(shots), "/usr/bin/chromium"],
        env={**os.environ, "NODE_MODULES": str(node_modules(TOP / "tests/web"))}, capture_output=True, text=True, timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr[-3000:]


