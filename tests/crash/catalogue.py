"""The catalogue of reliability: what is done to the product, what must come of it, and which tests do it.

`docs/reliability.md` shows the same table; `test_catalogue.py` holds the two together, and each test to its existence.
"""

from dataclasses import dataclass
from typing import Final

STORM = "tests/crash/test_storm.py::test_r01_r02_a_storm_of_kills_leaves_one_ticket_and_one_promise_for_each_session"
DISKS = "tests/crash/test_disks.py"
AT_ONCE = "tests/integration/test_turns_at_once.py"
DESKS = "tests/integration/test_desk_failures.py"
CRM = "tests/integration/test_crm_failures.py"
LATENESS = "tests/integration/test_lateness.py"
CONCURRENCY = "tests/integration/test_concurrency.py"
MANY = "tests/integration/test_many_sessions.py"
REST = "tests/wordpress/test_rest.py"
KEPT = "tests/wordpress/test_kept.py"
STORY = "tests/wordpress/test_story.py"
TOGETHER = "tests/crash/test_together.py"
UPGRADE = "tests/crash/test_upgrade.py"
SUMMARY = "tests/integration/test_polished_summary.py"
RESTORE = "tests/crash/test_restore.py"


@dataclass(frozen=True)
class Entry:
    """One case. `missing` says in plain words what of it nothing shows yet."""

    id: str
    done: str
    outcome: str
    tests: tuple[str, ...] = ()
    missing: str = ""

    @property
    def row(self) -> str:
        """The case in the table of the documentation."""
        outcome = f"{self.outcome} *Not shown:* {self.missing}" if self.missing else self.outcome
        named = "<br>".join(f"`{file}`" for file in dict.fromkeys(self.files)) or "-"
        return f"| {self.id} | {self.done} | {outcome} | {named} |"

    @property
    def files(self) -> tuple[str, ...]:
        """Where its tests stand."""
        return tuple(test.partition("::")[0] for test in self.tests)


