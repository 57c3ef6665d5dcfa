// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"fmt"

	"carescan/scanner"
)

func refuse(code scanner.RefusalCode, address, detail string) error {
	return &scanner.Refusal{Code: code, Address: address, Detail: detail}
}

// refuseExcluded names the entry of the scope that excludes.
func refuseExcluded(address, entry, detail string) error {
	return &scanner.Refusal{Code: scanner.RefusedExcluded, Address: address, By: entry, Detail: detail + " (" + entry + ")"}
}

func stopped(address string) error {
	return refuse(scanner.RefusedStopped, address, "the run was stopped")
}

func unknownNetwork(network, address string) error {
	return refuse(scanner.RefusedOutOfScope, address, fmt.Sprintf("only TCP and UDP are allowed, not %q", network))
}
