"""The codes of touches, payments, orders, returns and claims; own ones are added as options."""

# The names of the lists that the company may add to.
CHANNEL_LIST, LOST_REASON_LIST, METHOD_LIST = "channel", "lost_reason", "payment_method"

CHANNELS = ("wechat", "in_game", "web_chat", "phone", "portal")

SOLD, CONSIDERING, REFUSED, NO_ANSWER = "sold", "considering", "refused", "no_answer"
OUTCOMES = (SOLD, CONSIDERING, REFUSED, NO_ANSWER)

TOO_EXPENSIVE, NOT_NEEDED, ALREADY_HAS, OTHER = "too_expensive", "not_needed", "already_has", "other"
LOST_REASONS = (TOO_EXPENSIVE, NOT_NEEDED, ALREADY_HAS, "no_money_now", "bad_timing", "unhappy", OTHER)

METHODS = ("wechat_pay", "alipay", "bank_transfer", "in_game", "other")

AWAITING_APPROVAL, AWAITING_PAYMENT, PART_PAID = "awaiting_approval", "awaiting_payment", "part_paid"
PAID, SHIPPED, COMPLETED, CANCELLED = "paid", "shipped", "completed", "cancelled"
ORDER_STATES = (AWAITING_APPROVAL, AWAITING_PAYMENT, PART_PAID, PAID, SHIPPED, COMPLETED, CANCELLED)

DRAFT, RUNNING, ENDED, CAMPAIGN_CANCELLED = "draft", "running", "ended", "cancelled"
CAMPAIGN_STATES = (DRAFT, RUNNING, ENDED, CAMPAIGN_CANCELLED)

PACK_ON_SALE = "on_sale"
VERDICTS = ("approve", "reject")

REQUESTED, APPROVED, REJECTED, REFUNDED = "requested", "approved", "rejected", "refunded"
RETURN_STATES = (REQUESTED, APPROVED, REJECTED, REFUNDED)

COMPENSATION, PRICE_DIFFERENCE = "compensation", "price_difference"
CLAIM_KINDS = (COMPENSATION, PRICE_DIFFERENCE)
CLAIM_PAID, WITHDRAWN = "paid", "withdrawn"
CLAIM_STATES = (REQUESTED, APPROVED, REJECTED, CLAIM_PAID, WITHDRAWN)