CATALOGUE: Final = (
    Entry(
        "R01",
        "`kill -9` of a random worker of the sidecar, 0.25 to 0.7 s apart, while sessions escalate; the helpdesk loses "
        "a tenth of its answers after acting, answers a tenth with 500 and a twentieth late",
        "Nothing lost, nothing doubled, a promise for each session.",
        (STORM,),
    ),
    Entry(
        "R02",
        "The same, and a scheduler is killed every other time",
        "The same. What the dead held waits until their lease has run out, one minute; then all is sent within 30 s.",
        (STORM, "tests/crash/test_kill.py::test_a_storm_of_kills_loses_nothing_and_doubles_nothing"),
    ),
    Entry(
        "R03",
        "A process dies at exactly its n-th `fdatasync`, `connect`, `sendto` or `recvfrom`, n from 1 to 12: the "
        "sidecar while it takes turns, the scheduler while it sends",
        "Nothing lost, nothing doubled at any point; a plain start is all that it takes.",
        ("tests/crash/test_sweep.py::test_r03_a_process_that_dies_at_any_system_call_goes_on_after_a_plain_start",),
    ),
    Entry(
        "R04",
        "The power goes at a random moment while sessions escalate over HTTP (ext4 in a file, copied at that moment)",
        "Every turn that was answered with 2xx is on the disk, the database is sound, each ticket is made once.",
        (
            f"{DISKS}::test_r04_after_a_power_cut_everything_is_there_that_was_acknowledged",
            f"{DISKS}::test_a_power_cut_of_ours_does_lose_what_nobody_synced",
        ),
    ),
    Entry(
        "R05",
        "A disk of 2 MB fills up while sessions escalate",
        "503 `store-unavailable`, never a 2xx without its row; works again without a restart as soon as there is room. "
        "WordPress shows how else the team is reached.",
        (
            f"{DISKS}::test_r05_a_full_disk_is_a_503_until_there_is_room_and_no_answer_without_its_row",
            f"{STORY}::test_without_its_sidecar_the_chat_offers_the_contact_form_and_no_bot",
        ),
    ),
    Entry(
        "R06",
        "Every `fdatasync` fails with EIO, then none does",
        "As R05, and `/readyz` is red meanwhile.",
        (f"{DISKS}::test_r06_a_disk_that_refuses_to_sync_is_a_503_and_a_red_probe_until_it_does",),
    ),
    Entry(
        "R07",
        "The helpdesk answers 429 with `Retry-After`, then 500, then is down for ten minutes",
        "It is asked again when it said, one ticket each, with the time of the decision; a turn takes less than 300 ms "
        "all along.",
        (f"{DESKS}::test_r07_throttled_failing_and_down_means_one_ticket_with_the_time_of_the_decision",),
    ),
    Entry(
        "R08",
        "Three tenths of the helpdesk's answers are lost after it has acted, each helpdesk in turn",
        "Nothing lost, nothing doubled.",
        (f"{DESKS}::test_r08_thirty_percent_of_the_answers_lost_leave_one_ticket_each",),
    ),
    Entry(
        "R09",
        "The helpdesk is away for 14 hours",
        "The team has its mail before the promise is due; after a quarter of an hour an alarm stands; all that waits "
        "is listed with its error, and delivered later, once.",
        (f"{DESKS}::test_r09_away_for_fourteen_hours_keeps_nobody_from_being_told_and_all_arrives_once",),
    ),
    Entry(
        "R10",
        "The helpdesk answers one packet with 422 for ever",
        "Parked at once with its error, and an alarm stands; all others are sent; `bridge outbox retry` sends it once "
        "the cause is gone.",
        (f"{DESKS}::test_r10_a_packet_that_the_helpdesk_never_takes_is_parked_and_harms_no_other",),
    ),
    Entry(
        "R11",
        "The CRM refuses, hangs, answers 500, HTML, `{}`, other types, 10 MB, 404",
        "The highest tier, assumed, and one line in the log with the cause, within the budget of a session start; who "
        "is not found has the default tier.",
        (
            f"{CRM}::test_r11_an_unusable_answer_means_the_highest_tier_and_one_line_with_the_cause",
            f"{CRM}::test_a_connection_that_is_refused_is_a_failure",
            f"{CRM}::test_a_crm_that_takes_five_seconds_is_not_waited_for",
            f"{CRM}::test_a_customer_whom_the_crm_does_not_know_has_the_default_tier",
        ),
    ),
    Entry(
        "R12",
        "The CRM answers after the escalation",
        "The decision and its tier stand; what the CRM said joins the ticket, once. After ten seconds no answer is "
        "waited for.",
        (f"{CRM}::test_r12_what_the_crm_says_too_late_joins_the_ticket_once_and_the_decision_stands",),
    ),
    Entry(
        "R13",
        "One turn twenty times at once; then its id with another text",
        "One effect and twenty equal answers, each signed for its own call; then 409 `turn-contradicted`, no effect.",
        (f"{AT_ONCE}::test_r13_one_turn_twenty_times_at_once_is_one_effect_and_twenty_equal_answers",),
    ),
    Entry(
        "R14",
        "Eight turns of one session at once, each of which would escalate",
        "One escalation, one ticket, eight times waiting; the seven others join the ticket.",
        (
            f"{AT_ONCE}::test_r14_eight_turns_at_once_that_would_escalate_are_one_escalation",
            f"{CONCURRENCY}::test_four_turns_at_once_in_each_of_200_sessions_are_200_escalations_and_200_tickets",
        ),
    ),
    Entry(
        "R15",
        "Turns with gaps, out of order, late, and repeated after the lock",
        "The lock holds; the transcript stands in the order in which turns were accepted; each late turn is one note "
        "in the ticket.",
        (f"{AT_ONCE}::test_r15_late_turns_leave_the_lock_and_join_the_ticket_once_each",),
    ),
    Entry(
        "R16",
        "10,000 promises that broke while nothing ran",
        "The highest tier first, the oldest first within it; no turn of a visitor takes half a second meanwhile.",
        (
            "tests/integration/test_flood.py::test_r16_no_live_turn_waits_half_a_second_while_a_flood_is_worked_off",
            f"{LATENESS}::test_r16_the_oldest_of_the_highest_tier_goes_first_and_who_waits_longest_within_it",
        ),
    ),
    Entry(
        "R17",
        "A turn among 20,000 stored sessions; `make bench`: among 100,000",
        "At most 1.5 times what it cost among few (`make bench`: 1.05); memory stays flat. While 20,000 sessions are "
        "purged no turn takes 200 ms.",
        (
            f"{MANY}::test_r17_a_turn_costs_the_same_among_many_sessions_as_among_few",
            "tests/integration/test_privacy.py::test_r17_a_turn_is_answered_in_time_while_20_000_sessions_are_purged",
        ),
    ),
    Entry(
        "R18",
        "Four workers and two schedulers on one database",
        "Every ticket, mail and follow-up once; no thread of a scheduler dies.",
        (
            f"{TOGETHER}::test_r18_four_workers_and_two_schedulers_on_one_database_do_everything_once",
            f"{CONCURRENCY}::test_two_schedulers_and_one_that_is_killed_do_each_follow_up_once",
            "tests/crash/test_many_machines.py::test_two_of_six_processes_die_and_every_visitor_has_one_ticket",
        ),
    ),
    Entry(
        "R19",
        "Nothing runs over the due time: for a second, three hours, three days",
        "Done on return and told as late; the broken promise raises an alarm, and the customer has a new one.",
        (f"{LATENESS}::test_r19_a_promise_that_fell_due_while_nothing_ran_is_answered_for_on_return_once",),
    ),
    Entry(
        "R20",
        "SIGHUP and SIGTERM while visitors write",
        "What was in flight is answered, or its repeat is; every acknowledged turn is there; each process ends with 0.",
        (f"{TOGETHER}::test_r20_neither_sigterm_nor_sighup_under_load_loses_an_acknowledged_turn",),
    ),
    Entry(
        "R21",
        "The sidecar is away, WordPress is there",
        "The page works; a handed-over visitor keeps the promise, anybody else gets the contact form; no bot speaks. "
        "What is sent meanwhile is kept in WordPress and handed over later: once, in order, with its time, whoever "
        "dies.",
        (
            f"{KEPT}::test_r21_what_two_visitors_sent_while_the_sidecar_was_away_is_handed_over_once_in_order_with_its_times",
            f"{KEPT}::test_r21_php_that_dies_before_or_after_any_call_loses_nothing_and_sends_nothing_twice",
            f"{KEPT}::test_r21_requests_that_hand_over_at_once_do_it_once_and_in_order",
            f"{KEPT}::test_r21_the_owner_gets_one_mail_an_outage_that_says_how_many_wait_and_no_visitors_word",
            f"{REST}::test_a_locked_conversation_keeps_its_waiting_text_while_the_sidecar_is_down",
            f"{REST}::test_without_the_sidecar_no_bot_answers_an_unlocked_conversation",
            f"{STORY}::test_without_its_sidecar_the_chat_offers_the_contact_form_and_no_bot",
        ),
    ),
    Entry(
        "R22",
        "A state machine of 10,000 random steps: processes die at commits and in calls, systems fail in every way, the "
        "clock jumps",
        "I1 to I8 hold after each story.",
        ("tests/property/test_faults_machine.py::test_r22_whatever_dies_or_fails_at_any_step_the_invariants_hold",),
    ),
    Entry(
        "R23",
        "An upgrade with 50 rows waiting; machines of two releases beside each other; then a downgrade",
        "All sent once; the release before serves meanwhile; the downgrade is refused in one sentence.",
        (
            f"{UPGRADE}::test_r23_what_was_pending_before_the_upgrade_is_sent_once_after_it",
            (
                f"{UPGRADE}::test_r23_a_machine_of_the_release_before_serves_while_the_others_are_upgraded_and_a_downgrade"
                "_is_refused"
            ),
        ),
    ),
    Entry(
        "R24",
        "The database is restored from a copy that is an hour old",
        "No ticket is made again that the helpdesk has: it is looked up first. A mail that the copy has as not sent "
        "goes out once more, with the same Message-ID.",
        (
            f"{RESTORE}::test_r24_a_ticket_that_the_desk_has_is_not_made_again_after_a_restore",
            f"{RESTORE}::test_r24_a_look_up_that_fails_after_a_restore_makes_no_ticket_and_is_made_again",
            f"{RESTORE}::test_r24_zendesk_is_asked_for_a_ticket_whose_key_it_has_forgotten",
        ),
    ),
    Entry(
        "R25",
        "The model that writes the summary is down, slow, answers a megabyte, or is talked into something",
        "The packet goes out at the same decision with the sentence that rules make; no model is asked at a decision.",
        (
            f"{SUMMARY}::test_r25_with_a_model_that_is_down_slow_or_odd_the_rules_sentence_goes_out",
            f"{SUMMARY}::test_r25_while_the_model_has_not_answered_nobody_waits_for_its_sentence",
        ),
    ),
)
