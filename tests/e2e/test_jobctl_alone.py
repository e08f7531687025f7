"""jobctl against servers that do what each test says, good and bad; no jobd runs here. What it shares: words, errors, the terminal."""

import json
import os
import re
import subprocess
import threading
import time

import pytest
from fake_server import CLOSE, NIL, OK, FakeServer, Steps, array, bulk
from jobctl_alone import JOBCTL, WEB, Terminal, check, environment, program


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
