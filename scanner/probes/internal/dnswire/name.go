// SPDX-License-Identifier: Apache-2.0

package dnswire

import (
	"strings"

	"github.com/miekg/dns"
)

// IsHostName tells whether a canonical name may be asked and shown as it is: a
// domain name in ASCII, of letters, digits, hyphens, underscores and dots.
func IsHostName(name string) bool {
	_, ok := dns.IsDomainName(name)
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_.", r)
	})
}
