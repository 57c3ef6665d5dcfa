// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"log/slog"

	"github.com/miekg/dns"
	"github.com/mjl-/adns"
	"github.com/mjl-/mox/dane"
	moxdns "github.com/mjl-/mox/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

const maxTLSA = 20

// tlsaRecord is a record as the matching wants it.
type tlsaRecord = adns.TLSA

// tlsa asks for the TLSA records of port 25 (RFC 7672 section 2.2.3), and what
// their signatures are worth.
func (l *look) tlsa(ctx context.Context, name string) (fact.TLSASet, []tlsaRecord) {
	owner := "_25._tcp." + name
	answer := l.ask(ctx, owner, "TLSA")
	set := fact.TLSASet{Answer: answer.Answer, Error: answer.Error, Security: answer.security}
	if answer.reply == nil {
		return set, nil
	}
	var found []tlsaRecord
	records, _ := dnswire.Records(answer.reply, owner, dns.TypeTLSA)
	for _, rr := range records {
		if record, ok := rr.(*dns.TLSA); ok && len(found) < maxTLSA {
			found = addRecord(&set, found, record)
		}
	}
	return set, found
}

// addRecord keeps a record for the reader and for the matching. Hexadecimal
// digits that miekg/dns wrote itself can be read back.
func addRecord(set *fact.TLSASet, found []tlsaRecord, record *dns.TLSA) []tlsaRecord {
	const maxDigits = 128 // a SHA-512
	data, _ := hex.DecodeString(record.Certificate)
	set.Records = append(set.Records, fact.TLSARecord{
		Usage: int(record.Usage), Selector: int(record.Selector), Matching: int(record.MatchingType),
		Data: record.Certificate[:min(len(record.Certificate), maxDigits)],
	})
	return append(found, tlsaRecord{
		Usage: adns.TLSAUsage(record.Usage), Selector: adns.TLSASelector(record.Selector),
		MatchType: adns.TLSAMatchType(record.MatchingType), CertAssoc: data,
	})
}

// matches tells for each record whether it authenticates the chain that was
// shown (RFC 7671 section 5, RFC 7672 section 3.1).
func (d *door) matches(records []tlsaRecord, name string, roots *x509.CertPool) []bool {
	if len(d.descent.chain) == 0 || len(records) == 0 {
		return nil
	}
	host, err := moxdns.ParseDomain(name)
	if err != nil {
		return nil
	}
	state := tls.ConnectionState{PeerCertificates: d.descent.chain}
	var matched []bool
	for _, r := range records {
		// An error says why a record does not authenticate, which is all there is
		// to know here.
		ok, _, _ := dane.Verify(slog.New(slog.DiscardHandler), []tlsaRecord{r}, state, host, nil, roots)
		matched = append(matched, ok)
	}
	return matched
}
