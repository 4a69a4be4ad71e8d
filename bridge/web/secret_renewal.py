"""The admin scope: a site's secrets renewed by the site itself, in two steps, so that no call is refused in between.

The new secrets are in the signed answer and nowhere else.
"""

import math

from flask import Blueprint, Response

from bridge.clock import machine_now
from bridge.domain.instants import SECOND
from bridge.ports import Scope
from bridge.service import manage_sites
from bridge.web.chat_bodies import CloseIn
from bridge.web.signed_calls import Call, answer, signed
from bridge.web.signing import SECRETS_TTL_S

renewal = Blueprint("renewal", __name__)


@renewal.post("/v1/secrets/renew")
@signed(Scope.ADMIN, CloseIn, answer="SecretsIssued", of_home=True)
def renew(call: Call[CloseIn]) -> Response:
    """Issue new secrets beside those in use; every process takes them after `valid_in_s`."""
    with call.write() as tx:
        fresh = manage_sites.issue_secrets(tx, call.site, call.secret, machine_now())
    issued = {f"{scope.value}_secret": secret for scope, secret in fresh.items()}
    return answer({**issued, "valid_in_s": math.ceil(SECRETS_TTL_S) + 1})


@renewal.post("/v1/secrets/settle")
@signed(Scope.ADMIN, CloseIn, answer="SecretsSettled")
def settle(call: Call[CloseIn]) -> Response:
    """Say that the secret of this call is in use: those made before it end after `grace_s`."""
    with call.write() as tx:
        ended = manage_sites.settle_secrets(tx, call.site, call.secret, machine_now())
    return answer({"ended": ended, "grace_s": manage_sites.OLD_SECRET_GRACE // SECOND})
