// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Check is one pure, revisioned judgement over one kind of fact, beside which it
// may read a second one.
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
	// Reads are the parts of the fact that the judgement rests on: what the others
	// lack is no doubt about it. Empty stands for the whole fact.
	Reads  []string
	Judge  Judge
	Papers Papers // filled by the generated registry from fr.md and en.md
}

// Case is what a judgement may know beside the fact itself.
type Case[P any] struct {
	Target Target
	At     time.Time // moment of the observation
	Params P
}

// Judge ties a judging function to the kind of fact it reads.
type Judge struct {
	Fact string // kind of fact needed
	// Reference is the kind of the second fact read beside it; empty when there
	// is none.
	Reference string
	Defaults  json.RawMessage // default parameters
	// called is what people call the reference, needed tells that nothing is
	// concluded without it.
	called Text
	needed bool
	accept func(params json.RawMessage) error
	run    func(facts *Facts, o Observation, reference *Observation, params json.RawMessage) (Verdict, error)
}

// Each judges every observation of one kind of fact on its own. What is needed
// is read off the type of the function, so need and code cannot drift apart.
// The params given are the defaults; a profile may override them by name.
func Each[P any, F Fact](params P, judge func(Case[P], F) Verdict) Judge {
	return judging(params, func(_ *Facts, c Case[P], f F, _ *Observation) (Verdict, error) {
		return judge(c, f), nil
	})
}

// Against judges every observation of one kind of fact beside one reference fact
// of the same run: portals beside the second factor, endpoints beside a register,
// anything beside the past. Which observation is the reference is told at
// referenceFor. When the run holds none that was wholly seen, nothing is
// concluded and the judgement is not asked: it never passes, nor fails, without
// its reference. Check.Vantage binds the observed fact only, since a reference is
// read wherever it is kept.
func Against[P any, F Fact, R Reference](params P, judge func(Case[P], F, R) Verdict) Judge {
	j := Beside(params, func(c Case[P], f F, reference *R) Verdict { return judge(c, f, *reference) })
	j.needed = true
	return j
}

// Beside is Against for the rare judgement that concludes without its reference
// too, and says so in a reason of its own: a fault that is proven stays one when
// nobody remembers since when it lasts. The reference is then nil.
func Beside[P any, F Fact, R Reference](params P, judge func(Case[P], F, *R) Verdict) Judge {
	j := judging(params, func(facts *Facts, c Case[P], f F, o *Observation) (Verdict, error) {
		if o == nil {
			return judge(c, f, nil), nil
		}
		reference, err := decodeOnce[R](facts, *o)
		if err != nil {
			return Verdict{}, err
		}
		return judge(c, f, &reference), nil
	})
	var r R
	j.Reference = r.FactKind()
	j.called.FR, j.called.EN = r.FactName()
	return j
}

// judging reads parameters and fact for a judgement.
func judging[P any, F Fact](params P, judge func(*Facts, Case[P], F, *Observation) (Verdict, error)) Judge {
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
		run: func(facts *Facts, o Observation, reference *Observation, raw json.RawMessage) (Verdict, error) {
			p, err := override(params, raw)
			if err != nil {
				return Verdict{}, err
			}
			fact, err := decodeOnce[F](facts, o)
			if err != nil {
				return Verdict{}, err
			}
			return judge(facts, Case[P]{o.Target, o.At, p}, fact, reference)
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
