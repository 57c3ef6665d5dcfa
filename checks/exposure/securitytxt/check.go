// SPDX-License-Identifier: Apache-2.0

// Package securitytxt checks that a site says where to report a vulnerability.
package securitytxt

import (
	"strconv"
	"time"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.security-txt", Revision: 2, Severity: scanner.Low,
	References: []string{"EXP-HTTP-10"},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(c scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	txt := w.SecurityTxt
	if v, settled := contact.Settled(txt.Reach); settled {
		return v
	}
	switch {
	case site.APIOnly(w):
		return scanner.Exempt("api-only", nil)
	case txt.Status == 404 || txt.Status == 410:
		return scanner.Failed("absent", nil)
	case txt.Status < 200 || txt.Status > 299:
		return scanner.Unknown("undecided", scanner.Values{"status": strconv.Itoa(txt.Status)})
	case txt.Contacts == 0:
		// RFC 9116 section 2.5.3: Contact is always there. A home page served
		// in place of the file ends here too.
		return scanner.Failed("no-contact", nil)
	}
	return judgeFile(c.At, txt)
}

// judgeFile obeys RFC 9116 section 2.5.5, Expires is always there, and section
// 2.5.2: a file found where it does not say it is must not be trusted.
func judgeFile(at time.Time, txt fact.SecurityTxt) scanner.Verdict {
	text := txt.Expires
	values := scanner.Values{"expires": text}
	expires, err := time.Parse(time.RFC3339, text)
	switch {
	case text == "":
		return scanner.Failed("no-expiry", nil)
	case err != nil:
		return scanner.Failed("unreadable-expiry", values)
	case at.After(expires):
		return scanner.Failed("expired", values)
	case txt.Elsewhere:
		return scanner.Failed("elsewhere", nil)
	case txt.Signed:
		return scanner.Passed("valid-signed", values)
	}
	return scanner.Passed("valid", values)
}
