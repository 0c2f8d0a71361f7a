"""Who may import into which list: whoever may edit its records."""

from django.db.models import Model

from .targets import PLACES


def allowed(user, place: str, *actions: str) -> bool:
    """Whether a user may do all this with the records of a list."""
    name = PLACES[place]._meta.model_name
    return all(user.has_perm(f"recommendations.{action}_{name}") for action in actions)


def places(user) -> dict[str, str]:
    """The lists that a user may import into, by their names."""
    return {
        place: model._meta.verbose_name_plural
        for place, model in PLACES.items()
        if allowed(user, place, "view")
        and (allowed(user, place, "add") or allowed(user, place, "change"))
    }


def import_place(user, model: type[Model]) -> str:
    """The list of a model, where a user may import into it; else empty."""
    return next((place for place in places(user) if PLACES[place] is model), "")
