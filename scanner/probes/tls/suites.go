// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"errors"
	"slices"
	"strings"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

var errNotOffered = errors.New("the server picked what was not offered")

// judged are the traits a verdict rests on, by the key of their offer.
var judged = map[string]hello.Trait{
	fact.OfferExport: hello.Export, fact.OfferNull: hello.Null, fact.OfferAnonymous: hello.Anonymous,
	fact.OfferRC4: hello.RC4, fact.OfferDES: hello.DES, fact.Offer3DES: hello.TripleDES,
	fact.OfferStaticKey: hello.StaticKey, fact.OfferCBC: hello.CBC, fact.OfferAEAD: hello.AEAD,
	fact.OfferCCM8: hello.CCM8, fact.OfferDHE: hello.DHE,
}

// open are the judged traits that no accepted suite has shown yet.
func (l *look) openTraits() hello.Trait {
	var open hello.Trait
	for _, t := range judged {
		open |= t
	}
	for _, s := range l.suites {
		for _, id := range s.taken {
			open &^= hello.Traits(id)
		}
	}
	return open
}

// peel settles every judged trait: it offers all suites that have one still open.
// Refused, they are absent, all at once; otherwise the pick closes its traits and
// the rest is offered again. It is done for the highest version before 1.3 and
// for the lowest: some stacks keep old suites for old versions.
func (l *look) peel(ctx context.Context) {
	highest := l.below(hello.TLS13)
	lowest := highest
	for v := highest; v >= hello.SSL3; v-- {
		if l.takes(v) {
			lowest = v
		}
	}
	if highest == 0 {
		return
	}
	l.peelAt(ctx, highest)
	if lowest != highest {
		l.peelAt(ctx, lowest)
	}
}

func (l *look) peelAt(ctx context.Context, version uint16) {
	suites := l.suites[version].left(hello.Suites(version, l.openTraits()))
	for len(suites) > 0 {
		chunk := l.fillHello(version, suites)
		if !l.pick(ctx, version, chunk, nil) {
			suites = suites[min(len(suites), len(chunk)):]
			continue
		}
		open := l.openTraits()
		suites = slices.DeleteFunc(l.suites[version].left(suites), func(id uint16) bool { return hello.Traits(id)&open == 0 })
	}
}

// fillHello are the first suites of a list, as many as one hello holds. When there is
// room for all the others that have no answer, they follow: the refusal that ends
// the list then ends it for both.
func (l *look) fillHello(version uint16, suites []uint16) []uint16 {
	most := l.most(version)
	if len(suites) >= most {
		return suites[:most]
	}
	others := slices.DeleteFunc(l.suites[version].left(hello.Suites(version, 0)), func(id uint16) bool { return slices.Contains(suites, id) })
	if len(suites)+len(others) > most {
		return suites
	}
	return slices.Concat(suites, others)
}

// pick offers suites, and groups when they are restricted, and tells whether the
// server took one of these suites in this version. A refusal is kept only when
// every group was offered.
func (l *look) pick(ctx context.Context, version uint16, suites, groups []uint16) bool {
	o := l.offer(version, suites)
	if groups != nil {
		o.Groups = groups
	}
	r := l.ask(ctx, o)
	key := "suites " + hello.VersionName(version)
	if r.Chose() && !slices.Contains(suites, r.Suite) {
		l.why[key] = errNotOffered.Error()
		return false
	}
	if r.Version == version {
		return true
	}
	if r.Chose() { // taken, but in another version
		l.suites[version].refused[r.Suite] = true
		return len(suites) > 1 && l.pick(ctx, version, l.suites[version].left(suites), groups)
	}
	if groups == nil {
		l.refuse(version, r)
	}
	l.note(key, r)
	return false
}

// refuse keeps what a refusal proves.
func (l *look) refuse(version uint16, r reply) {
	if r.offer != fact.Declined {
		return
	}
	refused := l.suites[version].refused
	for _, id := range r.sent.Suites {
		refused[id] = true
	}
	l.doubt(r, func() {
		for _, id := range r.sent.Suites {
			delete(refused, id)
		}
	})
}

// rare offers the suites of TLS 1.3 that servers rarely take, CCM-8 among them.
func (l *look) rare(ctx context.Context) {
	if !l.takes(hello.TLS13) {
		return
	}
	l.retry(ctx)
	for {
		suites := l.suites[hello.TLS13].left(hello.Suites(hello.TLS13, 0))
		suites = slices.DeleteFunc(suites, usual13)
		if len(suites) == 0 || !l.pick(ctx, hello.TLS13, suites, nil) {
			return
		}
	}
}

// retry makes sure that hellos without a key are answered, while learning of what
// the default handshake did not pick. RFC 8446 section 4.2.8 allows them; a server
// that does not answer them is given a key.
func (l *look) retry(ctx context.Context) {
	suites := l.suites[hello.TLS13].left([]uint16{0x1301, 0x1302, 0x1303})
	if l.pick(ctx, hello.TLS13, suites, l.freshGroups(hello.TLS13)) || l.ask(ctx, l.usual(hello.TLS13)).offer == fact.Accepted {
		return
	}
	l.keyed = true
	l.ask(ctx, l.usual(hello.TLS13))
}

