// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// maxReleases bounds the releases of one product.
const maxReleases = 1000

// The list of endoflife.date, as it is named, and where it is published.
const (
	eolName   = "endoflife"
	eolSource = "https://endoflife.date"
)

// Support is a list of the ends of support of products.
type Support struct {
	origin   scanner.PublicList
	products map[string][]release // by the name of endoflife.date
}

// release is one branch of a product.
type release struct {
	cycle      string
	end        time.Time // of security fixes; zero while no day is published
	over       bool
	latest     string
	latestDate time.Time
}

// supportFile is the format of the API of endoflife.date, version 1, as far as
// we read it. Whoever cuts it to some of its products adds "extract".
type supportFile struct {
	Generated time.Time        `json:"generated_at"`
	Extract   bool             `json:"extract"`
	Products  []supportProduct `json:"result"`
}

type supportProduct struct {
	Name     string           `json:"name"`
	Releases []supportRelease `json:"releases"`
}

type supportRelease struct {
	Name    string `json:"name"`
	Ended   bool   `json:"isEol"`
	EndFrom string `json:"eolFrom"`
	// ExtendedFrom is the end of an extended support.
	ExtendedFrom string `json:"eoesFrom"`
	Latest       struct {
		Name string `json:"name"`
		Date string `json:"date"`
	} `json:"latest"`
}

// ParseEndOfLife reads the list published by endoflife.date.
func ParseEndOfLife(data []byte) (Support, error) {
	var file supportFile
	if err := json.Unmarshal(settings.Saved(data), &file); err != nil {
		return Support{}, fmt.Errorf("read ends of support: %w", err)
	}
	if file.Generated.IsZero() || len(file.Products) == 0 || len(file.Products) > maxEntries {
		return Support{}, errors.New("read ends of support: a dated list of products is expected")
	}
	list, err := newSupport(file.Products, file.Generated)
	if err != nil {
		return Support{}, fmt.Errorf("read ends of support %w", err)
	}
	list.origin = replaced(eolName, eolSource, file.Generated, len(list.products), data)
	list.origin.Extract = file.Extract
	return list, nil
}

func newSupport(products []supportProduct, generated time.Time) (Support, error) {
	list := Support{products: map[string][]release{}}
	for _, p := range products {
		releases, err := p.read()
		if err != nil {
			return Support{}, fmt.Errorf("of %.40q: %w", p.Name, err)
		}
		list.products[word(p.Name)] = ended(releases, generated)
	}
	return list, nil
}

// ended dates by the list what it calls ended without saying since when.
func ended(releases []release, at time.Time) []release {
	for i, r := range releases {
		if r.over && r.end.IsZero() {
			releases[i].end = at.Truncate(24 * time.Hour)
		}
	}
	return releases
}

func (p supportProduct) read() ([]release, error) {
	if p.Name == "" || len(p.Releases) > maxReleases {
		return nil, errors.New("a name and some releases are expected")
	}
	releases := make([]release, 0, len(p.Releases))
	for _, r := range p.Releases {
		end, err := day(p.endOf(r))
		if err != nil {
			return nil, err
		}
		latest, err := day(r.Latest.Date)
		if err != nil {
			return nil, err
		}
		releases = append(releases, release{word(r.Name), end, r.Ended, r.Latest.Name, latest})
	}
	return releases, nil
}

// freelyExtended are the products whose extended support costs nothing: the
// Debian LTS team corrects the releases that the security team leaves, for all
// (wiki.debian.org/LTS). Those of Ubuntu and Red Hat are subscriptions.
var freelyExtended = []string{"debian"}

// endOf is the day the free security fixes of a release end.
func (p supportProduct) endOf(r supportRelease) string {
	if r.ExtendedFrom != "" && slices.Contains(freelyExtended, word(p.Name)) {
		return r.ExtendedFrom
	}
	return r.EndFrom
}

// day reads a date that may be absent.
func day(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, text)
}

// find is the branch a version belongs to: the one its builds are known to be
// of, or the longest one it begins with.
func (l Support) find(n names, version string) (found release, ok bool) {
	version = n.branchOf(version)
	for _, r := range l.products[n.endOfLife] {
		if belongs(version, r.cycle) && len(r.cycle) > len(found.cycle) {
			found, ok = r, true
		}
	}
	return found, ok
}
