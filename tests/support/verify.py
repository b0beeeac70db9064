"""How an application in Python believes an assertion (PyJWT): reads it from standard input, prints the claims as JSON.

Usage: verify.py JWKS_FILE AUDIENCE ISSUER
One algorithm, keys of the gate's set only, and no claim that may be missing: PyJWT does not ask for `exp`, `aud` and
`iss` by itself.
"""

import json
import sys

import jwt


def claims_of(assertion: str, keys: dict, audience: str, issuer: str) -> dict:
    key_set = jwt.PyJWKSet.from_dict(keys)
    key = key_set[jwt.get_unverified_header(assertion)["kid"]]
    return jwt.decode(
        assertion,
        key.key,
        algorithms=["ES256"],
        audience=audience,
        issuer=issuer,
        leeway=30,
        options={"require": ["exp", "iat", "aud", "iss", "sub"]},
    )


if __name__ == "__main__":
    file, audience, issuer = sys.argv[1:]
    with open(file, encoding="utf-8") as keys:
        try:
            claims = claims_of(sys.stdin.read().strip(), json.load(keys), audience, issuer)
        except (jwt.PyJWTError, KeyError) as refused:
            sys.exit(f"refused: {refused!r}")
    print(json.dumps(claims))
