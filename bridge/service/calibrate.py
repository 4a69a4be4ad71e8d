"""What is known of how right the responder's replies were: its last rating in each conversation that has a label."""

from bridge.domain.calibration import Sample
from bridge.service.context import Bridge


def read_samples(bridge: Bridge, site: str) -> list[Sample]:
    """A sample for each labelled conversation with a rated answer, by what was said of its first hand-over.

    A conversation in which nobody was needed is one that the model's answer was right in.
    """
    with bridge.store.read() as tx:
        labels = [label for label in tx.labels.of_sessions(site, 0, bridge.clock.now()) if label.first]
        wants_a_person = {label.session_id: label.wants_a_person for label in labels}
        ratings = tx.answers.ratings(site, list(wants_a_person))
    return [Sample(rating, not wants_a_person[session]) for session, rating in ratings.items()]
