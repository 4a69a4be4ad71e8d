"""The three conversations. What visitors and bots say is the script; everything else is read from real answers."""

import json
import secrets
import sys
from dataclasses import dataclass, field
from email.message import EmailMessage

from bridge.demo import screen
from bridge.demo.client import Client
from bridge.demo.stage import ZONE, DemoBroken, Stage
from bridge.domain.calendars import Calendar
from bridge.domain.instant_in_words import say_when
from bridge.domain.instants import from_rfc3339
from bridge.domain.policy_check import read_policy
from bridge.domain.values import Json
from bridge.service.explain import measured

AGENT = {"id": "7", "name": "Lena Brandt"}
TEAM = "support@"


@dataclass(slots=True)
class Play:
    """The stage and the two sides that call the sidecar: the chat and the team."""

    stage: Stage
    chat: Client
    team: Client

    def clock(self) -> None:
        """Show what the clock says."""
        at = self.stage.now()
        zoned = say_when(at, calendar_zone=ZONE, visitor_zone=None, locale="en", now=at, lasting=True)
        screen.clock(f"It is {zoned}, in {ZONE.rpartition('/')[2].replace('_', ' ')}")

    def explained(self, session: str) -> Json:
        """What `bridge explain` says of a session."""
        return json.loads(self.stage.command("explain", session, "--json"))

    def escalation(self, escalation_id: str) -> Json:
        """One escalation, as the team sees it."""
        return self.team("GET", f"/v1/escalations/{escalation_id}")


@dataclass(slots=True)
class Conversation:
    """One chat: every line is a signed call, and what the bridge says to it is printed."""

    play: Play
    name: str
    session: str = field(default_factory=lambda: f"ses_{secrets.token_urlsafe(18)}")
    turns: int = 0

    def begin(self, user_id: str, email: str) -> None:
        """The plugin starts the session, and the sidecar asks the CRM."""
        visitor = {"identity": "verified", "user_id": user_id, "email": email, "name": self.name}
        self.play.chat("POST", "/v1/sessions", {"session_id": self.session, "visitor": visitor, "locale": "en_US"})
        known = self.play.explained(self.session)
        screen.note(f"{self.name} is logged in ({known['identity']}); CRM: {known['crm']}, tier {known['tier']}.")

    def asks(self, text: str) -> Json:
        """The visitor writes."""
        self.turns += 1
        screen.says(self.name.split()[0], text)
        body = {"turn_id": f"t{self.turns}", "text": text}
        return self.play.chat("POST", f"/v1/sessions/{self.session}/turns", body)

    def bot(self, text: str, confidence: float, intent: str) -> Json:
        """The site's bot replies, and says how sure it is."""
        body = {"text": text, "confidence": confidence, "intent": intent, "intent_matched": True}
        answer = self.play.chat("PUT", f"/v1/sessions/{self.session}/turns/t{self.turns}/reply", body)
        screen.says("Bot", text, f"The bot says it is {confidence:.0%} sure.")
        return answer

    def show(self, answer: Json) -> None:
        """The verdict, in words."""
        if answer["action"] == "answer":
            screen.line("Bridge", "-> answer: the visitor may see the bot's reply", screen.YELLOW)
            return
        screen.line("Bridge", "-> say: the bot stays silent, the visitor reads this instead:", screen.YELLOW)
        screen.line("", f'"{answer["say"]}"')

    def why(self) -> None:
        """What fired at the last judgement and which rule decided, as `bridge explain` has it."""
        turn = self.play.explained(self.session)["turns"][-1]
        judged = (turn["bot"] or {}).get("judged") or turn["judged"]
        for index, (name, firing) in enumerate(judged["fired"].items()):
            screen.line("" if index else "Triggers", f"{name}: {measured(firing)}")
        screen.line("Rule", f"{judged['rule']} decided (policy version {judged['policy_version']})")

    def events(self, after: int = 0) -> list[Json]:
        """What the chat is told between turns."""
        found: list[Json] = self.play.chat("GET", f"/v1/sessions/{self.session}/events?after={after}")["events"]
        return found


def handed_over(answer: Json) -> Json:
    """The escalation in a verdict.

    Raises:
        DemoBroken: there is none.
    """
    if not answer["escalation"]:
        raise DemoBroken("the conversation should have been handed to a person here, and was not")
    return answer["escalation"]


