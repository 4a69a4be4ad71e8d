"""What this machine can run. Where it cannot, a test is skipped with the reason; it fails instead where
ESCBRIDGE_REQUIRE_WORDPRESS=1 says that the machine must be able to."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from other_php import PhpUnavailableError, other_php
from support.chromium import installed
from wordpress_core import SUITES, CoreUnavailableError, wordpress_core

VERSIONS = dict(zip(("6.1", "6.8", "newest"), SUITES, strict=True))
USUAL = "6.8"
CHOSEN = os.environ.get("ESCBRIDGE_WORDPRESS")
"""One of VERSIONS, on which everything is then run; without it the usual one has all tests, the others a few."""

features_off = (
    "WebUIOmniboxPopup",  # both draw pages of their own behind the address bar of every window, for nobody
    "WebUIOmniboxAimPopup",
    # The last list counts: of what Playwright switches off, all that pages or their loading can notice is said again.
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
chromium_args = (
    f"--disable-features={','.join(features_off)}",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # it reaches this machine only
    "--no-sandbox",  # root has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def cannot(reason: str) -> NoReturn:
    if os.environ.get("ESCBRIDGE_REQUIRE_WORDPRESS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def suite() -> str:
    """Of the WordPress that most tests run on."""
    version = CHOSEN or USUAL
    if version not in VERSIONS:
        raise pytest.UsageError(f"ESCBRIDGE_WORDPRESS={version}: it is one of {', '.join(VERSIONS)}")
    return VERSIONS[version]


def suites() -> Sequence[str]:
    """Of every WordPress that a test of all of them runs on."""
    return (suite(),) if CHOSEN else SUITES


def core_or_skip(suite: str) -> Path:
    try:
        return wordpress_core(suite)
    except CoreUnavailableError as error:
        cannot(f"no WordPress core of {suite}: {error}")


def php_or_skip(version: str) -> tuple[str, ...]:
    """The command of another PHP. Where it cannot be loaded nothing is wrong with the machine, so it never fails."""
    try:
        return other_php(version)
    except PhpUnavailableError as error:
        pytest.skip(f"no PHP {version}: {error}")


def chromium() -> str:
    return installed() or cannot("no Chromium here (tests/install_system.sh installs it)")
