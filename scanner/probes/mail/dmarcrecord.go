// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"carescan/scanner/fact"
)

// The policies of RFC 9989 section 4.7, from the weakest.
const (
	policyNone       = "none"
	policyQuarantine = "quarantine"
	policyReject     = "reject"
)

const maxTags = 50

// dmarcTags reads the tags of a record in lower case. It is none when the first
// tag is not exactly v=DMARC1 (RFC 9989 section 4.7). Unknown tags are kept and
// mean nothing; of a tag said twice the first counts.
func dmarcTags(text string) (tags map[string]string, ok bool) {
	version, rest, _ := strings.Cut(text, ";")
	name, value, _ := strings.Cut(version, "=")
	if !strings.EqualFold(strings.TrimRight(name, " \t"), "v") || strings.Trim(value, " \t") != "DMARC1" {
		return nil, false
	}
	tags = map[string]string{}
	for part := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.Trim(name, " \t"))
		if _, twice := tags[name]; name != "" && !twice && len(tags) < maxTags {
			tags[name] = strings.Trim(value, " \t")
		}
	}
	return tags, true
}

// newDMARCRecord gives tags their meaning. What is not allowed counts as not said
// (section 4.7); a policy word that is wrong, or a p that is missing, makes the
// record a p=none when reports are asked for, and void otherwise (section 4.10.1).
func newDMARCRecord(tags map[string]string) *fact.DMARCRecord {
	w := words{tags: tags}
	d := &fact.DMARCRecord{
		Policy:     w.read("p", policyNone, policyQuarantine, policyReject),
		Subdomains: w.read("sp", policyNone, policyQuarantine, policyReject),
		Inexistent: w.read("np", policyNone, policyQuarantine, policyReject),
	}
	if len(w.invalid) > 0 || d.Policy == "" {
		d.Policy, d.Subdomains, d.Inexistent = policyNone, "", ""
		d.Unusable = !slices.ContainsFunc(reportAddresses(tags["rua"]), func(a fact.ReportAddress) bool { return a.Valid })
	}
	d.PSD = cmp.Or(w.read("psd", "y", "n", "u"), "u")
	d.Test = w.read("t", "y", "n") == "y"
	d.Percent, d.Legacy = legacy(tags)
	d.Invalid = w.invalid
	return d
}

// words reads tags whose value is one of some words, and notes the others.
type words struct {
	tags    map[string]string
	invalid []string
}

func (w *words) read(tag string, allowed ...string) string {
	value, said := w.tags[tag]
	value = strings.ToLower(value)
	if said && !slices.Contains(allowed, value) {
		w.invalid = append(w.invalid, tag)
		return ""
	}
	return value
}

// legacy reads the tags of RFC 7489 that RFC 9989 removed. Only the share has
// an effect, with those who still apply it.
func legacy(tags map[string]string) (percent int, met []string) {
	for _, tag := range []string{"pct", "rf", "ri"} {
		if _, said := tags[tag]; said {
			met = append(met, tag)
		}
	}
	percent, err := strconv.Atoi(tags["pct"])
	if err != nil || percent < 0 || percent > 100 {
		percent = 100
	}
	return percent, met
}
