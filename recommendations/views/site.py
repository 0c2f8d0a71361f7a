"""Home, about, errors and health: pages that belong to no record."""

import sys

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import typed
from ..choices import Kind
from ..models import Meeting, Recommendation, Source, Theme, WorkingGroup
from .details import recommendations

RETRY_AFTER = "30"
# Offered on the home page; words of the texts, so in the language of the texts.
SEARCHES = ("return of refugees", "education", "Decree No. 107", "donors")


@require_safe
def home(request):
    counts = Recommendation.objects.published().counts()
    themes = list(Theme.objects.published().counted().order_by("-recommendation_count", "position"))
    return render(
        request,
        "recommendations/home.html",
        {
            "groups": WorkingGroup.objects.published().counted().order_by("position"),
            "counts": counts,
            "total": sum(counts.values()),
            "searches": SEARCHES,
            "cross_cutting": recommendations(kind=Kind.CROSS_CUTTING)[:1],
            "themes": themes,
            "most": themes[0].recommendation_count if themes else 0,
            "meetings": Meeting.objects.published()
            .with_related()
            .order_by(F("date").desc(nulls_last=True), "slug"),
            "sources": Source.objects.published().with_related(),
        },
    )


@require_safe
def about(request):
    return render(request, "recommendations/about.html")


@require_safe
@never_cache
def health(request):
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request):
    """The process and its database answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def _error(request, status, title, advice):
    """An error page in the product's look, made without the database; a document for programs."""
    if request.path.startswith("/api/v1/"):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": advice}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    context = {"status": status, "title": title, "advice": advice}
    return render(request, "recommendations/error.html", context, status=status)


def bad_request(request, exception=None):
    return _error(
        request,
        400,
        _("This address is not understood"),
        _("Check the address, or start again from the list of recommendations."),
    )


def permission_denied(request, exception=None):
    return _error(
        request,
        403,
        _("You may not do this"),
        _("Your account has no right to this page. Ask an administrator if you need it."),
    )


def csrf_failure(request, reason=""):
    """A form of the staff pages comes back to be checked: a login in another window renews it."""
    if typed.keep(request):
        return HttpResponseRedirect(request.get_full_path())
    return _error(
        request,
        403,
        _("This form could not be checked"),
        _("It was open too long, or its cookie is missing. Go back, reload it and send it again."),
    )


def page_not_found(request, exception=None):
    return _error(
        request,
        404,
        _("There is no such page"),
        _("Check the address, or search the recommendations."),
    )


def server_error(request):
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return _error(
        request,
        500,
        _("Something went wrong on our side"),
        _("Nothing you did is lost. Try again in a few minutes."),
    )


def unavailable(request):
    response = _error(
        request,
        503,
        _("The collection cannot be reached at the moment"),
        _("The database is busy or being looked after. Try again in half a minute."),
    )
    response["Retry-After"] = RETRY_AFTER
    return response
