"""The rules of staff and sign-in, each by the error that names it."""

from __future__ import annotations

from typing import ClassVar

from chassis.rules import Forbidden, Refusal, RuleBroken, Unauthorized


class WrongCredentials(Unauthorized):
    """The same answer, in the same time, for an unknown number, a wrong password and somebody who has left."""

    code = "wrong_credentials"
    zh = "工号或密码不对"
    en = "Wrong staff number or password"


class TooManyAttempts(Refusal):
    """Sign-in is slowed down after repeated failures; nobody is locked out for good (429)."""

    status = 429
    code = "too_many_attempts"
    zh = "尝试次数过多，请 {seconds} 秒后再试"
    en = "Too many attempts, try again in {seconds} seconds"


class WeakPassword(RuleBroken):
    """A password is not what is guessed first; member `reason` and the detail say what is wrong with it."""

    code = "weak_password"
    zh = "密码太容易猜到"
    en = "This password is too easy to guess"
    reasons: ClassVar[dict[str, tuple[str, str]]] = {
        "too_short": ("至少要 10 个字符", "It needs 10 characters or more"),
        "own_name": ("里面不能有自己的工号或名字", "It may not contain one's own staff number or name"),
        "digits": (
            "不能全是数字（生日、电话最先被猜）",
            "Digits alone are tried first: birthdays, phone numbers",
        ),
        "repetition": ("不能是同几个字符的重复", "It may not be the same few characters over and over"),
        "sequence": (
            "不能是连续的字母、数字或键盘上相邻的键",
            "It may not be a run of letters, digits or neighbouring keys",
        ),
        "common": ("不能只是常见密码加几个字符", "It may not be a common password with little added"),
    }

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(members={"reason": reason})

    def detail(self, language: str) -> str:
        """What is wrong with it, in words."""
        zh, en = self.reasons[self.reason]
        return zh if language == "zh" else en


class DuplicateStaff(RuleBroken):
    """A staff number belongs to one person, for good."""

    code = "duplicate_staff"
    zh = "工号已存在"
    en = "This staff number exists already"


class DuplicateAccount(RuleBroken):
    """A WeChat account belongs to one person at a time."""

    code = "wechat_account_taken"
    zh = "这个微信号已归其他客服使用"
    en = "This WeChat account is somebody else's"


class DepartmentLoop(RuleBroken):
    """A department cannot lie below itself."""

    code = "department_loop"
    zh = "部门不能放到自己下面"
    en = "A department cannot lie below itself"


class LastAdministrator(RuleBroken):
    """There is always an administrator in service."""

    code = "last_administrator"
    zh = "至少要保留一位在职管理员"
    en = "One administrator must remain"


class OwnRole(RuleBroken):
    """Nobody changes their own role."""

    code = "own_role"
    zh = "不能修改自己的角色"
    en = "Nobody changes their own role"


class OwnPassword(RuleBroken):
    """One's own password is changed with the old one, not as an administrator."""

    code = "own_password"
    zh = "自己的密码在「我的账号」里用旧密码修改"
    en = "One's own password is changed in My account, with the old one"


class OtpRequired(Unauthorized):
    """The password was right; the code of the second factor is missing (401)."""

    code = "otp_required"
    zh = "还需要动态码"
    en = "The code of the second factor is needed, too"


class WrongOtp(Unauthorized):
    """The code is wrong, was used before, or is of another time (401)."""

    code = "wrong_otp"
    zh = "动态码不对，或者已经用过"
    en = "The code is wrong or was used before"


class WrongCode(RuleBroken):
    """A code that confirms something is wrong; whoever is signed in stays so (409)."""

    code = "wrong_otp"
    zh = "动态码不对，或者已经用过"
    en = "The code is wrong or was used before"


class WrongPassword(RuleBroken):
    """The password that confirms something is wrong; whoever is signed in stays so (409)."""

    code = "wrong_password"
    zh = "密码不对"
    en = "The password is wrong"


