// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// root is the folder of the module.
var root = filepath.Join("..", "..", "..", "..", "..")

func models(t *testing.T) []settings.Model {
	t.Helper()
	var list []settings.Model
	for _, s := range sources.Sections() {
		if s.Model != nil {
			list = append(list, *s.Model)
		}
	}
	if len(list) == 0 {
		t.Fatal("no source has a model")
	}
	return list
}

func TestModelPagesAreCurrent(t *testing.T) {
	want, err := modelPages(root, sources.Sections())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	written, err := filepath.Glob(filepath.Join(root, "docs", "files", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range written {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got["files/"+filepath.Base(file)] = string(raw)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/files is not what go generate writes (-generated +folder):\n%s", diff)
	}
}

// TestModelsAreRead gives each model to its probe, as doctor does.
func TestModelsAreRead(t *testing.T) {
	r, err := newReader(sources.Sections())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	names := map[string]bool{}
	for _, m := range models(t) {
		if err := r.read(m, m.Content); err != nil {
			t.Errorf("the model of %s is refused: %v", m.Name, err)
		}
		if names[m.Name] || names[m.File] {
			t.Errorf("%s or its file %s has the name of another model", m.Name, m.File)
		}
		names[m.Name], names[m.File] = true, true
	}
}

// TestModelsAreDocumented holds the words of a model and what it is read into
// together, both ways and in both languages.
func TestModelsAreDocumented(t *testing.T) {
	for _, m := range models(t) {
		paths := eachKey(columnsOf(m), func(k key) {
			if k.FR == "" || k.EN == "" {
				t.Errorf("%s: %s is not documented in both languages", m.Name, k.path)
			}
			if len(k.below) == 0 && k.Example == "" {
				t.Errorf("%s: %s has no example", m.Name, k.path)
			}
			if !strings.Contains(m.Content, k.name) {
				t.Errorf("%s: the model does not show %s", m.Name, k.path)
			}
		})
		for _, path := range slices.Sorted(maps.Keys(m.Keys)) {
			if !slices.Contains(paths, path) {
				t.Errorf("%s documents %q, which is no key", m.Name, path)
			}
		}
	}
}

// TestModelPagesMirrorEachOther counts what both languages show alike.
func TestModelPagesMirrorEachOther(t *testing.T) {
	pages, err := modelPages(root, sources.Sections())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models(t) {
		fr, en := pages[modelPage(m.Name, scanner.French)], pages[modelPage(m.Name, scanner.English)]
		for _, sign := range []string{"\n#", "\n| ", "\n```", "\n* "} {
			if strings.Count(fr, sign) != strings.Count(en, sign) {
				t.Errorf("%s: French has %d %q and English %d", m.Name, strings.Count(fr, sign), sign, strings.Count(en, sign))
			}
		}
	}
}

func TestLimitsAreWritten(t *testing.T) {
	m := settings.Model{Limits: map[string]int{"few": 50, "many": 200_000, "most": 1_234_567}}
	for name, want := range map[string][2]string{
		"few": {"50", "50"}, "many": {"200\u00a0000", "200,000"}, "most": {"1\u00a0234\u00a0567", "1,234,567"},
	} {
		for i, l := range scanner.Langs() {
			if got, err := limit(m, name, l); err != nil || got != want[i] {
				t.Errorf("limit(%s, %s) = %q, %v, want %q", name, l, got, err, want[i])
			}
		}
	}
	if _, err := limit(m, "none", scanner.French); err == nil {
		t.Error("a limit that does not exist was written")
	}
}
