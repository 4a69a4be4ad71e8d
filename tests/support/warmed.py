"""What a sidecar reads before it answers anybody, read once for all that are forked, see `support.forked`.

That a sidecar reads it by itself is held in tests/unit/test_serve.py.
"""

from bridge.domain import judging

judging.warm()
