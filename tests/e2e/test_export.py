"""A crontab made of a configuration runs the same commands at the same times."""

import json
import subprocess

import pytest

from jobctl_alone import check

CONFIGURATION = """
run_dir = "{dir}/run"
environment = {{ "PATH=/usr/bin:/bin", "GREETING=hello # you" }}
scheduler {{ timezone = "America/Bogota" }}
job plain  {{ schedule = "0 8 * * *"  command = "bin/plain now"  description = "The plain one" }}
job words  {{ schedule = "every weekday at 9am and 5:30pm"  command = "a" }}
job berlin {{ schedule = "1st of month at noon"  timezone = "Europe/Berlin"  command = "a" }}
job keyed  {{ schedule = "hour=8 day_of_week=sun"  command = "a" }}
job every  {{ schedule = "@every 2h"  command = "a" }}
job either {{ schedule = "0 0 13 * fri"  command = "a" }}
"""

SHOW = """#!/bin/sh
printf '<%s>' "$PWD" "$TEXT" "$@"
"""


@pytest.fixture
def export(ctl, tmp_path):
    def run(configuration, *options, looks=0):
        (tmp_path / "jobd.conf").write_text(configuration)
        result = ctl("--json", "export", "crontab", *options, str(tmp_path / "jobd.conf"))
        assert result.returncode == 0, result.stderr
        document = json.loads(result.stdout)
        assert document["looks"] == looks, document["crontab"]
        return document["crontab"]

    return run


def times(ctl, file):
    """How often each time comes in the next months, whatever the jobs are called."""
    result = ctl("-c", str(file), "--json", "next", "-n", "400", "--from", "2026-03-01T00:00:00Z")
    assert result.returncode == 0, result.stderr
    found = [at["utc"] for job in json.loads(result.stdout)["schedules"] for at in job["next"]]
    # Of the first weeks: each schedule has more than so many times there, or all of them.
    return sorted(at for at in found if at < "2026-04-01")


def test_the_import_of_an_export_has_the_same_times(ctl, export, tmp_path):
    crontab = export(CONFIGURATION.format(dir=tmp_path))
    assert crontab.count("CRON_TZ=") == 5, crontab
    result = ctl("import", "crontab", "-", input=crontab)
    check(result, 0)
    (tmp_path / "again.conf").write_text(f'run_dir = "{tmp_path}/run"\n' + result.stdout)
    before, after = times(ctl, tmp_path / "jobd.conf"), times(ctl, tmp_path / "again.conf")
    assert len(before) > 31 * 12
    assert after == before


def command_of(crontab):
    """What cron gives to the shell: behind the five fields, with the backslash before % gone."""
    line = next(line for line in crontab.splitlines() if line.startswith("0 8 * * * "))
    return line.removeprefix("0 8 * * * ").replace("\\%", "%")


@pytest.mark.parametrize("shell", ["false", "true"])
def test_a_shell_runs_the_same_command(export, tmp_path, shell):
    folder = tmp_path / "with blanks"
    folder.mkdir()
    (folder / "show").write_text(SHOW)
    (folder / "show").chmod(0o755)
    job = f"""job show {{
        schedule = "0 8 * * *"  directory = "{folder}"  shell = {shell}  args = '["it is $HOME", 12, {{"a":[1]}}]'
        environment = "TEXT=of it's own"  command = '"./show" "a  b" 5%{' "$@"; false' if shell == "true" else ' $HOME ; #'}'
    }}"""
    command = command_of(export(job))
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd="/", check=False)
    words = [] if shell == "true" else ["$HOME", ";", "#"]
    expected = [str(folder), "of it's own", "a  b", "5%", *words, "it is $HOME", "12", '{"a":[1]}']
    assert result.stdout == "".join(f"<{word}>" for word in expected), command


def test_users_stand_before_the_command_with_system(export):
    jobs = """job a { schedule = "@daily" command = "x" user = "www-data" }
              job b { schedule = "@daily" command = "y" }"""
    lines = export(jobs, "--system").splitlines()
    assert "0 0 * * * www-data x" in lines and "0 0 * * * root y" in lines
    assert "# look: it belongs into the crontab of www-data" in export(jobs, looks=1)


