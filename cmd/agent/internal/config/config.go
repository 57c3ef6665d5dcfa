// SPDX-License-Identifier: Apache-2.0

// Package config reads agent.yaml strictly into one typed value. Viper stops
// here: nobody else reads configuration.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/viper"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Config is everything an agent may be told. Zero values work wherever a
// comment does not say otherwise; relative paths start at the file's folder.
type Config struct {
	State           string          `yaml:"state"`            // folder of keys and spool; default "state"
	Profile         string          `yaml:"profile"`          // default "etablissement"
	ProfilesFolder  string          `yaml:"profiles_folder"`  // operator's own profiles and catalogs
	Vantage         scanner.Vantage `yaml:"vantage"`          // "inside" (default) or "internet"
	Establishment   Establishment   `yaml:"establishment"`    // finess is needed
	Scope           Scope           `yaml:"scope"`            // needed to contact anything
	Targets         Targets         `yaml:"targets"`          // what to look at, inside the scope
	Network         Network         `yaml:"network"`          // how to reach it
	Mail            []MailDomain    `yaml:"mail"`             // what only the establishment knows of its mail
	Ports           Ports           `yaml:"ports"`            // what is looked for on hosts
	Intrusive       Intrusive       `yaml:"intrusive"`        // permission for looks of level P3; none by default
	Lists           Lists           `yaml:"lists"`            // public lists, newer than the embedded ones
	Templates       Templates       `yaml:"templates"`        // recognition of applications
	Directories     []Directory     `yaml:"directories"`      // LDAPS directories
	Applications    []Application   `yaml:"applications"`     // account exports
	HostingRegister string          `yaml:"hosting_register"` // YAML file
	Attestations    string          `yaml:"attestations"`     // YAML file
	Schedule        Schedule        `yaml:"schedule"`
	Uplink          Uplink          `yaml:"uplink"`
	StatusAddress   string          `yaml:"status_address"` // loopback page of the daemon; default 127.0.0.1:8321
}

// Establishment is who is assessed.
type Establishment struct {
	FINESS      string `yaml:"finess"`
	LegalFINESS string `yaml:"legal_finess"`
	Name        string `yaml:"name"`
	Region      string `yaml:"region"`
}

// Scope is what may be contacted, and by whose permission.
type Scope struct {
	Names         []string       `yaml:"names"`
	Ranges        []netip.Prefix `yaml:"ranges"`
	Excluded      []netip.Prefix `yaml:"excluded"`
	ExcludedNames []string       `yaml:"excluded_names"`
	Authorisation Authorisation  `yaml:"authorisation"`
}

// Authorisation is the written permission to look.
type Authorisation struct {
	By        string       `yaml:"by"`
	Reference string       `yaml:"reference"`
	From      settings.Day `yaml:"from"`
	Until     settings.Day `yaml:"until"`
}

// Intrusive is the written permission for looks of level P3, and what they need.
type Intrusive struct {
	By        string       `yaml:"by"`
	Reference string       `yaml:"reference"`
	From      settings.Day `yaml:"from"`
	Until     settings.Day `yaml:"until"`
	// RelaySender and RelayRecipient are addresses of two domains of whoever scans,
	// outside every scope; without them no relay is tried.
	RelaySender    string `yaml:"relay_sender"`
	RelayRecipient string `yaml:"relay_recipient"`
}

// Targets is what to look at.
type Targets struct {
	Domains  []string `yaml:"domains"`
	Sites    []string `yaml:"sites"`    // https origins
	Services []string `yaml:"services"` // "host:port" speaking TLS, beside the sites
	Hosts    []string `yaml:"hosts"`    // names or addresses whose ports are looked at
	Portals  []Portal `yaml:"portals"`  // remote accesses that are meant to be open
}

// Portal is a remote access the establishment offers on purpose.
type Portal struct {
	Address   string `yaml:"address"`    // "host:port"
	Kind      string `yaml:"kind"`       // "vpn", "sso", "webmail", "desktop"
	TwoFactor string `yaml:"two_factor"` // "yes", "no" or "unknown" (default): a second factor is demanded
}

// MailDomain is what the DNS does not tell of a domain's mail.
type MailDomain struct {
	Domain    string   `yaml:"domain"`
	Selectors []string `yaml:"selectors"` // of the DKIM keys in use
}

// Ports is what is looked for on hosts.
type Ports struct {
	TCP          []int            `yaml:"tcp"`          // default: the list of the product
	Acknowledged []string         `yaml:"acknowledged"` // "address:port" opened on purpose
	Shared       []SharedProvider `yaml:"shared"`       // addresses of shared hosting: never scanned for ports
}

// SharedProvider is a provider whose addresses serve other customers too.
type SharedProvider struct {
	Provider string         `yaml:"provider"`
	Ranges   []netip.Prefix `yaml:"ranges"`
}

// Lists are public lists kept up to date by the operator.
type Lists struct {
	Exploited string `yaml:"exploited"`   // known exploited vulnerabilities, JSON of the CISA
	EndOfLife string `yaml:"end_of_life"` // end of support of products
}

