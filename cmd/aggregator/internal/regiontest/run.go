// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/checks"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Said is one finding of a run to make. The look is completed unless it says
// otherwise.
type Said struct {
	Check    string
	Target   scanner.Target
	Outcome  scanner.Outcome
	Severity scanner.Severity
	Message  scanner.Text
	Look     scanner.Status
	// Undeclared says that nothing was declared for the check, and nothing else.
	Undeclared bool
}

// Run makes a run that ended at a moment and said this. Its controls fold the
// findings as a real run does.
func Run(t testing.TB, site scanner.Establishment, ended time.Time, said ...Said) scanner.Run {
	t.Helper()
	run := scanner.Run{
		Schema: scanner.RunSchema, ID: must(uuid.NewV7())(t).String(), Establishment: site,
		Scope: scanner.Scope{Names: []string{"chu.test"}}, Vantage: scanner.VantageInternet,
		Profile:  scanner.ProfileRef{ID: "etablissement", Version: "1", Digest: "sha256:00", Title: scanner.Text{FR: "Établissement", EN: "Establishment"}},
		Software: Software, Started: ended.Add(-time.Minute), Ended: ended, Status: scanner.RunComplete,
	}
	for _, s := range said {
		add(t, &run, s)
	}
	for _, c := range controls() {
		run.Controls = append(run.Controls, c.Fold(run.Findings))
	}
	return run
}

func add(t testing.TB, run *scanner.Run, s Said) {
	t.Helper()
	s.Look = cmp.Or(s.Look, scanner.StatusCompleted)
	check, _ := checks.ByID(s.Check)
	if s.Undeclared {
		run.Findings = append(run.Findings, check.Unobserved(run.Establishment.Target()))
		run.Coverage = append(run.Coverage, scanner.Coverage{
			Check: s.Check, Target: run.Establishment.Target(), Status: scanner.StatusSkipped, Reason: "no source is declared",
		})
		return
	}
	o := observe(t, run, s)
	run.Findings = append(run.Findings, scanner.Finding{
		Fingerprint: scanner.Fingerprint(s.Check, s.Target.Key()), Check: s.Check, Revision: 1, Target: s.Target,
		Outcome: s.Outcome, Severity: s.Severity, Reason: "test", Title: check.Papers.Title(), Message: s.Message,
		Fix:        check.Papers.Remedy(s.Outcome, "test", nil),
		Parameters: []byte(`{"days":30}`), Observations: []string{o.ID},
	})
	run.Coverage = append(run.Coverage, scanner.Coverage{Check: s.Check, Target: s.Target, Status: s.Look})
}

func observe(t testing.TB, run *scanner.Run, s Said) scanner.Observation {
	t.Helper()
	o := must(scanner.Saw(s.Target, fact.Zone{Name: fmt.Sprint(s.Target.ID, " ", s.Check)}))(t)
	artifact := scanner.NewArtifact("DNS answer", "application/dns-message", []byte(s.Check+s.Target.ID))
	o.At, o.Vantage, o.Probe, o.Status = run.Ended, run.Vantage, "dns", s.Look
	o.Artifacts = []scanner.ArtifactRef{artifact.Ref}
	o = o.Identify()
	run.Observations = append(run.Observations, o)
	run.Artifacts = append(run.Artifacts, artifact)
	return o
}

func controls() []scanner.Control {
	return []scanner.Control{
		{
			Catalog: "care-d1", ID: "D1.O2.B", Title: scanner.Text{FR: "Deux audits d’exposition successifs", EN: "Two successive exposure audits"},
			Source: "FAQ CaRE", Confidence: scanner.Verified, Verified: "2026-11-22", Checks: []string{},
		},
		{
			Catalog: "care-d1", ID: "D1.DNS", Title: scanner.Text{FR: "Courrier et noms de domaine protégés", EN: "Mail and domain names protected"},
			Source: "FAQ CaRE", Confidence: scanner.Verified, Verified: "2026-11-22", Checks: []string{"exposure.spf-record", "exposure.dmarc-policy"},
		},
		{
			Catalog: "hds-v2", ID: "HDS.1", Title: scanner.Text{FR: "Hébergeurs certifiés", EN: "Certified hosts"},
			Source: "Référentiel HDS", Confidence: scanner.Verified, Verified: "2026-11-22", Checks: []string{"hosting.certificate-in-force"},
		},
	}
}
