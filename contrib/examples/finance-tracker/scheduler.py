"""The scheduler process of a team that keeps its own: APScheduler, the same three jobs.

Used by jobd-own-scheduler.conf. Its memory is the process: what falls due while it is down
is not run. The `job` sections of jobd.conf do the same work without this file.
"""

import logging
import signal
import sys

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from app import jobs, settings

log = logging.getLogger("scheduler")

SCHEDULES = [
    ("debt_reminders", "Debt reminders", {"hour": 8, "minute": 0}),
    ("reorder_alerts", "Reorder alerts", {"hour": 9, "minute": 0}),
    ("notification_cleanup", "Notification clean-up", {"day_of_week": "sun", "hour": 0, "minute": 0}),
]


def run(name: str) -> None:
    log.info("%s", jobs.run(name))


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(name)s %(message)s")
    # Blocked before any thread starts and waited for below: a handler that fires just before the main
    # thread goes to sleep in a BlockingScheduler would be noticed hours later.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    scheduler = BackgroundScheduler(timezone=str(settings.TIMEZONE))
    for name, title, fields in SCHEDULES:
        scheduler.add_job(
            run,
            CronTrigger(timezone=str(settings.TIMEZONE), **fields),
            args=[name],
            id=name,
            name=title,
            replace_existing=True,
        )
    scheduler.start()
    signal.sigwait(ends)
    scheduler.shutdown(wait=True)


if __name__ == "__main__":
    main()
