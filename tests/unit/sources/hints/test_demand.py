"""How many tags are in the input, and when there is no use in waiting for more."""

import threading
import time

from regpipe.sources.hints.demand import Demand

FOREVER, PAST = time.monotonic() + 3600, 0.0
R, A, B = "https://my.registry", "team/a", "team/b"


def test_tags_are_waited_for_until_there_are_enough() -> None:
    demand = Demand()
    demand.begin()
    demand.add(R, A)

    def feed() -> None:
        for _ in range(9):
            demand.add(R, A)

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert demand.reaches(R, A, 10, FOREVER)
    feeder.join()
    assert not demand.reaches(R, A, 11, PAST)


def test_they_are_not_waited_for_at_the_end_or_before_another_repository() -> None:
    demand = Demand()
    demand.begin()
    demand.add(R, A)
    demand.add(R, B)
    assert not demand.reaches(R, A, 2, FOREVER)
    demand.end()
    assert not demand.reaches(R, B, 2, FOREVER)
    assert demand.reaches(R, B, 1, PAST)
