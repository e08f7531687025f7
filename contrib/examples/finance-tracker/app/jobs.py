"""The recurring work: `python3 -m app.jobs debt_reminders|reorder_alerts|notification_cleanup`.

Each job says in one line what it did and ends with 0; or it says on stderr why it could
not, leaves the data as it was, and ends with 1 (2 for a wrong command line). All may be
run again at any time: nobody is told the same thing twice on one day.
"""

import argparse
import sqlite3
import sys
from datetime import date, datetime, timedelta, timezone
from itertools import groupby

from . import db, mail, settings

KEEP_READ_DAYS = 30


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def debt_reminders(connection: sqlite3.Connection) -> str:
    """One e-mail a supplier about everything overdue that we owe it."""
    today = settings.today()
    overdue = connection.execute(
        "SELECT d.*, s.name AS supplier, s.email AS supplier_email, s.phone AS supplier_phone"
        " FROM debts d JOIN suppliers s ON s.id = d.supplier_id"
        " WHERE d.paid_at IS NULL AND d.due_date < ?"
        " ORDER BY s.name, d.due_date, d.id",
        (today.isoformat(),),
    ).fetchall()
    mails = debts = 0
    for supplier, rows in groupby(overdue, key=lambda row: row["supplier"]):
        group = list(rows)
        if any(row["reminded_on"] != today.isoformat() for row in group):
            remind(connection, supplier, group, today)
            mails += 1
            debts += len(group)
    if overdue and not mails:
        return f"debt_reminders: {plural(len(overdue), 'overdue debt')}, all reminded of today already"
    return f"debt_reminders: {plural(debts, 'overdue debt')}, {plural(mails, 'e-mail')} written"


def remind(connection: sqlite3.Connection, supplier: str, group: list, today: date) -> None:
    total = sum(row["amount_cents"] for row in group)
    debts = [
        {
            "description": row["description"],
            "amount": mail.money(row["amount_cents"]),
            "due_date": row["due_date"],
            "days_late": (today - date.fromisoformat(row["due_date"])).days,
        }
        for row in group
    ]
    # The mail is handed over inside the transaction: if that fails, nobody counts as reminded.
    with db.transaction(connection):
        connection.executemany(
            "UPDATE debts SET reminded_on = ? WHERE id = ?",
            [(today.isoformat(), row["id"]) for row in group],
        )
        mail.post(
            "debt_reminder",
            f"Overdue: {supplier}, {plural(len(debts), 'debt')}",
            {
                "supplier": supplier,
                "email": group[0]["supplier_email"],
                "phone": group[0]["supplier_phone"],
                "debts": debts,
                "total": mail.money(total),
            },
            reply_to=group[0]["supplier_email"],
        )


def reorder_alerts(connection: sqlite3.Connection) -> str:
    """An in-app notice for each product that runs low, and one e-mail about all of them."""
    with db.transaction(connection):
        low = connection.execute(
            "SELECT p.*, s.name AS supplier, s.email AS supplier_email,"
            "  EXISTS (SELECT 1 FROM notifications n WHERE n.product_id = p.id"
            "          AND n.kind = 'reorder' AND n.read_at IS NULL) AS noticed"
            " FROM products p JOIN suppliers s ON s.id = p.supplier_id"
            " WHERE p.stock <= p.reorder_level ORDER BY s.name, p.name"
        ).fetchall()
        if not low:
            return "reorder_alerts: 0 products low, nothing to do"
        fresh = [row for row in low if not row["noticed"]]
        connection.executemany(
            "INSERT INTO notifications (kind, product_id, title, created_at)"
            " VALUES ('reorder', ?, ?, ?)",
            [
                (row["id"], f"Reorder {row['name']}: {row['stock']} left", db.utc())
                for row in fresh
            ],
        )
        # An unread notice means that the product was in an earlier e-mail.
        if fresh:
            suppliers = [
                {"name": name, "products": [product(row) for row in rows]}
                for name, rows in groupby(low, key=lambda row: row["supplier"])
            ]
            mail.post(
                "reorder_alert",
                f"Reorder: {plural(len(low), 'product')} low",
                {"suppliers": suppliers},
            )
    return (
        f"reorder_alerts: {plural(len(low), 'product')} low, {plural(len(fresh), 'notice')} added,"
        f" {plural(1 if fresh else 0, 'e-mail')} written"
    )


def product(row: sqlite3.Row) -> dict:
    """What a mail says about a product."""
    return {
        "sku": row["sku"],
        "product": row["name"],
        "stock": row["stock"],
        "level": row["reorder_level"],
        "order": row["reorder_size"],
    }


def notification_cleanup(connection: sqlite3.Connection) -> str:
    """Read notifications go after 30 days. What nobody has read stays."""
    limit = db.utc(datetime.now(timezone.utc) - timedelta(days=KEEP_READ_DAYS))
    with db.transaction(connection):
        gone = connection.execute("DELETE FROM notifications WHERE read_at < ?", (limit,)).rowcount
        kept = connection.execute("SELECT count(*) FROM notifications").fetchone()[0]
    return f"notification_cleanup: {plural(gone, 'notification')} deleted, {kept} kept"


JOBS = {job.__name__: job for job in (debt_reminders, reorder_alerts, notification_cleanup)}


def run(name: str) -> str:
    """Run one job; returns its summary."""
    if not settings.DATABASE.exists():
        raise FileNotFoundError(
            f"database {settings.DATABASE.absolute()} does not exist:"
            " start the web app once, or run 'python3 -m app.db'"
        )
    connection = db.connect()
    try:
        return JOBS[name](connection)
    finally:
        connection.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m app.jobs", description="Run one job now.")
    parser.add_argument("job", choices=JOBS)
    name = parser.parse_args(arguments).job
    try:
        print(run(name), flush=True)
        return 0
    except sqlite3.Error as error:
        print(f"{name}: database {settings.DATABASE.absolute()}: {error}", file=sys.stderr)
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
