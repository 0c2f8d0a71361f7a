"""The words of each public record, ready to be found."""

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
