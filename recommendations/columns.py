"""The columns of each model: one vocabulary for files, interface and import.

A column is a query expression, so that the database makes the whole row; its value is always
text, several values with ``SEPARATOR`` between them. A column that means the same as a filter has
its name and its values.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import FieldDoesNotExist
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Left
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from .choices import Role, State
from .dates import ISO_LENGTHS
from .filters import LISTED
from .models import (
    Addressee,
    Citation,
    Conference,
    FollowUp,
    Funder,
    Goal,
    GoalAssignment,
    Instrument,
    Meeting,
    Organisation,
    OrganisationRole,
    Passage,
    Recommendation,
    Source,
    Support,
    Theme,
    WorkingGroup,
)

# U+001F, the unit separator: no text may hold it, so a list splits exactly.
SEPARATOR = "\x1f"
COUNTS = {"recommendations"}
EMPTY = Value("", output_field=TextField())


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: heading in files, key in JSON, name of the filter that means the same.
        expression: query expression, or a function of the site's address that makes one.
        label: what it is called, where no field of the model has its name.
        meaning: what it holds, where its name does not say it.
    """

    name: str
    expression: object
    label: object = ""
    meaning: object = ""

    @property
    def is_list(self) -> bool:
        return isinstance(self.expression, Joined)

    def is_number(self, model: type[Model]) -> bool:
        field = _field(model, self.name)
        return isinstance(field, IntegerField) or self.name in COUNTS

    def guide(self, model: type[Model]) -> tuple[str, str]:
        """What the column is called and what it holds, in the active language."""
        name, language = self.name, ""
        if name[-3:] in _LANGUAGES and not _field(model, name):
            name, language = name[:-3], f" ({_LANGUAGES[name[-3:]]})"
        if field := _field(model, name):
            return str(field.verbose_name) + language, str(getattr(field, "help_text", ""))
        return str(self.label or _label(model, name)) + language, str(self.meaning)

    def value(self, site: str):
        """The query expression of the column's text; ``site`` is ``https://host/``."""
        return self.expression(site) if isinstance(self.expression, Callable) else self.expression


# What columns hold that are neither a field nor a filter of their model.
_LABELS = {
    "lead_in": _("words before the first recommendation"),
    "locator": _("place in the source"),
    "meeting_date": _("date of the meeting"),
    "meeting_date_precision": _("precision of the meeting's date"),
    "recommendations": _("number of recommendations"),
    "source_date": _("date of the source"),
    "source_publisher": _("publisher of the source"),
    "source_title": _("title of the source"),
    "url": _("permanent address"),
}
_LANGUAGES = {"_en": _("English"), "_ar": _("Arabic")}


def _label(model: type[Model], name: str):
    """What a column that is no field holds: as written here, or as its filter is called."""
    if name in _LABELS:
        return _LABELS[name]
    for listed, filterset in LISTED.values():
        if listed is model and name in filterset.base_filters:
            return filterset.base_filters[name].label
    return name


def _field(model: type[Model], name: str):
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if field.concrete else None


class Joined(Subquery):
    """The values of a one-column queryset, in its order, as one text."""

    output_field = TextField()

    def __init__(self, queryset: QuerySet, expression):
        super().__init__(queryset.values_list(Cast(expression, TextField())))

    def as_postgresql(self, compiler, connection, **context):
        template = "array_to_string(ARRAY(%(subquery)s), chr(31))"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler, connection, **context):
        # The CTE names the column whatever Django calls it; SQLite keeps the subquery's order.
        template = (
            "(WITH part(value) AS (%(subquery)s)"
            " SELECT coalesce(group_concat(value, char(31)), '') FROM part)"
        )
        return super().as_sql(compiler, connection, template=template, **context)


def text(path: str):
    """A field as text, empty where there is none."""
    return Coalesce(Cast(path, TextField()), EMPTY)


def visible(relation: str, path: str, *through: str):
    """A field of a related record, empty where that record (or one on the way) is unpublished."""
    published = {f"{each}__state": State.PUBLISHED for each in (*through, relation)}
    return Case(
        When(**published, then=text(f"{relation}__{path}")),
        default=EMPTY,
        output_field=TextField(),
    )


def iso_date(path: str, precision: str, relation: str = ""):
    """A date as far as its precision goes: ``2023``, ``2023-05`` or ``2023-05-14``.

    That of a related record is empty where the record is unpublished.
    """
    public = {f"{relation}__state": State.PUBLISHED} if relation else {}
    return Case(
        *(
            When(**{precision: name}, **public, then=Left(Cast(path, CharField()), length))
            for name, length in ISO_LENGTHS.items()
        ),
        default=EMPTY,
        output_field=TextField(),
    )


