"""What `bridge doctor` looks at: the database, the scheduler, a site's work, and the systems that a site uses."""

from collections.abc import Callable

from bridge.domain.escalation import OutboxState
from bridge.domain.finding import Level
from bridge.domain.instants import SECOND
from bridge.domain.policy_check import check_policy
from bridge.domain.values import Millis
from bridge.ports import AdapterError, DatabaseFacts, Rejected, Site, WordPress
from bridge.service.context import Bridge
from bridge.service.diagnose import Result, green, red, yellow
from bridge.service.manage_policy import current_policy
from bridge.service.manage_sites import guessed_mailbox
from bridge.service.troubleshooting import ExternalSystem, cure
from bridge.service.watch_follow_ups import oldest_late
from bridge.service.watch_outbox import LATE_AFTER
from bridge.zone_data import PATH_VARIABLE, ZoneData

SKEW_WARNED_S, SKEW_REFUSED_S = 60.0, 300.0
"""Seconds by which two clocks may differ. Beyond the second, signed calls are refused."""
LITTLE_SPACE_BYTES, NO_SPACE_BYTES = 1_000_000_000, 100_000_000
"""Free bytes."""
NETWORK_FILE_SYSTEMS = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "lustre",
    "vboxsf",
    "prl_fs",
)
MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs")
OLDEST_POSTGRESQL = 13
MOST_COUNTED = 500
"""Rows that are counted one by one."""


# -- the database ------------------------------------------------------------------------------------------------------


def look_at_database(facts: DatabaseFacts, *, connections: int) -> list[Result]:
    """Whether what is written there stays there.

    Args:
        facts: what the database says of itself.
        connections: how many a sidecar and a scheduler with these settings may take.
    """
    if facts.kind == "sqlite":
        return [*_sqlite(facts), *_space(facts)]
    return [*_postgresql(facts, connections), *look_at_clock("the database server", facts.ahead)]


def _sqlite(facts: DatabaseFacts) -> list[Result]:
    system = facts.file_system
    if system in NETWORK_FILE_SYSTEMS or system.startswith("fuse"):
        do = "put the file on a disk of this machine, or use PostgreSQL: docs/scaling.md"
        return [red(f"the file lies on a network or user file system ({system}), where SQLite's locks fail", do)]
    if system in MEMORY_FILE_SYSTEMS:
        return [red(f"the file lies in memory ({system}) and is gone at the next start", "put it on a disk")]
    mode, commits = facts.options.get("journal_mode"), facts.options.get("synchronous")
    if (mode, commits) != ("wal", "2"):
        do = "this file system cannot hold SQLite's log beside the file: put the database on another disk"
        return [red(f"SQLite does not keep what it says it has kept (journal {mode}, synchronous {commits})", do)]
    said = f"SQLite {facts.version}, {_bytes(facts.size)} on {system}; each commit is on the disk before it is answered"
    if system == "overlay":
        do = "put it on a volume: what lies in the container's own layer goes with the container"
        return [yellow(f"{said}; but inside the container's own layer", do)]
    return [green(said)]


def _space(facts: DatabaseFacts) -> list[Result]:
    free = _bytes(facts.free)
    if facts.free < NO_SPACE_BYTES:
        return [red(f"{free} free on the disk of the database", "make room: a full disk refuses every turn")]
    if facts.free < LITTLE_SPACE_BYTES:
        return [yellow(f"{free} free on the disk of the database", "make room before it is full")]
    return [green(f"{free} free on its disk")]


def _postgresql(facts: DatabaseFacts, connections: int) -> list[Result]:
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if facts.options.get(name) == "off"]
    if off:
        do = f"set {' and '.join(off)} to on in postgresql.conf and reload: what was answered may be lost now"
        return [red(f"PostgreSQL {facts.version} with {', '.join(off)} off", do)]
    if facts.options.get("pg_is_in_recovery") == "true":
        return [red("the server is a standby and takes no writes", "BRIDGE_DATABASE_URL has to name the primary")]
    said = f"PostgreSQL {facts.version}, {_bytes(facts.size)}, a round trip in {facts.round_trip_ms:.1f} ms"
    results = [green(said)]
    if int(facts.version.split(".")[0]) < OLDEST_POSTGRESQL:
        do = f"move to PostgreSQL {OLDEST_POSTGRESQL} or newer: nothing older is tested"
        results = [yellow(said, do)]
    if connections > facts.connections_free:
        said = f"{facts.connections_free} connections are free; a sidecar and a scheduler may take {connections}"
        results.append(yellow(said, "raise max_connections, or lower BRIDGE_THREADS: docs/scaling.md"))
    return results


