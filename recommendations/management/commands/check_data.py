"""Verify every record in the database."""

from django.core.management.base import BaseCommand, CommandError

from ... import integrity


class Command(BaseCommand):
    help = "Verify every record: texts, passages, groups, dates, codes. Ends with 1 on a problem."

    def handle(self, **options):
        results = integrity.results()
        width = max(len(result.label) for result in results)
        self.stdout.write(f"{'check':{width}}  {'rows':>6}  {'problems':>8}")
        for result in results:
            self.stdout.write(
                f"{result.label:{width}}  {result.rows:>6}  {len(result.problems):>8}"
            )
        problems = [problem for result in results for problem in result.problems]
        for problem in problems:
            self.stdout.write(f"- {problem}")
        if problems:
            raise CommandError(f"Problems found: {len(problems)}. Each line above says what to do.")
