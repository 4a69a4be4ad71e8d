"""Escalation Bridge: decides when a chat's AI stops, who takes over and what is promised, and keeps the promise."""

from importlib.metadata import version

__version__ = version("escalation-bridge")
