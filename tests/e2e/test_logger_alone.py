"""jobd-logger by itself, driven as jobd drives it: what is written, what survives a kill, what a bad disk does."""

import contextlib
import gzip
import json
import os
import random
import re
import select
import socket
import subprocess
import time
from pathlib import Path

import pytest

from logger_alone import LoggerAlone, until
from wire import WireError

MARK = re.compile(rb"-- (\d+) lines? \((\d+ (?:B|kB|MB))\) dropped \d\d:\d\d:\d\d-\d\d:\d\d:\d\d --\n")


@pytest.fixture
def logger():
    made = []

    def make(**options):
        made.append(LoggerAlone(**options))
        return made[-1].start()

    yield make
    for one in made:
        one.close()


def numbered(tag, first, count, width=60):
    return b"".join(b"%s %09d %s\n" % (tag, n, b"x" * (n * 7919 % width)) for n in range(first, first + count))


def check_numbered(data, tag, total, width=60):
    """Every line of a tag once, whole, in order."""
    n = 0
    for line in data.split(b"\n")[:-1]:
        if line.startswith(tag + b" "):
            assert line == b"%s %09d %s" % (tag, n, b"x" * (n * 7919 % width)), f"line {n} of {tag}"
            n += 1
    assert n == total, f"{n} lines of {tag}, not {total}"


