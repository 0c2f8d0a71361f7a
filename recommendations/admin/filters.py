"""Filters of staff lists that no single field answers."""

from django.contrib import admin
from django.db.models import Count, Q
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _


class RelatedFilter(admin.RelatedOnlyFieldListFilter):
    """The related records that occur, asked for once a page, not once a count."""

    def field_choices(self, field, request, model_admin):
        known = request.__dict__.setdefault("field_choices", {})
        if self.field_path not in known:
            known[self.field_path] = super().field_choices(field, request, model_admin)
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
