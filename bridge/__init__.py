"""Escalation Bridge: decides when a chat's AI stops, who takes over and what is promised, and keeps the promise."""

from importlib.metadata import version

from bridge.zone_data import take_the_newest

__version__ = version("escalation-bridge")

take_the_newest()  # here, for every process comes by before it reads a zone
