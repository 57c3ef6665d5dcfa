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
	"carescan/scanner/settings"
)

// Probe looks at the declared directories.
type Probe struct {
	configs    Settings
	pseudonyms scanner.Pseudonyms
}

// New makes the probe of the declared directories.
func New(configs Settings, p scanner.Pseudonyms) Probe { return Probe{configs, p} }

// Name is what plans call the probe.
const Name = "directory"

// Name is the word used in plans.
func (Probe) Name() string { return Name }

// TargetKind is what it looks at: a directory.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindDirectory }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string {
	return []string{fact.Directory{}.FactKind(), fact.Source{}.FactKind()}
}

// Needs are an ordinary account on each directory, and its password in a file. The
// load is one connection, and at most the searches of one look.
func (p Probe) Needs() scanner.Needs {
	needs := scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactTarget},
		Rights: scanner.Text{
			FR: "un compte ordinaire qui peut lire l'annuaire, sans aucun privilège",
			EN: "an ordinary account that may read the directory, without any privilege",
		},
		Vantage: scanner.VantageInside,
		Load:    scanner.Load{Connections: 1, Requests: maxSearches},
	}
	for i, c := range p.configs {
		place := Section.Name + settings.At(i)
		needs.Files = append(needs.Files, scanner.File{
			Key: place + ".password_file", Path: c.PasswordFile, Secret: true,
			Parse: func(context.Context) error { _, err := readPassword(c.PasswordFile); return err },
		})
		if c.CAFile != "" {
			needs.Files = append(needs.Files, scanner.File{
				Key: place + ".ca_file", Path: c.CAFile,
				Parse: func(context.Context) error { _, err := readAuthorities(c.CAFile); return err },
			})
		}
	}
	return needs
}

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
