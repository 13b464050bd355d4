// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	resume "github.com/libresume/libresume/bindings/go"
)

func ExampleAttach() {
	keys, err := resume.OpenKeyring("random:") // file:/etc/fleet.key, to share them
	if err != nil {
		panic(err)
	}
	server, err := resume.NewServer(resume.ServerOptions{Keyring: keys})
	if err != nil {
		panic(err)
	}
	config := &tls.Config{} // with certificates
	fmt.Println(resume.Attach(config, server))
	// Output: <nil>
}

func ExampleClient_SessionCache() {
	client, err := resume.NewClient(resume.ClientOptions{})
	if err != nil {
		panic(err)
	}
	config := &tls.Config{}
	config.ClientSessionCache = client.SessionCache(config, resume.PeerOptions{})
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
	fmt.Println(browser.Transport != nil, client)
	// Output: true resume.Client(0 sessions, 0 peers)
}

func ExampleClient_NewDialer() {
	client, err := resume.NewClient(resume.ClientOptions{})
	if err != nil {
		panic(err)
	}
	dialer := client.NewDialer(&tls.Config{NextProtos: []string{"h2", "http/1.1"}}, resume.PeerOptions{})
	browser := &http.Client{
		Transport: &http.Transport{DialTLSContext: dialer.DialContext, ForceAttemptHTTP2: true},
	}
	fmt.Println(browser.Transport != nil, client.Stats().Hits)
	// Output: true 0
}

func ExampleServerOptions_trace() {
	server, err := resume.NewServer(resume.ServerOptions{
		Keyring: must(resume.OpenKeyring("random:")),
		Trace: func(event resume.Event) {
			slog.Debug("resumption", "path", event.Path, "reason", event.Reason, "age", event.Age)
		},
	})
	fmt.Println(server != nil, err)
	// Output: true <nil>
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func ExampleCodec_Open() {
	keys, err := resume.OpenKeyring("random:")
	if err != nil {
		panic(err)
	}
	codec, err := resume.NewCodec(keys, resume.CodecOptions{})
	if err != nil {
		panic(err)
	}
	_, _, err = codec.Open([]byte("what a client made up, of whatever length it pleased to"))
	fmt.Println(errors.Is(err, resume.Malformed), err)
	_, _, err = codec.Open(make([]byte, 160))
	fmt.Println(errors.Is(err, resume.Miss), err)
	// Output:
	// true resume: open: malformed: not the format it should be
	// true resume: open: miss: nothing under that name
}
