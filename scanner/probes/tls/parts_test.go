// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"encoding/json"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/probes/internal/hello"
)

// said is what a check says of a sighting, in two words, with what it lacks.
func said(t *testing.T, check scanner.Check, s scanner.Sighting) string {
	t.Helper()
	raw, err := json.Marshal(s.Fact)
	if err != nil {
		t.Fatal(err)
	}
	o := scanner.Observation{
		Kind: s.Fact.FactKind(), Target: scanner.ServiceTarget(service, 443), Vantage: scanner.VantageInternet,
		At: time.Now(), Status: scanner.StatusCompleted, Fact: raw, Unread: s.Unread,
	}
	if len(s.Missing)+len(s.Unread) > 0 {
		o.Status, o.Causes = scanner.StatusPartial, slices.Concat(s.Missing, scanner.Causes{{Code: scanner.CauseCutOff}})
	}
	found := check.Evaluate(o, nil)
	return string(found.Outcome) + " " + found.Reason
}

// TestCutAfterwards looks at a service that answers for a while and then no more:
// what it showed before is judged.
func TestCutAfterwards(t *testing.T) {
	t.Parallel()
	certificates := map[string]string{
		"exposure.certificate-validity": "pass valid", "exposure.certificate-key": "pass strong", "exposure.certificate-chain": "pass whole",
		"exposure.certificate-lifetime": "fail not-logged", "exposure.certificate-revocation": "not_applicable not-asked",
	}
	unread := map[string]string{
		"exposure.tls-broken-suites": "inconclusive partial", "exposure.tls-master-secret": "inconclusive partial",
		"exposure.tls-signature-hash": "inconclusive partial", "exposure.tls-forward-secrecy": "inconclusive partial",
	}
	root := newRoot(t, "Racine d'essai")
	c := template(service)
	c.CRLDistributionPoints = []string{"http://crl.test/ca.crl"}
	cert := root.leaf(t, c, newKey(t))
	for name, tt := range map[string]struct {
		connections int32
		versions    string
	}{"after-the-certificate": {2, "inconclusive partial"}, "after-the-versions": {12, "pass modern"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var made atomic.Int32
			door := behind(t, startOpenSSL(t, []string{"-cert", writePair(t, cert)}), func([]byte) bool { return made.Add(1) > tt.connections })
			_, sighting := observe(t, door, Options{Roots: root.pool()})
			if len(sighting.Missing) > 0 || len(sighting.Unread) == 0 {
				t.Errorf("missing %q, unread %v", sighting.Missing.Detail(), sighting.Unread)
			}
			for _, check := range slices.Concat(certificateChecks, protocolChecks) {
				want := certificates[check.ID] + unread[check.ID]
				if check.ID == "exposure.tls-version" {
					want = tt.versions
				}
				if got := said(t, check, sighting); want != "" && got != want {
					t.Errorf("%s: %s, want %s", check.ID, got, want)
				}
			}
		})
	}
}

// TestCutWithinTheFlight looks at a service whose every flight ends after the
// certificate: whether a proof of revocation comes with it is not known.
func TestCutWithinTheFlight(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	c := template(service)
	c.OCSPServer = []string{"http://ocsp.test"}
	leaf := root.leaf(t, c, newKey(t)).Certificate[0]
	half := responder{versions: []uint16{hello.TLS12}, suites: []uint16{0xC02F}, leaf: leaf, cut: true}
	_, sighting := observe(t, half.start(t), Options{Roots: root.pool()})
	want := map[string]string{
		"exposure.certificate-validity": "pass valid", "exposure.certificate-chain": "pass whole", "exposure.certificate-revocation": "inconclusive partial",
		"exposure.tls-version": "fail no-tls13", "exposure.ssl-version": "pass refused",
	}
	for _, check := range slices.Concat(certificateChecks, protocolChecks) {
		if got := said(t, check, sighting); want[check.ID] != "" && got != want[check.ID] {
			t.Errorf("%s: %s, want %s; unread %v", check.ID, got, want[check.ID], sighting.Unread)
		}
	}
}
