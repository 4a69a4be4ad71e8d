"""`make learn`: the weights of each language's `learned.tsv`, from the project's own phrases.

    make learn LEARN="[KIND ...]"

What nobody may be measured on is learned from: the sets `practice`, `examples`, `voices`, `everyday` and `cards`, and
what is ordinary in the labelled data that BRIDGE_QUALITY_DATA names; never the sets `check` and `held_out`. A linear
model in scikit-learn over what `bridge.domain.learned.features` lists, fitted to all languages at once: what words
stand for weighs the same in each, words and pairs weigh in their own. Of a text that is of the kind the piece that
weighs most is learned from: the weights say which, and are fitted again. Each language's bias is then moved so that by
cross-validation as few pieces of texts as `KINDS` says are taken for the kind. The same data give the same files.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from quality.data import LANGUAGES, TWEET_LANGUAGES, Data, Key, Missing, Phrases, development_data, phrases
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

import bridge
from bridge.domain import languages, lexicon
from bridge.domain.learned import DOUBT, SENSE, Vocabulary, damping, features

CARDS: Final = "cards"
"""The set in which each text that is not of the kind was written to be as near to one that is as can be."""
LEARNED_FROM: Final = ("practice", "examples", "voices", "everyday", CARDS)
FOLDER: Final = Path(bridge.__file__).parent / "data" / "languages"
LEAST_WEIGHT: Final = 0.08
"""Lighter ones are left out of the file."""
COVERED: Final = 0.998
"""The share of recognised examples that have one of the cues."""
ROUNDS: Final = 4
"""Fits: the first to whole texts, each other one to the pieces that the one before weighed most."""
ANY: Final = ""
"""In place of a language's code: all languages."""
JUDGING: Final = frozenset({"request", "own_request", "trap"})
"""The phrases for and against a request: where one of them stands no weight makes a request."""
FOLDS: Final = 5
ORDINARY: Final = 3
"""So many times an ordinary text counts: the four in ten thousand that weigh most decide where the bar is."""
BLOCK: Final = 20
"""Texts one after the other that are in one fold: their writer thought of them together."""
FEWEST: Final = 2
"""So many texts may always be taken for the kind: of a few hundred, one that was read wrongly would decide alone."""
TWEETS_MORE: Final = 20
"""So many times as many may be taken for the kind where the ordinary texts are tweets: there are few of them, and who
tweets `call me` speaks to a friend."""

Texts = Callable[[Phrases], list[str]]
Feature = tuple[str, str, str]
"""The language, or ANY, and the two fields of `features`."""


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
    doubted: float = 2.0
    """So much under the bar for what was written to mislead, phrases are not believed either."""
    near_counts: bool = True
    """Whether what was written to be nearly of the kind has a say in what keeps out what misleads."""


class Words(NamedTuple):
    """A sentence or clause as it was written."""

    words: Sequence[str]
    judged: bool
    """Whether a phrase for or against a request is in its sentence, so that no weight decides."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or clause: the numbers of its features."""

    features: Any
    words: int

    def weight(self, weights: Any) -> float:
        return damping(self.words) * float(weights[self.features].sum())


