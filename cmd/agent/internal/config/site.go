// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/url"

	"carescan/scanner"
)

// ParseSite reads a web origin, "https://host" or "https://host:port".
func ParseSite(site string) (scanner.Target, error) {
	u, err := url.Parse(site)
	if err != nil || u.Scheme != "https" || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return scanner.Target{}, fmt.Errorf("%q is not a web origin such as https://www.chu-exemple.fr", site)
	}
	host, err := ParseDomain(u.Hostname())
	if err != nil {
		return scanner.Target{}, err
	}
	origin := "https://" + host
	if port := u.Port(); port != "" && port != "443" {
		origin += ":" + port
	}
	return scanner.Target{Kind: scanner.KindSite, ID: origin}, nil
}
