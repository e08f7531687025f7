"""The figures for Prometheus, and what is made of them: the dashboard and the rules."""

import json
import re
import subprocess

import pytest

from jobd_fixture import TOP, build_dir, wait_for
from test_web import Api

DASHBOARD = TOP / "contrib/grafana/jobd.json"
RULES = TOP / "contrib/prometheus/rules.yml"
RULES_TEST = TOP / "contrib/prometheus/rules_test.yml"

CONFIG = """
program steady { command = "@PROGRAMS@/polite" }
program flaky { command = "sh -c 'sleep 0.2; exit 3'" start_seconds = 100ms backoff_min = 100ms start_retries = 1000 }
program checked { command = "@PROGRAMS@/polite"
  check { command = "true" interval = 1s } }
job hello { command = "echo hello" }
job bad { command = "exit 1" shell = true }
job often { command = "sleep 60" schedule = "every second" }
job ops { post = "http://127.0.0.1:1/" retries = 3 breaker { failures = 1 } }
alerts { job = ops }
alert some { when = "dead > 0" }
"""
OUTBOX = 'outbox away { database = "postgresql:///none?host=/nonexistent" }'
HAS_OUTBOXES = (build_dir() / "src/jobd-outbox/jobd-outbox").exists()
# What a jobd that was built without PostgreSQL has no samples of.
UNBUILT = set() if HAS_OUTBOXES else {"jobd_outbox_up"}


@pytest.fixture(scope="module")
def figures(module_jobd):
    """Everything has happened once, so that every family has samples."""
    api = module_jobd
    daemon = api.daemon
    daemon.ctl("run", "hello", "--wait")
    daemon.ctl("run", "bad", "--wait", check=False)
    daemon.wait_state("steady", "RUNNING")
    wait_for(lambda: b'jobd_alert_firing{alert="some"} 1' in api.raw("GET", "/metrics")[1], "the alert")
    wait_for(lambda: b"jobd_program_restarts_by_reason_total" in api.raw("GET", "/metrics")[1], "a restart")
    wait_for(lambda: b"jobd_breaker_open" in api.raw("GET", "/metrics")[1], "the breaker")
    wait_for(lambda: b"jobd_program_healthy" in api.raw("GET", "/metrics")[1], "the check")
    wait_for(lambda: b'jobd_schedule_missed_total{schedule="often"} 0' not in api.raw("GET", "/metrics")[1], "a missed time")
    wait_for(lambda: b'jobd_log_lines_total{program="scheduler"' in api.raw("GET", "/metrics")[1], "the logger")
    return api.raw("GET", "/metrics")[1].decode()


@pytest.fixture(scope="module")
def module_jobd():
    import jobd_fixture

    port = jobd_fixture.free_port()
    daemon = jobd_fixture.Jobd(f'http {{ listen = "127.0.0.1:{port}" }}\n{CONFIG}{OUTBOX if HAS_OUTBOXES else ""}').start()
    yield Api(daemon, port)
    daemon.close()


def samples(text):
    """{name: [(labels, value)]}"""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line):
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            found.setdefault(match[1], []).append((labels, float(match[3])))
    return found


def value(text, name, **labels):
    (one,) = [number for has, number in samples(text)[name] if labels.items() <= has.items()]
    return one


def promtool(*arguments, **options):
    said = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, **options)
    assert said.returncode == 0, said.stderr + said.stdout


def test_promtool_finds_nothing(figures, module_jobd):
    promtool("check", "metrics", input=figures.encode())
    text = module_jobd.raw("GET", "/metrics", headers={"Accept": "application/openmetrics-text"})[1].decode()
    assert text.endswith("# EOF\n") and "# TYPE jobd_queue_wait_seconds histogram" in text
    assert "# TYPE jobd_queue_attempts counter" in text and "jobd_queue_attempts_total{" in text


def test_every_family_of_the_table_has_samples(figures):
    table = (TOP / "src/jobd-web/metrics.c").read_text()
    names = re.findall(r'\{ "(jobd_\w+)", "(\w+)", "', table)
    assert len(names) > 30
    there = set(re.findall(r"^# TYPE (\w+)", figures, re.M))
    missing = {name + ("_total" if kind == "counter" else "") for name, kind in names} - there
    assert missing <= {"jobd_webhook_requests_total"} | UNBUILT, missing


def test_health_warns_of_alerts(figures, module_jobd):
    status, health = module_jobd("GET", "/health/queue")
    assert status == 200 and "alert some: dead > 0" in health["warnings"]


