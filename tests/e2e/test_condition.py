"""only_if: a command or a URL says whether a job has something to do."""

import json

import pytest
from http_server import answer, server  # noqa: F401
from jobctl_alone import check
from jobd_fixture import wait_for


def give(one, *args, name="a", **more):
    jid = one.scheduler.give(name, *args, **more)
    verb, result = one.scheduler.result()
    assert result["jid"] == jid
    return verb, result


def test_exit_code_0_lets_it_begin(runner, tmp_path):
    log = tmp_path / "log"
    one = runner(f"""job a {{
        only_if = 'echo asked $JOBD_JID "$1" >> {log}; exit 0'
        command = 'echo begun $JOBD_JID "$1" >> {log}; echo output; exit 1'  exit_codes = 1
        shell = true
    }}""")
    verb, result = give(one, "x y", jid="jid-of-it")
    assert (verb, result["result"]["code"], result["result"]["output_head"]) == ("ACK", 1, "output\n")
    assert log.read_text() == "asked jid-of-it x y\nbegun jid-of-it x y\n"


def test_exit_code_1_skips_it(runner, tmp_path):
    one = runner(f'job a {{ only_if = "test -s {tmp_path}/list" command = "touch {tmp_path}/begun" }}')
    verb, result = give(one)
    assert (verb, result["message"], result["result"]["reason"]) == ("ACK", "only_if: exit code 1", "skipped")
    assert "code" not in result["result"]
    (tmp_path / "list").write_text("something")
    verb, result = give(one)
    assert (verb, result["result"]["reason"]) == ("ACK", "exit")
    assert (tmp_path / "begun").exists()


@pytest.mark.parametrize(
    "condition, message",
    [
        ("exit 3", "only_if: exit code 3"),
        ("kill -9 $$", "only_if: killed by SIGKILL"),
        ("sleep 1000", "only_if: timed out after 200ms"),
    ],
)
def test_all_else_has_failed(runner, tmp_path, condition, message):
    one = runner(f"""job a {{
        only_if = "{condition}"  shell = true  only_if_timeout = 200ms  no_retry = 3  exit_codes = 3
        command = "touch {tmp_path}/begun"
    }}""")
    verb, result = give(one)
    assert (verb, result["errtype"], result["message"]) == ("FAIL", "Condition", message)
    assert "code" not in result["result"] and "no_retry" not in result["result"]
    assert not (tmp_path / "begun").exists()


def test_a_command_that_is_not_there(runner, tmp_path):
    one = runner(f'job a {{ only_if = "/nowhere/at/all" command = "touch {tmp_path}/begun" }}')
    verb, result = give(one)
    assert (verb, result["message"]) == ("FAIL", "only_if: can't find command '/nowhere/at/all'")


def test_a_command_that_is_not_there_behind_its_condition(runner, tmp_path):
    one = runner(f'job a {{ only_if = "sh -c \'echo >> {tmp_path}/asked\'" command = "/nowhere/at/all" }}')
    verb, result = give(one)
    assert (verb, result["message"]) == ("FAIL", "can't find command '/nowhere/at/all'")
    assert (tmp_path / "asked").read_text() == "\n"


@pytest.mark.parametrize(
    "status, verb, reason",
    [(200, "ACK", "http"), (204, "ACK", "skipped"), (404, "ACK", "skipped"), (403, "FAIL", "condition"),
     (500, "FAIL", "condition"), (301, "FAIL", "condition")],
)
def test_the_status_of_a_url(runner, server, status, verb, reason):
    http = server({"/unread/7": answer(status, "" if status == 204 else "[1]"), "/digest": answer(200)})
    one = runner(f"""job a {{
        only_if = "{http.url}/unread/{{{{user}}}}"  post = "{http.url}/digest"
        headers = {{"Authorization: secret"}}
    }}""")
    result = give(one, {"user": 7})
    assert (result[0], result[1]["result"]["reason"]) == (verb, reason), result
    assert "no_retry" not in result[1]["result"] and "value" not in result[1]["result"]
    asked = http.requests[0]
    assert (asked.method, asked.headers["authorization"], asked.body) == ("GET", "secret", b"")
    assert [request.method for request in http.requests[1:]] == (["POST"] if reason == "http" else [])


