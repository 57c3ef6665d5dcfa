// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

// The widest ranges that may be one provider's: what is wider would be the whole
// internet by mistake (rule of the project).
const (
	widestProvider4 = 12
	widestProvider6 = 24
)

// ParseProviders reads scope.providers. An entry is an address, a range, a name, or
// "*." and a name.
func (s Scope) ParseProviders() (scanner.Providers, settings.Faults) {
	var p scanner.Providers
	var faults settings.Faults
	for i, written := range s.Providers {
		addresses, err := parseRange(written)
		var name string
		var fault *settings.Fault
		if err == nil {
			fault = wholeInternet(written, addresses)
		} else {
			name, fault = s.providerName(written)
		}
		switch {
		case fault == nil && (slices.Contains(p.Names, name) || slices.Contains(p.Ranges, addresses)):
			fault = &settings.Fault{
				What: settings.Say("« %s » est écrit deux fois", "%q is written twice", written),
				Hint: settings.Say("retirez cette ligne", "remove this line"),
			}
		case fault == nil && name != "":
			p.Names = append(p.Names, name)
		case fault == nil:
			p.Ranges = append(p.Ranges, addresses)
		}
		if fault != nil {
			fault.Key = "providers" + settings.At(i)
			faults = append(faults, *fault)
		}
	}
	return p, faults
}

// providerName reads a name, and refuses one that would match everybody, or nothing.
func (s Scope) providerName(written string) (string, *settings.Fault) {
	pattern, err := hostname.ParsePattern(written)
	if err != nil {
		fault := settings.NotName("", written, aName, err)
		return "", &fault
	}
	name, below := strings.CutPrefix(pattern, "*.")
	switch {
	case hostname.IsPublicSuffix(name):
		return "", &settings.Fault{
			What: settings.Say("« %s » couvre tous les domaines de cette terminaison", "%q covers every domain of this ending", written),
			Hint: settings.Say("écrivez le nom du prestataire, par exemple *.operateur-dns.example", "write the name of the provider, for example *.operateur-dns.example"),
		}
	case below:
		return pattern, nil
	case holds(s.ExcludedNames, name):
		return "", &settings.Fault{
			What: settings.Say("« %s » est aussi exclu : cette ligne n'a pas d'effet", "%q is excluded too: this line has no effect", written),
			Hint: settings.Say("retirez-la d'ici ou de excluded_names", "remove it from here or from excluded_names"),
		}
	case len(s.Ranges) == 0 && holds(s.Names, name):
		return "", &settings.Fault{
			What: settings.Say("« %s » est déjà dans scope.names : cette ligne n'a pas d'effet", "%q is already in scope.names: this line has no effect", written),
			Hint: settings.Say("retirez-la d'ici, ou de scope.names si ce serveur n'est pas le vôtre", "remove it from here, or from scope.names if this server is not yours"),
		}
	}
	return name, nil
}

// holds tells whether one of the patterns of a scope, as they are written, is that of
// a name.
func holds(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(written string) bool {
		pattern, err := hostname.ParsePattern(written)
		return err == nil && scanner.Scope{Names: []string{pattern}}.HasName(name)
	})
}

// parseRange reads an address or a range.
func parseRange(written string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(strings.TrimSpace(written)); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(strings.TrimSpace(written))
	if err == nil && p.Addr().Is4In6() {
		err = fmt.Errorf("%s is neither an IPv4 nor an IPv6 range", p)
	}
	return p.Masked(), err
}

// wholeInternet refuses what could not be the servers of one provider.
func wholeInternet(written string, addresses netip.Prefix) *settings.Fault {
	widest := widestProvider6
	if addresses.Addr().Is4() {
		widest = widestProvider4
	}
	if addresses.Bits() >= widest {
		return nil
	}
	return &settings.Fault{
		What: settings.Say("« %s » couvre bien plus que les serveurs d'un prestataire", "%q covers much more than the servers of a provider", written),
		Hint: settings.Say("écrivez ses noms, ou une plage d'au moins /%d", "write its names, or a range of /%d at least", widest),
	}
}
