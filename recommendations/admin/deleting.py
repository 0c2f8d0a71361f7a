"""What goes with a record that is deleted, told in a number of queries that no row adds to."""

from django.contrib.admin.utils import NestedObjects, quote
from django.db import router
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst


class Deletion(NestedObjects):
    """The rows that go or stand in the way, each with the records that its name is made of."""

    def related_objects(self, related_model, related_fields, objs):
        found = super().related_objects(related_model, related_fields, objs)
        if related_model._meta.auto_created:
            return found
        named = [each.name for each in related_model._meta.fields if each.many_to_one]
        return found.select_related(*named)


class Deleting:
    """For a ModelAdmin: Django's page of what a deletion takes along, with fewer queries."""

    def get_deleted_objects(self, objs, request):
        objs = list(objs)
        collector = Deletion(using=router.db_for_write(self.model), origin=objs)
        collector.collect(objs)
        refused = set()

        def told(record):
            options = record._meta
            kind = capfirst(options.verbose_name)
            if not self.admin_site.is_registered(type(record)):
                return f"{kind}: {record}"
            page = self.admin_site.get_model_admin(type(record))
            if not page.has_delete_permission(request, record):
                refused.add(options.verbose_name)
            name = f"admin:{options.app_label}_{options.model_name}_change"
            url = reverse(name, args=[quote(record.pk)])
            return format_html('{}: <a href="{}">{}</a>', kind, url, record)

        counts = {
            model._meta.verbose_name_plural: len(rows)
            for model, rows in collector.model_objs.items()
        }
        nested = collector.nested(told)
        return nested, counts, refused, [told(record) for record in collector.protected]
