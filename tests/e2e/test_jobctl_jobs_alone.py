"""jobctl's commands of jobs against schedulers that do what each test says."""

import json
import re
import time
from datetime import datetime

import pytest
from fake_server import OK, array, bulk, error
from jobctl_alone import ago, check, job, request_of

ATTEMPT = {"number": 1, "reason": "exit", "code": 0, "signal": None, "output_head": "hello\n", "output_tail": ""}
JOB = {"jid": "0123456789ab", "jobtype": "clean", "queue": "default", "state": "done", "args": [], "attempts": [ATTEMPT]}
NAMED = {"id": "0123456789ab", "type": "clean"}


class TestRun:
    def test_run(self, ctl, queue):
        server = queue(RUN=bulk({"jid": "abcdefgh", "state": "ready"}))
        check(ctl("run", "clean"), 0, "abcdefgh\n")
        check(ctl("run", "clean", "--args", '[1,\n "a b"]'), 0)
        assert request_of(server, 1) == ("RUN", {"job": "clean", "args": [1, "a b"]})
        check(ctl("run", "clean", "--args", '{"a":1}'), 0)
        assert request_of(server, 2) == ("RUN", {"job": "clean", "args": [{"a": 1}]})
        assert json.loads(ctl("run", "clean", "--json").stdout)["id"] == "abcdefgh"

    @pytest.mark.parametrize(
        "text, words",
        [
            ("[1", "ends too early, behind character 2"),
            ('["ä", x]', "'x]' is wrong at character 7"),
            ("", "ends too early"),
            ("[1] 2", "'2' is wrong at character 5"),
            ("[01]", "is wrong at character 3"),
        ],
    )
    def test_bad_arguments_are_pointed_at(self, ctl, queue, text, words):
        server = queue()
        check(ctl("run", "clean", "--args", text), 2, "", words)
        assert server.requests == []

    @pytest.mark.parametrize(
        "state, attempt, code",
        [
            ("done", {"code": 0}, 0),
            ("done", {"code": 3}, 3),
            ("dead", {"code": 7}, 7),
            ("dead", {"code": None, "signal": "SIGKILL"}, 137),
            ("done", {"reason": "http", "code": 200}, 0),
            ("dead", {"reason": "http", "code": 200}, 1),
            ("done", {"reason": None, "code": None}, 0),
            ("cancelled", None, 1),
        ],
    )
    @pytest.mark.parametrize("command", ["run", "push"])
    def test_waiting_ends_as_the_job_did(self, ctl, queue, command, state, attempt, code):
        attempts = [] if attempt is None else [{**ATTEMPT, **attempt}]
        queue(RUN=bulk({"jid": "abcdefgh"}), PUSH=OK, WAIT=bulk({**JOB, "state": state, "attempts": attempts}))
        check(ctl(command, "clean", "--wait"), code, "hello\n" if attempts else "")
        document = ctl(command, "clean", "--wait", "--json")
        check(document, code)
        assert json.loads(document.stdout)["state"] == state