def introduction() -> None:
    """What this is."""
    screen.title("Escalation Bridge")
    print()
    screen.text(
        "A web shop has a chat with an AI behind it. Escalation Bridge decides when the AI stops, who takes over, and "
        "what the customer is promised. Below, the real sidecar and the real scheduler run on this machine; only the "
        "visitors, the bot, the agent and the clock are played."
    )
    sys.stdout.flush()


def house_rules(play: Play) -> None:
    """The policy that decides."""
    policy = read_policy(play.stage.command("policy", "show"))
    name, queue = next(iter(policy.queues.items()))
    names = ", ".join(rule.name for rule in policy.rules)
    print()
    screen.line("Policy", f"the shipped one: {len(policy.triggers)} triggers, {len(policy.rules)} rules ({names})")
    staffed = _staffed(policy.hours[queue.hours])
    screen.line("Queue", f"{name}, reached by: {', then '.join(queue.ladder)}; staffed {staffed}")


def _staffed(calendar: Calendar) -> str:
    shown = ", ".join(f"{days} {' and '.join(windows)}" for days, windows in calendar.week.items())
    return f"{shown}, {calendar.timezone}"


def first(play: Play) -> None:
    """The bot knows the answer."""
    screen.title("1  The bot knows, so the bridge stays out of the way")
    play.clock()
    talk = Conversation(play, "Mia Lang")
    talk.begin("41", "mia.lang@example.com")
    talk.asks("Hi, where is my order 2207?")
    answer = talk.bot("Order 2207 left our warehouse on Wednesday and should arrive on Monday.", 0.94, "order_status")
    talk.show(answer)


def second(play: Play) -> None:
    """A valuable customer, an unsure bot, nobody in the office."""
    screen.title("2  A valuable customer, an unsure bot, and nobody in the office")
    play.clock()
    talk = Conversation(play, "Dana Reyes")
    talk.begin("42", "dana.reyes@example.com")
    talk.asks("You charged me twice for invoice 1042. Which of the two payments will I get back?")
    answer = talk.bot("One of them may be a pre-authorization. It should disappear by itself.", 0.41, "billing_refund")
    escalation = handed_over(answer)
    talk.why()
    talk.show(answer)
    show_ticket(play, escalation["id"])
    print()
    screen.text("She writes on, and a reply that the bot had begun before the lock comes in late. The lock holds:")
    talk.show(talk.asks("Please hurry, our accountant closes the month."))
    talk.show(talk.bot("Would you like to see our payment options?", 0.88, "billing_options"))
    monday(play, talk, escalation["id"])


def show_ticket(play: Play, escalation_id: str) -> None:
    """The packet's six items, and where the ticket is."""
    found = play.escalation(escalation_id)
    packet, promise = found["packet"], found["commitment"]
    customer = packet["customer"]
    print()
    screen.text("What the team gets, in one transaction with the lock: six items, and nothing else.")
    who = f"{customer['name']} <{customer['email']}>, {customer['identity']}, tier {customer['tier']}"
    screen.line("1 Customer", who)
    screen.line("2 Summary", packet["summary"])
    for index, said in enumerate(packet["transcript"]):
        shown = "" if said["shown"] else " (not shown to the visitor)"
        screen.line("" if index else "3 Transcript", f'{said["who"]}{shown}: "{said["text"]}"')
    screen.line("4 Reason", packet["reason"])
    screen.line("5 Account", _account(packet["account"]))
    screen.line("6 Last try", packet["last_attempt"] or "none")
    ticket = found["ticket"]
    screen.line("Ticket", f"{found['id']}: {ticket['state']} on the {ticket['desk']} desk")
    screen.line("Routing", f"queue {found['queue']}, priority {found['priority']}, by {found['channel']}")
    screen.line("Promise", f"due {promise['due_at']} ({promise['timezone']}), {promise['state']}")
    mail = play.stage.wait_for_mail(TEAM, "team.new")
    screen.line("Team mail", f"to {mail['To']}: {mail['Subject']}")


