// SPDX-License-Identifier: Apache-2.0

// An HTTPS server whose sessions resume at every server that has the same key file.
//
//	go run . certificate.pem key.pem file:/etc/fleet.key
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	resume "github.com/libresume/libresume/bindings/go"
)

func main() {
	keys, err := resume.OpenKeyring(os.Args[3])
	need(err)
	sessions, err := resume.NewServer(resume.ServerOptions{Keyring: keys})
	need(err)
	server := &http.Server{TLSConfig: &tls.Config{}, Handler: http.HandlerFunc(page)}
	need(resume.Attach(server.TLSConfig, sessions))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	need(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	need(server.ServeTLS(listener, os.Args[1], os.Args[2]))
}

func need(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func page(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "resumed:", r.TLS.DidResume)
}
