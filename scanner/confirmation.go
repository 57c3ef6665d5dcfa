// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
	"slices"
	"time"
)

// Confirmation says how a failure is confirmed: a failure seen once and not
// twice is inconclusive (exposure-checks.md section 1.2).
type Confirmation string

// The ways to confirm a failure.
const (
	// ConfirmAtOnce repeats the look without waiting: the content of a DNS, from
	// another server; a handshake; a certificate.
	ConfirmAtOnce Confirmation = "at-once"
	// ConfirmLater repeats it after ConfirmDelay: whatever a passing state of the
	// network may explain.
	ConfirmLater Confirmation = "later"
)

// ConfirmDelay is how long after the first look ConfirmLater repeats it, at
// least (exposure-checks.md section 1.2).
const ConfirmDelay = 10 * time.Minute

type attemptKey struct{}

// WithAttempt says in the context of a look which look at the same target it is.
func WithAttempt(ctx context.Context, attempt int) context.Context {
	return context.WithValue(ctx, attemptKey{}, attempt)
}

// Attempt is 0 in a first look and 1 in the one that confirms it. A probe that
// may ask one of several servers begins with another one.
func Attempt(ctx context.Context) int {
	attempt, _ := ctx.Value(attemptKey{}).(int)
	return attempt
}

// Doubt is what a failure that one look only has seen leaves to be looked at again.
type Doubt struct {
	How Confirmation
	// Parts of the fact that the failing checks read (Check.Reads); nil stands for the
	// whole fact.
	Parts []string
}

// and puts two doubts about one observation together: the longer way, and all
// that either reads.
func (d Doubt) and(other Doubt) Doubt {
	if other.How == ConfirmLater {
		d.How = ConfirmLater
	}
	if len(d.Parts) == 0 || len(other.Parts) == 0 {
		d.Parts = nil
		return d
	}
	d.Parts = append(slices.Clone(d.Parts), other.Parts...)
	slices.Sort(d.Parts)
	d.Parts = slices.Compact(d.Parts)
	return d
}

type wantedKey struct{}

// WithSecondLook says in the context of a look that it confirms an earlier one, and
// which parts of which kinds of fact are in doubt; no part stands for the whole fact.
func WithSecondLook(ctx context.Context, inDoubt map[string][]string) context.Context {
	return context.WithValue(WithAttempt(ctx, 1), wantedKey{}, inDoubt)
}

// Wanted tells whether a look is to see a part of a kind of fact, or anything of
// the kind when part is empty. A first look sees everything; one that confirms repeats
// what failed and nothing else, and says NotAgain of the other parts.
func Wanted(ctx context.Context, kind, part string) bool {
	inDoubt, second := ctx.Value(wantedKey{}).(map[string][]string)
	if !second {
		return true
	}
	parts, doubted := inDoubt[kind]
	return doubted && (part == "" || len(parts) == 0 || Gap{Part: part}.touches(parts))
}

type aboutKey struct{}

// About says in the context of a question which part of which kind of fact it is asked
// for; no part stands for the whole fact.
func About(ctx context.Context, kind, part string) context.Context {
	return context.WithValue(ctx, aboutKey{}, Wanted(ctx, kind, part))
}

// Afresh tells whether a question is to be put again whatever was heard before: in a
// look that confirms, when what it is asked for is in doubt, or when nobody said what
// it is for. What is not in doubt stands.
func Afresh(ctx context.Context) bool {
	wanted, said := ctx.Value(aboutKey{}).(bool)
	return Attempt(ctx) > 0 && (wanted || !said)
}

// Settled says in the context of a question that what was heard before will do.
func Settled(ctx context.Context) context.Context { return context.WithValue(ctx, aboutKey{}, false) }

// NotAgain is the gap of a part that a look which confirms had no reason to see: what
// the first look said of it stands.
func NotAgain(part string) Gap { return Gap{Part: part, Causes: Causes{{Code: CauseNotAgain}}} }

// notAgain tells whether a look left out, because the first one stands, some of the
// parts that a judgement reads; no part stands for the whole fact.
func (o Observation) notAgain(parts []string) bool {
	return slices.ContainsFunc(o.Unread, func(g Gap) bool {
		return g.leftOut() && (len(parts) == 0 || g.touches(parts))
	})
}

// again tells whether a look left out whatever nothing had to be confirmed of.
func (o Observation) again() bool { return slices.ContainsFunc(o.Unread, Gap.leftOut) }

func (g Gap) leftOut() bool { return len(g.Causes) == 1 && g.Causes[0].Code == CauseNotAgain }

// Whole tells whether an observation holds all that its look was made for. One that
// confirms is whole when it lacks only what nothing had to be confirmed of.
func (o Observation) Whole() bool {
	left := len(o.Unread) > 0 && !slices.ContainsFunc(o.Unread, func(g Gap) bool { return !g.leftOut() })
	return o.Status == StatusCompleted || o.Status == StatusPartial && left
}
