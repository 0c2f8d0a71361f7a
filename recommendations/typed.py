"""What somebody typed into a form that came back after their login had expired.

It waits in the session of that browser, on the server, for the person who had opened the form; it
is shown once, to be checked, and saves nothing by itself.
"""

from django.core import signing
from django.http import QueryDict

# The hidden field that says who opened a form.
OPENED_BY = "opened_by"
_SALT = "recommendations.typed"
_KEY = "typed"


def opened_by(user) -> str:
    return signing.dumps(user.pk, salt=_SALT)


def keep(request) -> bool:
    """Keep a form that cannot be taken now; whether it was one of ours, opened by this person."""
    try:
        person = signing.loads(request.POST.get(OPENED_BY, ""), salt=_SALT)
    except signing.BadSignature:
        return False
    if request.user.is_authenticated and request.user.pk != person:
        return False
    values = request.POST.copy()
    values.pop("csrfmiddlewaretoken", None)
    request.session[_KEY] = [request.get_full_path(), person, values.urlencode()]
    return True


def take(request) -> QueryDict | None:
    """What this person had typed into the form at this address; forgotten for everybody else."""
    path, person, values = request.session.get(_KEY, (None, None, ""))
    is_theirs = person == request.user.pk
    if path is None or (is_theirs and path != request.get_full_path()):
        return None
    del request.session[_KEY]
    return QueryDict(values) if is_theirs else None
