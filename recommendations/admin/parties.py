"""Organisations with their roles, and who supports them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import Addressee, Funder, Organisation, OrganisationRole, Support
from .base import ARABIC_NAME, PUBLICATION, PublishedAdmin, StackInline, TableInline
from .workflow import state_chip

PERIOD = ("since", "since_precision", "until", "until_precision")
ROLE_RELATIONS = ["organisation", "body", "meeting", "source", "instrument", "passage"]


class RoleInline(StackInline):
    """What an organisation did, on its own page."""

    model = OrganisationRole
    fk_name = "organisation"
    autocomplete_fields = ROLE_RELATIONS[1:]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("role", "passage"),
                    ("body", "meeting"),
                    ("source", "instrument"),
                    PERIOD,
                ]
            },
        )
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*ROLE_RELATIONS)


class RoleOfOthersInline(TableInline):
    """Who did it, on the page of what a role belongs to."""

    model = OrganisationRole
    fields = ["organisation", "role", "passage"]
    autocomplete_fields = ["organisation", "passage"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*ROLE_RELATIONS)


class MeetingRoleInline(RoleOfOthersInline):
    verbose_name = _("participant")
    verbose_name_plural = _("participants")


class SourceRoleInline(RoleOfOthersInline):
    verbose_name = _("publisher")
    verbose_name_plural = _("publishers")


class InstrumentRoleInline(RoleOfOthersInline):
    verbose_name = _("issuer")
    verbose_name_plural = _("issuers")


@admin.register(Organisation)
class OrganisationAdmin(PublishedAdmin):
    list_display = ["named", "short_name", "type", "role_names", state_chip, "changed"]
    list_filter = ["state", "type", "roles__role", "name_ar_origin"]
    list_prefetch_related = ["roles"]
    prepopulated_fields = {"slug": ["name_en"]}
    inlines = [RoleInline]
    inlines_after = 2
    fieldsets = [
        (_("Name"), {"fields": ["name_en", "short_name", "other_names"]}),
        (_("What the source says"), {"fields": ["type", "facts"]}),
        ARABIC_NAME,
        PUBLICATION,
    ]

    @admin.display(description=_("roles"))
    def role_names(self, record):
        return ", ".join(dict.fromkeys(role.get_role_display() for role in record.roles.all()))


class SupportInline(StackInline):
    model = Support
    autocomplete_fields = ["organisation", "passage"]
    fieldsets = [(None, {"fields": [("organisation", "amount"), "passage", PERIOD]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("funder", "organisation", "passage")


@admin.register(Funder)
class FunderAdmin(PublishedAdmin):
    list_display = ["named", "type", "position", "supported", state_chip, "changed"]
    list_filter = ["state", "type", "name_ar_origin"]
    list_prefetch_related = ["support__organisation"]
    prepopulated_fields = {"slug": ["name_en"]}
    inlines = [SupportInline]
    fieldsets = [
        (_("Name"), {"fields": ["name_en", "position", "type"]}),
        ARABIC_NAME,
        PUBLICATION,
    ]

    @admin.display(description=_("supports"))
    def supported(self, record):
        return ", ".join(str(support.organisation) for support in record.support.all())


@admin.register(Addressee)
class AddresseeAdmin(PublishedAdmin):
    list_display = ["named", "organisation", state_chip, "changed"]
    list_filter = ["state", "name_ar_origin"]
    list_select_related = ["organisation"]
    autocomplete_fields = ["organisation"]
    prepopulated_fields = {"slug": ["name_en"]}
    fieldsets = [
        (_("Name"), {"fields": ["name_en", "organisation"]}),
        ARABIC_NAME,
        PUBLICATION,
    ]
