"""Mail: renders a pair of templates and puts the message into the outbox directory.

A message is one .eml file that any mail program opens. Nothing is sent."""

import re
import uuid
from datetime import datetime, timezone
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import jinja2

from . import settings

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=jinja2.select_autoescape(["html"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["money"] = lambda cents: f"${cents / 100:,.2f}"


def post(template: str, subject: str, data: dict, reply_to: str | None = None) -> Path:
    """Write one message to all admins; returns its file."""
    message = EmailMessage()
    message["From"] = settings.MAIL_FROM
    message["To"] = ", ".join(settings.ADMINS)
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(settings.TIMEZONE))
    message["Message-ID"] = make_msgid(domain="finance-tracker.example")
    data = {"subject": subject, **data}
    message.set_content(templates.get_template(f"{template}.txt").render(data))
    message.add_alternative(templates.get_template(f"{template}.html").render(data), subtype="html")
    return deliver(template, subject, message)


def deliver(template: str, subject: str, message: EmailMessage) -> Path:
    """Write beside, then rename: who looks into the outbox sees whole messages only."""
    settings.OUTBOX.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:48]
    target = settings.OUTBOX / f"{moment}-{template}-{slug}.eml"
    draft = settings.OUTBOX / f".{uuid.uuid4().hex}.tmp"
    try:
        draft.write_bytes(bytes(message))
        draft.rename(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return target
