"""`make learn`: the weights of each language's `learned.tsv`, from the project's own phrases.

    make learn LEARN="[KIND ...]"

What nobody may be measured on is learned from: the sets `practice`, `examples`, `voices` and `cards`, and what is
ordinary in the labelled data that BRIDGE_QUALITY_DATA names; never the sets `check` and `held_out`. A linear model in
scikit-learn over what `bridge.domain.learned.features` lists, fitted to all languages at once: what words stand for
weighs the same in each, words and pairs weigh in their own. Each language's bias is then moved so that by
cross-validation as few pieces of texts as `KINDS` says are taken for the kind. The same data give the same files.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from quality.data import LANGUAGES, TWEET_LANGUAGES, Data, Key, Missing, Phrases, development_data, phrases
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

import bridge
from bridge.domain import languages, lexicon
from bridge.domain.learned import SENSE, Vocabulary, features

CARDS: Final = "cards"
"""The set in which each text that is not of the kind was written to be as near to one that is as can be."""
LEARNED_FROM: Final = ("practice", "examples", "voices", CARDS)
FOLDER: Final = Path(bridge.__file__).parent / "data" / "languages"
LEAST_WEIGHT: Final = 0.08
"""Lighter ones are left out of the file."""
COVERED: Final = 0.99
"""The share of recognised examples that have one of the cues."""
ORDINARY_EVERY: Final = 2
"""Of the labelled ordinary messages every second is learned from: the other half says what the weights take of it."""
FOLDS: Final = 2
BLOCK: Final = 20
"""Texts one after the other that are in one fold: their writer thought of them together."""
FEWEST: Final = 2
"""So many texts may always be taken for the kind: of a few hundred, one that was read wrongly would decide alone."""
TWEETS_MORE: Final = 20
"""So many times as many may be taken for the kind where the ordinary texts are tweets: there are few of them, and who
tweets `call me` speaks to a friend."""

Texts = Callable[[Phrases], list[str]]
Feature = tuple[str, str, str]
"""The language, "" where it is one of all languages, and the two fields of `features`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is to be recognised, what must not be taken for it, and how often it may be."""

    name: str
    yes: Texts
    no: Texts
    most_misled: float
    """Share of the pieces of what is in `no` that may be taken for it."""
    most_ordinary: float
    """Share of the pieces of ordinary texts that may be."""
    of_visitor: bool = True
    """Whether visitors write it, not bots."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is learned from at once: pieces of a text, each in the numbers of its features, and what may be cues."""

    code: str
    group: str
    """`yes`, `no`, `near` (no, but nearly so) or `plain`."""
    fold: int
    pieces: list[Any]
    signs: set[str]


def keys(*names: str) -> Texts:
    """The texts under these keys."""
    return lambda own: [text for name in names for text in own.get(name, ())]


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
    Kind("request", keys("requests"), keys(*OTHER), most_misled=0.05, most_ordinary=0.0004),
    Kind(
        "offer",
        offers,
        keys("fine_replies", "failed_replies"),
        most_misled=0.02,
        most_ordinary=0.001,
        of_visitor=False,
    ),
    Kind(
        "accept",
        answers("acceptances"),
        lambda own: [*answers("declined_offers")(own), *keys("calm", "refusals")(own)],
        most_misled=0.04,
        most_ordinary=0.01,
    ),
    Kind(
        "failed",
        keys("failed_replies"),
        lambda own: [*keys("fine_replies")(own), *offers(own)],
        most_misled=0.03,
        most_ordinary=0.01,
        of_visitor=False,
    ),
)


def main() -> int:
    try:
        labelled = development_data()
        sets = phrases(LEARNED_FROM)
    except Missing as missing:
        print(f"nothing was learned: {missing}", file=sys.stderr)
        return 1
    chosen = [kind for kind in KINDS if kind.name in (sys.argv[1:] or [one.name for one in KINDS])]
    lines = {code: kept(code, {kind.name for kind in chosen}) for code in LANGUAGES}
    for kind in chosen:
        numbers: dict[Feature, int] = {}
        texts = list(samples(kind, sets, labelled, numbers))
        for code, line in learn(kind, texts, list(numbers)):
            lines[code].append(line)
    for code in LANGUAGES:
        head = f"# What is recognised by example ({code}): kind, word, the next one, weight. Made by `make learn`."
        file_of(code).write_text("\n".join([head, *lines[code]]) + "\n", encoding="utf-8")
    return 0


