"""Which characters may enter the collection, and which Sustainable Development Goals exist.

Sources: Unicode Standard 15 (sections 2.8, 23.2, 23.7) for controls, directional formatting and
noncharacters; General Assembly resolution 71/313, annex, for goals and targets.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Embeddings, overrides and isolates reorder the text around them and can disguise it.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
    )
    + "]"
)
# Directional marks, zero-width space, byte order mark, soft hyphen: what word processors leave.
_MARKS = re.compile("[\u200b\u200e\u200f\u061c\ufeff\u00ad]")

# Number of targets of each goal: those with a number, those with a letter.
_TARGETS = {
    1: (5, "ab"),
    2: (5, "abc"),
    3: (9, "abcd"),
    4: (7, "abc"),
    5: (6, "abc"),
    6: (6, "ab"),
    7: (3, "ab"),
    8: (10, "ab"),
    9: (5, "abc"),
    10: (7, "abc"),
    11: (7, "abc"),
    12: (8, "abc"),
    13: (3, "ab"),
    14: (7, "abc"),
    15: (9, "abc"),
    16: (10, "ab"),
    17: (19, ""),
}
SDG_CODES = frozenset(
    code
    for goal, (numbers, letters) in _TARGETS.items()
    for code in (
        str(goal),
        *(f"{goal}.{number}" for number in range(1, numbers + 1)),
        *(f"{goal}.{letter}" for letter in letters),
    )
)


def refuse_hidden_characters(value: str) -> None:
    """Refuse characters that no reader sees and that can disguise or break a text.

    Raises:
        ValidationError: naming each character and its place, counted from 1.
    """
    found = [
        f"U+{ord(match.group()):04X} ({unicodedata.name(match.group(), 'control')}) "
        f"@ {match.start() + 1}"
        for match in _REFUSED.finditer(value)
    ]
    if found:
        raise ValidationError(
            _("Please delete these invisible characters and type the place again: %(found)s"),
            code="hidden_characters",
            params={"found": "; ".join(found[:5])},
        )


def without_marks(value: str) -> str:
    """A name as it is compared: directional marks dropped, composed (NFC), spaces single."""
    return " ".join(unicodedata.normalize("NFC", _MARKS.sub("", value)).split())


def validate_sdg_code(value: str) -> None:
    """Accept a goal (``16``) or one of its targets (``16.10``, ``17.17``, ``1.a``).

    Raises:
        ValidationError: where no such goal or target exists.
    """
    if value not in SDG_CODES:
        raise ValidationError(
            _("“%(value)s” is no goal or target. Write a goal (1 to 17) or a target such as 16.7."),
            code="sdg_code",
            params={"value": value},
        )
