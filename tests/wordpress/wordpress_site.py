"""A real WordPress for tests and demos: a throw-away database, a fresh site with plugins installed from their zips,
PHP's own server with several workers. Everything lives in one folder under /tmp and ends with `stop`.

    with Site(wordpress_core("trixie"), plugins=[zip], env={"ESCBRIDGE_PAIRING": code}).running() as site:
        site.login("admin", "admin-pass").get(site.url + "/wp-admin/")
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import requests
from loopback import direct_session, free_port
from other_php import PHP, usual_php
from scratch_mariadb import DATABASE, ScratchMariaDb, program
from wordpress_core import core_version

BOOT = Path(__file__).parent / "boot"
WP_CLI = Path(__file__).parent / "php" / "wp_cli.php"
PLUGINS = Path(__file__).parents[2] / "wp-plugin"
ECHO_BOT = PLUGINS / "echo-bot"
SETTINGS = ("-d", "memory_limit=256M", "-d", "display_errors=stderr")
OPCACHE = ("-d", "opcache.enable_cli=1", "-d", "opcache.revalidate_freq=0")
PHP_EXTENSIONS = ("curl", "dom", "gd", "intl", "mbstring", "mysqli", "zip")
WORKERS = 4  # with one, a sidecar that calls WordPress during a turn would wait for itself
READY_LIMIT_S = 60
REMOVE_LIMIT_S = 5


class SiteError(RuntimeError):
    """The test site could not do what it was asked; the message holds PHP's own words."""


def missing_for_wordpress() -> list[str]:
    """Name what this machine lacks to run a site; an empty list means it can."""
    programs = [name for name in ("php", "mariadbd", "mariadb", "mariadb-install-db") if program(name) is None]
    if "php" in programs:
        return programs
    loaded = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.lower().split()
    return programs + [f"php-{name}" for name in PHP_EXTENSIONS if name not in loaded]


def build_plugin_zip(folder: Path) -> Path:
    """Build the plugin's zip as a release does, into a folder."""
    target = folder / "escalation-bridge.zip"
    command = (sys.executable, PLUGINS / "build_zip.py", target)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SiteError(f"build_zip.py ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-800:]}")
    return target


