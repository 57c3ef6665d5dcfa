// SPDX-License-Identifier: Apache-2.0

// Package attested finds the statement that counts among those of an
// establishment.
package attested

import (
	"strconv"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Values are what messages say of a statement: with which strength, and by whom.
func Values(a fact.Attestation) scanner.Values {
	strength := scanner.Declared
	if backed(a) {
		strength = scanner.Attested
	}
	stated := strength.Label()
	return scanner.Values{
		"date": a.Date.Format(time.DateOnly), "role": a.Role, "reference": a.Reference,
		"stated": string(strength), "stated_fr": stated.FR, "stated_en": stated.EN,
	}
}

// By is a verdict drawn from one statement, as strong as that is.
func By(a fact.Attestation, v scanner.Verdict) scanner.Verdict {
	v.Backed = backed(a)
	return v
}

// backed tells whether the statement comes with a document that was read: its
// digest is the proof of that.
func backed(a fact.Attestation) bool { return a.Document != "" }

// Latest returns the newest statement on a topic about an event that has taken
// place at a moment. Without one, the verdict says why, and ok is false: a statement
// whose document could not be read is none.
func Latest(f fact.Attestations, topic string, at time.Time) (latest fact.Attestation, v scanner.Verdict, ok bool) {
	v = scanner.Unknown("none-stated", nil)
	for _, a := range f.Items {
		switch {
		case a.Topic != topic || a.Date.IsZero():
		case a.Date.After(at):
			v = scanner.Unknown("planned", scanner.Values{"date": a.Date.Format(time.DateOnly)})
		case a.Date.After(latest.Date):
			latest, ok = a, true
		}
	}
	if unread, doubt := Unread(f, topic, at, time.Time{}); !ok && doubt {
		v = unread
	}
	return latest, v, ok
}

// Unread is the doubt that the newest statement which could not be read, or whose
// document could not, leaves on a topic, when it is about an event after another
// one. A statement without a date that can be read may be about any event, and one
// without such a topic about any topic.
func Unread(f fact.Attestations, topic string, at, after time.Time) (v scanner.Verdict, doubt bool) {
	for _, a := range f.Unread {
		undated := a.Date.IsZero()
		switch {
		case a.Topic != topic && a.Topic != "", a.Date.After(at), !undated && !a.Date.After(after), undated && doubt:
			continue
		}
		v, doubt = unread(a), true
		if !undated {
			after = a.Date
		}
	}
	return v, doubt
}

func unread(a fact.UnreadAttestation) scanner.Verdict {
	words := a.Causes.Text()
	values := scanner.Values{
		"date": a.Date.Format(time.DateOnly), "line": strconv.Itoa(a.Line),
		"problem": a.Causes.Codes(), "problem_fr": words.FR, "problem_en": words.EN,
	}
	if a.Date.IsZero() {
		delete(values, "date")
	}
	if a.Malformed {
		return scanner.Unknown("statement-unread", values)
	}
	return scanner.Unknown("document-unread", values)
}
