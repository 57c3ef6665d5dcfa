// SPDX-License-Identifier: Apache-2.0

// Package certificatekey checks that the key and the signatures of a certificate
// are strong.
package certificatekey

import (
	"strconv"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/signature"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.certificate-key", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-TLS-16"},
	Reads:      []string{fact.TLSCertificate},
	Judge:      scanner.Each(Params{RSAMin: 2048, RSAGood: 3072, CurveMin: 256, ExponentMin: 65537}, judge),
}

// Params are sizes in bits, and the least public exponent of RSA. Source: ANSSI
// SDE-NT-35 R26; RSAGood: ANSSI PG-083, for use beyond 2030.
type Params struct {
	RSAMin  int `json:"rsa_min"`
	RSAGood int `json:"rsa_good"`
	// RSAShort is the severity of a key between the two; empty when the guide
	// accepts it for now, as ANSSI does; NCSC-NL 2025-05 phases it out.
	RSAShort    scanner.Severity `json:"rsa_short"`
	CurveMin    int              `json:"curve_min"`
	ExponentMin int              `json:"exponent_min"`
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Certificate(t); settled {
		return v
	}
	faults, doubts := keys(c.Params, t)
	faults = append(faults, signatures(t)...)
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	if len(doubts) > 0 {
		return doubts[0]
	}
	if v, found := doubtfulSignature(t); found {
		return v
	}
	values := scanner.Values{"key": t.Chain[0].Key}
	if kind, bits := size(t.Chain[0].Key); kind == "RSA" && bits < c.Params.RSAGood {
		return passing(c.Params, values)
	}
	return scanner.Passed("strong", values)
}

// leaves are the certificates of the service itself, one for each type of key.
func leaves(t fact.TLS) []fact.Certificate {
	return append([]fact.Certificate{t.Chain[0]}, t.Alternates...)
}

// keys judges that of each leaf.
func keys(p Params, t fact.TLS) (faults, doubts []scanner.Verdict) {
	for _, leaf := range leaves(t) {
		found := key(p, leaf)
		for _, v := range found {
			if v.Outcome == scanner.Fail {
				faults = append(faults, v)
			} else {
				doubts = append(doubts, v)
			}
		}
	}
	return faults, doubts
}

// signatures lists those of the whole chain that can be forged, or are short.
func signatures(t fact.TLS) (faults []scanner.Verdict) {
	for _, cert := range append(leaves(t), t.Chain[1:]...) {
		if signature.Forgeable(cert) {
			faults = append(faults, scanner.Failed("weak-signature", scanner.Values{"signature": cert.Signature, "subject": cert.Subject}))
		}
		if signature.Short(cert) {
			faults = append(faults, scanner.FailedAs(scanner.Low, "short-signature", scanner.Values{"signature": cert.Signature, "subject": cert.Subject}))
		}
	}
	return faults
}

// doubtfulSignature is one that has a number in place of a name.
func doubtfulSignature(t fact.TLS) (scanner.Verdict, bool) {
	_, err := strconv.Atoi(t.Chain[0].Signature)
	return scanner.Unknown("signature-unknown", nil), err == nil
}

// passing judges a key that is good enough for now.
func passing(p Params, values scanner.Values) scanner.Verdict {
	if p.RSAShort != "" {
		return scanner.FailedAs(p.RSAShort, "phased-out", values)
	}
	return scanner.Passed("until-2030", values)
}

// key judges the size of a key, then what else is wrong with it.
func key(p Params, leaf fact.Certificate) []scanner.Verdict {
	kind, bits := size(leaf.Key)
	values := scanner.Values{"key": leaf.Key, "exponent": strconv.Itoa(leaf.Exponent)}
	var found []scanner.Verdict
	switch {
	case kind == "Ed25519" || kind == "Ed448":
		return nil
	case bits == 0 || kind != "RSA" && kind != "ECDSA" && kind != "DSA":
		return []scanner.Verdict{scanner.Unknown("key-unknown", values)}
	case kind != "ECDSA" && bits < p.RSAMin, kind == "ECDSA" && bits < p.CurveMin:
		found = append(found, scanner.Failed("short-key", values))
	}
	if kind == "DSA" { // FIPS 186-5: it no longer signs
		found = append(found, scanner.Failed("abandoned-key", values))
	}
	if kind == "RSA" && leaf.Exponent != 0 && leaf.Exponent < p.ExponentMin {
		found = append(found, scanner.Failed("small-exponent", values))
	}
	return found
}

// size reads "RSA 2048", "ECDSA P-256" or "ECDSA brainpoolP256r1".
func size(text string) (kind string, bits int) {
	kind, rest, _ := strings.Cut(text, " ")
	digits := strings.FieldsFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) > 0 {
		// A number that does not fit stays zero: unknown.
		bits, _ = strconv.Atoi(digits[0])
	}
	return kind, bits
}
