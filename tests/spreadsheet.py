"""A workbook as somebody else made it: other headings, other words, everything that goes wrong."""

import datetime
import io
import random

from openpyxl import Workbook

ROWS = 2_000
FIRST = 4  # the number of the first row, below a title, an empty row and the headings
GAP = 250  # rows between two blank ones
HEADINGS = [
    "Rec. No.",
    "Text of\nrecommendation",
    "Date",
    "Theme(s)",
    "Group",
    "Who",
    None,
    "Notes",
]
GROUPS = ["Protection ", "economy & recovery", "Local governance", "Civil society"]
THEMES = ["Return", "documentation ", "Women + youth", "Schools"]
WORDS = (
    "ensure support for safe access of displaced families to local councils schools and clinics",
    "funding and monitoring by women and youth",
    "return of property and documents",
    "water and energy for farmers",
    "courts that hear of detainees",
    "provide what was promised",
)


def date(number):
    """The same kind of fact, written in every way."""
    day = datetime.date(2023, 1 + number % 12, 13 + number % 15)
    return [
        day.strftime("%d.%m.%Y"),
        day.isoformat(),
        day.strftime("%B %Y"),
        datetime.datetime(day.year, day.month, day.day),
        day.strftime("%d/%m/%Y "),
        2023,
    ][number % 6]


def rows(count=ROWS):
    """The rows below the headings."""
    chance = random.Random(7)
    for number in range(1, count + 1):
        words = " ".join(" ".join(chance.choices(WORDS, k=9)).split()[:24])
        yield [
            number if number % 3 else f" {number}",
            f"{number}: {words[:60]}\n{words[60:]}" + (" " if number % 500 == 0 else ""),
            date(number),
            ["; ", "\n", ", "][number % 3].join(chance.sample(THEMES, 2)),
            GROUPS[number % 4],
            "Donors" if number % 2 else None,
            "x" if number == 900 else None,
            None,
        ]


def place(number):
    """The row of the sheet in which the row of this number stands."""
    return FIRST + number - 1 + (number - 1) // GAP


def workbook(rows):
    """A title over merged cells, the headings, the rows, and a sheet of definitions."""
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    sheet.title = "All recs"
    sheet.append(["Recommendations, as of June"])
    sheet.merge_cells("A1:H1")
    sheet.append([])
    sheet.append(HEADINGS)
    sheet.merge_cells(f"F{FIRST - 1}:G{FIRST - 1}")
    for count, row in enumerate(rows):
        if count and count % GAP == 0:
            sheet.append([None])
        sheet.append(row)
    definitions = book.create_sheet("Definitions")
    definitions.append(["Term", "Meaning"])
    definitions.append(["Donors", "States that fund"])
    book.save(file)
    return file.getvalue()
