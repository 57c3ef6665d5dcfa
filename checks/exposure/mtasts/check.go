// SPDX-License-Identifier: Apache-2.0

// Package mtasts checks that a domain has its incoming mail encrypted by those
// who send it (MTA-STS).
package mtasts

import (
	"strconv"
	"time"

	"carescan/checks/internal/mailpolicy"
	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params bound the life of a policy.
type Params struct {
	// LeastAge is the shortest life of a policy, in seconds: an attacker need only
	// wait for its end (RFC 8461 section 3.2, EXP-MAIL-16).
	LeastAge int `json:"least_age"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.mta-sts", Revision: 5, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-16"},
	Confirm:    scanner.ConfirmLater,
	Reads:      []string{fact.MailUse, fact.MailSTS, fact.MailSTSPolicy, fact.MailTargets},
	Judge:      scanner.Each(Params{LeastAge: 86_400}, judge),
}

func judge(c scanner.Case[Params], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	record := f.MTASTS.Record
	switch {
	case record.Answer != fact.Present && !record.Answer.Absent():
		return mailpolicy.Unanswered("record-unknown", nil, record.Cause)
	case record.Count == 0:
		return scanner.FailedAs(scanner.Low, "absent", nil)
	case record.Count > 1: // RFC 8461 section 3.1
		return scanner.Failed("several", scanner.Values{"count": strconv.Itoa(record.Count)})
	case !record.Valid:
		return scanner.Failed("record-malformed", nil)
	case f.MTASTS.Policy == nil:
		return mailpolicy.Unanswered("policy-unknown", nil)
	}
	v := judgeFetch(c.Params, f.Name, *f.MTASTS.Policy)
	if v.Outcome == scanner.Pass && f.MX.More > 0 {
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(f.MX.More)})
	}
	return v
}

// judgeFetch tells a policy that cannot be read by anybody from one that we could
// not read.
func judgeFetch(p Params, name string, policy fact.MTASTSPolicy) scanner.Verdict {
	values := scanner.Values{"host": "mta-sts." + name, "status": strconv.Itoa(policy.Status)}
	switch policy.Fetch {
	case fact.PolicyRead:
		return judgePolicy(p, policy)
	case fact.PolicyCertificate:
		return scanner.Failed("certificate", values)
	case fact.PolicyRedirect:
		return scanner.Failed("redirect", values)
	case fact.PolicyMalformed, fact.PolicyTooLong:
		return scanner.Failed("policy-malformed", values)
	case fact.PolicyClosed, fact.PolicyNoAddress, fact.PolicyNotHTTPS:
		return scanner.Failed("unreachable", values)
	case fact.PolicyStatus:
		return judgeStatus(policy.Status, values)
	case fact.PolicyNotAsked:
		return notAsked(values, policy.Cause)
	case fact.PolicyUnknown:
	}
	return mailpolicy.Unanswered("policy-unknown", nil, policy.Cause)
}

// notAsked says why the policy was not asked for: the scope, unless the fact tells
// another cause, which has its own remedy.
func notAsked(values scanner.Values, cause scanner.Cause) scanner.Verdict {
	host := values["host"]
	var doubt named.Doubts
	doubt.Add(host, cause, scanner.CauseOutOfScope)
	v := doubt.Verdict("not-asked", scanner.CauseOutOfScope)
	v.Values["host"] = host
	return v
}

// judgeStatus leaves aside the answers that may be meant for us alone, or for a
// moment: a filter, a rate limit, a pause.
func judgeStatus(status int, values scanner.Values) scanner.Verdict {
	switch status {
	case 401, 403, 408, 429, 502, 503, 504:
		return scanner.Unknown("turned-away", values)
	}
	return scanner.Failed("status", values)
}

func judgePolicy(p Params, policy fact.MTASTSPolicy) scanner.Verdict {
	age := int(policy.MaxAge / time.Second)
	values := scanner.Values{"mode": policy.Mode, "seconds": strconv.Itoa(age)}
	// A policy that is off is not applied: what else it says hurts nobody.
	if policy.Mode != "enforce" && policy.Mode != "testing" {
		return scanner.FailedAs(scanner.Low, "off", values)
	}
	faults := policyFaults(p, policy, values)
	if policy.Mode == "testing" {
		// Nor does it yet when it is tested only, but it will once applied.
		for i := range faults {
			faults[i].Severity = scanner.Low
		}
		faults = append([]scanner.Verdict{scanner.FailedAs(scanner.Low, "testing", values)}, faults...)
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	return scanner.Passed("enforced", values)
}

func policyFaults(p Params, policy fact.MTASTSPolicy, values scanner.Values) (faults []scanner.Verdict) {
	for _, host := range policy.Uncovered {
		faults = append(faults, scanner.Failed("uncovered", scanner.Values{"host": host}))
	}
	switch policy.MediaType {
	case "text/plain": // RFC 8461 section 3.2; senders check it (3.3)
	case "":
		faults = append(faults, scanner.Failed("no-type", nil))
	default:
		faults = append(faults, scanner.Failed("wrong-type", scanner.Values{"type": policy.MediaType}))
	}
	if policy.MaxAge < time.Duration(p.LeastAge)*time.Second {
		faults = append(faults, scanner.FailedAs(scanner.Low, "short-age", values))
	}
	return faults
}