class TestPush:
    def test_plain(self, ctl, queue):
        server = queue(PUSH=OK)
        result = ctl("push", "SendPush")
        check(result, 0)
        verb, pushed = request_of(server)
        assert (verb, pushed) == ("PUSH", {"jid": result.stdout.strip(), "jobtype": "SendPush", "args": []})
        assert re.fullmatch("[0-9a-f]{24}", pushed["jid"])
        other = json.loads(ctl("push", "SendPush", "--json").stdout)["id"]
        assert other not in ("", pushed["jid"])

    def test_everything(self, ctl, queue):
        server = queue(PUSH=OK)
        words = ["--queue", "q", "--at", "2030-01-01T01:00:00+01:00", "--priority", "9", "--retries", "3"]
        more = ["--unique", "1h", "--tag", "a", "--tag", "b c"]
        check(ctl("push", "SendPush", '{"user":12345678901234567890}', *words, *more), 0)
        pushed = request_of(server)[1]
        del pushed["jid"]
        assert pushed == {
            "jobtype": "SendPush",
            "args": [{"user": 12345678901234567890}],
            "queue": "q",
            "at": "2030-01-01T00:00:00Z",
            "priority": 9,
            "retry": 3,
            "custom": {"unique_for": 3600, "tags": ["a", "b c"]},
        }

    @pytest.mark.parametrize(
        "text, args", [("[1, 2]", [1, 2]), ("7", [7]), ('"x"', ["x"]), ("null", [None]), ('{"a":\n1}', [{"a": 1}])]
    )
    def test_arguments(self, ctl, queue, text, args):
        server = queue(PUSH=OK)
        check(ctl("push", "T", text), 0)
        assert request_of(server)[1]["args"] == args

    def test_a_time_from_now(self, ctl, queue):
        server = queue(PUSH=OK)
        before = time.time()
        check(ctl("push", "T", "--at", "+10m"), 0)
        at = datetime.fromisoformat(request_of(server)[1]["at"].replace("Z", "+00:00")).timestamp()
        assert before + 599 < at < time.time() + 601

    def test_without_retries_it_is_kept_as_dead(self, ctl, queue):
        server = queue(PUSH=OK)
        check(ctl("push", "T", "--retries", "0"), 0)
        assert request_of(server)[1]["retry"] == -1

    @pytest.mark.parametrize(
        "arguments, words",
        [
            (["--at", "tomorrow"], "--at: 'tomorrow'"),
            (["--at", "+10x"], "--at: '10x'"),
            (["--unique", "often"], "--unique: 'often'"),
            (["--retries", "many"], "option --retries: 'many'"),
            (["--priority", "10"], "option --priority: '10' is not a number from 1 to 9"),
            (["--prioritiy", "1"], "unknown option --prioritiy: did you mean --priority?"),
            (["--tag", "x"] * 33, "given more than 32 times"),
        ],
    )
    def test_wrong_options(self, ctl, queue, arguments, words):
        server = queue(PUSH=OK)
        check(ctl("push", "T", *arguments), 2, "", words)
        assert server.requests == []

    def test_a_refusal_is_told(self, ctl, queue):
        queue(PUSH=error("NOTUNIQUE Job not unique"))
        check(ctl("push", "T", "--unique", "1h"), 1, "", "jobctl: Job not unique\n")


