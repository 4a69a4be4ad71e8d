"""A yes answers what the bot asked: only where that was whether a person should come does it ask for one."""

import pytest

from bridge.domain import judging
from bridge.domain.judging import Reply
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import Conversation, begin
from bridge.domain.shipped_policy import shipped_document

POLICY = read_policy(shipped_document())

TAKEN = {
    "en": [
        ("I can connect you with an agent. Would you like that?", "yes"),
        ("Shall I transfer you?", "yes"),
        ("Would you like to talk to somebody?", "yes please"),
        ("I'm sorry, I can't change that. Would you like me to transfer you to a human agent?", "sure, thanks"),
        ("Would you like me to connect you with a colleague? They are here from 9 to 5.", "yes please"),
        ("I cannot do that myself, but I can connect you with an agent.", "ok please"),
        ("If you like, I can connect you with an agent.", "yes please"),
        ("I could pass this on to a specialist. Is that OK?", "yes that's fine"),
        ("Would you like to speak to an agent or a supervisor?", "yes"),
        ("Do you want me to get a human?", "yeah go ahead"),
        ("Should I hand you over to a colleague?", "yes, do that"),
        ("I can ask a colleague to call you. Shall I do that?", "yes"),
        ("Have you tried another cable? If so, would you like me to connect you with a technician?", "yes"),
        ("Did it help? If not, I can transfer you to a specialist.", "no"),
        ("Did that solve it? Otherwise I'll connect you with a colleague.", "no, not really"),
    ],
    "de": [
        ("Ich kann Sie mit einem Mitarbeiter verbinden. Möchten Sie das?", "ja"),
        ("Soll ich Sie verbinden?", "ja bitte"),
        ("Möchten Sie mit jemandem sprechen?", "ja gerne"),
        ("Das kann ich leider nicht ändern. Soll ich Sie mit einem Kollegen verbinden?", "ja, danke"),
        ("Soll ich Sie mit einem Mitarbeiter verbinden? Die Kollegen sind von 9 bis 17 Uhr da.", "ja bitte"),
        ("Das kann ich nicht selbst, aber ich kann Sie mit einem Mitarbeiter verbinden.", "ok gerne"),
        ("Wenn Sie möchten, verbinde ich Sie mit einem Mitarbeiter.", "ja bitte"),
        ("Ich kann das an eine Kollegin weitergeben. Ist das in Ordnung?", "ja, passt"),
        ("Möchten Sie mit einem Mitarbeiter oder einem Vorgesetzten sprechen?", "ja"),
        ("Soll ich einen Menschen holen?", "ja, mach das"),
        ("Darf ich Sie an einen Kollegen weiterleiten?", "ja klar"),
        ("Ein Kollege kann Sie zurückrufen. Soll ich das veranlassen?", "ja"),
        ("Wollen Sie mit einem Berater sprechen?", "sehr gerne"),
        ("Hat das geholfen? Wenn nicht, verbinde ich Sie mit einem Kollegen.", "nein"),
        ("Konnte ich helfen? Sonst verbinde ich Sie gern mit einem Mitarbeiter.", "nein, leider nicht"),
    ],
    "es": [
        ("Puedo pasarle con un agente. ¿Le parece bien?", "sí"),
        ("¿Le paso con un compañero?", "sí, por favor"),
        ("¿Quiere hablar con alguien?", "sí gracias"),
        ("No puedo cambiarlo. ¿Quiere que le pase con un agente?", "sí, gracias"),
        ("¿Quiere que le conecte con un agente? Están disponibles de 9 a 17.", "sí por favor"),
        ("Yo no puedo hacerlo, pero puedo pasarle con un agente.", "vale, por favor"),
        ("Si quiere, le paso con un agente.", "sí, por favor"),
        ("Puedo pasar su caso a un especialista. ¿Está de acuerdo?", "sí, de acuerdo"),
        ("¿Quiere hablar con un agente o un supervisor?", "sí"),
        ("¿Desea que le atienda una persona?", "claro"),
        ("¿Le transfiero con un asesor?", "dale"),
        ("Un compañero puede llamarle. ¿Quiere que lo haga?", "sí"),
        ("¿Prefiere hablar con una persona?", "sí, mejor"),
        ("¿Le ha servido? Si no, puedo pasarle con un agente.", "no"),
        ("¿Se ha resuelto? De lo contrario, le paso con un agente.", "no, la verdad"),
    ],
    "fr": [
        ("Je peux vous mettre en relation avec un conseiller. Cela vous convient ?", "oui"),
        ("Voulez-vous que je vous transfère à un conseiller ?", "oui"),
        ("Souhaitez-vous parler à quelqu'un ?", "oui s'il vous plaît"),
        ("Je ne peux pas modifier cela. Voulez-vous que je vous passe un collègue ?", "oui, merci"),
        ("Souhaitez-vous parler à un conseiller ? Ils sont là de 9h à 17h.", "oui merci"),
        ("Je ne peux pas le faire, mais je peux vous passer un conseiller.", "d'accord, volontiers"),
        ("Si vous voulez, je vous mets en relation avec un conseiller.", "oui merci"),
        ("Je peux transmettre à un spécialiste. Est-ce que cela vous va ?", "oui, ça me va"),
        ("Voulez-vous parler à un conseiller ou à un responsable ?", "oui"),
        ("Dois-je faire venir un humain ?", "oui, allez-y"),
        ("Souhaitez-vous être rappelé par un conseiller ?", "oui"),
        ("Un collègue peut vous rappeler. Voulez-vous ?", "oui"),
        ("Préférez-vous parler à un humain ?", "oui volontiers"),
        ("Cela vous a-t-il aidé ? Sinon, je peux vous passer un conseiller.", "non"),
        ("Est-ce résolu ? Si ce n'est pas le cas, je vous mets en relation avec un conseiller.", "non, pas vraiment"),
    ],
    "pt": [
        ("Posso transferir para um atendente. Quer?", "sim"),
        ("Quer que eu transfira para um atendente?", "sim, por favor"),
        ("Gostaria de falar com alguém?", "sim, obrigado"),
        ("Não consigo alterar isso. Quer falar com um atendente?", "sim, obrigada"),
        ("Quer falar com um atendente? Eles estão disponíveis das 9 às 17.", "sim por favor"),
        ("Eu não consigo, mas posso transferir para um atendente.", "ok, por favor"),
        ("Se quiser, posso transferir para um atendente.", "sim, por favor"),
        ("Posso passar o caso para um especialista. Pode ser?", "pode ser"),
        ("Quer falar com um atendente ou um supervisor?", "sim"),
        ("Deseja ser atendido por uma pessoa?", "claro"),
        ("Posso encaminhar para um colega?", "pode"),
        ("Um colega pode ligar para você. Quer que eu peça?", "sim"),
        ("Prefere falar com uma pessoa?", "sim, prefiro"),
        ("Isso ajudou? Se não, posso transferir para um atendente.", "não"),
        ("Ficou resolvido? Caso contrário, transfiro para um colega.", "não, ainda não"),
    ],
    "it": [
        ("Posso metterla in contatto con un operatore. Le va bene?", "sì"),
        ("La passo a un collega?", "sì, grazie"),
        ("Vuole parlare con qualcuno?", "sì per favore"),
        ("Non posso modificarlo. Vuole che la metta in contatto con un operatore?", "sì grazie"),
        ("Vuole parlare con un operatore? Sono disponibili dalle 9 alle 17.", "sì grazie"),
        ("Io non posso farlo, ma posso passarla a un operatore.", "ok, per favore"),
        ("Se vuole, la metto in contatto con un operatore.", "sì grazie"),
        ("Posso passare il caso a uno specialista. È d'accordo?", "sì, d'accordo"),
        ("Vuole parlare con un operatore o un responsabile?", "sì"),
        ("Desidera essere assistito da una persona?", "volentieri"),
        ("Devo trasferirla a un operatore?", "sì, certo"),
        ("Un collega può richiamarla. Vuole che lo chieda?", "sì"),
        ("Preferisce parlare con una persona?", "sì, preferirei"),
        ("È stato utile? Altrimenti posso metterla in contatto con un operatore.", "no"),
        ("Ha risolto? Se no, la passo a un operatore.", "no, purtroppo"),
    ],
    "nl": [
        ("Ik kan u doorverbinden met een medewerker. Wilt u dat?", "ja"),
        ("Zal ik u doorverbinden?", "ja graag"),
        ("Wilt u iemand spreken?", "ja graag"),
        ("Dat kan ik niet wijzigen. Zal ik u doorverbinden met een collega?", "ja, bedankt"),
        ("Wilt u een medewerker spreken? Ze zijn er van 9 tot 17 uur.", "ja graag"),
        ("Dat kan ik niet zelf, maar ik kan u doorverbinden met een medewerker.", "ok graag"),
        ("Als u wilt, verbind ik u door met een medewerker.", "ja graag"),
        ("Ik kan dit doorgeven aan een specialist. Is dat goed?", "ja, dat is goed"),
        ("Wilt u een medewerker of een leidinggevende spreken?", "ja"),
        ("Zal ik er een mens bij halen?", "ja, doe maar"),
        ("Mag ik u doorverbinden met een collega?", "prima"),
        ("Een collega kan u terugbellen. Zal ik dat regelen?", "ja"),
        ("Praat u liever met een persoon?", "ja liever wel"),
        ("Heeft dit geholpen? Zo niet, dan kan ik u doorverbinden met een medewerker.", "nee"),
        ("Is het opgelost? Anders verbind ik u door met een collega.", "nee, helaas niet"),
    ],
    "pl": [
        ("Mogę połączyć z konsultantem. Czy to odpowiada?", "tak"),
        ("Czy mam połączyć z konsultantem?", "tak, proszę"),
        ("Czy chce Pan porozmawiać z kimś?", "tak, poproszę"),
        ("Nie mogę tego zmienić. Czy połączyć Pana z konsultantem?", "tak, dziękuję"),
        ("Czy chce Pani rozmawiać z konsultantem? Są dostępni od 9 do 17.", "tak poproszę"),
        ("Sam tego nie zrobię, ale mogę połączyć z konsultantem.", "ok, poproszę"),
        ("Jeśli chcesz, połączę cię z konsultantem.", "tak, proszę"),
        ("Mogę przekazać sprawę specjaliście. Czy może tak być?", "tak, może być"),
        ("Czy chcesz rozmawiać z konsultantem lub kierownikiem?", "tak"),
        ("Czy woli Pan rozmawiać z człowiekiem?", "tak, wolę"),
        ("Czy przełączyć do konsultanta?", "jasne"),
        ("Konsultant może oddzwonić. Czy mam to zlecić?", "tak"),
        ("Życzy sobie Pan rozmowy z konsultantem?", "chętnie"),
        ("Czy to pomogło? Jeśli nie, mogę połączyć z konsultantem.", "nie"),
        ("Czy problem rozwiązany? W przeciwnym razie połączę z konsultantem.", "nie, niestety"),
    ],
}
"""What the bot said, and an answer by which a person is wanted."""

