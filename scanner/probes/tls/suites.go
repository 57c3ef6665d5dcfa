// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"errors"
	"math/bits"
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
	fact.OfferCCM8: hello.CCM8, fact.OfferDHE: hello.DHE, fact.OfferEphemeral: ephemeral,
}

const (
	ephemeral = hello.DHE | hello.ECDHE
	// telling are the traits of suites that bring what is judged besides: the
	// certificate of each kind of key, and finite fields smaller than the usual one.
	telling = hello.RSA | hello.ECDSA | hello.DSS | hello.ExportDH | hello.ShortDH
)

// judgedTraits are all those of judged.
func judgedTraits() (all hello.Trait) {
	for _, t := range judged {
		all |= t
	}
	return all
}

// openTraits are those of some traits that no accepted suite has shown yet. One of
// the two ephemeral exchanges settles whether secrets are forward.
func (l *look) openTraits(wanted hello.Trait) hello.Trait {
	for _, s := range l.suites {
		for _, id := range s.taken {
			t := hello.Traits(id)
			if t&ephemeral != 0 {
				wanted &^= hello.ECDHE
			}
			wanted &^= t
		}
	}
	return wanted
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
	l.peelAt(ctx, highest, judgedTraits()|telling)
	if lowest != highest {
		l.peelAt(ctx, lowest, judgedTraits())
	}
}

// peelAt offers first the suites that have most of the open traits: one pick then
// settles several.
func (l *look) peelAt(ctx context.Context, version uint16, wanted hello.Trait) {
	var asked []uint16
	for l.stopped == nil {
		open := l.openTraits(wanted)
		suites := slices.DeleteFunc(l.suites[version].left(hello.Suites(version, open)), func(id uint16) bool { return open == 0 || slices.Contains(asked, id) })
		if len(suites) == 0 {
			return
		}
		shown := func(id uint16) int { return bits.OnesCount32(uint32(hello.Traits(id) & open)) }
		slices.SortStableFunc(suites, func(a, b uint16) int { return shown(b) - shown(a) })
		chunk := suites[:min(len(suites), l.most(version))]
		if !l.pick(ctx, version, chunk, nil) {
			asked = append(asked, chunk...)
		}
	}
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

// rare offers the suite of TLS 1.3 that is judged, CCM-8, with keys, which no server
// may miss.
func (l *look) rare(ctx context.Context) {
	if !l.takes(hello.TLS13) {
		return
	}
	o := l.offer(hello.TLS13, l.suites[hello.TLS13].left(hello.Suites(hello.TLS13, hello.CCM8)))
	if o.Shares = keyedGroups(); len(o.Suites) == 0 {
		return
	}
	r := l.ask(ctx, o)
	l.note("suites 1.3", r)
	l.refuse(hello.TLS13, r)
}

// keyedGroups are those for which a genuine key is made.
func keyedGroups() []uint16 { return []uint16{hello.X25519, hello.P256, hello.P384, hello.P521} }

// retry makes sure that hellos without a key are answered, while learning of what
// the default handshake did not pick. RFC 8446 section 4.2.8 allows them; a server
// that does not answer them is given a key.
func (l *look) retry(ctx context.Context) {
	if !l.takes(hello.TLS13) || l.retried {
		return
	}
	l.retried = true
	suites := l.suites[hello.TLS13].left([]uint16{0x1301, 0x1302, 0x1303})
	if l.pick(ctx, hello.TLS13, suites, l.freshGroups(hello.TLS13)) || l.ask(ctx, l.usual(hello.TLS13)).offer == fact.Accepted || l.spent >= l.allowed {
		return
	}
	l.keyed = true
	l.ask(ctx, l.usual(hello.TLS13))
}

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

// orderOfCBC looks at the order of a server that has CBC suites: whether it would choose
// better is then judged.
func (l *look) orderOfCBC(ctx context.Context) {
	if l.traitOffer(hello.CBC) == fact.Accepted {
		l.reverse(ctx)
	}
}

// reverse offers the same suites in the opposite order: a server that picks
// another one follows the client. ChaCha20 is left aside: a server with an order
// of its own may still prefer it for clients that put it first.
func (l *look) reverse(ctx context.Context) {
	if l.order != "" {
		return
	}
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
