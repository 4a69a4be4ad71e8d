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
        "Jeżeli do wieczora nikt nie zadzwoni, rozwiązuję umowę",
        "Dopóki nie odezwie się człowiek, nic więcej nie powiem",
        "Czy jest możliwość rozmowy z konsultantem?",
        "Chciałabym zostać przełączona do konsultanta.",
        "Miło by było, gdyby ktoś oddzwonił",
        "Proszę o odpowiedź pracownika.",
        "To dla mnie za ważne, żeby rozmawiać z automatem",
        "Pana Kowalczyka poproszę",
        "Nie działa i nie wiem dlaczego, proszę mnie połączyć z konsultantem",
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
        "Czy może mi Pan pomóc zmienić hasło?",
        "Może mi ktoś powiedzieć, o której jest autobus?",
        "Wreszcie z kimś porozmawiałem, wszystko jasne",
        "Czy każdy może korzystać z basenu?",
        "Wolę rozmawiać z tobą niż z człowiekiem",
        "u mnie klapka jest szara, to to samo?",
    ],
)
def test_a_refusal_or_a_look_alike_is_no_request(text: str) -> None:
    assert measure_message(text, language="pl").asks_human is None


@pytest.mark.parametrize(
    "text",
    [
        *("poproszę", "jak najbardziej", "byłoby miło", "tak, po osiemnastej"),
        *("czemu nie", "nie zaszkodzi", "nie mam nic przeciwko", "im szybciej tym lepiej"),
        *("skoro trzeba", "o każdej porze", "najwyższa pora", "rano lepiej, numer macie w koncie"),
    ],
)
def test_an_offer_is_taken_up(text: str) -> None:
    assert OFFER.offers_human
    assert measure_message(text, language="pl", previous=OFFER).asks_human


@pytest.mark.parametrize(
    "text",
    ["nie, dziękuję, już sobie poradzę", "jak to działa?", "ta odpowiedź mi wystarczy", "nie mam dziś czasu"],
)
def test_an_offer_is_declined(text: str) -> None:
    assert measure_message(text, language="pl", previous=OFFER).asks_human is None


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
