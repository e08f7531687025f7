"""The systemd unit that make wrote: known to systemd, and naming programs that exist."""

import shutil
import subprocess

import pytest

from jobd_fixture import build_dir


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_accepts_the_unit(tmp_path):
    build = build_dir()
    unit = (build / "contrib/systemd/jobd.service").read_text()
    assert "@" not in unit
    # What is not installed yet is taken from the build tree.
    lines = []
    for line in unit.splitlines():
        key, _, command = line.partition("=")
        if key.startswith("Exec"):
            program, _, rest = command.partition(" ")
            name = program.rsplit("/", 1)[1]
            line = f"{key}={build}/src/{name}/{name} {rest}"
        lines.append(line)
    copy = tmp_path / "jobd.service"
    copy.write_text("\n".join(lines) + "\n")
    result = subprocess.run(
        ["systemd-analyze", "--man=no", "verify", str(copy)], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
