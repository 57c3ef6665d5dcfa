// SPDX-License-Identifier: Apache-2.0

// Command gen writes the registry of checks from their folders. It runs in
// checks/, through go generate, and refuses a folder that is not whole.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate the registry of checks:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	source, err := registry(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "registry_gen.go"), source, 0o644)
}
