// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// ValueAlso lists, in the values of a finding, the reasons told after its own, in
// the order of its message.
const ValueAlso = "also"

// maxTogether bounds the verdicts that one message tells.
const maxTogether = 20

// Together says several verdicts in one: of those that ask most of a reader, the
// gravest gives its reason and its severity, the others of the same outcome follow
// in the message in the order given, each once, so that correcting what is told is
// enough. There is at least one.
func Together(verdicts []Verdict) Verdict {
	outcome := Worst(verdicts).Outcome
	verdicts = slices.DeleteFunc(slices.Clone(verdicts), func(v Verdict) bool { return v.Outcome != outcome })
	first := verdicts[0]
	if outcome != Fail && outcome != Inconclusive {
		return first
	}
	for _, v := range verdicts[1:] {
		told := slices.ContainsFunc(first.all(), func(other Verdict) bool {
			return other.Reason == v.Reason && maps.Equal(other.Values, v.Values)
		})
		if !told && len(first.Also) < maxTogether-1 {
			first.Also = append(slices.Clip(first.Also), v)
		}
	}
	return first
}

// gravestFirst puts what a verdict tells in order; one without a severity of
// its own has that of the check.
func (c Check) gravestFirst(v Verdict) Verdict {
	if len(v.Also) == 0 {
		return v
	}
	failures := v.all()
	slices.SortStableFunc(failures, func(a, b Verdict) int {
		return cmp.Compare(cmp.Or(a.Severity, c.Severity).Rank(), cmp.Or(b.Severity, c.Severity).Rank())
	})
	return Together(failures)
}

// others names the reasons told besides the first.
func (v Verdict) others() string {
	var reasons []string
	for _, other := range v.Also {
		if !slices.Contains(reasons, other.Reason) {
			reasons = append(reasons, other.Reason)
		}
	}
	return strings.Join(reasons, " ")
}

// all is what a verdict tells, one by one.
func (v Verdict) all() []Verdict {
	alone := v
	alone.Also = nil
	return append([]Verdict{alone}, v.Also...)
}

// among keeps of the failures of a verdict those whose reasons another verdict
// gives too. When there is none, the gravest stays alone.
func (v Verdict) among(other Verdict) Verdict {
	var common []Verdict
	for _, failure := range v.all() {
		if slices.ContainsFunc(other.all(), func(o Verdict) bool { return o.Reason == failure.Reason }) {
			common = append(common, failure)
		}
	}
	if len(common) == 0 {
		return v.all()[0]
	}
	return Together(common)
}

// joined puts texts one after the other, each once.
func joined(texts []Text) Text {
	var french, english []string
	for _, t := range texts {
		if t.FR != "" && !slices.Contains(french, t.FR) {
			french = append(french, t.FR)
		}
		if t.EN != "" && !slices.Contains(english, t.EN) {
			english = append(english, t.EN)
		}
	}
	return Text{strings.Join(french, " "), strings.Join(english, " ")}
}
