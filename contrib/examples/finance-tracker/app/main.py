"""The web app: a JSON API, one page to look at the data and change it, and /health."""

import sqlite3
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field

from . import db, mail, settings

app = FastAPI(title="Finance Tracker", version="1.0")
pages = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))
pages.env.filters["money"] = mail.money


@app.on_event("startup")
def prepare_database() -> None:
    db.prepare()


def database():
    """One connection a request: opening a SQLite file is cheaper than sharing it safely."""
    connection = db.connect()
    try:
        yield connection
    finally:
        connection.close()


@app.exception_handler(sqlite3.OperationalError)
def database_unavailable(request: Request, error: sqlite3.OperationalError):
    return JSONResponse({"detail": f"database: {error}"}, status_code=503)


class NewDebt(BaseModel):
    supplier_id: int
    description: str = Field(min_length=1, max_length=200)
    amount_cents: int = Field(gt=0, le=10**12)
    due_date: date


class Stock(BaseModel):
    stock: int = Field(ge=0, le=10**9)


def rows(connection, sql, *parameters) -> list[dict]:
    return [dict(row) for row in connection.execute(sql, parameters)]


def one(connection, table: str, key: int) -> dict:
    found = rows(connection, f"SELECT * FROM {table} WHERE id = ?", key)
    if not found:
        raise HTTPException(404, f"{table}: no row {key}")
    return found[0]


@app.get("/health")
def health(connection=Depends(database)):
    """200 when the database can be written, so that a load balancer may trust it."""
    with db.transaction(connection):
        pass
    return {"status": "ok"}


@app.get("/api/suppliers")
def suppliers(connection=Depends(database)):
    return rows(connection, "SELECT * FROM suppliers ORDER BY name")


@app.get("/api/debts")
def debts(overdue: bool = False, connection=Depends(database)):
    """Open and paid debts, the oldest due date first; `overdue` leaves only late ones."""
    return rows(
        connection,
        "SELECT d.*, s.name AS supplier, d.paid_at IS NULL AND d.due_date < ?1 AS overdue"
        " FROM debts d JOIN suppliers s ON s.id = d.supplier_id"
        " WHERE NOT ?2 OR (d.paid_at IS NULL AND d.due_date < ?1) ORDER BY d.due_date, d.id",
        settings.today().isoformat(),
        overdue,
    )


@app.post("/api/debts", status_code=201)
def add_debt(debt: NewDebt, connection=Depends(database)):
    with db.transaction(connection):
        one(connection, "suppliers", debt.supplier_id)
        key = connection.execute(
            "INSERT INTO debts (supplier_id, description, amount_cents, due_date) VALUES (?, ?, ?, ?)",
            (debt.supplier_id, debt.description, debt.amount_cents, debt.due_date.isoformat()),
        ).lastrowid
        return one(connection, "debts", key)


@app.post("/api/debts/{key}/pay")
def pay_debt(key: int, connection=Depends(database)):
    with db.transaction(connection):
        one(connection, "debts", key)
        connection.execute(
            "UPDATE debts SET paid_at = coalesce(paid_at, ?) WHERE id = ?", (db.utc(), key)
        )
        return one(connection, "debts", key)


@app.get("/api/products")
def products(low: bool = False, connection=Depends(database)):
    return rows(
        connection,
        "SELECT p.*, s.name AS supplier, p.stock <= p.reorder_level AS low"
        " FROM products p JOIN suppliers s ON s.id = p.supplier_id"
        " WHERE NOT ? OR p.stock <= p.reorder_level ORDER BY p.sku",
        low,
    )


@app.put("/api/products/{key}/stock")
def set_stock(key: int, new: Stock, connection=Depends(database)):
    """Who takes the last ones out tells the admins, once: what was low already is in the daily alert."""
    with db.transaction(connection):
        before = one(connection, "products", key)
        connection.execute("UPDATE products SET stock = ? WHERE id = ?", (new.stock, key))
        after = one(connection, "products", key)
        if after["stock"] <= after["reorder_level"] < before["stock"]:
            tell_low_stock(connection, after)
        return after


def tell_low_stock(connection, product: dict) -> None:
    mail.post(
        "low_stock_notification",
        f"Low stock: {product['name']}",
        {
            "product": product["name"],
            "stock": product["stock"],
            "level": product["reorder_level"],
            "supplier": one(connection, "suppliers", product["supplier_id"])["name"],
        },
    )


@app.get("/api/notifications")
def notifications(unread: bool = False, connection=Depends(database)):
    return rows(
        connection,
        "SELECT * FROM notifications WHERE NOT ? OR read_at IS NULL ORDER BY created_at DESC, id DESC",
        unread,
    )


@app.post("/api/notifications/{key}/read")
def read_notification(key: int, connection=Depends(database)):
    with db.transaction(connection):
        one(connection, "notifications", key)
        connection.execute(
            "UPDATE notifications SET read_at = coalesce(read_at, ?) WHERE id = ?", (db.utc(), key)
        )
        return one(connection, "notifications", key)


def outbox_messages() -> list[dict]:
    messages = []
    for path in sorted(settings.OUTBOX.glob("*.eml"), reverse=True):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        messages.append(
            {
                "name": path.name,
                "to": message["To"],
                "subject": message["Subject"],
                "date": message["Date"],
            }
        )
    return messages


@app.get("/api/outbox")
def outbox():
    """The messages that the jobs have written, the newest first."""
    return outbox_messages()


@app.get("/outbox/{name}", response_class=PlainTextResponse)
def show_message(name: str):
    # Looked up in the listing, so that a name can never lead out of the directory.
    paths = {path.name: path for path in settings.OUTBOX.glob("*.eml")}
    if name not in paths:
        raise HTTPException(404, f"outbox: no message {name}")
    message = message_from_bytes(paths[name].read_bytes(), policy=policy.default)
    return message.get_body(("plain",)).get_content()


@app.get("/", response_class=HTMLResponse)
def index(request: Request, show: str = Query("open", regex="^(open|all)$"), connection=Depends(database)):
    every_debt = debts(False, connection)
    return pages.TemplateResponse(
        "index.html",
        {
            "request": request,
            "show": show,
            "suppliers": suppliers(connection),
            "debts": [debt for debt in every_debt if show == "all" or not debt["paid_at"]],
            "products": products(False, connection),
            "notifications": notifications(False, connection),
            "outbox": outbox_messages()[:20],
            "today": settings.today().isoformat(),
        },
    )
