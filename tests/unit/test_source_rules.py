"""S25: what the product's own Python never does, and no rule of ruff or import-linter looks for.

Each rule is shown lines that break it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SET|SHOW|PRAGMA|ALTER|CREATE|DROP|WHERE|ORDER BY)\b")
CHECKS = ("verify", "check_hostname")
LOGGED = {"debug", "info", "warning", "error", "exception", "critical", "bind"}
SECRET = re.compile(r"secret|token|password|signature|authorization|api_key", re.IGNORECASE)
PERSONAL = re.compile(r"^(email|address|phone|body|raw|text|transcript|visitor|customer|headers)$", re.IGNORECASE)
PROXIES = re.compile(r"^(http_)?(x[-_]forwarded|x[-_]real[-_]ip|forwarded$)", re.IGNORECASE)


@cache
def product() -> dict[str, list[ast.AST]]:
    """Everything that stands in each file of the product."""
    files = sorted(path for package in ("bridge", "scheduler") for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): list(ast.walk(ast.parse(path.read_text("utf-8")))) for path in files}


def called(node: ast.AST) -> str:
    """The last name of what is called; empty where nothing is."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def names_in(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def begins(node: ast.AST) -> str:
    """How a text that is put together begins; empty where it is a constant, or begins with a value."""
    if isinstance(node, ast.JoinedStr):
        first: ast.AST | None = node.values[0] if len(node.values) > 1 else None
    elif isinstance(node, ast.BinOp):
        first = node.left
    else:
        of = getattr(node, "func", None)
        first = of.value if called(node) == "format" and isinstance(of, ast.Attribute) else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def puts_values_into_sql(node: ast.AST) -> bool:
    return bool(SQL.match(begins(node)))


def checks_no_certificate(node: ast.AST) -> bool:
    off = getattr(getattr(node, "value", None), "value", None) is False
    if isinstance(node, ast.keyword):
        return off and node.arg in CHECKS
    if isinstance(node, ast.Assign):
        return off and any(name in CHECKS for one in node.targets for name in names_in(one))
    return isinstance(node, ast.Attribute) and node.attr in ("CERT_NONE", "_create_unverified_context")


def logs_what_is_nobodys_business(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and called(node) in LOGGED and "log" in names_in(node.func)):
        return False
    told = [*node.args, *(one.value for one in node.keywords if one.arg != "exc_info")]
    names = [name for one in told for name in names_in(one)] + [one.arg or "" for one in node.keywords]
    return any(SECRET.search(name) or PERSONAL.match(name) for name in names)


def compares_secrets_by_the_letter(node: ast.AST) -> bool:
    """A comparison that ends at the first wrong letter: `hmac.compare_digest` does not."""
    if not (isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)):
        return False
    sides = [node.left, *node.comparators]
    if any(isinstance(one, ast.Constant) for one in sides):
        return False
    return any(re.search("secret|signature", name, re.IGNORECASE) for one in sides for name in names_in(one))


def believes_a_proxys_header(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(PROXIES.match(node.value))


RULES: dict[Callable[[ast.AST], bool], tuple[str, ...]] = {
    puts_values_into_sql: (
        "tx.execute(f'SELECT {name}')", "sa.text('SELECT ' + name)", "run('DELETE FROM {}'.format(table))",
    ),
    checks_no_certificate: ("requests.get(url, verify=False)", "context.check_hostname = False", "ssl.CERT_NONE"),
    logs_what_is_nobodys_business: (
        "log.info('x', site=site.chat_secret)", "log.warning('x', token=1)", "log.error('x', why=visitor.email)",
    ),
    compares_secrets_by_the_letter: ("given == sign(secret, body)", "call.signature != expected"),
    believes_a_proxys_header: ("request.headers['X-Forwarded-For']", "environ['HTTP_X_REAL_IP']"),
}  # fmt: skip
ALLOWED = {
    (puts_values_into_sql, "bridge/store/database.py"): 3,  # names of settings, and ours: no statement can bind them
    (puts_values_into_sql, "bridge/store/database_facts.py"): 2,  # the same
    (puts_values_into_sql, "bridge/store/migrations/versions/0004_delivery.py"): 1,  # one of two constants
    (puts_values_into_sql, "bridge/adapters/crm/salesforce.py"): 7,  # SOQL binds nothing: escaped, as its test shows
    (checks_no_certificate, "bridge/adapters/mail/smtp.py"): 2,  # where the owner's settings say so
    (compares_secrets_by_the_letter, "bridge/service/manage_sites.py"): 1,  # the one that has signed, among the site's
    (compares_secrets_by_the_letter, "bridge/store/sites.py"): 1,  # a column of the table of them
}
"""How often a file may do it."""


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule, lines in RULES.items() for line in lines])
def test_a_rule_sees_what_breaks_it(rule: Callable[[ast.AST], bool], line: str) -> None:
    assert any(map(rule, ast.walk(ast.parse(line))))


@pytest.mark.parametrize("rule", RULES)
def test_s25_no_rule_is_broken(rule: Callable[[ast.AST], bool]) -> None:
    broken: dict[str, list[int]] = {}
    assert product()
    for name, nodes in product().items():
        lines = [getattr(node, "lineno", 0) for node in nodes if rule(node)]
        if len(lines) != ALLOWED.get((rule, name), 0):
            broken[name] = lines
    assert broken == {}
