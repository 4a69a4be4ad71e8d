"""The admin scope: the site's own pages, pushed by the plugin."""

from flask import Blueprint, Response

from bridge.ports import Scope
from bridge.service.index_pages import ForeignPage, change_pages, prepare
from bridge.web import problems
from bridge.web.admin_bodies import PagesIn
from bridge.web.signed_calls import Call, answer, signed

pages = Blueprint("pages", __name__)


@pages.put("/v1/pages")
@signed(Scope.ADMIN, PagesIn, answer="PagesChanged", of_home=True)
def change(call: Call[PagesIn]) -> Response:
    """Tell what the site has published, changed or taken away."""
    try:
        changes = prepare(call.bridge, call.site, call.body.changes())
    except ForeignPage as error:
        raise problems.bad_member(f"/pages/{error.number}/url", str(error)) from None
    with call.write() as tx:
        changed = change_pages(tx, call.site, changes)
    return answer(changed)
