// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/probes/internal/yamlfile"
)

var (
	identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	hostName   = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$`)
)

func modes() []fact.HostingMode {
	return []fact.HostingMode{fact.HostedInternally, fact.HostedByGHT, fact.HostedByOther, fact.HostedAsService}
}

func (r register) validate() error {
	if r.AsOf.time.IsZero() {
		return scanner.NotSeen(scanner.CauseFileUndated, scanner.Values{scanner.ValueExpected: "as_of: 2026-10-01"},
			errors.New("line 1: as_of is missing: write the date the register was last reviewed, such as as_of: 2026-10-01"))
	}
	if len(r.Applications) > maxApplications {
		return tooMany(maxApplications, fmt.Errorf("at most %d applications are read", maxApplications))
	}
	seen := map[string]bool{}
	for i, a := range r.Applications {
		if err := a.validate(); err != nil {
			return localfile.On(a.line(), fmt.Errorf("line %d (application %d): %w", a.line(), i+1, err))
		}
		if seen[a.ID.text] {
			return localfile.On(a.ID.line, scanner.NotSeen(scanner.CauseFieldRepeated, field("id", ""),
				fmt.Errorf("line %d (application %d): this id is already taken: give every application its own", a.ID.line, i+1)))
		}
		seen[a.ID.text] = true
	}
	return nil
}

// line is the first line the application is known to stand on.
func (a application) line() int { return cmp.Or(a.ID.line, a.Name.line, a.Mode.line) }

func (a application) validate() error {
	switch {
	case !identifier.MatchString(a.ID.text):
		return scanner.NotSeen(scanner.CauseFieldWrong, field("id", "id: dpi"),
			errors.New("the id must be a short word in lower case, such as id: dpi"))
	case !slices.Contains(modes(), fact.HostingMode(a.Mode.text)):
		known := fmt.Sprint(modes())
		return scanner.NotSeen(scanner.CauseFieldWrong, field("mode", strings.Trim(known, "[]")), errors.New("the mode must be one of "+known))
	case a.HealthData == nil:
		return scanner.NotSeen(scanner.CauseFieldMissing, field("health_data", "health_data: true"),
			errors.New("health_data is missing: write true or false"))
	case len(a.Endpoints) > maxList || len(a.Chain) > maxList:
		return tooMany(maxList, fmt.Errorf("at most %d endpoints and %d providers are read", maxList, maxList))
	}
	for _, e := range a.Endpoints {
		if !isHost(e.text) {
			return yamlfile.Fault{
				Line: e.line, Text: "an endpoint is a name alone, without https:// nor path, such as dpi.hebergeur.test",
				Field: "endpoints", Expected: "dpi.hebergeur.test",
			}
		}
	}
	return a.validateActivities()
}

func (a application) validateActivities() error {
	if err := areActivities(a.Activities); err != nil {
		return err
	}
	for _, l := range a.Chain {
		if err := l.validate(); err != nil {
			return localfile.On(l.Provider.line, fmt.Errorf("provider at line %d: %w", l.Provider.line, err))
		}
	}
	return nil
}

func (l link) validate() error {
	if l.Provider.text == "" {
		return scanner.NotSeen(scanner.CauseFieldMissing, field("provider", ""), errors.New("the provider is missing: write its name"))
	}
	if len(l.ASNs) > maxList {
		return tooMany(maxList, fmt.Errorf("at most %d networks are read", maxList))
	}
	if l.Certificate != nil {
		if err := areActivities(l.Certificate.Activities); err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
	}
	return areActivities(l.Activities)
}

// field names a key of the register and what is expected there.
func field(name, expected string) scanner.Values {
	return scanner.Values{scanner.ValueField: name, scanner.ValueExpected: expected}
}

func tooMany(limit int, err error) error {
	return scanner.NotSeen(scanner.CauseTooMany, scanner.Values{scanner.ValueLimit: strconv.Itoa(limit)}, err)
}

// areActivities accepts the six activities of R.1111-9 CSP, each once.
func areActivities(list []int) error {
	for i, activity := range list {
		if activity < 1 || activity > 6 || slices.Contains(list[:i], activity) {
			return scanner.NotSeen(scanner.CauseFieldWrong, field("activities", "[1, 2, 3]"),
				errors.New("activities are numbers from 1 to 6, each written once, such as [1, 2, 3]"))
		}
	}
	return nil
}

func isHost(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = scanner.CanonicalName(name)
	return len(name) <= 253 && hostName.MatchString(name)
}
