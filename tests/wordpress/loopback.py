"""What every test server here needs: a free port, and calls that no proxy of the machine gets to see."""

import socket

import requests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def direct_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
