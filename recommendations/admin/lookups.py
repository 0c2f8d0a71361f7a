"""Look-ups in the rows of other models, which name what they hold without asking for it again."""

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect


class Lookup(AutocompleteSelect):
    """A look-up of one record.

    Attributes:
        record: what the form's row led to when it was read, where that is known.
    """

    record = None

    def optgroups(self, name, value, attr=None):
        record = self.record
        if record is None or [str(each) for each in value] != [str(record.pk)]:
            return super().optgroups(name, value, attr)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        label = self.choices.field.label_from_instance(record)
        chosen = self.create_option(name, record.pk, label, True, len(empty))
        return [(None, [*empty, chosen], 0)]


class RowForm(forms.ModelForm):
    """A row whose related records were read together with those of all other rows."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            lookup = getattr(field.widget, "widget", field.widget)
            if isinstance(lookup, Lookup):
                relation = self._meta.model._meta.get_field(name)
                lookup.record = relation.get_cached_value(self.instance, default=None)
