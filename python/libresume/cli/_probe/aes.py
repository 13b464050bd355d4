# SPDX-License-Identifier: Apache-2.0
"""AES decryption of single blocks, to try keys that everybody knows.

Not for secrets: it is slow, and its time tells about the key. libresume's own codec is no help
here, since it refuses the very keys that are tried.
"""

from __future__ import annotations

from collections.abc import Sequence


def _double(value: int) -> int:
    value <<= 1
    return (value ^ 0x11B) if value & 0x100 else value


def _multiply(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = _double(a), b >> 1
    return product


def _make_sbox() -> bytes:
    """FIPS 197 section 5.1.1: the inverse in GF(2^8), then an affine transformation."""
    box = bytearray(256)
    for value in range(256):
        inverse = next((i for i in range(256) if _multiply(value, i) == 1), 0)
        rotated = inverse
        result = inverse ^ 0x63
        for _ in range(4):
            rotated = ((rotated << 1) | (rotated >> 7)) & 0xFF
            result ^= rotated
        box[value] = result
    return bytes(box)


_SBOX: bytes = b""
_INVERSE: bytes = b""
_MIX: tuple[list[int], ...] = ()


def _prepare() -> None:
    """Makes the tables at first use: whoever does not probe should not wait for them."""
    global _SBOX, _INVERSE, _MIX
    if _SBOX:
        return
    box = _make_sbox()
    inverse = bytearray(256)
    for value, substitute in enumerate(box):
        inverse[substitute] = value
    # InvMixColumns of one byte in each row of its column, as one 32-bit word.
    factors = ((14, 9, 13, 11), (11, 14, 9, 13), (13, 11, 14, 9), (9, 13, 11, 14))
    mix = tuple(
        [
            int.from_bytes(bytes(_multiply(value, factor) for factor in row), "big")
            for value in range(256)
        ]
        for row in factors
    )
    _INVERSE, _MIX, _SBOX = bytes(inverse), mix, box


def _expand(key: bytes) -> list[bytes]:
    """FIPS 197 section 5.2: the round keys, 16 bytes each."""
    size = len(key) // 4
    words = [key[i : i + 4] for i in range(0, len(key), 4)]
    constant = 1
    for index in range(size, 4 * (size + 7)):
        word = words[-1]
        if index % size == 0:
            word = bytes(_SBOX[b] for b in word[1:] + word[:1])
            word = bytes((word[0] ^ constant,)) + word[1:]
            constant = _double(constant)
        elif size == 8 and index % size == 4:
            word = bytes(_SBOX[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[index - size], strict=True)))
    return [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]


# Where InvShiftRows takes the byte of each place from, column by column.
_ROWS = tuple((column - row) % 4 * 4 + row for column in range(4) for row in range(4))


def _block(keys: Sequence[bytes], block: bytes) -> bytes:
    state = int.from_bytes(block, "big") ^ int.from_bytes(keys[-1], "big")
    for round_key in reversed(keys[:-1]):
        data = state.to_bytes(16, "big")
        data = bytes(_INVERSE[data[place]] for place in _ROWS)
        state = int.from_bytes(data, "big") ^ int.from_bytes(round_key, "big")
        if round_key is keys[0]:
            break
        data = state.to_bytes(16, "big")
        words = [
            _MIX[0][data[i]] ^ _MIX[1][data[i + 1]] ^ _MIX[2][data[i + 2]] ^ _MIX[3][data[i + 3]]
            for i in (0, 4, 8, 12)
        ]
        state = words[0] << 96 | words[1] << 64 | words[2] << 32 | words[3]
    return state.to_bytes(16, "big")


def decrypt_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Whole blocks under AES-128 or AES-256 in CBC mode; the padding stays."""
    _prepare()
    keys = _expand(key)
    made = bytearray()
    for at in range(0, len(data), 16):
        block = data[at : at + 16]
        plain = int.from_bytes(_block(keys, block), "big") ^ int.from_bytes(iv, "big")
        made += plain.to_bytes(16, "big")
        iv = block
    return bytes(made)
