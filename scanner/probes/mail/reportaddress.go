// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxReports is how many report destinations are kept of one record.
const maxReports = 10

// reportAddresses reads a list of report addresses and keeps the domain of each,
// never the mailbox. Addresses alike are counted together.
func reportAddresses(list string) (kept []fact.ReportAddress) {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	for text := range strings.SplitSeq(list, ",") {
		address := reportAddress(strings.Trim(text, " \t"))
		i := slices.IndexFunc(kept, func(k fact.ReportAddress) bool {
			return k.Scheme == address.Scheme && k.Domain == address.Domain && k.Valid == address.Valid
		})
		switch {
		case i >= 0:
			kept[i].Count++
		case len(kept) < maxReports:
			address.Count = 1
			kept = append(kept, address)
		}
	}
	return kept
}

// reportAddress reads one URI. The size limit that RFC 9989 calls obsolete is
// dropped. Reports must be sent by mail (section 4.7): another scheme is not
// valid.
func reportAddress(text string) fact.ReportAddress {
	text, _, _ = strings.Cut(text, "!")
	u, err := url.Parse(text)
	if err != nil || !isASCII(text) {
		return fact.ReportAddress{}
	}
	if u.Scheme != "mailto" {
		return fact.ReportAddress{Scheme: printable(u.Scheme), Domain: printable(strings.ToLower(u.Hostname()))}
	}
	to, err := url.PathUnescape(u.Opaque)
	if err != nil {
		return fact.ReportAddress{Scheme: u.Scheme}
	}
	return mailAddress(to)
}

// mailAddress reads one mailbox, of which the domain is kept.
func mailAddress(to string) fact.ReportAddress {
	found := fact.ReportAddress{Scheme: "mailto"}
	parsed, err := mail.ParseAddress(to)
	if err != nil || strings.ContainsAny(to, "<> ") {
		return found
	}
	_, domain, _ := strings.Cut(parsed.Address[strings.LastIndex(parsed.Address, "@"):], "@")
	domain = scanner.CanonicalName(domain)
	found.Valid = isPlainName(domain) && strings.Contains(domain, ".")
	if found.Valid {
		found.Domain = domain
	}
	return found
}
