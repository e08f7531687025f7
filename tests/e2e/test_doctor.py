"""jobctl doctor: everything looked at from outside, one line each."""

import json

from http_server import HttpServer, answer
from jobd_fixture import free_port
from smtp_server import SmtpServer


def doctor(daemon):
    shown = daemon.ctl("--json", "-c", str(daemon.config_path), "doctor", check=False)
    document = json.loads(shown.stdout)
    return shown.returncode, document["healthy"], {(check["what"], check["verdict"]): check["text"] for check in document["checks"]}


def test_all_is_well(jobd):
    with HttpServer({"/": answer(200)}) as http, SmtpServer() as mail:
        daemon = jobd(
            f'program web {{ command = "@PROGRAMS@/polite" }}\nsmtp {{ url = "smtp://127.0.0.1:{mail.port}" from = "a@example.com" }}\n'
            f'job call {{ post = "{http.url}/" }}\njob other {{ get = "{http.url}/{{{{path}}}}" }}'
        )
        for name in ("web", "scheduler", "runner", "logger"):
            daemon.wait_state(name, "RUNNING")
        code, healthy, checks = doctor(daemon)
        assert (code, healthy) == (0, True), checks
        assert {what for what, verdict in checks} == {
            "configuration", "jobd", "programs", "disk", "database", "breakers", "alerts", "mail", "target"
        }  # fmt: skip
        assert checks["programs", "ok"] == "4 of 4 are well"
        assert checks["mail", "ok"].startswith(f"127.0.0.1:{mail.port}: 220 ")
        assert checks["target", "ok"] == f"localhost:{http.port}"
        text = daemon.ctl("-c", str(daemon.config_path), "doctor").stdout
        assert "ok       database       in order\n" in text
        assert "fault" not in text


def test_each_fault_has_its_line(jobd):
    dead = free_port()
    daemon = jobd(
        f'program bad {{ command = "false" start_retries = 1 backoff_min = 10ms }}\nsmtp {{ url = "smtp://127.0.0.1:{dead}" from = "a@example.com" }}\n'
        f'job call {{ post = "http://127.0.0.1:{dead}/" }}'
    )
    daemon.wait_state("bad", "FATAL")
    for name in ("scheduler", "runner"):
        daemon.wait_state(name, "RUNNING")
    code, healthy, checks = doctor(daemon)
    assert (code, healthy) == (1, False)
    assert checks["programs", "fault"].startswith("bad is FATAL")
    assert checks["mail", "fault"] == checks["target", "fault"] == f"127.0.0.1:{dead}: Connection refused"


def test_without_jobd_it_says_what_can_be_said(jobd):
    daemon = jobd('program web { command = "/nonexistent/command" }', start=False)
    code, _, checks = doctor(daemon)
    assert code == 1
    assert "/nonexistent/command" in checks["configuration", "fault"]
    assert "not running" in checks["jobd", "fault"]


def test_a_file_with_an_error_is_told(jobd):
    daemon = jobd("", start=False)
    daemon.config_path.write_text("program web { comand = x }\n")
    code, _, checks = doctor(daemon)
    assert code == 1
    assert f"{daemon.config_path}:1" in checks["configuration", "fault"]
