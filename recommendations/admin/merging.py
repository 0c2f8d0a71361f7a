"""A form that was filled in, merged with its record as it is stored now."""

import re
from dataclasses import dataclass
from hashlib import blake2s

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

# The field of every form that is no part of its record.
REASON = "change_reason"

TAKEN = _("Changed by the other person; your form now has the stored value.")
BOTH = _("Changed by both of you; saving replaces the stored value by yours.")
YOURS = _("Changed by you only.")
LOCKED = _("Can no longer be changed here; copy your words if you still need them.")
ADDED = _("Added by the other person; your form now has it.")
REMOVED = _("Removed by the other person; your form no longer has it.")
REVIVED = _("Removed by the other person, changed by you; saving adds yours anew.")


@dataclass
class Difference:
    """A field or row whose stored and typed values differ, and what becomes of them."""

    label: str
    stored: str
    typed: str
    verdict: str

    @property
    def is_yours(self) -> bool:
        """Whether the typed value is one that its reader chose."""
        return self.verdict not in (TAKEN, ADDED, REMOVED)


@dataclass
class Row:
    """A row of an inline: its key, empty for a new one, and its values."""

    key: str
    values: dict[str, list[str]]
    is_removed: bool = False


def plain(values) -> list[str]:
    """Submitted values as they are compared: no empty ones, line ends alike, in one order."""
    return sorted(str(value).replace("\r\n", "\n") for value in values if value not in ("", None))


def shown(field: forms.BoundField) -> list[str]:
    """What a browser sends back for a field that nobody touches."""
    widget = getattr(field.field.widget, "widget", field.field.widget)
    value = widget.format_value(field.value())
    return plain(value if isinstance(value, list | tuple) else [value])


def digest(values) -> str:
    return blake2s(repr(values).encode(), digest_size=8).hexdigest()


def in_words(field: forms.Field, values: list[str]) -> str:
    """Submitted values as their form says them."""
    if isinstance(field, forms.ModelChoiceField):
        keys = [value for value in values if value.isdecimal() and len(value) < 19]
        return "; ".join(str(record) for record in field.queryset.filter(pk__in=keys))
    labels = {str(value): label for value, label in getattr(field, "choices", ())}
    return "; ".join(str(labels.get(value, value)) for value in values)


class Fields:
    """The fields of a record as they are stored."""

    def __init__(self, form: forms.ModelForm):
        self.form = form
        self.stored = {field.html_name: shown(field) for field in form if field.name != REASON}
        self.digests = {name: digest(values) for name, values in self.stored.items()}

    def merge(self, data, opened: dict[str, str]) -> list[Difference]:
        """Bring the fields in ``data`` up to date where they show what they showed at opening."""
        differences = []
        for name, stored in self.stored.items():
            typed, base = plain(data.getlist(name)), opened.get(name)
            appeared = opened and base is None and name not in data
            verdict = None
            if typed != stored and not appeared:
                verdict = self._verdict(digest(stored), digest(typed), base)
                differences.append(self._difference(name, stored, typed, verdict))
            if verdict is TAKEN or appeared:
                data.setlist(name, stored)
        return differences + self._locked(data, opened)

    @staticmethod
    def _verdict(stored: str, typed: str, base: str | None):
        if typed == base:
            return TAKEN
        return YOURS if stored == base else BOTH

    def _difference(self, name, stored, typed, verdict):
        field = self.form.fields[name]
        return Difference(
            capfirst(field.label), in_words(field, stored), in_words(field, typed), verdict
        )

    def _locked(self, data, opened) -> list[Difference]:
        """What was typed into fields that the form no longer has."""
        record, differences = self.form.instance, []
        for name in opened.keys() - self.stored.keys():
            typed = plain(data.getlist(name))
            if ":" in name or digest(typed) == opened[name]:
                continue
            field = record._meta.get_field(name)
            formfield, stored = field.formfield(), plain([field.value_from_object(record)])
            differences.append(
                Difference(
                    capfirst(field.verbose_name),
                    in_words(formfield, stored),
                    in_words(formfield, typed),
                    LOCKED,
                )
            )
        return differences


