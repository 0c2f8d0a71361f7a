"""The staff pages: every record of the collection, edited in safety by several people."""

from . import events, followup, importing, parties, recommendation, site, sources

__all__ = ["events", "followup", "importing", "parties", "recommendation", "site", "sources"]
