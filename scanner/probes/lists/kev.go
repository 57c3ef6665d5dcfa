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
)

// maxEntries bounds the entries of a list: KEV holds some 1 500.
const maxEntries = 20_000

// Exploited is a list of vulnerabilities known to be exploited.
type Exploited struct {
	date    time.Time
	extract bool // holds a part of the published list
	entries []exploit
}

type exploit struct {
	cve             string
	vendor, product string // lower case
	added           time.Time
	ransomware      bool
}

// kevFile is the format published by CISA, as far as we read it. Our embedded
// copy adds "extract".
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
	if err := json.Unmarshal(data, &file); err != nil {
		return Exploited{}, fmt.Errorf("read KEV: %w", err)
	}
	if file.Released.IsZero() || len(file.Entries) == 0 || len(file.Entries) > maxEntries {
		return Exploited{}, errors.New("read KEV: a dated list of vulnerabilities is expected")
	}
	list := Exploited{date: file.Released, extract: file.Extract}
	for _, e := range file.Entries {
		entry, err := e.read()
		if err != nil {
			return Exploited{}, fmt.Errorf("read KEV: %w", err)
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

// Name names the list and its date.
func (l Exploited) Name() string {
	name := "CISA KEV " + l.date.Format(time.DateOnly)
	if l.extract {
		name += " (extract)"
	}
	return name
}

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
