"""jobctl against servers that do what each test says, good and bad; no jobd runs here."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from fake_server import CLOSE, NIL, OK, FakeServer, Steps, array, bulk, error
from jobctl_alone import JOBCTL, Terminal, check, environment
from jobd_fixture import TOP, build_dir


def program(name, state="RUNNING", description="pid 12, uptime 0:01:23", **more):
    return {"name": name, "program": name, "instance": 1, "state": state, "pid": 12, "description": description, "uptime_ms": 83000, **more}


def nobody(name):
    return {"name": name, "result": "error", "code": "no_such_program", "message": f"no program is called '{name}'"}


WEB = program("web")
DOWN = program("db", "STOPPED", "Not started", pid=0)


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


class TestUsage:
    @pytest.mark.parametrize(
        "arguments, words",
        [
            ([], "usage: jobctl"),
            (["statsu"], "did you mean 'status'?"),
            (["xyzzy"], "unknown command 'xyzzy'"),
            (["start"], "Error: start requires a process name"),
            (["signal", "HUP"], "Error: signal requires a signal name and a process name"),
            (["version", "x"], "Error: version accepts no arguments"),
            (["scale", "a", "1", "b"], "too many arguments: 'b'"),
            (["status", "--wath"], "unknown option --wath: did you mean --watch?"),
            (["status", "-f"], "unknown option -f"),
            (["tail", "-n", "x", "web"], "option -n: 'x' is not a whole number"),
            (["tail", "-n"], "option -n takes a value: N"),
            (["--jsno", "status"], "unknown option --jsno: did you mean --json?"),
            (["tail", "web", "stdin"], "bad channel 'stdin'"),
            (["next", "--schedule", "@daily", "web"], "exclude each other"),
            (["next", "--timezone", "UTC"], "--timezone goes with --schedule"),
            (["next", "--from", "yesterday", "--schedule", "@daily"], "--from: 'yesterday'"),
        ],
    )
    def test_wrong_usage_is_2(self, ctl, control, arguments, words):
        control()
        control("log.sock")
        check(ctl(*arguments), 2, "", words)

    def test_help(self, ctl):
        result = ctl("help")
        check(result, 0)
        for word in ("status", "restart", "next"):
            assert f"  {word} " in result.stdout
        assert ctl("--help").stdout == result.stdout
        assert ctl("help", "tail").stdout == ctl("tail", "--help").stdout
        check(ctl("help", "tial"), 1, "", "is 'tail' meant?")


class TestUnreachable:
    @pytest.mark.parametrize("command, code", [(["status"], 4), (["start", "web"], 7), (["version"], 7)])
    def test_no_socket(self, ctl, run_dir, command, code):
        result = ctl(*command)
        check(result, code, "", f"{run_dir}/control.sock: no such file: jobd is not running there")
        assert "-r RUN_DIR" in result.stderr

    def test_nobody_listens(self, ctl, control, run_dir):
        control().stop_listening()
        check(ctl("start", "web"), 4, "", "refused the connection")
        check(ctl("status"), 4, "", "refused the connection")

    def test_without_scheduler_or_logger(self, ctl, control):
        control()
        check(ctl("jobs"), 7, "", "runs without a scheduler")
        check(ctl("tail", "web"), 7, "", "runs without a logger")

    @pytest.mark.root
    def test_no_permission_names_who_may(self, control, run_dir, ctl):
        server = control()
        os.chmod(run_dir, 0o755)
        os.chmod(server.path, 0o660)
        for change in (lambda: None, lambda: os.chmod(run_dir, 0o700)):
            change()
            result = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", JOBCTL, "version"],
                env=environment(run_dir),
                capture_output=True,
                text=True,
            )
            check(result, 1, "", "no permission to connect")
            assert "is for user root" in result.stderr
        assert "only (mode 0700)" in result.stderr

    def test_other_version(self, ctl, run_dir):
        with FakeServer(run_dir, "control.sock", greeting=b'+HI {"v":9,"version":"9.0"}\r\n'):
            check(ctl("start", "web"), 5, "", "version 9 of the protocol")

    def test_a_run_dir_from_the_file(self, ctl, control, run_dir):
        control(STATUS=array(WEB))
        conf = run_dir / "jobd.conf"
        conf.write_text(f'run_dir = "{run_dir}"\n')
        check(ctl("-c", str(conf), "status", env={"JOBD_RUN_DIR": ""}), 0)
        check(ctl("status", "-c", str(conf), env={"JOBD_RUN_DIR": "/nonexistent"}), 0)
        check(ctl("status", "-r", str(run_dir), env={"JOBD_RUN_DIR": "/nonexistent"}), 0)
        check(ctl("status", "-c", "/nonexistent.conf"), 2, "", "/nonexistent.conf")


class TestBadServers:
    @pytest.mark.parametrize(
        "answer, words",
        [
            (b"garbage\r\n", "can't be understood"),
            (b"\x00\xff\xfe\r\n", "can't be understood"),
            (b"HTTP/1.0 400 Bad Request\r\n\r\n", "can't be understood"),
            (b"+OK\r\n", "not what was asked for"),
            (b"$-1\r\n", "not what was asked for"),
            (b":7\r\n", "not what was asked for"),
            (b"*-5\r\n", "can't be understood"),
            (b"$99999999999\r\n", "can't be understood"),
            (b"*1\r\n$99999999999\r\n", "can't be understood"),
            (b"*1\r\n$3\r\n{]}\r\n", "is not a JSON object"),
            (b"*1\r\n$2\r\n[]\r\n", "is not a JSON object"),
            (b"*1\r\n$5\r\n{\"\xff\"}\r\n", "is not a JSON object"),
            (b"*1\r\n+OK\r\n", "not what was asked for"),
            (b"*1\r\n*1\r\n", "not what was asked for"),
            (b"*1\r\n-GONE it went away\r\n", "it went away"),
            (b"*1\r\n$4\r\n{}xx\r\n", "is not a JSON object"),
            (b"*1\r\n$2\r\n{}xx", "can't be understood"),
            (b"-\r\n", "jobctl: "),
            (Steps(CLOSE), "closed the connection"),
            (Steps(b"*1\r\n$10\r\n{", CLOSE), "closed the connection in the middle of an answer"),
            (Steps(b"*9223372036854775807\r\n", bulk(WEB), CLOSE), "closed the connection"),
            (b"+" + b"x" * 70000, "can't be understood"),
        ],
    )
    @pytest.mark.parametrize("arguments", [["status"], ["--json", "status"]])
    def test_status(self, ctl, control, answer, words, arguments):
        control(STATUS=answer)
        # A broken answer leaves no half table and no half document.
        check(ctl(*arguments), 4, "", words)

    @pytest.mark.parametrize("greeting", [b"220 ESMTP\r\n", b"-FULL too many connections\r\n", b"+HI {}\r\n"])
    def test_greeting(self, ctl, run_dir, greeting):
        with FakeServer(run_dir, "control.sock", greeting=greeting + b"$"):
            check(ctl("start", "web"), 1, "")

    def test_a_silent_server_is_waited_for_5_seconds(self, ctl, control):
        control(STATUS=b"")
        started = time.monotonic()
        check(ctl("status"), 4, "", "no answer within 5000 ms")
        assert 4.5 < time.monotonic() - started < 20

    def test_many_and_large_rows(self, ctl, control):
        rows = [program(f"web{i}", status="x" * 10000) for i in range(1, 501)]
        control(STATUS=array(*rows))
        assert json.loads(ctl("--json", "status").stdout) == {"programs": rows}


class TestLogs:
    BINARY = bytes(range(256)) * 50 + b"no line end"

    def test_tail_is_the_bytes(self, ctl, control):
        server = control("log.sock", TAIL=bulk(self.BINARY[:100]) + bulk(self.BINARY[100:]) + NIL)
        result = ctl("tail", "web", text=False)
        assert result.stdout == self.BINARY
        assert server.requests == ["TAIL web stdout bytes=1600"]

    def test_tail_is_one_document(self, ctl, control):
        control("log.sock", TAIL=bulk("h\xe9llo\n".encode()) + bulk(b"\xff\n") + NIL)
        document = json.loads(ctl("tail", "web", "--json").stdout)
        assert document == {"name": "web", "stream": "stdout", "text": "h\xe9llo\n\ufffd\n"}

    def test_following_goes_on_with_the_next_logger(self, control, run_dir):
        """The connection ends when the logger is restarted; jobd holds the socket meanwhile."""
        answers = [
            Steps(bulk("first\n"), CLOSE),
            Steps(bulk("second\n"), lambda: threading.Event().wait(30) and b""),
        ]
        server = control("log.sock", TAIL=lambda line: answers.pop(0))
        process = subprocess.Popen([JOBCTL, "tail", "-f", "web"], stdout=subprocess.PIPE, env=environment(run_dir))
        assert process.stdout.readline() == b"first\n"
        assert process.stdout.readline() == b"second\n"
        assert server.requests == ["TAIL web stdout bytes=1600 follow=1", "TAIL web stdout lines=0 follow=1"]
        server.stop_listening()
        for client in server.clients:
            client.shutdown(socket.SHUT_RDWR)
        assert process.wait(20) == 4

    @pytest.mark.parametrize(
        "arguments, request_line",
        [
            (["-n", "5", "web", "stderr"], "TAIL web stderr lines=5"),
            (["-200", "web"], "TAIL web stdout bytes=200"),
            (["web", "-200", "stderr"], "TAIL web stderr bytes=200"),
        ],
    )
    def test_tail_options(self, ctl, control, arguments, request_line):
        server = control("log.sock", TAIL=NIL)
        check(ctl("tail", *arguments), 0, "")
        assert server.requests == [request_line]

    def test_tail_of_nobody(self, ctl, control):
        control("log.sock", TAIL=error("NOSUCH no program 'web'"))
        check(ctl("tail", "web"), 1, "web: ERROR (no such process name)\n", "no program 'web'")
        check(ctl("tail", "web", "--json"), 1, "", "no program 'web'")

    def test_tail_without_a_file(self, ctl, control):
        control("log.sock", TAIL=error("NOFILE stdout of web is kept in no file"))
        check(ctl("tail", "web"), 1, "web: ERROR (no log file)\n", "is kept in no file")

    def test_maintail(self, ctl, control):
        server = control("log.sock", TAIL=bulk("hello\n") + NIL)
        check(ctl("maintail"), 0, "hello\n")
        assert server.requests == ["TAIL jobd stderr bytes=1600"]

    @pytest.mark.parametrize("command", ["tail", "logs", "events"])
    def test_interrupted_following_is_no_failure(self, control, run_dir, command):
        forever = lambda: threading.Event().wait(30) and b""  # noqa: E731
        control(EVENTS=Steps(OK, bulk({"seq": 1, "name": "web"}), forever))
        control(
            "log.sock",
            TAIL=Steps(bulk("first\n"), forever),
            LOGS=Steps(b"*3\r\n" + bulk("web") + bulk("stdout") + bulk("first\n"), forever),
        )
        arguments = {"tail": ["-f", "web"], "logs": ["-f"], "events": []}[command]
        process = subprocess.Popen([JOBCTL, command, *arguments], stdout=subprocess.PIPE, env=environment(run_dir))
        assert b"web" in (line := process.stdout.readline()) or b"first" in line
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0

    @pytest.mark.parametrize("arguments", [["tail", "-f", "web"], ["logs", "-f"], ["events"]])
    def test_following_ends_when_nobody_reads(self, control, run_dir, arguments):
        """Also where SIGPIPE is ignored, as a parent in Python may leave it."""

        def slowly(item):
            return [lambda: time.sleep(0.01) or item] * 1000

        control(EVENTS=Steps(OK, *slowly(bulk({"seq": 1}))))
        piece = b"*3\r\n" + bulk("web") + bulk("stdout") + bulk("line\n")
        control("log.sock", TAIL=Steps(*slowly(bulk("line\n"))), LOGS=Steps(*slowly(piece)))
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [JOBCTL, *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment(run_dir),
            preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),
            restore_signals=False,
        )
        os.close(writing)
        os.read(reading, 10)
        os.close(reading)
        assert b"standard output" in process.communicate(timeout=20)[1]
        assert process.returncode == 1

    @pytest.mark.parametrize("arguments", [["tail", "-f", "web"], ["logs", "-f"], ["logs", "-f", "--json"], ["events"]])
    @pytest.mark.parametrize("ignored", [True, False])
    def test_following_ends_at_once_when_nobody_reads(self, control, run_dir, arguments, ignored):
        """Nothing more happens that could be written, and it ends all the same."""
        forever = lambda: threading.Event().wait(60) and b""  # noqa: E731
        control(EVENTS=Steps(OK, bulk({"seq": 1}), forever))
        piece = b"*3\r\n" + bulk("web") + bulk("stdout") + bulk("line\n")
        control("log.sock", TAIL=Steps(bulk("line\n"), forever), LOGS=Steps(piece, forever))
        process = subprocess.Popen(
            [JOBCTL, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(run_dir),
            preexec_fn=(lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)) if ignored else None,
            restore_signals=not ignored,
        )
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == (1 if ignored else -signal.SIGPIPE)
        assert process.stderr.read() == (b"jobctl: standard output: Broken pipe\n" if ignored else b"")
        process.stderr.close()

    def test_logs_are_aligned(self, ctl, control):
        def piece(name, stream, text):
            return b"*3\r\n" + bulk(name) + bulk(stream) + bulk(text)

        server = control(
            "log.sock",
            LOGS=piece("fastapi", "stdout", "one\ntwo\n") + piece("web", "stderr", b"\xff bad\n") + NIL,
        )
        result = ctl("logs", "-n", "3", "web", "fastapi", text=False)
        assert result.stdout == b"fastapi | one\nfastapi | two\nweb     ! \xff bad\n"
        assert server.requests == ["LOGS lines=3 web fastapi"]
        lines = json.loads(ctl("logs", "--json").stdout)["lines"]
        assert len(lines) == 3
        assert lines[0] == {"name": "fastapi", "stream": "stdout", "line": "one"}
        assert lines[2]["line"] == "\ufffd bad"

    def test_clear_and_rotate(self, ctl, control):
        server = control("log.sock", CLEAR=lambda line: OK if "web" in line else error("NOSUCH no"), ROTATE=OK)
        check(ctl("clear", "web", "nope"), 1, "web: cleared\nnope: ERROR (no such process)\n")
        check(ctl("rotate"), 0)
        assert server.requests == ["CLEAR web", "CLEAR nope", "ROTATE"]


class TestNext:
    def test_any_schedule_in_utc(self, ctl):
        arguments = ["next", "--schedule", "0 8 * * *", "--timezone", "America/Bogota", "--from", "2026-01-01T00:00:00Z", "-n", "2"]
        check(ctl(*arguments), 0, "2026-01-01T13:00:00Z\n2026-01-02T13:00:00Z\n")
        assert json.loads(ctl(*arguments, "--json").stdout) == ["2026-01-01T13:00:00Z", "2026-01-02T13:00:00Z"]

    def test_five_by_default(self, ctl):
        assert len(json.loads(ctl("next", "--schedule", "@hourly", "--json").stdout)) == 5

    @pytest.mark.parametrize("schedule", ["nonsense", "0 0 30 2 *", ""])
    def test_bad_schedule(self, ctl, schedule):
        check(ctl("next", "--schedule", schedule), 1, "")

    def test_bad_zone(self, ctl):
        check(ctl("next", "--schedule", "@daily", "--timezone", "Mars/Base"), 1, "", "Mars/Base")

    CONF = """
