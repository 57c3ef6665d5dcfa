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
	for _, look := range []func(Params, fact.TLS) (scanner.Verdict, bool){badKey, badSignature, doubtfulKey, doubtfulSignature} {
		if v, found := look(c.Params, t); found {
			return v
		}
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

func badKey(p Params, t fact.TLS) (scanner.Verdict, bool) { return keyOf(p, t, scanner.Fail) }

func doubtfulKey(p Params, t fact.TLS) (scanner.Verdict, bool) {
	return keyOf(p, t, scanner.Inconclusive)
}

func keyOf(p Params, t fact.TLS, outcome scanner.Outcome) (scanner.Verdict, bool) {
	for _, leaf := range leaves(t) {
		if v, found := key(p, leaf); found && v.Outcome == outcome {
			return v, true
		}
	}
	return scanner.Verdict{}, false
}

// badSignature leaves aside those that vouch for themselves: nobody relies on them.
func badSignature(_ Params, t fact.TLS) (scanner.Verdict, bool) {
	for _, cert := range append(leaves(t), t.Chain[1:]...) {
		if signature.Forgeable(cert) {
			return scanner.Failed("weak-signature", scanner.Values{"signature": cert.Signature, "subject": cert.Subject}), true
		}
	}
	return scanner.Verdict{}, false
}

// doubtfulSignature is one that has a number in place of a name.
func doubtfulSignature(_ Params, t fact.TLS) (scanner.Verdict, bool) {
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

func key(p Params, leaf fact.Certificate) (scanner.Verdict, bool) {
	kind, bits := size(leaf.Key)
	values := scanner.Values{"key": leaf.Key, "exponent": strconv.Itoa(leaf.Exponent)}
	switch {
	case kind == "Ed25519" || kind == "Ed448":
		return scanner.Verdict{}, false
	case kind == "DSA" && bits >= p.RSAMin:
		return scanner.Failed("abandoned-key", values), true // FIPS 186-5: DSA no longer signs
	case bits == 0 || kind != "RSA" && kind != "ECDSA" && kind != "DSA":
		return scanner.Unknown("key-unknown", values), true
	case kind != "ECDSA" && bits < p.RSAMin, kind == "ECDSA" && bits < p.CurveMin:
		return scanner.Failed("short-key", values), true
	case kind == "RSA" && leaf.Exponent != 0 && leaf.Exponent < p.ExponentMin:
		return scanner.Failed("small-exponent", values), true
	}
	return scanner.Verdict{}, false
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
