// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/checks"
	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/memory"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/agent/internal/spool"
	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/accounts"
	"carescan/scanner/probes/history"
	"carescan/scanner/settings"
)

// papersOnly is an establishment that declares one application: nothing is
// contacted.
func papersOnly(t *testing.T) (c config.Config, count func(equipped int)) {
	t.Helper()
	folder := t.TempDir()
	export := filepath.Join(folder, "dpi.csv")
	c = config.Default(sources.Sections())
	c.State = folder
	c.Establishment = config.Establishment{FINESS: "690781810", Name: "CHU"}
	c.Scope.Names = []string{"chu.test"}
	c.Scope.Authorisation = config.Authorisation{By: "RSSI", Until: settings.Moment(time.Now().AddDate(1, 0, 0))}
	c.Sources[accounts.Section.Name] = &accounts.Settings{{
		ID: "dpi", Name: "DPI", File: export, Sensitive: true, AsOf: settings.Moment(time.Now()),
		Populations: []accounts.Meaning{{Word: "IDE", Is: "nurses"}}, Factors: []accounts.Meaning{{Word: "carte", Is: "cps"}, {Word: "rien", Is: "none"}},
	}}
	return c, func(equipped int) {
		var rows strings.Builder
		rows.WriteString("login;statut;fonction;facteur;2fa_obligatoire\n")
		for i := range 20 {
			factor, enforced := "carte", "oui"
			if i >= equipped {
				factor, enforced = "rien", "non"
			}
			fmt.Fprintf(&rows, "u%d;actif;IDE;%s;%s\n", i, factor, enforced)
		}
		if err := os.WriteFile(export, []byte(rows.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sealRun runs once as the agent does, and returns the bundle it sealed.
func sealRun(t *testing.T, c config.Config) *bundle.Opened {
	t.Helper()
	id, err := identity.Open(c.State)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := spool.Open(filepath.Join(c.State, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	past := memory.OpenPast(c.State)
	run, err := Runner{Config: c, Pseudonyms: id.Pseudonyms, Past: past}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entry, err := Seal(kept, id.Key, "", run)
	if err != nil {
		t.Fatal(err)
	}
	if err := past.Keep(history.Sealed{Run: run, Bundle: entry.Digest, Seq: entry.Seq}, checks.All()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(entry.Path)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := bundle.Open(raw, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if opened.Digest != entry.Digest {
		t.Errorf("the digest remembered is %s, the bundle has %s", entry.Digest, opened.Digest)
	}
	return opened
}

func verdictOn(t *testing.T, run scanner.Run, check string) scanner.Finding {
	t.Helper()
	at := slices.IndexFunc(run.Findings, func(f scanner.Finding) bool { return f.Check == check })
	if at < 0 {
		t.Fatalf("nothing is said of %s", check)
	}
	return run.Findings[at]
}

// TestThePastTravelsInTheBundle: a share that falls is judged against the run
// before, and judged the same from the bundle alone, without the memory.
func TestThePastTravelsInTheBundle(t *testing.T) {
	c, count := papersOnly(t)
	count(20)
	first := sealRun(t, c)
	if f := verdictOn(t, first.Run, "mfa.coverage-regression"); f.Reason != "first-count" {
		t.Errorf("the first run says %s %s: %s", f.Outcome, f.Reason, f.Message.EN)
	}
	count(15)
	second := sealRun(t, c)
	f := verdictOn(t, second.Run, "mfa.coverage-regression")
	if f.Outcome != scanner.Fail || f.Values["before"] != "100" || len(f.Observations) != 2 {
		t.Errorf("the second run says %s %s on %v: %s", f.Outcome, f.Reason, f.Observations, f.Message.EN)
	}
	at := slices.IndexFunc(second.Run.Observations, func(o scanner.Observation) bool { return o.Kind == fact.History{}.FactKind() })
	h, err := scanner.Decode[fact.History](second.Run.Observations[at])
	if err != nil || h.Known != 1 || h.Runs[0].ID != first.Run.ID || h.Runs[0].Bundle != first.Digest {
		t.Errorf("the bundle remembers %+v, %v; want run %s", h, err, first.Run.ID)
	}

	if err := os.RemoveAll(c.State); err != nil {
		t.Fatal(err)
	}
	set, err := Profiles(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, opened := range []*bundle.Opened{first, second} {
		run := opened.Run
		plan, err := set.Resolve(run.Profile.ID, scanner.Plan{Establishment: run.Establishment, Scope: run.Scope, Vantage: run.Vantage})
		if err != nil {
			t.Fatal(err)
		}
		again := plan.Judge(run.Observations)
		if diff := cmp.Diff(run.Findings, again.Findings); diff != "" {
			t.Errorf("judged without the memory (-sealed +again):\n%s", diff)
		}
	}
}

func TestDamagedMemoryStopsNothing(t *testing.T) {
	c, count := papersOnly(t)
	count(20)
	sealRun(t, c)
	if err := os.WriteFile(filepath.Join(c.State, "history-690781810.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	count(15)
	run := sealRun(t, c).Run
	if f := verdictOn(t, run, "mfa.coverage-regression"); f.Outcome != scanner.Inconclusive || f.Reason != "no-reference" {
		t.Errorf("with a damaged memory: %s %s", f.Outcome, f.Reason)
	}
	if f := verdictOn(t, sealRun(t, c).Run, "mfa.coverage-regression"); f.Outcome != scanner.Pass {
		t.Errorf("with the memory begun again: %s %s", f.Outcome, f.Reason)
	}
}

// A run that only remembered has looked at nothing.
func TestARunThatOnlyRemembersHasFailed(t *testing.T) {
	c, _ := papersOnly(t)
	c.Sources[accounts.Section.Name] = &accounts.Settings{}
	if run := sealRun(t, c).Run; run.Status != scanner.RunFailed {
		t.Errorf("status %s", run.Status)
	}
}