scheduler { timezone = "Europe/Berlin" }
job gap { schedule = "30 2 29 3 *" command = "true" description = "in the skipped hour" }
job idle { schedule = "@daily" command = "true" enabled = false }
job hand { command = "true" }
"""

    def test_the_file_where_no_jobd_runs(self, ctl, run_dir):
        conf = run_dir / "jobd.conf"
        conf.write_text(f'run_dir = "{run_dir}"\n{self.CONF}')
        result = ctl("next", "-c", str(conf), "--from", "2026-03-01T00:00:00Z", "-n", "1")
        check(result, 0)
        assert "2026-03-29T03:00:00+02:00  moved" in result.stdout
        assert "disabled" in result.stdout and "hand: has no schedule" in result.stdout
        document = json.loads(ctl("next", "-c", str(conf), "gap", "--json", "--from", "2026-03-01T00:00:00Z").stdout)
        assert document["schedules"][0]["next"][0]["utc"] == "2026-03-29T01:00:00Z"
        check(ctl("next", "-c", str(conf), "gab"), 1, "", "is 'gap' meant?")

    def test_the_running_scheduler(self, ctl, control):
        row = {"name": "clean", "schedule": "0 3 * * *", "timezone": "UTC", "paused": True, "enabled": True}
        server = control("queue.sock", SCHEDULES=array(row))
        result = ctl("next", "clean", "-n", "1", "--from", "2026-01-01T00:00:00Z")
        check(result, 0)
        assert "paused" in result.stdout and "  2026-01-01T03:00:00" in result.stdout
        assert server.requests == ["SCHEDULES clean"]


class TestCheck:
    def test_valid_and_not(self, ctl, run_dir):
        conf = run_dir / "jobd.conf"
        conf.write_text('program web { command = "true" }\n')
        check(ctl("check", str(conf)), 0)
        assert json.loads(ctl("--json", "check", str(conf)).stdout)["valid"] is True
        conf.write_text('program web { comand = "true" }\n')
        check(ctl("check", str(conf)), 1, "", f"{conf}:1: ")
        document = ctl("--json", "check", str(conf))
        check(document, 1)
        assert json.loads(document.stdout)["errors"]
        check(ctl("check", "/nonexistent"), 1, "", "/nonexistent")

    @pytest.mark.parametrize(
        "text, errors, warnings",
        [
            ('program web { command = "true" }', [], []),
            ('program web { comand = "true" }', ["did you mean 'command'?", "has no command"], []),
            ('program web { command = "true" priority = 1q }\nprogram b { }', ["priority", "command"], []),
            ('program web { command = "no-such-command-here" }', ["command 'no-such-command-here' is not found"], []),
            (
                'program web { command = "true" user = "no-such-user" directory = "/nonexistent" }',
                ["there is no user 'no-such-user'", "'/nonexistent'"],
                [],
            ),
            ('program web { command = "true" stdout_log = "/nonexistent/web.log" }', [], ["/nonexistent"]),
            ('job clean { command = "/etc/passwd" schedule = "@daily" }', ["'/etc/passwd' is not executable"], []),
        ],
    )
    def test_says_what_jobd_says(self, ctl, run_dir, text, errors, warnings):
        conf = run_dir / "jobd.conf"
        conf.write_text(text + "\n")
        asked = ctl("check", "jobd.conf", cwd=run_dir)
        command = [build_dir() / "src/jobd/jobd", "-t", "-c", "jobd.conf"]
        jobd = subprocess.run(command, cwd=run_dir, env=environment(run_dir), capture_output=True, text=True)
        assert (asked.returncode, asked.stdout) == (jobd.returncode, jobd.stdout)
        assert asked.stderr.replace("jobctl: ", "jobd: ") == jobd.stderr
        assert asked.returncode == (1 if errors else 0)
        result = ctl("--json", "check", str(conf))
        check(result, asked.returncode)
        document = json.loads(result.stdout)
        assert (document["file"], document["valid"]) == (str(conf.resolve()), not errors)
        for found, wanted in (document["errors"], errors), (document["warnings"], warnings):
            assert len(found) == len(wanted)
            assert all(words in line for words, line in zip(wanted, found))


class TestCompletion:
    @pytest.fixture
    def candidates(self, ctl):
        def ask(*words):
            result = ctl("--complete", *words)
            check(result, 0, error_words="")
            assert result.stderr == ""
            return [line.split("\t")[0] for line in result.stdout.splitlines()]

        return ask

    @pytest.fixture
    def servers(self, control):
        control(STATUS=array(WEB, program("worker:1", program="worker", instance=1)))
        control("queue.sock", SCHEDULES=array({"name": "clean"}), JOBS=array({"jid": "0123456789ab"}), QUEUES=array({"name": "mailers"}), WORKERS=array({"wid": "w1"}))

    @pytest.mark.parametrize(
        "words, expected",
        [
            (["res"], ["restart", "resume"]),
            (["--json", "sta"], ["status", "start", "stats"]),
            (["queue", "pa"], ["pause"]),
            (["queue", "pause", ""], ["mailers"]),
            (["queue", "m"], ["mailers"]),
            (["db", ""], ["check", "backup", "vacuum", "migrate"]),
            (["db", "backup", ""], [":files"]),
            (["d"], ["doctor", "delete", "db"]),
            (["push", ""], ["clean"]),
            (["push", "clean", ""], []),
            (["push", "--queue", ""], ["mailers"]),
            (["worker", "stop", ""], ["w1"]),
            (["jobs", "--state", "dead,re"], ["dead,ready", "dead,retry"]),
            (["retry", "01", "01"], ["0123456789ab"]),
            (["restart", "w"], ["web", "worker", "worker:1"]),
            (["restart", "web", "wor"], ["worker", "worker:1"]),
            (["status", "--w"], ["--watch"]),
            (["signal", "U"], ["USR1", "USR2"]),
            (["signal", "USR1", "we"], ["web"]),
            (["tail", "-f", "web", ""], ["stdout", "stderr"]),
            (["tail", "-n", ""], []),
            (["tail", "web", "stdout", ""], []),
            (["run", ""], ["clean"]),
            (["job", "01"], ["0123456789ab"]),
            (["jobs", "--state", "d"], ["done", "dead"]),
            (["loglevel", ""], ["error", "warning", "info", "debug"]),
            (["help", "ver"], ["version"]),
            (["check", ""], [":files"]),
            (["-c", ""], [":files"]),
            (["-r", ""], [":directories"]),
            (["version", ""], []),
            (["nonsense", ""], None),
        ],
    )
    def test_words(self, candidates, servers, words, expected):
        if expected is not None:
            assert candidates(*words) == expected
        else:
            candidates(*words)

    def test_without_servers_it_is_silent(self, candidates):
        assert candidates("restart", "") == []

    def test_another_run_dir(self, ctl, servers, run_dir):
        result = ctl("--complete", "-r", str(run_dir), "stop", "we", env={"JOBD_RUN_DIR": "/nonexistent"})
        assert result.stdout == "web\tRUNNING\n"

    def shell(self, run_dir, command, *arguments):
        if shutil.which(command) is None:
            pytest.skip(f"no {command}")
        result = subprocess.run(
            [command, *arguments], capture_output=True, text=True, timeout=60, env=environment(run_dir), cwd=TOP
        )
        assert result.stderr == ""
        return result.stdout.split("\n")

    def test_bash(self, run_dir, servers):
        script = """
            . contrib/completion/bash/jobctl
            COMP_WORDS=(jobctl restart w) COMP_CWORD=2
            _jobctl
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        assert self.shell(run_dir, "bash", "-c", script) == ["web", "worker", "worker:1", ""]

    def test_fish(self, run_dir, servers):
        script = 'source contrib/completion/fish/jobctl.fish; complete -C "jobctl restart w"'
        assert self.shell(run_dir, "fish", "--no-config", "-c", script) == ["web\tRUNNING", "worker\tall instances", "worker:1\tRUNNING", ""]

    def test_zsh(self, run_dir, servers):
        # The completion system needs a line editor; what the function offers can be had without.
        script = """
            _describe() { print -rl -- "${(@P)4}" }
            words=(jobctl restart w) CURRENT=3
            source contrib/completion/zsh/_jobctl
        """
        assert self.shell(run_dir, "zsh", "-f", "-c", script) == ["web:RUNNING", "worker:all instances", "worker\\:1:RUNNING", ""]


