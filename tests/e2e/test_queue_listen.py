"""The addresses of the queue: jobd opens them, holds them over restarts of the scheduler and passes them on."""

import contextlib
import os
import signal
import socket
from pathlib import Path

from jobd_fixture import free_port, wait_for
from test_queue_net import login
from wire import WireError


def addresses(*ports):
    listed = ", ".join(f'"tcp://127.0.0.1:{port}"' for port in ports)
    return f"scheduler {{ listen = {{ {listed} }} }}"


def passed_on(pid):
    """What the process finds its sockets by."""
    environ = dict(entry.partition("=")[::2] for entry in Path(f"/proc/{pid}/environ").read_text().split("\0"))
    return environ["LISTEN_FDNAMES"].split(":")


def accepts(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_the_addresses_are_passed_on_and_held(jobd):
    one, other = free_port(), free_port()
    daemon = jobd(addresses(one, other))
    pid = daemon.wait_state("scheduler", "RUNNING")["pid"]
    assert passed_on(pid) == ["queue", "queue-tcp", "queue-tcp"]
    assert "runner" not in daemon.programs()
    os.kill(pid, signal.SIGKILL)
    # Nobody can have served it meanwhile, but nobody is refused.
    while daemon.status("scheduler")["pid"] in (pid, None):
        assert accepts(one) and accepts(other)
    daemon.wait_state("scheduler", "RUNNING")


def test_an_address_in_use_is_said_and_waited_for(jobd):
    port = free_port()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        daemon = jobd(addresses(port))
        wait_for(lambda: str(port) in daemon.status("scheduler")["description"], "the address to be named")
        assert "in use" in daemon.status("scheduler")["description"]
    daemon.wait_state("scheduler", "RUNNING")


def test_a_reload_changes_the_addresses(jobd):
    first, second = free_port(), free_port()
    daemon = jobd(addresses(first))
    daemon.wait_state("scheduler", "RUNNING")
    daemon.write_config(addresses(second))
    with daemon.wire() as wire:
        plan = {item["name"]: item for item in wire.request("RELOAD")}
    assert plan["scheduler"]["action"] == "restart"
    assert plan["scheduler"]["why"] == "listen changed"
    wait_for(lambda: accepts(second), "the new address")
    daemon.wait_state("scheduler", "RUNNING")
    assert not accepts(first)
    # And none at all.
    daemon.write_config("scheduler { }")
    daemon.ctl("reload")
    wait_for(lambda: not accepts(second), "the address to be closed")
    assert passed_on(daemon.wait_state("scheduler", "RUNNING")["pid"]) == ["queue"]


def test_an_open_address_without_a_password_is_refused(jobd):
    daemon = jobd('scheduler { listen = "tcp://0.0.0.0:7419" }', start=False)
    daemon.start(wait=False)
    assert daemon.wait_exit() != 0
    assert "jobd.conf:4: option 'listen': 'tcp://0.0.0.0:7419' can be reached" in daemon.errors()


def test_a_reload_reads_the_password_again(jobd):
    port = free_port()
    daemon = jobd(f'scheduler {{ listen = "tcp://127.0.0.1:{port}" password_file = "@DIR@/password" }}', start=False)
    (daemon.dir / "password").write_text("of yesterday\n")
    daemon.start().wait_state("scheduler", "RUNNING")
    before = login(("127.0.0.1", port), "of yesterday")
    (daemon.dir / "password").write_text("of today\n")
    daemon.ctl("reload")

    def comes_in(password):
        with contextlib.suppress(WireError):
            login(("127.0.0.1", port), password).close()
            return True
        return False

    wait_for(lambda: comes_in("of today"), "the new password")
    assert not comes_in("of yesterday")
    assert before.request("INFO")
