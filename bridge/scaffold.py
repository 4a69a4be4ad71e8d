"""`bridge init`: a commented configuration and a policy to start from; and what the machine says of its own zone."""

import json
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bridge.config import CONFIG_FILE, Settings
from bridge.domain.wall_clock import is_zone
from bridge.service.manage_policy import default_document

POLICY_FILE = "policy.yaml"
LOCALTIME = Path("/etc/localtime")

HEAD = """\
# Escalation Bridge. Every line that starts with "#:" is a setting at its default: take the "#:" away to change it.
# The environment wins over this file: BRIDGE_BIND=0.0.0.0:8765 is `bind` below.
# Keep secrets out of it if others can read it: BRIDGE_ZENDESK_TOKEN_FILE=/run/secrets/zendesk names a file instead.
"""
SITES = """
# What differs by site goes into a section with the site's name:
#: [sites.shop]
#: crm = "hubspot"
"""


def machine_zone(localtime: Path = LOCALTIME) -> str:
    """The IANA name of the machine's zone, from `TZ` or `/etc/localtime`; `UTC` where neither names one."""
    named = os.environ.get("TZ", "").removeprefix(":")
    try:
        linked = str(localtime.resolve()).partition("zoneinfo/")[2]
    except OSError:
        linked = ""
    for name in (named, linked.removeprefix("posix/")):
        if name and is_zone(name) and name != "localtime":
            return name
    return "UTC"


def write_files(folder: Path, zone: str) -> Iterator[tuple[Path, bool]]:
    """Write both files, none over an existing one; yields each path with whether it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((CONFIG_FILE, config_document()), (POLICY_FILE, default_document(zone))):
        yield folder / name, _write_new(folder / name, content)


def _write_new(path: Path, content: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def config_document() -> str:
    """`bridge.toml` with every setting, its meaning and its default, all commented out."""
    parts = [_setting(name, field) for name, field in Settings.model_fields.items() if name != "sites"]
    return "\n".join([HEAD, *parts]) + SITES


def _setting(name: str, field: FieldInfo) -> str:
    comment = textwrap.wrap((field.description or "").replace("``", "`"), 118)
    return "\n".join([*(f"# {line}" for line in comment), f"#: {name} = {_toml(field.get_default())}", ""])


def _toml(value: Any) -> str:
    """A default as TOML; text as JSON writes it, which TOML reads."""
    return json.dumps(value.get_secret_value() if isinstance(value, SecretStr) else value)
