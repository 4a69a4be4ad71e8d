"""The measure of everything: a Flask hello-world under gunicorn. `python hello.py SETTINGS`, as JSON.

It gets the sidecar's own settings of gunicorn that way, and imports nothing of ours.
"""

import json
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication


class Hello(BaseApplication):  # type: ignore[misc, unused-ignore]
    def load_config(self) -> None:
        for name, value in json.loads(sys.argv[1]).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        app = Flask("hello", static_folder=None)

        @app.get("/")
        def hello() -> str:
            return "Hello, World!"

        return app


if __name__ == "__main__":
    Hello().run()
