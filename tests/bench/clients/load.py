"""What the loads of Python share: WHAT ADDRESS COUNT CLIENTS BATCH, and how a figure is printed; see load.js."""

import os
import threading
import time

WHAT, ADDRESS, *NUMBERS = os.environ["LOAD"].split()
COUNT, CLIENTS, BATCH = map(int, NUMBERS)
TEXT = "a hundred bytes of payload as small jobs have it"


def now_us():
    return time.monotonic_ns() // 1000


def tell(*words):
    print(*words, flush=True)


def produce(put, bulk):
    def push(times):
        for i in range(times):
            put({"user": i, "text": TEXT})

    start = now_us()
    if WHAT == "push":
        threads = [threading.Thread(target=push, args=(COUNT // CLIENTS,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    elif WHAT == "bulk":
        for _ in range(COUNT // BATCH):
            bulk([{"user": i, "text": TEXT} for i in range(BATCH)])
    else:
        for i in range(COUNT):
            put({"user": i, "text": TEXT, "at": now_us()})
            time.sleep(0.003)
    tell("result", COUNT * 1_000_000 // (now_us() - start))


def tell_worked(first, last, ages):
    """When the first job began and the last one ended, and how long each had waited for it."""
    ages = sorted(ages)
    tell("result", COUNT * 1_000_000 // max(last - first, 1), ages[COUNT // 2], ages[COUNT * 99 // 100])
