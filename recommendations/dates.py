"""Dates as precise as their source, in words and in ISO 8601, never finer."""

import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from .choices import Precision, Qualifier

MONTHS = (
    pgettext_lazy("month", "January"),
    pgettext_lazy("month", "February"),
    pgettext_lazy("month", "March"),
    pgettext_lazy("month", "April"),
    pgettext_lazy("month", "May"),
    pgettext_lazy("month", "June"),
    pgettext_lazy("month", "July"),
    pgettext_lazy("month", "August"),
    pgettext_lazy("month", "September"),
    pgettext_lazy("month", "October"),
    pgettext_lazy("month", "November"),
    pgettext_lazy("month", "December"),
)
_QUALIFIED = {
    Qualifier.EARLY: gettext_lazy("early %(date)s"),
    Qualifier.MID: gettext_lazy("mid %(date)s"),
    Qualifier.LATE: gettext_lazy("late %(date)s"),
}
ISO_LENGTHS = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}


def iso(date: datetime.date | None, precision: str) -> str:
    """``2023``, ``2023-05`` or ``2023-05-14``; empty where nothing is known."""
    return date.isoformat()[: ISO_LENGTHS[precision]] if date else ""


def in_words(date: datetime.date | None, precision: str, qualifier: str = "") -> str:
    """A date as a reader says it, in the active language: "early May 2023", "2023"."""
    if not date:
        return _("date not in the source")
    parts = {"day": date.day, "month": MONTHS[date.month - 1], "year": date.year}
    words = {
        Precision.YEAR: "%(year)d",
        Precision.MONTH: pgettext("date", "%(month)s %(year)d"),
        Precision.DAY: pgettext("date", "%(day)d %(month)s %(year)d"),
    }[precision] % parts
    return _QUALIFIED[qualifier] % {"date": words} if qualifier else words


def period(since: str | None, until: str | None) -> str:
    """Two dates in words, each empty where it is not known, as one; empty without any."""
    if since and until:
        return _("%(since)s to %(until)s") % {"since": since, "until": until}
    if until:
        return _("until %(date)s") % {"date": until}
    return _("since %(date)s") % {"date": since} if since else ""


def starts_period(date: datetime.date, precision: str) -> bool:
    """Whether the stored day is the first of the year or month that the source states."""
    return precision == Precision.DAY or (
        date.day == 1 and (precision == Precision.MONTH or date.month == 1)
    )
