"""One analyser of English and Arabic, for documents, queries and highlighting alike.

A word becomes a stem in three steps: it is folded (case, accents, letter variants, digits), its
spelling is unified (British and American), and it is stemmed. English stems come from Snowball's
English algorithm (https://snowballstem.org/algorithms/english/stemmer.html). Arabic stems follow
light10 (Larkey, Ballesteros and Connell 2007: "Light stemming for Arabic information retrieval"),
extended by the particles that are written joined to a word.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from snowballstemmer import stemmer

# A word, with the marks and the tatweel inside it and an English possessive or contraction behind.
WORD = re.compile(
    r"[^\W_](?:[^\W_]|[\u0640\u0610-\u061a\u064b-\u065f\u0670\u0300-\u036f])*(?:['’]\w+)?"
)
LONGEST_STEM = 40

_ENGLISH = stemmer("english")
_ARABIC = re.compile("[\u0621-\u064a]")
_SEATS = str.maketrans("ؤئ", "ءء")
_LETTERS = str.maketrans({"ى": "ي", "ة": "ه", "ٱ": "ا", "ـ": None, "ی": "ي", "ک": "ك", "ı": "i"})
_LETTERS |= dict.fromkeys(map(ord, "ʼʾʿ"))  # how transliterations write hamza and ayn
_CONTRACTION = re.compile("['’](?:s|t|d|m|ll|re|ve)$")
_PLAIN = re.compile("[0-9a-z\u0621-\u064a]+")
_IRREGULAR = {
    "women": "woman",
    "men": "man",
    "children": "child",
    "programme": "program",
    "programmes": "program",
    "centre": "center",
    "centres": "center",
    "defence": "defense",
    "licence": "license",
}
_BRITISH = (
    (re.compile(r"(?<=\w{3})is(ation|ations|e|ed|es|ing|er|ers)$"), r"iz\1"),
    (re.compile(r"(?<=\w{3})ys(e|ed|es|ing|er|ers)$"), r"yz\1"),
    (re.compile(r"(?<=\w{2})our(s|ed|ing|ly|hood|hoods)?$"), r"or\1"),
    (re.compile(r"(?<=\w{4})ll(ed|ing|ment|ments)$"), r"l\1"),
)
# "ال" alone and behind particles; "لل" is ل and ال. What remains keeps three letters or more.
_ARTICLE = re.compile("[وف]?(?:[بك]?ال|لل)(?=.{3})")
# Two letters are a word too ("الحق", "للحق"), but not in "الآن".
_SHORT_ARTICLE = re.compile("(?:ال|لل)(?!ان)(?=..$)")
_SUFFIXES = ("ها", "هم", "ان", "ات", "ون", "ين", "يه", "يا", "ه", "ي")
_PARTICLES = "وفبكل"
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: where it stands, as printed, as folded, and as compared."""

    start: int
    end: int
    printed: str
    folded: str
    stem: str


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """A word without case, accents, vowel signs, tatweel and letter variants; digits 0-9."""
    composed = unicodedata.normalize("NFKC", word).casefold()
    decomposed = unicodedata.normalize("NFKD", composed.translate(_SEATS))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    bare = "".join(
        str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in bare
    )
    return bare.translate(_LETTERS)


@lru_cache(maxsize=100_000)
def stem(folded: str) -> str:
    """What is compared instead of a folded word; it holds letters and digits only."""
    is_arabic = _ARABIC.search(folded)
    stemmed = _arabic_stem(folded) if is_arabic else _english_stem(folded)
    return spelled(stemmed)


def without_article(folded: str) -> str:
    """An Arabic word as people begin to type it, who leave the article and particles out."""
    article = _ARTICLE.match(folded)
    return folded[article.end() :] if article else folded


def spelled(word: str) -> str:
    """A word as databases hold it: they disagree on what a letter is beyond the two alphabets."""
    return (word if _PLAIN.fullmatch(word) else "u" + word.encode().hex())[:LONGEST_STEM]


def _english_stem(word: str) -> str:
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    for pattern, american in _BRITISH:
        word = pattern.sub(american, word)
    return _ENGLISH.stemWord(word)


def _arabic_stem(word: str) -> str:
    if article := _ARTICLE.match(word):
        word = word[article.end() :]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            word = word[: -len(suffix)]
    while word[0] in _PARTICLES and len(word) > _SHORTEST_STEM and not _SHORT_ARTICLE.match(word):
        word = word[1:]
    return _SHORT_ARTICLE.sub("", word)


def tokens(text: str) -> list[Token]:
    """The words of a text in order, with their places in the text as it is printed."""
    found = []
    for match in WORD.finditer(text):
        printed = _CONTRACTION.sub("", match.group().casefold())
        folded = "".join(letter for letter in fold(printed) if letter.isalnum())
        if folded:
            found.append(Token(match.start(), match.end(), printed, folded, stem(folded)))
    return found


def stems(text: str) -> list[str]:
    """The stems of a text's words, in order."""
    return [token.stem for token in tokens(text)]


def marked(text: str, phrases: Collection[tuple[str, ...]]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is one of the phrases, as printed.

    Args:
        text: the text.
        phrases: stems that stand in a row, in order.
    """
    found = tokens(text)
    places = set()
    for phrase in phrases:
        for start in range(len(found) - len(phrase) + 1):
            if tuple(token.stem for token in found[start : start + len(phrase)]) == phrase:
                places.add((found[start].start, found[start + len(phrase) - 1].end))
    pieces, here = [], 0
    for start, end in sorted(places):
        if start >= here:
            pieces += [(text[here:start], False), (text[start:end], True)]
            here = end
    pieces.append((text[here:], False))
    return [(piece, is_match) for piece, is_match in pieces if piece]
