"""The rules of the catalog, each by the error that names it."""

from chassis.rules import RuleBroken, Unavailable


class GameServerUnavailable(Unavailable):
    """The price list could not be had, or is not one: nothing was changed (C1). `reason` is a stable code."""

    code = "game_server_unavailable"
    zh = "暂时取不到游戏价目表，什么都没有改动"
    en = "The game's price list cannot be had just now; nothing was changed"
    zh_detail = "原因：{reason}"
    en_detail = "Reason: {reason}"

    def __init__(self, reason: str) -> None:
        super().__init__(members={"reason": reason}, reason=reason)


class SyncRunning(RuleBroken):
    """Two syncs never run at once: the second might put older prices over newer ones (C1)."""

    code = "sync_running"
    zh = "正在同步价目表，请稍后再试"
    en = "The price list is being synced right now"


class NoConflict(RuleBroken):
    """There is nothing to resolve where list price and adjustment do not disagree (C2)."""

    code = "no_conflict"
    zh = "这个物品没有待处理的价格冲突"
    en = "This item has no open price conflict"


class DuplicateSupplier(RuleBroken):
    """The codes of suppliers differ (C7)."""

    code = "duplicate_supplier"
    zh = "已经有这个编号的供应商"
    en = "There is a supplier of this code"


class SupplierInUse(RuleBroken):
    """A supplier that items have is not removed (C7); `items` says how many."""

    code = "supplier_in_use"
    zh = "还有物品是这家供应商的，不能删除"
    en = "There are items of this supplier; it is not removed"
    zh_detail = "{items} 件物品是这家供应商的，先改它们的供应商"
    en_detail = "Items that have this supplier: {items}; give them another one first"

    def __init__(self, items: int) -> None:
        super().__init__(members={"items": items}, items=items)


class ItemWithdrawn(RuleBroken):
    """A pack is not offered with items the game no longer sells; `items` names them."""

    code = "item_withdrawn"
    zh = "礼包里有已下架的物品"
    en = "The pack holds items that are withdrawn"


class PriceAboveSum(RuleBroken):
    """A pack never costs more than its items one by one (C4)."""

    code = "price_above_sum"
    zh = "售价高于物品合计"
    en = "The price is above the sum of the items"


class DiscountNotAllowed(RuleBroken):
    """A discount rule blocks this price (C4); `verdict` names the rule."""

    code = "discount_not_allowed"
    zh = "折扣规则不允许"
    en = "A discount rule does not allow this price"
    zh_detail = "规则 {rule} 不允许这个价格"
    en_detail = "Rule {rule} does not allow this price"


class NotDraft(RuleBroken):
    """Only a draft or a withdrawn pack can be published."""

    code = "not_draft"
    zh = "只有草稿或已下架的礼包可以上架"
    en = "Only a draft or a withdrawn pack can be published"


class NotAwaitingApproval(RuleBroken):
    """Only a pack that awaits approval can be approved."""

    code = "not_awaiting_approval"
    zh = "这个礼包不在待审批状态"
    en = "This pack does not await approval"


class OwnPack(RuleBroken):
    """Who made a pack or set its price does not approve it: four eyes."""

    code = "own_pack"
    zh = "不能审批自己做的礼包或自己定的价"
    en = "One does not approve one's own pack or price"


class AlreadyWithdrawn(RuleBroken):
    """A pack is withdrawn once."""

    code = "already_withdrawn"
    zh = "这个礼包已经下架"
    en = "This pack is withdrawn already"


class PackExpired(RuleBroken):
    """A pack whose time is over is not put on sale."""

    code = "pack_expired"
    zh = "礼包的有效期已过，请先改有效期"
    en = "The pack's time is over; change valid_until first"
