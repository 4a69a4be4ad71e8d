"""The CRM that is a file: what it finds, and that a broken file is a failed look-up and never "unknown"."""

import os
from pathlib import Path

import pytest

from bridge.adapters.crm.file import FileCrm
from bridge.domain.customer import Account, OpenTicket, Order
from bridge.domain.values import Identity, Visitor
from bridge.ports import AdapterError

BUDGET = 1.0


def visitor(email: str | None = "ann@example.org") -> Visitor:
    return Visitor(identity=Identity.CLAIMED, email=email)


def written(folder: Path, content: str | bytes, name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def look_up(folder: Path, content: str | bytes, name: str = "customers.csv", email: str = "ann@example.org") -> Account:
    found = FileCrm(written(folder, content, name)).account(visitor(email), budget=BUDGET)
    assert found is not None
    return found


FULL = Account(
    tier="enterprise",
    name="Ann Lee",
    billing_status="past due",
    sla="24x7",
    sla_minutes_left=45,
    orders=(
        Order(id="1042", total=1299.5, currency="USD", status="paid", created_at="2026-10-30"),
        Order(id="1050", total=20, currency="EUR", status="unknown"),
    ),
    open_tickets=(OpenTicket(id="77", subject="Login fails", status="open"),),
)

ROWS = """\
email,name,tier,billing_status,sla,sla_minutes_left,order_id,order_total,order_currency,order_status,\
order_created_at,ticket_id,ticket_subject,ticket_status
ann@example.org,Ann Lee,enterprise,past due,24x7,45,1042,1299.50,usd,paid,2026-10-30,77,Login fails,open
bob@example.org,Bob,standard,,,,,,,,,,,
ann@example.org,,,,,,1050,20,EUR,,,,,
"""

ORDERS = """[{""id"": 1042, ""total"": ""1299.5"", ""currency"": ""USD"", ""status"": ""paid"", \
""created_at"": ""2026-10-30""}, {""id"": ""1050"", ""total"": 20, ""currency"": ""EUR""}]"""

CELLS = f"""\
Email;Name;Tier;Billing_Status;SLA;sla_minutes_left;Orders;open_tickets;internal note
"Ann@Example.org";Ann Lee;enterprise;past due;24x7;45.9;"{ORDERS}";\
"[{{""id"": 77, ""subject"": ""Login fails"", ""status"": ""open""}}]";a note
"""

OBJECTS = """[{"email": "ann@example.org", "name": "Ann Lee", "tier": "enterprise", "billing_status": "past due",
 "sla": "24x7", "sla_minutes_left": 45, "phone": "ignored", "orders": [
 {"id": "1042", "total": 1299.5, "currency": "USD", "status": "paid", "created_at": "2026-10-30"},
 {"id": "1050", "total": 20, "currency": "EUR"}],
 "open_tickets": [{"id": "77", "subject": "Login fails", "status": "open"}]}]"""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(ROWS, "rows.csv", id="rows"),
        pytest.param(CELLS, "cells.csv", id="json cells, semicolons"),
        pytest.param(OBJECTS, "list.json", id="json"),
        pytest.param(f'{{"customers": {OBJECTS}}}', "wrapped.JSON", id="json wrapped"),
        pytest.param("\ufeff" + ROWS, "excel.csv", id="byte order mark"),
        pytest.param(ROWS.replace("\n", "\r\n"), "windows.csv", id="windows line ends"),
        pytest.param(ROWS.replace(",", "\t"), "tabs.tsv", id="tabs"),
    ],
)
def test_the_same_customer_from_every_form(tmp_path: Path, content: str, name: str) -> None:
    assert look_up(tmp_path, content, name) == FULL


@pytest.mark.parametrize("email", ["ANN@EXAMPLE.ORG", " ann@example.org ", "Ann@Example.Org"])
def test_address_is_compared_without_case(tmp_path: Path, email: str) -> None:
    assert look_up(tmp_path, ROWS, email=email).tier == "enterprise"


def test_address_that_is_not_in_the_file_is_not_found(tmp_path: Path) -> None:
    crm = FileCrm(written(tmp_path, ROWS))
    assert crm.account(visitor("eve@example.org"), budget=BUDGET) is None
    assert crm.account(visitor(None), budget=BUDGET) is None


def test_empty_list_knows_nobody_and_is_no_fault(tmp_path: Path) -> None:
    assert FileCrm(written(tmp_path, "email,tier\n")).account(visitor(), budget=BUDGET) is None
    assert FileCrm(written(tmp_path, "[]", "a.json")).account(visitor(), budget=BUDGET) is None


def test_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = written(tmp_path, "email,tier\nann@example.org,standard\n")
    crm = FileCrm(path)
    assert crm.account(visitor(), budget=BUDGET) == Account(tier="standard")
    written(tmp_path, "email,tier\nann@example.org,business\n")
    os.utime(path, ns=(1, 1))
    assert crm.account(visitor(), budget=BUDGET) == Account(tier="business")


