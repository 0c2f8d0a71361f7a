"""Text fields that refuse hidden characters and clean what a word processor leaves in names."""

from django import forms
from django.db import models

from ..validators import refuse_hidden_characters, without_marks


class VerbatimInput(forms.CharField):
    """Words as published: a browser's line ends become those of the stored texts."""

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")


class VerbatimField(models.TextField):
    """A text kept exactly as published: spelling, quotes, spaces and directional marks."""

    default_validators = [refuse_hidden_characters]

    def formfield(self, **kwargs):
        return super().formfield(**{"strip": False, "form_class": VerbatimInput, **kwargs})


class NameField(models.CharField):
    """A name or label: invisible marks dropped, spaces single, composed (NFC)."""

    default_validators = [refuse_hidden_characters]

    def __init__(self, *args, max_length=300, **kwargs):
        super().__init__(*args, max_length=max_length, **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return without_marks(value) if isinstance(value, str) else value


class ReferenceField(NameField):
    """A permanent code in capitals, such as ``CSSR-B7-PR-3``."""

    def to_python(self, value):
        value = super().to_python(value)
        return value.upper() if isinstance(value, str) else value
