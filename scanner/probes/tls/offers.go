// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"cmp"
	"context"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/hello"
)

// fallbackOfOld is asked of a server that still takes an old version: that it refuses
// to come down to it is then judged.
func (l *look) fallbackOfOld(ctx context.Context) {
	if l.takes(hello.TLS10) || l.takes(hello.TLS11) {
		l.fallback(ctx)
	}
}

// fallback sends the hello of a client that has come down from a higher version,
// as an attacker makes it do: the server must refuse (RFC 7507 section 3).
func (l *look) fallback(ctx context.Context) {
	second := l.below(l.best())
	if second < hello.TLS10 || l.offers[fact.OfferFallback] != "" {
		return // there is nowhere to come down from, or it is known
	}
	o := l.usual(second)
	o.Fallback = true
	r := l.ask(ctx, o)
	switch {
	case r.Alerted && r.Alert == hello.AlertInappropriateFallback:
		l.offers[fact.OfferFallback] = fact.Accepted
	case r.Chose():
		l.offers[fact.OfferFallback] = fact.Declined
	default:
		l.offers[fact.OfferFallback] = fact.OfferUnknown
		l.note(fact.OfferFallback, lost(r))
	}
}

// versionOffers gives the answer of the server to each version.
func (l *look) versionOffers() map[string]fact.Offer {
	offers := map[string]fact.Offer{}
	for _, v := range []uint16{hello.SSL2, hello.SSL3, hello.TLS10, hello.TLS11, hello.TLS12, hello.TLS13} {
		r := l.versions[v]
		offers[hello.VersionName(v)] = l.versionOffer(r)
		l.note(hello.VersionName(v), reply{offer: l.versionOffer(r), err: r.err})
	}
	return offers
}

// versionOffer is the answer of one hello. A refusal is one of the version only by
// a service that took another one: a server that refuses everything may miss a
// name, a suite or a group.
func (l *look) versionOffer(r reply) fact.Offer {
	if r.offer == "" || r.offer == fact.Declined && !l.chose() {
		return fact.OfferUnknown
	}
	return r.offer
}

// allOffers completes what was asked by itself with what the suites tell.
func (l *look) allOffers() map[string]fact.Offer {
	for key, t := range judged {
		l.offers[key] = l.traitOffer(t)
		if l.offers[key] == fact.OfferUnknown && l.why[key] == "" {
			l.why[key] = l.whySuites()
		}
	}
	if l.takes(hello.TLS13) {
		l.offers[fact.OfferEphemeral] = fact.Accepted // TLS 1.3 has no other exchange
		delete(l.why, fact.OfferEphemeral)
	}
	l.offers[fact.OfferHybrid] = l.hybrid()
	if why := l.why["groups 1.3"]; l.offers[fact.OfferHybrid] == fact.OfferUnknown && why != "" {
		l.why[fact.OfferHybrid] = why
	}
	l.addHabits()
	l.addEarlyData()
	return l.offers
}

// addEarlyData reads it off the tickets of the default handshake. It has no object
// without TLS 1.3.
func (l *look) addEarlyData() {
	answer, why := l.first.earlyData()
	switch {
	case l.takes(hello.TLS13) && l.first.Version != hello.TLS13:
		answer, why = fact.OfferUnknown, "no session of TLS 1.3 could be made"
	case !l.takes(hello.TLS13):
		return
	}
	l.offers[fact.OfferEarlyData] = answer
	if why != "" {
		l.why[fact.OfferEarlyData] = why
	}
}

// traitOffer is accepted as soon as one suite with the trait was, and declined
// when all of them were refused where they were offered.
func (l *look) traitOffer(t hello.Trait) fact.Offer {
	for _, s := range l.suites {
		if slices.ContainsFunc(s.taken, func(id uint16) bool { return hello.Traits(id)&t != 0 }) {
			return fact.Accepted
		}
	}
	if slices.ContainsFunc(l.old.Suites, func(name string) bool { return hello.OldTraits(name)&t != 0 }) {
		return fact.Accepted
	}
	for _, v := range l.peeled() {
		if len(l.suites[v].left(hello.Suites(v, t))) > 0 {
			return fact.OfferUnknown
		}
	}
	return fact.Declined
}

