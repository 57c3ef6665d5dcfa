// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a Go block of docs/adding-a-source.md under the file it belongs to.
var block = regexp.MustCompile("(?s)\n### (\\S+\\.go)\n\n```go\n(.*?)```\n")

// TestAddingASource builds the source that docs/adding-a-source.md adds, exactly as
// the page says and without writing in the repository.
func TestAddingASource(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "adding-a-source.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	folder, replace := t.TempDir(), map[string]string{}
	for _, found := range block.FindAllStringSubmatch(string(page), -1) {
		name, source := found[1], found[2]
		if name == "cmd/agent/internal/sources/table.go" {
			const end, imports = "\n}\n\n// section is", "import (\n"
			source = strings.Replace(string(table), end, "\n"+strings.TrimRight(source, "\n")+end, 1)
			source = strings.Replace(source, imports, imports+"\t\"carescan/scanner/probes/badges\"\n", 1)
		}
		file := filepath.Join(folder, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = file
	}
	if len(replace) != 4 {
		t.Fatalf("the page adds %d files, want the fact, the settings, the probe and the row", len(replace))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("go", "build", "-overlay", file, ".").CombinedOutput(); err != nil {
		t.Errorf("what the page says does not build: %v\n%s", err, said)
	}
}
