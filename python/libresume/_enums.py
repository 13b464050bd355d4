# SPDX-License-Identifier: Apache-2.0
"""The constants of the public headers as enumerations. Their meanings stand in the headers.

Not a place for values of its own: each member takes the value of the library's constant.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from libresume import _low


class Status(IntEnum):
    """What a call answered: 0 is done, above it an answer about the input or the state.

    Negative values do not come back from calls; they are the ``status`` of an ``Error``.
    """

    OK = _low.RESUME_OK
    MISS = _low.RESUME_MISS
    EXPIRED = _low.RESUME_EXPIRED
    FORGED = _low.RESUME_FORGED
    MALFORMED = _low.RESUME_MALFORMED
    RENEW = _low.RESUME_RENEW
    FULL = _low.RESUME_FULL
    ABORT = _low.RESUME_ABORT
    EXISTS = _low.RESUME_EXISTS
    TOO_LARGE = _low.RESUME_TOO_LARGE
    NO_KEY = _low.RESUME_NO_KEY
    UNSUPPORTED = _low.RESUME_UNSUPPORTED
    WEAK_KEY = _low.RESUME_WEAK_KEY
    MORE = _low.RESUME_MORE
    E_INVALID = _low.RESUME_E_INVALID
    E_NOMEM = _low.RESUME_E_NOMEM
    E_CRYPTO = _low.RESUME_E_CRYPTO
    E_IO = _low.RESUME_E_IO
    E_BUFFER = _low.RESUME_E_BUFFER
    E_STATE = _low.RESUME_E_STATE
    E_UNSUPPORTED = _low.RESUME_E_UNSUPPORTED

    @property
    def text(self) -> str:
        """A phrase for people, such as ``forged: the MAC or tag does not match``."""
        return _low.status_name(self.value)


class Reason(IntEnum):
    """Why a handshake resumed or not, or why something was issued or not."""

    RESUMED = _low.RESUME_REASON_RESUMED
    RENEWED = _low.RESUME_REASON_RENEWED
    NOT_OFFERED = _low.RESUME_REASON_NOT_OFFERED
    MODE_OFF = _low.RESUME_REASON_MODE_OFF
    UNKNOWN_KEY = _low.RESUME_REASON_UNKNOWN_KEY
    KEY_EXPIRED = _low.RESUME_REASON_KEY_EXPIRED
    FORGED = _low.RESUME_REASON_FORGED
    MALFORMED = _low.RESUME_REASON_MALFORMED
    UNSUPPORTED = _low.RESUME_REASON_UNSUPPORTED
    NOT_IN_STORE = _low.RESUME_REASON_NOT_IN_STORE
    STORE_FAILED = _low.RESUME_REASON_STORE_FAILED
    EXPIRED = _low.RESUME_REASON_EXPIRED
    AUTHENTICATION_EXPIRED = _low.RESUME_REASON_AUTHENTICATION_EXPIRED
    FROM_FUTURE = _low.RESUME_REASON_FROM_FUTURE
    VERSION_MISMATCH = _low.RESUME_REASON_VERSION_MISMATCH
    CIPHER_SUITE_NOT_OFFERED = _low.RESUME_REASON_CIPHER_SUITE_NOT_OFFERED
    CIPHER_SUITE_NOT_ALLOWED = _low.RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED
    COMPRESSION = _low.RESUME_REASON_COMPRESSION
    SERVER_NAME_MISMATCH = _low.RESUME_REASON_SERVER_NAME_MISMATCH
    CONTEXT_MISMATCH = _low.RESUME_REASON_CONTEXT_MISMATCH
    CLIENT_CERTIFICATE_MISSING = _low.RESUME_REASON_CLIENT_CERTIFICATE_MISSING
    CLIENT_CERTIFICATE_UNWANTED = _low.RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED
    CLIENT_CERTIFICATE_INVALID = _low.RESUME_REASON_CLIENT_CERTIFICATE_INVALID
    EMS_MISSING_IN_HELLO = _low.RESUME_REASON_EMS_MISSING_IN_HELLO
    EMS_MISSING_IN_SESSION = _low.RESUME_REASON_EMS_MISSING_IN_SESSION
    EMS_MISSING_IN_BOTH = _low.RESUME_REASON_EMS_MISSING_IN_BOTH
    NOT_RESUMABLE = _low.RESUME_REASON_NOT_RESUMABLE
    FAILED = _low.RESUME_REASON_FAILED
    ISSUED = _low.RESUME_REASON_ISSUED
    NOT_ISSUED_NO_KEY = _low.RESUME_REASON_NOT_ISSUED_NO_KEY
    NOT_ISSUED_TOO_LARGE = _low.RESUME_REASON_NOT_ISSUED_TOO_LARGE
    NOT_ISSUED_BY_POLICY = _low.RESUME_REASON_NOT_ISSUED_BY_POLICY
    NOT_ISSUED_FAILED = _low.RESUME_REASON_NOT_ISSUED_FAILED


class Path(IntEnum):
    """The way by which a session came or went; counters are kept for each."""

    NONE = _low.RESUME_PATH_NONE
    TLS12_TICKET = _low.RESUME_PATH_TLS12_TICKET
    TLS12_SESSION_ID = _low.RESUME_PATH_TLS12_SESSION_ID
    TLS13_TICKET = _low.RESUME_PATH_TLS13_TICKET
    TLS13_STORED = _low.RESUME_PATH_TLS13_STORED


class Histogram(IntEnum):
    """Ages at resumption: since the session was made, or since its key began to seal."""

    TICKET_AGE = _low.RESUME_HISTOGRAM_TICKET_AGE
    KEY_AGE = _low.RESUME_HISTOGRAM_KEY_AGE


class Frame(IntEnum):
    """What stands around a ticket's payload (RFC 5077 section 4, or XAES-256-GCM).

    RFC5077 is the form that OpenSSL, nginx and others use, RFC5077_STRUCT the RFC's to the letter.
    """

    RFC5077 = _low.RESUME_FRAME_RFC5077
    AEAD = _low.RESUME_FRAME_AEAD
    RFC5077_STRUCT = _low.RESUME_FRAME_RFC5077_STRUCT


class Payload(IntEnum):
    """How a session is written inside a ticket."""

    NATIVE = _low.RESUME_PAYLOAD_NATIVE
    OPENSSL = _low.RESUME_PAYLOAD_OPENSSL
    STATE_PLAINTEXT = _low.RESUME_PAYLOAD_STATE_PLAINTEXT


class Appdata(IntEnum):
    """Tags of a session's application data; those from 0x0100 on are for programs to choose."""

    OPAQUE = _low.RESUME_APPDATA_OPAQUE
    PSK_IDENTITY = _low.RESUME_APPDATA_PSK_IDENTITY
    GO_EXTRA = _low.RESUME_APPDATA_GO_EXTRA


class GoLayout(IntEnum):
    """Layouts of the session format of Go's crypto/tls."""

    LAYOUT_1 = _low.RESUME_GOTLS_LAYOUT_1
    LAYOUT_2 = _low.RESUME_GOTLS_LAYOUT_2


class Mode(IntFlag):
    """The ways to resume that a policy allows."""

    TICKETS = _low.RESUME_MODE_TICKETS
    SESSION_IDS = _low.RESUME_MODE_SESSION_IDS


class Ems(IntEnum):
    """How TLS 1.2 sessions without extended_master_secret are treated (RFC 7627 section 5.3)."""

    STRICT = _low.RESUME_EMS_STRICT
    ALLOW_LEGACY = _low.RESUME_EMS_ALLOW_LEGACY


class ClientAuth(IntEnum):
    """What a server asks of clients' certificates."""

    NONE = _low.RESUME_CLIENT_AUTH_NONE
    REQUEST = _low.RESUME_CLIENT_AUTH_REQUEST
    REQUIRE = _low.RESUME_CLIENT_AUTH_REQUIRE


class Statistic(IntEnum):
    """The numbers that a store keeps about itself."""

    ENTRIES = _low.RESUME_STORE_ENTRIES
    BYTES = _low.RESUME_STORE_BYTES
    CAPACITY_BYTES = _low.RESUME_STORE_CAPACITY_BYTES
    CAPACITY_ENTRIES = _low.RESUME_STORE_CAPACITY_ENTRIES
    HITS = _low.RESUME_STORE_HITS
    MISSES = _low.RESUME_STORE_MISSES
    PUTS = _low.RESUME_STORE_PUTS
    EVICTIONS = _low.RESUME_STORE_EVICTIONS
    EXPIRED = _low.RESUME_STORE_EXPIRED
    REMOVES = _low.RESUME_STORE_REMOVES
    REFUSED = _low.RESUME_STORE_REFUSED
    ERRORS = _low.RESUME_STORE_ERRORS
    QUEUED = _low.RESUME_STORE_QUEUED
    DROPPED = _low.RESUME_STORE_DROPPED
    CONNECTIONS = _low.RESUME_STORE_CONNECTIONS
    TIMEOUTS = _low.RESUME_STORE_TIMEOUTS
    UNREACHABLE = _low.RESUME_STORE_UNREACHABLE
    DISCONNECTS = _low.RESUME_STORE_DISCONNECTS
    SKIPPED = _low.RESUME_STORE_SKIPPED
    BREAKER = _low.RESUME_STORE_BREAKER
    BREAKER_OPENS = _low.RESUME_STORE_BREAKER_OPENS
    REPLIES_DENIED = _low.RESUME_STORE_REPLIES_DENIED
    REPLIES_MOVED = _low.RESUME_STORE_REPLIES_MOVED
    REPLIES_READONLY = _low.RESUME_STORE_REPLIES_READONLY
    REPLIES_FULL = _low.RESUME_STORE_REPLIES_FULL
    REPLIES_BUSY = _low.RESUME_STORE_REPLIES_BUSY
    REPLIES_OTHER = _low.RESUME_STORE_REPLIES_OTHER
    EMPTIED = _low.RESUME_STORE_EMPTIED
    REPLACED = _low.RESUME_STORE_REPLACED
    L1_HITS = _low.RESUME_STORE_L1_HITS
    L2_HITS = _low.RESUME_STORE_L2_HITS
    SHARED = _low.RESUME_STORE_SHARED
    L1_ONLY = _low.RESUME_STORE_L1_ONLY


