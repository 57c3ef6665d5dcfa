// SPDX-License-Identifier: Apache-2.0

// Package securitytxt checks that a site says where to report a vulnerability.
package securitytxt

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.security-txt", Revision: 5, Severity: scanner.Low,
	References: []string{"EXP-HTTP-10"},
	Reads:      []string{fact.WebSecurityTxt},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(c scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	txt := w.SecurityTxt
	if v, unread := contact.Unread(txt.Cause); unread {
		return v
	}
	if v, settled := contact.Settled(txt.Reach); settled {
		return v
	}
	switch {
	case site.APIOnly(w):
		return scanner.Exempt("api-only", nil)
	case txt.Status == 404 || txt.Status == 410:
		return scanner.Failed("absent", nil)
	case txt.Status != 200:
		if v, told := site.Told(txt.Status); told {
			return v
		}
		return scanner.Unknown("undecided", scanner.Values{"status": strconv.Itoa(txt.Status)})
	case slices.Contains(txt.Faults, fact.TxtPage):
		return scanner.Failed("page-instead", nil)
	}
	return judgeFile(c.At, txt)
}

// judgeFile wants what makes the file of use first, its contacts and its end, and
// then its form (RFC 9116).
func judgeFile(at time.Time, txt fact.SecurityTxt) scanner.Verdict {
	// RFC 3339 section 5.6: t and z may be lower case.
	text := strings.ToUpper(txt.Expires)
	values := scanner.Values{"expires": text}
	expires, err := time.Parse(time.RFC3339, text)
	has := func(f fact.SecurityTxtFault) bool { return slices.Contains(txt.Faults, f) }
	var faults []scanner.Verdict
	if txt.Contacts == 0 {
		// RFC 9116 section 2.5.3: Contact is always there. In facts of before the
		// faults were noted, a page in place of the file ends here too.
		faults = append(faults, scanner.Failed("no-contact", nil))
	}
	if has(fact.TxtContactNoURI) {
		faults = append(faults, scanner.Failed("contact-not-an-address", nil))
	}
	if has(fact.TxtContactClear) {
		faults = append(faults, scanner.Failed("contact-in-clear", nil))
	}
	switch {
	case text == "":
		faults = append(faults, scanner.Failed("no-expiry", nil))
	case has(fact.TxtExpiresTwice):
		faults = append(faults, scanner.Failed("several-expiries", nil))
	case err != nil || !dateTime.MatchString(text):
		faults = append(faults, scanner.Failed("unreadable-expiry", scanner.Values{"expires": txt.Expires}))
	case at.After(expires):
		faults = append(faults, scanner.Failed("expired", values))
	}
	faults = append(faults, form(txt)...)
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case txt.Signed:
		return scanner.Passed("valid-signed", values)
	}
	return scanner.Passed("valid", values)
}

// dateTime is the form of RFC 3339 section 5.6; the library takes a few others.
var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// form obeys section 2.5.2, a file found where it does not say it is must not
// be trusted, section 3, its type is text/plain in UTF-8, sections 2.5.1 to 2.5.7,
// its web addresses are in https, and section 2.5.8.
func form(txt fact.SecurityTxt) (faults []scanner.Verdict) {
	if txt.Elsewhere {
		faults = append(faults, scanner.Failed("elsewhere", nil))
	}
	switch {
	case slices.Contains(txt.Faults, fact.TxtMediaType) && txt.MediaType == "":
		faults = append(faults, scanner.Failed("no-type", nil))
	case slices.Contains(txt.Faults, fact.TxtMediaType):
		faults = append(faults, scanner.Failed("wrong-type", scanner.Values{"type": txt.MediaType}))
	}
	if slices.Contains(txt.Faults, fact.TxtFieldClear) {
		faults = append(faults, scanner.Failed("field-in-clear", nil))
	}
	if slices.Contains(txt.Faults, fact.TxtLanguageTwice) {
		faults = append(faults, scanner.Failed("several-languages", nil))
	}
	return faults
}
