// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"carescan/scanner"
)

// The embedded tables, a row each line, fields between tabs; command internal/gen
// says what each field is.

//go:embed data/kev.tsv
var kevTable string

//go:embed data/endoflife.tsv
var endOfLifeTable string

//go:embed data/affected.json
var embeddedAffected []byte

// Both are read when first asked for: most commands need none.
var (
	embeddedExploited = sync.OnceValues(func() (Exploited, error) { return tableOfExploited(kevTable) })
	embeddedSupport   = sync.OnceValues(func() (Support, error) { return tableOfSupport(endOfLifeTable) })
)

func tableOfExploited(table string) (Exploited, error) {
	origin, rows, err := header(table)
	if err != nil {
		return Exploited{}, err
	}
	var entries []kevEntry
	for row := range strings.Lines(rows) {
		f := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		if len(f) != 5 {
			return Exploited{}, fmt.Errorf("read table of %s: %.40q is no row", origin.Name, row)
		}
		entries = append(entries, kevEntry{CVE: f[0], Vendor: f[1], Product: f[2], Added: f[3], Ransomware: f[4]})
	}
	list, err := newExploited(entries)
	list.origin, list.origin.Holds = origin, len(list.entries)
	return list, err
}

func tableOfSupport(table string) (Support, error) {
	origin, rows, err := header(table)
	if err != nil {
		return Support{}, err
	}
	var products []supportProduct
	for row := range strings.Lines(rows) {
		f := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		switch {
		case len(f) == 1:
			products = append(products, supportProduct{Name: f[0]})
		case len(f) == 6 && len(products) > 0:
			last := &products[len(products)-1]
			last.Releases = append(last.Releases, supportRow(f))
		default:
			return Support{}, fmt.Errorf("read table of %s: %.40q is no row", origin.Name, row)
		}
	}
	list, err := newSupport(products, origin.Date)
	list.origin, list.origin.Holds = origin, len(list.products)
	return list, err
}

// supportRow is a release. Its end is a day, or "ended" when none is known.
func supportRow(f []string) supportRelease {
	r := supportRelease{Name: f[1], EndFrom: f[2], ExtendedFrom: f[3]}
	if r.Ended = f[2] == "ended"; r.Ended {
		r.EndFrom = ""
	}
	if r.ExtendedFrom == "ended" {
		r.ExtendedFrom = ""
	}
	r.Latest.Name, r.Latest.Date = f[4], f[5]
	return r
}

// header reads the first row: which list it is, its date, its publisher, and the
// digest of the file that the table was made of.
func header(table string) (origin scanner.PublicList, rows string, err error) {
	first, rows, _ := strings.Cut(table, "\n")
	f := strings.Split(first, "\t")
	if len(f) != 4 {
		return origin, "", errors.New("read embedded table: a first row of four fields is expected")
	}
	date, err := time.Parse(time.DateOnly, f[1])
	if err != nil {
		return origin, "", fmt.Errorf("read embedded table: %w", err)
	}
	return scanner.PublicList{Name: f[0], Source: f[2], Date: date, SHA256: digest(table)}, rows, nil
}

// replaced is the origin of a list read from a file of the establishment.
func replaced(name, source string, date time.Time, holds int, data []byte) scanner.PublicList {
	return scanner.PublicList{Name: name, Source: source, Date: date, Holds: holds, SHA256: digest(string(data)), Replaced: true}
}

func digest(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}
