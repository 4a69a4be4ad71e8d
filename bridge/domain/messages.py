"""What the customer reads: the default messages by language, and the owner's own in front of them.

A message is a text with placeholders in braces. Where a message is a promise, its placeholder must stand in it, so that
no wording of an owner can lose the instant.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

Messages = Mapping[str, Mapping[str, str]]
"""Texts by language and key, as in the policy's `messages:`."""

OWN = ("due",)
"""What a message of an owner's own must hold: it stands at the decision, so it is a promise."""

LONGEST_VALUES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "due": 200,
        "when": 200,
        "promise": 600,
        "text": 10_000,
        "agent": 200,
        "phone": 80,
        "reference": 8,
        "site": 253,
    }
)
"""Characters of what stands in place of a placeholder, at most."""
_PROMISE_ROOM: Final = 600
"""Characters of a promise that a notice in the team's channel holds: there the instant must not be cut off."""
_CHAT_ROOM: Final = 2_000
_MAIL_ROOM: Final = 12_000
_SUBJECT_ROOM: Final = 400
"""Characters of a mail's subject that are sent."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]*)\}")
_BRACES = re.compile(r"\{([^{}]*)\}")
"""What is meant as a placeholder, also in another notation, such as `{0}`."""


@dataclass(frozen=True, slots=True)
class Key:
    """One message: what it is for, the placeholders of which one must stand in it, and those that may."""

    purpose: str
    one_of: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Every placeholder that the message can carry."""
        return (*self.one_of, *self.may)


KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "escalated_live": Key("a person is free and joins the chat", ("due",)),
        "after_hours": Key("nobody can join now: who will answer, and when", ("due",)),
        "in_danger": Key("somebody may be in danger: where to get help at once, and who will answer when", ("due",)),
        "waiting": Key("the visitor writes on after the hand-off", ("promise", "due")),
        "claimed": Key("a person has taken the request", (), ("agent",)),
        "needs_contact": Key("asks once for an e-mail address"),
        "fell_through": Key("nobody picked up the chat in time: the new promise", ("due",)),
        "broken": Key("a promise was not kept: the new one", ("due",)),
        "no_answer": Key("our own responder has no answer"),
        "no_more_answers": Key("our own responder has been asked as often as it may be"),
        "released": Key("the team gave the chat back to the assistant"),
        "resolved": Key("the team is done"),
        "closed": Key("the visitor writes on in a closed conversation"),
        "call_offer": Key("after the promise of the hand-over, where a time for a call can be chosen"),
        "call_booked": Key("a call is booked or moved: when it will be", ("due",)),
        "call_cancelled": Key("the customer cancelled the call: the new promise", ("due",)),
        "call_missed": Key("a booked call did not take place: the new promise", ("due",)),
        "call_made": Key("a person has called the customer", (), ("agent",)),
        "call_over": Key("behind the link of a mail, when there is no call to change any more"),
        "call_title": Key("the title of a booked call in calendars", (), ("site",)),
        "mail_subject": Key("the subject of every mail to a customer", (), ("reference",)),
        "mail_follow_up": Key("the mail when the team opens", ("promise", "due"), ("reference",)),
        "mail_broken": Key("the mail when a promise was not kept", ("promise", "due"), ("reference",)),
        "mail_reply": Key("a person's answer, by mail", ("text",), ("agent", "reference")),
        "mail_callback_booked": Key("the mail when a call is booked", ("when",), ("phone", "reference")),
        "mail_callback_moved": Key("the mail when a booked call has a new time", ("when",), ("phone", "reference")),
        "mail_callback_reminder": Key("the mail shortly before a booked call", ("when",), ("phone", "reference")),
        "mail_callback_cancelled": Key(
            "the mail when a booked call is cancelled: the new promise", ("promise", "due"), ("when", "reference")
        ),
        "mail_callback_missed": Key(
            "the mail when a booked call did not take place: the new promise",
            ("promise", "due"),
            ("when", "reference"),
        ),
        "mail_callback_withdrawn": Key(
            "the mail when the team is done with a request before its booked call", ("when",), ("reference",)
        ),
        "mail_footer": Key("at the end of every mail to a customer: who sends it, and why", (), ("site", "reference")),
        "link_chat": Key("on the button of a mail that leads to the site and its chat"),
        "link_book": Key("on the button of a mail that leads to the times for a call"),
        "link_call": Key("on the button of a mail that leads to a booked call, to move or cancel it"),
    }
)


FOR_RULES: Final = frozenset({"in_danger"})
"""The standard messages that a rule may name; all others have their own occasions."""


def text(messages: Messages, language: str, key: str, **values: str) -> str:
    """The message in the language, see `wording`, with its values.

    Raises:
        ValueError: no such key, or no wording can do with the values.
    """
    said = fill(wording(messages, language, key, values), values)
    return " ".join(said.split()) if key == "mail_subject" else said


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with a value for each of its placeholders."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def wording(messages: Messages, language: str, key: str, values: Collection[str]) -> str:
    """The template of a message in the language: the owner's, else the shipped one, else both again in English.

    A message of the owner's own has no shipped wording. A wording that asks for a value which is not given here is
    passed over, because the visitor has to hear something.

    Raises:
        ValueError: no such key, or no wording can do with the values.
    """
    for template in _wordings(messages, language, key):
        if all(name in values for name in _PLACEHOLDER.findall(template)):
            return template
    if key not in KEYS:
        raise ValueError(f"no such message; {_hint(key)}")
    raise ValueError(f"the message {key} needs a value for {_braced(KEYS[key].one_of)}")


def language_for(messages: Messages, locale: str | None) -> str:
    """The language to speak with a visitor of a locale: theirs where any message exists in it, else English."""
    for tag in _tags(locale or ""):
        if tag in DEFAULTS or any(_tag(known) == tag for known in messages):
            return tag
    return "en"


def locale_for(messages: Messages, locale: str | None) -> str:
    """The visitor's locale where we speak its language, else `en`: for dates inside our messages."""
    return locale if locale and language_for(messages, locale) in _tags(locale) else "en"


