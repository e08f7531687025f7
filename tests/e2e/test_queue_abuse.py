"""Clients that mean no good, or are broken: a clear error for them, and nothing for the others."""

import contextlib
import json
import resource
import socket
import subprocess
import time

import pytest
from jobd_fixture import wait_for
from wire import Wire, WireClosed, WireError


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.socket.sendall(line + b"\r\n")
        wire.reply()
    return str(error.value)


def push(number, args=b"[]", more=b""):
    return b'PUSH {"jid":"jid-%08d","jobtype":"Resize","args":%s%s}' % (number, args, more)


def memory(one):
    """Its resident bytes; 0 where a sanitizer keeps what was freed."""
    if b"libasan" in subprocess.run(["ldd", one.binary], capture_output=True, check=False).stdout:
        return 0
    pages = int(open(f"/proc/{one.process.pid}/statm", encoding="ascii").read().split()[1])
    return pages * resource.getpagesize()


def test_bad_json_is_refused_and_the_connection_stays(scheduler):
    one = scheduler()
    wire = one.wire()
    deep = b"[" * 600 + b"]" * 600
    for line, words in {
        push(1, deep): "nested too deeply",
        push(1, b'["\xff\xfe"]'): "not UTF-8",
        push(1, b'["\xed\xa0\x80"]'): "not UTF-8",
        push(1, b"[01]"): "invalid JSON",
        push(1, b'["\x01"]'): "control character",
        push(1, b"[1"): "invalid JSON",
        push(1) + b" trailing": "something follows",
        b"PUSH": "invalid JSON",
        b"PUSHB [" + push(1)[5:] + b",": "invalid JSON",
        b"ACK " + deep: "invalid ACK",
        b"QUEUE": "no such QUEUE subcommand",
        b"\x00": "not printable",
        b"FETCH " + b" ".join(b"q%d" % n for n in range(100)): "too many arguments",
        b"FETCH a/b": "queue names must match",
        b"NOPE \xff": "unknown command NOPE",
        b"push {}": "unknown command push",
    }.items():
        assert words in refused(wire, line), line[:80]
    wire.send("COUNT {}")
    assert wire.reply() == {"count": 0, "states": {}}


def test_what_was_pushed_comes_out_to_the_letter(scheduler):
    one = scheduler()
    args = '[9007199254740993,1.10,1e400,-0,"\\u0000\\ud83d","ü€😀",{"a":{}, "b":[ ]}]'
    more = ',"big":123456789012345678901234567890,"x-y":{"z" : null},"custom":{"locale":"de","n":12345678901234567890}'
    wire, worker = one.wire(), one.worker("w1", labels=[])
    wire.socket.sendall(push(1, args.encode(), more.encode()) + b"\n")
    assert wire.reply() == "OK"
    worker.socket.sendall(b"FETCH default\n")
    head = worker._line(None)
    text = worker._take(int(head[1:]) + 2, None).decode()
    assert args in text and '"big":123456789012345678901234567890' in text and '"x-y":{"z" : null}' in text
    assert '"custom":{"locale":"de","n":12345678901234567890}' in text


def test_a_huge_bulk_keeps_nobody_waiting(scheduler):
    one = scheduler()
    wire, other = one.wire(), one.wire()
    jobs = [{"jid": f"jid-{n:08}", "jobtype": "Big", "args": ["x" * 100_000]} for n in range(400)]
    line = b"PUSHB " + json.dumps(jobs).encode() + b"\r\n"
    wire.socket.settimeout(None)
    wire.socket.sendall(line)
    slowest = 0.0
    while True:
        begin = time.monotonic()
        count = other.request("COUNT {}")["count"]
        slowest = max(slowest, time.monotonic() - begin)
        if count == 400:
            break
    assert wire.reply() == {}
    assert slowest < 5, "each piece is small"
    wait_for(lambda: memory(one) < 150 << 20, lambda: f"memory given back: {memory(one) >> 20} MiB")


def test_half_lines_are_bounded_and_short_requests_pass(scheduler):
    one = scheduler()
    good = one.wire()
    hoarders = []
    refusals = 0
    for _ in range(6):
        wire = one.wire()
        wire.socket.settimeout(20)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            wire.socket.sendall(b"PUSH " + b"x" * 60_000_000)
        hoarders.append(wire)
    for wire in hoarders:
        wire.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            refusals += b"unfinished" in wire.socket.recv(4096)
    assert refusals >= 2
    assert memory(one) < 400 << 20
    good.socket.sendall(push(1, b'["%s"]' % (b"y" * 50_000)) + b"\r\n")
    assert good.reply() == "OK"


def test_silent_and_wrong_beginnings_are_ended(scheduler):
    one = scheduler(net=["tcp"])
    for begin in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HELLO {", b"\x16\x03\x01", b"*1\r\n$4\r\nPING\r\n"):
        sock = socket.create_connection(one.addresses["tcp"])
        sock.sendall(begin)
        sock.settimeout(20)
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while more := sock.recv(4096):
                data += more
        assert data.startswith(b'+HI {"v":2}\r\n')
        sock.close()
    assert one.request("COUNT {}")["count"] == 0


def test_a_flood_of_connections_leaves_the_others_alone(scheduler):
    one = scheduler(net=["tcp"])
    wire = one.wire()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    try:
        socks = []
        for number in range(2300):
            with contextlib.suppress(OSError):
                socks.append(socket.create_connection(one.addresses["tcp"], timeout=5))
            if number % 500 == 0:
                assert wire.request("COUNT {}")["count"] == 0
        assert wire.request("INFO")["server"]["connections"] < 2200
        # Silent ones are gone after two seconds, and there is room again.
        wait_for(lambda: wire.request("INFO")["server"]["connections"] <= 2, "the end of the silent ones")
        for sock in socks:
            sock.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    late = Wire(one.addresses["tcp"], hello=False)
    late.reply()
    assert late.request('HELLO {"v":2}') == "OK"


def test_a_fetch_queue_of_requests_is_served_in_order(scheduler):
    """Requests behind a FETCH that waits stay in their order, and the server does not spin meanwhile."""
    one = scheduler()
    worker = one.worker("w1", labels=[])
    worker.socket.sendall(b"FETCH empty\r\nINFO\r\nFETCH default\r\n")
    before = time.process_time(), cpu(one)
    assert worker.reply() is None
    assert cpu(one) - before[1] < 0.5
    assert "faktory" in worker.reply()
    wire = one.wire()
    wire.socket.sendall(push(1) + b"\r\n")
    assert wire.reply() == "OK"
    assert worker.reply()["jid"] == "jid-00000001"


def cpu(one):
    fields = open(f"/proc/{one.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_a_client_that_is_gone_in_the_middle_of_its_bulk(scheduler):
    one = scheduler()
    wire = one.wire()
    jobs = [{"jid": f"jid-{n:08}", "jobtype": "A", "args": []} for n in range(50000)]
    wire.socket.settimeout(None)
    wire.socket.sendall(b"PUSHB " + json.dumps(jobs).encode() + b"\r\n")
    wire.close()
    other = one.wire()
    wait_for(lambda: other.request("INFO")["server"]["connections"] == 1, "the end of the client")
    count = other.request("COUNT {}")["count"]
    assert count == other.request("COUNT {}")["count"]
    with pytest.raises((WireClosed, OSError)):
        wire.reply()
