// SPDX-License-Identifier: Apache-2.0

// Package ssh checks that SSH is closed, or meant to be open, with keys only
// and modern algorithms.
package ssh

import (
	"slices"
	"strings"

	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.ssh", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-SVC-04"},
	Judge:      scanner.Each(Params{MinRSABits: 2048}, judge),
}

// Params are the limits of the judgement.
type Params struct {
	// MinRSABits is the least size of an RSA host key. In bits. Source: EXP-SVC-04.
	MinRSABits int `json:"min_rsa_bits"`
}

func judge(c scanner.Case[Params], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	look := exposed.Of(s, fact.GroupSSH)
	var faults []scanner.Verdict
	for _, r := range rules(c.Params) {
		if at := exposed.Where(look.Identified, r.applies); len(at) > 0 {
			faults = append(faults, scanner.FailedAs(r.severity, r.reason, values(at, c.Params)))
		}
	}
	if v, found := look.Faults(scanner.Low, faults); found {
		return v
	}
	if at := exposed.Where(look.Identified, unread); len(at) > 0 {
		return scanner.Unknown("unread", values(at, c.Params))
	}
	if len(look.Identified) > 0 && len(look.Unnamed)+len(look.Unasked) == 0 {
		return scanner.Passed("keys-only", exposed.Values(look.Identified))
	}
	return look.Rest(scanner.Low)
}

// values names the ports and what is weak about them.
func values(ports []fact.Port, p Params) scanner.Values {
	v := exposed.Values(ports)
	var faults []string
	for _, port := range ports {
		for _, f := range weaknesses(port, p) {
			if !slices.Contains(faults, f) {
				faults = append(faults, f)
			}
		}
	}
	v["faults"], v["known"] = strings.Join(faults, ", "), known(ports[0])
	return v
}
