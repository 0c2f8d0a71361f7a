"""What the models share: publication, names in two languages, precise dates, natural keys."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import dates
from ..choices import Kind, LabelOrigin, Precision, Qualifier, State
from ..translation import translated
from .fields import NameField
from .history import REASON_LENGTH, Recorded, last_author


class NaturalKeyManager(models.Manager):
    """Finds a row by the values of its model's ``natural_key_fields``."""

    def get_by_natural_key(self, *values):
        return self.get(**dict(zip(self.model.natural_key_fields, values, strict=True)))


class NaturalKeyModel(models.Model):
    """A model that fixtures address by what people call its rows."""

    natural_key_fields: tuple[str, ...] = ("slug",)

    objects = NaturalKeyManager()
    history = Recorded()

    class Meta:
        abstract = True

    def natural_key(self) -> tuple:
        key = []
        for path in self.natural_key_fields:
            value = self
            for name in path.split("__"):
                value = value and getattr(value, name)
            key.append(value)
        return tuple(key)


class PublishedQuerySet(models.QuerySet):
    def published(self):
        """The rows that the public sees. The only place where that is decided."""
        return self.filter(state=State.PUBLISHED)

    def withdrawn(self):
        """The rows that the public saw once, of which it is told only that they are withdrawn."""
        return self.filter(state=State.WITHDRAWN)

    def as_of(self, moment):
        """The rows that the public saw at a moment, as they were then.

        Their own fields are those of then; ``related_then`` gives their relations.
        """
        return self.model.history.as_of(moment).filter(state=State.PUBLISHED)

    def with_related(self):
        """Rows with all that a list shows of them, in a fixed number of queries."""
        return self.all()

    def counted(self):
        """Rows with the number of their published recommendations, in all and of each kind.

        Grouping drops the order of the model; it is asked for here.
        """
        public = Q(recommendations__state=State.PUBLISHED)
        counts = {"recommendation_count": public}
        for kind in Kind:
            name = f"{kind.name.lower()}_count"
            counts[name] = public & Q(recommendations__kind=kind)
        ordered = self if self.query.order_by else self.order_by(*self.model._meta.ordering)
        return ordered.annotate(
            **{
                name: Count("recommendations", filter=condition, distinct=True)
                for name, condition in counts.items()
            }
        )


