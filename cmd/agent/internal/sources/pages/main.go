// SPDX-License-Identifier: Apache-2.0

// Command pages writes the example of agent.yaml, the reference pages of its keys
// and those of the files that people write, in both languages, from what each
// section says of itself. It runs in cmd/agent/internal/sources, through go generate.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
)

func main() {
	if err := run(filepath.Join("..", "..", "..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, "write the documentation of agent.yaml:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	files, err := modelPages(root, sources.Sections())
	if err != nil {
		return err
	}
	maps.Copy(files, render(config.Documentation(sources.Sections())))
	for name, text := range files {
		file := filepath.Join(root, "docs", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
