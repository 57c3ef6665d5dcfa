// SPDX-License-Identifier: Apache-2.0

// Package config reads agent.yaml strictly into one typed value. Viper stops
// here: nobody else reads configuration.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"carescan/scanner"
)

// Config is everything an agent may be told. Zero values work wherever a
// comment does not say otherwise; relative paths start at the file's folder.
type Config struct {
	State           string          `mapstructure:"state"`            // folder of keys and spool; default "state"
	Profile         string          `mapstructure:"profile"`          // default "etablissement"
	ProfilesFolder  string          `mapstructure:"profiles_folder"`  // operator's own profiles and catalogs
	Vantage         scanner.Vantage `mapstructure:"vantage"`          // "inside" (default) or "internet"
	Establishment   Establishment   `mapstructure:"establishment"`    // finess is needed
	Scope           Scope           `mapstructure:"scope"`            // needed to contact anything
	Targets         Targets         `mapstructure:"targets"`          // what to look at, inside the scope
	Network         Network         `mapstructure:"network"`          // how to reach it
	Mail            []MailDomain    `mapstructure:"mail"`             // what only the establishment knows of its mail
	Ports           Ports           `mapstructure:"ports"`            // what is looked for on hosts
	Intrusive       Intrusive       `mapstructure:"intrusive"`        // permission for looks of level P3; none by default
	Lists           Lists           `mapstructure:"lists"`            // public lists, newer than the embedded ones
	Templates       Templates       `mapstructure:"templates"`        // recognition of applications
	Directories     []Directory     `mapstructure:"directories"`      // LDAPS directories
	Applications    []Application   `mapstructure:"applications"`     // account exports
	HostingRegister string          `mapstructure:"hosting_register"` // YAML file
	Attestations    string          `mapstructure:"attestations"`     // YAML file
	Schedule        Schedule        `mapstructure:"schedule"`
	Uplink          Uplink          `mapstructure:"uplink"`
	StatusAddress   string          `mapstructure:"status_address"` // loopback page of the daemon; default 127.0.0.1:8321
}

// Establishment is who is assessed.
type Establishment struct {
	FINESS      string `mapstructure:"finess"`
	LegalFINESS string `mapstructure:"legal_finess"`
	Name        string `mapstructure:"name"`
	Region      string `mapstructure:"region"`
}

// Scope is what may be contacted, and by whose permission.
type Scope struct {
	Names         []string       `mapstructure:"names"`
	Ranges        []netip.Prefix `mapstructure:"ranges"`
	Excluded      []netip.Prefix `mapstructure:"excluded"`
	ExcludedNames []string       `mapstructure:"excluded_names"`
	Authorisation Authorisation  `mapstructure:"authorisation"`
}

// Authorisation is the written permission to look.
type Authorisation struct {
	By        string    `mapstructure:"by"`
	Reference string    `mapstructure:"reference"`
	From      time.Time `mapstructure:"from"`
	Until     time.Time `mapstructure:"until"`
}

// Intrusive is the written permission for looks of level P3, and what they need.
type Intrusive struct {
	By        string    `mapstructure:"by"`
	Reference string    `mapstructure:"reference"`
	From      time.Time `mapstructure:"from"`
	Until     time.Time `mapstructure:"until"`
	// RelaySender and RelayRecipient are addresses of two domains of whoever scans,
	// outside every scope; without them no relay is tried.
	RelaySender    string `mapstructure:"relay_sender"`
	RelayRecipient string `mapstructure:"relay_recipient"`
}

// Targets is what to look at.
type Targets struct {
	Domains  []string `mapstructure:"domains"`
	Sites    []string `mapstructure:"sites"`    // https origins
	Services []string `mapstructure:"services"` // "host:port" speaking TLS, beside the sites
	Hosts    []string `mapstructure:"hosts"`    // names or addresses whose ports are looked at
	Portals  []Portal `mapstructure:"portals"`  // remote accesses that are meant to be open
}

// Portal is a remote access the establishment offers on purpose.
type Portal struct {
	Address   string `mapstructure:"address"`    // "host:port"
	Kind      string `mapstructure:"kind"`       // "vpn", "sso", "webmail", "desktop"
	TwoFactor string `mapstructure:"two_factor"` // "yes", "no" or "unknown" (default): a second factor is demanded
}

// MailDomain is what the DNS does not tell of a domain's mail.
type MailDomain struct {
	Domain    string   `mapstructure:"domain"`
	Selectors []string `mapstructure:"selectors"` // of the DKIM keys in use
}

// Ports is what is looked for on hosts.
type Ports struct {
	TCP          []int            `mapstructure:"tcp"`          // default: the list of the product
	Acknowledged []string         `mapstructure:"acknowledged"` // "address:port" opened on purpose
	Shared       []SharedProvider `mapstructure:"shared"`       // addresses of shared hosting: never scanned for ports
}

// SharedProvider is a provider whose addresses serve other customers too.
type SharedProvider struct {
	Provider string         `mapstructure:"provider"`
	Ranges   []netip.Prefix `mapstructure:"ranges"`
}

// Lists are public lists kept up to date by the operator.
type Lists struct {
	Exploited string `mapstructure:"exploited"`   // known exploited vulnerabilities, JSON of the CISA
	EndOfLife string `mapstructure:"end_of_life"` // end of support of products
}

