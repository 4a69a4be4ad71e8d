"""Mail: the message itself, the folder, and SMTP with every outcome by its name."""

import email
import logging
import os
import socket
import stat
import time
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from support.loopback import listening
from support.packets import at
from support.smtp_server import DROP, HANG, Script
from support.tls import client_context, make_certificate, server_context

from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.message import build
from bridge.adapters.mail.smtp import BadMailUrl, Security, Server, SmtpMailer
from bridge.domain.addresses import mailbox
from bridge.ports import AdapterError, Fault, Mail, NotDone, OutcomeUnknown, Rejected

PASSWORD = "s3cret pass"
MAIL = Mail(
    message_id="<esc-0001.first@bridge.example.org>",
    sender="Käthe's Shop <support@shop.example>",
    to="ann@example.org",
    subject="We will call you – before 10:02",
    text="Hello Ann,\n.a line that begins with a dot\nGrüße 🙏\n",
    sent_at=at("2026-11-02T14:15:00"),
)


def parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


# ------------------------------------------------------------------------------------------------------ addresses

PLAIN = [
    "ann@example.org",
    "a.b+c@sub.example.org",
    "O'Brien_1@example.org",
    "x@localhost",
    "a@b.co",
    "a" * 64 + "@b.co",
]
TRICKS = [
    "", "ann", "ann@", "@example.org", "ann@@example.org", "ann@a@b.org", "ann@example.org,bob@example.org",
    "ann@example.org, bob@example.org", "ann@example.org;bob@example.org", "ann@example.org bob@example.org",
    "ann@example.org\r\nBcc: bob@example.org", "ann@example.org\nbob@example.org", "ann@example.org\n",
    "ann\r@example.org",
    "Ann <ann@example.org>", "<ann@example.org>", '"ann"@example.org', '"a,b"@example.org', "ann(comment)@example.org",
    "ann@example.org (comment)", "group: ann@example.org;", "@relay.org:ann@example.org", "ann@[127.0.0.1]",
    ".ann@example.org", "ann.@example.org", "an..n@example.org", "ann@.org", "ann@example..org", "ann@example.org.",
    "ann@-example.org", "ann@exa mple.org", "ann@exam_ple.org", "ann\x00@example.org", "änn@example.org",
    " ann@example.org", "ann@example.org ", "a" * 65 + "@b.co", "a@" + "b" * 64 + ".co", "a@" + "b." * 126 + "co",
    "ann@example.org\u2028", "ann＠example.org", "ann@example.org%0abob@example.org", "mailto:ann@example.org",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_address_is_one_mailbox(text: str) -> None:
    assert mailbox(text) == text


@pytest.mark.parametrize("text", TRICKS)
def test_anything_else_is_none(text: str) -> None:
    assert mailbox(text) is None


def test_foreign_domain_is_written_in_its_ascii_form() -> None:
    assert mailbox("ann@bücher.example") == "ann@xn--bcher-kva.example"


# -------------------------------------------------------------------------------------------------------- message


def test_message_has_what_a_mail_needs() -> None:
    message = parsed(bytes(build(MAIL)))
    assert message["Message-ID"] == "<esc-0001.first@bridge.example.org>"
    assert message["Date"].datetime.isoformat() == "2026-11-02T14:15:00+00:00"
    assert message["From"].addresses[0].display_name == "Käthe's Shop"
    assert message["From"].addresses[0].addr_spec == "support@shop.example"
    assert message["To"] == "ann@example.org"
    assert message["Subject"] == "We will call you – before 10:02"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] is None
    assert message.get_content().replace("\r\n", "\n") == MAIL.text


def test_message_is_the_same_on_every_attempt() -> None:
    mail = replace(MAIL, html="<p>Grüße</p>")
    assert bytes(build(mail)) == bytes(build(mail))


