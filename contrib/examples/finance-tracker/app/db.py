"""The database: one SQLite file in WAL mode, shared by the web workers and the jobs.

`python3 -m app.db` creates it (schema and demo data) without starting the web app.
"""

import fcntl
import sqlite3
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from . import settings

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE suppliers (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    email        TEXT NOT NULL,
    phone        TEXT NOT NULL DEFAULT ''
);
CREATE TABLE debts (
    id           INTEGER PRIMARY KEY,
    supplier_id  INTEGER NOT NULL REFERENCES suppliers (id),
    description  TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    due_date     TEXT NOT NULL,
    paid_at      TEXT,
    reminded_on  TEXT
);
CREATE INDEX debts_open ON debts (due_date) WHERE paid_at IS NULL;
CREATE TABLE products (
    id            INTEGER PRIMARY KEY,
    sku           TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    supplier_id   INTEGER NOT NULL REFERENCES suppliers (id),
    stock         INTEGER NOT NULL CHECK (stock >= 0),
    reorder_level INTEGER NOT NULL CHECK (reorder_level >= 0),
    reorder_size  INTEGER NOT NULL CHECK (reorder_size > 0)
);
CREATE TABLE notifications (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,
    product_id   INTEGER REFERENCES products (id),
    title        TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    read_at      TEXT
);
CREATE INDEX notifications_unread ON notifications (product_id) WHERE read_at IS NULL;
"""


def utc(moment: datetime | None = None) -> str:
    """Moments are stored as UTC text of one width, so that they compare as text."""
    return (moment or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ")


def connect(create: bool = False) -> sqlite3.Connection:
    """Open the database. Only the web app and `python3 -m app.db` may create it: a job
    that finds none has been started in the wrong place and must say so."""
    mode = "rwc" if create else "rw"
    uri = f"{settings.DATABASE.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=settings.BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection):
    """All or nothing. IMMEDIATE, so that a lock is waited for here and not half way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def prepare() -> None:
    """Create schema and demo data once. Every web worker calls this at its start, so they
    take turns: the switch to WAL fails at once when two try it, whatever the time-out is."""
    settings.OUTBOX.mkdir(parents=True, exist_ok=True)
    with open(settings.DATA_DIR / "prepare.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare_alone()


def prepare_alone() -> None:
    connection = connect(create=True)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection):
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                create_schema(connection)
                seed(connection)
            elif version != SCHEMA_VERSION:
                raise RuntimeError(
                    f"{settings.DATABASE}: schema version {version}, this app needs {SCHEMA_VERSION}"
                )
    finally:
        connection.close()


def create_schema(connection: sqlite3.Connection) -> None:
    # Not executescript(): that would commit the transaction we are in.
    for statement in SCHEMA.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


SUPPLIERS = [
    ("Andes Coffee Roasters", "billing@andes-coffee.example", "+57 601 555 0101"),
    ("Caribe Packaging", "accounts@caribe-packaging.example", "+57 605 555 0144"),
    ("Llanos Dairy", "cobros@llanos-dairy.example", "+57 608 555 0177"),
    ("Medellin Paper Co.", "ar@medellin-paper.example", "+57 604 555 0120"),
]

# supplier, what, cents, days until it is due (negative: overdue), already paid
DEBTS = [
    (1, "Green beans, lot 0412", 184_500_00, -21, False),
    (1, "Green beans, lot 0431", 92_250_00, -3, False),
    (1, "Roasting service", 40_000_00, 9, False),
    (2, "Kraft bags 500 g, 10,000 pcs", 61_780_00, -1, False),
    (2, "Labels, spring series", 18_400_00, -40, True),
    (3, "Milk powder, 40 bags", 77_300_00, 0, False),
    (3, "Cream, 12 crates", 23_150_00, -14, False),
    (4, "Receipt rolls", 5_990_00, 30, False),
]

# sku, name, supplier, stock, reorder level, reorder size
PRODUCTS = [
    ("COF-500", "House blend 500 g", 1, 8, 20, 120),
    ("COF-250", "House blend 250 g", 1, 64, 20, 120),
    ("BAG-500", "Kraft bag 500 g", 2, 150, 500, 5000),
    ("LAB-STD", "Standard label", 2, 4200, 1000, 10000),
    ("MLK-001", "Milk powder 25 kg", 3, 2, 2, 10),
    ("PAP-080", "Receipt roll 80 mm", 4, 36, 12, 60),
]

# title, created so many days ago, read so many days ago (None: not read)
NOTIFICATIONS = [
    ("Stock count finished", 75, 70),
    ("New supplier: Llanos Dairy", 48, 44),
    ("Price list of Caribe Packaging changed", 33, 31),
    ("Invoice of Andes Coffee Roasters received", 31, 12),
    ("Welcome to Finance Tracker", 90, None),
]


def seed(connection: sqlite3.Connection) -> None:
    """Demo data, dated from today on, so that every job finds something to do."""
    today = settings.today()
    now = datetime.now(timezone.utc)

    def ago(days):
        return None if days is None else utc(now - timedelta(days=days))

    connection.executemany("INSERT INTO suppliers (name, email, phone) VALUES (?, ?, ?)", SUPPLIERS)
    connection.executemany(
        "INSERT INTO debts (supplier_id, description, amount_cents, due_date, paid_at)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (supplier, text, cents, (today + timedelta(days)).isoformat(), utc(now) if paid else None)
            for supplier, text, cents, days, paid in DEBTS
        ],
    )
    connection.executemany(
        "INSERT INTO products (sku, name, supplier_id, stock, reorder_level, reorder_size)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        PRODUCTS,
    )
    connection.executemany(
        "INSERT INTO notifications (kind, title, created_at, read_at) VALUES ('info', ?, ?, ?)",
        [(title, ago(created), ago(read)) for title, created, read in NOTIFICATIONS],
    )


if __name__ == "__main__":
    prepare()
    print(f"{settings.DATABASE}: ready")
