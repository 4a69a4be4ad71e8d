"""HTML as a reader sees it."""

from html.parser import HTMLParser

UNSEEN = {"head", "style", "script"}
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Keeps the visible text, the links and every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not UNSEEN.intersection(self._open):
            self.seen.append(data)

    @property
    def words(self) -> list[str]:
        """What is read, word by word."""
        return " ".join(self.seen).split()

    @property
    def root(self) -> dict[str, str | None]:
        """The attributes of the page itself."""
        return next(attributes for tag, attributes in self.elements if tag == "html")


def words_of(text: str) -> list[str]:
    """The words of a letter's text part, without what only text needs: addresses of links, the line above the end."""
    return [word for word in text.split() if word != "--" and not word.startswith("https://")]
