"""The interface for programs: every list and record, read only, fed by filters and columns.

It has no vocabulary of its own. A list takes the parameters of the page of the same name and gives
the rows of its file, page by page.
"""

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework import exceptions, renderers, serializers, throttling, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import exception_handler

from .columns import COLUMNS
from .conditional import unchanged_answers_304
from .exports import Export
from .filters import LISTED, FacetFilter
from .filters.base import ColumnNames, ExcludeFilter, PageNumber
from .listing import Listing, PageNotFound

PROBLEM = "application/problem+json"
LONGEST_NUMBER = 9
# The column that names a record in addresses, where it is not a slug.
KEYS = {"recommendations": "reference", "passages": "locator", "goals": "number"}
# Rows of these are told apart by what they relate, so that they have no address of their own.
WITHOUT_KEY = frozenset({"roles", "support"})
# Where the values of a column lead.
PLACES = {
    "addressee": "addressees",
    "body": "organisations",
    "conference": "conferences",
    "funder": "funders",
    "instrument": "instruments",
    "locator": "passages",
    "meeting": "meetings",
    "organisation": "organisations",
    "recommendation": "recommendations",
    "source": "sources",
    "supports": "organisations",
    "theme": "themes",
    "working_group": "working-groups",
}


class NotUnderstood(exceptions.APIException):
    """A querystring that holds something unknown; ``document`` says what (RFC 9457)."""

    status_code = 400

    def __init__(self, document: dict):
        super().__init__(document["detail"])
        self.document = document


class Withdrawn(NotUnderstood):
    """The address of a record that was public and is no longer."""

    status_code = 410