class PublishedModel(NaturalKeyModel):
    """A record with a place on the way to the public and a version for safe editing together.

    Attributes:
        reviewed_rows: relations whose rows are words of the record, to be approved with it.
    """

    reviewed_rows: tuple[str, ...] = ()

    state = models.CharField(
        _("publication state"),
        max_length=12,
        choices=State.choices,
        default=State.DRAFT,
        help_text=_("The public sees published records only."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("submitted by"),
        null=True,
        blank=True,
        editable=False,
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    withdrawal_reason = NameField(
        _("reason for the withdrawal"), max_length=REASON_LENGTH, blank=True, editable=False
    )

    objects = NaturalKeyManager.from_queryset(PublishedQuerySet)()

    class Meta:
        abstract = True

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    @classmethod
    def reviewed_fields(cls) -> list[str]:
        """The fields that somebody else than their author approves, by their columns."""
        return [
            field.attname
            for field in cls._meta.concrete_fields
            if field.editable and not field.primary_key and field.name not in ("state", "position")
        ]

    def is_own_of(self, user) -> bool:
        """Whether a user submitted the record or was the last to change what is reviewed."""
        if self.pk is None:
            return True
        authors = {self.submitted_by_id, last_author(self, self.reviewed_fields())}
        for relation in map(self._meta.get_field, self.reviewed_rows):
            rows = relation.related_model.history.filter(**{relation.field.attname: self.pk})
            authors.add(rows.values_list("history_user_id", flat=True).first())
        return user.pk in authors

    def move(self, state: State, user=None, reason: str = "") -> None:
        """Bring the record into a state and note what goes with it; saving is the caller's."""
        self.state = state
        if state == State.IN_REVIEW:
            self.submitted_by = user
        is_withdrawn = state == State.WITHDRAWN
        self.withdrawn_at = timezone.now() if is_withdrawn else None
        self.withdrawal_reason = reason if is_withdrawn else ""


class NamedModel(models.Model):
    """A name in English and, where one is known, in Arabic."""

    name_en = NameField(
        _("name (English)"),
        help_text=_("As the source prints it; for a working group without the final “group”."),
    )
    name_ar = NameField(
        _("name (Arabic)"),
        blank=True,
        help_text=_("Leave empty while none is known; the page then shows the English name."),
    )
    name_ar_origin = models.CharField(
        _("origin of the Arabic name"),
        max_length=10,
        choices=LabelOrigin.choices,
        blank=True,
        help_text=_("Where the Arabic name was found. A draft is marked until it is reviewed."),
    )

    name = translated("name")
    found_by = ("name_en", "name_ar", "slug")

    class Meta:
        abstract = True

    def __str__(self):
        return str(self.name)


def named_constraints():
    """An Arabic name and its origin stand together."""
    return models.CheckConstraint(
        name="%(app_label)s_%(class)s_name_ar_origin",
        condition=Q(name_ar="", name_ar_origin="") | (~Q(name_ar="") & ~Q(name_ar_origin="")),
        violation_error_message=_(
            "Give the Arabic name together with its origin, or leave both empty."
        ),
    )


def precision_field(verbose_name):
    return models.CharField(
        verbose_name,
        max_length=5,
        choices=Precision.choices,
        blank=True,
        help_text=_("How much of the date the source prints: the year, the month or the day."),
    )


def together(date: str, precision: str, label: str):
    """The constraint that a date and its precision are both given or both empty."""
    return models.CheckConstraint(
        name=f"%(app_label)s_%(class)s_{label}_precision",
        condition=Q(**{f"{date}__isnull": True, precision: ""})
        | (Q(**{f"{date}__isnull": False}) & ~Q(**{precision: ""})),
        violation_error_message=_(
            "Give the date together with its precision, or leave both empty."
        ),
    )


def ordered(start: str, end: str, label: str):
    """The constraint that an end does not lie before its start."""
    return models.CheckConstraint(
        name=f"%(app_label)s_%(class)s_{label}_order",
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": models.F(start)}),
        violation_error_message=_("The end lies before the start. Correct one of the two dates."),
    )


class DatedModel(models.Model):
    """When something happened, as precisely as the source says."""

    date = models.DateField(
        _("date"),
        null=True,
        blank=True,
        help_text=_(
            "Where only the year or month is printed, write its first day and choose the precision."
        ),
    )
    date_precision = precision_field(_("precision of the date"))
    date_qualifier = models.CharField(
        _("part of the period"),
        max_length=5,
        choices=Qualifier.choices,
        blank=True,
        help_text=_("“early”, as in “In early May 2023”; empty where the source has no such word."),
    )

    class Meta:
        abstract = True

    @property
    def date_in_words(self) -> str:
        words = dates.in_words(self.date, self.date_precision, self.date_qualifier)
        last = self.date and getattr(self, "end_date", None)
        return dates.period(words, dates.in_words(last, self.date_precision)) if last else words

    @property
    def date_iso(self) -> str:
        return dates.iso(self.date, self.date_precision)

    def clean(self):
        super().clean()
        refuse_false_precision(self, ("date", "date_precision"))


def refuse_false_precision(instance, *pairs: tuple[str, str]) -> None:
    """Refuse a stored day that a date of year or month precision does not begin with.

    Raises:
        ValidationError: on the date field concerned.
    """
    for date_field, precision_field_name in pairs:
        date, precision = getattr(instance, date_field), getattr(instance, precision_field_name)
        if date and precision and not dates.starts_period(date, precision):
            raise ValidationError(
                {date_field: _("With this precision, write the first day of the year or month.")}
            )