def locale_of_own(messages: Messages, locale: str | None, key: str) -> str | None:
    """The locale to say a message that a rule names in: the visitor's where it exists in their language, else `en`.

    None where it exists in neither: then the standard message is said.
    """
    owned = {_tag(language) for language, texts in (*messages.items(), *DEFAULTS.items()) if key in texts}
    if locale and owned.intersection(_tags(locale)):
        return locale
    return "en" if "en" in owned else None


def faults(messages: Messages, own: Collection[str] = ()) -> Iterator[tuple[str, str, str]]:
    """What is wrong with an owner's messages: path (`en/after_hours`), the fault, and a hint.

    Args:
        messages: the owner's.
        own: the messages of their own that rules name.
    """
    for language, texts in messages.items():
        for key, template in texts.items():
            try:
                check(key, template, own)
            except ValueError as fault:
                what, _, hint = str(fault).partition("; ")
                yield f"{language}/{key}", what, hint or "docs/policy.md lists every message with its placeholders"


def check(key: str, template: str, own: Collection[str] = ()) -> None:
    """Check one message of an owner.

    Raises:
        ValueError: no such key, nothing in it, a placeholder that is not known, a promise without its placeholder, or
            more than fits where it is read. The text is the fault, a semicolon and a hint.
    """
    if key not in KEYS and key not in own:
        raise ValueError(f"no such message; {_hint(key)}")
    if not template.strip():
        raise ValueError("it is empty; leave it out for the shipped one")
    named = set(_BRACES.findall(template))
    known = KEYS[key] if key in KEYS else Key("an owner's own, said at the decision", OWN)
    if named - set(known.known):
        raise ValueError(f"a placeholder is not known here; known are: {_braced(known.known) or 'none'}")
    if known.one_of and not named & set(known.one_of):
        raise ValueError(
            f"the placeholder {_braced(known.one_of, ' or ')} is missing; "
            "without it the customer is not told what to know"
        )
    length, room = _longest(template), _room(key, known)
    if length > room:
        raise ValueError(
            f"with its placeholders filled in it may come to {length} characters, and {room} fit; "
            "say it in fewer words, and each placeholder once"
        )


def _longest(template: str) -> int:
    """Characters of the message where each of its placeholders says as much as it can."""
    own = _PLACEHOLDER.sub("", template)
    return len(own) + sum(LONGEST_VALUES[name] for name in _PLACEHOLDER.findall(template))


def _room(key: str, known: Key) -> int:
    """Characters that are shown of a message in the narrowest of the places that it goes to."""
    if known.one_of == OWN:
        return _PROMISE_ROOM
    if key == "mail_subject":
        return _SUBJECT_ROOM
    return _MAIL_ROOM if key.startswith("mail_") else _CHAT_ROOM


def _hint(key: str) -> str:
    near = get_close_matches(key[:40], KEYS, n=1)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(KEYS)}"


def _braced(names: tuple[str, ...], joined: str = ", ") -> str:
    return joined.join(f"{{{name}}}" for name in names)


def is_language(key: str) -> bool:
    """Whether the locale of a visitor can be written so, as `de`, `pt-BR` or `en_US.UTF-8`."""
    return re.fullmatch(r"[a-z]{2,3}(_[a-z0-9]{2,8}){0,3}", _tag(key)) is not None


def _tag(language: str) -> str:
    return language.strip().split(".")[0].replace("-", "_").casefold()


