"""One function for each row of the figures: a stage in, lines of the table out."""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.compare import Result
from tests.bench.rows import facts, home, latency, lists, records, search, starting
from tests.bench.stage import Stage

ROWS: dict[str, Callable[[Stage], list[Result]]] = {
    "B1": records.create_in_the_service,
    "B2": records.read_in_the_service,
    "B3": records.through_the_gateway,
    "B4": home.home_as_json,
    "B5": home.home_as_page,
    "B6": search.search_box,
    "B7": lists.my_open_tickets,
    "B8": facts.outbox_to_broker,
    "B9": facts.queue_to_projection,
    "B10": latency.commit_to_handled,
    "B11": facts.on_postgresql,
    "B14": starting.second_start_and_memory,
}
