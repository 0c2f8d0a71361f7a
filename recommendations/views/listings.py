"""Every list: one querystring as a page or as a file."""

from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.generic import View

from .. import filters, units
from ..choices import Kind
from ..columns import COLUMNS
from ..conditional import unchanged_answers_304
from ..exports import FORMATS, Export, respond
from ..listing import Listing, PageNotFound
from ..models import (
    Conference,
    Funder,
    Meeting,
    Organisation,
    Recommendation,
    Source,
    Theme,
    WorkingGroup,
)
from ..translation import reader_language

STEM_LENGTH = 120


@method_decorator([require_safe, unchanged_answers_304], name="dispatch")
class ListingView(View):
    """A list of published records. A child says which; a suffix in the address makes it a file."""

    model = None
    place = ""
    filterset_class = None
    unit = None
    title = ""
    search_label = gettext_lazy("Search this list")

    @property
    def name(self) -> str:
        return self.model._meta.model_name

    def get(self, request: HttpRequest, suffix: str = ""):
        filterset = self.filterset_class(
            request.GET,
            queryset=self.model.objects.published(),
            columns=[column.name for column in COLUMNS[self.model]],
        )
        listing = Listing(filterset, reverse(f"{self.name}-list"))
        if suffix:
            return self.file(request, listing, suffix)
        if not listing.problems and any(not value.strip() for value in _values(request)):
            page = filterset.cleaned.get("page")
            return HttpResponseRedirect(listing.link(page=page))
        return self.page(request, listing)

    def page(self, request, listing):
        files = self.file_links(listing)
        context = {"listing": listing, "view": self, "file": files["csv"], "files": files}
        if listing.problems:
            return render(request, self.template("problem"), context, status=400)
        try:
            context["page"] = listing.page()
        except PageNotFound as error:
            context |= {
                "last": error.last,
                "last_link": listing.link(page=error.last if error.last > 1 else None),
            }
            return render(request, "recommendations/page_not_found.html", context, status=404)
        context |= {
            "result_line": self.result_line(listing),
            **self.words(listing, context["page"]),
            **self.formats(request, listing),
            **self.beside(listing, context["page"]),
        }
        response = render(request, self.template("list"), context)
        response["Link"] = ", ".join(
            f'<{files[suffix]}>; rel="alternate"; type="{form.media_type}"'
            for suffix, form in FORMATS.items()
        )
        return response

    def words(self, listing, page) -> dict:
        """How a search was understood, and which other forms of its words the page shows."""
        query = listing.filterset.query
        if not query:
            return {}
        texts = (getattr(row, name) for row in page.rows for name in self.model.search_own)
        return {"understood": query.in_words(), "forms": listing.forms(texts)}

    def formats(self, request, listing) -> dict:
        """The same rows elsewhere: files, interface, address."""
        selection = listing.selection
        return {
            "formats": {
                suffix: {
                    "name": form.name,
                    "is_file": form.is_file,
                    "path": reverse(f"{self.name}-export", kwargs={"suffix": suffix}),
                    "address": reverse(f"{self.name}-export", kwargs={"suffix": suffix})
                    + selection,
                }
                for suffix, form in FORMATS.items()
            },
            "api": reverse(f"api-{self.place}-list") + selection,
            "permalink": request.build_absolute_uri(listing.path + selection),
            "columns": listing.filterset.cleaned.get("columns")
            or [column.name for column in COLUMNS[self.model]],
        }

    def beside(self, listing, page) -> dict:
        """What the page of one model shows beside its rows."""
        return {}

    def template(self, kind: str) -> str:
        if kind == "problem":
            return "recommendations/problem.html"
        return f"recommendations/{self.name}_{kind}.html"

    def result_line(self, listing: Listing) -> str:
        if listing.count == listing.total:
            return self.unit.counted(listing.count)
        return self.unit.counted_of(listing.count, listing.total)

    def file_links(self, listing: Listing) -> dict[str, str]:
        """The addresses of this list in every format, by suffix."""
        return {
            suffix: reverse(f"{self.name}-export", kwargs={"suffix": suffix}) + listing.selection
            for suffix in FORMATS
        }

    def file(self, request, listing, suffix):
        if listing.problems:
            return JsonResponse(
                listing.problem_document(),
                status=400,
                content_type="application/problem+json",
                json_dumps_params={"ensure_ascii": False},
            )
        export = Export(
            rows=listing.rows,
            site=request.build_absolute_uri("/"),
            chosen=tuple(listing.filterset.cleaned.get("columns") or ()),
            title=str(self.title),
            address=request.build_absolute_uri(listing.path + listing.selection),
            filters=listing.described,
            count=listing.count,
            language=reader_language(),
        )
        response = respond(export, suffix, stem=self.stem(listing))
        response["Link"] = f'<{export.address}>; rel="canonical"; type="text/html"'
        return response

    def stem(self, listing: Listing) -> str:
        """Name of the file: what it holds and which filters made it."""
        parts = [f"cssr-{self.place}"]
        parts += [
            f"{name}-{slugify(value, allow_unicode=True)}"
            for name, value in listing.parameters
            if name not in {"size", "columns"}
        ]
        return "_".join(parts)[:STEM_LENGTH]


def _values(request):
    return [value for name in request.GET for value in request.GET.getlist(name)]


class RecommendationList(ListingView):
    model = Recommendation
    place = "recommendations"
    filterset_class = filters.RecommendationFilterSet
    unit = units.RECOMMENDATIONS
    title = gettext_lazy("Recommendations")
    search_label = gettext_lazy("Search the recommendations")

    def beside(self, listing, page):
        counts = {f"{kind.name.lower()}_count": listing.count_of("kind", kind) for kind in Kind}
        return {"counts": counts}


class MeetingList(ListingView):
    model = Meeting
    place = "meetings"
    filterset_class = filters.MeetingFilterSet
    unit = units.MEETINGS
    title = gettext_lazy("Meetings")


class ConferenceList(ListingView):
    model = Conference
    place = "conferences"
    filterset_class = filters.ConferenceFilterSet
    unit = units.CONFERENCES
    title = gettext_lazy("Conferences")


class WorkingGroupList(ListingView):
    model = WorkingGroup
    place = "working-groups"
    filterset_class = filters.WorkingGroupFilterSet
    unit = units.WORKING_GROUPS
    title = gettext_lazy("Working groups")


class OrganisationList(ListingView):
    model = Organisation
    place = "organisations"
    filterset_class = filters.OrganisationFilterSet
    unit = units.ORGANISATIONS
    title = gettext_lazy("Organisations")


class FunderList(ListingView):
    model = Funder
    place = "funders"
    filterset_class = filters.FunderFilterSet
    unit = units.FUNDERS
    title = gettext_lazy("Supported by")

    def beside(self, listing, page):
        passages = {each.passage for funder in page.rows for each in funder.support.all()}
        return {"passages": sorted(passages, key=lambda passage: passage.locator)}


class ThemeList(ListingView):
    model = Theme
    place = "themes"
    filterset_class = filters.ThemeFilterSet
    unit = units.THEMES
    title = gettext_lazy("Themes")

    def beside(self, listing, page):
        return {"most": max((theme.recommendation_count for theme in page.rows), default=0)}


class SourceList(ListingView):
    model = Source
    place = "sources"
    filterset_class = filters.SourceFilterSet
    unit = units.SOURCES
    title = gettext_lazy("Sources")


LISTS = (
    RecommendationList,
    WorkingGroupList,
    ThemeList,
    MeetingList,
    ConferenceList,
    OrganisationList,
    FunderList,
    SourceList,
)
