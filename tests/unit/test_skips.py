"""What may be skipped where everything has to run."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "skips.py"
CASE = '<testcase classname="tests.{where}" name="test_it"><skipped type="{kind}" message="{why}"/></testcase>'


@pytest.fixture(scope="module")
def skips() -> object:
    spec = importlib.util.spec_from_file_location("skips", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(folder: Path, *reasons: str, kind: str = "pytest.skip") -> str:
    cases = "".join(CASE.format(where="crash.test_disks", kind=kind, why=why) for why in reasons)
    (folder / "tests.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return str(folder / "tests.xml")


@pytest.mark.parametrize(
    "why",
    [
        "no loop devices",
        "strace is not installed",
        "libfaketime is not installed: sudo tests/install_system.sh",
        "nginx is not installed (Debian: nginx-light)",
        "no PostgreSQL server is installed (Debian: postgresql)",
        "no Chromium here (tests/install_system.sh installs it)",
        "php is not installed; contract not present: zendesk.json",
    ],
)
def test_what_a_complete_machine_would_run_may_not_be_skipped(
    skips: object, tmp_path: Path, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    of = report(tmp_path, why, "contract not present: linear/schema.graphql")
    assert (skips.main(of, "--fail"), skips.main(of)) == (1, 0)  # type: ignore[attr-defined]
    assert f"1 x {why}" in capsys.readouterr().out


def test_what_is_no_fault_of_the_machine_may_be_skipped(skips: object, tmp_path: Path) -> None:
    reasons = ("contract not present: linear/schema.graphql", "email makes no calls", "no PHP 7.4: npm has no network")
    assert skips.main(report(tmp_path, *reasons), "--fail") == 0  # type: ignore[attr-defined]
    assert skips.main(report(tmp_path, "it fails today", kind="pytest.xfail"), "--fail") == 0  # type: ignore[attr-defined]


def test_a_report_that_is_not_there_is_a_failure(skips: object, tmp_path: Path) -> None:
    assert skips.main(str(tmp_path / "none.xml")) == 1  # type: ignore[attr-defined]
