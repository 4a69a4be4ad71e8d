"""A model's server for tests, in OpenAI's way: it knows nothing but the passages that it is given.

It answers with their sentence that has most of the question's words, names the passage, and is sure; where no sentence
has one, it says so, and is not.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

LEAST = 4
"""Letters of a word that counts."""
UNKNOWN = {
    "sources": [],
    "answered": False,
    "reply": "I do not know that.",
    "confidence": 0.1,
    "intent": "unknown",
    "summary": "The visitor asks about something that the pages do not mention.",
}


def words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[a-z]+", text.lower()) if len(word) >= LEAST}


def read_and_answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The structured answer to one question with its passages."""
    wanted = words(asked["visitor"])
    found = [
        (len(words(sentence + one["title"]) & wanted), one["n"], sentence.strip())
        for one in asked["passages"]
        for sentence in re.split(r"(?<=[.!?])\s+|\n", one["text"])
        if sentence.strip() and not sentence.startswith("#")
    ]
    most, number, sentence = max(found, default=(0, 0, ""), key=lambda one: one[0])
    if not most:
        return UNKNOWN
    return {
        "sources": [number],
        "answered": True,
        "reply": sentence,
        "confidence": 0.95,
        "intent": "question",
        "summary": "The visitor asks about what a page says.",
    }


class ReadingModel(BaseHTTPRequestHandler):
    """`POST /chat/completions`."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = read_and_answer(json.loads(body["messages"][-1]["content"]))
        said = {"role": "assistant", "content": json.dumps(answer)}
        raw = json.dumps({"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def reading_model() -> Iterator[str]:
    """HOST:PORT of a running one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ReadingModel)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
