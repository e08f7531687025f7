"""jobd's own stdout and stderr, where a container's engine or a person reads everything together."""


def test_a_plain_file_gets_every_line_once(jobd):
    """As in `jobd >FILE 2>&1`: jobd and the logger write in turns, and neither overwrites the other."""
    daemon = jobd(
        'program web { command = "sh -c \'for i in 1 2 3; do echo line $i; echo error $i >&2; done; exec @PROGRAMS@/polite\'" }',
        start=False,
    )
    console = daemon.dir / "console"
    daemon.wrapper = ["sh", "-c", f'exec "$@" >{console} 2>&1', "sh"]
    daemon.start()
    daemon.wait_state("web", "RUNNING")
    daemon.wait_log("web", "up\n")
    assert daemon.stop() == 0
    lines = console.read_text().splitlines()
    for i in (1, 2, 3):
        assert lines.count(f"line {i}") == 1 and lines.count(f"error {i}") == 1
    own = [line.split("info: ", 1)[1] for line in lines if "info: " in line]
    assert own[0].startswith("jobd 0.") and own[-1] == "all programs have ended, exit code 0"
    assert len(own) + 7 == len(lines), lines
    assert own.count("web STOPPED -> STARTING (boot)") == 1 and own.count("logger STARTING -> RUNNING (ready)") == 1
