"""The mailer that `BRIDGE_MAIL` names, made from its settings."""

from pathlib import Path
from urllib.parse import urlsplit

from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.smtp import BadMailUrl, Server, SmtpMailer
from bridge.config import SettingsRefused, SiteSettings
from bridge.ports import Mailer, Site


def mailer(own: SiteSettings) -> Mailer:
    """The mailer of a site.

    Raises:
        SettingsRefused: the address is none of a mail server.
    """
    where = own.mail.get_secret_value()
    if where.startswith("folder:"):
        return FolderMailer(Path(where.removeprefix("folder:")))
    try:
        return SmtpMailer(Server.parse(where))
    except BadMailUrl as error:
        cure = "in user and password # is written %23, / is %2F and ? is %3F"
        raise SettingsRefused(f"BRIDGE_MAIL: {error}; {cure}") from None


def sender_of(own: SiteSettings, site: Site) -> str:
    """The address that a site's mails come from."""
    return own.mail_from or f"support@{urlsplit(site.url).hostname}"
