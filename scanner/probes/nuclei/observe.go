// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/nuclei/scratch"
)

// look runs a first batch, and a second one to confirm what matched.
func (p *Probe) look(ctx context.Context, network scanner.Network, site *url.URL) ([]scanner.Sighting, error) {
	asked := p.asked(ctx, site)
	templates, err := around(asked)
	if err != nil {
		return nil, err
	}
	batch, err := p.run(ctx, network, site, templates)
	if err != nil {
		return nil, err
	}
	artifacts := []scanner.Artifact{scanner.NewArtifact("template results", "application/jsonl", batch.raw)}
	seen := p.account(site, asked, batch)
	seen.Intrusive = network.Intrusive() == nil
	matched := p.guessed(seen)
	if len(matched) > 0 {
		nowhere := site.JoinPath(word())
		again, err := p.run(ctx, network, nowhere, matched)
		if err != nil {
			again.problem = scanner.Technical(err.Error())
		}
		confirm(&seen, again)
		artifacts = append(artifacts, scanner.NewArtifact("template results below a random address", "application/jsonl", again.raw))
	}
	p.remember(ctx, site, seen)
	merge(seen.Ran)
	return []scanner.Sighting{{Fact: seen, Artifacts: artifacts, Missing: missing(seen, batch)}}, nil
}

// asked are the templates of a look: all, or, to confirm an earlier one, those that it
// recognised. What failed is what matched, so that no check needs more. Those of the home
// page come first, which one request serves, then the gravest.
func (p *Probe) asked(ctx context.Context, site *url.URL) []Template {
	p.mu.Lock()
	defer p.mu.Unlock()
	matched := p.matched[site.String()]
	asked := slices.Clone(p.templates)
	if scanner.Attempt(ctx) > 0 && len(matched) > 0 {
		asked = slices.DeleteFunc(asked, func(t Template) bool { return !slices.Contains(matched, t.ID) })
	}
	slices.SortStableFunc(asked, func(a, b Template) int { return cmp.Compare(a.place(), b.place()) })
	return asked
}

// place is when a template has its turn.
func (t Template) place() int {
	if t.Home {
		return -1
	}
	return scanner.Severity(t.Severity).Rank()
}

