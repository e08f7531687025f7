"""Checks, memory, age and watched files: what the runner finds out, and what jobd makes of it."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from jobd_fixture import command_line, free_port, is_alive, wait_for

# An app as most are: it answers, unless it is told to be bad, or to hang.
APP = """
import http.server, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        mood = open(sys.argv[2]).read().strip() if os.path.exists(sys.argv[2]) else "good"
        if mood == "hangs":
            time.sleep(3600)
        self.send_response(200 if mood == "good" else int(mood))
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b"I'm fine")
    def log_message(self, *arguments):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

QUICK = "interval = 100ms timeout = 20s failures = 2 grace = 2s"
# For those that hang; others may need longer on a busy machine.
IMPATIENT = QUICK.replace("20s", "500ms")


def write(daemon, name, text):
    path = daemon.dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def app(jobd):
    """A factory: a jobd with a web app on a free port, and a file that says how it answers."""

    def make(options, check=QUICK, more=""):
        port = free_port()
        daemon = jobd(
            f'program web {{ command = "/usr/bin/python3 @DIR@/app.py {port} @DIR@/mood" start_seconds = 0 {options}\n'
            f'check {{ http = "http://127.0.0.1:{port}/health" {check} }} }}\n{more}',
            start=False,
        )
        daemon.dir.chmod(0o755)  # for a runner that is another user
        write(daemon, "app.py", APP)
        daemon.mood = daemon.dir / "mood"
        return daemon.start()

    return make


def wait_health(daemon, name, state, text=None, timeout=20):
    def found():
        health = daemon.status(name)["health"]
        return health if health["state"] == state and (text is None or text in health["text"]) else None

    return wait_for(found, lambda: f"{name} to be {state}: {daemon.status(name)}; {daemon.errors()}", timeout)


def ends(daemon, name):
    return daemon.json("history", name)["exits"]


def test_a_check_makes_a_program_ready_and_others_wait_for_it(app):
    daemon = app(
        'ready = check before_start = "true"',
        QUICK,
        'program worker { command = "sleep 1000" requires = web }',
    )
    daemon.wait_state("web", "RUNNING")
    worker = daemon.wait_state("worker", "RUNNING")
    health = wait_health(daemon, "web", "passing")
    assert health["text"] == "" and health["since"] and health["checked_at"]
    assert worker["health"] is None and worker["started_at"] >= health["since"]
    # No job is configured: the runner is there without a scheduler.
    assert "scheduler" not in daemon.programs(all=True)
    assert daemon.ctl("health").stdout == "healthy: 4 programs\n"
    assert daemon.json("health") == {"faults": [], "degraded": [], "healthy": True, "programs": 4}


def test_what_never_gets_ready_fails_its_start(app):
    # Time enough for the app to answer at all.
    daemon = app("ready = check start_timeout = 4s start_retries = 0", QUICK + " status = 204")
    seen = wait_for(lambda: (s := daemon.status("web"))["description"] and s, "a description")
    assert seen["state"] == "STARTING"
    wait_health(daemon, "web", "unknown", "HTTP 200")
    assert daemon.status("web")["description"] == "check: HTTP 200"
    daemon.wait_state("web", "FATAL")
    assert ends(daemon, "web")[0]["reason"] == "start_timeout"
    refused = daemon.ctl("health", check=False)
    assert refused.returncode == 1 and refused.stdout.startswith("web is FATAL: ")


def test_a_check_that_fails_is_reported_and_recovers(app):
    daemon = app("", QUICK + ' on_failure = report body = "fine"')
    wait_health(daemon, "web", "passing")
    pid = daemon.status("web")["pid"]
    with daemon.events() as events:
        daemon.mood.write_text("503")
        event = events.next(lambda event: event["reason"] == "check failing")
    assert (event["from"], event["to"], event["text"], event["pid"]) == ("RUNNING", "RUNNING", "HTTP 503", pid)
    row = daemon.status("web")
    assert row["description"].startswith(f"pid {pid}, uptime ") and row["description"].endswith(
        ", check failing: HTTP 503"
    )
    faults = daemon.json("health", check=False)
    assert faults["healthy"] is False
    assert faults["faults"] == [{"name": "web", "fault": "its check is failing: HTTP 503"}]
    daemon.mood.write_text("good")
    wait_health(daemon, "web", "passing")
    assert daemon.status("web")["pid"] == pid
    assert daemon.ctl("health").returncode == 0


