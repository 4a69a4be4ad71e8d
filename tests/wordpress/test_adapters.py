"""Beside other chat plugins: look-alikes that call the hooks of the real ones. The gate stands before the model, and
after the lock no bot speaks."""

import html
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from installation import Installation
from loopback import direct_session
from pairing import php_sees
from team import A_PERSON, clear_the_desk, policy_with, team_of
from test_rest import SETTINGS_PAGE, save_settings
from visiting import TUESDAY_MORNING
from visitor import without_sidecar
from wordpress_site import Site

pytestmark = pytest.mark.wordpress

LOOKALIKES = Path(__file__).parent / "lookalikes"
MAYA = {"id": "wp-7", "name": "Maya Okafor"}
PROMISE = re.compile(r"A support agent will contact you before 2:\d\d PM EST today, Tuesday, November 3\.")
UNSURE = "I'm sorry, I do not know."
OFFLINE = "We cannot reach our chat right now."
MARKUP = 'Enter <your number>, 5 < 6 & "7": <img src=x onerror=alert(1)> &lt;b&gt; [https://a.test/%20" onclick="x()]'
STUCK = ("rules:\n", "rules:\n  - {name: stuck, when: bot_stuck, priority: normal}\n")
STUCK_IN_OWN_WORDS = (
    "rules:\n",
    f"messages: {json.dumps({'en': {'own': MARKUP + ' before {due}'}})}\n{STUCK[1]}".replace(
        "normal}", "normal, message: own}"
    ),
)


