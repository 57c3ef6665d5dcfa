// SPDX-License-Identifier: Apache-2.0

// Package dnssecalgorithms checks that a zone is signed with algorithms, keys
// and proofs of absence that are still recommended.
package dnssecalgorithms

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/signed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the limits of EXP-DNS-11.
type Params struct {
	// MinRSABits is the size of a modulus from which it is enough.
	MinRSABits int `json:"min_rsa_bits"`
	// MaxIterations is beyond which the iterations of NSEC3 are a failure of the
	// full severity; none are recommended (RFC 9276 section 3.1).
	MaxIterations int `json:"max_iterations"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dnssec-algorithms", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-DNS-11"},
	Reads:      []string{fact.DNSSECKeys, fact.DNSSECSets},
	Judge:      scanner.Each(Params{MinRSABits: 2048, MaxIterations: 100}, judge),
}

// The algorithms by number (RFC 9904, RFC 9905).
func forbidden() []int   { return []int{1, 3, 5, 6, 7, 12} } // MD5, DSA, SHA-1, GOST
func ageing() []int      { return []int{10} }                // RSA with SHA-512
func recommended() []int { return []int{8, 13, 14, 15, 16} }

// The digest types of DS records that no longer protect: SHA-1 and GOST.
func weakDigests() []int   { return []int{1, 3} }
func strongDigests() []int { return []int{2, 4} } // SHA-256, SHA-384

// zone is what a domain is signed with.
type zone struct {
	algorithms, digests []int
	bits                int // of the smallest RSA key, zero when there is none
	keys                bool
	denials             []fact.Denial
}

func judge(c scanner.Case[Params], f fact.DNSSEC) scanner.Verdict {
	z := gather(f)
	// A zone of algorithms that nobody verifies any more is insecure for
	// validators, and is at fault here.
	if v, settled := signed.Settled(f); settled && (f.Reason != fact.UnsupportedAlgorithm || len(z.digests) == 0) {
		return v
	}
	failures := broken(c.Params, z)
	if v, found := doubtful(z); found && len(failures) == 0 {
		return v
	}
	if failures = append(failures, weak(c.Params, z)...); len(failures) > 0 {
		return scanner.Together(failures)
	}
	return scanner.Passed("recommended", z.describe())
}

func gather(f fact.DNSSEC) zone {
	var z zone
	for _, link := range f.Links {
		if link.Zone == f.Name {
			for _, ds := range link.DS {
				z.algorithms, z.digests = append(z.algorithms, ds.Algorithm), append(z.digests, ds.Digest)
			}
		}
	}
	for _, s := range f.Servers {
		for _, key := range s.Keys {
			z.addKey(key)
		}
		for _, set := range s.Sets {
			if set.Denial != nil {
				z.denials = append(z.denials, *set.Denial)
			}
		}
	}
	z.algorithms, z.digests = tidy(z.algorithms), tidy(z.digests)
	return z
}

func (z *zone) addKey(key fact.ZoneKey) {
	z.keys, z.algorithms = true, append(z.algorithms, key.Algorithm)
	if key.Bits > 0 && (z.bits == 0 || key.Bits < z.bits) {
		z.bits = key.Bits
	}
}

func tidy(numbers []int) []int {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// iterations is the most that any proof asked for, and salted tells whether one
// had a salt.
func (z zone) iterations() (most int, salted bool) {
	for _, d := range z.denials {
		most, salted = max(most, d.Iterations), salted || d.SaltBytes > 0
	}
	return most, salted
}

func broken(p Params, z zone) (faults []scanner.Verdict) {
	if overlap(z.algorithms, forbidden()) {
		values := z.describe()
		values["algorithms"] = list(common(z.algorithms, forbidden()))
		faults = append(faults, scanner.Failed("forbidden-algorithm", values))
	}
	if len(z.digests) > 0 && !slices.ContainsFunc(z.digests, func(d int) bool { return !slices.Contains(weakDigests(), d) }) {
		faults = append(faults, scanner.Failed("weak-digest", z.describe()))
	}
	if iterations, _ := z.iterations(); iterations > p.MaxIterations {
		faults = append(faults, scanner.Failed("many-iterations", z.describe()))
	}
	return faults
}

// doubtful comes before what is merely weak: the severity could be higher.
func doubtful(z zone) (scanner.Verdict, bool) {
	known := slices.Concat(recommended(), ageing())
	unknown := func(a int) bool { return !slices.Contains(known, a) }
	switch {
	case slices.ContainsFunc(z.algorithms, unknown), len(z.digests) > 0 && !overlap(z.digests, strongDigests()):
		return scanner.Unknown("unknown-algorithm", z.describe()), true
	case !z.keys:
		return scanner.Unknown("no-key", nil), true
	}
	return scanner.Unknown("denial-unknown", nil), len(z.denials) == 0
}

// weak leaves iterations to broken when they are beyond the limit: the remedy is the
// same, and so is the record.
func weak(p Params, z zone) (faults []scanner.Verdict) {
	if z.bits > 0 && z.bits < p.MinRSABits {
		faults = append(faults, scanner.FailedAs(scanner.Low, "short-key", z.describe()))
	}
	if overlap(z.algorithms, ageing()) {
		faults = append(faults, scanner.FailedAs(scanner.Low, "ageing-algorithm", z.describe()))
	}
	if iterations, salted := z.iterations(); iterations <= p.MaxIterations && (iterations > 0 || salted) {
		faults = append(faults, scanner.FailedAs(scanner.Low, "salted", z.describe()))
	}
	return faults
}

func overlap(a, b []int) bool { return len(common(a, b)) > 0 }

func common(a, b []int) []int {
	return slices.DeleteFunc(slices.Clone(a), func(n int) bool { return !slices.Contains(b, n) })
}

func list(numbers []int) string {
	var texts []string
	for _, n := range numbers {
		texts = append(texts, strconv.Itoa(n))
	}
	return strings.Join(texts, ", ")
}

func (z zone) describe() scanner.Values {
	iterations, _ := z.iterations()
	kinds := []string{}
	for _, d := range z.denials {
		if !slices.Contains(kinds, d.Kind) {
			kinds = append(kinds, d.Kind)
		}
	}
	return scanner.Values{
		"algorithms": list(z.algorithms), "digests": list(z.digests), "bits": strconv.Itoa(z.bits),
		"denial": strings.ToUpper(strings.Join(kinds, ", ")), "iterations": strconv.Itoa(iterations),
	}
}
