"""The documents say what the code does: names, defaults, addresses, links and examples."""

import re
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml
from pydantic import SecretStr

from bridge.cli import cli
from bridge.config import PREFIX, SECRETS, Settings, SiteSettings
from bridge.domain import languages, messages
from bridge.domain.calendars import Calendar
from bridge.domain.policy import Flow, Match, Policy, Queue, Rule, Thresholds
from bridge.domain.policy_check import check_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.triggers import Trigger
from bridge.web import problems
from bridge.web.ops import METRICS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FOLDERS = ("docs", "docker")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
TO_COME = {"docs/images/escalation.png"}
"""What `make screenshots` puts there."""


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """The table rows of a document by what stands in backticks in their first cell."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        name = re.match(r"`([^`]+)`", cells[0]) if cells else None
        if name:
            found[name[1]] = cells[1:]
    return found


# -- settings ----------------------------------------------------------------------------------------------------------


def documented_settings() -> dict[str, list[str]]:
    return {name: cells for name, cells in rows(read("settings.md")).items() if name.startswith(PREFIX)}


def test_every_setting_is_documented_and_no_other() -> None:
    fields = {PREFIX + name.upper() for name in Settings.model_fields if name != "sites"}
    assert documented_settings().keys() == fields


def test_the_documented_defaults_are_the_real_ones() -> None:
    def shown(value: Any) -> str:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        return f"`{plain}`" if plain != "" else "empty"

    real = {PREFIX + n.upper(): shown(f.default) for n, f in Settings.model_fields.items() if n != "sites"}
    assert {name: cells[0] for name, cells in documented_settings().items()} == real


def test_the_settings_that_may_differ_by_site_stand_in_their_own_table() -> None:
    by_site, _, _ = read("settings.md").partition("## What is the same for every site")
    assert rows(by_site).keys() == {PREFIX + name.upper() for name in SiteSettings.model_fields}


def test_secrets_are_called_secrets() -> None:
    called = {name for name, cells in documented_settings().items() if "A secret" in cells[-1]}
    assert called == {PREFIX + name.upper() for name in SECRETS}


# -- API, metrics, command line ----------------------------------------------------------------------------------------


def every_slug() -> set[str]:
    """Those of `EVERY` and of every other problem that the web layer makes."""
    sources = (path.read_text("utf-8") for path in (ROOT / "bridge" / "web").glob("*.py"))
    made = {slug for source in sources for slug in re.findall(r'Problem\(\s*"([a-z-]+)"', source)}
    return made | {problem.slug for problem in problems.ALL_PROBLEMS}


def test_every_problem_is_documented_and_no_other() -> None:
    _, _, part = read("api.md").partition("## Problems")
    assert rows(part).keys() == every_slug()


def test_every_problem_is_documented_with_its_status() -> None:
    _, _, part = read("api.md").partition("## Problems")
    documented = {slug: cells[0] for slug, cells in rows(part).items()}
    real = {problem.slug: str(problem.status) for problem in problems.ALL_PROBLEMS}
    assert documented | real == documented


def test_every_call_is_documented() -> None:
    documented = set(re.findall(r"`(GET|POST|PUT|DELETE) (/v1/[^`?]*)", read("api.md")))
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "bridge" / "web").glob("*.py"))
    routes = re.findall(r'\.(get|post|put|delete)\(\s*"(/v1/[^"]+)"', sources)
    assert documented == {(method.upper(), re.sub(r"<(\w+)>", r"{\1}", path)) for method, path in routes}


def test_every_metric_is_documented_and_no_other() -> None:
    documented = {name for name in rows(read("metrics.md")) if name.startswith("bridge_")}
    assert documented == {f"bridge_{name}" for name in METRICS}


def plugin_sources(kind: str) -> str:
    plugin = ROOT / "wp-plugin" / "escalation-bridge"
    return "".join(path.read_text("utf-8") for path in sorted(plugin.rglob(kind)) if "languages" not in path.parts)


def test_every_hook_of_the_plugin_is_documented_and_no_other() -> None:
    called = set(re.findall(r"(?:apply_filters|do_action)\( '(escbridge_\w+)'", plugin_sources("*.php")))
    hooks = read("plugin-developers.md").partition("## Hooks")[2].partition("## REST")[0]
    assert set(re.findall(r"^\| `(escbridge_\w+)`", hooks, re.MULTILINE)) == called


def test_every_event_and_property_for_a_theme_is_documented_and_no_other() -> None:
    text = read("plugin-developers.md")
    told = set(re.findall(r"\btell\('(\w+)'", plugin_sources("*.js")))
    assert set(re.findall(r"`escbridge:(\w+)`", text)) == told
    looks = text.partition("## Looks")[2].partition("##")[0]
    documented = {name.removeprefix("--escbridge") for name in re.findall(r"`((?:--escbridge)?-[\w-]+)`", looks)}
    styles = plugin_sources("*.css") + plugin_sources("*.js")
    assert documented == set(re.findall(r"var\(--escbridge(-[\w-]+)", styles))


def test_every_limit_of_the_plugin_is_documented_and_no_other() -> None:
    limits = re.search(r"const DEFAULTS = array\((.*?)\n\t\);", plugin_sources("Limits.php"), re.DOTALL)
    assert limits
    row = next(line for line in read("plugin-developers.md").splitlines() if line.startswith("| `escbridge_limits`"))
    kinds = set(re.findall(r"'(\w+)'\s*=> array", limits[1]))
    assert {name for name in re.findall(r"`(\w+)`", row) if name in kinds} == kinds


def named(group: click.Group) -> dict[str, click.Command]:
    """The commands of a group, by name."""
    context = click.Context(group)
    return {name: command for name in group.list_commands(context) if (command := group.get_command(context, name))}


def every_command(group: click.Group, prefix: str) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in named(group).items():
        path = f"{prefix} {name}"
        if isinstance(command, click.Group):
            found |= every_command(command, path)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            found[path] = command
    return found


def test_every_command_is_documented_with_its_options_and_no_other() -> None:
    documented: dict[str, set[str]] = {}
    for usage in rows(read("cli.md")):
        if usage.startswith("bridge "):
            words = re.split(r" (?=[A-Z\[-])", usage)
            documented.setdefault(words[0], set()).update(re.findall(r"--[a-z-]+", usage))
    real = {
        path: {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("--")}
        for path, command in every_command(cli, "bridge").items()
    }
    assert documented == {path: options - {"--help"} for path, options in real.items()}


# -- policy ------------------------------------------------------------------------------------------------------------


def trigger_models() -> dict[str, Any]:
    union, *_ = get_args(Trigger)
    return {model.model_fields["type"].default: model for model in get_args(union)}


def test_every_trigger_is_documented_with_what_it_takes_and_no_other() -> None:
    _, _, part = read("policy.md").partition("## Triggers")
    table, _, _ = part.partition("```yaml")
    documented = {name: set(re.findall(r"`([a-z_]+)`", cells[1])) for name, cells in rows(table).items()}
    real = {name: set(model.model_fields) - {"type"} for name, model in trigger_models().items()}
    assert documented == real


def test_every_word_list_is_documented() -> None:
    line = next(line for line in read("policy.md").splitlines() if line.startswith("The lists for `words`"))
    assert set(re.findall(r"`([a-z_]+)`", line)) - {"words"} == set(languages.list_names())


def test_every_message_is_documented_with_its_placeholders_and_no_other() -> None:
    _, _, part = read("policy.md").partition("## Messages")

    def placeholders(cell: str) -> tuple[str, ...]:
        return tuple(re.findall(r"`\{(\w+)\}`", cell))

    documented = {n: (c[0], placeholders(c[1]), placeholders(c[2])) for n, c in rows(part).items()}
    assert documented == {name: (key.purpose, key.one_of, key.may) for name, key in messages.KEYS.items()}


def test_every_part_of_the_policy_is_spoken_of() -> None:
    text = read("policy.md")
    parts = {name for model in (Policy, Rule, Queue, Flow, Match, Thresholds) for name in model.model_fields}
    assert {name for name in parts if name not in text} == set()


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", read("policy.md") + read("hours.md"), re.DOTALL)


def with_the_rest_of_the_shipped_one(example: str) -> str:
    whole: dict[str, Any] = yaml.safe_load(shipped_document())
    for part, value in yaml.safe_load(example).items():
        if isinstance(value, dict):
            whole[part] = {**whole.get(part, {}), **value}
        else:
            whole[part] = [*value, *whole[part]] if part == "rules" else value
    return yaml.safe_dump(whole)


@pytest.mark.parametrize("example", examples())
def test_every_example_of_a_policy_can_be_used_as_it_stands(example: str) -> None:
    document = example if example.startswith("# complete") else with_the_rest_of_the_shipped_one(example)
    policy, findings = check_policy(document)
    assert [str(finding) for finding in findings] == []
    assert policy is not None


def test_every_key_of_a_calendar_is_documented_and_no_other() -> None:
    _, _, part = read("hours.md").partition("## A calendar")
    assert rows(part.partition("\n## ")[0]).keys() == set(Calendar.model_fields)


# -- links -------------------------------------------------------------------------------------------------------------


def links(path: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    dead = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert [link for link in dead if link not in TO_COME] == []


def test_every_test_file_that_a_guarantee_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", read("guarantees.md")))
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    code = re.findall(r"`([^`]*)`|^(make .*)$", path.read_text("utf-8"), re.MULTILINE)
    commands = [command for pair in code for command in pair if command.startswith("make ")]
    named = {word for one in commands for word in one.partition("#")[0].split()[1:] if word.isalpha()}
    assert {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()
