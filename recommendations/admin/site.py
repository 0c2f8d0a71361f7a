"""The frame of the staff pages: name, first page, cache rules."""

from functools import wraps

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from .. import typed
from ..models import Recommendation
from .desk import Desk


def index(request, extra_context=None):
    context = {"desk": Desk(request)} | (extra_context or {})
    return AdminSite.index(admin.site, request, context)


def app_list(request, app_label=None):
    apps = AdminSite.get_app_list(admin.site, request, app_label)
    return sorted(apps, key=lambda app: app["app_label"] != Recommendation._meta.app_label)


def admin_view(view, cacheable=False):
    """Keep what was typed into a form that comes back after its login has expired."""
    guarded = AdminSite.admin_view(admin.site, view, cacheable)

    @wraps(guarded)
    def keeping(request, *args, **kwargs):
        is_late = request.method == "POST" and not admin.site.has_permission(request)
        if is_late and typed.keep(request):
            text = _("Your login has expired. What you typed comes back when you log in again.")
            messages.warning(request, text)
        return guarded(request, *args, **kwargs)

    return keeping


admin.site.site_header = admin.site.site_title = _("CSSR recommendations")
admin.site.index_title = _("Staff pages")
admin.site.enable_nav_sidebar = False  # lists need the width
admin.site.index = index
admin.site.admin_view = admin_view
admin.site.get_app_list = app_list
admin.site.password_change = never_cache(admin.site.password_change)
