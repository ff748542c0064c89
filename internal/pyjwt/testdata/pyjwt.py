"""Signs and verifies tokens with PyJWT.

Reads a job from each line of standard input, and writes a line with its answer
to standard output; both are JSON objects:

    {"do": "sign", "alg", "key", "header", "claims"}             -> {"token"}
    {"do": "verify", "alg", "key", "token", "audience", "now"}   -> {"claims"} or {"error"}

An error is the text of PyJWT's exception. Without "now" the clock is the
machine's.
"""
import datetime
import json
import sys

import jwt
import jwt.api_jwt


def clock(now):
    """Returns a datetime class whose time is now, for PyJWT to read."""

    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now, tz)

    return Stopped


def sign(job):
    return {"token": jwt.encode(job["claims"], job.get("key"), job["alg"], headers=job.get("header"))}


def verify(job):
    jwt.api_jwt.datetime = clock(job["now"]) if job.get("now") else datetime.datetime
    options = {"require": job.get("require", ["exp", "iat", "nbf"])}
    try:
        claims = jwt.decode(
            job["token"], job["key"], [job["alg"]], options, audience=job.get("audience"), leeway=10
        )
    except jwt.InvalidTokenError as e:
        return {"error": str(e)}
    return {"claims": claims}


for line in sys.stdin:
    job = json.loads(line)
    answer = sign(job) if job["do"] == "sign" else verify(job)
    print(json.dumps(answer), flush=True)