// Network is how targets are reached.
type Network struct {
	Resolvers      []string   `yaml:"resolvers"`        // "address" or "address:port"; default: the system's
	Redirects      []Redirect `yaml:"redirects"`        // closed networks: where a name and port really answer
	CAFile         string     `yaml:"ca_file"`          // PEM; default: the system's store
	PrivateCAFiles []string   `yaml:"private_ca_files"` // PEM of declared private authorities
	RootHints      []string   `yaml:"root_hints"`       // servers of the DNS root, "address" or "address:port"
	TrustAnchors   []string   `yaml:"trust_anchors"`    // DS or DNSKEY records; default: those of the root
	RDAP           string     `yaml:"rdap"`             // base address of the registration service; none by default
	RDAPSuffixes   []string   `yaml:"rdap_suffixes"`    // endings it answers for; default: all
	RecursionZone  string     `yaml:"recursion_zone"`   // domain of ours whose names are asked of name servers
	CertificateLog string     `yaml:"certificate_log"`  // names seen in public logs: file or https address; none by default
	SourceAddress  netip.Addr `yaml:"source_address"`   // connections leave from it
	// ConfirmAfter is when failures that a passing state of the network may
	// explain are looked at again; default 10m.
	ConfirmAfter      time.Duration `yaml:"confirm_after"`
	Contact           string        `yaml:"contact"`       // address or page given in every request
	RatePerHost       float64       `yaml:"rate_per_host"` // connections per second; default 5
	RequestRate       float64       `yaml:"request_rate"`  // requests per second to one address, by all looks together; default 1
	ConcurrentPerHost int           `yaml:"concurrent_per_host"`
	BudgetPerHost     int           `yaml:"budget_per_host"`
	QuietHours        []Hours       `yaml:"quiet_hours"` // local time; nothing is contacted then
}

// LogIsRemote tells whether the log of certificates is at an address, and not in
// a file.
func (n Network) LogIsRemote() bool { return strings.Contains(n.CertificateLog, "://") }

// Redirect says that "host:port" answers at another "address:port".
type Redirect struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// Hours is a span of the day, "HH:MM" each, that may cross midnight.
type Hours struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// Templates is how applications are recognised.
type Templates struct {
	// Program is carescan-templates; default: beside carescan-agent. It is started
	// only when its hash is ProgramSHA256; default: that of the program built with
	// this agent.
	Program       string `yaml:"program"`
	ProgramSHA256 string `yaml:"program_sha256"`

	Folder   string        `yaml:"folder"`    // operator's own templates
	Pins     string        `yaml:"pins"`      // their hashes, as sha256sum writes them; needed with folder
	Timeout  time.Duration `yaml:"timeout"`   // for one site; default 20m
	MemoryMB int64         `yaml:"memory_mb"` // of the worker process; default 512
	Rate     int           `yaml:"rate"`      // requests per second to one site, by templates; default 1
}

// Directory is one technical directory, read over LDAPS.
type Directory struct {
	ID           string `yaml:"id"`
	URL          string `yaml:"url"` // ldaps://host:636
	ServerName   string `yaml:"server_name"`
	CAFile       string `yaml:"ca_file"`
	BindDN       string `yaml:"bind_dn"`
	PasswordFile string `yaml:"password_file"`
	BaseDN       string `yaml:"base_dn"`
}

// Application is one export of accounts.
type Application struct {
	ID          string       `yaml:"id"`
	Name        string       `yaml:"name"`
	File        string       `yaml:"file"` // CSV
	Sensitive   bool         `yaml:"sensitive"`
	AsOf        settings.Day `yaml:"as_of"` // date of the export; default: of the file
	Columns     []Meaning    `yaml:"columns"`
	Populations []Meaning    `yaml:"populations"`
	Factors     []Meaning    `yaml:"factors"`
}

// Meaning gives a word of a file its meaning here.
type Meaning struct {
	Word string `yaml:"word"`
	Is   string `yaml:"is"`
}

// Schedule is the rhythm of the daemon.
type Schedule struct {
	Every time.Duration `yaml:"every"` // default: the profile's
}

// Uplink is how bundles travel.
type Uplink struct {
	Proxy string `yaml:"proxy"` // URL of an HTTP proxy towards the aggregator
}

// Load reads a configuration file strictly. CARESCAN_STATE and CARESCAN_PROFILE, when
// set, win over the file. The error is settings.Faults, each with its line.
func Load(file string) (Config, error) {
	var c Config
	if _, err := settings.Read(file, &c); err != nil {
		return Config{}, err
	}
	v := viper.New()
	v.SetEnvPrefix("CARESCAN")
	if err := errors.Join(v.BindEnv("state"), v.BindEnv("profile")); err != nil {
		return Config{}, fmt.Errorf("bind environment: %w", err)
	}
	if v.IsSet("state") {
		c.State = v.GetString("state")
	}
	if v.IsSet("profile") {
		c.Profile = v.GetString("profile")
	}
	return c.complete(filepath.Dir(file)), nil
}

// Default is the configuration of an agent without a file.
func Default() Config { return Config{Vantage: scanner.VantageInternet}.complete(".") }
