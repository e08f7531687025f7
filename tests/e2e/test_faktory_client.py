"""Public clients of Faktory's protocol, as their registries have them, against jobd."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from jobd_fixture import STRETCH, free_port

PROGRAM = Path(__file__).parent / "programs/faktory_client.js"
VERSION = "4.7.1"


@pytest.fixture(scope="session")
def faktory_worker(tmp_path_factory):
    """The npm package in a directory of its own.  Without npm or its registry the test fails: it must not pass unseen."""
    assert shutil.which("node") and shutil.which("npm"), "node and npm are not installed"
    place = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(place), f"faktory-worker@{VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"npm can't install faktory-worker: {done.stderr}"
    return place / "node_modules"


@pytest.mark.slow(4)
def test_the_npm_client_pushes_works_and_retries(jobd, faktory_worker):
    port = free_port()
    jobd(f'scheduler {{ listen = {{ "tcp://127.0.0.1:{port}" }} password = "s3cr:et@" }}\njob unused {{ command = "true" }}\n')
    env = {
        **os.environ,
        "NODE_PATH": str(faktory_worker),
        "FAKTORY_URL": f"tcp://:s3cr%3Aet%40@127.0.0.1:{port}",
    }
    done = subprocess.run(
        ["node", str(PROGRAM)], env=env, capture_output=True, text=True, timeout=60 * STRETCH, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["done"][0] == [{"id": 1, "big": 9007199254740991}]
    assert sorted(args[0] for args in seen["done"][1:]) == list(range(50))
    first = seen["payloads"][0]
    assert first["jobtype"] == "Resize" and first["priority"] == 5 and first["retry"] == 25 and first["enqueued_at"]
    again = [payload for payload in seen["payloads"] if payload["jobtype"] == "Flaky"]
    assert "failure" not in again[0] and again[1]["failure"]["retry_count"] == 0
    assert again[1]["failure"]["message"] == "the first time it fails" and again[1]["failure"]["errtype"] == "EFLAKY"
    assert seen["retries"] == 1
    (refused,) = seen["refused"]
    assert refused["reason"] == "jobs must have a jobtype parameter" and refused["payload"]["jobtype"] == ""
    assert seen["afterKill"]["scheduled"] == 1 and seen["afterKill"]["dead"] == 2
    assert seen["afterClear"] == {"scheduled": 0, "retries": 0, "dead": 0, "working": 0}
    assert seen["quiet"] == "OK" and seen["quieted"] is True
    assert "Invalid password" in seen["wrong"]
    assert set(seen["info"]) == {"now", "server_utc_time", "faktory", "server"}
    assert set(seen["info"]["faktory"]["tasks"]["Scheduled"]) == {"enqueued", "cycles", "size", "wall_time_sec"}
