// SPDX-License-Identifier: Apache-2.0

// Testserver is the server in Go that real clients talk to in tests: it listens on a free port of
// 127.0.0.1, prints it, and answers the first line of each connection with one of its own, in HTTP's
// clothes, as tests/interop/server.c does. Not an example of how to write a server.
//
//	testserver CERTIFICATE KEY [keys=URL] [store=URL] [context=STOCK] [accept=STOCK] [clients=PEM]
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	resume "github.com/libresume/libresume/bindings/go"
)

func need(err error) {
	if err != nil {
		log.Fatal("testserver: ", err)
	}
}

func main() {
	if len(os.Args) < 3 {
		log.Fatal("testserver CERTIFICATE KEY [keys=URL] [store=URL] [context=STOCK] [accept=STOCK] [clients=PEM]")
	}
	certificate, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	need(err)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	need(resume.Attach(config, makeServer(config, os.Args[3:])))
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	need(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		need(err)
		go answer(conn.(*tls.Conn))
	}
}

func makeServer(config *tls.Config, wishes []string) *resume.Server {
	var options resume.ServerOptions
	for _, wish := range wishes {
		name, value, _ := strings.Cut(wish, "=")
		var err error
		switch name {
		case "keys":
			options.Keyring, err = resume.OpenKeyring(value)
		case "store":
			options.Store, err = resume.OpenStore(value)
		case "context":
			options.Policy.IssueContext, err = resume.StockContext(value)
		case "accept":
			var accepted []byte
			accepted, err = resume.StockContext(value)
			options.Policy.AcceptContexts = append(options.Policy.AcceptContexts, accepted)
		case "clients":
			var pem []byte
			pem, err = os.ReadFile(value)
			config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
			config.ClientCAs.AppendCertsFromPEM(pem)
		default:
			log.Fatal("testserver: an argument that nobody knows: ", wish)
		}
		need(err)
	}
	server, err := resume.NewServer(options)
	need(err)
	return server
}

func answer(conn *tls.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	var line [1024]byte
	if _, err := conn.Read(line[:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	state := conn.ConnectionState()
	resumed := 0
	if state.DidResume {
		resumed = 1
	}
	version := map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[state.Version]
	body := fmt.Sprintf("resumed=%d version=%s name=%s\n", resumed, version, state.ServerName)
	fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	_ = conn.CloseWrite()
	// Until the client has read it all; closing earlier might reset the connection.
	for {
		if _, err := conn.Read(line[:]); err != nil {
			return
		}
	}
}
