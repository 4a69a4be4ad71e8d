"""An e-mail as bytes: the same bytes on every attempt, one recipient, nothing a text could smuggle into a header."""

import hashlib
import re
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bridge.domain.addresses import mailbox
from bridge.ports import Mail, Rejected

_MESSAGE_ID = re.compile(r"[A-Za-z0-9._+=:-]{1,200}@[A-Za-z0-9]([A-Za-z0-9.-]{0,198}[A-Za-z0-9])?")
_ODD_IN_LOCAL = re.compile(r"[:=]|(?<=\.)\.|^\.|\.$")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LONGEST_WORD = 60
"""Characters that stand in one line of a header however it is folded."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,5}")
_METHOD = re.compile(r"^METHOD:(REQUEST|CANCEL)\r?$", re.MULTILINE)
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def recipient(mail: Mail) -> str:
    """The one address that the mail goes to.

    Raises:
        Rejected: it is not exactly one plain address.
    """
    found = mailbox(mail.to)
    if found is None:
        raise Rejected("recipient is not one address")
    return found


def envelope_sender(mail: Mail) -> str:
    """The address, without its display name, that bounces go to.

    Raises:
        Rejected: the sender is not one address.
    """
    return sender_address(mail.sender)


def sender_address(sender: str) -> str:
    """The address, without its display name, that mails come from.

    Raises:
        Rejected: it is not one address.
    """
    return _address(sender, "sender").addr_spec


def bare_message_id(mail: Mail) -> str:
    """The Message-ID without its angle brackets, different for different ids.

    What our ids may hold and a Message-ID may not (a colon, a dot beside a dot) is written as `=` and its hex code.

    Raises:
        Rejected: it is none.
    """
    return _bare(mail.message_id)


def _bare(message_id: str) -> str:
    bare = message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(bare):
        raise Rejected("message id is malformed")
    local, _, domain = bare.partition("@")
    return f"{_ODD_IN_LOCAL.sub(lambda odd: f'={ord(odd[0]):02X}', local)}@{domain}"


def build(mail: Mail) -> EmailMessage:
    """The message, ready to be written: `bytes(build(mail))` is the same for the same mail.

    Raises:
        Rejected: an address, a Message-ID or the invitation is not what it should be.
    """
    bare = bare_message_id(mail)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(mail.sender, "sender")
    message["To"] = Address(addr_spec=recipient(mail))
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to, "reply-to")
    message.set_raw("Subject", _encoded(_one_line(mail.subject)))
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.sent_at // 1000, UTC))
    message["Message-ID"] = f"<{bare}>"
    if mail.in_reply_to and (thread := _bare(mail.in_reply_to)) != bare:
        message["In-Reply-To"] = message["References"] = f"<{thread}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    _fill(message, mail)
    _set_boundaries(message, bare)
    if mail.language and _LANGUAGE.fullmatch(mail.language):  # an odd name for a language must not cost the mail
        message["Content-Language"] = mail.language  # last, for what fills a message drops such headers
    return message


def _encoded(subject: str) -> str:
    """A subject as it stands in the header, folded; `EmailMessage` loses a space where it folds one that is not ASCII.

    What looks encoded is encoded once more, and so arrives as it was written.
    """
    plain = subject.isascii() and "=?" not in subject and all(len(word) < _LONGEST_WORD for word in subject.split())
    return Header(subject, "us-ascii" if plain else "utf-8", header_name="Subject").encode(linesep="\r\n")


def _fill(message: EmailMessage, mail: Mail) -> None:
    message.set_content(_UNWRITABLE.sub("", mail.text), cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(_UNWRITABLE.sub("", mail.html), subtype="html", cte="quoted-printable")
    if mail.invitation is not None:
        _invite(message, mail.invitation)


def _invite(message: EmailMessage, invitation: str) -> None:
    """As a part that calendars act on, and as a file for those that do not."""
    found = _METHOD.search(invitation)
    if found is None:
        raise Rejected("invitation has no method")
    message.add_alternative(invitation, subtype="calendar", cte="quoted-printable", params={"method": found[1]})
    message.add_attachment(invitation.encode(), maintype="application", subtype="ics", filename="invite.ics")


def _set_boundaries(message: EmailMessage, bare: str) -> None:
    """In place of random ones, which would differ on every attempt."""
    multiparts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(multiparts):
        part.set_boundary("=_" + hashlib.sha256(f"{number}.{bare}".encode()).hexdigest()[:32])


def _address(text: str, what: str) -> Address:
    name, address = parseaddr(text) if "<" in text else ("", text)
    found = mailbox(address)
    if found is None or _UNPRINTABLE.search(text) or text.count("<") > 1 or not text.endswith((">", address)):
        raise Rejected(f"{what} is not one address")
    return Address(display_name=name, addr_spec=found)


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:400]
