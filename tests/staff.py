"""What tests of the staff pages share: people, and forms as a browser sends them."""

from html.parser import HTMLParser

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from recommendations.models.base import NaturalKeyModel

# What people look after.
MODELS = [model for model in admin.site._registry if issubclass(model, NaturalKeyModel)]


def signed_in(name, group=None):
    """A browser in which somebody is signed in; a superuser where no group is named."""
    if group:
        user = User.objects.create_user(name, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
    else:
        user = User.objects.create_superuser(name)
    client = Client()
    client.force_login(user)
    return client


def address(record_or_model, page="change", lang="en"):
    """The address of a staff page of a record or a model."""
    options = record_or_model._meta
    keys = [record_or_model.pk] if page in {"change", "history", "delete"} else []
    with override(lang):
        return reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=keys)


class _Form(HTMLParser):
    """The names and values that the form with this id sends when nothing is touched."""

    def __init__(self, id):
        super().__init__()
        self.id, self.inside, self.values, self.name, self.text = id, False, {}, None, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.inside = attrs.get("id") == self.id
        name = attrs.get("name")
        if not self.inside:
            return
        if tag == "input" and name and attrs.get("type") not in {"submit", "checkbox"}:
            self.values.setdefault(name, []).append(attrs.get("value", ""))
        elif tag == "input" and name and "checked" in attrs:
            self.values.setdefault(name, []).append(attrs.get("value", "on"))
        elif tag == "select":
            self.name = name
            self.chosen, self.first, self.is_multiple = [], None, "multiple" in attrs
        elif tag == "option" and self.name:
            self.first = attrs["value"] if self.first is None else self.first
            self.chosen += [attrs["value"]] if "selected" in attrs else []
        elif tag == "textarea":
            self.name, self.text = name, ""

    def handle_data(self, data):
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.text is not None:
            lines = self.text.replace("\r\n", "\n").removeprefix("\n")
            self.values[self.name] = [lines.replace("\n", "\r\n")]
            self.text = None
        elif tag == "select" and self.name:
            default = [] if self.is_multiple or self.first is None else [self.first]
            if chosen := self.chosen or default:
                self.values[self.name] = chosen
            self.name = None


def filled(response, model):
    """What a browser sends when the form of this page is submitted untouched."""
    assert response.status_code == 200, response.status_code
    parser = _Form(f"{model._meta.model_name}_form")
    parser.feed(response.content.decode())
    return {name: values for name, values in parser.values.items() if "__prefix__" not in name}


def opened(client, record, lang="en"):
    """The form of a record, as somebody has it on screen."""
    return filled(client.get(address(record, lang=lang)), record)


def save(client, record, data, **changes):
    """Submit a form, with a reason for what it changes."""
    return client.post(address(record), data | {"change_reason": "Misread"} | changes)


def row(data, prefix, **values):
    """The form with one more row in an inline."""
    number = int(data[f"{prefix}-TOTAL_FORMS"][0])
    return data | {
        f"{prefix}-TOTAL_FORMS": [str(number + 1)],
        **{f"{prefix}-{number}-{name}": value for name, value in values.items()},
    }


def delete(client, record, reason="Recorded twice"):
    """Confirm that a record goes, and why."""
    return client.post(address(record, "delete"), {"post": "yes", "reason": reason})


def act(client, action, *records):
    """Choose an action for some records of a list, say why if asked; the page that follows."""
    data = {"action": action, "_selected_action": [record.pk for record in records]}
    data |= {"confirmed": "yes", "reason": "Superseded"} if action == "withdraw" else {"index": 0}
    return client.post(address(type(records[0]), "changelist"), data, follow=True)


def messages(response):
    return [str(message) for message in response.context["messages"]]
