"""Guards for scripted registries, and a token service whose RS256 tokens real registries verify."""

import base64
import datetime as dt
import itertools
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from support.blobs import Json, base64url
from support.cli import PASSWORD, TOKEN, USER
from support.responses import Handler, Request, Response, json_response, unauthorized

SERVICE = "registry.test"


def basic(user: str = USER, password: str = PASSWORD, realm: str = "Registry Realm") -> Handler:
    """Return a guard that requires Basic credentials."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def guard(request: Request) -> Response | None:
        if request.headers.get("authorization") == wanted:
            return None
        return unauthorized(f'Basic realm="{realm}"')

    return guard


@dataclass
class TokenService:
    """Issues tokens: `server.on("/token", service)`; `registry.guard(service.guard(realm))`.

    It can serve a real registry too, whose `rootcertbundle` is then `certificate`.
    """

    users: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    anonymous: bool = True
    """Whether it issues tokens without credentials."""
    refresh_tokens: set[str] = field(default_factory=lambda: {f"{TOKEN}-refresh"})
    """The identity tokens that it accepts in a POST."""
    expires_in: int | None = 300
    """The lifetime of tokens in seconds; None leaves the field out."""
    fields: tuple[str, ...] = ("token", "access_token")
    """The names of the response's fields with the token."""
    posts: bool = True
    """Whether it supports OAuth2 POST; otherwise that gets 404."""
    grants: bool = True
    """Whether tokens grant the requested scope; otherwise they grant nothing."""
    issued: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The scope of each issued token and when it expires (monotonic clock)."""

    def __post_init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _self_signed(self._key)
        self._number = itertools.count(1)

    def guard(self, realm: str, *, catalog: bool = True) -> Handler:
        """Return a guard that requires tokens of this service; the realm is the service's URL."""

        def guard(request: Request) -> Response | None:
            scope = _scope(request, catalog=catalog)
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            granted, ends = self.issued.get(token, ("", 0.0))
            if time.monotonic() < ends and (scope is None or scope in granted.split()):
                return None
            challenge = f'Bearer realm="{realm}",service="{SERVICE}"'
            if scope is not None:
                challenge += f',scope="{scope}"'
            if token:
                reason = "insufficient_scope" if time.monotonic() < ends else "invalid_token"
                challenge += f',error="{reason}"'
            return unauthorized(challenge)

        return guard

    def __call__(self, request: Request) -> Response:
        """Respond to a request for a token."""
        if request.method == "POST":
            return self._post(request)
        query = parse_qs(request.query)
        user = self._user(request.headers.get("authorization"))
        if user is None:
            return unauthorized('Basic realm="token"')
        return self._answer(user, " ".join(query.get("scope", [])))

    def certificate(self, directory: Path) -> Path:
        """Write the certificate that a registry verifies the tokens with; return the file."""
        path = directory / "token-root.crt"
        path.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        return path

    def revoke(self) -> None:
        """Make every issued token invalid, as if it had expired in the middle of a run."""
        self.issued.clear()

    def _post(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if not self.posts:
            return json_response({}, 404)
        known = form.get("refresh_token") in self.refresh_tokens or (
            form.get("grant_type") == "password"
            and self.users.get(form.get("username", "")) == form.get("password")
        )
        if not known:
            return json_response({"error": "invalid_grant"}, 401)
        return self._answer(form.get("username", USER), form.get("scope", ""))

    def _user(self, authorization: str | None) -> str | None:
        """Return the user of a Basic header, "" if anonymous, None if it is not accepted."""
        if authorization is None:
            return "" if self.anonymous else None
        user, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
        return user if self.users.get(user) == password else None

    def token(self, user: str, scope: str) -> str:
        """Issue a token, as if it had been requested."""
        token = self._sign(user, scope)
        lifetime = 60 if self.expires_in is None else self.expires_in
        self.issued[token] = (scope, time.monotonic() + lifetime)
        return token

    def _answer(self, user: str, scope: str) -> Response:
        token = self.token(user, scope if self.grants else "")
        document: Json = dict.fromkeys(self.fields, token)
        if self.expires_in is not None:
            document["expires_in"] = self.expires_in
        return json_response(document)

    def _sign(self, user: str, scope: str) -> str:
        """Return a JSON Web Token as the distribution token specification defines it."""
        access = []
        for one in scope.split():
            kind, _, rest = one.partition(":")
            name, _, actions = rest.rpartition(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        der = base64.b64encode(self._certificate.public_bytes(Encoding.DER)).decode()
        header = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
        claims = {
            "iss": "regpipe-tests",
            "sub": user,
            "aud": SERVICE,
            "exp": now + (self.expires_in or 60),
            "nbf": now - 10,
            "iat": now,
            "jti": f"{TOKEN}-{next(self._number)}",
            "access": access,
        }
        parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
        signature = self._key.sign(".".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
        return ".".join([*parts, base64url(signature)])


def _scope(request: Request, *, catalog: bool) -> str | None:
    parts = request.path.split("/")
    if request.path == "/v2/_catalog" and catalog:
        return "registry:catalog:*"
    if len(parts) < 5:
        return None
    return f"repository:{'/'.join(parts[2:-2])}:pull"


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "regpipe test tokens")])
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
