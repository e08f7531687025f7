"""The errors of Faktory's protocol, each with its exact text: clients compare them."""

import json
import signal

import pytest
from jobd_fixture import wait_for
from wire import Wire, WireClosed, WireError

JOB = {"jid": "jid-00000001", "jobtype": "Resize", "args": []}


def push(**fields):
    job = {**JOB, **fields}
    return "PUSH " + json.dumps({key: value for key, value in job.items() if value != "missing"}, ensure_ascii=False)


def refused(wire, line):
    with pytest.raises(WireError) as error:
        wire.request(line)
    return str(error.value)


NAMES = r"queue: queue names must match \A[a-zA-Z0-9._-]+\z"
EXACT = {
    push(jid="short"): "ERR jobs must have a reasonable jid parameter",
    push(jid="missing"): "ERR jobs must have a reasonable jid parameter",
    push(jid=12345678): "ERR jobs must have a reasonable jid parameter",
    push(jobtype="missing"): "ERR jobs must have a jobtype parameter",
    push(jobtype=""): "ERR jobs must have a jobtype parameter",
    push(jobtype="x" * 201): "ERR a jobtype has at most 200 bytes",
    push(jobtype="x" * 20000): "ERR a jobtype has at most 200 bytes",
    push(args="missing"): "ERR jobs must have an args parameter",
    push(args=None): "ERR jobs must have an args parameter",
    push(args={}): "ERR jobs must have an args parameter",
    push(reserve_for=86401): "ERR jobs cannot be reserved for more than one day",
    push(queue="a b"): f'ERR cannot get "a b" {NAMES}',
    push(queue="jobs/mail"): f'ERR cannot get "jobs/mail" {NAMES}',
    push(queue="größe"): f'ERR cannot get "größe" {NAMES}',
    "FETCH": "ERR must call fetch with at least one queue",
    'ACK {"jid":1}': 'ERR invalid ACK {"jid":1}',
    "ACK {": "ERR invalid ACK {",
    "ACK {}": "ERR invalid ACK {}",
    "FAIL {": "ERR invalid FAIL {",
    "FAIL {}": "ERR missing JID",
    'FAIL {"jid":"jid-nobody"}': "ERR Job not found jid-nobody",
    "BEAT {": "ERR invalid BEAT {",
    'BEAT {"wid":"w9"}': "ERR unknown worker w9",
    "QUEUE EMPTY default": "ERR no such QUEUE subcommand: EMPTY",
    "QUEUE LATENCY *": "ERR QUEUE LATENCY does not support wildcards",
    "MUTATE": "ERR invalid format",
    "MUTATE kill dead": "ERR invalid format",
    'MUTATE {"cmd":"eat","target":"dead"}': "ERR unknown mutate operation",
    'MUTATE {"cmd":"kill","target":"working"}': "ERR invalid target for mutation command",
    "NOPE": "ERR unknown command NOPE",
    "push {}": "ERR unknown command push",
}
BEGINNINGS = {
    "PUSH": "ERR invalid JSON: ",
    "PUSH {": "ERR invalid JSON: ",
    "PUSHB [{": "ERR invalid JSON: ",
    "PUSHB {}": "ERR invalid JSON: ",
    'MUTATE {"cmd":': "ERR invalid JSON: ",
    push(at="tomorrow"): """ERR invalid timestamp for 'at': "tomorrow": """,
}


def test_each_error_has_its_text(scheduler):
    wire = scheduler().wire()
    assert {line: refused(wire, line) for line in EXACT} == EXACT
    for line, beginning in BEGINNINGS.items():
        assert refused(wire, line).startswith(beginning), line
    # No error: an id that nobody knows, a queue that is not there.
    assert wire.request('ACK {"jid":"jid-nobody"}') == "OK"
    assert wire.request("QUEUE PAUSE nowhere") == wire.request("QUEUE REMOVE nowhere") == "OK"
    assert wire.request("QUEUE LATENCY nowhere") == {"nowhere": 0}


def test_each_job_of_a_list_has_its_error(scheduler):
    wire = scheduler().wire()
    once = {"custom": {"unique_for": 60}, "jobtype": "Once"}
    assert wire.request(push(**once)) == "OK"
    assert refused(wire, push(jid="jid-00000002", **once)) == "NOTUNIQUE Job not unique"
    jobs = [{**JOB, "jid": f"jid-bulk-{number}"} for number in range(5)]
    jobs[1]["reserve_for"] = 86401
    jobs[2]["args"] = 1
    jobs[3].update(once)
    assert wire.request("PUSHB " + json.dumps(jobs)) == {
        "jid-bulk-1": "jobs cannot be reserved for more than one day",
        "jid-bulk-2": "jobs must have an args parameter",
        "jid-bulk-3": "Job not unique",
    }
    assert wire.request("COUNT {}")["count"] == 3


def test_a_wrong_password(scheduler):
    one = scheduler('scheduler { password = "secret" }\n', net=["tcp"])
    wire = Wire(one.addresses["tcp"], hello=False)
    assert wire.reply().startswith('HI {"v":2,"i":')
    assert refused(wire, 'HELLO {"v":2,"pwdhash":"0000"}') == "ERR Invalid password"
    with pytest.raises(WireClosed):
        wire.reply()


def half(one):
    """A client in the middle of a request, of which the scheduler has the beginning."""
    wire = one.wire()
    line = (push() + "\r\n").encode()
    wire.socket.sendall(line[:20])
    one.request("COUNT {}")
    one.request("COUNT {}")
    return wire, line[20:]


def ends(wire):
    try:
        return wire.request("COUNT {}") is None
    except WireError as error:
        return str(error) == "ERR shutdown in progress"


def test_requests_that_come_while_it_ends_are_refused_in_words(scheduler):
    one = scheduler()
    wire, rest = half(one)
    other = one.wire()
    late = Wire(one.socket_path, hello=False)
    assert late.reply() == 'HI {"v":2}'
    one.process.send_signal(signal.SIGTERM)
    wait_for(lambda: ends(other), "its end")
    # Who has not come in yet finds it gone.
    with pytest.raises(WireClosed):
        late.request('HELLO {"v":2}')
    wire.socket.sendall(rest)
    with pytest.raises(WireError, match="^ERR shutdown in progress$"):
        wire.reply()
    assert one.process.wait(10) == 0
    one.start()
    assert one.request("COUNT {}")["count"] == 0


def test_one_who_never_ends_its_request_does_not_keep_it(scheduler):
    one = scheduler()
    half(one)
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(10) == 0


def test_a_list_on_its_way_is_stored_whole(scheduler):
    one = scheduler()
    wire = one.wire()
    jobs = [{**JOB, "jid": f"jid-{number:08}"} for number in range(20000)]
    wire.send("PUSHB " + json.dumps(jobs))
    wait_for(lambda: one.request("COUNT {}")["count"] > 0, "the first piece")
    one.process.send_signal(signal.SIGTERM)
    assert wire.reply() == {}
    assert one.process.wait(10) == 0
    one.start()
    assert one.request("COUNT {}")["count"] == 20000
