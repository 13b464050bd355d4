# SPDX-License-Identifier: Apache-2.0
"""The package as a whole: its stubs, its constants, and what its extension shows and needs."""

from __future__ import annotations

import enum
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import libresume
from libresume import _low

EXTENSION = Path(_low.__file__)
HEADERS = Path(__file__).resolve().parents[2] / "libresume" / "include" / "resume"
NOT_ENUMERATED = {"VERSION", "BACKEND_KEY_SIZE", "BACKEND_RECORD_MAX"}


def enumerations() -> list[type[enum.Enum]]:
    found = [getattr(libresume, name) for name in libresume.__all__]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, enum.Enum)]


def test_every_constant_is_in_an_enumeration() -> None:
    spelled = {"Status": "", "ClientAuth": "CLIENT_AUTH_", "Statistic": "STORE_", "Limit": ""}
    spelled |= {"ClientStatistic": "CLIENT_", "GoLayout": "GOTLS_", "KeyRole": "KEY_"}
    known = {
        spelled.get(kind.__name__, kind.__name__.upper() + "_") + name
        for kind in enumerations()
        for name in kind.__members__
    }
    constants = {name[7:] for name in vars(_low) if name.startswith("RESUME_")}
    counts = {name for name in constants if name.endswith("_COUNT")}
    assert constants - known - counts == NOT_ENUMERATED & constants
    assert len(constants) > 80


def test_every_public_call_is_in_the_extension() -> None:
    """Those that are left out are named in resume.i and python.i."""
    text = "\n".join(
        path.read_text() for path in sorted(HEADERS.glob("*.h")) if path.name != "backend.h"
    )
    declared = set(re.findall(r"\bresume_(\w+)\(", re.sub(r"/\*.*?\*/", "", text, flags=re.S)))
    left_out = re.compile(
        r"\w+_(un)?ref$|event_|openssl_|(server|store)_options_set_trace|server_random"
        r"|store_from_backend"
        r"|key_count_seal|codec_new|codec_\w+_bytes"
        r"|(server_)?hello_|fault_|new_session_ticket_|verdict_|server_offer|tls12_|key_block_"
        r"|facts_|server_check_facts|key_(set_)?extra"
    )
    missing = {n for n in declared if not left_out.match(n) and not hasattr(_low, n)}
    assert missing == set()


def test_counts_match_the_enumerations() -> None:
    assert _low.reason_count() == len(libresume.Reason)
    for reason in libresume.Reason:
        assert _low.reason_name(reason) == reason.name.lower()
    for path in libresume.Path:
        assert _low.path_name(path) == path.name.lower()


def test_status_has_a_text() -> None:
    for status in libresume.Status:
        assert status.text and not status.text.startswith("unknown")


def test_stubs_say_what_there_is() -> None:
    """The extension's: all else is Python, which mypy reads itself."""
    command = [sys.executable, "-m", "mypy.stubtest", "--ignore-disjoint-bases", "libresume._low"]
    environment = {**os.environ, "MYPYPATH": str(EXTENSION.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_extension_shows_one_symbol() -> None:
    command = ["nm", "-D", "--defined-only", "--format=posix", str(EXTENSION)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["PyInit__low"]


def test_the_extension_needs_shared_openssl_and_stays_loaded() -> None:
    command = ["readelf", "-d", str(EXTENSION)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    assert {"libssl.so.3", "libcrypto.so.3"} <= set(needed)
    assert not [name for name in needed if "resume" in name or "python" in name]
    assert "NODELETE" in text


def test_the_extension_uses_the_limited_api() -> None:
    """No name that begins with an underscore, save those that the stable ABI lists."""
    if EXTENSION.name != "_low.abi3.so":
        pytest.skip("built with a SWIG before 4.4.1, which does not write for it")
    command = ["nm", "-D", "--undefined-only", "--format=posix", str(EXTENSION)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    private = {line.split()[0] for line in lines if line.startswith("_Py")}
    stable = {"_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct", "_Py_NotImplementedStruct"}
    stable |= {"_Py_Dealloc", "_PyObject_New", "_PyObject_CallFunction_SizeT"}
    stable |= {"_PyArg_ParseTuple_SizeT", "_PyArg_Parse_SizeT", "_Py_BuildValue_SizeT"}
    assert private <= stable


def test_errors_pickle() -> None:
    with pytest.raises(libresume.InvalidError) as caught:
        libresume.Keyring("nonsense:")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is libresume.InvalidError
    assert (again.status, str(again)) == (caught.value.status, str(caught.value))


def test_versions_and_features() -> None:
    assert libresume.__version__ == _low.abi_version_text()
    assert _low.abi_version() == _low.RESUME_VERSION
    assert libresume.has("frame-aead") and not libresume.has("nonsense")


def test_low_level_handles_are_typed() -> None:
    _, policy = _low.policy_new()
    with pytest.raises(TypeError, match="resume_session"):
        _low.session_version(policy)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Codec"):
        _low.codec_seal(policy, None, 0)  # type: ignore[arg-type]
    with pytest.raises(libresume.InvalidError):
        _low.session_to_native(None)  # type: ignore[arg-type]


def test_everything_public_is_documented() -> None:
    for name in libresume.__all__:
        thing = getattr(libresume, name)
        if not callable(thing):
            continue
        assert thing.__doc__, name
        for member, value in vars(thing).items() if isinstance(thing, type) else ():
            if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                assert value.__doc__, f"{name}.{member}"