def test_html_comes_beside_the_text() -> None:
    message = parsed(bytes(build(replace(MAIL, html="<p>Grüße</p>", reply_to="team@shop.example"))))
    assert message["Reply-To"] == "team@shop.example"
    html = message.get_body(("html",))
    plain = message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "Grüße" in html.get_content()
    assert "Grüße" in plain.get_content()


def test_message_is_plain_ascii_on_the_wire() -> None:
    assert bytes(build(replace(MAIL, html="<p>🙏</p>"))).isascii()


@pytest.mark.parametrize(
    "subject", ["Hi\r\nBcc: eve@example.org", "Hi\nBcc: eve@example.org\n\nbody", "Hi\u2028Bcc: x"]
)
def test_subject_cannot_become_another_header(subject: str) -> None:
    message = parsed(bytes(build(replace(MAIL, subject=subject))))
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Hi Bcc: ")


@pytest.mark.parametrize(
    "subject", ["0 ¡" * 30 + "漢", "=?utf-8?q?x?= is what I wrote", "é " * 199 + "é", "a " * 199 + "a", "x" * 400]
)
def test_subject_arrives_as_it_was_written(subject: str) -> None:
    raw = bytes(build(replace(MAIL, subject=subject)))
    assert parsed(raw)["Subject"] == subject
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("to", TRICKS)
def test_recipient_that_is_not_one_address_is_rejected(to: str) -> None:
    with pytest.raises(Rejected, match="recipient is not one address"):
        build(replace(MAIL, to=to))


@pytest.mark.parametrize(
    "sender",
    ["", "Shop", "a@b.co, c@d.co", "Shop <a@b.co>, X <c@d.co>", "A\r\nBcc: x@y.zz <a@b.co>", "Shop <a@b.co> <c@d.co>"],
)
def test_sender_that_is_not_one_address_is_rejected(sender: str) -> None:
    with pytest.raises(Rejected, match="sender is not one address"):
        build(replace(MAIL, sender=sender))
    if sender:
        with pytest.raises(Rejected, match="reply-to is not one address"):
            build(replace(MAIL, reply_to=sender))


@pytest.mark.parametrize("message_id", ["", "x", "<a b@c.de>", "<a@b>\r\nBcc: x", "<a@b@c>", "<../../x@y>"])
def test_message_id_that_is_none_is_rejected(message_id: str) -> None:
    with pytest.raises(Rejected, match="message id"):
        build(replace(MAIL, message_id=message_id))


def test_message_id_is_taken_with_and_without_brackets() -> None:
    assert bytes(build(replace(MAIL, message_id=MAIL.message_id[1:-1]))) == bytes(build(MAIL))


@pytest.mark.parametrize(
    ("local", "written"),
    [
        ("esc_1.reply.a:b", "esc_1.reply.a=3Ab"),
        ("esc_1.reply.a=3Ab", "esc_1.reply.a=3D3Ab"),
        ("a..b", "a.=2Eb"),
        ("a.", "a=2E"),
        (".a", "=2Ea"),
        ("a-_b", "a-_b"),
    ],
)
def test_ids_of_ours_become_valid_message_ids(local: str, written: str) -> None:
    message = build(replace(MAIL, message_id=f"<{local}@shop.escalation-bridge>"))
    assert parsed(bytes(message))["Message-ID"] == f"<{written}@shop.escalation-bridge>"
    assert not message["Message-ID"].defects


def test_long_message_id_stays_on_one_line_and_whole() -> None:
    message_id = f"<{'esc-0123456789abcdef.' * 6}x@mail.a-long-name-of-a-shop.example.org>"
    raw = bytes(build(replace(MAIL, message_id=message_id)))
    assert parsed(raw)["Message-ID"] == message_id
    assert b"=?" not in raw.split(b"Message-ID")[1].split(b"\r\n")[0]


def test_characters_that_cannot_be_written_are_left_out() -> None:
    message = parsed(bytes(build(replace(MAIL, text="a\x00b\ud800c"))))
    assert message.get_content().strip() == "abc"


