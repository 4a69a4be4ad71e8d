"""A sidecar as it is mostly written: it calls the helpdesk inside the request, and stores afterwards.

It runs under gunicorn, as `crash.naive:app`, for the negative control.
"""

import os
import sqlite3

import requests
from flask import Flask, request

DATABASE, DESK = "NAIVE_DATABASE", "NAIVE_DESK"

app = Flask("naive")


@app.post("/turn")
def turn() -> tuple[dict[str, str], int]:
    """Escalate: first the ticket, then the row."""
    session = request.get_json()["session"]
    with sqlite3.connect(os.environ[DATABASE], timeout=10) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY)")
        if connection.execute("SELECT 1 FROM session WHERE id = ?", (session,)).fetchone():
            return {"state": "waiting"}, 200
        ticket = {"subject": "Chat", "comment": {"body": "A visitor asks for a person."}, "external_id": session}
        url = f"{os.environ[DESK]}/api/v2/tickets"
        answer = requests.post(url, json={"ticket": ticket}, headers={"Authorization": "Bearer t"}, timeout=1)
        if answer.status_code != 201:
            return {"error": "desk"}, 502
        connection.execute("INSERT INTO session VALUES (?)", (session,))
    return {"state": "waiting"}, 200
