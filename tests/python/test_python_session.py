# SPDX-License-Identifier: Apache-2.0
"""libresume.Session: what goes in comes out, in all formats, and nothing secret is shown."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

import libresume
from libresume import Appdata, GoLayout, Session, Status

numbers16 = st.integers(1, 0xFFFF)
times = st.integers(0, 2**42)
names = st.one_of(st.none(), st.text("abcdefghijklmnopqrstuvwxyz.-0123456789", min_size=1))


def nonzero(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size).filter(any)


@st.composite
def fields(draw: st.DrawFn, *, openssl: bool = False) -> dict[str, Any]:
    """The fields of any session; those that OpenSSL's format can hold exactly if asked."""
    version = draw(st.sampled_from([0x0303, 0x0304]))
    created = draw(st.integers(1, 2**32)) * 1000 if openssl else draw(times)
    made: dict[str, Any] = {
        "version": version,
        "cipher_suite": draw(st.sampled_from([0x1301, 0x1302]) if version == 0x0304 else numbers16),
        "secret": draw(nonzero(48) if version == 0x0303 else st.one_of(nonzero(32), nonzero(48))),
        "extended_master_secret": version == 0x0303 and draw(st.booleans()),
        "session_id": draw(st.binary(max_size=32)),
        "created_ms": created,
        "authenticated_ms": draw(st.integers(0, created)),
        "lifetime": draw(st.integers(1, 604_800)),
        "server_name": draw(names),
        "alpn": draw(st.binary(max_size=255)),
        "context": draw(st.binary(max_size=32)),
        "verify_result": draw(st.integers(0, 100)),
        "age_add": draw(st.integers(0, 2**32 - 1)),
        "max_early_data": draw(st.integers(0, 2**31)),
        "appdata": draw(
            st.lists(st.tuples(st.integers(0x100, 0xFEFF), st.binary(max_size=40)), max_size=3)
        ),
    }
    if not openssl:
        made["peer_certificates"] = draw(st.lists(st.binary(min_size=1, max_size=60), max_size=3))
        made["group"] = draw(st.integers(0, 0xFFFF))
        made["resumable"] = draw(st.booleans())
    return made


def comparable(session: Session) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in session.fields().items()
    }


@given(fields())
def test_fields_come_back(made: dict[str, Any]) -> None:
    session = Session(**made)
    seen = session.fields()
    for name, value in made.items():
        assert seen[name] == (tuple(value) if isinstance(value, list) else value)  # type: ignore[literal-required]


@given(fields())
def test_native_format_round_trip(made: dict[str, Any]) -> None:
    session = Session(**made)
    status, again = Session.from_native(session.to_native())
    assert status == Status.OK
    assert again == session
    assert again is not None and again.to_native() == session.to_native()


@given(fields(openssl=True))
def test_openssl_format_round_trip(made: dict[str, Any]) -> None:
    session = Session(**made)
    status, der = session.to_openssl()
    assert status == Status.OK and der is not None
    status, again = Session.from_openssl(der, NOW)
    assert status == Status.OK and again is not None
    assert comparable(again) == comparable(session)


@given(fields(), st.sampled_from(GoLayout))
def test_go_format_round_trip(made: dict[str, Any], layout: GoLayout) -> None:
    made["resumable"] = True
    if made["version"] == 0x0303:
        made["cipher_suite"] = 0xC02F
    session = Session(**made)
    status, state = session.to_gotls(layout)
    assert status == Status.OK and state is not None
    status, again = Session.from_gotls(state)
    assert status == Status.OK and again is not None
    kept = ("version", "cipher_suite", "secret", "extended_master_secret", "peer_certificates")
    assert all(getattr(again, name) == getattr(session, name) for name in kept)
    assert again.created_ms == session.created_ms // 1000 * 1000
    assert again.authenticated_ms in (session.authenticated_ms, again.created_ms)
    assert list(again.appdata) == list(session.appdata)
    assert again.verify_result == (1 if session.peer_certificates else 0)
    kept_group = made["version"] == 0x0303 and layout == GoLayout.LAYOUT_2
    assert again.group == (session.group if kept_group else 0)


@st.composite
def state_fields(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of a session that RFC 5077's StatePlaintext holds exactly."""
    began = draw(st.integers(0, 2**32 - 1)) * 1000
    client = draw(st.sampled_from(["anonymous", "certificate_based", "psk"]))
    made: dict[str, Any] = {
        "version": 0x0303,
        "cipher_suite": draw(numbers16),
        "compression": draw(st.integers(0, 255)),
        "secret": draw(nonzero(48)),
        "created_ms": began,
        "lifetime": 86_400,
    }
    if client == "certificate_based":
        chain = st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=4)
        made["peer_certificates"] = draw(chain)
    elif client == "psk":
        made["appdata"] = [(Appdata.PSK_IDENTITY, draw(st.binary(max_size=400)))]
    return made


def state_of(made: dict[str, Any]) -> bytes:
    """RFC 5077 section 4 once more, sharing nothing with the library."""
    head = b"\x03\x03" + made["cipher_suite"].to_bytes(2) + bytes([made["compression"]])
    client = b"\x00"
    if "peer_certificates" in made:
        chain = b"".join(len(der).to_bytes(3) + der for der in made["peer_certificates"])
        client = b"\x01" + len(chain).to_bytes(3) + chain
    elif "appdata" in made:
        identity = made["appdata"][0][1]
        client = b"\x02" + len(identity).to_bytes(2) + identity
    stamp: int = made["created_ms"] // 1000
    state: bytes = head + made["secret"] + client + stamp.to_bytes(4)
    return state


