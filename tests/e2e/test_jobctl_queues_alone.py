"""jobctl's commands of queues and of the database against schedulers that do what each test says."""

import json

import pytest
from fake_server import OK, array, bulk, error
from jobctl_alone import JOBCTL, QUEUE, Terminal, check, environment, request_of


class TestQueues:
    def test_list(self, ctl, queue):
        plain = {"name": "default", "size": 0, "latency_ms": 0, "paused": False, "running": 0, "weight": 1}
        server = queue(QUEUES=array(QUEUE, plain))
        lines = [line.split() for line in ctl("queue").stdout.splitlines()]
        assert lines[0] == "QUEUE SIZE LATENCY RUNNING RATE WEIGHT SCHEDULED RETRY BLOCKED DEAD STATE".split()
        assert lines[1] == "mailers 12 95s 3/5 50/s 3 1 2 0 4 paused".split()
        assert lines[2][:6] == "default 0 - 0 - 1".split()
        assert json.loads(ctl("queue", "--json", "mailers").stdout) == {"queues": [QUEUE, plain]}
        assert server.requests == ["QUEUES", "QUEUES mailers"]

    def test_a_mistyped_word_is_no_queue(self, ctl, queue):
        unused = {"size": 0, "latency_ms": 0, "paused": False, "running": 0, "scheduled": 0, "weight": None}
        queue(QUEUES=lambda line: array(*[{"name": name, **unused} for name in line.split()[1:]]))
        check(ctl("queue", "puase", "mailers"), 1, "", "there is no queue 'puase': is 'queue pause' meant?")
        result = ctl("queue", "new")
        assert (result.returncode, "'new' has neither jobs nor settings" in result.stderr) == (0, True)
        assert json.loads(ctl("queue", "new", "--json").stdout)["queues"][0]["name"] == "new"

    def test_a_queue_may_be_called_nearly_so(self, ctl, queue):
        queue(QUEUES=array({**QUEUE, "name": "clean"}))
        check(ctl("queue", "clean"), 0)

    def test_pause_and_resume(self, ctl, queue):
        def row(name):
            return {"name": name, "paused": True, "dead": int(name == "a")}

        server = queue(QUEUE=OK, QUEUES=lambda line: array(row(line.split()[1])))
        check(ctl("queue", "pause", "a"), 0, "a: paused\n")
        result = ctl("queue", "pause", "b")
        assert (result.returncode, result.stdout) == (0, "b: paused\n") and "'b' has neither jobs" in result.stderr
        check(ctl("queue", "resume", "all"), 0, "all: resumed\n")
        assert server.requests == ["QUEUE PAUSE a", "QUEUES a", "QUEUE PAUSE b", "QUEUES b", "QUEUE RESUME *"]
        check(ctl("queue", "pause"), 2, "", "requires a queue's name")

    def test_clear_needs_a_word(self, ctl, queue):
        server = queue(QUEUE=bulk({"removed": 1234}))
        check(ctl("queue", "clear", "a"), 2, "", "it takes --yes")
        assert server.requests == []
        check(ctl("queue", "clear", "a", "--yes"), 0, "a: 1234 jobs removed\n")
        assert server.requests == ["QUEUE CLEAR a"]
        assert json.loads(ctl("queue", "clear", "--yes", "a", "--json").stdout) == {"removed": 1234}

    @pytest.mark.parametrize("answer, code", [("y", 0), ("n", 2)])
    def test_clear_asks_a_person(self, queue, run_dir, answer, code):
        server = queue(QUEUE=bulk({"removed": 1}))
        terminal = Terminal([JOBCTL, "queue", "clear", "a"], environment(run_dir))
        terminal.wait("y/N ")
        terminal.type(f"{answer}\n")
        assert terminal.end()[1] == code
        assert server.count("QUEUE") == (1 if code == 0 else 0)

    def test_limit(self, ctl, queue):
        server = queue(LIMIT=OK)
        check(ctl("queue", "limit", "a", "--weight", "3", "--concurrency", "5", "--rate", "50/s"), 0, "a: changed\n")
        check(ctl("queue", "limit", "a", "--rate", "100/10min"), 0)
        check(ctl("queue", "limit", "a", "--rate", "0", "--weight", "default"), 0)
        assert request_of(server, 0)[1] == {"queue": "a", "weight": 3, "concurrency": 5, "rate": 50, "rate_period_ms": 1000}
        assert request_of(server, 1)[1] == {"queue": "a", "rate": 100, "rate_period_ms": 600000}
        assert request_of(server, 2)[1] == {"queue": "a", "weight": None, "rate": 0, "rate_period_ms": 1000}

    @pytest.mark.parametrize("rate", ["50", "x/s", "50/", "50/fortnight", "-1/s", "50/0s"])
    def test_bad_rates(self, ctl, queue, rate):
        queue(LIMIT=OK)
        check(ctl("queue", "limit", "a", f"--rate={rate}"), 2, "", f"--rate: '{rate}'")
        check(ctl("queue", "limit", "a"), 2, "", "takes --weight, --concurrency or --rate")

    def test_size_is_a_number(self, ctl, queue):
        queue(QUEUES=lambda line: array(*[{"name": name, "size": 7} for name in line.split()[1:]]))
        check(ctl("queue", "size", "mailers"), 0, "7\n")
        check(ctl("queue", "size", "a", "b"), 0, "7 a\n7 b\n")
        assert json.loads(ctl("queue", "size", "a", "--json").stdout) == {"queues": [{"name": "a", "size": 7}]}
        check(ctl("queue", "size"), 2, "", "requires a queue's name")

    def test_count_is_a_number(self, ctl, queue):
        server = queue(COUNT=bulk({"count": 12, "states": {"ready": 12}}))
        check(ctl("queue", "count", "--state", "pending", "--type", "T"), 0, "12\n")
        pending = ["scheduled", "ready", "blocked", "running", "retry"]
        assert request_of(server) == ("COUNT", {"state": pending, "type": "T"})
        check(ctl("queue", "count", "--state", "dead,pending"), 0)
        assert request_of(server, 1)[1] == {"state": ["dead", *pending]}
        check(ctl("queue", "count", "--state", "pendig"), 2, "", "did you mean 'pending'?")

    def test_words_of_jobs_are_pointed_at(self, ctl, queue):
        queue()
        check(ctl("jobs", "retry", "--all"), 2, "", "is 'jobctl retry' meant?")


class TestDatabase:
    def test_migrate_tells(self, ctl, queue):
        queue(COUNT=bulk({"count": 1}))
        result = ctl("db", "migrate")
        assert result.returncode == 0 and "tables of this version" in result.stdout

    def test_one_that_is_newer(self, ctl, queue):
        queue(COUNT=error("STORE it was written by a newer jobd"))
        check(ctl("db", "migrate"), 1, "", "newer jobd")