def test_programs(figures, module_jobd):
    assert value(figures, "jobd_program_up", program="steady") == 1
    assert value(figures, "jobd_program_healthy", program="checked") == 1
    assert value(figures, "jobd_program_restarts_by_reason_total", program="flaky", reason="exit") >= 1
    assert 1e6 < value(figures, "jobd_program_memory_bytes", program="scheduler") < 1e8
    assert value(figures, "jobd_program_processes", program="steady") == 1
    assert value(figures, "jobd_program_open_files", program="scheduler") > 5
    pid = module_jobd.daemon.status("scheduler")["pid"]
    ticks = [int(tick) for tick in open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[11:13]]
    text = module_jobd.raw("GET", "/metrics")[1].decode()
    assert abs(value(text, "jobd_program_cpu_seconds_total", program="scheduler") - sum(ticks) / 100) < 0.5


def test_processor_time_never_goes_back(module_jobd):
    def seen():
        """Its time and restarts; nothing is said of its time while it waits to be started."""
        text = module_jobd.raw("GET", "/metrics")[1].decode()
        times = [number for has, number in samples(text)["jobd_program_cpu_seconds_total"] if has["program"] == "flaky"]
        return (times[0], value(text, "jobd_program_restarts_total", program="flaky")) if times else None

    last = starts = -1
    for _ in range(3):
        # A new process has used less than the one before.
        wait_for(lambda: (found := seen()) and found[1] > starts, "a restart")  # noqa: B023
        now, starts = wait_for(seen, "a process")
        assert now >= last
        last = now


def test_queues(figures):
    pushed = value(figures, "jobd_queue_jobs_pushed_total", queue="default")
    assert pushed >= 3 and value(figures, "jobd_queue_jobs_dead_total", queue="default") >= 1
    assert value(figures, "jobd_queue_attempts_total", queue="default", result="done") >= 1
    for name in "jobd_queue_wait_seconds", "jobd_queue_run_seconds":
        buckets = [(has["le"], number) for has, number in samples(figures)[name + "_bucket"] if has["queue"] == "default"]
        numbers = [number for _, number in buckets]
        assert numbers == sorted(numbers) and buckets[-1] == ("+Inf", value(figures, name + "_count", queue="default"))
        assert [float(bound) for bound, _ in buckets] == sorted(float(bound) for bound, _ in buckets)
    assert value(figures, "jobd_schedule_missed_total", schedule="often") >= 1
    assert value(figures, "jobd_schedule_ran_total", schedule="often") == 1
    assert value(figures, "jobd_alert_value", alert="dead") >= 1
    assert 0 < value(figures, "jobd_queue_connections") < value(figures, "jobd_queue_connections_max")


def queries(document):
    if isinstance(document, dict):
        if "expr" in document:
            yield document["expr"]
        for member in document.values():
            yield from queries(member)
    elif isinstance(document, list):
        for element in document:
            yield from queries(element)


def names_of(expression):
    return set(re.findall(r"\bjobd_\w+", expression))


def test_the_dashboard_asks_for_what_is_there(figures):
    there = set(samples(figures)) | UNBUILT
    document = json.loads(DASHBOARD.read_text())
    asked = list(queries(document["panels"]))
    assert len(asked) > 20
    for expression in asked:
        assert names_of(expression), expression
        assert names_of(expression) <= there, (expression, names_of(expression) - there)
        for group in re.findall(r"by \(([^)]*)\)", expression):
            labels = set().union(*(has for name in names_of(expression) for has, _ in samples(figures)[name]))
            assert {label.strip() for label in group.split(",")} <= labels, expression
    for variable in document["templating"]["list"]:
        assert names_of(json.dumps(variable.get("query", ""))) <= there
    boxes = [panel["gridPos"] for panel in document["panels"]]
    assert all(box["x"] + box["w"] <= 24 for box in boxes) and len({panel["id"] for panel in document["panels"]}) == len(boxes)


def test_queries_of_the_dashboard_are_queries(tmp_path):
    """As rules, so that promtool reads them."""
    asked = [expression.replace("$__rate_interval", "5m") for expression in queries(json.loads(DASHBOARD.read_text())["panels"])]
    asked = [re.sub(r"\$\w+", ".*", expression) for expression in asked]
    rules = [{"record": f"dashboard:query:{i}", "expr": expression} for i, expression in enumerate(asked)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", path)


def test_the_rules_are_good(figures):
    promtool("check", "rules", RULES)
    promtool("test", "rules", RULES_TEST)
    text = RULES.read_text()
    assert names_of(text) <= set(samples(figures)) | UNBUILT, names_of(text) - set(samples(figures))
    alerts = set(re.findall(r"- alert: (\w+)", text))
    assert alerts == set(re.findall(r"alertname: (\w+)", RULES_TEST.read_text())), "each has a test"
