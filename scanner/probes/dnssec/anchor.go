// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/settings"
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

var errOtherType = errors.New("another type of record")

func badAnchor(i int, fr, en string) settings.Faults {
	return settings.Faults{{
		Key:  settings.At(i),
		What: scanner.Text{FR: fr, EN: en},
		Hint: scanner.Text{
			FR: "écrivez les enregistrements DS ou DNSKEY d'une seule zone, comme les montre dig",
			EN: "write the DS or DNSKEY records of one zone, as dig shows them",
		},
	}}
}

// readAnchor reads DS or DNSKEY records in presentation form.
func readAnchor(records []string) (anchor, error) {
	if len(records) == 0 {
		records = rootAnchors()
	}
	var a anchor
	for i, text := range records {
		print, err := readPrint(text)
		if err != nil {
			return anchor{}, badAnchor(i,
				fmt.Sprintf("« %s » n'est pas un enregistrement DS ou DNSKEY", text),
				fmt.Sprintf("%q is not a DS or DNSKEY record", text)).With(err)
		}
		zone := dns.CanonicalName(print.Hdr.Name)
		if a.zone != "" && zone != a.zone {
			return anchor{}, badAnchor(i,
				fmt.Sprintf("cette ancre est celle de %s, et la précédente celle de %s", zone, a.zone),
				fmt.Sprintf("this anchor is that of %s, and the one before that of %s", zone, a.zone))
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
	return nil, errOtherType
}