class ClientStatistic(IntEnum):
    """The numbers that a client keeps about itself."""

    SESSIONS = _low.RESUME_CLIENT_SESSIONS
    PEERS = _low.RESUME_CLIENT_PEERS
    BYTES = _low.RESUME_CLIENT_BYTES
    PUTS = _low.RESUME_CLIENT_PUTS
    HITS = _low.RESUME_CLIENT_HITS
    MISSES = _low.RESUME_CLIENT_MISSES
    RETURNS = _low.RESUME_CLIENT_RETURNS
    EXPIRED = _low.RESUME_CLIENT_EXPIRED
    EVICTED = _low.RESUME_CLIENT_EVICTED
    FORGOTTEN = _low.RESUME_CLIENT_FORGOTTEN
    REFUSED = _low.RESUME_CLIENT_REFUSED


class KeyRole(IntEnum):
    """What a key is in its ring: will seal, seals, or only opens. ``KeyInfo`` has it in words."""

    NEXT = _low.RESUME_KEY_NEXT
    CURRENT = _low.RESUME_KEY_CURRENT
    RETIRING = _low.RESUME_KEY_RETIRING


class Limit(IntEnum):
    """Sizes and counts that the formats and the library set, in bytes where not a count."""

    SESSION_SIZE_MAX = _low.RESUME_SESSION_SIZE_MAX
    KEY_NAME_SIZE = _low.RESUME_KEY_NAME_SIZE
    KEYRING_FILE_MAX = _low.RESUME_KEYRING_FILE_MAX
    KEYRING_MAX = _low.RESUME_KEYRING_MAX
    TICKET_MAX = _low.RESUME_TICKET_MAX
    STORE_ID_MAX = _low.RESUME_STORE_ID_MAX
    RECORD_MAX = _low.RESUME_RECORD_MAX
    CONTEXT_SIZE = _low.RESUME_CONTEXT_SIZE
    POLICY_CONTEXTS_MAX = _low.RESUME_POLICY_CONTEXTS_MAX
    HISTOGRAM_BUCKETS = _low.RESUME_HISTOGRAM_BUCKETS
    PEER_LABEL_MAX = _low.RESUME_PEER_LABEL_MAX
    CLIENT_SESSIONS_MAX = _low.RESUME_CLIENT_SESSIONS_MAX
    CLIENT_BYTES_MAX = _low.RESUME_CLIENT_BYTES_MAX
    CLIENT_TICKETS_PER_PEER_MAX = _low.RESUME_CLIENT_TICKETS_PER_PEER_MAX
