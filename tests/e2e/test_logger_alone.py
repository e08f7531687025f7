"""jobd-logger by itself, driven as jobd drives it: what is written, what survives a kill, what it costs."""

import contextlib
import gzip
import json
import os
import random
import re
import select
import signal
import socket
import time
from pathlib import Path

import pytest

from idle import switches, wait_asleep
from logger_alone import bulk, check_numbered, fork_writer, numbered, until


# What is written.


def test_raw_bytes_arrive_as_they_are(logger):
    log = logger()
    data = bytes(range(256)) * 100 + b"no end"
    log.write(log.add_stream("a"), data)
    log.wait_text("a", data)


def test_text_and_json_have_what_belongs_in_front(logger):
    log = logger()
    text = log.add_stream("t", format="text", timestamps=1, prefix=1)
    js = log.add_stream("j", "stderr", format="json")
    log.write(text, "one\ntw")
    log.write(js, b'a"b\xff\n')
    until(lambda: log.text("j").endswith(b"\n") and log.text("t"), "both files")
    log.write(text, "o\n")
    until(lambda: log.text("t").count(b"\n") == 2, "the joined line")
    lines = log.text("t").decode().splitlines()
    assert [re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z ", "", line) for line in lines] == ["t: one", "t: two"]
    row = json.loads(log.text("j"))
    assert (row["program"], row["stream"], row["line"]) == ("j", "stderr", 'a"b\ufffd')


def test_two_streams_share_a_file_and_keep_their_lines(logger):
    log = logger()
    out = log.add_stream("both")
    err = log.add_stream("both", "stderr", path=log.path("both"))
    for n in range(200):
        log.write(out, b"out %d half " % n)
        log.write(err, b"err %d half " % n)
        log.write(out, b"whole\n")
        log.write(err, b"whole\n")
    log.end_stream(out)
    log.end_stream(err)
    lines = log.text("both").decode().splitlines()
    assert [line for line in lines if line.startswith("out")] == [f"out {n} half whole" for n in range(200)]
    assert [line for line in lines if line.startswith("err")] == [f"err {n} half whole" for n in range(200)]


def test_files_are_cut_behind_lines_and_the_oldest_go(logger):
    log = logger()
    stream = log.add_stream("r", maxbytes=10000, backups=4)
    data = numbered(b"r", 0, 3000)
    log.write(stream, data)
    log.end_stream(stream)
    files = log.files("r")
    assert [path.name for path in files] == ["r.log.4", "r.log.3", "r.log.2", "r.log.1", "r.log"]
    assert all(path.stat().st_size <= 10000 for path in files)
    assert all(path.read_bytes().endswith(b"\n") for path in files)
    assert data.endswith(log.text("r"))


def test_old_files_are_compressed(logger):
    log = logger()
    stream = log.add_stream("z", maxbytes=20000, backups=50, gzip=1)
    data = numbered(b"z", 0, 4000)
    log.write(stream, data)

    def stored():
        while True:
            # A file may be rotated away while its name is being looked at.
            with contextlib.suppress(FileNotFoundError):
                files = sorted(log.log_dir.glob("z.log.*.gz"), key=lambda path: -int(path.name.split(".")[2]))
                return len(files), b"".join(gzip.open(path).read() for path in files) + log.text("z")

    def all_compressed():
        count, text = stored()
        # Looked at last: before the first rotation there is none of them either.
        return count >= 5 and text == data and not any(log.path("z", i).exists() for i in range(1, 50))

    until(all_compressed, "the files to be compressed and to hold all lines")
    assert not list(log.log_dir.glob("*.tmp"))
    with log.wire() as wire:
        wire.send("TAIL z lines=3500")
        tail = b"".join(iter(lambda: bulk(wire), None))
    assert tail == b"".join(data.splitlines(keepends=True)[-3500:])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_compression_that_is_broken_off(logger, how):
    log = logger()
    stream = log.add_stream("z", maxbytes=8_000_000, backups=5, gzip=1)

    def is_compressing():
        for link in Path(f"/proc/{log.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found = os.readlink(link)
                if found.startswith(str(log.log_dir)) and found.endswith((".tmp", "(deleted)")):
                    return os.stat(link).st_size > 0
        return False

    # It takes a while because it can't be compressed.
    log.write(stream, b"".join(os.urandom(4_000).replace(b"\n", b" ") + b"\n" for _ in range(2500)))
    until(is_compressing, "the rotated file to be compressed")
    os.kill(log.pid, how)
    log.wait_exit()
    assert sorted(path.name for path in log.log_dir.iterdir()) == ["z.log", "z.log.1"]


@pytest.mark.parametrize("kind", ["raw", "text", "json"])
def test_a_line_of_ten_megabytes(logger, kind):
    log = logger()
    stream = log.add_stream("long", format=kind, maxbytes=1 << 20, backups=30)
    line = b"abcdefghij" * (1 << 20)
    log.write(stream, line + b"\nnext\n")
    log.end_stream(stream)
    text = log.text("long")
    if kind == "raw":
        assert text == line + b"\nnext\n"
    elif kind == "text":
        assert text.replace(b"\\\n", b"") == line + b"\nnext\n"
    else:
        rows = [json.loads(row) for row in text.splitlines()]
        assert "".join(row["line"] for row in rows).encode() == line + b"next"
        assert [row.get("more", False) for row in rows][-2:] == [False, False]
        assert all(row.get("more") for row in rows[:-2])
    assert log.is_sanitized() or log.peak_kib() < 5000


def test_copies_on_stdout_and_in_the_system_log(logger, tmp_path):
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind(str(tmp_path / "log"))
    daemon.settimeout(10)
    log = logger(env={"JOBD_SYSLOG_SOCKET": str(tmp_path / "log")})
    out = log.add_stream("web", format="text", prefix=1, to_stdout=1, to_syslog=1)
    err = log.add_stream("web", "stderr", to_syslog=1, path=log.dir / "log/err.log")
    only = log.add_stream("only", path="none", to_stdout=1)
    log.write(out, "hel")
    log.write(out, "lo\n")
    assert re.fullmatch(rb"<30>\w{3} [ \d]\d \d\d:\d\d:\d\d web: hello", daemon.recv(4096))
    log.write(err, "bad\n")
    assert daemon.recv(4096).startswith(b"<27>")
    log.write(only, "just here\n")
    until(lambda: log.output_path.read_bytes() == b"web: hello\njust here\n", "the copies")
    log.wait_text("web", "web: hello\n")
    assert not (log.log_dir / "only.log").exists()


# A killed logger.


@pytest.mark.slow(13)
def test_every_line_once_over_a_hundred_kills(logger):
    log = logger()
    settings = {"maxbytes": 4_000_000, "backups": 190}
    tags = [b"raw", b"txt", b"out", b"err"]
    streams = [
        log.add_stream("raw", **settings),
        log.add_stream("text", format="text", **settings),
        log.add_stream("both", **settings),
        log.add_stream("both", "stderr", path=log.path("both"), **settings),
    ]
    total = 1_000_000
    kills = 0

    def blocks(tag):
        rnd = random.Random(tag)
        n = 0
        while n < total:
            count = min(rnd.choice([1, 3, 500, 700, 2000]), total - n)
            data = numbered(tag, n, count, 180)
            n += count
            while data:
                size = rnd.choice([7, 100, 4096, 65536, 1 << 20])
                yield data[:size]
                data = data[size:]

    running = {fork_writer(log.writers[stream], blocks(tag)) for stream, tag in zip(streams, tags)}
    rnd = random.Random(1)
    while running:
        # Not a wait for anything: the moments of the kills.
        time.sleep(rnd.choice([0.001, 0.002, 0.005, 0.02]))
        log.kill9()
        log.start(wait=False)
        kills += 1
        running = {pid for pid in running if os.waitpid(pid, os.WNOHANG)[0] == 0}
    for stream in streams:
        log.end_stream(stream)
    for name, tag in zip(["raw", "text", "both", "both"], tags):
        check_numbered(log.text(name), tag, total, 180)
        assert all(path.read_bytes()[-1:] in (b"\n", b"") for path in log.files(name))
    assert log.text("both").count(b"\n") == 2 * total
    assert kills >= 100


def test_half_a_line_survives_a_kill_and_a_restart(logger):
    log = logger()
    stream = log.add_stream("t", format="text")
    log.write(stream, "first\nhal")
    log.wait_text("t", "first\n")
    log.kill9()
    log.start()
    log.write(stream, "f a ")
    # It is taken from the pipe, and so in the journal, when the next one is there.
    other = log.add_stream("other")
    log.write(other, "x")
    log.wait_text("other", "x")
    assert log.stop() == 0
    log.start()
    log.write(stream, "line\nlast")
    log.wait_text("t", "first\nhalf a line\n")
    log.end_stream(stream)
    assert log.text("t") == b"first\nhalf a line\nlast\n"


def test_a_new_process_begins_a_new_line(logger):
    log = logger()
    stream = log.add_stream("t", format="text")
    log.write(stream, "half")
    log.send(f"FLUSH id={stream}")
    log.wait_text("t", "half\n")
    log.write(stream, "new\n")
    log.wait_text("t", "half\nnew\n")


def test_sigterm_writes_what_the_pipes_hold(logger):
    log = logger()
    stream = log.add_stream("a")
    data = numbered(b"a", 0, 500)
    log.write(stream, data)
    assert log.stop() == 0
    assert log.text("a") == data


def test_without_jobd_it_goes_on_until_the_programs_are_gone(logger):
    log = logger()
    stream = log.add_stream("a")
    log.write(stream, "before\n")
    log.wait_text("a", "before\n")
    log.channel.close()
    os.close(log.streams[stream][1])
    log.write(stream, "after\n")
    log.wait_text("a", "before\nafter\n")
    assert log.is_running()
    os.close(log.writers[stream])
    assert log.wait_exit() == 0


def test_ended_streams_are_forgotten_and_their_files_stay(logger):
    log = logger()
    for n in range(50):
        stream = log.add_stream(f"p{n}")
        log.write(stream, f"hello {n}")
        log.end_stream(stream)
    assert all(log.text(f"p{n}") == f"hello {n}".encode() for n in range(50))
    assert len(os.listdir(f"/proc/{log.pid}/fd")) < 20
    assert not log.streams


# Idling.


def test_idle_streams_cost_no_wakeups_and_little_memory(logger):
    log = logger()
    streams = [log.add_stream(f"p{n}", kind) for n in range(100) for kind in ("stdout", "stderr")]
    for stream in streams:
        log.write(stream, "started\n")
    until(lambda: all(log.path(f"p{n}").exists() for n in range(100)), "the files")
    # Memory goes back a second after the last line.
    until(lambda: log.is_sanitized() or log.pss_kib() < 1200, lambda: f"{log.pss_kib()} KiB to become less")
    wait_asleep(log.pid)
    before = switches(log.pid)
    select.select([], [], [], 3)
    assert switches(log.pid) == before


def test_settings_change_without_a_new_pipe(logger):
    log = logger()
    stream = log.add_stream("a")
    log.write(stream, "one\n")
    log.wait_text("a", "one\n")
    log.change_stream(stream, "a", path=log.path("b"), format="text", prefix=1)
    # The channel is read before the pipe once its answer is here.
    with log.wire() as wire:
        until(lambda: wire.request("STATS")[0]["path"] == str(log.path("b")), "the new path")
    log.write(stream, "two\n")
    log.wait_text("b", "a: two\n")
    assert log.text("a") == b"one\n"


def test_files_are_opened_anew(logger):
    log = logger()
    stream = log.add_stream("a")
    log.write(stream, "one\n")
    log.wait_text("a", "one\n")
    moved = Path(str(log.path("a")) + ".moved")
    log.path("a").rename(moved)
    log.send("REOPEN")
    until(lambda: log.write(stream, "two\n") or log.path("a").exists(), "a new file")
    log.end_stream(stream)
    assert (moved.read_bytes() + log.text("a")).startswith(b"one\ntwo\n")
