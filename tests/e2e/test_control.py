"""The control socket against clients that misbehave, and the promises that it makes to the others."""

import contextlib
import fcntl
import os
import resource
import signal
import socket
import sys
import termios
import threading
import time

import pytest
from idle import wait_asleep
from jobd_fixture import STRETCH, Wire, WireClosed, WireError, wait_for

SLEEPER = 'program web { command = "@PROGRAMS@/polite" start_seconds = 0s }\n'


def own_kib(pid):
    """Memory that is this process's alone; its share of the rest changes with what else runs."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Private_Dirty:"))


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def raw(daemon):
    return Wire(daemon.run_dir / "control.sock", hello=False)


def send_all(wire, data):
    """Send what the other side takes; it may close in the middle."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        wire.socket.sendall(data)


def read_to_the_end(wire):
    with contextlib.suppress(ConnectionResetError):
        while wire.socket.recv(65536):
            pass


def error_of(wire, line):
    with pytest.raises(WireError) as caught:
        wire.request(line)
    return str(caught.value)


def wait_taken(wire):
    """Until jobd has read what was sent."""

    def left():
        return int.from_bytes(fcntl.ioctl(wire.socket, termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    wait_for(lambda: left() == 0, "jobd to read a request")


def last_words(wire):
    """The error that a connection ends with."""
    with pytest.raises(WireError) as caught:
        wire.reply()
    with pytest.raises((WireClosed, ConnectionResetError)):
        wire.reply()
    return str(caught.value)


def assert_well(daemon, pid):
    """jobd answers, and its program is the one that ran before."""
    (web,) = daemon.wire().request("STATUS web")
    assert (web["state"], web["pid"]) == ("RUNNING", pid)


@pytest.fixture
def daemon(jobd):
    daemon = jobd(SLEEPER)
    daemon.web_pid = daemon.wait_state("web", "RUNNING")["pid"]
    return daemon


def test_binary_garbage(daemon):
    wire = raw(daemon)
    noise = os.urandom(200_000)
    # Lines of it are refused one by one; without a line end it is too long at some point.
    reader = threading.Thread(target=read_to_the_end, args=[wire])
    reader.start()
    send_all(wire, b"\n".join(noise[i : i + 90] for i in range(0, len(noise), 90)))
    send_all(wire, b"\n" + b"\x80" * 8192)
    reader.join(20 * STRETCH)
    assert not reader.is_alive()
    assert_well(daemon, daemon.web_pid)


def test_nul_byte_is_no_line_end(daemon):
    wire = raw(daemon)
    wire.socket.sendall(b"SHUTDOWN\0 now\r\n")
    with pytest.raises(WireError, match="not printable"):
        wire.reply()
    assert_well(daemon, daemon.web_pid)


def test_line_of_a_megabyte(daemon):
    wire = raw(daemon)
    send_all(wire, b"STATUS " + b"x" * (1 << 20) + b"\r\n")
    assert last_words(wire) == "ERR a line of more than 4096 bytes"
    assert_well(daemon, daemon.web_pid)


def test_half_a_line_then_gone(daemon):
    for text in (b"", b"S", b"SHUTDOWN", b"STOP web", b"\r", b"EVENTS\r\nSTOP web"):
        wire = raw(daemon)
        wire.socket.sendall(text)
        wire.close()
    assert_well(daemon, daemon.web_pid)


@contextlib.contextmanager
def crowd_of(daemon, count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    crowd = []
    try:
        for _ in range(count):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            crowd.append(client)
            # Blocks until jobd has accepted enough of those before.
            client.connect(str(daemon.run_dir / "control.sock"))
        for client in crowd:
            client.settimeout(20 * STRETCH)
        yield crowd
    finally:
        for client in crowd:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    wait_for(lambda: _answers(daemon), "room for a client again")


def test_thousand_connections(daemon):
    with crowd_of(daemon, 100):
        pass
    before = own_kib(daemon.pid)
    with crowd_of(daemon, 1000) as crowd:
        # Each one above the limit is told so and closed.
        assert crowd[-1].recv(200).startswith(b"-BUSY too many clients of uid ")
        assert crowd[-1].recv(200) == b""
        # Those who were let in are served, also now.
        crowd[0].sendall(b"STATUS web\r\n")
        assert crowd[0].recv(200).startswith(b"*1\r\n")
    assert_well(daemon, daemon.web_pid)
    # Nothing of them is left in memory.
    assert own_kib(daemon.pid) < (before + 50) * STRETCH


def _answers(daemon):
    try:
        with daemon.wire() as wire:
            return wire.request("STATUS web")
    except (WireError, WireClosed, OSError):
        return None


@pytest.mark.slow(30)
def test_silent_clients_are_dropped_and_patient_ones_are_not(daemon):
    silent, half, patient = raw(daemon), raw(daemon), daemon.wire(timeout=60 * STRETCH)
    assert patient.request("EVENTS") == "OK"
    half.socket.sendall(b"STAT")
    begun = time.monotonic()
    silent.timeout = half.timeout = 60 * STRETCH
    assert last_words(silent) == "TIMEOUT nothing was asked for 30 s"
    assert 29 < time.monotonic() - begun
    assert last_words(half) == "TIMEOUT nothing was asked for 30 s"
    # Longer than half a minute without a word, and still there.
    daemon.wire().request("RESTART web wait=0")
    while patient.reply()["name"] != "web":
        pass


def test_reader_that_takes_nothing_stops_nobody(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" instances = 100 start_seconds = 0s }')
    daemon.wait_state("web:100", "RUNNING")
    lazy = daemon.wire()
    for _ in range(300):
        lazy.send("STATUS")
    ticks = cpu_ticks(daemon.pid)
    with daemon.wire() as wire:
        for _ in range(50):
            assert len(wire.request("STATUS")) == 100
    assert cpu_ticks(daemon.pid) - ticks < 200 * STRETCH
    # All that it asked for is there when it looks.
    assert [len(lazy.reply()) for _ in range(300)] == [100] * 300


def test_pipelining_keeps_the_order(daemon):
    wire = daemon.wire()
    wire.socket.sendall(b"STOP web\r\nSTATUS web\r\nSTART web\nSTATUS web\r\nEND\r\nSHUTDOWN\r\n")
    assert wire.reply()[0]["result"] == "stopped"
    assert wire.reply()[0]["state"] == "STOPPED"
    assert wire.reply()[0]["result"] == "started"
    assert wire.reply()[0]["state"] == "RUNNING"
    assert wire.reply() == "OK"
    with pytest.raises((WireClosed, ConnectionResetError)):
        wire.reply()
    assert daemon.process.poll() is None


def test_mistakes_name_what_was_meant(daemon):
    wire = daemon.wire()
    assert error_of(wire, "STATSU") == "ERR unknown command 'STATSU', did you mean 'STATUS'?"
    assert error_of(wire, "STATUS al=1").startswith("ERR STATUS has no option 'al'")
    assert error_of(wire, "STOP web wait=perhaps").startswith("ERR option 'wait': 'perhaps' ")
    assert error_of(wire, "SIGNAL NOSUCH web").startswith("ERR 'NOSUCH' ")
    assert error_of(wire, "SCALE web -1").startswith("ERR number of instances: '-1' ")
    assert error_of(wire, 'HELLO {"v":99}').startswith("VERSION jobd ")
    (item,) = wire.request("STOP wbe")
    assert item == {
        "name": "wbe",
        "result": "error",
        "code": "no_such_program",
        "message": "no program is called 'wbe', did you mean 'web'?",
    }
    assert_well(daemon, daemon.web_pid)


def test_everybody_is_told_what_became_of_it(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/stubborn" stop_timeout = 1h }\n')

    def end():
        """As if the time were over."""
        os.kill(daemon.status("web")["pid"], signal.SIGKILL)

    daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up")
    stopper, starter = daemon.wire(), daemon.wire()
    with daemon.events() as events:
        stopper.send("STOP web")
        events.until("web", "STOPPING")
        starter.send("START web")
        wait_taken(starter)
        end()
        (stopped,), (started,) = stopper.reply(), starter.reply()
    assert (stopped["result"], stopped["code"]) == ("stopped", "ok")
    assert (started["result"], started["code"]) == ("started", "ok")
    # A restart that is called off by a stop is no success.
    wait_for(lambda: daemon.log("web").count(b"up") == 2, "it to be deaf again")
    with daemon.events() as events:
        starter.send("RESTART web")
        events.until("web", "STOPPING")
        stopper.send("STOP web")
        wait_taken(stopper)
        end()
        (restarted,), (stopped,) = starter.reply(), stopper.reply()
    assert (restarted["result"], restarted["code"]) == ("error", "abnormal_termination")
    assert stopped["result"] == "stopped"
    assert daemon.status("web")["state"] == "STOPPED"


def test_a_failing_start_is_told_at_once(jobd):
    daemon = jobd(
        'program bad { command = "false" autostart = no backoff_min = 1h backoff_max = 1h }\n'
        'program none { command = "/nonexistent" autostart = no backoff_min = 1h backoff_max = 1h }\n'
        'program off { command = "true" enabled = no }\n'
    )
    wire = daemon.wire()
    off, bad, none = sorted(
        wire.request("START bad none off"), key=lambda item: ["off", "bad", "none"].index(item["name"])
    )
    assert (off["result"], off["code"]) == ("error", "disabled")
    assert (bad["result"], bad["code"]) == ("error", "abnormal_termination")
    assert "exit code 1" in bad["message"]
    assert (none["result"], none["code"]) == ("error", "spawn_error")
    assert "/nonexistent" in none["message"]


def test_events_since(daemon):
    with daemon.wire() as wire:
        wire.request("RESTART web")
    with daemon.events(since=0) as events:
        first = events.next()
        assert first["seq"] == 1
        seen = [first]
        while seen[-1]["to"] != "RUNNING" or seen[-1]["name"] != "web" or len(seen) < 5:
            seen.append(events.next())
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    ends = [event for event in seen if event["name"] == "web" and event["exit"]]
    assert [end["exit"]["reason"] for end in ends] == ["operator"]
    assert ends[0]["pid"] == daemon.web_pid
    # A number of an earlier jobd: nothing is kept back.
    with daemon.events(since=1_000_000) as events:
        assert events.next()["seq"] == 1


def test_five_hundred_programs(jobd):
    daemon = jobd('program web { command = "sleep 1000" instances = 500 start_seconds = 0s stop_timeout = 30s }')
    wire = daemon.wire(timeout=60 * STRETCH)
    started = {"RUNNING"}
    wait_for(
        lambda: {row["state"] for row in wire.request("STATUS web")} == started, "500 programs", timeout=60
    )
    rows = wire.request("STATUS")
    assert len({row["name"] for row in rows}) == 500
    results = wire.request("RESTART all")
    assert [result["result"] for result in results] == ["restarted"] * 500
    results = wire.request("STOP web")
    assert {result["name"] for result in results} == {f"web:{n}" for n in range(1, 501)}
    assert {result["result"] for result in results} == {"stopped"}


@pytest.mark.root
def test_groups(jobd):
    daemon = jobd("control { look_group = 4712 act_group = 4713 }\n" + SLEEPER)
    daemon.wait_state("web", "RUNNING")
    daemon.dir.chmod(0o755)
    daemon.run_dir.chmod(0o755)
    assert _as_user(daemon, 4711, 4711, [4700], ["STATUS web"]) == ["DENIED uid 4711 may not use this socket"]
    look = _as_user(daemon, 4711, 4711, [4700, 4712], ["STATUS web", "STOP web", "CONFIG", "SHUTDOWN"])
    assert look[0] == "RUNNING"
    assert look[1:] == [f"DENIED uid 4711 may not use {verb}" for verb in ("STOP", "CONFIG", "SHUTDOWN")]
    act = _as_user(daemon, 4711, 4713, [], ["RESTART web", "CONFIG"])
    assert act == ["restarted", "DENIED uid 4711 may not use CONFIG"]
    assert daemon.status("web")["restarts"] == 0


@pytest.mark.root
def test_groups_come_with_a_reload(jobd):
    daemon = jobd(SLEEPER)
    daemon.wait_state("web", "RUNNING")
    daemon.dir.chmod(0o755)
    daemon.run_dir.chmod(0o755)
    assert "PermissionError" in _as_user(daemon, 4711, 4711, [4712], ["STATUS web"])[0]
    daemon.write_config("control { look_group = 4712 }\n" + SLEEPER)
    assert "control.look_group" in str(daemon.wire().request("RELOAD"))
    assert _as_user(daemon, 4711, 4711, [4712], ["STATUS web"]) == ["RUNNING"]
    # The same people may read the logs.
    assert "web" in str(_as_user(daemon, 4711, 4711, [4712], ["STATS"], "log.sock"))
    assert "web" not in str(_as_user(daemon, 4711, 4711, [4711], ["STATS"], "log.sock"))
    daemon.write_config(SLEEPER)
    daemon.wire().request("RELOAD")
    assert "PermissionError" in _as_user(daemon, 4711, 4711, [4712], ["STATUS web"])[0]


@pytest.mark.root
def test_built_ins_of_another_user_get_the_configuration(jobd):
    daemon = jobd('scheduler { user = "nobody" }\njob mail { command = "true" }\n' + SLEEPER, start=False)
    daemon.dir.chmod(0o755)
    daemon.start()
    os.chown(daemon.state_dir, 65534, 65534)
    daemon.wait_state("scheduler", "RUNNING")


def _as_user(daemon, uid, gid, groups, lines, name="control.sock"):
    """What a process of that user is answered: the state, the result, or the error."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answers = []
        try:
            os.setgroups(groups)
            os.setgid(gid)
            os.setuid(uid)
            wire = Wire(daemon.run_dir / name, hello=False)
            for line in lines:
                try:
                    # Who is refused is told so at once.
                    send_all(wire, line.encode() + b"\r\n")
                    answer = wire.reply()
                    one = answer[0] if len(answer) == 1 else {}
                    answers.append(one.get("result") or one.get("state") or repr(answer).replace("\n", " "))
                except WireError as error:
                    answers.append(str(error))
        except BaseException as error:
            answers.append(repr(error))
        finally:
            os.write(writer, "\n".join(answers).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answers = pipe.read().split("\n")
    os.waitpid(child, 0)
    return answers


def switches(pid):
    """How often the process has waited, or was made to wait."""
    with open(f"/proc/{pid}/status") as status:
        return [line for line in status if "ctxt" in line]


def test_idle_clients_cost_no_wake_ups(daemon):
    daemon.wait_state("logger", "RUNNING")
    followers = [daemon.wire() for _ in range(5)]
    for follower in followers:
        assert follower.request("EVENTS") == "OK"
    # What was asked before is over when jobd waits again.
    wait_asleep(daemon.pid, 10_000)
    before = switches(daemon.pid)
    with pytest.raises(TimeoutError):
        followers[0].reply(time.monotonic() + 2)
    assert switches(daemon.pid) == before
    os.kill(daemon.web_pid, signal.SIGKILL)
    for follower in followers:
        assert follower.reply()["to"] == "EXITED"


def test_shutdown_returns_when_the_next_jobd_can_start(jobd):
    daemon = jobd(SLEEPER)
    for _ in range(10):
        old = daemon.process
        daemon.ctl("shutdown")
        daemon.process = None
        # Fails if it is refused because the old one is still there.
        daemon.start()
        assert old.wait(20) == 0


def test_a_second_start_waits_for_the_first(jobd):
    daemon = jobd(
        'program slow { command = "sleep 1000" start_seconds = 600ms autostart = false }\n'
        'program bad { command = "sh -c \'sleep 0.3; exit 1\'" autostart = false start_retries = 0 }'
    )
    for name, said in (("slow", "slow: ERROR (already started)\n"), ("bad", "bad: ERROR (abnormal termination)\n")):
        daemon.wire().request(f"START {name} wait=0")
        second = daemon.ctl("start", name, check=False)
        assert (second.stdout + second.stderr).startswith(said), (second.stdout, second.stderr)
        assert daemon.status(name)["state"] in ("RUNNING", "FATAL")