// remember keeps what a first look recognised, for the one that confirms it.
func (p *Probe) remember(ctx context.Context, site *url.URL, seen fact.Templates) {
	if scanner.Attempt(ctx) > 0 {
		return
	}
	var matched []string
	for _, r := range seen.Ran {
		if r.Matched {
			matched = append(matched, r.ID)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.matched[site.String()] = matched
}

// notAgain is why a template did not run in a look that confirms another: no check
// takes it for absent, so that what the first look said of it stands.
const notAgain = "not asked again: the first look did not recognise it"

// account tells the end of every template, including those the worker never
// spoke of.
func (p *Probe) account(site *url.URL, asked []Template, b batch) fact.Templates {
	seen := fact.Templates{Engine: b.engine, Error: b.problem, Ran: []fact.TemplateRun{}, Declared: maps.Clone(p.options.Portals)}
	for _, t := range p.templates {
		run := fact.TemplateRun{
			ID: t.ID, Name: t.Name, Group: t.Group, Digest: t.Digest,
			Severity: t.Severity, CVE: t.CVE, KEV: t.KEV, Product: t.Product, Home: t.Home, Curation: t.Curation,
		}
		result, told := b.results[t.ID]
		switch {
		case told:
			run = fill(run, t, result, site)
		case !slices.ContainsFunc(asked, func(a Template) bool { return a.ID == t.ID }):
			run.Error = notAgain
		default:
			run.Error = cmp.Or(b.problem, "the worker said nothing of this template")
		}
		seen.Ran = append(seen.Ran, run)
	}
	conclude(&seen, b)
	seen.Error = cmp.Or(seen.Error, unreached(seen.Ran, asked))
	if b.spared.Code != "" {
		spare(seen.Ran)
	} else {
		seen.Error = cmp.Or(seen.Error, unanswered(b, baselineRequests))
	}
	if seen.Error != "" {
		seen.Cause = b.why()
	}
	return seen
}

// notAsked is why a template did not run on a site that keeps no connection.
const notAsked = "not asked: the site closes its connections, and the hellos allowed are spent"

// spare says of a site that was not asked everything what it shows all the same: its home
// page, and what was recognised. Without the random address that comes last, a page that
// was not there proves nothing.
func spare(runs []fact.TemplateRun) {
	for i, r := range runs {
		if !r.Matched && (!r.Home || !r.Ran) && r.Error != notAgain {
			runs[i].Ran, runs[i].Error = false, notAsked
		}
	}
}

// fill copies a result, as far as it is coherent.
func fill(run fact.TemplateRun, t Template, r Result, site *url.URL) fact.TemplateRun {
	run.Ran, run.Matched, run.Error = r.Ran, r.Ran && r.Matched, r.Error
	if !run.Ran {
		run.Error = cmp.Or(run.Error, "the site did not answer every request")
	}
	if found, err := url.Parse(r.URL); err == nil && run.Matched && found.Hostname() == site.Hostname() {
		run.URL = r.URL
	}
	if run.Matched {
		run.Version, run.Title = r.Version, t.Title
	}
	return run
}

// unreached is the reason why no template could run, when none could: that of the first
// one asked.
func unreached(runs []fact.TemplateRun, asked []Template) string {
	if slices.ContainsFunc(runs, func(r fact.TemplateRun) bool { return r.Ran }) {
		return ""
	}
	for _, r := range runs {
		if len(asked) > 0 && r.ID == asked[0].ID {
			return r.Error
		}
	}
	return ""
}

// missing says why something could not be seen.
func missing(seen fact.Templates, b batch) (missing scanner.Causes) {
	if seen.Error != "" {
		cause := seen.Cause
		cause.Detail = seen.Error
		return scanner.Causes{cause}
	}
	for _, r := range seen.Ran {
		cause := b.why()
		switch {
		case r.Ran || r.Error == notAgain:
			continue
		case r.Error == sameAnswer:
			cause = scanner.Cause{Code: scanner.CauseSameAnswer}
		}
		cause = cause.At(r.ID)
		cause.Detail = "template " + r.ID + " could not run: " + r.Error
		missing = append(missing, cause)
	}
	return missing
}

// why is the cause of what a batch lacks: the end of the worker, our restraint, or what
// kept it from the site.
func (b batch) why() scanner.Cause {
	switch {
	case b.cause.Code != "":
		return b.cause
	case b.spared.Code != "":
		return b.spared
	case len(b.unreached) > 0:
		return b.unreached[0]
	}
	return scanner.Cause{Code: scanner.CauseUnanswered}
}

// guessed lists what must be tried again at a random address. The home page
// was not guessed: what it shows is shown.
func (p *Probe) guessed(seen fact.Templates) []Template {
	var found []Template
	for i, r := range seen.Ran {
		if r.Matched && !r.Home {
			found = append(found, p.templates[i])
		}
	}
	return found
}

// confirm withdraws the matches that a random address gives as well: such a
// site answers anything alike, and nothing is known of it (exposure-checks.md
// section 1.2, soft-404 baseline).
func confirm(seen *fact.Templates, again batch) {
	for i, r := range seen.Ran {
		if !r.Matched || r.Home {
			continue
		}
		baseline, ok := again.results[r.ID]
		switch {
		case !ok || !baseline.Ran:
			seen.Ran[i] = withdrawn(r, "the match could not be confirmed: "+cmp.Or(baseline.Error, again.problem))
		case baseline.Matched:
			seen.Ran[i] = withdrawn(r, sameAnswer)
		}
	}
}

// sameAnswer is why a page that was recognised proves nothing.
const sameAnswer = "the site gives the same page at a random address"

func withdrawn(r fact.TemplateRun, why string) fact.TemplateRun {
	r.Ran, r.Matched, r.URL, r.Version, r.Title, r.Error = false, false, "", "", scanner.Text{}, why
	return r
}

// unseen is the sighting of a site that we may not ask.
func (p *Probe) unseen(why error) scanner.Sighting {
	b := batch{problem: scanner.Technical(why.Error()), cause: scanner.CauseOf(why)}
	b.cause.Detail = ""
	seen := p.account(&url.URL{}, p.templates, b)
	return scanner.Sighting{Fact: seen, Missing: missing(seen, b)}
}

// tries is how often a site is handed to a worker: once more when the first one died,
// because of another site perhaps.
const tries = 2

// run has templates tried on a site, and waits for their end. The error means that no
// worker of ours could be started.
func (p *Probe) run(ctx context.Context, network scanner.Network, at *url.URL, templates []Template) (batch, error) {
	folder, remove, err := scratch.New("carescan-")
	if err != nil {
		return batch{}, fmt.Errorf("prepare the template engine: %w", err)
	}
	defer remove()
	door, err := openDoor(ctx, folder, at, network, p.options.Connections)
	if err != nil {
		return batch{}, err
	}
	defer door.close()
	b := batch{results: map[string]Result{}}
	for range tries {
		order := b.order(templates)
		order.URL, order.Door, order.Secret, order.UserAgent = at.String(), door.path, door.secret, network.UserAgent()
		lost, err := p.try(ctx, order, &b)
		if err != nil {
			return batch{}, err
		}
		if !lost {
			break
		}
	}
	b.unreached = door.failures()
	for _, r := range b.results {
		if r.Ran { // of a site that answered nothing at all, that is what there is to say
			b.spared = door.sparing()
		}
	}
	return b, nil
}

// try hands an order to a worker, and tells whether that one died.
func (p *Probe) try(ctx context.Context, order Order, b *batch) (lost bool, err error) {
	w, err := p.shop.worker() //nolint:contextcheck // a worker outlives the look that starts it
	if err != nil {
		return false, err
	}
	j, err := w.look(ctx, order)
	if err == nil {
		err = j.err
	}
	if err != nil {
		return false, err
	}
	b.add(j.batch)
	return j.lost, nil
}

// batch is what a site came to.
type batch struct {
	engine  string
	results map[string]Result // by template
	problem string            // why it ended early, in technical words
	cause   scanner.Cause     // the same
	raw     []byte            // the lines about it
	// unreached says why the site could not be reached.
	unreached scanner.Causes
	spared    scanner.Cause // why the site was asked no more; empty when it was asked all
}

// order asks for the templates that were not told yet.
func (b *batch) order(templates []Template) Order {
	var o Order
	for _, t := range templates {
		if _, told := b.results[t.ID]; told {
			continue
		}
		o.Templates = append(o.Templates, t.ID)
		if t.ofOneLook() {
			o.Own = append(o.Own, PlannedTemplate{t.ID, t.Digest, t.data})
		}
	}
	return o
}

// add continues a batch by what a later worker brought.
func (b *batch) add(more batch) {
	maps.Copy(b.results, more.results)
	b.engine, b.problem, b.cause = cmp.Or(more.engine, b.engine), more.problem, more.cause
	b.raw = append(b.raw, more.raw...)
}

// take adds the end of one template of an order.
func (b *batch) take(o Order, r Result) error {
	if !slices.Contains(o.Templates, r.ID) {
		return fmt.Errorf("template %q is not in the order", printable(r.ID, 40))
	}
	if _, twice := b.results[r.ID]; twice {
		return fmt.Errorf("template %q is told twice", r.ID)
	}
	b.results[r.ID] = r
	return nil
}