ANSWERED = {
    "en": [
        ("Did that answer your question? If not, I can transfer you to a specialist.", "yes"),
        ("Did that answer your question? If not, I can transfer you to a specialist.", "yes, perfect, thanks"),
        ("I've emailed the label. If it doesn't arrive I can connect you with an agent. Did you get it?", "yes it did"),
        ("You can always talk to an agent by typing agent. Is your order number 4432?", "yes"),
        ("Did that solve it? Otherwise I'll connect you with a colleague.", "yes!"),
        ("If that doesn't work, I can connect you with our team. Did it work?", "yes thanks"),
        ("Our support team is available 9 to 5. Is there anything else I can help you with?", "yes, how long is it"),
        ("If you need more help, our support team is available at support@x.com. Anything else?", "yes, returns"),
        ("I can help with orders, returns, or connect you to an agent. What do you need?", "ok, returns please"),
        ("Would you like to speak to an agent, or should I send the link?", "send the link please"),
        ("I can answer questions, or hand you over to a colleague. How can I help?", "yes, do you ship to Norway"),
        ("Is everything clear, or would you prefer a human agent?", "yes"),
        ("I can connect you with an agent if needed. Shall I send the return label to your email?", "yes please"),
        ("Do you want me to send the label? Or I can get a human.", "yes send it"),
        ("Would you like to speak to an agent or keep chatting with me?", "ok, keep chatting"),
    ],
    "de": [
        ("Hat das geholfen? Sonst verbinde ich Sie gern mit einem Kollegen.", "ja danke"),
        ("Konnte ich helfen? Falls nicht, kann ich Sie mit einem Mitarbeiter verbinden.", "ja"),
        ("Konnte ich helfen? Falls nicht, kann ich Sie mit einem Mitarbeiter verbinden.", "ja, super, danke"),
        ("Soll ich Ihnen das Etikett senden oder Sie mit einem Mitarbeiter verbinden?", "das Etikett bitte"),
        ("Unser Team ist von 9 bis 17 Uhr da. Kann ich sonst noch helfen?", "ja, wie lange ist die Garantie?"),
        ("Falls es nicht ankommt, verbinde ich Sie mit einem Mitarbeiter. Ist es da?", "ja, ist da"),
        ("Sie können jederzeit mit einem Mitarbeiter sprechen. Ist Ihre Bestellnummer 4432?", "ja"),
        ("Wenn das nicht klappt, kann ich Sie mit unserem Team verbinden. Hat es geklappt?", "ja danke"),
        ("Ist alles klar, oder möchten Sie lieber mit einem Mitarbeiter sprechen?", "ja"),
        ("Ich kann Fragen beantworten oder Sie mit einem Kollegen verbinden. Wie kann ich helfen?", "Retoure bitte"),
        ("Bei Bedarf verbinde ich Sie mit einem Mitarbeiter. Soll ich das Etikett senden?", "ja bitte"),
        ("War das hilfreich? Ansonsten kann ein Kollege übernehmen.", "ja!"),
        ("Wenn Sie weitere Hilfe brauchen, hilft Ihnen ein Mitarbeiter. Noch etwas?", "ja, die Garantie"),
        ("Möchten Sie mit einem Mitarbeiter sprechen oder hier weitermachen?", "ok, hier weitermachen"),
        ("Soll ich das Etikett schicken? Ich kann auch einen Kollegen holen.", "ja, schick es"),
    ],
    "es": [
        ("¿Le ha servido? Si no, puedo pasarle con un agente.", "sí, gracias"),
        ("¿Le ha servido? Si no, puedo pasarle con un agente.", "sí"),
        ("¿Quiere la etiqueta o hablar con un agente?", "la etiqueta por favor"),
        ("Nuestro equipo está de 9 a 17. ¿Algo más?", "sí, ¿cuánto dura la garantía?"),
        ("Si no llega, puedo pasarle con un agente. ¿Le ha llegado?", "sí, ya llegó"),
        ("Siempre puede hablar con un agente. ¿Su pedido es el 4432?", "sí"),
        ("¿Está resuelto? De lo contrario, le paso con un compañero.", "sí, perfecto"),
        ("Si eso no funciona, puedo pasarle con nuestro equipo. ¿Ha funcionado?", "sí, gracias"),
        ("¿Está todo claro o prefiere hablar con un agente?", "sí"),
        ("Puedo ayudarle con pedidos, devoluciones o pasarle con un agente. ¿Qué necesita?", "vale, devoluciones"),
        ("Si es necesario le paso con un agente. ¿Le envío la etiqueta?", "sí, por favor"),
        ("¿Quedó claro? En caso contrario, un compañero puede ayudarle.", "sí"),
        ("Si necesita más ayuda, un agente le atenderá. ¿Algo más?", "sí, la garantía"),
        ("¿Quiere hablar con un agente o seguir aquí?", "vale, seguir aquí"),
        ("¿Le envío la etiqueta? También puedo pasarle con un agente.", "sí, envíela"),
    ],
    "fr": [
        ("Cela vous a-t-il aidé ? Sinon, je peux vous mettre en relation avec un conseiller.", "oui merci"),
        ("Cela vous a-t-il aidé ? Sinon, je peux vous mettre en relation avec un conseiller.", "oui"),
        ("Voulez-vous l'étiquette ou parler à un conseiller ?", "l'étiquette svp"),
        ("Notre équipe est là de 9h à 17h. Autre chose ?", "oui, la garantie ?"),
        ("S'il n'arrive pas, je peux vous passer un conseiller. L'avez-vous reçu ?", "oui, bien reçu"),
        ("Vous pouvez toujours parler à un conseiller. Votre commande est la 4432 ?", "oui"),
        ("Est-ce réglé ? Dans le cas contraire, je vous passe un collègue.", "oui, parfait"),
        ("Si cela ne marche pas, je peux vous passer notre équipe. Cela a marché ?", "oui merci"),
        ("Tout est clair, ou préférez-vous parler à un conseiller ?", "oui"),
        ("Je peux répondre à vos questions ou vous passer un conseiller. Que puis-je faire ?", "oui, ma facture svp"),
        ("Si besoin, je vous passe un conseiller. Je vous envoie l'étiquette ?", "oui merci"),
        ("Était-ce utile ? Si ce n'est pas le cas, un conseiller peut vous aider.", "oui"),
        ("Si vous avez besoin d'aide, un conseiller peut vous répondre. Autre chose ?", "oui, la garantie"),
        ("Voulez-vous parler à un conseiller ou continuer avec moi ?", "ok, continuer avec vous"),
        ("Je vous envoie l'étiquette ? Je peux aussi vous passer un conseiller.", "oui, envoyez"),
    ],
    "pt": [
        ("Isso ajudou? Se não, posso transferir para um atendente.", "sim, obrigado"),
        ("Isso ajudou? Se não, posso transferir para um atendente.", "sim"),
        ("Quer a etiqueta ou falar com um atendente?", "a etiqueta por favor"),
        ("A nossa equipe está das 9 às 17. Algo mais?", "sim, quanto tempo dura a garantia?"),
        ("Se não chegar, posso transferir para um atendente. Chegou?", "sim, chegou"),
        ("Você sempre pode falar com um atendente. Seu pedido é o 4432?", "sim"),
        ("Ficou resolvido? Caso contrário, transfiro para um colega.", "sim, perfeito"),
        ("Se isso não funcionar, posso passar para a nossa equipe. Funcionou?", "sim, obrigada"),
        ("Está tudo claro ou prefere falar com um atendente?", "sim"),
        ("Posso ajudar com pedidos, devoluções ou transferir para um atendente. O que precisa?", "ok, devoluções"),
        ("Se for preciso, transfiro para um atendente. Envio a etiqueta?", "sim, por favor"),
        ("Foi útil? Senão, um colega pode ajudar.", "sim"),
        ("Se precisar de mais ajuda, um atendente pode ajudar. Mais alguma coisa?", "sim, a garantia"),
        ("Quer falar com um atendente ou continuar aqui?", "ok, continuar aqui"),
        ("Envio a etiqueta? Também posso transferir para um atendente.", "sim, envie"),
    ],
    "it": [
        ("È stato utile? Altrimenti posso metterla in contatto con un operatore.", "sì grazie"),
        ("È stato utile? Altrimenti posso metterla in contatto con un operatore.", "sì"),
        ("Vuole l'etichetta o parlare con un operatore?", "l'etichetta per favore"),
        ("Il nostro team è disponibile dalle 9 alle 17. Altro?", "sì, quanto dura la garanzia?"),
        ("Se non arriva, posso passarla a un operatore. È arrivato?", "sì, arrivato"),
        ("Può sempre parlare con un operatore. Il suo ordine è il 4432?", "sì"),
        ("Ha risolto? In caso contrario, la passo a un collega.", "sì, perfetto"),
        ("Se non funziona, posso passarla al nostro team. Ha funzionato?", "sì grazie"),
        ("È tutto chiaro o preferisce parlare con un operatore?", "sì"),
        ("Posso aiutarla con ordini, resi o passarla a un operatore. Di cosa ha bisogno?", "ok, resi"),
        ("Se serve, la passo a un operatore. Le invio l'etichetta?", "sì grazie"),
        ("Era questo che cercava? Se no, un collega può aiutarla.", "sì"),
        ("Se ha bisogno di altro aiuto, un operatore può aiutarla. Altro?", "sì, la garanzia"),
        ("Vuole parlare con un operatore o continuare qui?", "ok, continuare qui"),
        ("Le invio l'etichetta? Posso anche passarla a un operatore.", "sì, la invii"),
    ],
    "nl": [
        ("Heeft dit geholpen? Zo niet, dan kan ik u doorverbinden met een medewerker.", "ja bedankt"),
        ("Heeft dit geholpen? Zo niet, dan kan ik u doorverbinden met een medewerker.", "ja"),
        ("Wilt u het label of een medewerker spreken?", "het label graag"),
        ("Ons team is er van 9 tot 17 uur. Kan ik nog iets doen?", "ja, hoe lang is de garantie?"),
        ("Als het niet aankomt, kan ik u doorverbinden met een medewerker. Is het er?", "ja, het is er"),
        ("U kunt altijd een medewerker spreken. Is uw bestelnummer 4432?", "ja"),
        ("Is het opgelost? Anders verbind ik u door met een collega.", "ja, perfect"),
        ("Als dat niet werkt, kan ik u doorverbinden met ons team. Werkt het?", "ja bedankt"),
        ("Is alles duidelijk, of spreekt u liever een medewerker?", "ja"),
        ("Ik kan vragen beantwoorden of u doorverbinden met een collega. Wat kan ik doen?", "ok, retour graag"),
        ("Indien nodig verbind ik u door met een medewerker. Zal ik het label sturen?", "ja graag"),
        ("Was dit nuttig? Zo nee, dan helpt een collega u verder.", "ja"),
        ("Als u meer hulp nodig heeft, kan een medewerker u helpen. Nog iets?", "ja, de garantie"),
        ("Wilt u een medewerker spreken of hier verder gaan?", "ok, hier verder"),
        ("Zal ik het label sturen? Ik kan u ook doorverbinden met een collega.", "ja, stuur maar"),
    ],
    "pl": [
        ("Czy to pomogło? Jeśli nie, mogę połączyć z konsultantem.", "tak, dziękuję"),
        ("Czy to pomogło? Jeśli nie, mogę połączyć z konsultantem.", "tak"),
        ("Wysłać etykietę czy połączyć z konsultantem?", "etykietę proszę"),
        ("Nasz zespół pracuje od 9 do 17. Coś jeszcze?", "tak, ile trwa gwarancja?"),
        ("Jeśli nie dotrze, mogę połączyć z konsultantem. Czy dotarła?", "tak, dotarła"),
        ("Zawsze możesz porozmawiać z konsultantem. Czy numer zamówienia to 4432?", "tak"),
        ("Czy problem rozwiązany? W przeciwnym razie połączę z konsultantem.", "tak, super"),
        ("Jeśli to nie zadziała, mogę połączyć z naszym zespołem. Zadziałało?", "tak, dzięki"),
        ("Czy wszystko jasne, czy woli Pan rozmawiać z konsultantem?", "tak"),
        ("Mogę odpowiedzieć na pytania albo połączyć z konsultantem. W czym pomóc?", "ok, zwrot proszę"),
        ("W razie potrzeby połączę z konsultantem. Czy wysłać etykietę?", "tak, proszę"),
        ("Czy to było pomocne? Inaczej połączę z konsultantem.", "tak"),
        ("Jeśli potrzebujesz pomocy, konsultant może pomóc. Coś jeszcze?", "tak, gwarancja"),
        ("Chcesz rozmawiać z konsultantem czy kontynuować tutaj?", "ok, kontynuować tutaj"),
        ("Czy wysłać etykietę? Mogę też połączyć z konsultantem.", "tak, wyślij"),
    ],
}
"""What the bot said, and an answer to what it asked beside, or by which the visitor chooses something else."""

