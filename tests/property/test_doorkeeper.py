"""Whatever is asked: there is an answer, and it is yes only to a key that counts at a door that is its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from fleet.hub.security.access import Credential
from fleet.hub.security.keytable import KeyState
from fleet.hub.security.limits import Limits
from fleet.hub.security.zap import DOORS, OK, Doorkeeper
from fleet.protocol.messages import Role

KEYS = {bytes([number]) * 32: role for number, role in enumerate(Role, 1)}
REVOKED = b"\x09" * 32


class Access:
    """A key of each role, and one that was revoked."""

    trouble: str | None = None

    def __init__(self, *, plain: bool) -> None:
        self.plain = plain

    def refresh(self, _wall_s: float) -> bool:
        return False

    def of_public(self, public: str) -> tuple[Credential | None, KeyState | None]:
        key = z85.decode(public)
        if key == REVOKED:
            return None, KeyState.REVOKED
        role = KEYS.get(key)
        return (None, None) if role is None else (Credential(public, role.value, role), KeyState.VALID)

    def of_id(self, _key_id: str) -> Credential | None:
        return None

    def subject_of(self, public: str) -> str | None:
        return "who had it" if z85.decode(public) == REVOKED else None


frames = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"1.0", b"CURVE", b"NULL", b"127.0.0.1", b"10.0.0.7", *(d.encode() for d in DOORS)]),
    st.sampled_from([*KEYS, REVOKED]),
)
likely = st.tuples(
    st.just(b"1.0"),
    st.binary(max_size=4),
    st.sampled_from([d.encode() for d in DOORS]),
    st.sampled_from([b"127.0.0.1", b"10.0.0.7"]),
    st.just(b""),
    st.sampled_from([b"CURVE", b"NULL"]),
    st.sampled_from([*KEYS, REVOKED]),
).map(list)


@given(st.one_of(st.lists(frames, max_size=9), likely), st.booleans())
def test_yes_is_said_to_who_may_come_in_and_to_nobody_else(request: list[bytes], plain: bool) -> None:
    verdict = Doorkeeper(Access(plain=plain), Limits()).judge(request, 0)
    assert verdict.status in (b"200", b"300", b"400", b"500")
    assert (verdict.status == OK) == bool(verdict.user_id) == (verdict.code is None)
    if verdict.status != OK:
        return
    assert request[0] == b"1.0"
    if plain:
        assert (request[5], request[3]) != (b"NULL", b"10.0.0.7")
        assert request[5] == b"NULL"
    else:
        assert request[5] == b"CURVE"
        assert KEYS[request[6]] in DOORS[request[2].decode()]
