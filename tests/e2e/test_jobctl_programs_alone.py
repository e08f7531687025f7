"""jobctl's commands for programs, against a server that says what each test wants."""

import json
import socket
import subprocess
import threading

import pytest
from fake_server import CLOSE, NIL, OK, Steps, array, bulk, error
from jobctl_alone import DOWN, JOBCTL, WEB, check, environment, nobody, program


class TestStatus:
    def test_columns_are_those_of_supervisorctl(self, ctl, control):
        control(STATUS=array(WEB, program("many:1", "STARTING", "")))
        check(
            ctl("status"),
            0,
            "many:1                           STARTING  \n"
            "web                              RUNNING   pid 12, uptime 0:01:23\n",
        )

    def test_a_long_name_moves_all_columns(self, ctl, control):
        name = "x" * 40
        control(STATUS=array(program(name), WEB))
        lines = ctl("status").stdout.splitlines()
        assert lines[1] == f"{name}   RUNNING   pid 12, uptime 0:01:23"
        assert lines[0].index("RUNNING") == 43

    def test_programs_are_sorted_by_name(self, ctl, control):
        """As supervisorctl does; numbers in a name count as numbers."""
        control(STATUS=array(*map(program, ["web:10", "scheduler", "web:2", "app2", "app", "web:1"])))
        names = ["app", "app2", "scheduler", "web:1", "web:2", "web:10"]
        assert [line.split()[0] for line in ctl("status").stdout.splitlines()] == names
        assert [row["name"] for row in json.loads(ctl("--json", "status").stdout)["programs"]] == names

    @pytest.mark.parametrize(
        "state, code",
        [("RUNNING", 0), ("STARTING", 0), ("BACKOFF", 0), ("STOPPING", 0), ("STOPPED", 3), ("EXITED", 3), ("FATAL", 3)],
    )
    def test_exit_code(self, ctl, control, state, code):
        control(STATUS=array(WEB, program("db", state), program("cache")))
        check(ctl("status"), code)

    def test_json_is_what_the_server_said(self, ctl, control):
        rows = [WEB, {**DOWN, "exit": {"reason": "exit", "code": 1}, "ünï": "\n\x01"}]
        control(STATUS=array(*rows))
        result = ctl("status", "--json")
        check(result, 3)
        assert json.loads(result.stdout) == {"programs": rows[::-1]}

    def test_no_programs(self, ctl, control):
        control(STATUS=array())
        check(ctl("status"), 0, "")
        check(ctl("--json", "status"), 0, '{"programs":[]}\n')

    def test_names_and_all_go_to_the_server(self, ctl, control):
        server = control(STATUS=array(WEB))
        ctl("status", "web", "--all", "db:*")
        assert server.requests == ["STATUS all=1 web db:*"]

    def test_unknown_names_do_not_hide_the_others(self, ctl, control):
        control(STATUS=array(WEB, nobody("wbe"), nobody("group:*")))
        check(
            ctl("status", "wbe", "web", "group:*"),
            4,
            "wbe: ERROR (no such process)\n"
            "group: ERROR (no such group)\n"
            "web                              RUNNING   pid 12, uptime 0:01:23\n",
            "no program is called 'wbe'",
        )

    def test_a_program_that_is_down_outweighs_an_unknown_name(self, ctl, control):
        control(STATUS=array(nobody("nope"), DOWN))
        check(ctl("status", "nope", "db"), 3)
        document = ctl("--json", "status", "nope", "db")
        check(document, 3, error_words="no program is called 'nope'")
        assert json.loads(document.stdout) == {"programs": [DOWN]}

    def test_programs_that_vanished_meanwhile_are_left_out(self, ctl, control):
        control(STATUS=b"*3\r\n" + NIL + bulk(WEB) + NIL)
        check(ctl("status"), 0, "web                              RUNNING   pid 12, uptime 0:01:23\n")

    def test_control_characters_do_not_reach_the_terminal(self, ctl, control):
        control(STATUS=array(program("web", description="\x1b[2Jowned\x07\n")))
        assert ctl("status").stdout.endswith("?[2Jowned??\n")

    def test_a_full_disk_is_no_success(self, ctl, control):
        control(STATUS=array(WEB))
        with open("/dev/full", "w") as full:
            check(ctl("status", stdout=full), 1, error_words="standard output")

    def test_one_write_for_a_hundred_programs(self, ctl, control, run_dir):
        """Each write(2) to a packet socket is a packet of its own."""
        control(STATUS=array(*[program(f"web{i}") for i in range(100)]))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ctl("status", stdout=theirs)
        theirs.close()
        assert ours.recv(1 << 20).count(b"\n") == 100
        assert ours.recv(1 << 20) == b""


