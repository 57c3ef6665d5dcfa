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
	files, err := registry(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range files {
		want, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what go generate writes (-file +generated):\n%s", name, diff)
		}
	}
}

// generate returns the file of the family of exposure, from a folder of a test.
func generate(t *testing.T, files map[string]string) (string, error) {
	t.Helper()
	generated, err := registry(writeFolder(t, files))
	return string(generated["registry_exposure_gen.go"]), err
}

func TestFamilyThatIsNoMoreLosesItsFile(t *testing.T) {
	root := writeFolder(t, goodFolder())
	gone := filepath.Join(root, "registry_gone_gen.go")
	if err := os.WriteFile(gone, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("the registry of a family without checks is kept")
	}
}

const (
	goodCheck = `package caarecord
var Check = scanner.Check{ID: "exposure.caa-record", References: []string{"EXP-DNS-13"}}`
	goodFR = "# Titre\n\n## Pourquoi\n\na\n\n## Comment c'est jugé\n\nb\n\n## Comment corriger\n\nc\n\n## Comment conclure\n\nd\n\n## Motifs\n\n- `absent`: Rien à {name}.\n\n## Références\n\n- RFC 8659\n"
	goodEN = "# Title\n\n## Why\n\na\n\n## How it is judged\n\nb\n\n## How to correct\n\nc\n\n## How to conclude\n\nd\n\n## Reasons\n\n- `absent`: Nothing at {name}.\n\n## References\n\n- RFC 8659\n"
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
	source, err := generate(t, goodFolder())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(source, "complete(exposurecaarecord.Check, exposurecaarecordPapers())") {
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
			if _, err := generate(t, files); err == nil || !strings.Contains(err.Error(), c.want) {
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
			if _, err := generate(t, files); err == nil {
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
	paper := scanner.Paper{Why: "« oui »,\nou 20 % ?\n\nFin", Reasons: map[string]scanner.Reason{"k": {Message: "a :\nb"}}}
	got := typeset(paper, scanner.French)
	if want := "«\u00a0oui\u00a0», ou 20\u00a0%\u00a0?\n\nFin"; got.Why != want || got.Reasons["k"].Message != "a\u00a0: b" {
		t.Errorf("French set as %q and %q, want %q", got.Why, got.Reasons["k"].Message, want)
	}
}

// sharedCheck is a check whose code leads to a shared package that uses another.
const sharedCheck = `package caarecord
import "carescan/checks/internal/near"
var Check = scanner.Check{ID: "exposure.caa-record", References: []string{"EXP-DNS-13"}}
func judge() string { return near.Missed() + "absent" }`

const (
	nearCode = `package near
import "carescan/checks/internal/far"
func Missed() string { return far.Closed() }
func Never() string { return "never" }`
	farCode = `package far
type T struct{}
func Closed() string { return T{}.word() + names["untold"] }
func (T) word() string { return "closed" }
var names = map[string]string{"value": "lost"}
func Other() string { return "other" }`
	sharedFR = "# Ensemble\n\n## Motifs\n\n- `closed`: %s fermé.\n- `other`: Autre.\n- `never`: Jamais.\n- `value`: Valeur.\n"
	sharedEN = "# Together\n\n## Reasons\n\n- `closed`: %s shut.\n- `other`: Other.\n- `never`: Never.\n- `value`: Value.\n"
)

func sharedFolder() map[string]string {
	files := goodFolder()
	files["check.go"] = sharedCheck
	for name, code := range map[string]string{"near": nearCode, "far": farCode} {
		files["../../internal/"+name+"/"+name+".go"] = code
		files["../../internal/"+name+"/fr.md"] = strings.Replace(sharedFR, "%s", name, 1)
		files["../../internal/"+name+"/en.md"] = strings.Replace(sharedEN, "%s", name, 1)
	}
	return files
}

// TestReasonsToldOnceAreMerged holds that a check takes the shared reasons its
// code leads to, and only those; the nearest page wins, and its own before all.
func TestReasonsToldOnceAreMerged(t *testing.T) {
	const remedies = "\n\n- `closed`: Ouvrir.\n\n## Motifs"
	for _, c := range []struct{ name, fr, en, want string }{
		{"nearest", "", "", "{Message: \"near fermé.\"}"},
		{"own_words", "- `closed`: À moi.\n", "- `closed`: Mine.\n", "{Message: \"À moi.\"}"},
		{"own_remedy", remedies, strings.Replace(remedies, "Motifs", "Reasons", 1), "{Message: \"near fermé.\", Remedy: \"Ouvrir.\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := sharedFolder()
			if strings.Contains(c.fr, "##") {
				files["fr.md"] = strings.Replace(goodFR, "\n\n## Motifs", c.fr, 1)
				files["en.md"] = strings.Replace(goodEN, "\n\n## Reasons", c.en, 1)
			} else {
				files["fr.md"] = strings.Replace(goodFR, "- `absent`", c.fr+"- `absent`", 1)
				files["en.md"] = strings.Replace(goodEN, "- `absent`", c.en+"- `absent`", 1)
			}
			source, err := generate(t, files)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(source, c.want) || strings.Contains(source, "\"other\"") ||
				strings.Contains(source, "\"never\"") || strings.Contains(source, "\"value\"") {
				t.Errorf("reasons are not %s and those of the page alone:\n%s", c.want, source)
			}
		})
	}
}

func TestSharedReasonsAreRefused(t *testing.T) {
	for _, c := range []struct{ name, file, old, text, want string }{
		{"two_tell_it", "../../internal/near/near.go", `import "carescan/checks/internal/far"`, "", "is told by both"},
		{"one_language", "../../internal/far/en.md", "`other`", "`else`", "reasons differ"},
		{"concluded_and_untold", "../../internal/far/far.go", "func Closed() string {", "func Closed() string { _ = scanner.Unknown(`untold`, nil)\n", "is concluded in the code"},
		{"remedy_of_an_unknown_value", "fr.md", "c\n", "c\n\n- `closed`: Door {door}.\n", "which its message does not"},
		{"remedy_of_nothing", "fr.md", "c\n", "c\n\n- `ghost`: Rien.\n", "is told nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := sharedFolder()
			files["check.go"] = strings.Replace(sharedCheck, `import "carescan/checks/internal/near"`, "import (\"carescan/checks/internal/near\"\n\"carescan/checks/internal/far\")\nvar _ = far.Closed\n", 1)
			files[c.file] = strings.Replace(files[c.file], c.old, c.text, 1)
			if c.file == "fr.md" {
				files["en.md"] = strings.Replace(files["en.md"], c.old, c.text, 1)
			}
			if _, err := generate(t, files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
