# SPDX-License-Identifier: Apache-2.0
"""libresume.Codec: tickets of bytes and of sessions, in all frames, from many threads."""

from __future__ import annotations

import gc
import os
import threading
import weakref

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

import libresume
from libresume import Appdata, Codec, Frame, Keyring, Limit, Payload, Session, Status

RING = Keyring("random:")
CODECS = {
    "rfc5077": Codec(RING),
    "rfc5077-native": Codec(RING, payload=Payload.NATIVE),
    "struct-native": Codec(RING, frame=Frame.RFC5077_STRUCT, payload=Payload.NATIVE),
    "aead": Codec(RING, frame=Frame.AEAD),
    "aead-context": Codec(RING, frame=Frame.AEAD, context=b"listener"),
}


@pytest.fixture(params=list(CODECS))
def codec(request: pytest.FixtureRequest) -> Codec:
    return CODECS[request.param]


@given(st.binary(min_size=1, max_size=5000), st.sampled_from(list(CODECS)))
def test_I_42_bytes_round_trip(data: bytes, which: str) -> None:
    codec = CODECS[which]
    ticket = codec.seal(data)
    assert ticket is not None
    assert len(ticket) <= codec.sealed_size(len(data))
    assert codec.open(ticket) == (Status.OK, data)
    assert codec.seal(data) != ticket  # I-42


@given(st.binary(max_size=300), st.sampled_from(list(CODECS)))
def test_hostile_tickets_are_answered(data: bytes, which: str) -> None:
    status, opened = CODECS[which].open(data)
    assert status in {Status.MISS, Status.MALFORMED} and opened is None


