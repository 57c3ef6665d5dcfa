// SPDX-License-Identifier: Apache-2.0

// Package directory counts the people of a technical directory, and those of
// its privileged groups who are made to sign in with a smart card. It reads
// over LDAPS with an ordinary account, slowly, and asks for no attribute it does
// not use (identity-directory-hds.md sections 4.1 and 4.2).
package directory

import (
	"context"
	"fmt"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Config describes one directory.
type Config struct {
	ID           string // of the directory target
	URL          string // "ldaps://host:636"; nothing is ever sent in clear
	ServerName   string // in the certificate; empty: the host of URL
	CAFile       string // PEM authorities; empty: those of the system
	BindDN       string
	PasswordFile string // read at each look
	BaseDN       string
}

// Probe looks at the declared directories.
type Probe struct {
	configs    []Config
	pseudonyms scanner.Pseudonyms
}

// New makes the probe of the declared directories.
func New(configs []Config, p scanner.Pseudonyms) Probe { return Probe{configs, p} }

// Name is the word used in plans.
func (Probe) Name() string { return "directory" }

// TargetKind is what it looks at: a directory.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindDirectory }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string {
	return []string{fact.Directory{}.FactKind(), fact.Source{}.FactKind()}
}

// Load is one connection, and at most the searches of one look.
func (Probe) Load() scanner.Load { return scanner.Load{Connections: 1, Requests: maxSearches} }

// Vantage is where its facts are seen from.
func (Probe) Vantage() scanner.Vantage { return scanner.VantageInside }

// Observe counts the people of a directory, and tells how the reading went.
func (p Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	for _, c := range p.configs {
		if c.ID == t.ID {
			return p.observe(ctx, net, c)
		}
	}
	return nil, scanner.NotSeen(scanner.CauseNoSource, nil, fmt.Errorf("no directory is declared as %q", t.ID))
}

func (p Probe) observe(ctx context.Context, net scanner.Network, c Config) ([]scanner.Sighting, error) {
	source := fact.Source{Kind: "directory", AsOf: time.Now().UTC()}
	tree, err := read(ctx, net, c)
	source.Received, source.Rejected = tree.received, tree.rejected
	if err != nil {
		err = fmt.Errorf("read directory %s: %w", c.ID, err)
		return []scanner.Sighting{{Fact: source.Blamed(scanner.CausesOf(err))}}, err
	}
	seen := tree.count(c.ID, p.pseudonyms)
	// Whatever could not be seen is also a fault of the source.
	source.Complete = !tree.cut
	return []scanner.Sighting{seen, {Fact: source.Blamed(seen.Missing)}}, nil
}

func read(ctx context.Context, net scanner.Network, c Config) (*tree, error) {
	t := newTree()
	s, err := open(ctx, net, c)
	if err != nil {
		return t, err
	}
	defer s.close()
	if err := s.groups(ctx, t); err != nil {
		return t, err
	}
	return t, s.accounts(ctx, t)
}
