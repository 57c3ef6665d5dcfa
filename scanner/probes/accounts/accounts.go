// SPDX-License-Identifier: Apache-2.0

// Package accounts counts, in the export of an application, the people who own
// a second factor and those who are made to use it. It brings back counts and
// keyed pseudonyms; the file itself, full of names, is known by its digest only.
package accounts

import (
	"context"
	"fmt"
	"path/filepath"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// Probe reads the exports of several applications.
type Probe struct {
	configs    Settings
	pseudonyms scanner.Pseudonyms
}

// New makes the probe of the declared exports.
func New(configs Settings, p scanner.Pseudonyms) Probe { return Probe{configs, p} }

// Name is what plans call the probe.
const Name = "accounts"

// Name is the word used in plans.
func (Probe) Name() string { return Name }

// TargetKind is what it looks at: an application.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindApplication }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string {
	return []string{fact.Accounts{}.FactKind(), fact.Source{}.FactKind()}
}

// Needs are the exports: nobody is contacted.
func (p Probe) Needs() scanner.Needs {
	needs := scanner.Needs{Vantage: scanner.VantageDeclared}
	for i, c := range p.configs {
		needs.Files = append(needs.Files, scanner.File{
			Key: Section.Name + settings.At(i) + ".file", Path: c.File,
			Parse: func(ctx context.Context) error { _, err := read(ctx, c, &fact.Source{}); return err },
		})
	}
	return needs
}

// Observe reads the export of an application, and tells its health.
func (p Probe) Observe(ctx context.Context, _ scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	for _, c := range p.configs {
		if c.ID == t.ID {
			return p.observe(ctx, c)
		}
	}
	return nil, scanner.NotSeen(scanner.CauseNoSource, nil, fmt.Errorf("no export of accounts is declared for application %q", t.ID))
}

func (p Probe) observe(ctx context.Context, c Config) ([]scanner.Sighting, error) {
	source := fact.Source{Kind: "accounts"}
	census, err := read(ctx, c, &source)
	if err != nil {
		name := filepath.Base(c.File)
		err = localfile.In(name, fmt.Errorf("read the accounts of %s in %s: %w", c.ID, name, err))
		return []scanner.Sighting{{Fact: source.Blamed(scanner.CausesOf(err))}}, err
	}
	counted := census.count(c, p.pseudonyms)
	var words map[string]string
	source.Unmapped, words = census.unmapped(c, p.pseudonyms)
	return []scanner.Sighting{counted, {Fact: source, Names: words}}, nil
}

// read fills the health of the source as far as it goes.
func read(ctx context.Context, c Config, source *fact.Source) (census, error) {
	words, faults := newVocabulary(c)
	if len(faults) > 0 {
		return census{}, faults
	}
	content, err := readExport(c, source)
	if err != nil {
		return census{}, err
	}
	taken := newCensus()
	source.Received, err = parse(content, c.Columns, func(r row) { taken.add(r, words) })
	if err != nil {
		return census{}, err
	}
	source.Rejected, source.Complete = taken.rejected(), true
	source.Duplicates, source.Nameless, source.Broken = taken.duplicates, taken.nameless, taken.broken
	return taken, ctx.Err()
}