def test_the_web_side_counts_checks(app):
    port = free_port()
    daemon = app("", QUICK + " on_failure = report", f'http {{ listen = "127.0.0.1:{port}" }}')

    def ask(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    wait_health(daemon, "web", "passing")
    daemon.wait_state("http", "RUNNING")
    status, text = ask("/health/ready")
    assert status == 200 and '"checks":{"passing":1,"failing":0,"unknown":0}' in text
    assert 'jobd_program_healthy{program="web"} 1' in ask("/metrics")[1]
    daemon.mood.write_text("500")
    wait_health(daemon, "web", "failing")
    status, text = ask("/health/ready")
    assert status == 503 and '"failing":1' in text and '"status":"unavailable"' in text
    assert 'jobd_program_healthy{program="web"} 0' in ask("/metrics")[1]
    # Of what is not known nothing is said: neither before the first result nor of what was stopped.
    daemon.ctl("stop", "web")
    assert "jobd_program_healthy{" not in ask("/metrics")[1]
    assert ask("/health/ready")[0] == 200 and daemon.ctl("health", check=False).returncode == 0


@pytest.mark.parametrize("mood, text", [("500", "HTTP 500"), ("hangs", "no answer within 500ms")])
def test_a_check_that_fails_restarts(app, mood, text):
    daemon = app("stop_timeout = 2s", IMPATIENT if mood == "hangs" else QUICK)
    wait_health(daemon, "web", "passing")
    pid = daemon.status("web")["pid"]
    daemon.mood.write_text(mood)
    with daemon.events(since=0) as events:
        event = events.next(lambda event: event["exit"] is not None and event["name"] == "web")
        daemon.mood.write_text("good")
    assert event["exit"]["reason"] == "check"
    assert event["exit"]["text"] == "check failed: " + text
    assert not is_alive(pid)
    wait_health(daemon, "web", "passing")
    row = daemon.wait_state("web", "RUNNING")
    assert row["pid"] != pid and row["restarts"] == 1 and row["exit"]["text"] == "check failed: " + text
    assert text in daemon.ctl("history", "web").stdout


def test_a_host_name_is_for_libcurl(app):
    daemon = app("", QUICK + " on_failure = report body = fine")
    text = daemon.config_path.read_text()
    wait_health(daemon, "web", "passing")
    runner = daemon.status("runner")["pid"]
    assert "libcurl" not in open(f"/proc/{runner}/maps").read()
    daemon.config_path.write_text(text.replace("http://127.0.0.1", "http://LocalHost"))
    daemon.ctl("reload")
    wait_for(lambda: "libcurl" in open(f"/proc/{runner}/maps").read(), "libcurl in the runner")
    daemon.mood.write_text("503")
    wait_health(daemon, "web", "failing", "HTTP 503")
    daemon.mood.write_text("good")
    wait_health(daemon, "web", "passing")
    daemon.config_path.write_text(daemon.config_path.read_text().replace(QUICK, IMPATIENT))
    daemon.ctl("reload")
    daemon.mood.write_text("hangs")
    wait_health(daemon, "web", "failing", "no answer within 500ms")


def test_https_is_asked_whoever_signed_the_certificate(jobd):
    """As long as the program speaks TLS at all; what it answers counts, and also what it says without TLS."""
    port = free_port()
    daemon = jobd(
        f'program web {{ command = "/usr/bin/python3 @DIR@/app.py {port} @DIR@/mood" start_seconds = 0\n'
        f'check {{ http = "https://127.0.0.1:{port}/health" {QUICK} on_failure = report body = fine }} }}\n'
        f'program plain {{ command = "/usr/bin/python3 @DIR@/plain.py {(other := free_port())} @DIR@/none" start_seconds = 0\n'
        f'check {{ http = "https://localhost:{other}/" {QUICK} on_failure = report }} }}',
        start=False,
    )
    # A certificate of an authority that nobody here knows, and for another name.
    for line in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt",
        "req -newkey rsa:2048 -nodes -subj /CN=app.example -keyout app.key -out app.csr",
        "x509 -req -in app.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out app.crt",
    ):
        subprocess.run(["openssl", *line.split()], cwd=daemon.dir, check=True, capture_output=True)
    write(daemon, "plain.py", APP)
    write(daemon, "app.py", APP.replace("import http.server", "import ssl, http.server").replace("Server((", "server = Server((").replace(
        ").serve_forever()", f""")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("{daemon.dir}/app.crt", "{daemon.dir}/app.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()"""))
    daemon.mood = daemon.dir / "mood"
    daemon.start()
    wait_health(daemon, "web", "passing")
    daemon.mood.write_text("503")
    wait_health(daemon, "web", "failing", "HTTP 503")
    daemon.mood.write_text("good")
    wait_health(daemon, "web", "passing")
    wait_health(daemon, "plain", "failing", "SSL")


