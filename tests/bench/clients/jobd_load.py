"""jobd's own client and worker for Python; see load.py."""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "contrib/clients/python"))

import jobd  # noqa: E402
from load import ADDRESS, CLIENTS, COUNT, WHAT, now_us, produce, tell, tell_worked  # noqa: E402

URL = f"tcp://{ADDRESS}"
lock, started, ages = threading.Lock(), [], []


@jobd.register("Bench")
def count(_, argument):
    now = now_us()
    with lock:
        started.append(now)
        ages.append(now - argument.get("at", now))
        if len(ages) == COUNT:
            tell_worked(started[0], now, ages)
            worker.stop()  # the last one is still to be reported


if WHAT == "work":
    worker = jobd.Worker(url=URL, queues=["bench"], concurrency=CLIENTS)
    tell("ready")
    worker.run()
else:
    client = jobd.Client(url=URL)
    produce(
        lambda argument: client.push("Bench", [argument], queue="bench"),
        lambda arguments: client.push_bulk("Bench", [[argument] for argument in arguments], queue="bench"),
    )
