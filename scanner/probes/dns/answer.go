// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of one answer.
const (
	maxValues     = 100
	maxValueBytes = 16 << 10 // all values together
	maxError      = 300
)

// The answers that settle nothing.
var (
	errNotAuthoritative = scanner.NotSeen(scanner.CauseNotInZone, nil, errors.New("the server does not answer for the domain"))
	errAlias            = scanner.NotSeen(scanner.CauseNotInZone, nil, errors.New("the server only knows an alias that leads elsewhere"))
)

// settle fills a set with what a server answered. It fails when the answer
// neither shows records nor proves their absence: a failure is never an absence.
func settle(set *fact.RecordSet, s server, reply *dns.Msg) error {
	if !dnswire.IsConclusive(reply) {
		return dnswire.Answered("the server", reply.Rcode)
	}
	err := entitled(s, reply)
	if err != nil {
		return err
	}
	records, aliased := dnswire.Records(reply, set.Name, dns.StringToType[set.Type])
	switch {
	case len(records) > 0:
		set.Answer = fact.Present
	case aliased && !s.recursive:
		return errAlias
	case reply.Rcode == dns.RcodeNameError:
		set.Answer = fact.NXDomain
	default:
		set.Answer = fact.NoData
	}
	set.Values, err = keep(valuesOf(records))
	blame(set, err)
	return nil
}

// entitled tells whether a server may speak of the name. An empty answer
// without authority nor recursion is a referral (RFC 2308 section 2.2.1).
func entitled(s server, reply *dns.Msg) error {
	switch {
	case reply.Authoritative:
		return nil
	case !s.recursive:
		return errNotAuthoritative
	case !reply.RecursionAvailable:
		return dnswire.ErrNotRecursive
	}
	return nil
}

func valuesOf(records []dns.RR) []string {
	var values []string
	for _, rr := range records {
		values = append(values, value(rr))
	}
	return values
}

// value is the data of a record in presentation form.
func value(rr dns.RR) string {
	if txt, ok := rr.(*dns.TXT); ok {
		return textValue(txt.Txt)
	}
	return strings.TrimPrefix(rr.String(), rr.Header().String())
}

// quotes takes away the escape of quotation marks, useless without the marks
// around. Backslashes and bytes that cannot be printed stay escaped.
var quotes = strings.NewReplacer(`\\`, `\\`, `\"`, `"`)

// textValue joins the strings of a TXT record without separator (RFC 7208
// section 3.3).
func textValue(parts []string) string { return quotes.Replace(strings.Join(parts, "")) }

// keep sorts the values, so that servers that turn their answers make no
// difference, and bounds them; it says so when some had to be left.
func keep(values []string) (kept []string, cut error) {
	slices.Sort(values)
	size := 0
	for i, v := range values {
		size += len(v)
		if i >= maxValues || size > maxValueBytes {
			return values[:i], scanner.NotSeen(scanner.CauseTooMany, scanner.Values{scanner.ValueLimit: strconv.Itoa(i)},
				fmt.Errorf("only %d of %d records were kept", i, len(values)))
		}
	}
	return values, nil
}

// blame says in a set why it is not whole; nil says that it is.
func blame(set *fact.RecordSet, err error) {
	set.Cause, set.Error = scanner.Cause{}, ""
	if err != nil {
		set.Cause, set.Error = excerpt.Why(err, maxError)
	}
}
