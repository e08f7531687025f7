"""The pages without a browser: what forms do, the question before what can't be undone, and input that makes no sense."""

import re
import urllib.parse

import pytest

from idle import switches
from jobd_fixture import wait_for
from test_web import JOBS, api, wait_job  # noqa: F401  (api is a fixture)
from test_web_pages import HASH, PEOPLE, log_in, post

EVIL = "<script>alert(1)</script>\"'&</td><img src=x onerror=alert(2)>"


def text(api, path, headers=None):  # noqa: F811
    response, data = api.raw("GET", path, headers=headers)
    assert response.status == 200, (path, response.status, data)
    return data.decode()


def push(api, **job):  # noqa: F811
    status, answer = api("POST", "/api/v1/jobs", job)
    assert status == 202, answer
    return answer["id"]


def cookie(response, name):
    found = [value for key, value in response.getheaders() if key == "Set-Cookie" and value.startswith(name + "=")]
    return found[0].split(";")[0] if found else None


def test_what_can_not_be_undone_is_asked_about(api):  # noqa: F811
    api = api(JOBS)
    before = api("GET", "/api/v1/programs/steady")[1]["pid"]
    for path in "/programs/steady/stop", "/programs/steady/restart", "/queues/default/clear":
        response = post(api, path, {})
        assert response.status == 200
    assert api("GET", "/api/v1/programs/steady")[1]["pid"] == before
    data = urllib.parse.urlencode({"x": EVIL})
    response, page = api.raw("POST", "/programs/steady/stop", data, {"Content-Type": "application/x-www-form-urlencoded"})
    page = page.decode()
    assert 'name="sure" value="1"' in page and "<script>alert" not in page and "<img" not in page
    response = post(api, "/programs/steady/stop", {"sure": 1})
    assert response.status == 303
    api.daemon.wait_state("steady", "STOPPED")
    # What was done is said on the next page, once.
    note = cookie(response, "jobd_note")
    response, page = api.raw("GET", "/programs", headers={"Cookie": note})
    assert b"steady is stopping." in page and cookie(response, "jobd_note") == "jobd_note="


def test_a_note_is_text(api):  # noqa: F811
    api = api(JOBS)
    page = text(api, "/", {"Cookie": "jobd_note=" + urllib.parse.quote(EVIL)})
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    text(api, "/", {"Cookie": "jobd_note=%zz%00; jobd_theme=<b>"})


def test_the_way_back_is_to_the_same_page_and_never_elsewhere(api):  # noqa: F811
    api = api(JOBS)
    host = f"http://127.0.0.1:{api.port}"
    for referer, target in (
        (f"{host}/jobs?state=dead&type=a%20b", "/jobs?state=dead&type=a%20b"),
        ("http://127.0.0.1//evil.example/", "/queues"),
        ("http://127.0.0.1/\\evil.example/", "/queues"),
        ("http://127.0.0.1/a\tb", "/queues"),
        ("nonsense", "/queues"),
        (None, "/queues"),
    ):
        response = post(api, "/queues/default/pause", {}, {"Referer": referer} if referer else {})
        assert (response.status, response.getheader("Location")) == (303, target)
    response = post(api, "/queues/default/resume", {"back": "https://evil.example/"})
    assert response.getheader("Location") == "/queues"
    response = post(api, "/theme", {"theme": "dark"}, {"Referer": f"{host}/ops/workers", "X-Forwarded-Prefix": "/ops"})
    assert response.getheader("Location") == "/ops/workers" and cookie(response, "jobd_theme") == "jobd_theme=dark"
    assert 'data-theme="dark"' in text(api, "/", {"Cookie": "jobd_theme=dark"})
    assert post(api, "/theme", {"theme": "pink"}).status == 400


def test_a_job_is_pushed_by_a_form(api):  # noqa: F811
    api = api(JOBS)
    response = post(api, "/jobs/new", {"type": "later", "args": '[1, "zwei"]', "at": "+1h", "priority": "8", "tags": "a, b"})
    assert response.status == 303
    job = api("GET", "/api/v1" + response.getheader("Location"))[1]
    assert (job["jobtype"], job["args"], job["state"], job["priority"]) == ("later", [1, "zwei"], "scheduled", 8)
    assert job["custom"]["tags"] == ["a", "b"]
    like = text(api, "/jobs/new?like=" + job["jid"])
    assert 'value="later"' in like and "zwei" in like
    # What is wrong is said, and what was typed is still there.
    for form in (
        {"type": "", "args": "[]"}, {"type": "x", "args": "{}"}, {"type": "x", "args": "no"}, {"type": "x", "args": "[]", "at": "soon"},
        {"type": "x", "args": "[]", "at": "+soon"}, {"type": "x", "args": "[]", "priority": "10"}, {"type": "x" * 2000, "args": "[]"},
        {"type": "x", "args": "[]", "queue": "no queue\r\nFLUSH"},
    ):
        data = urllib.parse.urlencode({"tags": "typed", **form})
        response, page = api.raw("POST", "/jobs/new", data, {"Content-Type": "application/x-www-form-urlencoded"})
        assert response.status == 422, (form, response.status)
        assert b'role="alert"' in page and b'value="typed"' in page