class TestActions:
    @pytest.mark.parametrize(
        "command, result, code, text, exit_code",
        [
            ("start", "started", "ok", "web: started", 0),
            ("start", "error", "already_started", "web: ERROR (already started)", 0),
            ("start", "error", "spawn_error", "web: ERROR (spawn error)", 7),
            ("start", "error", "abnormal_termination", "web: ERROR (abnormal termination)", 7),
            ("start", "error", "no_such_program", "web: ERROR (no such process)", 1),
            ("start", "error", "disabled", "web: ERROR (disabled)", 1),
            ("start", "error", "shutting_down", "web: ERROR (shutting down)", 1),
            ("stop", "stopped", "ok", "web: stopped", 0),
            ("stop", "error", "not_running", "web: ERROR (not running)", 0),
            ("stop", "error", "timeout", "web: ERROR (time-out)", 1),
            ("restart", "restarted", "ok", "web: stopped\nweb: started", 0),
            ("restart", "started", "ok", "web: started", 0),
        ],
    )
    def test_texts_and_codes(self, ctl, control, command, result, code, text, exit_code):
        row = {"name": "web", "result": result, "code": code, "message": ""}
        server = control(**{command.upper(): array(row)})
        check(ctl(command, "web"), exit_code, text + "\n")
        assert server.requests == [f"{command.upper()} web"]
        document = ctl("--json", command, "web")
        check(document, exit_code)
        assert json.loads(document.stdout) == {"results": [row]}

    def test_the_servers_words_go_to_stderr(self, ctl, control):
        control(START=array({"name": "web", "result": "error", "code": "spawn_error", "message": "can't find command 'x'"}))
        check(ctl("start", "web"), 7, "web: ERROR (spawn error)\n", "web: can't find command 'x'")

    def test_results_are_shown_as_they_come(self, ctl, control, run_dir):
        more = threading.Event()
        control(
            STOP=Steps(
                b"*2\r\n" + bulk({"name": "a", "result": "stopped"}),
                lambda: more.wait(20) and b"",
                bulk({"name": "b", "result": "stopped"}),
            )
        )
        process = subprocess.Popen([JOBCTL, "stop", "a", "b"], stdout=subprocess.PIPE, env=environment(run_dir))
        assert process.stdout.readline() == b"a: stopped\n"
        more.set()
        assert process.stdout.read() == b"b: stopped\n"
        assert process.wait(20) == 0

    def test_signal(self, ctl, control):
        server = control(SIGNAL=array({"name": "web", "result": "signalled", "code": "ok"}))
        check(ctl("signal", "HUP", "web"), 0, "web: signalled\n")
        assert server.requests == ["SIGNAL HUP web"]
        check(ctl("signal", "HUPP", "web"), 1, "web: ERROR (bad signal name)\n")
        check(ctl("signal", "HUP"), 2, "")

    def test_signal_to_nobody(self, ctl, control):
        control(SIGNAL=array({"name": "web", "result": "error", "code": "not_running"}))
        check(ctl("signal", "HUP", "web"), 7, "web: ERROR (not running)\n")

    def test_pid(self, ctl, control):
        control(STATUS=array(WEB))
        check(ctl("pid"), 0, "4711\n")
        check(ctl("pid", "web"), 0, "12\n")
        assert json.loads(ctl("pid", "--json").stdout) == {"pid": 4711}

    def test_pid_of_what_does_not_run(self, ctl, control):
        control(STATUS=lambda line: array(nobody("nope")) if "nope" in line else array(WEB, DOWN))
        check(ctl("pid", "all"), 7, "12\n0\n")
        check(ctl("pid", "nope"), 1, "No such process nope\n")

    def test_scale(self, ctl, control):
        server = control(SCALE=array({"name": "web:2", "result": "started"}))
        check(ctl("scale", "web", "2"), 0, "web:2: started\n")
        assert server.requests == ["SCALE web 2"]
        check(ctl("scale", "web", "many"), 2)

    def test_shutdown_waits_for_the_end(self, ctl, control):
        control(SHUTDOWN=Steps(OK, CLOSE))
        check(ctl("shutdown"), 0, "Shut down\n")

    def test_a_refusal_is_told(self, ctl, control):
        control(RELOAD=error("CONFIG /etc/jobd.conf:3: unknown option 'comand'"), LOGLEVEL=error("DENIED you may only look"))
        check(ctl("reload"), 1, "", "/etc/jobd.conf:3: unknown option 'comand' (nothing has changed)")
        check(ctl("loglevel", "debug"), 1, "", "you may only look")

    def test_plan_shows_people_what_changes(self, ctl, control):
        rows = [
            {"name": "web", "kind": "program", "action": "restart", "why": "command changed"},
            {"name": "db", "kind": "program", "action": "none", "why": ""},
        ]
        control(PLAN=array(*rows), RELOAD=array(*rows))
        result = ctl("plan")
        check(result, 0)
        assert "restart" in result.stdout and "db" not in result.stdout
        assert "restarted" in ctl("reload").stdout
        assert ctl("reread").stdout == result.stdout
        assert json.loads(ctl("plan", "--json").stdout) == {"plan": rows}

    ENDS = [
        {"name": "web", "at": "2026-11-22T05:30:00Z", "pid": 12, "reason": "exit", "code": 7, "signal": None, "uptime_ms": 1500},
        {"name": "web", "at": "2026-11-22T05:29:00Z", "pid": 11, "reason": "signal", "code": None, "signal": "SIGSEGV", "core": True},
    ]

    @pytest.mark.parametrize("name", ["control.sock", "queue.sock"])
    def test_history(self, ctl, control, name):
        control(name, HISTORY=array(*self.ENDS))
        result = ctl("history", "web", env={"TZ": "Europe/Berlin"})
        check(result, 0)
        lines = result.stdout.splitlines()
        assert lines[1].split() == ["2026-11-22T06:30:00+01:00", "web", "12", "exit", "1s500ms", "exit", "code", "7"]
        assert lines[2].endswith("SIGSEGV, core dumped")
        assert json.loads(ctl("history", "web", "--json", "-n", "1").stdout) == {"exits": self.ENDS[:1]}

    def test_history_of_nobody(self, ctl, control):
        control(HISTORY=array(nobody("wbe")))
        check(ctl("history", "wbe"), 1, "", "no program is called 'wbe'")

    def test_version(self, ctl, control):
        control()
        check(ctl("version"), 0, "0.1.0\n")
        assert ctl("-V").stdout == "jobctl 0.1.0\n"

    @pytest.mark.parametrize("word", ["avail", "add", "remove"])
    def test_supervisors_words_without_a_counterpart_point_the_way(self, ctl, word):
        check(ctl(word), 1, "", "jobctl ")

    def test_a_name_can_not_smuggle_a_request(self, ctl, control):
        server = control(STOP=array())
        for name in ("web\r\nSHUTDOWN", "web SHUTDOWN", "", "{}", "wait=0"):
            check(ctl("stop", name), 2, "", "is not a name")
        assert server.requests == []
