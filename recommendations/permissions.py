"""Who may do what: the groups *editors* and *publishers*, and the one right that parts them."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import router

EDITORS, PUBLISHERS = "editors", "publishers"
# Rows that are edited as part of another record; all others are withdrawn, never deleted.
_DELETED_BY_STAFF = {
    "citation",
    "goalassignment",
    "organisationrole",
    "recommendationlink",
    "support",
    "themeassignment",
}
# Rows that the site keeps for itself.
_OUT_OF_REACH = {"dataversion", "importrun", "searchdocument", "staffdocument"}


def may_publish(user) -> bool:
    """Whether a user decides what the public sees: publishes, withdraws, takes either back."""
    return user.has_perm("recommendations.publish")


def create_groups(app_config, using: str, apps=global_apps, **kwargs) -> None:
    """Give both groups their rights after each ``migrate``, those on new models included.

    Rights that an administrator added stay; those of this list come back. Runs before the
    receiver of ``django.contrib.auth``, so the permissions are made here if need be.
    """
    try:
        group_model, permission_model = (
            apps.get_model("auth", name) for name in ("Group", "Permission")
        )
    except LookupError:
        return
    if not router.allow_migrate_model(using, group_model):
        return
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    ours = permission_model.objects.using(using).filter(content_type__app_label=app_config.label)
    editing = [
        permission
        for permission in ours.select_related("content_type")
        if _is_for_editors(permission.codename, permission.content_type.model)
    ]
    for name, extra in {EDITORS: [], PUBLISHERS: ours.filter(codename="publish")}.items():
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        group.permissions.add(*editing, *extra)


def _is_for_editors(codename: str, model: str) -> bool:
    actions = {"view", "add", "change"} | ({"delete"} if model in _DELETED_BY_STAFF else set())
    if model in _OUT_OF_REACH or model.startswith("historical"):
        return False
    return codename in {f"{action}_{model}" for action in actions}
