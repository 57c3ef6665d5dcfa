// SPDX-License-Identifier: Apache-2.0

// Package pssiapproval checks that the information security policy was approved
// and is not forgotten since.
package pssiapproval

import (
	"strconv"

	"carescan/checks/internal/attested"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params bound the age of the approval.
type Params struct {
	// MaxAgeMonths is in months. Source: rule of the project, near to what
	// D2.P1 asked of candidates (revised since 16 July 2022 for applications
	// opened in September 2025).
	MaxAgeMonths int `json:"max_age_months"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "governance.pssi-approval", Revision: 2, Severity: scanner.Medium,
	References: []string{"D2.P1", "ReCyF-2.B.3"},
	Judge:      scanner.Each(Params{MaxAgeMonths: 36}, judge),
}

func judge(c scanner.Case[Params], f fact.Attestations) scanner.Verdict {
	approval, v, ok := attested.Latest(f, "pssi-approval", c.At)
	if !ok {
		return v
	}
	values := attested.Values(approval)
	values["months"] = strconv.Itoa(c.Params.MaxAgeMonths)
	if !c.At.Before(approval.Date.AddDate(0, c.Params.MaxAgeMonths, 1)) {
		if v, doubt := attested.Unread(f, "pssi-approval", c.At, approval.Date); doubt {
			return v
		}
		return attested.By(approval, scanner.Failed("too-old", values))
	}
	return attested.By(approval, scanner.Passed("approved", values))
}
