"""log.sock of jobd-logger by itself: who may ask, and what is told of the files."""

import os
import socket
import subprocess

import pytest

from logger_alone import bulk, fork_writer, numbered, until
from wire import WireError


def follow(wire, until_bytes):
    data = b""
    while not data.endswith(until_bytes):
        data += bulk(wire)
    return data


def test_tail_goes_back_over_rotated_files(logger):
    log = logger()
    stream = log.add_stream("a", maxbytes=1000, backups=50)
    data = numbered(b"a", 0, 500)
    log.write(stream, data)
    until(lambda: log.text("a").endswith(data[-50:]), "the lines")
    lines = data.splitlines(keepends=True)
    with log.wire() as wire:
        for count in (0, 1, 2, 17, 499, 500, 501, 100000):
            wire.send(f"TAIL a lines={count}")
            assert b"".join(iter(lambda: bulk(wire), None)) == b"".join(lines[-count:] if count else [])
        for count in (0, 1, 999, 1000, 20000, 10**9):
            wire.send(f"TAIL a bytes={count}")
            assert b"".join(iter(lambda: bulk(wire), None)) == (data[-count:] if count else b"")
        assert wire.request("ROTATE a") == "OK"
        wire.send("TAIL a lines=2")
        assert b"".join(iter(lambda: bulk(wire), None)) == b"".join(lines[-2:])


def test_tail_follows_through_rotation_with_any_bytes(logger):
    log = logger()
    stream = log.add_stream("a", maxbytes=3000, backups=100)
    log.write(stream, "old\n")
    log.wait_text("a", "old\n")
    with log.wire() as wire:
        wire.send("TAIL a lines=1 follow=1")
        assert wire.reply() == b"old\n"
        data = b"".join(os.urandom(100).replace(b"\n", b"") + b"\n" for _ in range(1000)) + b"the end\n"
        pid = fork_writer(log.writers[stream], [data])
        assert follow(wire, b"the end\n") == data
        os.waitpid(pid, 0)


def test_a_slow_follower_costs_no_memory_and_learns_what_it_missed(logger):
    log = logger()
    stream = log.add_stream("a", maxbytes=100_000, backups=2)
    with log.wire() as wire:
        wire.send("TAIL a lines=0 follow=1")
        before = log.pss_kib()
        log.write(stream, numbered(b"a", 0, 200_000))
        log.write(stream, "the end\n")
        until(lambda: log.text("a").endswith(b"the end\n"), "the last line")
        assert log.pss_kib() < before + 4000
        data = follow(wire, b"the end\n")
        assert b"gone before it could be read --\n" in data


def test_logs_gives_whole_lines_with_names(logger):
    log = logger()
    a, b = log.add_stream("a"), log.add_stream("b:1", "stderr")
    log.write(a, "a1\na2\nhalf")
    log.write(b, "b1\n")
    log.wait_text("a", "a1\na2\nhalf")
    log.wait_text("b:1", "b1\n")
    with log.wire() as wire:
        wire.send("LOGS lines=1 follow=1")
        assert wire.reply() == [b"b:1", b"stderr", b"b1\n"]
        log.write(a, " line\n")
        log.write(b, "b2\n")
        seen = {b"a": b"", b"b:1": b"b1\n"}
        while not (seen[b"a"].endswith(b"half line\n") and seen[b"b:1"].endswith(b"b1\nb2\n")):
            name, _, data = wire.reply()
            assert data.endswith(b"\n")
            seen[name] += data
    with log.wire() as wire:
        wire.send("LOGS b lines=5")
        assert wire.reply() == [b"b:1", b"stderr", b"b1\nb2\n"]
        assert wire.reply() is None
        with pytest.raises(WireError, match="NOSUCH"):
            wire.request("LOGS nobody")


def test_clear_rotate_and_stats(logger):
    log = logger()
    stream = log.add_stream("a")
    log.write(stream, "one\n")
    log.wait_text("a", "one\n")
    with log.wire() as wire:
        assert wire.request("ROTATE") == "OK"
        assert [path.name for path in log.files("a")] == ["a.log.1", "a.log"]
        assert wire.request("CLEAR a") == "OK"
        assert [path.name for path in log.files("a")] == ["a.log"]
        log.write(stream, "two\n")
        log.wait_text("a", "two\n")
        row = wire.request("STATS")[0]
        assert (row["name"], row["stream"], row["bytes"], row["lines"], row["rotations"]) == ("a", "stdout", 8, 2, 1)
        assert row["path"] == str(log.path("a")) and row["error"] is None


def test_bad_requests_get_clear_errors(logger):
    log = logger()
    log.add_stream("a")
    for line, words in [
        ("", "empty"),
        ("NOPE", "unknown request"),
        ("TAIL", "name is missing"),
        ("TAIL nobody", "NOSUCH"),
        ("TAIL a stdin", "neither"),
        ("TAIL a lines=x", "lines"),
        ("TAIL a lines=1 bytes=1", "either"),
        ("TAIL a line=1", "unknown option"),
        ("TAIL a \x01", "not printable"),
        ("CLEAR", "name is missing"),
    ]:
        with log.wire() as wire, pytest.raises(WireError, match=words):
            wire.request(line)
    with log.wire() as wire:
        wire.socket.sendall(b"x" * 5000)
        with pytest.raises(WireError, match="at most"):
            wire.reply()


def test_clients_are_bounded(logger):
    log = logger()
    log.add_stream("a")
    clients = [log.wire() for _ in range(64)]
    with socket.socket(socket.AF_UNIX) as late:
        late.connect(str(log.dir / "log.sock"))
        assert late.recv(100) == b"-BUSY too many clients\r\n"
    clients.pop().close()
    until(lambda: log.is_running() and can_connect(log), "a free place")
    for client in clients:
        client.close()


def can_connect(log):
    try:
        log.wire().close()
    except (WireError, OSError):
        return False
    return True


@pytest.mark.root
def test_strangers_may_not_look_and_groups_may(logger):
    log = logger()
    log.add_stream("a")
    os.chmod(log.dir, 0o755)
    os.chmod(log.dir / "log.sock", 0o666)

    def ask(line, gid=65534):
        script = "import socket,sys,os;os.setgroups([]);os.setgid(%d);os.setuid(65534);s=socket.socket(socket.AF_UNIX);" % gid
        script += f"s.connect({str(log.dir / 'log.sock')!r});s.sendall(b'{line}\\r\\n');print(s.recv(1000))"
        return subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, text=True, check=True).stdout

    assert "DENIED" in ask("STATS")
    log.set_limits(look_gid=4242, act_gid=4343)
    assert "DENIED" in ask("STATS")
    assert "*1" in ask("STATS", 4242)
    assert "DENIED" in ask("CLEAR a", 4242)
    assert "+OK" in ask("CLEAR a", 4343)
