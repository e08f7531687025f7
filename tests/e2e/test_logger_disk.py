"""jobd-logger on a bad disk: full, slow, gone, not to be written."""

import contextlib
import os
import re
import select
import subprocess
import time

import pytest

from logger_alone import LoggerAlone, numbered, until

MARK = re.compile(rb"-- (\d+) lines? \((\d+ (?:B|kB|MB))\) dropped \d\d:\d\d:\d\d-\d\d:\d\d:\d\d --\n")


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
    # The last one is the line that the drop cut in two: it counts as dropped, also where it looks whole.
    twice = len(kept) + int(MARK.search(data)[1]) - 60_000
    assert twice == 1 or (twice == 0 and kept[-1] == numbered(b"d", len(kept) - 1, 1)[:-1])
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
