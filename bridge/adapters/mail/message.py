"""An e-mail as bytes: the same bytes on every attempt, one recipient, nothing a text could smuggle into a header."""

import hashlib
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bridge.adapters.addresses import mailbox
from bridge.ports import Mail, Rejected

_MESSAGE_ID = re.compile(r"[A-Za-z0-9._+=:-]{1,200}@[A-Za-z0-9]([A-Za-z0-9.-]{0,198}[A-Za-z0-9])?")
_ODD_IN_LOCAL = re.compile(r"[:=]|(?<=\.)\.|^\.|\.$")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
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
    return _address(mail.sender, "sender").addr_spec


def bare_message_id(mail: Mail) -> str:
    """The Message-ID without its angle brackets, different for different ids.

    What our ids may hold and a Message-ID may not (a colon, a dot beside a dot) is written as `=` and its hex code.

    Raises:
        Rejected: it is none.
    """
    bare = mail.message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(bare):
        raise Rejected("message id is malformed")
    local, _, domain = bare.partition("@")
    return f"{_ODD_IN_LOCAL.sub(lambda odd: f'={ord(odd[0]):02X}', local)}@{domain}"


def build(mail: Mail) -> EmailMessage:
    """The message, ready to be written: `bytes(build(mail))` is the same for the same mail.

    Raises:
        Rejected: an address or the Message-ID is not what it should be.
    """
    bare = bare_message_id(mail)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(mail.sender, "sender")
    message["To"] = Address(addr_spec=recipient(mail))
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to, "reply-to")
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.sent_at // 1000, UTC))
    message["Message-ID"] = f"<{bare}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    _fill(message, mail, bare)
    return message


def _fill(message: EmailMessage, mail: Mail, bare: str) -> None:
    message.set_content(_UNWRITABLE.sub("", mail.text), cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(_UNWRITABLE.sub("", mail.html), subtype="html", cte="quoted-printable")
        message.set_boundary("=_" + hashlib.sha256(bare.encode()).hexdigest()[:32])  # a random one would differ


def _address(text: str, what: str) -> Address:
    name, address = parseaddr(text) if "<" in text else ("", text)
    found = mailbox(address)
    if found is None or _UNPRINTABLE.search(text) or text.count("<") > 1 or not text.endswith((">", address)):
        raise Rejected(f"{what} is not one address")
    return Address(display_name=name, addr_spec=found)


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:400]
