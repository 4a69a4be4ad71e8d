import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Da kann ich nichts ändern. Soll ich Sie mit einem Kollegen verbinden?", language="de")


@pytest.mark.parametrize(
    "text",
    [
        "Könnten Sie mich bitte zu einer Beraterin durchstellen?",
        "ich haette gern dass mich heute jemand zurueckruft",
        "Deinen Vorgesetzten sprechen, jetzt",
        "holt mal wen aus der technik",
        "Mit einem Programm rede ich nicht mehr, gebt mir einen Menschen",
        "Sachbearbeiter bitte",
        "Wenn mich bis heute Abend keiner anruft, kündige ich",
        "bitte meine frau anrufen, die weiß bescheid",
        "Könnte ich bitte einen Ansprechpartner haben?",
        "Warum ist hier nie ein Mensch zu erreichen?",
        "Das ist mir zu wichtig, um es mit einem Programm zu besprechen",
        "Einen Techniker brauche ich, keinen Chat",
        "Ist der Chef im Haus?",
        "Ich erwarte Ihren Anruf.",
        "Hätten Sie eine Telefonnummer für mich?",
        "Ich würde gern mit Ihrem Datenschutzbeauftragten Kontakt aufnehmen.",
    ],
)
def test_a_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="de").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "Ein Rückruf ist nicht nötig",
        "das klären wir lieber ohne Mitarbeiter",
        "Schreibe ich hier mit einem Menschen?",
        "Muss ich dafür den Kundendienst anrufen?",
        "Der Berater hat mir das gestern versprochen",
        "Wir brauchen Lizenzen für 20 Mitarbeiter",
        "Was passiert, wenn keiner anruft?",
        "Kann mir jemand sagen, wann der Bus fährt?",
        "Wird das hier von einem Menschen gelesen?",
        "Gibt es einen Rückruf für das Babybett?",
        "Kann ich im Auto telefonieren?",
        "Ein Mitarbeiter wäre toll gewesen",
        "Von einem Anruf bitte absehen.",
    ],
)
def test_a_refusal_or_a_look_alike_is_no_request(text: str) -> None:
    assert measure_message(text, language="de").asks_human is None


@pytest.mark.parametrize(
    "text",
    [
        *("gerne", "das wäre nett", "auf jeden fall", "ja bitte, nach 17 Uhr"),
        *("warum eigentlich nicht", "kann nicht schaden", "nichts dagegen", "da sag ich nicht nein"),
        *("je eher desto besser", "vormittags passt besser, die Nummer haben Sie ja", "höchste zeit"),
    ],
)
def test_an_offer_is_taken_up(text: str) -> None:
    assert OFFER.offers_human
    assert measure_message(text, language="de", previous=OFFER).asks_human


@pytest.mark.parametrize(
    "text", ["nein danke, es geht schon", "eigentlich nicht", "hat sich erledigt, danke", "passt schon, danke"]
)
def test_an_offer_is_declined(text: str) -> None:
    assert measure_message(text, language="de", previous=OFFER).asks_human is None


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Ich bin sehr enttäuscht", 1),
        ("seit Dienstag warte ich, niemand meldet sich", 0.75),
        ("zum dritten Mal erkläre ich das jetzt", 0.75),
        ("So eine Unverschämtheit, das ist doch Abzocke", 2),
    ],
)
def test_displeasure_has_points(text: str, least: float) -> None:
    assert measure_message(text, language="de").negative >= least


@pytest.mark.parametrize(
    "text",
    [
        "Leider habe ich die Rechnung verloren",
        "Gilt das Angebot immer noch?",
        "Ich bin nicht enttäuscht",
        "bei mir ist schlechtes Wetter, ich komme später",
    ],
)
def test_a_named_problem_has_none(text: str) -> None:
    assert measure_message(text, language="de").negative == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("churn", "Dann gehe ich eben zur Konkurrenz"),
        ("legal", "das übergebe ich meinem Anwalt"),
        ("safety", "aus der Steckdose kommt Rauch"),
    ],
)
def test_word_lists(name: str, text: str) -> None:
    assert name in measure_message(text, language="de").lists


def test_a_reply_that_gave_up_and_one_that_did_not() -> None:
    assert measure_reply("Dazu habe ich leider keine Informationen.", language="de").failed
    assert not measure_reply("Ihr Paket kommt morgen zwischen 9 und 12 Uhr.", language="de").failed
