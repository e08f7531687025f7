"""Fixtures of the end-to-end tests; the work is in jobd_fixture.py."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import jobd_fixture  # noqa: E402
from clock_alone import clock, clock_shim  # noqa: E402, F401
from jobctl_alone import control, ctl, run_dir  # noqa: E402, F401
from runner_alone import Runner  # noqa: E402
from scheduler_alone import Scheduler  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root (users, namespaces, the system's directories)")
    config.addinivalue_line("markers", "namespaces: needs to make mount and pid namespaces")
    config.addinivalue_line("markers", "slow: takes more than a few seconds; left out under sanitizers")


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
def runner():
    """A factory: runner(CONFIG) gives a running jobd-runner without jobd."""
    yield from jobd_fixture.closing(Runner)


@pytest.fixture
def free_port():
    return jobd_fixture.free_port()
