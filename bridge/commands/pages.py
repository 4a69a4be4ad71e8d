"""The site's own pages: which are known, and what a question finds in them."""

import click

from bridge.commands.common import MOST, as_json, of_site, opened, print_json, print_rows, the_site
from bridge.commands.groups import Ordered
from bridge.domain.instants import to_rfc3339
from bridge.domain.passages import Page
from bridge.domain.values import Json
from bridge.service.answer_turn import MOST_PASSAGES

SHOWN = 300
"""Characters of a passage that a person at a terminal reads."""


@click.group("pages", cls=Ordered)
def pages() -> None:
    """The pages that a responder answers from."""


@pages.command("list")
@of_site
@as_json
def pages_list(site_id: str | None, *, as_json: bool) -> None:
    """List the pages that the plugin has sent."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        known = tx.pages.all(the_site(tx, site_id).id)
    if as_json:
        print_json({"pages": [show(one) for one in known]})
        return
    rows = [(one.kind, one.language or "-", to_rfc3339(one.modified_at), one.title, one.url) for one in known[:MOST]]
    print_rows(("KIND", "LANGUAGE", "CHANGED", "TITLE", "ADDRESS"), rows, nothing="No page is known.")
    if len(known) > MOST:
        click.echo(f"and {len(known) - MOST} more; --json prints them all")


@pages.command("search")
@click.argument("question")
@click.option("--language", default="", metavar="CODE", help="Such as de.  [guessed]")
@of_site
@as_json
def pages_search(question: str, language: str, site_id: str | None, *, as_json: bool) -> None:
    """Show what a visitor's question finds, the best first."""
    with opened() as assembly, assembly.bridge.store.read() as tx:
        found = tx.pages.search(the_site(tx, site_id).id, question, language, MOST_PASSAGES)
    if as_json:
        print_json({"passages": [{"title": one.title, "url": one.url, "text": one.text} for one in found]})
        return
    if not found:
        click.echo("Nothing: a responder would have to say that it does not know.")
    for one in found:
        text = one.text if len(one.text) <= SHOWN else f"{one.text[:SHOWN]} …"
        click.echo(f"{one.title}  {one.url}\n{text}\n")


def show(page: Page) -> Json:
    """A page as scripts read it."""
    return {
        "id": page.id,
        "kind": page.kind,
        "url": page.url,
        "title": page.title,
        "language": page.language,
        "modified_at": to_rfc3339(page.modified_at),
    }
