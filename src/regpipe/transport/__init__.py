"""HTTP with registries: the only importer of requests, and all that may be sent to a server.

seam         what transport and auth tell each other
client       one request from the first try to the answer: authorization, retries, limits
redirects    one try: sent to where it is meant for, and on to where that leads
connections  endpoints: connections to origins, proxies, TLS contexts
wire         HTTP/1.1 on an open connection, under limits
reader       the bytes of one answer as they come, under a deadline
tls          whom to trust and as whom to appear
origins      where URLs and redirects lead
pace         how much a registry is asked at a time, and its rate limit
retry        what passes, and how long to wait
failures     answers and broken connections made into errors
trace        `-v` and warnings, without secrets
"""

from regpipe.transport.authorizer import Authorizer, TokenExchange
from regpipe.transport.client import PAGE_LIMIT, Transport
from regpipe.transport.options import Options
from regpipe.transport.reader import Timeouts
from regpipe.transport.redirects import Response
from regpipe.transport.retry import RetryPolicy

__all__ = [
    "PAGE_LIMIT",
    "Authorizer",
    "Options",
    "Response",
    "RetryPolicy",
    "Timeouts",
    "TokenExchange",
    "Transport",
]
