// SPDX-License-Identifier: Apache-2.0

// Package named says what a check may conclude of a domain that does not exist,
// or whose name servers were not all asked.
package named

import "carescan/scanner"

// Absent is the verdict on a name that the DNS proves not to exist.
func Absent() scanner.Verdict { return scanner.Exempt("no-domain", nil) }

// Unserved is the verdict on a domain none of whose servers could be asked.
func Unserved() scanner.Verdict { return scanner.Unknown("no-server", nil) }

// Crowded is the verdict on a domain with more servers than one look asks, when
// nothing wrong was seen of those asked.
func Crowded() scanner.Verdict { return scanner.Unknown("too-many", nil) }
