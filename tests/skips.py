"""Says which tests were skipped, and why: `python tests/skips.py build/tests.xml [--fail]`.

With `--fail` it ends with 1 when a test against WordPress or in a browser was skipped, but for those on another PHP,
which is loaded from elsewhere.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

REAL = ("tests.wordpress", "tests.browser")
OTHER_PHP = "tests.wordpress.test_other_php"


def main(report: str, *options: str) -> int:
    if not Path(report).is_file():
        print("no test has run")
        return 1
    skipped = list(skips(Path(report)))
    real = Counter(why for where, why in skipped if where.startswith(REAL))
    other = Counter(why for where, why in skipped if not where.startswith(REAL))
    print(f"WordPress and browser tests skipped: {real.total()}")
    for why, count in real.most_common():
        print(f"  {count} x {why}")
    if other:
        print(f"other tests skipped: {other.total()}")
        for why, count in other.most_common():
            print(f"  {count} x {why}")
    wanting = [where for where, _ in skipped if where.startswith(REAL) and where != OTHER_PHP]
    return int("--fail" in options and bool(wanting))


def skips(report: Path) -> Iterator[tuple[str, str]]:
    """The module of each skipped test, and the reason."""
    for case in ET.parse(report).iter("testcase"):
        for skip in case.iter("skipped"):
            if skip.get("type") != "pytest.xfail":
                yield case.get("classname") or case.get("name") or "", skip.get("message") or "no reason was given"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