def _tags(locale: str) -> list[str]:
    """`pt_BR` -> `pt_br`, `pt`: from the closest to the widest."""
    parts = [part for part in _tag(locale).split("_") if part][:4]
    return ["_".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _wordings(messages: Messages, language: str, key: str) -> Iterator[str]:
    owned = {_tag(known): texts for known, texts in messages.items()}
    for spoken in (_tags(language), ["en"]):
        yield from (owned[tag][key] for tag in spoken if key in owned.get(tag, {}))
        yield from (DEFAULTS[tag][key] for tag in spoken if key in DEFAULTS.get(tag, {}))


DEFAULTS: Messages = MappingProxyType(
    {
        "en": {
            "claimed": "{agent} is looking at your request.",
            "escalated_live": "A person is joining this chat. You will get an answer before {due}.",
            "after_hours": "A support agent will contact you before {due}.",
            "in_danger": "If anyone is in danger, please call your local emergency number now. "
            "A person from our team will answer you before {due}.",
            "waiting": "Your message was added to your request. {promise}",
            "needs_contact": "Please leave your e-mail address, so that our answer reaches you when this chat is "
            "closed.",
            "fell_through": "Nobody is free to join this chat at the moment. "
            "A support agent will contact you before {due}.",
            "broken": "We did not answer in the time we promised, and we are sorry. "
            "A support agent will contact you before {due}.",
            "no_answer": "I could not find an answer to that. Please put it differently, or ask for a person.",
            "no_more_answers": "The assistant cannot give any more answers here. Write “person”, and our team will "
            "take over.",
            "released": "Our team has handed this chat back to the assistant.",
            "resolved": "Our team has marked your request as resolved.",
            "closed": "This conversation is closed. Please start a new one if you need us again.",
            "call_offer": "You can also choose a time for a call.",
            "call_booked": "We will call you at {due}, on the number you gave.",
            "call_cancelled": "Your call is cancelled. A support agent will contact you before {due}.",
            "call_missed": "We did not call you at the time we agreed on, and we are sorry. A support agent will "
            "contact you before {due}.",
            "call_made": "{agent} has called you.",
            "call_over": "There is no call to change any more: your request has been dealt with.",
            "call_title": "Call from {site}",
            "mail_subject": "Your request {reference}",
            "mail_follow_up": "Hello,\n\nOur team is in, and your request is with us. What we told you:\n\n"
            "{promise}\n\nIf you want to add something, just reply to this e-mail.\n",
            "mail_broken": "Hello,\n\n{promise}\n\nIf you want to add something, just reply to this e-mail.\n",
            "mail_reply": "Hello,\n\n{agent} has answered your request:\n\n{text}\n\nIf you have another question, "
            "just reply to this e-mail.\n",
            "mail_callback_booked": "Hello,\n\nYour call is booked. We will call you at {phone}, at this time:\n\n"
            "{when}\n\nIf the time does not suit you any more, you can move or cancel the call.\n",
            "mail_callback_moved": "Hello,\n\nYour call has a new time. We will call you at {phone}, at this time:\n\n"
            "{when}\n\nIf the time does not suit you any more, you can move or cancel the call.\n",
            "mail_callback_reminder": "Hello,\n\nThis is a reminder of your call. We will call you at {phone}, at "
            "this time:\n\n{when}\n\nIf the time does not suit you any more, you can move or cancel the call.\n",
            "mail_callback_cancelled": "Hello,\n\nYour call is cancelled. This was its time: {when}.\n\nYour request "
            "stays with us:\n\n{promise}\n",
            "mail_callback_missed": "Hello,\n\nThe call that was booked for you did not take place, and we are sorry. "
            "This was its time: {when}.\n\nWhat we promise you now:\n\n{promise}\n",
            "mail_callback_withdrawn": "Hello,\n\nYour call is cancelled, because our team has finished its work on "
            "your request. This was its time: {when}.\n\nIf you need us again, just reply to this e-mail.\n",
            "mail_footer": "{site} sends this e-mail because help was asked for in its chat with this address. If "
            "that was not you, you need not do anything.\nYour reference: {reference}",
            "link_chat": "Open the chat",
            "link_book": "Choose a time for a call",
            "link_call": "Move or cancel the call",
        },
        "de": {
            "claimed": "{agent} kümmert sich um Ihr Anliegen.",
            "escalated_live": "Jemand aus unserem Team kommt in diesen Chat. Sie erhalten eine Antwort bis {due}.",
            "after_hours": "Jemand aus unserem Support meldet sich bei Ihnen bis {due}.",
            "in_danger": "Wenn jemand in Gefahr ist, rufen Sie bitte jetzt den Notruf. "
            "Jemand aus unserem Team antwortet Ihnen bis {due}.",
            "waiting": "Ihre Nachricht wurde zu Ihrer Anfrage hinzugefügt. {promise}",
            "needs_contact": "Bitte nennen Sie uns Ihre E-Mail-Adresse, damit unsere Antwort Sie auch dann erreicht, "
            "wenn dieser Chat geschlossen ist.",
            "fell_through": "Im Moment ist niemand für diesen Chat frei. "
            "Jemand aus unserem Support meldet sich bei Ihnen bis {due}.",
            "broken": "Wir haben nicht in der versprochenen Zeit geantwortet. Das tut uns leid. "
            "Jemand aus unserem Support meldet sich bei Ihnen bis {due}.",
            "no_answer": "Darauf habe ich leider keine Antwort gefunden. Bitte formulieren Sie Ihre Frage anders, "
            "oder fragen Sie nach einem Mitarbeiter.",
            "no_more_answers": "Der Assistent kann hier keine weiteren Antworten geben. Schreiben Sie „Mitarbeiter“, "
            "und unser Team übernimmt.",
            "released": "Unser Team hat diesen Chat wieder an den Assistenten übergeben.",
            "resolved": "Unser Team hat Ihre Anfrage als gelöst markiert.",
            "closed": "Dieses Gespräch ist beendet. Bitte beginnen Sie ein neues, wenn Sie uns wieder brauchen.",
            "call_offer": "Sie können auch einen Termin für einen Rückruf wählen.",
            "call_booked": "Wir rufen Sie unter der angegebenen Nummer an, und zwar zu dieser Zeit: {due}.",
            "call_cancelled": "Ihr Rückruf ist abgesagt. Jemand aus unserem Support meldet sich bei Ihnen bis {due}.",
            "call_missed": "Wir haben Sie nicht zur vereinbarten Zeit angerufen. Das tut uns leid. Jemand aus unserem "
            "Support meldet sich bei Ihnen bis {due}.",
            "call_made": "{agent} hat Sie angerufen.",
            "call_over": "Hier gibt es keinen Rückruf mehr zu ändern: Ihre Anfrage ist bearbeitet.",
            "call_title": "Rückruf von {site}",
            "mail_subject": "Ihre Anfrage {reference}",
            "mail_follow_up": "Guten Tag,\n\nunser Team ist da, und Ihre Anfrage liegt uns vor. Unsere Zusage an "
            "Sie:\n\n{promise}\n\nWenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.\n",
            "mail_broken": "Guten Tag,\n\n{promise}\n\nWenn Sie etwas ergänzen möchten, antworten Sie einfach auf "
            "diese E-Mail.\n",
            "mail_reply": "Guten Tag,\n\n{agent} hat Ihre Anfrage beantwortet:\n\n{text}\n\nWenn Sie noch eine Frage "
            "haben, antworten Sie einfach auf diese E-Mail.\n",
            "mail_callback_booked": "Guten Tag,\n\nIhr Rückruf ist gebucht. Wir rufen Sie unter {phone} an, und zwar "
            "zu dieser Zeit:\n\n{when}\n\nWenn Ihnen die Zeit nicht mehr passt, können Sie den Rückruf verschieben "
            "oder absagen.\n",
            "mail_callback_moved": "Guten Tag,\n\nIhr Rückruf hat einen neuen Termin. Wir rufen Sie unter {phone} an, "
            "und zwar zu dieser Zeit:\n\n{when}\n\nWenn Ihnen die Zeit nicht mehr passt, können Sie den Rückruf "
            "verschieben oder absagen.\n",
            "mail_callback_reminder": "Guten Tag,\n\nwir erinnern Sie an Ihren Rückruf. Wir rufen Sie unter {phone} "
            "an, und zwar zu dieser Zeit:\n\n{when}\n\nWenn Ihnen die Zeit nicht mehr passt, können Sie den Rückruf "
            "verschieben oder absagen.\n",
            "mail_callback_cancelled": "Guten Tag,\n\nIhr Rückruf ist abgesagt. Er war für diese Zeit geplant: "
            "{when}.\n\nIhre Anfrage liegt uns weiterhin vor:\n\n{promise}\n",
            "mail_callback_missed": "Guten Tag,\n\nder gebuchte Rückruf hat nicht stattgefunden. Das tut uns leid. Er "
            "war für diese Zeit geplant: {when}.\n\nWas wir Ihnen jetzt zusagen:\n\n{promise}\n",
            "mail_callback_withdrawn": "Guten Tag,\n\nIhr Rückruf ist abgesagt, weil unser Team Ihre Anfrage "
            "abgeschlossen hat. Er war für diese Zeit geplant: {when}.\n\nWenn Sie uns wieder brauchen, antworten Sie "
            "einfach auf diese E-Mail.\n",
            "mail_footer": "{site} sendet diese E-Mail, weil im Chat der Website mit dieser Adresse um Hilfe gebeten "
            "wurde. Wenn Sie das nicht waren, brauchen Sie nichts zu tun.\nIhr Zeichen: {reference}",
            "link_chat": "Chat öffnen",
            "link_book": "Zeit für einen Rückruf wählen",
            "link_call": "Rückruf verschieben oder absagen",
        },
        "es": {
            "claimed": "{agent} está revisando su solicitud.",
            "escalated_live": "Una persona de nuestro equipo se une a este chat. "
            "Recibirá una respuesta antes del {due}.",
            "after_hours": "Un agente de soporte se pondrá en contacto con usted antes del {due}.",
            "in_danger": "Si alguien está en peligro, llame ahora al número de emergencias. "
            "Una persona de nuestro equipo le responderá antes del {due}.",
            "waiting": "Hemos añadido su mensaje a su solicitud. {promise}",
            "needs_contact": "Indíquenos su correo electrónico para que nuestra respuesta le llegue "
            "aunque este chat esté cerrado.",
            "fell_through": "En este momento no hay nadie libre para unirse al chat. "
            "Un agente de soporte se pondrá en contacto con usted antes del {due}.",
            "broken": "No hemos respondido en el plazo prometido y lo sentimos. "
            "Un agente de soporte se pondrá en contacto con usted antes del {due}.",
            "no_answer": "No he encontrado una respuesta a eso. Formule su pregunta de otra manera o pida hablar con "
            "una persona.",
            "no_more_answers": "El asistente no puede dar más respuestas aquí. Escriba «agente» y nuestro equipo se "
            "hará cargo.",
            "released": "Nuestro equipo ha devuelto este chat al asistente.",
            "resolved": "Nuestro equipo ha marcado su solicitud como resuelta.",
            "closed": "Esta conversación está cerrada. Si nos necesita de nuevo, inicie otra.",
            "call_offer": "También puede elegir una hora para que le llamemos.",
            "call_booked": "Le llamaremos al número que nos ha dado el {due}.",
            "call_cancelled": "Su llamada está cancelada. Un agente de soporte se pondrá en contacto con usted antes "
            "del {due}.",
            "call_missed": "No le hemos llamado a la hora acordada y lo sentimos. Un agente de soporte se pondrá en "
            "contacto con usted antes del {due}.",
            "call_made": "{agent} le ha llamado.",
            "call_over": "Ya no hay ninguna llamada que cambiar: su solicitud está atendida.",
            "call_title": "Llamada de {site}",
            "mail_subject": "Su solicitud {reference}",
            "mail_follow_up": "Hola:\n\nNuestro equipo ya está disponible y tiene su solicitud. Esto es lo que le "
            "dijimos:\n\n{promise}\n\nSi desea añadir algo, responda a este correo.\n",
            "mail_broken": "Hola:\n\n{promise}\n\nSi desea añadir algo, responda a este correo.\n",
            "mail_reply": "Hola:\n\n{agent} ha respondido a su solicitud:\n\n{text}\n\nSi tiene otra pregunta, "
            "responda a este correo.\n",
            "mail_callback_booked": "Hola:\n\nSu llamada está reservada. Le llamaremos al {phone} en este momento:\n\n"
            "{when}\n\nSi la hora ya no le conviene, puede cambiar o cancelar la llamada.\n",
            "mail_callback_moved": "Hola:\n\nSu llamada tiene una nueva hora. Le llamaremos al {phone} en este "
            "momento:\n\n{when}\n\nSi la hora ya no le conviene, puede cambiar o cancelar la llamada.\n",
            "mail_callback_reminder": "Hola:\n\nLe recordamos su llamada. Le llamaremos al {phone} en este "
            "momento:\n\n{when}\n\nSi la hora ya no le conviene, puede cambiar o cancelar la llamada.\n",
            "mail_callback_cancelled": "Hola:\n\nSu llamada está cancelada. Estaba prevista para este momento: "
            "{when}.\n\nSu solicitud sigue con nosotros:\n\n{promise}\n",
            "mail_callback_missed": "Hola:\n\nLa llamada reservada no se ha realizado y lo sentimos. Estaba prevista "
            "para este momento: {when}.\n\nEsto es lo que le prometemos ahora:\n\n{promise}\n",
            "mail_callback_withdrawn": "Hola:\n\nSu llamada está cancelada, porque nuestro equipo ha terminado de "
            "atender su solicitud. Esta era su hora: {when}.\n\nSi nos necesita de nuevo, responda a este correo.\n",
            "mail_footer": "{site} envía este correo porque alguien pidió ayuda en su chat con esta dirección. Si no "
            "fue usted, no tiene que hacer nada.\nSu referencia: {reference}",
            "link_chat": "Abrir el chat",
            "link_book": "Elegir una hora para la llamada",
            "link_call": "Cambiar o cancelar la llamada",
        },
        "fr": {
            "claimed": "{agent} s’occupe de votre demande.",
            "escalated_live": "Une personne de notre équipe rejoint ce chat. Vous aurez une réponse avant le {due}.",
            "after_hours": "Un conseiller vous contactera avant le {due}.",
            "in_danger": "Si quelqu’un est en danger, appelez tout de suite les secours. "
            "Une personne de notre équipe vous répondra avant le {due}.",
            "waiting": "Votre message a été ajouté à votre demande. {promise}",
            "needs_contact": "Laissez-nous votre adresse e-mail, afin que notre réponse vous parvienne "
            "même si ce chat est fermé.",
            "fell_through": "Personne n’est libre pour rejoindre ce chat en ce moment. "
            "Un conseiller vous contactera avant le {due}.",
            "broken": "Nous n’avons pas répondu dans le délai promis et nous en sommes désolés. "
            "Un conseiller vous contactera avant le {due}.",
            "no_answer": "Je n’ai pas trouvé de réponse à cette question. Veuillez la formuler autrement ou demander "
            "à parler à une personne.",
            "no_more_answers": "L’assistant ne peut plus donner de réponses ici. Écrivez « conseiller » et notre "
            "équipe prendra le relais.",
            "released": "Notre équipe a rendu ce chat à l’assistant.",
            "resolved": "Notre équipe a marqué votre demande comme résolue.",
            "closed": "Cette conversation est close. Si vous avez de nouveau besoin de nous, commencez-en une autre.",
            "call_offer": "Vous pouvez aussi choisir un horaire pour que nous vous appelions.",
            "call_booked": "Nous vous appellerons le {due}, au numéro que vous avez indiqué.",
            "call_cancelled": "Votre appel est annulé. Un conseiller vous contactera avant le {due}.",
            "call_missed": "Nous n’avons pas appelé à l’heure convenue et nous en sommes désolés. Un conseiller "
            "vous contactera avant le {due}.",
            "call_made": "Vous avez reçu un appel de {agent}.",
            "call_over": "Il n’y a plus d’appel à modifier : votre demande a été traitée.",
            "call_title": "Appel de {site}",
            "mail_subject": "Votre demande {reference}",
            "mail_follow_up": "Bonjour,\n\nNotre équipe est là et votre demande nous est parvenue. Voici ce que nous "
            "vous avons annoncé :\n\n{promise}\n\nPour ajouter quelque chose, répondez simplement à cet e-mail.\n",
            "mail_broken": "Bonjour,\n\n{promise}\n\nPour ajouter quelque chose, répondez simplement à cet e-mail.\n",
            "mail_reply": "Bonjour,\n\n{agent} a répondu à votre demande :\n\n{text}\n\nPour une autre question, "
            "répondez simplement à cet e-mail.\n",
            "mail_callback_booked": "Bonjour,\n\nVotre appel est réservé. Nous vous appellerons au {phone}, à ce "
            "moment :\n\n{when}\n\nSi cet horaire ne vous convient plus, vous pouvez déplacer ou annuler l’appel.\n",
            "mail_callback_moved": "Bonjour,\n\nVotre appel a un nouvel horaire. Nous vous appellerons au {phone}, à "
            "ce moment :\n\n{when}\n\nSi cet horaire ne vous convient plus, vous pouvez déplacer ou annuler l’appel.\n",
            "mail_callback_reminder": "Bonjour,\n\nNous vous rappelons votre rendez-vous téléphonique. Nous vous "
            "appellerons au {phone}, à ce moment :\n\n{when}\n\nSi cet horaire ne vous convient plus, vous pouvez "
            "déplacer ou annuler l’appel.\n",
            "mail_callback_cancelled": "Bonjour,\n\nVotre appel est annulé. Il était prévu à ce moment : {when}.\n\n"
            "Votre demande reste entre nos mains :\n\n{promise}\n",
            "mail_callback_missed": "Bonjour,\n\nL’appel réservé n’a pas eu lieu et nous en sommes désolés. Il était "
            "prévu à ce moment : {when}.\n\nVoici ce que nous vous promettons maintenant :\n\n{promise}\n",
            "mail_callback_withdrawn": "Bonjour,\n\nVotre appel est annulé, car notre équipe a terminé de traiter "
            "votre demande. Il était prévu à cette heure : {when}.\n\nSi vous avez de nouveau besoin de nous, "
            "répondez simplement à cet e-mail.\n",
            "mail_footer": "{site} envoie cet e-mail parce que de l’aide a été demandée dans son chat avec cette "
            "adresse. Si ce n’était pas vous, vous n’avez rien à faire.\nVotre référence : {reference}",
            "link_chat": "Ouvrir le chat",
            "link_book": "Choisir un horaire d’appel",
            "link_call": "Déplacer ou annuler l’appel",
        },
        "it": {
            "claimed": "{agent} sta esaminando la Sua richiesta.",
            "escalated_live": "Una persona del nostro team sta entrando in questa chat. "
            "Riceverà una risposta entro {due}.",
            "after_hours": "Un operatore dell’assistenza La contatterà entro {due}.",
            "in_danger": "Se qualcuno è in pericolo, chiami subito il numero di emergenza. "
            "Una persona del nostro team Le risponderà entro {due}.",
            "waiting": "Il Suo messaggio è stato aggiunto alla Sua richiesta. {promise}",
            "needs_contact": "Ci lasci il Suo indirizzo e-mail, così la nostra risposta Le arriverà "
            "anche a chat chiusa.",
            "fell_through": "Al momento nessuno è libero per entrare in chat. "
            "Un operatore dell’assistenza La contatterà entro {due}.",
            "broken": "Non abbiamo risposto nei tempi promessi e ce ne scusiamo. "
            "Un operatore dell’assistenza La contatterà entro {due}.",
            "no_answer": "Non ho trovato una risposta a questa domanda. La formuli in un altro modo oppure chieda di "
            "parlare con una persona.",
            "no_more_answers": "L’assistente non può dare altre risposte qui. Scriva «operatore» e se ne occuperà il "
            "nostro team.",
            "released": "Il nostro team ha restituito questa chat all’assistente.",
            "resolved": "Il nostro team ha contrassegnato la Sua richiesta come risolta.",
            "closed": "Questa conversazione è chiusa. Se ha ancora bisogno di noi, ne inizi una nuova.",
            "call_offer": "Può anche scegliere un orario per essere richiamato.",
            "call_booked": "La chiameremo al numero che ci ha indicato, all’orario seguente: {due}.",
            "call_cancelled": "La Sua telefonata è annullata. Un operatore dell’assistenza La contatterà entro {due}.",
            "call_missed": "Non L’abbiamo chiamata all’orario concordato e ce ne scusiamo. Un operatore "
            "dell’assistenza La contatterà entro {due}.",
            "call_made": "{agent} L’ha chiamata.",
            "call_over": "Non c’è più nessuna telefonata da modificare: la Sua richiesta è stata evasa.",
            "call_title": "Telefonata da {site}",
            "mail_subject": "La Sua richiesta {reference}",
            "mail_follow_up": "Buongiorno,\n\nil nostro team è al lavoro e ha la Sua richiesta. Ecco che cosa Le "
            "abbiamo comunicato:\n\n{promise}\n\nPer aggiungere qualcosa, risponda a questa e-mail.\n",
            "mail_broken": "Buongiorno,\n\n{promise}\n\nPer aggiungere qualcosa, risponda a questa e-mail.\n",
            "mail_reply": "Buongiorno,\n\n{agent} ha risposto alla Sua richiesta:\n\n{text}\n\nSe ha un’altra "
            "domanda, risponda a questa e-mail.\n",
            "mail_callback_booked": "Buongiorno,\n\nla Sua telefonata è prenotata. La chiameremo al numero {phone} in "
            "questo momento:\n\n{when}\n\nSe l’orario non Le va più bene, può spostare o annullare la telefonata.\n",
            "mail_callback_moved": "Buongiorno,\n\nla Sua telefonata ha un nuovo orario. La chiameremo al numero "
            "{phone} all’orario seguente:\n\n{when}\n\nSe l’orario non Le va più bene, può spostare o annullare la "
            "telefonata.\n",
            "mail_callback_reminder": "Buongiorno,\n\nLe ricordiamo la Sua telefonata. La chiameremo al numero "
            "{phone} all’orario seguente:\n\n{when}\n\nSe l’orario non Le va più bene, può spostare o annullare la "
            "telefonata.\n",
            "mail_callback_cancelled": "Buongiorno,\n\nla Sua telefonata è annullata. Era prevista per questo "
            "momento: {when}.\n\nLa Sua richiesta resta in carico a noi:\n\n{promise}\n",
            "mail_callback_missed": "Buongiorno,\n\nla telefonata prenotata non è avvenuta e ce ne scusiamo. Era "
            "prevista per questo momento: {when}.\n\nEcco che cosa Le promettiamo ora:\n\n{promise}\n",
            "mail_callback_withdrawn": "Buongiorno,\n\nla Sua telefonata è annullata, perché il nostro team ha "
            "concluso il lavoro sulla Sua richiesta. L’orario era questo: {when}.\n\nSe ha ancora bisogno di noi, "
            "risponda a questa e-mail.\n",
            "mail_footer": "{site} invia questa e-mail perché nella sua chat è stato chiesto aiuto con questo "
            "indirizzo. Se non è stato Lei, non deve fare nulla.\nIl Suo riferimento: {reference}",
            "link_chat": "Apra la chat",
            "link_book": "Scelga un orario per la telefonata",
            "link_call": "Sposti o annulli la telefonata",
        },
        "nl": {
            "claimed": "{agent} bekijkt uw verzoek.",
            "escalated_live": "Iemand van ons team komt in deze chat. U krijgt antwoord vóór {due}.",
            "after_hours": "Een medewerker neemt contact met u op vóór {due}.",
            "in_danger": "Is er iemand in gevaar, bel dan nu het alarmnummer. "
            "Iemand van ons team antwoordt u vóór {due}.",
            "waiting": "Uw bericht is aan uw aanvraag toegevoegd. {promise}",
            "needs_contact": "Laat uw e-mailadres achter, zodat ons antwoord u ook bereikt als deze chat gesloten is.",
            "fell_through": "Op dit moment is er niemand vrij om in deze chat te komen. "
            "Een medewerker neemt contact met u op vóór {due}.",
            "broken": "We hebben niet binnen de beloofde tijd geantwoord. Dat spijt ons. "
            "Een medewerker neemt contact met u op vóór {due}.",
            "no_answer": "Daar heb ik geen antwoord op gevonden. Stelt u uw vraag anders, of vraag naar een "
            "medewerker.",
            "no_more_answers": "De assistent kan hier geen antwoorden meer geven. Schrijf ‘medewerker’ en ons team "
            "neemt het over.",
            "released": "Ons team heeft deze chat teruggegeven aan de assistent.",
            "resolved": "Ons team heeft uw aanvraag als opgelost gemarkeerd.",
            "closed": "Dit gesprek is gesloten. Begin gerust een nieuw gesprek als u ons weer nodig hebt.",
            "call_offer": "U kunt ook een tijd kiezen waarop we u bellen.",
            "call_booked": "We bellen u op het nummer dat u hebt opgegeven, op {due}.",
            "call_cancelled": "Uw telefoongesprek is geannuleerd. Een medewerker neemt contact met u op vóór {due}.",
            "call_missed": "We hebben u niet gebeld op de afgesproken tijd. Dat spijt ons. Een medewerker neemt "
            "contact met u op vóór {due}.",
            "call_made": "{agent} heeft u gebeld.",
            "call_over": "Er is geen telefoongesprek meer om te wijzigen: uw aanvraag is afgehandeld.",
            "call_title": "Telefoongesprek met {site}",
            "mail_subject": "Uw aanvraag {reference}",
            "mail_follow_up": "Goedendag,\n\nOns team is er en heeft uw aanvraag. Dit hebben we u laten weten:\n\n"
            "{promise}\n\nWilt u iets toevoegen? Beantwoord dan deze e-mail.\n",
            "mail_broken": "Goedendag,\n\n{promise}\n\nWilt u iets toevoegen? Beantwoord dan deze e-mail.\n",
            "mail_reply": "Goedendag,\n\n{agent} heeft uw aanvraag beantwoord:\n\n{text}\n\nHebt u nog een vraag? "
            "Beantwoord dan deze e-mail.\n",
            "mail_callback_booked": "Goedendag,\n\nUw telefoongesprek is geboekt. We bellen u op {phone}, op dit "
            "moment:\n\n{when}\n\nKomt het tijdstip niet meer uit? Dan kunt u het gesprek verzetten of annuleren.\n",
            "mail_callback_moved": "Goedendag,\n\nUw telefoongesprek heeft een nieuw tijdstip. We bellen u op "
            "{phone}, op dit moment:\n\n{when}\n\nKomt het tijdstip niet meer uit? Dan kunt u het gesprek verzetten "
            "of annuleren.\n",
            "mail_callback_reminder": "Goedendag,\n\nWe herinneren u aan uw telefoongesprek. We bellen u op {phone}, "
            "op dit moment:\n\n{when}\n\nKomt het tijdstip niet meer uit? Dan kunt u het gesprek verzetten of "
            "annuleren.\n",
            "mail_callback_cancelled": "Goedendag,\n\nUw telefoongesprek is geannuleerd. Het was gepland op dit "
            "moment: {when}.\n\nUw aanvraag blijft bij ons:\n\n{promise}\n",
            "mail_callback_missed": "Goedendag,\n\nHet geboekte telefoongesprek heeft niet plaatsgevonden. Dat spijt "
            "ons. Het was gepland op dit moment: {when}.\n\nDit beloven we u nu:\n\n{promise}\n",
            "mail_callback_withdrawn": "Goedendag,\n\nUw telefoongesprek is geannuleerd, omdat ons team klaar is met "
            "uw aanvraag. Dit was de tijd: {when}.\n\nHebt u ons weer nodig? Beantwoord dan deze e-mail.\n",
            "mail_footer": "{site} stuurt deze e-mail omdat in de chat van de website met dit adres om hulp is "
            "gevraagd. Was u dat niet? Dan hoeft u niets te doen.\nUw kenmerk: {reference}",
            "link_chat": "Open de chat",
            "link_book": "Kies een tijdstip om gebeld te worden",
            "link_call": "Verzet of annuleer het gesprek",
        },
        "pl": {
            "claimed": "{agent} zajmuje się Twoją sprawą.",
            "escalated_live": "Ktoś z naszego zespołu dołącza do tego czatu. Odpowiedź otrzymasz do {due}.",
            "after_hours": "Nasz konsultant skontaktuje się z Tobą do {due}.",
            "in_danger": "Jeśli ktoś jest w niebezpieczeństwie, zadzwoń teraz pod numer alarmowy. "
            "Ktoś z naszego zespołu odpowie Ci do {due}.",
            "waiting": "Twoja wiadomość została dodana do zgłoszenia. {promise}",
            "needs_contact": "Podaj swój adres e-mail, aby nasza odpowiedź dotarła do Ciebie także po zamknięciu "
            "czatu.",
            "fell_through": "W tej chwili nikt nie może dołączyć do czatu. "
            "Nasz konsultant skontaktuje się z Tobą do {due}.",
            "broken": "Nie odpowiedzieliśmy w obiecanym czasie. Przepraszamy. "
            "Nasz konsultant skontaktuje się z Tobą do {due}.",
            "no_answer": "Nie znalazłem na to odpowiedzi. Proszę zadać pytanie inaczej lub poprosić o rozmowę z "
            "człowiekiem.",
            "no_more_answers": "Asystent nie może tu udzielić dalszych odpowiedzi. Proszę napisać „konsultant”, a "
            "sprawę przejmie nasz zespół.",
            "released": "Nasz zespół przekazał ten czat z powrotem asystentowi.",
            "resolved": "Nasz zespół oznaczył Twoje zgłoszenie jako rozwiązane.",
            "closed": "Ta rozmowa jest zakończona. Jeśli znów będziesz nas potrzebować, rozpocznij nową.",
            "call_offer": "Możesz też wybrać termin rozmowy telefonicznej.",
            "call_booked": "Zadzwonimy do Ciebie pod podany numer. Prosimy o dostępność od {due}.",
            "call_cancelled": "Twoja rozmowa jest odwołana. Nasz konsultant skontaktuje się z Tobą do {due}.",
            "call_missed": "Nie zadzwoniliśmy do Ciebie w umówionym czasie. Przepraszamy. Nasz konsultant skontaktuje "
            "się z Tobą do {due}.",
            "call_made": "Rozmowę z Tobą przeprowadził nasz konsultant: {agent}.",
            "call_over": "Nie ma już rozmowy, którą można zmienić: Twoje zgłoszenie jest załatwione.",
            "call_title": "Rozmowa z {site}",
            "mail_subject": "Twoje zgłoszenie {reference}",
            "mail_follow_up": "Dzień dobry,\n\nnasz zespół już pracuje i ma Twoje zgłoszenie. Oto nasza obietnica:\n\n"
            "{promise}\n\nJeśli chcesz coś dodać, odpowiedz na tę wiadomość.\n",
            "mail_broken": "Dzień dobry,\n\n{promise}\n\nJeśli chcesz coś dodać, odpowiedz na tę wiadomość.\n",
            "mail_reply": "Dzień dobry,\n\nna Twoje zgłoszenie odpowiada {agent}:\n\n{text}\n\nJeśli masz kolejne "
            "pytanie, odpowiedz na tę wiadomość.\n",
            "mail_callback_booked": "Dzień dobry,\n\nTwoja rozmowa telefoniczna jest umówiona. Zadzwonimy pod numer "
            "{phone} w tym terminie:\n\n{when}\n\nJeśli ten termin już Ci nie odpowiada, możesz przełożyć lub odwołać "
            "rozmowę.\n",
            "mail_callback_moved": "Dzień dobry,\n\nTwoja rozmowa telefoniczna ma nowy termin. Zadzwonimy pod numer "
            "{phone} w tym terminie:\n\n{when}\n\nJeśli ten termin już Ci nie odpowiada, możesz przełożyć lub odwołać "
            "rozmowę.\n",
            "mail_callback_reminder": "Dzień dobry,\n\nprzypominamy o Twojej rozmowie telefonicznej. Zadzwonimy pod "
            "numer {phone} w tym terminie:\n\n{when}\n\nJeśli ten termin już Ci nie odpowiada, możesz przełożyć lub "
            "odwołać rozmowę.\n",
            "mail_callback_cancelled": "Dzień dobry,\n\nTwoja rozmowa telefoniczna została odwołana. Była umówiona na "
            "ten termin: {when}.\n\nTwoje zgłoszenie nadal jest u nas:\n\n{promise}\n",
            "mail_callback_missed": "Dzień dobry,\n\numówiona rozmowa telefoniczna się nie odbyła. Przepraszamy. Była "
            "umówiona na ten termin: {when}.\n\nNasza nowa obietnica:\n\n{promise}\n",
            "mail_callback_withdrawn": "Dzień dobry,\n\nTwoja rozmowa jest odwołana, ponieważ nasz zespół zakończył "
            "pracę nad Twoim zgłoszeniem. Taki był jej termin: {when}.\n\nJeśli znów będziesz nas potrzebować, "
            "odpowiedz na tę wiadomość.\n",
            "mail_footer": "{site} wysyła tę wiadomość, ponieważ na czacie poproszono o pomoc i podano ten adres. "
            "Jeśli to nie Ty, nie musisz nic robić.\nNumer zgłoszenia: {reference}",
            "link_chat": "Otwórz czat",
            "link_book": "Wybierz termin rozmowy",
            "link_call": "Przełóż lub odwołaj rozmowę",
        },
        "pt": {
            "claimed": "{agent} está cuidando do seu pedido.",
            "escalated_live": "Uma pessoa da nossa equipe está entrando neste chat. "
            "Você terá uma resposta antes de {due}.",
            "after_hours": "Um atendente entrará em contato com você antes de {due}.",
            "in_danger": "Se alguém estiver em perigo, ligue agora para o número de emergência. "
            "Uma pessoa da nossa equipe responderá a você antes de {due}.",
            "waiting": "Sua mensagem foi adicionada à sua solicitação. {promise}",
            "needs_contact": "Deixe seu e-mail para que nossa resposta chegue até você mesmo com este chat fechado.",
            "fell_through": "No momento, não há ninguém livre para entrar no chat. "
            "Um atendente entrará em contato com você antes de {due}.",
            "broken": "Não respondemos no prazo prometido e pedimos desculpas. "
            "Um atendente entrará em contato com você antes de {due}.",
            "no_answer": "Não encontrei uma resposta para isso. Por favor, formule a pergunta de outra forma ou peça "
            "para falar com uma pessoa.",
            "no_more_answers": "O assistente não pode dar mais respostas aqui. Escreva “atendente”, e nossa equipe "
            "assume a conversa.",
            "released": "Nossa equipe devolveu este chat ao assistente.",
            "resolved": "Nossa equipe marcou sua solicitação como resolvida.",
            "closed": "Esta conversa está encerrada. Se precisar de nós novamente, inicie uma nova.",
            "call_offer": "Você também pode escolher um horário para receber uma ligação.",
            "call_booked": "Ligaremos para o número que você informou, neste horário: {due}.",
            "call_cancelled": "Sua ligação foi cancelada. Um atendente entrará em contato com você antes de {due}.",
            "call_missed": "Não ligamos para você no horário combinado e pedimos desculpas. Um atendente entrará em "
            "contato com você antes de {due}.",
            "call_made": "{agent} ligou para você.",
            "call_over": "Não há mais nenhuma ligação para alterar: sua solicitação já foi atendida.",
            "call_title": "Ligação de {site}",
            "mail_subject": "Sua solicitação {reference}",
            "mail_follow_up": "Olá,\n\nNossa equipe já está disponível e recebeu sua solicitação. Foi isto que "
            "informamos:\n\n{promise}\n\nSe quiser acrescentar algo, responda a este e-mail.\n",
            "mail_broken": "Olá,\n\n{promise}\n\nSe quiser acrescentar algo, responda a este e-mail.\n",
            "mail_reply": "Olá,\n\n{agent} respondeu à sua solicitação:\n\n{text}\n\nSe tiver outra pergunta, "
            "responda a este e-mail.\n",
            "mail_callback_booked": "Olá,\n\nSua ligação está agendada. Vamos ligar para {phone} neste horário:\n\n"
            "{when}\n\nSe o horário não for mais conveniente, você pode remarcar ou cancelar a ligação.\n",
            "mail_callback_moved": "Olá,\n\nSua ligação tem um novo horário. Vamos ligar para {phone} neste "
            "horário:\n\n{when}\n\nSe o horário não for mais conveniente, você pode remarcar ou cancelar a ligação.\n",
            "mail_callback_reminder": "Olá,\n\nEste é um lembrete da sua ligação. Vamos ligar para {phone} neste "
            "horário:\n\n{when}\n\nSe o horário não for mais conveniente, você pode remarcar ou cancelar a ligação.\n",
            "mail_callback_cancelled": "Olá,\n\nSua ligação foi cancelada. Ela estava marcada para este horário: "
            "{when}.\n\nSua solicitação continua conosco:\n\n{promise}\n",
            "mail_callback_missed": "Olá,\n\nA ligação agendada não aconteceu e pedimos desculpas. Ela estava marcada "
            "para este horário: {when}.\n\nO que prometemos a você agora:\n\n{promise}\n",
            "mail_callback_withdrawn": "Olá,\n\nSua ligação foi cancelada, porque nossa equipe concluiu o trabalho na "
            "sua solicitação. O horário era este: {when}.\n\nSe precisar de nós novamente, responda a este e-mail.\n",
            "mail_footer": "{site} envia este e-mail porque alguém pediu ajuda no chat do site com este endereço. Se "
            "não foi você, não precisa fazer nada.\nSua referência: {reference}",
            "link_chat": "Abrir o chat",
            "link_book": "Escolher um horário para a ligação",
            "link_call": "Remarcar ou cancelar a ligação",
        },
    }
)
