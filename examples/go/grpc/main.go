// SPDX-License-Identifier: Apache-2.0

// A gRPC server whose sessions resume at every server that has the same key file, and a client that
// resumes. The service is gRPC's own health check, so that nothing needs to be generated.
//
//	go run . serve certificate.pem key.pem file:/etc/fleet.key
//	go run . call certificate.pem name host:port...
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	resume "github.com/libresume/libresume/bindings/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
)

func need(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	if len(os.Args) > 4 && os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3], os.Args[4])
	}
	if len(os.Args) > 4 && os.Args[1] == "call" {
		callAll(os.Args[2], os.Args[3], os.Args[4:])
		return
	}
	log.Fatal("serve CERTIFICATE KEY KEYS, or call CERTIFICATE NAME ADDRESS...")
}

func serve(certificate, key, url string) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	need(err)
	keys, err := resume.OpenKeyring(url)
	need(err)
	sessions, err := resume.NewServer(resume.ServerOptions{Keyring: keys})
	need(err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	need(resume.Attach(config, sessions)) // before NewTLS, which clones the config
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	need(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	need(server.Serve(listener))
}

// callAll calls servers of one name one after the other, and tells of each whether it resumed.
func callAll(certificate, name string, addresses []string) {
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(certificate)
	need(err)
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatal("no certificate in ", certificate)
	}
	client, err := resume.NewClient(resume.ClientOptions{})
	need(err)
	config := &tls.Config{RootCAs: roots, ServerName: name}
	config.ClientSessionCache = client.SessionCache(config, resume.PeerOptions{})
	for _, address := range addresses {
		fmt.Println("resumed:", call(address, credentials.NewTLS(config)))
	}
}

func call(address string, creds credentials.TransportCredentials) bool {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	need(err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var far peer.Peer
	_, err = grpc_health_v1.NewHealthClient(connection).Check(ctx,
		&grpc_health_v1.HealthCheckRequest{}, grpc.Peer(&far))
	need(err)
	return far.AuthInfo.(credentials.TLSInfo).State.DidResume
}
