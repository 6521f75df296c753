"""Players out of a file: each row by the rules of POST /players, what is wrong said row by row."""

from __future__ import annotations

import re
from typing import Any

from chassis.data.unit_of_work import UnitOfWork
from chassis.field_rules import FieldReadOnly
from chassis.http.reading import load
from chassis.http.routes import Routes
from chassis.jobs.importing import Heading, Import, ImportRow, add_import
from chassis.jobs.routes import job_view
from chassis.jobs.running import Run
from chassis.rules import WrongFields
from player.api.schemas import NewPlayer
from player.application.imports import take_players
from player.domain.codes import SOURCE_LIST, SOURCE_WORDS

routes = Routes("player-imports", "Players out of files", show=job_view)

HEADINGS = (
    Heading("phone", "手机号", "Phone", ("手机", "电话", "手机号码", "phone number", "mobile")),
    Heading("wechat_id", "微信ID", "WeChat ID", ("微信号", "微信")),
    Heading("wechat_name", "微信名", "WeChat name", ("微信昵称",)),
    Heading("nickname", "昵称", "Nickname", ("玩家昵称",)),
    Heading("source", "来源", "Source"),
    Heading("agent_no", "客服工号", "Agent", ("所属客服", "客服", "工号", "agent number")),
    Heading("tags", "标签", "Tags"),
    Heading("note", "备注", "Note"),
)
_FORM = NewPlayer()


def check(row: ImportRow, run: Run) -> None:
    """Read one row by the form of POST /players."""
    given: dict[str, Any] = {name: text for name, text in row.given.items() if name not in ("agent_no", "tags")}
    if "source" in given:
        given["source"] = _source(given["source"], run)
    if "tags" in row.given:
        given["tags"] = [part for part in re.split("[,，;；、|]", row.given["tags"]) if part.strip()]
    try:
        row.values = load(_FORM, given, "")
    except WrongFields as wrong:
        for pointer, code in wrong.errors:
            row.refuse(pointer.strip("/"), code)
    for name in row.values:
        if not run.caller.fields.may_set(f"player.{name}"):
            row.refuse(name, FieldReadOnly.code)
    if "agent_no" in row.given:
        row.values["agent_no"] = row.given["agent_no"].strip()


def _source(typed: str, run: Run) -> str:
    """The code of what was typed: a code, a built-in word, or what the company calls it; else as it was typed."""
    for words in (run.runtime.options.words(SOURCE_LIST), SOURCE_WORDS):
        for code, said in words.items():
            if typed.casefold() in (word.casefold() for word in (code, *said)):
                return code
    return typed


def _take(uow: UnitOfWork, rows: Any, run: Run) -> None:
    settings: Any = run.runtime.settings
    take_players(uow, rows, phones=settings.phones, dry_run=bool(run.job.parameters["dry_run"]), seen=run.seen)


PLAYERS = Import("players", "player.import", HEADINGS, ("phone", "wechat_id"), check, _take)
add_import(routes, PLAYERS)
