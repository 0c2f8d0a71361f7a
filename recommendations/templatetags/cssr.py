"""Words in their own language, and the four-room mark, for templates."""

from django import template
from django.urls import reverse, translate_url
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from ..choices import Kind
from ..text import marked
from ..translation import LANGUAGES, Words

register = template.Library()

ROOMS = (
    ("CS", "0,0 11,0 11,6 6,11 0,11"),
    ("EC", "13,0 24,0 24,11 18,11 13,6"),
    ("PR", "0,13 6,13 11,18 11,24 0,24"),
    ("LG", "18,13 24,13 24,24 13,24 13,18"),
)


@register.filter
def words(value):
    """A text, marked with its language and direction where they are not the page's."""
    lang = getattr(value, "lang", None)
    if not value or lang is None or lang == (get_language() or "en")[:2]:
        return value
    return format_html('<bdi lang="{}" dir="{}">{}</bdi>', lang, direction(lang), value)


@register.filter
def english(value: str):
    """A text that is on record in English only."""
    return words(Words(value, "en"))


@register.filter
def direction(lang: str) -> str:
    return "rtl" if lang == "ar" else "ltr"


@register.filter
def quoted(value: Words):
    """The attributes of an element that holds a text of the source."""
    return format_html('lang="{}" dir="{}"', value.lang, direction(value.lang))


@register.filter
def highlighted(text: str, query):
    """A text with what a search asked for marked, in the words as printed."""
    if not query:
        return text
    pieces = [
        format_html("<mark>{}</mark>", piece) if is_match else escape(piece)
        for piece, is_match in marked(text, query.phrases)
    ]
    return mark_safe("".join(pieces))  # noqa: S308 (each piece is escaped)


@register.inclusion_tag("components/_glyph.html")
def glyph(codes="", css="glyph"):
    """The mark of the four rooms; the quarters of these group codes are solid.

    Args:
        codes: codes of working groups, separated by spaces; ``all`` for the logo.
        css: class of the drawing.
    """
    solid = codes.split()
    return {
        "css": css,
        "rooms": [(points, "all" in solid or code in solid) for code, points in ROOMS],
    }


@register.inclusion_tag("components/_bar.html")
def bar(count: int, most: int):
    """A bar as long as the count is, of a row of bars whose longest stands for ``most``."""
    return {"share": round(100 * count / most) if most else 0}


@register.filter
def codes(recommendation) -> str:
    """The codes of a recommendation's groups, for the mark and the colour."""
    return " ".join(group.code for group in recommendation.working_groups.all())


@register.filter
def mark(recommendation) -> str:
    """The short sign beside a recommendation: "PR 3", "STJ 2"; empty for a cross-cutting one."""
    groups = list(recommendation.working_groups.all())
    if recommendation.kind == Kind.OWN:
        whose = recommendation.organisation
        of = whose.short_name if whose.is_published else ""
    else:
        of = groups[0].code if len(groups) == 1 else ""
    return f"{of} {recommendation.number}" if of and recommendation.number else of


@register.filter
def heading(recommendation):
    """What a recommendation is called: whose it is and its number."""
    line, whose = _called(recommendation)
    return format_html(line, whose=words(whose), number=recommendation.number)


@register.filter
def title(recommendation) -> str:
    """The same without markup."""
    line, whose = _called(recommendation)
    return line.format(whose=whose, number=recommendation.number)


def _called(recommendation) -> tuple[str, Words | str | int]:
    groups = list(recommendation.working_groups.all())
    if recommendation.kind == Kind.CROSS_CUTTING:
        line = ngettext(
            "{whose} working group, cross-cutting",
            "{whose} working groups together, cross-cutting",
            len(groups),
        )
        return line, len(groups)
    if recommendation.kind == Kind.OWN:
        whose = recommendation.organisation
        line = _("{whose}, own recommendation {number}")
        line = line if recommendation.number else _("{whose}, own recommendation")
        return line, whose.name if whose.is_published else _("An organisation")
    if groups:
        return _("{whose}, recommendation {number}"), groups[0].name
    return _("Recommendation {number}"), ""


@register.simple_tag(takes_context=True)
def other_language(context, lang: str) -> str:
    """The address of this page, with its query, in another language, or the home page."""
    address = context["request"].get_full_path() if context.get("request") else ""
    translated = translate_url(address, lang)
    if translated != address or lang == get_language():
        return translated
    with override(lang):
        return reverse("home")


@register.inclusion_tag("components/_addresses.html", takes_context=True)
def addresses(context, canonical=None):
    """The one address of this page and its addresses in every language, for search engines.

    Args:
        canonical: the page's address in canonical form; its path without a query by default.
    """
    request = context.get("request")
    if not request:
        return {}
    canonical = canonical or request.path
    return {
        "canonical": request.build_absolute_uri(canonical),
        "alternates": [
            (lang, request.build_absolute_uri(translate_url(canonical, lang))) for lang in LANGUAGES
        ],
    }


@register.simple_tag(takes_context=True)
def section(context, name: str, label: str):
    """A link to a part of the site, marked where the reader is in it."""
    address = reverse(name)
    here = context["request"].path if context.get("request") else ""
    current = ""
    if here.startswith(address):
        current = format_html(' aria-current="{}"', "page" if here == address else "true")
    return format_html('<a href="{}"{}>{}</a>', address, current, label)
