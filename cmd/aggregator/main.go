// SPDX-License-Identifier: Apache-2.0

// Command carescan-aggregator receives, keeps and shows what the agents of a
// region saw.
package main

import (
	"os"

	"carescan/cmd/aggregator/internal/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr)) }
