#!/usr/bin/python3
"""A mail server that delivers nothing: it takes every mail and says on standard output what came.

The first line is {"ready":true,"host":...,"port":...}; then one JSON line per mail with its envelope.
SIGTERM and Ctrl-C end it with exit code 0.
"""
import argparse
import asyncio
import email.policy
import json
import signal
import sys
import time
from email.parser import BytesParser

try:
    from aiosmtpd.smtp import SMTP
except ModuleNotFoundError:
    sys.exit("mail_catcher: the Python module aiosmtpd is missing: apt-get install python3-aiosmtpd")


class Catcher:
    """Prints each mail's envelope; refuses the recipients it was told to refuse."""

    def __init__(self, refuse):
        self.refuse = refuse

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        headers = BytesParser(policy=email.policy.default).parsebytes(envelope.content, headersonly=True)
        print(json.dumps({
            "receivedAt": time.time(),
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": str(headers.get("Subject", "")),
            "bytes": len(envelope.content),
        }), flush=True)
        return "250 taken"


async def serve(arguments):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    catcher = Catcher(set(arguments.refuse))
    server = await loop.create_server(lambda: SMTP(catcher, enable_SMTPUTF8=True), arguments.host, arguments.port)
    host, port = server.sockets[0].getsockname()[:2]
    print(json.dumps({"ready": True, "host": host, "port": port}), flush=True)
    await stop.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--refuse", action="append", default=[], metavar="ADDRESS", help="answer 550 for this recipient")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
