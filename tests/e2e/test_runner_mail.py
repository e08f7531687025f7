"""Jobs that are e-mails: the real jobd-runner against a real SMTP server, good and moody."""

import socket
import threading
import time

import pytest
from jobd_fixture import STRETCH, free_port, wait_for
from smtp_server import SmtpServer
from test_runner_http import certificate  # noqa: F401


@pytest.fixture
def smtp():
    made = []

    def make(**options):
        made.append(SmtpServer(**options))
        return made[-1]

    yield make
    for one in made:
        one.__exit__()


def config(server, mail, more="", **smtp):
    lines = " ".join(f"{name} = {value}" for name, value in smtp.items())
    return (
        f'smtp {{ url = "{server.url}" from = "Example <hello@example.org>" {lines} }}\n'
        f'job m {{ mail {{ {mail} }} {more} }}\n'
    )


def test_a_mail_with_text_html_and_attachment(runner, smtp, tmp_path):
    server = smtp()
    (tmp_path / "welcome.html").write_text("<p>Hi {{name}}!</p>\n{{#items}}\n<li>{{title}}</li>\n{{/items}}\n")
    (tmp_path / "welcome.txt").write_text("Hi {{name}}!\n{{#items}}\n- {{title}}\n{{/items}}\n.\nlast = line\n")
    (tmp_path / "terms-a.bin").write_bytes(bytes(range(256)) * 10)
    one = runner(config(server, f"""
        to = {{"{{{{name}}}} <{{{{to}}}}>", "{{{{others}}}}"}} cc = "Team, The <team@example.org>" bcc = "{{{{secret}}}}"
        reply_to = "support@example.org"
        subject = "Grüße, {{{{name}}}} – {{{{n}}}} € and a text that is long enough to be folded into several lines"
        text_template = "{tmp_path}/welcome.txt" template = "{tmp_path}/welcome.html"
        attachments = {{"{tmp_path}/terms-{{{{kind}}}}.bin"}}"""))  # fmt: skip
    args = {"name": "Ann <b>", "to": "ann@example.org", "others": ["x@example.org", "Y Z <y@example.org>"],
            "secret": "archive@example.org", "n": 5, "items": [{"title": "a&b"}, {"title": "ü"}], "kind": "a"}  # fmt: skip
    one.scheduler.give("m", args, jid="bad-name")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["result"]["no_retry"] and "is not one address" in result["message"], result
    args["name"] = "Ännchen"
    jid = one.scheduler.give("m", args)
    verb, result = one.scheduler.result()
    assert verb == "ACK", result
    assert (result["result"]["reason"], result["result"]["code"]) == ("mail", 250)
    assert result["result"]["value"] == {"message_id": f"<{jid}@example.org>", "rejected": []}
    (mail,) = server.mails
    message = mail.message
    assert mail.sender == "hello@example.org"
    assert mail.recipients == ["ann@example.org", "x@example.org", "y@example.org", "team@example.org",
                               "archive@example.org"]  # fmt: skip
    assert message["From"] == "Example <hello@example.org>"
    assert [str(a) for a in message["To"].addresses] == [
        "Ännchen <ann@example.org>", "x@example.org", "Y Z <y@example.org>"]  # fmt: skip
    assert message["Cc"] == '"Team, The" <team@example.org>' and "Bcc" not in message
    assert b"archive@example.org" not in mail.data
    assert message["Reply-To"] == "support@example.org"
    assert message["Subject"] == "Grüße, Ännchen – 5 € and a text that is long enough to be folded into several lines"
    assert message["Message-ID"] == f"<{jid}@example.org>" and message["MIME-Version"] == "1.0"
    assert abs(message["Date"].datetime.timestamp() - time.time()) < 100
    assert mail.part("plain") == "Hi Ännchen!\n- a&b\n- ü\n.\nlast = line\n"
    assert mail.part("html") == "<p>Hi Ännchen!</p>\n<li>a&amp;b</li>\n<li>ü</li>\n"
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "terms-a.bin" and attachment.get_content() == bytes(range(256)) * 10
    assert max(map(len, mail.data.split(b"\r\n"))) < 998


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_and_login(runner, smtp, certificate, tmp_path, tls):
    server = smtp(certificate=certificate, tls=tls, users={"app": "pass word"})
    password = tmp_path / "password"
    password.write_text("pass word\n")
    options = {"user": '"app"', "password_file": f'"{password}"', "ca_file": f'"{certificate}.crt"', "tls": '"require"'}
    one = runner(config(server, 'to = "{{0}}" subject = "x" text = "y"', **options))
    one.scheduler.give("m", "a@example.org")
    verb, result = one.scheduler.result()
    assert verb == "ACK", result
    assert server.mails[0].tls and server.mails[0].user == "app"
    assert "pass" not in str(result) and "cGFzcyB3b3Jk" not in str(result)
    # A wrong password is not the mail's fault: it waits for the right one.
    password.write_text("wrong")
    other = runner(config(server, 'to = "{{0}}" subject = "x" text = "y"', **options))
    other.scheduler.give("m", "a@example.org")
    verb, result = other.scheduler.result()
    assert verb == "FAIL" and "no_retry" not in result["result"], result


