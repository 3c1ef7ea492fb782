#!/usr/bin/env python3
"""The world outside of the night: a partner's API, a mail server and a place for uploads, on free loopback ports.

    outside.py DIRECTORY [--per-second N] [--busy N]

The first line on standard output is {"partner": PORT, "mail": PORT, "uploads": PORT}. SIGTERM ends it.

partner   GET /orders/DATE/REGION.csv and the same with .sha256 behind it. The orders are made up, the same for the same
          day and region, and kept in DIRECTORY/partner/DATE. More than N requests per second are answered 429 with
          Retry-After, and so are the first --busy requests, as if another customer had used up the quota. A region that
          the file DIRECTORY/partner/damaged names is served with its end cut off. Every request is a line of
          DIRECTORY/partner/requests.jsonl.
mail      takes every mail and stores it as DIRECTORY/mail/1.eml, 2.eml, ...
uploads   PUT /NAME stores the body as DIRECTORY/uploads/NAME.
"""
import argparse
import collections
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import signal
import socketserver
import sys
import threading
import time

REGIONS = ("north", "east", "south", "west")
ORDERS_PATH = re.compile(r"/orders/(\d{4}-\d\d-\d\d)/(\w+)\.csv(\.sha256)?")
UPLOAD_PATH = re.compile(r"/([\w-][\w.-]*)")


def write_at_once(path, content):
    """Under its name there is nothing, or all of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def made_up_orders(day, region):
    chance = random.Random(f"{day} {region}")
    lines = ["order,product,pieces,price"]
    for n in range(chance.randint(150, 250)):
        product = chance.choice(("lamp", "chair", "table", "shelf", '"rug, small"'))
        lines.append(f"{region[0].upper()}{n:05},{product},{chance.randint(1, 9)},{chance.randint(100, 29_999) / 100:.2f}")
    return "".join(line + "\r\n" for line in lines).encode()


class Quiet(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Partner:
    def __init__(self, directory, per_second, busy):
        self.directory = directory
        self.per_second = per_second
        self.busy = busy
        self.served = collections.deque()
        self.lock = threading.Lock()

    def admits(self, path):
        """Whether this request is within the quota; it is written down either way."""
        with self.lock:
            now = time.time()
            while self.served and self.served[0] <= now - 1:
                self.served.popleft()
            good = self.busy == 0 and len(self.served) < self.per_second
            self.busy = max(0, self.busy - 1)
            if good:
                self.served.append(now)
            with open(self.directory / "requests.jsonl", "a", encoding="utf-8") as log:
                log.write(json.dumps({"at": now, "path": path, "admitted": good}) + "\n")
            return good

    def orders(self, day, region):
        with self.lock:
            path = self.directory / day / f"{region}.csv"
            if not path.exists():
                write_at_once(path, made_up_orders(day, region))
            return path.read_bytes()

    def is_damaged(self, region):
        try:
            return region in (self.directory / "damaged").read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return False

    def handler(self):
        partner = self

        class Handler(Quiet):
            def do_GET(self):
                found = ORDERS_PATH.fullmatch(self.path)
                if not partner.admits(self.path):
                    self.answer(429, b"too many requests\n", Retry_After="1")
                elif not found or found[2] not in REGIONS:
                    self.answer(404, b"no such orders\n")
                else:
                    day, region, is_sum = found.groups()
                    content = partner.orders(day, region)
                    if is_sum:
                        content = f"{hashlib.sha256(content).hexdigest()}  {region}.csv\n".encode()
                    elif partner.is_damaged(region):
                        content = content[:-100]
                    self.answer(200, content)

        return Handler


def uploads_handler(directory):
    class Handler(Quiet):
        def do_PUT(self):
            found = UPLOAD_PATH.fullmatch(self.path)
            if not found:
                self.answer(404)
                return
            content = self.rfile.read(int(self.headers["Content-Length"]))
            write_at_once(directory / found[1], content)
            self.answer(201)

    return Handler


def mail_handler(directory):
    lock = threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text):
            self.wfile.write(text.encode() + b"\r\n")

        def text_of_mail(self):
            lines = []
            for line in self.rfile:
                if line.rstrip(b"\r\n") == b".":
                    break
                lines.append(line[1:] if line.startswith(b".") else line)
            return b"".join(lines)

        def handle(self):
            self.say("220 mail sink")
            for line in self.rfile:
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.say("354 go on")
                    text = self.text_of_mail()
                    with lock:
                        number = len(list(directory.glob("*.eml"))) + 1
                        write_at_once(directory / f"{number}.eml", text)
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                elif word in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                    self.say("250 good")
                else:
                    self.say("502 not here")

    return Handler


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    parser = argparse.ArgumentParser(description="A partner's API, a mail server and a place for uploads.")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--per-second", type=int, default=4, help="requests that the partner serves per second")
    parser.add_argument("--busy", type=int, default=2, help="first requests that are answered 429")
    arguments = parser.parse_args()
    place = arguments.directory
    for name in ("partner", "mail", "uploads"):
        os.makedirs(place / name, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    partner = Partner(place / "partner", arguments.per_second, arguments.busy)
    here = ("127.0.0.1", 0)
    servers = {
        "partner": http.server.ThreadingHTTPServer(here, partner.handler()),
        "mail": MailServer(here, mail_handler(place / "mail")),
        "uploads": http.server.ThreadingHTTPServer(here, uploads_handler(place / "uploads")),
    }
    print(json.dumps({name: s.server_address[1] for name, s in servers.items()}), flush=True)
    threads = [threading.Thread(target=s.serve_forever) for s in servers.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
