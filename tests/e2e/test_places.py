"""Where jobd runs: detached, as a plain user with one writable directory, with many programs, with difficult children."""

import os
import pwd
import subprocess

import pytest

from jobd_fixture import wait_for


def test_detached_it_answers_when_the_command_returns(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }', start=False, arguments=["-d"])
    daemon.start(wait=False)
    assert daemon.wait_exit() == 0
    daemon.ctl("status", check=False)
    pid = int((daemon.run_dir / "jobd.pid").read_text())
    assert os.getsid(pid) == pid
    daemon.ctl("shutdown")
    daemon.assert_nothing_left()


def test_detached_it_says_why_it_can_not_start(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }')
    other = jobd("", start=False, arguments=["-d"])
    other.config_path.write_text(daemon.config_path.read_text())
    other.start(wait=False)
    assert other.wait_exit() == 1
    assert "another jobd" in other.errors()


@pytest.mark.root
@pytest.mark.namespaces
def test_a_plain_user_with_a_read_only_root(jobd):
    """Everything but one directory is read-only, and jobd is nobody."""
    daemon = jobd('program web { command = "@PROGRAMS@/polite" } job hello { command = "echo hello" }', start=False)
    account = pwd.getpwnam("nobody")
    for path in [daemon.dir, *daemon.dir.rglob("*")]:
        os.lchown(path, account.pw_uid, account.pw_gid)
    script = (
        f"mount --bind {daemon.dir} {daemon.dir} && mount -o remount,bind,ro / && "
        f"exec setpriv --reuid {account.pw_uid} --regid {account.pw_gid} --clear-groups -- \"$@\""
    )
    daemon.wrapper = ["unshare", "-m", "sh", "-c", script, "sh"]
    daemon.start()
    status = daemon.wait_state("web", "RUNNING")
    assert os.stat(f"/proc/{status['pid']}").st_uid == account.pw_uid
    assert daemon.ctl("run", "hello", "--wait").stdout == "hello\n"
    assert daemon.stop() == 0


def test_five_hundred_programs_at_once(jobd):
    daemon = jobd(
        "\n".join(f'program p{n} {{ command = "sleep infinity" log_to_stdout = false }}' for n in range(500))
        + '\nprogram last { command = "@PROGRAMS@/polite" }'
    )
    for n in (0, 250, 499):
        daemon.wait_state(f"p{n}", "RUNNING", timeout=60)
    wait_for(
        lambda: all(program["state"] == "RUNNING" for program in daemon.programs().values()),
        "501 programs to run",
        timeout=60,
    )
    pids = {program["pid"] for program in daemon.programs().values()}
    assert len(pids) == 501
    assert daemon.ctl("stop", "p*", timeout=120).stdout.count(": stopped\n") == 500
    assert daemon.status("last")["state"] == "RUNNING"
    assert daemon.stop() == 0


def test_a_child_that_closes_its_output(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/closes_output" }')
    daemon.wait_log("web", "last words")
    daemon.wait_state("web", "RUNNING")
    assert daemon.ctl("stop", "web").stdout == "web: stopped\n"


def test_a_line_of_ten_megabytes(jobd):
    daemon = jobd(
        'program web { command = "python3 -c \'import sys; sys.stdout.write(\\"x\\" * 10000000); sys.stdout.flush();'
        ' import signal; signal.pause()\'" log_to_stdout = false }'
    )
    wait_for(lambda: len(daemon.log("web")) == 10_000_000, lambda: f"10 MB, have {len(daemon.log('web'))}")
    assert daemon.log("web").count(b"x") == 10_000_000
    daemon.wait_state("web", "RUNNING")


def test_the_directories_are_made(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" }', start=False)
    for directory in (daemon.run_dir, daemon.state_dir, daemon.log_dir):
        directory.rmdir()
    daemon.start()
    daemon.wait_log("web", "up")


def test_a_directory_that_can_not_be_made_is_said(jobd):
    daemon = jobd('program web { command = "true" }', start=False)
    daemon.config_path.write_text(daemon.config_path.read_text().replace(str(daemon.log_dir), "/proc/nowhere/log"))
    daemon.start(wait=False)
    assert daemon.wait_exit() == 1
    assert "log_dir '/proc/nowhere/log'" in daemon.errors()


def test_options_of_the_command(jobd):
    daemon = jobd('program web { command = "true" }', start=False)
    run = lambda *arguments: subprocess.run([daemon.dir / "bin/jobd", *arguments], capture_output=True, text=True)  # noqa: E731
    assert run("-V").stdout.startswith("jobd ")
    assert run("-h").returncode == 0
    assert run("-x").returncode == 1
    assert "unexpected argument 'web'" in run("web").stderr
    assert run("-t", "-c", daemon.config_path).returncode == 0
    missing = run("-c", "/no/such/file")
    assert missing.returncode == 1 and "/no/such/file" in missing.stderr


def test_a_built_in_that_is_not_installed_is_said(jobd):
    daemon = jobd('program web { command = "true" }', start=False, env={"JOBD_LIBEXECDIR": "/nowhere"})
    daemon.start(wait=False)
    assert daemon.wait_exit() == 1
    assert "/nowhere/jobd-logger" in daemon.errors()
