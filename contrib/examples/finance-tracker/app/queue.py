"""The client's side of jobd's queue, as far as this app needs it: push a job over the unix socket."""

import json
import os
import socket
import uuid
from pathlib import Path

SOCKET = Path(os.environ.get("JOBD_RUN_DIR", "/run/jobd")) / "queue.sock"


def is_there() -> bool:
    return SOCKET.exists()


def push(jobtype: str, args: list) -> str:
    """Returns the job's id when the job is on jobd's disk. What else there is to say about it says jobd.conf."""
    jid = str(uuid.uuid4())
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(SOCKET))
        with connection.makefile("rw", encoding="utf-8", newline="") as stream:
            answers(stream, "+HI")
            stream.write('HELLO {"v":2}\r\n')
            stream.flush()
            answers(stream, "+OK")
            stream.write(f"PUSH {json.dumps({'jid': jid, 'jobtype': jobtype, 'args': args})}\r\n")
            stream.flush()
            answers(stream, "+OK")
    return jid


def answers(stream, wanted: str) -> None:
    line = stream.readline().rstrip("\r\n")
    if not line.startswith(wanted):
        raise OSError(f"{SOCKET}: {line or 'the queue has closed the connection'}")
