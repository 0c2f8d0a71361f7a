"""What each column of a file is in a record: how a cell becomes a value, and is written.

A value is a text, or a list of texts where a cell holds several: what a file shows, a preview
compares and an undo restores. Empty means: not known.
"""

import datetime
import re
from dataclasses import dataclass, field
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from .. import dates
from ..cells import JOINT
from ..choices import Precision, State
from ..columns import COLUMNS
from ..models import (
    Addressee,
    Conference,
    FollowUp,
    Funder,
    Goal,
    GoalAssignment,
    Instrument,
    Meeting,
    Organisation,
    OrganisationRole,
    Passage,
    Recommendation,
    Source,
    Support,
    Theme,
    ThemeAssignment,
    WorkingGroup,
)
from ..models.base import NaturalKeyModel
from ..validators import validate_sdg_code

# The lists that can be imported, recommendations first.
PLACES: dict[str, type[NaturalKeyModel]] = {
    "recommendations": Recommendation,
    "working-groups": WorkingGroup,
    "themes": Theme,
    "meetings": Meeting,
    "conferences": Conference,
    "organisations": Organisation,
    "funders": Funder,
    "sources": Source,
    "passages": Passage,
    "instruments": Instrument,
    "addressees": Addressee,
    "goals": Goal,
    "roles": OrganisationRole,
    "support": Support,
    "follow-up": FollowUp,
}
Value = str | list[str]

# ``url`` is the permanent address in our files, which follows from the key.
_NOT_WRITTEN = {"id", "state", "url"}
_SEMICOLONS = re.compile("[;\u061b\n]")
_COMMAS = re.compile("[,\u060c]")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_IN_WORDS = re.compile(r"(?:(\d{1,2})\s+)?([^\W\d]+),?\s+(\d{4})")


def key_columns(model: type[models.Model]) -> list[str]:
    """The columns by which a row finds its record."""
    return [path.partition("__")[0] for path in model.natural_key_fields]


def key_name(model: type[models.Model]) -> str:
    """The one column that is the key; empty where several are."""
    names = key_columns(model)
    return names[0] if len(names) == 1 else ""


def key_of(values) -> str:
    """A key as one text, from the values of its columns."""
    return JOINT.join("" if value is None else str(value) for value in values)


def blank(model: type[models.Model], key: str) -> models.Model:
    """A new record of a key; a key of several columns is written with the others."""
    name = key_name(model)
    return model(**{name: model._meta.get_field(name).to_python(key)} if name else {})


@dataclass(frozen=True)
class Target:
    """A column that an import writes.

    Attributes:
        name: its heading.
        model_field: the field of the model.
    """

    name: str
    model_field: models.Field
    is_list = False
    is_relation = False

    @property
    def label(self) -> str:
        return str(self.model_field.verbose_name)

    @property
    def is_required(self) -> bool:
        return not self.model_field.blank and not self.model_field.has_default()

    def exported(self, record) -> Value:
        """The value that a file shows, which leaves out what is not public."""
        return self.present(record)

    def present(self, record) -> Value:
        value = getattr(record, self.model_field.attname)
        return "" if value is None else str(value)

    def parse(self, cell: str) -> Value:
        """The value of a cell that is not empty.

        Raises:
            ValidationError: saying what to write instead.
        """
        if isinstance(self.model_field, models.IntegerField):
            if not re.fullmatch(r"\s*\d{1,9}\s*", cell):
                raise ValidationError(_("“%s” is no whole number. Write digits only.") % cell[:40])
            cell = str(int(cell))
        if isinstance(self.model_field, models.TextField):
            cell = cell.replace("\r\n", "\n")
        elif self.model_field.choices:
            cell = cell.strip()
        value = self.model_field.clean(cell, None)
        return str(value)

    def lookup(self, values) -> dict[str, int]:
        """Primary keys of the records that these values name; nothing where they name none."""
        return {}

    def write(self, record, value: Value, keys: dict[str, int]) -> None:
        """Set the field of a record that is saved afterwards; ``keys`` as ``lookup`` found them."""
        empty = None if self.model_field.null else ""
        value = self.model_field.to_python(value) if value else empty
        setattr(record, self.model_field.name, value)

    def relate(self, record, value: Value, keys: dict[str, int]) -> None:
        """Write what can only be written once the record is saved."""


