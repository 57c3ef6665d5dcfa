// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
)

// Finding is a verdict about one target by one revision of one check, with the
// observations it rests on. Title and message are sealed as they were that
// day, so that an old report never changes its mind.
type Finding struct {
	Fingerprint  string          `json:"fingerprint"`
	Check        string          `json:"check"`
	Revision     int             `json:"revision"`
	Target       Target          `json:"target"`
	Outcome      Outcome         `json:"outcome"`
	Strength     Strength        `json:"strength,omitempty"` // what the outcome stands on; none sealed before 1 December 2026
	Severity     Severity        `json:"severity"`
	Reason       string          `json:"reason"`
	Values       Values          `json:"values,omitempty"`
	Title        Text            `json:"title"`             // the good situation
	Headline     Text            `json:"headline,omitzero"` // what was found, of a failure only
	Message      Text            `json:"message"`
	Fix          Text            `json:"fix"`                  // how to correct a failure, or to reach a verdict; else empty
	Parameters   json.RawMessage `json:"parameters,omitempty"` // as applied
	Observations []string        `json:"observations"`
}

// Looked tells whether a finding says something of its target, and not only that nobody
// looked, that the look failed, or that it was made from the wrong place.
func (f Finding) Looked() bool {
	return f.Reason != reasonNoSource && f.Reason != reasonNotObserved && f.Reason != reasonWrongVantage
}

