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
	ID: "exposure.tls-groups", Revision: 3, Severity: scanner.High,
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
	var faults []scanner.Verdict
	for _, g := range finites(t) {
		faults = append(faults, finiteFaults(c.Params, g)...)
	}
	if found := those(t, refused); len(found) > 0 {
		faults = append(faults, scanner.Failed("weak-group", named(t, found)))
	} else if len(weak.Accepted) > 0 { // which one is not known
		faults = append(faults, scanner.Failed("weak-group", named(t, t.Groups)))
	}
	// What the finite-field exchange shows of the same group is told already.
	same := func(g fact.DHGroup) bool { return strings.Contains(strings.ToLower(g.Known), "ffdhe2048") }
	if found := those(t, short); len(found) > 0 && !slices.ContainsFunc(finites(t), same) {
		faults = append(faults, scanner.FailedAs(scanner.Low, "short-group", named(t, found)))
	}
	if found := those(t, alone); len(found) > 0 {
		faults = append(faults, scanner.FailedAs(scanner.Low, "not-hybrid", named(t, found)))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(weak.Unknown)+len(finite.Unknown) > 0 || len(finite.Accepted) > 0 && t.DH == nil:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("strong", named(t, t.Groups))
}

// those are the named groups of which something is true.
func those(t fact.TLS, is func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(t.Groups), func(group string) bool { return !is(group) })
}

func named(t fact.TLS, groups []string) scanner.Values {
	return scanner.Values{"groups": strings.Join(groups, ", "), "hybrid": hybrid(t)}
}

// finites are the finite-field groups that a server sent.
func finites(t fact.TLS) []fact.DHGroup {
	if t.DH == nil {
		return t.DHOthers
	}
	return append([]fact.DHGroup{*t.DH}, t.DHOthers...)
}

// finiteFaults are the faults of one of them: of its modulus, of its generator and of
// its size. Where the modulus is no safe prime, nobody but the server knows how large
// the group is that its keys are in: ANSSI PG-083 asks for 250 bits at least
// (RègleLogDiscretGFp), RFC 8247 section 2.4 drops such groups.
func finiteFaults(p Params, g fact.DHGroup) (faults []scanner.Verdict) {
	switch g.Modulus {
	case fact.NoPrime:
		faults = append(faults, scanner.Failed("no-prime", bits(g)))
	case fact.UnsafePrime:
		faults = append(faults, scanner.FailedAs(scanner.Medium, "unsafe-prime", bits(g)))
	case fact.SafePrime:
	}
	if g.Trivial {
		faults = append(faults, scanner.Failed("trivial-generator", bits(g)))
	}
	switch {
	case g.Bits < p.BitsMin:
		faults = append(faults, scanner.Failed("weak-dh", bits(g)))
	case g.Bits < p.BitsGood:
		faults = append(faults, scanner.FailedAs(scanner.Low, "short-dh", bits(g)))
	}
	return faults
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
