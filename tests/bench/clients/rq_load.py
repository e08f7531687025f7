"""RQ's own client and worker; see load.py. Its workers are processes that do one job at a time, here without a process of
its own for each job, which would be ten times slower; they share the count."""

import multiprocessing
import os

from load import ADDRESS, CLIENTS, COUNT, WHAT, now_us, produce, tell, tell_worked
from redis import Redis
from rq import Queue, SimpleWorker

if WHAT == "work" and __name__ == "__main__":
    # Workers find the function by the name of this module, and must find the same memory there.
    import rq_load

    rq_load.main()
    raise SystemExit

if WHAT == "work":
    context = multiprocessing.get_context("fork")
    done, ages = context.Value("q", 0), context.Array("q", COUNT)
    first, over = context.Value("q", 0), context.Event()


def count(argument):
    now = now_us()
    with done.get_lock():
        if done.value == 0:
            first.value = now
        ages[done.value] = now - argument.get("at", now)
        done.value += 1
        if done.value == COUNT:
            tell_worked(first.value, now, ages[:])
            over.set()


def work(host, port):
    queue = Queue("bench", connection=Redis(host=host, port=int(port)))
    SimpleWorker([queue], connection=queue.connection).work(logging_level="ERROR")


def main():
    host, port = ADDRESS.split(":")
    if WHAT == "work":
        workers = [context.Process(target=work, args=(host, port), daemon=True) for _ in range(CLIENTS)]
        for worker in workers:
            worker.start()
        tell("ready")
        over.wait()
        for worker in workers:
            worker.kill()
        os._exit(0)
    queue = Queue("bench", connection=Redis(host=host, port=int(port), max_connections=CLIENTS + 5))
    produce(
        lambda argument: queue.enqueue("rq_load.count", argument, result_ttl=0),
        lambda arguments: queue.enqueue_many(
            [Queue.prepare_data("rq_load.count", args=[argument], result_ttl=0) for argument in arguments]
        ),
    )


if __name__ == "__main__":
    main()
