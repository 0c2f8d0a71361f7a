"""How each database is asked for stems: the same plain tokens, the same rows."""

from django.db.models import BooleanField, F, Func

from .query import Query, Term

# Longer than any stem: one stands in every document, one between two names of a document.
EVERY = "every" + "x" * 40
BREAK = "break" + "x" * 40

_POSTGRES_SETUP = (
    """
    ALTER TABLE {table} ADD COLUMN IF NOT EXISTS vector tsvector
    GENERATED ALWAYS AS ({vector}) STORED
    """,
    "CREATE INDEX IF NOT EXISTS {table}_vector ON {table} USING gin (vector)",
)
_SQLITE_SETUP = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS {fts} USING fts5(
        {columns}, content='{table}', content_rowid='id', tokenize='ascii'
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS {fts}_insert AFTER INSERT ON {table} BEGIN
        INSERT INTO {fts} (rowid, {columns}) VALUES (new.id, {new});
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS {fts}_delete AFTER DELETE ON {table} BEGIN
        INSERT INTO {fts} ({fts}, rowid, {columns}) VALUES ('delete', old.id, {old});
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS {fts}_update AFTER UPDATE ON {table} BEGIN
        INSERT INTO {fts} ({fts}, rowid, {columns}) VALUES ('delete', old.id, {old});
        INSERT INTO {fts} (rowid, {columns}) VALUES (new.id, {new});
    END
    """,
)
# The columns of each table of documents that are searched, with their weights.
_SEARCHED = {"search": {"own": "A", "names": "B"}, "staff": {"words": "D"}}


def setup(vendor: str) -> list[str]:
    """The statements that give the tables of documents what a database searches with."""
    statements = []
    for name, weights in _SEARCHED.items():
        words = {
            "table": f"recommendations_{name}document",
            "fts": f"recommendations_{name}fts",
            "columns": ", ".join(weights),
            "old": ", ".join(f"old.{column}" for column in weights),
            "new": ", ".join(f"new.{column}" for column in weights),
            "vector": " || ".join(
                f"setweight(to_tsvector('simple', {column}), '{weight}')"
                for column, weight in weights.items()
            ),
        }
        templates = _POSTGRES_SETUP if vendor == "postgresql" else _SQLITE_SETUP
        statements += [template.format(**words) for template in templates]
    return statements


# Makes each index anew from its table of documents, whatever it holds.
SQLITE_REBUILD = [
    f"INSERT INTO recommendations_{name}fts (recommendations_{name}fts) VALUES ('rebuild')"  # noqa: S608 (our table)
    for name in _SEARCHED
]


class _Found(Func):
    """Whether a document is found: each child says by which words, on which engine."""

    output_field = BooleanField()
    fts_table = "recommendations_searchfts"

    def _table(self, compiler) -> str:
        return compiler.quote_name_unless_alias(self.source_expressions[0].alias)

    def as_postgresql(self, compiler, connection, **context):
        return f"{self._table(compiler)}.vector @@ %s::tsquery", (self.tsquery(),)

    def as_sqlite(self, compiler, connection, **context):
        table, fts = self._table(compiler), self.fts_table
        sql = f"{table}.id IN (SELECT rowid FROM {fts} WHERE {fts} MATCH %s)"  # noqa: S608 (our table)
        return sql, (self.fts(),)


class Matches(_Found):
    """Whether a search document has what a query asks for.

    Args:
        query: what is looked for.
        in_own: whether only the record's own words count, not the names of what it relates to.
    """

    def __init__(self, query: Query, *, in_own: bool = False):
        super().__init__(F("own"))
        self.query = query
        self.in_own = in_own

    def tsquery(self) -> str:
        return tsquery(self.query, weight=":A" if self.in_own else "")

    def fts(self) -> str:
        return f"{{own}} : ({fts(self.query)})" if self.in_own else fts(self.query)


class Begins(_Found):
    """Whether a staff document has all that was typed: words that begin so, or have the same stem.

    Args:
        kind: the word that all documents of a model have, so that no others are looked at.
        typed: for each thing typed its words, folded, and their stems; a code has several.
    """

    fts_table = "recommendations_stafffts"

    def __init__(self, kind: str, typed: list[tuple[list[str], list[str]]]):
        super().__init__(F("words"))
        self.kind, self.typed = kind, typed

    def tsquery(self) -> str:
        def phrase(words):
            return " <-> ".join(f"'{word}'" for word in words)

        terms = [f"({phrase(words)}:* | {phrase(stems)})" for words, stems in self.typed]
        return " & ".join([f"'{self.kind}'", *terms])

    def fts(self) -> str:
        terms = [f'("{" ".join(words)}" * OR "{" ".join(stems)}")' for words, stems in self.typed]
        return " AND ".join([f'"{self.kind}"', *terms])


def tsquery(query: Query, weight: str = "") -> str:
    """The query in the words of PostgreSQL's ``tsquery``; stems hold letters and digits only."""

    def term(each: Term) -> str:
        phrase = " <-> ".join(f"'{stem}'{weight}" for stem in each.stems)
        return f"!({phrase})" if each.is_excluded else f"({phrase})"

    return " & ".join(f"({' | '.join(map(term, clause))})" for clause in query.clauses)


def fts(query: Query) -> str:
    """The query in the words of FTS5, which can exclude only from something."""

    def term(each: Term) -> str:
        phrase = f'"{" ".join(each.stems)}"'
        return f"({EVERY} NOT {phrase})" if each.is_excluded else phrase

    return " AND ".join(f"({' OR '.join(map(term, clause))})" for clause in query.clauses)