// Fingerprint identifies a finding across runs:
// SHA-256("fp1" ‖ len-prefixed(check) ‖ len-prefixed(asset key) ‖ …), lengths
// as four bytes, big endian, the result in hexadecimal (aggregator.md section 3).
func Fingerprint(check, assetKey string, discriminators ...string) string {
	h := sha256.New()
	h.Write([]byte("fp1"))
	for _, part := range append([]string{check, assetKey}, discriminators...) {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Evaluate judges one observation, beside the others of its run, among which a
// check that needs a reference finds it. It always returns a finding: what could
// not be seen or judged is inconclusive, with its reason. params nil means the
// check's defaults.
func (c Check) Evaluate(o Observation, params json.RawMessage, run ...Observation) Finding {
	return c.evaluate(&Facts{}, o, params, run)
}

func (c Check) evaluate(facts *Facts, o Observation, params json.RawMessage, run []Observation) Finding {
	if len(params) == 0 {
		params = c.Judge.Defaults
	}
	o = o.reading(c.Reads)
	v, read := c.verdict(facts, o, params, run)
	f := c.finding(o.Target, v)
	if f.Reason == reasonNotObserved || f.Reason == reasonPartial {
		f.Message, f.Fix = o.unseen(f.Reason)
	}
	f.Parameters = params
	f.Strength = v.Outcome.StandsOn(v.Backed, read...)
	for _, o := range read {
		f.Observations = append(f.Observations, o.ID)
	}
	return f
}

// Unobserved is the finding of a check that had nothing at all to judge.
func (c Check) Unobserved(t Target) Finding {
	return c.finding(t, Unknown(reasonNoSource, valuesOfSource(c.Judge.Fact)))
}

// verdict judges, and lists the observations that were read for it.
func (c Check) verdict(facts *Facts, o Observation, params json.RawMessage, run []Observation) (v Verdict, read []Observation) {
	defer func() {
		// A bug in one check must cost that check only.
		if crash := recover(); crash != nil {
			v = Unknown(reasonCheckError, Values{"error": fmt.Sprint(crash)})
		}
	}()
	read = []Observation{o}
	if len(o.Fact) == 0 {
		return Unknown(reasonNotObserved, Values{"cause": o.Why().Codes()}), read
	}
	if c.Vantage != "" && o.Vantage != c.Vantage {
		from, wanted := o.Vantage.From(), c.Vantage.From()
		return Unknown(reasonWrongVantage, Values{
			"vantage": string(o.Vantage), "wanted": string(c.Vantage),
			"vantage_fr": from.FR, "vantage_en": from.EN, "wanted_fr": wanted.FR, "wanted_en": wanted.EN,
		}), read
	}
	var reference *Observation
	if c.Judge.Reference != "" {
		found, missing := referenceFor(c.Judge.Reference, o.Target, run)
		switch {
		case missing == lack{}:
			reference, read = &found, append(read, found)
		case c.Judge.needed:
			return c.withoutReference(missing), read
		}
	}
	v, err := c.Judge.run(facts, o, reference, params)
	if err != nil {
		return Unknown(reasonCheckError, Values{"error": err.Error()}), read
	}
	if o.Status != StatusCompleted && v.Outcome != Fail {
		// Half a look may prove a fault, never its absence.
		return Unknown(reasonPartial, Values{"cause": o.Why().Codes()}), read
	}
	return v, read
}

func (c Check) withoutReference(missing lack) Verdict {
	return Unknown(reasonNoReference, Values{
		"reference": c.Judge.Reference, "reference_fr": c.Judge.called.FR, "reference_en": c.Judge.called.EN,
		"why_fr": missing.FR, "why_en": missing.EN,
	})
}

func (c Check) finding(t Target, v Verdict) Finding {
	v = c.gravestFirst(v)
	severity := v.Severity
	if severity == "" {
		severity = c.Severity
	}
	values := v.Values
	if len(v.Also) > 0 {
		values = maps.Clone(values)
		if values == nil {
			values = Values{}
		}
		values[ValueAlso] = v.others()
	}
	return Finding{
		Fingerprint: Fingerprint(c.ID, t.Key()), Check: c.ID, Revision: c.Revision, Target: t,
		Outcome: v.Outcome, Severity: severity, Reason: v.Reason, Values: values,
		Title: c.Papers.Title(), Headline: c.headline(v), Message: c.message(v), Fix: c.remedy(v),
		Observations: []string{},
	}
}

func (c Check) message(v Verdict) Text {
	if common, ok := commonReasons[v.Reason]; ok {
		return common.Fill(v.Values)
	}
	var told []Text
	for _, one := range v.all() {
		told = append(told, c.Papers.Message(one.Reason, one.Values))
	}
	return joined(told)
}

// unseen words what an observation lacks, and how to reach a verdict.
func (o Observation) unseen(reason string) (message, remedy Text) {
	why := o.Why()
	words, common := why.Text(), commonReasons[reason]
	return common.Fill(Values{"why_fr": words.FR, "why_en": words.EN}), why.Remedy()
}

// The reasons the framework gives by itself, for every check.
const (
	reasonNotObserved  = "not-observed"
	reasonPartial      = "partial"
	reasonNoSource     = "no-source"
	reasonWrongVantage = "wrong-vantage"
	reasonCheckError   = "check-error"
	reasonUnconfirmed  = "unconfirmed"
	reasonNotConfirmed = "not-confirmed"
	reasonNoReference  = "no-reference"
)

var commonReasons = typesetAll(map[string]Text{
	reasonNotObserved: {
		"L'observation n'a pas pu être faite : {why_fr}.",
		"The observation could not be made: {why_en}.",
	},
	reasonPartial: {
		"L'observation est incomplète : {why_fr}.",
		"The observation is incomplete: {why_en}.",
	},
	reasonNoSource: {
		"Aucune source n'est déclarée pour cette vérification : rien n'a pu être observé.",
		"No source is declared for this check: nothing could be observed.",
	},
	reasonWrongVantage: {
		"Observé {vantage_fr}, alors que la vérification se juge {wanted_fr}.",
		"Seen {vantage_en}, while this check is judged {wanted_en}.",
	},
	reasonUnconfirmed: {
		"Un écart a été vu une seule fois et reste à confirmer par un second regard.",
		"A failure was seen once only and a second look has to confirm it.",
	},
	reasonNotConfirmed: {
		"Un écart a été vu lors d'un regard et pas lors de l'autre : rien n'est conclu.",
		"A failure was seen by one look and not by the other: nothing is concluded.",
	},
	reasonNoReference: {
		"Rien n'est conclu sans {reference_fr} : {why_fr}.",
		"Nothing is concluded without {reference_en}: {why_en}.",
	},
	reasonCheckError: {
		"La vérification n'a pas abouti à cause d'une erreur interne ; signalez-la aux mainteneurs.",
		"The check did not finish because of an internal error; please report it to the maintainers.",
	},
})