def test_one_word_finds_jobs(api):  # noqa: F811
    api = api(JOBS)
    jid = push(api, type="Billing::Invoice", queue="papers", tags=["tenant:9"])
    for word, target in (
        (jid, f"/jobs/{jid}"), ("Billing::Invoice", "/jobs?type=Billing%3A%3AInvoice"), ("papers", "/jobs?queue=papers"),
        ("tenant:9", "/jobs?tag=tenant%3A9"), ("nothing", "/jobs?type=nothing"), ("", "/jobs"), ("a b\r\nFLUSH", "/jobs?type=a%20b%0D%0AFLUSH"),
    ):
        response, _ = api.raw("GET", "/find?q=" + urllib.parse.quote(word))
        assert (response.status, response.getheader("Location")) == (303, target)
    assert api.raw("GET", "/find?q=%ff%fe")[0].status == 303
    assert wait_job(api, jid, "ready")


def test_a_schedule_runs_with_the_arguments_of_the_form(api):  # noqa: F811
    api = api(JOBS)
    assert "every day at 03:00" in text(api, "/schedules/nightly")
    response = post(api, "/schedules/nightly/run", {"args": '["now"]'})
    assert response.status == 303
    assert api("GET", "/api/v1" + response.getheader("Location"))[1]["args"] == ["now"]
    assert post(api, "/schedules/nightly/run", {"args": "{}"}).status == 422
    assert post(api, "/schedules/nosuch/run", {}).status == 404
    assert api.raw("GET", "/schedules/nosuch")[0].status == 404


