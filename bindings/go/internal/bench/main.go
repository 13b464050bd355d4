// SPDX-License-Identifier: Apache-2.0

// Bench measures what Go adds to sealing and opening 200 bytes: Codec.SealBytes and Codec.OpenBytes
// against the same calls in a C loop. It prints a JSON object a line, for bench/run.py. Both are
// measured in this process, in turns, and the best turn of each counts: what slows a turn down is
// another process, not the code.
package main

/*
#cgo pkg-config: libresume
#include <resume/resume.h>
#include <time.h>

enum { DATA = 200, ROOM = 512 };

static resume_codec *codec;
static uint8_t ticket[ROOM];
static size_t ticket_len;

static uint64_t now(clockid_t clock) {
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int prepare(void) {
	resume_keyring *keys = NULL;
	uint8_t data[DATA] = {1};
	int status = resume_keyring_from_url("random:", NULL, now(CLOCK_REALTIME) / 1000000, &keys);
	status = status ? status : resume_codec_new(keys, NULL, &codec);
	resume_keyring_unref(keys);
	return status ? status : resume_codec_seal_bytes(codec, data, sizeof data,
		now(CLOCK_REALTIME) / 1000000, ticket, sizeof ticket, &ticket_len);
}

// The clock is read at each call, as Go does.
static double seal(int rounds) {
	uint8_t data[DATA] = {1}, out[ROOM];
	size_t len = 0;
	uint64_t began = now(CLOCK_MONOTONIC);
	for (int i = 0; i < rounds; i++) {
		if (resume_codec_seal_bytes(codec, data, sizeof data, now(CLOCK_REALTIME) / 1000000,
				out, sizeof out, &len)) {
			return -1;
		}
	}
	return (double)(now(CLOCK_MONOTONIC) - began) / rounds;
}

static double open_(int rounds) {
	uint8_t out[ROOM];
	size_t len = 0;
	uint64_t began = now(CLOCK_MONOTONIC);
	for (int i = 0; i < rounds; i++) {
		if (resume_codec_open_bytes(codec, ticket, ticket_len, now(CLOCK_REALTIME) / 1000000,
				out, sizeof out, &len)) {
			return -1;
		}
	}
	return (double)(now(CLOCK_MONOTONIC) - began) / rounds;
}
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"time"

	resume "github.com/libresume/libresume/bindings/go"
)

const target = 1.4

func need(err error) {
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

func measure(name string, rounds, turns int, ours func(), peer func(C.int) C.double) {
	best, peerBest := math.Inf(1), math.Inf(1)
	for turn := 0; turn < turns; turn++ {
		began := time.Now()
		for i := 0; i < rounds; i++ {
			ours()
		}
		best = math.Min(best, float64(time.Since(began).Nanoseconds())/float64(rounds))
		c := float64(peer(C.int(rounds)))
		if c < 0 {
			log.Fatal("bench: the C loop failed")
		}
		peerBest = math.Min(peerBest, c)
	}
	ratio := best / peerBest
	row, err := json.Marshal(map[string]any{
		"name": name, "value": math.Round(best*10) / 10, "unit": "ns", "peer": "C call",
		"peer_value": math.Round(peerBest*10) / 10, "ratio": math.Round(ratio*1000) / 1000,
		"target": fmt.Sprintf("<= %.2f", target), "ok": ratio <= target,
	})
	need(err)
	fmt.Println(string(row))
}

func main() {
	rounds, turns := 50_000, 15
	if _, quick := os.LookupEnv("LIBRESUME_BENCH_QUICK"); quick {
		rounds, turns = 2_000, 3
	}
	keys, err := resume.OpenKeyring("random:")
	need(err)
	codec, err := resume.NewCodec(keys, resume.CodecOptions{})
	need(err)
	if C.prepare() != 0 {
		log.Fatal("bench: no codec")
	}
	data, room := make([]byte, 200), make([]byte, 0, 512)
	ticket, err := codec.SealBytes(nil, data)
	need(err)
	measure("go seal 200 B", rounds, turns, func() {
		_, err := codec.SealBytes(room, data)
		need(err)
	}, func(rounds C.int) C.double { return C.seal(rounds) })
	measure("go open 200 B", rounds, turns, func() {
		_, _, err := codec.OpenBytes(room, ticket)
		need(err)
	}, func(rounds C.int) C.double { return C.open_(rounds) })
}
