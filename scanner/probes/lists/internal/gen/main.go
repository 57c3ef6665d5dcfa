// SPDX-License-Identifier: Apache-2.0

// Command gen makes of a published list the table of facts that is embedded:
// identifiers, products and days, a row each, and no prose. It fetches nothing:
//
//	go run ./internal/gen kev known_exploited_vulnerabilities.json >data/kev.tsv
//	go run ./internal/gen endoflife endoflife.json >data/endoflife.tsv
//
// The first is the file of CISA as it is. The second is the data of
// endoflife.date as one object (source, date, products by name): the fields of
// its product pages. The first row of a table says which list it is, its date,
// its publisher, and the SHA-256 of the file it was made of.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	err := errors.Join(generate(os.Args[1:], out), out.Flush())
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// tables make the rows of each list.
var tables = map[string]func(data []byte) (rows [][]string, err error){"kev": kev, "endoflife": endOfLife}

func generate(args []string, out io.Writer) error {
	if len(args) != 2 || tables[args[0]] == nil {
		return errors.New("name a list, kev or endoflife, and its published file")
	}
	data, err := os.ReadFile(args[1]) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	return write(args[0], data, out)
}

func write(list string, data []byte, out io.Writer) error {
	rows, err := tables[list](data)
	if err != nil {
		return fmt.Errorf("read %s: %w", list, err)
	}
	rows[0] = append(rows[0], fmt.Sprintf("%x", sha256.Sum256(data)))
	for _, row := range rows {
		for _, field := range row {
			if strings.ContainsAny(field, "\t\r\n") {
				return fmt.Errorf("write %s: %.40q does not fit in one field", list, field)
			}
		}
		if _, err := fmt.Fprintln(out, strings.Join(row, "\t")); err != nil {
			return fmt.Errorf("write %s: %w", list, err)
		}
	}
	return nil
}

// kev gives a row to each vulnerability: its identifier, maker, product, day of
// entry, and whether ransomware is known to use it.
func kev(data []byte) ([][]string, error) {
	var file struct {
		Released time.Time `json:"dateReleased"`
		Count    int       `json:"count"`
		Entries  []struct {
			CVE        string `json:"cveID"`
			Vendor     string `json:"vendorProject"`
			Product    string `json:"product"`
			Added      string `json:"dateAdded"`
			Ransomware string `json:"knownRansomwareCampaignUse"`
		} `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if file.Released.IsZero() || file.Count == 0 || file.Count != len(file.Entries) {
		return nil, fmt.Errorf("%d entries of %d, released %s", len(file.Entries), file.Count, file.Released.Format(time.DateOnly))
	}
	rows := [][]string{{"CISA KEV", file.Released.Format(time.DateOnly), "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"}}
	for _, e := range file.Entries {
		rows = append(rows, []string{e.CVE, strings.TrimSpace(e.Vendor), strings.TrimSpace(e.Product), e.Added, e.Ransomware})
	}
	return rows, nil
}

// endOfLife gives a row to each product, its name alone, and below it one to each
// of its releases: an empty field, its name, the day of its last free security
// fix ("ended" and empty when no day is known), the day of its last extended
// one, its newest build and the day that came out.
func endOfLife(data []byte) ([][]string, error) {
	var file struct {
		Date     string `json:"date"`
		Products map[string]struct {
			Releases []struct {
				Name       string `json:"cycle"`
				End        end    `json:"eol"`
				Extended   end    `json:"eoes"`
				Latest     string `json:"latest"`
				LatestDate string `json:"latestReleaseDate"`
			} `json:"cycles"`
		} `json:"products"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if _, err := time.Parse(time.DateOnly, file.Date); err != nil || len(file.Products) == 0 {
		return nil, errors.New("a dated list of products is expected")
	}
	rows := [][]string{{"endoflife", file.Date, "https://endoflife.date"}}
	for _, name := range slices.Sorted(maps.Keys(file.Products)) {
		rows = append(rows, []string{name})
		for _, r := range file.Products[name].Releases {
			rows = append(rows, []string{"", r.Name, string(r.End), string(r.Extended), r.Latest, r.LatestDate})
		}
	}
	return rows, nil
}

// end is a day, "ended" when it is past and not known, or empty.
type end string

// UnmarshalJSON reads a day, true or false.
func (e *end) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		*e = "ended"
		return nil
	case "false", "null":
		*e = ""
		return nil
	}
	return json.Unmarshal(data, (*string)(e))
}
