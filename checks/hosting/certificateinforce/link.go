// SPDX-License-Identifier: Apache-2.0

package certificateinforce

import (
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// judgeLink judges the certificate of one provider at the moment of the look.
func judgeLink(c scanner.Case[Params], link fact.HostLink) []scanner.Verdict {
	certificate := link.Certificate
	if certificate == nil {
		return []scanner.Verdict{scanner.Failed("missing", scanner.Values{"provider": link.Provider})}
	}
	values := func() scanner.Values {
		return scanner.Values{
			"provider": link.Provider, "number": certificate.Number, "version": certificate.Version,
			"expires": certificate.Expires.Format(time.DateOnly), "issued": certificate.Issued.Format(time.DateOnly),
		}
	}
	var verdicts []scanner.Verdict
	switch {
	case certificate.Expires.IsZero():
		verdicts = append(verdicts, scanner.Unknown("undated", values()))
	case !c.At.Before(dayAfter(certificate.Expires)):
		verdicts = append(verdicts, scanner.Failed("expired", values()))
	}
	if c.At.Before(certificate.Issued) {
		verdicts = append(verdicts, scanner.Failed("not-yet", values()))
	}
	switch {
	case certificate.Version == "":
		verdicts = append(verdicts, scanner.Unknown("no-version", values()))
	case !secondVersion(certificate.Version) && !c.At.Before(dayAfter(c.Params.FirstVersionUntil)):
		verdicts = append(verdicts, scanner.Failed("old-version", values()))
	}
	if len(verdicts) == 0 {
		verdicts = append(verdicts, scanner.Passed("in-force", values()))
	}
	return verdicts
}

// dayAfter is the first moment when a date is over: certificates hold until
// the end of their last day.
func dayAfter(date time.Time) time.Time { return date.AddDate(0, 0, 1) }

func secondVersion(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	return major == "2"
}
