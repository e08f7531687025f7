"""What tests of alerts share: what was told, and how it comes to that."""

import json

from jobd_fixture import wait_for

TELL = 'job ops { post = "http://127.0.0.1:1/" }\nalerts { job = ops }\n'


def alerts(one):
    return {alert["name"]: alert for alert in one.request("ALERTS")}


def told(one, job="ops"):
    """What was told so far, oldest first."""
    jobs = one.request("JOBS " + json.dumps({"type": job, "order": "oldest"}))
    return [one.job(found["jid"])["args"][0] for found in jobs]


def wait_told(one, count, job="ops"):
    wait_for(lambda: len(told(one, job)) >= count, lambda: f"{count} to be told: {told(one, job)}; {alerts(one)}")
    found = told(one, job)
    assert len(found) == count, found
    return found


def push(one, jid, **more):
    one.request("PUSH " + json.dumps({"jid": jid, "jobtype": "work", "args": [], **more}))


def bury(one, count, name="dead"):
    at = "2099-01-01T00:00:00Z"
    for i in range(count):
        push(one, f"{name}-{i:06d}", at=at)
    one.request('MUTATE {"cmd":"kill","target":"scheduled","filter":{"jobtype":"work"}}')