def test_tcp_refused_and_taken(jobd):
    port = free_port()
    daemon = jobd(f'program db {{ command = "sleep 1000" start_seconds = 0 check {{ tcp = {port} {QUICK} on_failure = report }} }}')
    wait_health(daemon, "db", "unknown", "Connection refused")
    with socket.create_server(("127.0.0.1", port)):
        wait_health(daemon, "db", "passing")
    wait_health(daemon, "db", "failing", "Connection refused")


def test_a_command_is_run_as_the_program_is_and_leaves_nothing(jobd):
    daemon = jobd(
        'program app { command = "sleep 1000" shell = true directory = "@DIR@" environment = "COLOUR=red"\n'
        "check { command = \"echo $COLOUR $JOBD_PROGRAM; (setsid sleep 999 &); test -e ok\" "
        + QUICK
        + " on_failure = report } }"
    )
    wait_health(daemon, "app", "unknown", "exit code 1: red app")
    write(daemon, "ok", "")
    wait_health(daemon, "app", "passing")
    # One try may be under way.
    sleepers = [pid for pid in daemon.processes() if "999" in command_line(pid)]
    wait_for(lambda: not any(is_alive(pid) for pid in sleepers), f"{sleepers} to be gone")


def test_a_tree_that_leaks_is_restarted(jobd):
    daemon = jobd(
        'program leak { command = "/usr/bin/python3 @DIR@/leak.py" memory = 80M }\n'
        'program good { command = "/usr/bin/python3 @DIR@/leak.py 1" memory = 1G }',
        start=False,
    )
    # What is too much is not the leader's, but that of two children that left its session.
    write(
        daemon,
        "leak.py",
        "import os, sys, time\n"
        "for child in range(2):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        kept = os.urandom(50 << 20)\n"
        "        time.sleep(1000)\n"
        "time.sleep(1000)\n",
    )
    daemon.start()
    with daemon.events(since=0) as events:
        event = events.next(lambda event: event["exit"] is not None and event["name"] == "leak")
    assert event["exit"]["reason"] == "memory"
    used = int(event["exit"]["text"].removeprefix("memory ").removesuffix("M over 80M"))
    # More than one child has; they may have been on their way.
    assert 80 <= used < 140
    assert daemon.status("good")["restarts"] == 0


def test_age_ends_it_and_starts_it_again(jobd):
    daemon = jobd('program old { command = "sleep 1000" max_age = 1500ms start_seconds = 0 restart = never }')
    first = daemon.wait_state("old", "RUNNING")["pid"]
    with daemon.events(since=0) as events:
        event = events.next(lambda event: event["exit"] is not None and event["name"] == "old")
    assert event["exit"]["reason"] == "age" and event["exit"]["text"] == "older than 1s500ms"
    assert 1490 <= event["exit"]["uptime_ms"] < 3000
    assert daemon.wait_state("old", "RUNNING")["pid"] != first


def test_ten_changes_in_a_burst_are_one_restart(jobd):
    daemon = jobd(
        'program dev { command = "sleep 1000" start_seconds = 0 directory = "@DIR@"\n'
        'watch = { "src/**/*.py", "settings.ini" } }',
        start=False,
    )
    main = write(daemon, "src/app/main.py", "0")
    write(daemon, "src/.git/x.py", "")
    daemon.start()
    first = daemon.wait_state("dev", "RUNNING")["pid"]
    # The runner has read the configuration when it says that it is ready.
    runner = daemon.wait_state("runner", "RUNNING")["pid"]
    # It sees them together, however long we take.
    os.kill(runner, signal.SIGSTOP)
    write(daemon, "src/app/main.txt", "no")
    write(daemon, "src/.git/x.py", "no")
    for number in range(10):
        main.write_text(str(number))
    os.kill(runner, signal.SIGCONT)
    with daemon.events(since=0) as events:
        event = events.next(lambda event: event["exit"] is not None and event["name"] == "dev")
    assert event["exit"]["reason"] == "change" and event["exit"]["text"] == "src/app/main.py changed"
    second = daemon.wait_state("dev", "RUNNING")["pid"]
    assert second != first
    # A directory that was made later, and one that is a file by another name.
    write(daemon, "src/new/deep/more.py", "1")
    wait_for(lambda: len(ends(daemon, "dev")) == 2, "a restart for a new directory")
    daemon.wait_state("dev", "RUNNING")
    os.rename(write(daemon, "settings.new", "x"), daemon.dir / "settings.ini")
    wait_for(lambda: len(ends(daemon, "dev")) == 3, "a restart for a renamed file")
    assert ends(daemon, "dev")[0]["text"] == "settings.ini changed"
    assert daemon.status("dev")["restarts"] == 3