def test_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = written(tmp_path, "email,tier\nann@example.org,standard\n")
    crm = FileCrm(path)
    before = path.stat()
    crm.account(visitor(), budget=BUDGET)
    path.write_text("email,tier\nann@example.org,business\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert crm.account(visitor(), budget=BUDGET) == Account(tier="standard")


def test_missing_file_is_a_failed_look_up_and_recovers(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS)
    crm = FileCrm(path)
    crm.account(visitor(), budget=BUDGET)
    path.unlink()
    with pytest.raises(AdapterError, match="file: No such file"):
        crm.account(visitor(), budget=BUDGET)
    written(tmp_path, ROWS)
    assert crm.account(visitor(), budget=BUDGET) == FULL


@pytest.mark.parametrize(
    ("content", "name", "detail"),
    [
        ("", "a.csv", "no column named email"),
        ("mail,tier\na@example.org,x\n", "a.csv", "no column named email"),
        (b"email,tier\nj\xf6rg@example.org,x\n", "a.csv", "not UTF-8"),
        ('email,tier\n"ann@example.org,x\n', "a.csv", "no CSV at line"),
        ("", "a.json", "no JSON"),
        ('[{"email": "ann@example.org"', "a.json", "no JSON"),
        ('{"ann@example.org": {}}', "a.json", "no list"),
        ('["ann@example.org"]', "a.json", "no list"),
        ("[" * 100_000, "a.json", "no JSON"),
    ],
)
def test_broken_file_fails_for_everybody(tmp_path: Path, content: str | bytes, name: str, detail: str) -> None:
    crm = FileCrm(written(tmp_path, content, name))
    for email in ("ann@example.org", "eve@example.org"):
        for _ in range(2):
            with pytest.raises(AdapterError, match=detail):
                crm.account(visitor(email), budget=BUDGET)


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("ann@example.org,soon,1,5,USD,paid", "line 3: sla_minutes_left"),
        ("ann@example.org,,1,a lot,USD,paid", "line 3: order_total"),
        ("ann@example.org,,1,nan,USD,paid", "line 3: order_total"),
        ("ann@example.org,,1,-5,USD,paid", "line 3: orders.0.total"),
        ("ann@example.org,,1,5,$,paid", "line 3: orders.0.currency"),
        ("ann@example.org,,1,5,,paid", "line 3: orders.0.currency"),
        ("ann@example.org,,,5,USD,paid", "line 3: order_id"),
        ("ann@example.org,,1,,USD,paid", "line 3: orders.0.total"),
        ("ann@example.org,,1,5,USD,paid,surplus", "line 3: more cells than columns"),
    ],
)
def test_row_that_cannot_be_read_fails_for_its_customer_only(tmp_path: Path, row: str, detail: str) -> None:
    head = "email,sla_minutes_left,order_id,order_total,order_currency,order_status\n"
    crm = FileCrm(written(tmp_path, f"{head}bob@example.org,5,,,,\n{row}\n"))
    assert crm.account(visitor("bob@example.org"), budget=BUDGET) == Account(sla_minutes_left=5)
    with pytest.raises(AdapterError) as hit:
        crm.account(visitor(), budget=BUDGET)
    assert hit.value.detail == detail


@pytest.mark.parametrize("value", ["not json", "{}", '["1042"]', "5"])
def test_orders_cell_that_is_no_list_fails(tmp_path: Path, value: str) -> None:
    crm = FileCrm(written(tmp_path, f"email;orders\nann@example.org;{value}\n"))
    with pytest.raises(AdapterError, match="line 2: orders"):
        crm.account(visitor(), budget=BUDGET)


def test_the_first_value_counts_and_the_same_order_counts_once(tmp_path: Path) -> None:
    rows = "email,tier,order_id,order_total\na@example.org,,1,5\nA@example.org,gold,1,5\na@example.org,tin,2,6\n"
    account = FileCrm(written(tmp_path, rows), currency="USD").account(visitor("a@example.org"), budget=BUDGET)
    assert account is not None
    assert (account.tier, [order.id for order in account.orders]) == ("gold", ["1", "2"])


def test_long_and_odd_texts_are_made_to_fit(tmp_path: Path) -> None:
    account = look_up(tmp_path, f'email,name,tier\nann@example.org,"A\nn\x07n",{"x" * 300}\n')
    assert (account.name, len(account.tier or "")) == ("A n n", 80)


def test_no_error_repeats_what_the_file_holds(tmp_path: Path) -> None:
    secret = "4711-private"
    crm = FileCrm(written(tmp_path, f"email,sla_minutes_left\nann@example.org,{secret}\n"))
    with pytest.raises(AdapterError) as hit:
        crm.account(visitor(), budget=BUDGET)
    assert secret not in repr(hit.value)
    assert hit.value.__cause__ is None


def test_a_file_that_can_be_read_has_nothing_to_report(tmp_path: Path) -> None:
    assert FileCrm(written(tmp_path, ROWS)).check(budget=BUDGET) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("email,tier\n", "The file holds no customers."),
        ("email,sla_minutes_left\nann@example.org,canary\n", "A customer cannot be read: line 2: sla_minutes_left."),
    ],
)
def test_a_file_reports_what_is_wrong_with_it_and_never_a_value(tmp_path: Path, content: str, said: str) -> None:
    assert FileCrm(written(tmp_path, content)).check(budget=BUDGET) == [said]


def test_a_file_that_cannot_be_read_at_all_is_an_error_and_not_a_clean_bill(tmp_path: Path) -> None:
    with pytest.raises(AdapterError):
        FileCrm(tmp_path / "gone.csv").check(budget=BUDGET)
