// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestMetrics(t *testing.T) {
	keys, err := OpenKeyring("random:")
	if err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore("memory:?bytes=1M")
	if err != nil {
		t.Fatal(err)
	}
	server, err := NewServer(ServerOptions{Keyring: keys, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []Reason{Resumed, Renewed, NotOffered, Issued} {
		server.count(Path(3), int(reason), time.Second, time.Now())
	}
	answer := httptest.NewRecorder()
	MetricsHandler(map[string]*Server{"web": server, "mail": server}).ServeHTTP(answer, nil)
	text := answer.Body.String()
	for _, line := range []string{
		`libresume_handshakes_total{server="web",path="tls13_ticket",mode="ticket",reason="not_offered"} 1`,
		`libresume_resumed_total{server="mail",path="tls13_ticket",mode="ticket"} 2`,
		`libresume_issues_total{server="web",path="tls13_ticket",mode="ticket",reason="issued"} 1`,
		`libresume_store_entries{server="web"} 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	if n := strings.Count(text, "# TYPE libresume_handshakes_total counter\n"); n != 1 {
		t.Errorf("%d heads of one family", n)
	}
	if answer.Header().Get("Content-Type")[:10] != "text/plain" {
		t.Error(answer.Header())
	}
	if err := WriteMetrics(brokenWriter{}, map[string]*Server{"web": server}); err == nil {
		t.Error("a writer that fails is not told of")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }
