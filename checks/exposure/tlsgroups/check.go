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
	ID: "exposure.tls-groups", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-TLS-07"},
	Reads:      []string{fact.TLSGroups},
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
	var faults []scanner.Verdict
	for _, g := range finites(t) {
		if v, found := finiteFault(c.Params, g); found {
			faults = append(faults, v)
		}
	}
	switch {
	case len(weak.Accepted) > 0 || slices.ContainsFunc(t.Groups, refused):
		faults = append(faults, scanner.Failed("weak-group", values))
	case slices.ContainsFunc(t.Groups, short):
		faults = append(faults, scanner.FailedAs(scanner.Low, "short-group", values))
	case slices.ContainsFunc(t.Groups, alone):
		faults = append(faults, scanner.FailedAs(scanner.Low, "not-hybrid", values))
	}
	switch {
	case len(faults) > 0:
		return scanner.Worst(faults)
	case len(weak.Unknown)+len(finite.Unknown) > 0 || len(finite.Accepted) > 0 && t.DH == nil:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("strong", values)
}

// finites are the finite-field groups that a server sent.
func finites(t fact.TLS) []fact.DHGroup {
	if t.DH == nil {
		return t.DHOthers
	}
	return append([]fact.DHGroup{*t.DH}, t.DHOthers...)
}

// finiteFault is the gravest fault of one of them. Where the modulus is no safe prime,
// nobody but the server knows how large the group is that its keys are in: ANSSI
// PG-083 asks for 250 bits at least (RègleLogDiscretGFp), RFC 8247 section 2.4 drops
// such groups.
func finiteFault(p Params, g fact.DHGroup) (scanner.Verdict, bool) {
	switch {
	case g.Modulus == fact.NoPrime:
		return scanner.Failed("no-prime", bits(g)), true
	case g.Trivial:
		return scanner.Failed("trivial-generator", bits(g)), true
	case g.Bits < p.BitsMin:
		return scanner.Failed("weak-dh", bits(g)), true
	case g.Modulus == fact.UnsafePrime:
		return scanner.FailedAs(scanner.Medium, "unsafe-prime", bits(g)), true
	case g.Bits < p.BitsGood:
		return scanner.FailedAs(scanner.Low, "short-dh", bits(g)), true
	}
	return scanner.Verdict{}, false
}

// refused tells whether a named group is none of those that ANSSI (R7; PG-083,
// RègleCourbeElliptiqueGFp, which P-224 fails), NCSC-NL and the note on post-quantum
// groups (FT-115) accept.
func refused(group string) bool {
	name := strings.ToLower(group)
	accepted := []string{"secp256r1", "secp384r1", "secp521r1", "x25519", "x448", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"}
	return !slices.Contains(accepted, name) && !strings.HasPrefix(name, "brainpoolp") && !strings.Contains(name, "mlkem")
}

// short are the groups that are tolerated for now.
func short(group string) bool { return strings.EqualFold(group, "ffdhe2048") }

// alone are the post-quantum groups that no curve backs (ANSSI PG-083,
// RèglePQSécuAsym).
func alone(group string) bool { return strings.HasPrefix(strings.ToLower(group), "mlkem") }

func bits(g fact.DHGroup) scanner.Values {
	return scanner.Values{
		"bits":     strconv.Itoa(g.Bits),
		"known_fr": cmp.Or(g.Known, "d'aucune norme connue"),
		"known_en": cmp.Or(g.Known, "of no known standard"),
	}
}

func hybrid(t fact.TLS) string {
	for _, group := range t.Groups {
		if strings.Contains(strings.ToLower(group), "mlkem") {
			return group
		}
	}
	return "–"
}