def permalink(view: str, field: str):
    def expression(site: str):
        with override("en"):
            before, after = reverse(view, args=["0"]).rsplit("0", 1)
        return Concat(
            Value(site.rstrip("/") + before), F(field), Value(after), output_field=TextField()
        )

    return expression


def named(name: str, queryset: QuerySet) -> list[Column]:
    """Three columns for related records: their slugs and their names in both languages."""
    return [
        Column(name, Joined(queryset, "slug")),
        Column(f"{name}_en", Joined(queryset, "name_en")),
        Column(f"{name}_ar", Joined(queryset.exclude(name_ar=""), "name_ar")),
    ]


def named_one(name: str, relation: str, *through: str) -> list[Column]:
    """The same for a single related record."""
    return [
        Column(name, visible(relation, "slug", *through)),
        Column(f"{name}_en", visible(relation, "name_en", *through)),
        Column(f"{name}_ar", visible(relation, "name_ar", *through)),
    ]


def fields(*names: str) -> list[Column]:
    return [Column(name, text(name)) for name in names]


def _locator(passage: str = "passage", name: str = "locator"):
    """Where the row's passage stands, or what it says; empty where its source is unpublished."""
    return Case(
        When(**{f"{passage}__source__state": State.PUBLISHED}, then=text(f"{passage}__{name}")),
        default=EMPTY,
        output_field=TextField(),
    )


def of(model: type[Model], **condition) -> QuerySet:
    """Published records that stand in a relation to the row."""
    return model.objects.published().filter(**condition)


_recommendation = OuterRef("pk")
_groups = of(WorkingGroup, recommendations=_recommendation).order_by("position")
_themes = of(Theme, assignments__recommendation=_recommendation).order_by(
    "assignments__position", "assignments__pk"
)
_addressees = of(Addressee, recommendations=_recommendation).order_by("slug")
_instruments = of(Instrument, recommendations=_recommendation).order_by("slug")
_goals = GoalAssignment.objects.filter(recommendation=_recommendation).order_by("position", "pk")
_follow_ups = of(FollowUp, recommendations=_recommendation)
_publishers = of(
    Organisation, roles__role=Role.PUBLISHER, roles__source=OuterRef("passage__source")
)