@dataclass(frozen=True)
class Dated(Target):
    """A date as precise as it is written, and the field that holds its precision."""

    @property
    def precision(self) -> str:
        return f"{self.name}_precision"

    def present(self, record) -> str:
        return dates.iso(getattr(record, self.name), getattr(record, self.precision))

    def parse(self, cell: str) -> str:
        return iso_date(cell)

    def write(self, record, value: str, keys: dict[str, int]) -> None:
        date = datetime.date.fromisoformat((value + "-01-01")[:10]) if value else None
        setattr(record, self.name, date)
        setattr(record, self.precision, precision_of(value))


@dataclass(frozen=True)
class Day(Target):
    """A date without a precision: always a day."""

    def present(self, record) -> str:
        value = getattr(record, self.name)
        return value.isoformat() if value else ""

    def parse(self, cell: str) -> str:
        value = iso_date(cell)
        if precision_of(value) != Precision.DAY:
            raise ValidationError(_("Write the day, as in 2023-05-14."))
        return value


@dataclass(frozen=True)
class Vocabulary:
    """The records that a column may name.

    Attributes:
        model: whose records they are.
        key: the field that names them in a file.
        extra: keys of records that the import itself creates.
    """

    model: type[models.Model]
    key: str = "slug"

    def keys(self, wanted) -> dict[str, int]:
        """Primary keys of those among the wanted that exist."""
        wanted, found = sorted(wanted), {}
        for start in range(0, len(wanted), 500):
            rows = self.model._default_manager.filter(
                **{f"{self.key}__in": wanted[start : start + 500]}
            )
            found |= dict(rows.values_list(self.key, "pk"))
        return found

    @cached_property
    def _names(self):
        return [name for name in ("name_en", "name_ar", "short_name") if hasattr(self.model, name)]

    def labels(self, most: int = 20_000) -> dict[str, list[str]]:
        """Every key with the names of its record."""
        rows = self.model._default_manager.order_by(self.key).values_list(self.key, *self._names)
        return {key: [name for name in names if name] for key, *names in rows[:most]}


@dataclass(frozen=True)
class One(Target):
    """A related record, named by its key."""

    vocabulary: Vocabulary = field(kw_only=True)
    is_relation = True

    @property
    def fetched(self) -> str:
        """What a query has to bring along with each record."""
        name = self.model_field.name
        return f"{name}__source" if self.vocabulary.model is Passage else name

    def present(self, record) -> str:
        related = getattr(record, self.model_field.name)
        return key_of(related.natural_key()) if related else ""

    def exported(self, record) -> str:
        related = getattr(record, self.model_field.name)
        return self.present(record) if related and is_public(related) else ""

    def parse(self, cell: str) -> str:
        return cell.strip()

    def lookup(self, values) -> dict[str, int]:
        return self.vocabulary.keys(set(values))

    def write(self, record, value: str, keys: dict[str, int]) -> None:
        setattr(record, self.model_field.attname, keys[value] if value else None)


