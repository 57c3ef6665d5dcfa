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
	files, err := registry(dir)
	if err != nil {
		return err
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(dir, name), source, 0o644); err != nil {
			return err
		}
	}
	return removeOthers(dir, files)
}

// removeOthers drops the files of families that are no more.
func removeOthers(dir string, files map[string][]byte) error {
	found, err := filepath.Glob(filepath.Join(dir, "registry_*_gen.go"))
	if err != nil {
		return err
	}
	for _, file := range found {
		if _, kept := files[filepath.Base(file)]; kept {
			continue
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}
