// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"cmp"
	"context"
	"strings"

	"carescan/scanner/fact"
)

// walkLabels is how many labels are kept after the first question of a walk, so
// that eight questions are enough for any name (RFC 9989 section 4.10).
const walkLabels = 7

// walkNames lists the domains of a tree walk, nearest first.
func walkNames(name string) []string {
	names := []string{name}
	labels := strings.Split(name, ".")
	for rest := min(len(labels)-1, walkLabels); rest > 0; rest-- {
		names = append(names, strings.Join(labels[len(labels)-rest:], "."))
	}
	return names
}

// walk asks upwards until a record says where the organisation is. The tags of
// each record are kept beside it, since the fact holds no mailbox.
type walk struct {
	steps []fact.DMARCStep
	tags  map[string]map[string]string // by domain
}

func walkTree(ctx context.Context, r *resolver, name string) walk {
	w := walk{tags: map[string]map[string]string{}}
	for _, domain := range walkNames(name) {
		step := w.step(ctx, r, domain)
		w.steps = append(w.steps, step)
		if step.Record != nil && step.Record.PSD != "u" {
			break
		}
	}
	return w
}

// step reads the records of one name. Several are none (section 4.10).
func (w *walk) step(ctx context.Context, r *resolver, domain string) fact.DMARCStep {
	a, texts := r.texts(ctx, "_dmarc."+domain)
	step := fact.DMARCStep{Domain: domain, Answer: a.state, Cause: a.cause, Error: a.fault}
	for _, text := range texts {
		if tags, ok := dmarcTags(text); ok {
			step.Count++
			w.tags[domain] = tags
		}
	}
	if step.Count == 1 {
		step.Record = newDMARCRecord(w.tags[domain])
	}
	return step
}

// organisation is the organisational domain of the name the walk began at
// (section 4.10.2). It is empty when an answer is missing.
func (w *walk) organisation() string {
	found := w.steps[0].Domain
	for i, step := range w.steps {
		switch {
		case step.Answer == fact.NoAnswer:
			return ""
		case step.Record == nil:
		case step.Record.PSD == "y" && i > 0:
			return below(w.steps[0].Domain, step.Domain)
		default:
			found = step.Domain
		}
	}
	return found
}

// below is the domain one label below another one, on the way to a name.
func below(name, above string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."+above), ".")
	return labels[len(labels)-1] + "." + above
}

// applies is the step whose record applies: that of the name itself, then of its
// organisation, then of the public suffix (section 4.10.1). Known is false when
// a missing answer may hide a nearer one.
func (w *walk) applies() (found *fact.DMARCStep, known bool) {
	if w.steps[0].Record != nil {
		return &w.steps[0], true
	}
	organisation := w.organisation()
	if organisation == "" {
		return nil, false
	}
	for i := range w.steps {
		step := &w.steps[i]
		if step.Record != nil && (step.Domain == organisation || step.Record.PSD == "y") {
			return step, true
		}
	}
	return nil, true
}

// dmarc finds the policy that applies to a domain and where its reports go. Exists
// is what is known of the domain itself: a record above has another word for names
// that are not there.
func dmarc(ctx context.Context, r *resolver, name string, exists fact.Answer) fact.DMARC {
	w := walkTree(ctx, r, name)
	found := fact.DMARC{Walk: w.steps, Organisation: w.organisation()}
	step, _ := w.applies()
	if step == nil || step.Record.Unusable {
		return found
	}
	found.PolicyDomain = step.Domain
	found.Effective = effective(*step.Record, step.Domain == name, exists)
	tags := w.tags[step.Domain]
	found.Reports = destinations(ctx, r, found, reportAddresses(tags["rua"]))
	found.Failures = destinations(ctx, r, found, reportAddresses(tags["ruf"]))
	return found
}

// effective is the word of a record for a name: p for its own, then sp for a name
// below, or np for one that does not exist; np that is not said follows sp, and
// sp follows p (sections 4.7 and 4.10.1).
func effective(d fact.DMARCRecord, own bool, exists fact.Answer) string {
	switch {
	case own:
		return d.Policy
	case exists == fact.NXDomain:
		return cmp.Or(d.Inexistent, d.Subdomains, d.Policy)
	}
	return cmp.Or(d.Subdomains, d.Policy)
}

// destinations looks at where reports are sent: does the domain accept mail, and
// does a foreign one agree (RFC 9990 section 4)?
func destinations(ctx context.Context, r *resolver, policy fact.DMARC, addresses []fact.ReportAddress) []fact.ReportAddress {
	for i := range addresses {
		address := &addresses[i]
		if !address.Valid {
			continue
		}
		address.Mail = acceptsMail(ctx, r, address.Domain)
		if address.Domain != policy.PolicyDomain && address.Domain != policy.Organisation {
			foreign(ctx, r, policy, address)
		}
	}
	return addresses
}

// foreign asks a destination for its consent when it is of another organisation. One
// that is not below ours by its name is asked first: when it agrees, where its own
// organisation begins need not be known.
func foreign(ctx context.Context, r *resolver, policy fact.DMARC, address *fact.ReportAddress) {
	consent := func() fact.Answer { return authorised(ctx, r, policy.PolicyDomain, address.Domain) }
	if policy.Organisation != "" && !strings.HasSuffix(address.Domain, "."+policy.Organisation) && consent() == fact.Present {
		address.External, address.Authorised = true, fact.Present
		return
	}
	known := false
	if address.External, known = isExternal(ctx, r, policy, address.Domain); !address.External {
		return
	}
	address.Authorised = consent()
	if !known && address.Authorised.Absent() {
		address.Authorised = fact.NoAnswer // it may need no consent
	}
}

// isExternal tells whether a destination is of another organisation. When either
// organisation is not known, the destination counts as external: its consent is
// then asked for, and is proof enough when it is given.
func isExternal(ctx context.Context, r *resolver, policy fact.DMARC, domain string) (external, known bool) {
	walked := walkTree(ctx, r, domain)
	there := walked.organisation()
	return policy.Organisation == "" || there != policy.Organisation, policy.Organisation != "" && there != ""
}

// authorised asks a receiver of reports for its consent.
func authorised(ctx context.Context, r *resolver, policyDomain, receiver string) fact.Answer {
	a, texts := r.texts(ctx, policyDomain+"._report._dmarc."+receiver)
	for _, text := range texts {
		if _, ok := dmarcTags(text); ok {
			return fact.Present
		}
	}
	if a.state == fact.Present { // other records stand there, a wildcard's for example
		return fact.NoData
	}
	return a.state
}
