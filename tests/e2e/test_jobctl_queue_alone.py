"""jobctl's commands of workers, schedules, statistics and the like, against schedulers that do what each test says."""

import json

import pytest
from fake_server import OK, array, bulk, error
from jobctl_alone import JOBCTL, QUEUE, Terminal, ago, check, environment, job, request_of


class TestServer:
    def test_workers(self, ctl, queue):
        worker = {
            "wid": "w1",
            "hostname": "app",
            "pid": 7,
            "labels": ["ruby", "5.0"],
            "state": "quiet",
            "started_at": ago(7300),
            "beat_at": ago(5.5),
            "connections": 2,
            "rss_kb": 2048,
            "running": ["a", "b", "c"],
        }
        queue(WORKERS=array(worker), WORKER=OK)
        line = ctl("workers").stdout.splitlines()[1]
        assert line.split() == ["w1", "app", "7", "quiet", "3", "2", "2.0M", "2h", "5s", "ruby,5.0"]
        assert json.loads(ctl("workers", "--json").stdout) == {"workers": [worker]}

    def test_breakers(self, ctl, queue):
        breaker = {"target": "http://127.0.0.1:8000", "state": "open", "until": "2026-11-22T05:00:00Z", "failures": 5}
        queue(BREAKERS=array(breaker))
        line = ctl("breakers").stdout.splitlines()[1]
        assert line.split() == ["http://127.0.0.1:8000", "open", "5", "2026-11-22T05:00:00+00:00"]
        assert json.loads(ctl("breakers", "--json").stdout) == {"breakers": [breaker]}

    def test_alerts(self, ctl, queue):
        alert = {"name": "slow", "when": "oldest_waiting > 1min", "state": "firing", "value": 90000, "unit": "ms",
                 "since": "2026-11-22T05:00:00Z", "job": "ops", "detail": "x"}  # fmt: skip
        disk = {"name": "disk", "when": "disk < 1G", "state": "ok", "value": 3 << 29, "unit": "bytes", "job": "ops"}
        unknown = {"name": "p", "when": "program", "state": "ok", "value": None, "unit": "", "job": "ops"}
        queue(ALERTS=array(alert, disk, unknown))
        lines = ctl("alerts").stdout.splitlines()[1:]
        assert lines[0].split() == [
            "slow", "firing", "90s", "oldest_waiting", ">", "1min", "2026-11-22T05:00:00+00:00", "ops", "x",
        ]  # fmt: skip
        assert "1.5G" in lines[1] and lines[2].split()[2] == "?"
        assert json.loads(ctl("alerts", "--json").stdout) == {"alerts": [alert, disk, unknown]}

    def test_telling_a_worker(self, ctl, queue):
        server = queue(WORKER=OK)
        check(ctl("worker", "quiet", "w1"), 0)
        check(ctl("worker", "stop", "w1", "w2"), 0)
        assert server.requests == ["WORKER quiet w1", "WORKER terminate w1", "WORKER terminate w2"]

    def test_stats(self, ctl, queue):
        hour = {
            "at": "2026-11-22T05:00:00Z",
            "pushed": 10,
            "done": 8,
            "failed": 2,
            "dead": 1,
            "run_ms": 1000,
            "wait_ms": 50000,
            "run_ms_max": 400,
            "wait_ms_max": 20000,
        }
        answer = {"processed": 100, "failures": 3, "states": {"ready": 5, "dead": 1}, "hours": [hour]}
        server = queue(STATS=bulk(answer))
        output = ctl("stats", "--hours", "5").stdout
        assert output.startswith("processed  100\nfailures   3\nready      5\ndead       1\n\n")
        assert output.splitlines()[-1].split() == "2026-11-22 05:00 10 8 2 1 5s 20s 100ms 400ms".split()
        assert server.requests == ["STATS hours=5"]
        assert json.loads(ctl("stats", "--json").stdout) == answer

    def test_batch(self, ctl, queue):
        batch = {"bid": "b-1", "total": 3, "pending": 1, "failed": 0, "created_at": "2026-11-22T05:00:00Z", "complete_st": "", "success_st": "1"}
        server = queue(BATCH=lambda line: bulk(batch) if "b-1" in line else error("ERR no such batch"))
        lines = dict(line.split(maxsplit=1) for line in ctl("batch", "b-1").stdout.splitlines())
        assert (lines["jobs"], lines["pending"]) == ("3", "1")
        assert lines["success"] == "its callback is in the queue"
        assert server.requests == ["BATCH STATUS b-1"]
        check(ctl("batch", "b-2"), 1, "", "no such batch")

    def test_database(self, ctl, queue, run_dir):
        server = queue(DB=lambda line: error("ERR page 7 is damaged") if "VACUUM" in line else OK)
        check(ctl("db", "check"), 0, "the database is in order\n")
        check(ctl("db", "backup", "copy.db", cwd=run_dir), 0, f"{run_dir}/copy.db: written\n")
        check(ctl("db", "vacuum"), 1, "", "page 7 is damaged")
        check(ctl("db", "backup", "/a dir/copy of it.db"), 0, "/a dir/copy of it.db: written\n")
        ctl("db", "vacuum", "--yes")
        assert server.requests[0] == "DB CHECK" and server.requests[2] == "DB VACUUM"
        assert server.requests[4] == "DB VACUUM now=1"
        assert [json.loads(server.requests[index][10:])["path"] for index in (1, 3)] == [f"{run_dir}/copy.db", "/a dir/copy of it.db"]

    @pytest.mark.parametrize("state, code, words", [("done", 0, "has taken the mail"), ("dead", 1, "no mail: 550 no")])
    def test_mail(self, ctl, queue, state, code, words):
        answer = {"jid": "x1", "state": state, "failure": {"message": "550 no"}, "attempts": []}
        server = queue(PUSH=OK, WAIT=bulk(answer))
        result = ctl("mail", "test", "a@example.org")
        check(result, code)
        assert words in result.stdout + result.stderr
        pushed = request_of(server)[1]
        assert (pushed["jobtype"], pushed["args"], pushed["retry"]) == ("_mail_test", ["a@example.org"], -1)
        assert server.requests[1] == f"WAIT {pushed['jid']}"


