"""Fixtures of the end-to-end tests; the work is in jobd_fixture.py."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import jobd_fixture  # noqa: E402
from clock_alone import clock, clock_shim  # noqa: E402, F401
from jobctl_alone import control, ctl, queue, run_dir  # noqa: E402, F401
from logger_alone import LoggerAlone  # noqa: E402
from runner_alone import Runner  # noqa: E402
from scheduler_alone import Scheduler  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root (users, namespaces, the system's directories)")
    config.addinivalue_line("markers", "namespaces: needs to make mount and pid namespaces")
    config.addinivalue_line("markers", "slow(seconds): takes about as long as is said; left out under sanitizers")
    # Of pytest-timeout, which need not be there.
    config.addinivalue_line("markers", "timeout(seconds): has more time than the others")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Deal the slow tests out as the first ones of each worker: a long one that begins last leaves the others idle."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = [(mark.args[0], item) for item in items if (mark := item.get_closest_marker("slow"))]
    for seconds, item in slow:
        # What takes long alone takes very long on a busy machine.
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(max(150, 20 * seconds) * jobd_fixture.STRETCH))
    others = [item for item in items if not item.get_closest_marker("slow")]
    piles = [[] for _ in range(workers)]
    for seconds, item in sorted(slow, key=lambda one: -one[0]):
        min(piles, key=lambda pile: sum(seconds for seconds, _ in pile)).append((seconds, item))
    # What pytest-xdist gives to a worker in one piece at the beginning.
    piece = max(len(items) // workers // 4, 2)
    items.clear()
    for pile in piles:
        fill = max(0, piece - len(pile))
        items += [item for _, item in pile] + others[:fill]
        del others[:fill]
    items += others


def pytest_runtest_setup(item):
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs root")
    if item.get_closest_marker("namespaces") and not jobd_fixture.can_unshare():
        pytest.skip("needs namespaces")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Put what jobd said beside a failure: its directory is gone when somebody reads the report."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for daemon in item.funcargs.get("jobd_instances", []):
            report.sections.append((f"stderr of jobd in {daemon.dir}", daemon.errors()[-20000:]))


@pytest.fixture
def jobd_instances():
    return []


@pytest.fixture
def jobd(jobd_instances):
    """A factory: jobd(CONFIG, pid1=…, env=…, start=True) gives a running Jobd and ends it after the test."""

    def make(config, *, start=True, **options):
        daemon = jobd_fixture.Jobd(config, **options)
        jobd_instances.append(daemon)
        return daemon.start() if start else daemon

    yield make
    problems = []
    for daemon in jobd_instances:
        try:
            daemon.close()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, "\n".join(problems)


@pytest.fixture
def scheduler():
    """A factory: scheduler(CONFIG) gives a running jobd-scheduler without jobd."""
    yield from jobd_fixture.closing(Scheduler)


@pytest.fixture
def logger():
    """A factory: logger() gives a running jobd-logger without jobd."""
    made = []

    def make(**options):
        made.append(LoggerAlone(**options))
        return made[-1].start()

    yield make
    for one in made:
        one.close()


@pytest.fixture
def runner():
    """A factory: runner(CONFIG) gives a running jobd-runner without jobd."""
    yield from jobd_fixture.closing(Runner)


@pytest.fixture
def free_port():
    return jobd_fixture.free_port()
