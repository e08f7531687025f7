"""jobctl next and check: what needs a file and no jobd."""

import json
import subprocess

import pytest
from fake_server import array
from jobctl_alone import check, environment
from jobd_fixture import build_dir


class TestNext:
    def test_any_schedule_in_utc(self, ctl):
        arguments = ["next", "--schedule", "0 8 * * *", "--timezone", "America/Bogota", "--from", "2026-01-01T00:00:00Z", "-n", "2"]
        check(ctl(*arguments), 0, "2026-01-01T13:00:00Z\n2026-01-02T13:00:00Z\n")
        assert json.loads(ctl(*arguments, "--json").stdout) == ["2026-01-01T13:00:00Z", "2026-01-02T13:00:00Z"]

    def test_five_by_default(self, ctl):
        assert len(json.loads(ctl("next", "--schedule", "@hourly", "--json").stdout)) == 5

    @pytest.mark.parametrize("schedule", ["nonsense", "0 0 30 2 *", ""])
    def test_bad_schedule(self, ctl, schedule):
        check(ctl("next", "--schedule", schedule), 1, "")

    def test_bad_zone(self, ctl):
        check(ctl("next", "--schedule", "@daily", "--timezone", "Mars/Base"), 1, "", "Mars/Base")

    CONF = """
scheduler { timezone = "Europe/Berlin" }
job gap { schedule = "30 2 29 3 *" command = "true" description = "in the skipped hour" }
job idle { schedule = "@daily" command = "true" enabled = false }
job hand { command = "true" }
"""

    def test_the_file_where_no_jobd_runs(self, ctl, run_dir):
        conf = run_dir / "jobd.conf"
        conf.write_text(f'run_dir = "{run_dir}"\n{self.CONF}')
        result = ctl("next", "-c", str(conf), "--from", "2026-03-01T00:00:00Z", "-n", "1")
        check(result, 0)
        assert "2026-03-29T03:00:00+02:00  moved" in result.stdout
        assert "disabled" in result.stdout and "hand: has no schedule" in result.stdout
        document = json.loads(ctl("next", "-c", str(conf), "gap", "--json", "--from", "2026-03-01T00:00:00Z").stdout)
        assert document["schedules"][0]["next"][0]["utc"] == "2026-03-29T01:00:00Z"
        check(ctl("next", "-c", str(conf), "gab"), 1, "", "is 'gap' meant?")

    def test_the_running_scheduler(self, ctl, control):
        row = {"name": "clean", "schedule": "0 3 * * *", "timezone": "UTC", "paused": True, "enabled": True}
        server = control("queue.sock", SCHEDULES=array(row))
        result = ctl("next", "clean", "-n", "1", "--from", "2026-01-01T00:00:00Z")
        check(result, 0)
        assert "paused" in result.stdout and "  2026-01-01T03:00:00" in result.stdout
        assert server.requests == ["SCHEDULES clean"]


class TestCheck:
    def test_valid_and_not(self, ctl, run_dir):
        conf = run_dir / "jobd.conf"
        conf.write_text('program web { command = "true" }\n')
        check(ctl("check", str(conf)), 0)
        assert json.loads(ctl("--json", "check", str(conf)).stdout)["valid"] is True
        conf.write_text('program web { comand = "true" }\n')
        check(ctl("check", str(conf)), 1, "", f"{conf}:1: ")
        document = ctl("--json", "check", str(conf))
        check(document, 1)
        assert json.loads(document.stdout)["errors"]
        check(ctl("check", "/nonexistent"), 1, "", "/nonexistent")

    @pytest.mark.parametrize(
        "text, errors, warnings",
        [
            ('program web { command = "true" }', [], []),
            ('program web { comand = "true" }', ["did you mean 'command'?", "has no command"], []),
            ('program web { command = "true" priority = 1q }\nprogram b { }', ["priority", "command"], []),
            ('program web { command = "no-such-command-here" }', ["command 'no-such-command-here' is not found"], []),
            (
                'program web { command = "true" user = "no-such-user" directory = "/nonexistent" }',
                ["there is no user 'no-such-user'", "'/nonexistent'"],
                [],
            ),
            ('program web { command = "true" stdout_log = "/nonexistent/web.log" }', [], ["/nonexistent"]),
            ('job clean { command = "/etc/passwd" schedule = "@daily" }', ["'/etc/passwd' is not executable"], []),
        ],
    )
    def test_says_what_jobd_says(self, ctl, run_dir, text, errors, warnings):
        conf = run_dir / "jobd.conf"
        conf.write_text(text + "\n")
        asked = ctl("check", "jobd.conf", cwd=run_dir)
        command = [build_dir() / "src/jobd/jobd", "-t", "-c", "jobd.conf"]
        jobd = subprocess.run(command, cwd=run_dir, env=environment(run_dir), capture_output=True, text=True)
        assert (asked.returncode, asked.stdout) == (jobd.returncode, jobd.stdout)
        assert asked.stderr.replace("jobctl: ", "jobd: ") == jobd.stderr
        assert asked.returncode == (1 if errors else 0)
        result = ctl("--json", "check", str(conf))
        check(result, asked.returncode)
        document = json.loads(result.stdout)
        assert (document["file"], document["valid"]) == (str(conf.resolve()), not errors)
        for found, wanted in (document["errors"], errors), (document["warnings"], warnings):
            assert len(found) == len(wanted)
            assert all(words in line for words, line in zip(wanted, found))