class TestSchedules:
    CONFIGURED = [
        {"name": "daily", "schedule": "0 3 * * *", "timezone": "UTC", "paused": True, "next_at": "2026-11-22T03:00:00Z"},
        {"name": "hand", "schedule": None},
    ]

    def test_list(self, ctl, queue):
        made = [{"name": f"user{n:04}", "job": "digest", "schedule": "0 8 * * *", "enabled": n != 1} for n in range(2500)]

        def answer(line):
            if "{" not in line:
                return array(*self.CONFIGURED)
            asked = json.loads(line[10:])
            return array(*[row for row in made if row["name"] > asked.get("after", "")][: asked["limit"]])

        server = queue(SCHEDULES=answer)
        lines = [line.split() for line in ctl("schedules").stdout.splitlines()]
        assert lines[0] == ["NAME", "TYPE", "SCHEDULE", "ZONE", "LAST", "NEXT", "STATE"]
        assert lines[1] == "daily daily 0 3 * * * UTC 2026-11-22T03:00:00+00:00 paused".split()
        assert lines[3][:2] == ["user0001", "digest"] and lines[3][-1] == "disabled"
        assert len(lines) == 102
        document = json.loads(ctl("schedules", "--all", "--json").stdout)
        assert document == {"schedules": [self.CONFIGURED[0], *made]}
        server.requests.clear()
        ctl("schedules", "--type", "digest", "--tag", "t", "--limit", "3")
        assert request_of(server) == ("SCHEDULES", {"limit": 3, "job": "digest", "tag": "t"})

    def test_set_and_delete(self, ctl, queue):
        server = queue(SCHEDULE=lambda line: bulk({"name": "u1", "next_at": "2026-11-22T08:00:00Z"}) if "SET" in line else OK)
        arguments = ["--schedule", "0 8 * * *", "--timezone", "America/Bogota", "--queue", "q", "--tag", "a"]
        check(ctl("schedule", "set", "u1", "digest", '{"user": 1}', *arguments), 0, "u1: next at 2026-11-22T08:00:00+00:00\n")
        assert json.loads(server.requests[0][len("SCHEDULE SET ") :]) == {
            "name": "u1",
            "job": "digest",
            "schedule": "0 8 * * *",
            "timezone": "America/Bogota",
            "queue": "q",
            "args": [{"user": 1}],
            "tags": ["a"],
        }
        check(ctl("schedule", "delete", "u1", "u2"), 0, "u1: deleted\nu2: deleted\n")
        assert server.requests[1:] == ["SCHEDULE DELETE u1", "SCHEDULE DELETE u2"]
        check(ctl("schedule", "set", "u1", "digest"), 2, "", "takes --schedule")
        check(ctl("schedule", "set", "u1"), 2, "", "requires a name and a job's type")