PERSON_WORDS = [
    ("en", "Would you like to speak to an agent, or should I send the link?", "the agent please"),
    ("en", "Did that answer your question? If not, I can transfer you to a specialist.", "connect me please"),
    ("de", "Soll ich Ihnen das Etikett senden oder Sie mit einem Mitarbeiter verbinden?", "Mitarbeiter bitte"),
    ("es", "¿Quiere la etiqueta o hablar con un agente?", "un agente por favor"),
    ("fr", "Voulez-vous l'étiquette ou parler à un conseiller ?", "un conseiller svp"),
    ("pt", "Quer a etiqueta ou falar com um atendente?", "um atendente por favor"),
    ("it", "Vuole l'etichetta o parlare con un operatore?", "un operatore per favore"),
    ("nl", "Wilt u het label of een medewerker spreken?", "een medewerker graag"),
    ("pl", "Wysłać etykietę czy połączyć z konsultantem?", "konsultant proszę"),
]


def asks(language: str, reply: str, answer: str) -> bool:
    told = judging.hear(POLICY, begin(POLICY, Conversation(session_id="s", locale=language, turns=())), "?", 0)
    replied = judging.answer(POLICY, told, 1, Reply(reply))
    return judging.hear(POLICY, replied, answer, 1).window[-1].message.asks_human is not None


