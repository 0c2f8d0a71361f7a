"""Texts that say nearly the same: three words in a row that both have, counted."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

WORD = re.compile(r"\w+")
LENGTH = 3
ENOUGH = 0.6
# A turn of phrase that more texts than this share tells none of them apart.
COMMON = 50


def shingles(text: str) -> set[str]:
    words = WORD.findall(text.casefold())
    if len(words) <= LENGTH:
        return {" ".join(words)}
    return {" ".join(words[start : start + LENGTH]) for start in range(len(words) - LENGTH + 1)}


def nearest(texts: dict[str, str], others: Iterable[tuple[str, str]]) -> dict[str, tuple[str, int]]:
    """For each text that has one, the name of the most similar other text and the share in %.

    Args:
        texts: the texts by name; they are compared with those before them, too.
        others: (name, text) pairs, as many as one likes: none of them is kept.
    """
    sizes, holders, found = {}, defaultdict(list), {}

    def compare(name: str, text: str) -> set[str]:
        own = shingles(text)
        common = Counter(
            holder for each in own for holder in holders.get(each, ()) if holder != name
        )
        for holder, count in common.items():
            share = count / (len(own) + sizes[holder] - count)
            if share >= ENOUGH and share * 100 > found.get(holder, ("", 0))[1]:
                found[holder] = (name, int(share * 100))
        return own

    for name, text in reversed(texts.items()):
        own = compare(name, text)
        sizes[name] = len(own)
        for each in own:
            if len(holders[each]) < COMMON:
                holders[each].append(name)
    for name, text in others:
        compare(name, text)
    return found