class TestGroups:
    @pytest.mark.parametrize(
        "arguments, words",
        [
            (["db"], "'db' takes another word"),
            (["db", "vacum"], "did you mean 'db vacuum'?"),
            (["mail", "xyzzy"], "unknown command 'mail xyzzy'"),
        ],
    )
    def test_wrong_words(self, ctl, arguments, words):
        check(ctl(*arguments), 2, "", words)

    def test_help(self, ctl):
        assert "queue pause" in ctl("help", "queue").stdout
        assert "db vacuum" in ctl("help", "db").stdout
        assert ctl("db", "--help").stdout == ctl("help", "db").stdout
        assert ctl("help", "queue", "clear").stdout == ctl("queue", "clear", "--help").stdout
        check(ctl("help", "queue", "claer"), 1, "", "is 'queue clear' meant?")


class TestTop:
    PROGRAMS = [
        {"name": name, "program": name, "state": "RUNNING", "pid": 12, "restarts": 0, "description": "pid 12, uptime 0:01:23"}
        for name in ("web", "app")
    ]
    STATS = {"processed": 100, "failures": 3, "states": {"ready": 5, "running": 1}, "hours": []}

    @pytest.fixture
    def servers(self, control, queue):
        control(STATUS=array(*self.PROGRAMS))
        return queue(QUEUES=array(QUEUE), JOBS=array(job(1, "running")), STATS=bulk(self.STATS))

    def test_once(self, ctl, servers):
        output = ctl("top").stdout
        assert "programs 2 of 2 running" in output and "jobs 5 ready, 1 running" in output
        assert output.index("app ") < output.index("web ") < output.index("mailers") < output.index("jid000000001")
        document = json.loads(ctl("top", "--json").stdout)
        assert {name: len(document[name]) for name in ("programs", "queues", "jobs")} == {"programs": 2, "queues": 1, "jobs": 1}
        assert document["stats"] == self.STATS

    def test_without_a_scheduler(self, ctl, control):
        control(STATUS=array(*self.PROGRAMS))
        assert "app" in ctl("top").stdout
        assert json.loads(ctl("top", "--json").stdout)["stats"] is None

    def test_screen(self, servers, run_dir):
        terminal = Terminal([JOBCTL, "top", "--interval", "100ms"], environment(run_dir))
        assert "\x1b[?1049h" in terminal.wait("jid000000001")
        servers.wait_request("JOBS", 3)
        terminal.type("q")
        rest, code = terminal.end()
        assert code == 0
        assert rest.endswith("\x1b[?25h\x1b[?1049l")

    def test_it_ends_with_jobd(self, control, run_dir):
        server = control(STATUS=array(*self.PROGRAMS))
        terminal = Terminal([JOBCTL, "top", "--interval", "100ms"], environment(run_dir))
        terminal.wait("app")
        server.close()
        rest, code = terminal.end()
        assert code == 7
        assert "\x1b[?1049l" in rest

    def test_without_jobd(self, ctl):
        check(ctl("top"), 7, "", "jobd is not running there")