@dataclass(frozen=True)
class Many(Target):
    """Related records, named by their keys, without an order."""

    vocabulary: Vocabulary = field(kw_only=True)
    is_list = True
    is_relation = True
    is_ordered = False

    @property
    def is_required(self) -> bool:
        return False

    @property
    def fetched(self) -> str:
        """What a query has to bring along with each record."""
        return self.model_field.name

    def related(self, record) -> list:
        return list(getattr(record, self.model_field.name).all())

    def present(self, record) -> list[str]:
        return self._settled([getattr(each, self.vocabulary.key) for each in self.related(record)])

    def exported(self, record) -> list[str]:
        shown = [each for each in self.related(record) if is_public(each)]
        return self._settled([getattr(each, self.vocabulary.key) for each in shown])

    def _settled(self, keys: list[str]) -> list[str]:
        return keys if self.is_ordered else sorted(keys)

    def parse(self, cell: str) -> list[str]:
        return self._settled(list(dict.fromkeys(self.parts(cell))))

    @staticmethod
    def parts(cell: str) -> list[str]:
        """The words of a list: between semicolons or line ends, else between commas."""
        between = _SEMICOLONS if _SEMICOLONS.search(cell) else _COMMAS
        return [part.strip() for part in between.split(cell) if part.strip()]

    def lookup(self, values) -> dict[str, int]:
        return self.vocabulary.keys({each for value in values for each in value})

    def write(self, record, value: list[str], keys: dict[str, int]) -> None:
        """Nothing: the record has to be saved first."""

    def relate(self, record, value: list[str], keys: dict[str, int]) -> None:
        getattr(record, self.model_field.name).set([keys[each] for each in value])


@dataclass(frozen=True)
class Themes(Many):
    """The themes in their order, the main one first."""

    is_ordered = True
    fetched = "theme_assignments__theme"

    def related(self, record) -> list:
        assignments = sorted(
            record.theme_assignments.all(), key=lambda each: (each.position, each.pk)
        )
        return [each.theme for each in assignments]

    def relate(self, record, value: list[str], keys: dict[str, int]) -> None:
        rows = ThemeAssignment.objects.filter(recommendation=record)
        _arrange(
            {each.theme_id: each for each in rows},
            {keys[each]: {"recommendation": record, "theme_id": keys[each]} for each in value},
            ThemeAssignment,
        )


@dataclass(frozen=True)
class Goals(Many):
    """Goals and targets in their order, by their codes."""

    is_ordered = True
    fetched = "goal_assignments"

    @property
    def label(self) -> str:
        return str(GoalAssignment._meta.verbose_name)

    def present(self, record) -> list[str]:
        rows = sorted(record.goal_assignments.all(), key=lambda each: (each.position, each.pk))
        return [each.code for each in rows]

    exported = present

    def parse(self, cell: str) -> list[str]:
        codes = super().parse(cell)
        for code in codes:
            validate_sdg_code(code)
        return codes

    def lookup(self, values) -> dict[str, int]:
        codes = {code for value in values for code in value}
        goals = dict(Goal.objects.values_list("number", "pk"))
        numbers = {code: int(code.partition(".")[0]) for code in codes}
        return {code: goals[number] for code, number in numbers.items() if number in goals}

    def relate(self, record, value: list[str], keys: dict[str, int]) -> None:
        rows = GoalAssignment.objects.filter(recommendation=record)
        _arrange(
            {each.code: each for each in rows},
            {
                code: {"recommendation": record, "code": code, "goal_id": keys[code]}
                for code in value
            },
            GoalAssignment,
        )


def _arrange(rows: dict, wanted: dict[object, dict], model: type[models.Model]) -> None:
    """Delete the rows that are not wanted, add those that lack, number all in their order."""
    for key in rows.keys() - wanted.keys():
        rows[key].delete()
    for position, (key, fields) in enumerate(wanted.items(), 1):
        row = rows.get(key) or model(**fields)
        if row.pk is None or row.position != position:
            row.position = position
            row.save()


def targets(model: type[models.Model]) -> dict[str, Target]:
    """The columns that an import writes, by heading."""
    found = {}
    names = {each.name for each in model._meta.concrete_fields}
    for each in model._meta.concrete_fields:
        if each.is_relation or not each.editable or each.name in _NOT_WRITTEN:
            continue
        kind = Target
        if isinstance(each, models.DateField):
            kind = Dated if f"{each.name}_precision" in names else Day
        found[each.name] = kind(each.name, each)
    columns = {column.name for column in COLUMNS[model]}
    for each in (*model._meta.concrete_fields, *model._meta.many_to_many):
        name = _column(each, columns) if each.is_relation else ""
        if name:
            kind = Many if each.many_to_many else One
            kind = Themes if model is Recommendation and name == "theme" else kind
            key = key_name(each.related_model)
            found[name] = kind(name, each, vocabulary=Vocabulary(each.related_model, key))
    if "sdg" in columns:
        themes = model._meta.get_field("themes")
        found["sdg"] = Goals("sdg", themes, vocabulary=Vocabulary(Goal, "number"))
    return found