def problem_response(error, context):
    """Every error as a problem document (RFC 9457)."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = getattr(error, "document", None) or {
        "type": "about:blank",
        "title": str(getattr(error, "detail", error)) or "There is no such record.",
        "status": response.status_code,
    }
    response.content_type = PROBLEM
    return response


class Problem(serializers.Serializer):
    """What is wrong with a request (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    code = serializers.CharField(required=False, help_text="Of a withdrawn record.")
    withdrawn_at = serializers.DateTimeField(required=False, help_text="Of a withdrawn record.")
    errors = serializers.ListField(child=serializers.DictField(), required=False)


class FacetValue(serializers.Serializer):
    """A value of a facet, the number of rows that have it, and the address of these rows."""

    value = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()
    is_selected = serializers.BooleanField()
    address = serializers.CharField()


class Facet(serializers.Serializer):
    """A filter with all of its values."""

    name = serializers.CharField()
    label = serializers.CharField()
    is_editorial = serializers.BooleanField()
    values = FacetValue(many=True)


class Facets(serializers.Serializer):
    """The facets of a list."""

    count = serializers.IntegerField()
    facets = Facet(many=True)


def record_serializer(place: str) -> type[serializers.Serializer]:
    """The description of one row: its columns and where their values lead."""
    model, _filterset = LISTED[place]
    fields: dict = {}
    for column in COLUMNS[model]:
        name, meaning = column.guide(model)
        options = {"label": name, "help_text": meaning, "required": False}
        if column.is_list:
            fields[column.name] = serializers.ListField(child=serializers.CharField(), **options)
        elif column.is_number(model):
            fields[column.name] = serializers.IntegerField(allow_null=True, **options)
        else:
            fields[column.name] = serializers.CharField(allow_null=True, **options)
    fields["links"] = serializers.DictField(help_text="Addresses of the record and its relations.")
    fields["__doc__"] = str(model._meta.verbose_name).capitalize()
    return type(f"{model.__name__}Record", (serializers.Serializer,), fields)


def page_serializer(place: str, record) -> type[serializers.Serializer]:
    """The description of a page of rows."""
    fields = {
        "__doc__": "A page of rows, in the order asked for.",
        "count": serializers.IntegerField(help_text="Number of rows of the whole list."),
        "total": serializers.IntegerField(help_text="Number of rows without any filter."),
        "page": serializers.IntegerField(),
        "pages": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "filters": serializers.ListField(child=serializers.DictField()),
        "results": record(many=True),
    }
    page = type(f"{LISTED[place][0].__name__}Page", (serializers.Serializer,), fields)
    return extend_schema_serializer(many=False)(page)  # one page, not a list of pages


def parameters(place: str) -> list[OpenApiParameter]:
    """The parameters of a list, as its filters declare them."""
    found = []
    for name, each in LISTED[place][1].base_filters.items():
        choices = [value for value, _label in each.extra.get("choices") or ()]
        is_many = isinstance(each, FacetFilter | ExcludeFilter | ColumnNames)
        if isinstance(each, FacetFilter):
            choices = [term.value for term in each.dimension.terms]
            choices += [each.dimension.empty.value] if choices and each.dimension.empty else []
        found.append(
            OpenApiParameter(
                name,
                int if isinstance(each, PageNumber) else str,
                description=str(each.label),
                enum=choices or None,
                many=is_many,
            )
        )
    return found


class ReaderThrottle(throttling.AnonRateThrottle):
    """So many requests a minute from one address; the answer beyond is 429 with a time to wait."""

    rate = "300/min"


def open_to_every_site(view):
    """Let scripts of other sites read each answer of a view, 304 and errors included."""

    def opened(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Headers"] = "If-None-Match"
        response["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        return response

    return opened


class OpenView:
    """What every view of the interface has in common: no key, no cookie, a limit, problems."""

    http_method_names = ["get", "head", "options"]
    authentication_classes: list = []
    permission_classes: list = []
    throttle_classes = [ReaderThrottle]

    def get_exception_handler(self):
        return problem_response


@method_decorator([open_to_every_site, unchanged_answers_304], name="dispatch")
class Description(OpenView, SpectacularJSONAPIView):
    """The interface, described for OpenAPI."""


@method_decorator([open_to_every_site, unchanged_answers_304], name="dispatch")
class ListViewSet(OpenView, viewsets.GenericViewSet):
    """One place of the interface whose rows have no address; ``viewset`` makes its children."""

    renderer_classes = [renderers.JSONRenderer]
    place = ""
    lookup_value_regex = "[^/]+"

    def _listing(self, request) -> Listing:
        model, filterset_class = LISTED[self.place]
        filterset = filterset_class(
            request.GET,
            queryset=model.objects.published(),
            columns=[column.name for column in COLUMNS[model]],
        )
        listing = Listing(filterset, address(self.place))
        if listing.problems:
            raise NotUnderstood(listing.problem_document())
        return listing

    def _export(self, request, rows, chosen=()) -> Export:
        return Export(rows, site=request.build_absolute_uri("/"), chosen=chosen)

    def list(self, request):
        """Rows, page by page."""
        listing = self._listing(request)
        chosen = tuple(listing.filterset.cleaned.get("columns") or ())
        export = self._export(request, listing.filterset.queryset, chosen)
        try:
            page = listing.page(export.by_key)
        except PageNotFound as error:
            raise Http404(f"The list has {error.last} pages.") from error
        absolute = request.build_absolute_uri
        for row in page.rows:
            row["links"] = links(self.place, row, absolute)
        return Response(
            {
                "count": listing.count,
                "total": listing.total,
                "page": page.number,
                "pages": page.pages,
                "next": page.next and absolute(page.next),
                "previous": page.previous and absolute(page.previous),
                "filters": [
                    {"name": each.name, "value": each.written, "label": str(each.value)}
                    for each in listing.active
                ],
                "results": page.rows,
            }
        )

    @action(detail=False)
    def facets(self, request):
        """The number of rows for each value of each filter, under all other filters."""
        listing = self._listing(request)
        return Response(
            {
                "count": listing.count,
                "facets": [
                    {
                        "name": facet.name,
                        "label": str(facet.label),
                        "is_editorial": facet.is_editorial,
                        "values": [
                            {
                                "value": value.value,
                                "label": str(value.label),
                                "count": value.count,
                                "is_selected": value.is_selected,
                                "address": request.build_absolute_uri(value.link),
                            }
                            for value in facet.values
                        ],
                    }
                    for facet in listing.facets
                ],
            }
        )


class RecordViewSet(ListViewSet):
    """One place of the interface whose rows have an address each."""

    def retrieve(self, request, pk):
        """One record."""
        model, _filterset = LISTED[self.place]
        key = KEYS.get(self.place, "slug")
        value = pk.upper() if key in {"reference", "locator"} else pk
        is_possible = "\0" not in value and (
            key != "number" or (value.isdecimal() and len(value) <= LONGEST_NUMBER)
        )
        if not is_possible:
            raise Http404
        rows = model.objects.published().filter(**{key: value})
        records = list(self._export(request, rows).records())
        if not records:
            raise self._missing(model, {key: value})
        record = records[0]
        record["links"] = links(self.place, record, request.build_absolute_uri)
        return Response(record)

    def _missing(self, model, key: dict) -> Exception:
        """What to answer where no public record has this key: 410 for a withdrawn one."""
        if not hasattr(model, "withdrawal_reason"):
            return Http404()
        record = model.objects.withdrawn().filter(**key).first()
        if record is None:
            return Http404()
        (code,) = key.values()
        return Withdrawn(
            {
                "type": "about:blank",
                "title": "This record is withdrawn.",
                "status": 410,
                "detail": record.withdrawal_reason,
                "code": code,
                "withdrawn_at": record.withdrawn_at and record.withdrawn_at.isoformat(),
            }
        )


def address(place: str, key: str | None = None) -> str:
    """The address of a list or a record in the interface."""
    if key is None:
        return reverse(f"api-{place}-list")
    return reverse(f"api-{place}-detail", args=[key])


def links(place: str, record: dict, absolute) -> dict:
    """Addresses of the record itself, its page and the records that its columns name."""
    found: dict = {}
    key = record.get(KEYS.get(place, "slug"))
    if key is not None and place not in WITHOUT_KEY:
        found["self"] = absolute(address(place, str(key)))
    if record.get("url"):
        found["page"] = record["url"]
    for name, leads_to in PLACES.items():
        if values := record.get(name):
            if isinstance(values, list):
                found[name] = [absolute(address(leads_to, value)) for value in values]
            else:
                found[name] = absolute(address(leads_to, values))
    return found


def viewset(place: str) -> type[ListViewSet]:
    """The views of one place, described for OpenAPI."""
    model, _filterset = LISTED[place]
    record = record_serializer(place)
    name, plural = place.replace("-", "_"), str(model._meta.verbose_name_plural)
    problem = OpenApiResponse(Problem, description="What is wrong with the request.")
    wrong = {(status, PROBLEM): problem for status in (400, 404, 429)}
    missing = {(status, PROBLEM): problem for status in (404, 410, 429)}
    arguments = parameters(place)
    methods = {
        "list": extend_schema(
            operation_id=f"list_{name}",
            summary=f"List {plural}",
            tags=[place],
            parameters=arguments,
            responses={200: page_serializer(place, record), **wrong},
        ),
        "facets": extend_schema(
            operation_id=f"count_{name}",
            summary=f"Count {plural} by the values of their filters",
            tags=[place],
            parameters=arguments,
            responses={200: Facets, **wrong},
        ),
    }
    if place not in WITHOUT_KEY:
        key = OpenApiParameter(
            "id", str, OpenApiParameter.PATH, description=KEYS.get(place, "slug")
        )
        methods["retrieve"] = extend_schema(
            operation_id=f"get_{name}",
            summary=f"One of the {plural}",
            tags=[place],
            parameters=[key],
            responses={200: record, **missing},
        )
    base = ListViewSet if place in WITHOUT_KEY else RecordViewSet
    attributes = {"place": place, "queryset": model.objects.none(), "serializer_class": record}
    return extend_schema_view(**methods)(type(f"{model.__name__}ViewSet", (base,), attributes))


router = SimpleRouter()
for place in LISTED:
    router.register(place, viewset(place), basename=f"api-{place}")


@require_safe
def documentation(request):
    """How to use the interface, with one live example for each place."""
    places = [
        {
            "name": place,
            "label": model._meta.verbose_name_plural,
            "address": address(place),
            "parameters": [(name, each.label) for name, each in filterset.base_filters.items()],
            "columns": [(column.name, *column.guide(model)) for column in COLUMNS[model]],
        }
        for place, (model, filterset) in LISTED.items()
    ]
    context = {"places": places, "rate": ReaderThrottle.rate.partition("/")[0]}
    return render(request, "recommendations/api.html", context)
