// SPDX-License-Identifier: Apache-2.0

package certificateinforce

import (
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// judgeLink judges the certificate of one provider at the moment of the look.
func judgeLink(c scanner.Case[Params], link fact.HostLink) scanner.Verdict {
	values := scanner.Values{"provider": link.Provider}
	certificate := link.Certificate
	if certificate == nil {
		return scanner.Failed("missing", values)
	}
	values["number"], values["version"] = certificate.Number, certificate.Version
	values["expires"] = certificate.Expires.Format(time.DateOnly)
	values["issued"] = certificate.Issued.Format(time.DateOnly)
	switch {
	case certificate.Expires.IsZero():
		return scanner.Unknown("undated", values)
	case !c.At.Before(dayAfter(certificate.Expires)):
		return scanner.Failed("expired", values)
	case c.At.Before(certificate.Issued):
		return scanner.Failed("not-yet", values)
	case certificate.Version == "":
		return scanner.Unknown("no-version", values)
	case !secondVersion(certificate.Version) && !c.At.Before(dayAfter(c.Params.FirstVersionUntil)):
		return scanner.Failed("old-version", values)
	}
	return scanner.Passed("in-force", values)
}

// dayAfter is the first moment when a date is over: certificates hold until
// the end of their last day.
func dayAfter(date time.Time) time.Time { return date.AddDate(0, 0, 1) }

func secondVersion(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	return major == "2"
}
