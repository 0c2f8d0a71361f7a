"""The frame of the staff pages: name, first page, cache rules."""

from dataclasses import dataclass
from functools import wraps

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.db.models import Model, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from .. import typed
from ..choices import LabelOrigin, State
from ..models import Recommendation
from ..models.base import NamedModel
from .filters import VerificationFilter


@dataclass
class Task:
    """Records that wait for somebody: a filtered list and how many are on it."""

    label: str
    model: type[Model]
    query: str
    condition: Q

    @property
    def records(self) -> str:
        return self.model._meta.verbose_name_plural

    @property
    def count(self) -> int:
        return self.model.objects.filter(self.condition).count()

    @property
    def url(self) -> str:
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist"
        return f"{reverse(name)}?{self.query}"


def tasks(request) -> list[Task]:
    """What this user may see of the work that waits."""
    verification = VerificationFilter.conditions
    all_tasks = [
        Task(_("In review"), Recommendation, "state__exact=in-review", Q(state=State.IN_REVIEW)),
        Task(_("Drafts"), Recommendation, "state__exact=draft", Q(state=State.DRAFT)),
        Task(_("Without a theme"), Recommendation, "themes__isnull=True", Q(themes=None)),
        *(
            Task(verification[value][0], Recommendation, f"verification={value}", condition)
            for value, (label, condition) in verification.items()
            if value != "verified"
        ),
        *(
            Task(
                _("Arabic names to review"),
                model,
                "name_ar_origin__exact=draft",
                Q(name_ar_origin=LabelOrigin.DRAFT),
            )
            for model in admin.site._registry
            if issubclass(model, NamedModel)
        ),
    ]
    return [
        task
        for task in all_tasks
        if admin.site.get_model_admin(task.model).has_view_permission(request)
    ]


def index(request, extra_context=None):
    return AdminSite.index(admin.site, request, {"tasks": tasks(request)} | (extra_context or {}))


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
