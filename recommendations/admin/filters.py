"""Filters of staff lists that no single field answers."""

from django.contrib import admin
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ..choices import State
from ..models import Recommendation, RecommendationLink, ThemeAssignment
from ..search import staff


class RelatedFilter(admin.RelatedFieldListFilter):
    """The related records that occur, asked for once a page, not once a count."""

    def field_choices(self, field, request, model_admin):
        known = request.__dict__.setdefault("field_choices", {})
        if self.field_path not in known:
            if field.many_to_many:
                rows = field.remote_field.through.objects
                rows = rows.filter(**{field.m2m_reverse_field_name(): OuterRef("pk")})
            else:
                rows = model_admin.get_queryset(request)
                rows = rows.filter(**{self.field_path: OuterRef("pk")})
            known[self.field_path] = field.get_choices(
                include_blank=False,
                limit_choices_to=Q(Exists(rows)),
                ordering=self.field_admin_ordering(field, request, model_admin),
            )
        return known[self.field_path]


class ConditionFilter(admin.SimpleListFilter):
    """Rows that meet one of several named conditions."""

    conditions: dict[str, tuple[str, Q]]

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in self.conditions.items()]

    def queryset(self, request, queryset):
        condition = self.conditions.get(self.value())
        return queryset.filter(condition[1]) if condition else queryset

    def get_facet_counts(self, pk_attname, filtered_qs):
        return {
            f"{position}__c": Count(pk_attname, filter=condition)
            for position, (_label, condition) in enumerate(self.conditions.values())
        }


STANDS_IN_PASSAGE = Q(GreaterThan(StrIndex("passage__text", "text"), 0))


class VerificationFilter(ConditionFilter):
    title = _("verification")
    parameter_name = "verification"
    conditions = {
        "verified": (_("Stands in its passage"), STANDS_IN_PASSAGE),
        "differs": (
            _("Differs from its passage"),
            Q(passage__isnull=False) & ~STANDS_IN_PASSAGE,
        ),
        "no-passage": (_("Has no passage"), Q(passage=None)),
    }


class ArabicTextFilter(ConditionFilter):
    title = _("Arabic text")
    parameter_name = "arabic"
    conditions = {"yes": (_("Recorded"), ~Q(text_ar="")), "no": (_("Not recorded"), Q(text_ar=""))}


def _possible_twins() -> Q:
    """Rows that say the same as another one, where no editor has linked the two."""
    documents = staff.twins(Recommendation)
    twin = documents.filter(object_id=OuterRef(OuterRef(OuterRef("pk")))).values("twin")
    same = documents.filter(twin__in=twin).values("object_id")
    links = RecommendationLink.objects.filter(
        Q(recommendation=OuterRef("pk"), other__in=same)
        | Q(other=OuterRef("pk"), recommendation__in=same)
    )
    return Q(pk__in=documents.values("object_id")) & ~Exists(links)


ALIVE = ~Q(state=State.WITHDRAWN)


class AttentionFilter(ConditionFilter):
    """What somebody should look at; nothing of it once a record is withdrawn."""

    title = _("needs attention")
    parameter_name = "attention"
    conditions = {
        "no-theme": (
            _("Has no theme"),
            ALIVE & ~Exists(ThemeAssignment.objects.filter(recommendation=OuterRef("pk"))),
        ),
        "no-passage": (_("Has no passage"), ALIVE & Q(passage=None)),
        "differs": (
            _("Differs from its passage, without a reason"),
            ALIVE
            & Q(difference_reason="", passage__isnull=False)
            & ~Q(text=F("passage__text"))  # quickly told
            & ~STANDS_IN_PASSAGE,
        ),
        "twin": (_("Says the same as another one, not linked to it"), _possible_twins()),
    }
    # conditions that look at other tables cannot be counted over rows made distinct
    get_facet_counts = admin.SimpleListFilter.get_facet_counts


class SubmitterFilter(ConditionFilter):
    """Among records in review, those that the reader submitted and those that others did."""

    title = _("submitted by")
    parameter_name = "submitted"

    def lookups(self, request, model_admin):
        self.conditions = submitters(request.user)
        in_review = request.GET.get("state__exact") == State.IN_REVIEW
        return super().lookups(request, model_admin) if in_review or self.value() else []


def submitters(user) -> dict[str, tuple[str, Q]]:
    own = Q(submitted_by=user.pk)
    return {
        "me": (_("You"), own),
        "others": (_("Others"), Q(submitted_by=None) | ~own),
    }


class MomentFilter(admin.SimpleListFilter):
    """Records that one change has touched; it shows only while it is used."""

    title = _("change")
    parameter_name = "changed"

    def lookups(self, request, model_admin):
        return [(self.value(), self.value())] if self.value() else []

    def queryset(self, request, queryset):
        return queryset.filter(changed_at(queryset.model, _moment(self.value())))


def changed_at(model, moment) -> Q:
    return Q(pk__in=model.history.filter(history_date=moment).values("id"))


def _moment(text: str | None):
    """The moment that an address names; None where it names none."""
    try:
        return parse_datetime(text or "")
    except ValueError:
        return None
