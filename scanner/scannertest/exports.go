// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// exportRow is one account of an application.
type exportRow struct {
	login, job, factor string
	inactive, enforced bool
}

// writeExports writes the accounts of two applications: a patient record whose
// users are not all equipped, and a well-kept one.
func (h *Hospital) writeExports() error {
	record, pharmacy := recordAccounts(), pharmacyAccounts()
	// Old software exports in Windows-1252 with semicolons, newer in UTF-8.
	if err := h.writeExport(idRecord, "Dossier patient informatisé", windows1252(exportCSV(record, ";"))); err != nil {
		return err
	}
	return h.writeExport(idPharmacy, "Circuit du médicament", []byte(exportCSV(pharmacy, ",")))
}

func (h *Hospital) writeExport(id, name string, content []byte) error {
	path, err := h.write(filepath.Base(id)+".csv", content)
	if err != nil {
		return err
	}
	// The export was made yesterday.
	if err := os.Chtimes(path, time.Time{}, h.now.Add(-day)); err != nil {
		return fmt.Errorf("date the export of %s: %w", id, err)
	}
	h.settings.Applications = append(h.settings.Applications, Application{id, name, path, true})
	return nil
}

// recordAccounts are the users of the patient record. One physician in five
// and one nurse in four own no second factor.
func recordAccounts() []exportRow {
	var rows []exportRow
	for i, p := range staff()[:recordUsers] {
		row := exportRow{login: p.login(), job: p.job, factor: "e-cps", inactive: p.inactive, enforced: true}
		switch {
		case p.job == jobPhysician && i%5 == 4, p.job == jobNurse && i%4 == 3:
			row.factor, row.enforced = "aucun", false
		case p.job == jobPhysician:
			row.factor = "cps"
		case p.job == jobSecretary:
			row.factor = "totp"
		}
		rows = append(rows, row)
	}
	return rows
}

// pharmacyAccounts are the users of the drug circuit, all with a card.
func pharmacyAccounts() []exportRow {
	var rows []exportRow
	for i, p := range staff() {
		if p.job == jobPharmacy || (p.job == jobPhysician || p.job == jobNurse) && i%4 == 0 {
			rows = append(rows, exportRow{p.login(), p.job, "cps+e-cps", p.inactive, true})
		}
	}
	return rows
}

func exportCSV(rows []exportRow, separator string) string {
	var out strings.Builder
	out.WriteString(strings.Join([]string{"login", "statut", "fonction", "facteur", "2fa_obligatoire"}, separator) + "\r\n")
	for _, r := range rows {
		cells := []string{r.login, "actif", r.job, r.factor, "non"}
		if r.inactive {
			cells[1] = "inactif"
		}
		if r.enforced {
			cells[4] = "oui"
		}
		out.WriteString(strings.Join(cells, separator) + "\r\n")
	}
	return out.String()
}

// windows1252 writes French letters on one byte each: for them it is the code
// point itself.
func windows1252(text string) []byte {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		raw = append(raw, byte(r))
	}
	return raw
}
