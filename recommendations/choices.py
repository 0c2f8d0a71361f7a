"""Every fixed vocabulary of the collection. Values are what addresses, files and fixtures hold."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    """Where a record stands on its way to the public. Only PUBLISHED is ever shown."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in-review", _("In review")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Origin(TextChoices):
    """From where a change of a record came."""

    FORM = "form", _("Form")
    IMPORT = "import", _("Import")
    COMMAND = "command", _("Command")


class ImportState(TextChoices):
    """How far a file on its way into the collection has come."""

    PREVIEWED = "previewed", _("previewed")
    APPLIED = "applied", _("applied")
    UNDONE = "undone", _("taken back")


class Kind(TextChoices):
    """How a recommendation stands in its source, which decides what may be counted with it."""

    NUMBERED = "numbered", _("Numbered, of one working group")
    CROSS_CUTTING = "cross-cutting", _("Cross-cutting, of several working groups")
    OWN = "own", _("An organisation's own")


class Precision(TextChoices):
    """How much of a date the source states. Nothing finer is ever shown."""

    YEAR = "year", _("year")
    MONTH = "month", _("month")
    DAY = "day", _("day")


class Qualifier(TextChoices):
    """The part of a month or year that the source names beside it."""

    EARLY = "early", _("early")
    MID = "mid", _("mid")
    LATE = "late", _("late")


class Language(TextChoices):
    """Language of a recorded text (ISO 639-1)."""

    ENGLISH = "en", _("English")
    ARABIC = "ar", _("Arabic")


class LabelOrigin(TextChoices):
    """Where an Arabic name comes from; drafts are marked until a native reviewer has read them."""

    SOURCE = "source", _("printed in a source document")
    EXTERNAL = "external", _("published by the body itself, outside the source documents")
    DRAFT = "draft", _("editorial draft, not yet reviewed")
    REVIEWED = "reviewed", _("editorial, reviewed")


class TextOrigin(TextChoices):
    """Standing of a recorded Arabic text."""

    OFFICIAL = "official", _("official text")
    TRANSLATION = "translation", _("unofficial translation")


class Role(TextChoices):
    """What a source says an organisation did."""

    CONVENOR = "convenor", _("Convenor")
    IMPLEMENTING_PARTNER = "implementing-partner", _("Implementing partner")
    RECOMMENDING_BODY = "recommending-body", _("Recommending body")
    CONTRIBUTOR = "contributor", _("Contributor")
    ADDRESSEE = "addressee", _("Addressee")
    PUBLISHER = "publisher", _("Publisher")
    ISSUER = "issuer", _("Issuer")


class OrganisationType(TextChoices):
    """What kind of body a source calls an organisation; UNKNOWN where it does not say."""

    CONSULTATION = "consultation-mechanism", _("Consultation mechanism")
    UN_OFFICE = "un-office", _("United Nations office")
    UN_ORGAN = "un-organ", _("United Nations organ")
    NGO = "ngo", _("Nonprofit, nongovernmental organisation")
    UNKNOWN = "unknown", _("Not stated in the source")


class FunderType(TextChoices):
    """Editorial sorting of funders."""

    STATE = "state", pgettext_lazy("kind of funder", "State")
    INTERGOVERNMENTAL = "intergovernmental", _("Intergovernmental organisation")
    FOUNDATION = "foundation", _("Foundation")


class InstrumentType(TextChoices):
    """What a cited instrument is."""

    RESOLUTION = "resolution", _("Resolution")
    LAW = "law", _("Law")
    POLICY_FRAMEWORK = "policy-framework", _("Policy framework")
    STRATEGY = "strategy", _("Strategy")


class PassageKind(TextChoices):
    """What a passage is on the printed page."""

    SUBTITLE = "subtitle", _("Subtitle")
    HEADING = "heading", _("Heading")
    PARAGRAPH = "paragraph", _("Paragraph")
    ITEM = "item", _("List item")


class FollowUpKind(TextChoices):
    """What happened to a recommendation afterwards."""

    ENDORSEMENT = "endorsement", _("Endorsement")
    RESPONSE = "response", _("Response")
    ACTION = "action", _("Action")
    IMPLEMENTATION = "implementation", _("Implementation report")


class Assessment(TextChoices):
    """How the organisation that reports sees the implementation: its opinion, never ours."""

    NOT_STARTED = "not-started", _("Not started")
    IN_PROGRESS = "in-progress", _("In progress")
    PARTLY = "partly-implemented", _("Partly implemented")
    FULLY = "fully-implemented", _("Fully implemented")
    REVERSED = "reversed", _("Reversed")


class LinkKind(TextChoices):
    """How one recommendation stands to another."""

    RELATED = "related", _("Related to")
    REITERATES = "reiterates", _("Reiterates")
    STRENGTHENS = "strengthens", _("Strengthens")
    SUPERSEDES = "supersedes", _("Supersedes")
