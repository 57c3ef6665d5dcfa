// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
)

// The bounds of what is kept of one answer.
const (
	maxValues     = 100
	maxValueBytes = 16 << 10 // all values together
	maxAliases    = 16
	maxError      = 300
)

// The answers that settle nothing.
var (
	errNotAuthoritative = errors.New("the server does not answer for the domain")
	errNotRecursive     = errors.New("the resolver does not resolve")
	errAlias            = errors.New("the server only knows an alias that leads elsewhere")
)

// settle fills a set with what a server answered. It fails when the answer
// neither shows records nor proves their absence: a failure is never an absence.
func settle(set *fact.RecordSet, s server, reply *dns.Msg) error {
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return fmt.Errorf("the server answered %s", rcodeName(reply.Rcode))
	}
	if err := entitled(s, reply); err != nil {
		return err
	}
	values, aliased := collect(reply, set.Name, dns.StringToType[set.Type])
	switch {
	case len(values) > 0:
		set.Answer = fact.Present
	case aliased && !s.recursive:
		return errAlias
	case reply.Rcode == dns.RcodeNameError:
		set.Answer = fact.NXDomain
	default:
		set.Answer = fact.NoData
	}
	set.Values, set.Error = keep(values)
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
		return errNotRecursive
	}
	return nil
}

// collect gathers the data of a type at a name, through its aliases.
func collect(reply *dns.Msg, name string, qtype uint16) (values []string, aliased bool) {
	owner := dns.Fqdn(name)
	for range maxAliases {
		next := ""
		for _, rr := range reply.Answer {
			head := rr.Header()
			if head.Class != dns.ClassINET || !strings.EqualFold(head.Name, owner) {
				continue
			}
			if head.Rrtype == qtype {
				values = append(values, value(rr))
			} else if alias, ok := rr.(*dns.CNAME); ok {
				next = alias.Target
			}
		}
		if len(values) > 0 || next == "" {
			break
		}
		owner, aliased = next, true
	}
	return values, aliased
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
func keep(values []string) (kept []string, cut string) {
	slices.Sort(values)
	size := 0
	for i, v := range values {
		size += len(v)
		if i >= maxValues || size > maxValueBytes {
			return values[:i], fmt.Sprintf("only %d of %d records were kept", i, len(values))
		}
	}
	return values, ""
}

func rcodeName(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("code %d", code)
}
