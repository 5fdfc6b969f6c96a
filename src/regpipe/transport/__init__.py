"""HTTP with registries: the only package that uses requests and urllib3, and sends anything.

client         requests to registries, with authorization, retries and rate limits around each
authorization  one request with the credentials that a registry requires
redirects      one attempt: sent to the request's origin, and on to where redirects lead
endpoints      the connections to an origin, by way of a proxy or not
proxies        the proxy on the way to an origin, and what needs none
http1          HTTP/1.1 on an open connection: a request and its response
reader         the bytes of a response as they arrive, under timeouts and a deadline
encodings      Content-Encoding labels, right and wrong
messages       Request, Response and Attempt
errors         failed requests as exceptions
diagnosis      what the body of an error response holds
limiter        the number of concurrent requests to a registry, and its rate limit
concurrency    the rule for that number: fixed, or by distance
retrying       sending a request again, as long as that may help
retry          the retry policy: retryable statuses, delays, Retry-After
tls            TLS contexts, certs.d folders, and what certificate errors mean
waits          what is said while requests wait
trace          what `-v` shows, and registries' warnings
origins        URLs and their origins, and the targets of redirects
options        what a user may set
authorizer     what transport needs of whoever knows credentials
"""

from regpipe.transport.authorizer import Authorizer
from regpipe.transport.client import PAGE_LIMIT, Transport
from regpipe.transport.errors import TLS_FAILED, from_response
from regpipe.transport.messages import Response
from regpipe.transport.options import Options
from regpipe.transport.reader import Timeouts
from regpipe.transport.retry import RetryPolicy

__all__ = [
    "PAGE_LIMIT",
    "TLS_FAILED",
    "Authorizer",
    "Options",
    "Response",
    "RetryPolicy",
    "Timeouts",
    "Transport",
    "from_response",
]
