// SPDX-License-Identifier: Apache-2.0

// Command pages writes the example of agent.yaml and the reference pages of its
// keys, in both languages, from what each section says of itself. It runs in
// cmd/agent/internal/sources, through go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
)

func main() {
	if err := run(filepath.Join("..", "..", "..", "..", "docs")); err != nil {
		fmt.Fprintln(os.Stderr, "write the documentation of agent.yaml:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	for name, text := range render(config.Documentation(sources.Sections())) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
