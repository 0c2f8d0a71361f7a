"""Processor time of pages with many synthetic rows, beside the same pages with the fixtures alone.

`make bench`, or `python -m benchmarks.pages --rows 10000`. PostgreSQL is the server of
TEST_DATABASE_URL, else a private one; the database is new and dropped afterwards. The time is that
of this process and of its backend, which Linux tells where both run on one machine.
"""

import argparse
import gc
import os
import statistics
import time
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.test import Client

from tests.__main__ import database

STAFF = "/admin/recommendations/"
PAGES = {
    "list with eleven facets": "/recommendations/",
    "two filters": "/recommendations/?kind=numbered&addressee=none",
    "search for a word of 30 %": "/recommendations/?q=support",
    "the same, newest first": "/recommendations/?q=support&sort=newest",
    "page in the middle": "/recommendations/?page={middle}",
    "interface, two filters": "/api/v1/recommendations/?kind=numbered&addressee=none",
    "staff: first page": "/admin/",
    "staff: list": f"{STAFF}recommendation/",
    "staff: two filters": f"{STAFF}recommendation/?state__exact=published&kind__exact=own",
    "staff: what needs attention": f"{STAFF}recommendation/?attention=differs",
    "staff: texts that occur twice": f"{STAFF}recommendation/?attention=twin",
    "staff: search for a word of 30 %": f"{STAFF}recommendation/?q=support",
    "staff: sorted by text": f"{STAFF}recommendation/?o=2",
    "staff: page in the middle": f"{STAFF}recommendation/?p={{staff_middle}}",
    "staff: filters count, when asked": f"{STAFF}recommendation/?_facets=True",
    "staff: passages": f"{STAFF}passage/",
    "staff: passages, word of 30 %": f"{STAFF}passage/?q=support",
    "staff: look-up of a passage": "/admin/autocomplete/?app_label=recommendations"
    "&model_name=recommendation&field_name=passage&term=support",
}
AFTER_AN_EDIT = ["list with eleven facets", "search for a word of 30 %"]
FILE = "/recommendations.csv"


def used() -> float:
    """Milliseconds of processor time of this process and its backend so far."""
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text()
    return time.process_time() * 1e3 + int(backend.split()[0]) / 1e6


def median(action, times, before=lambda: None) -> float:
    """Median time of an action, once it has run."""
    action()
    spent = []
    for _ in range(times):
        before()
        start = used()
        action()
        spent.append(used() - start)
    return statistics.median(spent)


def edit():
    """Change the version of the data, so that nothing remembered of it holds."""
    from recommendations.models import Theme

    Theme.objects.filter(position=1).update(position=1)


def get(address):
    """An action that reads a page or a file to its end."""
    client = Client(SERVER_NAME="localhost")
    if address.startswith("/admin/"):
        from django.contrib.auth.models import User

        user = {"is_staff": True, "is_superuser": True}
        client.force_login(User.objects.get_or_create(username="bench", defaults=user)[0])

    def read():
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address}: {response.status_code}")
        return sum(map(len, response))

    return read


def facets(query):
    """An action that counts the values of all facets, every time anew."""
    from recommendations.filters import RecommendationFilterSet
    from recommendations.listing import Listing
    from recommendations.models import Recommendation

    rows = Recommendation.objects.published()
    listing = Listing(RecommendationFilterSet(QueryDict(query), rows), "/recommendations/")
    return lambda: [listing._facet(*each) for each in listing.filterset.facets.items()]


def measured(times) -> dict[str, tuple[float, float]]:
    """For each page its time, and the part of it that counts facets."""
    from recommendations.models import Recommendation

    count = Recommendation.objects.count()
    gc.collect()
    gc.freeze()  # no server has made the records itself
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # their time would not be seen
    found = {}
    for name, address in PAGES.items():
        address = address.format(middle=max(1, count // 40), staff_middle=max(1, count // 100))
        is_faceted = not address.startswith(("/api/", "/admin/"))
        counting = 0 if not is_faceted else median(facets(address.partition("?")[2]), times)
        found[name] = (median(get(address), times), counting)
    for name in AFTER_AN_EDIT:
        found[f"{name}, after an edit"] = (median(get(PAGES[name]), times, edit), found[name][1])
    found["CSV, a row"] = (median(get(FILE), 3) / count, 0)
    return found


def main():
    parser = argparse.ArgumentParser("python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    with database("postgres") as address:
        os.environ["DATABASE_URL"] = address
        django.setup()
        settings.STORAGES["staticfiles"]["BACKEND"] = (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
        from recommendations import demo, fixtures
        from recommendations.management.commands.make_demo_data import progress

        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            fixtures.load()
            few = measured(options.times)
            demo.make(options.rows, seed=1, progress=progress)
            many = measured(options.times)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)
    print(
        f"{'milliseconds':44} {'fixtures':>9} {f'{options.rows:,}':>9} {'facets':>7} {'ratio':>6}"
    )
    for name, (time_few, facets_few) in few.items():
        time_many, facets_many = many[name]
        ratio = (time_many - facets_many) / (time_few - facets_few)
        print(f"{name:44} {time_few:9.2f} {time_many:9.2f} {facets_many:7.1f} {ratio:6.1f}")


if __name__ == "__main__":
    main()
