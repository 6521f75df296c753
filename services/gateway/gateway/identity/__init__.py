"""Who works here, who is signed in, and what they may do."""

from gateway.identity.account import change_password, directory, save_preferences
from gateway.identity.current import anybody, current
from gateway.identity.entering import first_step, second_step, sign_in, sign_out

__all__ = [
    "anybody",
    "change_password",
    "current",
    "directory",
    "first_step",
    "save_preferences",
    "second_step",
    "sign_in",
    "sign_out",
]
