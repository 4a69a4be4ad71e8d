"""The commands, by group; `bridge.cli` puts them under one name."""
