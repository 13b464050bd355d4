// SPDX-License-Identifier: Apache-2.0

// The HTTPS server of ../https with fasthttp instead of net/http.
//
//	go run . certificate.pem key.pem file:/etc/fleet.key
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"os"

	resume "github.com/libresume/libresume/bindings/go"
	"github.com/valyala/fasthttp"
)

func main() {
	keys, err := resume.OpenKeyring(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := resume.NewServer(resume.ServerOptions{Keyring: keys})
	if err != nil {
		log.Fatal(err)
	}
	server := &fasthttp.Server{TLSConfig: &tls.Config{}, Handler: page}
	if err := resume.Attach(server.TLSConfig, sessions); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.ServeTLS(listener, os.Args[1], os.Args[2]))
}

func page(ctx *fasthttp.RequestCtx) {
	fmt.Fprintln(ctx, "resumed:", ctx.TLSConnectionState().DidResume)
}
