"""What is sent: ordinary conversations, signed beforehand so that signing is not measured."""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from bridge.web.signing import sign_request

MESSAGES = (
    "Hello, I ordered a coffee grinder last week and wanted to ask when it will arrive.",
    "The tracking page says it left the warehouse on Tuesday. Which carrier do you use?",
    "Does the grinder come with a European plug, or do I need an adapter for it?",
    "I would also like to know if the burrs are made of steel or of ceramic.",
    "My address is the same as last time, but could it be left with the neighbour at number 12?",
    "What sizes does the blue rain jacket come in, and how does it fit over a sweater?",
    "Is the jacket waterproof up to the hood, or only down to the zip?",
    "I saw a discount code in your newsletter. Does it apply to shoes too?",
    "How long do I have to decide whether I keep something, and how would I pack it?",
    "Thanks. And do you have a shop in Lisbon where I could try it on at the weekend?",
    "Which of the two lamps is brighter, the round one or the one with the long arm?",
    "The manual mentions a filter. Where can I find a new one and how often is it changed?",
)
REPLIES = (
    "Your order left our warehouse on Tuesday. It usually takes two to four working days from there.",
    "We ship with the national post and, for heavy parcels, with a courier. Yours went by courier.",
    "The grinder comes with a European plug. For the United Kingdom you would need an adapter.",
    "The burrs are made of hardened steel. A ceramic set is sold separately and fits the same model.",
    "Yes, you can allow a neighbour to take it in: open the tracking page and choose where it is left.",
    "The blue rain jacket comes in sizes XS to XXL. Over a sweater most people take one size more.",
    "It is waterproof up to the hood, and the zip is sealed. Wash it at 30 degrees without softener.",
    "The code from the newsletter is good for everything that is not already reduced, shoes included.",
    "You have 30 days. Put it into the box that it came in and print the label from your account.",
    "We have no shop in Lisbon. Two partners there show the jackets, and the map on our site lists them.",
    "The one with the long arm is brighter: 1,100 lumen, the round one has 800.",
    "The filter is changed every three months. You find new ones under spare parts, by the model's number.",
)

_numbers = count(1)


@dataclass(frozen=True)
class Caller:
    """Who calls which server."""

    host: str
    site: str
    secret: str

    def request(self, method: str, target: str, body: object) -> bytes:
        """A whole HTTP request, signed now; it is good for five minutes."""
        raw, nonce, now = json.dumps(body).encode(), secrets.token_urlsafe(16), int(time.time())
        signature = sign_request(self.secret, method, target, now, nonce, raw)
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(raw)}\r\nX-Bridge-Site: {self.site}\r\nX-Bridge-Timestamp: {now}\r\n"
            f"X-Bridge-Nonce: {nonce}\r\nX-Bridge-Signature: {signature}\r\n\r\n"
        )
        return head.encode() + raw

    def start(self, session: str) -> bytes:
        body = {"session_id": session, "visitor": {"identity": "anonymous"}, "locale": "en_US"}
        return self.request("POST", "/v1/sessions", body)

    def turn(self, session: str, number: int, text: str = "") -> bytes:
        body = {"turn_id": f"turn-{number}", "text": text or MESSAGES[number % len(MESSAGES)]}
        return self.request("POST", f"/v1/sessions/{session}/turns", body)

    def reply(self, session: str, number: int) -> bytes:
        text = REPLIES[number % len(REPLIES)]
        body = {"text": text, "confidence": 0.9, "intent": "order_status", "intent_matched": True}
        return self.request("PUT", f"/v1/sessions/{session}/turns/turn-{number}/reply", body)

    def hello(self) -> bytes:
        return f"GET / HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()


def new_sessions(number: int) -> list[str]:
    return [f"bench-session-{next(_numbers):08}" for _ in range(number)]


def turns_of(caller: Caller, sessions: Sequence[str], first: int, last: int) -> Iterator[bytes]:
    """Turn `first` of every session, then the next of every session, ...: no session is spoken to twice at once."""
    for number in range(first, last + 1):
        yield from (caller.turn(session, number) for session in sessions)
