"""The documents say what the code does."""

import re
from pathlib import Path

import pytest

from recommendations.columns import COLUMNS
from recommendations.filters import LISTED

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = dict(
    re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", (ROOT / "docs/data.md").read_text(), re.M | re.S)
)


def named(line: str) -> list[str]:
    return re.findall(r"`([^`]+)`", line)


@pytest.mark.parametrize("place", LISTED)
def test_the_data_page_names_every_filter_order_and_column(place):
    model, filterset = LISTED[place]
    filters, columns = (line for line in SECTIONS[place].splitlines() if "`" in line)
    own = [name for name in filterset.declared_filters if name not in filterset.base_parameters]
    orders = filterset.base_filters["sort"].orders
    assert sorted(named(filters)) == sorted([*own, *orders])
    assert named(columns) == [column.name for column in COLUMNS[model]]


def test_the_readme_names_every_verb_that_it_shows():
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    shown = set(re.findall(r"`?make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert shown <= verbs


def test_every_module_has_its_floor_in_the_architecture_page():
    page = (ROOT / "docs/architecture.md").read_text()
    modules = {
        path.stem
        for path in (ROOT / "recommendations").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert sorted(name for name in modules - {"migrations"} if name not in page) == []
