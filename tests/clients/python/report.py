"""What both Python clients share: the lines that the test reads, the token of each connection, and the fields of an event stream."""
import json
import os
import sys
import threading

url = sys.argv[1]


def token():
    """The token of the next connection. The test replaces it in its file, as an application would fetch a fresh one."""
    with open(os.environ["TOKEN_FILE"], encoding="ascii") as file:
        return file.read()


def report(**line):
    print(json.dumps(line), flush=True)


class Reader:
    """Puts events together from the lines of a stream, and keeps what the next request needs."""

    def __init__(self):
        self.last_id, self.retry = "", 3.0
        self.restart()

    def restart(self):
        self.name, self.data = "message", []

    def line(self, text):
        field, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if field == "id":
            self.last_id = value
        elif field == "event":
            self.name = value
        elif field == "data":
            self.data.append(value)
        elif field == "retry":
            self.retry = int(value) / 1000
        elif not text:
            if self.data:
                report(type="event", id=self.last_id, name=self.name, data="\n".join(self.data))
            self.restart()


def end_with_input():
    """The test closes standard input when it is done, also when it fails."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
