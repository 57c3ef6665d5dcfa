// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

func TestRegistryIsCurrent(t *testing.T) {
	got, err := registry(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("..", "..", "registry_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("registry_gen.go is not what go generate writes (-file +generated):\n%s", diff)
	}
}

const (
	goodCheck = `package caarecord
var Check = scanner.Check{ID: "exposure.caa-record", References: []string{"EXP-DNS-13"}}`
	goodFR = "# Titre\n\n## Pourquoi\n\na\n\n## Comment c'est jugé\n\nb\n\n## Comment corriger\n\nc\n\n## Motifs\n\n- `absent`: Rien à {name}.\n\n## Références\n\n- RFC 8659\n"
	goodEN = "# Title\n\n## Why\n\na\n\n## How it is judged\n\nb\n\n## How to correct\n\nc\n\n## Reasons\n\n- `absent`: Nothing at {name}.\n\n## References\n\n- RFC 8659\n"
)

// goodFolder is a whole check; each test breaks one file of it.
func goodFolder() map[string]string {
	return map[string]string{
		"check.go": goodCheck, "fr.md": goodFR, "en.md": goodEN, filepath.Join("testdata", "absent.txtar"): "x",
	}
}

// writeFolder returns the root above exposure/caarecord.
func writeFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, "exposure", "caarecord", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestWholeFolderIsAccepted(t *testing.T) {
	source, err := registry(writeFolder(t, goodFolder()))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), "withPapers(exposurecaarecord.Check, exposurecaarecordPapers())") {
		t.Errorf("the check is not in the registry:\n%s", source)
	}
}

func TestBrokenFolderIsRefused(t *testing.T) {
	for _, c := range []struct{ name, file, old, text, want string }{
		{"id_of_another_folder", "check.go", "caa-record", "spf-record", "does not belong"},
		{"id_not_a_string", "check.go", `"exposure.caa-record"`, "name", "written as a string"},
		{"no_reference", "check.go", `"EXP-DNS-13"`, "", "must list the reference ids"},
		{"no_check", "check.go", "var Check", "var Other", "must declare var Check"},
		{"not_go", "check.go", "package", "paquet", "expected 'package'"},
		{"title", "fr.md", "# Titre", "Titre", "read fr.md"},
		{"section", "en.md", "## Why", "## What for", "read en.md"},
		{"reason_in_one_language", "en.md", "`absent`", "`missing`", "reasons differ"},
		{"placeholder_in_one_language", "en.md", "{name}", "{domain}", "placeholders of reason"},
		{"clause_in_one_language", "fr.md", "- RFC 8659", "- RFC 8659\n- RFC 8657", "clauses cited differ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := goodFolder()
			files[c.file] = strings.Replace(files[c.file], c.old, c.text, 1)
			if _, err := registry(writeFolder(t, files)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestMissingFileIsRefused(t *testing.T) {
	for _, missing := range []string{"fr.md", "en.md", filepath.Join("testdata", "absent.txtar")} {
		t.Run(filepath.Base(missing), func(t *testing.T) {
			files := goodFolder()
			delete(files, missing)
			if _, err := registry(writeFolder(t, files)); err == nil {
				t.Errorf("a check without %s is accepted", missing)
			}
		})
	}
}

func TestPlaceholdersOfAWordInTwoLanguages(t *testing.T) {
	fr, en := placeholders("{population_fr} : {low} %"), placeholders("{low} %: {population_en}")
	if diff := cmp.Diff(fr, en); diff != "" {
		t.Errorf("placeholders (-fr +en):\n%s", diff)
	}
}

func TestTypeset(t *testing.T) {
	paper := scanner.Paper{Why: "Un an (31 536 000 s) : « oui »,\nou 20 % ?\n\nFin", Reasons: map[string]string{}}
	if got, want := typeset(paper, scanner.French).Why, "Un an (31\u00a0536\u00a0000 s)\u00a0: «\u00a0oui\u00a0», ou 20\u00a0%\u00a0?\n\nFin"; got != want {
		t.Errorf("French set as %q, want %q", got, want)
	}
	if got, want := typeset(paper, scanner.English).Why, "Un an (31 536 000 s) : « oui », ou 20 % ?\n\nFin"; got != want {
		t.Errorf("English set as %q, want %q", got, want)
	}
}
