// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// maxEntries bounds the entries of a list: KEV holds some 1 700.
const maxEntries = 20_000

// The list of CISA, as it is named, and where it is published.
const (
	kevName   = "CISA KEV"
	kevSource = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"
)

// Exploited is a list of vulnerabilities known to be exploited.
type Exploited struct {
	origin  scanner.PublicList
	entries []exploit
}

type exploit struct {
	cve             string
	vendor, product string // lower case
	added           time.Time
	ransomware      bool
}

// kevFile is the format published by CISA, as far as we read it. Whoever cuts the
// file to some of its entries adds "extract".
type kevFile struct {
	Released time.Time  `json:"dateReleased"`
	Extract  bool       `json:"extract"`
	Entries  []kevEntry `json:"vulnerabilities"`
}

type kevEntry struct {
	CVE        string `json:"cveID"`
	Vendor     string `json:"vendorProject"`
	Product    string `json:"product"`
	Added      string `json:"dateAdded"`
	Ransomware string `json:"knownRansomwareCampaignUse"`
}

var cveID = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,10}$`)

// ParseKEV reads the list published by CISA.
func ParseKEV(data []byte) (Exploited, error) {
	var file kevFile
	if err := json.Unmarshal(settings.Saved(data), &file); err != nil {
		return Exploited{}, fmt.Errorf("read KEV: %w", err)
	}
	if file.Released.IsZero() || len(file.Entries) == 0 || len(file.Entries) > maxEntries {
		return Exploited{}, errors.New("read KEV: a dated list of vulnerabilities is expected")
	}
	list, err := newExploited(file.Entries)
	if err != nil {
		return Exploited{}, fmt.Errorf("read KEV: %w", err)
	}
	list.origin = replaced(kevName, kevSource, file.Released, len(list.entries), data)
	list.origin.Extract = file.Extract
	return list, nil
}

func newExploited(entries []kevEntry) (list Exploited, err error) {
	for _, e := range entries {
		entry, err := e.read()
		if err != nil {
			return Exploited{}, err
		}
		list.entries = append(list.entries, entry)
	}
	return list, nil
}

func (e kevEntry) read() (exploit, error) {
	added, err := time.Parse(time.DateOnly, e.Added)
	if err != nil || !cveID.MatchString(e.CVE) || e.Product == "" || len(e.Vendor)+len(e.Product) > 400 {
		return exploit{}, fmt.Errorf("entry %.20q of %.20q is not one", e.CVE, e.Added)
	}
	return exploit{e.CVE, word(e.Vendor), word(e.Product), added, e.Ransomware == "Known"}, nil
}

// word is a name as it is compared.
func word(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Exploited says whether the list names any vulnerability of a product.
func (b *Book) Exploited(product string) bool {
	n := namesOf(product)
	return slices.ContainsFunc(b.exploited.entries, n.in)
}

// Holds says whether the list names a vulnerability, and whether it serves
// ransomware.
func (b *Book) Holds(cve string) (listed, ransomware bool) {
	for _, e := range b.exploited.entries {
		if e.cve == cve {
			return true, e.ransomware
		}
	}
	return false, false
}
