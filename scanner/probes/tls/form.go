// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// form is how long a hello is. Some middle boxes lose those over 255 bytes, and
// some old stacks end at extensions they do not know, which they should pass over
// (RFC 5246 section 7.4.1.4). The form that a service answers is learnt once, and kept.
type form int

// The forms, from the one that asks most.
const (
	full form = iota
	small
	bare
)

// shape writes an offer in a form.
func (f form) shape(o hello.Offer) hello.Offer {
	switch f {
	case full:
	case small:
		return o.Small()
	case bare:
		return o.Bare()
	}
	return o
}

// most is how many suites one hello offers.
func (l *look) most(version uint16) int {
	if l.form == full {
		return hello.MaxSuites
	}
	return l.form.shape(l.offer(version, nil)).Room()
}

// ask sends a hello in the form that the service answers, the fullest that may be
// while none is proven, and learns what the answer tells.
func (l *look) ask(ctx context.Context, o hello.Offer) reply {
	r := l.askAs(ctx, l.form, o)
	for f := l.form + 1; f <= bare && l.mayAnswer(f, o, r); f++ {
		r = l.askAs(ctx, f, o)
	}
	l.learn(r)
	if l.streak >= maxRefusals {
		l.control(ctx)
	}
	return r
}

// mayAnswer tells whether a hello that was not taken is worth a smaller form: an
// alert to a small one is a refusal of what it offers.
func (l *look) mayAnswer(f form, o hello.Offer, r reply) bool {
	if l.proven || r.offer == fact.Accepted || !r.connected || r.stranger || l.stopped != nil || l.streak >= maxRefusals {
		return false
	}
	return o.Size() >= hello.SmallSize && (f == small || !r.Alerted)
}

// askAs offers the suites by hellos of a form, until one is taken. What is refused
// is all that was sent.
func (l *look) askAs(ctx context.Context, f form, o hello.Offer) reply {
	var last reply
	var sent []uint16
	shaped := f.shape(o)
	size := len(o.Suites)
	if f != full {
		size = shaped.Room()
	}
	for suites := range slices.Chunk(o.Suites, max(1, size)) {
		shaped.Suites = suites
		r := l.say(ctx, shaped)
		if r.Version != 0 {
			l.form, l.proven = f, l.proven || f != full || shaped.Size() >= hello.SmallSize
			return r
		}
		sent = append(sent, suites...)
		if last.offer != fact.OfferUnknown {
			last = r
		}
		if l.streak >= maxRefusals || l.stopped != nil {
			break
		}
	}
	last.sent.Suites = sent
	return last
}