def _column(relation: models.Field, columns: set[str]) -> str:
    """The column that holds a relation, which is called by the singular of many; empty if none."""
    if relation.related_model is Passage:
        return "locator" if relation.name == "passage" else ""
    names = (relation.name, relation.name.removesuffix("s"))
    return next((name for name in names if name in columns), "")


def derived(model: type[models.Model]) -> set[str]:
    """Headings of our files that follow from other columns, and are not read."""
    return {column.name for column in COLUMNS[model]} - targets(model).keys()


def records(model: type[models.Model], keys) -> dict[str, models.Model]:
    """The records of these keys with all that their columns show."""
    keys, found, columns = sorted(keys), {}, targets(model)
    rows = model.objects.select_related(
        *(each.fetched for each in columns.values() if isinstance(each, One))
    ).prefetch_related(*(each.fetched for each in columns.values() if each.is_list))
    first = model.natural_key_fields[0]
    for start in range(0, len(keys), 500):
        firsts = {key.partition(JOINT)[0] for key in keys[start : start + 500]}
        for record in rows.filter(**{f"{first}__in": firsts}):
            found[key_of(record.natural_key())] = record
            # A file of ours leaves out the parts that are not public.
            shown = key_of(columns[name].exported(record) for name in key_columns(model))
            found.setdefault(shown, record)
    return {key: found[key] for key in keys if key in found}


def is_public(record) -> bool:
    """Whether a file shows a related record."""
    record = record.source if isinstance(record, Passage) else record
    return getattr(record, "state", State.PUBLISHED) == State.PUBLISHED


def precision_of(value: str) -> str:
    lengths = {length: name for name, length in dates.ISO_LENGTHS.items()}
    return lengths.get(len(value), "")


def iso_date(cell: str) -> str:
    """A date that can mean one thing only, as ``2023``, ``2023-05`` or ``2023-05-14``.

    Raises:
        ValidationError: where it is no date, no day of the calendar, or may mean two.
    """
    cell = cell.strip()
    if match := _ISO.fullmatch(cell):
        year, month, day = match.groups()
    elif match := _DAY_FIRST.fullmatch(cell):
        day, month, year = match.groups()
        if int(day) <= 12 and int(month) <= 12 and day != month:
            raise ValidationError(
                _("“%(date)s” may mean %(one)s or %(other)s. Write the one that is meant.")
                % {
                    "date": cell,
                    "one": f"{year}-{int(month):02}-{int(day):02}",
                    "other": f"{year}-{int(day):02}-{int(month):02}",
                }
            )
        if int(month) > 12:
            day, month = month, day
    elif (match := _IN_WORDS.fullmatch(cell)) and match.group(2).casefold() in _months():
        day, year = match.group(1), match.group(3)
        month = _months()[match.group(2).casefold()]
    else:
        raise ValidationError(_("“%s” is no date. Write 2023, 2023-05 or 2023-05-14.") % cell[:40])
    parts = [int(part) for part in (year, month, day) if part]
    try:
        datetime.date(*[*parts, 1, 1][:3])
    except ValueError:
        raise ValidationError(
            _("“%s” is no day of the calendar. Look it up in the source and correct it.") % cell
        ) from None
    return "-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])])


def _months() -> dict[str, int]:
    found = {}
    for language in ("en", "ar"):
        with override(language):
            found |= {str(name).casefold(): place for place, name in enumerate(dates.MONTHS, 1)}
    return found
