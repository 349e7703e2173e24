"""What can be done with accounts; one chapter a file, every verb reachable from here."""

from yichuang.accounts.actions.people import (
    create_user,
    end_post,
    give_post,
    reset_password,
    reset_second_factor,
    set_active,
)
from yichuang.accounts.actions.personal import reveal
from yichuang.accounts.actions.phone import confirm_phone_code, request_phone_code
from yichuang.accounts.actions.signin import (
    SignIn,
    begin_second_factor,
    change_password,
    confirm_second_factor,
    sign_in_second_step,
    sign_in_staff,
    sign_out,
)
from yichuang.accounts.actions.tokens import actor_for_token, issue_token, revoke_token

__all__ = [
    "SignIn",
    "actor_for_token",
    "begin_second_factor",
    "change_password",
    "confirm_phone_code",
    "confirm_second_factor",
    "create_user",
    "end_post",
    "give_post",
    "issue_token",
    "request_phone_code",
    "reset_password",
    "reset_second_factor",
    "reveal",
    "revoke_token",
    "set_active",
    "sign_in_second_step",
    "sign_in_staff",
    "sign_out",
]
