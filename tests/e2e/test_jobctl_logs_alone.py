"""jobctl tail and logs, against a logger that does what each test says."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from fake_server import CLOSE, NIL, OK, Steps, bulk, error
from jobctl_alone import JOBCTL, check, environment


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