def test_limits_of_a_queue_are_set_by_a_form(api):  # noqa: F811
    api = api(JOBS + 'queue mail { concurrency = 5 rate = "50/s" }', PEOPLE)
    anna, lou = ({"Cookie": log_in(api, name).getheader("Set-Cookie").split(";")[0]} for name in ("anna", "lou"))
    page = text(api, "/queues/mail", anna)
    assert 'placeholder="50/s" value=""' in page and "5 at a time, 50/s" in page
    assert post(api, "/queues/mail/limits", {"concurrency": "2", "rate": "100/10min", "weight": ""}, anna).getheader("Location") == "/queues/mail"
    page = text(api, "/queues/mail", anna)
    assert "2 at a time, 100/600s" in page and 'placeholder="2" value="2"' in page
    queue = [one for one in api.daemon.json("queue")["queues"] if one["name"] == "mail"][0]
    assert (queue["concurrency"], queue["rate"], queue["rate_period_ms"]) == (2, 100, 600000)
    # What is wrong is said where it was typed, and nothing is set.
    for form in {"concurrency": "many<b>"}, {"rate": "50"}, {"rate": "0/s"}, {"rate": "5/"}, {"rate": "5/2d"}, {"weight": "0"}, {"concurrency": "-1"}:
        response, data = api.raw("POST", "/queues/mail/limits", urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded", **anna})
        assert response.status == 422 and b'role="alert"' in data and b"many<b>" not in data, form
    assert "2 at a time, 100/600s" in text(api, "/queues/mail", anna)
    # Empty gives it back to the configuration.
    assert post(api, "/queues/mail/limits", {"concurrency": "", "rate": "0"}, anna).status == 303
    page = text(api, "/queues/mail", anna)
    assert 'placeholder="5" value=""' in page and "5 at a time</dd>" in page and 'placeholder="0" value="0"' in page
    assert post(api, "/queues/mail/limits", {"concurrency": "1"}, lou).status == 403
    assert "/limits" not in text(api, "/queues/mail", lou) and "#limits" not in text(api, "/queues", lou)
    assert [one for one in api.daemon.json("audit")["audit"] if one["verb"] == "LIMIT"][0]["who"] == "anna"


def test_many_jobs_are_asked_about_with_their_number(api):  # noqa: F811
    api = api(JOBS)
    ids = [push(api, type="many") for _ in range(12)]
    data = urllib.parse.urlencode({"do": "delete", "which": "all", "type": "many"})
    response, page = api.raw("POST", "/jobs", data, {"Content-Type": "application/x-www-form-urlencoded"})
    assert response.status == 200 and b"Delete 12 jobs?" in page
    form = [("do", "cancel"), ("sure", "1"), *(("jid", jid) for jid in ids[:10]), ("jid", "a b"), ("jid", "nosuchjob")]
    response = post(api, "/jobs", form)
    assert response.status == 303
    note = urllib.parse.unquote(cookie(response, "jobd_note"))
    assert "10 jobs were cancelled; with 1 it could not be done." in note
    assert api("GET", "/api/v1/jobs/count?type=many&state=cancelled")[1]["count"] == 10
    # A filter that can't fit anything changes nothing.
    data = "do=delete&which=all&sure=1&tag=%ff"
    assert api.raw("POST", "/jobs", data, {"Content-Type": "application/x-www-form-urlencoded"})[0].status == 303
    assert api("GET", "/api/v1/jobs/count?type=many")[1]["count"] == 12
    assert post(api, "/jobs", {"do": "cancel"}).status == 400
    assert post(api, "/jobs", {"do": "dance"}).status == 400


@pytest.mark.parametrize("path", [
    "/jobs?state=nosuch", "/jobs?after=-1", "/jobs?after=99999999999999999999", "/jobs?after=x", "/jobs?state=%ff", "/jobs?queue=%3Cb%3E",
    "/jobs?type=" + "x" * 3000, "/programs/steady?stream=stdlog&find=%ff%3Cb%3E", "/programs/no%20such", "/programs/../jobs", "/jobs/a=b",
    "/jobs/%7B%7D", "/schedules?after=%ff", "/schedules/%3Cscript%3E", "/queues/%00/pause", "/jobs?" + "&".join(f"a{i}=1" for i in range(100)),
])
def test_garbage_is_answered(api, path):  # noqa: F811
    if not hasattr(test_garbage_is_answered, "api") or test_garbage_is_answered.api.daemon.process.poll() is not None:
        test_garbage_is_answered.api = api(JOBS)
    response, data = test_garbage_is_answered.api.raw("GET", path)
    assert response.status in (200, 400, 404, 405, 409, 422), (path, response.status)
    assert b"<script>" not in data.replace(b"<script src", b"") and b"<b>" not in data


def test_nothing_that_jobs_and_programs_say_is_markup(api):  # noqa: F811
    api = api(JOBS + """
        job loud { shell = true
          command = "echo '<script>alert(1)</script>'; echo '</pre><img src=x onerror=alert(2)>' >&2; exit 3" }
        program crier { shell = true
          command = "echo '</pre><script>alert(3)</script>'; exec sleep 1000" }""")
    jid = push(api, type="loud", args=[EVIL, {EVIL: EVIL}], tags=[EVIL])
    push(api, type=EVIL, queue="q")
    wait_job(api, jid, "dead")
    wait_for(lambda: "alert(3)" in text(api, "/programs/crier"), "the line in the log")
    for path in "/", "/jobs", f"/jobs/{jid}", "/jobs/new?like=" + jid, "/programs/crier?find=" + urllib.parse.quote("</pre>"), "/queues", "/programs":
        page = text(api, path)
        assert "<script>alert" not in page and "<img" not in page and "onerror=alert(2)>" not in page, path
    assert "&lt;script&gt;alert(1)" in text(api, f"/jobs/{jid}")
    assert "<mark>&lt;/pre&gt;</mark>" in text(api, "/programs/crier?find=" + urllib.parse.quote("</pre>"))


def test_pages_stay_small_whatever_is_in_a_job(api):  # noqa: F811
    api = api(JOBS + 'job flood { shell = true command = "yes 0123456789 | head -c 30000000" }')
    jid = push(api, type="for_nobody", args=["日" * 40_000])
    page = text(api, f"/jobs/{jid}")
    assert len(page.encode()) < 40_000 and "bytes more" in page
    assert len(text(api, "/jobs").encode()) < 40_000
    flood = push(api, type="flood")
    wait_job(api, flood, "done")
    page = text(api, f"/jobs/{flood}")
    assert "left out]" in page and len(page) < 400_000


def test_memory_is_sampled_only_when_somebody_looks(api):  # noqa: F811
    api = api(JOBS)
    page = text(api, "/programs/steady")
    assert re.search(r"Memory</dt><dd>[\d.]+ [KM]B", page)
    http = api.daemon.status("http")["pid"]

    def idle():
        """Time passes in which others work and nobody looks."""
        before = switches(http)
        for _ in range(20):
            jid = wire.request('RUN {"job":"hello"}')["jid"]
            assert wire.request(f"WAIT {jid}")["state"] == "done"
        return switches(http) == before

    with api.daemon.wire("queue.sock", hello=False) as wire:
        wire.reply()
        wire.request('HELLO {"v":2}')
        # The end of our own connection may be noticed late.
        wait_for(idle, "the web side to sleep")


def test_who_is_confined_to_a_tag_sees_his_own_on_the_pages(api):  # noqa: F811
    api = api(JOBS, f'users = {{ "tina operate tag=tenant:1 {HASH}" }}\ntokens = {{ "boss admin boss-secret-123456" }}')
    boss = {"Authorization": "Bearer boss-secret-123456"}
    for tag in "tenant:1", "tenant:2":
        body = {"type": "for_nobody", "args": [tag], "tags": [tag]}
        assert api("POST", "/api/v1/jobs", body, boss)[0] == 202
    response = log_in(api, "tina")
    session = {"Cookie": response.getheader("Set-Cookie").split(";")[0]}
    page = text(api, "/jobs", session)
    assert "tenant:1" in page and "tenant:2" not in page
    nav = re.search(r'<nav aria-label="Main">(.*?)</nav>', page)[1]
    assert re.findall(r">(\w+)</a>", nav) == ["Jobs", "Schedules"]
    assert api.raw("GET", "/", headers=session)[0].getheader("Location") == "/jobs"
    for path in "/programs", "/queues", "/workers", "/breakers", "/webhook-status", "/alerts", "/audit":
        assert api.raw("GET", path, headers=session)[0].status in (403, 404), path
    response = post(api, "/jobs/new", {"type": "hello", "args": "[]"}, session)
    jid = response.getheader("Location").rsplit("/", 1)[1]
    assert "tenant:1" in text(api, f"/jobs/{jid}", session)
    data = urllib.parse.urlencode({"do": "delete", "which": "all", "sure": 1})
    form = {"Content-Type": "application/x-www-form-urlencoded", **session}
    assert api.raw("POST", "/jobs", data, form)[0].status == 303
    left = api("GET", "/api/v1/jobs?type=for_nobody", headers=boss)[1]["jobs"]
    assert [job["args"] for job in left] == [["tenant:2"]]


def test_what_is_secret_is_masked_and_not_pushed_as_it_is_shown(api):  # noqa: F811
    api = api(JOBS)
    jid = push(api, type="for_nobody", args=[{"user": "ann", "password": "hunter2"}])
    for path in "/jobs", f"/jobs/{jid}", "/jobs/new?like=" + jid:
        page = text(api, path)
        assert "hunter2" not in page and "ann" in page
    assert "Secret values are shown as" in text(api, "/jobs/new?like=" + jid)


def test_the_audit_is_for_admins(api):  # noqa: F811
    api = api(JOBS, PEOPLE)
    lou = {"Cookie": log_in(api, "lou").getheader("Set-Cookie").split(";")[0]}
    anna = {"Cookie": log_in(api, "anna").getheader("Set-Cookie").split(";")[0]}
    assert api.raw("GET", "/audit", headers=lou)[0].status == 403 and ">Audit<" not in text(api, "/jobs", lou)
    assert post(api, "/queues/default/pause", {}, anna).status == 303
    page = text(api, "/audit?who=anna", anna)
    assert "QUEUE PAUSE" in page and "anna" in page
    assert "QUEUE PAUSE" not in text(api, "/audit?who=lou", anna)
    for path in "/audit?before=x", "/audit?before=-1", "/audit?who=%ff", "/audit?verb=%3Cscript%3E":
        text(api, path, anna)


def test_pages_work_without_a_queue(api):  # noqa: F811
    api = api('program steady { command = "@PROGRAMS@/polite" }')
    for path in "/", "/programs", "/programs/steady", "/webhook-status", "/jobs/new":
        assert "steady" in text(api, path) or path in ("/webhook-status", "/jobs/new")
    for path in "/jobs", "/jobs/abcdefgh", "/queues", "/schedules", "/workers", "/breakers", "/alerts", "/audit", "/find?q=a":
        response = api.raw("GET", path)[0]
        assert response.status in (303, 503), (path, response.status)
    assert post(api, "/programs/steady/restart", {"sure": 1}).status == 303
    response = post(api, "/jobs/new", {"type": "a", "args": "[]"})
    assert response.status == 503