@given(st.data())
def test_any_changed_bit_is_a_decline(data: st.DataObject) -> None:
    """I-18."""
    codec = CODECS[data.draw(st.sampled_from(list(CODECS)))]
    ticket = codec.seal(b"some state that is sealed")
    assert ticket is not None
    bit = data.draw(st.integers(0, 8 * len(ticket) - 1))
    changed = bytearray(ticket)
    changed[bit // 8] ^= 1 << (bit % 8)
    status, opened = codec.open(changed)
    assert status in {Status.MISS, Status.FORGED, Status.MALFORMED, Status.UNSUPPORTED}
    assert opened is None


def test_session_round_trip(codec: Codec, session: Session) -> None:
    status, ticket = codec.seal_session(session)
    assert status == Status.OK and ticket is not None
    status, again = codec.open_session(ticket)
    assert status == Status.OK and again == session


@pytest.mark.parametrize("frame", list(Frame))
@pytest.mark.parametrize("payload", list(Payload))
def test_every_payload_in_every_frame(frame: Frame, payload: Payload) -> None:
    codec = Codec(RING, frame=frame, payload=payload)
    session = Session(
        version=0x0303, cipher_suite=0xA8, secret=b"s" * 48, created_ms=NOW, lifetime=86_400
    )
    session = session.replace(appdata=[(Appdata.PSK_IDENTITY, b"client-7")])
    status, ticket = codec.seal_session(session)
    assert status == Status.OK and ticket is not None
    assert codec.open_session(ticket) == (Status.OK, session)


def test_I_138_the_frame_to_the_letter(session: Session) -> None:
    """RFC 5077 section 4: the length of the ciphertext stands behind name and IV."""
    codec = Codec(RING, frame=Frame.RFC5077_STRUCT)
    plain = session.replace(extended_master_secret=False, server_name=None, context=b"")
    status, ticket = codec.seal_session(plain)
    assert status == Status.OK and ticket is not None
    assert int.from_bytes(ticket[32:34]) == len(ticket) - 16 - 16 - 2 - 32 == 64
    assert codec.seal_session(session) == (Status.UNSUPPORTED, None)  # I-138


def test_a_session_that_the_payload_cannot_carry(session: Session) -> None:
    dead = session.replace(resumable=False)
    assert CODECS["rfc5077"].seal_session(dead) == (Status.UNSUPPORTED, None)
    assert CODECS["aead"].seal_session(dead)[0] == Status.OK


def test_every_kind_of_buffer(codec: Codec) -> None:
    for data in (b"data", bytearray(b"data"), memoryview(b"data")):
        ticket = codec.seal(data)
        assert ticket is not None
        assert codec.open(memoryview(ticket)) == (Status.OK, b"data")


def test_time_by_position_and_by_name() -> None:
    ring = Keyring("random:", seal_period_ms=1000, open_period_ms=1000, now_ms=NOW)
    codec = Codec(ring)
    ticket = codec.seal(b"data", NOW)
    assert ticket is not None
    assert codec.seal(b"data", now_ms=NOW + 1) is not None
    assert codec.open(ticket, now_ms=NOW + 999) == (Status.OK, b"data")
    assert codec.open(ticket, NOW + 1000) == (Status.RENEW, b"data")
    assert codec.open(ticket, now_ms=NOW + 2000) == (Status.EXPIRED, None)


def test_wrong_arguments_are_type_errors(codec: Codec) -> None:
    for call in (codec.seal, codec.open):
        with pytest.raises(TypeError):
            call()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            call(b"data", NOW, 3)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            call(b"data", then=NOW)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            call(data=b"data")  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            call("text")  # type: ignore[arg-type]
        with pytest.raises((TypeError, OverflowError)):
            call(b"data", -1)
        with pytest.raises(TypeError):
            call(b"data", 1.5)  # type: ignore[arg-type]


def test_I_34_limits(codec: Codec) -> None:
    """I-34."""
    with pytest.raises(libresume.InvalidError):
        codec.seal(b"")
    assert codec.seal(bytes(Limit.TICKET_MAX)) is None
    assert codec.seal(bytes(Limit.TICKET_MAX + 1)) is None
    largest = codec.seal(bytes(65_000))
    assert largest is not None and codec.open(largest) == (Status.OK, bytes(65_000))
    assert codec.open(bytes(1_000_000))[1] is None
    assert codec.open(b"") == (Status.MALFORMED, None)


def test_context_and_frame_must_fit() -> None:
    ticket = CODECS["aead-context"].seal(b"data")
    assert ticket is not None
    assert CODECS["aead"].open(ticket) == (Status.FORGED, None)
    with pytest.raises(libresume.InvalidError):
        Codec(RING, context=b"no room for it")
    with pytest.raises(libresume.InvalidError):
        Codec(RING, frame=7)  # type: ignore[arg-type]


def test_a_codec_keeps_its_ring_alive() -> None:
    ring = Keyring("random:")
    codec = Codec(ring)
    ring.close()
    del ring
    gc.collect()
    ticket = codec.seal(b"data")
    assert ticket is not None and codec.open(ticket)[1] == b"data"
    assert codec.keyring.sealing_key() is not None


def test_closed_is_closed() -> None:
    with Codec(RING) as codec:
        assert repr(codec) == "<libresume.Codec>"
    for call in (codec.seal, codec.open):
        with pytest.raises(ValueError, match="closed"):
            call(b"data")
    codec.close()


def test_codecs_are_freed() -> None:
    codec = Codec(RING)
    gone = weakref.ref(codec)
    del codec
    gc.collect()
    assert gone() is None


def test_a_codec_without_init_is_closed() -> None:
    with pytest.raises(ValueError, match="closed"):
        Codec.__new__(Codec).seal(b"data")


def test_a_forked_child_shares_keys_and_no_nonce() -> None:
    """I-65 and I-165."""
    codec = Codec(Keyring("random:"))
    warm = codec.seal(b"data")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ticket = codec.seal(b"data")
            os.write(writer, ticket or b"")
        finally:
            os._exit(0)
    os.close(writer)
    theirs = os.read(reader, 4096)
    os.close(reader)
    os.waitpid(child, 0)
    ours = codec.seal(b"data")
    assert warm is not None and ours is not None
    assert codec.open(theirs) == (Status.OK, b"data")
    assert len({warm[16:32], ours[16:32], theirs[16:32]}) == 3  # the IVs


def test_many_threads(codec: Codec) -> None:
    """I-168: seal and open from many threads, while the ring rotates."""
    wrong: list[object] = []

    def work() -> None:
        for _ in range(200):
            data = os.urandom(200)
            ticket = codec.seal(data)
            status, opened = codec.open(ticket) if ticket else (Status.NO_KEY, None)
            if opened != data or status not in {Status.OK, Status.RENEW}:
                wrong.append(status)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        RING.rotate()
    for thread in threads:
        thread.join()
    assert wrong == []
