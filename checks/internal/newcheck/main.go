// SPDX-License-Identifier: Apache-2.0

// Command newcheck begins a check: a folder that compiles, its two pages and its
// cases, to be filled. It runs at the root of the module:
//
//	go run ./checks/internal/newcheck -id exposure.caa-record -fact dns-zone -reference EXP-DNS-13
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	id := flag.String("id", "", `id of the check, "family.subject"`)
	kind := flag.String("fact", "", `kind of the fact it reads, for example "dns-zone"`)
	reference := flag.String("reference", "PR", "id of the reference tables it implements; PR is a rule of the project")
	flag.Parse()
	dir, err := create(".", *id, *kind, *reference)
	if err != nil {
		fmt.Fprintln(os.Stderr, "begin a check:", err)
		os.Exit(1)
	}
	fmt.Printf("created %s: write fr.md first, then the cases, then check.go\n", dir)
}