@given(state_fields())
def test_state_plaintext_round_trip(made: dict[str, Any]) -> None:
    session = Session(**made)
    assert session.to_state_plaintext() == (Status.OK, state_of(made))
    assert Session.from_state_plaintext(state_of(made)) == (Status.OK, session)


@given(fields())
def test_I_138_what_state_plaintext_cannot_hold_is_unsupported(made: dict[str, Any]) -> None:
    """I-138: what is written comes back without a loss of what restricts the session."""
    session = Session(**made)
    status, state = session.to_state_plaintext()
    fits = (
        session.version == 0x0303
        and session.resumable
        and not session.extended_master_secret
        and session.server_name is None
        and session.context == b""
        and session.verify_result == 0
        and session.appdata == ()
    )
    assert status == (Status.OK if fits else Status.UNSUPPORTED)
    assert (state is None) == (status != Status.OK)


@given(state_fields(), st.data())
def test_a_damaged_state_plaintext_is_answered(made: dict[str, Any], data: st.DataObject) -> None:
    """I-154, I-155: cut or followed by a byte it is malformed; otherwise it says what it holds."""
    state = state_of(made)
    cut = data.draw(st.integers(0, len(state) - 1))
    assert Session.from_state_plaintext(state[:cut]) == (Status.MALFORMED, None)
    assert Session.from_state_plaintext(state + b"\0") == (Status.MALFORMED, None)
    changed = bytearray(state)
    changed[cut] ^= data.draw(st.integers(1, 255))
    _, session = Session.from_state_plaintext(changed)
    if session is not None:
        assert session.to_state_plaintext() == (Status.OK, bytes(changed))


@given(st.binary(max_size=300))
def test_hostile_bytes_are_answered(data: bytes) -> None:
    """I-155: whatever the bytes, an answer and no exception."""
    read = (
        Session.from_native,
        Session.from_state_plaintext,
        lambda d: Session.from_openssl(d, NOW),
    )
    for status, session in (reader(data) for reader in read):
        assert (session is None) == (status != Status.OK)


def test_every_truncation_is_safe(session: Session) -> None:
    """I-154. The native format is a list of fields: cut between two of them it is another session."""
    native = session.to_native()
    _, der = session.to_openssl()
    assert der is not None
    for cut in range(len(native)):
        status, shorter = Session.from_native(native[:cut])
        assert status in {Status.OK, Status.MALFORMED, Status.UNSUPPORTED}
        assert shorter != session
    for cut in range(len(der)):
        assert Session.from_openssl(der[:cut], NOW) == (Status.MALFORMED, None)
    assert Session.from_native(native + b"\0")[0] == Status.MALFORMED


def test_any_buffer_is_bytes(session: Session) -> None:
    native = session.to_native()
    for data in (bytearray(native), memoryview(native)):
        assert Session.from_native(data)[1] == session


def test_I_11_a_zero_secret_is_refused_with_a_reason() -> None:
    """I-11."""
    with pytest.raises(libresume.InvalidError, match="zero") as caught:
        Session(version=0x0303, cipher_suite=1, secret=bytes(48), created_ms=NOW, lifetime=1)
    assert caught.value.status == Status.E_INVALID
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("field", "value"),
    [("lifetime", 0), ("cipher_suite", 0), ("version", 0x0302), ("secret", b"short")],
)
def test_a_field_out_of_range_is_refused(session: Session, field: str, value: Any) -> None:
    changed = {**session.fields(), field: value}
    with pytest.raises(libresume.InvalidError):
        Session(**changed)


def test_an_unknown_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="colour"):
        Session(colour="red")  # type: ignore[call-arg]


def test_text_is_not_bytes() -> None:
    with pytest.raises(TypeError):
        Session.from_native("text")  # type: ignore[arg-type]


def test_a_number_that_fits_nowhere_is_an_overflow(session: Session) -> None:
    with pytest.raises(OverflowError):
        session.replace(cipher_suite=0x1_0000)


def test_I_34_too_large_is_refused(session: Session) -> None:
    """I-34."""
    with pytest.raises(libresume.InvalidError) as caught:
        session.replace(peer_certificates=[bytes(60_000), bytes(60_000)])
    assert caught.value.status == Status.TOO_LARGE


def test_I_36_replace_changes_what_it_is_told(session: Session) -> None:
    renewed = session.replace(created_ms=NOW + 5000, lifetime=10)
    assert renewed.expires_ms == NOW + 15_000
    assert renewed.authenticated_ms == NOW  # I-36
    assert session.created_ms == NOW
    assert renewed != session


def test_a_session_that_is_not_resumable_has_no_openssl_form(session: Session) -> None:
    assert session.replace(resumable=False).to_openssl() == (Status.UNSUPPORTED, None)


def test_nothing_secret_in_repr(session: Session) -> None:
    text = repr(session)
    assert session.secret.hex() not in text
    assert session.session_id.hex() not in text
    assert "a.example" in text


def test_closed_is_closed(session: Session) -> None:
    with session:
        assert session.version == 0x0303
    with pytest.raises(ValueError, match="closed"):
        session.to_native()
    assert repr(session) == "<libresume.Session closed>"


def test_equal_sessions_hash_alike(session: Session) -> None:
    _, again = Session.from_native(session.to_native())
    assert again is not None
    assert len({session, again}) == 1
    assert session != "a session"
