"""What tests of pages share: every public address, and a page read into its elements."""

from html.parser import HTMLParser

from django.utils.translation import override

from recommendations.models import (
    Conference,
    Funder,
    Meeting,
    Organisation,
    Recommendation,
    Source,
    Theme,
    WorkingGroup,
)
from tests.lists import PLACES

MODELS = (
    Recommendation,
    WorkingGroup,
    Theme,
    Meeting,
    Conference,
    Organisation,
    Funder,
    Source,
)
SITE = "http://testserver"
PREFIXES = {"en": "", "ar": "/ar"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


def lists():
    return [f"/{place}/" for place in PLACES]


def records():
    """The English address of every published record."""
    with override("en"):
        return [row.get_absolute_url() for model in MODELS for row in model.objects.published()]


def every_address():
    return ["/", "/about/", *lists(), *records()]


class Element:
    """An element of a page, with its place in the tree."""

    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.texts = []

    def __getitem__(self, name):
        return self.attributes.get(name)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def lineage(self):
        """The element and all that it stands in."""
        element = self
        while element:
            yield element
            element = element.parent

    @property
    def lang(self) -> str:
        return next(each["lang"] for each in self.lineage if each["lang"])

    @property
    def dir(self) -> str:
        return next(each["dir"] for each in self.lineage if each["dir"])


class Page(HTMLParser):
    """A page as a flat list of its elements, in order."""

    def __init__(self, response):
        super().__init__()
        self.elements, self.texts, self.current = [], [], None
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attributes):
        element = Element(tag, dict(attributes), self.current)
        self.elements.append(element)
        if tag not in VOID:
            self.current = element

    def handle_startendtag(self, tag, attributes):
        self.elements.append(Element(tag, dict(attributes), self.current))

    def handle_endtag(self, tag):
        assert self.current and self.current.tag == tag, f"</{tag}> closes {self.current.tag}"
        self.current = self.current.parent

    def handle_data(self, data):
        if data.strip():
            self.texts.append((data.strip(), self.current))
            for element in self.current.lineage:
                element.texts.append(data)

    def all(self, *tags, **attributes):
        """The elements of these tags that have these attributes."""
        return [
            each
            for each in self.elements
            if (not tags or each.tag in tags)
            and all(each[name] == value for name, value in attributes.items())
        ]

    def one(self, *tags, **attributes):
        (found,) = self.all(*tags, **attributes)
        return found

    @property
    def links(self):
        return [each["href"].removeprefix(SITE) for each in self.all("a")]
