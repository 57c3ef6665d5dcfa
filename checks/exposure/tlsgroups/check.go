// SPDX-License-Identifier: Apache-2.0

// Package tlsgroups checks that keys are exchanged in strong groups.
package tlsgroups

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/offered"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-groups", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-TLS-07"},
	Reads:      []string{fact.TLSVersions, fact.TLSSuites},
	Judge:      scanner.Each(Params{BitsMin: 2048, BitsGood: 3072}, judge),
}

// Params are sizes of finite-field Diffie-Hellman groups, in bits.
type Params struct {
	// BitsMin is the least accepted. Source: ANSSI SDE-NT-35 R7-.
	BitsMin int `json:"bits_min"`
	// BitsGood is the least without remark. Source: ANSSI PG-083, beyond 2030.
	BitsGood int `json:"bits_good"`
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	weak, finite := offered.To(t, fact.OfferWeakGroups), offered.To(t, fact.OfferDHE)
	values := scanner.Values{"groups": strings.Join(t.Groups, ", "), "hybrid": hybrid(t)}
	switch {
	case t.DH != nil && t.DH.Bits < c.Params.BitsMin:
		return scanner.Failed("weak-dh", bits(*t.DH))
	case len(weak.Accepted) > 0 || slices.ContainsFunc(t.Groups, refused):
		return scanner.Failed("weak-group", values)
	case t.DH != nil && t.DH.Bits < c.Params.BitsGood:
		return scanner.FailedAs(scanner.Low, "short-dh", bits(*t.DH))
	case slices.ContainsFunc(t.Groups, short):
		return scanner.FailedAs(scanner.Low, "short-group", values)
	case len(weak.Unknown)+len(finite.Unknown) > 0 || len(finite.Accepted) > 0 && t.DH == nil:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("strong", values)
}

// refused tells whether a named group is none of those that ANSSI (R7), NCSC-NL
// and the note on post-quantum groups (FT-115) accept.
func refused(group string) bool {
	if short(group) {
		return false
	}
	name := strings.ToLower(group)
	accepted := []string{"secp256r1", "secp384r1", "secp521r1", "x25519", "x448", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"}
	return !slices.Contains(accepted, name) && !strings.HasPrefix(name, "brainpoolp") && !strings.Contains(name, "mlkem")
}

// short are the groups that are tolerated for now.
func short(group string) bool {
	return slices.Contains([]string{"secp224r1", "ffdhe2048"}, strings.ToLower(group))
}

func bits(g fact.DHGroup) scanner.Values {
	return scanner.Values{"bits": strconv.Itoa(g.Bits), "known": cmp.Or(g.Known, "–")}
}

func hybrid(t fact.TLS) string {
	for _, group := range t.Groups {
		if strings.Contains(strings.ToLower(group), "mlkem") {
			return group
		}
	}
	return "–"
}
