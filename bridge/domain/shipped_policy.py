"""The policy that ships with the product."""

from importlib.resources import files


def shipped_document() -> str:
    """Its text, as YAML."""
    return (files("bridge") / "data" / "policy.yaml").read_text("utf-8")
