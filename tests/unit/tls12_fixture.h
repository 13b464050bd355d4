/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published values of the key schedule of TLS 1.2, for the tests of its two halves.
 *
 * From NIST's ACVP server, as kept in BoringSSL's util/fipstools/acvp/acvptool/test: TLS12 (RFC
 * 7627; tcId 11 and 31) and kdf-components (RFC 5246; tcId 31 and 51).
 */
#ifndef TLS12_FIXTURE_H
#define TLS12_FIXTURE_H

#include "crypto_fixture.h"

#include <resume/tls12.h>

#define OK(call)      assert_int_equal((call), RESUME_OK)
#define INVALID(call) assert_int_equal((call), RESUME_E_INVALID)

#define GCM_128 0xC02F /* SHA-256, 2 * (16 + 4) bytes */
#define GCM_256 0xC030 /* SHA-384, 2 * (32 + 4) bytes */
#define CBC_256 0x003D /* SHA-256, 2 * (32 + 32) bytes */
#define CBC_384 0xC028 /* SHA-384, 2 * (48 + 32) bytes */

struct published {
    uint16_t suite, long_suite;              /* of one hash */
    const char *premaster, *session_hash;    /* session_hash NULL: the classic master secret ... */
    const char *hello_client, *hello_server; /* ... which is made from these randoms */
    const char *client, *server;             /* randoms of the key block */
    const char *master, *key_block;          /* the first 128 bytes */
};

static const struct published published[] = {
    {GCM_128, CBC_256,
     "23c9d8d88575378f5f8009bb596be6815f5d96a3b633467712e1a22405a73482192ec19f5b1273832cb9663e7e66c"
     "b"
     "28",
     "9f395b2cec7548b4785dd555b9d9b315ec880233f70654e986366248fd766cc4", NULL, NULL,
     "8d5a49ecff49fd0fefce10fe246f88ae8c2b8802666fe5af1f175f2036f10f7c",
     "66321715222702416ca015eca33ee91c2b76f6667009ba9bb6cc5211237b671a",
     "3a43bb93200224518942279b01cbe0c04398c6da15232bfb4790b52f15fa563048360312c9958e788c74a19a2f164"
     "6"
     "5e",
     "12562ee7021c315e0b23ccd6daac537b47741a2fb61717c83c76ee203b27ccd4cb7864044cdd22c4a77bd2dc163cb"
     "2"
     "ed082351a11cb9c1af1893f833058382f5e0e1e16ec79f7f04cd670fb1f38259561f0d2cfd2525f51a1cc1bcf0650"
     "2"
     "2493b35565cba3e216466a3b85f7f5785a99d1d964a5a1c414e6ccc14ca68d80a319"},
    {GCM_256, CBC_384,
     "86d4c4505eb4b275bddbd62f7a368638427bf2cd4341b575ae00a7f34e06088e3af6dd916898e28078bf4656a204c"
     "2"
     "cd",
     "fab73aa9d9b80f3d7acaceff0eb2bae0b15ea2f240d9492db70b7ba70b3055678eaa7b05a02c56c22648bd77acf2b"
     "e"
     "91",
     NULL, NULL, "f20e31c397cdb58b988e9cc84ac07bf8203307e42e7f3ab315dfc994faf62607",
     "825247fbde6e5d986b316d7a2ee198dc36969b4fc45b9dda171d63abcb38df91",
     "0020134a8a8a830082674842e91bd090e695f06685298ff2fe4fc6598fd0ce2f2920faf1127b6f6745f33527a9c6a"
     "1"
     "31",
     "0e4f3d3a50bf595aa110edfebce1ee84b8cf95787e0a57f1bc66d25c0ac2c723fb8af0ca1a1a934a1209cfaba51b0"
     "2"
     "2bca27d4d56b875f516157b28e0fda285a097358bc56ca8ae5966fc9dad0241dd9c77b6d2ac55706350eade2c5fc1"
     "3"
     "9cb704412665c3595fa4104746858427054869d50eeaa212e0732cce09904f8badf0"},
    {GCM_128, CBC_256,
     "c31daa163c74f03658ad24ecacca8d8f6767b7bffbe2e080ca8333ef7879af470c7d95602cb32e21760edbbac22b4"
     "1"
     "19",
     NULL, "d6b446beff422002231fd0cad39c4bc769b613f8d94260bde698327ffed4c280",
     "762799f05efbb0a2aff9490dca750b39225fd3e28beee4f45de869e3fd7a1ec3",
     "5a6d8a6d335acb2579c8e9d1b3c51fc02e4193e2e5de3f625d85b998da156bac",
     "1e2d318a8d4f2d272276d6d4d5f5f46464297301a2f45378bd53db071832e5f2",
     "6b5df30b98de21c859ecad5cef5b5d06cd7164d6a25d58a411fa641c1e834636cffd0945a6680eb85c66aeb960351"
     "5"
     "0d",
     "782eeecc47d54a5cb78089f8325f48bc27ab69694f70602e1ad0b7c92805a9e35e6a4a923ac4446feb8c73d4a89de"
     "6"
     "45eb1c9214094ca0b86b73b670e964da3f703708993d901ad35df4d67f31d600dea857266606fe3efa3f40d708d46"
     "9"
     "1babdcef52aee87130483cf33e5c2cf6d03988a610a350189b98a71e6f9fd346d1e4"},
    {GCM_256, CBC_384,
     "d721559bac42fc4aafb059d47b0413d0949fd210de775c2fa7ecffc237f65446ee048d1c7bf2e62df93b573f3e6e1"
     "c"
     "cc",
     NULL, "d90b3fbdc5ec47a4ed19888808ab5d465be95ce0e20fc630cc7d0f69e6b5b59e",
     "f10fb7232241c79c164f18aa3d66e712edcfcd4a0e4b3896c02ab91c5a3f9f3b",
     "df9d087754bd2950222fced9d5b3fe77d7a30b3d5072ea338d3e8f1c40a735ba",
     "2a16e9d2f3f08405ec173a0424aa6a2491d9ffa6bf0ad8a983d08e2615535928",
     "60bcfd15b777cc790789ef68a2852d6a86d76cfa063c3d77e6f80d070b4ae9d26af19d70074e6627436a58bc59ab0"
     "2"
     "61",
     "ec6ef365901093f2d47dea54cda788d666fc24b652f1b6c9f3d499d77fb67697932eb383a6ce6d0ba9f2351b27f86"
     "8"
     "76f2aa985c466b0c5a0edfafc6f438d655f0d2e7618bcd27b354041212378d083afe3bf35462ed6ee7f89c15da87e"
     "e"
     "2d41e59959c6f4ea715e402bd95919271d25e8543bcb2c00a72c94787b42d4d14da3"},
};

#define PUBLISHED (sizeof published / sizeof published[0])

#endif
