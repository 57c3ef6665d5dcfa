// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

var identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func modes() []string {
	return []string{string(fact.HostedInternally), string(fact.HostedByGHT), string(fact.HostedByOther), string(fact.HostedAsService)}
}

// validate returns the first fault of the register, or none.
func (r register) validate() settings.Faults {
	if r.AsOf.Day.IsZero() {
		return settings.InFile(1,
			"as_of manque : écrivez la date de la dernière revue du registre, par exemple as_of: 2026-10-01",
			"as_of is missing: write the date the register was last reviewed, such as as_of: 2026-10-01").Because(scanner.CauseFileUndated)
	}
	if len(r.Applications) > maxApplications {
		return settings.InFile(0,
			fmt.Sprintf("au plus %d applications sont lues", maxApplications), fmt.Sprintf("at most %d applications are read", maxApplications))
	}
	seen := map[string]bool{}
	for i, a := range r.Applications {
		faults := a.validate()
		if len(faults) == 0 && seen[a.ID.text] {
			faults = settings.InFile(a.ID.line,
				"cet identifiant est déjà pris : donnez à chaque application le sien",
				"this id is already taken: give every application its own")
		}
		if len(faults) > 0 {
			return faults.Below("applications" + settings.At(i))
		}
		seen[a.ID.text] = true
	}
	return nil
}

// line is the first line the application is known to stand on.
func (a application) line() int { return cmp.Or(a.ID.line, a.Name.line, a.Mode.line) }

func (a application) validate() settings.Faults {
	switch {
	case !identifier.MatchString(a.ID.text):
		return settings.InFile(a.line(),
			"l'identifiant doit être un mot court en minuscules, par exemple id: dpi",
			"the id must be a short word in lower case, such as id: dpi")
	case !slices.Contains(modes(), a.Mode.text):
		list := strings.Join(modes(), ", ")
		return settings.InFile(a.line(), "le mode doit être parmi "+list, "the mode must be one of "+list)
	case a.HealthData == nil:
		return settings.InFile(a.line(), "health_data manque : écrivez true ou false", "health_data is missing: write true or false")
	case len(a.Endpoints) > maxList || len(a.Chain) > maxList:
		return settings.InFile(a.line(),
			fmt.Sprintf("au plus %d points d'accès et %d prestataires sont lus", maxList, maxList),
			fmt.Sprintf("at most %d endpoints and %d providers are read", maxList, maxList))
	}
	for _, e := range a.Endpoints {
		if !isHost(e.text) {
			return settings.InFile(e.line,
				"un point d'accès est un nom seul, sans https:// ni chemin, par exemple dpi.hebergeur.test",
				"an endpoint is a name alone, without https:// nor path, such as dpi.hebergeur.test")
		}
	}
	if faults := areActivities(a.line(), a.Activities); len(faults) > 0 {
		return faults
	}
	for i, l := range a.Chain {
		if faults := l.validate(cmp.Or(l.Provider.line, a.line())); len(faults) > 0 {
			return faults.Below("chain" + settings.At(i))
		}
	}
	return nil
}

// validate looks at a provider that stands on a line.
func (l link) validate(line int) settings.Faults {
	if l.Provider.text == "" {
		return settings.InFile(line, "le prestataire manque : écrivez son nom", "the provider is missing: write its name")
	}
	if len(l.ASNs) > maxList {
		return settings.InFile(line, fmt.Sprintf("au plus %d réseaux sont lus", maxList), fmt.Sprintf("at most %d networks are read", maxList))
	}
	if l.Certificate != nil {
		if faults := areActivities(line, l.Certificate.Activities); len(faults) > 0 {
			return faults.Below("certificate")
		}
	}
	return areActivities(line, l.Activities)
}

// areActivities accepts the six activities of R.1111-9 CSP, each once.
func areActivities(line int, list []int) settings.Faults {
	for i, activity := range list {
		if activity < 1 || activity > len(activities) || slices.Contains(list[:i], activity) {
			return settings.InFile(line,
				"les activités sont des nombres de 1 à 6, écrits une fois chacun, par exemple [1, 2, 3]",
				"activities are numbers from 1 to 6, each written once, such as [1, 2, 3]")
		}
	}
	return nil
}

// isHost accepts an address or a name, which may be a single label: some
// applications are only known inside.
func isHost(text string) bool {
	_, err := hostname.ParseHost(text)
	if _, errLabel := hostname.ParseLabels(text); err != nil {
		err = errLabel
	}
	return err == nil
}
