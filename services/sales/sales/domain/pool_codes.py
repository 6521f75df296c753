"""The codes of leads, opportunities and what happens to them; own stages are added as options."""

STAGE_LIST, SOURCE_LIST = "opportunity_stage", "player_source"

FIRST_CONTACT, INTERESTED, OFFERED, NEGOTIATING, WON, LOST = (
    "first_contact", "interested", "offered", "negotiating", "won", "lost",
)  # fmt: skip
ENDS = (WON, LOST)
STAGES = (FIRST_CONTACT, INTERESTED, OFFERED, NEGOTIATING, *ENDS)

LEAD, OPPORTUNITY = "lead", "opportunity"
KINDS = (LEAD, OPPORTUNITY)

# How a lead or an opportunity came to whoever has it now, as history and facts tell it.
OPENED, CLAIMED, RELEASED, RECYCLED = "opened", "claimed", "released", "recycled"
ASSIGNED, HANDED_OVER, GIVEN_BACK = "assigned", "handed_over", "given_back"

NEW, CONVERTED, DISCARDED = "new", "converted", "discarded"
LEAD_STATES = (NEW, ASSIGNED, CONVERTED, DISCARDED)
SOURCES = ("in_game_guide", "campaign", "referral", "other")