def _bytes(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"  # noqa: PLR2004 - of a GB


def look_at_clock(whose: str, ahead: float | None) -> list[Result]:
    """How far another clock is from ours, where that is too far. `ahead` is in seconds; None is not known."""
    if ahead is None or abs(ahead) <= SKEW_WARNED_S:
        return []
    said = f"this clock is {abs(ahead):,.0f} s {'behind' if ahead > 0 else 'ahead of'} that of {whose}"
    if abs(ahead) > SKEW_REFUSED_S:
        return [red(said, "set both by NTP (timedatectl set-ntp true): calls that far apart in time are refused")]
    return [yellow(said, "set both by NTP (timedatectl set-ntp true), before it is more")]


# -- the zones ---------------------------------------------------------------------------------------------------------


def look_at_zone_data(used: ZoneData, packaged: str) -> list[Result]:
    """Whether the rules of the zones are the newest that there are: every promise stands on them.

    Args:
        used: what this process reads.
        packaged: the release in the package `tzdata`.
    """
    said = f"{used.version or 'zone data of an unknown release'}, from {used.place}"
    if used.version < packaged:
        do = f"take {PATH_VARIABLE} out of the environment: the package tzdata has {packaged}"
        return [yellow(said, do)]
    return [green(said)]


# -- what the product does ---------------------------------------------------------------------------------------------


def look_at_scheduler(bridge: Bridge, now: Millis) -> list[Result]:
    """Whether somebody does what is due. `now` is the machine's own time."""
    with bridge.store.read() as tx:
        beat = bridge.heartbeat.last(tx)
    do = "start it: bridge up, or python -m scheduler under your supervisor; without it nothing promised is kept"
    if beat is None:
        return [red("it has never run", do)]
    age = (now - beat) / 1000
    if not bridge.heartbeat.alive(beat):
        if age < 0:
            said = f"by this clock its last sign of life comes in {_length(-age)}"
            return [red(said, "set the clocks of all machines by NTP (timedatectl set-ntp true), and look again")]
        return [red(f"its last sign of life is {_length(age)} old", do)]
    return _undone(bridge) or [green(f"alive, {age:.0f} s ago")]


def _undone(bridge: Bridge) -> list[Result]:
    """What a scheduler that lives does not do all the same."""
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        late = oldest_late(tx, now)
    if late is None:
        return []
    do = "restart it, and look for tick.hangs and follow_up.failed in its log; bridge due lists what waits"
    return [red(f"alive, but what is due is not done, the first for {_length((now - late) / SECOND)}", do)]


def look_at_outbox(bridge: Bridge, site: Site) -> list[Result]:
    """What of the site is not delivered."""
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        found = tx.work.undelivered(site.id, now)
        unknown = len(tx.work.outbox((OutboxState.UNKNOWN,), MOST_COUNTED, site=site.id))
    results = []
    if parked := sum(one.rows for one in found if one.parked):
        do = "bridge outbox list says why; once the cause is gone: bridge outbox retry ID"
        results.append(yellow(f"parked, and waiting for you: {parked}", do))
    if waiting := [one for one in found if not one.parked]:
        oldest = now - min(one.oldest for one in waiting)
        results.append(_waiting(sum(one.rows for one in waiting), unknown, oldest))
    return results or [green("everything is delivered")]


def _waiting(number: int, unknown: int, oldest: Millis) -> Result:
    """A row that is tried again and again is due in the future each time, so its age counts."""
    if oldest > LATE_AFTER:
        do = "see the lines about scheduler, helpdesk and mail; bridge outbox list has the last error of each"
        return red(f"not delivered: {number}, the oldest for {_length(oldest / SECOND)}", do)
    return green(f"on the way: {number}" + (f", {unknown} of them with an unknown outcome" if unknown else ""))


def look_at_alarms(bridge: Bridge, site: Site) -> list[Result]:
    """What the product itself has found out."""
    with bridge.store.read() as tx:
        standing = tx.alarms.standing(site.id)
    return [yellow(one.text, "bridge stats shows more of it") for one in standing] or [green("none stands")]


def look_at_policy(bridge: Bridge, site: Site) -> list[Result]:
    """Whether the policy in force would be accepted today."""
    with bridge.store.read() as tx:
        current = current_policy(tx, site.id)
    _, findings = check_policy(current.document, now=bridge.clock.now())
    errors = [one for one in findings if one.level is Level.ERROR]
    do = "bridge policy show > policy.yaml, mend it, bridge policy put policy.yaml"
    if errors:
        return [red(f"version {current.version}: {errors[0]}", do)]
    warned = f", {len(findings)} warnings: bridge policy check" if findings else ""
    return [green(f"version {current.version}{warned}")]


def look_at_team_mail(bridge: Bridge, site: Site) -> list[Result]:
    """Whether anybody has said where the team reads its mail."""
    if site.team_email != guessed_mailbox(site.url) or _each_queue_has_a_mailbox(bridge, site):
        return [green("it goes where somebody has said")]
    do = f"if nobody reads there: bridge site set {site.id} --team-email ADDRESS"
    return [yellow(f"it goes to {site.team_email}, as long as nobody says otherwise", do)]


def _each_queue_has_a_mailbox(bridge: Bridge, site: Site) -> bool:
    with bridge.store.read() as tx:
        policy, _ = check_policy(current_policy(tx, site.id).document)
    return policy is not None and all(queue.email for queue in policy.queues.values())


# -- what a site uses --------------------------------------------------------------------------------------------------


Ask = Callable[[float], list[str]]
Ahead = Callable[[], float | None]


def look_at_upstream(upstream: ExternalSystem, ask: Ask, ahead: Ahead, budget: float) -> list[Result]:
    """Whether a system answers, lets us do what we need, and has what we use.

    Args:
        upstream: the system.
        ask: has sentences about what is wrong with how it is set up; raises AdapterError.
        ahead: by how many seconds its clock was ahead of ours when it last answered.
        budget: seconds.
    """
    try:
        faults = ask(budget)
    except AdapterError as error:
        said = f"{upstream.name}: {error.detail}"
        return [red(said, cure(upstream, error.detail)), *look_at_clock(upstream.name, ahead())]
    seen = [yellow(fault, f"{upstream.more or 'its settings'} says how it is set up for us") for fault in faults]
    return [*(seen or [green(f"{upstream.name} answers")]), *look_at_clock(upstream.name, ahead())]


def look_at_pages(bridge: Bridge, site: Site) -> list[Result]:
    """Whether a model has anything to answer from."""
    with bridge.store.read() as tx:
        known = tx.pages.count(site.id)
    if known:
        return [green(f"it answers from {known:,} pages of the site")]
    do = "switch Answers on under Settings > Escalation Bridge in WordPress"
    return [yellow("it knows no page of the site, and so answers nothing", do)]


def look_at_pairing(bridge: Bridge, site: Site, now: Millis) -> list[Result]:
    """Whether the site cannot call at all: then there is nothing to ask it for. `now` is the machine's own time."""
    with bridge.store.read() as tx:
        if tx.sites.secrets(site.id, now):
            return []
    do = f"nothing, if the site has ended; else bridge site rotate {site.id}"
    return [yellow("no pairing code of it is good: it cannot call", do)]


def look_at_wordpress(wordpress: WordPress, upstream: ExternalSystem, ahead: Ahead, budget: float) -> list[Result]:
    """Whether the site answers with our plugin in it."""
    try:
        there = wordpress.has_plugin(budget=budget)
    except Rejected as error:
        return [red(f"{upstream.name} refuses: {error.detail}", _wordpress_cure(upstream, error.detail)), *_late(ahead)]
    except AdapterError as error:
        return [red(f"{upstream.name} does not answer: {error.detail}", cure(upstream, error.detail)), *_late(ahead)]
    if not there:
        do = "activate Escalation Bridge under Plugins, and paste the pairing code (bridge site rotate prints one)"
        return [red(f"{upstream.name} answers, and the plugin is not active there", do), *_late(ahead)]
    return [green(f"{upstream.name} answers, with the plugin active"), *_late(ahead)]


def _late(ahead: Ahead) -> list[Result]:
    return look_at_clock("WordPress", ahead())


def _wordpress_cure(upstream: ExternalSystem, detail: str) -> str:
    if detail.startswith("http 3"):
        return "the site leads to another address: check that WordPress Address under Settings > General is this one"
    if detail in ("http 401", "http 403"):
        return "something blocks WordPress's REST API for visitors, and with it the chat: a security plugin or firewall"
    return cure(upstream, detail)


def _length(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
