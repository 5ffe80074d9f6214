"""Mapping: compiled rules from event fields to target attributes (see ``cpp/docs/mapping.md``)."""

from cxrelay._core import Mapping

__all__ = ["Mapping"]
