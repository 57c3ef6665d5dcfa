// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// memory is what a first look leaves to the one that confirms it: how the service is
// spoken to, and what it accepted.
type memory struct {
	form   form
	proven bool
	keyed  bool
	best   uint16 // the highest version
	older  uint16 // the highest before 1.3; 0 when there is none
	suites map[uint16][]uint16
	groups map[uint16][]uint16
	finite []finite
	hashes []uint16 // weak ones
	order  fact.Offer
	keys   bool // it has certificates of several kinds of key
	lacks  hello.Trait
}

// remembered is what one look leaves.
func (l *look) remembered() *memory {
	m := &memory{
		form: l.form, proven: l.proven, keyed: l.keyed, best: l.best(), older: l.below(hello.TLS13), finite: slices.Clone(l.finite), order: l.order,
		suites: map[uint16][]uint16{}, groups: map[uint16][]uint16{}, keys: len(l.leaves) > 1,
	}
	for v := range l.suites {
		m.suites[v], m.groups[v] = l.suites[v].taken, l.groups[v].taken
	}
	for _, h := range weakHashes {
		if l.signed[h] == fact.Accepted {
			m.hashes = append(m.hashes, h)
		}
	}
	for _, sought := range []hello.Trait{ephemeral, hello.AEAD} { // a failure may be that there is none
		if l.traitOffer(sought) == fact.Declined {
			m.lacks |= sought
		}
	}
	return m
}

// parts are those of the fact that a look which confirms may leave out.
var parts = []string{
	fact.TLSCertificate, fact.TLSStaple, fact.TLSOfSSL, fact.TLSOfTLS, fact.TLSBroken, fact.TLSSecrecy, fact.TLSModes, fact.TLSGroups,
	fact.TLSSignatures, fact.TLSHabits, fact.TLSBeginAgain, fact.TLSEarlyData, fact.TLSFlaws,
}

// wanted tells whether a look is to see a part.
func wanted(ctx context.Context, part string) bool {
	return scanner.Wanted(ctx, fact.TLS{}.FactKind(), part)
}

// notAgain are the parts that a look had no reason to see.
func notAgain(ctx context.Context) (gaps []scanner.Gap) {
	for _, part := range parts {
		if !wanted(ctx, part) {
			gaps = append(gaps, scanner.NotAgain(part))
		}
	}
	return gaps
}

// notAskedAgain is why a look that confirms does not know what was not in doubt.
const notAskedAgain = "not asked again"

// broken are the traits of suites that protect nothing.
const broken = hello.Null | hello.Anonymous | hello.Export | hello.RC4 | hello.DES | hello.TripleDES

// confirm asks again what a first look saw failing: the default handshake, then, of the
// suites, groups and hashes that are judged, those that were accepted.
func (l *look) confirm(ctx context.Context, m *memory) {
	l.again, l.form, l.proven, l.keyed = m, m.form, m.proven, m.keyed
	l.greetAgain(ctx, m)
	if l.first.stranger || !l.first.connected || !l.first.spokeTLS() && !l.first.hungUp {
		return
	}
	for _, step := range []struct {
		part string
		ask  func(context.Context, *memory)
	}{
		{fact.TLSOfTLS, l.versionsAgain},
		{fact.TLSHabits, l.habitsAgain},
		{fact.TLSOfSSL, l.sslAgain},
		{fact.TLSCertificate, l.keysAgain},
		{fact.TLSBroken, func(ctx context.Context, m *memory) { l.recall(ctx, m, broken) }},
		{fact.TLSSecrecy, l.secrecyAgain},
		{fact.TLSModes, l.modesAgain},
		{fact.TLSGroups, l.groupsAgain},
		{fact.TLSSignatures, func(ctx context.Context, m *memory) { l.offerHashes(ctx, m.hashes) }},
		{fact.TLSBeginAgain, l.beginAgain},
		{fact.TLSFlaws, l.flawsAgain},
	} {
		if wanted(ctx, step.part) {
			step.ask(ctx, m)
		}
	}
	l.control(ctx)
}