def test_a_mended_file_starts_what_had_given_up(jobd):
    daemon = jobd(
        'program dev { command = "/bin/sh @DIR@/dev.sh" start_retries = 0 watch = "@DIR@/dev.sh" }', start=False
    )
    write(daemon, "dev.sh", "exit 1\n")
    daemon.start()
    daemon.wait_state("runner", "RUNNING")
    daemon.wait_state("dev", "FATAL")
    write(daemon, "dev.sh", "exec sleep 1000\n")
    daemon.wait_state("dev", "RUNNING")
    daemon.ctl("stop", "dev")
    with daemon.events() as events:
        write(daemon, "dev.sh", "exec sleep 1001\n")
        with pytest.raises(TimeoutError):
            events.next(lambda event: event["name"] == "dev", timeout=1)


def test_a_reload_changes_a_check_without_a_restart(app):
    daemon = app("", QUICK + " on_failure = report")
    pid = wait_for(lambda: daemon.status("web")["pid"], "a process")
    wait_health(daemon, "web", "passing")
    text = daemon.config_path.read_text()
    daemon.config_path.write_text(text.replace("on_failure = report", "on_failure = report status = 201"))
    plan = daemon.json("plan")
    changes = {item["name"]: item for item in plan["plan"] if item["action"] != "none"}
    assert changes["web"]["action"] == "change" and "check.status" in changes["web"]["why"]
    assert changes["runner"]["action"] == "signal"
    daemon.ctl("reload")
    wait_health(daemon, "web", "failing", "HTTP 200")
    daemon.config_path.write_text(text[: text.index("check {")] + "}\n")
    daemon.ctl("reload")
    wait_for(lambda: daemon.status("web")["health"] is None, "no health")
    assert daemon.status("web")["pid"] == pid
    wait_for(lambda: "runner" not in daemon.programs(all=True), "no runner without a check")


def test_a_runner_that_dies_begins_anew(app):
    daemon = app("")
    wait_health(daemon, "web", "passing")
    pid = daemon.status("web")["pid"]
    runner = daemon.status("runner")["pid"]
    os.kill(runner, signal.SIGKILL)
    wait_for(lambda: daemon.status("runner")["pid"] not in (0, runner), "another runner")
    assert daemon.status("web")["health"]["state"] == "passing"
    daemon.mood.write_text("500")
    with daemon.events(since=0) as events:
        event = events.next(lambda event: event["exit"] is not None and event["name"] == "web")
        daemon.mood.write_text("good")
    assert event["exit"]["reason"] == "check" and event["pid"] == pid


@pytest.mark.root
def test_a_runner_without_rights_still_tells(app):
    daemon = app("", QUICK + " on_failure = report", 'runner { user = "nobody" }')
    wait_health(daemon, "web", "passing")
    daemon.mood.write_text("500")
    wait_health(daemon, "web", "failing", "HTTP 500")


def test_instances_are_looked_after_one_by_one(jobd):
    daemon = jobd(
        'program many { command = "sleep 1000" instances = 2 shell = true directory = "@DIR@"\n'
        f'check {{ command = "test ! -e bad$JOBD_INSTANCE" {QUICK} on_failure = report }} }}'
    )
    wait_health(daemon, "many:1", "passing")
    wait_health(daemon, "many:2", "passing")
    write(daemon, "bad2", "")
    wait_health(daemon, "many:2", "failing", "exit code 1")
    assert daemon.status("many:1")["health"]["state"] == "passing"


@pytest.mark.parametrize(
    "check, error",
    [
        ("interval = 0 tcp = 80", "2: option 'check.interval': '0' is too short"),
        ("http = 'http://a/' tcp = 80", "2: option 'check.tcp': there is 'check.http' already, a program has one check"),
        ("http = 'gopher://a/'", "2: option 'check.http': 'gopher://a/' is not written http://HOST/PATH or https://HOST/PATH"),
    ],
)
def test_mistakes_are_told_with_file_and_line(jobd, check, error):
    daemon = jobd("", start=False)
    daemon.config_path.write_text(f'program web {{ command = "sleep 1"\ncheck {{ {check} }} }}\n')
    refused = daemon.ctl("check", str(daemon.config_path), check=False)
    assert refused.returncode != 0
    assert f"{daemon.config_path}:{error}" in refused.stdout + refused.stderr