def test_what_an_earlier_release_left_in_the_outbox_can_still_be_sent() -> None:
    stored = {"message_id": "<a@b.co>", "sender": "s@b.co", "to": "ann@example.org", "subject": "Hi", "text": "Hello",
              "html": None, "reply_to": None, "sent_at": 0}  # fmt: skip
    assert parsed(bytes(build(Mail(**stored)))).get_content().strip() == "Hello"


def test_mails_of_one_thread_point_to_its_first() -> None:
    message = parsed(bytes(build(replace(MAIL, in_reply_to="<esc_1.a:b@shop.escalation-bridge>"))))
    assert message["In-Reply-To"] == message["References"] == "<esc_1.a=3Ab@shop.escalation-bridge>"


def test_the_first_mail_of_a_thread_does_not_answer_itself() -> None:
    message = parsed(bytes(build(replace(MAIL, in_reply_to=MAIL.message_id))))
    assert message["In-Reply-To"] is None
    assert message["References"] is None


def test_a_thread_that_is_none_is_rejected() -> None:
    with pytest.raises(Rejected, match="message id"):
        build(replace(MAIL, in_reply_to="<a@b>\r\nBcc: x"))


@pytest.mark.parametrize(("language", "said"), [("de", "de"), ("pt-br", "pt-br"), (None, None), ("de\r\nBcc: x", None)])
def test_the_language_is_named_where_it_is_one(language: str | None, said: str | None) -> None:
    message = parsed(bytes(build(replace(MAIL, language=language))))
    assert message["Content-Language"] == said
    assert message["Bcc"] is None


def test_a_machine_that_answers_mails_is_told_not_to() -> None:
    assert parsed(bytes(build(MAIL)))["X-Auto-Response-Suppress"] == "All"


