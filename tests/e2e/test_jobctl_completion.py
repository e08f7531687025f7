"""What the shells complete, asked as they ask and in the real shells."""

import shutil
import subprocess

import pytest
from fake_server import array
from jobctl_alone import WEB, check, environment, program
from jobd_fixture import TOP


class TestCompletion:
    @pytest.fixture
    def candidates(self, ctl):
        def ask(*words):
            result = ctl("--complete", *words)
            check(result, 0, error_words="")
            assert result.stderr == ""
            return [line.split("\t")[0] for line in result.stdout.splitlines()]

        return ask

    @pytest.fixture
    def servers(self, control):
        control(STATUS=array(WEB, program("worker:1", program="worker", instance=1)))
        control("queue.sock", SCHEDULES=array({"name": "clean"}), JOBS=array({"jid": "0123456789ab"}), QUEUES=array({"name": "mailers"}), WORKERS=array({"wid": "w1"}))

    @pytest.mark.parametrize(
        "words, expected",
        [
            (["res"], ["restart", "resume"]),
            (["--json", "sta"], ["status", "start", "stats"]),
            (["queue", "pa"], ["pause"]),
            (["queue", "pause", ""], ["mailers"]),
            (["queue", "m"], ["mailers"]),
            (["db", ""], ["check", "backup", "vacuum", "migrate"]),
            (["db", "backup", ""], [":files"]),
            (["d"], ["doctor", "delete", "db"]),
            (["push", ""], ["clean"]),
            (["push", "clean", ""], []),
            (["push", "--queue", ""], ["mailers"]),
            (["worker", "stop", ""], ["w1"]),
            (["jobs", "--state", "dead,re"], ["dead,ready", "dead,retry"]),
            (["retry", "01", "01"], ["0123456789ab"]),
            (["restart", "w"], ["web", "worker", "worker:1"]),
            (["restart", "web", "wor"], ["worker", "worker:1"]),
            (["status", "--w"], ["--watch"]),
            (["signal", "U"], ["USR1", "USR2"]),
            (["signal", "USR1", "we"], ["web"]),
            (["tail", "-f", "web", ""], ["stdout", "stderr"]),
            (["tail", "-n", ""], []),
            (["tail", "web", "stdout", ""], []),
            (["run", ""], ["clean"]),
            (["job", "01"], ["0123456789ab"]),
            (["jobs", "--state", "d"], ["done", "dead"]),
            (["loglevel", ""], ["error", "warning", "info", "debug"]),
            (["help", "ver"], ["version"]),
            (["check", ""], [":files"]),
            (["-c", ""], [":files"]),
            (["-r", ""], [":directories"]),
            (["version", ""], []),
            (["nonsense", ""], None),
        ],
    )
    def test_words(self, candidates, servers, words, expected):
        if expected is not None:
            assert candidates(*words) == expected
        else:
            candidates(*words)

    def test_without_servers_it_is_silent(self, candidates):
        assert candidates("restart", "") == []

    def test_another_run_dir(self, ctl, servers, run_dir):
        result = ctl("--complete", "-r", str(run_dir), "stop", "we", env={"JOBD_RUN_DIR": "/nonexistent"})
        assert result.stdout == "web\tRUNNING\n"

    def shell(self, run_dir, command, *arguments):
        if shutil.which(command) is None:
            pytest.skip(f"no {command}")
        result = subprocess.run(
            [command, *arguments], capture_output=True, text=True, timeout=60, env=environment(run_dir), cwd=TOP
        )
        assert result.stderr == ""
        return result.stdout.split("\n")

    def test_bash(self, run_dir, servers):
        script = """
            . contrib/completion/bash/jobctl
            COMP_WORDS=(jobctl restart w) COMP_CWORD=2
            _jobctl
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        assert self.shell(run_dir, "bash", "-c", script) == ["web", "worker", "worker:1", ""]

    def test_fish(self, run_dir, servers):
        script = 'source contrib/completion/fish/jobctl.fish; complete -C "jobctl restart w"'
        assert self.shell(run_dir, "fish", "--no-config", "-c", script) == ["web\tRUNNING", "worker\tall instances", "worker:1\tRUNNING", ""]

    def test_zsh(self, run_dir, servers):
        # The completion system needs a line editor; what the function offers can be had without.
        script = """
            _describe() { print -rl -- "${(@P)4}" }
            words=(jobctl restart w) CURRENT=3
            source contrib/completion/zsh/_jobctl
        """
        assert self.shell(run_dir, "zsh", "-f", "-c", script) == ["web:RUNNING", "worker:all instances", "worker\\:1:RUNNING", ""]
