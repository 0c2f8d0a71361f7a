"""English and Arabic pairs of columns, read in the reader's language."""

from django.utils.translation import get_language

LANGUAGES = ("en", "ar")


def reader_language() -> str:
    """``ar`` or ``en``, asked anew at each call."""
    return "ar" if (get_language() or "en").startswith("ar") else "en"


class Words(str):
    """A text that knows which language it is in, so that a page can mark it up."""

    __slots__ = ("lang",)

    def __new__(cls, value: str, lang: str):
        words = super().__new__(cls, value)
        words.lang = lang
        return words

    def __getnewargs__(self):
        return (str(self), self.lang)


def choose(english: str, arabic: str) -> Words:
    """The text in the reader's language, or the other one where that is empty."""
    pair = {"en": english, "ar": arabic}
    wanted = reader_language()
    other = "en" if wanted == "ar" else "ar"
    lang = wanted if pair[wanted] or not pair[other] else other
    return Words(pair[lang], lang)


class translated:
    """The pair ``<name>_en`` and ``<name>_ar`` as one attribute, decided at each read."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return choose(getattr(instance, f"{self.name}_en"), getattr(instance, f"{self.name}_ar"))