def file_of(code: str) -> Path:
    return FOLDER / code / "learned.tsv"


def kept(code: str, learned_anew: set[str]) -> list[str]:
    """The lines of the other kinds."""
    present = file_of(code).read_text(encoding="utf-8").splitlines()[1:]
    return [line for line in present if line.partition("\t")[0] not in learned_anew]


def samples(kind: Kind, sets: Mapping[Key, Phrases], labelled: Data, numbers: dict[Feature, int]) -> Iterator[Sample]:
    """All that is learned from for a kind, in every language; what is new in a text gets its number.

    Of a text that is of the kind some piece is, nobody says which: all of them together are one sample. Of any other
    text none is, and each is a sample of its own.
    """
    for code in LANGUAGES:
        own = {name: sets[name, code] for name in LEARNED_FROM}
        groups = {
            "yes": [text for phrases in own.values() for text in kind.yes(phrases)],
            "no": [text for name, phrases in own.items() if name != CARDS for text in kind.no(phrases)],
            "near": list(kind.no(own[CARDS])),
            "plain": [
                *(text for phrases in own.values() if kind.of_visitor for text in phrases.get("ordinary", ())),
                *ordinary(code, kind.name, labelled)[::ORDINARY_EVERY],
            ],
        }
        speech, vocabulary = languages.language(code), languages.vocabulary(code)
        for group, texts in groups.items():
            for n, text in enumerate(texts):
                found = pieces(speech, text)
                if not found:
                    continue
                for told in [found] if group == "yes" else [[piece] for piece in found]:
                    yield sampled(code, group, n // BLOCK % FOLDS, told, vocabulary, numbers)


def sampled(
    code: str, group: str, fold: int, told: Sequence[Sequence[str]], vocabulary: Vocabulary, numbers: dict[Feature, int]
) -> Sample:
    """What is learned from some pieces of a text."""
    signs = {sign for piece in told for word in piece for sign in signs_of(word, vocabulary)}
    return Sample(code, group, fold, [numbered(code, piece, vocabulary, numbers) for piece in told], signs)


def signs_of(word: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """What of a word may be a cue."""
    return vocabulary.token(word), vocabulary.sense(word)


def numbered(code: str, words: Sequence[str], vocabulary: Vocabulary, numbers: dict[Feature, int]) -> Any:
    """The numbers of a sentence's features; those about senses are the same in all languages."""
    named = [("" if one[0].startswith(SENSE) else code, *one) for one in features(words, vocabulary)]
    return np.array([numbers.setdefault(one, len(numbers)) for one in named])


def learn(kind: Kind, texts: Sequence[Sample], names: Sequence[Feature]) -> Iterator[tuple[str, str]]:
    """The lines of one kind, each with its language."""
    labels = np.array([text.group == "yes" for text in texts])
    matrix = rows([np.concatenate(text.pieces) for text in texts], len(names))
    weights, start = fitted(matrix, labels)
    unseen = unseen_scores(texts, matrix, labels)
    for code in LANGUAGES:
        own = np.array([text.code == code for text in texts])
        bar = bar_of(kind, code, [text.group for text in texts if text.code == code], unseen[own])
        yield code, f"{kind.name}\t\t\t{start - bar:.2f}"
        ours = [(text.group == "yes", text.signs - {""}) for text in texts if text.code == code]
        found = cues([signs for wanted, signs in ours if wanted], [signs for wanted, signs in ours if not wanted])
        yield from ((code, f"{kind.name}\t\t{cue}\t0") for cue in found)
        for (language, first, second), weight in zip(names, weights, strict=True):
            if language in {"", code} and abs(weight) >= LEAST_WEIGHT:
                yield code, f"{kind.name}\t{first}\t{second}\t{weight:.2f}"


def fitted(matrix: Any, labels: Any) -> tuple[Any, float]:
    """The weight of each feature that two texts have, and what every text starts from."""
    often = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 1
    model = LogisticRegression(C=1.0, solver="liblinear", tol=1e-2, max_iter=300, random_state=0)
    model.fit(matrix[:, often], labels)
    weights = np.zeros(matrix.shape[1])
    weights[often] = model.coef_[0]
    return weights, float(model.intercept_[0])


def unseen_scores(texts: Sequence[Sample], matrix: Any, labels: Any) -> Any:
    """What each text's best piece scores by weights that were found without its fold."""
    folds, scores = np.array([text.fold for text in texts]), np.zeros(len(texts))
    for fold in range(FOLDS):
        own = folds == fold
        weights, start = fitted(matrix[~own], labels[~own])
        scores[own] = [
            max(weights[piece].sum() for piece in texts[n].pieces) + start for n in map(int, np.flatnonzero(own))
        ]
    return scores


def bar_of(kind: Kind, code: str, groups: Sequence[str], unseen: Any) -> float:
    """What a sentence of this language has to score, and on the terminal how many do.

    What is in `near` has no say: visitors do not write what nearly is a request as often as requests.
    """
    scores = {group: unseen[[one == group for one in groups]] for group in ("yes", "no", "near", "plain")}
    most_ordinary = kind.most_ordinary * (1 if code == "en" else TWEETS_MORE)
    bars = bar_for(scores["no"], kind.most_misled), bar_for(scores["plain"], most_ordinary)
    bar = max(bars)
    shares = ", ".join(f"{group} {np.mean(own > bar):.1%} of {len(own)}" for group, own in scores.items() if len(own))
    print(f"{code} {kind.name:8} bars {bars[0]:.2f} {bars[1]:.2f}; unseen ones found: {shares}", flush=True)
    return bar


def cues(seen: Sequence[set[str]], others: Sequence[set[str]]) -> list[str]:
    """A few words of which nearly every sentence of the kind has one, and few others: what lacks them costs nothing."""
    often = Counter(token for tokens in others for token in tokens)
    left, chosen = list(seen), list[str]()
    while len(left) > (1 - COVERED) * len(seen):
        new = Counter(token for tokens in left for token in tokens)
        if not new:
            break
        best = max(sorted(new), key=lambda token: new[token] / (often[token] + len(others) / 1000 + 1))
        chosen.append(best)
        left = [tokens for tokens in left if best not in tokens]
    return chosen


def pieces(speech: lexicon.Language, text: str) -> list[list[str]]:
    """A text as the product weighs it: the words of each sentence and clause."""
    read = speech.read(text)
    speech.mend(read)
    return [piece for start, end in read.sentences() for piece in read.pieces(start, end)]


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
    return [*found, *calm_messages(labelled)]


def calm_messages(labelled: Data) -> list[str]:
    """What visitors say in dialogues without a request."""
    return [turn["visitor"] for dialogue in labelled.dialogues() if dialogue.calm for turn in dialogue.turns]


def replies(kind: str, labelled: Data) -> list[str]:
    """What bots say in the dialogues where the lexicon sees nothing of the kind."""
    speech = languages.language("en")
    said = [turn["bot"]["text"] for dialogue in labelled.dialogues() for turn in dialogue.turns if turn["bot"]]
    return [text for text in said if kind not in {hit.group for hit in speech.reply.find(speech.read(text))}]


def rows(texts: Sequence[Any], width: int) -> Any:
    """Each text's features as a row that counts them."""
    ends = np.cumsum([0, *map(len, texts)])
    matrix = csr_matrix((np.ones(ends[-1]), np.concatenate(texts), ends), shape=(len(texts), width))
    matrix.sum_duplicates()
    return matrix


def bar_for(scores: Any, share: float) -> float:
    """The score that no more than this share exceeds."""
    return float(np.quantile(scores, 1 - max(share, FEWEST / len(scores)))) if len(scores) else -np.inf


if __name__ == "__main__":
    sys.exit(main())
