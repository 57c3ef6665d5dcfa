// SPDX-License-Identifier: Apache-2.0

// Command carescan-agent looks at one establishment on a rhythm, keeps what it
// saw and sends it on.
package main

import (
	"os"

	"carescan/cmd/agent/internal/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
