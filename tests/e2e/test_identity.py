"""Who a program runs as, with what environment and limits."""

import os
import pwd

import pytest


def environment_of(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        return dict(item.split(b"=", 1) for item in file.read().split(b"\0") if b"=" in item)


@pytest.mark.root
def test_user_group_and_home(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" user = nobody }', start=False)
    os.chmod(daemon.dir, 0o755)
    daemon.start()
    status = daemon.wait_state("web", "RUNNING")
    account = pwd.getpwnam("nobody")
    with open(f"/proc/{status['pid']}/status") as file:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert set(fields["Uid"].split()) == {str(account.pw_uid)}
    assert set(fields["Gid"].split()) == {str(account.pw_gid)}
    assert set(fields["Groups"].split()) <= {str(account.pw_gid)}
    environment = environment_of(status["pid"])
    assert environment[b"USER"] == b"nobody" and environment[b"HOME"] == account.pw_dir.encode()


def test_environment_in_its_order(jobd):
    daemon = jobd(
        'environment = { "A=global", "B=global", "C=global" }\n'
        'program web { command = "@PROGRAMS@/polite" environment = { "B=own" } environment_file = "@DIR@/env"'
        ' secrets = { "TOKEN=@DIR@/token" } directory = "/" umask = 027 }',
        start=False,
    )
    (daemon.dir / "env").write_text("# comment\nC=file\nexport D='quoted value'\n")
    (daemon.dir / "token").write_text("s3cret\n")
    daemon.start()
    status = daemon.wait_state("web", "RUNNING")
    environment = environment_of(status["pid"])
    assert environment[b"A"] == b"global"
    assert environment[b"B"] == b"own"
    assert environment[b"C"] == b"file"
    assert environment[b"D"] == b"quoted value"
    assert environment[b"TOKEN"] == b"s3cret"
    assert environment[b"JOBD_PROGRAM"] == b"web"
    assert environment[b"JOBD_RUN_DIR"] == str(daemon.run_dir).encode()
    assert os.readlink(f"/proc/{status['pid']}/cwd") == "/"
    with open(f"/proc/{status['pid']}/status") as file:
        assert "Umask:\t0027" in file.read()


def test_limits(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" limit_nofile = 77 limit_core = 0 nice = 5 oom_score_adj = 321 }')
    status = daemon.wait_state("web", "RUNNING")
    with open(f"/proc/{status['pid']}/limits") as file:
        limits = {line[:26].strip(): line[26:].split() for line in file}
    assert limits["Max open files"][:2] == ["77", "77"]
    assert limits["Max core file size"][0] == "0"
    with open(f"/proc/{status['pid']}/oom_score_adj") as file:
        assert file.read().strip() == "321"
    assert os.getpriority(os.PRIO_PROCESS, status["pid"]) == 5


def test_only_its_own_descriptors(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }')
    status = daemon.wait_state("web", "RUNNING")
    open_files = {int(name): os.readlink(f"/proc/{status['pid']}/fd/{name}") for name in os.listdir(f"/proc/{status['pid']}/fd")}
    assert open_files.pop(0) == "/dev/null"
    assert open_files.pop(1).startswith("pipe:") and open_files.pop(2).startswith("pipe:")
    # The lock that says that a copy is alive.
    assert all("/lock/" in target for target in open_files.values()), open_files


def test_signals_have_their_defaults(jobd):
    daemon = jobd('program web { command = "sleep infinity" }')
    status = daemon.wait_state("web", "RUNNING")
    with open(f"/proc/{status['pid']}/status") as file:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert int(fields["SigIgn"], 16) == 0 and int(fields["SigBlk"], 16) == 0


def test_held_sockets_survive_a_restart(jobd, free_port):
    script = (
        "import os, signal, socket\n"
        "assert os.environ['LISTEN_FDS'] == '1' and int(os.environ['LISTEN_PID']) == os.getpid()\n"
        "server = socket.socket(fileno=3)\n"
        "while True:\n"
        "    client, _ = server.accept()\n"
        "    client.sendall(b'%d' % os.getpid()); client.close()\n"
    )
    daemon = jobd(
        f'program web {{ command = "python3 @DIR@/server.py" listen = {{ "tcp://127.0.0.1:{free_port}" }} }}', start=False
    )
    (daemon.dir / "server.py").write_text(script)
    daemon.start()
    import socket

    def ask():
        with socket.create_connection(("127.0.0.1", free_port), timeout=20) as client:
            return int(client.recv(100))

    first = daemon.wait_state("web", "RUNNING")
    assert ask() == first["pid"]
    daemon.ctl("stop", "web")
    # Nobody serves it, but the client is not refused: it waits until somebody does.
    client = socket.create_connection(("127.0.0.1", free_port), timeout=20)
    daemon.ctl("start", "web")
    assert int(client.recv(100)) == daemon.status("web")["pid"]


def test_a_port_in_use_is_said(jobd, free_port):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        daemon = jobd(
            f'program web {{ command = "true" listen = {{ "tcp://127.0.0.1:{free_port}" }} start_retries = 0 }}'
        )
        status = daemon.wait_state("web", "FATAL")
        assert str(free_port) in status["description"] and "in use" in status["description"]
