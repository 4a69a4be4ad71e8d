"""`bridge demo`: three conversations on a bare machine, through the real sidecar and the real scheduler."""

import os
import signal
import sys
from types import FrameType

from bridge.demo import play, screen
from bridge.demo.client import CallFailed
from bridge.demo.stage import DemoBroken, open_stage, stage

SATURDAY = "2026-10-31T20:58:00-04:00"
NIGHT = "2026-10-31T21:00:00-04:00"
NEXT = """
  make wordpress     a real WordPress shop with all of this in it, to click through
  bridge init        bridge.toml and policy.yaml for your own site, commented
  bridge up          sidecar and scheduler for your own site
  bridge explain     the same "why", for any conversation of yours
  docs/              for owners and for developers
"""


def main() -> int:
    """Play it all; returns the exit code."""
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, _interrupt)
    with stage() as made:
        try:
            play.introduction()
            made.turn_clock(SATURDAY)
            chat, team = open_stage(made)
            show = play.Play(made, chat, team)
            play.house_rules(show)
            play.first(show)
            made.turn_clock(NIGHT)
            play.second(show)
            play.third(show)
        except (DemoBroken, CallFailed) as error:
            sys.stdout.flush()
            sys.stderr.write(f"\nThe demo failed: {error}\n{made.tails()}\n")
            return 1
        except KeyboardInterrupt:
            sys.stderr.write("\nstopped\n")
            return 130
        except BrokenPipeError:  # whoever read has seen enough, such as head
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
    screen.title("Next")
    print(NEXT)
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
