"""What PyJWT and authlib make of a token and of the key set at a URL. It reads a
list of tasks in JSON from standard input, and writes the list of their results: an
object with the token's claims, or with the error."""

import json
import sys
import urllib.request

import authlib.jose
import jwt

# Both would ask a proxy of the environment for an address of this machine.
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))


def pyjwt(task):
    key = jwt.PyJWKClient(task["url"]).get_signing_key_from_jwt(task["token"])
    return jwt.decode(
        task["token"], key.key, algorithms=[task["alg"]], issuer=task["issuer"], audience=task["audience"]
    )


def authlib_(task):
    with urllib.request.urlopen(task["url"], timeout=20) as answer:
        keys = authlib.jose.JsonWebKey.import_key_set(json.load(answer))
    claims = authlib.jose.JsonWebToken([task["alg"]]).decode(
        task["token"],
        keys,
        claims_options={"iss": {"value": task["issuer"]}, "aud": {"value": task["audience"]}},
    )
    claims.validate()
    return dict(claims)


results = []
for task in json.load(sys.stdin):
    try:
        results.append({"payload": {"pyjwt": pyjwt, "authlib": authlib_}[task["do"]](task)})
    except Exception as error:  # whatever it is, it is the answer
        results.append({"error": f"{type(error).__name__}: {error}"})
json.dump(results, sys.stdout)
