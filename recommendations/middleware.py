"""What surrounds every request."""

from django.db import InterfaceError, OperationalError

from .views.site import unavailable


class DatabaseUnavailable:
    """Answers 503 with a time to try again where the database is down, locked or too slow."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, OperationalError | InterfaceError):
            return unavailable(request)
        return None
