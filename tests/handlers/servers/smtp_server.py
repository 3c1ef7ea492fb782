"""A mail server for tests: says what it was given. The recipient's name chooses the answer."""
import argparse
import asyncio
import base64
import email
import email.policy
import logging
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

import parent


def read(content):
    """The mail as another program reads it, part by part."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    parts = []
    for part in mail.walk():
        if part.is_multipart():
            parts.append({"type": part.get_content_type(), "parts": len(part.get_payload())})
            continue
        body = part.get_payload(decode=True)
        parts.append({"type": part.get_content_type(), "charset": part.get_content_charset(),
                      "name": part.get_filename(), "disposition": part.get_content_disposition(),
                      "encoding": part["Content-Transfer-Encoding"], "content": base64.b64encode(body).decode()})
    lines = content.split(b"\r\n")
    return {"headers": {name.lower(): str(value) for name, value in mail.items()}, "parts": parts,
            "defects": [str(d) for part in mail.walk() for d in part.defects],
            "longestLine": max(map(len, lines)), "bareLineEnds": sum(b"\n" in x or b"\r" in x for x in lines),
            "ascii": content.isascii()}


class Deliveries:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return "550 no such mailbox"
        if name == "later":
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        held = envelope.rcpt_tos[0].startswith("held")
        parent.say(mailFrom=envelope.mail_from, to=envelope.rcpt_tos, tls=session.ssl is not None,
                   login=str(session.auth_data), content=base64.b64encode(envelope.original_content).decode(),
                   mail=read(envelope.original_content))
        if held:
            await asyncio.get_running_loop().run_in_executor(None, parent.hold)
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 that is spam"
        return "250 taken as test-1"


class Login:
    def __init__(self, user, password):
        self.expected = (user, password)

    def __call__(self, server, session, envelope, mechanism, auth_data):
        given = (auth_data.login.decode(), auth_data.password.decode())
        return AuthResult(success=given == self.expected, handled=False, auth_data=given[0])


async def serve(a):
    context = None
    if a.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(a.certificate, a.key)
    options = {"enable_SMTPUTF8": True, "decode_data": False}
    if a.user:
        options.update(authenticator=Login(a.user, a.password), auth_required=True, auth_require_tls=not a.implicit)
    if context and not a.implicit:
        options.update(tls_context=context, require_starttls=True)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Deliveries(), hostname="mail.test", **options), "127.0.0.1", 0,
                                      ssl=context if a.implicit else None)
    parent.say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("certificate", "key", "user", "password"):
        parser.add_argument("--" + name)
    parser.add_argument("--implicit", action="store_true", help="TLS from the first byte")
    # Clients that turn away in the middle are what some tests are about.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    parent.attach()
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
