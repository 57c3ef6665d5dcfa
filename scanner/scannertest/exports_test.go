// SPDX-License-Identifier: Apache-2.0

package scannertest_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

// population counts the accounts in use of one job.
type population struct{ enabled, equipped, enforced int }

// countExport reads an export as its probe does, in little.
func countExport(t *testing.T, text, separator string) map[string]population {
	t.Helper()
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = rune(separator[0])
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"login", "statut", "fonction", "facteur", "2fa_obligatoire"}, rows[0]); diff != "" {
		t.Fatalf("header (-want +got):\n%s", diff)
	}
	counts := map[string]population{}
	for _, row := range rows[1:] {
		if row[1] != "actif" {
			continue
		}
		p := counts[row[2]]
		p.enabled++
		if row[3] != "aucun" {
			p.equipped++
		}
		if row[4] == "oui" {
			p.enforced++
		}
		counts[row[2]] = p
	}
	return counts
}

func TestExportOfRecord(t *testing.T) {
	raw, err := os.ReadFile(start(t).Settings().Applications[0].File)
	if err != nil {
		t.Fatal(err)
	}
	text, err := charmap.Windows1252.NewDecoder().String(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]population{
		"Médecin":             {57, 45, 45},
		"Infirmier":           {75, 60, 60},
		"Secrétaire médicale": {9, 9, 9},
	}
	if diff := cmp.Diff(want, countExport(t, text, ";"), cmp.AllowUnexported(population{})); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestExportOfPharmacy(t *testing.T) {
	raw, err := os.ReadFile(start(t).Settings().Applications[1].File)
	if err != nil {
		t.Fatal(err)
	}
	for job, p := range countExport(t, string(raw), ",") {
		if p.enabled == 0 || p.equipped != p.enabled || p.enforced != p.enabled {
			t.Errorf("%s: %+v, want everybody covered", job, p)
		}
	}
}
