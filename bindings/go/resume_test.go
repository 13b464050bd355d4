// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func someSession(t testing.TB) *Session {
	t.Helper()
	session, err := NewSession(SessionOptions{
		Version: tls.VersionTLS12, CipherSuite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		Secret: bytes.Repeat([]byte("secret"), 8), ExtendedMasterSecret: true,
		Created: time.Now().Truncate(time.Second), Lifetime: time.Hour,
		SessionID: []byte("an id"), ServerName: "a.example", Context: []byte("context"),
	})
	fatalIf(t, err)
	return session
}

func TestSessionFormats(t *testing.T) {
	session := someSession(t)
	for _, format := range []struct {
		name  string
		write func() ([]byte, error)
		read  func([]byte) (*Session, error)
		equal bool
	}{
		{"native", session.MarshalBinary, ParseSession, true},
		{"openssl", session.MarshalOpenSSL, ParseOpenSSLSession, true},
		{"go", session.MarshalGo, ParseGoSession, false}, // has no name, ID and context
	} {
		data, err := format.write()
		fatalIf(t, err)
		again, err := format.read(data)
		fatalIf(t, err)
		if again.Equal(session) != format.equal || !bytes.Equal(again.Secret(), session.Secret()) ||
			!again.Created().Equal(session.Created()) {
			t.Fatalf("%s: %v is not %v", format.name, again, session)
		}
		if _, err := format.read(data[:len(data)-1]); !errors.Is(err, Malformed) {
			t.Fatalf("%s, cut: %v", format.name, err)
		}
	}
	if _, err := NewSession(SessionOptions{Version: tls.VersionTLS12}); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
}

func TestKeysOfARing(t *testing.T) {
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	roles := map[KeyRole]int{}
	fatalIf(t, keys.Rotate())
	for _, key := range keys.Keys() {
		roles[key.Role]++
		if key.Name == [16]byte{} || !key.OpenUntil.After(time.Now()) {
			t.Fatal(key)
		}
	}
	if len(keys.Keys()) != keys.Len() || roles[KeyCurrent] != 1 || roles[KeyRetiring] != 1 {
		t.Fatal(roles)
	}
}

func TestAuditKey(t *testing.T) {
	good := make([]byte, 80)
	_, err := rand.Read(good)
	fatalIf(t, err)
	fatalIf(t, AuditKey(good))
	err = AuditKey(make([]byte, 80))
	if !errors.Is(err, WeakKey) || !strings.Contains(err.Error(), "zero") {
		t.Fatal(err)
	}
	for _, none := range [][]byte{nil, good[:79]} {
		if err = AuditKey(none); !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
	}
}

func TestContextOfAPolicy(t *testing.T) {
	policy := Policy{Label: []byte("fleet")}
	for name, rest := range map[string]string{"": "\x00\x00\x00", "A.Example": "\x01\x09a.example\x00"} {
		// No server name is another thing than one of no bytes, as resume_policy_context() has it.
		want := sha256.Sum256([]byte("libresume context v1\x00\x05fleet" + rest))
		got, err := policy.Context(nil, name)
		fatalIf(t, err)
		if !bytes.Equal(got, want[:]) {
			t.Fatalf("%q: %x, not %x", name, got, want)
		}
	}
	open, err := policy.Context(&tls.Config{}, "a.example")
	fatalIf(t, err)
	asking, err := policy.Context(&tls.Config{ClientAuth: tls.RequestClientCert}, "a.example")
	fatalIf(t, err)
	if bytes.Equal(open, asking) {
		t.Fatal("what is asked of clients does not count")
	}
	policy.Lifetime12 = 48 * time.Hour
	if _, err = policy.Context(nil, ""); err == nil || !strings.Contains(err.Error(), "Lifetime12") {
		t.Fatal(err)
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	session := someSession(t)
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	options := SessionOptions{Secret: []byte("secret")}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{session, *session, keys, *keys, options} {
			text := fmt.Sprintf(format, value)
			if strings.Contains(text, "secret") || strings.Contains(text, fmt.Sprint([]byte("secret"))) {
				t.Fatal(text)
			}
		}
	}
}

func TestCodec(t *testing.T) {
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	for _, options := range []CodecOptions{{}, {Frame: FrameAEAD}, {Payload: PayloadNative}} {
		codec, err := NewCodec(keys, options)
		fatalIf(t, err)
		session := someSession(t)
		ticket, err := codec.Seal(session)
		fatalIf(t, err)
		again, renew, err := codec.Open(ticket)
		fatalIf(t, err)
		if !again.Equal(session) || renew {
			t.Fatal("not the session that was sealed")
		}
		fatalIf(t, keys.Rotate())
		if _, renew, err = codec.Open(ticket); err != nil || !renew {
			t.Fatal("a ticket of the last key is not to be renewed", err)
		}
		ticket[len(ticket)-1] ^= 1
		if _, _, err := codec.Open(ticket); !errors.Is(err, Forged) {
			t.Fatal(err)
		}
		if _, _, err := codec.Open(nil); !errors.Is(err, Malformed) {
			t.Fatal(err)
		}
		ticket[0] ^= 1
		if _, _, err := codec.Open(ticket); !errors.Is(err, Miss) {
			t.Fatal(err)
		}
	}
	if _, err := NewCodec(keys, CodecOptions{Context: []byte("x")}); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
}

