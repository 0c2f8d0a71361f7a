"""What a person types, as words to find. Whatever is typed is a query; nothing is an error."""

import re
from dataclasses import dataclass

from django.utils.translation import pgettext

from ..text import tokens

_TERM = re.compile(
    r'(?P<minus>(?<!\S)-)?(?:"(?P<a>[^"]*)"?|“(?P<b>[^”]*)”?|«(?P<c>[^»]*)»?|(?P<word>[^\s"“«]+))'
)
OR = frozenset({"OR", "|"})


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several in a row; ``words`` as folded, ``stems`` as compared."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    is_excluded: bool = False
    is_quoted: bool = False

    def in_words(self) -> str:
        words = " ".join(self.words)
        words = f"“{words}”" if len(self.words) > 1 else words
        return pgettext("search", "not %s") % words if self.is_excluded else words


@dataclass(frozen=True, slots=True)
class Query:
    """All clauses must hold; a clause holds if one of its terms does."""

    clauses: tuple[tuple[Term, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def in_words(self) -> str:
        """The query as it was understood, for a reader."""
        return pgettext("search", " and ").join(
            pgettext("search", " or ").join(term.in_words() for term in clause)
            for clause in self.clauses
        )

    @property
    def wanted(self) -> list[Term]:
        """The terms that are looked for, without the excluded ones."""
        return [term for clause in self.clauses for term in clause if not term.is_excluded]

    @property
    def phrases(self) -> set[tuple[str, ...]]:
        """The stems of what is looked for, for highlighting."""
        return {term.stems for term in self.wanted}


def parse(text: str) -> Query:
    """Read words (all must occur), "phrases", ``OR`` between two of them, and ``-`` before one.

    A word with a hyphen, such as a reference code, is the phrase of its parts.
    """
    clauses: list[list[Term]] = []
    joins = False
    for match in _TERM.finditer(text):
        if match["word"] in OR:
            joins = bool(clauses)
            continue
        phrase = next(part for part in match.group("a", "b", "c", "word") if part is not None)
        found = tokens(phrase)
        if not found:
            continue
        term = Term(
            tuple(token.folded for token in found),
            tuple(token.stem for token in found),
            is_excluded=bool(match["minus"]),
            is_quoted=match["word"] is None,
        )
        if joins:
            clauses[-1].append(term)
        else:
            clauses.append([term])
        joins = False
    return Query(tuple(map(tuple, clauses)))
