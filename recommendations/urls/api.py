"""The addresses of the interface for programs."""

from django.urls import include, path

from ..api import Description, router

api = [
    path("api/v1/", include(router.urls)),
    path("api/v1/openapi.json", Description.as_view(), name="openapi"),
]
