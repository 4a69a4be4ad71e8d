"""The one-sentence summary of a hand-off, made by rule from facts; no reasoning gets in.

A model's own sentence on what the customer wants may stand in front, where it is found to be no more than that.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.domain.lexicon import read
from bridge.domain.packet import SUMMARY_LIMIT

_READ = 600
"""Characters of a text that are looked at: far more than can be said."""

_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&#?\w{1,32};")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(
    r"(?:\w[\w+.-]{0,20}://|www\.|(?:javascript|data|mailto|vbscript|file|tel):)\S*"
    r"|(?<![\w-])(?<!\w\.)\.*(?:[\w-]+\.)+[^\W\d_][\w-]+(?:[/:?#]\S*)?",
    re.IGNORECASE,
)
_LEADING_DOTS = re.compile(r"(?<!\w)\.+(?=[^\W\d])")
_MARKUP = re.compile(r"[<>\[\]{}|`*~\\^=]+|(?<!\w)[_@#]+(?!\w)|(?<!\w)[_@]+(?=\w)|(?<=\w)_+(?!\w)|&(?=\w*;)")
_SENTENCE_END = re.compile(r"\s*(?:[.!?…:]+(?=\s|$)|[。！？]+)\s*")
_STACKED = re.compile(r"([\u0300-\u036f]{2})[\u0300-\u036f]+")
_TOKEN = re.compile(r"\s*(?:[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+)")
_MONEY_WORDS = re.compile(r"charge|invoice|bill|fee|payment|refund|price", re.IGNORECASE)
_TIMES = {2: "twice"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a summary may be made of, and nothing else.

    Attributes:
        topic: what it is about, such as "an incorrect charge"; None when it is not known.
        issue: the thing that it is about, such as "invoice #8821".
        quoted: the visitor's words that are quoted where no topic is known.
        times_raised: how many messages were about it.
        bot_answered: the bot has answered at all, so that there could have been a resolution.
        bot_failures: how many of the bot's answers failed.
        asked_for_person: the visitor asked for a person.
        tier: the customer's tier; empty when it says nothing.
        tier_assumed: it was assumed, because the CRM did not answer.
        unverified: whose account it is, is known from an address that the visitor typed.
        sla: the customer's service agreement, if any.
        order_value: the value of the largest order, such as "900.00 USD".
    """

    topic: str | None
    issue: str | None
    quoted: str
    times_raised: int
    bot_answered: bool
    bot_failures: int
    asked_for_person: bool
    tier: str
    tier_assumed: bool
    unverified: bool
    sla: str | None
    order_value: str | None


@dataclass(frozen=True, slots=True)
class Polished:
    """A model's sentence on what the customer wants, and what it is held against.

    Attributes:
        sentence: as the model wrote it; empty where there is none.
        heard: the folded words that carry content in what the visitor wrote.
        known: what the CRM knows of the customer: not to be named, unless the visitor has named it.
        tiers: the tiers of the policy: not to be named at all, so that nobody writes their own.
    """

    sentence: str = ""
    heard: frozenset[str] = frozenset()
    known: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()


NOT_POLISHED = Polished()


def summarize(facts: Facts, polished: Polished = NOT_POLISHED) -> str:
    """One sentence of at most 160 characters: no URL, no markup, no line break, no word cut.

    "Customer reports an incorrect charge on invoice #8821, disputed twice, no resolution; SLA-eligible account". What
    does not fit is left out, the least important first.
    """
    head = _sound(polished, facts) or _head(facts)
    said = list(_said(facts))
    account = list(_account(facts))
    for least in _LEAST_IMPORTANT_FIRST:
        sentence = _joined(head, said, account)
        if len(sentence) <= SUMMARY_LIMIT:
            return sentence
        said = [clause for clause in said if clause[0] != least]
        account = [clause for clause in account if clause[0] != least]
    return _joined(head, said, account)


def _sound(polished: Polished, facts: Facts) -> str:
    """The model's sentence without its full stop, or nothing: see `Polished` for what it may not be.

    It has to be one plain sentence that names what the visitor wrote about, and neither their rank nor what only the
    CRM knows. (What claims something was left out when the answer came: see `bridge.service.answer_turn`.)
    """
    line = polished.sentence.strip().removesuffix(".")
    if not line or len(polished.sentence) > SUMMARY_LIMIT or _clean(line) != line:
        return ""
    words = set(read(line).words)
    about = polished.heard | _words_in(facts.topic, facts.issue) - _EMPTY
    barred = _RANKS | _words_in(*polished.tiers) | (_words_in(*polished.known) - polished.heard)
    return line if words & about and not words & barred else ""


