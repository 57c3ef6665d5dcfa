// SPDX-License-Identifier: Apache-2.0

// Package contact says what a check may conclude when a service did not speak
// the protocol expected of it.
package contact

import (
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a service that did not answer, and whether
// there is one. A proven absence leaves the check without object; a silence
// proves nothing (exposure-checks.md section 1.1).
func Settled(r fact.Reach) (scanner.Verdict, bool) {
	switch r {
	case fact.Answered:
		return scanner.Verdict{}, false
	case fact.Closed:
		return scanner.Exempt("closed", nil), true
	case fact.NoAddress:
		return Unaddressed(), true
	case fact.OtherTalk:
		return scanner.Exempt("other-talk", nil), true
	case fact.Unreached:
	}
	return scanner.Unknown("unreached", nil), true
}

// Unread returns the verdict on something that was asked for and answered otherwise
// than by an answer, in the words of its cause, and whether that is what happened: what
// was cut, or is out of form, was reached.
func Unread(c scanner.Cause) (scanner.Verdict, bool) {
	if !slices.Contains([]scanner.CauseCode{scanner.CauseReset, scanner.CauseBadAnswer, scanner.CauseTooLarge}, c.Code) {
		return scanner.Verdict{}, false
	}
	words := c.Text()
	v := scanner.Unknown("unread", scanner.Values{"why_fr": words.FR, "why_en": words.EN})
	v.Causes = scanner.Causes{c}
	return v, true
}

// Unaddressed is the verdict on a name that leads to no address.
func Unaddressed() scanner.Verdict { return scanner.Exempt("no-address", nil) }

// Certificate returns the verdict on a service whose certificate is not there to
// be judged, and whether there is one.
func Certificate(t fact.TLS) (scanner.Verdict, bool) {
	if v, settled := Settled(t.Reach); settled {
		return v, true
	}
	switch {
	case t.Garbled:
		return scanner.Unknown("garbled-certificate", nil), true
	case len(t.Chain) == 0:
		return scanner.Unknown("no-certificate", nil), true
	}
	return scanner.Verdict{}, false
}
