"""The pages of a small shop, in the eight languages."""

from bridge.domain.passages import Page
from bridge.domain.relevance import pieces
from bridge.ports import Pages

PAGES: dict[str, dict[str, str]] = {
    "en": {
        "Shipping and delivery": (
            "# Delivery times\n\n"
            "We ship with DHL within Germany in 2 to 3 working days. "
            "Orders to Austria and Switzerland take 4 to 6 working days.\n\n"
            "# Shipping costs\n\n"
            "Shipping is free from 50 euros. Below that it costs 4.90 euros."
        ),
        "Returns and refunds": (
            "You can send back any item within 30 days. Print the return label from your account.\n\n"
            "We refund the money to the card that you paid with, within 5 working days after the parcel has arrived."
        ),
        "About us": (
            "We roast coffee in a small house in Berlin since 1987. Our shop is open Monday to Friday from 10 to 18."
        ),
        "Payment": (
            "We take Visa, Mastercard, PayPal and bank transfer. Companies may pay by invoice after their first order."
        ),
    },
    "de": {
        "Versand und Lieferung": (
            "# Lieferzeit\n\n"
            "Wir verschicken mit DHL innerhalb Deutschlands in 2 bis 3 Werktagen. "
            "Bestellungen nach Österreich und in die Schweiz brauchen 4 bis 6 Werktage.\n\n"
            "# Versandkosten\n\n"
            "Ab 50 Euro ist der Versand kostenlos. Darunter kostet er 4,90 Euro."
        ),
        "Rückgabe und Erstattung": (
            "Sie können jeden Artikel innerhalb von 30 Tagen zurückschicken. "
            "Drucken Sie das Rücksendeetikett in Ihrem Konto aus.\n\n"
            "Wir erstatten das Geld auf die Karte, mit der Sie bezahlt haben."
        ),
        "Über uns": (
            "Wir rösten seit 1987 Kaffee in einem kleinen Haus in Berlin. "
            "Unser Laden hat Montag bis Freitag von 10 bis 18 Uhr geöffnet. "
            "Öffnungszeiten an Feiertagen stehen an der Tür."
        ),
        "Zahlung": (
            "Wir nehmen Visa, Mastercard, PayPal und Überweisung. "
            "Firmen können nach der ersten Bestellung auf Rechnung zahlen."
        ),
    },
    "es": {
        "Envíos y entregas": (
            "Enviamos con Correos dentro de España en 2 o 3 días laborables. "
            "Los pedidos a Portugal tardan de 4 a 6 días.\n\n"
            "El envío es gratis a partir de 50 euros."
        ),
        "Devoluciones y reembolsos": (
            "Puede devolver cualquier artículo en un plazo de 30 días. "
            "Reembolsamos el dinero en la tarjeta con la que pagó."
        ),
        "Formas de pago": ("Aceptamos Visa, Mastercard, PayPal y transferencia bancaria."),
    },
    "pl": {
        "Wysyłka i dostawa": (
            "Wysyłamy kurierem DHL na terenie Polski w ciągu 2 do 3 dni roboczych. "
            "Zamówienia do Czech trwają od 4 do 6 dni.\n\n"
            "Dostawa jest bezpłatna od 200 złotych."
        ),
        "Zwroty i reklamacje": ("Towar można zwrócić w ciągu 30 dni. Pieniądze oddajemy na kartę, którą zapłacono."),
        "Płatności": ("Przyjmujemy Visa, Mastercard, BLIK i przelew."),
    },
    "fr": {
        "Livraison": (
            "Nous livrons avec Colissimo en France en 2 à 3 jours ouvrés. "
            "Les commandes vers la Belgique prennent 4 à 6 jours.\n\n"
            "La livraison est gratuite dès 50 euros."
        ),
        "Retours et remboursements": (
            "Vous pouvez retourner tout article sous 30 jours. Nous remboursons sur la carte utilisée pour le paiement."
        ),
        "Moyens de paiement": ("Nous acceptons Visa, Mastercard, PayPal et virement."),
    },
    "it": {
        "Spedizione e consegna": (
            "Spediamo con corriere in Italia in 2 o 3 giorni lavorativi. "
            "Gli ordini verso la Svizzera richiedono da 4 a 6 giorni.\n\n"
            "La spedizione è gratuita da 50 euro."
        ),
        "Resi e rimborsi": (
            "Può restituire ogni articolo entro 30 giorni. Rimborsiamo l'importo sulla carta usata per il pagamento."
        ),
        "Pagamenti": ("Accettiamo Visa, Mastercard, PayPal e bonifico."),
    },
    "nl": {
        "Verzending en levering": (
            "Wij verzenden met PostNL binnen Nederland in 2 tot 3 werkdagen. "
            "Bestellingen naar België duren 4 tot 6 werkdagen.\n\n"
            "Verzending is gratis vanaf 50 euro."
        ),
        "Retourneren en terugbetaling": (
            "U kunt elk artikel binnen 30 dagen retourneren. "
            "Wij betalen het geld terug op de kaart waarmee u hebt betaald."
        ),
        "Betalen": ("Wij accepteren iDEAL, Visa, Mastercard en PayPal."),
    },
    "pt": {
        "Envio e entrega": (
            "Enviamos com os CTT em Portugal em 2 a 3 dias úteis. As encomendas para Espanha demoram 4 a 6 dias.\n\n"
            "O envio é grátis a partir de 50 euros."
        ),
        "Devoluções e reembolsos": (
            "Pode devolver qualquer artigo no prazo de 30 dias. Reembolsamos o valor no cartão usado para o pagamento."
        ),
        "Pagamento": ("Aceitamos Visa, Mastercard, PayPal e transferência."),
    },
}
"""Title and text, by language."""


def fill(pages: Pages, site: str) -> None:
    """Put all of them."""
    for language, of_language in PAGES.items():
        for number, (title, text) in enumerate(of_language.items(), 1):
            name = f"{language}-{number}"
            url = f"https://shop.example/{language}/{number}/"
            pages.put(site, Page(name, "page", url, title, language, f"digest of {name}", 1), pieces(title, text))