class TestTerminal:
    def test_shell(self, control, run_dir):
        server = control(STATUS=array(WEB), STOP=array({"name": "web", "result": "stopped"}), SHUTDOWN=Steps(OK, CLOSE))
        terminal = Terminal([JOBCTL], environment(run_dir))
        assert "web                              RUNNING" in terminal.wait("jobd> ")
        terminal.type('stop "web"\n')
        assert "web: stopped" in terminal.wait("jobd> ")
        terminal.type("\n")
        terminal.wait("jobd> ")
        terminal.type("wat\n")
        assert "unknown command 'wat'" in terminal.wait("jobd> ")
        terminal.type("stop 'web\n")
        terminal.wait("jobd> ")
        terminal.type("shutdown\n")
        terminal.wait("y/N ")
        terminal.type("n\n")
        terminal.wait("jobd> ")
        assert server.count("SHUTDOWN") == 0
        terminal.type("quit\n")
        assert terminal.end()[1] == 0

    def test_shell_ends_with_its_input(self, control, run_dir):
        control(STATUS=array(WEB))
        terminal = Terminal([JOBCTL], environment(run_dir))
        terminal.wait("jobd> ")
        terminal.type("\x04")
        assert terminal.end()[1] == 0

    def test_interrupt_ends_the_command_and_not_the_shell(self, control, run_dir):
        forever = lambda: threading.Event().wait(30) and b""  # noqa: E731
        control(STATUS=array(WEB))
        control("log.sock", TAIL=Steps(bulk("first\n"), forever))
        terminal = Terminal([JOBCTL], environment(run_dir))
        terminal.wait("jobd> ")
        terminal.type("tail -f web\n")
        terminal.wait("first\r\n")
        terminal.type("\x03")
        terminal.wait("jobd> ")
        terminal.type("exit\n")
        assert terminal.end()[1] == 0

    def test_watch_follows_events_and_gives_the_screen_back(self, control, run_dir):
        happened = threading.Event()
        states = ["RUNNING"]
        events = [lambda: happened.wait(20) and bulk({"seq": 1}), lambda: threading.Event().wait(30) and b""]
        server = control(STATUS=lambda line: array(program("web", states[0])), EVENTS=Steps(OK, *events))
        terminal = Terminal([JOBCTL, "status", "--watch"], environment(run_dir))
        assert "\x1b[?1049h" in terminal.wait("RUNNING")
        # The uptime goes on by itself, and nobody is asked for it.
        terminal.wait("uptime 0:01:24")
        assert server.count("STATUS") == 1
        states[0] = "STOPPED"
        happened.set()
        terminal.wait("STOPPED")
        assert server.count("STATUS") == 2
        terminal.type("\x03")
        rest, code = terminal.end()
        assert code == 0
        assert rest.endswith("\x1b[?25h\x1b[?1049l")

    def test_watch_ends_with_jobd(self, control, run_dir):
        control(STATUS=array(WEB), EVENTS=Steps(OK, bulk({"seq": 1}), CLOSE))
        terminal = Terminal([JOBCTL, "status", "--watch"], environment(run_dir))
        rest, code = terminal.end()
        assert code == 7
        assert re.search(r"\x1b\[\?1049l.*the connection to jobd has ended", rest, re.DOTALL)

    def test_watch_needs_a_terminal(self, ctl, control):
        control(STATUS=array(WEB))
        check(ctl("status", "--watch"), 2, "", "needs a terminal")

    @pytest.mark.parametrize("no_color, coloured", [(None, True), ("1", False), ("", True)])
    def test_colours(self, control, run_dir, no_color, coloured):
        control("log.sock", LOGS=b"*3\r\n" + bulk("web") + bulk("stdout") + bulk("line\n") + NIL)
        env = environment(run_dir, {} if no_color is None else {"NO_COLOR": no_color})
        text, code = Terminal([JOBCTL, "logs"], env).end()
        assert code == 0
        assert ("\x1b[36mweb |\x1b[0m line" in text) is coloured
