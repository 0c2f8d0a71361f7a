"""What a list counts, with the plural forms of both languages."""

from dataclasses import dataclass

from django.utils.translation import ngettext_lazy


@dataclass(frozen=True)
class Unit:
    """``counted`` says "5 meetings", ``counted_of`` says "5 of 23 meetings"."""

    _counted: object
    _counted_of: object

    def counted(self, count: int) -> str:
        return str(self._counted % {"count": count})

    def counted_of(self, count: int, total: int) -> str:
        return str(self._counted_of % {"count": count, "total": total})


RECOMMENDATIONS = Unit(
    ngettext_lazy("%(count)d recommendation", "%(count)d recommendations", "count"),
    ngettext_lazy(
        "%(count)d of %(total)d recommendations",
        "%(count)d of %(total)d recommendations",
        "count",
    ),
)
MEETINGS = Unit(
    ngettext_lazy("%(count)d meeting", "%(count)d meetings", "count"),
    ngettext_lazy("%(count)d of %(total)d meetings", "%(count)d of %(total)d meetings", "count"),
)
CONFERENCES = Unit(
    ngettext_lazy("%(count)d conference", "%(count)d conferences", "count"),
    ngettext_lazy(
        "%(count)d of %(total)d conferences", "%(count)d of %(total)d conferences", "count"
    ),
)
WORKING_GROUPS = Unit(
    ngettext_lazy("%(count)d working group", "%(count)d working groups", "count"),
    ngettext_lazy(
        "%(count)d of %(total)d working groups", "%(count)d of %(total)d working groups", "count"
    ),
)
ORGANISATIONS = Unit(
    ngettext_lazy("%(count)d organisation", "%(count)d organisations", "count"),
    ngettext_lazy(
        "%(count)d of %(total)d organisations", "%(count)d of %(total)d organisations", "count"
    ),
)
FUNDERS = Unit(
    ngettext_lazy("%(count)d funder", "%(count)d funders", "count"),
    ngettext_lazy("%(count)d of %(total)d funders", "%(count)d of %(total)d funders", "count"),
)
THEMES = Unit(
    ngettext_lazy("%(count)d theme", "%(count)d themes", "count"),
    ngettext_lazy("%(count)d of %(total)d themes", "%(count)d of %(total)d themes", "count"),
)
SOURCES = Unit(
    ngettext_lazy("%(count)d source", "%(count)d sources", "count"),
    ngettext_lazy("%(count)d of %(total)d sources", "%(count)d of %(total)d sources", "count"),
)
