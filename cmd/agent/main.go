// SPDX-License-Identifier: Apache-2.0

// Command carescan-agent looks at one establishment on a rhythm, keeps what it
// saw and sends it on.
package main

import (
	"os"

	"carescan/cmd/agent/internal/command"
	"carescan/cmd/agent/internal/elsewhere"
	"carescan/scanner/probes/nuclei/worker"
)

func main() {
	elsewhere.Back()
	os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, worker.Run))
}
