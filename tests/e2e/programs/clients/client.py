"""contrib/clients/python for test_clients.py. With `push` it does what the lines on its stdin say; with `work` it is a
worker. Both tell what happens as one JSON object a line. client.js and client.rb do the same."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "contrib/clients/python"))

import jobd  # noqa: E402


def tell(**told):
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


class BangError(Exception):
    def __init__(self, no_retry=None, retry_after=None):
        super().__init__("it went bang")
        self.no_retry, self.retry_after = no_retry, retry_after


@jobd.register("Echo")
def echo(job, *args):
    tell(ran=job.jid, args=args)
    return args


@jobd.register("Boom")
def boom(_, *how):
    raise BangError(*how)


@jobd.register("Patient")
def patient(job):
    job.progress(40, "waits")
    tell(began=job.jid)
    while not job.cancelled:
        time.sleep(0.01)
    tell(heard=job.jid, reason=job.cancelled)
    raise RuntimeError(job.cancelled)


@jobd.register("Deaf")
def deaf(job, seconds):
    tell(began=job.jid)
    time.sleep(seconds)


jobd.register("Long", lambda job: "x" * 100000)


def load(client, count, callers):
    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(lambda i: client.push("Echo", [i], queue="load", reserve_for=60), range(count)))


def answer(client, wish):
    options = wish.get("options", {})
    if "push" in wish:
        return {"jid": client.push(wish["push"], wish["args"], **options)}
    if "bulk" in wish:
        return dict(zip(("jids", "refused"), client.push_bulk(wish["bulk"], wish["args"], **options)))
    if "count" in wish:
        return {"jids": load(client, wish["count"], wish["callers"])}
    return {"reply": client.request(*wish["request"])}


def main():
    options = json.loads(sys.argv[2])
    if sys.argv[1] == "work":
        worker = jobd.Worker(**options)
        tell(wid=worker.wid)
        worker.run()
        tell(stopped=True)
        return
    client = jobd.Client(**options)
    for line in sys.stdin:
        try:
            tell(**answer(client, json.loads(line)))
        except Exception as error:
            tell(error=type(error).__name__, code=getattr(error, "code", None), message=str(error))


main()
