// SPDX-License-Identifier: Apache-2.0

// Package nsec tells what the names in an NSEC record prove of the names between
// them (RFC 4034 section 4, RFC 4035 section 5.4).
package nsec

import (
	"bytes"
	"slices"

	"github.com/miekg/dns"
)

// maxName is the longest name in wire format (RFC 1035 section 2.3.4).
const maxName = 255

// Compare orders names as a signed zone does: by labels, from the last one
// (RFC 4034 section 6.1).
func Compare(a, b string) int {
	return slices.CompareFunc(wireLabels(a), wireLabels(b), bytes.Compare)
}

// wireLabels lists the labels of a name from the last, escapes resolved. A name
// that no message can hold has none.
func wireLabels(name string) [][]byte {
	wire := make([]byte, maxName)
	end, err := dns.PackDomainName(dns.CanonicalName(name), wire, 0, nil, false)
	if err != nil {
		return nil
	}
	var labels [][]byte
	for at := 0; at < end && wire[at] != 0; at += 1 + int(wire[at]) {
		labels = append(labels, wire[at+1:at+1+int(wire[at])])
	}
	slices.Reverse(labels)
	return labels
}
