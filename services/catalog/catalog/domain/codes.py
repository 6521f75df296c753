"""The codes and bounds of items, packs and discount rules."""

from decimal import Decimal

ON_SALE, WITHDRAWN = "on_sale", "withdrawn"
ITEM_STATES = (ON_SALE, WITHDRAWN)

DRAFT, AWAITING_APPROVAL = "draft", "awaiting_approval"
PACK_STATES = (DRAFT, AWAITING_APPROVAL, ON_SALE, WITHDRAWN)

MAX_DISCOUNT, MIN_PRICE = "max_discount", "min_price"
RULE_KINDS = (MAX_DISCOUNT, MIN_PRICE)

LIST, ADJUSTED = "list", "adjusted"
PRICE_KINDS = (LIST, ADJUSTED)

MOST_MONEY = Decimal("99999999.99")
MOST_LINES = 100
MOST_OF_ONE = 9999
