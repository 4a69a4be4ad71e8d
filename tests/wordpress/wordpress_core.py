"""A complete WordPress core, unpacked from Debian's signed packages into the user's cache; nothing is installed."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

# WordPress 6.1 (the oldest that the plugin supports), 6.8, and the newest that Debian has.
SUITES = ("bookworm", "trixie", "sid")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR_VARIABLE = "ESCBRIDGE_DEBIAN_MIRROR"  # for machines that are not Debian: the base address of a mirror
DOWNLOAD_LIMIT_S = 300


class CoreUnavailableError(RuntimeError):
    """This machine cannot get that WordPress core; the message says why."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "escalation-bridge"


def wordpress_core(suite: str) -> Path:
    """Return the folder of the core of a Debian suite; the first call unpacks it (some seconds), later ones are free.

    Raises:
        CoreUnavailableError: no apt, no mirror, no network, or a package that is not what we expect.
    """
    if suite not in SUITES:
        raise CoreUnavailableError(f"unknown suite {suite!r}: one of {', '.join(SUITES)}")
    core = cache_folder() / f"wordpress-{suite}"
    with one_at_a_time(core):
        if not core.exists():
            _unpack(suite, core)
    return core


def core_version(root: Path) -> str:
    found = re.search(r"^\$wp_version = '([^']+)'", (root / "wp-includes/version.php").read_text(), re.MULTILINE)
    if not found:
        raise CoreUnavailableError(f"no version in {root}")
    return found[1]


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time fill a folder of the cache."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unpack(suite: str, core: Path) -> None:
    with TemporaryDirectory(dir=core.parent, prefix=f"unpack-{suite}-") as scratch:
        work = Path(scratch)
        debs, tree = work / "debs", work / "tree"
        debs.mkdir()
        apt = _private_apt(suite, work)
        run(["apt-get", *apt, "update"])
        run(["apt-get", *apt, "download", *_packages(apt)], cwd=debs)
        for deb in sorted(debs.glob("*.deb")):
            run(["dpkg-deb", "-x", str(deb), str(tree)])
        _complete(tree / "usr/share/wordpress", work / "core")
        (work / "core").rename(core)


def _private_apt(suite: str, work: Path) -> list[str]:
    """Options that give apt lists and sources of its own, so that the machine's stay as they are."""
    (work / "lists/partial").mkdir(parents=True)
    (work / "cache/archives/partial").mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(_sources(suite))
    settings = {
        "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Acquire::Languages": "none",
        "APT::Update::Error-Mode": "any",  # an unreachable mirror is an error, not an empty list
        "APT::Sandbox::User": "root",  # the scratch folder is ours alone
    }
    return ["-q", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]


def _sources(suite: str) -> str:
    """Name the mirrors that this machine is already set to: only the suite differs."""
    if not KEYRING.exists():
        raise CoreUnavailableError(f"{KEYRING} is missing: install debian-archive-keyring")
    listing = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
    known = [os.environ.get(MIRROR_VARIABLE, ""), *sorted(set(listing.split()))]
    main = next((uri for uri in known if re.search(r"/debian/?$", uri)), None)
    if main is None:
        raise CoreUnavailableError(f"apt knows no Debian mirror here: name one in {MIRROR_VARIABLE} (.../debian)")
    lines = [f"deb [signed-by={KEYRING}] {main} {suite} main"]
    security = next((uri for uri in known if re.search(r"/debian-security/?$", uri)), None)
    if security and suite != "sid":
        lines.append(f"deb [signed-by={KEYRING}] {security} {suite}-security main")
    return "\n".join(lines) + "\n"


def _packages(apt: Sequence[str]) -> list[str]:
    """WordPress, its default theme, and the packages whose files WordPress' own tree links to."""
    record = run(["apt-cache", *apt, "show", "--no-all-versions", "wordpress"])
    names = set(re.findall(r"wordpress-theme-[a-z]+|libjs-[a-z0-9.+-]+|php-getid3|libphp-phpmailer", record))
    return ["wordpress", *sorted(names)]


def _complete(packaged: Path, core: Path) -> None:
    """Turn the package's tree into a plain one: links become files, Debian's own configuration goes."""
    for name in (".htaccess", "wp-config.php"):
        (packaged / name).unlink(missing_ok=True)
    run(["cp", "-rL", str(packaged), str(core)])
    for name in ("uploads", "plugins", "mu-plugins"):
        (core / "wp-content" / name).mkdir(exist_ok=True)
    if not (core / "wp-load.php").is_file():
        raise CoreUnavailableError(f"Debian's package holds no complete WordPress: {packaged}")


def run(
    command: Sequence[str], *, cwd: Path | None = None, unavailable: type[RuntimeError] = CoreUnavailableError
) -> str:
    """What a command prints; what it fails of is raised as `unavailable`."""
    if shutil.which(command[0]) is None:
        raise unavailable(f"{command[0]} is missing here")
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=DOWNLOAD_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise unavailable(f"{command[0]} took longer than {DOWNLOAD_LIMIT_S} s") from error
    if done.returncode:
        raise unavailable(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout
