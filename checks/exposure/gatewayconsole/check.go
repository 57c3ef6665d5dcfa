// SPDX-License-Identifier: Apache-2.0

// Package gatewayconsole checks that the administration of firewalls,
// VPN, load balancers and switches does not answer from the internet.
package gatewayconsole

import (
	"slices"

	"carescan/checks/internal/templates"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.gateway-console", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-SVC-08"},
	Judge:      scanner.Each(struct{}{}, judge),
}

var grade = templates.Graded(fact.GroupGatewayConsole,
	templates.Grade{Severity: scanner.Critical, Reason: "exploited"},
	templates.Grade{Severity: scanner.High, Reason: "exposed"},
)

// judge takes a product named by the list of exploited vulnerabilities (KEV)
// for critical (EXP-SVC-08).
func judge(c scanner.Case[struct{}], f fact.Templates) scanner.Verdict {
	f.Ran = slices.Clone(f.Ran)
	for i, r := range f.Ran {
		if r.KEV {
			f.Ran[i].Severity = string(scanner.Critical)
		}
	}
	return grade(c, f)
}
