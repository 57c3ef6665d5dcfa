// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Check is one pure, revisioned judgement over one kind of fact.
type Check struct {
	ID       string // "family.subject", for ever
	Revision int    // rises when the same facts could be judged otherwise
	Severity Severity
	// References are the ids of the reference tables it implements (EXP-MAIL-08).
	References []string
	// Vantage is where the fact must have been seen from; empty accepts any. The
	// registry fills it from the family unless the check says otherwise.
	Vantage Vantage
	// Confirm says what a failure needs before it is said; empty believes one look.
	// The registry fills it by kind of fact unless the check says otherwise.
	Confirm Confirmation
	Judge   Judge
	Papers  Papers // filled by the generated registry from fr.md and en.md
}

// Case is what a judgement may know beside the fact itself.
type Case[P any] struct {
	Target Target
	At     time.Time // moment of the observation
	Params P
}

// Judge ties a judging function to the kind of fact it reads.
type Judge struct {
	Fact     string          // kind of fact needed
	Defaults json.RawMessage // default parameters
	accept   func(params json.RawMessage) error
	run      func(o Observation, params json.RawMessage) (Verdict, error)
}

// Each judges every observation of one kind of fact on its own. What is needed
// is read off the type of the function, so need and code cannot drift apart.
// The params given are the defaults; a profile may override them by name.
func Each[P any, F Fact](params P, judge func(Case[P], F) Verdict) Judge {
	var f F
	// Parameters are plain structs; a type that cannot encode fails every test.
	defaults, _ := json.Marshal(params)
	return Judge{
		Fact:     f.FactKind(),
		Defaults: defaults,
		accept: func(raw json.RawMessage) error {
			_, err := override(params, raw)
			return err
		},
		run: func(o Observation, raw json.RawMessage) (Verdict, error) {
			p, err := override(params, raw)
			if err != nil {
				return Verdict{}, err
			}
			fact, err := Decode[F](o)
			if err != nil {
				return Verdict{}, err
			}
			return judge(Case[P]{o.Target, o.At, p}, fact), nil
		},
	}
}

// AcceptParams tells whether parameters set by a profile are known and typed
// as the check expects; nil means the defaults.
func (j Judge) AcceptParams(raw json.RawMessage) error { return j.accept(raw) }

func override[P any](params P, raw json.RawMessage) (P, error) {
	if len(raw) == 0 {
		return params, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&params); err != nil && err != io.EOF {
		return params, fmt.Errorf("read parameters %s: %w", raw, err)
	}
	return params, nil
}