def fork_writer(fd, blocks):
    """A program that writes to fd; returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        for block in blocks:
            view = memoryview(block)
            while view:
                view = view[os.write(fd, view) :]
    finally:
        os._exit(0)


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


# A bad disk.


def check_dropped(log, stream, name, total):
    """Whole lines in order, the marks count the rest, and jobd was told the same."""
    text = log.text(name)
    marked = sum(int(mark[0]) for mark in MARK.findall(text))
    kept = [line for line in MARK.sub(b"", text).split(b"\n")[:-1] if line]
    numbers = []
    for line in kept:
        found = re.fullmatch(rb"d (\d{9}) x*", line)
        if found and line == numbered(b"d", int(found[1]), 1)[:-1]:
            numbers.append(int(found[1]))
    assert numbers == sorted(set(numbers))
    # Where a drop begins it cuts one line in two, which counts as dropped; cut right before its newline it looks whole.
    torn = len(kept) - len(numbers)
    looks_whole = len(numbers) + marked - total
    assert looks_whole >= 0 and torn + looks_whole <= len(MARK.findall(text))
    log.wait_message(lambda: log.dropped.get(stream, (0, 0))[0] == marked, f"DROPPED with {marked} lines")
    return marked


@pytest.mark.root
@pytest.mark.parametrize("kind", ["raw", "text"])
def test_a_full_disk_blocks_for_a_stated_time_only(logger, tmp_path, kind):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(tmp_path)], check=True)
    try:
        (tmp_path / "filler").write_bytes(b"x" * (1 << 20))
        log = logger()
        log.set_limits(memory=1 << 20, block_ms=1000)
        stream = log.add_stream("d", path=tmp_path / "d.log", format=kind)
        log.log_dir = tmp_path
        healthy = log.add_stream("ok", path=log.dir / "ok.log")
        total = 200_000
        longest = 0.0
        cpu = log.cpu_seconds()
        for n in range(0, total, 1000):
            begin = time.monotonic()
            log.write(stream, numbered(b"d", n, 1000))
            longest = max(longest, time.monotonic() - begin)
        # The time runs from when the memory is full; until the pipe is full too, we still write.
        assert 0.2 < longest < 4
        log.write(healthy, "works\n")
        other = log.dir / "ok.log"
        until(lambda: other.exists() and other.read_bytes() == b"works\n", "the other file")
        # The disk stays full for a while: nothing spins.
        idle = log.cpu_seconds()
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            select.select([], [], [], 0.2)
        assert log.cpu_seconds() - idle < 0.2
        assert log.cpu_seconds() - cpu < 3
        (tmp_path / "filler").unlink()
        log.write(stream, numbered(b"d", total, 1))
        until(lambda: MARK.search(log.text("d")), "the mark")
        log.end_stream(stream)
        assert check_dropped(log, stream, "d", total + 1) > 10_000
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.root
def test_on_a_full_disk_the_oldest_rotated_files_go_first(logger, tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], check=True)
    try:
        log = logger()
        log.log_dir = tmp_path
        stream = log.add_stream("d", path=tmp_path / "d.log", maxbytes=100_000, backups=100)
        total = 100_000
        log.write(stream, numbered(b"d", 0, total))
        log.end_stream(stream)
        text = log.text("d")
        assert 500_000 < len(text) < 1 << 20
        assert numbered(b"d", 0, total).endswith(text)
        assert log.dropped == {}
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_all_logs_together_stay_below_their_limit(logger):
    log = logger()
    log.set_limits(memory=1 << 20, block_ms=1000, disk=1_000_000)
    streams = [log.add_stream(name, maxbytes=50_000, backups=100) for name in ("a", "b")]
    late = log.add_stream("late", maxbytes=50_000_000, backups=3)
    for n in range(0, 60_000, 500):
        for stream in streams:
            log.write(stream, numbered(b"d", n, 500))

    def used():
        sizes = []
        for path in log.log_dir.iterdir():
            with contextlib.suppress(FileNotFoundError):
                sizes.append(path.stat().st_size)
        return sum(sizes)

    until(lambda: all(log.text(name).endswith(numbered(b"d", 59_999, 1)) for name in "ab"), "the last lines")
    until(lambda: used() < 1_100_000, lambda: f"{used()} bytes to become fewer")
    assert used() > 600_000
    # One file alone beyond the limit: it is rotated early, so that it can go.
    log.write(late, numbered(b"d", 0, 60_000))
    log.end_stream(late)
    until(lambda: used() < 1_100_000, lambda: f"{used()} bytes to become fewer, of {list(log.log_dir.iterdir())}")


def test_a_removed_directory_is_made_anew(logger):
    log = logger()
    stream = log.add_stream("a")
    log.write(stream, "one\n")
    log.wait_text("a", "one\n")
    for path in log.log_dir.iterdir():
        path.unlink()
    log.log_dir.rmdir()
    log.write(stream, "two\n")
    log.wait_text("a", "two\n")
    assert "was removed" in log.errors()


def test_a_path_that_cannot_be_written_drops_and_says_so(logger):
    log = logger()
    log.set_limits(memory=1 << 20, block_ms=100)
    (log.dir / "file").write_text("not a directory")
    stream = log.add_stream("d", path=log.dir / "file/d.log")
    total = 60_000
    log.write(stream, numbered(b"d", 0, total))
    log.wait_message(lambda: stream in log.dropped, "DROPPED")
    assert "can't write" in log.errors()
    with log.wire() as wire:
        row = wire.request("STATS")[0]
    assert row["error"] and row["dropped_lines"] > 0
    (log.dir / "file").unlink()
    log.log_dir = log.dir / "file"
    log.write(stream, numbered(b"d", total, 1))
    until(lambda: log.path("d").exists() and MARK.search(log.text("d")), "the mark")
    log.end_stream(stream)
    assert check_dropped(log, stream, "d", total + 1) > 0


def test_a_hung_file_holds_up_only_itself(logger):
    """A FIFO whose reader sleeps: write(2) does not come back, as on a dead network disk."""
    log = logger()
    log.set_limits(memory=1 << 20, block_ms=200)
    fifo = log.dir / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    hung = log.add_stream("hung", path=fifo)
    other = log.add_stream("other")
    begin = time.monotonic()
    log.write(hung, numbered(b"d", 0, 60_000))
    assert time.monotonic() - begin < 5
    log.wait_message(lambda: hung in log.dropped, "DROPPED")
    for n in range(50):
        log.write(other, f"line {n}\n")
    log.wait_text("other", "".join(f"line {n}\n" for n in range(50)))
    # More hung files than one: still.
    for n in range(3):
        path = log.dir / f"fifo{n}"
        os.mkfifo(path)
        os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        stream = log.add_stream(f"hung{n}", path=path)
        log.write(stream, numbered(b"d", 0, 3000))
    log.write(other, "still\n")
    until(lambda: log.text("other").endswith(b"still\n"), "the healthy file")
    # It wakes up.
    data = b""
    while not MARK.search(data):
        assert select.select([reader], [], [], 10)[0], "no mark"
        data += os.read(reader, 1 << 20)
    log.write(hung, b"d last\n")
    while not data.endswith(b"d last\n"):
        assert select.select([reader], [], [], 10)[0], "no last line"
        data += os.read(reader, 1 << 20)
    kept = data[: MARK.search(data).start()].split(b"\n")[:-1]
    # The last one is the line that the drop cut in two.
    assert len(kept) - 1 + int(MARK.search(data)[1]) == 60_000
    os.close(reader)


def test_a_fifo_that_nobody_reads_does_not_hang_the_opening(logger):
    log = logger()
    log.set_limits(memory=1 << 20, block_ms=100)
    os.mkfifo(log.dir / "fifo")
    stream = log.add_stream("d", path=log.dir / "fifo")
    log.write(stream, numbered(b"d", 0, 60_000))
    log.wait_message(lambda: stream in log.dropped, "DROPPED")
    idle = log.cpu_seconds()
    select.select([], [], [], 1)
    assert log.cpu_seconds() - idle < 0.1


def test_a_stalled_stdout_loses_whole_lines_of_the_copy_only(logger):
    read_end, write_end = os.pipe()
    one = LoggerAlone()
    one.stdout = write_end
    log = one.start()
    try:
        stream = log.add_stream("d", to_stdout=1)
        data = numbered(b"d", 0, 20_000)
        log.write(stream, data)
        log.end_stream(stream)
        assert log.text("d") == data
        got = b""
        while not MARK.search(got):
            assert select.select([read_end], [], [], 10)[0], "no mark on stdout"
            got += os.read(read_end, 65536)
        mark = MARK.search(got)
        kept = got[: mark.start()]
        assert data.startswith(kept) and kept.endswith(b"\n")
        assert kept.count(b"\n") + int(mark[1]) == 20_000
    finally:
        log.close()
        os.close(read_end)
        os.close(write_end)


# log.sock.


def bulk(wire):
    """The bytes of a bulk string as they are, None for its end."""
    length = int(wire._line(None)[1:])
    return wire._take(length + 2, None)[:-2] if length >= 0 else None


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


# Idling.


def test_idle_streams_cost_no_wakeups_and_little_memory(logger):
    log = logger()
    streams = [log.add_stream(f"p{n}", kind) for n in range(100) for kind in ("stdout", "stderr")]
    for stream in streams:
        log.write(stream, "started\n")
    until(lambda: all(log.path(f"p{n}").exists() for n in range(100)), "the files")
    # Memory goes back a second after the last line.
    until(lambda: log.is_sanitized() or log.pss_kib() < 1200, lambda: f"{log.pss_kib()} KiB to become less")
    until(lambda: is_quiet(log), "quiet")
    before = log.switches()
    select.select([], [], [], 3)
    assert log.switches() == before


def is_quiet(log):
    before = log.switches()
    select.select([], [], [], 0.5)
    return log.switches() == before


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
