"""Mapping: compiled rules from event fields to target attributes (see ``cpp/docs/mapping.md``)."""

from cxrelay._core import Mapping, RuleTrace

__all__ = ["Mapping", "RuleTrace"]
