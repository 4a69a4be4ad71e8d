"""`make learn`: the weights of each language's `learned.tsv`, from the project's own phrases.

What nobody may be measured on is learned from: the sets `practice` and `examples`, and what is ordinary in the labelled
data that BRIDGE_QUALITY_DATA names; never the set `held_out`. A linear model over words and pairs of near words, in
scikit-learn, whose bias is then moved so that by cross-validation as few ordinary texts as `KINDS` says are taken for
the kind. The same data give the same files.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from quality.data import LANGUAGES, TWEET_LANGUAGES, Data, Missing, Phrases, development_data, phrases
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

import bridge
from bridge.domain import languages, lexicon
from bridge.domain.learned import CLOSING, OPENING, features, tokens_of

LEARNED_FROM: Final = ("practice", "examples")
FOLDER: Final = Path(bridge.__file__).parent / "data" / "languages"
LEAST_WEIGHT: Final = 0.12
"""Lighter ones are left out of the file."""
ORDINARY_WEIGHT: Final = 0.3
"""What an ordinary text counts beside a phrase that was written to mislead."""
COVERED: Final = 0.99
"""The share of recognised examples that have one of the cues."""
ROUNDS: Final = 2
"""In the second, each text is its most telling sentence alone, as the product will read it."""
FOLDS: Final = 5
TWEETS_MORE: Final = 5
"""So many times as many may be taken for the kind where the ordinary texts are tweets: there are few of them, and who
tweets `call me` speaks to a friend."""

Texts = Callable[[Phrases], list[str]]
Sentences = list[list[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is to be recognised, what must not be taken for it, and how often it may be."""

    name: str
    yes: Texts
    no: Texts
    most_misled: float
    """Share of the phrases in `no` that may be taken for it."""
    most_ordinary: float
    """Share of the ordinary texts that may be."""
    of_visitor: bool = True
    """Whether visitors write it, not bots."""


def keys(*names: str) -> Texts:
    """The texts under these keys."""
    return lambda own: [text for name in names for text in own[name]]


def offers(own: Phrases) -> list[str]:
    """The bot's offers of a person."""
    return list(dict.fromkeys(pair["offer"] for pair in (*own["acceptances"], *own["declined_offers"])))


def answers(key: str) -> Texts:
    """The visitor's answers to such offers."""
    return lambda own: [pair["answer"] for pair in own[key]]


OTHER: Final = (
    "refusals",
    "traps",
    "calm",
    "upset",
    "progress",
    "safety",
    "safety_traps",
    "churn",
    "churn_traps",
    "legal",
    "legal_traps",
)
KINDS: Final = (
    Kind("request", keys("requests"), keys(*OTHER), most_misled=0.012, most_ordinary=0.0002),
    Kind(
        "offer",
        offers,
        keys("fine_replies", "failed_replies"),
        most_misled=0.015,
        most_ordinary=0.0006,
        of_visitor=False,
    ),
    Kind(
        "accept",
        answers("acceptances"),
        lambda own: [*answers("declined_offers")(own), *keys("calm", "refusals")(own)],
        most_misled=0.03,
        most_ordinary=0.01,
    ),
    Kind(
        "failed",
        keys("failed_replies"),
        lambda own: [*own["fine_replies"], *offers(own)],
        most_misled=0.03,
        most_ordinary=0.004,
        of_visitor=False,
    ),
)


