// SPDX-License-Identifier: Apache-2.0

// Command carescan-agent looks at one establishment on a rhythm, keeps what it
// saw and sends it on. A site is read even behind a certificate whose serial number
// is negative, which is told as a fault of the certificate.
//
//go:debug x509negativeserial=1
package main

import (
	"os"

	"carescan/cmd/agent/internal/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
