// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClientFiles(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := attached(t, serverOf(t, "random:", "", Policy{}))
		path := filepath.Join(t.TempDir(), "sessions")
		keys, err := OpenKeyring(keyFile(t))
		fatalIf(t, err)
		one, other := clientOf(t, ClientOptions{}), clientOf(t, ClientOptions{})
		if err := other.Load(path, keys); !errors.Is(err, Miss) {
			t.Fatal(err)
		}
		user(one, verifying(t, version)).expect(t, server, false)
		fatalIf(t, one.Save(path, keys))
		info, err := os.Stat(path)
		fatalIf(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Fatal(info.Mode())
		}
		foreign, err := OpenKeyring(keyFile(t))
		fatalIf(t, err)
		if err := other.Load(path, foreign); err == nil {
			t.Fatal("foreign keys opened it")
		}
		fatalIf(t, other.Load(path, keys))
		user(other, verifying(t, version)).expect(t, server, true)
		if err := other.Load("a\x00b", keys); !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
		fatalIf(t, other.Clear())
		fatalIf(t, other.Close())
		for _, err := range []error{other.Save(path, keys), other.Load(path, keys), other.Clear()} {
			if !errors.Is(err, ErrClosed) {
				t.Fatal(err)
			}
		}
	})
}

// A file that is no good leaves the client as it was, and the error says which file and why.
func TestClientRefusesFiles(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "sessions")
	keys, err := OpenKeyring(keyFile(t))
	fatalIf(t, err)
	c := clientOf(t, ClientOptions{})
	u := user(c, verifying(t, tls.VersionTLS13))
	server := attached(t, serverOf(t, "random:", "", Policy{}))
	u.expect(t, server, false)
	fatalIf(t, c.Save(path, keys))
	good, err := os.ReadFile(path)
	fatalIf(t, err)
	refuses := func(path string, keys *Keyring, why ...error) {
		t.Helper()
		err := c.Load(path, keys)
		for _, one := range why {
			if errors.Is(err, one) && strings.Contains(err.Error(), "load client: "+path+": ") {
				return
			}
		}
		t.Errorf("%v, not %v", err, why)
	}
	for at := 0; at < len(good); at += 7 {
		spoilt := bytes.Clone(good)
		spoilt[at] ^= 1
		fatalIf(t, os.WriteFile(path, spoilt, 0o600))
		refuses(path, keys, Forged, Malformed, Unsupported, NoKey)
		fatalIf(t, os.WriteFile(path, good[:at], 0o600))
		refuses(path, keys, Forged, Malformed)
	}
	fatalIf(t, os.WriteFile(path, good, 0o600))
	foreign, err := OpenKeyring(keyFile(t))
	fatalIf(t, err)
	refuses(path, foreign, NoKey)
	fatalIf(t, os.Chmod(path, 0o640))
	refuses(path, keys, ErrInvalid)
	refuses(folder, keys, ErrInvalid)
	refuses(filepath.Join(folder, "none"), keys, Miss)
	for _, err := range []error{c.Load("", keys), c.Save("", keys), c.Load(path, nil), c.Save(path, nil)} {
		if !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
	}
	if err := c.Save(filepath.Join(folder, "none", "sessions"), keys); !errors.Is(err, ErrIO) {
		t.Error(err)
	}
	u.expect(t, server, true)
}
