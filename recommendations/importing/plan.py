"""What a table would change: every row is new, changed, unchanged or wrong. Nothing is written."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from ..cells import JOINT, guarded, unguarded
from ..choices import Precision
from ..deadline import lifted
from ..models import Recommendation, Theme
from ..models.fields import VerbatimField
from . import similar
from .questions import HEADINGS, IGNORE, NEW, Question, nearest
from .reading import Row, Table
from .rules import Rules
from .targets import (
    PLACES,
    Dated,
    Many,
    Target,
    Value,
    derived,
    key_columns,
    key_name,
    key_of,
    precision_of,
    records,
    targets,
)

MOST_PROBLEMS = 2_000


@dataclass
class Problem:
    """What is wrong or remarkable, where, and what to do. Row 0 is the file as a whole."""

    rows: list[int]
    column: str
    message: str

    @property
    def row(self) -> int:
        return self.rows[0]

    @property
    def place(self) -> str:
        """The rows as a person writes them: ``2, 5-9``."""
        present = set(self.rows)
        starts = [row for row in self.rows if row - 1 not in present]
        ends = [row for row in self.rows if row + 1 not in present]
        pairs = zip(starts, ends, strict=True)
        return ", ".join(f"{one}-{last}" if last > one else f"{one}" for one, last in pairs)


@dataclass
class Entry:
    """A record that would be new or changed.

    Attributes:
        row: number of its row.
        key: its reference or slug.
        pk: primary key; None for a new record.
        values: old and new value of every column that differs.
    """

    row: int
    key: str
    pk: int | None
    values: dict[str, list[Value]]


@dataclass
class Plan:
    """What is shown, and applied as shown.

    Attributes:
        place: what the rows are.
        origin: how the file was read, in words.
        language: in which its messages are.
        entries: records that would be new or changed.
        unchanged: number of rows that change nothing.
        problems: what has to be settled before anything is applied.
        warnings: what a person should look at.
        notes: columns that are not read, and why.
        questions: what a person may settle on screen.
        missing: columns that new records need and the file lacks.
        lacks_key: whether no column says which record a row is.
        created: themes that would be created, as slug and name.
        added: once applied, the keys of the records that were new.
        withdrawn: once taken back, the keys of those that the public had seen.
        more_problems: number of cells with problems beyond those listed.
    """

    place: str
    origin: str = ""
    language: str = ""
    entries: list[Entry] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    lacks_key: bool = False
    created: dict[str, str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    more_problems: int = 0

    @property
    def new(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.pk is None or entry.key in self.added]

    @property
    def changed(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.pk and entry.key not in self.added]

    @property
    def is_applicable(self) -> bool:
        return not self.problems and bool(self.entries)

    @property
    def errors(self) -> int:
        """Number of cells that have to be settled."""
        return sum(len(each.rows) for each in self.problems) + self.more_problems

    @property
    def digest(self) -> str:
        """The same for two plans that would do the same."""
        content = [self.place, [asdict(entry) for entry in self.entries], self.created]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict) -> "Plan":
        parts = {"entries": Entry, "problems": Problem, "warnings": Problem, "questions": Question}
        lists = {name: [kind(**each) for each in stored[name]] for name, kind in parts.items()}
        return cls(**stored | lists)


def make(
    place: str,
    table: Table,
    choices: dict | None = None,
    *,
    may_publish: bool = True,
    may_create_themes: bool = True,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Plan:
    """What a table would change in a list.

    Args:
        place: name of the list, of ``PLACES``.
        table: the file.
        choices: what a person settled on screen: ``headings``, ``values`` by column,
            ``constants`` for columns that the file lacks, ``prefix`` of references; ``earlier``
            is the name of the file for which they did.
        may_publish: whether the person may change the words of published records.
        may_create_themes: whether the person may add themes.
        progress: wraps the rows, to show how far it is.
    """
    planner = _Planner(place, table, choices or {}, may_publish, may_create_themes)
    with lifted():
        return planner.planned(progress)


class _Planner:
    def __init__(self, place, table, choices, may_publish, may_create_themes):
        self.model = PLACES[place]
        self.key = key_name(self.model)
        self.table = table
        self.choices = choices
        self.may_create = may_create_themes
        self.plan = Plan(place, table.origin, get_language() or settings.LANGUAGE_CODE)
        self.targets = targets(self.model)
        self.places: dict[str, int] = {}  # where in a row each column stands
        self.lookups: dict[str, dict[str, int]] = {}
        self.unknown: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.problems: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.warnings: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.rules = Rules(self.model, self.targets, may_publish, self.problem)

    def problem(self, row: int, column: str, message) -> None:
        self.problems[column, str(message)].append(row)

    def warning(self, row: int, column: str, message: str) -> None:
        self.warnings[column, message].append(row)

    def planned(self, progress) -> Plan:
        self._read_headings()
        keys = self._keys()
        known = records(self.model, set(keys.values()))
        self.plan.missing = self._missing(keys, known)
        self._add_constants(keys, known)
        parsed = {
            row.number: self._parsed(row, known.get(keys.get(row.number)))
            for row in self.table.rows
        }
        self._look_up(parsed)
        for row in progress(self.table.rows):
            if row.number in keys:
                record = known.get(keys[row.number])
                self._compare(row.number, keys[row.number], record, parsed[row.number])
        self.rules.finish()
        self._ask()
        self._point_out_similar()
        problems = _gathered(self.problems)
        self.plan.problems = problems[:MOST_PROBLEMS]
        self.plan.more_problems = sum(len(each.rows) for each in problems[MOST_PROBLEMS:])
        self.plan.warnings = _gathered(self.warnings)
        return self.plan

    # Headings

    def _read_headings(self) -> None:
        chosen, titles = self.choices.get(HEADINGS, {}), set()
        skipped, not_read = [], derived(self.model)
        if self.table.titles:
            above = "; ".join(self.table.titles)[:200]
            self.plan.notes.append(_("Not read, for it stands above the headings: %s") % above)
        if earlier := self.choices.get("earlier"):
            self.plan.notes.append(_("What you settled for “%s” is used again.") % earlier)
        for place, heading in enumerate(self.table.headings):
            title = " ".join(heading.split())
            if not title or title in titles:
                title = f"{title} ({get_column_letter(place + 1)})".strip()
            titles.add(title)
            name = chosen.get(title) or heading.strip().casefold().replace(" ", "_")
            is_blank = not any(row.cells[place].strip() for row in self.table.rows)
            if name == IGNORE or (is_blank and name not in self.targets):
                continue
            if name in self.places:
                self.problem(1, title, _("Two columns are “%s”. Delete one, or ignore it.") % name)
            elif name in self.targets:
                self.places[name] = place
            elif name in not_read:
                skipped.append(name)
            else:
                self._ask_heading(title)
        if skipped:
            self.plan.notes.append(
                _("Not read, for they follow from other columns: %s.") % ", ".join(skipped)
            )

    def _ask_heading(self, title: str) -> None:
        names = {name: [target.label] for name, target in self.targets.items()}
        question = Question.about(HEADINGS, title, names, everything=True)
        question.options.insert(0, [IGNORE, _("Ignore this column")])
        self.plan.questions.append(question)
        self.problem(
            1,
            title,
            _("“%(heading)s” is no column of ours%(hint)s. Choose what it is, or ignore it.")
            % {"heading": title[:60], "hint": nearest(title, names)},
        )

    # Keys

    def _keys(self) -> dict[int, str]:
        """The key of every row that has a right one of its own."""
        lacking = [
            name
            for name in key_columns(self.model)
            if name not in self.places and self.targets[name].is_required
        ]
        self.plan.lacks_key = bool(lacking and self.key)
        if lacking and not (self.key and self.choices.get("prefix")):
            text = _(
                "No column is “%s”, which says what record a row is. Choose the column, or "
                "give the beginning of new ones."
            )
            if not self.key:
                text = _("No column is “%s”, which says what record a row is. Choose the column.")
            self.problem(1, lacking[0], text % lacking[0])
            return {}
        keys, rows = {}, {}
        for row in self.table.rows:
            if (key := self._key(row)) is None:
                continue
            if key in rows:
                self.problem(
                    row.number,
                    key_columns(self.model)[0],
                    _("“%(key)s” stands in row %(row)d already. Keep one of the two rows.")
                    % {"key": key, "row": rows[key]},
                )
            else:
                rows[key] = row.number
                keys[row.number] = key
        return keys

    def _key(self, row: Row) -> str | None:
        if self.plan.lacks_key:
            return self._key_of({self.key: f"{self.choices['prefix']}-{row.number}"}, row)
        names = key_columns(self.model)
        cells = {name: self._cell(row, name) for name in names if name in self.places}
        return self._key_of({name: cells.get(name, "").strip() for name in names}, row)

    def _key_of(self, cells: dict[str, str], row: Row) -> str | None:
        parts = []
        for name, cell in cells.items():
            if not cell and self.targets[name].is_required:
                text = _("The cell is empty. Write which record the row is.")
                self.problem(row.number, name, text)
                return None
            try:
                parts.append(self._value(name, cell) if cell else "")
            except ValidationError as problem:
                self.problem(row.number, name, " ".join(problem.messages))
                return None
        return key_of(parts)

    def _cell(self, row: Row, name: str) -> str:
        cell = row.cells[self.places[name]]
        return unguarded(cell) if self.table.is_guarded else cell

    # Columns that the file lacks

    def _missing(self, keys, known) -> list[str]:
        if all(key in known for key in keys.values()):
            return []
        absent = self.targets.keys() - self.places.keys() - {self.key}
        wanted = {name for name in absent if self.targets[name].is_required}
        if self.model is Recommendation:
            wanted |= {"working_group", "meeting", "locator"} & absent
            wanted -= {"position"}
        return sorted(wanted - set(key_columns(self.model)))

    def _add_constants(self, keys, known) -> None:
        """A value that a person gave for all new records, as one more column."""
        for name, value in self.choices.get("constants", {}).items():
            if name in self.plan.missing and value.strip():
                self.places[name] = len(self.table.headings)
                self.table.headings.append(name)
                for row in self.table.rows:
                    row.cells.append("" if keys.get(row.number) in known else value.strip())

    # Cells

    def _parsed(self, row: Row, record) -> dict[str, Value | None]:
        """The value of every cell that holds one and differs from the record; None if wrong."""
        found = {}
        for name, place in self.places.items():
            cell = row.cells[place]
            if name == self.key or not cell.strip() or self._is_as_exported(name, cell, record):
                continue
            self._point_out_spaces(row.number, name, cell)
            try:
                value = self._value(name, self._cell(row, name))
                if value:  # a list of which every word is left out is an empty cell
                    found[name] = value
            except ValidationError as problem:
                self.problem(row.number, name, " ".join(problem.messages))
                found[name] = None
        return found

    def _point_out_spaces(self, number: int, name: str, cell: str) -> None:
        is_verbatim = isinstance(self.targets[name].model_field, VerbatimField)
        if is_verbatim and cell != cell.strip():
            self.warning(number, name, _("The text begins or ends with a space or an empty line."))

    def _is_as_exported(self, name: str, cell: str, record) -> bool:
        if record is None:
            return False
        value = self.targets[name].exported(record)
        shown = JOINT.join(value) if isinstance(value, list) else value
        shown = guarded(shown) if self.table.is_guarded else shown
        return shown.replace("\r\n", "\n") == cell.replace("\r\n", "\n")

    def _value(self, name: str, cell: str) -> Value:
        """The value of a cell, where a word that we do not know may stand for one that we do."""
        chosen, target = self.choices.get("values", {}).get(name, {}), self.targets[name]
        if not chosen:
            return self._allowed(target, cell)
        if isinstance(target, Many):
            parts = target.parts(cell)
            words = [chosen.get(part, part) for part in parts]
            return target.parse(";".join(self._created(name, parts, words)) + ";")
        word = chosen.get(cell.strip(), cell)
        return self._allowed(target, self._created(name, [cell], [word])[0])

    def _created(self, name: str, originals: list[str], words: list[str]) -> list[str]:
        """The words less those left out, a theme that the import creates as its slug."""
        settled = []
        for original, word in zip(originals, words, strict=True):
            if word == IGNORE:
                continue
            if word == NEW and self.targets[name].model_field.name == "themes" and self.may_create:
                word = slugify(original)[:50]
                self.plan.created[word] = original.strip()
            settled.append(word)
        return settled

    def _allowed(self, target: Target, cell: str) -> Value:
        allowed = dict(target.model_field.flatchoices or ()) if not target.is_relation else {}
        if allowed and cell.strip() not in allowed:
            return cell.strip()  # asked about afterwards
        return target.parse(cell)

    def _look_up(self, parsed: dict[int, dict]) -> None:
        """Find what the cells name, and every word that names nothing."""
        for name in self.places:
            target = self.targets[name]
            values = [found[name] for found in parsed.values() if found.get(name) is not None]
            if target.is_relation:
                self.lookups[name] = allowed = target.lookup(values)
                created = self.plan.created if target.model_field.name == "themes" else {}
                for slug in list(created):
                    if slug in allowed:
                        del created[slug]
                allowed = allowed | dict.fromkeys(created, 0) if name == "theme" else allowed
            else:
                self.lookups[name] = {}
                allowed = dict(target.model_field.flatchoices or ())
                if not allowed:
                    continue
            for number, found in parsed.items():
                value = found.get(name)
                words = value if isinstance(value, list) else [value] if value else []
                for word in words:
                    if word not in allowed:
                        self.unknown[name, word].append(number)
                if any(word not in allowed for word in words):
                    found[name] = None

    # Rows

    def _compare(self, number: int, key: str, record, parsed: dict) -> None:
        values, is_wrong = {}, any(value is None for value in parsed.values())
        for name, value in parsed.items():
            if value is None:
                continue
            target = self.targets[name]
            empty = [] if target.is_list else ""
            old = target.present(record) if record else empty
            if record and target.is_list:
                shown = target.exported(record)
                value = value + [each for each in old if each not in shown and each not in value]
                value = value if target.is_ordered else sorted(value)
            if value != old:
                values[name] = [old, value]
        is_wrong |= not self._settle_precision(number, values, record, parsed)
        if record is not None and not values:
            self.plan.unchanged += not is_wrong
            return
        entry = Entry(number, key, record.pk if record else None, values)
        has_all = record is not None or self.rules.has_all(entry, parsed)
        if has_all and not is_wrong:
            self.rules.check(entry, record, self.lookups)
        self.plan.entries.append(entry)

    def _settle_precision(self, number: int, values: dict, record, parsed: dict) -> bool:
        """A date says its own precision: the column for it may only agree."""
        for target in self.targets.values():
            if not isinstance(target, Dated) or target.precision not in parsed:
                continue
            new = values.get(target.name, ["", ""])[1]
            date = new or (target.present(record) if record else "")
            if not date:
                continue
            if parsed[target.precision] != precision_of(date):
                self.problem(
                    number,
                    target.precision,
                    _(
                        "The date “%(date)s” is precise to the %(precision)s. Correct one of "
                        "the two."
                    )
                    % {"date": date, "precision": Precision(precision_of(date)).label},
                )
                return False
            values.pop(target.precision, None)
        return True

    # What a person is told and asked

    def _ask(self) -> None:
        for (name, word), rows in self.unknown.items():
            target = self.targets[name]
            if target.is_relation and name != "sdg":
                labels = target.vocabulary.labels()
            else:
                labels = {key: [str(label)] for key, label in target.model_field.flatchoices or ()}
            question = Question.about(name, word, labels)
            question.rows = rows
            if (
                name == "theme"
                and self.may_create
                and slugify(word)
                and slugify(word)[:50] not in labels
            ):
                question.options.insert(0, [NEW, _("Create this theme, as a draft")])
            if target.is_list:
                question.options.append([IGNORE, _("Leave this word out")])
            if name != "sdg":
                self.plan.questions.append(question)
            for number in rows:
                self.problem(
                    number,
                    name,
                    _("“%(word)s” is not on record%(hint)s. Correct it, or choose what it is.")
                    % {"word": word[:80], "hint": nearest(word, labels)},
                )

    def _point_out_similar(self) -> None:
        if self.model is not Recommendation:
            return
        texts = {
            f"{entry.row}": entry.values["text"][1]
            for entry in self.plan.entries
            if "text" in entry.values
        }
        own = {f"{entry.row}": entry.key for entry in self.plan.entries}
        if not texts:
            return
        changed = {entry.key for entry in self.plan.changed if "text" in entry.values}
        others = (
            Recommendation.objects.exclude(reference__in=changed)
            if len(changed) < 500
            else Recommendation.objects
        )
        pairs = others.order_by().values_list("reference", "text").iterator(chunk_size=2000)
        for row, (name, share) in sorted(
            similar.nearest(texts, pairs).items(), key=lambda pair: int(pair[0])
        ):
            if name == own[row]:
                continue
            what = _("row %s") % name if name in texts else name
            self.warning(
                int(row),
                "text",
                _(
                    "The text is nearly that of %(what)s: they share %(share)d %% of their "
                    "word sequences. Is it the same one?"
                )
                % {"what": what, "share": share},
            )


def _gathered(found: dict[tuple[str, str], list[int]]) -> list[Problem]:
    """One problem for all rows that have it, the first row first."""
    problems = [Problem(sorted(set(rows)), *what) for what, rows in found.items()]
    return sorted(problems, key=lambda each: each.row)


def themes_created(plan: Plan) -> list[Theme]:
    """The themes that a plan creates, as drafts, unsaved."""
    return [Theme(slug=slug, name_en=name) for slug, name in plan.created.items()]
