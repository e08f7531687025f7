"""Which program's end ends jobd, and with which exit code."""

import signal

import pytest


@pytest.mark.root
@pytest.mark.parametrize("command, code", [("ends 7", 7), ("ends 0", 0), ("ends KILL", 128 + 9), ("nothing-here", 127)])
def test_an_essential_program_that_gives_up_ends_pid_1(jobd, command, code):
    daemon = jobd(
        f'program app {{ command = "@PROGRAMS@/{command}" essential = true start_retries = 1 backoff_min = 50ms }}'
        'program other { command = "@PROGRAMS@/polite" }',
        pid1=True,
        start=False,
    )
    daemon.start(wait=False)
    assert daemon.wait_exit() == code
    daemon.assert_nothing_left()


def test_the_code_can_be_mapped(jobd):
    daemon = jobd('program app { command = "@PROGRAMS@/ends 7" essential = true exit_code = 42 start_retries = 0 }', start=False)
    daemon.start(wait=False)
    assert daemon.wait_exit() == 42


def test_an_essential_program_that_finishes_ends_jobd(jobd):
    daemon = jobd('program app { command = "@PROGRAMS@/ends_when @DIR@/no 5" restart = never essential = true start_seconds = 0 }')
    daemon.wait_log("app", "up")
    daemon.ctl("signal", "USR1", "app")
    assert daemon.wait_exit() == 5


def test_an_essential_program_that_is_restarted_does_not(jobd):
    daemon = jobd(
        'program app { command = "@PROGRAMS@/ends_when @DIR@/no 5" essential = true start_seconds = 0 backoff_min = 0s }'
    )
    daemon.wait_log("app", "up")
    with daemon.events() as events:
        daemon.ctl("signal", "USR1", "app")
        events.until("app", "EXITED")
        events.until("app", "RUNNING")
    assert daemon.process.poll() is None


def test_stopping_an_essential_program_does_not_end_jobd(jobd):
    daemon = jobd('program app { command = "@PROGRAMS@/polite" essential = true }')
    daemon.wait_state("app", "RUNNING")
    daemon.ctl("stop", "app")
    assert daemon.status("app")["state"] == "STOPPED"


def test_drain_lets_the_others_go_on_for_a_while(jobd):
    daemon = jobd(
        'program app { command = "@PROGRAMS@/ends 3" essential = true start_retries = 0 drain = 1h }'
        'program other { command = "@PROGRAMS@/polite" }'
    )
    daemon.wait_state("app", "FATAL")
    daemon.wait_state("other", "RUNNING")
    daemon.kill(signal.SIGTERM)
    assert daemon.wait_exit() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_signals_end_jobd_with_0(jobd, number):
    daemon = jobd('program app { command = "@PROGRAMS@/polite" }')
    daemon.wait_state("app", "RUNNING")
    assert daemon.stop(number) == 0
    daemon.assert_nothing_left()
