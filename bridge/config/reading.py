"""Where settings are read: in the environment, in its files of secrets, and in `bridge.toml`."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.config.settings import (
    CONFIG_FILE,
    DATABASE_URL,
    DATABASE_URL_EXPECTED,
    SECRETS,
    Settings,
    SettingsRefused,
    checked,
    near_hint,
)

PREFIX = "BRIDGE_"


def variable(field: str) -> str:
    """What a setting is called in the environment."""
    return PREFIX + field.upper()


def checked_database_url(text: str) -> str:
    """The address of a database.

    Raises:
        SettingsRefused: it is none; it is not repeated.
    """
    if not re.match(DATABASE_URL, text):
        raise SettingsRefused(f"that is no address of a database: {DATABASE_URL_EXPECTED}")
    return text


def policy_document(settings: Settings) -> tuple[str, str]:
    """The name of the file that `BRIDGE_POLICY` names, and its text.

    Raises:
        SettingsRefused: it cannot be read.
    """
    path = Path(settings.policy)
    return path.name, _text_of(path, "BRIDGE_POLICY")


def read_settings(environ: Mapping[str, str] = os.environ, file: Path | None = None) -> Settings:
    """The settings of this process.

    Args:
        environ: the environment; `BRIDGE_CONFIG` names another file than `bridge.toml`.
        file: the configuration file, if the environment names none.

    Raises:
        SettingsRefused: an unknown name or a wrong value, by name; or a file that cannot be read.
    """
    named = environ.get(variable("config"))
    values = _read_toml(Path(named or file or CONFIG_FILE), needed=bool(named))
    variables = _variables(environ)
    values |= {field: _value_of(name, environ[name]) for field, name in variables.items()}
    return checked(Settings, values, "", variables)


def _read_toml(path: Path, *, needed: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if needed:
            raise SettingsRefused(f"there is no configuration file {path}") from None
        return {}
    except OSError as error:
        raise SettingsRefused(f"the configuration file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r" \(at [^()]+\)$", str(error))
        cure = "text stands in quotes, and each name and section but once"
        raise SettingsRefused(f"{path} is not TOML{place[0] if place else ''}: {cure}") from None


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What the environment sets, and by which variable: the setting's own, or its `_FILE`."""
    found: dict[str, str] = {}
    for name in environ:
        if not name.startswith(PREFIX) or name == variable("config"):
            continue
        field = name.removeprefix(PREFIX).lower()
        field = field.removesuffix("_file") if _names_file(name) else field
        if field not in Settings.model_fields or field == "sites":
            known = [variable(one) for one in Settings.model_fields if one != "sites"]
            raise SettingsRefused(f"unknown setting {name}: {near_hint(name, known)}")
        if field in found:
            raise SettingsRefused(f"{variable(field)} is set twice: by itself and by its _FILE; keep one of them")
        found[field] = name
    return found


def _value_of(name: str, value: str) -> str:
    return _read_secret(name, value) if _names_file(name) else value


def _names_file(name: str) -> bool:
    field = name.removeprefix(PREFIX).lower()
    return field.endswith("_file") and field.removesuffix("_file") in SECRETS


def _read_secret(name: str, path: str) -> str:
    secret = _text_of(Path(path), name).strip()
    if not secret:
        raise SettingsRefused(f"the file that {name} names is empty")
    return secret


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsRefused(f"the file that {name} names cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsRefused(f"the file that {name} names cannot be read: it is not UTF-8 text") from None
