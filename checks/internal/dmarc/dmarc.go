// SPDX-License-Identifier: Apache-2.0

// Package dmarc finds and reads the DMARC policy that applies to a domain
// (RFC 9989), for the checks on the protection of mail.
package dmarc

import (
	"slices"
	"strconv"
	"strings"

	"carescan/scanner/fact"
)

// State says what the search for a policy came to.
type State string

// The ends of the search.
const (
	Applies State = "applies"
	Absent  State = "absent"  // proven: every name asked has none
	Several State = "several" // one name holds more than one record
	Unknown State = "unknown" // a name of the walk gave no answer
)

// The policies, from the weakest.
const (
	None       = "none"
	Quarantine = "quarantine"
	Reject     = "reject"
)

// Policy is a DMARC record as it applies to the domain asked about.
type Policy struct {
	Name    string // where the record is: "_dmarc.chu.example"
	Action  string // None, Quarantine or Reject
	Partial bool   // test mode, or a share below 100 %
	Weaker  bool   // sub-domains are treated more mildly than the domain
	Reports bool   // aggregate reports are asked for
}

// Enforced tells whether forged mail is really set aside.
func (p Policy) Enforced() bool { return p.Action != None && !p.Partial }

// Find walks from the name itself to its parents. The record of the name
// prevails; without one, that of the parent highest in the tree, unless a
// record with psd=n ends the walk before (RFC 9989 section 4.10). The walk of
// the fact stops below public suffixes, so psd=y is never met.
func Find(z fact.Zone) (Policy, State) {
	policy, state := Policy{}, Unknown
	for i, set := range z.DMARC {
		records := usable(set)
		switch {
		case set.Answer != fact.Present && !set.Answer.Absent():
			return Policy{}, Unknown
		case len(records) > 1:
			return Policy{Name: set.Name}, Several
		case len(records) == 1:
			policy, state = read(set.Name, records[0], i > 0), Applies
			if i == 0 || records[0]["psd"] == "n" {
				return policy, Applies
			}
		case state == Unknown:
			state = Absent
		}
	}
	return policy, state
}

// usable keeps the records that are DMARC; others are discarded.
func usable(set fact.RecordSet) (records []map[string]string) {
	for _, v := range set.Values {
		if tags, ok := Parse(v); ok {
			records = append(records, tags)
		}
	}
	return records
}

// Parse reads the tags of a record. It is none when the first tag is not
// exactly v=DMARC1; unknown tags are kept and mean nothing (RFC 9989 section 4.7).
func Parse(text string) (tags map[string]string, ok bool) {
	tags = map[string]string{}
	for i, part := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if i == 0 && (name != "v" || value != "DMARC1") {
			return nil, false
		}
		name = strings.ToLower(name)
		if _, twice := tags[name]; name != "" && !twice {
			tags[name] = value
		}
	}
	return tags, true
}

func read(name string, tags map[string]string, inherited bool) Policy {
	own := action(tags["p"], None) // a missing p reads as none
	sub := action(tags["sp"], own)
	policy := Policy{Name: name, Action: own, Partial: partial(tags), Reports: tags["rua"] != ""}
	if inherited {
		policy.Action = sub
		return policy
	}
	policy.Weaker = min(rank(sub), rank(action(tags["np"], sub))) < rank(own)
	return policy
}

// action reads a policy word; any other word counts as the fallback.
func action(word, fallback string) string {
	word = strings.ToLower(word)
	if rank(word) < 0 {
		return fallback
	}
	return word
}

func rank(action string) int { return slices.Index([]string{None, Quarantine, Reject}, action) }

// partial reads the test mode, and the share of RFC 7489 that many receivers
// still apply.
func partial(tags map[string]string) bool {
	share, err := strconv.Atoi(tags["pct"])
	return strings.EqualFold(tags["t"], "y") || err == nil && share < 100
}
