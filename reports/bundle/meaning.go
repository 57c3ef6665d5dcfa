// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

const (
	partHeader = "header"
	partRun    = "run"
)

// check tells the first part whose content contradicts itself. A signature only
// says who wrote; this says that what was written holds together.
func (d *document) check() error {
	if err := d.checkHeader(); err != nil {
		return envelope.Wrong(partHeader, "%w", err)
	}
	if err := d.checkRun(); err != nil {
		return envelope.Wrong(partRun, "%w", err)
	}
	held, err := d.checkArtifacts()
	if err != nil {
		return err
	}
	observed, err := d.checkObservations(held)
	if err != nil {
		return err
	}
	found, err := d.checkFindings(observed, held)
	if err != nil {
		return err
	}
	return d.checkControls(found)
}

func (d *document) checkHeader() error {
	h := d.Header
	if err := checkID(h.ID); err != nil {
		return err
	}
	if h.Previous != "" && !isDigest(h.Previous) {
		return fmt.Errorf("previous %.80q is not a digest", h.Previous)
	}
	if h.SealedAt.IsZero() {
		return errors.New("the moment of sealing is missing")
	}
	if h.FINESS != d.Run.Establishment.FINESS {
		return fmt.Errorf("it names establishment %s and the run %s", h.FINESS, d.Run.Establishment.FINESS)
	}
	return checkTexts(&h)
}

func (d *document) checkRun() error {
	r := d.Run
	if r.Schema != scanner.RunSchema {
		return fmt.Errorf("schema %.40q is not %q", r.Schema, scanner.RunSchema)
	}
	if err := checkID(r.ID); err != nil {
		return err
	}
	// An agent that looks at one domain may speak for no establishment.
	if _, _, err := scanner.ParseFINESS(string(r.Establishment.FINESS)); err != nil && r.Establishment.FINESS != "" {
		return err
	}
	if !slices.Contains([]scanner.RunStatus{scanner.RunComplete, scanner.RunPartial, scanner.RunFailed}, r.Status) {
		return fmt.Errorf("status %.40q is unknown", r.Status)
	}
	if r.Started.IsZero() || r.Ended.Before(r.Started) {
		return errors.New("it ends before it starts")
	}
	// The lists answer for themselves, each entry under its own name.
	r.Controls, r.Findings, r.Observations = nil, nil, nil
	return checkTexts(&r)
}

// checkID demands a UUID version 7 (RFC 9562), in its usual writing.
func checkID(id string) error {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 || parsed.String() != id {
		return fmt.Errorf("id %.64q is not a UUID version 7", id)
	}
	return nil
}

func isDigest(s string) bool {
	if len(s) != len("sha256:")+64 || s[:7] != "sha256:" {
		return false
	}
	return !slices.ContainsFunc([]byte(s[7:]), func(c byte) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'f')
	})
}

// checkArtifacts recomputes every digest and returns the sizes by digest.
func (d *document) checkArtifacts() (map[string]int, error) {
	held := map[string]int{}
	for i, a := range d.Artifacts {
		part := "artifact " + a.Ref.Digest
		if scanner.Digest(a.Data) != a.Ref.Digest {
			return nil, envelope.Wrong(part, "its bytes have another digest")
		}
		if _, twice := held[a.Ref.Digest]; twice {
			return nil, envelope.Wrong(part, "it is there twice")
		}
		if err := checkTexts(&d.Artifacts[i].Ref); err != nil {
			return nil, envelope.Wrong(part, "%w", err)
		}
		held[a.Ref.Digest] = len(a.Data)
	}
	return held, nil
}

func (d *document) checkObservations(held map[string]int) (map[string]bool, error) {
	observed := map[string]bool{}
	for i := range d.Run.Observations {
		o := &d.Run.Observations[i]
		if err := checkRefs(o, held); err != nil {
			return nil, err
		}
		err := d.checkObservation(o)
		if err == nil && observed[o.ID] {
			err = errors.New("it is there twice")
		}
		if err != nil {
			return nil, envelope.Wrong("observation "+o.ID, "%w", err)
		}
		observed[o.ID] = true
	}
	return observed, nil
}

