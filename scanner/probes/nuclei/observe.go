// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// look runs a first batch, and a second one to confirm what matched.
func (p *Probe) look(ctx context.Context, network scanner.Network, site *url.URL) ([]scanner.Sighting, error) {
	templates, err := around(p.templates)
	if err != nil {
		return nil, err
	}
	batch, err := p.run(ctx, network, site, templates)
	if err != nil {
		return nil, err
	}
	artifacts := []scanner.Artifact{scanner.NewArtifact("template results", "application/jsonl", batch.raw)}
	seen := p.account(site, batch)
	seen.Intrusive = network.Intrusive() == nil
	matched := p.matched(seen)
	if len(matched) > 0 {
		nowhere := site.JoinPath(word())
		again, err := p.run(ctx, network, nowhere, matched)
		if err != nil {
			again.problem = scanner.Technical(err.Error())
		}
		confirm(&seen, again)
		artifacts = append(artifacts, scanner.NewArtifact("template results below a random address", "application/jsonl", again.raw))
	}
	merge(seen.Ran)
	return []scanner.Sighting{{Fact: seen, Artifacts: artifacts, Missing: missing(seen, batch)}}, nil
}

// account tells the end of every template, including those the worker never
// spoke of.
func (p *Probe) account(site *url.URL, b batch) fact.Templates {
	seen := fact.Templates{Engine: b.engine, Error: b.problem, Ran: []fact.TemplateRun{}, Declared: maps.Clone(p.options.Portals)}
	for _, t := range p.templates {
		run := fact.TemplateRun{
			ID: t.ID, Name: t.Name, Group: t.Group, Digest: t.Digest,
			Severity: t.Severity, CVE: t.CVE, KEV: t.KEV, Product: t.Product, Home: t.Home, Curation: t.Curation,
		}
		if result, ok := b.results[t.ID]; ok {
			run = fill(run, t, result, site)
		} else {
			run.Error = cmp.Or(b.problem, "the worker said nothing of this template")
		}
		seen.Ran = append(seen.Ran, run)
	}
	conclude(&seen, b)
	seen.Error = cmp.Or(seen.Error, unreached(seen.Ran), unanswered(b, baselineRequests))
	if seen.Error != "" {
		seen.Cause = b.why()
	}
	return seen
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

// unreached is the reason why no template could run, when none could.
func unreached(runs []fact.TemplateRun) string {
	if len(runs) == 0 || slices.ContainsFunc(runs, func(r fact.TemplateRun) bool { return r.Ran }) {
		return ""
	}
	return runs[0].Error
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
		case r.Ran:
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

// why is the cause of what a batch lacks: the end of the worker, or what kept it
// from the site.
func (b batch) why() scanner.Cause {
	switch {
	case b.cause.Code != "":
		return b.cause
	case len(b.unreached) > 0:
		return b.unreached[0]
	}
	return scanner.Cause{Code: scanner.CauseUnanswered}
}

// matched lists what must be tried again at a random address. The home page
// was not guessed: what it shows is shown.
func (p *Probe) matched(seen fact.Templates) []Template {
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
	seen := p.account(&url.URL{}, b)
	return scanner.Sighting{Fact: seen, Missing: missing(seen, b)}
}

// batch is what one worker brought back.
type batch struct {
	engine  string
	results map[string]Result // by template
	problem string            // why it ended early, in technical words
	cause   scanner.Cause     // the same
	raw     []byte            // its lines
	// unreached says why the site could not be reached.
	unreached scanner.Causes
}

// take adds one message, which must come in its place.
func (b *batch) take(plan Plan, l Line) error {
	if (l.Engine == "") != (b.engine != "") {
		return errors.New("the engine must name itself first, and once")
	}
	if l.Result == nil {
		b.engine = l.Engine
		return nil
	}
	planned := func(t PlannedTemplate) bool { return t.ID == l.Result.ID }
	if !slices.ContainsFunc(plan.Templates, planned) {
		return fmt.Errorf("template %q is not in the plan", printable(l.Result.ID, 40))
	}
	if _, twice := b.results[l.Result.ID]; twice {
		return fmt.Errorf("template %q is told twice", l.Result.ID)
	}
	b.results[l.Result.ID] = *l.Result
	return nil
}
