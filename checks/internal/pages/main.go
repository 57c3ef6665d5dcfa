// SPDX-License-Identifier: Apache-2.0

// Command pages writes docs/checks from the registry: an index, and a page per
// check in each language. It runs in checks/, through go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"carescan/checks"
)

func main() {
	if err := run(filepath.Join("..", "docs", "checks")); err != nil {
		fmt.Fprintln(os.Stderr, "write the pages of checks:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages := render(checks.All())
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return removeOthers(dir, pages)
}

// removeOthers drops the pages of checks that are no more.
func removeOthers(dir string, pages map[string]string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, kept := pages[filepath.Base(file)]; kept {
			continue
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}
