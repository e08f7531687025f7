"""The queue over TCP and TLS: who may come in, and what the handshake asks for."""

import contextlib
import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess

import pytest

from jobd_fixture import wait_for
from wire import Wire, WireClosed, WireError

PASSWORD = 'scheduler { password = "s3cret" }\n'


def answer(password, salt, rounds):
    digest = hashlib.sha256((password + salt).encode()).digest()
    for _ in range(rounds - 1):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()


def login(address, password="s3cret", version=2, **options):
    """A connection after its HELLO, and what the server said first."""
    wire = Wire(address, hello=False, **options)
    greeting = wire.reply()
    assert re.fullmatch(r'HI {"v":2,"i":\d+,"s":"[0-9a-f]+"}', greeting), greeting
    asked = json.loads(greeting[3:])
    assert 4000 <= asked["i"] < 8096
    rounds = asked["i"] if version >= 2 else 1
    hello = {"v": version, "hostname": "test", "pwdhash": answer(password, asked["s"], rounds)}
    assert wire.request("HELLO " + json.dumps(hello)) == "OK"
    return wire


def push(jid, **more):
    return "PUSH " + json.dumps({"jid": jid, "jobtype": "Resize", "args": [], **more})


def test_this_host_needs_no_password_when_there_is_none(scheduler):
    one = scheduler(net=["tcp"])
    wire = Wire(one.addresses["tcp"], hello=False)
    assert wire.reply() == 'HI {"v":2}'
    assert wire.request('HELLO {"v":2}') == "OK"
    assert wire.request(push("jid-00000001")) == "OK"
    assert one.job("jid-00000001")["state"] == "ready"


def test_the_password_opens_the_door(scheduler):
    one = scheduler(PASSWORD, net=["tcp"])
    assert login(one.addresses["tcp"]).request(push("jid-00000001")) == "OK"
    assert login(one.addresses["tcp"], version=1).request(push("jid-00000002")) == "OK"
    assert one.wire().request(push("jid-00000003")) == "OK"


@pytest.mark.parametrize("hello", ['{"v":2}', '{"v":2,"pwdhash":""}', '{"v":2,"pwdhash":"%s"}' % ("0" * 64)])
def test_a_wrong_password_is_refused(scheduler, hello):
    one = scheduler(PASSWORD, net=["tcp"])
    wire = Wire(one.addresses["tcp"], hello=False)
    wire.reply()
    with pytest.raises(WireError, match="^ERR Invalid password$"):
        wire.request("HELLO " + hello)
    with pytest.raises(WireClosed):
        wire.reply()


def test_the_password_is_read_anew(scheduler, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("first\n")
    config = f'scheduler {{ password_file = "{secret}" }}\n'
    one = scheduler(config, net=["tcp"])
    login(one.addresses["tcp"], "first")
    secret.write_text("second\n")
    one.reload(config)
    one.wait_told("STATUS=0 jobs")
    login(one.addresses["tcp"], "second")
    secret.unlink()
    one.reload(config)
    one.wait_told("STATUS=0 jobs")
    with pytest.raises(WireError, match="can't be read"):
        Wire(one.addresses["tcp"], hello=False).reply()


def test_no_runner_comes_over_the_net(scheduler):
    one = scheduler(net=["tcp"])
    wire = Wire(one.addresses["tcp"], hello=False)
    wire.reply()
    with pytest.raises(WireError, match="DENIED"):
        wire.request('HELLO {"v":2,"wid":"runner-9","labels":["jobd-runner"]}')


def test_one_client_too_many_is_told_after_its_hello(scheduler):
    one = scheduler("scheduler { clients_max = 3 }\n", net=["tcp"])
    wires = []
    for _ in range(3):
        wire = Wire(one.addresses["tcp"], hello=False)
        assert wire.reply() and wire.request('HELLO {"v":2}') == "OK"
        wires.append(wire)
    late = Wire(one.addresses["tcp"], hello=False)
    late.reply()
    assert late.request('HELLO {"v":2}') == "OK"
    with pytest.raises(WireError, match="^ERR too many connections: 4$"):
        late.reply()
    with pytest.raises(WireClosed):
        late.reply()
    # jobd's own come in nevertheless.
    assert one.wire().request(push("jid-00000001")) == "OK"
    assert all(wire.request("INFO") for wire in wires)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    place = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"],
        cwd=place, check=True, capture_output=True,
    )
    return place


def tls_config(place):
    return (
        f'scheduler {{ password = "s3cret" tls_certificate = "{place}/cert.pem" tls_key = "{place}/key.pem" }}\n'
    )


def test_tls_carries_large_requests_and_replies(scheduler, certificate):
    one = scheduler(tls_config(certificate), net=["tls"])
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    wire = login(one.addresses["tls"], tls=context)
    args = ["x" * 2_000_000]
    assert wire.request(push("jid-00000001", args=args)) == "OK"
    wire.socket.sendall("".join(push(f"jid-{n:08}") + "\n" for n in range(10, 2010)).encode())
    assert [wire.reply() for _ in range(2000)] == ["OK"] * 2000
    assert wire.request("JOB jid-00000001")["args"] == args
    other = login(one.addresses["tls"], tls=context)
    assert other.request("INFO")["faktory"]["queues"] == {"default": 2001}
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(certificate / "cert.pem")
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        login(one.addresses["tls"], tls=old)


def test_plain_words_on_the_tls_port_hurt_nobody(scheduler, certificate):
    one = scheduler(tls_config(certificate), net=["tls"])
    for junk in (b"HELLO {}\r\n", b"\x16\x03\x01\x02\x00" + b"\0" * 600, b""):
        raw = socket.create_connection(one.addresses["tls"])
        raw.sendall(junk)
        raw.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while raw.recv(4096):
                pass
        raw.close()
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    assert login(one.addresses["tls"], tls=context).request(push("jid-00000001")) == "OK"


def test_a_bad_certificate_shuts_the_tls_port_only(scheduler, tmp_path):
    (tmp_path / "cert.pem").write_text("nonsense")
    (tmp_path / "key.pem").write_text("nonsense")
    one = scheduler(tls_config(tmp_path), net=["tcp", "tls"])
    assert "nobody can connect over it" in one.errors()
    raw = socket.create_connection(one.addresses["tls"])
    raw.settimeout(20)
    assert raw.recv(100) == b""
    assert login(one.addresses["tcp"]).request(push("jid-00000001")) == "OK"


def test_files_that_are_no_pair_do_not_end_tls(scheduler, certificate, tmp_path):
    for name in "cert.pem", "key.pem":
        shutil.copy(certificate / name, tmp_path)
    one = scheduler(tls_config(tmp_path), net=["tls"])
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    (tmp_path / "key.pem").write_text("half of a key")
    one.reload(tls_config(tmp_path))
    wait_for(lambda: "the certificate from before is used on" in one.errors(), "the reload")
    assert login(one.addresses["tls"], tls=context).request(push("jid-00000001")) == "OK"
