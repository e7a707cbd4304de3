"""URIs as they may be shown: without the passwords and signatures that some of them carry."""

import re

HIDDEN = "***"
"""What stands in the place of a secret."""

_LOCAL = re.compile(r"(?i)(file:(/(?!/)|///)|blob:(?!//))")
"""URIs that name no host, so that nothing in them is a user: `file:/folder/a@b.mp4`, not `file://user@host/b.mp4`."""
_USERINFO = re.compile(r"(?i)^([a-z][a-z0-9+.-]*:[\\/]*)[^/?#]*@")
_NO_PORT = re.compile(r"(?i)^([a-z][a-z0-9+.-]*:)[\\/]*(\*\*\*@)?[^/?#@\[]*:(?=[^/?#]*[^/?#\d])")
"""What stands behind a host's colon is no port, so it may be a password that holds a slash: no address in any case."""
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&;#]*)=([^&;#]*)")
_SECRET = re.compile(r"(?i)sig|token|key|secret|pass|pwd|auth|cred|policy|session|jwt|code|hmac|x-amz|x-goog|awsaccess")
"""What the names of parameters hold whose values open something: S3's, Google's, Azure's and CloudFront's signed URLs,
and the usual names of tokens."""


def redacted(uri: str) -> str:
    """The URI without user, password and the values of signed or secret query parameters. Takes any text.

    Two URIs of the same file that differ in their signatures alone are the same text.
    """
    if _LOCAL.match(uri):
        return uri
    shown = _USERINFO.sub(rf"\1{HIDDEN}@", uri)
    if unreadable := _NO_PORT.match(shown):
        return unreadable[1] + HIDDEN
    return _PARAMETER.sub(_without_secret, shown)


def _without_secret(parameter: "re.Match[str]") -> str:
    name, value = parameter.groups()
    return f"{name}={HIDDEN if value and _SECRET.search(name) else value}"