def pairs(by_language: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(language, *pair) for language, own in by_language.items() for pair in own]


@pytest.mark.parametrize(("language", "reply", "answer"), [*pairs(TAKEN), *PERSON_WORDS])
def test_an_offer_of_a_person_is_taken_up(language: str, reply: str, answer: str) -> None:
    assert asks(language, reply, answer)


@pytest.mark.parametrize(("language", "reply", "answer"), pairs(ANSWERED))
def test_an_answer_to_something_else_takes_up_no_offer(language: str, reply: str, answer: str) -> None:
    assert not asks(language, reply, answer)


EITHER = {
    "en": "Would you like to try another code or speak to an agent?",
    "de": "Möchten Sie einen anderen Code probieren oder mit einem Mitarbeiter sprechen?",
    "es": "¿Prefiere probar otro código o hablar con un agente?",
    "fr": "Voulez-vous essayer un autre code ou parler à un conseiller ?",
    "it": "Vuole provare un altro codice o parlare con un operatore?",
    "nl": "Wil je een andere code proberen of een medewerker spreken?",
    "pl": "Chce Pan spróbować innego kodu czy porozmawiać z konsultantem?",
    "pt": "Quer tentar outro código ou falar com um atendente?",
}
"""A thing first, a person second."""
MENU = "Please choose: 1) track order 2) talk to an agent"