// greetAgain makes the handshake that shows the certificate, the tickets, and whether the
// service still answers.
func (l *look) greetAgain(ctx context.Context, m *memory) {
	o := terms{most: tls.VersionTLS13}
	if l.form != full {
		o = terms{least: m.best, most: m.best, suites: m.suites[m.best]}
	}
	l.shakeFirst(ctx, o)
	if l.first.Version != 0 && l.first.Version < hello.TLS13 && l.form == full {
		l.versions[hello.TLS13] = reply{offer: fact.Declined, connected: true}
	}
}

func (l *look) versionsAgain(ctx context.Context, _ *memory) {
	if !l.takes(hello.TLS13) {
		l.version(ctx, hello.TLS13)
	}
	l.introduce(ctx)
	l.version(ctx, hello.TLS11)
	l.version(ctx, hello.TLS10)
	l.fallbackOfOld(ctx)
}

func (l *look) sslAgain(ctx context.Context, _ *memory) {
	l.version(ctx, hello.SSL3)
	l.ssl2(ctx)
}

// habitsAgain reads the flags of the hello of TLS 1.2, or of the newest that is taken.
func (l *look) habitsAgain(ctx context.Context, m *memory) {
	if !l.base.Chose() {
		l.introduce(ctx)
	}
	if !l.base.Chose() && m.older != 0 {
		l.version(ctx, m.older)
	}
}

// keysAgain has the certificates of the other kinds of key shown.
func (l *look) keysAgain(ctx context.Context, m *memory) {
	if m.keys {
		l.recall(ctx, m, hello.RSA|hello.ECDSA|hello.DSS)
	}
}

func (l *look) secrecyAgain(ctx context.Context, m *memory) {
	l.recall(ctx, m, hello.StaticKey)
	l.lackAgain(ctx, m, ephemeral)
}

func (l *look) modesAgain(ctx context.Context, m *memory) {
	l.recall(ctx, m, hello.CBC|hello.CCM8)
	l.lackAgain(ctx, m, hello.AEAD)
	if m.order == fact.Declined {
		l.reverse(ctx)
	}
}

// lackAgain offers once more all that the service had nothing of.
func (l *look) lackAgain(ctx context.Context, m *memory, sought hello.Trait) {
	if m.lacks&sought == 0 || m.older == 0 {
		return
	}
	l.peelAt(ctx, m.older, sought)
}

func (l *look) beginAgain(ctx context.Context, m *memory) {
	if m.older >= hello.TLS10 {
		l.namelessAt(ctx, m.older)
	}
}

func (l *look) flawsAgain(ctx context.Context, m *memory) {
	l.habitsAgain(ctx, m) // tells the version
	l.recall(ctx, m, hello.StaticKey)
	l.seekFlaws(ctx)
}

// recall offers the suites of some traits that the first look saw accepted, until each
// of the traits is seen again.
func (l *look) recall(ctx context.Context, m *memory, sought hello.Trait) {
	for v := hello.TLS13; v >= hello.SSL3; v-- {
		for l.stopped == nil {
			open := l.openTraits(sought)
			suites := slices.DeleteFunc(l.suites[v].left(m.suites[v]), func(id uint16) bool { return hello.Traits(id)&open == 0 })
			if len(suites) == 0 || !l.pick(ctx, v, suites[:min(len(suites), l.most(v))], nil) {
				break
			}
		}
	}
}

// groupsAgain offers the judged groups that the first look saw accepted, and the suites
// whose finite fields it was sent.
func (l *look) groupsAgain(ctx context.Context, m *memory) {
	isWeak := func(id uint16) bool { return id == hello.P224 || slices.Contains(hello.WeakGroups(), id) }
	if weak := slices.DeleteFunc(slices.Clone(m.groups[m.older]), func(id uint16) bool { return !isWeak(id) }); len(weak) > 0 {
		l.weakAmong(ctx, m.older, weak)
	}
	isJudged := func(id uint16) bool { return slices.Contains(hello.JudgedGroups13(), id) }
	for judged := slices.DeleteFunc(slices.Clone(m.groups[hello.TLS13]), func(id uint16) bool { return !isJudged(id) }); len(judged) > 0; {
		if l.offerGroups(ctx, hello.TLS13, judged, "groups 1.3") != fact.Accepted {
			break
		}
		judged = l.groups[hello.TLS13].left(judged)
	}
	for _, f := range m.finite {
		l.pick(ctx, f.version, []uint16{f.suite}, nil)
	}
}
