"""An object store on loopback: moto's server, behind a check of every signature by botocore.

Prints its address and goes on until its standard input ends.
"""
import logging
import os
import sys
import threading

import moto.backends
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
KEY, SECRET, REGION = "ALPHATESTKEY", "a secret of the tests/+=", "eu-test-1"


def is_signed(environ):
    given = environ.get("HTTP_AUTHORIZATION", "")
    if not given.startswith("AWS4-HMAC-SHA256 "):
        return False
    parts = dict(part.strip().split("=", 1) for part in given.split(" ", 1)[1].split(","))
    names = parts["SignedHeaders"].split(";")
    headers = {name: environ["HTTP_" + name.upper().replace("-", "_")] for name in names}
    url = "http://" + headers["host"] + environ["RAW_URI"]
    request = AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(KEY, SECRET), "s3", REGION)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return parts["Signature"] == expected and parts["Credential"].startswith(KEY + "/")


def checked(application):
    def serve(environ, start):
        if is_signed(environ):
            return application(environ, start)
        body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>"
        start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    return serve


os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
backends = moto.backends.get_backend("s3")["123456789012"]["aws"]
backends.create_bucket("exports", REGION)
server = make_server("127.0.0.1", 0, checked(DomainDispatcherApplication(create_backend_app)), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.port}", flush=True)
sys.stdin.read()
