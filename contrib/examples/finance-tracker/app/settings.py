"""Settings, all from the environment, all with a default that works on a desk."""

import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

DATA_DIR = Path(os.environ.get("FINANCE_TRACKER_DATA", "data"))
DATABASE = DATA_DIR / "finance.db"
OUTBOX = DATA_DIR / "outbox"

TIMEZONE = ZoneInfo(os.environ.get("FINANCE_TRACKER_TIMEZONE", "America/Bogota"))
MAIL_FROM = os.environ.get("FINANCE_TRACKER_FROM", "Finance Tracker <finance@example.com>")
ADMINS = [
    address.strip()
    for address in os.environ.get(
        "FINANCE_TRACKER_ADMINS", "ana@example.com, luis@example.com"
    ).split(",")
    if address.strip()
]

# The server that mail goes to, as jobd.conf has it; none: mail stays in the outbox.
SMTP_URL = os.environ.get("SMTP_URL", "")
# Only for who sends without jobd's queue.
SMTP_USER = os.environ.get("SMTP_USER", "")
SMTP_PASSWORD = os.environ.get("SMTP_PASSWORD", "")

# How long a reader or writer waits for another one before it gives up.
BUSY_MS = int(os.environ.get("FINANCE_TRACKER_BUSY_MS", "5000"))


def today() -> date:
    """The business day: debts fall due by the office's calendar, not by the server's."""
    return datetime.now(TIMEZONE).date()
