// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Cause says in a code and values why something was not seen. It is worded once,
// in both languages; the raw text of an error is technical detail and stays in
// Detail.
//
// Values are proper names, numbers and technical tokens, which read the same in
// both languages; any cause may name what it is about in ValueWhere. In an
// observation the details of all its causes are in Error, and not here again.
type Cause struct {
	Code   CauseCode `json:"code"`
	Values Values    `json:"values,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// CauseCode names a cause for ever: it is sealed in observations.
type CauseCode string

// The causes that come from the network and from servers.
const (
	CauseTimeout     CauseCode = "timeout"
	CauseRefused     CauseCode = "refused"      // the port refused the connection
	CauseReset       CauseCode = "reset"        // the other side cut the exchange short
	CauseUnreachable CauseCode = "unreachable"  // no route
	CauseBlockedHere CauseCode = "blocked-here" // the machine of the agent forbids the connection
	CauseCutOff      CauseCode = "cut-off"      // it answered, and stopped while we looked
	CauseRateLimited CauseCode = "rate-limited"
	CausePutOff      CauseCode = "put-off" // it answered that it cannot serve us now: ValueCode
	CauseNoAddress   CauseCode = "no-address"
	CauseNoSuchName  CauseCode = "no-such-name"
	CauseBadName     CauseCode = "bad-name"    // not a name that can be asked
	CauseDNSFailure  CauseCode = "dns-failure" // SERVFAIL, REFUSED…: ValueCode
	CauseNotInZone   CauseCode = "not-in-zone" // the server does not answer for the zone
	CauseNoServer    CauseCode = "no-server"   // no server of the domain is known
	CauseNoResolver  CauseCode = "no-resolver"
	CauseNotTLS      CauseCode = "not-tls"
	CauseTLSRefused  CauseCode = "tls-refused"  // the server refuses the handshake: ValueCode is its alert
	CauseTLSUnspoken CauseCode = "tls-unspoken" // the server speaks TLS of a kind that no part of the program does
	// CauseBadCertificate has a ValueReason: one of the Certificate… constants.
	CauseBadCertificate CauseCode = "bad-certificate"
	CauseNotHTTP        CauseCode = "not-http"
	CauseHTTPStatus     CauseCode = "http-status" // an answer that is an error: ValueCode
	CauseElsewhere      CauseCode = "elsewhere"   // it sends to another place
	CauseBadAnswer      CauseCode = "bad-answer"  // malformed, or to another question
	CauseRefusedAnswer  CauseCode = "refused-answer"
	CauseUnanswered     CauseCode = "unanswered"  // a part of what was asked
	CauseSameAnswer     CauseCode = "same-answer" // whatever is asked
	CauseStandIn        CauseCode = "stand-in"    // something answers in place of the host
	CauseTooLarge       CauseCode = "too-large"   // ValueLimit
	CauseTooMany        CauseCode = "too-many"    // a list cut at ValueLimit
	CauseAccessDenied   CauseCode = "access-denied"
	CauseBadCredentials CauseCode = "bad-credentials"
	CauseSignInRefused  CauseCode = "sign-in-refused" // the way to sign in, not the account
	CauseHidden         CauseCode = "hidden"          // from the account: ValueCount objects
	CauseNoGroups       CauseCode = "no-groups"       // no privileged group in a directory
	CauseNoMembers      CauseCode = "no-members"      // nobody in any of them
)

// The causes that come from our own restraint.
const (
	CauseOutOfScope    CauseCode = "out-of-scope"
	CauseExcluded      CauseCode = "excluded"          // ValueBy; ValueReason may be ExcludedUnfound
	CausePort          CauseCode = "port-not-declared" // ValueReason may be PortMute
	CauseExpired       CauseCode = "authorisation-expired"
	CauseQuietHours    CauseCode = "quiet-hours"
	CauseBudget        CauseCode = "budget-spent"
	CauseSpent         CauseCode = "look-spent" // what one look may ask
	CauseHangsUp       CauseCode = "hangs-up"   // after each answer: ValueLimit hellos and no more
	CauseStopped       CauseCode = "stopped"
	CauseLate          CauseCode = "look-late"
	CauseNotAuthorised CauseCode = "not-authorised" // intrusive looks
	CauseProvider      CauseCode = "provider"       // met as an ordinary client only
	CauseNotAgain      CauseCode = "not-again"      // a second look was made for another part
)

// The causes that come from files and declarations.
const (
	CauseNoSource       CauseCode = "no-source"
	CauseFileMissing    CauseCode = "file-missing"
	CauseFileUnreadable CauseCode = "file-unreadable"
	CauseFileEmpty      CauseCode = "file-empty"
	CauseFileEncoding   CauseCode = "file-encoding"
	CauseFileMalformed  CauseCode = "file-malformed" // ValueLine, when known
	CauseFileUndated    CauseCode = "file-undated"
	// CauseFieldMissing and CauseFieldWrong have a ValueField, and may have a
	// ValueLine and a ValueExpected: what to write, as it is written in a file.
	CauseFieldMissing  CauseCode = "field-missing"
	CauseFieldWrong    CauseCode = "field-wrong"
	CauseFieldRepeated CauseCode = "field-repeated"
	CauseRowsRejected  CauseCode = "rows-rejected" // ValueCount
)

// The causes that come from the programs.
const (
	CauseNoProbe        CauseCode = "no-probe"
	CauseNoProgram      CauseCode = "no-program"
	CauseProgramRefused CauseCode = "program-refused" // not the one this agent was built with
	CauseProgramShut    CauseCode = "program-shut"    // it cannot be read or started
	CauseProgramFailed  CauseCode = "program-failed"
	CauseProgramAnswer  CauseCode = "program-answer" // it answered, and not by the rules
	CauseInternal       CauseCode = "internal"
	CauseNothing        CauseCode = "nothing"  // the probe brought nothing
	CauseNotKept        CauseCode = "not-kept" // seen, judged, and too large for the sealed bundle
	CauseUnknown        CauseCode = "unknown"
	// CauseInDetail stands for what an observation sealed before causes existed
	// holds as an error text only.
	CauseInDetail CauseCode = "in-detail"
)

// The values a cause may have.
const (
	ValueWhere    = "where" // servers, addresses, files, records concerned
	ValueLimit    = "limit"
	ValueLine     = "line"
	ValueCode     = "code"
	ValueField    = "field"
	ValueExpected = "expected"
	ValueCount    = "count"
	ValueReason   = "reason"
	ValueBy       = "by" // entry of the scope that excludes
)

// ExcludedUnfound is the reason of CauseExcluded when nobody knows where an excluded
// name leads: anything may be the place.
const ExcludedUnfound = "unfound"

// PortMute is the reason of CausePort when the port is one of MutePorts.
const PortMute = "mute"

// The reasons of CauseBadCertificate.
const (
	CertificateExpired   = "expired" // or not valid yet
	CertificateAuthority = "authority"
	CertificateName      = "name"
	CertificateForm      = "form"      // written against the standard
	CertificateSignature = "signature" // by a hash that can be forged
)

const (
	maxCauses = 6 // told of one observation
	maxPlaces = 8 // named in one cause
)

// Text words the cause, as a clause: no capital, no full stop.
func (c Cause) Text() Text { return c.fill(c.wording().words) }

// Remedy says how to reach a verdict, in sentences.
func (c Cause) Remedy() Text { return c.fill(c.wording().remedy) }

// At names what the cause is about.
func (c Cause) At(where string) Cause { return c.With(ValueWhere, where) }

// With gives the cause one more value; an empty one changes nothing.
func (c Cause) With(name, value string) Cause {
	if value == "" {
		return c
	}
	values := maps.Clone(c.Values)
	if values == nil {
		values = Values{}
	}
	values[name] = value
	c.Values = values
	return c
}

// Over gives the cause to an error, whose text becomes the technical one.
func (c Cause) Over(err error) error {
	c.Detail = ""
	return &Unseen{c, err}
}

func (c Cause) wording() wording {
	if w, ok := causeWords[c.Code+"/"+CauseCode(c.Values[ValueReason])]; ok {
		return w
	}
	if w, ok := causeWords[c.Code]; ok {
		return w
	}
	// A later version may have sealed a code that this one does not know.
	return causeWords[CauseUnknown]
}

func (c Cause) fill(t Text) Text {
	return Text{fill(French, optional(t.FR, c.Values), c.Values), fill(English, optional(t.EN, c.Values), c.Values)}
}

// optional keeps the parts in square brackets whose value is known.
func optional(words string, v Values) string {
	var kept strings.Builder
	for {
		before, rest, found := strings.Cut(words, "[")
		kept.WriteString(before)
		if !found {
			return kept.String()
		}
		part, after, _ := strings.Cut(rest, "]")
		_, name, _ := strings.Cut(part, "{")
		name, _, _ = strings.Cut(name, "}")
		if v[name] != "" {
			kept.WriteString(part)
		}
		words = after
	}
}

// Causes are those of one observation, in the order they were met.
type Causes []Cause

// Merge puts together the causes that differ only by where they were met, and
// keeps a readable number of them.
func (list Causes) Merge() Causes {
	var merged Causes
	places := map[int][]string{}
	for _, c := range list {
		same := func(other Cause) bool { return c.Code == other.Code && maps.Equal(elsewhere(c), elsewhere(other)) }
		i := slices.IndexFunc(merged, same)
		if i < 0 {
			i = len(merged)
			merged = append(merged, c)
		} else if c.Detail != "" && !strings.Contains(merged[i].Detail, c.Detail) {
			merged[i].Detail = strings.TrimPrefix(merged[i].Detail+"; "+c.Detail, "; ")
		}
		if where := c.Values[ValueWhere]; where != "" && !slices.Contains(places[i], where) {
			places[i] = append(places[i], where)
		}
	}
	for i, named := range places {
		if len(named) > maxPlaces {
			named = append(named[:maxPlaces:maxPlaces], "…")
		}
		merged[i] = merged[i].At(strings.Join(named, ", "))
	}
	return merged[:min(len(merged), maxCauses)]
}

// elsewhere are the values of a cause beside the place.
func elsewhere(c Cause) Values {
	values := maps.Clone(c.Values)
	delete(values, ValueWhere)
	return values
}

// Codes lists the codes, each once.
func (list Causes) Codes() string {
	var codes []string
	for _, c := range list {
		if !slices.Contains(codes, string(c.Code)) {
			codes = append(codes, string(c.Code))
		}
	}
	return strings.Join(codes, ", ")
}

// Text words all the causes, as clauses of one sentence.
func (list Causes) Text() Text {
	var fr, en []string
	for _, c := range list {
		words := c.Text()
		fr, en = append(fr, words.FR), append(en, words.EN)
	}
	return Text{strings.Join(fr, "\u00a0; "), strings.Join(en, "; ")}
}

// Remedy says how to reach a verdict, once for causes that ask for the same.
func (list Causes) Remedy() Text {
	var fr, en []string
	for _, c := range list {
		if words := c.Remedy(); !slices.Contains(fr, words.FR) {
			fr, en = append(fr, words.FR), append(en, words.EN)
		}
	}
	return Text{strings.Join(fr, " "), strings.Join(en, " ")}
}

// Detail is the technical text of all the causes, each told once.
func (list Causes) Detail() string {
	var text string
	for _, c := range list {
		if detail := cmp.Or(c.Detail, c.Text().EN); !strings.Contains(text, detail) {
			text = strings.TrimPrefix(text+"; "+detail, "; ")
		}
	}
	return text
}

// Bare is the list as it is sealed: without details, which are told once beside it.
func (list Causes) Bare() Causes {
	var bare Causes
	for _, c := range list.Merge() {
		c.Detail = ""
		bare = append(bare, c)
	}
	return bare
}