def test_tls_is_required_and_certificates_are_checked(runner, smtp, certificate):
    plain, own = smtp(), smtp(certificate=certificate)
    for server, options in ((plain, {"tls": '"require"'}), (own, {"tls": '"require"'})):
        one = runner(config(server, 'to = "{{0}}" subject = "x" text = "y"', **options))
        one.scheduler.give("m", "a@example.org")
        verb, result = one.scheduler.result()
        assert verb == "FAIL" and result["result"]["reason"] == "network" and "no_retry" not in result["result"]
    assert plain.mails == own.mails == []


def test_one_rejected_recipient_does_not_harm_the_others(runner, smtp):
    server = smtp(refuse={"bob@example.org": "550 5.1.1 no such user"})
    one = runner(config(server, 'to = "{{to}}" subject = "x" text = "y"'))
    one.scheduler.give("m", {"to": ["ann@example.org", "bob@example.org", "cid@example.org"]})
    verb, result = one.scheduler.result()
    assert verb == "ACK"
    assert result["result"]["value"]["rejected"] == [{"to": "bob@example.org", "reply": "550 5.1.1 no such user"}]
    assert server.mails[0].recipients == ["ann@example.org", "cid@example.org"]
    assert "> RCPT TO:<bob@example.org>" in result["result"]["output_head"]


@pytest.mark.parametrize(
    ("options", "code", "final"),
    [
        ({"refuse": {"a@x.y": "550 no", "b@x.y": "553 no"}}, (550, 553), True),
        ({"refuse": {"a@x.y": "550 no", "b@x.y": "451 later"}}, (550, 451), False),
        ({"refuse_sender": "550 not you"}, (550,), True),
        ({"refuse_sender": "451 not now"}, (451,), False),
        ({"refuse_data": "554 spam"}, (554,), True),
        ({"refuse_data": "452 disk full"}, (452,), False),
    ],
)
def test_refusals_are_final_or_not(runner, smtp, options, code, final):
    server = smtp(**options)
    one = runner(config(server, 'to = {"a@x.y", "b@x.y"} subject = "x" text = "y"'))
    one.scheduler.give("m")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["result"]["reason"] == "mail" and result["result"]["code"] in code, result
    assert result["result"].get("no_retry", False) == final
    assert str(result["result"]["code"]) in result["message"]


def test_nothing_can_be_injected(runner, smtp):
    server = smtp()
    one = runner(config(server, 'to = "{{to}}" cc = "{{cc}}" subject = "{{subject}}" text = "{{text}}"'))
    good = {"to": "a@example.org", "cc": "", "subject": "x", "text": "y"}
    for bad in (
        {"to": "a@example.org\r\nRCPT TO:<b@example.org>"},
        {"to": ["a@example.org\nBcc: b@example.org"]},
        {"to": "a@example.org, b@example.org"},
        {"to": "a@example.org> <b@example.org"},
        {"subject": "x\r\nBcc: b@example.org"},
        {"cc": "no address"},
        {"to": ""},
        {"to": [7]},
    ):
        one.scheduler.give("m", good | bad)
        verb, result = one.scheduler.result()
        assert verb == "FAIL" and result["result"]["reason"] == "template" and result["result"]["no_retry"], result
    # In the text it is text, and a dot alone ends no mail.
    one.scheduler.give("m", good | {"text": "y\r\n.\r\nMAIL FROM:<b@example.org>\r\n"})
    assert one.scheduler.result()[0] == "ACK"
    assert len(server.mails) == 1 and server.mails[0].part("plain") == "y\n.\nMAIL FROM:<b@example.org>\n"


class Trap:
    """A server that takes connections and answers as slowly as it was told."""

    def __init__(self, *steps):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.steps = steps
        self.kept = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.kept.append(client)
            for step in self.steps:
                if isinstance(step, float):
                    time.sleep(step)
                else:
                    client.sendall(step)

    def close(self):
        self.listener.close()


