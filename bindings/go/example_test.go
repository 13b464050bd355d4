// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume_test

import (
	"crypto/tls"
	"errors"
	"fmt"

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