BY_PLACE = [
    ("en", "the second one"),
    ("en", "the latter"),
    ("en", "option 2"),
    ("en", "2"),
    ("de", "das zweite bitte"),
    ("de", "lieber letzteres"),
    ("es", "lo segundo"),
    ("es", "la segunda opción"),
    ("fr", "la deuxième option"),
    ("it", "la seconda"),
    ("nl", "doe maar het laatste"),
    ("pl", "to drugie"),
    ("pt", "a segunda"),
    ("pt", "a segunda opção"),
]
OTHER_PLACE = [
    ("en", "the first one"),
    ("en", "1 please"),
    ("en", "yes"),
    ("en", "not the second"),
    ("de", "das erste"),
    ("de", "ja"),
    ("es", "lo primero"),
    ("fr", "la première"),
    ("fr", "oui"),
    ("it", "la prima"),
    ("nl", "doe maar het eerste"),
    ("nl", "ja"),
    ("pl", "to pierwsze"),
    ("pt", "a primeira"),
]


@pytest.mark.parametrize(("language", "answer"), BY_PLACE)
def test_a_person_is_chosen_by_their_place(language: str, answer: str) -> None:
    assert asks(language, EITHER[language], answer)


@pytest.mark.parametrize(("language", "answer"), OTHER_PLACE)
def test_who_chooses_the_other_thing_or_neither_asks_for_nobody(language: str, answer: str) -> None:
    assert not asks(language, EITHER[language], answer)