INVITATION = "BEGIN:VCALENDAR\r\nMETHOD:{}\r\nBEGIN:VEVENT\r\nSUMMARY:Grüße\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_is_a_part_for_calendars_and_a_file(method: str) -> None:
    invitation = INVITATION.format(method)
    message = parsed(bytes(build(replace(MAIL, html="<p>Hello</p>", invitation=invitation))))
    text, html, calendar = message.get_payload(0).iter_parts()
    assert [text.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    assert (calendar.get_content_type(), calendar.get_param("method")) == ("text/calendar", method)
    assert calendar.get_content() == invitation
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("invite.ics", invitation.encode())


def test_a_mail_with_an_invitation_is_the_same_on_every_attempt() -> None:
    mail = replace(MAIL, html="<p>Hello</p>", invitation=INVITATION.format("REQUEST"))
    assert bytes(build(mail)) == bytes(build(mail))


@pytest.mark.parametrize("invitation", ["", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", INVITATION.format("DELETE ALL")])
def test_an_invitation_without_its_method_is_rejected(invitation: str) -> None:
    with pytest.raises(Rejected, match="invitation has no method"):
        build(replace(MAIL, invitation=invitation))


# --------------------------------------------------------------------------------------------------------- folder


def test_folder_gets_one_file_a_message(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "mail"
    mailer = FolderMailer(folder)
    mailer.send(MAIL)
    mailer.send(MAIL)
    mailer.send(replace(MAIL, message_id="<esc-0001.second@bridge.example.org>"))
    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert parsed(files[0].read_bytes())["Message-ID"] == "<esc-0001.first@bridge.example.org>"


def test_repeat_replaces_the_file(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path)
    mailer.send(MAIL)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"half a mess")
    mailer.send(MAIL)
    assert (list(tmp_path.iterdir()), file.read_bytes()) == ([file], bytes(build(MAIL)))


def test_ids_that_look_alike_have_different_files(tmp_path: Path) -> None:
    for message_id in ("<a=b@x.org>", "<a+b@x.org>", "<A+b@x.org>"):
        FolderMailer(tmp_path).send(replace(MAIL, message_id=message_id))
    assert len(list(tmp_path.iterdir())) == 3


def test_mail_in_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    FolderMailer(tmp_path / "mail").send(MAIL)
    (file,) = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_folder_that_cannot_be_written_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file, no folder")
    with pytest.raises(NotDone, match="folder: "):
        FolderMailer(tmp_path / "mail").send(MAIL)
    assert os.listdir(tmp_path) == ["mail"]  # noqa: PTH208 - names are what is compared


def test_failed_write_leaves_nothing_half_behind(tmp_path: Path) -> None:
    FolderMailer(tmp_path).send(MAIL)
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    with pytest.raises(NotDone, match="folder: "):
        FolderMailer(tmp_path).send(MAIL)
    assert list(tmp_path.iterdir()) == [file]


def test_folder_refuses_two_recipients_as_smtp_does(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        FolderMailer(tmp_path).send(replace(MAIL, to="a@b.co,c@d.co"))
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------------ SMTP


def smtp(url: str, budget_s: float = 3.0) -> SmtpMailer:
    return SmtpMailer(Server.parse(url), budget_s=budget_s)


def deliver(script: Script, query: str = "", budget_s: float = 3.0, mail: Mail = MAIL) -> None:
    with listening(script) as server:
        smtp(f"smtp://127.0.0.1:{server.port}{query}", budget_s).send(mail)
        script.finished.wait(2)


def test_mail_is_handed_over_whole() -> None:
    script = Script()
    deliver(script)
    assert script.commands[1:3] == ["MAIL FROM:<support@shop.example>", "RCPT TO:<ann@example.org>"]
    (message,) = script.messages
    assert message.replace(b"\r\n..a", b"\r\n.a") == bytes(build(MAIL))
    assert b"\r\n..a line that begins with a dot" in message
    assert script.commands[-1] == "QUIT"


@pytest.mark.parametrize(
    ("verb", "reply", "outcome", "detail"),
    [
        ("greeting", "421 busy", NotDone, "smtp 421"), ("greeting", "554 go away", Rejected, "smtp 554"),
        ("greeting", DROP, NotDone, "refused"), ("greeting", HANG, NotDone, "timeout"),
        ("EHLO", DROP, NotDone, "refused"), ("MAIL", "451 later", NotDone, "smtp 451"),
        ("MAIL", "553 no", Rejected, "smtp 553"), ("MAIL", DROP, NotDone, "refused"),
        ("RCPT", "450 greylisted", NotDone, "smtp 450"), ("RCPT", "550 nobody", Rejected, "smtp 550"),
        ("RCPT", HANG, NotDone, "timeout"), ("DATA", "451 later", NotDone, "smtp 451"),
        ("DATA", "554 no", Rejected, "smtp 554"), ("DATA", DROP, NotDone, "refused"),
        ("DATA", "250 odd", NotDone, "smtp 250"), ("message", "452 full", NotDone, "smtp 452"),
        ("message", "554 spam", Rejected, "smtp 554"), ("message", DROP, OutcomeUnknown, "dropped"),
        ("message", HANG, OutcomeUnknown, "timeout"), ("message", "what?", OutcomeUnknown, "smtp: no reply"),
    ],
)  # fmt: skip
def test_outcome_follows_from_where_it_ended(verb: str, reply: str, outcome: type[AdapterError], detail: str) -> None:
    with pytest.raises(AdapterError) as hit:
        deliver(Script({verb: reply}), budget_s=0.5)
    assert (type(hit.value), hit.value.detail) == (outcome, detail)


def test_goodbye_that_fails_changes_nothing() -> None:
    script = Script({"QUIT": DROP})
    deliver(script)
    assert len(script.messages) == 1


def test_nobody_listening_is_not_done() -> None:
    with listening(Script()) as server:
        pass
    with pytest.raises(NotDone, match="refused"):
        smtp(f"smtp://127.0.0.1:{server.port}").send(MAIL)


def test_a_mail_server_whose_name_nobody_knows_is_told_from_one_that_refuses() -> None:
    mailer = SmtpMailer(Server.parse("smtp://mail.nowhere.invalid:25"))
    with pytest.raises(NotDone, match="name not resolved") as failed:
        mailer.check("support@shop.example", budget=5.0)
    assert failed.value.fault is Fault.SYSTEM


@pytest.mark.alone
def test_dripping_server_is_cut_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"2")
            time.sleep(0.05)

    with listening(drip) as server:
        begun = time.monotonic()
        with pytest.raises(NotDone, match="timeout"):
            smtp(f"smtp://127.0.0.1:{server.port}", 0.4).send(MAIL)
        assert time.monotonic() - begun < 0.8


def test_bad_recipient_costs_no_connection() -> None:
    with listening(Script()) as server:
        with pytest.raises(Rejected):
            smtp(f"smtp://127.0.0.1:{server.port}").send(replace(MAIL, to="a@b.co, c@d.co"))
        assert server.connections == 0


def test_log_in_with_what_the_address_holds() -> None:
    script = Script({"EHLO": "250-test\r\n250 AUTH PLAIN"})
    with listening(script) as server:
        smtp(f"smtp://us%40er:s3cret%20pass@127.0.0.1:{server.port}").send(MAIL)
    assert any(command.startswith("AUTH PLAIN ") for command in script.commands)


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ({"EHLO": "250 AUTH PLAIN", "AUTH": "535 wrong"}, Rejected),
        ({"EHLO": "250 AUTH PLAIN", "AUTH": "454 later"}, NotDone),
        ({"EHLO": "250 SIZE 5"}, Rejected),
    ],
)
def test_failed_log_in(replies: dict[str, str], outcome: type[AdapterError], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    replies["EHLO"] = f"250-test\r\n{replies['EHLO']}"
    with listening(Script(replies)) as server, pytest.raises(AdapterError) as hit:
        smtp(f"smtp://user:s3cret%20pass@127.0.0.1:{server.port}").send(MAIL)
    assert type(hit.value) is outcome
    assert hit.value.__context__ is None
    assert PASSWORD not in repr(hit.value) + caplog.text


@pytest.mark.parametrize("who", ["us%C3%A9r:pass", "user:p%C3%A4ss"])
@pytest.mark.parametrize("way", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_user_or_password_that_is_not_ascii_is_named_and_no_fault_of_the_mail(who: str, way: str) -> None:
    with (
        listening(Script({"EHLO": f"250-test\r\n250 AUTH {way}", "AUTH": "334 VXNlcm5hbWU6"})) as server,
        pytest.raises(Rejected) as hit,
    ):
        smtp(f"smtp://{who}@127.0.0.1:{server.port}").send(MAIL)
    assert (hit.value.detail, hit.value.fault) == ("log-in not ascii", Fault.SYSTEM)
    assert hit.value.__context__ is None


# ------------------------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost")


OFFER = {"EHLO": "250-test\r\n250 STARTTLS"}


def test_starttls_is_used_where_it_is_offered(certificate: Path) -> None:
    script = Script(OFFER, tls=server_context(certificate))
    deliver(script)
    assert script.secured
    assert len(script.messages) == 1


def test_starttls_is_left_alone_when_the_owner_says_never(certificate: Path) -> None:
    script = Script(OFFER, tls=server_context(certificate))
    deliver(script, "?starttls=never")
    assert not script.secured


def test_required_starttls_that_is_not_offered_sends_nothing() -> None:
    script = Script()
    with pytest.raises(Rejected, match="no starttls"):
        deliver(script, "?starttls=required")
    assert not any(command.startswith("MAIL") for command in script.commands)


def test_required_starttls_checks_the_certificate(certificate: Path) -> None:
    script = Script(OFFER, tls=server_context(certificate))
    with pytest.raises(NotDone, match="tls"):
        deliver(script, "?starttls=required")
    trusted = Script(OFFER, tls=server_context(certificate))
    with listening(trusted) as server:
        address = Server.parse(f"smtp://localhost:{server.port}?starttls=required")
        SmtpMailer(address, budget_s=3, context=client_context(certificate)).send(MAIL)
    assert trusted.secured


def test_smtps_is_secure_from_the_first_byte(certificate: Path) -> None:
    script = Script(tls=server_context(certificate), tls_from_start=True)
    with listening(script) as server:
        address = Server.parse(f"smtps://localhost:{server.port}")
        SmtpMailer(address, budget_s=3, context=client_context(certificate)).send(MAIL)
    assert len(script.messages) == 1


def test_smtps_with_an_untrusted_certificate_sends_nothing(certificate: Path) -> None:
    script = Script(tls=server_context(certificate), tls_from_start=True)
    with listening(script) as server, pytest.raises(NotDone, match="tls"):
        smtp(f"smtps://localhost:{server.port}").send(MAIL)
    assert script.commands == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", Server("mail.example.org", 25, Security.REQUIRED, None, "")),
        ("smtp://u:p%40ss@mail.example.org", Server("mail.example.org", 587, Security.REQUIRED, "u", "p@ss")),
        ("smtps://mail.example.org/", Server("mail.example.org", 465, Security.TLS, None, "")),
        ("smtp://127.0.0.1:1025", Server("127.0.0.1", 1025, Security.OFFERED, None, "")),
        ("smtp://[::1]:1025", Server("::1", 1025, Security.OFFERED, None, "")),
        ("smtp://localhost", Server("localhost", 25, Security.OFFERED, None, "")),
        ("smtp://mailpit:1025?starttls=never", Server("mailpit", 1025, Security.NEVER, None, "")),
    ],
)
def test_addresses_of_mail_servers(url: str, server: Server) -> None:
    assert Server.parse(url) == server


@pytest.mark.parametrize(
    "url",
    ["", "mail.example.org", "http://x", "smtp://", "smtp://x:99999", "smtp://x?tls=no", "smtp://x?starttls=maybe",
     "smtp://x/path", "smtp://u:s3cret@x:port", "smtp://x?starttls"],
)  # fmt: skip
def test_address_of_no_mail_server_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(BadMailUrl) as hit:
        Server.parse(url)
    assert "s3cret" not in repr(hit.value)
    assert "s3cret" not in str(hit.value)


def test_password_stays_out_of_the_repr() -> None:
    assert "s3cret" not in repr(Server.parse("smtp://u:s3cret@x"))


# ---------------------------------------------------------------------------------------------------------- check


def test_check_goes_as_far_as_the_sender_and_names_no_recipient() -> None:
    script = Script({"EHLO": "250-test\r\n250 AUTH PLAIN"})
    with listening(script) as server:
        SmtpMailer(Server.parse(f"smtp://u:p@127.0.0.1:{server.port}")).check("Shop <a@shop.example>", budget=5)
    assert script.finished.wait(5)
    verbs = [command.split()[0] for command in script.commands]
    assert verbs == ["ehlo", "AUTH", "MAIL", "QUIT"]
    assert script.messages == []


@pytest.mark.parametrize(
    ("replies", "outcome", "detail"),
    [
        ({"MAIL": "553 no"}, Rejected, "smtp 553"), ({"greeting": "421 busy"}, NotDone, "smtp 421"),
        ({"EHLO": HANG}, NotDone, "timeout"), ({"MAIL": DROP}, NotDone, "refused"),
    ],
)  # fmt: skip
def test_check_fails_as_a_mail_would(replies: dict[str, str], outcome: type[AdapterError], detail: str) -> None:
    with listening(Script(replies)) as server, pytest.raises(outcome) as hit:
        SmtpMailer(Server.parse(f"smtp://127.0.0.1:{server.port}")).check("a@shop.example", budget=1)
    assert hit.value.detail == detail


def test_check_of_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    FolderMailer(tmp_path / "new").check("a@shop.example", budget=1)
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(NotDone, match="folder: "):
        FolderMailer(tmp_path / "file" / "x").check("a@shop.example", budget=1)
