// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/checks"
	"carescan/profiles"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TransferOf is the domain whose zone transfer Looked tells of.
const TransferOf = "chu.test"

// Looked makes the run of an honest agent that ended at a moment and looked at what the
// name servers of a domain answer to a transfer; the real checks conclude from it.
func Looked(t testing.TB, site scanner.Establishment, ended time.Time, vantage scanner.Vantage, result fact.TransferResult) scanner.Run {
	t.Helper()
	o := must(scanner.Saw(scanner.DomainTarget(TransferOf), fact.Transfer{
		NS: fact.Present, Tries: []fact.TransferTry{{Server: "ns1.chu.test", Address: "192.0.2.1", Result: result, Records: 12}},
	}))(t)
	o.At, o.Vantage, o.Probe = ended.Add(-time.Minute), vantage, "dns"
	again := o
	again.At = ended
	return Concluded(t, site, ended, vantage, o.Identify(), again.Identify())
}

// shipped is read once: a test may make thousands of runs.
var shipped = sync.OnceValues(func() (*profiles.Set, error) { return profiles.Load(checks.All(), nil) })

// Concluded makes the run of an honest agent from what it observed.
func Concluded(t testing.TB, site scanner.Establishment, ended time.Time, vantage scanner.Vantage, observations ...scanner.Observation) scanner.Run {
	t.Helper()
	plan := must(must(shipped())(t).Resolve("etablissement", scanner.Plan{
		Establishment: site, Scope: scanner.Scope{Names: []string{TransferOf}}, Vantage: vantage,
	}))(t)
	judgement := plan.Judge(observations)
	return scanner.Run{
		Schema: scanner.RunSchema, ID: must(uuid.NewV7())(t).String(), Establishment: site, Scope: plan.Scope, Vantage: vantage,
		Profile: plan.Profile, Software: Software, Started: ended.Add(-time.Minute), Ended: ended, Status: scanner.RunComplete,
		Controls: judgement.Controls, Findings: judgement.Findings, Coverage: judgement.Coverage, Observations: observations,
	}
}
