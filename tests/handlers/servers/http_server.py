"""An HTTP server for tests: says what it was asked, and answers as the path says."""
import base64
import hashlib
import hmac
import json
import re
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import parent

S3_SECRET = "test-secret"
S3_REGION = "eu-test-1"


def s3_fault(method, path, headers, digest):
    """None for a request that is signed right; computed from the specification, not from the code under test."""
    shape = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/s3/aws4_request,\s?"
                         r"SignedHeaders=([\w;-]+),\s?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
    if not shape:
        return "no signature"
    _, day, region, signed, signature = shape.groups()
    if headers.get("x-amz-content-sha256") != digest:
        return "payload hash"
    if region != S3_REGION or not headers.get("x-amz-date", "").startswith(day):
        return "scope"
    missing = [name for name in headers if name.startswith("x-amz-") and name not in signed.split(";")]
    if missing or "host" not in signed.split(";"):
        return f"unsigned {missing}"
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed.split(";"))
    request = f"{method}\n{path}\n\n{lines}\n{signed}\n{digest}"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], f"{day}/{region}/s3/aws4_request",
                      hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + S3_SECRET).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(wanted, signature) else "signature"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    clock = None

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.clock if timestamp is None else timestamp)

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        path = urlsplit(self.path).path
        headers = {name.lower(): value for name, value in self.headers.items()}
        if path == "/hold":
            # Before the body: an upload that is held must not be read.
            parent.say(method=self.command, path=path, headers=headers)
            parent.hold()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        digest = hashlib.sha256(body).hexdigest()
        parent.say(method=self.command, path=self.path, headers=headers, sha256=digest,
                   body=body.decode("utf-8", "replace") if len(body) < 10_000 else None)
        word, _, rest = path.lstrip("/").partition("/")
        if word == "status":
            self.answer(int(rest), b"as asked")
        elif word == "busy":
            # /busy/STATUS/SECONDS, or /busy/STATUS/date/SECONDS: a date so many seconds after the one of the answer,
            # by a clock that is hours away from everybody else's.
            status, _, wait = rest.partition("/")
            if wait.startswith("date/"):
                self.clock = time.time() - 5 * 3600
                wait = formatdate(int(self.clock) + int(wait.removeprefix("date/")), usegmt=True)
            self.answer(int(status), b"busy", Retry_After=unquote(wait))
        elif word == "redirect":
            self.answer(307, Location="/echo" if rest == "1" else f"/redirect/{int(rest) - 1}")
        elif word == "elsewhere":
            self.answer(302, Location="file:///etc/passwd")
        elif word == "binary":
            self.answer(200, bytes([0xFF, 0xFE, 0x00]), Content_Type="application/octet-stream")
        elif word == "large":
            self.answer(200, "ä".encode() * int(rest))
        elif word == "drop":
            self.close_connection = True
        elif word == "bucket":
            fault = s3_fault(self.command, self.path, headers, digest)
            if fault:
                self.answer(403, f"<Error>{fault}</Error>".encode())
            else:
                self.answer(200, ETag='"' + hashlib.md5(body).hexdigest() + '"')
        else:
            self.answer(200, json.dumps({"echo": base64.b64encode(body).decode()}).encode(),
                        Content_Type="application/json", ETag='"tag-1"', X_Twice="one")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that leaves in the middle is what some tests are about."""


def main():
    parent.attach()
    server = Server(("127.0.0.1", 0), Handler)
    parent.say(port=server.server_address[1])
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