// Network is how targets are reached.
type Network struct {
	Resolvers      []string   `mapstructure:"resolvers"`        // "address" or "address:port"; default: the system's
	Redirects      []Redirect `mapstructure:"redirects"`        // closed networks: where a name and port really answer
	CAFile         string     `mapstructure:"ca_file"`          // PEM; default: the system's store
	PrivateCAFiles []string   `mapstructure:"private_ca_files"` // PEM of declared private authorities
	RootHints      []string   `mapstructure:"root_hints"`       // servers of the DNS root, "address" or "address:port"
	TrustAnchors   []string   `mapstructure:"trust_anchors"`    // DS or DNSKEY records; default: those of the root
	RDAP           string     `mapstructure:"rdap"`             // base address of the registration service; none by default
	RDAPSuffixes   []string   `mapstructure:"rdap_suffixes"`    // endings it answers for; default: all
	RecursionZone  string     `mapstructure:"recursion_zone"`   // domain of ours whose names are asked of name servers
	CertificateLog string     `mapstructure:"certificate_log"`  // names seen in public logs: file or https address; none by default
	SourceAddress  netip.Addr `mapstructure:"source_address"`   // connections leave from it
	// ConfirmAfter is when failures that a passing state of the network may
	// explain are looked at again; default 10m.
	ConfirmAfter      time.Duration `mapstructure:"confirm_after"`
	Contact           string        `mapstructure:"contact"`       // address or page given in every request
	RatePerHost       float64       `mapstructure:"rate_per_host"` // connections per second; default 5
	RequestRate       float64       `mapstructure:"request_rate"`  // requests per second to one address, by all looks together; default 1
	ConcurrentPerHost int           `mapstructure:"concurrent_per_host"`
	BudgetPerHost     int           `mapstructure:"budget_per_host"`
	QuietHours        []Hours       `mapstructure:"quiet_hours"` // local time; nothing is contacted then
}

// LogIsRemote tells whether the log of certificates is at an address, and not in
// a file.
func (n Network) LogIsRemote() bool { return strings.Contains(n.CertificateLog, "://") }

// Redirect says that "host:port" answers at another "address:port".
type Redirect struct {
	From string `mapstructure:"from"`
	To   string `mapstructure:"to"`
}

// Hours is a span of the day, "HH:MM" each, that may cross midnight.
type Hours struct {
	From string `mapstructure:"from"`
	To   string `mapstructure:"to"`
}

// Templates is how applications are recognised.
type Templates struct {
	Folder   string        `mapstructure:"folder"`    // operator's own templates
	Pins     string        `mapstructure:"pins"`      // their hashes, as sha256sum writes them; needed with folder
	Timeout  time.Duration `mapstructure:"timeout"`   // for one site; default 20m
	MemoryMB int64         `mapstructure:"memory_mb"` // of the worker process; default 512
	Rate     int           `mapstructure:"rate"`      // requests per second to one site, by templates; default 1
}

// Directory is one technical directory, read over LDAPS.
type Directory struct {
	ID           string `mapstructure:"id"`
	URL          string `mapstructure:"url"` // ldaps://host:636
	ServerName   string `mapstructure:"server_name"`
	CAFile       string `mapstructure:"ca_file"`
	BindDN       string `mapstructure:"bind_dn"`
	PasswordFile string `mapstructure:"password_file"`
	BaseDN       string `mapstructure:"base_dn"`
}

// Application is one export of accounts.
type Application struct {
	ID          string    `mapstructure:"id"`
	Name        string    `mapstructure:"name"`
	File        string    `mapstructure:"file"` // CSV
	Sensitive   bool      `mapstructure:"sensitive"`
	AsOf        time.Time `mapstructure:"as_of"` // date of the export; default: of the file
	Columns     []Meaning `mapstructure:"columns"`
	Populations []Meaning `mapstructure:"populations"`
	Factors     []Meaning `mapstructure:"factors"`
}

// Meaning gives a word of a file its meaning here.
type Meaning struct {
	Word string `mapstructure:"word"`
	Is   string `mapstructure:"is"`
}

// Schedule is the rhythm of the daemon.
type Schedule struct {
	Every time.Duration `mapstructure:"every"` // default: the profile's
}

// Uplink is how bundles travel.
type Uplink struct {
	Proxy string `mapstructure:"proxy"` // URL of an HTTP proxy towards the aggregator
}

// maxFile bounds a configuration file, in bytes.
const maxFile = 4 << 20

// Load reads a configuration file. CARESCAN_STATE and CARESCAN_PROFILE, when
// set, win over the file.
func Load(file string) (Config, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	if info.Size() > maxFile {
		return Config{}, fmt.Errorf("read configuration %s: larger than %d bytes", file, maxFile)
	}
	v := viper.NewWithOptions(viper.KeyDelimiter("::"))
	v.SetConfigFile(file)
	v.SetConfigType("yaml")
	v.SetEnvPrefix("CARESCAN")
	if err := errors.Join(v.BindEnv("state"), v.BindEnv("profile")); err != nil {
		return Config{}, fmt.Errorf("bind environment: %w", err)
	}
	if err := v.ReadInConfig(); err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %w", file, err)
	}
	var c Config
	if err := v.UnmarshalExact(&c, decodeHook); err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %w", file, err)
	}
	return c.complete(filepath.Dir(file)), nil
}

// Default is the configuration of an agent without a file.
func Default() Config { return Config{Vantage: scanner.VantageInternet}.complete(".") }

var decodeHook = viper.DecodeHook(mapstructure.ComposeDecodeHookFunc(
	mapstructure.StringToTimeDurationHookFunc(),
	mapstructure.TextUnmarshallerHookFunc(),
	dateHook,
))

// dateHook reads a moment, or a day taken at midnight UTC.
func dateHook(from, to reflect.Type, value any) (any, error) {
	text, ok := value.(string)
	if !ok || to != reflect.TypeFor[time.Time]() || from.Kind() != reflect.String {
		return value, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, text)
}