class Rows:
    """The rows of one inline as they are stored."""

    def __init__(self, formset):
        blank = formset.empty_form
        inner = {formset.model._meta.pk.name, formset.fk.name, DELETION_FIELD_NAME}
        self.formset = formset
        self.fields = {name: field for name, field in blank.fields.items() if name not in inner}
        self.blank = self._shown(blank)
        self.stored = {str(form.instance.pk): self._shown(form) for form in formset.initial_forms}
        self.digests = {self._name(key): digest(values) for key, values in self.stored.items()}

    def _shown(self, form) -> dict[str, list[str]]:
        return {name: shown(form[name]) for name in self.fields}

    def _name(self, key: str) -> str:
        return f"{self.formset.prefix}:{key}"

    def merge(self, data, opened: dict[str, str]) -> list[Difference]:
        """Bring the rows in ``data`` up to date, those that others added or removed included."""
        total = data.get(f"{self.formset.prefix}-{TOTAL_FORM_COUNT}", "")
        if not total.isdecimal() or int(total) > self.formset.absolute_max:
            return []
        typed = [self._typed(data, position) for position in range(int(total))]
        known = {row.key for row in typed}
        added = {
            key: values
            for key, values in self.stored.items()
            if key not in known and self._name(key) not in opened
        }
        merged, differences = [], []
        for row in typed:
            kept, verdict = self._meet(row, opened.get(self._name(row.key)), added)
            merged += [kept] if kept else []
            if verdict:
                differences.append(self._difference(self.stored.get(row.key), row, verdict))
        for key, values in added.items():
            merged.append(Row(key, values))
            if not any(row.values == values for row in typed):
                differences.append(self._difference(values, None, ADDED))
        self._write(data, sorted(merged, key=lambda row: not row.key))
        return differences

    def _typed(self, data, position: int) -> Row:
        start = f"{self.formset.prefix}-{position}-"
        return Row(
            data.get(start + self.formset.model._meta.pk.name, ""),
            {name: plain(data.getlist(start + name)) for name in self.fields},
            start + DELETION_FIELD_NAME in data,
        )

    def _meet(self, row: Row, base: str | None, added: dict) -> tuple[Row | None, str | None]:
        """The row that takes the place of a typed one, and the verdict, where there are any."""
        if not row.key:
            is_sent_twice = row.values in added.values()
            verdict = None if is_sent_twice or row.values == self.blank else YOURS
            return (None if is_sent_twice else row), verdict
        is_touched = row.is_removed or digest(row.values) != base
        stored = self.stored.get(row.key)
        if stored is None:
            if row.is_removed:
                return None, None
            return (Row("", row.values), REVIVED) if is_touched else (None, REMOVED)
        if stored == row.values and not row.is_removed:
            return row, None
        if not is_touched:
            return Row(row.key, stored), TAKEN
        return row, YOURS if digest(stored) == base else BOTH

    def _difference(self, stored: dict | None, typed: Row | None, verdict) -> Difference:
        return Difference(
            capfirst(self.formset.model._meta.verbose_name),
            self._in_words(stored),
            self._in_words(typed.values if typed and not typed.is_removed else None),
            verdict,
        )

    def _in_words(self, values: dict | None) -> str:
        return ", ".join(
            f"{self.fields[name].label}: {in_words(self.fields[name], found)}"
            for name, found in (values or {}).items()
            if found
        )

    def _write(self, data, rows: list[Row]) -> None:
        prefix, model = self.formset.prefix, self.formset.model
        old = re.compile(rf"{re.escape(prefix)}-\d+-")
        for name in [name for name in data if old.match(name)]:
            del data[name]
        for position, row in enumerate(rows):
            start = f"{prefix}-{position}-"
            if row.key:
                data[start + model._meta.pk.name] = row.key
            data[start + self.formset.fk.name] = str(self.formset.instance.pk)
            for name, values in row.values.items():
                data.setlist(start + name, values)
            if row.is_removed:
                data[start + DELETION_FIELD_NAME] = "on"
        data[f"{prefix}-{TOTAL_FORM_COUNT}"] = str(len(rows))
        data[f"{prefix}-{INITIAL_FORM_COUNT}"] = str(sum(bool(row.key) for row in rows))
