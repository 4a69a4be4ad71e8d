"""The proxy of `docker/nginx.conf` in front of a real sidecar: signed calls come through it untouched."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from support.sidecar import Caller, Live, free_port, new_session_id, over_http, running_sidecar
from support.waiting import until

SAMPLE = Path(__file__).resolve().parents[2] / "docker" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)")


def adapted(sidecar: str, port: int, folder: Path) -> str:
    """The sample with this machine's addresses in place of the containers', and all its files in one folder."""
    text = SAMPLE.read_text("utf-8")
    text = text.replace("http://sidecar:8765", sidecar).replace("wordpress:9000", "127.0.0.1:9")
    text = text.replace("listen 8765;", f"listen 127.0.0.1:{port};")
    text = text.replace("listen 8080;", f"listen unix:{folder}/site.sock;")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    text = re.sub(r"http \{\n", f"http {{\n    access_log off;\n{temporary}", text)
    user = "" if os.geteuid() else "user root;\n"  # another one may not look into the folder
    return f"{user}daemon off;\npid {folder}/pid;\n{text}"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Caller]]:
    folder = tmp_path_factory.mktemp("n")
    with running_sidecar(folder, f"sqlite:///{folder}/bridge.db") as live:
        yield from behind_nginx(live, folder)


def behind_nginx(live: Live, folder: Path) -> Iterator[tuple[str, Caller]]:
    port = free_port()
    (folder / "nginx.conf").write_text(adapted(live.url, port, folder), "utf-8")
    url = f"http://127.0.0.1:{port}"
    with running_nginx(folder):
        until(lambda: answers(url), "nginx to answer")
        yield url, replace(live.caller(), transport=over_http(url))


@contextmanager
def running_nginx(folder: Path) -> Iterator[None]:
    assert NGINX
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def connect(client: socket.socket, path: Path) -> None:
    until(lambda: client.connect_ex(str(path)) == 0, "nginx to listen")


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_a_conversation_comes_through_with_path_query_and_signatures_untouched(proxied: tuple[str, Caller]) -> None:
    _, caller = proxied
    session = new_session_id()
    caller.ask("POST", "/v1/sessions", {"session_id": session, "visitor": {"identity": "anonymous"}})
    caller.ask("POST", f"/v1/sessions/{session}/turns", {"turn_id": "a:1", "text": "Where is my order?"})
    caller.ask("PUT", f"/v1/sessions/{session}/turns/a%3A1/reply", {"text": "On its way."})
    answer = caller.send("GET", f"/v1/sessions/{session}/events?after=0&x=%2F")
    assert answer.status == 200
    assert "X-Bridge-Signature" in answer.headers


def test_the_sidecars_own_errors_come_through_signed(proxied: tuple[str, Caller]) -> None:
    _, caller = proxied
    answer = caller.send("POST", f"/v1/sessions/{new_session_id()}/turns", {"turn_id": "1", "text": "Hello"})
    assert answer.slug == "session-not-found"
    assert "X-Bridge-Signature" in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_what_is_not_signed_is_not_passed_on(proxied: tuple[str, Caller], path: str) -> None:
    url, _ = proxied
    assert requests.get(url + path, timeout=5).status_code == 404


def test_wordpress_is_told_what_the_browser_asked_and_who_asked_behind_a_proxy_that_ends_tls(tmp_path: Path) -> None:
    """By FastCGI, as it would hear it; what it answers does not matter here."""
    sample = adapted("http://127.0.0.1:9", free_port(), tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as wordpress:
        wordpress.settimeout(30)
        sample = sample.replace("127.0.0.1:9;", f"127.0.0.1:{wordpress.getsockname()[1]};", 1)
        sample = sample.replace("root /var/www/html;", f"root {tmp_path};").replace("10.0.0.0/8;", "unix:;")
        (tmp_path / "index.php").touch()
        (tmp_path / "nginx.conf").write_text(sample, "utf-8")
        with running_nginx(tmp_path), socket.socket(socket.AF_UNIX) as proxy:
            connect(proxy, tmp_path / "site.sock")
            proxy.sendall(
                b"GET /cart/?a=%2F HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-Proto: https\r\n"
                b"X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nConnection: close\r\n\r\n"
            )
            asked, _ = wordpress.accept()
            with asked:
                heard = asked.recv(65536)
    assert b"HTTP_HOSTshop.example" in heard
    assert b"HTTPSon" in heard
    assert b"REMOTE_ADDR198.51.100.7" in heard
    assert b"REQUEST_URI/cart/?a=%2F" in heard
