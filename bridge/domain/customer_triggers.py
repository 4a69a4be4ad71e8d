"""Triggers over what is known of the customer: tier, orders, service level, tickets, and whether the CRM answered."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from bridge.domain import languages, lexicon
from bridge.domain.customer import Fetch
from bridge.domain.signals import content_words
from bridge.domain.situation import Firing, Situation
from bridge.domain.values import Frozen, Text80

_LEAST_DIGITS: Final = 3
_GENERIC: Final = {
    "help", "problem", "problems", "issue", "issues", "question", "questions", "request", "ticket", "support",
    "customer", "order", "orders",
    "hilfe", "frage", "fragen", "anfrage", "kunde", "kundin", "bestellung", "bestellungen",
    "ayuda", "problema", "problemas", "pregunta", "consulta", "solicitud", "cliente", "pedido", "pedidos",
    "aide", "probleme", "demande", "client", "commande", "commandes",
    "ajuda", "pergunta", "perguntas", "duvida", "duvidas", "solicitacao", "encomenda", "encomendas", "suporte",
    "aiuto", "problemi", "domanda", "domande", "richiesta", "richieste", "ordine", "ordini", "assistenza",
    "hulp", "probleem", "problemen", "vraag", "vragen", "aanvraag", "verzoek", "klant", "bestelling", "bestellingen",
    "pomoc", "problemy", "pytanie", "pytania", "prosba", "zgloszenie", "klient", "zamowienie", "zamowienia",
}  # fmt: skip
"""Folded words that say nothing of what a ticket is about."""

Amount = Annotated[float, Field(gt=0, le=1e12)]
CURRENCY = r"^[A-Z]{3}$"
Currency = Annotated[str, Field(pattern=CURRENCY)]


class TierAtLeast(Frozen):
    """The customer's tier is `tier` or a higher one."""

    type: Literal["tier_at_least"] = "tier_at_least"
    tier: Text80

    def fires(self, s: Situation) -> Firing | None:
        tier = s.customer.tier
        if tier not in s.tiers or self.tier not in s.tiers or s.tiers.index(tier) < s.tiers.index(self.tier):
            return None
        assumed = ", assumed because the CRM did not answer" if s.customer.tier_assumed else ""
        return Firing(tier, self.tier, f"the customer's tier is {tier}{assumed}")


class OrderValueAtLeast(Frozen):
    """The customer's highest order in a currency reaches that currency's amount: `amount`, or one of `amounts`."""

    type: Literal["order_value_at_least"] = "order_value_at_least"
    amount: Amount | None = None
    currency: Currency | None = None
    amounts: Annotated[dict[Currency, Amount], Field(min_length=1, max_length=50)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        one = self.amount is not None and self.currency is not None
        neither = self.amount is None and self.currency is None
        if not (one if self.amounts is None else neither):
            raise ValueError("either `amount` with `currency`, or `amounts` is needed")
        return self

    @property
    def limits(self) -> Mapping[str, float]:
        """The amount of each currency."""
        if self.amount is None or self.currency is None:
            return self.amounts or {}
        return {self.currency: self.amount}

    def fires(self, s: Situation) -> Firing | None:
        limits = self.limits if s.customer.account.orders else {}
        for currency, amount in limits.items():
            orders = [order for order in s.customer.account.orders if order.currency == currency]
            highest = max(orders, key=lambda order: order.total, default=None)
            if highest is not None and highest.total >= amount:
                worth = f"{_money(highest.total)} {currency}, at or above {_money(amount)}"
                return Firing(highest.total, amount, f"order {highest.id} is worth {worth}")
        return None


class SlaAtRisk(Frozen):
    """The customer's service level leaves `minutes_left` minutes or less (it may be past)."""

    type: Literal["sla_at_risk"] = "sla_at_risk"
    minutes_left: Annotated[int, Field(ge=0, le=100_000)]

    def fires(self, s: Situation) -> Firing | None:
        left = s.customer.account.sla_minutes_left
        if left is None or left > self.minutes_left:
            return None
        why = (
            f"the service level is due in {left} minutes" if left > 0 else f"the service level is {-left} minutes past"
        )
        return Firing(left, self.minutes_left, why)


class HasOpenTicket(Frozen):
    """The customer already has a ticket with the team: about what is spoken of here (`this`), or `any`."""

    type: Literal["open_ticket"] = "open_ticket"
    about: Literal["this", "any"] = "this"

    def fires(self, s: Situation) -> Firing | None:
        tickets = s.customer.account.open_tickets
        if self.about == "any":
            return Firing(tickets[0].id, None, f"the customer has the open ticket {tickets[0].id}") if tickets else None
        said = _spoken_of(s) if tickets else frozenset()
        for ticket in tickets:
            if shared := [word for word in _subject(ticket.subject) if word in said]:
                why = f'the open ticket {ticket.id} is about this: both speak of "{" ".join(shared)}"'
                return Firing(ticket.id, None, why)
        return None


class CrmUnavailable(Frozen):
    """The CRM did not answer usably at session start."""

    type: Literal["crm_unavailable"] = "crm_unavailable"

    def fires(self, s: Situation) -> Firing | None:
        if s.customer.fetch is not Fetch.FAILED:
            return None
        return Firing(s.customer.cause, None, "the CRM did not answer, so nobody knows who this customer is")


def _spoken_of(s: Situation) -> frozenset[str]:
    """The content words of the window's messages, and the numbers of the documents that they name."""
    said = {word for turn in s.turns for word in turn.message.words.split()}
    numbers = (word for turn in s.turns if turn.message.issue for word in lexicon.read(turn.message.issue).words)
    return frozenset(said.union(number for number in numbers if any(map(str.isdigit, number))))


@lru_cache(maxsize=1024)
def _subject(text: str) -> tuple[str, ...]:
    """What a ticket's subject is about: words of content in every language, for nobody says which one it is in.

    A word that stands in most tickets and a number of fewer than three digits tell no two of them apart.
    """
    words = dict.fromkeys(content_words(text, language="").split())
    small = languages.small_words_of_all()
    return tuple(word for word in words if word not in small and word not in _GENERIC and not _small_number(word))


def _small_number(word: str) -> bool:
    return word.isdigit() and len(word) < _LEAST_DIGITS


def _money(amount: float) -> str:
    return f"{amount:,.2f}".removesuffix(".00")