class SecondFactorKept(RuleBroken):
    """There is a second factor already; it is removed first, by a code."""

    code = "second_factor_kept"
    zh = "已经启用了两步验证"
    en = "The second factor is in use already"


class NoSecondFactor(RuleBroken):
    """There is no second factor to do this with."""

    code = "no_second_factor"
    zh = "还没有启用两步验证"
    en = "There is no second factor yet"


class SecondFactorNeeded(RuleBroken):
    """The person's role requires it, so it is not given up."""

    code = "second_factor_needed"
    zh = "这个角色必须使用两步验证"
    en = "This role requires the second factor"


class EnrolFirst(Refusal):
    """The role requires a second factor and there is none: before anything else one is set up (403)."""

    status = 403
    code = "second_factor_required"
    zh = "这个角色要先设置两步验证"
    en = "This role has to set up its second factor first"


class OwnSecondFactor(RuleBroken):
    """Nobody resets their own second factor as an administrator: it is removed by a code."""

    code = "own_second_factor"
    zh = "自己的两步验证不能这样重置"
    en = "One's own second factor is not reset this way"


class InvalidClient(Unauthorized):
    """No such client, a wrong secret, or one that is over or revoked: the same answer."""

    code = "invalid_client"
    zh = "客户端或密钥不对"
    en = "Unknown client or wrong secret"


class InvalidScope(Refusal):
    """The client has not been granted what it asks for."""

    code = "invalid_scope"
    zh = "没有这个范围"
    en = "The client was not granted this scope"


class AddressNotAllowed(Refusal):
    """The client is known, but does not call from one of its addresses."""

    code = "unauthorized_client"
    zh = "不允许从这个地址调用"
    en = "The client may not call from this address"


class DuplicateClient(RuleBroken):
    """The names of API clients differ."""

    code = "duplicate_client"
    zh = "已经有同名的客户端"
    en = "There is a client of this name"


class ClientRevoked(RuleBroken):
    """A client that was revoked stays so."""

    code = "client_revoked"
    zh = "这个客户端已经吊销"
    en = "This client was revoked"


class TwoSecrets(RuleBroken):
    """Two secrets serve at once, so that one can be replaced without a gap; a third has no use."""

    code = "two_secrets"
    zh = "同时最多两个密钥，先删掉一个"
    en = "Two secrets at most: remove one first"


class LastSecret(RuleBroken):
    """The last secret is not removed: the client is revoked instead."""

    code = "last_secret"
    zh = "最后一个密钥不能删，要停用就吊销客户端"
    en = "The last secret stays; revoke the client instead"


class SignOnUnavailable(Refusal):
    """The identity provider does not answer, not in time, or not sensibly (503)."""

    status = 503
    code = "sign_on_unavailable"
    zh = "单点登录暂时不通，请稍后再试，或用密码登录"
    en = "Single sign-on does not answer just now; try later, or use your password"


class SignOnRefused(Unauthorized):
    """The identity provider did not let the person in, or the code was used before."""

    code = "sign_on_refused"
    zh = "单点登录没有通过，请重新登录"
    en = "Single sign-on did not let you in, please try again"


class SignOnStale(Unauthorized):
    """The browser did not leave from here a moment ago: another tab, an old address, or somebody else's link."""

    code = "sign_on_stale"
    zh = "这次单点登录已经失效，请重新开始"
    en = "This sign-on is over, please begin again"


class SignOnInvalid(Unauthorized):
    """What the provider sent is not believed; `what` is for the log alone."""

    code = "sign_on_invalid"
    zh = "单点登录返回的内容不可信，没有登录"
    en = "What single sign-on sent back is not to be trusted; you are not signed in"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__()


class SignOnNobody(Forbidden):
    """The provider knows the person; nobody of that number is in service here."""

    code = "sign_on_nobody"
    zh = "这里没有对应的在职员工，请找管理员"
    en = "Nobody in service here has this number, please ask an administrator"