@pytest.mark.parametrize("steps", [(), (b"220-wait\r\n",), (b"220 hello\r\n",), (b"4",)])
def test_a_server_that_hangs_ends_by_the_time_out(runner, steps):
    trap = Trap(*steps)
    one = runner(config(trap, 'to = "a@example.org" subject = "x" text = "y"', timeout='"500ms"'))
    one.scheduler.give("m")
    verb, result = one.scheduler.result()
    trap.close()
    assert verb == "FAIL" and result["result"]["reason"] in ("timeout", "network"), result
    assert "no_retry" not in result["result"] and 400 <= result["result"]["duration_ms"] < 5000 * STRETCH


def test_a_server_that_greets_with_a_refusal_is_tried_again(runner):
    trap = Trap(b"554 go away\r\n")
    one = runner(config(trap, 'to = "a@example.org" subject = "x" text = "y"'))
    one.scheduler.give("m")
    verb, result = one.scheduler.result()
    trap.close()
    assert verb == "FAIL" and result["result"]["reason"] == "network" and "no_retry" not in result["result"], result


def test_the_breaker_is_the_servers(runner):
    class Nowhere:
        url = f"smtp://127.0.0.1:{free_port()}"

    one = runner(config(Nowhere, 'to = "a@example.org" subject = "x" text = "y"') .replace(
        "smtp {", 'smtp { breaker { failures = 2 pause = "60s" } '))  # fmt: skip
    verbs = []
    for _ in range(4):
        one.scheduler.give("m")
        verbs.append(one.scheduler.result()[0])
    assert verbs == ["FAIL", "FAIL", "RETURN", "RETURN"]
    assert one.scheduler.breakers[0]["target"] == Nowhere.url


def test_a_test_mail_needs_no_section(runner, smtp):
    server = smtp()
    one = runner(f'smtp {{ url = "{server.url}" from = "jobd@example.org" }}\njob other {{ command = "true" }}')
    jid = one.scheduler.give("_mail_test", "me@example.org")
    assert one.scheduler.result()[0] == "ACK"
    assert server.mails[0].recipients == ["me@example.org"] and jid in server.mails[0].part("plain")


def test_without_a_server_a_test_mail_says_so(runner):
    one = runner('job other { command = "true" }')
    one.scheduler.give("_mail_test", "me@example.org")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and "the section smtp has no url" in result["message"] and result["result"]["no_retry"]


def test_a_hundred_mails_through_a_slow_server(runner, smtp):
    server = smtp()
    one = runner(config(server, 'to = "{{0}}" subject = "x" text = "y"') + "runner { concurrency = 5 }")
    one.scheduler.take()

    def hundred():
        began = time.monotonic()
        for number in range(100):
            one.scheduler.give("m", f"a{number}@example.org")
        for _ in range(100):
            assert one.scheduler.result()[0] == "ACK"
        return time.monotonic() - began

    # What the machine needs for them, and then with the server's 0.2 s for each: five at a time, these are four seconds.
    quick, server.delay = hundred(), 0.2
    took = hundred()
    assert len(server.mails) == 200 and server.most == 5
    assert took < 5 / 4 * (quick + server.slept / 5), (took, quick, server.slept)
    print(f"100 mails took {took:.2f} s, and {quick:.2f} s without a delay")


def test_missing_files_are_waited_for_and_names_are_final(runner, smtp, tmp_path):
    server = smtp()
    one = runner(config(server, f'to = "a@example.org" subject = "x" template = "{tmp_path}/not-yet.html"'))
    one.scheduler.give("m")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and "not-yet.html" in result["message"] and "no_retry" not in result["result"]
    (tmp_path / "not-yet.html").write_text("\n<p>{{nmae}}</p>")
    one.scheduler.give("m")
    verb, result = one.scheduler.result()
    assert f"{tmp_path}/not-yet.html:2: {{{{nmae}}}} is not among" in result["message"] and result["result"]["no_retry"]
    wait_for(lambda: not server.mails, "no mail")


def test_a_hanging_mail_is_ended_by_an_order_and_by_a_stop(runner):
    trap = Trap(b"220 hello\r\n")
    one = runner(config(trap, 'to = "a@example.org" subject = "x" text = "y"') + 'job quick { command = "true" }')
    jid = one.scheduler.give("m")
    wait_for(lambda: trap.kept, "the connection")
    # Others are not disturbed meanwhile.
    one.scheduler.give("quick")
    assert one.scheduler.result()[0] == "ACK"
    one.scheduler.order(jid, "cancelled")
    verb, result = one.scheduler.result()
    assert verb == "FAIL" and result["jid"] == jid and result["result"]["reason"] == "cancelled"
    jid = one.scheduler.give("m")
    wait_for(lambda: len(trap.kept) == 2, "the connection")
    one.process.terminate()
    verb, result = one.scheduler.result()
    trap.close()
    assert verb == "FAIL" and result["jid"] == jid and result["result"]["reason"] == "stopped"
    assert one.process.wait(20) == 0
