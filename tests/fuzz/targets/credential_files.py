"""Files with credentials: docker's and podman's."""

import base64
import json
from collections.abc import Iterable

from fuzz.judge import told
from regpipe.auth import config_files
from regpipe.auth.config_files import Location
from regpipe.errors import RegpipeError

TOKENS = (
    b'"auths":{',
    b'"auth":"',
    b'"credHelpers":{',
    b'"credsStore":"',
    b'"identitytoken":"',
    b'"username":"',
    b"https://index.docker.io/v1/",
    b"\xef\xbb\xbf",
    b"dXNlcjpwYXNz",
)
SECRET = "canary-secret"


def seeds() -> Iterable[bytes]:
    """Yield files of each form."""
    auth = base64.b64encode(f"user:{SECRET}".encode()).decode()
    yield json.dumps({"auths": {"my.registry:5000": {"auth": auth}, "r/team": {}}}).encode()
    yield json.dumps({"credHelpers": {"a": "x"}, "credsStore": "desktop"}).encode()
    yield json.dumps({"auths": {"a": {"identitytoken": SECRET, "username": "u"}}}).encode()
    yield json.dumps({"https://index.docker.io/v1/": {"auth": auth}}).encode()


def check(data: bytes) -> None:
    """Read the file, and look for credentials in it."""
    location = Location("$DOCKER_AUTH_CONFIG", data.decode("utf-8", "replace"))
    try:
        file = config_files.read(location)
        if file is not None:
            for origin in ("https://my.registry:5000", "https://registry-1.docker.io", "http://a"):
                assert isinstance(file.helper(origin), str)
                for repository in ("team/app", ""):
                    file.entry(origin, repository)
    except RegpipeError as error:
        told(error)
        if SECRET in error.message:
            raise AssertionError("a secret is shown") from error
