"""What can be wrong with subscriptions and their deliveries."""

from __future__ import annotations

from chassis.rules import RuleBroken


class DuplicateSubscription(RuleBroken):
    """The name is taken: it is that of a queue and of a login, too."""

    code = "duplicate_subscription"
    zh = "已有同名的订阅"
    en = "There is a subscription of this name already"


class DuplicateNetwork(RuleBroken):
    """The network is listed."""

    code = "duplicate_network"
    zh = "这个网段已经在列表里"
    en = "This network is listed already"


class NoBroker(RuleBroken):
    """Queues for others need a RabbitMQ, and the right to make logins there."""

    code = "no_broker"
    zh = "没有可用的 RabbitMQ，只能用 Webhook"
    en = "There is no RabbitMQ to make a queue at; use a webhook"


class BrokerRefused(RuleBroken):
    """The broker could not be asked, or said no."""

    status = 503
    code = "broker_unavailable"
    zh = "消息服务器暂不可用，请稍后再试"
    en = "The broker cannot be reached, please try again later"


class AddressRefused(RuleBroken):
    """The address leads to where webhooks may not go."""

    status = 422
    code = "address_refused"
    zh = "不能发到这个地址：{reason}"
    en = "Nothing is sent to this address: {reason}"


class NotDisabled(RuleBroken):
    """It is active."""

    code = "already_active"
    zh = "订阅正在推送"
    en = "The subscription is active"


class AlreadyDisabled(RuleBroken):
    """It is paused or disabled."""

    code = "not_active"
    zh = "订阅没有在推送"
    en = "The subscription is not active"


class WrongDelivery(RuleBroken):
    """Only the other kind of subscription has this."""

    code = "wrong_delivery"
    zh = "这种订阅没有这项操作"
    en = "This kind of subscription has no such thing"


class QueueGone(RuleBroken):
    """Somebody has deleted the queue at the broker: what is sent there would be nowhere."""

    code = "queue_gone"
    zh = "订阅的队列已经不在了"
    en = "The subscription's queue is not there any more"