def _words_in(*texts: str | None) -> set[str]:
    return {word for text in texts if text for word in read(text).words}


_RANKS = frozenset({"tier", "sla", "vip", "priority", "urgent", "verified", "queue"})
_EMPTY = frozenset({"a", "an", "the", "of", "on", "to", "for", "with", "in"})
"""Words of a topic that name nothing."""

_HEAD_LIMIT = 118
"""Leaves room for what must be said in any case: raised how often, and that there is no resolution."""

_LEAST_IMPORTANT_FIRST = ("order", "bot", "assumed", "person", "account", "times", "resolution")

_Clause = tuple[str, str]


def _joined(head: str, said: Sequence[_Clause], account: Sequence[_Clause]) -> str:
    sentence = ", ".join([head, *(text for _, text in said)])
    return sentence + ("; " + ", ".join(text for _, text in account) if account else "")


def _head(facts: Facts) -> str:
    topic, issue = _words(facts.topic or "", 60), _words(facts.issue or "", 40)
    if topic:
        return f"Customer reports {topic} on {issue}" if issue else f"Customer reports {topic}"
    if issue:
        return f"Customer writes about {issue}"
    quoted = _words(facts.quoted, _HEAD_LIMIT - len('Customer writes ""'))
    return f'Customer writes "{quoted}"' if quoted else "Customer asks for help"


def _said(facts: Facts) -> Iterator[_Clause]:
    if facts.times_raised > 1:
        verb = "disputed" if _MONEY_WORDS.search(facts.topic or "") else "raised"
        yield "times", f"{verb} {_TIMES.get(facts.times_raised, f'{facts.times_raised} times')}"
    if facts.bot_answered:
        yield "resolution", "no resolution"
    if facts.asked_for_person:
        yield "person", "asks for a person"
    if facts.bot_failures > 0:
        yield "bot", f"bot failed {facts.bot_failures} times" if facts.bot_failures > 1 else "bot failed once"


def _account(facts: Facts) -> Iterator[_Clause]:
    tier = _words(facts.tier, 30)
    kinds = [word for word in ("SLA-eligible" if facts.sla else "", tier) if word]
    if kinds:
        yield "account", f"{'UNVERIFIED ' if facts.unverified else ''}{' '.join(kinds)} account"
    if tier and facts.tier_assumed:
        yield "assumed", "tier assumed"
    value = _words(facts.order_value or "", 30)
    if value:
        yield "order", f"largest order {value}"


def _words(text: str, limit: int) -> str:
    """As many whole words of the cleaned text as fit; an ellipsis says that there are more."""
    clean = _clean(text)
    if len(clean) <= limit:
        return clean
    kept = ""
    for token in _TOKEN.findall(clean):
        if len(kept) + len(token) > limit - 2:
            break
        kept += token
    return f"{kept.rstrip(' ,;')} …" if kept else ""


def _clean(text: str) -> str:
    """One line of plain words: no tags, links, addresses, markup, invisible characters or ends of sentences."""
    line = _visible(html.unescape(html.unescape(text[:_READ])))
    line = _LEADING_DOTS.sub(" ", _TAG.sub(" ", line))
    line = _MAIL.sub("(e-mail)", line)
    line = _LINK.sub("(link)", line)
    line = _ENTITY.sub(" ", line)
    line = _MARKUP.sub(" ", line).replace('"', "'").replace("//", " ")
    line = _SENTENCE_END.sub(", ", line)
    return " ".join(re.sub(r"\s*[,;](?:\s*[,;])*", ",", line).split()).strip(" ,;-")


def _visible(text: str) -> str:
    """Compatible characters as plain ones, white space as spaces, controls and direction marks gone."""
    plain = unicodedata.normalize("NFKC", text)
    kept = (" " if char.isspace() else char for char in plain if char.isspace() or unicodedata.category(char)[0] != "C")
    return _STACKED.sub(r"\1", "".join(kept))
