// SPDX-License-Identifier: Apache-2.0

// Package signed sorts out what the checks of signatures cannot judge: domains
// that are not signed, and chains that could not be followed.
package signed

import (
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a domain of which no signed zone was reached,
// and whether there is one.
func Settled(f fact.DNSSEC) (scanner.Verdict, bool) {
	switch {
	case f.Absent:
		return scanner.Exempt("no-domain", nil), true
	case f.State == fact.Insecure && (f.Reason == fact.NoDS || f.Reason == fact.OptOut):
		return scanner.Exempt("not-signed", nil), true
	case f.State == fact.Secure && f.Zone != f.Name:
		return scanner.Exempt("not-a-zone", scanner.Values{"zone": f.Zone}), true
	case f.State != fact.Secure:
		return scanner.Unknown("unproven", Why(f)), true
	case !slices.ContainsFunc(f.Servers, Asked):
		return scanner.Unknown("no-server", nil), true
	}
	return scanner.Verdict{}, false
}

// Why are the values of a message that names the zone where a chain ends, and says
// why.
func Why(f fact.DNSSEC) scanner.Values {
	words, known := reasons[f.Reason]
	if !known {
		words = scanner.Text{FR: "raison inconnue", EN: "reason not known"}
	}
	return scanner.Values{"zone": f.Zone, "cause": string(f.Reason), "cause_fr": words.FR, "cause_en": words.EN}
}

// reasons word why a chain is broken, or could not be followed.
var reasons = map[fact.SecurityReason]scanner.Text{
	fact.SignatureExpired:     {FR: "signature expirée", EN: "signature expired"},
	fact.SignatureEarly:       {FR: "signature pas encore valable", EN: "signature not valid yet"},
	fact.SignatureWrong:       {FR: "signature fausse", EN: "wrong signature"},
	fact.SignatureMissing:     {FR: "signature absente", EN: "signature missing"},
	fact.NoMatchingKey:        {FR: "clé absente de la zone", EN: "key not in the zone"},
	fact.DSMismatch:           {FR: "empreinte qui ne correspond à aucune clé", EN: "print that matches no key"},
	fact.DSWithoutKey:         {FR: "empreinte sans clé", EN: "print without key"},
	fact.DenialNotProven:      {FR: "absence non prouvée", EN: "absence not proven"},
	fact.KeyNotTrusted:        {FR: "clé non reconnue", EN: "key not trusted"},
	fact.NoDS:                 {FR: "pas d'empreinte chez le parent", EN: "no print at the parent"},
	fact.OptOut:               {FR: "NSEC3 avec opt-out", EN: "NSEC3 with opt-out"},
	fact.TooManyIterations:    {FR: "trop d'itérations NSEC3", EN: "too many NSEC3 iterations"},
	fact.UnsupportedAlgorithm: {FR: "algorithme non vérifié par cet outil", EN: "algorithm not verified by this tool"},
	fact.NotAnswered:          {FR: "pas de réponse", EN: "no answer"},
	fact.NotAuthoritative:     {FR: "réponse sans autorité", EN: "answer without authority"},
	fact.NoAnchor:             {FR: "l'ancre de confiance n'est pas au-dessus du domaine", EN: "the trust anchor is not above the domain"},
	fact.AnchorUnproven:       {FR: "l'ancre de confiance n'a pas pu être prouvée", EN: "the trust anchor could not be proven"},
	fact.UnsupportedKey:       {FR: "clé d'une taille non vérifiée par cet outil", EN: "key of a size not verified by this tool"},
	fact.TooCostly:            {FR: "vérification trop coûteuse", EN: "verification too costly"},
}

// Types lists the types of sets, without repeating one. What denies a name has no
// type: it is called by the answer it stands for.
func Types(sets []fact.SignedSet) []string {
	var list []string
	for _, set := range sets {
		kind := set.Type
		if kind == fact.TypeDenial {
			kind = "NXDOMAIN"
		}
		if !slices.Contains(list, kind) {
			list = append(list, kind)
		}
	}
	return list
}

// Asked tells whether a server was asked.
func Asked(s fact.DNSSECServer) bool { return s.Contact == fact.ContactAsked }

// Serving leaves out the servers that answer that they do not hold the zone, as long
// as another one was asked. Resolvers pass them over (RFC 1912 section 2.8), so they
// break no chain, and exposure.delegation tells them.
func Serving(f fact.DNSSEC) fact.DNSSEC {
	serving := slices.DeleteFunc(slices.Clone(f.Servers), func(s fact.DNSSECServer) bool { return s.Lame })
	if slices.ContainsFunc(serving, Asked) {
		f.Servers = serving
	}
	return f
}

// Servers names the servers of which a set is as told. What a resolver showed in
// their place is theirs, and Through tells that it came through it.
func Servers(f fact.DNSSEC, told func(fact.SignedSet) bool) []string {
	var names []string
	for _, s := range f.Servers {
		if Asked(s) && slices.ContainsFunc(s.Sets, told) {
			names = append(names, Bearers(f, s)...)
		}
	}
	return names
}

// Bearers are the servers whose records a look at one shows: itself, or those that a
// resolver stands for; the zone when none is known.
func Bearers(f fact.DNSSEC, s fact.DNSSECServer) []string {
	if !s.Recursive {
		return []string{s.Server}
	}
	if names := NotAsked(f); len(names) > 0 {
		return names
	}
	return []string{f.Zone}
}

// Through adds to the values of a message through which resolver the servers were
// seen; nothing when they were asked themselves.
func Through(f fact.DNSSEC, v scanner.Values) scanner.Values {
	v["through_fr"], v["through_en"] = "", ""
	for _, s := range f.Servers {
		if s.Recursive && Asked(s) {
			v["through_fr"] = " (vu à travers le résolveur " + s.Server + ", faute de pouvoir les interroger directement)"
			v["through_en"] = " (seen through resolver " + s.Server + ", since they could not be asked directly)"
		}
	}
	return v
}

// NotAsked names the servers of the domain that were not asked, though others
// were: what these serve is only what the others should be serving too. One that
// does not exist serves nothing.
func NotAsked(f fact.DNSSEC) []string {
	var names []string
	for _, s := range f.Servers {
		if s.Contact == fact.ContactNotAsked {
			names = append(names, s.Server)
		}
	}
	return names
}
