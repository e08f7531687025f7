"""What the kernel knows of a process that has nothing to do: how long it may sleep, and whether it woke up."""

import contextlib
import os
from pathlib import Path

from jobd_fixture import wait_for

# The number of the call; aarch64 has epoll_pwait(2) only, with the same first four arguments.
EPOLL_WAIT = {"x86_64": 232, "aarch64": 22}
FOR_EVER = float("inf")


def switches(pid):
    """Voluntary context switches of all threads: how often one went to sleep."""
    return sum(
        int(line.split()[1])
        for status in Path(f"/proc/{pid}/task").glob("*/status")
        for line in status.read_text().splitlines()
        if line.startswith("voluntary_ctxt_switches:")
    )


def sleeps_ms(pid):
    """How long it may sleep if nobody comes: until its epoll_wait(2) ends or one of its timers rings; 0 while it is awake."""
    proc = Path(f"/proc/{pid}")
    call = (proc / "syscall").read_text().split()
    if len(call) < 5 or int(call[0]) != EPOLL_WAIT[os.uname().machine]:
        return 0
    # The time is the fourth argument; all bits set are for ever.
    limit = int(call[4], 16) & 0xFFFFFFFF
    waits = [FOR_EVER if limit == 0xFFFFFFFF else limit]
    for found in (proc / "fdinfo").iterdir():
        with contextlib.suppress(FileNotFoundError):
            for line in found.read_text().splitlines():
                if line.startswith("it_value:"):
                    seconds, nanoseconds = map(int, line[9:].strip(" ()").split(","))
                    if seconds or nanoseconds:
                        waits.append(seconds * 1000 + nanoseconds / 1e6)
    return min(waits)


def wait_asleep(pid, at_least_ms=FOR_EVER):
    """Until nothing is under way and no timer rings within the time."""
    wait_for(
        lambda: sleeps_ms(pid) >= at_least_ms,
        lambda: f"process {pid} to sleep longer than {sleeps_ms(pid)} ms",
    )