// checkRefs demands that the bytes behind an observation are held, unless it says
// that they are not.
func checkRefs(o *scanner.Observation, held map[string]int) error {
	for _, ref := range o.Artifacts {
		size, ok := held[ref.Digest]
		if ref.Dropped && ok {
			return envelope.Wrong("artifact "+ref.Digest, "observation %s says that it was dropped, and it is held", o.ID)
		}
		if !ref.Dropped && (!ok || size != ref.Size) {
			return envelope.Wrong("artifact "+ref.Digest, "observation %s names %d bytes that are not held", o.ID, ref.Size)
		}
	}
	return nil
}

func (d *document) checkObservation(o *scanner.Observation) error {
	if o.Identify().ID != o.ID {
		return errors.New("its content has another identifier")
	}
	return errors.Join(checkStatus(o.Status), d.checkRaw(o.Fact, maxFactText), checkTexts(o))
}

// checkRaw checks JSON inside the document, of which all has been checked but for a bound
// of its own on texts.
func (d *document) checkRaw(raw []byte, maxText int) error {
	if d.longest <= maxText {
		return nil
	}
	return CheckText(raw, maxText)
}

func checkStatus(s scanner.Status) error {
	switch s {
	case scanner.StatusCompleted, scanner.StatusPartial, scanner.StatusError, scanner.StatusSkipped:
		return nil
	}
	return fmt.Errorf("status %.40q is unknown", s)
}

// look is what a finding and a coverage entry have in common.
type look struct {
	check  string
	target scanner.Target
}

func (d *document) checkFindings(observed map[string]bool, held map[string]int) (map[string]bool, error) {
	covered, err := d.checkCoverage(held)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for i := range d.Run.Findings {
		f := &d.Run.Findings[i]
		err := d.checkFinding(f, observed)
		switch {
		case err == nil && found[f.Fingerprint]:
			err = errors.New("its fingerprint is there twice")
		case err == nil && !covered[look{f.Check, f.Target}]:
			err = errors.New("the coverage of the run does not speak of it")
		}
		if err != nil {
			return nil, envelope.Wrong("finding "+f.Fingerprint, "%w", err)
		}
		found[f.Fingerprint] = true
	}
	return found, nil
}

func (d *document) checkCoverage(held map[string]int) (map[look]bool, error) {
	covered := map[look]bool{}
	for _, c := range d.Run.Coverage {
		if err := checkStatus(c.Status); err != nil {
			return nil, envelope.Wrong(partRun, "coverage of %s on %s: %w", c.Check, c.Target.Key(), err)
		}
		for _, ref := range c.Dropped {
			if _, ok := held[ref.Digest]; ok {
				return nil, envelope.Wrong("artifact "+ref.Digest, "the coverage of %s says that it was dropped, and it is held", c.Check)
			}
		}
		covered[look{c.Check, c.Target}] = true
	}
	return covered, nil
}

func (d *document) checkFinding(f *scanner.Finding, observed map[string]bool) error {
	if scanner.Fingerprint(f.Check, f.Target.Key()) != f.Fingerprint {
		return errors.New("its check and target have another fingerprint")
	}
	if !slices.Contains(scanner.Outcomes(), f.Outcome) || !slices.Contains(scanner.Severities(), f.Severity) {
		return fmt.Errorf("outcome %.40q or severity %.40q is unknown", f.Outcome, f.Severity)
	}
	if !slices.Contains(scanner.Strengths(), f.Strength) {
		return fmt.Errorf("strength %.40q is unknown", f.Strength)
	}
	for _, id := range f.Observations {
		if !observed[id] {
			return fmt.Errorf("it rests on observation %.64q, which is not held", id)
		}
	}
	return errors.Join(d.checkRaw(f.Parameters, maxText), checkTexts(f))
}

// checkControls demands that a control rests on findings that are held.
func (d *document) checkControls(found map[string]bool) error {
	for i, c := range d.Run.Controls {
		part := "control " + c.Catalog + " " + c.ID
		if !slices.Contains(scanner.ControlStates(), c.State) {
			return envelope.Wrong(part, "state %.40q is unknown", c.State)
		}
		if !slices.Contains(scanner.Strengths(), c.Strength) {
			return envelope.Wrong(part, "strength %.40q is unknown", c.Strength)
		}
		for _, fp := range c.Findings {
			if !found[fp] {
				return envelope.Wrong(part, "it rests on finding %.64q, which is not held", fp)
			}
		}
		if err := checkTexts(&d.Run.Controls[i]); err != nil {
			return envelope.Wrong(part, "%w", err)
		}
	}
	return nil
}
