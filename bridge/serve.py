"""The sidecar's server: gunicorn with threads, its settings from ours, each worker with its own assembled product."""

import gc
import logging
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped, unused-ignore]
from gunicorn.glogging import Logger  # type: ignore[import-untyped, unused-ignore]

from bridge import bootstrap, logs
from bridge.bootstrap import Assembly
from bridge.config import Settings, SettingsRefused, read_settings
from bridge.domain import judging
from bridge.memory import share_arenas
from bridge.patient_worker import SPARE_THREADS
from bridge.up import bind_fault
from bridge.web.app import Parts
from bridge.web.app import create_app as flask_app

log = structlog.get_logger()

GRACEFUL_TIMEOUT_S = 45
"""Seconds that work in flight gets to end after SIGTERM: longer than a desk or a mail server may take."""
ADDRESS_TIMEOUT_S, RETRY_INTERVAL_S = 5.0, 0.1
"""Seconds that the sidecar waits for its address, which its predecessor may be leaving; and between two looks."""
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a memory file system, where gunicorn's heartbeat file costs nothing


def serve(settings: Settings) -> None:
    """Run the sidecar until a signal ends it; the process ends with it.

    Raises:
        SettingsRefused, PolicyRefused, MigrationBroken: it cannot start; see `prepare` and `wait_for`.
    """
    share_arenas()
    prepare(settings)
    wait_for(settings.bind)
    judging.warm()  # once for all workers, those included that take the place of one that died
    gc.freeze()  # not collected before: with all that is loaded it took a tenth of the start, and found next to nothing
    gc.enable()  # see the command, which has disabled it
    Sidecar(settings).run()


def wait_for(bind: str) -> None:
    """Wait until the sidecar can listen there.

    Raises:
        SettingsRefused: it still cannot after `ADDRESS_TIMEOUT_S`.
    """
    ends = time.monotonic() + ADDRESS_TIMEOUT_S
    while fault := bind_fault(bind):
        if time.monotonic() >= ends:
            raise SettingsRefused(fault)
        time.sleep(RETRY_INTERVAL_S)


def prepare(settings: Settings) -> None:
    """Bring the schema and the policy file in, and see that each site's systems can be made.

    It happens once, before any worker is forked, and leaves no connection open: one that is forked along breaks.

    Raises:
        SettingsRefused: the policy file cannot be read, or a site's systems lack a setting.
        PolicyRefused: the policy file has an error.
        MigrationBroken: rows were left without their parents; it was rolled back.
    """
    if bootstrap.schema_fault(settings):
        bootstrap.migrate(settings)
        gc.collect()  # what Alembic leaves behind would be kept for good, see `serve`
    assembly = bootstrap.build(settings, deliver_at_once=False)
    try:
        bootstrap.import_policy_file(assembly)
        bootstrap.make_systems(assembly)
    finally:
        assembly.close()


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application, for another server than ours: `bridge.serve:create_app`, called with nothing.

    The schema has to be there: `bridge migrate`.
    """
    settings = settings or read_settings()
    logs.configure(settings.log_level)
    return _app_over(bootstrap.build(settings))


def _app_over(assembly: Assembly) -> Flask:
    judging.warm()
    return flask_app(Parts(assembly.bridge, partial(bootstrap.schema_fault, assembly.settings)))


def _settle() -> None:
    """What is loaded by now stays: looking through it again and again cost a tenth of a turn, and copies of it."""
    gc.collect()
    gc.freeze()


class JsonLogger(Logger):  # type: ignore[misc, unused-ignore]
    """gunicorn's own lines through our handler: JSON, on standard error."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn once its settings are known."""
        self.loglevel = self.LOG_LEVELS.get(cfg.loglevel.lower(), logging.INFO)
        self.error_log.setLevel(self.loglevel)
        self.error_log.handlers = []
        self.error_log.propagate = True


class Sidecar(BaseApplication):  # type: ignore[misc, unused-ignore]
    """gunicorn around our app; the app is built in the worker, so that nothing opened is ever forked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._assembly: Assembly | None = None
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in gunicorn_settings(self._settings).items():
            self.cfg.set(name, value)
        self.cfg.set("when_ready", self._announce)
        self.cfg.set("worker_exit", self._shut)

    def load(self) -> Flask:
        """Called by gunicorn in each worker."""
        self._assembly = bootstrap.build(self._settings)
        app = _app_over(self._assembly)
        _settle()
        return app

    def _announce(self, _arbiter: Any) -> None:
        log.info("sidecar.started", bind=self._settings.bind, workers=self._settings.workers)

    def _shut(self, _arbiter: Any, _worker: Any) -> None:
        if self._assembly:
            self._assembly.close()


def gunicorn_settings(settings: Settings) -> dict[str, Any]:
    """What differs from gunicorn's defaults. `timeout` watches the worker itself; requests have deadlines of ours."""
    return {
        "bind": settings.bind,
        "worker_class": "bridge.patient_worker.PatientWorker",
        "workers": settings.workers,
        "threads": settings.threads + SPARE_THREADS,
        "preload_app": False,
        "control_socket_disable": True,
        "worker_tmp_dir": str(MEMORY_FOLDER) if os.access(MEMORY_FOLDER, os.W_OK) else None,
        "timeout": 60,
        "graceful_timeout": GRACEFUL_TIMEOUT_S,
        "keepalive": 5,
        "limit_request_line": 8190,
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "accesslog": None,
        "logger_class": JsonLogger,
        "loglevel": "warning" if settings.log_level == "info" else settings.log_level,
    }
