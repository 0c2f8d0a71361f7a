"""The frame of the staff pages: name, first page, cache rules."""

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from ..models import Recommendation
from .desk import Desk


def index(request, extra_context=None):
    context = {"desk": Desk(request)} | (extra_context or {})
    return AdminSite.index(admin.site, request, context)


def app_list(request, app_label=None):
    apps = AdminSite.get_app_list(admin.site, request, app_label)
    return sorted(apps, key=lambda app: app["app_label"] != Recommendation._meta.app_label)


admin.site.site_header = admin.site.site_title = _("CSSR recommendations")
admin.site.index_title = _("Staff pages")
admin.site.enable_nav_sidebar = False  # lists need the width
admin.site.index = index
admin.site.get_app_list = app_list
admin.site.password_change = never_cache(admin.site.password_change)
