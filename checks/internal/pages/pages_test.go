// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/checks"
)

// readPages reads the pages of a folder by name.
func readPages(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(file)] = string(raw)
	}
	return pages
}

func TestPagesAreCurrent(t *testing.T) {
	for name, page := range render(checks.All()) {
		if strings.Contains(page, "cannot write this page") {
			t.Errorf("%s: %s", name, page)
		}
	}
	got := readPages(t, filepath.Join("..", "..", "..", "docs", "checks"))
	if diff := cmp.Diff(render(checks.All()), got); diff != "" {
		t.Errorf("docs/checks is not what go generate writes (-generated +files):\n%s", diff)
	}
}

func TestRunRemovesPagesOfChecksThatAreNoMore(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "exposure.gone.fr.md"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(render(checks.All()), readPages(t, dir)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestPageShowsWhatItsReaderNeeds(t *testing.T) {
	page := render(checks.All())["exposure.certificate-validity.fr.md"]
	for _, want := range []string{
		"# Le certificat est valide à ce nom, et le restera", "`exposure.certificate-validity/3`", "majeure",
		"EXP-TLS-12", "`soon_days` | `30`", "`wrong-name`", "RFC 9525",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
