"""How each database is asked for stems: the same plain tokens, the same rows."""

from django.db.models import BooleanField, F, Func

from .query import Query, Term

# Longer than any stem: one stands in every document, one between two names of a document.
EVERY = "every" + "x" * 40
BREAK = "break" + "x" * 40

POSTGRES_SETUP = (
    """
    ALTER TABLE recommendations_searchdocument ADD COLUMN IF NOT EXISTS vector tsvector
    GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', own), 'A') || setweight(to_tsvector('simple', names), 'B')
    ) STORED
    """,
    """
    CREATE INDEX IF NOT EXISTS recommendations_searchdocument_vector
    ON recommendations_searchdocument USING gin (vector)
    """,
)
SQLITE_SETUP = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS recommendations_searchfts USING fts5(
        own, names, content='recommendations_searchdocument', content_rowid='id', tokenize='ascii'
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS recommendations_searchfts_insert
    AFTER INSERT ON recommendations_searchdocument BEGIN
        INSERT INTO recommendations_searchfts (rowid, own, names)
        VALUES (new.id, new.own, new.names);
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS recommendations_searchfts_delete
    AFTER DELETE ON recommendations_searchdocument BEGIN
        INSERT INTO recommendations_searchfts (recommendations_searchfts, rowid, own, names)
        VALUES ('delete', old.id, old.own, old.names);
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS recommendations_searchfts_update
    AFTER UPDATE ON recommendations_searchdocument BEGIN
        INSERT INTO recommendations_searchfts (recommendations_searchfts, rowid, own, names)
        VALUES ('delete', old.id, old.own, old.names);
        INSERT INTO recommendations_searchfts (rowid, own, names)
        VALUES (new.id, new.own, new.names);
    END
    """,
)
# Makes the index anew from the table of documents, whatever it holds.
SQLITE_REBUILD = (
    "INSERT INTO recommendations_searchfts (recommendations_searchfts) VALUES ('rebuild')"
)


class Matches(Func):
    """Whether a search document has what a query asks for.

    Args:
        query: what is looked for.
        in_own: whether only the record's own words count, not the names of what it relates to.
    """

    output_field = BooleanField()

    def __init__(self, query: Query, *, in_own: bool = False):
        super().__init__(F("own"))
        self.query = query
        self.in_own = in_own

    def _table(self, compiler) -> str:
        return compiler.quote_name_unless_alias(self.source_expressions[0].alias)

    def as_postgresql(self, compiler, connection, **context):
        sql = f"{self._table(compiler)}.vector @@ %s::tsquery"
        return sql, (tsquery(self.query, weight=":A" if self.in_own else ""),)

    def as_sqlite(self, compiler, connection, **context):
        sql = (
            "id IN (SELECT rowid FROM recommendations_searchfts"
            " WHERE recommendations_searchfts MATCH %s)"
        )
        match = fts(self.query)
        return f"{self._table(compiler)}.{sql}", (f"{{own}} : ({match})" if self.in_own else match,)


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
