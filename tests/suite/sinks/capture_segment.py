"""Sends one event by Segment's own library to a receiver on this machine, and prints what came as JSON.

    python3 -m venv venv && venv/bin/pip install segment-analytics-python==2.4.0
    venv/bin/python capture_segment.py > payloads/segment_analytics_python.json

The time of sending is replaced: it is another each time.
"""

import base64
import json
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

from segment.analytics.client import Client

requests = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        scheme, credentials = self.headers["Authorization"].split(" ")
        content = json.loads(body)
        content["sentAt"] = "(when it was sent)"
        requests.append(
            {
                "method": self.command,
                "path": self.path,
                "authorization": {"scheme": scheme, "credentials": base64.b64decode(credentials).decode()},
                "content_type": self.headers["Content-Type"],
                "body": content,
            }
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"success": true}')

    def log_message(self, *_):
        pass


# The event `upgraded` of events.rs.
EVENT = {
    "user_id": "ana@brightwater.example",
    "timestamp": datetime(2026, 4, 1, tzinfo=timezone.utc),
}
ID = "0f1e2d3c-4b5a-8678-9a0b-1c2d3e4f0004"

server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client("WRITE_KEY", host=f"http://127.0.0.1:{server.server_port}", sync_mode=True)
client.track(
    event="Upgraded",
    properties={
        "plan_name": "seats",
        "mrr_delta": 92.5,
        "mrr": 392.5,
        "category": "UPSELL",
        "subcategory": "QUANTITY_INCREASE",
        "quantity_before": 10,
        "quantity_after": 14,
        "currency": "USD",
        "contract_ids": ["SUB-1", "SUB-2"],
        "effective_date": "2026-04-01",
        "reason": "two new teams",
    },
    context={"groupId": "brightwater"},
    message_id=ID,
    **EVENT,
)
client.group(
    group_id="brightwater",
    traits={"name": "Brightwater Ltd", "plan": "seats", "mrr": 392.5},
    message_id=ID + "-group",
    **EVENT,
)
print(json.dumps(requests, indent=2))
