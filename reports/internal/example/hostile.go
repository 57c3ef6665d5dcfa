// SPDX-License-Identifier: Apache-2.0

package example

import (
	"carescan/reports"
	"carescan/scanner"
)

// Hostile is what a target may try to make a reader's browser run.
const Hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>{{.Names}}'`

// HostileDocument is the synthetic run with hostile words in every text that a
// target, a file or a person outside may have written.
func HostileDocument() (reports.Document, error) {
	d, _, err := Document()
	bad := scanner.Text{FR: Hostile, EN: Hostile}
	r := &d.Run
	r.Establishment.Name, r.Software, r.Profile.Title, r.Profile.Version = Hostile, Hostile, bad, Hostile
	r.Scope.Names, r.Scope.Authorisation.By, r.Scope.Authorisation.Reference = []string{Hostile}, Hostile, Hostile
	r.Scope.ExcludedNames, r.Caveats = []string{Hostile}, []scanner.Caveat{{Key: Hostile, What: bad, Hint: bad}}
	r.Lists = []scanner.PublicList{{Name: Hostile, Source: Hostile, SHA256: Hostile}}
	for i := range r.Profile.Catalogs {
		r.Profile.Catalogs[i].Title, r.Profile.Catalogs[i].Source = bad, Hostile
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Title, f.Message, f.Fix, f.Target.ID, f.Check = bad, bad, bad, Hostile, Hostile
	}
	for i := range r.Controls {
		c := &r.Controls[i]
		c.Title, c.Source, c.Verified = bad, Hostile, Hostile
	}
	strange := scanner.Causes{{Code: Hostile, Values: scanner.Values{scanner.ValueWhere: Hostile}}, scanner.Cause{Code: scanner.CauseTimeout}.At(Hostile)}
	for i := range r.Coverage {
		r.Coverage[i].Causes = strange
		r.Coverage[i].Reason, r.Coverage[i].Check, r.Coverage[i].Target.ID = Hostile, Hostile, Hostile
	}
	for i := range r.Observations {
		r.Observations[i].Causes = strange
		r.Observations[i].Error, r.Observations[i].Target.ID = Hostile, Hostile
		for j := range r.Observations[i].Artifacts {
			r.Observations[i].Artifacts[j].Name = Hostile
		}
	}
	d.Names[leila] = Hostile
	return d, err
}
