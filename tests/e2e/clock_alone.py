"""A clock of its own for one process, that a test can set: the system's would hurt everybody."""

import subprocess
from pathlib import Path

import pytest
from jobd_fixture import SANITIZED


@pytest.fixture(scope="session")
def clock_shim(tmp_path_factory):
    """The library that gives it."""
    if SANITIZED:
        pytest.skip("a preloaded library does not go with sanitizers")
    path = tmp_path_factory.mktemp("shim") / "clock_shim.so"
    source = Path(__file__).parent / "programs" / "clock_shim.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(path), str(source), "-ldl", "-lpthread"], check=True)
    return path


class Clock:
    def __init__(self, shim, path):
        self.path = path
        self.env = {"LD_PRELOAD": str(shim), "CLOCK_SHIM": str(path)}
        self.set(0)

    def set(self, seconds):
        temporary = self.path.with_suffix(".new")
        temporary.write_text(f"{seconds}\n")
        temporary.rename(self.path)


@pytest.fixture
def clock(clock_shim, tmp_path):
    """clock.env for the process, clock.set(SECONDS) before or behind the system's."""
    return Clock(clock_shim, tmp_path / "offset")