func TestCodecBytes(t *testing.T) {
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	codec, err := NewCodec(keys, CodecOptions{})
	fatalIf(t, err)
	for _, length := range []int{1, 16, 200, 5000} {
		data := bytes.Repeat([]byte{7}, length)
		ticket, err := codec.SealBytes([]byte("front"), data)
		fatalIf(t, err)
		if len(ticket)-5 > codec.SealedSize(length) {
			t.Fatal("larger than SealedSize")
		}
		plain, _, err := codec.OpenBytes([]byte("more"), ticket[5:])
		fatalIf(t, err)
		if string(plain[:4]) != "more" || !bytes.Equal(plain[4:], data) {
			t.Fatal("not what was sealed")
		}
	}
	if _, err := codec.SealBytes(nil, nil); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
}

func TestHotCallsDoNotAllocate(t *testing.T) {
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	codec, err := NewCodec(keys, CodecOptions{})
	fatalIf(t, err)
	data, room, plain := make([]byte, 200), make([]byte, 0, 400), make([]byte, 0, 400)
	n := testing.AllocsPerRun(200, func() {
		ticket, err := codec.SealBytes(room, data)
		fatalIf(t, err)
		_, _, err = codec.OpenBytes(plain, ticket)
		fatalIf(t, err)
	})
	if n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestStore(t *testing.T) {
	store, err := OpenStore("memory:?count=100")
	fatalIf(t, err)
	ctx := context.Background()
	session := someSession(t)
	fatalIf(t, store.Put(ctx, session))
	again, err := store.Get(ctx, []byte("an id"))
	fatalIf(t, err)
	if !again.Equal(session) || store.Stats().Entries != 1 {
		t.Fatal("not what was put")
	}
	_, err = store.Take(ctx, []byte("an id"))
	fatalIf(t, err)
	if _, err = store.Get(ctx, []byte("an id")); !errors.Is(err, Miss) {
		t.Fatal(err)
	}
	if err = store.Remove(ctx, []byte("an id")); !errors.Is(err, Miss) {
		t.Fatal(err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = store.Get(done, []byte("an id")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestErrorsNameTheThing(t *testing.T) {
	_, err := OpenKeyring("nosuch:")
	var failed *Error
	if !errors.As(err, &failed) || !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "nosuch") {
		t.Fatal(err)
	}
	if _, err = OpenStore("memory:?bites=1"); err == nil || !strings.Contains(err.Error(), "bites") {
		t.Fatal(err)
	}
	if _, err = NewServer(ServerOptions{}); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	_, err = NewServer(ServerOptions{Keyring: keys, Policy: Policy{Lifetime12: 48 * time.Hour}})
	if err == nil || !strings.Contains(err.Error(), "Lifetime12") {
		t.Fatal(err)
	}
}

func TestClose(t *testing.T) {
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	codec, err := NewCodec(keys, CodecOptions{})
	fatalIf(t, err)
	fatalIf(t, keys.Close())
	fatalIf(t, keys.Close())
	if err := keys.Rotate(); !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	if _, err := NewCodec(keys, CodecOptions{}); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	// The codec goes on, also while others close it.
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				ticket, err := codec.SealBytes(nil, []byte("data"))
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil || len(ticket) == 0 {
					t.Error(err)
					return
				}
			}
		}()
	}
	_, err = codec.SealBytes(nil, []byte("data"))
	fatalIf(t, err)
	fatalIf(t, codec.Close())
	group.Wait()
}

// What is not closed is dropped by the collector, once.
func TestCollector(t *testing.T) {
	dropped := make(chan uintptr, 100)
	for i := 0; i < 50; i++ {
		owner := newHandle(uintptr(i), func(p uintptr) { dropped <- p })
		shared := owner.share()
		if i%2 == 0 {
			owner.close()
			owner.close()
		}
		if i%3 == 0 {
			shared.close()
		}
	}
	seen := map[uintptr]bool{}
	deadline := time.After(20 * time.Second)
	for len(seen) < 50 {
		runtime.GC()
		select {
		case p := <-dropped:
			if seen[p] {
				t.Fatal("dropped twice")
			}
			seen[p] = true
		case <-deadline:
			t.Fatalf("%d of 50 were dropped", len(seen))
		case <-time.After(time.Millisecond):
		}
	}
}

func BenchmarkSealBytes200(b *testing.B) {
	keys, err := OpenKeyring("random:")
	fatalIf(b, err)
	codec, err := NewCodec(keys, CodecOptions{})
	fatalIf(b, err)
	data, room := make([]byte, 200), make([]byte, 0, 400)
	for i := 0; i < b.N; i++ {
		if _, err := codec.SealBytes(room, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenBytes200(b *testing.B) {
	keys, err := OpenKeyring("random:")
	fatalIf(b, err)
	codec, err := NewCodec(keys, CodecOptions{})
	fatalIf(b, err)
	ticket, err := codec.SealBytes(nil, make([]byte, 200))
	fatalIf(b, err)
	room := make([]byte, 0, 400)
	for i := 0; i < b.N; i++ {
		if _, _, err := codec.OpenBytes(room, ticket); err != nil {
			b.Fatal(err)
		}
	}
}
