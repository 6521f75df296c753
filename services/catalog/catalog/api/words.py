"""What this service's own codes of wrong fields mean, put beside the chassis' words."""

from chassis.http.words import WORDS

WORDS.update(
    {
        "item_not_found": ("没有这个物品", "There is no such item"),
        "item_withdrawn": ("这个物品已下架", "This item is withdrawn"),
        "in_the_past": ("时间已过", "This time is over"),
    }
)
