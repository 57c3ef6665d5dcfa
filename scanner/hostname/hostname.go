// SPDX-License-Identifier: Apache-2.0

// Package hostname reads the names of hosts and domains, as people write them and
// as servers give them, into the one form the DNS has of each: A-labels, lower
// case, no final dot. Whoever compares two names compares that form.
package hostname

import (
	"errors"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
)

// The bounds of names (RFC 1035 section 2.3.4), in bytes of their ASCII form.
const (
	maxName  = 253
	maxLabel = 63
	maxText  = 1024 // read of what may become a name
)

// profile maps as RFC 5895 and UTS 46 say, without the transitional forms, and then
// validates by RFC 5891. It leaves alone the ASCII labels that RFC 2181 section 11
// allows and host names have in use: underscores, hyphens at any place.
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false))

var (
	label    = regexp.MustCompile(`^[a-z0-9_-]+$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	stranger = regexp.MustCompile(`[^a-z0-9_.-]`)
	withPort = regexp.MustCompile(`^[^:]+:([0-9]*|\*)$`)
)

// Parse reads the whole name of one host or domain: two labels or more. The error
// is a *Fault.
func Parse(text string) (string, error) {
	name, err := ParseLabels(text)
	if err != nil {
		return "", err
	}
	return whole(name)
}

// ParsePattern reads the names of a scope or of an exclusion: one name, or "*."
// and the name that they are all below. The error is a *Fault.
func ParsePattern(text string) (string, error) {
	name, fault := read(text)
	switch {
	case fault != nil:
		return "", fault
	case strings.HasPrefix(name, "*"):
		_, err := whole("a" + name[1:])
		return name, err
	}
	return whole(name)
}

// whole wants a name that is not one label, nor the beginning of an address.
func whole(name string) (string, error) {
	labels := strings.Split(name, ".")
	switch {
	case digits.MatchString(labels[len(labels)-1]): // RFC 1123 section 2.1
		return "", address()
	case len(labels) == 1:
		return "", bareWord(name)
	}
	return name, nil
}

// ParseLabels reads a part of names: one label or more, such as "fr" or a DKIM
// selector. The error is a *Fault.
func ParseLabels(text string) (string, error) {
	name, fault := read(text)
	switch {
	case fault != nil:
		return "", fault
	case strings.HasPrefix(name, "*"):
		return "", starForbidden()
	}
	return name, nil
}

// ParseHost reads a whole name or an IP address. The error is a *Fault.
func ParseHost(text string) (string, error) {
	if addr, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil && addr.Zone() == "" {
		return addr.Unmap().String(), nil
	}
	return Parse(text)
}

// ParseEndpoint reads "host:port", where the host is a whole name or an IP
// address. The error is a *Fault.
func ParseEndpoint(text string) (host string, port uint16, err error) {
	text = strings.TrimSpace(text)
	written, number, errSplit := net.SplitHostPort(text)
	value, errPort := strconv.ParseUint(number, 10, 16)
	switch {
	case strings.Contains(text, "://"), strings.Contains(text, "/"):
		return "", 0, webAddress(text)
	case errSplit != nil, errPort != nil, value == 0:
		return "", 0, noPort()
	}
	host, err = ParseHost(written)
	return host, uint16(value), err
}

// Canonical is the form that the DNS has of a name met elsewhere: in a redirect, in
// an answer, in a certificate. What is no name is returned in lower case.
func Canonical(name string) string {
	plain := scanner.CanonicalName(name)
	if isPlain(plain) || len(plain) > maxText {
		return plain
	}
	ascii, err := toASCII(plain)
	if err != nil {
		return plain
	}
	return scanner.CanonicalName(ascii)
}

// errForm is of a text whose ASCII form is that of another, or of none.
var errForm = errors.New("no name has this form")

// toASCII gives the A-labels of a name, which must be theirs (RFC 5891 section 5.4).
func toASCII(name string) (string, error) {
	ascii, err := profile.ToASCII(name)
	if err != nil {
		return ascii, err
	}
	if again, err := profile.ToASCII(ascii); err != nil || again != ascii || !utf8.ValidString(name) {
		return ascii, errForm
	}
	return ascii, nil
}

// isPlain tells that a name in lower case has no other form.
func isPlain(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 {
			return false
		}
	}
	return !strings.Contains(name, "xn--")
}

// IsPublicSuffix tells whether everybody may register names below a name: "fr",
// "gouv.fr", the names of hosting companies. An ending that the list of
// publicsuffix.org does not know is none.
func IsPublicSuffix(name string) bool {
	suffix, official := publicsuffix.PublicSuffix(name)
	return suffix == name && (official || strings.Contains(suffix, "."))
}

// read brings a text into its canonical form, a star in front allowed.
func read(text string) (string, *Fault) {
	text = strings.TrimSpace(text)
	if fault := notAlone(text); fault != nil {
		return "", fault
	}
	below, wild := strings.CutPrefix(text, "*.")
	if strings.Contains(below, "*") {
		return "", starInside()
	}
	name, err := toASCII(below)
	name = strings.TrimSuffix(name, ".")
	if found := stranger.FindString(name); found != "" || err != nil && !strings.Contains(name, "xn--") {
		return "", badCharacter(found)
	}
	if err != nil {
		return "", badAlabel()
	}
	if fault := badLabels(name); fault != nil {
		return "", fault
	}
	if wild {
		name = "*." + name
	}
	return name, nil
}

// notAlone refuses what holds something else than one name.
func notAlone(text string) *Fault {
	_, errPrefix := netip.ParsePrefix(text)
	_, errAddr := netip.ParseAddr(strings.Trim(text, "[]"))
	switch {
	case text == "":
		return nothing()
	case len(text) > maxText:
		return tooLong(maxName)
	case errPrefix == nil:
		return addressRange()
	case errAddr == nil:
		return address()
	case strings.ContainsAny(text, ",;") || len(strings.Fields(text)) > 1:
		return severalNames(text)
	case strings.Contains(text, "@"):
		return mailAddress(text)
	case strings.ContainsAny(text, `/\`):
		return webAddress(text)
	case withPort.MatchString(text):
		return portWritten(text)
	}
	return nil
}

// badLabels holds an ASCII name to the bounds of the DNS.
func badLabels(name string) *Fault {
	for l := range strings.SplitSeq(name, ".") {
		switch {
		case l == "":
			return emptyLabel()
		case len(l) > maxLabel:
			return tooLong(maxLabel)
		case !label.MatchString(l):
			return badCharacter(stranger.FindString(l))
		}
	}
	if len(name) > maxName {
		return tooLong(maxName)
	}
	return nil
}
