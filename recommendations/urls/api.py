"""The addresses of the interface for programs."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from ..api import router

api = [
    path("api/v1/", include(router.urls)),
    path("api/v1/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
]
