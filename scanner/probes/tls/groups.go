// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"errors"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

var errNoRetry = errors.New("the server answers no hello of TLS 1.3 without a key")

// weak offers the weak curves, and P-224, with suites that need one; P-224 is taken out
// when it is picked, and the rest offered again. TLS 1.3 knows no weak curve (RFC 8446
// section 4.2.7).
func (l *look) weak(ctx context.Context) {
	version := l.below(hello.TLS13)
	if version < hello.TLS10 {
		l.offers[fact.OfferWeakGroups] = fact.Declined
		return
	}
	l.weakAmong(ctx, version, slices.Concat(hello.WeakGroups(), []uint16{hello.P224}))
}

func (l *look) weakAmong(ctx context.Context, version uint16, all []uint16) {
	known, answer := l.groups[version], fact.Declined
	accepted := func() bool {
		return slices.ContainsFunc(known.taken, func(id uint16) bool { return slices.Contains(hello.WeakGroups(), id) })
	}
	for groups := known.left(all); len(groups) > 0 && answer != fact.OfferUnknown && !accepted(); groups = known.left(all) {
		answer = l.offerGroups(ctx, version, groups, fact.OfferWeakGroups)
	}
	if accepted() {
		answer = fact.Accepted
	}
	l.offers[fact.OfferWeakGroups] = answer
}

// weak13 offers alone the groups of TLS 1.3 that are judged: finite fields of 2048 bits,
// the curve of SM2, lattices that no curve backs, and those that resist a quantum
// computer. A server that listed its groups has told already. No key is made for these:
// a refusal counts when the server answers hellos without one.
func (l *look) weak13(ctx context.Context) {
	known := l.groups[hello.TLS13]
	for l.takes(hello.TLS13) && !l.listed && l.stopped == nil {
		groups := known.left(hello.JudgedGroups13())
		if l.hybrid() == fact.OfferUnknown {
			groups = append(groups, known.left(hello.HybridGroups())...)
		}
		if len(groups) == 0 {
			return
		}
		if l.offerGroups(ctx, hello.TLS13, groups, "groups 1.3") == fact.Accepted {
			l.retried = true
			continue
		}
		if l.retry(ctx); l.keyed {
			for _, id := range groups {
				delete(known.refused, id)
			}
			l.why["groups 1.3"] = errNoRetry.Error()
		}
		return
	}
}

// hybrid reads from the list of groups whether one resists a quantum computer.
func (l *look) hybrid() fact.Offer {
	known := l.groups[hello.TLS13]
	switch {
	case slices.ContainsFunc(known.taken, func(id uint16) bool { return slices.Contains(hello.HybridGroups(), id) }):
		return fact.Accepted
	case !l.takes(hello.TLS13):
		return l.versionOffer(l.versions[hello.TLS13])
	case !l.listed && len(known.left(hello.HybridGroups())) > 0:
		return fact.OfferUnknown
	}
	return fact.Declined
}

// offerGroups offers groups alone. A server that takes a suite with another
// group, or with none, declined them.
func (l *look) offerGroups(ctx context.Context, version uint16, groups []uint16, key string) fact.Offer {
	if version == hello.TLS13 && l.keyed {
		l.why[key] = errNoRetry.Error()
		return fact.OfferUnknown
	}
	o := l.offer(version, l.grouped(version))
	o.Groups = groups
	r := l.ask(ctx, o)
	if r.Version == version && slices.Contains(groups, r.Group) {
		return fact.Accepted
	}
	l.note(key, r)
	if r.offer == fact.OfferUnknown {
		return fact.OfferUnknown
	}
	l.refuseGroups(version, r)
	if key == fact.OfferWeakGroups {
		l.doubt(r, func() { l.offers[key] = fact.OfferUnknown })
	}
	return fact.Declined
}

// grouped are the suites that need a group: those accepted, or else the usual
// ones.
func (l *look) grouped(version uint16) []uint16 {
	if version == hello.TLS13 {
		return l.suites[version].taken
	}
	if known := l.having(version, hello.ECDHE); len(known) > 0 {
		return known
	}
	suites := hello.Suites(version, hello.ECDHE)
	return suites[:min(len(suites), l.most(version))]
}

// refuseGroups keeps what a refusal proves.
func (l *look) refuseGroups(version uint16, r reply) {
	refused := l.groups[version].refused
	for _, id := range r.sent.Groups {
		refused[id] = true
	}
	l.doubt(r, func() {
		for _, id := range r.sent.Groups {
			delete(refused, id)
		}
	})
}

// unknownGroups have no answer yet. A group that TLS 1.3 settled is not asked again
// for 1.2: servers have one list.
func (l *look) unknownGroups(version uint16) []uint16 {
	return l.groups[hello.TLS13].left(l.groups[version].left(hello.Groups(version)))
}

// enumerateGroups offers the groups that have no answer, without what the server
// picks, until it refuses.
func (l *look) enumerateGroups(ctx context.Context, version uint16) {
	if version < hello.TLS12 && l.takes(hello.TLS12) || version == hello.SSL3 || len(l.grouped(version)) == 0 {
		return // the same list as in TLS 1.2, or none
	}
	if version < hello.TLS13 && len(l.having(version, hello.ECDHE)) == 0 {
		return
	}
	key := "groups " + hello.VersionName(version)
	for l.stopped == nil {
		groups := l.unknownGroups(version)
		if len(groups) == 0 {
			return
		}
		if l.offerGroups(ctx, version, groups, key) == fact.OfferUnknown {
			return
		}
	}
}

// groupNames lists the groups accepted in any version.
func (l *look) groupNames() []string {
	var names []string
	for v := hello.TLS13; v >= hello.TLS10; v-- {
		for _, id := range l.groups[v].taken {
			if name := hello.GroupName(id); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