// usual13 tells the three suites every server of TLS 1.3 knows (RFC 8446 section
// 9.1).
func usual13(id uint16) bool { return id >= 0x1301 && id <= 0x1303 }

// encryptMAC asks whether CBC suites are protected by RFC 7366, when there are
// some and no hello has told yet.
func (l *look) encryptMAC(ctx context.Context) {
	version := l.below(hello.TLS13)
	if version < hello.TLS10 || l.offers[fact.OfferEncryptMAC] != "" {
		return
	}
	suites := l.having(version, hello.CBC)
	if len(suites) == 0 {
		return
	}
	r := l.ask(ctx, l.offer(version, suites))
	l.offers[fact.OfferEncryptMAC] = echoed(r, r.sent.EncryptMAC, r.EncryptMAC)
	l.note(fact.OfferEncryptMAC, r)
	l.noteUnasked(fact.OfferEncryptMAC, r, r.sent.EncryptMAC)
}

// learnEncryptMAC reads it off any hello that offered it and brought a CBC suite:
// with another one a server does not answer it (RFC 7366 section 3).
func (l *look) learnEncryptMAC(o hello.Offer, r reply) {
	if o.EncryptMAC && r.Version >= hello.TLS10 && hello.Traits(r.Suite)&hello.CBC != 0 {
		l.offers[fact.OfferEncryptMAC] = echoed(r, true, r.EncryptMAC)
	}
}

// echoed reads whether an accepted hello came back with an extension. One that was
// not offered cannot.
func echoed(r reply, offered, extension bool) fact.Offer {
	switch {
	case r.Version == 0 || !offered:
		return fact.OfferUnknown
	case extension:
		return fact.Accepted
	}
	return fact.Declined
}

// noteUnasked says why an extension that was not offered is not known.
func (l *look) noteUnasked(key string, r reply, offered bool) {
	if r.Version != 0 && !offered {
		l.why[key] = "the service answers only hellos in which this is not asked"
	}
}

// having are the accepted suites of a version with a trait.
func (l *look) having(version uint16, t hello.Trait) []uint16 {
	return slices.DeleteFunc(slices.Clone(l.suites[version].taken), func(id uint16) bool { return hello.Traits(id)&t == 0 })
}

// reverse offers the same suites in the opposite order: a server that picks
// another one follows the client. ChaCha20 is left aside: a server with an order
// of its own may still prefer it for clients that put it first.
func (l *look) reverse(ctx context.Context) {
	version := l.orderVersion()
	o := l.usual(version)
	if l.base.Version == version {
		o.Suites = l.base.sent.Suites
	}
	o.Suites = slices.DeleteFunc(slices.Clone(o.Suites), isChaCha)
	first := l.base.Suite
	if l.base.Version != version || isChaCha(first) {
		first = l.ask(ctx, o).Suite
	}
	slices.Reverse(o.Suites)
	r := l.ask(ctx, o)
	l.note("server-order", r)
	switch {
	case first == 0 || r.Version != version:
	case r.Suite != first:
		l.order = fact.Declined
	default:
		l.order = fact.Accepted // as far as there was a choice: see serverOrder
	}
}

func isChaCha(id uint16) bool { return strings.Contains(hello.SuiteName(id), "CHACHA20") }

// orderVersion is where the order is looked at: before TLS 1.3 if possible, where
// it matters most.
func (l *look) orderVersion() uint16 {
	if version := l.below(hello.TLS13); version != 0 {
		return version
	}
	return hello.TLS13
}

// serverOrder is known when the server had a choice.
func (l *look) serverOrder() fact.Offer {
	choices := slices.DeleteFunc(slices.Clone(l.suites[l.orderVersion()].taken), isChaCha)
	if l.order == fact.Accepted && len(choices) < 2 {
		return ""
	}
	return l.order
}

// enumerate lists the suites and the groups of every accepted version, within the
// budget: the newest first, which matter most.
func (l *look) enumerate(ctx context.Context) {
	for v := hello.TLS13; v >= hello.SSL3; v-- {
		if l.takes(v) {
			l.enumerateSuites(ctx, v)
			l.enumerateGroups(ctx, v)
		}
	}
}

// enumerateSuites offers what is not settled, without what the server picks, until
// it refuses. While usual suites remain, only groups not seen yet are offered with
// them: one connection then tells two things.
func (l *look) enumerateSuites(ctx context.Context, version uint16) {
	for l.stopped == nil {
		suites := l.suites[version].left(hello.Suites(version, 0))
		if len(suites) == 0 {
			return
		}
		chunk := suites[:min(len(suites), l.most(version))]
		if fresh := l.freshGroups(version); len(fresh) > 0 && l.pick(ctx, version, chunk, fresh) {
			continue
		}
		l.apart = true
		if !l.pick(ctx, version, chunk, nil) && len(l.suites[version].left(chunk)) > 0 {
			return
		}
	}
}

// freshGroups are the groups to learn of while suites are listed: for the highest
// version only, and until they were refused once.
func (l *look) freshGroups(version uint16) []uint16 {
	if version != l.best() || l.apart {
		return nil
	}
	return l.unknownGroups(version)
}
