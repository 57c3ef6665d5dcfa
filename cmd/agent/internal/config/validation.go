// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"carescan/scanner"
)

// Validate refuses what could not be run, naming the key at fault. Warnings are
// for a person and block nothing.
func (c Config) Validate() (warnings []string, err error) {
	warning, err := c.validateEstablishment()
	if warning != "" {
		warnings = append(warnings, warning)
	}
	return warnings, errors.Join(err, c.validateVantage(), c.validateTargets(), c.validateServices(), c.validateNetwork(), c.validateSources(), c.validateRhythm())
}

func (c Config) validateEstablishment() (warning string, err error) {
	if c.Establishment.FINESS == "" {
		return "", nil // an agent without establishment still scans a domain
	}
	_, warning, err = scanner.ParseFINESS(c.Establishment.FINESS)
	if err != nil {
		return "", fmt.Errorf("establishment.finess: %w", err)
	}
	if c.Establishment.LegalFINESS != "" {
		if _, _, err := scanner.ParseFINESS(c.Establishment.LegalFINESS); err != nil {
			return warning, fmt.Errorf("establishment.legal_finess: %w", err)
		}
	}
	return warning, nil
}

func (c Config) validateVantage() error {
	switch c.Vantage {
	case scanner.VantageInternet, scanner.VantageInside:
		return nil
	case scanner.VantageDeclared:
	}
	return fmt.Errorf("vantage: %q must be internet or inside", c.Vantage)
}

// shortestRhythm keeps a slip of the configuration from becoming a nuisance.
const shortestRhythm = time.Minute

func (c Config) validateRhythm() error {
	if c.Schedule.Every != 0 && c.Schedule.Every < shortestRhythm {
		return fmt.Errorf("schedule.every: %s is shorter than %s", c.Schedule.Every, shortestRhythm)
	}
	return nil
}

func (c Config) validateTargets() error {
	var errs []error
	for _, name := range c.Targets.Domains {
		_, err := ParseDomain(name)
		errs = append(errs, prefixed("targets.domains", err))
	}
	for _, site := range c.Targets.Sites {
		_, err := ParseSite(site)
		errs = append(errs, prefixed("targets.sites", err))
	}
	for _, service := range c.Targets.Services {
		_, _, err := net.SplitHostPort(service)
		errs = append(errs, prefixed("targets.services", err))
	}
	return errors.Join(errs...)
}

// portalKinds are the remote accesses a portal may be, and secondFactors what
// may be said of them (exposure-checks.md, EXP-SVC-09).
var (
	portalKinds   = []string{"vpn", "sso", "webmail", "desktop"}
	secondFactors = []string{"", "yes", "no", "unknown"}
)

func (c Config) validateServices() error {
	var errs []error
	for _, host := range c.Targets.Hosts {
		if _, err := netip.ParseAddr(host); err != nil {
			_, err = ParseDomain(host)
			errs = append(errs, prefixed("targets.hosts", err))
		}
	}
	for i, p := range c.Targets.Portals {
		_, _, err := net.SplitHostPort(p.Address)
		if err != nil || !slices.Contains(portalKinds, p.Kind) || !slices.Contains(secondFactors, p.TwoFactor) {
			errs = append(errs, fmt.Errorf("targets.portals[%d]: address host:port, kind %s and two_factor yes, no or unknown are needed", i, strings.Join(portalKinds, ", ")))
		}
	}
	for _, port := range c.Ports.TCP {
		if port < 1 || port > 65535 {
			errs = append(errs, fmt.Errorf("ports.tcp: %d is not a port", port))
		}
	}
	for _, m := range c.Mail {
		_, err := ParseDomain(m.Domain)
		errs = append(errs, prefixed("mail", err))
	}
	return errors.Join(errs...)
}

// slowestRequests, in requests per second and address, is what still lets a
// site be recognised within templates.timeout.
const slowestRequests = 0.2

func (c Config) validateNetwork() error {
	errs := []error{httpsAddress("network.rdap", c.Network.RDAP)}
	if c.Network.LogIsRemote() {
		errs = append(errs, httpsAddress("network.certificate_log", c.Network.CertificateLog))
	}
	if c.Network.ConfirmAfter < 0 {
		errs = append(errs, fmt.Errorf("network.confirm_after: %s is negative", c.Network.ConfirmAfter))
	}
	if r := c.Network.RequestRate; r != 0 && r < slowestRequests {
		errs = append(errs, fmt.Errorf("network.request_rate: %g is below %g requests per second", r, slowestRequests))
	}
	// A setting that has no effect is an error (decision 13 of the architecture).
	if together := cmp.Or(c.Network.RequestRate, 1); float64(c.Templates.Rate) > together {
		errs = append(errs, fmt.Errorf("templates.rate: %d has no effect above network.request_rate, which is %g", c.Templates.Rate, together))
	}
	return errors.Join(errs...)
}

// httpsAddress accepts an https address, or none.
func httpsAddress(key, address string) error {
	if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return fmt.Errorf("%s: %q is not an https address", key, address)
	}
	return nil
}

func (c Config) validateSources() error {
	var errs []error
	for i, d := range c.Directories {
		if d.ID == "" || !strings.HasPrefix(d.URL, "ldaps://") || d.PasswordFile == "" {
			errs = append(errs, fmt.Errorf("directories[%d]: id, password_file and an ldaps:// url are needed", i))
		}
	}
	if c.Templates.Folder != "" && c.Templates.Pins == "" {
		// What runs was chosen by a person, byte for byte (decision 11 of the architecture).
		errs = append(errs, errors.New("templates.folder: templates.pins is needed too, a file of hashes as sha256sum writes them"))
	}
	if sum := c.Templates.ProgramSHA256; sum != "" && !hash.MatchString(sum) {
		errs = append(errs, fmt.Errorf("templates.program_sha256: %q is not a hash of 64 hexadecimal digits, as sha256sum writes it", sum))
	}
	for i, a := range c.Applications {
		if a.ID == "" || a.File == "" {
			errs = append(errs, fmt.Errorf("applications[%d]: id and file are needed", i))
		}
	}
	return errors.Join(errs...)
}

// hash is how sha256sum writes one.
var hash = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

func prefixed(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key, err)
}

// domainName is two labels or more (RFC 1035 section 2.3.1, and the underscore
// that names in use have).
var domainName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseDomain reads a domain name into its canonical form: lower case,
// punycode, no final dot.
func ParseDomain(name string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(scanner.CanonicalName(name))
	if err != nil {
		return "", fmt.Errorf("%q is not a domain name: %w", name, err)
	}
	if !domainName.MatchString(ascii) || len(ascii) > 253 || net.ParseIP(ascii) != nil {
		return "", fmt.Errorf("%q is not a domain name such as chu-exemple.fr", name)
	}
	return ascii, nil
}

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