// peeled are the versions in which a refusal counts: the highest and the lowest
// before 1.3, and 1.3. A version that may be accepted counts too. A look that confirms
// asks in the highest and in 1.3.
func (l *look) peeled() []uint16 {
	if l.again != nil {
		return slices.DeleteFunc([]uint16{l.again.older, hello.TLS13}, func(v uint16) bool {
			return v == 0 || v == hello.TLS13 && l.versionOffer(l.versions[v]) == fact.Declined
		})
	}
	var versions []uint16
	for v := hello.SSL3; v <= hello.TLS13; v++ {
		if answer := l.versionOffer(l.versions[v]); answer == fact.OfferUnknown ||
			answer == fact.Accepted && (len(versions) == 0 || v == hello.TLS13 || v == l.below(hello.TLS13)) {
			versions = append(versions, v)
		}
	}
	return versions
}

func (l *look) whySuites() string {
	if l.stopped != nil {
		return excerpt.Error(l.stopped, maxText)
	}
	for v := hello.TLS13; v >= hello.SSL3; v-- {
		if why := l.why["suites "+hello.VersionName(v)]; why != "" {
			return why
		}
	}
	if l.again != nil {
		return notAskedAgain
	}
	return "a version is not known"
}

// addHabits reads the flags of the hello of TLS 1.2, or below. TLS 1.3 settles
// them: nothing is compressed, nothing begins again.
func (l *look) addHabits() {
	if l.only13() {
		return // without object
	}
	// Before TLS 1.3 a server that says nothing of an extension has it not; SSL 3.0
	// answers a signal among the suites (RFC 5746 section 3.3).
	for key, habit := range map[string]struct{ offered, taken bool }{
		fact.OfferCompression:   {l.base.sent.Compress, l.base.Compression != 0},
		fact.OfferRenegotiation: {l.base.sent.Renegotiate, l.base.Renegotiate},
		fact.OfferEMS:           {l.base.sent.MasterSecret, l.base.MasterSecret},
	} {
		l.offers[key] = echoed(l.base, habit.offered, habit.taken)
		l.noteUnasked(key, l.base, habit.offered)
	}
	if l.offers[fact.OfferClientRenego] == "" {
		l.offers[fact.OfferClientRenego] = fact.OfferUnknown
		l.why[fact.OfferClientRenego] = cmp.Or(l.why[fact.OfferClientRenego], "no session could be made to ask in")
	}
}

// only13 tells whether every older version of TLS was refused.
func (l *look) only13() bool {
	for v := hello.SSL3; v < hello.TLS13; v++ {
		if l.versionOffer(l.versions[v]) != fact.Declined {
			return false
		}
	}
	return l.takes(hello.TLS13)
}

// suiteNames are the suites accepted, by version; what may miss is said in Why.
func (l *look) suiteNames() map[string][]string {
	names := map[string][]string{}
	if l.old.Spoke && len(l.old.Suites) > 0 {
		names[hello.VersionName(hello.SSL2)] = l.old.Suites
	}
	for v, s := range l.suites {
		key := "suites " + hello.VersionName(v)
		for _, id := range s.taken {
			names[hello.VersionName(v)] = append(names[hello.VersionName(v)], hello.SuiteName(id))
		}
		whole := !l.takes(v) || len(s.left(hello.Suites(v, 0))) == 0
		l.noteList(key, whole)
	}
	return names
}

// noteList says that a list may not be whole, or forgets what was noted of it.
func (l *look) noteList(key string, whole bool) {
	switch {
	case whole:
		delete(l.why, key)
	case l.stopped != nil:
		l.why[key] = excerpt.Error(l.stopped, maxText)
	case l.why[key] == "":
		l.why[key] = "not all were asked"
	}
}

// noteGroups says whether the list of groups is whole. An old version has the list
// of the newest.
func (l *look) noteGroups() {
	for _, v := range []uint16{l.below(hello.TLS13), hello.TLS13} {
		if v < hello.TLS10 {
			continue
		}
		asked := l.takes(v) && (v == hello.TLS13 || len(l.having(v, hello.ECDHE)) > 0)
		l.noteList("groups "+hello.VersionName(v), !asked || len(l.unknownGroups(v)) == 0)
	}
}
