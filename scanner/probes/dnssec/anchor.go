// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// rootAnchors are the key-signing keys of the root, of 2017 and 2024, as IANA
// publishes them at https://data.iana.org/root-anchors/root-anchors.xml
// (RFC 9718).
func rootAnchors() []string {
	return []string{
		". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
		". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
	}
}

// anchor is where trust begins: the prints of keys of one zone.
type anchor struct {
	zone   string // with its final dot
	prints []*dns.DS
}

var errAnchors = errors.New("the trust anchors are not DS or DNSKEY records of one zone")

// readAnchor reads DS or DNSKEY records in presentation form.
func readAnchor(records []string) (anchor, error) {
	if len(records) == 0 {
		records = rootAnchors()
	}
	var a anchor
	for _, text := range records {
		print, err := readPrint(text)
		if err != nil {
			return anchor{}, fmt.Errorf("read trust anchor %q: %w", text, err)
		}
		zone := dns.CanonicalName(print.Hdr.Name)
		if a.zone != "" && zone != a.zone {
			return anchor{}, fmt.Errorf("read trust anchors of %s and %s: %w", a.zone, zone, errAnchors)
		}
		a.zone, a.prints = zone, append(a.prints, print)
	}
	return a, nil
}

func readPrint(text string) (*dns.DS, error) {
	rr, err := dns.NewRR(text)
	if err != nil {
		return nil, err
	}
	switch rr := rr.(type) {
	case *dns.DS:
		rr.Digest = strings.ToLower(rr.Digest)
		return rr, nil
	case *dns.DNSKEY:
		if print := rr.ToDS(dns.SHA256); print != nil {
			return print, nil
		}
	}
	return nil, errAnchors
}
