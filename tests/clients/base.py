"""What the tests of the Python client share: a scheduler behind a relay, and a client whose every answer is compared with
the description of the interface."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in (os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "..", "clients", "python")):
    sys.path.insert(0, folder)
import harness  # pylint: disable=wrong-import-position
from harness import description  # pylint: disable=wrong-import-position
from callboard import Client, Retries  # pylint: disable=wrong-import-position
from callboard.transport import Transport  # pylint: disable=wrong-import-position
from relay import Relay  # pylint: disable=wrong-import-position

PYTHON_CLIENT = os.path.join(harness.ROOT, "clients", "python")
exchange = Transport._exchange  # pylint: disable=protected-access


def checked_exchange(self, method, target, content, safe):
    answer = exchange(self, method, target, content, safe)
    description.check(method, target, None if content is None else json.loads(content), answer[0],
                      json.loads(answer[1]) if answer[1] else None)
    return answer


class ClientCase(harness.TestCase):
    """`self.client` talks to `self.s` through `self.relay`."""

    settings = {"workers": 1}
    retries = Retries()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Transport._exchange = checked_exchange  # pylint: disable=protected-access
        cls.relay = Relay(cls.s.port)
        cls.addClassCleanup(cls.relay.close)
        cls.client = Client(cls.relay.address, retries=cls.retries)
        cls.addClassCleanup(cls.client.close)

    def restart(self):
        """A kill, and a new process with the same data at another port."""
        self.s.kill()
        self.s.start()
        self.relay.port = self.s.port

    def count(self, **filters):
        return sum(1 for _ in self.client.list(**filters))


def main():
    harness.main()