class TestJobs:
    def test_filters(self, ctl, queue):
        server = queue(JOBS=array(JOB))
        result = ctl("jobs", "--state", "dead", "--limit", "3")
        check(result, 0)
        assert "0123456789ab" in result.stdout
        ctl("jobs", "--state", "dead,retry", "--type", "clean", "--queue", "q", "--tag", "t")
        assert request_of(server, 0) == ("JOBS", {"state": "dead", "limit": 3})
        wanted = {"state": ["dead", "retry"], "type": "clean", "queue": "q", "tag": "t", "limit": 100}
        assert request_of(server, 1) == ("JOBS", wanted)

    def test_json_has_the_names_of_people_and_of_the_protocol(self, ctl, queue):
        queue(JOBS=array(JOB, {}, {"id": "own", "jid": "x"}), JOB=bulk(JOB))
        assert json.loads(ctl("jobs", "--json").stdout) == {"jobs": [{**JOB, **NAMED}, {}, {"id": "own", "jid": "x"}]}
        assert json.loads(ctl("--json", "job", "0123456789ab").stdout) == {**JOB, **NAMED}

    def test_columns(self, ctl, queue):
        rows = [
            job(9, "scheduled", created_at=ago(5), run_at=ago(-630)),
            job(8, "ready", created_at=ago(6000), enqueued_at=ago(3030)),
            job(7, "running", attempts=2, created_at=ago(6000), started_at=ago(750), worker="w1"),
            job(6, "done", attempts=1, created_at=ago(9000), started_at=ago(4001.5), finished_at=ago(4000)),
            job(5, "dead", attempts=25, created_at=ago(1e6), finished_at=ago(1830), failure={"message": "smtp: 550"}),
            job(4, "retry", attempts=3, created_at=ago(60), run_at=ago(-1830), failure={"message": "boom"}),
            job(3, "blocked", created_at=ago(60), reason="after"),
        ]
        queue(JOBS=array(*rows))
        lines = ctl("jobs").stdout.splitlines()
        assert lines[0].split() == ["ID", "TYPE", "QUEUE", "STATE", "TRIES", "AGE", "DETAIL"]
        assert [line[lines[0].index("DETAIL") :] for line in lines[1:]] == [
            "in 10min",
            "waits 50min",
            "for 12min by w1",
            "66min ago, took 1s",
            "30min ago: smtp: 550",
            "in 30min: boom",
            "after",
        ]
        # Numbers stand to the right, below the end of their heading.
        assert all(line[lines[0].index("TRIES") + 4] != " " for line in lines[1:])
        assert lines[3].split()[4] == "2" and lines[5].split()[4] == "25"

    def test_all_comes_page_by_page(self, ctl, queue):
        everything = [job(number) for number in range(2500, 0, -1)]

        def page(line):
            asked = json.loads(line[5:])
            rest = [row for row in everything if row["seq"] < asked.get("after", 10**9)]
            return array(*rest[: asked["limit"]])

        server = queue(JOBS=page)
        for arguments in ["--all"], ["--limit", "2200"]:
            count = 2500 if arguments == ["--all"] else 2200
            result = ctl("jobs", *arguments)
            check(result, 0)
            assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [row["jid"] for row in everything[:count]]
            document = json.loads(ctl("jobs", "--json", *arguments).stdout)
            assert [row["seq"] for row in document["jobs"]] == [row["seq"] for row in everything[:count]]
        assert request_of(server, 1) == ("JOBS", {"limit": 1000, "after": 1501})
        check(ctl("jobs", "--all", "--limit", "3"), 2, "", "exclude each other")

    def test_none(self, ctl, queue):
        queue(JOBS=array())
        check(ctl("jobs"), 0, "No jobs\n")
        check(ctl("jobs", "--json", "--all"), 0, '{"jobs":[]}\n')

    def test_a_broken_page_leaves_no_half_table(self, ctl, queue):
        queue(JOBS=b"*2\r\n" + bulk(JOB) + b"garbage\r\n")
        check(ctl("jobs"), 1, "", "can't be understood")
        check(ctl("jobs", "--json"), 1, "", "can't be understood")

    def test_count(self, ctl, queue):
        answer = {"count": 12, "states": {"scheduled": 0, "ready": 10, "dead": 2}}
        server = queue(COUNT=bulk(answer))
        check(ctl("jobs", "--count", "--type", "mail"), 0, "12\nready      10\ndead       2\n")
        assert request_of(server) == ("COUNT", {"type": "mail"})
        assert json.loads(ctl("jobs", "--count", "--json").stdout) == answer

    @pytest.mark.parametrize(
        "states, words",
        [
            ("daed", "there is no state 'daed': did you mean 'dead'?"),
            ("dead,", "there is no state ''"),
            ("dead,xyz", "there is no state 'xyz': it is scheduled, ready"),
        ],
    )
    @pytest.mark.parametrize("command", [["jobs"], ["jobs", "--count"], ["retry", "--all"]])
    def test_unknown_states(self, ctl, queue, command, states, words):
        server = queue()
        check(ctl(*command, "--state", states), 2, "", words)
        assert server.requests == []

    def test_job(self, ctl, queue):
        queue(JOB=lambda line: bulk(JOB) if "0123456789ab" in line else error("ERR Job not found nope"))
        assert ctl("job", "0123456789ab").stdout.endswith("hello\n")
        check(ctl("job", "nope"), 1, "", "jobctl: Job not found nope\n")

    def test_long_values_of_one_job_are_whole(self, ctl, queue):
        args = ["x" * 3000, {"y": 1}]
        queue(JOB=bulk({**JOB, "args": args, "custom": {"tags": ["a"]}, "failure": {"errtype": "E", "message": "m" * 2000}}))
        output = ctl("job", "0123456789ab").stdout
        assert json.dumps(args) in output and '{"tags": ["a"]}' in output and f"E: {'m' * 2000}\n" in output

    def test_why(self, ctl, queue):
        answer = {"jid": "x1", "state": "ready", "because": [{"what": "paused", "text": "the queue 'mailers' is paused"}]}
        queue(WHY=bulk(answer))
        check(ctl("why", "x1"), 0, "x1 is ready\n  paused      the queue 'mailers' is paused\n")
        assert json.loads(ctl("why", "x1", "--json").stdout) == answer


