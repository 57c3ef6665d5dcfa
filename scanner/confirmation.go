// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
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
