"""Tokens under all orders of events: fresh ones only, no more requests than needed, no lock-out."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from regpipe.auth.credential import Credential, password_credential
from regpipe.auth.tokens import Grant, Tokens
from regpipe.errors import ConnectionFailedError, RegpipeError, UnauthorizedError

REPOSITORIES = ("a", "b")
LOGIN = password_credential("user", "secret", "test")


class TokenStates(RuleBasedStateMachine):
    """Tokens, a token server, and what is known of them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.tokens = Tokens(self._exchange, lambda: self.now)
        self.mode = "works"
        self.sent = 0
        self.refused_login = 0
        self.valid_until: dict[str, float] = {}
        self.credential: Credential | None = LOGIN

    @initialize(anonymous=st.booleans())
    def who(self, *, anonymous: bool) -> None:
        self.credential = None if anonymous else LOGIN

    def _exchange(self, *_: object) -> tuple[int, bytes]:
        self.sent += 1
        if self.mode == "unreachable":
            raise ConnectionFailedError("connection refused")
        if self.mode == "refuses":
            self.refused_login += 1
            return 401, b"{}"
        if self.mode == "fails":
            return 500, b"{}"
        if self.mode == "rubbish":
            return 200, b'{"token":7}'
        token = f"t{self.sent}"
        self.valid_until[token] = self.now + 60
        return 200, b'{"token":"%s","expires_in":60}' % token.encode()

    def _grant(self, repository: str) -> Grant:
        scopes = (f"repository:{repository}:pull",)
        return Grant("https://r.test", "https://t.test/token", "s", scopes, self.credential)

    @rule(mode=st.sampled_from(["works", "unreachable", "refuses", "fails", "rubbish"]))
    def the_server_changes(self, mode: str) -> None:
        self.mode = mode

    @rule(seconds=st.sampled_from([0.5, 3.0, 30.0, 61.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(repository=st.sampled_from(REPOSITORIES))
    def a_token_is_needed(self, repository: str) -> None:
        before = self.sent
        try:
            token = self.tokens.get(self._grant(repository))
        except RegpipeError:
            if self.mode == "works":
                assert self.sent == before  # an earlier failure still counts
        else:
            assert self.valid_until[token] > self.now
            # Once more needs no request.
            before = self.sent
            assert self.tokens.get(self._grant(repository)) == token
            assert self.sent == before
        assert self.sent <= before + 1
        # A password that was refused once is not tried again: accounts are locked after a few.
        assert self.credential is None or self.refused_login <= 1

    @rule(repository=st.sampled_from(REPOSITORIES), is_final=st.booleans())
    def the_registry_refuses_it(self, repository: str, *, is_final: bool) -> None:
        grant = self._grant(repository)
        try:
            token = self.tokens.get(grant)
        except RegpipeError:
            return
        again = self.tokens.refuse(grant, token, is_final=is_final)
        assert not (is_final and again)
        if again:
            try:
                assert self.tokens.get(grant) != token
            except (UnauthorizedError, RegpipeError):
                return


TestTokenStates = TokenStates.TestCase
TestTokenStates.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, derandomize=True, database=None
)
