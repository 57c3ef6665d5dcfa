// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func TestPagesAreCurrent(t *testing.T) {
	for name, want := range render(config.Documentation(sources.Sections())) {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is not what go generate writes (-generated +file):\n%s", name, diff)
		}
	}
}

// TestEveryKeyIsDocumented holds the words of a section and the struct it is read
// into together, both ways and in both languages.
func TestEveryKeyIsDocumented(t *testing.T) {
	for _, d := range config.Documentation(sources.Sections()) {
		if d.Is.FR == "" || d.Is.EN == "" {
			t.Errorf("section %s does not say what it is for in both languages", d.Name)
		}
		paths := eachKey(keysOf(d), func(k key) {
			if k.FR == "" || k.EN == "" {
				t.Errorf("%s.%s is not documented in both languages", d.Name, k.path)
			}
			if len(k.below) == 0 && k.Example == "" && k.Default == "" {
				t.Errorf("%s.%s has no example and no default", d.Name, k.path)
			}
		})
		for path := range d.Keys {
			if !slices.Contains(paths, path) {
				t.Errorf("%s documents %q, which is no key", d.Name, path)
			}
		}
	}
}

// eachKey visits keys and those below, and returns their paths.
func eachKey(keys []key, visit func(key)) []string {
	var paths []string
	for _, k := range keys {
		visit(k)
		paths = append(append(paths, k.path), eachKey(k.below, visit)...)
	}
	return paths
}

// TestDefaultsAreThoseOfTheCode reads the documented defaults as a person would
// write them: nothing changes.
func TestDefaultsAreThoseOfTheCode(t *testing.T) {
	var text strings.Builder
	for _, d := range config.Documentation(sources.Sections()) {
		if isList(d) {
			continue
		}
		keys := keysOf(d)
		if len(keys) == 1 && keys[0].path == "" {
			if keys[0].Default != "" {
				fmt.Fprintf(&text, "%s: %s\n", d.Name, keys[0].Default)
			}
			continue
		}
		fmt.Fprintf(&text, "%s:\n  {", d.Name)
		for _, k := range keys {
			if k.Default != "" && !slices.Contains(defaultsOfTheDoor, d.Name+"."+k.path) {
				fmt.Fprintf(&text, "%s: %s, ", k.name, k.Default)
			}
		}
		text.WriteString("}\n")
	}
	folder := t.TempDir()
	read := func(name, content string) config.Config {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file, sources.Sections())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if diff := cmp.Diff(read("silent.yaml", "{}"), read("said.yaml", text.String()), cmpopts.EquateComparable(netip.Addr{}), cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Errorf("a documented default is not that of the code (-code +documented):\n%s", diff)
	}
}

// defaultsOfTheDoor are filled in by the guard, which bounds what a probe may do
// whoever made it; zero stands for them in a configuration.
var defaultsOfTheDoor = []string{"network.request_rate", "network.concurrent_per_host", "network.budget_per_host"}

func TestListsAndGroupsAreWritten(t *testing.T) {
	type badge struct {
		ID    string `yaml:"id"`
		Doors []struct {
			Name string `yaml:"name"`
		} `yaml:"doors"`
	}
	documented := []config.Documented{{
		Section: settings.Section{
			Name: "badges", Is: scanner.Text{FR: "Les badges.", EN: "The badges."},
			Keys: settings.Keys{
				"id": {FR: "nom", EN: "name", Example: "a"}, "doors": {FR: "portes", EN: "doors"},
				"doors.name": {FR: "porte", EN: "door", Example: "b"},
			},
		},
		Value: []badge{},
	}}
	want := exampleIntroduction + `
# Les badges.
# The badges.
badges:
  # nom / name
  - id: a
    # portes / doors
    doors:
      # porte / door
      - name: b
`
	if diff := cmp.Diff(want, example(documented)); diff != "" {
		t.Errorf("example (-want +got):\n%s", diff)
	}
}