def main() -> int:
    try:
        labelled = development_data()
        sets = phrases((*LEARNED_FROM, "held_out"))
    except Missing as missing:
        print(f"nothing was learned: {missing}", file=sys.stderr)
        return 1
    for code in sys.argv[1:] or LANGUAGES:
        own = [sets[name, code] for name in LEARNED_FROM]
        lines = [line for kind in KINDS for line in learn(code, kind, own, labelled)]
        head = f"# What is recognised by example ({code}): kind, word, the next one, weight. Made by `make learn`."
        (FOLDER / code / "learned.tsv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return 0


def learn(code: str, kind: Kind, own: Sequence[Phrases], labelled: Data) -> Iterator[str]:
    """The lines of one kind in one language."""
    speech = languages.language(code)
    yes = [sentences(speech, text) for phrases in own for text in kind.yes(phrases)]
    no = [sentences(speech, text) for phrases in own for text in kind.no(phrases)]
    ours = [text for phrases in own for text in phrases.get("ordinary", ())] if kind.of_visitor else []
    plain = [sentences(speech, text) for text in (*ours, *ordinary(code, kind.name, labelled))]
    texts = [text for text in (*yes, *no, *plain) if text]
    sizes = [sum(1 for text in group if text) for group in (yes, no, plain)]
    labels = np.array([1] * sizes[0] + [0] * (sizes[1] + sizes[2]))
    weights = np.array([1.0] * (sizes[0] + sizes[1]) + [ORDINARY_WEIGHT] * sizes[2])
    chosen = [[token for sentence in text for token in sentence] for text in texts]
    for _ in range(ROUNDS):
        counts = Counter(feature for tokens in chosen for feature in set(features(tokens)))
        known = {feature: n for n, feature in enumerate(sorted(f for f, times in counts.items() if times > 1))}
        matrix = rows(chosen, known)
        model = LogisticRegression(C=1.0, max_iter=1000).fit(matrix, labels, sample_weight=weights)
        chosen = [max(text, key=lambda one: weigh(model, known, one)) for text in texts]
    matrix = rows(chosen, known)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    unseen = cross_val_predict(
        LogisticRegression(C=1.0, max_iter=1000),
        matrix,
        labels,
        cv=folds,
        method="decision_function",
        params={"sample_weight": weights},
    )
    most_ordinary = kind.most_ordinary * (1 if code == "en" else TWEETS_MORE)
    bar = max(
        bar_for(unseen[sizes[0] : sizes[0] + sizes[1]], kind.most_misled),
        bar_for(unseen[sizes[0] + sizes[1] :], most_ordinary),
    )
    found, misled = np.mean(unseen[: sizes[0]] > bar), np.mean(unseen[sizes[0] : sizes[0] + sizes[1]] > bar)
    print(f"{code} {kind.name:8} {sizes} texts; unseen ones found {found:.1%}, misled {misled:.1%}")
    yield f"{kind.name}\t\t\t{model.intercept_[0] - bar:.2f}"
    scores = model.decision_function(matrix) - bar
    seen = [set(tokens) for tokens, score, label in zip(chosen, scores, labels, strict=True) if label and score > 0]
    yield from (f"{kind.name}\t\t{cue}\t0" for cue in cues(seen, chosen[sizes[0] :]))
    for (first, second), n in known.items():
        weight = model.coef_[0][n]
        if abs(weight) >= LEAST_WEIGHT:
            yield f"{kind.name}\t{first}\t{second}\t{weight:.2f}"


def cues(seen: Sequence[set[str]], others: Sequence[Sequence[str]]) -> list[str]:
    """A few words of which nearly every sentence of the kind has one, and few others: what lacks them costs nothing."""
    often = Counter(token for tokens in others for token in set(tokens))
    left, chosen = [tokens - {OPENING, CLOSING} for tokens in seen], list[str]()
    while len(left) > (1 - COVERED) * len(seen):
        new = Counter(token for tokens in left for token in tokens)
        if not new:
            break
        best = max(sorted(new), key=lambda token: new[token] / (often[token] + len(others) / 1000 + 1))
        chosen.append(best)
        left = [tokens for tokens in left if best not in tokens]
    return chosen


def sentences(speech: lexicon.Language, text: str) -> Sentences:
    """A text as the product reads it: each sentence in tokens."""
    read = speech.read(text)
    speech.mend(read)
    return [tokens_of(read.words[start:end], speech.classes) for start, end in read.sentences()]


def ordinary(code: str, kind: str, labelled: Data) -> list[str]:
    """Texts in which nothing of the kind is, as far as one reader and the plain words tell."""
    if kind in {"offer", "failed"}:
        return replies(kind, labelled) if code == "en" else []
    if kind == "accept":
        return []
    if code != "en":
        return [tweet.text for tweet in labelled.tweets(code)] if code in TWEET_LANGUAGES else []
    found = [
        m.text
        for name in ("clinc150", "banking77", "hint3")
        for m in labelled.intents(name)
        if m.reading in {"", "other"}
    ]
    return [*(text for text in found if not asks_by_phrase(text)), *calm_messages(labelled)]


def asks_by_phrase(text: str) -> bool:
    """Whether a phrase of the English lexicon speaks; what the weights find is theirs to unlearn."""
    speech = languages.language("en")
    read = speech.read(text)
    speech.mend(read)
    return any(hit.group in {"request", "machine"} for hit in speech.message.find(read))


def calm_messages(labelled: Data) -> list[str]:
    """What visitors say in dialogues without a request."""
    return [turn["visitor"] for dialogue in labelled.dialogues() if dialogue.calm for turn in dialogue.turns]


def replies(kind: str, labelled: Data) -> list[str]:
    """What bots say in the dialogues where the lexicon sees nothing of the kind."""
    speech = languages.language("en")
    said = [turn["bot"]["text"] for dialogue in labelled.dialogues() for turn in dialogue.turns if turn["bot"]]
    return [text for text in said if kind not in {hit.group for hit in speech.reply.find(speech.read(text))}]


def rows(texts: Sequence[Sequence[str]], known: dict[tuple[str, str], int]) -> Any:
    """Each text's features as a row."""
    found = [[known[one] for one in features(tokens) if one in known] for tokens in texts]
    where = [n for n, row in enumerate(found) for _ in row]
    columns = [column for row in found for column in row]
    return csr_matrix((np.ones(len(columns)), (where, columns)), shape=(len(texts), len(known)))


def weigh(model: Any, known: dict[tuple[str, str], int], tokens: Sequence[str]) -> float:
    """A sentence's weight under the model."""
    return float(sum(model.coef_[0][known[one]] for one in features(tokens) if one in known))


def bar_for(scores: Any, share: float) -> float:
    """The score that no more than this share exceeds."""
    return float(np.quantile(scores, 1 - share)) if len(scores) else -np.inf


if __name__ == "__main__":
    sys.exit(main())
