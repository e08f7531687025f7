"""A real SMTP server for tests (aiosmtpd), good or moody; it keeps what it was given.

    with SmtpServer(refuse={"bob@example.org": "550 no such user"}) as server:
        …
    server.mails[0].message["Subject"], server.mails[0].recipients
"""

import asyncio
import email
import email.policy
import ssl
import threading
import time
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Mail:
    sender: str
    recipients: list
    data: bytes
    tls: bool
    user: str

    @property
    def message(self):
        return email.message_from_bytes(self.data, policy=email.policy.default)

    def part(self, kind):
        return self.message.get_body((kind,)).get_content().replace("\r\n", "\n")


class Handler:
    def __init__(self, server):
        self.server = server

    async def handle_MAIL(self, smtp, session, envelope, address, options):
        if self.server.refuse_sender:
            return self.server.refuse_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, smtp, session, envelope, address, options):
        if address in self.server.refuse:
            return self.server.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp, session, envelope):
        server = self.server
        server.now += 1
        server.most = max(server.most, server.now)
        began = time.monotonic()
        await asyncio.sleep(server.delay)
        server.slept += time.monotonic() - began
        server.now -= 1
        if server.refuse_data:
            return server.refuse_data
        server.mails.append(Mail(
            envelope.mail_from, list(envelope.rcpt_tos), envelope.content,
            smtp.transport.get_extra_info("ssl_object") is not None, session.auth_data))  # fmt: skip
        with server.changed:
            server.changed.notify_all()
        return "250 taken"


class SmtpServer:
    def __init__(self, *, certificate=None, tls="starttls", users=None, delay=0.0, refuse=None, refuse_sender=None,
                 refuse_data=None):  # fmt: skip
        self.mails, self.now, self.most = [], 0, 0
        self.slept = 0.0  # seconds, of all mails together
        self.changed = threading.Condition()
        self.delay, self.refuse = delay, refuse or {}
        self.refuse_sender, self.refuse_data = refuse_sender, refuse_data
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        implicit = context is not None and tls == "implicit"

        def authenticate(smtp, session, envelope, mechanism, data):
            good = (users or {}).get(data.login.decode()) == data.password.decode()
            return AuthResult(success=good, handled=False, auth_data=data.login.decode())

        options = {"enable_SMTPUTF8": True}
        if users is not None:
            options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
        if context and not implicit:
            options |= {"tls_context": context, "require_starttls": False}

        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = self._call(self.loop.create_server(
            lambda: SMTP(Handler(self), loop=self.loop, **options), "127.0.0.1", 0, ssl=context if implicit else None
        ))  # fmt: skip
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"{'smtps' if implicit else 'smtp'}://localhost:{self.port}"

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
