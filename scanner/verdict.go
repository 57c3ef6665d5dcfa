// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// Outcome is what a judgement concludes. Not knowing is never passing.
type Outcome string

// The four outcomes.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Inconclusive  Outcome = "inconclusive"
	NotApplicable Outcome = "not_applicable"
)

// Outcomes lists the outcomes from the one that asks most of a reader.
func Outcomes() []Outcome { return []Outcome{Fail, Inconclusive, Pass, NotApplicable} }

// Rank is 0 for the outcome that asks most of a reader and grows as it asks less.
func (o Outcome) Rank() int { return rank(o, Outcomes()) }

// rank is the place of a word in a list, after the last when it is not there.
func rank[W comparable](word W, list []W) int {
	if i := slices.Index(list, word); i >= 0 {
		return i
	}
	return len(list)
}

// Label names the outcome on screen (codestyle.md section 3).
func (o Outcome) Label() Text { return o.Counted(1) }

// Counted names the outcome beside a number of findings.
func (o Outcome) Counted(n int) Text {
	words := Text{"{n#:non concluant|non concluants}", "inconclusive"}
	switch o {
	case Pass:
		words = Text{"{n#:conforme|conformes}", "pass"}
	case Fail:
		words = Text{"{n#:non conforme|non conformes}", "fail"}
	case NotApplicable:
		words = Text{"{n#:non applicable|non applicables}", "not applicable"}
	case Inconclusive:
	}
	return words.Fill(Values{"n": strconv.Itoa(n)})
}

// Severity says how much a failure matters. It orders, and never decides.
type Severity string

// The severities, in the words of the exposure catalogue (section 1.5).
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Severities lists the severities, gravest first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low} }

// Rank is 0 for the gravest severity and grows as it matters less.
func (s Severity) Rank() int { return rank(s, Severities()) }

// Label names the severity on screen.
func (s Severity) Label() Text {
	switch s {
	case Critical:
		return Text{"critique", "critical"}
	case High:
		return Text{"majeure", "high"}
	case Medium:
		return Text{"importante", "medium"}
	case Low:
	}
	return Text{"mineure", "low"}
}

// Values fill the message of a reason. They never hold a person's name: a
// keyed pseudonym stands for it (decision 5 of the architecture).
type Values map[string]string

// Verdict is an outcome and its reason, before it is tied to a target.
type Verdict struct {
	Outcome Outcome
	Reason  string // key of a message in the papers of the check
	// Severity, when set, replaces the check's own: a reference table's "warn"
	// is a failure with its second, lower severity.
	Severity Severity
	Values   Values
	// Backed says that the statement it was drawn from comes with a document that
	// was read.
	Backed bool
	// Also are further verdicts of the same outcome, each told in the message after
	// this one, with its remedy (Together).
	Also []Verdict
	// Causes, when set, are those that the fact itself tells for what it lacks:
	// their remedies are the remedy of the finding.
	Causes Causes
}

// Because gives a verdict the cause that the fact tells for what it lacks: its words
// for the message (why_fr, why_en), and its remedy.
func (v Verdict) Because(c Cause) Verdict {
	words := c.Text()
	v.Values = maps.Clone(v.Values)
	if v.Values == nil {
		v.Values = Values{}
	}
	v.Values["cause"], v.Values["why_fr"], v.Values["why_en"] = string(c.Code), words.FR, words.EN
	v.Causes = Causes{c}
	return v
}

// Compare puts first the verdict that asks most of a reader: by outcome, then
// failures by severity. A failure without a severity of its own has that of its
// check, the gravest.
func (v Verdict) Compare(other Verdict) int {
	return cmp.Or(cmp.Compare(v.Outcome.Rank(), other.Outcome.Rank()), cmp.Compare(v.gravity(), other.gravity()))
}

func (v Verdict) gravity() int {
	if v.Outcome != Fail || v.Severity == "" {
		return -1
	}
	return v.Severity.Rank()
}

// Worst is the verdict that asks most of a reader, the first of equals
// (exposure-checks.md section 1.2: the worst verdict of several addresses wins).
func Worst(verdicts []Verdict) Verdict { return slices.MinFunc(verdicts, Verdict.Compare) }

// Passed concludes that the criterion is met.
func Passed(reason string, v Values) Verdict {
	return Verdict{Outcome: Pass, Reason: reason, Values: v}
}

// Failed concludes that the criterion is not met, with the check's severity.
func Failed(reason string, v Values) Verdict {
	return Verdict{Outcome: Fail, Reason: reason, Values: v}
}

// FailedAs concludes that the criterion is not met, with a severity of its own.
func FailedAs(s Severity, reason string, v Values) Verdict {
	return Verdict{Outcome: Fail, Reason: reason, Severity: s, Values: v}
}

// Unknown concludes that what was seen does not allow to conclude.
func Unknown(reason string, v Values) Verdict {
	return Verdict{Outcome: Inconclusive, Reason: reason, Values: v}
}

// Exempt concludes that the criterion has no object here.
func Exempt(reason string, v Values) Verdict {
	return Verdict{Outcome: NotApplicable, Reason: reason, Values: v}
}
