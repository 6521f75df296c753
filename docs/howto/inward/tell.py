"""A sample publisher: tells Playdesk one fact on `company.events`, as HR, ERP, finance or the member system would.

    AMQP_URL=amqp://… python tell.py hr.employee.left.v1 SUBJECT VERSION '{"staff_no": "A204"}'

No Playdesk code; needs `pika`. It ends with 0 once the broker has confirmed the fact and somebody listens to it.
"""

import json
import os
import sys
import uuid
from datetime import UTC, datetime

import pika
import pika.exceptions

EXCHANGE = "company.events"


def fact(key: str, subject: str, version: int, data: dict) -> dict:
    """A CloudEvent: `version` grows with each fact of a subject; the ID is the same when it is sent again."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key}/{subject}/{version}")),
        "type": key,
        "source": f"/company/{key.partition('.')[0]}",
        "subject": subject,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "entityversion": version,
        "data": data,
    }


def tell(url: str, event: dict) -> None:
    """Publish and wait for the confirm. Raises UnroutableError where nobody listens."""
    properties = pika.BasicProperties(
        content_type="application/cloudevents+json", delivery_mode=2, message_id=event["id"]
    )
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(EXCHANGE, event["type"], json.dumps(event).encode(), properties, mandatory=True)


if __name__ == "__main__":
    try:
        tell(os.environ["AMQP_URL"], fact(sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])))
    except pika.exceptions.UnroutableError:
        sys.exit("nobody listens to this type")
