/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libresume for every language that SWIG speaks: names and what is left out. A language's own file
 * gives the typemaps first, under the names of the parameters in the public headers, and the macro
 * %resume_handle(noun), which makes `resume_noun *` a handle that owns one reference, and
 * %resume_lent(noun) for those that a call lends. Then it includes this file.
 *
 * Typemaps a language must have: (const uint8_t *data, size_t data_len) bytes in;
 * (uint8_t *buf, size_t buf_cap, size_t *ret_len) bytes out; resume_noun **ret_noun new handles;
 * resume_status, which raises or returns an error for negative values; size_t *ret_len beside a
 * returned pointer; and the scalars named ret_*.
 */
%include <stdint.i>

%rename("%(strip:[resume_])s", %$isfunction) "";

/* References are the garbage collector's business. */
%rename($ignore, regextarget=1, fullname=1) "resume_\\w+_(un)?ref$";
/* Callbacks, and what only a TLS stack in C can use. */
%ignore resume_server_options_set_trace;
%ignore resume_store_options_set_trace;
%rename($ignore, regextarget=1, fullname=1) "RESUME_STORE_(EVENT|CAUSE)_\\w+$";
%ignore resume_server_random;
%ignore resume_server_check_facts;
%rename($ignore, regextarget=1, fullname=1) "resume_event_\\w+$";
%rename($ignore, regextarget=1, fullname=1) "resume_openssl_\\w+$";
%ignore resume_store_from_backend;
%ignore resume_key_count_seal;
%ignore resume_key_set_extra;
%ignore resume_key_extra;

%resume_handle(client)
%resume_handle(client_options)
%resume_handle(codec_options)
%resume_handle(connection)
%resume_handle(key)
%resume_handle(keyring)
%resume_handle(keyring_options)
%resume_handle(peer)
%resume_handle(policy)
%resume_handle(saved)
%resume_handle(server)
%resume_handle(server_options)
%resume_handle(session)
%resume_handle(session_options)
%resume_handle(store)
%resume_handle(store_options)
%resume_lent(keyring)
%resume_lent(policy)
%resume_lent(session)
%resume_lent(store)

%include <resume/status.h>
%include <resume/abi.h>
%include <resume/session.h>
%include <resume/keyring.h>
%include <resume/codec.h>
%include <resume/store.h>
%include <resume/policy.h>
%include <resume/connection.h>
/* hello.h, handshake.h, verdict.h and tls12.h are for TLS stacks, which are not written in these
 * languages' servers: left out. */
%ignore resume_server_offer;
%include <resume/server.h>
%include <resume/client.h>