@pytest.mark.parametrize(
    "options, words",
    [
        ('schedule = "@every 7min" command = "x"', "it counts through, and cron begins anew"),
        ('schedule = "last day of month" command = "x"', "cron does not know the last days"),
        ('schedule = "every 20 seconds" command = "x"', "cron has no seconds"),
        ('schedule = "@daily" post = "http://127.0.0.1/"', "it asks a URL"),
        ('schedule = "@daily"', "it is for workers"),
        ('schedule = "@daily" command = "a\\nb" shell = true', "its command has several lines"),
    ],
)
def test_what_cron_can_not_do_is_left_out(export, options, words):
    crontab = export(f"job a {{ {options} }}", looks=1)
    assert crontab.splitlines()[-1].startswith("# look: a (") and words in crontab


def test_what_gets_lost_is_named(export):
    crontab = export('job a { schedule = "@daily" command = "x" timeout = 1h retries = 2 }', looks=1)
    assert crontab.splitlines()[-2:] == ["# look: cron has nothing for timeout, retries", "0 0 * * * x"]


def test_what_does_not_run_is_a_comment(export):
    crontab = export('job a { schedule = "@daily" command = "x" enabled = false }\njob b { command = "y" }')
    assert crontab.splitlines() == ["", "# a", "# disabled: 0 0 * * * x"]


def test_schedules_of_users_come_when_they_are_asked_for(jobd):
    daemon = jobd(
        """scheduler { timezone = "UTC" }
        job digest { command = "bin/digest"  args = '["all"]'  description = "Mails" }
        job sink { }"""
    )
    ask = daemon.wire("queue.sock").request
    daemon.wait_state("scheduler", "RUNNING")

    def make(name, job="digest", **fields):
        ask("SCHEDULE SET " + json.dumps({"name": name, "job": job, **fields}))

    make("ann", args=["ann", "it's"], frequency="daily", time="08:30", timezone="Europe/Berlin")
    make("ben\n* * * * * rm -rf /", schedule="every weekday at 9am")
    make("cy", frequency="monthly", time="07:00", day=30, month_end="last")
    make("dora", frequency="monthly", time="07:00", day=30, month_end="skip", enabled=False)
    make("elle", "sink", schedule="@daily")
    make("fay", "unknown", schedule="@daily")
    make("gus", schedule="@every 7min", queue="slow")
    arguments = ("export", "crontab", "--all", str(daemon.config_path))
    crontab = daemon.ctl(*arguments).stdout
    lines = crontab.splitlines()
    assert lines[lines.index("# ann: digest of a user") :][1:3] == ["CRON_TZ=Europe/Berlin", "30 8 * * * bin/digest ann 'it'\\''s'"]
    assert lines[lines.index("# ben * * * * * rm -rf /: digest of a user") :][2] == "0 9 * * 1-5 bin/digest all"
    assert "# look: cy (0 7 30 * *) is left out: cron has nothing for the last day of a shorter month" in lines
    assert "# disabled: 0 7 30 * * bin/digest all" in lines
    for name in ("elle", "fay"):
        assert f"# look: {name} (@daily) is left out: it is for workers, and has no command" in lines
    assert any(line.startswith("# look: gus (@every 7min) is left out: ") for line in lines) and "# look: cron has nothing for queue" in lines
    assert json.loads(daemon.ctl("--json", *arguments).stdout)["crontab"] == crontab
    assert daemon.ctl("export", "crontab", str(daemon.config_path)).stdout == ""
    # More than one page.
    for number in range(1001):
        make(f"many-{number:04}", schedule="@daily")
    assert daemon.ctl(*arguments).stdout.count("# many-") == 1001
    daemon.stop()
    failed = daemon.ctl(*arguments, check=False)
    assert failed.returncode == 7 or "not running" in failed.stderr


def test_a_file_that_can_not_be_read(ctl, tmp_path):
    check(ctl("export", "crontab", str(tmp_path / "none.conf")), 1, "", "No such file or directory")
