"""R01, R02: kill -9 at random while sessions escalate against a bad helpdesk. `make crash` does the same with 300."""

from pathlib import Path

import pytest
from crash.control import naive_storm
from crash.report import CONTROL
from crash.storm import storm

SESSIONS = 30

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("case", "senders"), [("R01", False), ("R02", True)])
def test_r01_r02_a_storm_of_kills_leaves_one_ticket_and_one_promise_for_each_session(
    case: str, senders: bool, database: str, tmp_path: Path
) -> None:
    result = storm(case, tmp_path, database, sessions=SESSIONS, seed=1, senders=senders)
    print(result)
    assert result.more["broken"] == []
    assert (result.lost, result.dup) == (0, 0)
    assert result.kills > 0
    assert result.more["drained_s"] < 30


def test_the_same_storm_finds_duplicates_where_the_helpdesk_is_called_in_the_request(tmp_path: Path) -> None:
    result = naive_storm(CONTROL, tmp_path, sessions=2 * SESSIONS, seed=1)
    print(result)
    assert result.dup > 0
    assert result.kills > 0
