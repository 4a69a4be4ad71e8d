"""The database: SQLAlchemy Core on SQLite and PostgreSQL. No code outside sees an engine or a statement."""
