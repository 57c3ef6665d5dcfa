// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

// errNoOrigin is of a text that is no web origin at all.
var errNoOrigin = errors.New("no web origin such as https://www.chu-exemple.fr")

// ParseSite reads a web origin, "https://host" or "https://host:port". The port of
// the scheme is not part of it (RFC 3986 section 6.2.3).
func ParseSite(site string) (scanner.Target, error) {
	u, err := url.Parse(strings.TrimSpace(site))
	if err != nil || u.Scheme != "https" || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return scanner.Target{}, errNoOrigin
	}
	if _, err := hostname.Parse(u.Hostname()); err != nil {
		return scanner.Target{}, err
	}
	at, err := ParseService(u.Hostname() + ":" + cmp.Or(u.Port(), "443"))
	if err != nil {
		return scanner.Target{}, err
	}
	place, _ := strings.CutSuffix(at.ID, "/tcp")
	return scanner.Target{Kind: scanner.KindSite, ID: "https://" + strings.TrimSuffix(place, ":443")}, nil
}

// notSite names what keeps a text from being a site.
func notSite(key, site string) settings.Faults {
	expected := scanner.Text{FR: "l'adresse d'un site", EN: "the address of a site"}
	target, err := ParseSite(site)
	if err == nil {
		return ofDevice(key, target)
	}
	fault := settings.NotName(key, site, expected, err)
	fault.Hint = scanner.Text{
		FR: "écrivez https:// et le nom, sans chemin, par exemple https://www.chu-exemple.fr",
		EN: "write https:// and the name, without path, for example https://www.chu-exemple.fr",
	}
	return settings.Faults{fault}
}

// ofDevice refuses a site at a port where no page is ever asked for.
func ofDevice(key string, site scanner.Target) (faults settings.Faults) {
	u, err := url.Parse(site.ID)
	if err != nil {
		return nil // ParseSite made it
	}
	if port, err := strconv.Atoi(u.Port()); err == nil && scanner.IsMutePort(port) {
		faults.Add(key,
			settings.Say("le port %d est celui d'un appareil (imprimante, imagerie, automate), auquel aucune page n'est demandée", "port %d is that of a device (printer, imaging, controller), which no page is asked of", port),
			settings.Say("retirez ce site, ou corrigez son port", "remove this site, or correct its port"))
	}
	return faults
}
