"""Every address: machine-read ones have no language, pages are English at `/`, Arabic at `/ar/`."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import path

from recommendations.urls import pages, plain

urlpatterns = [
    *plain,
    *i18n_patterns(path("admin/", admin.site.urls), *pages, prefix_default_language=False),
]

handler400 = "recommendations.views.site.bad_request"
handler403 = "recommendations.views.site.permission_denied"
handler404 = "recommendations.views.site.page_not_found"
handler500 = "recommendations.views.site.server_error"
