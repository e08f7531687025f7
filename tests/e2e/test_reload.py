"""Reload is a plan: printed, applied whole, or refused whole."""

import os
import signal

from jobd_fixture import wait_for

BASE = """
program same { command = "@PROGRAMS@/polite" }
program changed { command = "@PROGRAMS@/polite one" }
program gone { command = "@PROGRAMS@/polite" }
program live { command = "@PROGRAMS@/polite" stop_timeout = 10s }
program signalled { command = "sh @DIR@/script" environment = { "A=1" } reload_signal = HUP }
"""
NEXT = """
program same { command = "@PROGRAMS@/polite" }
program changed { command = "@PROGRAMS@/polite two" }
program fresh { command = "@PROGRAMS@/polite" }
program live { command = "@PROGRAMS@/polite" stop_timeout = 20s }
program signalled { command = "sh @DIR@/script" environment = { "A=2" } reload_signal = HUP }
"""


def started(jobd):
    daemon = jobd(BASE, start=False)
    (daemon.dir / "script").write_text(
        daemon.expand("trap 'echo again' HUP; echo up; while :; do read x < @DIR@/fifo; done")
    )
    os.mkfifo(daemon.dir / "fifo")
    daemon.start()
    for name in ("same", "changed", "gone", "live", "signalled"):
        daemon.wait_state(name, "RUNNING")
    daemon.wait_log("signalled", "up")
    return daemon


def actions(items):
    return {item["name"]: item["action"] for item in items if item["kind"] == "program" and item["action"] != "none"}


EXPECTED = {"changed": "restart", "gone": "remove", "fresh": "add", "live": "change", "signalled": "signal"}


def test_plan_says_what_reload_does(jobd):
    daemon = started(jobd)
    before = {name: status["pid"] for name, status in daemon.programs().items()}
    daemon.write_config(NEXT)
    with daemon.wire() as wire:
        plan = wire.request("PLAN")
    assert actions(plan) == EXPECTED
    assert "command" in next(item["why"] for item in plan if item["name"] == "changed")
    # Only planned.
    assert {name: status["pid"] for name, status in daemon.programs().items()} == before
    with daemon.wire() as wire:
        assert actions(wire.request("RELOAD")) == EXPECTED
    daemon.wait_state("fresh", "RUNNING")
    daemon.wait_log("changed", "up two")
    daemon.wait_log("signalled", "again")
    after = daemon.programs()
    assert "gone" not in after
    for name in ("same", "live", "signalled"):
        assert after[name]["pid"] == before[name]
    assert after["changed"]["pid"] != before["changed"]
    with daemon.wire() as wire:
        assert actions(wire.request("PLAN")) == {}


def test_a_bad_file_changes_nothing(jobd):
    daemon = started(jobd)
    before = {name: status["pid"] for name, status in daemon.programs().items()}
    daemon.write_config(NEXT + "program broken { comand = true }\n")
    result = daemon.ctl("reload", check=False)
    assert result.returncode != 0
    text = result.stdout + result.stderr
    assert f"{daemon.config_path}:" in text and "comand" in text and "command" in text
    assert {name: status["pid"] for name, status in daemon.programs().items()} == before


def test_a_file_that_is_gone_changes_nothing(jobd):
    daemon = started(jobd)
    before = {name: status["pid"] for name, status in daemon.programs().items()}
    daemon.config_path.unlink()
    result = daemon.ctl("reload", check=False)
    assert result.returncode != 0 and str(daemon.config_path) in result.stdout + result.stderr
    assert {name: status["pid"] for name, status in daemon.programs().items()} == before


def test_sighup_reloads(jobd):
    daemon = started(jobd)
    daemon.write_config(NEXT)
    daemon.kill(signal.SIGHUP)
    daemon.wait_state("fresh", "RUNNING")


def test_edits_between_two_reloads_do_not_reach_a_restart(jobd):
    daemon = started(jobd)
    daemon.write_config(NEXT)
    daemon.ctl("restart", "changed")
    daemon.wait_state("changed", "RUNNING")
    assert b"up two" not in daemon.log("changed")
    assert "fresh" not in daemon.programs()


def test_what_needs_a_new_jobd_is_refused(jobd):
    daemon = started(jobd)
    daemon.config_path.write_text(daemon.config_path.read_text().replace(str(daemon.run_dir), str(daemon.dir / "other")))
    result = daemon.ctl("reload", check=False)
    assert result.returncode != 0 and "run_dir" in result.stdout + result.stderr


def test_instances_change_without_restarting_the_others(jobd):
    daemon = jobd('program web { command = "@PROGRAMS@/polite" instances = 2 }')
    before = {number: daemon.wait_state(f"web:{number}", "RUNNING")["pid"] for number in (1, 2)}
    daemon.write_config('program web { command = "@PROGRAMS@/polite" instances = 3 }')
    daemon.ctl("reload")
    daemon.wait_state("web:3", "RUNNING")
    assert {number: daemon.status(f"web:{number}")["pid"] for number in (1, 2)} == before


def test_check_names_file_line_and_the_nearest_word(jobd):
    daemon = jobd("program web {\n  command = \"true\"\n  stop_timeuot = 5s\n}\n", start=False, arguments=["-t"])
    daemon.start(wait=False)
    assert daemon.wait_exit() == 1
    assert f"{daemon.config_path}:6:" in daemon.errors() and "stop_timeout" in daemon.errors()


def test_programs_that_share_a_log_and_differ_are_told_of(jobd):
    """Not refused: such files were accepted before."""
    program = 'program {} {{ command = "@PROGRAMS@/polite" stdout_log = "both.log" logfile_maxbytes = {} }}\n'
    daemon = jobd(program.format("one", "10M") + program.format("two", "10M"))
    daemon.wait_state("two", "RUNNING")
    assert "both.log" not in daemon.errors()
    daemon.write_config(program.format("one", "10M") + program.format("two", "20M"))
    daemon.ctl("reload")
    words = "program 'two': its log '"
    wait_for(lambda: words in daemon.errors(), lambda: daemon.errors())
    assert "both.log' is also that of 'one', and they differ in logfile_maxbytes 20M and 10M: " in daemon.errors()
    checked = daemon.ctl("check", str(daemon.config_path))
    assert checked.returncode == 0 and f"warning: {daemon.config_path}:" in checked.stderr and words in checked.stderr