def test_a_person_is_chosen_by_the_number_in_a_list() -> None:
    assert asks("en", MENU, "2")
    assert not asks("en", MENU, "1")
    assert not asks("en", MENU, "yes")
    assert asks("en", "What can I do?\n1. Talk to an agent\n2. Track my order", "1")
    assert asks("de", "1) Bestellung verfolgen 2) mit einem Mitarbeiter sprechen", "die 2")


def test_an_offer_behind_numbered_steps_is_taken_up_by_a_yes() -> None:
    reply = "1. Open the settings\n2. Tap reset.\nWould you like me to connect you to an agent?"
    assert asks("en", reply, "yes")
    assert not asks("en", reply, "2")


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        ("de", "Soll ich Ihnen eine Kollegin oder einen Kollegen holen?"),
        ("fr", "Voulez-vous parler à un conseiller ou une conseillère ?"),
        ("nl", "Wil je een collega of iemand van het team spreken?"),
    ],
)
def test_a_yes_to_one_person_or_another_asks_for_one(language: str, reply: str) -> None:
    assert asks(language, reply, {"de": "ja", "fr": "oui", "nl": "ja"}[language])


OFFERED = {
    "en": "Would you like to talk to an agent?",
    "de": "Möchten Sie mit einem Mitarbeiter sprechen?",
    "es": "¿Quiere hablar con un agente?",
    "fr": "Voulez-vous parler à un conseiller ?",
    "it": "Vuole parlare con un operatore?",
    "nl": "Wilt u een medewerker spreken?",
    "pl": "Czy połączyć z konsultantem?",
    "pt": "Quer falar com um atendente?",
}


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("en", "yeah right, like that would help"),
        ("en", "sure, as if that would change anything"),
        ("de", "ja klar, als ob das was bringt"),
        ("es", "sí claro, como si eso sirviera"),
        ("fr", "oui bien sûr, comme si ça allait changer quelque chose"),
        ("it", "sì certo, come se servisse a qualcosa"),
        ("nl", "ja hoor, alsof dat helpt"),
        ("pl", "tak, jasne, jakby to coś dało"),
        ("pt", "sim claro, como se isso adiantasse"),
        ("pt", "deixa, tá de boa"),
        ("pt", "tá de boa"),
    ],
)
def test_scorn_takes_up_no_offer(language: str, answer: str) -> None:
    assert not asks(language, OFFERED[language], answer)


@pytest.mark.parametrize(("language", "answer"), [("en", "yes, that would help"), ("pt", "pode ser, de boa")])
def test_what_only_shares_words_with_scorn_takes_it_up(language: str, answer: str) -> None:
    assert asks(language, OFFERED[language], answer)
