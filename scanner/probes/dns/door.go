// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// nameServer is one name server and the ways to its addresses.
type nameServer struct {
	host   string
	answer fact.Answer // whether it has addresses
	err    error       // why its addresses are not known
	doors  []door      // none to a name that is proven to have no address
}

// door is one way to a name server: its name or one of its addresses.
type door struct {
	host    string
	at      string     // what is dialled
	family  string     // "4" or "6", when a name is dialled for one family
	addr    netip.Addr // address expected behind; the zero value when not known
	refused error      // why our guard keeps it closed
	meeting scanner.Meeting
}

func (d door) server() dnswire.Server {
	return dnswire.Server{Address: net.JoinHostPort(d.at, "53"), Family: d.family}
}

// address is the address behind the door, empty when it is not known.
func (d door) address() string {
	if !d.addr.IsValid() {
		return ""
	}
	return d.addr.String()
}

// nameServers lists the servers of several NS sets, without repeating one, and
// the hosts beyond the bound, about which nothing is looked up.
func nameServers(ctx context.Context, network scanner.Network, domain string, sets ...fact.RecordSet) (servers []nameServer, left []string) {
	var hosts []string
	for _, set := range sets {
		for _, value := range set.Values {
			hosts = append(hosts, scanner.CanonicalName(value))
		}
	}
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	for _, host := range hosts[:min(len(hosts), maxServers)] {
		servers = append(servers, newNameServer(ctx, network, domain, host))
	}
	return servers, hosts[len(servers):]
}

func newNameServer(ctx context.Context, network scanner.Network, domain, host string) nameServer {
	ns := nameServer{host: host, answer: fact.Present}
	addresses, err := network.Lookup(ctx, host)
	switch {
	case err != nil:
		ns.answer, ns.err = fact.NoAnswer, err
	case len(addresses) == 0:
		ns.answer = fact.NoData
		return ns
	}
	meeting, permit := scanner.Meet(ctx, network, host, asClientOf(domain))
	if len(addresses) == 0 {
		ns.doors = []door{{host: host, at: host, refused: permit, meeting: meeting}}
	}
	ctx = met(ctx, meeting, domain)
	for _, addr := range addresses[:min(len(addresses), maxAddresses)] {
		d := ns.doorTo(ctx, network, addr.Unmap(), permit)
		d.meeting = meeting
		ns.doors = append(ns.doors, d)
	}
	return ns
}

// doorTo dials the name for the first address of each family, where the guard
// chooses the address, and any other by its digits: a scope of names does not
// reach those.
func (ns nameServer) doorTo(ctx context.Context, network scanner.Network, addr netip.Addr, permit error) door {
	d := door{host: ns.host, at: ns.host, family: "6", addr: addr, refused: permit}
	if addr.Is4() {
		d.family = "4"
	}
	taken := slices.ContainsFunc(ns.doors, func(other door) bool { return other.family == d.family })
	if permit == nil && !taken {
		return d
	}
	d.at, d.family, d.refused = addr.String(), "", network.Permits(ctx, addr.String())
	if d.refused != nil && permit != nil {
		d.refused = permit
	}
	return d
}

// isOurs tells a contact that we did not or could not make from one that the
// other end did not answer.
func isOurs(err error) bool {
	var refusal *scanner.Refusal
	return errors.As(err, &refusal) || errors.Is(err, dnswire.ErrSpent) || isNoRoute(err)
}

// isNoRoute tells that this address family does not lead out of here.
func isNoRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

var errTooMany = scanner.NotSeen(scanner.CauseTooMany, scanner.Values{scanner.ValueLimit: strconv.Itoa(maxServers)},
	fmt.Errorf("more than %d name servers", maxServers))

// errNoAddress is the end of a contact with a name server whose name leads
// nowhere: it is no server, and nobody is to be asked.
var errNoAddress = scanner.NotSeen(scanner.CauseNoAddress, nil, errors.New("the name server has no address"))
