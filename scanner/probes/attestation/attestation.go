// SPDX-License-Identifier: Apache-2.0

// Package attestation reads the statements that people of an establishment keep
// in a file for what no probe can see: a crisis exercise held, a security policy
// approved. The documents they cite are hashed and stay where they are.
package attestation

import (
	"context"
	"fmt"
	"path/filepath"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
)

// Config says where the statements of an establishment are kept.
type Config struct {
	File          string
	Establishment scanner.Target
}

// Probe reads the statements of one establishment.
type Probe struct{ config Config }

// New makes the probe of one establishment.
func New(c Config) Probe { return Probe{c} }

// Name is the word used in plans.
func (Probe) Name() string { return "attestation" }

// TargetKind is what it looks at: the establishment itself.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindEstablishment }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string { return []string{fact.Attestations{}.FactKind()} }

// Load is nothing at all: it reads files.
func (Probe) Load() scanner.Load { return scanner.Load{} }

// Vantage is where its facts are seen from.
func (Probe) Vantage() scanner.Vantage { return scanner.VantageDeclared }

// Observe reads the file and hashes the documents it cites.
func (p Probe) Observe(ctx context.Context, _ scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t != p.config.Establishment {
		return nil, scanner.NotSeen(scanner.CauseNoSource, nil, fmt.Errorf("no attestation file is declared for establishment %q", t.ID))
	}
	statements, err := read(p.config.File)
	if err != nil {
		return nil, p.unread(err)
	}
	items, err := p.items(ctx, statements)
	if err != nil {
		return nil, p.unread(err)
	}
	return []scanner.Sighting{{Fact: fact.Attestations{Items: items}}}, nil
}

func (p Probe) unread(err error) error {
	name := filepath.Base(p.config.File)
	return localfile.In(name, fmt.Errorf("read attestations in %s: %w", name, err))
}

func (p Probe) items(ctx context.Context, statements []statement) ([]fact.Attestation, error) {
	items := make([]fact.Attestation, 0, len(statements))
	for _, s := range statements {
		item := s.item()
		if s.Document.text != "" {
			digest, err := hashDocument(ctx, p.config.File, s.Document.text)
			if err != nil {
				// The name of a document may hold the name of a person: the line says which.
				return nil, localfile.On(s.Document.line,
					fmt.Errorf("line %d: hash the document: %w; correct its path, relative to this file", s.Document.line, err))
			}
			item.Document = digest
		}
		items = append(items, item)
	}
	return items, nil
}
