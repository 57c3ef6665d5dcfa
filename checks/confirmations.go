// SPDX-License-Identifier: Apache-2.0

package checks

import "carescan/scanner"

// confirmations tells by kind of fact how a failure is confirmed
// (exposure-checks.md section 1.2); a check may say otherwise. What is read in a
// file or in a directory is believed at once. The checks of name-inventory each
// say their own: they read the DNS, the pages of others, or never fail.
var confirmations = map[string]scanner.Confirmation{
	// The content of the DNS and of registries, handshakes and certificates: the
	// same question at once, from another server.
	"dns-delegation": scanner.ConfirmAtOnce,
	"dns-recursion":  scanner.ConfirmAtOnce,
	"dns-zone":       scanner.ConfirmAtOnce,
	"dnssec":         scanner.ConfirmAtOnce,
	"mail-policy":    scanner.ConfirmAtOnce,
	"registration":   scanner.ConfirmAtOnce,
	"tls-endpoint":   scanner.ConfirmAtOnce,
	"zone-transfer":  scanner.ConfirmAtOnce,
	// What a passing state of the network or of a site may explain.
	"host-services":    scanner.ConfirmLater,
	"mail-servers":     scanner.ConfirmLater,
	"products":         scanner.ConfirmLater,
	"template-matches": scanner.ConfirmLater,
	"web-site":         scanner.ConfirmLater,
}

// ConfirmationOf tells how a failure judged on a kind of fact is confirmed, unless
// its check says otherwise; empty when nothing is said of that kind.
func ConfirmationOf(fact string) scanner.Confirmation { return confirmations[fact] }
