"""Addresses: ``plain`` ones have no language, ``pages`` exist in English and in Arabic."""

from .api import api
from .pages import pages, plain

plain = [*plain, *api]

__all__ = ["pages", "plain"]