@dataclass(frozen=True, slots=True)
class Sample:
    """What is learned from at once: pieces of a text, of which one at least is of the kind, and what may be cues."""

    code: str
    group: str
    """`yes`, `no`, `near` (no, but nearly so) or `plain`."""
    fold: int
    pieces: list[Piece]
    signs: set[str]
    judged: bool
    """Whether phrases decide on all of them."""

    def whole(self) -> Piece:
        return Piece(np.concatenate([one.features for one in self.pieces]), sum(one.words for one in self.pieces))

    def weightiest(self, weights: Any) -> Piece:
        return max(self.pieces, key=lambda piece: piece.weight(weights))


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
    Kind("request", keys("requests"), keys(*OTHER), most_misled=0.04, most_ordinary=0.0004, near_counts=False),
    Kind(
        "offer",
        offers,
        keys("fine_replies", "failed_replies"),
        most_misled=0.03,
        most_ordinary=0.001,
        of_visitor=False,
    ),
    Kind(
        "accept",
        answers("acceptances"),
        lambda own: [*answers("declined_offers")(own), *keys("calm", "refusals")(own)],
        most_misled=0.04,
        most_ordinary=0.01,
        doubted=1.0,
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
    lines = {code: kept(code, {kind.name for kind in chosen}) for code in (ANY, *LANGUAGES)}
    for kind in chosen:
        numbers: dict[Feature, int] = {}
        texts = list(samples(kind, sets, labelled, numbers))
        with threadpool_limits(1):  # a sum over several cores is rounded otherwise, and a fit may end a step sooner
            for code, line in learn(kind, texts, list(numbers)):
                lines[code].append(line)
    turn = [kind.name for kind in KINDS]
    for code, own in lines.items():
        own.sort(key=lambda line: turn.index(kind_of(line)))
        where = code or "what words stand for in any language"
        head = f"# What is recognised by example ({where}): kind, word, the next one, weight. Made by `make learn`."
        file_of(code).write_text("\n".join([head, *own]) + "\n", encoding="utf-8")
    return 0


def file_of(code: str) -> Path:
    return FOLDER / code / languages.WEIGHTS_FILE


def kept(code: str, learned_anew: set[str]) -> list[str]:
    """The lines of the other kinds."""
    present = file_of(code).read_text(encoding="utf-8").splitlines()[1:]
    return [line for line in present if kind_of(line) not in learned_anew]


def kind_of(line: str) -> str:
    """The kind of a line of the file."""
    return line.partition("\t")[0]


def samples(kind: Kind, sets: Mapping[Key, Phrases], labelled: Data, numbers: dict[Feature, int]) -> Iterator[Sample]:
    """All that is learned from for a kind, in every language; what is new in a text gets its number.

    Of a text that is of the kind some piece is, nobody says which: they are one sample. Of any other text none is, and
    each is a sample of its own.
    """
    for code in LANGUAGES:
        own = {name: sets[name, code] for name in LEARNED_FROM}
        groups = {
            "yes": [text for phrases in own.values() for text in kind.yes(phrases)],
            "no": [text for name, phrases in own.items() if name != CARDS for text in kind.no(phrases)],
            "near": list(kind.no(own[CARDS])),
            "plain": [
                *(text for phrases in own.values() if kind.of_visitor for text in phrases.get("ordinary", ())),
                *ordinary(code, kind.name, labelled),
            ],
        }
        speech, vocabulary = languages.language(code), languages.vocabulary(code)
        for group, texts in groups.items():
            for n, text in enumerate(texts):
                found = pieces(kind.name, speech, text)
                if not found:
                    continue
                for told in [found] if group == "yes" else [[piece] for piece in found]:
                    yield sampled(code, group, n // BLOCK % FOLDS, told, vocabulary, numbers)


def sampled(
    code: str, group: str, fold: int, told: Sequence[Words], vocabulary: Vocabulary, numbers: dict[Feature, int]
) -> Sample:
    """What is learned from some pieces of a text."""
    signs = {sign for piece in told for word in piece.words for sign in signs_of(word, vocabulary)}
    found = [numbered(code, piece.words, vocabulary, numbers) for piece in told]
    return Sample(code, group, fold, found, signs, all(piece.judged for piece in told))


def signs_of(word: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """What of a word may be a cue."""
    return vocabulary.token(word), vocabulary.sense(word)


def numbered(code: str, words: Sequence[str], vocabulary: Vocabulary, numbers: dict[Feature, int]) -> Piece:
    """A piece in numbers; features about senses are the same in all languages."""
    named = [(ANY if one[0].startswith(SENSE) else code, *one) for one in features(words, vocabulary)]
    return Piece(np.array([numbers.setdefault(one, len(numbers)) for one in named]), len(words))


def learn(kind: Kind, texts: Sequence[Sample], names: Sequence[Feature]) -> Iterator[tuple[str, str]]:
    """The lines of one kind, each with its language."""
    weights, start = taught(texts, len(names))
    unseen = unseen_scores(texts, len(names))
    for code in LANGUAGES:
        own = np.array([text.code == code for text in texts])
        misled, bar = bars_of(kind, code, [text for text in texts if text.code == code], unseen[own])
        yield code, f"{kind.name}\t\t\t{start - bar:.2f}"
        yield code, f"{kind.name}\t{DOUBT}\t\t{misled - kind.doubted - bar:.2f}"
        ours = [(text.group == "yes", text.signs - {""}) for text in texts if text.code == code]
        found = cues([signs for wanted, signs in ours if wanted], [signs for wanted, signs in ours if not wanted])
        yield from ((code, f"{kind.name}\t\t{cue}\t0") for cue in found)
    for (code, first, second), weight in zip(names, weights, strict=True):
        if abs(weight) >= LEAST_WEIGHT:
            yield code, f"{kind.name}\t{first}\t{second}\t{weight:.2f}"


def taught(texts: Sequence[Sample], width: int) -> tuple[Any, float]:
    """The weight of each feature, and what every text starts from."""
    labels = np.array([text.group == "yes" for text in texts])
    counts = np.array([ORDINARY if text.group == "plain" else 1 for text in texts])
    weights, start = fitted(rows([text.whole() for text in texts], width), labels, counts)
    for _ in range(ROUNDS - 1):
        weights, start = fitted(rows([text.weightiest(weights) for text in texts], width), labels, counts)
    return weights, start


def fitted(matrix: Any, labels: Any, counts: Any) -> tuple[Any, float]:
    """A fit to what two texts have at least, each counted so many times."""
    often = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 1
    model = LogisticRegression(C=2.0, solver="liblinear", tol=1e-2, max_iter=300, random_state=0)
    model.fit(matrix[:, often], labels, sample_weight=counts)
    weights = np.zeros(matrix.shape[1])
    weights[often] = model.coef_[0]
    return weights, float(model.intercept_[0])


def unseen_scores(texts: Sequence[Sample], width: int) -> Any:
    """What each text's best piece scores by weights that were found without its fold."""
    folds, scores = np.array([text.fold for text in texts]), np.zeros(len(texts))

    def score(fold: int) -> None:
        weights, start = taught([text for text in texts if text.fold != fold], width)
        for n in np.flatnonzero(folds == fold):
            scores[n] = texts[n].weightiest(weights).weight(weights) + start

    with ThreadPoolExecutor(os.cpu_count()) as fits:
        list(fits.map(score, range(FOLDS)))
    return scores


def bars_of(kind: Kind, code: str, texts: Sequence[Sample], unseen: Any) -> tuple[float, float]:
    """What keeps out what was written to mislead, and what a sentence of this language has to score; on the terminal
    how many do.

    What is in `near` has no say in requests: visitors do not write what nearly is one as often as requests. Nor have
    ordinary texts on which phrases decide.
    """
    groups, judged = np.array([text.group for text in texts]), np.array([text.judged for text in texts])
    scores = {group: unseen[groups == group] for group in ("yes", "no", "near", "plain")}
    misleading = np.concatenate([scores["no"], scores["near"]]) if kind.near_counts else scores["no"]
    most_ordinary = kind.most_ordinary * (1 if code == "en" else TWEETS_MORE)
    weighed = np.where(judged, -np.inf, unseen)[groups == "plain"]
    bars = bar_for(misleading, kind.most_misled), bar_for(weighed, most_ordinary)
    bar = max(bars)
    shares = ", ".join(f"{group} {np.mean(own > bar):.2%} of {len(own)}" for group, own in scores.items() if len(own))
    print(f"{code} {kind.name:8} bars {bars[0]:.2f} {bars[1]:.2f}; unseen ones found: {shares}", flush=True)
    return bars[0], bar


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


def pieces(kind: str, speech: lexicon.Language, text: str) -> list[Words]:
    """A text as the product weighs it: the words of each sentence, and of each clause."""
    read = speech.read(text)
    speech.mend(read)
    judging = [hit for hit in speech.message.find(read) if hit.group in JUDGING] if kind == "request" else []
    return [
        Words(piece, any(hit.start < end and start < hit.end for hit in judging))
        for start, end in read.sentences()
        for piece in lexicon.weighed(kind, read, start, end)
    ]


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


def rows(pieces: Sequence[Piece], width: int) -> Any:
    """Each piece's features as a row that counts them."""
    sizes = [len(piece.features) for piece in pieces]
    counts = np.repeat([damping(piece.words) for piece in pieces], sizes)
    matrix = csr_matrix(
        (counts, np.concatenate([piece.features for piece in pieces]), np.cumsum([0, *sizes])),
        shape=(len(pieces), width),
    )
    matrix.sum_duplicates()
    return matrix


def bar_for(scores: Any, share: float) -> float:
    """The score that no more than this share exceeds."""
    return float(np.quantile(scores, 1 - max(share, FEWEST / len(scores)))) if len(scores) else -np.inf


if __name__ == "__main__":
    sys.exit(main())
