// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"strings"

	"github.com/mjl-/mox/mtasts"
	"github.com/mjl-/mox/tlsrpt"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// published asks for the records of a name that begin with a version. Other
// records at the name are ignored, and several are none (RFC 8461 section 3.1,
// RFC 8460 section 3).
func published(ctx context.Context, r *resolver, name, version string) (found fact.PublishedRecord, text string) {
	a, texts := r.texts(ctx, name)
	found = fact.PublishedRecord{Answer: a.state, Cause: a.cause, Error: a.fault}
	for _, t := range texts {
		if rest, ok := strings.CutPrefix(t, version); ok && (rest == "" || strings.ContainsAny(rest[:1], "; \t")) {
			found.Count++
			text = t
		}
	}
	return found, text
}

// settleRecord notes whether the only record is valid.
func settleRecord(found *fact.PublishedRecord, err error) {
	found.Valid = err == nil
	if err != nil {
		// What the library quotes may hold a mailbox.
		found.Fault, _, _ = strings.Cut(excerpt.Of(printable(err.Error()), maxError), ` "`)
		found.Fault, _, _ = strings.Cut(found.Fault, " (remain")
	}
}

func stsRecord(ctx context.Context, r *resolver, domain string) fact.PublishedRecord {
	found, text := published(ctx, r, "_mta-sts."+domain, "v=STSv1")
	if found.Count == 1 {
		_, _, err := mtasts.ParseRecord(text)
		settleRecord(&found, err)
	}
	return found
}

func tlsReports(ctx context.Context, r *resolver, domain string) fact.PublishedRecord {
	found, text := published(ctx, r, "_smtp._tls."+domain, "v=TLSRPTv1")
	if found.Count != 1 {
		return found
	}
	record, _, err := tlsrpt.ParseRecord(text)
	settleRecord(&found, err)
	if err != nil {
		return found
	}
	var list []string
	for _, uris := range record.RUAs {
		for _, uri := range uris {
			list = append(list, string(uri))
		}
	}
	found.Reports = reportAddresses(strings.Join(list, ","))
	return found
}

// brandRecord looks at the default selector of BIMI, for information.
func brandRecord(ctx context.Context, r *resolver, domain string) fact.PublishedRecord {
	found, _ := published(ctx, r, "default._bimi."+domain, "v=BIMI1")
	found.Valid = found.Count == 1
	return found
}
