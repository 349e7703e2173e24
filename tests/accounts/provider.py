"""A tiny identity service in this process: discovery, keys, token endpoint, and its lies."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "yichuang-test"


class Provider:
    """`with Provider(now) as provider`: authorize() plays the person at the service.

    claims: overrides for the next token.  forge: given the claims, makes the token instead.
    """

    def __init__(self, now):
        self.now = now
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.claims, self.forge, self.discovery = {}, None, {}
        self.codes, self.asked = {}, []

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                self.answer(*provider.get(self.path))

            def do_POST(self):
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(*provider.token(parse_qs(body), self.headers["Authorization"]))

            def answer(self, status, content):
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        serve = self.server.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def get(self, path):
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            } | self.discovery
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        return 404, {}

    def authorize(self, address, subject="person-1"):
        """The person agrees; the query that comes back to us."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked | {"sub": subject}
        return {"code": code, "state": asked["state"]}

    def token(self, body, authorization):
        grant = self.codes.pop(body["code"][0], None)
        digest = hashlib.sha256(body["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not grant or challenge != grant["code_challenge"] or not authorization:
            return 400, {"error": "invalid_grant"}
        now = int(self.now.timestamp())
        claims = {
            "iss": self.issuer,
            "sub": grant["sub"],
            "aud": CLIENT,
            "nonce": grant["nonce"],
            "iat": now,
            "exp": now + 300,
            "name": "演示居民",
        } | self.claims
        claims = {key: value for key, value in claims.items() if value is not None}
        make = self.forge or self.sign
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": make(claims)}

    def sign(self, claims):
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
