"""--format prints rows of lists by a template; no jobd runs here."""

import pytest

from fake_server import array, bulk
from jobctl_alone import QUEUE, check

FAILURE = {"errtype": "Timeout", "message": "no answer\nfrom \x1b[31mit"}
JOBS = [
    {"seq": 2, "jid": "jid2", "jobtype": "mail", "state": "retry", "reason": None, "args": [1, {"a": "b"}], "failure": FAILURE},
    {"seq": 1, "jid": "jid1", "jobtype": "mail", "state": "ready", "reason": None, "args": [], "attempts": 12},
]
PROGRAM = {"name": "web", "state": "RUNNING", "pid": 17, "essential": True, "exit": None, "description": "pid 17"}


@pytest.fixture
def jobs(ctl, control):
    control("queue.sock", JOBS=array(*JOBS), QUEUES=array(QUEUE), JOB=bulk(JOBS[0]), SCHEDULES=array())
    return lambda text, *more: ctl("jobs", "--format", text, *more)


def test_a_row_is_a_line(jobs):
    check(jobs("{{jid}} {{ state }}"), 0, "jid2 retry\njid1 ready\n")
    check(jobs("{{id}}={{type}}"), 0, "jid2=mail\njid1=mail\n")


def test_values_that_are_no_text(jobs):
    check(jobs("{{seq}} {{args}} {{reason}}."), 0, '2 [1, {"a": "b"}] .\n1 [] .\n')


def test_a_member_of_a_member(jobs):
    check(jobs("<{{failure.errtype}}>"), 0, "<Timeout>\n<>\n")
    check(jobs("<{{failure.nothing}}>"), 0, "<>\n<>\n")


def test_control_characters_only_with_three_braces(jobs):
    assert jobs("{{failure.message}}").stdout.splitlines()[0] == "no answer?from ?[31mit"
    assert jobs("{{{failure.message}}}").stdout.startswith(FAILURE["message"])


def test_backslashes(jobs):
    check(jobs(r"{{seq}}\t{{jid}}\\n\n-\x"), 0, "2\tjid2\\n\n-\\x\n1\tjid1\\n\n-\\x\n")


def test_no_name_is_a_line_for_each(jobs):
    check(jobs("a } b { c"), 0, "a } b { c\n" * 2)


@pytest.mark.parametrize("name", ["unique_key", "parent", "failure"])
def test_what_only_some_jobs_have_is_no_mistake(ctl, control, name):
    control("queue.sock", JOBS=array(JOBS[1]))
    check(ctl("jobs", "--format", "<{{%s}}>" % name), 0, "<>\n")


def test_an_unknown_name_lists_those_there_are(jobs):
    result = jobs("{{seq}} {{jidd}}")
    check(result, 2, "", "--format: there is no 'jidd': is 'jid' meant?; there are id, type, seq, jid, jobtype")
    # Also what only the second row has is known.
    check(jobs("<{{attempts}}>"), 0, "<>\n<12>\n")


@pytest.mark.parametrize(
    "text, words",
    [
        ("{{jid", "'{{jid' has no end"),
        ("{{}}", "'{{}}' is not a name of a member"),
        ("{{#tags}}x{{/tags}}", "'{{#tags}}' is not a name of a member"),
        ("{{a}}" * 65, "it has more than 64 pieces"),
    ],
)
def test_a_text_that_is_wrong(jobs, text, words):
    check(jobs(text), 2, "", words)


@pytest.mark.parametrize("option", ["--json", "--count"])
def test_what_it_does_not_go_with(jobs, option):
    check(jobs("{{jid}}", option), 2, "", f"--format does not go with {option}")


def test_other_lists(ctl, jobs, control):
    control(STATUS=array(PROGRAM))
    check(ctl("status", "--format", "{{name}}:{{pid}}:{{essential}}:{{exit.code}}"), 0, "web:17:true:\n")
    check(ctl("status", "--watch", "--format", "x"), 2, "", "--format does not go with --watch")
    check(ctl("queue", "--format", "{{name}} {{size}}"), 0, "mailers 12\n")
    check(ctl("job", "jid2", "--format", "{{state}}"), 0, "retry\n")
    check(ctl("job", "jid2", "--format", "{{stat}}"), 2, "", "is 'state' meant?")
    check(ctl("schedules", "--format", "{{anything}}"), 0, "")
    check(ctl("pid", "--format", "x"), 2, "", "unknown option --format")
