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
	"carescan/scanner/settings"
)

// Probe reads the statements of one establishment.
type Probe struct {
	file          string
	establishment scanner.Target
}

// New makes the probe of one establishment.
func New(s Settings, establishment scanner.Target) Probe { return Probe{string(s), establishment} }

// Name is what plans call the probe.
const Name = "attestation"

// Name is the word used in plans.
func (Probe) Name() string { return Name }

// TargetKind is what it looks at: the establishment itself.
func (Probe) TargetKind() scanner.TargetKind { return scanner.KindEstablishment }

// Facts are the kinds of fact it brings back.
func (Probe) Facts() []string { return []string{fact.Attestations{}.FactKind()} }

// Needs are one file and the documents it cites: nobody is contacted.
func (p Probe) Needs() scanner.Needs {
	needs := scanner.Needs{Vantage: scanner.VantageDeclared}
	if p.file != "" {
		needs.Files = []scanner.File{{Key: Section.Name, Path: p.file, Parse: p.parse}}
	}
	return needs
}

func (p Probe) parse(ctx context.Context) error {
	statements, err := read(p.file)
	if err == nil {
		_, err = p.items(ctx, statements)
	}
	return err
}

// Observe reads the file and hashes the documents it cites.
func (p Probe) Observe(ctx context.Context, _ scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t != p.establishment {
		return nil, scanner.NotSeen(scanner.CauseNoSource, nil, fmt.Errorf("no attestation file is declared for establishment %q", t.ID))
	}
	statements, err := read(p.file)
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
	name := filepath.Base(p.file)
	return localfile.In(name, fmt.Errorf("read attestations in %s: %w", name, err))
}

func (p Probe) items(ctx context.Context, statements []statement) ([]fact.Attestation, error) {
	items := make([]fact.Attestation, 0, len(statements))
	for _, s := range statements {
		item := s.item()
		if s.Document.text != "" {
			digest, err := hashDocument(ctx, p.file, s.Document.text)
			if err != nil {
				// The name of a document may hold the name of a person: the line says which.
				return nil, settings.InFile(s.Document.line,
					"le document cité n'a pas pu être lu ("+scanner.CauseOf(err).Text().FR+") ; corrigez son chemin, qui part du dossier de ce fichier",
					fmt.Sprintf("hash the document: %v; correct its path, relative to this file", err))
			}
			item.Document = digest
		}
		items = append(items, item)
	}
	return items, nil
}
