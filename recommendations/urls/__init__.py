"""Addresses: ``plain`` ones have no language, ``pages`` exist in English and in Arabic."""

from .pages import pages, plain

__all__ = ["pages", "plain"]