class TestChanges:
    DONE = {"cancel": "cancelled", "retry": "ready", "kill": "killed", "delete": "deleted"}

    @pytest.mark.parametrize("command", DONE)
    def test_one_by_one(self, ctl, queue, command):
        verb = command.upper()
        server = queue(**{verb: lambda line: OK if "x" in line else error("ERR Job not found nope")})
        check(ctl(command, "x1", "nope", "x2"), 1, None, "Job not found nope")
        assert server.requests == [f"{verb} x1", f"{verb} nope", f"{verb} x2"]
        check(ctl(command, "x1"), 0, f"x1: {self.DONE[command]}\n")
        results = json.loads(ctl("--json", command, "x1", "nope").stdout)["results"]
        assert [row["result"] for row in results] == [self.DONE[command], "error"]

    LIVING = ["scheduled", "ready", "blocked", "running", "retry"]
    RESTING = ["scheduled", "ready", "blocked", "retry", "done", "dead", "cancelled"]

    @pytest.mark.parametrize("command, state", [("cancel", LIVING), ("retry", "dead"), ("kill", "running"), ("delete", RESTING)])
    def test_chosen_ones_in_turns(self, ctl, queue, command, state):
        """Without --state those jobs are meant for which it can be."""
        left = [2500]

        def bulk_change(line):
            changed = min(left[0], json.loads(line[5:])["limit"])
            left[0] -= changed
            return bulk({"changed": changed, "more": left[0] > 0})

        server = queue(COUNT=lambda line: bulk({"count": left[0]}), BULK=bulk_change)
        check(ctl(command, "--all", "--type", "mail"), 0, f"2500 jobs: {self.DONE[command]}\n")
        wanted = {"state": state, "type": "mail"}
        assert request_of(server, 0) == ("COUNT", wanted)
        assert request_of(server, 1) == ("BULK", {"do": command, "filter": wanted, "limit": 1000})
        assert server.count("BULK") == 3
        left[0] = 1
        check(ctl(command, "--all", "--state", "blocked", "--json"), 0, '{"changed":1}\n')
        assert request_of(server, 5)[1]["filter"] == {"state": "blocked"}

    def test_turns_go_on_where_the_last_one_ended(self, ctl, queue):
        turns = [{"changed": 1000, "more": True, "last": 1700}, {"changed": 0, "more": True, "last": 2700}, {"changed": 3, "more": False, "last": 2710}]
        server = queue(COUNT=bulk({"count": 5}), BULK=lambda line: bulk(turns.pop(0)))
        check(ctl("cancel", "--all", "--state", "running"), 0, "1003 jobs: cancelled\n")
        filters = [json.loads(line[5:])["filter"] for line in server.requests[1:]]
        assert filters == [{"state": "running"}, {"state": "running", "after": 1700}, {"state": "running", "after": 2700}]

    def test_jobs_that_take_their_time_to_end_are_told_once(self, ctl, queue):
        """A running job stays in the filter until its worker has ended it."""
        server = queue(COUNT=bulk({"count": 3}), BULK=bulk({"changed": 3, "more": True}))
        check(ctl("cancel", "--all", "--state", "running"), 0, "3 jobs: cancelled\n")
        assert server.count("BULK") == 1

    @pytest.mark.parametrize(
        "arguments, words",
        [
            (["cancel"], "takes ids of jobs, or --all"),
            (["cancel", "--all"], "needs to know which jobs"),
            (["delete", "--all"], "needs to know which jobs"),
            (["retry", "x1", "--all"], "takes ids of jobs, or --all"),
            (["retry", "x1", "--state", "dead"], "go with --all"),
            (["cancel", "x1 SHUTDOWN"], "is not a name"),
        ],
    )
    def test_wrong_usage(self, ctl, queue, arguments, words):
        server = queue()
        result = ctl(*arguments)
        assert result.returncode in (1, 2) and words in result.stderr
        assert server.requests == []


class TestChange:
    def test_everything(self, ctl, queue):
        server = queue(CHANGE=OK)
        arguments = ["--priority", "9", "--at", "2030-01-01T01:00:00+01:00", "--queue", "q"]
        check(ctl("change", "x1", *arguments), 0, "x1: changed\n")
        assert request_of(server) == ("CHANGE", {"jid": "x1", "priority": 9, "run_at": "2030-01-01T00:00:00Z", "queue": "q"})

    def test_wrong_usage(self, ctl, queue):
        queue(CHANGE=error("ERR it runs already"))
        check(ctl("change", "x1"), 2, "", "takes --priority, --at or --queue")
        check(ctl("change", "x1", "--at", "soon"), 2, "", "--at: 'soon'")
        check(ctl("change", "x1", "--priority", "1"), 1, "", "it runs already")
