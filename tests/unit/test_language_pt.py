import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Isso eu não consigo mudar. Quer falar com um atendente?", language="pt")


@pytest.mark.parametrize(
    "text",
    [
        "me passa pra um atendente pfv",
        "Gostava de falar com alguém do apoio ao cliente",
        "podem ligar-me amanhã de manhã?",
        "tem alguém aí que possa me ajudar?",
        "chega de robô, quero um humano",
        "desliga o bot",
        "atendente",
        "isso não resolve me transfere para o supervisor",
        "quero ser atendida por uma pessoa",
        "já expliquei tudo, agora quero é uma pessoa",
        "se ninguém me ligar hoje cancelo tudo",
        "me deixa falar com o encarregado",
        "prefiro resolver isso com uma pessoa",
        "quero reclamar e falar com o encarregado da loja",
        "por que não me passam pra um atendente?",
        "não tem ninguém aí pra falar comigo não?",
        "liguem pro meu marido, ele é o titular",
    ],
)
def test_a_portuguese_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="pt").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "não precisa me transferir",
        "dá para resolver sem falar com um assistente?",
        "você é uma pessoa de verdade?",
        "o atendente disse que estava tudo certo",
        "a gente comprou duas cadeiras",
        "outra pessoa pode assinar a entrega?",
        "posso transferir a linha para outra pessoa?",
        "o técnico já veio e trocou o modem",
        "a moça passa-me a fatura, obrigado",
        "prefiro resolver isso pelo site",
    ],
)
def test_portuguese_refusals_and_traps_ask_for_nobody(text: str) -> None:
    assert measure_message(text, language="pt").asks_human is None


@pytest.mark.parametrize(
    "text", ["sim, se faz favor", "pode ser", "quero sim", "por que não", "não seria mau", "não tenho outro jeito"]
)
def test_a_portuguese_yes_takes_up_the_offer(text: str) -> None:
    assert measure_message(text, language="pt", previous=OFFER).asks_human


def test_a_portuguese_no_declines_the_offer() -> None:
    assert measure_message("agora não, qual é o horário?", language="pt", previous=OFFER).asks_human is None


@pytest.mark.parametrize(
    "text",
    [
        "É a terceira vez que explico isto",
        "estou esperando há duas horas e ninguém responde",
        "não foi isso que perguntei",
        "que vergonha de empresa",
        "continuo sem resposta",
    ],
)
def test_portuguese_displeasure_is_felt(text: str) -> None:
    assert measure_message(text, language="pt").negative > 0


@pytest.mark.parametrize(
    "text",
    [
        "ainda não escolhi o tamanho",
        "quebrei a caneca, vocês têm outra igual?",
        "pode enviar a fatura de novo?",
        "desculpa, mais uma pergunta",
    ],
)
def test_neutral_portuguese_words_are_no_displeasure(text: str) -> None:
    assert measure_message(text, language="pt").negative == 0


def test_portuguese_replies_that_fail_are_told_from_those_that_help() -> None:
    assert measure_reply("Desculpe, não entendi a sua pergunta.", language="pt").failed
    assert not measure_reply("Você não pode ser cobrado duas vezes.", language="pt").failed
