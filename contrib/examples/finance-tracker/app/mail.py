"""Mail. With SMTP_URL set, a message becomes a job of jobd, which renders its template and sends it; without a queue
it is sent from here. On a desk without an SMTP server it becomes a file in the outbox directory.

The templates are the same for all three: templates/mail/NAME.txt and NAME.html, the latter compiled from mjml/NAME.mjml."""

import re
import smtplib
import uuid
from datetime import datetime, timezone
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import urlsplit

import pystache

from . import queue, settings

TEMPLATES = Path(__file__).parent / "templates/mail"


def money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def post(template: str, subject: str, data: dict, reply_to: str | None = None) -> None:
    """One message to all admins. When this returns it is kept by somebody: jobd, the server or the disk."""
    if settings.SMTP_URL and queue.is_there():
        mail = {"to": settings.ADMINS, "reply_to": reply_to or settings.MAIL_FROM, "subject": subject, **data}
        queue.push(f"mail.{template}", [mail])
        return
    message = compose(template, subject, data, reply_to)
    if settings.SMTP_URL:
        send(message)
    else:
        keep(template, subject, message)


def compose(template: str, subject: str, data: dict, reply_to: str | None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.MAIL_FROM
    message["To"] = ", ".join(settings.ADMINS)
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(settings.TIMEZONE))
    message["Message-ID"] = make_msgid(domain="finance-tracker.example")
    message.set_content(render(f"{template}.txt", data))
    message.add_alternative(render(f"{template}.html", data), subtype="html")
    return message


def render(name: str, data: dict) -> str:
    """As jobd renders it: a name that is missing is an error, and only HTML is escaped."""
    options = {} if name.endswith(".html") else {"escape": str}
    return pystache.Renderer(missing_tags="strict", **options).render((TEMPLATES / name).read_text(), data)


def send(message: EmailMessage) -> None:
    url = urlsplit(settings.SMTP_URL)
    client = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    with client(url.hostname, url.port or 0, timeout=30) as server:
        if settings.SMTP_USER:
            server.starttls()
            server.login(settings.SMTP_USER, settings.SMTP_PASSWORD)
        server.send_message(message)


def keep(template: str, subject: str, message: EmailMessage) -> None:
    """Write beside, then rename: who looks into the outbox sees whole messages only."""
    settings.OUTBOX.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:48]
    draft = settings.OUTBOX / f".{uuid.uuid4().hex}.tmp"
    try:
        draft.write_bytes(bytes(message))
        draft.rename(settings.OUTBOX / f"{moment}-{template}-{slug}.eml")
    except OSError:
        draft.unlink(missing_ok=True)
        raise
