// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"
	"time"
)

// recordFiles are what the hospital writes down about itself, with dates
// relative to the day of the lab: {{date months days}}.
//
//go:embed records/*
var recordFiles embed.FS

// writeRecords writes the hosting register, the attestations and the documents
// that these name.
func (h *Hospital) writeRecords() (err error) {
	if h.settings.RegisterFile, err = h.writeRecord("hosting.yaml"); err != nil {
		return err
	}
	if h.settings.AttestationsFile, err = h.writeRecord("attestations.yaml"); err != nil {
		return err
	}
	for _, name := range []string{"exercice-de-crise.txt", "pssi.txt"} {
		if _, err := h.writeRecord(name); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hospital) writeRecord(name string) (string, error) {
	date := func(months, days int) string { return h.now.AddDate(0, months, days).Format(time.DateOnly) }
	page, err := template.New(name).Funcs(template.FuncMap{"date": date}).ParseFS(recordFiles, "records/"+name)
	if err != nil {
		return "", fmt.Errorf("read record %s: %w", name, err)
	}
	var content bytes.Buffer
	if err := page.Execute(&content, nil); err != nil {
		return "", fmt.Errorf("write record %s: %w", name, err)
	}
	return h.write(name, content.Bytes())
}
