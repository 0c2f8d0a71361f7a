"""What a file says in words that are not ours, and what a person may choose instead."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

HEADINGS = "headings"
IGNORE = "-"
NEW = "+"
MOST_OPTIONS = 200
SUGGESTIONS = 3
_CLOSE = 0.6

Labels = dict[str, list[str]]


@dataclass
class Question:
    """A heading or a word that is not known.

    Attributes:
        column: where it stands; ``HEADINGS`` for a heading.
        word: the word.
        options: what may be chosen, as value and label, the nearest first.
        rows: numbers of the rows that hold it.
    """

    column: str
    word: str
    options: list[list[str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    @classmethod
    def about(cls, column: str, word: str, labels: Labels, *, everything: bool = False):
        close = suggestions(word, labels)
        rest = [key for key in labels if key not in close]
        shown = close + (rest if everything or len(labels) <= MOST_OPTIONS else [])
        return cls(column, word, [[key, _labelled(key, labels)] for key in shown])


def _labelled(key: str, labels: Labels) -> str:
    return f"{labels[key][0]} ({key})" if labels[key] else key


def suggestions(word: str, labels: Labels) -> list[str]:
    """The keys whose own letters or names are nearest to a word."""
    word = word.casefold().strip()[:80]
    scores = {}
    matcher = SequenceMatcher(b=word)
    for key, names in labels.items():
        best = 0.0
        for name in (str(key), *names):
            matcher.set_seq1(name.casefold()[:80])
            if matcher.real_quick_ratio() > max(best, _CLOSE) and matcher.quick_ratio() > best:
                best = max(best, matcher.ratio())
        if best >= _CLOSE:
            scores[key] = best
    return sorted(scores, key=scores.get, reverse=True)[:SUGGESTIONS]


def nearest(word: str, labels: Labels) -> str:
    """A hint to put behind “is not known”; empty where nothing is near."""
    found = [_labelled(key, labels) for key in suggestions(word, labels)]
    return _(" (nearest: %s)") % ", ".join(found) if found else ""