@pytest.fixture(scope="module")
def whole(wp_core: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A site on which three chat plugins run, which nobody has. It is Tuesday morning."""
    with Installation(wp_core, tmp_path_factory.mktemp("adapters")).running() as installed:
        for plugin in sorted(LOOKALIKES.iterdir()):
            installed.site.install_plugin(plugin)
        installed.move_clock_to(TUESDAY_MORNING)
        installed.site.snapshot()
        yield installed


@pytest.fixture
def shop(whole: Installation) -> Iterator[Installation]:
    yield whole
    assert whole.site.debug_log("escalation-bridge") == []
    whole.site.reset()
    clear_the_desk(whole)


@dataclass
class Window:
    """The browser's side of a foreign chat: `says` gives what the visitor reads."""

    http: requests.Session
    send: Callable[["Window", str, bool], requests.Response]
    chat: str

    def says(self, text: str) -> str:
        answer = self.send(self, text, False).json()
        return str(answer.get("reply") or answer.get("text") or answer.get("message"))

    def stream(self, text: str) -> requests.Response:
        return self.send(self, text, True)


def ai_engine(site: Site, http: requests.Session, bot: str = "default") -> Window:
    nonce = http.headers.get("X-WP-Nonce") or site.php_eval("echo wp_create_nonce( 'wp_rest' );")

    def send(window: Window, text: str, stream: bool) -> requests.Response:
        body = {"botId": bot, "chatId": window.chat, "newMessage": text, "stream": stream, "session": "a-name-of-mine"}
        where = site.rest("mwai-ui/v1/chats/submit")
        return window.http.post(where, json=body, headers={"X-WP-Nonce": str(nonce)}, timeout=30)

    return Window(http, send, secrets.token_hex(4))


def mxchat(site: Site, http: requests.Session) -> Window:
    def send(window: Window, text: str, stream: bool) -> requests.Response:
        action = "mxchat_stream_chat" if stream else "mxchat_handle_chat_request"
        form = {"action": action, "session_id": window.chat, "message": text}
        return window.http.post(f"{site.url}/wp-admin/admin-ajax.php", data=form, timeout=30)

    return Window(http, send, f"mxchat_chat_{secrets.token_hex(5)}")


def mxchat_3_2_19(site: Site, http: requests.Session) -> Window:
    """Since then it has its history in a table alone."""
    site.set_option("lookalike_version", "3.2.19")
    return mxchat(site, http)


@pytest.fixture(params=[ai_engine, mxchat, mxchat_3_2_19], ids=["ai-engine", "mxchat", "mxchat-3.2.19"])
def window(request: pytest.FixtureRequest, shop: Installation) -> Iterator[Window]:
    """A guest's."""
    with direct_session() as http:
        yield request.param(shop.site, http)


only_mxchat = pytest.mark.parametrize("window", [mxchat, mxchat_3_2_19], ids=["mxchat", "mxchat-3.2.19"], indirect=True)
until_mxchat_3_2_18 = pytest.mark.parametrize("window", [mxchat], ids=["mxchat"], indirect=True)


def asked(shop: Installation) -> list[str]:
    """What the models were asked."""
    found: list[str] = shop.site.option("lookalike_asked") or []
    return found


def conversation(shop: Installation) -> list[tuple[str, str, bool]]:
    """Of the newest escalation: who said what, and whether the visitor saw it."""
    team = team_of(shop)
    talk = team.read(team.list()[0]["id"])["conversation"]
    return [(line["who"], line["text"], line["shown"]) for line in talk if line["who"] in {"visitor", "bot"}]


def test_the_gate_stands_before_the_model_and_after_the_lock_no_bot_speaks(shop: Installation, window: Window) -> None:
    assert window.says('Where\'s "my" parcel?') == 'The model says: Where\'s "my" parcel?'
    assert PROMISE.match(window.says(A_PERSON))
    assert "was added to your request" in window.says("Are you there?")
    assert asked(shop) == ['Where\'s "my" parcel?']
    assert conversation(shop) == [
        ("visitor", 'Where\'s "my" parcel?', True),
        ("bot", 'The model says: Where\'s "my" parcel?', True),
        ("visitor", A_PERSON, True),
        ("visitor", "Are you there?", True),
    ]


def test_a_stream_is_mute_after_the_lock(shop: Installation, window: Window) -> None:
    spoken = window.stream("Where is my parcel?")
    assert spoken.headers["Content-Type"].startswith("text/event-stream")
    assert "parcel?" in spoken.text
    window.stream(A_PERSON)
    for _ in range(3):
        silent = window.stream("And now?")
        assert silent.headers["Content-Type"].startswith("application/json")
        assert "The model" not in silent.text
        assert "was added to your request" in silent.text
    assert asked(shop) == ["Where is my parcel?"]


def test_a_reply_that_leads_to_a_person_is_not_shown(shop: Installation, window: Window) -> None:
    shop.site.set_option("lookalike_replies", json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    with policy_with(shop, *STUCK):
        assert window.says("First?") == UNSURE
        assert PROMISE.match(window.says("Second?"))
    assert conversation(shop) == [
        ("visitor", "First?", True),
        ("bot", UNSURE, True),
        ("visitor", "Second?", True),
        ("bot", UNSURE, False),
    ]


@only_mxchat
@pytest.mark.parametrize("way", ["plain", "streamed", "action"])
def test_what_mxchats_transcripts_hold_is_what_the_visitor_read(shop: Installation, window: Window, way: str) -> None:
    replies = "lookalike_actions" if way == "action" else "lookalike_replies"
    shop.site.set_option(replies, json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    with policy_with(shop, *STUCK_IN_OWN_WORDS):
        for text in ("First?", "Second?", "Are you 100 % there?"):
            window.send(window, text, way != "plain")
    *_, unsure, second, promise, added = in_the_transcripts(shop, window)
    assert [unsure, second] == [("bot", UNSURE), ("user", "Second?")]
    assert promise[1].startswith(f"{MARKUP} before 2:")
    assert "was added to your request" in added[1]
    if shop.site.option("lookalike_version"):
        assert not shop.site.option(f"mxchat_history_{window.chat}"), "nobody would erase it"


def test_a_reply_is_judged_whatever_the_visitor_calls_the_chat(shop: Installation, window: Window) -> None:
    window.chat = f"it's 50 % mine, \\ {secrets.token_hex(4)}"
    shop.site.set_option("lookalike_replies", json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    with policy_with(shop, *STUCK):
        assert window.says("First?") == UNSURE
        assert PROMISE.match(window.says("Second?"))


def test_a_streamed_reply_that_leads_to_a_person_is_replaced_at_its_end(shop: Installation, window: Window) -> None:
    shop.site.set_option("lookalike_replies", json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    with policy_with(shop, *STUCK):
        assert read_at_the_end(window.stream("First?")).strip() == UNSURE
        withheld = window.stream("Second?")
    assert withheld.headers["Content-Type"].startswith("text/event-stream")
    assert "sorry" in withheld.text
    assert PROMISE.match(read_at_the_end(withheld))
    assert conversation(shop)[-1] == ("bot", UNSURE, False)


def read_at_the_end(stream: requests.Response) -> str:
    """What stands in the window: each piece is added, a whole text takes the place of what was there."""
    shown = ""
    for line in stream.text.split("\n\n"):
        data = line.removeprefix("data: ")
        if data == "[DONE]":
            break
        told = json.loads(data or "{}")
        if "testing_data" in told:
            continue
        whole = told.get("text") or (json.loads(told["data"])["reply"] if told.get("type") == "end" else "")
        piece = told.get("content") or (told.get("data", "") if told.get("type") == "live" else "")
        shown = whole or shown + piece
    return shown


def in_markup(written: str) -> str:
    """What is read where a window writes this as HTML: nothing in it may be taken for a tag or end an attribute."""
    assert not re.search('[<>"]', written)
    return html.unescape(written)


def on_the_next_page(shop: Installation, window: Window) -> list[tuple[str, str]]:
    """Who said what, as MxChat's window shows what is stored: it decodes that once, and writes it as HTML."""
    stored = shop.site.php_eval("echo wp_json_encode( lookalike_mxchat_history( $chat ) );", chat=window.chat)
    return [(line["role"], in_markup(html.unescape(line["content"]))) for line in json.loads(stored)]


def in_the_transcripts(shop: Installation, window: Window) -> list[tuple[str, str]]:
    """Who said what, as wp-admin shows it."""
    stored = shop.site.php_eval("echo wp_json_encode( lookalike_mxchat_transcript( $chat ) );", chat=window.chat)
    return [(line["role"], html.unescape(html.unescape(line["content"]))) for line in json.loads(stored)]


@only_mxchat
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streaming"])
def test_what_a_person_wrote_is_text_to_a_window_that_writes_html(
    shop: Installation, window: Window, stream: bool
) -> None:
    window.says(A_PERSON)
    team = team_of(shop)
    team.does("reply", team.list()[0]["id"], MAYA, text=MARKUP, reply_id="r1")
    read = in_markup(window.send(window, "Thank you", stream).json()["text"])
    assert read.startswith(f"Maya Okafor: {MARKUP}")
    assert on_the_next_page(shop, window)[-1] == ("bot", read)


@only_mxchat
@pytest.mark.parametrize("way", ["plain", "streamed", "refused", "action"])
def test_what_stands_in_place_of_a_reply_is_text_to_a_window_that_writes_html(
    shop: Installation, window: Window, way: str
) -> None:
    replies = "lookalike_actions" if way == "action" else "lookalike_replies"
    shop.site.set_option(replies, json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    shop.site.set_option("lookalike_refused", way == "refused")
    with policy_with(shop, *STUCK_IN_OWN_WORDS):
        window.send(window, "First?", way != "plain")
        answer = window.send(window, "Second?", way != "plain")
    read = in_markup(read_at_the_end(answer) if way in {"streamed", "refused"} else answer.json()["text"])
    assert read.startswith(f"{MARKUP} before 2:")
    if way != "refused" or not shop.site.option("lookalike_version"):  # of which 3.2.19 stores nothing
        assert on_the_next_page(shop, window)[-1] == ("bot", read)


@until_mxchat_3_2_18
def test_what_is_stored_again_in_one_request_is_escaped_no_more(shop: Installation, window: Window) -> None:
    window.says(A_PERSON)
    team = team_of(shop)
    team.does("reply", team.list()[0]["id"], MAYA, text=MARKUP, reply_id="r1")
    turn = """
        $said = apply_filters( 'mxchat_pre_process_message', 'Thank you', 'a-guest', $chat );
        lookalike_mxchat_store( $chat, 'bot', $said['text'] );
        update_option( $option, get_option( $option ), 'no' );
        update_option( $option, get_option( $option ), 'no' );
    """
    shop.site.php_eval(turn, chat=window.chat, option=f"mxchat_history_{window.chat}")
    *_, mine, answer = on_the_next_page(shop, window)
    assert mine == ("user", "Thank you")
    assert answer[1].startswith(f"Maya Okafor: {MARKUP}")


@until_mxchat_3_2_18
def test_a_reply_is_judged_where_the_provider_refused_the_stream(shop: Installation, window: Window) -> None:
    shop.site.set_option("lookalike_replies", json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    shop.site.set_option("lookalike_refused", True)
    with policy_with(shop, *STUCK):
        assert read_at_the_end(window.stream("First?")) == UNSURE
        withheld = window.stream("Second?")
    assert "I do not know" not in withheld.text
    assert withheld.text.startswith("data: ")
    promise = read_at_the_end(withheld)
    assert PROMISE.match(promise)
    assert conversation(shop) == [
        ("visitor", "First?", True),
        ("bot", UNSURE, True),
        ("visitor", "Second?", True),
        ("bot", UNSURE, False),
    ]
    assert on_the_next_page(shop, window) == [("user", "First?"), ("user", "Second?"), ("bot", promise)]


def test_an_administrator_too_reads_what_was_said_where_the_stream_was_refused(shop: Installation) -> None:
    shop.site.set_option("lookalike_refused", True)
    with shop.site.login() as http:
        assert read_at_the_end(mxchat(shop.site, http).stream("Hello")) == "The model says: Hello"


@only_mxchat
def test_an_action_that_answers_in_json_where_a_stream_was_asked_for_is_replaced_in_json(
    shop: Installation, window: Window
) -> None:
    shop.site.set_option("lookalike_actions", json.dumps(dict.fromkeys(("First?", "Second?"), UNSURE)))
    with policy_with(shop, *STUCK):
        assert window.stream("First?").json()["text"] == UNSURE
        withheld = window.stream("Second?")
    assert withheld.headers["Content-Type"].startswith("application/json")
    assert PROMISE.match(withheld.json()["text"])
    assert conversation(shop)[1:] == [("bot", UNSURE, True), ("visitor", "Second?", True), ("bot", UNSURE, False)]
    assert [who for who, _ in on_the_next_page(shop, window)] == ["user", "bot", "bot", "user", "bot"]


@until_mxchat_3_2_18
def test_what_a_guest_wrote_in_muted_turns_is_shown_on_the_next_page(shop: Installation, window: Window) -> None:
    odd = 'Where\'s "my" parcel, 5 < 6 & 7 \\ 8 &lt;img src=x onerror=alert(1)&gt;?'
    window.says("Hello")
    promise = window.says(A_PERSON)
    window.stream("Are you there?")
    added = window.says(odd)
    assert on_the_next_page(shop, window) == [
        ("user", "Hello"),
        ("bot", "The model says: Hello"),
        ("user", A_PERSON),
        ("bot", promise),
        ("user", "Are you there?"),
        ("bot", added),
        ("user", html.unescape(odd)),
        ("bot", added),
    ]


def test_what_a_person_answers_is_read_with_the_next_message_and_after_the_release_the_bot_answers(
    shop: Installation, window: Window
) -> None:
    window.says(A_PERSON)
    team = team_of(shop)
    one = team.list()[0]["id"]
    team.does("reply", one, MAYA, text="I can see both payments.", reply_id="r1")
    read = window.says("Thank you")
    assert read.startswith("Maya Okafor: I can see both payments.")
    assert (
        window.says("Anything else?")
        == "Your message was added to your request. Maya Okafor is looking at your request."
    )
    team.does("release", one, MAYA)
    assert window.says("Do you ship?") == "The model says: Do you ship?"


def test_an_address_that_is_typed_where_one_is_asked_for_is_how_the_team_reaches_the_guest(
    shop: Installation, window: Window
) -> None:
    assert "leave your e-mail address" in window.says(A_PERSON)
    assert "leave your e-mail address" not in window.says("Of course: guest@example.test.")
    assert team_of(shop).list()[0]["customer"]["email"] == "guest@example.test"


def test_an_address_that_is_typed_while_the_sidecar_is_away_is_kept_and_asks_for_a_person(
    shop: Installation, window: Window
) -> None:
    with without_sidecar(shop):
        assert window.says("Where is my parcel?").startswith(OFFLINE)
        assert window.says("guest@example.test").startswith("Thank you. Your message is kept")
    shop.site.php_eval("delete_transient( 'escbridge_breaker' ); EscalationBridge\\Outbox::deliver();")
    one = team_of(shop).list()[0]
    assert (one["customer"]["email"], one["rule"]) == ("guest@example.test", "explicit_request")
    said = [text for who, text, _ in conversation(shop) if who == "visitor"]
    assert said == ["Where is my parcel?", "guest@example.test", "Talk to a person"]


def test_without_the_sidecar_no_model_is_asked_and_the_message_is_kept(shop: Installation, window: Window) -> None:
    window.says("one")
    with without_sidecar(shop):
        assert window.says("two").startswith(OFFLINE)
    shop.site.php_eval("delete_transient( 'escbridge_breaker' );")
    assert PROMISE.match(window.says(A_PERSON))
    assert [text for who, text, _ in conversation(shop) if who == "visitor"] == ["one", "two", A_PERSON]
    assert asked(shop) == ["one"]


def test_whoever_is_logged_in_is_known_and_their_other_chats_are_mute_too(shop: Installation) -> None:
    shop.site.add_user("berta", "berta-pass", email="berta@example.test")
    with shop.site.login("berta", "berta-pass") as http:
        one, other = ai_engine(shop.site, http), mxchat(shop.site, http)
        other.says("Hello")
        one.says(A_PERSON)
        assert "was added to your request" in other.says("Hello?")
    team = team_of(shop)
    customer = team.read(team.list()[0]["id"])["packet"]["customer"]
    assert (customer["identity"], customer["email"]) == ("verified", "berta@example.test")


def test_ai_engine_keeps_one_conversation_for_a_browser_that_has_no_cookie_yet(shop: Installation) -> None:
    with direct_session() as http:
        window = ai_engine(shop.site, http)
        window.says("one")
        window.says("two")
        window.says(A_PERSON)
    assert [text for who, text, _ in conversation(shop) if who == "visitor"] == ["one", "two", A_PERSON]


def test_ai_engine_keeps_the_cookie_of_the_first_message_where_a_second_one_comes_meanwhile(shop: Installation) -> None:
    """A new guest's window asks for two at once, and sends with the first."""
    with direct_session() as http, direct_session() as later:
        window = ai_engine(shop.site, http)
        window.says("one")
        first = http.cookies["mwai_session_id"]
        ai_engine(shop.site, later).says("Which cookie is mine?")
        http.cookies.clear()
        http.cookies.update(later.cookies)
        http.headers["Cookie"] = f"mwai_session_id={first}"  # the one it was sent with
        window.says("two")
        del http.headers["Cookie"]
        assert http.cookies["mwai_session_id"] == first
        window.says(A_PERSON)
    assert [text for who, text, _ in conversation(shop) if who == "visitor"] == ["one", "two", A_PERSON]


def test_ai_engine_gets_no_cookie_back_that_it_has_refused(shop: Installation) -> None:
    with direct_session() as http:
        window = ai_engine(shop.site, http)
        http.headers["Cookie"] = "mwai_session_id=6621f804ceac4"  # unsigned, as before 3.6.4
        window.says("one")
        del http.headers["Cookie"]
        window.says(A_PERSON)
    assert [text for who, text, _ in conversation(shop) if who == "visitor"] == ["one", A_PERSON]


def test_ai_engine_is_mute_where_the_cookie_of_a_locked_chat_is_another_one(shop: Installation) -> None:
    with direct_session() as http:
        window = ai_engine(shop.site, http)
        assert PROMISE.match(window.says(A_PERSON))
        http.cookies.clear()
        assert window.says("And now?") == "A person from our team is taking over and will answer you."
    assert asked(shop) == []


def test_ai_engine_keeps_what_is_typed_under_another_cookie_while_the_sidecar_is_away(shop: Installation) -> None:
    with direct_session() as http:
        window = ai_engine(shop.site, http)
        window.says("one")
        http.cookies.clear()
        with without_sidecar(shop):
            assert window.says("two").startswith(OFFLINE)
            assert window.says("late@example.test").startswith("Thank you. Your message is kept")
    kept = "echo implode( ' ', array_column( EscalationBridge\\Outbox::rows(), 'text' ) );"
    assert "two" in shop.site.php_eval(kept)
    assert asked(shop) == ["one"]


def test_ai_engine_shows_every_word_of_a_person_in_its_window_of_markdown(shop: Installation) -> None:
    written = "Use `a_b` <your number>, 2*3*4 & [x] &amp; https://a.test/a_b*c?x=1#y"
    marked = r"Use \`a\_b\` \<your number\>, 2\*3\*4 & \[x\] \&amp; https://a.test/a_b*c?x=1#y"
    with direct_session() as http:
        window = ai_engine(shop.site, http)
        window.says(A_PERSON)
        team = team_of(shop)
        team.does("reply", team.list()[0]["id"], MAYA, text=written, reply_id="r1")
        assert window.says("Thank you").startswith(f"Maya Okafor: {marked}\n")


def test_ai_engines_bots_for_pictures_fall_silent_by_the_second_fence(shop: Installation) -> None:
    with direct_session() as http:
        text = ai_engine(shop.site, http)
        pictures = ai_engine(shop.site, http, bot="pictures")
        pictures.chat = text.chat
        assert pictures.says("A cat") == "The model says: A cat"
        text.says(A_PERSON)
        refused = pictures.send(pictures, "A dog", False)
        assert (refused.status_code, "A person from our team" in refused.text) == (500, True)
    assert asked(shop) == ["A cat"]


def test_axiachat_is_observed(shop: Installation) -> None:
    chat = secrets.token_hex(8)
    with direct_session() as http:
        for text in ("Do you ship?", A_PERSON):
            form = {"action": "lookalike_axiachat", "session_id": chat, "message": text}
            told = http.post(f"{shop.site.url}/wp-admin/admin-ajax.php", data=form, timeout=30).json()
            assert "The model says" in told["data"]["message"], "it cannot be stopped"
    assert conversation(shop) == [
        ("visitor", "Do you ship?", True),
        ("bot", "The model says: Do you ship?", True),
        ("visitor", A_PERSON, True),
    ]


def test_the_settings_say_which_bots_were_found_and_what_they_can_feed_and_one_is_left_alone(
    shop: Installation, window: Window
) -> None:
    site = shop.site
    with site.login() as owner:
        page = owner.get(f"{site.url}/wp-admin/options-general.php?page=escalation-bridge", timeout=30).text
        for words in ("Watch AI Engine", "Watch MxChat", "Watch AxiaChat AI", "tells no confidence", "Observed only"):
            assert words in page
        nonce = page.split('name="_wpnonce" value="')[1].split('"')[0]
        form: dict[str, Any] = {
            "option_page": "escbridge",
            "action": "update",
            "_wpnonce": nonce,
            "_wp_http_referer": "/wp-admin/options-general.php?page=escalation-bridge",
            "escbridge_settings[watched][]": ["", "axiachat"],
        }
        saved = owner.post(f"{site.url}/wp-admin/options.php", data=form, timeout=30).text
    assert saved.count('value="ai-engine" checked') == saved.count('value="mxchat" checked') == 0
    assert window.says(A_PERSON) == f"The model says: {A_PERSON}"


@pytest.mark.parametrize(
    ("option", "set_to", "name"),
    [("mwai_options", {"botId": "default"}, "AI Engine"), ("mxchat_options", {"append_to_body": "on"}, "MxChat")],
)
def test_where_another_chat_has_a_window_on_every_page_ours_has_none_before_the_owner_chooses_so(
    shop: Installation, option: str, set_to: dict[str, str], name: str
) -> None:
    assert has_our_button(shop)
    shop.site.php_eval("update_option( $option, $set_to );", option=option, set_to=set_to)
    assert not has_our_button(shop)
    with shop.site.login() as owner:
        page = owner.get(f"{shop.site.url}/{SETTINGS_PAGE}", timeout=30).text
        assert f"{name} shows a window of its own on every page" in page
        assert re.search(r'value="shortcode"\s+checked', page)
        save_settings(shop.site, owner, "")  # with "On all pages"
    assert has_our_button(shop)


def has_our_button(shop: Installation) -> bool:
    """On the front page."""
    with direct_session() as http:
        return "launcher.js" in http.get(shop.site.url, timeout=30).text


def test_a_site_that_is_not_paired_leaves_every_bot_alone(shop: Installation) -> None:
    code = "echo has_filter( 'mwai_chatbot_takeover' ) || has_filter( 'pre_update_option' ) ? 'watched' : 'alone';"
    assert shop.site.php_eval(code) == "watched"
    with php_sees(shop.site, ESCBRIDGE_PAIRING=None):
        assert shop.site.php_eval(code) == "alone"
