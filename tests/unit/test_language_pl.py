import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Nie mogę tego zmienić. Czy połączyć Panią z konsultantem?", language="pl")


@pytest.mark.parametrize(
    "text",
    [
        "Czy mógłbym porozmawiać z kimś z obsługi?",
        "prosze mnie polaczyc z kierownikiem",
        "niech ktoś do mnie oddzwoni",
        "dajcie mi żywego człowieka",
        "nie będę gadać z automatem, wolę pracownika",
        "konsultant poproszę",
    ],
)
def test_a_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="pl").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "proszę mnie nie łączyć z konsultantem",
        "wolę to załatwić bez rozmowy z pracownikiem",
        "Czy rozmawiam z prawdziwym człowiekiem?",
        "Czy muszę w tej sprawie dzwonić do biura obsługi?",
        "konsultant powiedział, że paczka będzie jutro",
        "stolik dla czterech osób",
    ],
)
def test_a_refusal_or_a_look_alike_is_no_request(text: str) -> None:
    assert measure_message(text, language="pl").asks_human is None


@pytest.mark.parametrize("text", ["poproszę", "jak najbardziej", "byłoby miło", "tak, po osiemnastej"])
def test_an_offer_is_taken_up(text: str) -> None:
    assert OFFER.offers_human
    assert measure_message(text, language="pl", previous=OFFER).asks_human


def test_an_offer_is_declined() -> None:
    assert measure_message("nie, dziękuję, już sobie poradzę", language="pl", previous=OFFER).asks_human is None


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Jestem bardzo niezadowolona", 1),
        ("od trzech tygodni czekam i nikt nie odpisuje", 0.75),
        ("tłumaczę to już trzeci raz", 0.75),
        ("Skandal, jesteście zwykłymi oszustami", 2),
    ],
)
def test_displeasure_has_points(text: str, least: float) -> None:
    assert measure_message(text, language="pl").negative >= least


@pytest.mark.parametrize(
    "text",
    [
        "Niestety zgubiłem fakturę",
        "Czy oferta jest nadal ważna?",
        "Nie jestem rozczarowany",
        "podałam zły adres, jak go zmienić",
    ],
)
def test_a_named_problem_has_none(text: str) -> None:
    assert measure_message(text, language="pl").negative == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("churn", "w takim razie przechodzę do konkurencji"),
        ("legal", "przekażę to mojemu prawnikowi"),
        ("safety", "z gniazdka leci dym"),
    ],
)
def test_word_lists(name: str, text: str) -> None:
    assert name in measure_message(text, language="pl").lists


def test_a_reply_that_gave_up_and_one_that_did_not() -> None:
    assert measure_reply("Niestety nie mam takich informacji.", language="pl").failed
    assert not measure_reply("Paczka będzie u Pana jutro między 9 a 12.", language="pl").failed
