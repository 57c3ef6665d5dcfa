// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"slices"

	"github.com/miekg/dns"
)

// The servers of the operator of the group of hospitals.
const (
	hostOperatorNames = "ns1." + domainOperator
	hostFilter        = "filtre." + domainOperator
)

// openOperator serves the names and the mail of the group, from another network. The
// operator is declared as a provider, by its names and, since an address of loopback is
// nobody's public one, by its address; the other name server of the group is not, leads
// nowhere, and must never be asked.
func (h *Hospital) openOperator(zones []zone) error {
	address := h.network(2)
	held := slices.DeleteFunc(slices.Clone(zones), func(z zone) bool {
		return z.origin != dns.Fqdn(domainGroup) && z.origin != dns.Fqdn(domainOperator)
	})
	names, err := h.openNameServer(address, nameServer{zones: held, own: true})
	if err != nil {
		return err
	}
	filter, err := h.respondAt(address, clearMail(hostFilter, "SIZE 20480000", "8BITMIME"))
	if err != nil {
		return err
	}
	h.redirect(names, hostOperatorNames+":53")
	h.redirect(filter, hostFilter+":25")
	h.settings.Providers = []string{"*." + domainOperator, address}
	return nil
}