def test_a_command_for_a_url_and_a_url_for_a_command(runner, server, tmp_path):
    http = server({"/nothing": answer(204), "/push": answer(200)})
    one = runner(f"""
job u {{ only_if = "test -e {tmp_path}"  post = "{http.url}/push" }}
job c {{ only_if = "{http.url}/nothing"  command = "touch {tmp_path}/begun" }}
""")
    assert give(one, name="u")[1]["result"]["reason"] == "http"
    assert give(one, name="c")[1]["result"]["reason"] == "skipped"
    assert not (tmp_path / "begun").exists()


def test_a_template_that_can_not_be_made(runner, server):
    one = runner('job a { only_if = "http://127.0.0.1:9/{{nobody}}" command = "true" }')
    verb, result = give(one, {})
    assert (verb, result["errtype"]) == ("FAIL", "Template") and "nobody" in result["message"]
    # Nothing of it is left behind.
    verb, result = give(one, {"nobody": 1})
    assert (verb, result["errtype"]) == ("FAIL", "Condition")


def test_it_can_be_cancelled_while_it_is_asked(runner, tmp_path):
    one = runner(f'job a {{ only_if = "touch {tmp_path}/asked; exec sleep 1000" shell = true command = "true" }}')
    jid = one.scheduler.give("a")
    wait_for(lambda: (tmp_path / "asked").exists(), "the condition")
    one.scheduler.order(jid, "cancelled")
    verb, result = one.scheduler.result()
    assert (verb, result["jid"], result["errtype"]) == ("FAIL", jid, "Cancelled")


def test_many_of_them_hold_the_limit(runner, tmp_path):
    one = runner('runner { concurrency = 3 }\njob a { only_if = "true" command = "true" }')
    jids = {one.scheduler.give("a") for _ in range(20)}
    for _ in range(20):
        verb, result = one.scheduler.result()
        assert (verb, result["result"]["reason"]) == ("ACK", "exit")
        jids.remove(result["jid"])


def test_the_whole(jobd, tmp_path):
    daemon = jobd(f"""
job tick {{ schedule = "* * * * * *"  only_if = "test -s {tmp_path}/list"  command = "true" }}
job mine {{ only_if = "echo nothing there; exit 1"  shell = true  command = "true"  retries = 1 }}
""")
    daemon.wait_state("scheduler", "RUNNING")
    jid = daemon.ctl("push", "mine").stdout.strip()
    wait_for(lambda: daemon.ctl("jobs", "--type", "mine", "--format", "{{state}} {{reason}}").stdout == "done skipped\n", "it")
    job = json.loads(daemon.ctl("--json", "job", jid).stdout)
    (attempt,) = job["attempts"]
    assert (attempt["error"], attempt["output_head"]) == ("only_if: exit code 1", "nothing there\n")
    assert "only_if says that there is nothing to do" in daemon.ctl("why", jid).stdout

    def ticks(name):
        rows = daemon.ctl("ticks", name, "--format", "{{result}} {{reason}}").stdout.splitlines()
        return set(rows)

    # One that a user made tells it as well; its name has to come through as it is.
    users = 'user"7"\\'
    daemon.ctl("schedule", "set", "--schedule", "@every 1s", users, "mine")
    wait_for(lambda: "skipped only_if" in ticks("tick"), "a tick that is skipped")
    wait_for(lambda: "skipped only_if" in ticks(users), lambda: f"a user's tick that is skipped: {ticks(users)}")
    (tmp_path / "list").write_text("x")
    wait_for(lambda: any(row.startswith("ran") for row in list(ticks("tick"))), "a tick that ran")


@pytest.mark.parametrize(
    "options, words",
    [
        ('only_if = "x"', "option 'only_if' does nothing without"),
        ('only_if = "a \'b" command = "x"', "option 'only_if': 'a 'b'"),
        ('only_if = "/nowhere/at/all" command = "true"', "option 'only_if': '/nowhere/at/all': No such file or directory"),
        ('only_if = "http://" command = "x"', "option 'only_if': 'http://' is not written http://HOST/PATH"),
    ],
)
def test_what_is_wrong_in_a_configuration(ctl, tmp_path, options, words):
    (tmp_path / "jobd.conf").write_text(f"job a {{ {options} }}")
    check(ctl("check", str(tmp_path / "jobd.conf")), 1, "", words)
