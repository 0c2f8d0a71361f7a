"""What the pages of all models share: fields, lists, rows inside another record's page."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import IS_FACETS_VAR, ChangeList
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Max
from django.template.defaultfilters import truncatechars
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from ..columns import COLUMNS
from ..exports import Export, respond
from ..importing import import_place
from ..models.fields import NameField, ReferenceField, VerbatimField
from ..search import staff
from .deleting import Deleting
from .editing import FactFormSet, SafeEditing
from .filters import MomentFilter, SubmitterFilter
from .history import History
from .lookups import Lookup, RowForm
from .workflow import PublishedForm, Workflow

FIELDS = {
    VerbatimField: {"widget": AdminTextareaWidget(attrs={"dir": "auto", "rows": 4})},
    NameField: {"widget": AdminTextInputWidget(attrs={"dir": "auto"})},
    ReferenceField: {"widget": AdminTextInputWidget(attrs={"dir": "ltr", "spellcheck": "false"})},
    models.SlugField: {"widget": AdminTextInputWidget(attrs={"dir": "ltr", "spellcheck": "false"})},
    models.URLField: {"assume_scheme": "https"},
}


# The filters of longer lists count their rows when asked to: each of them reads the whole table.
COUNTED_AT_ONCE = 10_000

PLACE_IN_SOURCE = (_("Source and place"), {"fields": [("passage", "passage_text")]})
ARABIC_NAME = (_("Arabic"), {"fields": [("name_ar", "name_ar_origin")]})
PUBLICATION = (_("Publication"), {"fields": ["slug", "state", "version"]})


class Fields:
    """Fields with the direction of their language; no field deletes the record it names."""

    formfield_overrides = FIELDS

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name.endswith("_ar"):
            field.widget.attrs |= {"lang": "ar", "dir": "rtl"}
        if hasattr(field, "queryset"):
            field.widget.can_delete_related = False
        return field

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = Lookup(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class TableInline(Fields, admin.TabularInline):
    formset = FactFormSet
    form = RowForm
    extra = 0
    view_on_site = False


class StackInline(Fields, admin.StackedInline):
    formset = FactFormSet
    form = RowForm
    extra = 0
    view_on_site = False


class RecordPaginator(Paginator):
    """Pages of rows; those of a single page are counted by reading them."""

    @cached_property
    def first_keys(self) -> list[int]:
        """The keys of the first page, and one more where there is one."""
        return list(self.object_list.values_list("pk", flat=True)[: self.per_page + 1])

    @cached_property
    def count(self):
        few = len(self.first_keys)
        return few if few <= self.per_page else super().count


class RecordList(ChangeList):
    """A page of records, each with the last entry of its history, in one query for all.

    The keys of the page come first, from an index where there is one; then what is shown of them.
    """

    def get_results(self, request):
        super().get_results(request)
        if self.full_result_count > COUNTED_AT_ONCE:
            self.is_facets_optional = True
            self.add_facets = IS_FACETS_VAR in request.GET
        keys = self.paginator.first_keys[: self.list_per_page]
        if self.page_num > 1 or (self.show_all and self.can_show_all):
            keys = list(self.result_list.values_list("pk", flat=True))
        shown = self.apply_select_related(self.root_queryset)
        shown = shown.prefetch_related(*self.model_admin.list_prefetch_related).in_bulk(keys)
        self.result_list = [shown[key] for key in keys if key in shown]
        history = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(self.model),
            object_id__in=[str(record.pk) for record in self.result_list],
        )
        newest = history.order_by().values("object_id").annotate(pk=Max("pk")).values("pk")
        entries = {
            entry.object_id: entry
            for entry in LogEntry.objects.filter(pk__in=newest).select_related("user")
        }
        for record in self.result_list:
            record.last_entry = entries.get(str(record.pk))


class RecordAdmin(Fields, SafeEditing, History, Deleting, admin.ModelAdmin):
    """Any record of the collection."""

    actions = ["download"]
    show_facets = admin.ShowFacets.ALWAYS
    list_per_page = 50
    paginator = RecordPaginator
    list_prefetch_related = []
    # The number of the fieldset that the rows of other models follow.
    inlines_after = 1

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), MomentFilter]

    def get_changelist(self, request, **kwargs):
        return RecordList

    def changelist_view(self, request, extra_context=None):
        _refuse_nul(request)
        context = {"import_place": import_place(request.user, self.model), "has_history": True}
        return super().changelist_view(request, context | (extra_context or {}))

    @property
    def search_fields(self):
        return self.model.found_by

    def get_search_results(self, request, queryset, search_term):
        """Rows in any state, by their documents: lists and look-ups find alike."""
        _refuse_nul(request)
        return staff.find(queryset, search_term), False

    def get_actions(self, request):
        actions = super().get_actions(request)
        if self.model not in COLUMNS:
            actions.pop("download", None)
        return actions

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def download(self, request, queryset):
        rows = queryset.select_related(None).prefetch_related(None)
        export = Export(rows, site=request.build_absolute_uri("/"))
        return respond(export, "csv", stem=f"cssr-{self.opts.model_name}-selection")

    def get_view_on_site_url(self, obj=None):
        return obj.get_absolute_url() if obj and self.is_public(obj) else None

    def is_public(self, record) -> bool:
        return True

    @admin.display(description=_("name"), ordering="name_en")
    def named(self, record):
        return format_html('<span lang="{}" dir="auto">{}</span>', record.name.lang, record.name)

    @admin.display(description=_("text of the passage"))
    def passage_text(self, record):
        return quotation(record.passage) if record.passage_id else _("Shown after saving.")


class PublishedAdmin(Workflow, RecordAdmin):
    """A record that the public sees once it is published."""

    form = PublishedForm
    list_filter = ["state"]
    readonly_fields = ["version"]

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), SubmitterFilter]

    def is_public(self, record) -> bool:
        return record.is_published

    @admin.display(description=_("date"), ordering="date")
    def dated(self, record):
        return record.date_in_words

    @admin.display(description=_("last changed"), ordering="updated_at")
    def changed(self, record):
        entry = record.last_entry
        date = localtime(record.updated_at).date().isoformat()
        name = entry.user.get_username() if entry else ""
        return format_html("<time>{}</time> <bdi>{}</bdi>", date, name)


def excerpt(text: str, language: str):
    """The beginning of a text, marked with its language."""
    return format_html('<span lang="{}" dir="auto">{}</span>', language, truncatechars(text, 90))


def quotation(passage):
    """The words of a passage, marked as the source's."""
    return format_html(
        '<blockquote class="quotation" lang="{}" dir="auto">{}</blockquote>',
        passage.source.language,
        passage.text,
    )


def _refuse_nul(request) -> None:
    """No text holds U+0000, and PostgreSQL fails on it."""
    if any("\0" in value for values in request.GET.lists() for value in values[1]):
        raise BadRequest("U+0000")
