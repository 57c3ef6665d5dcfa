// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"carescan/checks/exposure/tlsflaws"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

// sealed is what the engine makes of a sighting.
func sealed(t *testing.T, s scanner.Sighting, at time.Time) scanner.Observation {
	t.Helper()
	raw, err := json.Marshal(s.Fact)
	if err != nil {
		t.Fatal(err)
	}
	o := scanner.Observation{
		Kind: s.Fact.FactKind(), Target: scanner.ServiceTarget(service, 443), Vantage: scanner.VantageInternet,
		At: at, Status: scanner.StatusCompleted, Fact: raw, Causes: s.Missing, Unread: s.Unread,
	}
	if len(s.Missing)+len(s.Unread) > 0 {
		o.Status = scanner.StatusPartial
	}
	return o.Identify()
}

// confirmed makes a first look, and one that confirms what it saw failing, and gives
// both and how many hellos the second took.
func confirmed(t *testing.T, p *Probe, door *loopback.Network, checks ...scanner.Check) (first, second scanner.Observation, hellos int) {
	t.Helper()
	look := func(ctx context.Context, at time.Time) scanner.Observation {
		sightings, err := p.Observe(ctx, door, scanner.ServiceTarget(service, 443))
		if err != nil {
			t.Fatal(err)
		}
		hellos = sightings[0].Fact.(fact.TLS).Connections
		return sealed(t, sightings[0], at)
	}
	now := time.Now()
	first = look(t.Context(), now)
	plan := scanner.Plan{}
	for _, check := range checks {
		check.Confirm = scanner.ConfirmAtOnce
		plan.Checks = append(plan.Checks, scanner.PlannedCheck{Check: check})
	}
	doubt, found := plan.Doubts([]scanner.Observation{first})[first.ID]
	if !found {
		return first, first, 0
	}
	second = look(scanner.WithSecondLook(t.Context(), map[string][]string{first.Kind: doubt.Parts}), now.Add(time.Minute))
	return first, second, hellos
}

// TestConfirmation holds, at each of the costly servers and some that have one fault,
// that a look which confirms one failure sees it again, for a few hellos.
func TestConfirmation(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	expired := template(service)
	expired.NotBefore, expired.NotAfter = time.Now().Add(-40*day), time.Now().Add(-day)
	servers := costly()
	maps.Copy(servers, map[string]func(*testing.T) *loopback.Network{
		"renegotiating": openSSL("-tls1_2", "-client_renegotiation"),
		"early-data":    openSSL("-early_data", "-no_anti_replay"),
		"sha1":          openSSL("-sigalgs", "RSA+SHA1:RSA+SHA256:RSA-PSS+SHA256", "-cipher", "DEFAULT:@SECLEVEL=0"),
		"ccm8":          openSSL("-ciphersuites", "TLS_AES_128_CCM_8_SHA256:TLS_AES_128_GCM_SHA256"),
		"weak-group":    openSSL("-groups", "X25519:secp256k1"),
		"small-hellos": func(t *testing.T) *loopback.Network {
			return behind(t, openSSL("-cipher", "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256")(t), loopback.Over255)
		},
		"expired": func(t *testing.T) *loopback.Network {
			return serveTLS(t, &tls.Config{Certificates: []tls.Certificate{newRoot(t, "Racine d'essai").leaf(t, expired, newKey(t))}})
		},
	})
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := start(t)
			for _, check := range slices.Concat(protocolChecks, certificateChecks) {
				first, second, hellos := confirmed(t, New(Options{Roots: x509.NewCertPool()}), door, check)
				if hellos == 0 {
					continue
				}
				check.Confirm = ""
				want := check.Evaluate(first, nil)
				check.Confirm = scanner.ConfirmAtOnce
				got := check.Conclude([]scanner.Observation{first, second}, nil)
				if got.Outcome != want.Outcome || got.Reason != want.Reason || got.Severity != want.Severity || got.Message != want.Message {
					t.Errorf("%s: %s %s %q, confirmed as %s %s %q; %s", check.ID, want.Outcome, want.Reason, want.Message.EN, got.Outcome, got.Reason, got.Message.EN, second.Fact)
				}
				t.Logf("%s %s: %d hellos", check.ID, want.Reason, hellos)
			}
		})
	}
}

// TestConfirmationOfFlaws holds that a flaw sought under an authorisation is seen twice.
func TestConfirmationOfFlaws(t *testing.T) {
	t.Parallel()
	pair := rsaSigned(t)
	key := pair.PrivateKey.(*rsa.PrivateKey)
	door := responder{versions: []uint16{hello.TLS12}, suites: []uint16{0x009C}, leaf: pair.Certificate[0], after: func(c net.Conn) {
		if block := readSecret(c, key); block != nil {
			c.Write(record(alert, hello.TLS12, 2, 20+31*btoi(block[0] != 0 || block[1] != 2)))
		}
	}}.start(t)
	door.Authorised = true
	first, second, hellos := confirmed(t, New(Options{}), door, tlsflaws.Check)
	check := tlsflaws.Check
	check.Confirm = scanner.ConfirmAtOnce
	if got := check.Conclude([]scanner.Observation{first, second}, nil); got.Outcome != scanner.Fail || hellos == 0 || hellos > budget+flawBudget {
		t.Errorf("%s %s for %d hellos; %s", got.Outcome, got.Reason, hellos, second.Fact)
	}
}