class Site:
    """One WordPress on a free loopback port; log-in admin/admin-pass, zone America/New_York, pretty permalinks.

    Args:
        core: a folder from `wordpress_core`; it is copied, never changed.
        plugins: zips, or plugin folders (zipped on the way in), installed by WordPress' own upgrader and activated.
        env: what PHP's getenv() sees beside the machine's own; proxies and outer ESCBRIDGE_* variables are kept out.
            ESCBRIDGE_TEST_SMTP=HOST:PORT sends mail there, without it mail is caught for `mails`.
        php: the command that plugins and pages are run with, if not the usual PHP.
    """

    def __init__(
        self,
        core: Path,
        *,
        plugins: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        php: Sequence[str] | None = None,
    ) -> None:
        self.core = core
        self.plugins = plugins
        self.env = dict(env or {})
        self.folder = Path(mkdtemp(prefix="escb-", dir="/tmp"))  # short: a unix socket's path has a limit
        self.root = self.folder / "site"
        self.content = self.root / "wp-content"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.version = core_version(core)
        self.php = tuple(php or usual_php())
        self.database = ScratchMariaDb(self.folder / "db", by_port=self.php != PHP)
        self._server: subprocess.Popen[bytes] | None = None
        self._compiled = self.folder / "compiled"
        self._compiled.mkdir()

    # Life cycle

    @contextmanager
    def running(self) -> Iterator[Self]:
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        self.database.start()
        self._make()
        for plugin in self.plugins:
            self.install_plugin(plugin)
        self.serve()

    def stop(self) -> None:
        """End everything and remove the site's folder; harmless when called twice."""
        self.end_serving()
        self.database.stop()
        ends = time.monotonic() + REMOVE_LIMIT_S
        while self.folder.exists() and time.monotonic() < ends:  # a child of an interrupted step may still be writing
            shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self) -> None:
        """Start the web server; with another `env` after `end_serving`, PHP sees that one."""
        host = self.url.removeprefix("http://")
        command = (*self._php_kept, "-S", host, "-t", str(self.root), str(BOOT / "router.php"))
        with (self.folder / "php.log").open("ab") as log:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its workers end with their process group only
                env=self._environment() | {"PHP_CLI_SERVER_WORKERS": str(WORKERS)},
            )
        self._await()

    def end_serving(self) -> None:
        if self._server:
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None
            self._await_port()

    def _await_port(self) -> None:
        """Until the address is free: killed workers, which are not our children, may hold it for a moment longer."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        ends = time.monotonic() + REMOVE_LIMIT_S
        while time.monotonic() < ends:
            with suppress(OSError), socket.create_server((host, int(port))):
                return
            time.sleep(0.02)

    # From outside

    def rest(self, route: str) -> str:
        """Give the address of a REST route, e.g. `escalation-bridge/v1/sessions`."""
        return f"{self.url}/wp-json/{route}"

    def login(self, user: str = "admin", password: str = "admin-pass") -> requests.Session:
        """Log in as the form does; the session carries the cookies and a REST nonce."""
        session = direct_session()
        session.get(f"{self.url}/wp-login.php", timeout=30)  # sets the cookie that the form tests for
        form = {"log": user, "pwd": password, "testcookie": "1"}
        answer = session.post(f"{self.url}/wp-login.php", data=form, timeout=30, allow_redirects=False)
        if answer.status_code != requests.codes.found:
            raise SiteError(f"{user} cannot log in: {answer.status_code} {_login_error(answer.text)}")
        nonce = session.get(f"{self.url}/wp-admin/admin-ajax.php?action=rest-nonce", timeout=30).text
        if not re.fullmatch(r"[0-9a-f]{10}", nonce):
            raise SiteError(f"no REST nonce for {user}: {nonce[:200]}")
        session.headers["X-WP-Nonce"] = nonce
        return session

    # From inside

    def php_eval(self, code: str, **values: Any) -> str:
        """Run PHP inside WordPress, with the given values as its variables; return what it prints."""
        boot = (
            f"$_SERVER['HTTP_HOST'] = '{self.url.removeprefix('http://')}'; $_SERVER['REQUEST_URI'] = '/';"
            f"require '{self.root}/wp-load.php';"
            "extract(json_decode(stream_get_contents(STDIN), true));"
        )
        return self._php("-r", boot + code, text=json.dumps(values))

    def install_plugin(self, plugin: Path) -> str:
        """Install a zip or a plugin's folder as an owner's upload and activate it; return its DIR/FILE.php."""
        if plugin.is_dir():
            plugin = Path(shutil.make_archive(str(self.folder / plugin.name), "zip", plugin.parent, plugin.name))
        upload = shutil.copy(plugin, self.folder / "upload.zip")  # the upgrader deletes what it was given
        return self.php_eval(f"require '{BOOT}/install-plugin.php';", zip=str(upload))

    def wp_cli(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run `wp ARGUMENTS`: a command of a plugin, on a stand-in for WP-CLI, which no package registry has."""
        command = (*self._php_once, str(WP_CLI), str(self.root), self.url.removeprefix("http://"), *arguments)
        env = self._environment()
        return subprocess.run(command, input=text, capture_output=True, text=True, env=env, timeout=120, check=False)

    def set_option(self, name: str, value: Any) -> None:
        self.php_eval("update_option($name, $value);", name=name, value=value)

    def option(self, name: str) -> Any:
        return json.loads(self.php_eval("echo wp_json_encode(get_option($name, null));", name=name))

    def add_user(self, login: str, password: str, role: str = "subscriber", email: str = "") -> int:
        """Make a user and return its id."""
        code = """
            $id = wp_insert_user(compact('user_login', 'user_pass', 'user_email', 'role'));
            is_wp_error($id) ? exit(fwrite(STDERR, $id->get_error_message()) ? 1 : 1) : print($id);"""
        email = email or f"{login}@example.test"
        return int(self.php_eval(code, user_login=login, user_pass=password, user_email=email, role=role))

    def cron(self) -> None:
        """Run what WordPress' own cron has due."""
        self._php(str(self.root / "wp-cron.php"))

    # What it left behind

    def mails(self) -> list[dict[str, Any]]:
        """List the arguments of each wp_mail() since the last `reset`."""
        return [json.loads(line) for line in _lines(self.content / "mail.jsonl")]

    def debug_log(self, only: str = "") -> list[str]:
        """List the lines of debug.log that name `only`; WordPress 6.1 itself logs deprecations of PHP 8.2."""
        return [line for line in _lines(self.content / "debug.log") if only in line]

    def snapshot(self) -> None:
        """Keep the database's rows as what `reset` brings back."""
        self.database.snapshot()

    def reset(self) -> None:
        """Bring the rows back and empty the mail and debug files: some 30 ms between two tests."""
        self.database.reset()
        for name in ("mail.jsonl", "debug.log"):
            (self.content / name).unlink(missing_ok=True)

    # Behind the scenes

    def _make(self) -> None:
        shutil.copytree(self.core, self.root)
        shutil.copy(BOOT / "wp-config.php", self.root)
        shutil.copy(BOOT / "must-use.php", self.content / "mu-plugins")
        facts = {
            "url": self.url,
            "database": DATABASE,
            "host": self.database.host,
            "salt": secrets.token_hex(),
        }
        (self.folder / "site.json").write_text(json.dumps(facts))
        self._run((*PHP, *SETTINGS, str(BOOT / "install.php"), str(self.root)))  # no plugin has a part in it

    @property
    def _php_kept(self) -> tuple[str, ...]:
        """PHP for a process that stays; what it compiles is kept in files, too."""
        return (*self.php, *SETTINGS, *OPCACHE, "-d", f"opcache.file_cache={self._compiled}")

    @property
    def _php_once(self) -> tuple[str, ...]:
        """PHP for one call: with the files compiled before, WordPress boots in less than half the time."""
        return (*self._php_kept, "-d", "opcache.file_cache_only=1")

    def _php(self, *arguments: str, text: str = "") -> str:
        return self._run((*self._php_once, *arguments), text)

    def _run(self, command: Sequence[str], text: str = "") -> str:
        env = self._environment()
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=env, timeout=120, check=False)
        if done.returncode:
            raise SiteError(f"PHP ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-1500:]}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        foreign = re.compile(r"ESCBRIDGE_|\w+_proxy$", re.IGNORECASE)
        return {name: value for name, value in os.environ.items() if not foreign.match(name)} | self.env

    def _await(self) -> None:
        ends = time.monotonic() + READY_LIMIT_S
        while self._server and self._server.poll() is None and time.monotonic() < ends:
            with suppress(requests.ConnectionError, requests.Timeout), direct_session() as session:
                if session.get(self.rest(""), timeout=30).ok:
                    return
            time.sleep(0.05)
        raise SiteError(f"WordPress does not answer at {self.url}: {' | '.join(_lines(self.folder / 'php.log')[-5:])}")


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _login_error(page: str) -> str:
    found = re.search(r'id="login_error"[^>]*>(.*?)</div>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else page[:300]
