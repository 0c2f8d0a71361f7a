"""How to cite a recommendation, in the style of APA and as BibTeX: always in English.

Author is the body that asks, never the person who spoke; the document that records it stands
after "In". A date is as precise as its source.
"""

import re

from django.utils.translation import override

from . import dates
from .choices import Kind, Precision

SITE = "CSSR recommendations"
UNKNOWN = "Unknown author"
BIBTEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "{}&%$#_"},
}


def apa(recommendation, bodies, publishers, url: str) -> str:
    """One line of text.

    Args:
        recommendation: with its groups, meeting and source at hand.
        bodies: organisations whose recommendations the meeting heard.
        publishers: organisations that published the source.
        url: its permanent address.
    """
    said = _said(recommendation)
    source = _source(recommendation)
    sentences = [
        _author(recommendation, bodies),
        f"({_apa_date(_meeting(recommendation))})",
        _title(recommendation) + (f" [{said}]" if said else ""),
        source and f"In {_names(publishers)} ({_apa_date(source)}), {source.title}",
        f"{SITE}, {recommendation.reference}, version {recommendation.version}",
    ]
    return " ".join([*(f"{each}." for each in sentences if each), url])


def bibtex(recommendation, bodies, publishers, url: str) -> str:
    """An entry of a BibTeX file, made from the same values as ``apa``."""
    meeting, source = _meeting(recommendation), _source(recommendation)
    note = [
        _said(recommendation),
        source and f"In {_names(publishers)}, {source.title}, {_date(source)}",
        f"{SITE}, {recommendation.reference}, version {recommendation.version}",
    ]
    fields = {
        "author": f"{{{{{_escaped(_author(recommendation, bodies))}}}}}",
        "title": f"{{{_escaped(_title(recommendation))}}}",
        "year": meeting and meeting.date and f"{{{meeting.date.year}}}",
        "month": meeting and _macro(meeting),
        "note": f"{{{_escaped('. '.join(each for each in note if each))}}}",
        "url": f"{{{url}}}",
    }
    lines = ",\n".join(f"  {name:<6} = {value}" for name, value in fields.items() if value)
    return f"@misc{{{recommendation.reference.lower()},\n{lines}\n}}"


def _author(recommendation, bodies) -> str:
    if recommendation.kind == Kind.OWN:
        whose = recommendation.organisation
        return whose.name_en if whose.is_published else UNKNOWN
    groups = [group.name_as_printed for group in recommendation.working_groups.all()]
    if len(groups) > 1:
        groups = [f"{len(groups)} working groups"]
    return ", ".join([*(body.name_en for body in bodies), *groups]) or UNKNOWN


def _title(recommendation) -> str:
    if recommendation.kind == Kind.CROSS_CUTTING:
        return "Cross-cutting recommendation"
    return f"Recommendation {recommendation.number}" if recommendation.number else "Recommendation"


def _said(recommendation) -> str:
    """By whom and where: "Speech by Bahjat Hajar, Ministerial meeting"."""
    meeting, passage = _meeting(recommendation), recommendation.passage
    speaker = re.split("[,،]", recommendation.delivered_by)[0]
    how = "Speech" if passage and passage.in_speech else "Delivered"
    said = [speaker and f"{how} by {speaker}", meeting and meeting.name_en]
    return ", ".join(each for each in said if each)


def _meeting(recommendation):
    meeting = recommendation.meeting
    return meeting if meeting and meeting.is_published else None


def _source(recommendation):
    source = recommendation.passage and recommendation.passage.source
    return source if source and source.is_published else None


def _names(organisations) -> str:
    return " & ".join(each.name_en for each in organisations) or "unknown publisher"


def _date(record) -> str:
    with override("en"):
        return dates.in_words(record.date, record.date_precision) if record.date else "n.d."


def _apa_date(record) -> str:
    """ "2023", "2023, June" or "2023, June 14"."""
    if not record or not record.date:
        return "n.d."
    month_first = {
        Precision.YEAR: "",
        Precision.MONTH: f", {_month(record)}",
        Precision.DAY: f", {_month(record)} {record.date.day}",
    }
    return f"{record.date.year}{month_first[record.date_precision]}"


def _month(record) -> str:
    with override("en"):
        return str(dates.MONTHS[record.date.month - 1])


def _macro(record) -> str:
    """The name that BibTeX has for a month."""
    if not record.date or record.date_precision == Precision.YEAR:
        return ""
    return _month(record)[:3].lower()


def _escaped(text: str) -> str:
    return "".join(BIBTEX_SPECIAL.get(sign, sign) for sign in text)
