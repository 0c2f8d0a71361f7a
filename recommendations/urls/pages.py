"""The addresses of lists, records and files; slugs and codes, never database keys."""

from django.urls import path

from ..api import documentation
from ..exports import FORMATS
from ..views import site
from ..views.details import DETAILS
from ..views.listings import LISTS

plain = [
    path("healthz", site.health, name="health"),
    path("readyz", site.ready, name="ready"),
]

pages = [
    path("", site.home, name="home"),
    path("about/", site.about, name="about"),
    path("api/", documentation, name="api"),
]
for listed in LISTS:
    name = listed.model._meta.model_name
    detail = DETAILS[listed.model]
    pages += [
        path(f"{listed.place}/", listed.as_view(), name=f"{name}-list"),
        path(
            f"{listed.place}/<str:{detail.slug_url_kwarg}>/",
            detail.as_view(),
            name=f"{name}-detail",
        ),
        *(
            path(
                f"{listed.place}.{suffix}",
                listed.as_view(),
                {"suffix": suffix},
                name=f"{name}-export",
            )
            for suffix in FORMATS
        ),
    ]
