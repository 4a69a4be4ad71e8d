import smtplib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from loopback import direct_session
from mailcatcher import Mail, MailCatcher, append_to_ledger, inbox, read_ledger


def send(catcher: MailCatcher, subject: str, body: str = "body") -> None:
    with smtplib.SMTP("127.0.0.1", catcher.port) as client:
        client.sendmail("shop@example.test", ["anna@example.test"], f"Subject: {subject}\n\n{body}")


def test_every_accepted_message_is_in_the_ledger_once(tmp_path: Path) -> None:
    with MailCatcher(tmp_path / "mail.jsonl").running() as catcher, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: send(catcher, f"no {n}"), range(20)))
        assert sorted(mail.subject for mail in catcher.wait_for(20)) == sorted(f"no {n}" for n in range(20))


def test_two_catchers_share_a_ledger_which_outlives_them(tmp_path: Path) -> None:
    ledger = tmp_path / "mail.jsonl"
    with MailCatcher(ledger).running() as one, MailCatcher(ledger).running() as other:
        send(one, "first")
        send(other, "second")
    assert [mail.subject for mail in read_ledger(ledger)] == ["first", "second"]


def test_a_server_can_be_told_to_refuse(tmp_path: Path) -> None:
    with MailCatcher(tmp_path / "mail.jsonl", answer=lambda _: "451 try later").running() as catcher:
        with pytest.raises(smtplib.SMTPDataError, match="try later"):
            send(catcher, "refused")
        assert catcher.mails() == []
        assert [mail.answer for mail in read_ledger(catcher.ledger)] == ["451 try later"]


def test_waiting_for_mail_that_never_comes_says_how_many_came(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="0 mails instead of 1"):
        MailCatcher(tmp_path / "mail.jsonl").wait_for(1, timeout_s=0.05)


def test_the_inbox_shows_a_message_as_text_never_as_markup(tmp_path: Path) -> None:
    ledger = tmp_path / "mail.jsonl"
    evil = "<script>alert(1)</script>"
    raw = f"Subject: {evil}\n\n{evil}"
    append_to_ledger(ledger, Mail("2026-11-02T14:15:00Z", evil, (evil,), raw))
    with inbox(ledger) as address, direct_session() as session:
        answer = session.get(address)
    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;") == 4
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
