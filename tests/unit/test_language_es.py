import pytest

from bridge.domain.signals import measure_message, measure_reply

OFFER = measure_reply("Eso no lo puedo cambiar. ¿Quieres que te pase con un compañero?", language="es")


@pytest.mark.parametrize(
    "text",
    [
        "¿Me pasas con alguien que sepa de facturas?",
        "comuniqueme con un asesor xfa",
        "necesito que me llame una persona, no un robot",
        "quita el bot y ponme con un humano",
        "¿no hay nadie que me pueda atender?",
        "humano porfa",
        "che, ¿podés derivarme con un representante?",
        "esto no sirve quiero hablar con tu supervisor",
        "si nadie me llama hoy, me doy de baja",
        "hasta que no hable con una persona no pago",
        "¿tienen gente o son todo robots?",
        "antes de firmar me gustaría hablar con alguien",
        "¿por qué no me pasas con un humano?",
        "puedo hablar con un agente de mi factura",
        "tengo que hablar con alguien hoy mismo",
        "quiero a otra persona",
        "que llamen a mi mujer",
        "el taller por favor",
    ],
)
def test_a_spanish_request_for_a_person_is_seen(text: str) -> None:
    assert measure_message(text, language="es").asks_human


@pytest.mark.parametrize(
    "text",
    [
        "no hace falta que me pases con un agente",
        "prefiero resolverlo sin hablar con nadie",
        "¿eres una persona o un bot?",
        "un asesor me dijo ayer que ya estaba hecho",
        "somos cuatro personas y un perro",
        "¿puede firmar otra persona la entrega?",
        "quiero transferir la línea a otra persona",
        "¿hay alguien que haya probado este modelo?",
        "el taller me llamó para decir que ya está",
        "no me gusta que me llamen, mándame un sms",
    ],
)
def test_spanish_refusals_and_traps_ask_for_nobody(text: str) -> None:
    assert measure_message(text, language="es").asks_human is None


@pytest.mark.parametrize(
    "text", ["sí, por favor", "dale", "me harías un favor", "por qué no", "no estaría mal", "qué remedio"]
)
def test_a_spanish_yes_takes_up_the_offer(text: str) -> None:
    assert measure_message(text, language="es", previous=OFFER).asks_human


def test_a_spanish_no_declines_the_offer() -> None:
    assert measure_message("mejor no, dime el horario", language="es", previous=OFFER).asks_human is None


@pytest.mark.parametrize(
    "text",
    [
        "Es la tercera vez que lo explico",
        "llevo dos horas esperando y nadie contesta",
        "no es lo que pregunté",
        "vaya vergüenza de empresa",
        "sigo sin noticias de mi reembolso",
    ],
)
def test_spanish_displeasure_is_felt(text: str) -> None:
    assert measure_message(text, language="es").negative > 0


@pytest.mark.parametrize(
    "text",
    [
        "todavía no he decidido la talla",
        "se me rompió la taza, ¿tenéis otra igual?",
        "¿puedo pagar en tres veces?",
        "perdona, otra pregunta",
    ],
)
def test_neutral_spanish_words_are_no_displeasure(text: str) -> None:
    assert measure_message(text, language="es").negative == 0


def test_spanish_replies_that_fail_are_told_from_those_that_help() -> None:
    assert measure_reply("No he entendido tu pregunta, ¿la puedes reformular?", language="es").failed
    assert not measure_reply("No se te puede cobrar dos veces.", language="es").failed
