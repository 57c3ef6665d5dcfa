// SPDX-License-Identifier: Apache-2.0

// Package attestation reads the statements that people of an establishment keep
// in a file for what no probe can see: a crisis exercise held, a security policy
// approved. The documents they cite are hashed and stay where they are.
package attestation

import (
	"context"
	"errors"
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
	statements, void, err := read(p.file)
	if err != nil {
		return err
	}
	_, faults := p.stated(ctx, statements, void)
	return errors.Join(faults.Err(), ctx.Err())
}

// Observe reads the file and hashes the documents it cites.
func (p Probe) Observe(ctx context.Context, _ scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t != p.establishment {
		return nil, scanner.NotSeen(scanner.CauseNoSource, nil, fmt.Errorf("no attestation file is declared for establishment %q", t.ID))
	}
	statements, void, err := read(p.file)
	if err != nil {
		return nil, p.unread(err)
	}
	stated, _ := p.stated(ctx, statements, void)
	if err := ctx.Err(); err != nil {
		return nil, p.unread(err)
	}
	return []scanner.Sighting{{Fact: stated}}, nil
}

func (p Probe) unread(err error) error {
	name := filepath.Base(p.file)
	return localfile.In(name, fmt.Errorf("read attestations in %s: %w", name, err))
}

// stated hashes the documents that are cited. A statement that could not be read,
// or whose document cannot be, is void and takes nothing from the others; the
// faults say which.
func (p Probe) stated(ctx context.Context, statements []statement, void map[int]settings.Faults) (all fact.Attestations, faults settings.Faults) {
	all.Items = make([]fact.Attestation, 0, len(statements))
	for i, s := range statements {
		if wrong := void[i]; len(wrong) > 0 {
			all.Unread = append(all.Unread, s.malformed(wrong))
			faults = append(faults, wrong...)
			continue
		}
		item := s.item()
		if s.Document.text != "" {
			digest, err := hashDocument(ctx, p.file, s.Document.text)
			if err != nil {
				all.Unread = append(all.Unread, fact.UnreadAttestation{
					Topic: item.Topic, Date: item.Date, Line: s.Document.line, Causes: scanner.CausesOf(err).Bare(),
				})
				faults = append(faults, unreadDocument(s.Document.line, err).Below("attestations"+settings.At(i)+".document")...)
				continue
			}
			item.Document = digest
		}
		all.Items = append(all.Items, item)
	}
	return all, faults
}

// unreadDocument names the line and not the document: its name may hold that of a
// person.
func unreadDocument(line int, err error) settings.Faults {
	cause := scanner.CauseOf(err)
	return settings.InFile(line,
		"le document cité n'a pas pu être lu ("+cause.Text().FR+") ; corrigez son chemin, qui part du dossier de ce fichier et s'écrit avec des /",
		"the document named could not be read ("+cause.Text().EN+"); correct its path, relative to this file and written with /").Because(cause.Code).With(err)
}
