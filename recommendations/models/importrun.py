"""Files that staff bring in: what each would change, what it changed, and how to take it back."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..choices import ImportState


class ImportRun(models.Model):
    """One file on its way into the collection.

    Attributes:
        plan: what was shown and is applied; once applied, the old values that an undo restores.
    """

    is_watched = False  # a file that waits changes nothing that anybody reads

    place = models.CharField(_("what the rows are"), max_length=30)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    content = models.BinaryField(_("content"), default=bytes)
    choices = models.JSONField(_("choices"), default=dict)
    plan = models.JSONField(_("plan"), default=dict)
    digest = models.CharField(_("digest of the plan"), max_length=64, blank=True)
    data_version = models.CharField(_("data version"), max_length=36, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.PREVIEWED
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="import_runs",
        verbose_name=_("by"),
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    undone_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self):
        return self.file_name
