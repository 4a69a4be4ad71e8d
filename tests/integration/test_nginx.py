"""The proxy of `docker/nginx.conf` in front of a real sidecar: signed calls come through it untouched."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from support.sidecar import Caller, Live, free_port, new_session_id, over_http, running_sidecar

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
    return f"daemon off;\npid {folder}/pid;\n{text}"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Caller]]:
    folder = tmp_path_factory.mktemp("n")
    with running_sidecar(folder, f"sqlite:///{folder}/bridge.db") as live:
        yield from behind_nginx(live, folder)


def behind_nginx(live: Live, folder: Path) -> Iterator[tuple[str, Caller]]:
    port = free_port()
    (folder / "nginx.conf").write_text(adapted(live.url, port, folder), "utf-8")
    assert NGINX
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url)
        yield url, replace(live.caller(), transport=over_http(url))
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str) -> None:
    ends = time.monotonic() + 60
    while True:
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < ends, "nginx does not answer"
            time.sleep(0.05)
        else:
            return


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
