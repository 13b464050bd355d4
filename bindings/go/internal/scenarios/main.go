// SPDX-License-Identifier: Apache-2.0

// Scenarios does the scenarios of tests/scenarios in Go: it does one and prints what each step saw.
// What has to be seen stands on the pages there. Not an example of how to write a server.
//
// Package resume reads the clock by itself, so that this program sets the clock that it reads.
//
//	scenarios NNN FOLDER
package main

import (
	"log"
	"os"
)

var scenarios = map[string]func(*world){
	"001":       sealOpen,
	"002":       rotate,
	"003":       store,
	"004":       expire,
	"005":       weakKey,
	"006":       isolation,
	"007":       fork,
	"007-child": child,
	"008":       stats,
	"009":       sessionForms,
	"010":       exchange,
}

func main() {
	if len(os.Args) != 3 || scenarios[os.Args[1]] == nil {
		log.Fatal("usage: scenarios NNN FOLDER")
	}
	scenarios[os.Args[1]](newWorld(os.Args[1], os.Args[2]))
}
