"""The words of each record, ready to be found: by the public, and by staff."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchDocument(models.Model):
    """What a search sees of one published record. Made from the record; never edited."""

    kind = models.CharField(_("kind of record"), max_length=30)
    object_id = models.BigIntegerField(_("key of the record"))
    own = models.TextField(_("stems of its own words"))
    names = models.TextField(_("stems of the names of what it relates to"))
    words = models.TextField(_("its own words, folded, each once"))

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="%(app_label)s_%(class)s_of")
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id}"


class StaffDocument(models.Model):
    """What staff find one record by, in any state. Made from the record; never edited."""

    is_watched = False  # it says nothing that its record does not say

    kind = models.CharField(_("kind of record"), max_length=30)
    object_id = models.BigIntegerField(_("key of the record"))
    words = models.TextField(_("its words, folded, and their stems"))
    twin = models.CharField(_("digest that records of the same text share"), max_length=32)

    class Meta:
        verbose_name = _("search document for staff")
        verbose_name_plural = _("search documents for staff")
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="%(app_label)s_%(class)s_of")
        ]
        # texts that occur twice, from the index alone
        indexes = [
            models.Index(
                fields=["kind", "twin", "object_id"],
                condition=~models.Q(twin=""),
                name="staffdocument_twins",
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id}"
