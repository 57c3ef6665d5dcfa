// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net"
	"regexp"

	"golang.org/x/net/idna"

	"carescan/scanner"
)

// domainName is two labels or more (RFC 1035 section 2.3.1, and the underscore
// that names in use have).
var domainName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseDomain reads a domain name into its canonical form: lower case,
// punycode, no final dot.
func ParseDomain(name string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(scanner.CanonicalName(name))
	if err != nil {
		return "", fmt.Errorf("%q is not a domain name: %w", name, err)
	}
	if !domainName.MatchString(ascii) || len(ascii) > 253 || net.ParseIP(ascii) != nil {
		return "", fmt.Errorf("%q is not a domain name such as chu-exemple.fr", name)
	}
	return ascii, nil
}
