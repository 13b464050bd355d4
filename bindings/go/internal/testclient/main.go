// SPDX-License-Identifier: Apache-2.0

// Testclient is the client in Go that real servers are asked by in tests: it connects to each port of
// 127.0.0.1 in turn, sends a request, reads the answer to its end and prints whether the session
// resumed. Not an example of how to write a client.
//
//	testclient CERTIFICATE VERSION NAME PORT... [load=FILE] [save=FILE] [keys=URL] [label=TEXT] [dial=1]
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"time"

	resume "github.com/libresume/libresume/bindings/go"
)

func need(err error) {
	if err != nil {
		log.Fatal("testclient: ", err)
	}
}

func main() {
	if len(os.Args) < 5 {
		log.Fatal("testclient CERTIFICATE VERSION NAME PORT... [wish=value]...")
	}
	wishes := map[string]string{}
	var ports []string
	for _, argument := range os.Args[4:] {
		if name, value, found := strings.Cut(argument, "="); found {
			wishes[name] = value
		} else {
			ports = append(ports, argument)
		}
	}
	client, err := resume.NewClient(resume.ClientOptions{})
	need(err)
	var keys *resume.Keyring
	if url := wishes["keys"]; url != "" {
		keys, err = resume.OpenKeyring(url)
		need(err)
	}
	if path := wishes["load"]; path != "" {
		need(client.Load(path, keys))
	}
	connect := connector(client, configOf(os.Args[1], os.Args[2], os.Args[3]), wishes)
	for _, port := range ports {
		fmt.Println("resumed:", visit(connect("127.0.0.1:"+port)))
	}
	if path := wishes["save"]; path != "" {
		need(client.Save(path, keys))
	}
	fmt.Printf("%+v\n", client.Stats())
}

func configOf(certificate, version, name string) *tls.Config {
	pem, err := os.ReadFile(certificate)
	need(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatal("testclient: no certificate in ", certificate)
	}
	number := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[version]
	return &tls.Config{RootCAs: roots, ServerName: name, MinVersion: number, MaxVersion: number}
}

// connector connects by the config's cache, or by a dialer.
func connector(client *resume.Client, config *tls.Config, wishes map[string]string) func(string) *tls.Conn {
	var options resume.PeerOptions
	if label := wishes["label"]; label != "" {
		options.Label, options.SharedLabel = []byte(label), true
	}
	if wishes["dial"] != "" {
		dialer := client.NewDialer(config, options)
		return func(address string) *tls.Conn {
			conn, err := dialer.Dial("tcp", address)
			need(err)
			return conn.(*tls.Conn)
		}
	}
	config.ClientSessionCache = client.SessionCache(config, options)
	return func(address string) *tls.Conn {
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 20 * time.Second}, "tcp", address, config)
		need(err)
		return conn
	}
}

func visit(conn *tls.Conn) bool {
	defer conn.Close()
	need(conn.SetDeadline(time.Now().Add(20 * time.Second)))
	_, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	need(err)
	_, err = io.Copy(io.Discard, conn)
	need(err)
	return conn.ConnectionState().DidResume
}