def _account(account: Json) -> str:
    orders = [f"order {o['id']}: {o['total']:,.2f} {o['currency']}, {o['status']}" for o in account["orders"]]
    tickets = [f"open ticket {t['id']}: {t['subject']}" for t in account["open_tickets"]]
    billing = [f"billing: {account['billing_status']}"] if account["billing_status"] else []
    return "; ".join([*orders, *tickets, *billing]) or "nothing known"


def monday(play: Play, talk: Conversation, escalation_id: str) -> None:
    """The clock is turned to the opening; the scheduler and then a person keep the promise."""
    play.stage.wait_for("the mails to be out", play.stage.quiet)
    seen = len(talk.events())
    play.stage.turn_clock("2026-11-02T09:00:00-05:00")
    play.clock()
    mail = play.stage.wait_for_mail("dana.reyes@example.com", "customer.follow_up")
    screen.line("Scheduler", "The team is in. It reminds the team, and writes to the customer:", screen.MAGENTA)
    show_mail(mail)
    play.team("POST", f"/v1/escalations/{escalation_id}/claim", {"agent": AGENT})
    answer = {"agent": AGENT, "reply_id": "r1", "text": "Hello Dana, you paid twice. I have sent the second one back."}
    done = play.team("POST", f"/v1/escalations/{escalation_id}/reply", answer)
    print()
    screen.text(f"{AGENT['name']} claims it and answers. Dana's chat shows:")
    show_events(talk.events(seen))
    promise = done["commitment"]
    screen.line("Promise", f'{promise["state"]}: "{promise["text"]}"')
    play.team("POST", f"/v1/escalations/{escalation_id}/resolve", {"agent": AGENT})


def show_mail(mail: EmailMessage) -> None:
    """A mail as the customer reads it."""
    body = mail.get_body(("plain",))
    content = body.get_content().strip() if body else ""
    screen.line("", f"From: {mail['From']}\nTo: {mail['To']}\nSubject: {mail['Subject']}\n\n{content}")


def show_events(events: list[Json]) -> None:
    """What the chat is told between turns, as the visitor sees it."""
    for event in events:
        who = str(event.get("author", "")).split(" ")[0] or "Bridge"
        screen.says(who, event["text"])


def third(play: Play) -> None:
    """Round in circles, with a person at hand."""
    screen.title("3  Round in circles, by day, with a person at hand")
    play.stage.wait_for("the mails to be out", play.stage.quiet)
    play.stage.turn_clock("2026-11-02T10:30:00-05:00")
    play.clock()
    presence = {"available": True, "name": AGENT["name"], "capacity": 3, "ttl_s": 120}
    there = play.team("PUT", f"/v1/agents/{AGENT['id']}/presence", presence)
    until = from_rfc3339(there["expires_at"])
    shown = say_when(until, calendar_zone=ZONE, visitor_zone=None, locale="en", now=play.stage.now(), lasting=True)
    screen.note(f"{AGENT['name']} is at her desk (presence until {shown}, renewed by the plugin).")
    talk = Conversation(play, "Sam Okafor")
    talk.begin("43", "sam.okafor@example.com")
    talk.asks("The discount code SPRING does not work at the checkout.")
    same = "Please enter the discount code at the checkout and press Apply."
    talk.show(talk.bot(same, 0.71, "discount_code"))
    answer = talk.asks("I did that. The discount code SPRING does not work at the checkout! This is useless.")
    escalation = handed_over(answer)
    screen.note("The message alone decides: the bot is not asked at all.")
    talk.why()
    talk.show(answer)
    seen = len(talk.events())
    play.team("POST", f"/v1/escalations/{escalation['id']}/claim", {"agent": AGENT})
    text = "Hi Sam, SPRING ended yesterday, sorry. I have put the same discount on your cart."
    reply = {"agent": AGENT, "reply_id": "r1", "text": text}
    done = play.team("POST", f"/v1/escalations/{escalation['id']}/reply", reply)
    play.team("POST", f"/v1/escalations/{escalation['id']}/resolve", {"agent": AGENT})
    print()
    screen.text(f"{AGENT['name']} claims it, answers and resolves it. Sam's chat shows:")
    show_events(talk.events(seen))
    screen.line("Promise", f"{done['commitment']['state']}, by {done['channel']} chat")