COLUMNS: dict[type[Model], list[Column]] = {
    Recommendation: [
        *fields("reference", "kind"),
        *named("working_group", _groups),
        *fields("number", "text", "text_language", "text_ar"),
        *named_one("organisation", "organisation"),
        *named("addressee", _addressees),
        *named("theme", _themes),
        Column("sdg", Joined(_goals, "code")),
        *named("instrument", _instruments),
        Column(
            "follow_up",
            Joined(_follow_ups.order_by("kind").distinct(), "kind"),
            meaning=_(
                "Each kind of recorded follow-up, once. Empty: none recorded, which does not mean "
                "that nothing was done."
            ),
        ),
        Column(
            "assessment",
            Joined(
                _follow_ups.exclude(assessment="").order_by("assessment").distinct(), "assessment"
            ),
            meaning=_(
                "How organisations assess the implementation, each assessment once; the list of "
                "follow-up says whose it is. Empty: none recorded, which does not mean that "
                "nothing was done."
            ),
        ),
        *named_one("meeting", "meeting"),
        Column("meeting_date", iso_date("meeting__date", "meeting__date_precision", "meeting")),
        Column("meeting_date_precision", visible("meeting", "date_precision")),
        *named_one("conference", "meeting__conference", "meeting"),
        *fields("delivered_by"),
        Column("source", visible("passage__source", "slug")),
        Column("source_title", visible("passage__source", "title")),
        Column("source_publisher", Joined(_publishers, "name_en")),
        Column(
            "source_date",
            iso_date("passage__source__date", "passage__source__date_precision", "passage__source"),
        ),
        Column("locator", _locator()),
        Column("url", permalink("recommendation-detail", "reference")),
    ],
    Meeting: [
        *fields("slug", "name_en", "name_ar", "words_in_source"),
        *named_one("conference", "conference"),
        *named("working_group", of(WorkingGroup, meetings=OuterRef("pk")).order_by("position")),
        *named(
            "organisation",
            of(
                Organisation,
                pk__in=OrganisationRole.objects.filter(meeting=OuterRef(OuterRef("pk"))).values(
                    "organisation"
                ),
            ).order_by("slug"),
        ),
        Column("date", iso_date("date", "date_precision")),
        *fields("date_precision", "date_qualifier", "date_as_printed", "place", "summary"),
        Column("source", visible("passage__source", "slug")),
        Column("locator", _locator()),
        Column("url", permalink("meeting-detail", "slug")),
    ],
    Conference: [
        *fields("slug", "name_en", "name_ar", "name_as_printed", "ordinal", "title"),
        Column("date", iso_date("date", "date_precision")),
        *fields("date_precision", "place"),
        Column("source", visible("passage__source", "slug")),
        Column("locator", _locator()),
        Column("url", permalink("conference-detail", "slug")),
    ],
    WorkingGroup: [
        *fields("slug", "code", "position", "name_en", "name_ar", "name_ar_origin"),
        *fields("name_as_printed"),
        Column("lead_in", _locator("lead_in", "text")),
        Column("meeting", Joined(of(Meeting, working_groups=OuterRef("pk")), "slug")),
        Column("source", visible("passage__source", "slug")),
        Column("locator", _locator()),
        Column("url", permalink("workinggroup-detail", "slug")),
    ],
    Organisation: [
        *fields("slug", "name_en", "name_ar", "name_ar_origin", "short_name", "other_names"),
        *fields("type"),
        Column(
            "role",
            Joined(
                OrganisationRole.objects.filter(organisation=OuterRef("pk"))
                .order_by("role")
                .distinct(),
                "role",
            ),
        ),
        *fields("facts"),
        Column("url", permalink("organisation-detail", "slug")),
    ],
    Funder: [
        *fields("slug", "name_en", "name_ar", "type"),
        *named("supports", of(Organisation, support__funder=OuterRef("pk")).order_by("slug")),
        Column("amount", Joined(Support.objects.filter(funder=OuterRef("pk")), "amount")),
        Column(
            "locator",
            Joined(
                Passage.objects.filter(
                    support__funder=OuterRef("pk"), source__state=State.PUBLISHED
                ),
                "locator",
            ),
        ),
        Column("url", permalink("funder-detail", "slug")),
    ],
    Theme: [
        *fields("slug", "name_en", "name_ar", "name_ar_origin", "scope_en", "scope_ar"),
        Column(
            "recommendations",
            Coalesce(
                Subquery(
                    of(Recommendation, themes=OuterRef("pk"))
                    .order_by()
                    .values("themes")
                    .values_list(Cast(Count("pk"), TextField()))
                ),
                Value("0", output_field=TextField()),
            ),
        ),
        Column("url", permalink("theme-detail", "slug")),
    ],
    Source: [
        *fields("slug", "code", "title", "subtitle"),
        Column("date", iso_date("date", "date_precision")),
        *fields("date_precision", "date_as_printed", "document_type", "language"),
        Column(
            "organisation",
            Joined(
                of(Organisation, roles__role=Role.PUBLISHER, roles__source=OuterRef("pk")), "slug"
            ),
        ),
        *fields("sha256"),
        Column("url", permalink("source-detail", "slug")),
    ],
    Passage: [
        *fields("locator", "paragraph", "kind", "number", "position", "text"),
        Column("source", visible("source", "slug")),
        Column(
            "recommendation",
            Joined(of(Recommendation, passage=OuterRef("pk")).order_by("position"), "reference"),
            _("recommendations copied from it"),
        ),
    ],
    Instrument: [
        *fields("slug", "name_en", "name_ar", "type"),
        Column(
            "words",
            Joined(
                Citation.objects.filter(
                    instrument=OuterRef("pk"), passage__source__state=State.PUBLISHED
                ).order_by("passage__source__code", "passage__position"),
                "words",
            ),
            _("how the texts cite it"),
        ),
        Column(
            "locator",
            Joined(
                Passage.objects.published()
                .filter(citations__instrument=OuterRef("pk"))
                .order_by("source__code", "position"),
                "locator",
            ),
            _("where they do"),
        ),
    ],
    Addressee: [
        *fields("slug", "name_en", "name_ar"),
        Column("organisation", visible("organisation", "slug")),
    ],
    Goal: fields("number", "name_en", "name_ar"),
    OrganisationRole: [
        Column("organisation", visible("organisation", "slug")),
        *fields("role"),
        *(
            Column(target, visible(target, "slug"))
            for target in ("body", "meeting", "source", "instrument")
        ),
        Column("since", iso_date("since", "since_precision")),
        Column("until", iso_date("until", "until_precision")),
        Column("locator", _locator()),
    ],
    Support: [
        Column("funder", visible("funder", "slug")),
        Column("organisation", visible("organisation", "slug")),
        *fields("amount"),
        Column("since", iso_date("since", "since_precision")),
        Column("until", iso_date("until", "until_precision")),
        Column("locator", _locator()),
    ],
    FollowUp: [
        *fields("slug", "kind", "assessment"),
        Column("organisation", visible("organisation", "slug")),
        Column("date", iso_date("date", "date_precision")),
        *fields("date_precision", "text"),
        Column(
            "recommendation",
            Joined(of(Recommendation, follow_ups=OuterRef("pk")).order_by("position"), "reference"),
        ),
        Column("locator", _locator()),
    ],
}
