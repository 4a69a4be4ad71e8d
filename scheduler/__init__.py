"""The scheduler: its own process, APScheduler as the clock. What is due stands in the database, never in here."""
